//! The key of an installation, which words of paths and lists of tokens are keyed with: made at the
//! first start, kept in the store or in a file outside the data folder, and never changed in silence.

use std::fmt::Write as _;
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, anyhow, bail, ensure};
use gatewatch_classify::derive;
use gatewatch_pipeline::Clock;
use gatewatch_pipeline::fold::Key;
use gatewatch_ports::Store;
use gatewatch_ports::store::{Actor, Changes as _};
use gatewatch_store::SqliteStore;

/// The setting of the store that holds the key.
const IN_STORE: &str = "mask-key";
/// The setting that says the key lies outside, with a code by which it is known again.
const OUTSIDE: &str = "mask-key-outside";

const KEY_BYTES: usize = 32;
/// Digits of a key and room for line ends.
const FILE_BYTES_MAX: u64 = 256;
/// Rights of others in a file that holds a key, and those of a group that the superuser may give:
/// mounted secrets are often its own and a group's to read.
const OTHERS: u32 = 0o077;
const OTHERS_OF_ROOT: u32 = 0o037;

/// The key of the installation in `data`. Makes one for a new installation, and moves one out of
/// the store when `file` is named for the first time.
pub fn obtain(
    store: &SqliteStore,
    data: &Path,
    file: Option<&Path>,
    clock: &dyn Clock,
) -> anyhow::Result<Key> {
    let keeping = Keeping { store, clock };
    let (kept, code) = (in_store(store)?, store.setting(OUTSIDE)?);
    let Some(file) = file else {
        return match (kept, code) {
            (Some(key), _) => Ok(key),
            (None, Some(_)) => Err(missing_name(data)),
            (None, None) => {
                let key = random()?;
                keeping.put(IN_STORE, Some(&key.0))?;
                Ok(key)
            }
        };
    };
    ensure_outside(file, data)?;
    match (read(file)?, kept, code) {
        (Some(key), None, Some(code)) => known_again(key, &code, file),
        (Some(key), Some(kept), _) if key.0 != kept.0 => bail!(
            "{} holds a key and the store in {} another; name a file that does not exist with \
             `key_file`, and the key of the store is moved there",
            file.display(),
            data.display()
        ),
        (Some(key), kept, _) => {
            keeping.move_out(&key, kept.is_some(), file)?;
            Ok(key)
        }
        (None, Some(key), _) => {
            write(file, &key)?;
            keeping.move_out(&key, true, file)?;
            Ok(key)
        }
        (None, None, None) => {
            let key = random()?;
            write(file, &key)?;
            keeping.move_out(&key, false, file)?;
            Ok(key)
        }
        (None, None, Some(_)) => bail!(
            "{} does not exist, and the store in {} says that the key of this installation lies \
             outside; put the file back, or name where it is with `key_file` (without it, names that \
             were learned and lists of tokens mean nothing)",
            file.display(),
            data.display()
        ),
    }
}

/// The key of a store that is only read, such as a copy; none where there never was one.
pub fn known(store: &dyn Store, file: Option<&Path>) -> anyhow::Result<Option<Key>> {
    if let Some(key) = in_store(store)? {
        return Ok(Some(key));
    }
    let Some(code) = store.setting(OUTSIDE)? else {
        return Ok(None);
    };
    let file = file.context(
        "the key of this installation lies outside the data folder; name its file with --key-file",
    )?;
    known_again(given(file)?, &code, file).map(Some)
}

/// Whether the key of a store is not in it.
pub fn is_outside(store: &dyn Store) -> anyhow::Result<bool> {
    Ok(store.setting(IN_STORE)?.is_none() && store.setting(OUTSIDE)?.is_some())
}

/// The key in a file; none where there is no file. One that others may read is refused.
pub fn read(file: &Path) -> anyhow::Result<Option<Key>> {
    let opened = match File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read the key {}", file.display()));
        }
    };
    let cannot = || format!("cannot read the key {}", file.display());
    let about = opened.metadata().with_context(cannot)?;
    ensure!(about.is_file(), "{} is no file", file.display());
    ensure!(
        is_private(&about),
        "{} may be read by others, so it is no secret; `chmod 600` it, and ask yourself who has read it",
        file.display()
    );
    let mut text = String::new();
    opened
        .take(FILE_BYTES_MAX)
        .read_to_string(&mut text)
        .with_context(cannot)?;
    let key = digits(text.trim()).with_context(|| {
        format!(
            "{} holds no key: 64 hexadecimal digits are wanted, as in what `openssl rand -hex 32` \
             prints, and there are {} characters",
            file.display(),
            text.trim().chars().count()
        )
    })?;
    Ok(Some(key))
}

