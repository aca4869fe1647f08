//! Which countries an exchange speaks of: its members `country`, `currency` or `locale`, and the
//! languages that its sender accepts.

/// Countries of one exchange that are listened to.
const COUNTRIES_MAX: usize = 6;

/// The countries of one exchange, in the order they were found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Countries {
    kept: [[u8; 2]; COUNTRIES_MAX],
    count: usize,
}

/// Currencies and languages that mean one country.
static TELLING: &[(&str, &str)] = &[
    ("usd", "US"),
    ("gbp", "GB"),
    ("cad", "CA"),
    ("aud", "AU"),
    ("nzd", "NZ"),
    ("inr", "IN"),
    ("jpy", "JP"),
    ("cny", "CN"),
    ("krw", "KR"),
    ("brl", "BR"),
    ("mxn", "MX"),
    ("sek", "SE"),
    ("nok", "NO"),
    ("dkk", "DK"),
    ("pln", "PL"),
    ("czk", "CZ"),
    ("huf", "HU"),
    ("ron", "RO"),
    ("bgn", "BG"),
    ("try", "TR"),
    ("zar", "ZA"),
    ("sgd", "SG"),
    ("hkd", "HK"),
    ("twd", "TW"),
    ("thb", "TH"),
    ("idr", "ID"),
    ("myr", "MY"),
    ("php", "PH"),
    ("ils", "IL"),
    ("sar", "SA"),
    ("qar", "QA"),
    ("aed", "AE"),
    ("chf", "CH"),
    ("rub", "RU"),
    ("uah", "UA"),
    ("ars", "AR"),
    ("clp", "CL"),
    ("cop", "CO"),
    ("pen", "PE"),
    ("eg", "EG"),
    ("isk", "IS"),
    ("de", "DE"),
    ("fr", "FR"),
    ("es", "ES"),
    ("it", "IT"),
    ("nl", "NL"),
    ("pl", "PL"),
    ("sv", "SE"),
    ("fi", "FI"),
    ("da", "DK"),
    ("nb", "NO"),
    ("ja", "JP"),
    ("ko", "KR"),
    ("zh", "CN"),
    ("tr", "TR"),
    ("cs", "CZ"),
    ("hu", "HU"),
    ("el", "GR"),
    ("ro", "RO"),
    ("bg", "BG"),
    ("hr", "HR"),
    ("sk", "SK"),
    ("sl", "SI"),
    ("et", "EE"),
    ("lv", "LV"),
    ("lt", "LT"),
    ("uk", "GB"),
    ("th", "TH"),
    ("he", "IL"),
    ("usa", "US"),
    ("gbr", "GB"),
    ("deu", "DE"),
    ("fra", "FR"),
    ("esp", "ES"),
    ("ita", "IT"),
    ("nld", "NL"),
    ("can", "CA"),
    ("aus", "AU"),
    ("ind", "IN"),
    ("jpn", "JP"),
    ("chn", "CN"),
    ("kor", "KR"),
    ("bra", "BR"),
    ("mex", "MX"),
    ("swe", "SE"),
    ("pol", "PL"),
    ("bel", "BE"),
    ("fin", "FI"),
    ("tur", "TR"),
    ("sgp", "SG"),
    ("zaf", "ZA"),
    ("che", "CH"),
    ("aut", "AT"),
    ("prt", "PT"),
    ("irl", "IE"),
    ("nor", "NO"),
    ("dnk", "DK"),
];

impl Countries {
    pub fn clear(&mut self) {
        self.count = 0;
    }

    pub fn as_slice(&self) -> &[[u8; 2]] {
        &self.kept[..self.count]
    }

    /// The value of a member that tells of a country: `DE`, `de-DE`, `EUR`.
    pub fn see(&mut self, text: &str) {
        match text.as_bytes() {
            [one, two] if one.is_ascii_uppercase() && two.is_ascii_uppercase() => {
                self.add([*one, *two]);
            }
            [_, _, b'-' | b'_', one, two]
                if one.is_ascii_alphabetic() && two.is_ascii_alphabetic() =>
            {
                self.add([one.to_ascii_uppercase(), two.to_ascii_uppercase()]);
            }
            [_, _] | [_, _, _] => {
                let telling = TELLING.iter().find(|it| it.0.eq_ignore_ascii_case(text));
                if let Some((_, country)) = telling {
                    let country = country.as_bytes();
                    self.add([country[0], country[1]]);
                }
            }
            _ => {}
        }
    }

    /// The header `accept-language`: its first language.
    pub fn see_accepted(&mut self, text: &str) {
        let first = text.split([',', ';']).next().unwrap_or("").trim();
        // English says nothing: everything speaks it.
        if !first.starts_with("en") || first.len() > 2 {
            self.see(first);
        }
    }

    fn add(&mut self, country: [u8; 2]) {
        if self.count < COUNTRIES_MAX && !self.as_slice().contains(&country) {
            self.kept[self.count] = country;
            self.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_locales_and_currencies_tell_of_countries() {
        let mut countries = Countries::default();
        for text in ["DE", "pt-BR", "SEK", "ja", "de-DE", "nowhere", "EUR", ""] {
            countries.see(text);
        }
        assert_eq!(countries.as_slice(), [*b"DE", *b"BR", *b"SE", *b"JP"]);
        countries.clear();
        countries.see_accepted("nl-NL,nl;q=0.9,en;q=0.8");
        countries.see_accepted("en");
        assert_eq!(countries.as_slice(), [*b"NL"]);
    }
}
