//! A user's own feeds, read from files and folders as `feeds` and `--feeds` name them: `[TAG=]PATH`.
//! A file is a feed. Of a folder each file is one; a folder in it gives its files its name as
//! their tag where that is one, and is else one feed of several files.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, ensure};
use gatewatch_intel::feeds::TAGS;
use gatewatch_intel::{Current, FeedError, FeedFile, Feeds, Origins};
use gatewatch_model::Timestamp;
use gatewatch_model::origin::Tags;
use gatewatch_pipeline::{Clock, SystemClock};
use tokio::task::JoinHandle;
use tracing::{info, warn};

/// Files of one folder; nobody reads a remark about each.
const FILES_MAX: usize = 10_000;
/// Of one file. A feed has its own bound for all of its files.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// How often files of feeds are looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Where a feed lies, and what its addresses are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPath {
    pub tag: Tags,
    pub path: PathBuf,
}

/// What was read, and which feeds could not be.
#[derive(Debug, Default)]
pub struct Read {
    pub feeds: Feeds,
    pub failed: Vec<FeedError>,
    /// Those of before that stay in force because they cannot be read anew.
    pub kept: Vec<String>,
}

/// What files look like from outside: when it differs, they are read anew.
pub type Look = Vec<(PathBuf, SystemTime, u64)>;

/// A feed before it is read.
struct Found {
    name: String,
    tag: Tags,
    files: Vec<PathBuf>,
}

impl FromStr for FeedPath {
    type Err = String;

    fn from_str(text: &str) -> Result<FeedPath, String> {
        let (tag, path) = text.split_once('=').unwrap_or(("threat", text));
        let tag = known(tag.trim()).ok_or_else(|| {
            let names = TAGS.iter().flat_map(|it| it.names()).collect::<Vec<_>>();
            format!("no tag is named `{tag}`; there are: {}", names.join(", "))
        })?;
        match path.trim() {
            "" => Err("a feed needs a path; write TAG=PATH, such as tor=exits.txt".to_owned()),
            path => Ok(FeedPath {
                tag,
                path: path.into(),
            }),
        }
    }
}

impl fmt::Display for FeedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tag = self.tag.names().next().unwrap_or_default();
        write!(f, "{tag}={}", self.path.display())
    }
}

/// Reads all of them; a path that is not there is an error, a feed that is none is in `failed`.
pub fn read(paths: &[FeedPath], now: Timestamp) -> anyhow::Result<Read> {
    read_anew(paths, &Feeds::default(), now)
}

/// The same; of a feed that cannot be read what was read before stays.
fn read_anew(paths: &[FeedPath], before: &Feeds, now: Timestamp) -> anyhow::Result<Read> {
    let mut read = Read::default();
    for FeedPath { tag, path } in paths {
        let name = path.file_name().unwrap_or(path.as_os_str());
        let name = name.to_string_lossy();
        let all = if path.is_dir() {
            folder(path, *tag)?
        } else {
            vec![feed(&name, *tag, vec![path.clone()])]
        };
        for Found { name, tag, files } in all {
            let (files, modified) = contents(&files)?;
            if let Err(error) = read.feeds.add((&name, tag), files, modified, now) {
                read.failed.push(error);
                if read.feeds.keep(before, &name) {
                    read.kept.push(name);
                }
            }
        }
    }
    Ok(read)
}

/// When each of their files was written, and how long it is; `None` when one is not there.
pub fn look(paths: &[FeedPath]) -> Option<Look> {
    let mut all = Vec::new();
    for FeedPath { tag, path } in paths {
        let found = if path.is_dir() {
            folder(path, *tag).ok()?
        } else {
            vec![feed("", *tag, vec![path.clone()])]
        };
        for file in found.into_iter().flat_map(|it| it.files) {
            let about = std::fs::metadata(&file).ok()?;
            all.push((file, about.modified().ok()?, about.len()));
        }
    }
    Some(all)
}

