//! The folder of one run.

use std::fs;
use std::path::Path;

use crate::record::store::{self, StoreError};
use crate::secret::Redactor;

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

/// Takes known secrets out of the stacks' logs. A log that cannot be cleaned is removed: its loss is the smaller harm.
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
    let clean = redactor.scrub(&text);
    if clean != text { fs::write(path, clean) } else { Ok(()) }
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
}
