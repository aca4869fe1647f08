//! What a new installation needs before anyone has a token: a read token and an ingest token in
//! files of the data folder, and a set-up code for the first owner.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use gatewatch_model::Timestamp;
use gatewatch_pipeline::Clock;
use gatewatch_ports::store::{Actor, Role, TokenRow};
use gatewatch_ports::{Store, StoreError};

use crate::access::is_live;
use crate::secrets::{NoRandomness, Redacted, is_token, new_code, new_id, new_token};

pub const READ_TOKEN_FILE: &str = "read-token";
pub const INGEST_TOKEN_FILE: &str = "ingest-token";
/// Set once both tokens of the first start are in the store.
const TOKENS_MADE: &str = "first-tokens";
/// Holds the hash of the set-up code and when it was made.
pub(crate) const CODE: &str = "setup-code";
const FILE_BYTES_MAX: u64 = 256;

/// What to tell the person at the terminal.
#[derive(Clone, Debug)]
pub struct FirstStart {
    /// Until there is an owner: for `/setup?code=…`. A new one with each start.
    pub setup_code: Option<Redacted>,
    /// Of the files in the data folder, when they are there.
    pub read_token: Option<Redacted>,
    pub ingest_token: Option<Redacted>,
}

#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    #[error("cannot keep a token in {path}: {source}; make the data folder writable for this user")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
}

/// Idempotent: a start that died half-way through is completed by the next. Blocks.
pub fn first_start(
    store: &dyn Store,
    data_folder: &Path,
    clock: &dyn Clock,
) -> Result<FirstStart, AccessError> {
    let now = clock.now();
    let files = [
        (READ_TOKEN_FILE, Role::Reader),
        (INGEST_TOKEN_FILE, Role::Ingest),
    ];
    if store.setting(TOKENS_MADE)?.is_none() {
        for (name, role) in files {
            make_token(store, &data_folder.join(name), role, now)?;
        }
        store.put_setting(TOKENS_MADE, Some(b"1"), &ourselves(now))?;
    }
    let [read_token, ingest_token] = files.map(|(name, _)| read_token(&data_folder.join(name)));
    Ok(FirstStart {
        setup_code: setup_code(store, now)?,
        read_token,
        ingest_token,
    })
}

pub(crate) fn has_owner(tokens: &[TokenRow], now: Timestamp) -> bool {
    tokens
        .iter()
        .any(|it| it.role == Role::Owner && &*it.scope == "/" && is_live(it, now))
}

fn setup_code(store: &dyn Store, now: Timestamp) -> Result<Option<Redacted>, AccessError> {
    if has_owner(&store.tokens()?, now) {
        return Ok(None);
    }
    let code = new_code()?;
    let mut value = code.hash().to_vec();
    value.extend_from_slice(&now.0.to_le_bytes());
    store.put_setting(CODE, Some(&value), &ourselves(now))?;
    Ok(Some(code))
}

/// File first: a token in a file and not in the store is added by the next start, while one in
/// the store and in no file would be lost.
fn make_token(
    store: &dyn Store,
    path: &Path,
    role: Role,
    now: Timestamp,
) -> Result<(), AccessError> {
    let token = match read_token(path) {
        Some(token) => token,
        None => write_token(path, new_token(role)?)?,
    };
    let hash = token.hash();
    if store.token_by_hash(&hash)?.is_some() {
        return Ok(());
    }
    let row = TokenRow {
        id: new_id()?,
        name: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into(),
        role,
        scope: "/".into(),
        created: now,
        expires: None,
        revoked: None,
    };
    Ok(store.add_token(&row, &hash, &ourselves(now))?)
}

fn write_token(path: &Path, token: Redacted) -> Result<Redacted, AccessError> {
    let write = || {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => (),
        }
        // Made anew, so that the mode is ours from the first byte on and no link is followed.
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        writeln!(file, "{}", token.expose())?;
        file.sync_all()
    };
    match write() {
        Ok(()) => Ok(token),
        Err(source) => Err(AccessError::File {
            path: path.into(),
            source,
        }),
    }
}

fn read_token(path: &Path) -> Option<Redacted> {
    let length = std::fs::metadata(path).ok()?.len();
    let text = (length <= FILE_BYTES_MAX).then(|| std::fs::read_to_string(path).ok())??;
    Some(text.trim())
        .filter(|it| is_token(it))
        .map(Redacted::new)
}

fn ourselves(now: Timestamp) -> Actor {
    Actor {
        name: "gatewatch".into(),
        address: "".into(),
        at: now,
    }
}
