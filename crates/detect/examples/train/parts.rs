//! Parts of made-up values: words, and texts of the kinds that look like code.
#![expect(
    clippy::format_push_string,
    reason = "plain to read, and only run in training"
)]

use crate::learn::Dice;

pub static NAMES: &[&str] = &[
    "O'Brien",
    "D'Angelo",
    "O'Neil",
    "L'Oréal",
    "McDonald's",
    "Ben & Jerry's",
    "N'Golo",
    "Dell'Acqua",
    "Levi's",
    "O'Reilly",
    "d'Artagnan",
    "Conan O'Brien",
    "Sinéad O'Connor",
    "Kellogg's",
    "AT&T",
    "H&M",
];
pub static WORDS: &[&str] = &[
    "select",
    "union",
    "order",
    "group",
    "table",
    "drop",
    "update",
    "insert",
    "where",
    "from",
    "like",
    "script",
    "alert",
    "cookie",
    "document",
    "window",
    "image",
    "cat",
    "ping",
    "id",
    "echo",
    "system",
    "exec",
    "house",
    "garden",
    "price",
    "blue",
    "running",
    "shoes",
    "music",
    "festival",
    "query",
    "having",
    "case",
    "between",
    "null",
    "delete",
    "create",
    "include",
    "eval",
    "admin",
    "password",
    "root",
    "shell",
    "windows",
    "host",
    "report",
    "invoice",
    "customer",
    "status",
    "search",
    "value",
    "sleep",
    "benchmark",
    "wait",
    "delay",
    "count",
    "load",
    "file",
    "etc",
    "passwd",
    "java",
    "python",
];
/// Words that stand in code and call nothing that an attack would.
pub static CALM: &[&str] = &[
    "items", "result", "list", "node", "value", "index", "options", "user", "total", "element",
    "event", "data", "callback", "response", "price", "state", "props", "render", "push", "length",
    "group", "order", "table", "update", "report", "status", "search", "query", "width", "height",
    "parse",
];
pub static LINKS: &[&str] = &[
    "the", "a", "or", "and", "of", "to", "in", "for", "by", "not", "is", "with", "on", "as",
];
pub static STREETS: &[&str] = &[
    "Main St.",
    "Rue de l'Église",
    "C/ Mayor",
    "Via dell'Orso",
    "5th Ave",
];
pub static TLDS: &[&str] = &[
    "example.com",
    "shop.example.org",
    "cdn.example.net",
    "news.example.co.uk",
];
pub static COLOURS: &[&str] = &[
    "#fff",
    "#1a2b3c",
    "rgb(12, 34, 56)",
    "rgba(0,0,0,.5)",
    "hsl(120, 50%, 50%)",
];
pub static EMOTICONS: &[&str] = &[
    ":-)",
    "<3",
    ";-)",
    ":(",
    "^_^",
    "=D",
    ">_<",
    "¯\\_(ツ)_/¯",
    "o/",
    "--",
];

pub fn json(dice: &mut Dice, depth: usize) -> String {
    let members = 1 + dice.below(5);
    let list: Vec<String> = (0..members)
        .map(|_| {
            let value = match dice.below(if depth > 0 { 8 } else { 6 }) {
                0 => dice.next().to_string(),
                1 => "\"\"".to_owned(),
                2 => "null".to_owned(),
                3 => format!(
                    "\"https://{}/{}?{}={}\"",
                    dice.pick(TLDS),
                    dice.pick(WORDS),
                    dice.pick(WORDS),
                    dice.below(99)
                ),
                4 => format!("\"{}\"", token(dice)),
                5 => format!("\"{}\"", sentence(dice, 5)),
                6 => format!("[{}]", json(dice, depth - 1)),
                _ => json(dice, depth - 1),
            };
            format!("\"{}\":{value}", dice.pick(WORDS))
        })
        .collect();
    format!("{{{}}}", list.join(","))
}

