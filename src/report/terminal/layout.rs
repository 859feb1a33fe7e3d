//! Text in columns: bars, padding, line breaks.

use crate::report::foreign;

/// Cells of a bar.
pub(super) const BAR: usize = 8;

/// A bar of eighths of cells.
pub(super) fn bar(value: Option<f64>, most: f64) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let Some(value) = value.filter(|value| most > 0.0 && *value > 0.0) else { return " ".repeat(BAR) };
    let eighths = ((value / most * (BAR * 8) as f64).round() as usize).clamp(1, BAR * 8);
    let mut text = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        text.push(EIGHTHS[eighths % 8]);
    }
    pad(&text, BAR)
}

pub(super) fn pad(text: &str, width: usize) -> String {
    let mut out = text.to_owned();
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(text.chars().count())));
    out
}

/// Breaks a line at spaces; a word longer than the width is broken where it must. No row begins with what a CI system would take
/// for a command.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(20);
    let mut rows = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let size = word.chars().count();
        let mut chars = word.chars().enumerate().peekable();
        if used > 0 && used + 1 + size > width {
            rows.push(String::new());
            used = 0;
        }
        while let Some((at, c)) = chars.next() {
            if used == width {
                rows.push(String::new());
                used = 0;
            }
            if let Some(row) = rows.last_mut() {
                if at == 0 && used > 0 {
                    row.push(' ');
                    used += 1;
                }
                let command = used == 0 && c == ':' && chars.peek().is_some_and(|(_, next)| *next == ':');
                let shown = if command { foreign::code_point(c) } else { c.to_string() };
                row.push_str(&shown);
                used += shown.chars().count();
            }
        }
        if size == 0 && used > 0 && used < width {
            if let Some(row) = rows.last_mut() {
                row.push(' ');
            }
            used += 1;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_begins_with_a_command() {
        for text in ["twenty cells of text ::error::x", "01234567890123456789::error::x", "::error::x"] {
            let rows = wrap(text, 20);
            assert!(rows.iter().all(|row| !row.starts_with("::") && row.chars().count() <= 20), "{rows:?}");
            assert!(rows.last().unwrap().starts_with("⟨U+003A⟩:error::x"), "{rows:?}");
        }
    }

    #[test]
    fn wraps_at_spaces_and_breaks_what_has_none() {
        assert_eq!(wrap("aaaa bbbb cccc dddd eeee", 20), ["aaaa bbbb cccc dddd", "eeee"]);
        assert_eq!(wrap(&"x".repeat(45), 20).iter().map(String::len).collect::<Vec<_>>(), [20, 20, 5]);
    }
}
