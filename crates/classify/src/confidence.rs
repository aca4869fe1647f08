//! How sure it is that a value is of a type, in percent, from what speaks for it and against it in
//! its own exchange.

use gatewatch_model::info_type::{Ground, Grounds};

use crate::compiled::{Ready, TELLING_FROM};
use crate::context::{Speaker, Stance, Tone};
use crate::sieve::Block;

/// Nothing is more certain.
const MOST: f32 = 99.0;
/// From here on a value speaks for itself, whatever its name is.
const PLAIN_AT: u8 = 90;
/// Under a name that speaks against it, a value that is not plain stays below half.
const AGAINST_MOST: f32 = 45.0;
/// What is left of a value's own word under a name of another kind, or a name not known.
const OTHER_SHARE: f32 = 0.5;
const STRANGE_SHARE: f32 = 0.9;
/// How much of what is missing a country adds, and what another country takes.
const COUNTRY_SHARE: f32 = 0.2;
const ELSEWHERE: f32 = 4.0;
/// A name that speaks for something else this strongly is one of another kind.
const CLAIMED_AT: u8 = 60;

/// What stands around a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'s> {
    /// What the names on the way say.
    pub names: &'s [Speaker],
    /// The patterns that these let in, as a set; none if there are no names.
    pub wanted: &'s [Block],
    /// What a label, a segment of the path or the words before say.
    pub beside: &'s [Speaker],
    /// Which of these it was.
    pub ground: Ground,
    pub tone: Tone,
    pub countries: &'s [[u8; 2]],
}

/// What a setting says of one type.
#[derive(Clone, Copy, Debug, Default)]
struct Say {
    strength: u8,
    above: u8,
    against: bool,
    ground: Option<Ground>,
    /// How strongly it speaks for any other type.
    others: u8,
}

impl Setting<'_> {
    /// Whether anything around a value speaks of a type.
    pub fn speaks_of(&self, info_type: u16) -> bool {
        let is_of = |it: &Speaker| it.info_type == info_type;
        self.names.iter().any(is_of) || self.beside.iter().any(is_of)
    }

    /// Visits each type that what stands beside speaks of and the names do not, and which of its
    /// patterns that lets in, by how sure they are alone.
    pub fn each_beside(&self, mut visit: impl FnMut(u16, core::ops::Range<u8>)) {
        for speaker in self.beside {
            let mut names = self.names.iter();
            let named = names.find(|it| it.info_type == speaker.info_type);
            match named.map(|it| it.stance) {
                None if speaker.stance == Stance::Against => {
                    visit(speaker.info_type, TELLING_FROM..u8::MAX);
                }
                None => visit(speaker.info_type, 0..u8::MAX),
                // Those from there on the names let in themselves.
                Some(Stance::Against) => visit(speaker.info_type, 0..TELLING_FROM),
                Some(Stance::For | Stance::Above) => (),
            }
        }
    }

    fn say(&self, info_type: u16) -> Say {
        let mut say = Say::default();
        let both = [(self.names, Ground::Name), (self.beside, self.ground)];
        for (speakers, ground) in both {
            for it in speakers {
                if it.info_type != info_type {
                    if it.stance == Stance::For {
                        say.others = say.others.max(it.strength);
                    }
                    continue;
                }
                match it.stance {
                    Stance::For if it.strength > say.strength => {
                        (say.strength, say.ground) = (it.strength, Some(ground));
                    }
                    Stance::For => {}
                    Stance::Above => say.above = say.above.max(it.strength),
                    Stance::Against => say.against = true,
                }
            }
        }
        say
    }

    /// Confidence in a value that fits a pattern and passed its check.
    pub fn judge(&self, ready: &Ready, country: Option<[u8; 2]>) -> (u8, Grounds) {
        let say = self.say(ready.info_type);
        let mut grounds = Grounds::default();
        grounds.insert(Ground::Form);
        if ready.check.is_some() {
            grounds.insert(Ground::Check);
        } else if ready.alone >= PLAIN_AT {
            grounds.insert(Ground::Prefix);
        }
        let plain = ready.alone >= PLAIN_AT;
        let (alone, named) = (f32::from(ready.alone), f32::from(ready.named));
        let more = (named - alone).max(0.0);
        let mut percent = alone;
        if let Some(ground) = say.ground.filter(|_| !say.against) {
            percent += more * f32::from(say.strength) / 100.0;
            grounds.insert(ground);
        } else if say.above > 0 {
            percent += more * f32::from(say.above) / 100.0;
            grounds.insert(Ground::NameAbove);
        } else if !plain && !self.tone.has(Tone::VAGUE) {
            let other = self.tone.has(Tone::OTHER) || say.others >= CLAIMED_AT;
            percent *= if other { OTHER_SHARE } else { STRANGE_SHARE };
            if other {
                grounds.insert(Ground::NameAgainst);
            }
        } else if !plain && say.others >= CLAIMED_AT {
            percent *= OTHER_SHARE;
            grounds.insert(Ground::NameAgainst);
        }
        if say.against {
            grounds.insert(Ground::NameAgainst);
            percent = if plain {
                percent - 5.0
            } else {
                (percent / 2.0).min(AGAINST_MOST)
            };
        } else if let Some(country) = country.filter(|_| !plain && !self.countries.is_empty()) {
            if self.countries.contains(&country) {
                grounds.insert(Ground::Country);
                percent += (MOST - percent) * COUNTRY_SHARE;
            } else {
                percent -= ELSEWHERE;
            }
        }
        (percent.clamp(0.0, MOST).round() as u8, grounds)
    }
}
