//! Text that came from elsewhere (servers, scenarios, logs), made harmless to show: no control or direction
//! characters, no endless lines, nothing that a CI system takes for a command in a log. What was there stays visible, as control
//! pictures or code points.

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

/// Appends a character in its visible form; false, with an ellipsis, when there is no room left for it.
fn put(out: &mut String, c: char, room: &mut usize) -> bool {
    let shown = match c {
        '\n' => c.to_string(),
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('·').to_string(),
        '\u{7f}' => "␡".to_owned(),
        c if is_odd(c) => code_point(c),
        c => c.to_string(),
    };
    let command = command(out, c).map(|at| (at, code_point(char::from(out.as_bytes()[at]))));
    let needed = shown.chars().count() + command.as_ref().map_or(0, |(_, number)| number.chars().count() - 1);
    if *room < needed {
        if let Some((at, _)) = command {
            out.truncate(at);
        }
        out.push('…');
        return false;
    }
    *room -= needed;
    if let Some((at, number)) = command {
        out.replace_range(at..=at, &number);
    }
    out.push_str(&shown);
    true
}

/// The byte before a character that must not stand there as it is, if the two make a command for a CI system: GitHub and Azure
/// obey `##[name]` and `##vso[…]` anywhere in a line of a log, GitHub also `::name::` at its start.
fn command(out: &str, c: char) -> Option<usize> {
    if !c.is_ascii_alphabetic() && c != '[' {
        return None;
    }
    if out.ends_with("##") {
        return Some(out.len() - 1);
    }
    let row = || out.rsplit('\n').next().unwrap_or_default();
    (out.ends_with("::") && row().trim_start() == "::").then(|| out.len() - 2)
}

/// A character by its number: `⟨U+202E⟩`.
pub fn code_point(c: char) -> String {
    format!("⟨U+{:04X}⟩", c as u32)
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
    fn no_ci_system_finds_a_command() {
        assert_eq!(line("\t::add-mask::x", 80), "⟨U+003A⟩:add-mask::x");
        assert_eq!(block("a\n  ::error::x", 80), "a\n  ⟨U+003A⟩:error::x");
        assert_eq!(line("x ##[group]y ##vso[task]", 80), "x #⟨U+0023⟩[group]y #⟨U+0023⟩vso[task]");
        let plain = "std::io ::1 ## A # b";
        assert_eq!(line(plain, 80), plain);
    }

    #[test]
    fn is_bounded() {
        assert_eq!(line("abcdef", 3), "abc…");
        assert_eq!(line("abc", 3), "abc");
        assert!(line(&"\u{202e}".repeat(10_000), 100).chars().count() <= 101);
        assert!(line(&"##[".repeat(100), 30).chars().count() <= 31);
        assert_eq!(line("ab\u{202e}", 9), "ab…");
        assert_eq!(line("::error::", 7), "…");
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
