//! What a simulated disk holds, in memory and for good.

use std::collections::BTreeMap;
use std::io;

use super::Fault;

const SECTOR_BYTES: usize = 512;

#[derive(Debug)]
pub struct State {
    pub names: BTreeMap<String, usize>,
    pub files: Vec<Content>,
    /// Operations that change something, counted.
    pub operations: u64,
    pub faults: BTreeMap<u64, Fault>,
    pub capacity: u64,
    /// Handles of another life are dead.
    pub life: u64,
    pub dark: bool,
    durable_names: BTreeMap<String, usize>,
    /// Since the folder was synced: a name, and its file or none.
    renamed: Vec<(String, Option<usize>)>,
    random: u64,
}

#[derive(Debug, Default)]
pub struct Content {
    /// As reads see them.
    pub bytes: Vec<u8>,
    durable: Vec<u8>,
    /// Since the last sync.
    changes: Vec<Change>,
}

#[derive(Clone, Debug)]
pub enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate(usize),
}

impl State {
    pub fn new(seed: u64) -> State {
        State {
            names: BTreeMap::new(),
            files: Vec::new(),
            operations: 0,
            faults: BTreeMap::new(),
            capacity: u64::MAX,
            life: 0,
            dark: false,
            durable_names: BTreeMap::new(),
            renamed: Vec::new(),
            random: seed,
        }
    }

    pub fn rename(&mut self, name: &str, file: Option<usize>) -> io::Result<()> {
        let fault = self.step();
        if matches!(fault, None | Some(Fault::Crash)) {
            match file {
                Some(id) => self.names.insert(name.to_owned(), id),
                None => self.names.remove(name),
            };
            self.renamed.push((name.to_owned(), file));
        }
        self.end(fault)
    }

    pub fn sync_names(&mut self) -> io::Result<()> {
        let fault = self.step();
        if fault.is_none() {
            self.durable_names = self.names.clone();
            self.renamed.clear();
        }
        self.end(fault)
    }

    pub fn write(&mut self, id: usize, offset: usize, bytes: &[u8]) -> io::Result<()> {
        let used: u64 = self.names.values().map(|id| self.files[*id].length()).sum();
        let growth = (offset + bytes.len()) as u64;
        let growth = growth.saturating_sub(self.files[id].length());
        let lacking = (used + growth).saturating_sub(self.capacity) as usize;
        let fault = match self.step() {
            None if lacking > 0 => Some(Fault::NoSpace),
            other => other,
        };
        let room = bytes.len().saturating_sub(lacking);
        let length = match fault {
            None => bytes.len(),
            Some(Fault::Kill) => 0,
            Some(_) => self.below(room as u64 + 1) as usize,
        };
        let bytes = bytes[..length].to_vec();
        self.note(id, Change::Write { offset, bytes });
        self.end(fault)
    }

    pub fn change(&mut self, id: usize, change: Change) -> io::Result<()> {
        let fault = self.step();
        if matches!(fault, None | Some(Fault::Crash)) {
            self.note(id, change);
        }
        self.end(fault)
    }

    pub fn sync(&mut self, id: usize) -> io::Result<()> {
        let fault = self.step();
        match fault {
            None => {
                let content = &mut self.files[id];
                for change in std::mem::take(&mut content.changes) {
                    change.apply(&mut content.durable);
                }
            }
            // Some of it came to the disk; the rest is taken for written and never will be.
            Some(Fault::Broken | Fault::NoSpace) => self.survive(id),
            Some(Fault::Crash | Fault::Kill) => {}
        }
        self.end(fault)
    }

    /// Forgets what was not synced, in one of the ways that disks do.
    pub fn crash(&mut self) {
        for id in 0..self.files.len() {
            self.survive(id);
            self.files[id].bytes = self.files[id].durable.clone();
        }
        for (name, file) in std::mem::take(&mut self.renamed) {
            if self.below(2) == 0 {
                match file {
                    Some(id) => self.durable_names.insert(name, id),
                    None => self.durable_names.remove(&name),
                };
            }
        }
        self.names = self.durable_names.clone();
        let kept: Vec<usize> = self.names.values().copied().collect();
        for (id, content) in self.files.iter_mut().enumerate() {
            if !kept.contains(&id) {
                *content = Content::default();
            }
        }
        self.life += 1;
        self.dark = true;
    }

    pub fn damage(&mut self, name: &str, offset: usize, change: impl FnOnce(&mut [u8])) {
        let Some(id) = self.names.get(name) else {
            return;
        };
        let content = &mut self.files[*id];
        if let Some(bytes) = content.bytes.get_mut(offset..) {
            change(bytes);
        }
        content.durable = content.bytes.clone();
        content.changes.clear();
    }

    /// splitmix64
    pub fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random() % bound
    }

    fn step(&mut self) -> Option<Fault> {
        let at = self.operations;
        self.operations += 1;
        self.faults.remove(&at)
    }

    fn end(&mut self, fault: Option<Fault>) -> io::Result<()> {
        match fault {
            None => Ok(()),
            Some(Fault::NoSpace) => Err(io::ErrorKind::StorageFull.into()),
            Some(Fault::Broken) => Err(io::Error::other("simulated input/output error")),
            Some(Fault::Crash) => {
                self.crash();
                Err(io::Error::other("the simulated machine stops"))
            }
            Some(Fault::Kill) => {
                self.life += 1;
                Err(io::Error::other("the simulated process is killed"))
            }
        }
    }

    fn note(&mut self, id: usize, change: Change) {
        let content = &mut self.files[id];
        change.apply(&mut content.bytes);
        content.changes.push(change);
    }

    /// Any part of what was not synced becomes durable: none, all, a beginning torn at any
    /// byte, or any sectors whatever their order.
    fn survive(&mut self, id: usize) {
        let changes = std::mem::take(&mut self.files[id].changes);
        let way = self.below(4);
        let torn = self.below(changes.len() as u64 + 1) as usize;
        for (at, change) in changes.into_iter().enumerate() {
            let kept = match way {
                0 => vec![change],
                1 if at < torn => vec![change],
                1 if at == torn => self.beginning(change),
                2 => self.sectors(change),
                _ => Vec::new(),
            };
            for change in kept {
                change.apply(&mut self.files[id].durable);
            }
        }
    }

    fn beginning(&mut self, change: Change) -> Vec<Change> {
        match change {
            Change::Write { offset, mut bytes } => {
                bytes.truncate(self.below(bytes.len() as u64 + 1) as usize);
                vec![Change::Write { offset, bytes }]
            }
            Change::Truncate(_) => Vec::new(),
        }
    }

    fn sectors(&mut self, change: Change) -> Vec<Change> {
        let (start, bytes) = match change {
            Change::Write { offset, bytes } => (offset, bytes),
            Change::Truncate(_) if self.below(2) == 0 => return Vec::new(),
            Change::Truncate(_) => return vec![change],
        };
        let mut kept = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let next = SECTOR_BYTES - (start + at) % SECTOR_BYTES;
            let end = (at + next).min(bytes.len());
            if self.below(2) == 0 {
                kept.push(Change::Write {
                    offset: start + at,
                    bytes: bytes[at..end].to_vec(),
                });
            }
            at = end;
        }
        kept
    }
}

impl Content {
    fn length(&self) -> u64 {
        self.bytes.len() as u64
    }
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Change::Write { offset, bytes } => {
                let end = offset + bytes.len();
                if to.len() < end {
                    to.resize(end, 0);
                }
                to[*offset..end].copy_from_slice(bytes);
            }
            Change::Truncate(length) => to.resize(*length, 0),
        }
    }
}
