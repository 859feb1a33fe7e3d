//! Foreign text in Markdown and in the HTML between it.

use crate::report::foreign;

/// One line of foreign text, escaped.
pub fn text(text: &str) -> String {
    escape(&foreign::line(text, 160))
}

/// Takes the meaning from every character that has one in Markdown or HTML. By entities, since HTML shows a backslash.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let after = |word: &str| {
            out.len()
                .checked_sub(word.len())
                .and_then(|at| out.get(at..))
                .is_some_and(|end| end.eq_ignore_ascii_case(word))
        };
        // Hosts make links of addresses and numbers, and call people: an empty comment ends the word, and nobody sees it.
        let linked = match c {
            '@' => true,
            '#' | '!' => next.is_ascii_digit(),
            ':' => next == '/',
            '-' => after("gh") && next.is_ascii_digit(),
            _ => false,
        };
        let meant = match c {
            '@' | '|' | '`' | '\\' | '*' | '[' | ']' | '~' | '#' | '!' | '$' => true,
            // Inside a word an underscore has no meaning.
            '_' => !(before.is_alphanumeric() && next.is_alphanumeric()),
            // At a line's start these and a space make a list.
            '-' | '+' | '.' | ')' => next == ' ' && out.chars().all(|c| c.is_ascii_digit()),
            _ => false,
        };
        match c {
            // Here the host's word ends before the sign.
            '.' if after("www") => out.push_str("<!-- -->."),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if meant => out.push_str(&format!("&#{};", c as u32)),
            c => out.push(c),
        }
        if linked {
            out.push_str("<!-- -->");
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_has_no_meaning() {
        assert_eq!(escape("<b>|`*x*`"), "&lt;b&gt;&#124;&#96;&#42;x&#42;&#96;");
        assert_eq!(escape("[a](javascript:b)"), "&#91;a&#93;(javascript:b)");
        assert_eq!(escape("snake_case _em_"), "snake_case &#95;em&#95;");
        assert_eq!(escape("http://x @you"), "http:<!-- -->//x &#64;<!-- -->you");
        assert_eq!(escape("www.x.test, a#1, GH-1"), "www<!-- -->.x.test, a&#35;<!-- -->1, GH-<!-- -->1");
        assert_eq!(escape("- a - b"), "&#45; a - b");
        assert_eq!(escape("1. a 2. b"), "1&#46; a 2. b");
        assert_eq!(escape("0.2x"), "0.2x");
    }
}
