//! What is told of one exchange, as text for people.

use std::fmt::Write as _;

use console::Style;

use super::told::{Claim, Speaks, Told};
use crate::shown::paragraph;

/// Colours, or none where nobody would see them.
pub struct Paint {
    attack: Style,
    suspicious: Style,
    clean: Style,
    strong: Style,
    faint: Style,
}

impl Paint {
    /// Standard output decides, and `NO_COLOR`.
    pub fn of_terminal() -> Paint {
        Paint::new(console::colors_enabled())
    }

    pub fn new(coloured: bool) -> Paint {
        let style = || Style::new().force_styling(coloured);
        Paint {
            attack: style().red().bold(),
            suspicious: style().yellow().bold(),
            clean: style().green().bold(),
            strong: style().bold(),
            faint: style().dim(),
        }
    }

    fn verdict(&self, verdict: &'static str) -> String {
        let style = match verdict {
            "attack" => &self.attack,
            "suspicious" => &self.suspicious,
            _ => &self.clean,
        };
        style.apply_to(verdict).to_string()
    }
}

pub fn write(told: &Told, paint: &Paint) -> String {
    let mut text = String::new();
    head(&mut text, told, paint);
    claims(&mut text, "Fired", &told.fired, paint);
    claims(&mut text, "Nearly", &told.nearly, paint);
    claims(&mut text, "Off, by maturity", &told.off, paint);
    looked_at(&mut text, told, paint);
    sensitive(&mut text, told, paint);
    text
}

/// Writing to a String cannot fail; so everywhere here.
fn line(text: &mut String, name: &str, paint: &Paint, value: &str) {
    let name = format!("{name:<12}");
    let _ = writeln!(text, "{}{value}", paint.faint.apply_to(name));
}

fn head(text: &mut String, told: &Told, paint: &Paint) {
    let strongest = told.fired.first();
    let why = match strongest {
        Some(claim) => format!(
            "{}, {}: {}",
            claim.title,
            percent(claim.confidence),
            told.decided.why
        ),
        None => told.decided.why.clone(),
    };
    let _ = writeln!(text, "{}  {why}\n", paint.verdict(told.verdict));
    let status = told
        .status
        .map_or(String::new(), |it| format!(", answered {it}"));
    let endpoint = paint.strong.apply_to(&told.endpoint);
    line(text, "exchange", paint, &format!("{endpoint}{status}"));
    line(text, "collection", paint, &told.collection);
    let id = told
        .id
        .as_ref()
        .map_or(String::new(), |it| format!(", id {it}"));
    line(text, "read from", paint, &format!("{}{id}", told.file));
}

fn claims(text: &mut String, heading: &str, claims: &[Claim], paint: &Paint) {
    if claims.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", paint.strong.apply_to(heading));
    for (number, claim) in claims.iter().enumerate() {
        let raised = if claim.raised {
            ", raised because the answer shows success"
        } else {
            ""
        };
        let title = paint.strong.apply_to(&claim.title);
        let _ = writeln!(
            text,
            "  {title}  {} ({}), {}{raised}",
            claim.detection, claim.class, claim.severity
        );
        let _ = writeln!(text, "    at {}", claim.at);
        for ground in &claim.grounds {
            speaks(text, ground, paint);
        }
        if claim.grounds.len() > 1 || claim.grounds.iter().any(|it| it.in_document) {
            paragraph(text, "    = ", &claim.sum);
        }
        // One why for each detection: the places of one are told one after the other.
        let said = claims[..number]
            .iter()
            .any(|it| it.detection == claim.detection);
        if heading == "Fired" && !said {
            paragraph(text, "    ", &claim.why);
        }
    }
}

fn speaks(text: &mut String, ground: &Speaks, paint: &Paint) {
    let mut notes = Vec::new();
    if let Some(view) = ground.view.filter(|it| *it != "plain") {
        notes.push(match view {
            "raw" => "as it came".to_owned(),
            view => format!("read as {view}"),
        });
    }
    match ground.layers {
        0 => {}
        1 => notes.push("1 encoding undone".to_owned()),
        many => notes.push(format!("{many} encodings undone")),
    }
    if let Some(alone) = ground.alone {
        notes.push(format!(
            "{} by the rule, the model sees less",
            percent(alone)
        ));
    }
    if !ground.features.is_empty() {
        notes.push(format!("for its {}", ground.features.join("; ")));
    }
    let name = match ground.by {
        "model" => "trained model",
        _ => &ground.name,
    };
    let confidence = percent(ground.confidence);
    let _ = write!(text, "    {confidence:>5}  {name}");
    if !notes.is_empty() {
        let _ = write!(text, "  {}", paint.faint.apply_to(notes.join(", ")));
    }
    text.push('\n');
    if let Some(matched) = &ground.matched {
        let found = paint.suspicious.apply_to(&matched.found);
        let _ = writeln!(
            text,
            "           {}⟦{found}⟧{}",
            matched.before, matched.after
        );
    }
}

fn looked_at(text: &mut String, told: &Told, paint: &Paint) {
    let looked = &told.looked_at;
    let spots = looked.spots.iter().map(|it| {
        let spot = it.spot.trim_start_matches("$.");
        let values = if it.values == 1 { "value" } else { "values" };
        format!("{} {values} in {spot}", it.values)
    });
    let spots: Vec<String> = spots.collect();
    let _ = writeln!(text, "\n{}", paint.strong.apply_to("Looked at"));
    let spots = if spots.is_empty() {
        "no value; only the target itself".to_owned()
    } else {
        spots.join(", ")
    };
    paragraph(text, "  ", &spots);
    let texts = if looked.texts == 1 { "text" } else { "texts" };
    let mut rules = format!("{} {texts} to compare", looked.texts);
    let _ = match looked.texts_closer {
        0 => write!(rules, ", and no rule had to run"),
        many => write!(rules, "; rules had to run on {many}"),
    };
    let _ = match (looked.encoded, looked.layers_max) {
        (0, _) => write!(rules, "; no value held encodings"),
        (1, 1) => write!(rules, "; an encoding undone in 1 value"),
        (values, layers) => write!(rules, "; encodings undone in {values}, up to {layers} deep"),
    };
    paragraph(text, "  ", &rules);
    let left_out = if told.left_out.is_empty() {
        "nothing was left out".to_owned()
    } else {
        format!("left out: {}", told.left_out.join("; "))
    };
    paragraph(text, "  ", &left_out);
}

fn sensitive(text: &mut String, told: &Told, paint: &Paint) {
    if told.sensitive.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", paint.strong.apply_to("Sensitive information"));
    let width = told.sensitive.iter().map(|it| it.at.chars().count()).max();
    for it in &told.sensitive {
        let (at, width) = (&it.at, width.unwrap_or(0).min(48));
        let _ = writeln!(
            text,
            "  {at:<width$}  {} ({}), {}, {}",
            it.title,
            it.info_type,
            percent(it.confidence),
            it.mask
        );
    }
}

fn percent(confidence: f64) -> String {
    format!("{:.0} %", confidence * 100.0)
}
