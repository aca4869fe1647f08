//! Names of members as words: `panNumber`, `pan_number` and `Pan-Number` are all `pan number`, in
//! lower case and without accents.

/// More words of a name are not read.
pub(crate) const WORDS_MAX: usize = 16;
const BYTES_MAX: usize = 160;
/// A run of letters longer than this is not taken apart.
const RUN_BYTES_MAX: usize = 32;

/// Words one after the other without gaps, so that any few of them in a row are one text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    text: String,
    spans: Vec<(u16, u16)>,
}

impl Words {
    pub fn clear(&mut self) {
        self.text.clear();
        self.spans.clear();
    }

    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// These words in a row, written together.
    pub fn run(&self, from: usize, to: usize) -> &str {
        &self.text[self.spans[from].0 as usize..self.spans[to - 1].1 as usize]
    }

    pub fn is_number(&self, at: usize) -> bool {
        self.run(at, at + 1).bytes().all(|it| it.is_ascii_digit())
    }

    /// Appends the words of a name, or of a text.
    pub fn push(&mut self, name: &str) {
        let mut before = Sign::Gap;
        let mut signs = name.chars().peekable();
        while let Some(sign) = signs.next() {
            let kind = Sign::of(sign);
            let next = signs.peek().map_or(Sign::Gap, |it| Sign::of(*it));
            let begins = match (before, kind) {
                (Sign::Upper, Sign::Upper) => next == Sign::Lower,
                (_, Sign::Gap) | (Sign::Upper, Sign::Lower) => false,
                (before, kind) => before != kind,
            };
            let full = self.text.len() + sign.len_utf8() * 2 > BYTES_MAX;
            if full || begins && self.spans.len() == WORDS_MAX {
                return;
            }
            if kind != Sign::Gap {
                if begins {
                    let at = self.text.len() as u16;
                    self.spans.push((at, at));
                }
                fold(sign, &mut self.text);
                if let Some(last) = self.spans.last_mut() {
                    last.1 = self.text.len() as u16;
                }
            }
            before = kind;
        }
    }

    /// Makes the last word singular if that is known and it is not: `passports`. Tells whether it
    /// did.
    pub fn singular(&mut self, known: impl Fn(&str) -> bool) -> bool {
        if let Some((from, to)) = self.spans.last_mut() {
            let word = &self.text[*from as usize..*to as usize];
            if let Some(stem) = word.strip_suffix('s')
                && !known(word)
                && known(stem)
            {
                *to -= 1;
                return true;
            }
        }
        false
    }

    /// Takes apart each word that is not known but is made of known ones: `passportnumber`.
    pub fn split(&mut self, known: impl Fn(&str) -> bool) {
        let mut at = 0;
        while at < self.spans.len() {
            let (from, to) = self.spans[at];
            let cuts = cuts(&self.text[from as usize..to as usize], &known);
            let Some(cut) = cuts.filter(|_| self.spans.len() < WORDS_MAX) else {
                at += 1;
                continue;
            };
            self.spans[at].1 = from + cut;
            self.spans.insert(at + 1, (from + cut, to));
            at += 1;
        }
    }
}

/// Where the first word of a run ends, if the whole run is a row of known words; the fewest.
fn cuts(run: &str, known: &impl Fn(&str) -> bool) -> Option<u16> {
    if run.len() < 5 || run.len() > RUN_BYTES_MAX || !run.is_ascii() || known(run) {
        return None;
    }
    // Of what begins there: how many words it takes, and where the first of them ends.
    let mut best = [(u8::MAX, 0_u8); RUN_BYTES_MAX + 1];
    best[run.len()] = (0, 0);
    for from in (0..run.len()).rev() {
        for to in from + 2..=run.len() {
            let (words, _) = best[to];
            if words < 4 && words + 1 < best[from].0 && known(&run[from..to]) {
                best[from] = (words + 1, to as u8);
            }
        }
    }
    (best[0].0 != u8::MAX).then_some(best[0].1.into())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Gap,
    Lower,
    Upper,
    Digit,
}

impl Sign {
    fn of(sign: char) -> Sign {
        match sign {
            'A'..='Z' => Sign::Upper,
            '0'..='9' => Sign::Digit,
            // An accent that stands alone belongs to the letter before.
            'a'..='z' | '\u{300}'..='\u{36f}' => Sign::Lower,
            _ if sign.is_uppercase() => Sign::Upper,
            _ if sign.is_alphanumeric() => Sign::Lower,
            _ => Sign::Gap,
        }
    }
}

