//! Sentences of the report, in which names and values stand between backquotes as on a terminal.

use maud::{Markup, html};

/// What stands between two backquotes as code, all else as it is; a backquote without its other one stays.
pub fn prose(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    // An even number of parts: the last backquote opens what nothing closes.
    let lone = parts.len().is_multiple_of(2).then(|| parts.len() - 1);
    html! {
        @for (position, part) in parts.iter().enumerate() {
            @if lone == Some(position) { "`" (part) }
            @else if position % 2 == 1 { code { (part) } }
            @else { (part) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backquotes_is_code() {
        let of = |text| prose(text).into_string();
        assert_eq!(of("plain"), "plain");
        assert_eq!(of("`a` is <b>, `c`"), "<code>a</code> is &lt;b&gt;, <code>c</code>");
        assert_eq!(of("`a` and `b"), "<code>a</code> and `b");
        assert_eq!(of("`"), "`");
    }
}
