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
            if matches!(sign, '\'' | '’') && is_possessive(signs.clone()) {
                continue;
            }
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

/// Whether an `s` and the end of the word follow an apostrophe: `driver's`.
fn is_possessive(mut after: impl Iterator<Item = char>) -> bool {
    matches!(after.next(), Some('s' | 'S')) && !after.next().is_some_and(char::is_alphanumeric)
}

/// Where the first word of a run ends, if the whole run is a row of known words; the fewest.
/// Scripts without gaps are taken apart alike, but into words of two signs or more.
fn cuts(run: &str, known: &impl Fn(&str) -> bool) -> Option<u16> {
    if run.len() < 5 || run.len() > RUN_BYTES_MAX || known(run) {
        return None;
    }
    let shortest = match run.chars().next().map(Sign::of) {
        Some(Sign::Gapless) => 2 * '号'.len_utf8(),
        _ if run.is_ascii() => 2,
        _ => return None,
    };
    // Of what begins there: how many words it takes, and where the first of them ends.
    let mut best = [(u8::MAX, 0_u8); RUN_BYTES_MAX + 1];
    best[run.len()] = (0, 0);
    for from in (0..run.len()).rev() {
        for to in from + shortest..=run.len() {
            let (words, _) = best[to];
            let is_known = || run.get(from..to).is_some_and(known);
            if words < 4 && words + 1 < best[from].0 && is_known() {
                best[from] = (words + 1, to as u8);
            }
        }
    }
    if best[0].0 != u8::MAX {
        return Some(best[0].1.into());
    }
    // What a name without gaps is about stands at its end: `家庭地址`, an address.
    let begins = |at: &usize| run.get(*at..).is_some_and(known);
    let last = (1..=run.len().checked_sub(shortest)?).find(begins);
    last.filter(|_| !run.is_ascii()).map(|it| it as u16)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Gap,
    Lower,
    Upper,
    Digit,
    /// Of a script that writes words without gaps: Chinese, Japanese, Korean.
    Gapless,
}

impl Sign {
    fn of(sign: char) -> Sign {
        match sign {
            'A'..='Z' => Sign::Upper,
            '0'..='9' => Sign::Digit,
            // An accent that stands alone belongs to the letter before.
            'a'..='z' | '\u{300}'..='\u{36f}' => Sign::Lower,
            '\u{3005}'..='\u{3007}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}' => Sign::Gapless,
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
    fn scripts_without_gaps_are_words_of_their_own() {
        let mut words = Words::default();
        words.push("SWIFT代码 客户身份证号码 商品名");
        words.split(|it| ["客户", "身份证", "号码", "商品", "名"].contains(&it));
        let words = (0..words.len()).map(|at| words.run(at, at + 1));
        let expected = ["swift", "代码", "客户", "身份证", "号码", "商品名"];
        assert_eq!(words.collect::<Vec<_>>(), expected);
        let mut words = Words::default();
        words.push("家庭地址");
        words.split(|it| it == "地址");
        assert_eq!([words.run(0, 1), words.run(1, 2)], ["家庭", "地址"]);
    }

    #[test]
    fn the_end_of_a_possessive_is_no_word() {
        assert_eq!(words("Driver's License"), ["drivers", "license"]);
        assert_eq!(words("driver’s"), ["drivers"]);
        assert_eq!(words("jeton d'accès"), ["jeton", "d", "acces"]);
        assert_eq!(words("l'solde"), ["l", "solde"]);
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
