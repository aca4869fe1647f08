//! Bytes of a file through one bounded buffer: a window on what is there, filled on demand.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

use crate::limits::LINE_BYTES_MAX;

const CHUNK_BYTES: usize = 128 << 10;
const BUFFER_BYTES_MAX: usize = LINE_BYTES_MAX + CHUNK_BYTES;

/// A buffer of `BUFFER_BYTES_MAX`, as long as nobody fills a window that has more than a line.
pub struct Stream {
    from: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    begin: usize,
    end: usize,
    /// In a line that is too long, up to its end.
    skipping: bool,
    /// What reading has failed with, to be told when all that came before is taken.
    failed: Option<io::Error>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Where the line lies in the buffer, without its LF, until the next call.
    Here(Range<usize>),
    TooLong,
    End,
}

impl Stream {
    pub fn new(from: Box<dyn Read + Send>) -> Stream {
        Stream {
            from,
            buffer: Vec::new(),
            begin: 0,
            end: 0,
            skipping: false,
            failed: None,
        }
    }

    /// What is there and not consumed.
    pub fn window(&self) -> &[u8] {
        &self.buffer[self.begin..self.end]
    }

    pub fn consume(&mut self, bytes: usize) {
        self.begin = (self.begin + bytes).min(self.end);
    }

    pub fn get(&self, line: Range<usize>) -> &[u8] {
        self.buffer.get(line).unwrap_or_default()
    }

    /// Like `fill`, for who only looks ahead: a failure is kept for later if something is there.
    pub fn peek(&mut self) -> io::Result<bool> {
        match self.fill() {
            Err(error) if error.kind() != ErrorKind::WouldBlock && self.begin < self.end => {
                self.failed = Some(error);
                Ok(false)
            }
            filled => filled,
        }
    }

    /// Reads more behind the window; false at the end. `WouldBlock` where there may be more later.
    pub fn fill(&mut self) -> io::Result<bool> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.begin == self.end {
            (self.begin, self.end) = (0, 0);
        } else if self.end == self.buffer.len() && self.begin > 0 {
            self.buffer.copy_within(self.begin..self.end, 0);
            (self.begin, self.end) = (0, self.end - self.begin);
        }
        if self.end == self.buffer.len() {
            let bytes = (self.buffer.len() * 2).max(CHUNK_BYTES);
            let bytes = bytes.min(BUFFER_BYTES_MAX).max(self.end + CHUNK_BYTES);
            self.buffer.resize(bytes, 0);
        }
        loop {
            match self.from.read(&mut self.buffer[self.end..]) {
                Ok(bytes) => {
                    self.end += bytes;
                    return Ok(bytes > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
    }

    /// The next line. What is cut off by the end of the file is a line too.
    pub fn line(&mut self) -> io::Result<Line> {
        let mut searched = 0;
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.window()[searched..]) {
                let length = searched + end;
                let start = self.begin;
                self.begin += length + 1;
                return Ok(self.ended(start..start + length));
            }
            searched = self.window().len();
            if self.skipping || searched > LINE_BYTES_MAX {
                self.skipping = true;
                self.begin = self.end;
                searched = 0;
            }
            if !self.fill()? {
                return Ok(self.rest());
            }
        }
    }

    /// What is left where nothing more comes.
    pub fn rest(&mut self) -> Line {
        let line = self.begin..self.end;
        self.begin = self.end;
        if line.is_empty() && !self.skipping {
            Line::End
        } else {
            self.ended(line)
        }
    }

    fn ended(&mut self, line: Range<usize>) -> Line {
        let skipped = core::mem::take(&mut self.skipping);
        if skipped || line.len() > LINE_BYTES_MAX {
            Line::TooLong
        } else {
            Line::Here(line)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Yields its pieces one read at a time; an empty one blocks.
    struct Pieces(Vec<Vec<u8>>);

    impl Read for Pieces {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some(piece) = self.0.first_mut() else {
                return Ok(0);
            };
            if piece.is_empty() {
                self.0.remove(0);
                return Err(ErrorKind::WouldBlock.into());
            }
            let bytes = piece.len().min(into.len());
            into[..bytes].copy_from_slice(&piece[..bytes]);
            piece.drain(..bytes);
            if piece.is_empty() {
                self.0.remove(0);
            }
            Ok(bytes)
        }
    }

    /// Lines as text, `…` for one that is too long, `?` where reading blocks.
    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let pieces = pieces.iter().map(|it| it.to_vec()).collect();
        let mut stream = Stream::new(Box::new(Pieces(pieces)));
        let mut found = Vec::new();
        loop {
            found.push(match stream.line() {
                Ok(Line::Here(line)) => String::from_utf8_lossy(stream.get(line)).into_owned(),
                Ok(Line::TooLong) => "…".into(),
                Ok(Line::End) => return found,
                Err(_) => "?".into(),
            });
            assert!(stream.buffer.len() <= BUFFER_BYTES_MAX);
        }
    }

    #[test]
    fn lines_are_whole_however_they_arrive() {
        assert_eq!(lines(&[b"a", b"b\nc", b"\n", b"\nd"]), ["ab", "c", "", "d"]);
        assert_eq!(lines(&[]), [""; 0]);
        assert_eq!(lines(&[b"\n"]), [""]);
    }

    #[test]
    fn a_line_that_waits_for_its_end_is_kept() {
        assert_eq!(
            lines(&[b"a\nb", b"", b"c", b"", b"d\n"]),
            ["a", "?", "?", "bcd"]
        );
    }

    #[test]
    fn a_line_of_a_hundred_megabytes_takes_no_memory() {
        let chunk = vec![b'x'; 1 << 20];
        let mut pieces = vec![b"one\n".as_slice()];
        pieces.extend(vec![chunk.as_slice(); 50]);
        pieces.push(b"");
        pieces.extend(vec![chunk.as_slice(); 50]);
        pieces.push(b"\ntwo\n");
        assert_eq!(lines(&pieces), ["one", "?", "…", "two"]);
        assert_eq!(lines(&pieces[..20]), ["one", "…"]);
    }

    #[test]
    fn a_line_may_have_exactly_the_bound() {
        let fits = vec![b'x'; LINE_BYTES_MAX];
        assert_eq!(lines(&[&fits, b"\n"])[0].len(), LINE_BYTES_MAX);
        assert_eq!(lines(&[&fits, b"x\n", b"y"]), ["…", "y"]);
    }
}
