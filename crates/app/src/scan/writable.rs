//! Whether what a scan is to write can be written: asked before anything is folded, because a fold
//! may take an hour.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::Context;

use crate::command::ScanArgs;

/// The folder for definitions is made if it is missing; nothing else is changed.
pub fn check(args: &ScanArgs) -> anyhow::Result<()> {
    if let Some(folder) = &args.openapi {
        let shown = folder.display();
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {shown}"))?;
        tempfile::tempfile_in(folder).with_context(|| format!("cannot write into {shown}"))?;
    }
    if let Some(path) = &args.output {
        takes_writing(path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn takes_writing(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        // Opened without a reader a pipe waits, and closed it tells its reader that this is all.
        Ok(known) if !known.is_file() && !known.is_dir() => Ok(()),
        Ok(_) => OpenOptions::new().write(true).open(path).map(drop),
        // A link whose file is yet to be made.
        Err(_) if path.is_symlink() => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            OpenOptions::new().write(true).create_new(true).open(path)?;
            fs::remove_file(path)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_and_what_is_not_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        fs::write(&old, "as it was").unwrap();
        takes_writing(&old).unwrap();
        takes_writing(&new).unwrap();
        assert_eq!(fs::read_to_string(&old).unwrap(), "as it was");
        assert!(!new.exists());
    }

    #[test]
    fn a_folder_and_a_path_below_nothing_take_no_writing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(takes_writing(folder.path()).is_err());
        let below = takes_writing(&folder.path().join("none/out.json")).unwrap_err();
        assert_eq!(below.kind(), ErrorKind::NotFound);
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(takes_writing(&folder.path().join("file/out.json")).is_err());
    }
}
