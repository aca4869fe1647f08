//! Journals on real folders and on the simulated disk.

use gatewatch_journal::{Disk, Embedded, Options, RealDisk, SimDisk};
use gatewatch_ports::Journal;
use gatewatch_ports::conformance::journal::{Maker, PARTITIONS};
use tempfile::TempDir;

pub type Open<D> = fn(D, Options) -> Box<dyn Journal>;

pub struct Folders {
    open: Open<RealDisk>,
    kept: Vec<TempDir>,
    options: Options,
    pub segment_bytes: u64,
    pub bytes_max: Option<u64>,
}

impl Folders {
    pub fn new(open: Open<RealDisk>) -> Folders {
        Folders {
            open,
            kept: Vec::new(),
            options: options(None),
            segment_bytes: u64::MAX,
            bytes_max: None,
        }
    }

    fn begin(&mut self, bytes_max: Option<u64>) -> Box<dyn Journal> {
        self.kept.push(TempDir::new().unwrap());
        self.options = Options {
            segment_bytes: self.segment_bytes,
            ..options(bytes_max)
        };
        self.open()
    }

    fn open(&self) -> Box<dyn Journal> {
        let folder = self.kept.last().unwrap();
        let disk = RealDisk::open(folder.path()).unwrap();
        (self.open)(disk, self.options.clone())
    }
}

impl Maker for Folders {
    fn make(&mut self) -> Box<dyn Journal> {
        self.begin(self.bytes_max)
    }

    fn make_bounded(&mut self, bytes_max: u64) -> Option<Box<dyn Journal>> {
        Some(self.begin(Some(bytes_max)))
    }

    fn reopen(&mut self, journal: Box<dyn Journal>) -> Box<dyn Journal> {
        drop(journal);
        self.open()
    }
}

pub struct Simulated {
    disk: SimDisk,
    seed: u64,
    options: Options,
}

impl Simulated {
    pub fn new() -> Simulated {
        Simulated {
            disk: SimDisk::new(1),
            seed: 1,
            options: options(None),
        }
    }

    fn open<D: Disk>(&self, disk: D) -> Box<dyn Journal> {
        Box::new(Embedded::on(disk, self.options.clone()).unwrap())
    }
}

impl Maker for Simulated {
    fn make(&mut self) -> Box<dyn Journal> {
        self.seed += 1;
        self.disk = SimDisk::new(self.seed);
        self.options = options(None);
        self.open(self.disk.clone())
    }

    fn make_bounded(&mut self, bytes_max: u64) -> Option<Box<dyn Journal>> {
        self.seed += 1;
        self.disk = SimDisk::new(self.seed);
        self.options = options(Some(bytes_max));
        Some(self.open(self.disk.clone()))
    }

    /// By a crash: what was acknowledged must be there all the same.
    fn reopen(&mut self, journal: Box<dyn Journal>) -> Box<dyn Journal> {
        self.disk.crash();
        drop(journal);
        self.disk = self.disk.restart();
        self.open(self.disk.clone())
    }
}

fn options(bytes_max: Option<u64>) -> Options {
    let default = Options::default();
    Options {
        partitions: PARTITIONS,
        bytes_max: bytes_max.unwrap_or(default.bytes_max),
        ..default
    }
}