/// The key in a file that somebody names, which must be there.
pub fn given(file: &Path) -> anyhow::Result<Key> {
    read(file)?.with_context(|| {
        format!(
            "{} does not exist; name the file with the key with --key-file",
            file.display()
        )
    })
}

/// A key as it stands in a file.
pub fn hex(key: &Key) -> String {
    key.0.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

struct Keeping<'s> {
    store: &'s SqliteStore,
    clock: &'s dyn Clock,
}

impl Keeping<'_> {
    /// Notes that the key lies outside, and takes it out of the store if it is there: in this
    /// order, so that a crash in between leaves it known.
    fn move_out(&self, key: &Key, is_inside: bool, file: &Path) -> anyhow::Result<()> {
        self.put(OUTSIDE, Some(&code(key)))?;
        if !is_inside {
            return Ok(());
        }
        self.put(IN_STORE, None)?;
        let emptied = self.store.empty_log()?;
        tracing::info!(
            file = %file.display(),
            "moved the key of this installation out of the store; keep a copy of the file in a safe \
             place, and know that backups and copies (`.before-`) made earlier hold the key still"
        );
        if !emptied {
            tracing::warn!(
                "the store's log is being read and holds the key until it is next emptied"
            );
        }
        Ok(())
    }

    fn put(&self, name: &str, value: Option<&[u8]>) -> anyhow::Result<()> {
        let ourselves = Actor {
            name: "gatewatch".into(),
            address: "".into(),
            at: self.clock.now(),
        };
        self.store
            .put_setting(name, value, &ourselves)
            .context("cannot keep where the key lies that values are masked with")
    }
}

fn in_store(store: &dyn Store) -> anyhow::Result<Option<Key>> {
    let Some(kept) = store.setting(IN_STORE)? else {
        return Ok(None);
    };
    let key = <[u8; KEY_BYTES]>::try_from(kept)
        .map_err(|it| anyhow!("the key in the store has {} bytes, not 32; restore the latest backup with `gatewatch restore`", it.len()))?;
    Ok(Some(Key(key)))
}

/// By which a key is known again, and from which nothing follows about it.
fn code(key: &Key) -> [u8; KEY_BYTES] {
    derive(&key.0, "gatewatch: to know the key again")
}

fn known_again(key: Key, expected: &[u8], file: &Path) -> anyhow::Result<Key> {
    ensure!(
        code(&key) == expected,
        "{} holds another key than the one of this installation; put that one back (with another, \
         everything learned by tokens would be learned anew)",
        file.display()
    );
    Ok(key)
}

fn missing_name(data: &Path) -> anyhow::Error {
    anyhow!(
        "the key of the installation in {} lies outside the data folder; name its file with `key_file` \
         (--key-file, or GATEWATCH_KEY_FILE)",
        data.display()
    )
}

/// A key in the data folder would be in nobody's way who has that.
fn ensure_outside(file: &Path, data: &Path) -> anyhow::Result<()> {
    let folder = file
        .parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let folder = folder.canonicalize().with_context(|| {
        format!(
            "cannot look for the key in {}; make the folder, or name another file with `key_file`",
            folder.display()
        )
    })?;
    ensure!(
        !folder.starts_with(data.canonicalize()?),
        "{} lies in the data folder; name a file elsewhere with `key_file`, or leave it out to keep \
         the key in the store",
        file.display()
    );
    Ok(())
}

fn is_private(about: &Metadata) -> bool {
    let others = if about.uid() == 0 && !rustix::process::geteuid().is_root() {
        OTHERS_OF_ROOT
    } else {
        OTHERS
    };
    about.mode() & others == 0
}

pub fn random() -> anyhow::Result<Key> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key)
        .map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    Ok(Key(key))
}

/// Whole or not at all, for its owner alone, never over another file, and durable: from here on
/// there may be no other copy.
fn write(file: &Path, key: &Key) -> anyhow::Result<()> {
    let folder = file
        .parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let written = || -> std::io::Result<()> {
        // Made with mode 0600.
        let mut made = tempfile::NamedTempFile::new_in(folder)?;
        made.write_all(format!("{}\n", hex(key)).as_bytes())?;
        made.as_file().sync_all()?;
        made.persist_noclobber(file)?;
        File::open(folder)?.sync_all()
    };
    written().with_context(|| {
        format!(
            "cannot write the key to {}; let the user that runs gatewatch write there, or name another \
             file with `key_file`",
            file.display()
        )
    })
}

