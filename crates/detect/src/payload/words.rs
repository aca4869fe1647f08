//! Words that tell something, folded to kinds; all others are told apart by their length alone.

use std::sync::LazyLock;

/// What a word is; as a number never one of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    SqlVerb = 128,
    SqlClause,
    SqlLogic,
    SqlCall,
    Tag,
    Event,
    Script,
    Shell,
    File,
    Code,
    Scheme,
    Directory,
    Document,
    Query,
    Prose,
    Number,
    Foreign,
    Letter,
    Short,
    Middle,
    Long,
    Mixed,
    Token,
}

impl Kind {
    const ALL: [Kind; 23] = [
        Kind::SqlVerb,
        Kind::SqlClause,
        Kind::SqlLogic,
        Kind::SqlCall,
        Kind::Tag,
        Kind::Event,
        Kind::Script,
        Kind::Shell,
        Kind::File,
        Kind::Code,
        Kind::Scheme,
        Kind::Directory,
        Kind::Document,
        Kind::Query,
        Kind::Prose,
        Kind::Number,
        Kind::Foreign,
        Kind::Letter,
        Kind::Short,
        Kind::Middle,
        Kind::Long,
        Kind::Mixed,
        Kind::Token,
    ];

    pub fn is_known(self) -> bool {
        (self as u8) < Kind::Number as u8
    }

    pub fn of_number(number: u8) -> Option<Kind> {
        Kind::ALL.into_iter().find(|it| *it as u8 == number)
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::SqlVerb => "sql-verb",
            Kind::SqlClause => "sql-clause",
            Kind::SqlLogic => "sql-logic",
            Kind::SqlCall => "sql-call",
            Kind::Tag => "tag",
            Kind::Event => "event",
            Kind::Script => "script",
            Kind::Shell => "shell",
            Kind::File => "file",
            Kind::Code => "code",
            Kind::Scheme => "scheme",
            Kind::Directory => "directory",
            Kind::Document => "document",
            Kind::Query => "query",
            Kind::Prose => "prose",
            Kind::Number => "number",
            Kind::Foreign => "foreign",
            Kind::Letter => "letter",
            Kind::Short => "short-word",
            Kind::Middle => "word",
            Kind::Long => "long-word",
            Kind::Mixed => "mixed",
            Kind::Token => "token",
        }
    }
}

/// The kind of a word by its hash, length in bytes, and whether there are digits in it.
pub fn kind_of(hash: u32, length: u32, digits: bool) -> Kind {
    if length <= WORD_BYTES_MAX
        && let Some((_, kind)) = find(hash)
    {
        return kind;
    }
    match (length, digits) {
        (25.., _) => Kind::Token,
        (_, true) => Kind::Mixed,
        (1, _) => Kind::Letter,
        (2..=3, _) => Kind::Short,
        (4..=10, _) => Kind::Middle,
        _ => Kind::Long,
    }
}

/// A known word by its hash, for people.
pub fn word_of(hash: u32) -> Option<&'static str> {
    find(hash).map(|it| it.0)
}

const WORD_BYTES_MAX: u32 = 20;
/// Slots of the table; a power of two, thinly filled.
const SLOTS: usize = 4096;

struct Slot(u32, &'static str, Kind);

static TABLE: LazyLock<Vec<Option<Slot>>> = LazyLock::new(|| {
    let mut table: Vec<Option<Slot>> = (0..SLOTS).map(|_| None).collect();
    for (kind, words) in WORDS {
        for word in words.split_ascii_whitespace() {
            let hash = word.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
                (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
            });
            let mut at = hash as usize % SLOTS;
            while table[at].as_ref().is_some_and(|it| it.0 != hash) {
                at = (at + 1) % SLOTS;
            }
            // A word that is listed twice is of the kind that came first.
            table[at].get_or_insert(Slot(hash, word, *kind));
        }
    }
    table
});

fn find(hash: u32) -> Option<(&'static str, Kind)> {
    let mut at = hash as usize % SLOTS;
    while let Some(Slot(other, word, kind)) = &TABLE[at] {
        if *other == hash {
            return Some((word, *kind));
        }
        at = (at + 1) % SLOTS;
    }
    None
}

