//! A record on disk: a folder with `record.json` and `latency.hlog`.
//!
//! `record.json` is replaced atomically at each step of a run and says that it is partial until the last one, so
//! whatever ends the run early leaves the last whole step. `latency.hlog` grows by the second.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::number::impossible;
use super::{Record, VERSION};
use crate::wire::is_odd;

/// File name of the record in its folder.
pub const RECORD_FILE: &str = "record.json";

/// A record that could not be read or written.
#[derive(Debug, Clone, thiserror::Error, miette::Diagnostic)]
pub enum StoreError {
    /// The file system said no.
    #[error("cannot {action} {path}: {source}")]
    #[diagnostic(help("{}", io_help(action, source)))]
    Io {
        /// `read`, `write`, `create`, `remove`.
        action: &'static str,
        /// Which file.
        path: String,
        /// Why not.
        source: Arc<io::Error>,
    },
    /// The file is no record.
    #[error("{path} is not a record: {message}")]
    #[diagnostic(help("give the folder of a run or its record.json"))]
    Format {
        /// Which file.
        path: String,
        /// Where it departs from the format.
        message: String,
    },
    /// The file holds a number that no run can have measured.
    #[error("{path} holds what no run measured: {what}")]
    #[diagnostic(help(
        "it was changed since, or is damaged: take the file that the run wrote, or run it again"
    ))]
    Impossible {
        /// Which file.
        path: String,
        /// Where the number stands, and why it can't be.
        what: String,
    },
    /// The file was written by a newer version of this program.
    #[error("{path} has format version {found}; this program reads up to {VERSION}")]
    #[diagnostic(help("read it with the version of shakedown that wrote it, or a later one"))]
    Newer {
        /// Which file.
        path: String,
        /// Its version.
        found: u64,
    },
}

impl StoreError {
    /// A file or folder that could not be read.
    pub(super) fn reading(path: &Path, source: io::Error) -> Self {
        StoreError::Io { action: "read", path: path.display().to_string(), source: Arc::new(source) }
    }
}

fn io_help(action: &str, error: &io::Error) -> &'static str {
    match error.kind() {
        _ if action == "read" => {
            "give the folder of a run, or its record.json: runs are under reports/SCENARIO/TIME"
        }
        io::ErrorKind::StorageFull => "the disk is full: what was written before stays, marked partial",
        io::ErrorKind::PermissionDenied => "check the folder's permissions, or choose another",
        _ => "choose another folder",
    }
}

impl Record {
    /// Reads a record from its folder or its `record.json`.
    ///
    /// # Errors
    /// A file that cannot be read, is no record, holds what no run measured, or was written by a newer version.
    pub fn read(path: &Path) -> Result<Record, StoreError> {
        let file = if path.is_dir() { path.join(RECORD_FILE) } else { path.to_path_buf() };
        let text = fs::read_to_string(&file).map_err(|source| StoreError::reading(&file, source))?;
        Record::parse(&file.display().to_string(), &text)
    }

    /// Reads a record from its text; `shown` is what its file is called in an error.
    ///
    /// # Errors
    /// A text that is no record, holds what no run measured, or was written by a newer version.
    pub fn parse(shown: &str, text: &str) -> Result<Record, StoreError> {
        let format = |error: serde_json::Error| StoreError::Format {
            path: shown.to_owned(),
            message: error.to_string(),
        };
        // The version decides before the shape does: a newer file may have any shape.
        let value: serde_json::Value = serde_json::from_str(text).map_err(format)?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(found) if found > u64::from(VERSION) => {
                return Err(StoreError::Newer { path: shown.to_owned(), found });
            }
            Some(_) => {}
            None => {
                let message = match value.get("summary_version") {
                    Some(_) => "it is a summary, which has no blocks and no audit".into(),
                    None => "it has no `version`".into(),
                };
                return Err(StoreError::Format { path: shown.to_owned(), message });
            }
        }
        let record: Record = serde_json::from_value(value).map_err(format)?;
        match impossible(&record) {
            None => Ok(record),
            Some(what) => Err(StoreError::Impossible { path: shown.to_owned(), what }),
        }
    }

    /// Replaces `record.json` in a folder: written beside it, flushed to disk, renamed over it.
    ///
    /// # Errors
    /// What the file system said; the old file then stays as it was.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, StoreError> {
        let target = folder.join(RECORD_FILE);
        let text = serde_json::to_string_pretty(self).map_err(|error| StoreError::Format {
            path: target.display().to_string(),
            message: error.to_string(),
        })?;
        replace(&target, (harmless(text) + "\n").as_bytes())?;
        Ok(target)
    }
}

/// JSON that a terminal shows as it is: what servers put into strings, and JSON lets stand there, as `\u009b`.
pub fn harmless(json: String) -> String {
    let odd = |c: char| c != '\n' && is_odd(c);
    if !json.contains(odd) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if odd(c) {
            // Writing to a String cannot fail.
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(out, "\\u{unit:04x}");
            });
        } else {
            out.push(c);
        }
    }
    out
}

/// Replaces a file's content atomically.
///
/// # Errors
/// What the file system said; the old content then stays.
pub fn replace(target: &Path, content: &[u8]) -> Result<(), StoreError> {
    let mut beside = target.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let written = File::create(&beside)
        .and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, target));
    written.map_err(|source| {
        // The remains of a failed write are of no use; that they cannot be removed is no further news.
        let _ = fs::remove_file(&beside);
        StoreError::Io { action: "write", path: target.display().to_string(), source: Arc::new(source) }
    })
}

/// Removes a file that may be there.
///
/// # Errors
/// What the file system said.
pub fn remove(file: &Path) -> Result<(), StoreError> {
    match fs::remove_file(file) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(StoreError::Io {
            action: "remove",
            path: file.display().to_string(),
            source: Arc::new(source),
        }),
        _ => Ok(()),
    }
}

/// Creates a folder and those above it.
///
/// # Errors
/// What the file system said.
pub fn create_folder(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(|source| StoreError::Io {
        action: "create",
        path: folder.display().to_string(),
        source: Arc::new(source),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_record() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("record.json");
        fs::write(&file, "{}").unwrap();
        assert!(matches!(Record::read(folder.path()), Err(StoreError::Format { .. })));
        fs::write(&file, r#"{"version": 99}"#).unwrap();
        assert!(matches!(Record::read(&file), Err(StoreError::Newer { found: 99, .. })));
        assert!(matches!(Record::read(&folder.path().join("none")), Err(StoreError::Io { .. })));
    }

    #[test]
    fn what_a_server_said_is_kept_but_moves_no_terminal() {
        let said = "\u{9b}2J \u{202e}x\u{7f} \u{e0041} \u{1b} é\n";
        let json = harmless(serde_json::to_string_pretty(&[said]).unwrap());
        assert!(json.is_ascii() || !json.contains(|c: char| c != '\n' && is_odd(c)), "{json}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [said]);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("record.json");
        replace(&file, b"old").unwrap();
        std::os::unix::fs::symlink("/dev/full", folder.path().join("record.json.part")).unwrap();
        let error = replace(&file, b"new").unwrap_err();
        assert!(error.to_string().contains("record.json"), "{error}");
        assert_eq!(fs::read(&file).unwrap(), b"old");
    }
}
