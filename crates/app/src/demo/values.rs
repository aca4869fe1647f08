//! The values that fill the gaps of templates. What is sensitive is valid in form, with digits
//! that check, and from ranges that are reserved or set aside for tests.

use std::fmt::{Result, Write};

use super::chance::Chance;
use super::template::Setting;
use super::words::{CITIES, DIAGNOSES, DRUGS, FIRST, LAST, NICKS, STREETS, WORDS};

/// So many things of a kind there are to be named.
const THINGS: u64 = 5_000;
/// How deep and how wide the queries go that ask too much.
const DEPTH: usize = 40;
const ALIASES: usize = 120;

/// Set aside for drama by the regulators of Germany and the United Kingdom.
const PHONES: &[&str] = &["+49 30 23125", "+44 20 7946 0"];

macro_rules! kinds {
    ($($kind:ident = $name:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($kind,)*
        }

        pub static KINDS: &[(&str, Kind)] = &[$(($name, Kind::$kind),)*];
    };
}

kinds! {
    Int = "int",
    Uuid = "uuid",
    Hex = "hex",
    Date = "date",
    Time = "time",
    First = "first",
    Name = "name",
    User = "user",
    Email = "email",
    Phone = "phone",
    Street = "street",
    City = "city",
    Zip = "zip",
    Money = "money",
    Count = "count",
    Word = "word",
    Words = "words",
    Slug = "slug",
    Sku = "sku",
    Token = "token",
    Jwt = "jwt",
    ApiKey = "api-key",
    Iban = "iban",
    Card = "card",
    Ssn = "ssn",
    Nino = "nino",
    TaxId = "tax-id",
    Passport = "passport",
    Diagnosis = "diagnosis",
    Drug = "drug",
    Ip = "ip",
    Lat = "lat",
    Lon = "lon",
    Step = "step",
    Deep = "deep",
    Aliases = "aliases",
}

/// Appends one value of that kind.
pub fn write(kind: Kind, setting: &mut Setting<'_>, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = match kind {
        Kind::First
        | Kind::Name
        | Kind::User
        | Kind::Email
        | Kind::Phone
        | Kind::Street
        | Kind::City
        | Kind::Zip => person(kind, setting.chance, out),
        Kind::Uuid | Kind::Hex | Kind::Token | Kind::ApiKey => code(kind, setting.chance, out),
        Kind::Iban => iban(setting.chance, out),
        Kind::Card => card(setting.chance, out),
        Kind::Ssn | Kind::Nino | Kind::TaxId | Kind::Passport => {
            national_id(kind, setting.chance, out)
        }
        Kind::Word | Kind::Words | Kind::Slug | Kind::Diagnosis | Kind::Drug => {
            wording(kind, setting.chance, out)
        }
        Kind::Date | Kind::Time | Kind::Jwt | Kind::Step => set(kind, setting, out),
        Kind::Deep | Kind::Aliases => {
            query(kind, out);
            Ok(())
        }
        Kind::Int | Kind::Money | Kind::Count | Kind::Sku | Kind::Ip | Kind::Lat | Kind::Lon => {
            number(kind, setting.chance, out)
        }
    };
}

/// What follows from when and where it is said.
fn set(kind: Kind, setting: &mut Setting<'_>, out: &mut String) -> Result {
    let mut before = |end: u64| -(setting.chance.below(end).cast_signed());
    match kind {
        Kind::Date => {
            let at = setting.at.plus_seconds(86_400 * before(60));
            write!(out, "{:.10}", at.to_string())
        }
        Kind::Time => write!(out, "{}", setting.at.plus_seconds(before(86_400))),
        Kind::Jwt => {
            let subject = format!("u-{}", setting.chance.popular(THINGS));
            setting.token.write(&subject, setting.at, out);
            Ok(())
        }
        _ => write!(out, "{}", 1_000 + setting.step),
    }
}

fn person(kind: Kind, chance: &mut Chance, out: &mut String) -> Result {
    let mut draw = |from: &'static [&'static str]| chance.pick(from).copied().unwrap_or_default();
    match kind {
        Kind::First => out.write_str(draw(FIRST)),
        Kind::Name => write!(out, "{} {}", draw(FIRST), draw(LAST)),
        Kind::User => {
            let (nick, word) = (draw(NICKS), draw(WORDS));
            write!(out, "{nick}-{word}")
        }
        Kind::Email => {
            let (word, last) = (draw(WORDS), draw(LAST));
            let number = chance.below(100);
            let last = last.to_ascii_lowercase();
            write!(out, "{word}.{last}{number}@mail.example")
        }
        Kind::Phone => {
            let start = draw(PHONES);
            write!(out, "{start}{:03}", chance.below(1_000))
        }
        Kind::Street => write!(out, "{} {}", draw(STREETS), 1 + chance.below(180)),
        Kind::City => out.write_str(draw(CITIES)),
        _ => write!(out, "{:05}", 10_000 + chance.below(89_999)),
    }
}

