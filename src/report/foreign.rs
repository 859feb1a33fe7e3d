//! Text that came from elsewhere (servers, scenarios, logs), made harmless to show: no control or direction
//! characters, no endless lines. What was there stays visible, as control pictures or code points.

use crate::wire::is_odd;

/// Longest single line of foreign text in a report, in characters.
pub const LINE: usize = 240;
/// Longest block, in characters.
pub const BLOCK: usize = 8_000;

/// One line: white space collapsed, control and direction characters made visible, cut at `max` characters.
pub fn line(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max * 4));
    let mut room = max;
    let mut space = false;
    for c in text.trim().chars() {
        if c.is_whitespace() {
            space = true;
            continue;
        }
        if space {
            space = false;
            if !put(&mut out, ' ', &mut room) {
                break;
            }
        }
        if !put(&mut out, c, &mut room) {
            break;
        }
    }
    out
}

/// Several lines: as [`line()`], but line ends and indentation stay.
pub fn block(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max * 4));
    let mut room = max;
    for c in text.replace("\r\n", "\n").chars() {
        let c = if c == '\t' { ' ' } else { c };
        if !put(&mut out, c, &mut room) {
            break;
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Appends a character in its visible form; false, with an ellipsis, when there is no room left.
fn put(out: &mut String, c: char, room: &mut usize) -> bool {
    if *room == 0 {
        out.push('…');
        return false;
    }
    match c {
        '\n' => out.push('\n'),
        '\0'..='\u{1f}' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('·')),
        '\u{7f}' => out.push('␡'),
        c if is_odd(c) => {
            let name = format!("⟨U+{:04X}⟩", c as u32);
            *room = room.saturating_sub(name.chars().count() - 1);
            out.push_str(&name);
        }
        c => out.push(c),
    }
    *room = room.saturating_sub(1);
    true
}

/// Whether a text holds nothing that [`line`] would have to change, but for line ends. For tests of formats.
#[cfg(test)]
pub fn is_harmless(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !is_odd(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::HOSTILE;

    #[test]
    fn shows_what_it_takes_away() {
        assert_eq!(line("\u{1b}[31mred\u{7f}", 80), "␛[31mred␡");
        assert_eq!(line("a\u{202e}b", 80), "a⟨U+202E⟩b");
        assert_eq!(line("  a\r\n\t b  ", 80), "a b");
        assert_eq!(block("a\r\n\tb\u{1b}\n\n", 80), "a\n b␛");
    }

    #[test]
    fn is_bounded() {
        assert_eq!(line("abcdef", 3), "abc…");
        assert_eq!(line("abc", 3), "abc");
        assert!(line(&"\u{202e}".repeat(10_000), 100).chars().count() < 120);
        assert!(block(&"x\n".repeat(100_000), BLOCK).chars().count() <= BLOCK + 1);
    }

    proptest::proptest! {
        #[test]
        fn any_text_becomes_harmless(text in ".{0,80}", at in 0..HOSTILE.len()) {
            let text = text + HOSTILE[at];
            proptest::prop_assert!(is_harmless(&line(&text, 60)) && !line(&text, 60).contains('\n'));
            proptest::prop_assert!(is_harmless(&block(&text, 60)));
        }
    }
}
