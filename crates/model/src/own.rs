//! A user's own files of the catalogue: of which kinds there are such, and how much of them.

/// Files of one kind, and their bytes together.
pub const OWN_FILES_MAX: usize = 256;
pub const OWN_BYTES_MAX: usize = 256 << 10;

/// What a user may add to the catalogue of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnKind {
    /// Types of sensitive information, and the lists that they name.
    InfoTypes,
    /// What attacks look like, and classes of them.
    Detections,
}

/// Names of files with their texts.
pub type OwnFiles = Vec<(Box<str>, Box<str>)>;

impl OwnKind {
    pub const ALL: [OwnKind; 2] = [OwnKind::InfoTypes, OwnKind::Detections];

    pub fn name(self) -> &'static str {
        match self {
            OwnKind::InfoTypes => "info-types",
            OwnKind::Detections => "detections",
        }
    }
}

/// Whether there are more files, or longer ones, than are kept of one kind.
pub fn is_too_much(files: &[(Box<str>, Box<str>)]) -> bool {
    let bytes: usize = files.iter().map(|it| it.0.len() + it.1.len()).sum();
    files.len() > OWN_FILES_MAX || bytes > OWN_BYTES_MAX
}