fn number(kind: Kind, chance: &mut Chance, out: &mut String) -> Result {
    match kind {
        Kind::Int => write!(out, "{}", 1 + chance.popular(THINGS)),
        Kind::Money => {
            let whole = 1 + chance.popular(2_000);
            write!(out, "{whole}.{:02}", chance.below(100))
        }
        Kind::Count => write!(out, "{}", 1 + chance.below(9)),
        Kind::Sku => write!(out, "KX-{:05}", chance.popular(THINGS)),
        Kind::Ip => write!(out, "198.51.100.{}", 1 + chance.below(250)),
        Kind::Lat => write!(out, "{:.5}", 47.0 + chance.unit() * 7.0),
        _ => write!(out, "{:.5}", 2.0 + chance.unit() * 12.0),
    }
}

fn wording(kind: Kind, chance: &mut Chance, out: &mut String) -> Result {
    let draw =
        |chance: &mut Chance, from: &[&'static str]| chance.pick(from).copied().unwrap_or_default();
    match kind {
        Kind::Word => out.write_str(draw(chance, WORDS)),
        Kind::Words => (0..6 + chance.below(10)).try_for_each(|at| {
            let space = if at == 0 { "" } else { " " };
            write!(out, "{space}{}", draw(chance, WORDS))
        }),
        Kind::Slug => {
            let words = [(); 3].map(|()| draw(chance, WORDS));
            out.write_str(&words.join("-"))
        }
        Kind::Diagnosis => out.write_str(draw(chance, DIAGNOSES)),
        _ => out.write_str(draw(chance, DRUGS)),
    }
}

fn code(kind: Kind, chance: &mut Chance, out: &mut String) -> Result {
    match kind {
        Kind::Uuid => {
            let mut thing = Chance::new(chance.popular(THINGS));
            let (a, b) = (thing.number(), thing.number());
            let (first, second, third) = (a >> 32, a as u16, (a >> 16) & 0xfff);
            let last = b & 0xffff_ffff_ffff;
            write!(
                out,
                "{first:08x}-{second:04x}-4{third:03x}-a{:03x}-{last:012x}",
                b >> 52
            )
        }
        Kind::Hex => {
            let mut thing = Chance::new(chance.popular(THINGS) + THINGS);
            write!(out, "{:016x}{:08x}", thing.number(), thing.number() as u32)
        }
        Kind::ApiKey => api_key(chance, out),
        _ => write!(out, "{:016x}{:016x}", chance.number(), chance.number()),
    }
}

/// In the forms of well-known makers, and each says that it is none.
fn api_key(chance: &mut Chance, out: &mut String) -> Result {
    let upper =
        |chance: &mut Chance, count| letters(chance, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", count);
    let any =
        |chance: &mut Chance, count| letters(chance, b"abcdefghijkmnpqrstuvwxyz23456789", count);
    match chance.below(4) {
        0 => write!(out, "AKIA{}EXAMPLE", upper(chance, 9)),
        1 => write!(out, "ghp_EXAMPLE{}", any(chance, 29)),
        2 => write!(out, "sk_test_EXAMPLE{}", any(chance, 17)),
        _ => write!(out, "xoxb-000000000000-EXAMPLE{}", any(chance, 17)),
    }
}

fn letters(chance: &mut Chance, from: &[u8], count: usize) -> String {
    (0..count)
        .filter_map(|_| chance.pick(from))
        .map(|it| char::from(*it))
        .collect()
}

/// German, with digits that check.
fn iban(chance: &mut Chance, out: &mut String) -> Result {
    let account = chance.below(1_000_000_000_000_000_000);
    // `DE00` at the end reads 131400.
    let rest = (u128::from(account) * 1_000_000 + 131_400) % 97;
    write!(out, "DE{:02}{account:018}", 98 - rest)
}

/// Beginnings of cards that makers set aside for tests, with how many digits are to follow
/// before the one that checks.
static CARDS: &[(u64, u32)] = &[(400_000, 9), (555_555, 9), (222_300, 9), (378_282, 8)];

fn card(chance: &mut Chance, out: &mut String) -> Result {
    let (start, more) = *chance.pick(CARDS).unwrap_or(&CARDS[0]);
    let number = start * 10_u64.pow(more) + chance.below(10_u64.pow(more));
    let sum: u64 = (0..15)
        .map(|place| (place, number / 10_u64.pow(place) % 10))
        .map(|(place, digit)| {
            if place % 2 == 0 {
                digit * 2 / 10 + digit * 2 % 10
            } else {
                digit
            }
        })
        .sum();
    write!(out, "{number}{}", (10 - sum % 10) % 10)
}

fn national_id(kind: Kind, chance: &mut Chance, out: &mut String) -> Result {
    match kind {
        // The ten numbers that may stand in advertisements.
        Kind::Ssn => write!(out, "987-65-432{}", chance.below(10)),
        // No number is given out under `QQ`.
        Kind::Nino => {
            let digits = chance.below(1_000_000);
            let end = chance.pick(b"ABCD").copied().unwrap_or(b'A');
            write!(out, "QQ{digits:06}{}", char::from(end))
        }
        Kind::TaxId => tax_id(chance, out),
        // As printed on the specimen, with other digits.
        _ => write!(out, "C01X{:05}", chance.below(100_000)),
    }
}

/// German numbers that begin with 0 are for tests. One digit stands twice, one not at all, and
/// the last one checks (ISO 7064, modulus 11, 10).
fn tax_id(chance: &mut Chance, out: &mut String) -> Result {
    let mut digits: Vec<u32> = (1..10).collect();
    for at in (1..digits.len()).rev() {
        digits.swap(at, chance.below(at as u64 + 1) as usize);
    }
    digits[8] = digits[chance.below(7) as usize];
    digits.insert(0, 0);
    let product = digits.iter().fold(10, |product, digit| {
        let sum = (digit + product) % 10;
        2 * if sum == 0 { 10 } else { sum } % 11
    });
    let check = (11 - product) % 10;
    digits.iter().try_for_each(|it| write!(out, "{it}"))?;
    write!(out, "{check}")
}

/// Parts of GraphQL queries that ask for too much.
fn query(kind: Kind, out: &mut String) {
    if kind == Kind::Deep {
        out.push_str(&"{parcels{depot".repeat(DEPTH));
        out.push_str("{id}");
        out.push_str(&"}}".repeat(DEPTH));
        return;
    }
    for number in 0..ALIASES {
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "a{number}:voucher(code:\\\"{number:06}\\\"){{percent}} "
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::template::tests::filled;

    fn fifty(gap: &str) -> Vec<String> {
        (0..50)
            .map(|seed| filled(gap, &mut Vec::new(), seed))
            .collect()
    }

    fn digits(text: &str) -> Vec<u32> {
        text.chars().filter_map(|it| it.to_digit(10)).collect()
    }

    #[test]
    fn cards_check_and_are_of_several_makers() {
        let cards = fifty("<card>");
        for card in &cards {
            let digits = digits(card);
            assert!([15, 16].contains(&digits.len()), "{card}");
            let sum: u32 = digits
                .iter()
                .rev()
                .enumerate()
                .map(|(at, it)| {
                    if at % 2 == 1 {
                        it * 2 / 10 + it * 2 % 10
                    } else {
                        *it
                    }
                })
                .sum();
            assert_eq!(sum % 10, 0, "{card}");
        }
        for start in ["4000", "5555", "2223", "3782"] {
            assert!(cards.iter().any(|it| it.starts_with(start)), "{start}");
        }
    }

    #[test]
    fn accounts_check() {
        for iban in fifty("<iban>") {
            let turned: u128 = format!("{}1314{}", &iban[4..], &iban[2..4])
                .parse()
                .unwrap();
            assert_eq!(turned % 97, 1, "{iban}");
        }
    }

    #[test]
    fn tax_numbers_check_and_are_for_tests() {
        for id in fifty("<tax-id>") {
            let digits = digits(&id);
            assert_eq!((digits.len(), digits[0]), (11, 0), "{id}");
            let (check, first) = digits.split_last().unwrap();
            let product = first.iter().fold(10, |product, digit| {
                let sum = (digit + product) % 10;
                (if sum == 0 { 10 } else { sum }) * 2 % 11
            });
            assert_eq!((11 - product) % 10, *check, "{id}");
            let twice = (1..10).filter(|it| first.iter().filter(|at| *at == it).count() == 2);
            assert_eq!(twice.count(), 1, "{id}");
        }
    }

    #[test]
    fn keys_have_the_length_of_their_maker_and_say_what_they_are() {
        for key in fifty("<api-key>") {
            assert!(key.contains("EXAMPLE"), "{key}");
            let length = match &key[..4] {
                "AKIA" => 20,
                "ghp_" => 40,
                "sk_t" => 32,
                _ => 42,
            };
            assert_eq!(key.len(), length, "{key}");
        }
    }

    #[test]
    fn a_deep_query_is_balanced() {
        let query = filled("<deep>", &mut Vec::new(), 1);
        let open = query.matches('{').count();
        assert_eq!(open, query.matches('}').count());
        assert!(open > 2 * DEPTH);
    }
}