/// Questions of any depth, with names of their own and arguments.
pub fn graphql(dice: &mut Dice) -> String {
    let mut text = dice.pick(&["query", "query Q", "mutation", ""]).to_owned();
    let depth = 1 + dice.below(14);
    for _ in 0..depth {
        text += dice.pick(&["{", " { "]);
        for _ in 0..dice.below(4) {
            text += &format!(
                "{}: {}({}: {}) ",
                dice.pick(CALM),
                dice.pick(CALM),
                dice.pick(CALM),
                dice.below(99)
            );
        }
        let short = dice.below(3) == 0;
        text += dice.pick(if short { &["a", "b", "id"] } else { CALM });
    }
    text + &dice.pick(&["}", " }"]).repeat(depth)
}

pub fn markup(dice: &mut Dice) -> String {
    let tags = [
        "div", "a", "em", "span", "li", "img", "p", "h1", "table", "svg",
    ];
    let mut text = String::new();
    for _ in 0..=dice.below(4) {
        let tag = dice.pick(&tags);
        text += &match dice.below(4) {
            0 => format!(
                "<{tag} class=\"{} {}\">{}</{tag}>",
                dice.pick(WORDS),
                dice.pick(WORDS),
                sentence(dice, 4)
            ),
            1 => format!(
                "<{tag} href=\"https://{}/{}\" target=\"_blank\">{}</{tag}>",
                dice.pick(TLDS),
                dice.pick(WORDS),
                sentence(dice, 4)
            ),
            2 => format!(
                "<{tag} style=\"color:{}\" data-id=\"{}\">\n  {}",
                dice.pick(COLOURS),
                dice.below(999),
                sentence(dice, 2)
            ),
            _ => format!(
                "<{tag} id=\"{}\" src=\"//{}/{}.png\"/>",
                dice.pick(WORDS),
                dice.pick(TLDS),
                dice.pick(WORDS)
            ),
        };
    }
    text
}

/// Code as editors, error reports and monitors send it.
pub fn code(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..=dice.below(5) {
        let (one, two, three) = (dice.pick(CALM), dice.pick(CALM), dice.pick(CALM));
        let number = dice.below(99);
        text += &match dice.below(9) {
            0 => format!("function {one}({two}, {three}) {{ return {two}.{three}[{number}]; }}\n"),
            1 => format!("var {one} = [], {two} = {{}};"),
            2 => format!("for (var i = 0; i < {one}.length; i++) {{ {two}.push({one}[i]); }}"),
            3 => format!("if (typeof {one} !== 'function') throw '{two} {three}';\r\n"),
            4 => format!("const {{{one}, {two}}} = {three}({number}, \"{two}\");"),
            5 => format!("if({one}.{two}){three}();"),
            6 => format!("{one} => {{ {two}.{three} = '{one}' + {number}; }}"),
            7 => format!("// {one} {two}\n/* {three} */ {one}({number} * {two});\n"),
            _ => format!("{one}: {two}({three}) || {number},"),
        };
    }
    text
}

/// What holds texts between bytes that are none.
pub fn parcel(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..2 + dice.below(6) {
        for _ in 0..=dice.below(5) {
            text.push(char::from(dice.below(64) as u8));
        }
        text += &match dice.below(3) {
            0 => dice.pick(TLDS).to_owned(),
            1 => format!(
                "https://{}/{}?{}={}",
                dice.pick(TLDS),
                dice.pick(WORDS),
                dice.pick(WORDS),
                dice.below(99)
            ),
            _ => dice.pick(WORDS).to_owned(),
        };
    }
    text
}

pub fn sentence(dice: &mut Dice, words: usize) -> String {
    let mut text = String::new();
    for at in 0..=dice.below(words) {
        if at > 0 {
            text.push(' ');
        }
        let list = if dice.below(3) == 0 { LINKS } else { WORDS };
        text.push_str(dice.pick(list));
    }
    match dice.below(4) {
        0 => text.to_uppercase(),
        1 => text + &format!(" {}", dice.below(99)),
        _ => text,
    }
}

/// Letters and digits as keys, sums and parcels of base64 have them.
pub fn token(dice: &mut Dice) -> String {
    let signs = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
    let reach = [36, 62, 64, 66][dice.below(4)];
    let length = 6 + dice.below(60);
    let mut text: String = (0..length)
        .map(|_| char::from(signs[dice.below(reach)]))
        .collect();
    text.push_str(["", "=", "=="][dice.below(3)]);
    text
}
