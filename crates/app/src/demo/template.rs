//! Texts with gaps: `{"id":<int>,"by":"<sms|email>"}`. A gap names a kind of value, or the
//! choices. What the path of a request names, its bodies repeat. Markup is no gap when it says
//! so by its first character or by a colon, as in `<c:policy>`.

use gatewatch_model::Timestamp;

use super::chance::Chance;
use super::tokens::Token;
use super::values::{self, Kind};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Gap(Kind),
    OneOf(Vec<String>),
}

/// What the values of one exchange depend on.
pub struct Setting<'s> {
    pub chance: &'s mut Chance,
    pub at: Timestamp,
    /// Values that the path has named already.
    pub named: &'s mut Vec<(Kind, String)>,
    /// How many of its kind went before: an attack walks along it.
    pub step: u64,
    /// What the company's tokens look like.
    pub token: &'s Token,
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
            if is_markup(gap) {
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
                None => values::write(kind, setting, out),
            }
        });
    }

    /// Fills the gaps afresh: one item of a list is not the other.
    pub fn fill_afresh(&self, setting: &mut Setting<'_>, out: &mut String) {
        self.each(setting, out, |setting, kind, out| {
            values::write(kind, setting, out);
        });
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
                None => values::write(kind, setting, &mut text),
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

impl TryFrom<String> for Template {
    type Error = anyhow::Error;

    fn try_from(text: String) -> anyhow::Result<Template> {
        Template::parse(&text)
    }
}

fn is_markup(gap: &str) -> bool {
    gap.starts_with(['!', '/', '?']) || gap == "title" || gap.contains(':') && !gap.contains('|')
}

fn gap_of(gap: &str) -> anyhow::Result<Piece> {
    if gap.contains('|') {
        return Ok(Piece::OneOf(
            gap.split('|').map(ToOwned::to_owned).collect(),
        ));
    }
    if let Some((_, kind)) = values::KINDS.iter().find(|(name, _)| *name == gap) {
        return Ok(Piece::Gap(*kind));
    }
    let known: Vec<&str> = values::KINDS.iter().map(|(name, _)| *name).collect();
    anyhow::bail!(
        "there is no kind of value `{gap}`; there are: {}",
        known.join(", ")
    )
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The template filled with some chance.
    pub fn filled(text: &str, named: &mut Vec<(Kind, String)>, seed: u64) -> String {
        let mut out = String::new();
        let mut setting = Setting {
            chance: &mut Chance::new(seed),
            at: Timestamp::from_seconds(1_795_248_000),
            named,
            step: 3,
            token: &Token::default(),
        };
        Template::parse(text).unwrap().fill(&mut setting, &mut out);
        out
    }

    #[test]
    fn every_kind_is_filled_and_known_by_name() {
        for (name, _) in values::KINDS {
            let text = filled(&format!("[<{name}>]"), &mut Vec::new(), 3);
            assert!(text.len() > 2 && !text.contains('<'), "{name}: {text}");
        }
    }

    #[test]
    fn what_the_path_names_the_body_repeats() {
        let mut named = vec![(Kind::Int, "77".to_owned())];
        assert_eq!(filled("{\"id\":<int>}", &mut named, 3), "{\"id\":77}");
    }

    #[test]
    fn markup_stays_as_it_is() {
        let text = "<?xml version=\"1.0\"?><c:policy c:kind=\"x\"></c:policy>";
        assert_eq!(filled(text, &mut Vec::new(), 3), text);
    }

    #[test]
    fn an_unknown_kind_is_refused_with_the_known() {
        let said = Template::parse("<colour>").unwrap_err().to_string();
        assert!(said.contains("`colour`; there are: int, uuid"), "{said}");
        assert!(Template::parse("{\"id\":<int").is_err());
    }
}
