//! What could not be read: the first places one by one, then how many more there were.

use std::fmt::Write;

/// Places that are told one by one, of each file.
pub const TOLD_MAX: usize = 10;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    /// The first of them: line and why; 0 is the file as a whole.
    pub first: Vec<(u64, String)>,
    pub total: u64,
    /// The file is a document, and it is its entries that are counted.
    pub entries: bool,
}

impl Trouble {
    pub fn add(&mut self, line: u64, why: &str) {
        self.total += 1;
        if self.first.len() < TOLD_MAX {
            let plain = why.chars().filter(|it| !it.is_control()).collect();
            self.first.push((line, plain));
        }
    }

    /// A line for each that is told, and one for the rest.
    pub fn tell(&self, file: &str, out: &mut String) {
        for (line, why) in &self.first {
            // Writing to a String cannot fail; so below.
            let _ = match line {
                0 => writeln!(out, "{file}: {why}"),
                line if self.entries => writeln!(out, "{file} entry {line}: {why}"),
                line => writeln!(out, "{file}:{line}: {why}"),
            };
        }
        let more = self.total - self.first.len() as u64;
        if more > 0 {
            let _ = writeln!(out, "{file}: … and {more} more that could not be read");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_told_and_the_rest_counted() {
        let mut trouble = Trouble::default();
        for line in 1..=500 {
            trouble.add(line, "no\u{1b}JSON");
        }
        let mut told = String::new();
        trouble.tell("a.jsonl", &mut told);
        assert!(told.starts_with("a.jsonl:1: noJSON\na.jsonl:2: "), "{told}");
        assert_eq!(told.lines().count(), TOLD_MAX + 1);
        assert!(told.ends_with("a.jsonl: … and 490 more that could not be read\n"));
    }
}
