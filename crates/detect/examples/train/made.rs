//! Values made from a seed: benign ones that look like attacks, and attacks as their senders vary
//! them.
#![expect(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "plain to read, and only run in training"
)]

use crate::learn::Dice;
use crate::parts::{
    CALM, COLOURS, EMOTICONS, LINKS, NAMES, STREETS, TLDS, WORDS, code, graphql, json, markup,
    parcel, sentence, token,
};

/// Benign values of each kind.
const PER_TEMPLATE: usize = 400;

type Make = fn(&mut Dice) -> String;

static TEMPLATES: &[Make] = &[
    |it| sentence(it, 4),
    |it| sentence(it, 9),
    |it| format!("{} {}", sentence(it, 3), it.pick(NAMES)),
    |it| {
        format!(
            "{}'s {} & {}",
            it.pick(NAMES),
            it.pick(WORDS),
            it.pick(WORDS)
        )
    },
    |it| format!("\"{}\" {}", sentence(it, 3), it.pick(WORDS)),
    |it| {
        format!(
            "{} - {} ({})",
            sentence(it, 2),
            it.pick(WORDS),
            it.below(3000)
        )
    },
    |it| format!("{} {}, {}", it.below(400), it.pick(STREETS), it.pick(NAMES)),
    |it| {
        format!(
            "f(x) = {}x^{} + {}/({} - x)",
            it.below(9),
            it.below(5),
            it.below(99),
            it.below(9)
        )
    },
    |it| {
        format!(
            "{} < {} && {} > {}",
            it.pick(WORDS),
            it.below(9),
            it.pick(WORDS),
            it.below(9)
        )
    },
    |it| {
        format!(
            "{} = {} + {}; // {}",
            it.pick(WORDS),
            it.pick(WORDS),
            it.below(9),
            sentence(it, 3)
        )
    },
    |it| {
        format!(
            "color:{};margin:{}px auto;background:{}",
            it.pick(COLOURS),
            it.below(99),
            it.pick(COLOURS)
        )
    },
    |it| {
        format!(
            "{{\"{}\":\"{}\",\"{}\":{},\"{}\":[{},{}]}}",
            it.pick(WORDS),
            it.pick(NAMES),
            it.pick(WORDS),
            it.below(99),
            it.pick(WORDS),
            it.below(9),
            it.below(9)
        )
    },
    |it| {
        format!(
            "[{{\"{}\":{{\"{}\":null}},\"t\":{}}}]",
            it.pick(WORDS),
            it.pick(WORDS),
            it.next()
        )
    },
    |it| {
        format!(
            "https://{}/{}/{}?{}={}&{}={}#{}",
            it.pick(TLDS),
            it.pick(WORDS),
            it.below(999),
            it.pick(WORDS),
            it.below(99),
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(WORDS)
        )
    },
    |it| {
        format!(
            "//{}/{}.js?v={}.{}",
            it.pick(TLDS),
            it.pick(WORDS),
            it.below(9),
            it.below(99)
        )
    },
    |it| {
        format!(
            "## {}\n\n* **{}**: {}\n* [{}](https://{}/{})\n",
            sentence(it, 2),
            it.pick(WORDS),
            sentence(it, 5),
            it.pick(WORDS),
            it.pick(TLDS),
            it.pick(WORDS)
        )
    },
    |it| {
        format!(
            "{} `{}` {} ```{} {}```",
            sentence(it, 3),
            it.pick(WORDS),
            sentence(it, 2),
            it.pick(WORDS),
            it.below(99)
        )
    },
    |it| {
        format!(
            "{} {} {}",
            sentence(it, 4),
            it.pick(EMOTICONS),
            sentence(it, 3)
        )
    },
    |it| {
        format!(
            "{} {}; {} {}, {} {}.",
            it.pick(LINKS),
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(LINKS),
            sentence(it, 2),
            it.pick(WORDS)
        )
    },
    token,
    |it| format!("{}={}", token(it), token(it)),
    |it| {
        format!(
            "{}|{}|{}|{}",
            it.below(9999),
            it.pick(WORDS),
            token(it),
            it.below(99)
        )
    },
    |it| {
        format!(
            "{}:{};{}:{}",
            it.pick(WORDS),
            it.below(99),
            it.pick(WORDS),
            it.pick(WORDS)
        )
    },
    |it| format!("{}.{}.{}", it.pick(WORDS), it.pick(WORDS), it.below(9)),
    |it| {
        format!(
            "{} eq '{}' and {} gt {}",
            it.pick(WORDS),
            it.pick(NAMES).replace('\'', "''"),
            it.pick(WORDS),
            it.below(99)
        )
    },
    |it| {
        format!(
            "{}:>{} {}:\"{}\" -{}:{}",
            it.pick(WORDS),
            it.below(99),
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(WORDS)
        )
    },
    |it| {
        format!(
            "({} OR {}) AND \"{} {}\" NOT {}",
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(WORDS)
        )
    },
    |it| {
        format!(
            "{{ {} {{ {} {}(first: {}) {{ id name }} }} }}",
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(WORDS),
            it.below(99)
        )
    },
    |it| {
        format!(
            "{}[{}]={}&{}[]={}",
            it.pick(WORDS),
            it.pick(WORDS),
            it.below(99),
            it.pick(WORDS),
            it.pick(WORDS)
        )
    },
    |it| {
        format!(
            "How do I {} {} {} {} in {}?",
            it.pick(WORDS),
            it.pick(LINKS),
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(WORDS)
        )
    },
    |it| {
        format!(
            "Re: {} [{}] - {}!",
            sentence(it, 3),
            it.pick(WORDS),
            it.pick(NAMES)
        )
    },
    |it| {
        format!(
            "{}@{}; {} <{}@{}>",
            it.pick(WORDS),
            it.pick(TLDS),
            it.pick(NAMES),
            it.pick(WORDS),
            it.pick(TLDS)
        )
    },
    |it| {
        format!(
            "${}.{} ({}% off) * {}",
            it.below(999),
            it.below(99),
            it.below(99),
            sentence(it, 2)
        )
    },
    |it| {
        format!(
            "{}/../{} ... {}",
            it.pick(WORDS),
            it.pick(WORDS),
            sentence(it, 2)
        )
    },
    |it| {
        format!(
            "<p>{} <b>{}</b> {}</p>",
            sentence(it, 3),
            it.pick(WORDS),
            sentence(it, 4)
        )
    },
    |it| {
        format!(
            "{}-{}/{} \"x {}'{}\"",
            it.below(9),
            it.below(9),
            it.below(16),
            it.below(9),
            it.below(12)
        )
    },
    |it| {
        format!(
            "C:\\{}\\{}\\{}.txt",
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(WORDS)
        )
    },
    |it| {
        format!(
            "{}: {}\r\n{}: {}\r\n",
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(WORDS),
            sentence(it, 4)
        )
    },
    |it| {
        format!(
            "{}\n{}\n\n{}",
            sentence(it, 8),
            sentence(it, 9),
            it.pick(NAMES)
        )
    },
    |it| {
        format!(
            "TypeError: {} is not a function at {}.{} (https://{}/{}.js:{}:{})",
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(TLDS),
            it.pick(WORDS),
            it.below(999),
            it.below(99)
        )
    },
    |it| json(it, 3),
    |it| json(it, 3),
    |it| {
        format!(
            "[{},{},\"{}\",{}]",
            json(it, 1),
            json(it, 2),
            markup(it),
            it.below(99)
        )
    },
    |it| {
        format!(
            "{{\"{}\":\"{}\",\"{}\":{}}}",
            it.pick(WORDS),
            markup(it).replace('"', "\\\""),
            it.pick(WORDS),
            json(it, 1)
        )
    },
    graphql,
    graphql,
    |it| format!("{{\"query\":\"{}\"}}", graphql(it)),
    markup,
    code,
    code,
    code,
    parcel,
    parcel,
    |it| {
        (0..it.below(20))
            .map(|_| format!("{}|{},", WORDS[it.below(WORDS.len())], it.below(99)))
            .collect()
    },
    |it| {
        (0..it.below(20))
            .map(|_| format!("{}:{};", WORDS[it.below(WORDS.len())], it.below(99)))
            .collect()
    },
    |it| {
        (0..it.below(20))
            .map(|_| format!("{}={}^", WORDS[it.below(WORDS.len())], it.below(99)))
            .collect()
    },
    |it| {
        format!(
            "{},{},,,{},Mozilla/5.0 (X11; Linux x64) AppleWebKit/{}.36 (KHTML, like Gecko),,,{}={}^msg={}",
            it.pick(WORDS),
            it.below(999),
            it.below(9),
            it.below(999),
            it.pick(WORDS),
            it.below(9),
            sentence(it, 4)
        )
    },
    |it| {
        format!(
            "{} ({}.{}); {} ({}; {} {}.{})",
            it.pick(WORDS),
            it.below(9),
            it.below(9),
            it.pick(WORDS),
            it.pick(WORDS),
            it.pick(WORDS),
            it.below(9),
            it.below(9)
        )
    },
    |it| format!("{}({}): {}", it.pick(CALM), it.pick(CALM), sentence(it, 5)),
    |it| format!("{}.{}({})", it.pick(CALM), it.pick(CALM), it.below(99)),
];

pub fn benign(seed: u64) -> Vec<String> {
    let mut dice = Dice(seed);
    let mut list = Vec::new();
    for make in TEMPLATES {
        list.extend((0..PER_TEMPLATE).map(|_| make(&mut dice)));
    }
    list
}

/// An attack in another coat: after a value, within a text, with other blanks, or escaped twice.
pub fn varied(payload: &str, dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => format!("{}{payload}", dice.below(9999)),
        1 => format!("{} {payload}", sentence(dice, 4)),
        2 => payload.replace(' ', "/**/"),
        3 => payload.replace(' ', ["\t", "\n", "  ", "+"][dice.below(4)]),
        4 => {
            let mut text = String::new();
            for sign in payload.chars() {
                if sign.is_ascii_punctuation() {
                    text.push_str(&format!("%{:02X}", u32::from(sign)));
                } else {
                    text.push(sign);
                }
            }
            text
        }
        _ => format!("{payload} {}", sentence(dice, 3)),
    }
}
