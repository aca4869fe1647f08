//! A user's own files of the catalogue in the fold: compiled once, for all partitions.

use std::sync::{Mutex, PoisonError};

use gatewatch_model::own::{OwnFiles, OwnKind};

/// What the files that came last were compiled to.
pub struct Latest<T> {
    kind: OwnKind,
    last: Mutex<Option<Made<T>>>,
}

struct Made<T> {
    files: OwnFiles,
    key: Option<[u8; 32]>,
    /// `None` of files that are not sound.
    sound: Option<T>,
}

impl<T: Clone> Latest<T> {
    pub const fn of(kind: OwnKind) -> Latest<T> {
        Latest {
            kind,
            last: Mutex::new(None),
        }
    }

    /// What `make` makes of the files with the key, or answers the file, line and key that are wrong;
    /// `None`, told once, if they are not sound. Whoever brings them sees to that, but a newer release
    /// may ship a name that they have too.
    pub fn get(
        &self,
        files: &OwnFiles,
        key: Option<[u8; 32]>,
        make: impl FnOnce(&[(&str, &str)]) -> Result<T, (Box<str>, usize, Box<str>)>,
    ) -> Option<T> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = &*last
            && last.files == *files
            && last.key == key
        {
            return last.sound.clone();
        }
        let texts = files.iter().map(|it| (&*it.0, &*it.1)).collect::<Vec<_>>();
        let made = make(&texts);
        // The reason may quote an example.
        if let Err((file, line, key)) = &made {
            tracing::error!(
                kind = self.kind.name(),
                %file,
                line,
                %key,
                "none of your own files of this kind counts: this release refuses them; mend them, try \
                 them with `gatewatch catalogue test FOLDER`, and bring them again"
            );
        }
        *last = Some(Made {
            files: files.clone(),
            key,
            sound: made.ok(),
        });
        last.as_ref()?.sound.clone()
    }
}
