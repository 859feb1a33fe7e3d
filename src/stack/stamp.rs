//! The stamp of a preparation step: a hash of the command and of the content it depends on.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Goes into every stamp; a new number makes every step run again.
const VERSION: &str = "shakedown prepare 1";
/// Made by tools as they run, never an input.
const IGNORED: [&str; 3] = ["__pycache__", ".git", ".shakedown"];

/// The stamp of a command with its environment and inputs, in hex.
///
/// # Errors
/// An input that is missing or cannot be read, with its path.
pub(super) fn stamp(
    command: &[String],
    folder: &Path,
    environment: &BTreeMap<String, String>,
    inputs: &[PathBuf],
) -> Result<String, (PathBuf, std::io::Error)> {
    let mut hash = Sha256::new();
    part(&mut hash, VERSION.as_bytes());
    for word in command {
        part(&mut hash, word.as_bytes());
    }
    part(&mut hash, folder.as_os_str().as_encoded_bytes());
    for (name, value) in environment {
        part(&mut hash, format!("{name}={value}").as_bytes());
    }
    for input in inputs {
        part(&mut hash, input.as_os_str().as_encoded_bytes());
        content(&mut hash, input, true)?;
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Parts are told apart by their length, so that `ab`, `c` is not `a`, `bc`.
fn part(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

fn content(hash: &mut Sha256, path: &Path, follow: bool) -> Result<(), (PathBuf, std::io::Error)> {
    let at = |error| (path.to_path_buf(), error);
    let meta = if follow { path.metadata() } else { path.symlink_metadata() }.map_err(at)?;
    if meta.is_symlink() {
        // Not followed: links may form circles.
        part(hash, path.read_link().map_err(at)?.as_os_str().as_encoded_bytes());
    } else if meta.is_dir() {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(path).map_err(at)? {
            names.push(entry.map_err(at)?.file_name());
        }
        names.retain(|name| !IGNORED.iter().any(|ignored| name == ignored));
        names.sort();
        for name in names {
            part(hash, name.as_encoded_bytes());
            content(hash, &path.join(&name), false)?;
        }
        part(hash, b"end of folder");
    } else {
        part(hash, if meta.permissions().mode() & 0o111 == 0 { b"file" } else { b"program" });
        hash.update(meta.len().to_le_bytes());
        let mut file = File::open(path).map_err(at)?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match file.read(&mut buffer).map_err(at)? {
                0 => break,
                length => hash.update(&buffer[..length]),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("in");
        std::fs::create_dir_all(input.join("deep")).unwrap();
        std::fs::write(input.join("deep/a"), "1").unwrap();
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let of = |command: &str, environment: &[(&str, &str)]| {
            let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            stamp(&words(command), Path::new("/"), &environment, std::slice::from_ref(&input)).unwrap()
        };
        let first = of("ab c", &[]);
        assert_eq!(first.len(), 64);
        assert_eq!(of("ab c", &[]), first);
        assert_ne!(of("a bc", &[]), first);
        assert_ne!(of("ab c", &[("A", "1")]), first);

        std::fs::create_dir(input.join("__pycache__")).unwrap();
        std::fs::write(input.join("__pycache__/a.pyc"), "x").unwrap();
        assert_eq!(of("ab c", &[]), first);

        std::fs::write(input.join("deep/a"), "2").unwrap();
        let changed = of("ab c", &[]);
        assert_ne!(changed, first);
        std::fs::write(input.join("deep/a"), "1").unwrap();
        assert_eq!(of("ab c", &[]), first);
        std::fs::rename(input.join("deep/a"), input.join("a")).unwrap();
        assert_ne!(of("ab c", &[]), first);
        std::os::unix::fs::symlink(&input, input.join("circle")).unwrap();
        assert_ne!(of("ab c", &[]), first);
    }

    #[test]
    fn a_missing_input_is_named() {
        let missing = PathBuf::from("/no/such/input");
        let (path, _) =
            stamp(&[], Path::new("/"), &BTreeMap::new(), std::slice::from_ref(&missing)).unwrap_err();
        assert_eq!(path, missing);
    }
}
