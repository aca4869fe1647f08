//! What the system says of a process: memory, processor time, files.

use std::path::Path;

/// Of a clock tick, as /proc counts: 1/100 s on every Linux that Gatewatch runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Memory of this process that is in RAM now.
pub fn resident_bytes() -> Option<u64> {
    status("self", "VmRSS:")
}

/// The most memory that process ever had in RAM.
pub fn resident_bytes_max(process: u32) -> Option<u64> {
    status(&process.to_string(), "VmHWM:")
}

/// Processor time, of user and system together.
pub fn processor_seconds(process: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in brackets may hold anything, brackets included.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}

/// Of all files in a folder and below.
pub fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => folder_bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            // It went while we looked.
            Err(_) => 0,
        })
        .sum()
}

fn status(process: &str, key: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix(key))?;
    line.split_whitespace()
        .next()?
        .parse::<u64>()
        .ok()
        .map(|it| it * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_knows_this_process() {
        let own = std::process::id();
        assert!(resident_bytes().unwrap() > 100_000);
        assert!(resident_bytes_max(own).unwrap() >= resident_bytes().unwrap() / 2);
        assert!(processor_seconds(own).unwrap() >= 0.0);
    }

    #[test]
    fn files_of_a_folder_add_up() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/b"), [0; 70]).unwrap();
        std::fs::write(folder.path().join("c"), [0; 7]).unwrap();
        assert_eq!(folder_bytes(folder.path()), 77);
    }
}
