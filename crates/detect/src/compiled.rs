//! The catalogue made ready to look: each rule with its automaton and what a text needs for it,
//! and one net of literals each for requests and answers.

use std::sync::{Arc, LazyLock};

use regex_automata::meta::Regex;
use regex_automata::util::syntax;

use crate::catalogue::{CatalogueError, Detections, SHIPPED};
use crate::detection::{Part, Rule, View};
use crate::detectors::{CodeDetector, ROLL};
use crate::gate::needs::{LITERAL_BYTES_MIN, Needs, needs};
use crate::gate::sieve::Usual;
use crate::gate::signs::Signs;
use crate::gate::{Chosen, Net, parse};
use crate::limits::{RULE_BYTES_MAX, RULE_CACHE_BYTES_MAX, RULES_MAX};

/// What is shipped, made ready once.
pub static READY: LazyLock<Arc<Compiled>> = LazyLock::new(|| {
    // A test compiles the shipped catalogue, so the empty one is never taken.
    let ready = Compiled::beside(&Compiled::default(), SHIPPED.clone());
    Arc::new(ready.unwrap_or_default())
});

#[derive(Default)]
pub struct Compiled {
    pub detections: Detections,
    pub rules: Vec<Ready>,
    nets: Option<Nets>,
    /// The rules that look at each part, and those of each view.
    parts: [Chosen; Part::ALL.len()],
    views: [Chosen; View::ALL.len()],
    /// Of each part, the views that a rule reads there.
    read: [[bool; View::ALL.len()]; Part::ALL.len()],
    coded: Vec<(u16, &'static CodeDetector)>,
}

struct Nets {
    requests: Net,
    /// Of those rules alone that calm texts can match.
    calm: Net,
    answers: Net,
    /// For each view, of the rules that read it.
    views: [Net; View::ALL.len()],
}

/// What callers and servers mostly send, beside the prose of the catalogue itself.
static ORDINARY: &[&str] = &[
    "mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/120.0 \
     safari/537.36 macintosh; intel mac os x 10_15_7 iphone; cpu iphone os 17_1 like mac os x version \
     mobile linux; android 14 firefox edg gzip, deflate, br keep-alive no-cache max-age=0 same-origin",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8 \
     application/json, text/plain, */* application/x-www-form-urlencoded; charset=utf-8 en-us,en;q=0.9",
    "https://www.example.com/index.html https://api.example.com/v1/customers/orders?limit=20&page=2 \
     session_id=; user_id=; token=; utm_source=google&utm_medium=email; _ga=ga1.2.; path=/; version",
    "id name first_name last_name email phone address street city country postal_code created_at \
     updated_at status type title description price quantity currency amount total date time value \
     content-type content-length authorization bearer user-agent accept-language x-forwarded-for",
];

/// One rule.
#[derive(Clone)]
pub struct Ready {
    /// Index of its detection, and its own in there.
    pub detection: u16,
    pub rule: u16,
    pub view: View,
    pub confidence: f32,
    pub regex: Regex,
    pub needs: Needs,
}

impl Compiled {
    /// All of them, whatever their maturity: what counts is said by scope.
    pub fn new(detections: Detections) -> Result<Compiled, CatalogueError> {
        Compiled::beside(&READY, detections)
    }

    /// Takes over what is ready already.
    fn beside(known: &Compiled, detections: Detections) -> Result<Compiled, CatalogueError> {
        let mut compiled = Compiled::default();
        for (at, detection) in detections.list.iter().enumerate() {
            for (number, rule) in detection.rules.iter().enumerate() {
                let known = known
                    .find(&detection.id, rule)
                    .map_or_else(|| ready(rule, RULE_BYTES_MAX), |known| Ok(known.clone()));
                let mut ready = known.map_err(|reason| CatalogueError {
                    file: detection.id.clone(),
                    line: 0,
                    key: rule.id.clone(),
                    reason: reason.into(),
                })?;
                (ready.detection, ready.rule) = (at as u16, number as u16);
                compiled.add(ready, rule);
            }
        }
        if compiled.rules.len() > RULES_MAX {
            return Err(CatalogueError {
                file: "catalogue".into(),
                line: 0,
                key: "rules".into(),
                reason: format!("more than {RULES_MAX}").into(),
            });
        }
        compiled.nets = Some(compiled.nets(&detections));
        for (at, detection) in detections.list.iter().enumerate().filter(|it| it.1.code) {
            let detector = ROLL.iter().find(|it| *it.id == *detection.id);
            compiled.coded.extend(detector.map(|it| (at as u16, *it)));
        }
        compiled.detections = detections;
        Ok(compiled)
    }

    /// The same rule of the same detection.
    fn find(&self, detection: &str, rule: &Rule) -> Option<&Ready> {
        let mut list = self.detections.list.iter();
        let at = list.position(|it| *it.id == *detection)?;
        let number = self.detections.list[at]
            .rules
            .iter()
            .position(|it| it == rule)?;
        let mut rules = self.rules.iter();
        rules.find(|it| (usize::from(it.detection), usize::from(it.rule)) == (at, number))
    }

    fn nets(&self, detections: &Detections) -> Nets {
        let usual = usual(detections);
        let answers = self.answers();
        let net = |wanted: &dyn Fn(u16, &Ready) -> bool| {
            let rules = (0_u16..).zip(&self.rules).filter(|it| wanted(it.0, it.1));
            Net::weave(rules.map(|it| (it.0, &it.1.needs)), &usual)
        };
        let calm: Vec<(u16, Needs)> = (0_u16..)
            .zip(&self.rules)
            .filter(|it| !answers.contains(it.0))
            .filter_map(|it| Some((it.0, it.1.needs.within(Signs::CALM)?)))
            .collect();
        Nets {
            requests: net(&|at, _| !answers.contains(at)),
            calm: Net::weave(calm.iter().map(|it| (it.0, &it.1)), &usual),
            answers: net(&|at, _| answers.contains(at)),
            views: View::ALL.map(|view| net(&|_, it| it.view == view)),
        }
    }

    /// Adds the rules that may have something to say of a text in that part, in whichever view that
    /// does not differ from it; tells how often literals had to be compared.
    pub fn cast(&self, text: &[u8], signs: Signs, part: Part, chosen: &mut Chosen) -> usize {
        let Some(nets) = &self.nets else {
            return 0;
        };
        let net = if part.is_answer() {
            &nets.answers
        } else if signs.within(Signs::CALM) {
            &nets.calm
        } else {
            &nets.requests
        };
        self.keep(net, text, signs, part, chosen)
    }

    /// The same for one view of it.
    pub fn cast_view(
        &self,
        view: View,
        text: &[u8],
        (signs, part): (Signs, Part),
        chosen: &mut Chosen,
    ) -> usize {
        let nets = self.nets.as_ref();
        nets.map_or(0, |it| {
            self.keep(&it.views[view as usize], text, signs, part, chosen)
        })
    }

    /// Leaves those that look at the part and of which all needs are met.
    fn keep(&self, net: &Net, text: &[u8], signs: Signs, part: Part, chosen: &mut Chosen) -> usize {
        let compared = net.cast(text, signs, chosen);
        if !chosen.is_empty() {
            chosen.keep(&self.parts[part as usize]);
            chosen.retain(|rule| {
                let rule = self.rules.get(usize::from(rule));
                rule.is_some_and(|it| it.needs.signs.iter().all(|it| signs.meets(*it)))
            });
        }
        compared
    }

    /// Whether a rule reads that view of texts in that part.
    pub fn reads(&self, part: Part, view: View) -> bool {
        self.read[part as usize][view as usize]
    }

    /// Detectors in code, with the index of their cards.
    pub fn coded(&self) -> impl Iterator<Item = (u16, &'static CodeDetector)> {
        self.coded.iter().copied()
    }

    /// The rules that read that view.
    pub fn of_view(&self, view: View) -> &Chosen {
        &self.views[view as usize]
    }

    fn answers(&self) -> Chosen {
        let mut both = Chosen::default();
        for part in Part::ALL.into_iter().filter(|it| it.is_answer()) {
            both.unite(&self.parts[part as usize]);
        }
        both
    }

    fn add(&mut self, ready: Ready, rule: &Rule) {
        let at = self.rules.len().min(RULES_MAX - 1) as u16;
        let everywhere = Part::ALL.into_iter().filter(|it| !it.is_answer());
        let parts: Vec<Part> = if rule.on.is_empty() {
            everywhere.collect()
        } else {
            rule.on.clone()
        };
        for part in parts {
            self.parts[part as usize].insert(at);
            self.read[part as usize][ready.view as usize] = true;
        }
        self.views[ready.view as usize].insert(at);
        self.rules.push(ready);
    }
}

/// One rule, unless its automaton would take more than so much.
pub fn ready(rule: &Rule, bytes_max: usize) -> Result<Ready, String> {
    let hir = parse(&rule.pattern).map_err(|it| it.to_string())?;
    let Needs {
        mut literals,
        signs,
    } = needs(&hir);
    if !rule.gate.is_empty() {
        literals = rule.gate.iter().map(|it| it.as_bytes().to_vec()).collect();
    }
    if literals.is_empty() && signs.is_empty() {
        return Err(format!(
            "holds no literal of {LITERAL_BYTES_MIN} signs and no mark in every match; say `gate = […]`"
        ));
    }
    let answers = rule.on.iter().filter(|it| it.is_answer()).count();
    if answers != 0 && answers != rule.on.len() {
        return Err("looks at requests and at answers; make two of it".to_owned());
    }
    let limits = Regex::config()
        .nfa_size_limit(Some(bytes_max))
        .hybrid_cache_capacity(RULE_CACHE_BYTES_MAX)
        .utf8_empty(false);
    let regex = Regex::builder()
        .configure(limits)
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .build(&rule.pattern)
        .map_err(|it| match it.size_limit() {
            Some(_) => "it is too large; repeat less, or write `+` for a long repetition".into(),
            None => it.to_string(),
        })?;
    Ok(Ready {
        detection: 0,
        rule: 0,
        view: rule.view,
        confidence: f32::from(rule.confidence) / 100.0,
        regex,
        needs: Needs { literals, signs },
    })
}

/// Counts over what the catalogue says to people, what its rules leave alone, and ordinary traffic.
fn usual(detections: &Detections) -> Usual {
    let said = detections.list.iter().flat_map(|it| {
        let quiet = it.rules.iter().flat_map(|it| &it.quiet);
        it.respond.iter().chain([&it.why]).chain(quiet)
    });
    Usual::count(said.map(AsRef::as_ref).chain(ORDINARY.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_catalogue_can_be_looked_with() {
        for detection in &SHIPPED.list {
            for rule in &detection.rules {
                let reason = ready(rule, RULE_BYTES_MAX).err();
                assert_eq!(reason, None, "{}: {}", detection.id, rule.id);
            }
        }
        let compiled = Compiled::new(SHIPPED.clone()).unwrap_or_default();
        assert!(compiled.nets.is_some());
        assert!(compiled.rules.len() > 100);
    }

    #[test]
    fn a_rule_that_could_be_anywhere_must_name_its_gate() {
        let mut detections = SHIPPED.clone();
        let rule = detections
            .list
            .iter_mut()
            .find_map(|it| it.rules.first_mut())
            .unwrap();
        rule.pattern = r"\d+".into();
        rule.gate.clear();
        let error = Compiled::new(detections).err().unwrap().to_string();
        assert!(error.contains("gate"), "{error}");
    }
}
