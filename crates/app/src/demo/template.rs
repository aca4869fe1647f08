//! Texts with gaps: `{"id":<int>,"by":"<sms|email>"}`. A gap names a kind of value, or the
//! choices. What the path of a request names, its bodies repeat.

use std::fmt::Write;

use gatewatch_model::Timestamp;

use super::chance::Chance;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Gap(Kind),
    OneOf(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Int,
    Uuid,
    Hex,
    Date,
    Time,
    First,
    Name,
    Email,
    Phone,
    Street,
    City,
    Zip,
    Money,
    Count,
    Word,
    Words,
    Sku,
    Token,
    Iban,
    Card,
    Lat,
    Lon,
}

static KINDS: &[(&str, Kind)] = &[
    ("int", Kind::Int),
    ("uuid", Kind::Uuid),
    ("hex", Kind::Hex),
    ("date", Kind::Date),
    ("time", Kind::Time),
    ("first", Kind::First),
    ("name", Kind::Name),
    ("email", Kind::Email),
    ("phone", Kind::Phone),
    ("street", Kind::Street),
    ("city", Kind::City),
    ("zip", Kind::Zip),
    ("money", Kind::Money),
    ("count", Kind::Count),
    ("word", Kind::Word),
    ("words", Kind::Words),
    ("sku", Kind::Sku),
    ("token", Kind::Token),
    ("iban", Kind::Iban),
    ("card", Kind::Card),
    ("lat", Kind::Lat),
    ("lon", Kind::Lon),
];

/// What the values of one exchange depend on.
pub struct Setting<'s> {
    pub chance: &'s mut Chance,
    pub at: Timestamp,
    /// Values that the path has named already.
    pub named: &'s mut Vec<(Kind, String)>,
}

impl Template {
    /// An unknown kind is an error that lists the known.
    pub fn parse(text: &str) -> anyhow::Result<Template> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            let Some((gap, tail)) = after.split_once('>') else {
                anyhow::bail!("`<{after}` does not end");
            };
            // Markup in a body is no gap.
            if gap.starts_with(['!', '/']) || gap == "title" {
                pieces.push(Piece::Text(format!("{before}<{gap}>")));
            } else {
                pieces.push(Piece::Text(before.to_owned()));
                pieces.push(gap_of(gap)?);
            }
            rest = tail;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        pieces.retain(|it| *it != Piece::Text(String::new()));
        Ok(Template(pieces))
    }

    /// Fills the gaps; kinds that the path has named repeat its values.
    pub fn fill(&self, setting: &mut Setting<'_>, out: &mut String) {
        self.each(setting, out, |setting, kind, out| {
            match setting.named.iter().find(|(named, _)| *named == kind) {
                Some((_, value)) => out.push_str(value),
                None => value(kind, setting, out),
            }
        });
    }

    /// Fills the gaps afresh: one item of a list is not the other.
    pub fn fill_afresh(&self, setting: &mut Setting<'_>, out: &mut String) {
        self.each(setting, out, |setting, kind, out| value(kind, setting, out));
    }

    /// Fills the gaps of a path and remembers the values; `again` are those of the caller's last
    /// request, which it may well come back to.
    pub fn fill_path(&self, setting: &mut Setting<'_>, again: &[(Kind, String)], out: &mut String) {
        const AGAIN: f64 = 0.5;
        self.each(setting, out, |setting, kind, out| {
            let before = again.iter().find(|(it, _)| *it == kind);
            let mut text = String::new();
            match before.filter(|_| setting.chance.happens(AGAIN)) {
                Some((_, value)) => text.clone_from(value),
                None => value(kind, setting, &mut text),
            }
            out.push_str(&text);
            setting.named.push((kind, text));
        });
    }

    fn each(
        &self,
        setting: &mut Setting<'_>,
        out: &mut String,
        gap: impl Fn(&mut Setting<'_>, Kind, &mut String),
    ) {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::OneOf(choices) => {
                    out.push_str(setting.chance.pick(choices).map_or("", String::as_str));
                }
                Piece::Gap(kind) => gap(setting, *kind, out),
            }
        }
    }
}