/// Reads feeds anew whenever their files or what is in force in them have changed; `seen` is how
/// files looked before the current ones were read. What cannot be read is said, and of that what
/// was read before stays in force.
pub fn watch(paths: Vec<FeedPath>, seen: Option<Look>, current: Arc<Current>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut seen = seen;
        let mut ticks = tokio::time::interval(LOOK_AGAIN);
        loop {
            ticks.tick().await;
            let (asked, current) = (paths.clone(), Arc::clone(&current));
            let again = move || {
                look_again(&asked, &mut seen, &current);
                seen
            };
            match tokio::task::spawn_blocking(again).await {
                Ok(looked) => seen = looked,
                Err(error) => {
                    warn!("reading feeds died: {error}; those of before stay in force");
                    return;
                }
            }
        }
    })
}

fn look_again(paths: &[FeedPath], seen: &mut Option<Look>, current: &Current) {
    let now = SystemClock.now();
    let before = current.get();
    let changes = before.feeds.iter().filter_map(|it| it.changes_at).min();
    let found = look(paths);
    if found == *seen && changes.is_none_or(|it| now < it) {
        return;
    }
    *seen = found;
    match read_anew(paths, &before.feeds, now) {
        Ok(read) => {
            say(&read);
            current.put(Origins::new(read.feeds));
        }
        Err(error) => warn!("{error:#}; the feeds of before stay in force"),
    }
}

/// Tells the log what was read.
pub fn say(read: &Read) {
    for feed in read.feeds.iter() {
        let (name, format, entries) = (&feed.name, feed.format, feed.entries);
        let (passed_over, remarks) = (feed.passed_over, feed.remarks_total);
        if read.kept.iter().any(|it| **it == **name) {
            info!(%name, format, entries, "what was read of a feed before stays in force");
            continue;
        }
        info!(%name, format, entries, passed_over, remarks, "read a feed");
        for remark in &feed.remarks {
            warn!("{remark}");
        }
    }
    for error in &read.failed {
        warn!("{error}; this cannot be read as a feed");
    }
}

fn known(name: &str) -> Option<Tags> {
    Tags::parse(name).filter(|it| TAGS.contains(it))
}

/// It is called as its file is, without the ending.
fn feed(name: &str, tag: Tags, files: Vec<PathBuf>) -> Found {
    let stem = name.rsplit_once('.').map_or(name, |it| it.0);
    let name = if stem.is_empty() { name } else { stem }.to_owned();
    Found { name, tag, files }
}

fn folder(path: &Path, tag: Tags) -> anyhow::Result<Vec<Found>> {
    let mut all = Vec::new();
    for (name, inside) in entries(path)? {
        if !inside.is_dir() {
            all.push(feed(&name, tag, vec![inside]));
            continue;
        }
        let files = entries(&inside)?.into_iter().filter(|it| it.1.is_file());
        match known(&name) {
            Some(tag) => all.extend(files.map(|(name, file)| feed(&name, tag, vec![file]))),
            None => all.push(Found {
                name,
                tag,
                files: files.map(|it| it.1).collect(),
            }),
        }
    }
    Ok(all)
}

/// In the order of their names; hidden ones are none.
fn entries(path: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let wrong = || format!("cannot list the feeds in {}", path.display());
    let mut all = Vec::new();
    for entry in std::fs::read_dir(path).with_context(wrong)? {
        let entry = entry.with_context(wrong)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            all.push((name, entry.path()));
        }
        ensure!(
            all.len() <= FILES_MAX,
            "{} holds more than {FILES_MAX} files",
            path.display()
        );
    }
    all.sort_unstable();
    Ok(all)
}

