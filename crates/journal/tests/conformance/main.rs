//! The suite that every journal passes, on real folders and on the simulated disk.

#[cfg(test)]
mod makers;

use gatewatch_journal::{Direct, Embedded};
use gatewatch_ports::conformance::journal::journal;

use crate::makers::{Folders, Simulated};

#[test]
fn embedded_is_a_journal() {
    journal(&mut Folders::new(|disk, options| {
        Box::new(Embedded::on(disk, options).unwrap())
    }));
}

#[test]
fn direct_is_a_journal() {
    journal(&mut Folders::new(|disk, options| {
        Box::new(Direct::open(disk, options).unwrap())
    }));
}

#[test]
fn embedded_on_a_simulated_disk_is_a_journal() {
    journal(&mut Simulated::new());
}

#[test]
fn segments_of_any_size_are_a_journal() {
    for segment_bytes in [1_024, 5_000] {
        let mut folders =
            Folders::new(|disk, options| Box::new(Embedded::on(disk, options).unwrap()));
        folders.segment_bytes = segment_bytes;
        // The smallest journal has the smallest segments.
        folders.bytes_max = Some(1 << 20);
        journal(&mut folders);
    }
}