fn gap_of(gap: &str) -> anyhow::Result<Piece> {
    if gap.contains('|') {
        return Ok(Piece::OneOf(
            gap.split('|').map(ToOwned::to_owned).collect(),
        ));
    }
    if let Some((_, kind)) = KINDS.iter().find(|(name, _)| *name == gap) {
        return Ok(Piece::Gap(*kind));
    }
    let known: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    anyhow::bail!(
        "there is no kind of value `{gap}`; there are: {}",
        known.join(", ")
    )
}

const FIRST: &[&str] = &[
    "Ada", "Björn", "Chiara", "Deniz", "Elif", "Femi", "Greta", "Hugo", "Inès", "Jonas", "Katya",
    "Liam", "Mina", "Noor", "Olu", "Pia", "Quentin", "Rosa", "Sven", "Tuva", "Uwe", "Vera",
    "Wanda", "Yusuf", "Zoe",
];
const LAST: &[&str] = &[
    "Abbott",
    "Berg",
    "Castillo",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ito",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Quist",
    "Rossi",
    "Santos",
    "Tanaka",
    "Ueda",
    "Varga",
];
const CITIES: &[&str] = &[
    "Aarhus",
    "Bologna",
    "Cork",
    "Dresden",
    "Essen",
    "Faro",
    "Ghent",
    "Haarlem",
    "Innsbruck",
    "Lyon",
    "Porto",
];
const STREETS: &[&str] = &[
    "Mill Lane",
    "Station Road",
    "Rue Haute",
    "Lindenallee",
    "Via Roma",
    "Kanaalweg",
    "High Street",
];
const WORDS: &[&str] = &[
    "amber", "basket", "calm", "dune", "ember", "fern", "grain", "harbour", "indigo", "jasper",
    "kelp", "linen", "maple", "north", "oak", "pebble", "quiet", "river", "stone", "timber",
    "umber", "velvet", "willow", "yarrow",
];

fn value(kind: Kind, setting: &mut Setting<'_>, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = match kind {
        Kind::First
        | Kind::Name
        | Kind::Email
        | Kind::Phone
        | Kind::Street
        | Kind::City
        | Kind::Zip => person(kind, setting.chance, out),
        Kind::Date => write!(
            out,
            "{:.10}",
            setting
                .at
                .plus_seconds(-86_400 * setting.chance.below(60).cast_signed())
                .to_string()
        ),
        Kind::Time => write!(
            out,
            "{}",
            setting
                .at
                .plus_seconds(-(setting.chance.below(86_400).cast_signed()))
        ),
        Kind::Words => words(setting.chance, out),
        _ => number(kind, setting.chance, out),
    };
}

fn words(chance: &mut Chance, out: &mut String) -> std::fmt::Result {
    for at in 0..6 + chance.below(10) {
        let word = chance.pick(WORDS).copied().unwrap_or_default();
        write!(out, "{}{word}", if at == 0 { "" } else { " " })?;
    }
    Ok(())
}

fn person(kind: Kind, chance: &mut Chance, out: &mut String) -> std::fmt::Result {
    let mut draw = |from: &'static [&'static str]| chance.pick(from).copied().unwrap_or_default();
    match kind {
        Kind::First => out.write_str(draw(FIRST)),
        Kind::Name => write!(out, "{} {}", draw(FIRST), draw(LAST)),
        Kind::Email => {
            let (word, last) = (draw(WORDS), draw(LAST));
            write!(
                out,
                "{word}.{}{}@mail.example",
                last.to_ascii_lowercase(),
                chance.below(100)
            )
        }
        Kind::Phone => write!(out, "+49 30 {:07}", chance.below(10_000_000)),
        Kind::Street => write!(out, "{} {}", draw(STREETS), 1 + chance.below(180)),
        Kind::City => out.write_str(draw(CITIES)),
        _ => write!(out, "{:05}", 10_000 + chance.below(89_999)),
    }
}

