//! Foreign text that may be shown: nothing in it moves a terminal's cursor or turns a text around.

use std::fmt::Write as _;

/// The text on one line without control and direction characters, cut at `longest` characters.
pub fn printable(text: &str, longest: usize) -> String {
    let mut out: String =
        text.chars().take(longest).map(|c| if is_odd(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(longest).is_some() {
        out.push('…');
    }
    out
}

/// Control and direction characters as `\x1b` and `\u{202e}`.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // Writing to a String cannot fail.
        let _ = match c {
            c if c.is_ascii_control() => write!(out, "\\x{:02x}", c as u32),
            c if is_odd(c) => write!(out, "\\u{{{:x}}}", c as u32),
            c => out.write_char(c),
        };
    }
    out
}

/// Characters that change what a terminal or a reader shows of their neighbours, or that nobody sees: controls of both sets,
/// direction marks, joiners, line separators, letters without a shape, tags and other ignorable ones; and the two that XML
/// forbids. The sixteen variation selectors stay: signs of two colours need them.
pub fn is_odd(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_gone() {
        assert_eq!(
            printable("\u{1b}[31mré\u{9b}2J\u{202e}x\r\n", 80),
            "\u{fffd}[31mré\u{fffd}2J\u{fffd}x\u{fffd}\u{fffd}"
        );
        assert_eq!(printable("abcd", 3), "abc…");
        assert_eq!(escaped("\u{1b}[0mé\u{9b}\u{202e}\u{ad}\n"), r"\x1b[0mé\u{9b}\u{202e}\u{ad}\x0a");
    }
}
