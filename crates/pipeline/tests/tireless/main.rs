//! In a process of its own, because its memory is measured.

#[cfg(test)]
mod sender;