/// Appends a letter in lower case, a Latin one without its accent.
fn fold(sign: char, text: &mut String) {
    let plain = match sign {
        'A'..='Z' => return text.push(sign.to_ascii_lowercase()),
        _ if sign.is_ascii() => return text.push(sign),
        '\u{300}'..='\u{36f}' => return,
        'à'..='å' | 'À'..='Å' | 'ā'..='ą' | 'ả' | 'ạ' | 'ấ' | 'ầ' => "a",
        'ç' | 'Ç' | 'ć' | 'Ć' | 'č' | 'Č' => "c",
        'ď' | 'Ď' | 'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'è'..='ë' | 'È'..='Ë' | 'ē' | 'Ē' | 'ė' | 'Ė' | 'ę' | 'Ę' | 'ě' | 'Ě' | 'ế' | 'ề' | 'ệ' => {
            "e"
        }
        'ğ' | 'Ğ' | 'ģ' | 'Ģ' => "g",
        'ì'..='ï' | 'Ì'..='Ï' | 'ī' | 'Ī' | 'į' | 'Į' | 'ı' | 'İ' | 'ị' => "i",
        'ķ' | 'Ķ' => "k",
        'ł' | 'Ł' | 'ļ' | 'Ļ' | 'ľ' | 'Ľ' | 'ĺ' | 'Ĺ' => "l",
        'ñ' | 'Ñ' | 'ń' | 'Ń' | 'ň' | 'Ň' | 'ņ' | 'Ņ' => "n",
        'ò'..='ö' | 'Ò'..='Ö' | 'ø' | 'Ø' | 'ő' | 'Ő' | 'ō' | 'Ō' | 'ơ' | 'ố' | 'ồ' | 'ộ' => {
            "o"
        }
        'ŕ' | 'Ŕ' | 'ř' | 'Ř' => "r",
        'ś' | 'Ś' | 'š' | 'Š' | 'ş' | 'Ş' | 'ș' | 'Ș' => "s",
        'ť' | 'Ť' | 'ţ' | 'Ţ' | 'ț' | 'Ț' => "t",
        'ù'..='ü' | 'Ù'..='Ü' | 'ū' | 'Ū' | 'ů' | 'Ů' | 'ű' | 'Ű' | 'ų' | 'Ų' | 'ư' | 'ứ' => {
            "u"
        }
        'ý' | 'Ý' | 'ÿ' | 'Ÿ' => "y",
        'ź' | 'Ź' | 'ż' | 'Ż' | 'ž' | 'Ž' => "z",
        'ß' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'þ' | 'Þ' => "th",
        _ => return text.extend(sign.to_lowercase()),
    };
    text.push_str(plain);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(name: &str) -> Vec<String> {
        let mut words = Words::default();
        words.push(name);
        words.split(|it| ["passport", "number", "of", "birth", "date"].contains(&it));
        (0..words.len())
            .map(|at| words.run(at, at + 1).to_owned())
            .collect()
    }

    #[test]
    fn however_it_is_written_the_words_are_the_same() {
        for name in [
            "panNumber",
            "pan_number",
            "PAN-NUMBER",
            "PANNumber",
            "pan[number]",
            "pan.number",
        ] {
            assert_eq!(words(name), ["pan", "number"], "{name}");
        }
        assert_eq!(words("Straße_Nº"), ["strasse", "nº"]);
        assert_eq!(words("ICD10Code"), ["icd", "10", "code"]);
        assert_eq!(words("numéroSécu"), ["numero", "secu"]);
        assert_eq!(words("e\u{301}cole"), ["ecole"]);
    }

    #[test]
    fn words_written_together_are_taken_apart_only_when_all_are_known() {
        assert_eq!(words("passportnumber"), ["passport", "number"]);
        assert_eq!(words("dateofbirth"), ["date", "of", "birth"]);
        assert_eq!(words("passportal"), ["passportal"]);
    }

    #[test]
    fn a_name_without_end_is_cut() {
        let mut words = Words::default();
        words.push(&"aB".repeat(4_000));
        assert_eq!(words.len(), WORDS_MAX);
        words.clear();
        words.push(&"ü".repeat(4_000));
        assert!(words.text.len() <= BYTES_MAX);
    }
}
