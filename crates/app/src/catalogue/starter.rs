//! The first file of a user's own, every key explained.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, bail};
use gatewatch_classify::{Catalogue, ListKey};

use crate::command::Kind;

const DETECTION: &str = r#"# A detection of your own. Prove it with `gatewatch catalogue test FOLDER`.

id       = "{id}"               # small letters, digits, single dashes and dots; no two share one
title    = "{title}"            # for people
# What kind of attack it is: `gatewatch catalogue list --kind detection` shows which there are. Classes
# of your own stand in `classes.toml` beside this file, each as
#   [[class]]
#   id    = "card-testing"
#   title = "Stolen cards are tried"
#   owasp = ["API6:2023"]
#   mitre = []
class    = "scanner"
severity = "medium"             # informational, low, medium or high
# maturity = "sandbox"          # sandbox and incubating are off until a scope switches them on
why      = "Somebody looks for what is known to be weak."    # for people who see the alert
respond  = [                    # what to do about it, in order
    "Look what was answered.",
]
# owasp      = ["API8:2023"]    # beyond those of the class
# mitre      = ["T1190"]
# references = ["https://example.com/advisory"]
# proved_by  = ["leak.sql-error"]   # detections of answers that show that it worked: more severe

# What speaks for it; as many as need be. What fires at one place is weighed into one confidence:
# from 80 % on it is an attack, from 50 % on it is suspicious.
[[rules]]
id         = "{rule}"
# A regular expression of bytes, found anywhere in a value. Values are compared in small letters.
pattern    = '{rule}-\d+'
# As what the value is read before the rule looks. Encodings are undone first, whatever it is.
#   plain  nothing further (default)           sql    comments are blanks, joined texts are one
#   shell  quotes and empty variables dropped  html   as a browser reads it
#   path   `/./`, `//` and backslashes as one  raw    as it came
# view     = "plain"
# Where it looks; everywhere in the request if nothing is said: path, query, headers, user-agent,
# referer, cookies, body, names (of parameters and members), or of the answer answer, answer-headers.
# on       = ["query", "body"]
# One of these stands in every value that matches. Only needed where the pattern itself does not show
# a text of three signs that must be there.
# gate     = ["{rule}"]
confidence = 85                 # in percent, on its own
fires      = ["{rule}-1", "see {rule}%2d22 there"]
quiet      = ["{words}", "the {words} of 1984"]
"#;

const INFO_TYPE: &str = r#"# A type of sensitive information of your own. Prove it with `gatewatch catalogue test FOLDER`.

id       = "{id}"               # small letters, digits and single dashes; no two types share one
title    = "{title}"            # for people
severity = "medium"             # informational, low, medium or high
# country = "DE"                # two capital letters: evidence of that country raises confidence
# on      = false               # looked for only when it is switched on
# mask    = "last-four"         # what may be shown of a value: hidden (default), last-four, prefix, domain

# Names of members, and words beside a value, that speak for it or against it: small letters, single
# spaces. `loyalty card` hears `loyaltyCard`, `loyalty_card`, `LOYALTY-CARD` and `loyaltycard`.
near     = ["{name}", "{name} number"]
far      = ["order", "tracking"]

# What a value looks like: a regular expression of bytes, of the whole value, without anchors.
pattern  = '[A-Z]{2}-\d{8}'
# check  = "luhn"               # verifies a value; `gatewatch catalogue list` shows which there are
alone    = 0                    # confidence in percent without any name; 0: never without one
named    = 90                   # confidence when a name speaks for it

# More than one form: leave out the four keys above and write, at the end of the file, for each
#   [[patterns]]
#   pattern = '…'
#
# Instead of a pattern there may be
#   words       = ["gold", "silver"]     values that are one of these, whatever their case
#   words_file  = "tiers.txt"            the same from a file beside this one, a word on each line
#   tokens_file = "customers.tokens"     values on a list that holds no value; `gatewatch catalogue
#                                        tokens customers` makes it and its key from a file of values
#                                        (with --key-file for a server)
# or none of them: then whatever stands under a name in `near` is of this type.

# At least one text that holds such a value and one that comes near it and does not: a JSON document,
# or `name=value`.
examples         = ['{"{member}": "AB-12345678"}', '{member}=XY-00000001']
counter_examples = ['{"{member}": "unknown"}', '{"orderNumber": "AB-12345678"}']
references       = []
"#;

/// Writes the file, proves it, and says where it is.
pub fn write(kind: Kind, id: &str, folder: &Path) -> anyhow::Result<String> {
    let (known, text, inner) = match kind {
        Kind::Detection => {
            let known = gatewatch_detect::SHIPPED.find(id).is_some();
            (known, detection(id), "detections")
        }
        Kind::InfoType => {
            let known = gatewatch_classify::SHIPPED.find(id).is_some();
            (known, info_type(id), "info-types")
        }
    };
    if known {
        bail!("`{id}` is known already; `gatewatch catalogue show {id}` shows it");
    }
    let name = format!("{id}.toml");
    let files = [(&*name, &*text)];
    match kind {
        Kind::Detection => drop(gatewatch_detect::SHIPPED.with_own(&files)?),
        Kind::InfoType => drop(Catalogue::default().with(&files, ListKey::None)?),
    }
    let inner = folder.join(inner);
    fs::create_dir_all(&inner).with_context(|| format!("cannot make {}", inner.display()))?;
    let file = inner.join(&name);
    create(&file, &text)?;
    Ok(format!(
        "wrote {}\nedit it, then: gatewatch catalogue test {}\n",
        file.display(),
        folder.display()
    ))
}

/// A detection of that id.
pub fn detection(id: &str) -> String {
    let rule = id.rsplit('.').next().unwrap_or(id);
    let words = rule.replace('-', " ");
    DETECTION
        .replace("{id}", id)
        .replace("{title}", &titled(&words))
        .replace("{rule}", rule)
        .replace("{words}", &words)
}

/// A type of that id.
pub fn info_type(id: &str) -> String {
    let name = id.replace('-', " ");
    let member = id.replace('-', "_");
    INFO_TYPE
        .replace("{id}", id)
        .replace("{title}", &titled(&name))
        .replace("{name}", &name)
        .replace("{member}", &member)
}

fn titled(words: &str) -> String {
    let mut title = words.to_owned();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

/// Never over what is there; only its owner may read it.
pub fn create(file: &Path, text: &str) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut opened = options
        .open(file)
        .with_context(|| format!("cannot write {}", file.display()))?;
    opened
        .write_all(text.as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))
}
