//! JSON bodies made up from a seed: such as classification finds hard, and such as hold nothing.

use std::fmt::Write as _;

use crate::demo::chance::Chance;

const MEMBERS: usize = 24;
const CLEAN_ITEMS: usize = 100;

/// Names that speak for types of information, and some that do not.
const NAMES: &[&str] = &[
    "card",
    "pan",
    "iban",
    "ssn",
    "taxId",
    "passportNumber",
    "nationalId",
    "accountNumber",
    "routing",
    "phone",
    "email",
    "dob",
    "ip",
    "imei",
    "vin",
    "token",
    "apiKey",
    "secret",
    "password",
    "reference",
    "order",
    "tracking",
    "value",
    "data",
    "note",
    "x",
    "id",
    "number",
    "customerName",
    "address",
    "licence",
    "npi",
    "lat",
    "session",
    "hash",
    "blob",
];

const WORDS: &[&str] = &[
    "please", "call", "Maria", "Gonzalez", "about", "order", "from", "Berlin", "card", "account",
    "Number", "the", "delivery", "at", "Thompson", "street", "before", "and", "ref", "paid",
];

/// An object of values that are nearly something: numbers whose check digits are wrong, long rows
/// of digits, base 64, hexadecimal, dates, and prose with all of that in it.
pub fn adversarial(chance: &mut Chance) -> Vec<u8> {
    let mut text = String::from("{");
    for at in 0..MEMBERS {
        if at > 0 {
            text.push(',');
        }
        let name = chance.pick(NAMES).copied().unwrap_or_default();
        let suffix = chance.below(4);
        // Writing to a String cannot fail.
        let _ = write!(text, "\"{name}{suffix}\":\"");
        value(chance, &mut text);
        text.push('"');
    }
    text.push('}');
    text.into_bytes()
}

/// A list of things that nobody would hide, as an ordinary shop sends them.
pub fn clean(chance: &mut Chance) -> Vec<u8> {
    let mut text = String::from("[");
    for at in 0..CLEAN_ITEMS {
        let (number, mixed) = (chance.below(90_000), chance.number());
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(
            text,
            "{comma}{{\"id\":\"0b9c7e1a-4d2f-4c3e-9f04-{:012x}\",\"name\":\"Maria Gonzalez\",\
            \"mail\":\"maria{number}@example.org\",\"at\":\"2026-11-21T08:00:00.123Z\",\
            \"note\":\"Please deliver after five, the bell does not work\",\
            \"state\":\"shipped\",\"city\":\"Rotterdam\",\"sku\":\"AB-{number}-XL\"}}",
            mixed >> 16
        );
    }
    text.push(']');
    text.into_bytes()
}

fn value(chance: &mut Chance, out: &mut String) {
    match chance.below(10) {
        0..=2 => {
            let count = 7 + chance.below(13);
            signs(b"0123456789", count, chance, out);
        }
        3 => groups(chance, out),
        4 => {
            signs(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 2, chance, out);
            let count = 6 + chance.below(22);
            signs(b"0123456789", count, chance, out);
        }
        5 => {
            let count = 16 + chance.below(40);
            signs(b"0123456789abcdef", count, chance, out);
        }
        6 => {
            let count = 24 + chance.below(300);
            signs(
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
                count,
                chance,
                out,
            );
        }
        7 => {
            let (day, month) = (1 + chance.below(28), 1 + chance.below(12));
            let _ = write!(out, "{}-{month:02}-{day:02}", 1930 + chance.below(90));
        }
        _ => prose(chance, out),
    }
}

/// Digits in groups, as cards, phones and identity numbers are written.
fn groups(chance: &mut Chance, out: &mut String) {
    let sign = [" ", "-", "."][chance.below(3) as usize];
    for at in 0..2 + chance.below(4) {
        if at > 0 {
            out.push_str(sign);
        }
        let count = 2 + chance.below(3);
        signs(b"0123456789", count, chance, out);
    }
}

fn prose(chance: &mut Chance, out: &mut String) {
    for at in 0..6 + chance.below(14) {
        if at > 0 {
            out.push(' ');
        }
        match chance.below(8) {
            0 => groups(chance, out),
            1 => {
                let count = 5 + chance.below(12);
                signs(b"0123456789", count, chance, out);
            }
            _ => out.push_str(chance.pick(WORDS).copied().unwrap_or_default()),
        }
    }
}

fn signs(of: &[u8], count: u64, chance: &mut Chance, out: &mut String) {
    for _ in 0..count {
        out.push(chance.pick(of).copied().map_or('0', char::from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_json_and_the_same_each_time() {
        let made = |seed| {
            let mut chance = Chance::new(seed);
            [adversarial(&mut chance), clean(&mut chance)]
        };
        for text in made(1) {
            assert!(serde_json::from_slice::<serde_json::Value>(&text).is_ok());
            assert!(text.len() > 400);
        }
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
    }
}