fn contents(paths: &[PathBuf]) -> anyhow::Result<(Vec<FeedFile>, Option<Timestamp>)> {
    let mut newest = None;
    let mut files = Vec::new();
    for path in paths {
        let wrong = || format!("cannot read the feed {}", path.display());
        let about = std::fs::metadata(path).with_context(wrong)?;
        ensure!(
            about.len() <= FILE_BYTES_MAX,
            "the feed {} has {} bytes, and at most {FILE_BYTES_MAX} are read",
            path.display(),
            about.len()
        );
        newest = newest.max(about.modified().ok().and_then(timestamp));
        files.push(FeedFile {
            name: path.display().to_string().into(),
            bytes: std::fs::read(path).with_context(wrong)?,
        });
    }
    Ok((files, newest))
}

fn timestamp(at: SystemTime) -> Option<Timestamp> {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_have_a_tag_before_it() {
        let read = |text: &str| text.parse::<FeedPath>().map(|it| it.to_string());
        assert_eq!(read("bad.txt"), Ok("threat=bad.txt".to_owned()));
        assert_eq!(read("tor = exits.txt"), Ok("tor=exits.txt".to_owned()));
        assert!(
            read("x=y")
                .unwrap_err()
                .contains("there are: tor, hosting, vpn, proxy")
        );
        assert!(read("private=y").is_err() && read("tor=").is_err());
    }

    #[test]
    fn folders_hold_feeds_and_folders_of_tags() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("bad.txt", "192.0.2.1");
        put(".hidden", "no address");
        put("tor/exits.txt", "192.0.2.2\nnonsense");
        put(
            "misp/one.json",
            r#"{"Event":{"Attribute":[{"type":"ip-src","value":"192.0.2.3","to_ids":true}]}}"#,
        );
        put(
            "misp/two.json",
            r#"{"Event":{"Attribute":[{"type":"ip-src","value":"192.0.2.4","to_ids":true}]}}"#,
        );
        put("page.html", "<html>");
        let paths = [folder.path().display().to_string().parse().unwrap()];
        let Read {
            feeds,
            failed,
            kept,
        } = read(&paths, Timestamp::ZERO).unwrap();
        let all = feeds
            .iter()
            .map(|it| (&*it.name, it.tag, it.entries, it.remarks_total));
        assert_eq!(
            all.collect::<Vec<_>>(),
            [
                ("bad", Tags::THREAT, 1, 0),
                ("misp", Tags::THREAT, 2, 0),
                ("exits", Tags::TOR, 1, 1),
            ]
        );
        assert!(feeds.iter().all(|it| it.modified > Some(Timestamp::ZERO)));
        assert_eq!(look(&paths).unwrap().len(), 5);
        assert!(kept.is_empty());
        assert!(
            failed[0]
                .to_string()
                .contains("page.html:1: `<html>` is no address")
        );
    }

    #[test]
    fn what_cannot_be_read_anew_stays_and_the_rest_changes() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let paths = [folder.path().display().to_string().parse().unwrap()];
        let current = Current::new(Origins::default());
        let mut seen = None;
        let tags = |address: &str| current.get().of(address.parse().unwrap()).tags;
        let threat = Tags(Tags::THREAT.0 | Tags::PRIVATE.0);
        put("a.txt", "192.0.2.1");
        put("b.txt", "192.0.2.2");
        look_again(&paths, &mut seen, &current);
        put("a.txt", "<html>");
        put("b.txt", "192.0.2.33");
        look_again(&paths, &mut seen, &current);
        let told = ["192.0.2.1", "192.0.2.2", "192.0.2.33"].map(tags);
        assert_eq!(told, [threat, Tags::PRIVATE, threat]);
        // A file that is gone was meant to go.
        std::fs::remove_file(folder.path().join("a.txt")).unwrap();
        look_again(&paths, &mut seen, &current);
        assert_eq!(tags("192.0.2.1"), Tags::PRIVATE);
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error() {
        let error = read(&["no/such/file".parse().unwrap()], Timestamp::ZERO).unwrap_err();
        assert!(error.to_string().contains("no/such/file"));
    }
}
