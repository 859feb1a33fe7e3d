//! The last lines of a process's log, made fit to be shown.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// Lines shown.
const LINES: usize = 20;
/// Characters shown of one line.
const WIDTH: usize = 400;
/// Bytes read from the end.
const BYTES: u64 = 64 * 1024;

/// The last lines written after `from` (a byte offset), without control characters and escape sequences.
/// Empty when there are none or the file cannot be read.
pub(super) fn tail(path: &Path, from: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(from.max(length.saturating_sub(BYTES))))?;
        let mut bytes = Vec::new();
        file.take(BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map(|bytes| last_lines(&String::from_utf8_lossy(&bytes))).unwrap_or_default()
}

fn last_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(plain).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

fn plain(line: &str) -> String {
    let stripped = anstream::adapter::strip_str(line).to_string();
    let shown =
        stripped.trim_end().chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| !is_hidden(*c));
    shown.take(WIDTH).collect()
}

/// Control characters, and those that turn the direction of the text around.
fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_end_without_control_characters() {
        let text = (0..50).map(|n| format!("line {n}\n")).collect::<String>();
        let last = last_lines(&format!("{text}\x1b[31mred\x1b[0m\tbell\x07 \u{202e}turned\r\n\n"));
        assert_eq!(last.lines().count(), LINES);
        assert!(last.starts_with("line 31\n"), "{last}");
        assert!(last.ends_with("\nred bell turned"), "{last}");
    }

    #[test]
    fn reads_only_what_this_start_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        std::fs::write(&path, "old\nnew\n").unwrap();
        assert_eq!(tail(&path, 4), "new");
        assert_eq!(tail(&path, 8), "");
        assert_eq!(tail(&folder.path().join("none.log"), 0), "");
    }

    #[test]
    fn a_long_line_is_cut() {
        assert_eq!(last_lines(&"x".repeat(10_000)).len(), WIDTH);
    }
}