fn digits(text: &str) -> Option<Key> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != KEY_BYTES {
        return None;
    }
    let mut key = [0; KEY_BYTES];
    for (byte, [high, low]) in key.iter_mut().zip(pairs) {
        let digit = |it: u8| char::from(it).to_digit(16);
        *byte = (digit(*high)? << 4 | digit(*low)?) as u8;
    }
    Some(Key(key))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use gatewatch_pipeline::SystemClock;
    use tempfile::TempDir;

    use super::*;

    struct Installation {
        folder: TempDir,
        store: SqliteStore,
    }

    impl Installation {
        fn new() -> Installation {
            let folder = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(&folder.path().join("data")).unwrap();
            Installation { folder, store }
        }

        fn file(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn start(&self, name: Option<&str>) -> Result<[u8; 32], String> {
            let file = name.map(|it| self.file(it));
            let key = obtain(
                &self.store,
                &self.file("data"),
                file.as_deref(),
                &SystemClock,
            );
            key.map(|it| it.0).map_err(|it| format!("{it:#}"))
        }

        fn write(&self, name: &str, text: &str, mode: u32) {
            let file = self.file(name);
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    #[test]
    fn a_key_is_made_once_and_moves_out_whole() {
        let ours = Installation::new();
        let key = ours.start(None).unwrap();
        assert_eq!(ours.start(None).unwrap(), key);
        assert!(!is_outside(&ours.store).unwrap());
        assert_eq!(ours.start(Some("key")).unwrap(), key);
        assert!(is_outside(&ours.store).unwrap());
        let mode = ours.file("key").metadata().unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(ours.start(Some("key")).unwrap(), key);
        let data = ours.file("data/gatewatch.db");
        let kept = std::fs::read(&data).unwrap();
        assert!(memchr::memmem::find(&kept, &key).is_none());
    }

    #[test]
    fn a_new_installation_takes_a_key_that_is_there() {
        let ours = Installation::new();
        ours.write("key", &"0A".repeat(32), 0o400);
        assert_eq!(ours.start(Some("key")).unwrap(), [10; 32]);
        assert!(is_outside(&ours.store).unwrap());
    }

    #[test]
    fn a_move_that_was_broken_off_is_finished() {
        let ours = Installation::new();
        let key = ours.start(None).unwrap();
        write(&ours.file("key"), &Key(key)).unwrap();
        assert_eq!(ours.start(Some("key")).unwrap(), key);
        assert!(is_outside(&ours.store).unwrap());
    }

    #[test]
    fn a_key_never_changes_in_silence() {
        let ours = Installation::new();
        ours.start(None).unwrap();
        ours.write("other", &"0a".repeat(32), 0o600);
        let said = ours.start(Some("other")).unwrap_err();
        assert!(said.contains("and the store in"), "{said}");
        ours.start(Some("key")).unwrap();
        let said = ours.start(Some("other")).unwrap_err();
        assert!(said.contains("holds another key"), "{said}");
        let said = ours.start(Some("lost")).unwrap_err();
        assert!(said.contains("put the file back"), "{said}");
        assert!(!ours.file("lost").exists());
        let said = ours.start(None).unwrap_err();
        assert!(said.contains("`key_file`"), "{said}");
    }

    #[test]
    fn a_file_that_is_no_secret_or_no_key_is_refused() {
        let ours = Installation::new();
        for (name, text, mode, why) in [
            ("open", "0a".repeat(32), 0o644, "may be read by others"),
            ("empty", String::new(), 0o600, "there are 0 characters"),
            ("short", "0a".repeat(31), 0o600, "there are 62 characters"),
            ("odd", "0g".repeat(32), 0o600, "holds no key"),
        ] {
            ours.write(name, &text, mode);
            let said = ours.start(Some(name)).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
        let said = ours.start(Some("data/key")).unwrap_err();
        assert!(said.contains("lies in the data folder"), "{said}");
        let said = ours.start(Some("none/key")).unwrap_err();
        assert!(said.contains("make the folder"), "{said}");
    }

    #[test]
    fn a_copy_is_read_with_its_own_key_alone() {
        let ours = Installation::new();
        assert!(known(&ours.store, None).unwrap().is_none());
        let key = ours.start(None).unwrap();
        assert_eq!(known(&ours.store, None).unwrap().unwrap().0, key);
        ours.start(Some("key")).unwrap();
        assert!(known(&ours.store, None).is_err());
        let again = known(&ours.store, Some(&ours.file("key"))).unwrap();
        assert_eq!(again.unwrap().0, key);
        ours.write("other", &"0a".repeat(32), 0o600);
        assert!(known(&ours.store, Some(&ours.file("other"))).is_err());
    }
}
