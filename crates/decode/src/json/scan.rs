//! The signs of JSON: blanks, texts, numbers, words.

use gatewatch_model::Blemishes;

use super::Stop;

/// A place in a document.
pub(super) struct Scan<'d> {
    text: &'d str,
    bytes: &'d [u8],
    pub at: usize,
    cut: bool,
    pub blemishes: Blemishes,
}

/// A text: as it stands, or unescaped in the reader's memory; open if the document ends in it.
pub(super) enum Text<'d> {
    Plain(&'d str),
    Unescaped,
    PlainOpen(&'d str),
    UnescapedOpen,
}

impl<'d> Scan<'d> {
    pub fn new(text: &'d str, cut: bool) -> Self {
        Scan {
            text,
            bytes: text.as_bytes(),
            at: 0,
            cut,
            blemishes: Blemishes::default(),
        }
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next byte that is no blank.
    pub fn skip_blanks(&mut self) -> Option<u8> {
        loop {
            let byte = self.peek()?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    pub fn word(&mut self, word: &str) -> Result<(), Stop> {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else if word.as_bytes().starts_with(rest) {
            Err(Stop::Cut)
        } else {
            Err(Stop::Bad)
        }
    }

    /// A number as it was written. One at the very end of a cut document may have gone on.
    pub fn number(&mut self) -> Result<&'d str, Stop> {
        let start = self.at;
        let mut at = start + usize::from(self.peek() == Some(b'-'));
        let whole = self.digits(at);
        let zero_first = self.bytes.get(at) == Some(&b'0') && whole > 1;
        at += whole;
        let mut sound = whole > 0 && !zero_first;
        if sound && self.bytes.get(at) == Some(&b'.') {
            let digits = self.digits(at + 1);
            sound = digits > 0;
            at += 1 + digits;
        }
        if sound && matches!(self.bytes.get(at), Some(b'e' | b'E')) {
            at += 1;
            at += usize::from(matches!(self.bytes.get(at), Some(b'+' | b'-')));
            let digits = self.digits(at);
            sound = digits > 0;
            at += digits;
        }
        if at == self.bytes.len() && (self.cut || (!sound && at > start)) {
            return Err(Stop::Cut);
        }
        if !sound {
            return Err(Stop::Bad);
        }
        self.at = at;
        Ok(&self.text[start..at])
    }

    fn digits(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|it| it.is_ascii_digit()).count()
    }

    /// The text that begins at this quote.
    pub fn string(&mut self, unescaped: &mut String) -> Result<Text<'d>, Stop> {
        self.at += 1;
        let start = self.at;
        let mut end = start;
        loop {
            end += plain_prefix(&self.bytes[end..]);
            match self.bytes.get(end) {
                Some(b'"') => {
                    self.at = end + 1;
                    return Ok(Text::Plain(&self.text[start..end]));
                }
                Some(b'\\') => {
                    unescaped.clear();
                    unescaped.push_str(&self.text[start..end]);
                    self.at = end;
                    return self.unescape(unescaped);
                }
                Some(_) => {
                    // A control sign, which JSON wants escaped.
                    self.blemishes.insert(Blemishes::BAD_JSON);
                    end += 1;
                }
                None if self.cut => {
                    self.at = end;
                    return Ok(Text::PlainOpen(&self.text[start..]));
                }
                None => {
                    self.at = end;
                    return Ok(Text::PlainOpen(&self.text[start..]));
                }
            }
        }
    }

    /// Goes on from the first escape.
    fn unescape(&mut self, unescaped: &mut String) -> Result<Text<'d>, Stop> {
        loop {
            let start = self.at;
            self.at += plain_prefix(&self.bytes[start..]);
            unescaped.push_str(&self.text[start..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Text::Unescaped);
                }
                Some(b'\\') => {
                    if !self.escape(unescaped) {
                        self.at = self.bytes.len();
                        return Ok(Text::UnescapedOpen);
                    }
                }
                Some(control) => {
                    self.blemishes.insert(Blemishes::BAD_JSON);
                    unescaped.push(char::from(control));
                    self.at += 1;
                }
                None => return Ok(Text::UnescapedOpen),
            }
        }
    }

    /// Takes in one escape; false if the document ends in it.
    fn escape(&mut self, unescaped: &mut String) -> bool {
        let Some(sign) = self.bytes.get(self.at + 1) else {
            return false;
        };
        let plain = match sign {
            b'"' | b'\\' | b'/' => char::from(*sign),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.escape_unicode(unescaped),
            _ => {
                // No escape: the backslash goes, what follows stays.
                self.blemishes.insert(Blemishes::BAD_JSON);
                self.at += 1;
                if sign.is_ascii() {
                    unescaped.push(char::from(*sign));
                    self.at += 1;
                }
                return true;
            }
        };
        unescaped.push(plain);
        self.at += 2;
        true
    }

    fn escape_unicode(&mut self, unescaped: &mut String) -> bool {
        let Some(digits) = self.bytes.get(self.at + 2..self.at + 6) else {
            return false;
        };
        let Some(unit) = hex_unit(digits) else {
            self.blemishes.insert(Blemishes::BAD_JSON);
            unescaped.push('u');
            self.at += 2;
            return true;
        };
        let low = self.low_surrogate(unit);
        if low == Low::Cut {
            return false;
        }
        self.at += 6;
        let sign = match low {
            Low::Found(low) => {
                self.at += 6;
                let sign = 0x1_0000 + ((u32::from(unit) - 0xd800) << 10) + u32::from(low) - 0xdc00;
                char::from_u32(sign)
            }
            Low::None | Low::Cut => char::from_u32(u32::from(unit)),
        };
        if sign.is_none() {
            self.blemishes.insert(Blemishes::BAD_CHARSET);
        }
        unescaped.push(sign.unwrap_or(char::REPLACEMENT_CHARACTER));
        true
    }

    /// The second half of a pair, after the escape with its first half.
    fn low_surrogate(&self, high: u16) -> Low {
        if !(0xd800..0xdc00).contains(&high) {
            return Low::None;
        }
        let rest = &self.bytes[self.at + 6..];
        if rest.len() < 6 && self.cut && (rest.is_empty() || rest.starts_with(b"\\")) {
            return Low::Cut;
        }
        let unit = rest
            .get(..6)
            .filter(|it| it.starts_with(b"\\u"))
            .and_then(|it| hex_unit(&it[2..]));
        match unit {
            Some(low) if (0xdc00..0xe000).contains(&low) => Low::Found(low),
            _ => Low::None,
        }
    }

    /// Skips an object or a list without looking at what is in it.
    pub fn skip_nested(&mut self) -> Result<(), Stop> {
        let mut depth = 0_usize;
        while let Some(offset) = self.bytes[self.at..]
            .iter()
            .position(|it| matches!(it, b'{' | b'[' | b'}' | b']' | b'"'))
        {
            self.at += offset;
            match self.bytes[self.at] {
                b'{' | b'[' => depth += 1,
                b'"' => {
                    self.skip_string();
                    continue;
                }
                _ => depth -= 1,
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
        self.at = self.bytes.len();
        Err(Stop::Cut)
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(offset) = memchr::memchr2(b'"', b'\\', &self.bytes[self.at..]) {
            self.at += offset + 1;
            if self.bytes[self.at - 1] == b'"' {
                return;
            }
            self.at = (self.at + 1).min(self.bytes.len());
        }
        self.at = self.bytes.len();
    }
}

#[derive(PartialEq, Eq)]
enum Low {
    Found(u16),
    None,
    Cut,
}

fn hex_unit(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |unit, digit| {
        let value = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | value as u16)
    })
}

/// How many bytes come before the first quote, backslash or control sign. Eight at a time.
fn plain_prefix(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = ONES << 7;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quotes = zeros(word ^ (ONES * u64::from(b'"')));
        let backslashes = zeros(word ^ (ONES * u64::from(b'\\')));
        let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        let found = quotes | backslashes | controls;
        if found != 0 {
            // Borrows reach only upwards, so the lowest mark is a true one.
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let is_plain = |it: &u8| !matches!(it, b'"' | b'\\' | 0..0x20);
    words.len() * 8 + rest.iter().take_while(|it| is_plain(it)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_bytes_end_at_the_first_sign_that_is_not() {
        for stop in [b'"', b'\\', 0, 0x1f] {
            for length in 0..40 {
                for after in [b'a', b'"', 0xff] {
                    let mut bytes = vec![b'!'; length];
                    bytes.push(stop);
                    bytes.extend([after; 9]);
                    assert_eq!(plain_prefix(&bytes), length, "{stop}");
                    assert_eq!(plain_prefix(&bytes[..length]), length);
                }
            }
        }
        assert_eq!(plain_prefix("é\u{7f} ~😀éééééé".as_bytes()), 19 + 2);
    }
}