fn number(kind: Kind, chance: &mut Chance, out: &mut String) -> std::fmt::Result {
    const THINGS: u64 = 5_000;
    match kind {
        Kind::Int => write!(out, "{}", 1 + chance.popular(THINGS)),
        Kind::Uuid => {
            let mut thing = Chance::new(chance.popular(THINGS));
            let (a, b) = (thing.number(), thing.number());
            write!(
                out,
                "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                a >> 32,
                a as u16,
                (a >> 16) & 0xfff,
                b >> 52,
                b & 0xffff_ffff_ffff
            )
        }
        Kind::Hex => {
            let mut thing = Chance::new(chance.popular(THINGS) + THINGS);
            write!(out, "{:016x}{:08x}", thing.number(), thing.number() as u32)
        }
        Kind::Money => write!(
            out,
            "{}.{:02}",
            1 + chance.popular(2_000),
            chance.below(100)
        ),
        Kind::Count => write!(out, "{}", 1 + chance.below(9)),
        Kind::Word => out.write_str(chance.pick(WORDS).copied().unwrap_or_default()),
        Kind::Sku => write!(out, "KX-{:05}", chance.popular(THINGS)),
        Kind::Token => write!(out, "{:016x}{:016x}", chance.number(), chance.number()),
        Kind::Iban => iban(chance, out),
        Kind::Card => card(chance, out),
        Kind::Lat => write!(out, "{:.5}", 47.0 + chance.unit() * 7.0),
        Kind::Lon => write!(out, "{:.5}", 2.0 + chance.unit() * 12.0),
        _ => Ok(()),
    }
}

/// German, with digits that check.
fn iban(chance: &mut Chance, out: &mut String) -> std::fmt::Result {
    let account = chance.below(1_000_000_000_000_000_000);
    // `DE00` at the end reads 131400.
    let rest = (u128::from(account) * 1_000_000 + 131_400) % 97;
    write!(out, "DE{:02}{account:018}", 98 - rest)
}

/// From a range for tests, with a digit that checks.
fn card(chance: &mut Chance, out: &mut String) -> std::fmt::Result {
    let number = 400_000_000_000_000 + chance.below(1_000_000_000);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, named: &mut Vec<(Kind, String)>) -> String {
        let mut out = String::new();
        let mut setting = Setting {
            chance: &mut Chance::new(3),
            at: Timestamp::from_seconds(1_795_248_000),
            named,
        };
        Template::parse(text).unwrap().fill(&mut setting, &mut out);
        out
    }

    #[test]
    fn every_kind_is_filled_and_known_by_name() {
        for (name, _) in KINDS {
            let text = filled(&format!("[<{name}>]"), &mut Vec::new());
            assert!(text.len() > 2 && !text.contains('<'), "{name}: {text}");
        }
    }

    #[test]
    fn what_the_path_names_the_body_repeats() {
        let mut named = vec![(Kind::Int, "77".to_owned())];
        assert_eq!(filled("{\"id\":<int>}", &mut named), "{\"id\":77}");
    }

    #[test]
    fn an_unknown_kind_is_refused_with_the_known() {
        let said = Template::parse("<colour>").unwrap_err().to_string();
        assert!(said.contains("`colour`; there are: int, uuid"), "{said}");
        assert!(Template::parse("{\"id\":<int").is_err());
    }

    #[test]
    fn cards_and_accounts_check() {
        for _ in 0..50 {
            let digits: Vec<u32> = filled("<card>", &mut Vec::new())
                .chars()
                .filter_map(|it| it.to_digit(10))
                .collect();
            assert_eq!(digits.len(), 16);
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
            assert_eq!(sum % 10, 0);
        }
        let iban = filled("<iban>", &mut Vec::new());
        let turned: u128 = format!("{}1314{}", &iban[4..], &iban[2..4])
            .parse()
            .unwrap();
        assert_eq!(turned % 97, 1, "{iban}");
    }
}
