//! The folder of one run.

use std::borrow::Cow;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use crate::record::store::{self, StoreError};
use crate::secret::Redactor;
use crate::wire::escaped;

/// Sub-folder for the stacks' own output.
pub const LOGS: &str = "logs";

/// A log larger than this is not read back into memory to take secrets out; it is cut instead.
const LARGEST_LOG: u64 = 64 << 20;

/// Makes the folder and its sub-folders.
///
/// # Errors
/// What the file system said.
pub fn create(folder: &Path) -> Result<(), StoreError> {
    store::create_folder(&folder.join(LOGS))
}

/// Takes the stacks' logs of an earlier run out.
///
/// # Errors
/// What the file system said.
pub fn clear(folder: &Path) -> Result<(), StoreError> {
    let Ok(entries) = fs::read_dir(folder.join(LOGS)) else { return Ok(()) };
    let logs = entries.flatten().map(|entry| entry.path());
    logs.filter(|path| path.extension().is_some_and(|end| end == "log"))
        .try_for_each(|path| store::remove(&path))
}

/// Takes known secrets out of the stacks' logs, and what a terminal would obey: somebody will `cat` them. A log that cannot be cleaned is removed: its loss is the smaller harm.
pub fn scrub_logs(folder: &Path, redactor: &Redactor) {
    let Ok(entries) = fs::read_dir(folder.join(LOGS)) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if scrub(&path, redactor).is_err() {
            // Nothing better is left to do than to try; the caller cannot help either.
            let _ = fs::remove_file(&path);
        }
    }
}

fn scrub(path: &Path, redactor: &Redactor) -> std::io::Result<()> {
    if fs::metadata(path)?.len() > LARGEST_LOG {
        return fs::write(path, format!("[cut: the log was larger than {} MiB]\n", LARGEST_LOG >> 20));
    }
    let bytes = fs::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    let clean = harmless(&redactor.scrub(&text));
    if clean != text { fs::write(path, clean) } else { Ok(()) }
}

/// The log without colours; other control and direction characters are written out.
fn harmless(log: &str) -> String {
    static COLOUR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("\x1b\\[[0-9;]*m").ok());
    let plain = COLOUR.as_ref().map_or(Cow::Borrowed(log), |colour| colour.replace_all(log, ""));
    let mut out = String::with_capacity(plain.len());
    for line in plain.split_inclusive('\n') {
        let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
        let cells = text.strip_suffix('\r').unwrap_or(text).split('\t').map(escaped);
        out.push_str(&cells.collect::<Vec<String>>().join("\t"));
        out.push_str(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_lose_their_secrets_and_keep_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        create(folder.path()).unwrap();
        let log = folder.path().join(LOGS).join("dev-server.log");
        fs::write(&log, "GET /?token=s3cret-s3cret 200\n").unwrap();
        scrub_logs(folder.path(), &Redactor::new(["s3cret-s3cret"]));
        let text = fs::read_to_string(&log).unwrap();
        assert!(text.starts_with("GET /?token=[redacted ") && text.ends_with(" 200\n"), "{text}");
    }

    #[test]
    fn a_log_moves_no_terminal() {
        let log = "\u{1b}[1;32mgreen\u{1b}[0m\tline\r\n\u{1b}]52;c;aGk=\u{7}\u{9b}2J\rover";
        assert_eq!(harmless(log), "green\tline\n\\x1b]52;c;aGk=\\x07\\u{9b}2J\\x0dover");
        assert_eq!(harmless("plain\n\nén\n"), "plain\n\nén\n");
    }
}