static WORDS: &[(Kind, &str)] = &[
    (
        Kind::SqlVerb,
        "select insert update delete drop union alter create exec execute declare truncate merge \
         replace handler grant revoke shutdown waitfor",
    ),
    (
        Kind::SqlClause,
        "from where having group order by into values limit join table set case when then else end \
         offset procedure distinct top all using column database schema outfile dumpfile delay \
         information_schema sysobjects syscolumns sysusers sqlite_master pg_catalog all_tables dual \
         tables columns master dbo mysql msysobjects table_name column_name returning",
    ),
    (
        Kind::SqlLogic,
        "and or not xor is null between exists in like rlike regexp div mod true false any some sounds",
    ),
    (
        Kind::SqlCall,
        "sleep benchmark concat char chr ascii substring substr version load_file extractvalue \
         updatexml pg_sleep count cast convert hex unhex ord mid length ifnull randomblob \
         group_concat concat_ws dbms_pipe receive_message dbms_lock utl_http utl_inaddr \
         get_host_address xp_cmdshell xp_regread sp_executesql current_user session_user system_user \
         user_name db_name make_set elt floor rand md5 sha1 nvarchar varchar int integer if iif \
         ctxsys drithsx row_count bin_to_num ltrim rtrim upper lower left right isnull nullif coalesce",
    ),
    (
        Kind::Tag,
        "script img svg iframe body input div object embed link style meta form video audio details \
         marquee math base isindex textarea button frameset frame html head title animate animatetransform \
         foreignobject applet bgsound keygen source noscript xss xmp plaintext template image h1 br",
    ),
    (
        Kind::Event,
        "onload onerror onclick onmouseover onmouseenter onmouseleave onmousemove onmouseout onmousedown \
         onmouseup onfocus onblur onchange oninput onsubmit onkeydown onkeyup onkeypress ontoggle onstart \
         onbegin onend onrepeat onpageshow onpagehide onhashchange onscroll onresize onunload \
         onbeforeunload onanimationstart onanimationend onanimationiteration ontransitionend \
         onpointerover onpointerenter onpointerdown onpointermove ondrag ondragstart ondrop oncopy oncut \
         onpaste onwheel oncanplay onplay onplaying onloadstart onloadeddata onerrorupdate onmessage \
         onselect oninvalid onsearch onauxclick oncontextmenu ondblclick onfocusin onfocusout \
         onreadystatechange onpropertychange onfinish onbounce onafterprint onbeforeprint",
    ),
    (
        Kind::Script,
        "alert prompt confirm eval document cookie window location function settimeout setinterval \
         constructor fromcharcode javascript vbscript livescript srcdoc src href string fetch import var \
         return this new throw atob btoa innerhtml outerhtml expression xmlhttprequest top parent self \
         domain write writeln msgbox url xlink formaction autofocus onerror console log print \
         __proto__ prototype tostring unescape decodeuricomponent execscript activexobject",
    ),
    (
        Kind::Shell,
        "cat ls id whoami uname wget curl ping bash sh nc ncat netcat nslookup echo rm chmod chown perl \
         python python3 php ruby cmd exe powershell ifconfig ipconfig netstat dir tftp ftp telnet \
         printenv env ps kill which grep awk sed xargs tac head tail more less nl od sort uptime \
         hostname systeminfo tasklist ifs dig host mkfifo busybox ksh zsh csh net user pwd phpinfo",
    ),
    (
        Kind::File,
        "passwd shadow win ini system32 boot environ htaccess htpasswd hosts httpd conf inf access_log \
         error_log authorized_keys id_rsa group issue fstab crontab my cnf wp config ssh bashrc \
         bash_history web_inf machine sam repair drivers git svn env desktop winnt autoexec",
    ),
    (
        Kind::Directory,
        "etc proc self windows var www usr bin opt root home tmp dev apache apache2 nginx logs htdocs \
         inetpub wwwroot local lib sbin cgi mnt c",
    ),
    (
        Kind::Code,
        "system passthru shell_exec popen proc_open runtime getruntime processbuilder java lang class \
         forname require child_process process mainmodule execsync spawn globals __globals__ __class__ \
         __builtins__ __subclasses__ __mro__ __base__ __init__ __import__ os subprocess assert include \
         include_once require_once file_get_contents base64_decode preg_replace gzinflate str_rot13 \
         call_user_func create_function file_put_contents fopen readfile highlight_file show_source \
         printf print_r var_dump die exit getclass invoke newinstance ognlcontext memberaccess \
         ognl opensymphony classloader getmethod freemarker utility springframework config lipsum \
         cycler joiner request application _get _post _request _server _cookie _files server \
         scriptenginemanager getenginebyname",
    ),
    (
        Kind::Scheme,
        "http https ftp file gopher dict ldap ldaps jndi data expect phar jar netdoc rmi dns iiop sftp \
         zip glob compress filter input fd mailto",
    ),
    (
        Kind::Document,
        "doctype entity public cdata xmlns xml xinclude xi parameter element attlist xsl stylesheet \
         dtd schemalocation",
    ),
    (
        Kind::Query,
        "ne gt gte lt lte nin regex elemmatch uid cn sn objectclass mail userpassword givenname text \
         node position count contains substring name parent ancestor",
    ),
    (
        Kind::Prose,
        "the a an i you he she it we they to of for with at was were are be been on this that these \
         those my your his her its our their have has had do does did will would can could should may \
         about after before because but so if what who how why please thanks thank very more much many \
         than there here out up down over just only also great good new one two first",
    ),
];
