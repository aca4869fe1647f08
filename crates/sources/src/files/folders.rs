//! Which files a list of files and folders means.

use std::io;
use std::path::{Path, PathBuf};

use super::FilesError;
use crate::limits::{FILES_MAX, FOLDER_DEPTH_MAX};

/// The name of standard input.
pub const STDIN: &str = "-";

/// Files in the order they are named, those of a folder in the order of their names. Hidden files
/// and folders within a folder are passed over, and so are links to folders, which may go round.
pub fn files(inputs: &[PathBuf]) -> Result<Vec<PathBuf>, FilesError> {
    let mut files = Vec::new();
    for input in inputs {
        let before = files.len();
        if input == Path::new(STDIN) {
            files.push(input.clone());
            continue;
        }
        if std::fs::metadata(input)
            .map_err(|it| unreadable(input, it))?
            .is_dir()
        {
            gather(input, FOLDER_DEPTH_MAX, &mut files)?;
            if files.len() == before {
                return Err(FilesError::Empty {
                    path: input.display().to_string(),
                });
            }
        } else {
            files.push(input.clone());
        }
    }
    Ok(files)
}

fn gather(folder: &Path, depth_left: usize, files: &mut Vec<PathBuf>) -> Result<(), FilesError> {
    let wrong = |it| unreadable(folder, it);
    let mut entries = std::fs::read_dir(folder)
        .map_err(wrong)?
        .collect::<io::Result<Vec<_>>>()
        .map_err(wrong)?;
    entries.sort_unstable_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        let kind = entry.file_type().map_err(|it| unreadable(&path, it))?;
        if kind.is_dir() {
            if depth_left > 0 {
                gather(&path, depth_left - 1, files)?;
            }
        } else if kind.is_file() || std::fs::metadata(&path).is_ok_and(|it| it.is_file()) {
            if files.len() == FILES_MAX {
                let path = folder.display().to_string();
                return Err(FilesError::TooMany {
                    path,
                    files_max: FILES_MAX,
                });
            }
            files.push(path);
        }
    }
    Ok(())
}

fn unreadable(path: &Path, cause: io::Error) -> FilesError {
    FilesError::Unreadable {
        path: path.display().to_string(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }

    #[test]
    fn a_folder_means_its_files_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "b.log",
            "a/2.har",
            "a/1.har",
            "c",
            ".hidden",
            ".git/config",
            "a/.x",
        ] {
            touch(&folder.path().join(name));
        }
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/round")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("c"), folder.path().join("d")).unwrap();
        let inputs = [
            folder.path().to_owned(),
            STDIN.into(),
            folder.path().join("c"),
        ];
        let found = files(&inputs).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|it| {
                it.strip_prefix(folder.path())
                    .unwrap_or(it)
                    .display()
                    .to_string()
            })
            .collect();
        assert_eq!(names, ["a/1.har", "a/2.har", "b.log", "c", "d", "-", "c"]);
    }

    #[test]
    fn what_is_not_there_is_said_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let missing = files(&[folder.path().join("none")]).unwrap_err();
        assert!(missing.to_string().ends_with("/none"), "{missing}");
        let empty = files(&[folder.path().to_owned()]).unwrap_err();
        assert!(
            empty.to_string().starts_with("there is no file in"),
            "{empty}"
        );
    }
}
