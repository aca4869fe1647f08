//! Begins a segment file. It counts only when all of its beginning is on disk under its name.

use std::io;

use tracing::warn;

use crate::disk::{Disk, DiskFile};
use crate::segment::{Name, SegmentHeader, header_bytes, write_snapshot};
use crate::senders::Senders;
use crate::tail::{Outline, Segment};

/// What a segment says of itself and of all before it.
#[derive(Debug)]
pub struct Beginning {
    name: Name,
    floors: Box<[u64]>,
    bytes: Vec<u8>,
}

impl Beginning {
    pub fn new(name: Name, outline: &Outline, senders: &Senders, moved_on: bool) -> Beginning {
        let (previous, previous_bytes) = outline.last;
        let header = SegmentHeader {
            number: name.number,
            previous,
            previous_bytes,
            moved_on,
            floors: outline.ends.clone(),
        };
        let mut bytes = Vec::new();
        header.write(&mut bytes, name.nonce);
        write_snapshot(
            &mut bytes,
            name.nonce,
            &outline.ends,
            &outline.released,
            senders,
        );
        Beginning {
            name,
            floors: header.floors,
            bytes,
        }
    }

    pub fn write<D: Disk>(self, disk: &mut D) -> io::Result<Segment<D::File>> {
        let file = self.name.file();
        let written = disk.create(&file).and_then(|created| {
            created.write_all_at(&self.bytes, 0)?;
            created.sync_data()?;
            disk.sync_folder()?;
            Ok(created)
        });
        match written {
            Ok(created) => {
                let start = header_bytes(self.floors.len() as u16);
                let length = self.bytes.len() as u64;
                Ok(Segment::new(self.name, created, start, self.floors, length))
            }
            Err(error) => {
                if let Err(error) = disk.remove(&file)
                    && error.kind() != io::ErrorKind::NotFound
                {
                    warn!(file, %error, "half a journal segment stays behind; the next start deletes it");
                }
                Err(error)
            }
        }
    }
}
