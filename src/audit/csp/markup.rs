//! The few tags of a page that matter here, found without parsing it: tolerant, bounded, in one pass.

use std::borrow::Cow;

/// Tags kept of one page, and attributes of one tag.
const MOST_TAGS: usize = 2000;
const MOST_ATTRIBUTES: usize = 64;
/// Elements whose content is text up to their end tag.
const RAW: &[&str] = &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];
const KEPT: &[&str] = &["script", "link", "form", "meta", "base", "body"];

/// A start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<'a> {
    /// Name in lower case.
    pub name: String,
    attributes: Vec<(String, Cow<'a, str>)>,
}

impl Tag<'_> {
    /// An attribute's value, with its character references resolved.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_ref())
    }
}

/// The start tags of a page that matter here, in order.
pub fn tags(page: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let after = rest.get(at + 1..).unwrap_or("");
        if let Some(comment) = after.strip_prefix("!--") {
            // `<!-->` and `<!--->` are whole comments; one that never ends hides all the rest.
            let early = comment.strip_prefix('>').or_else(|| comment.strip_prefix("->"));
            match early.or_else(|| comment.split_once("-->").map(|(_, rest)| rest)) {
                Some(end) => rest = end,
                None => break,
            }
            continue;
        }
        if !after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            rest = after;
            continue;
        }
        let end =
            after.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(after.len());
        let (name, inside) = after.split_at(end);
        let name = if name.len() <= 16 { name.to_ascii_lowercase() } else { String::new() };
        let (attributes, following) = attributes(inside);
        rest = following;
        if RAW.contains(&name.as_str()) {
            match after_raw(rest, &name) {
                Some(end) => rest = end,
                None => rest = "",
            }
        }
        if KEPT.contains(&name.as_str()) {
            tags.push(Tag { name, attributes });
            if tags.len() == MOST_TAGS {
                break;
            }
        }
    }
    tags
}

/// Reads a tag's attributes; what follows the tag.
fn attributes(mut rest: &str) -> (Vec<(String, Cow<'_, str>)>, &str) {
    let mut found: Vec<(String, Cow<'_, str>)> = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        if rest.is_empty() {
            return (found, "");
        }
        // A name may start with `=`.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '=');
        let tail = rest.get(first..).unwrap_or("");
        let (name, after) = rest.split_at(first + tail.find(ends).unwrap_or(tail.len()));
        let spaced = after.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let mut value = "";
        rest = after;
        if let Some(valued) = spaced.strip_prefix('=') {
            let valued = valued.trim_start_matches(|c: char| c.is_ascii_whitespace());
            (value, rest) = match valued.chars().next().filter(|c| matches!(c, '"' | '\'')) {
                Some(quote) => {
                    let inner = valued.strip_prefix(quote).unwrap_or("");
                    inner.split_once(quote).unwrap_or((inner, ""))
                }
                None => {
                    let ends = |c: char| c.is_ascii_whitespace() || c == '>';
                    valued.split_at(valued.find(ends).unwrap_or(valued.len()))
                }
            };
        }
        let name = name.get(..32).unwrap_or(name);
        if found.len() < MOST_ATTRIBUTES && !found.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)) {
            found.push((name.to_ascii_lowercase(), unescaped(value)));
        }
    }
}

/// What follows a raw element's end tag.
fn after_raw<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    loop {
        rest = rest.split_once("</")?.1;
        if rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            return Some(rest);
        }
    }
}

/// Resolves the character references that template engines write for ASCII.
fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut parts = value.split('&');
    out.push_str(parts.next().unwrap_or(""));
    for part in parts {
        // A reference is at most `#x0000027;` long.
        let end = part.bytes().take(10).position(|b| b == b';');
        let resolved = end.and_then(|end| Some((reference(part.get(..end)?)?, part.get(end + 1..)?)));
        match resolved {
            Some((character, after)) => {
                out.push(character);
                out.push_str(after);
            }
            None => {
                out.push('&');
                out.push_str(part);
            }
        }
    }
    Cow::Owned(out)
}

fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())?;
        return char::from_u32(code).filter(char::is_ascii);
    }
    let names = [("amp", '&'), ("apos", '\''), ("quot", '"'), ("lt", '<'), ("gt", '>'), ("colon", ':')];
    names.iter().find(|(known, _)| *known == name).map(|(_, character)| *character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_and_nothing_else() {
        let page = "<!doctype html><p class=x><SCRIPT src='/a.js' async>var x = '<form>';</Script >\
                    <!-- <script src=no> --><title><form></title><link rel = stylesheet href=/b.css>\
                    <meta content=\"default-src &#x27;self&#39;\" content=second>< form><formx><form";
        let tags = tags(page);
        let names: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
        assert_eq!(names, ["script", "link", "meta", "form"]);
        assert_eq!(tags[0].attribute("src"), Some("/a.js"));
        assert_eq!(tags[0].attribute("async"), Some(""));
        assert_eq!(tags[1].attribute("href"), Some("/b.css"));
        assert_eq!(tags[2].attribute("content"), Some("default-src 'self'"));
    }

    #[test]
    fn is_bounded() {
        assert_eq!(tags(&"<form>".repeat(5000)).len(), MOST_TAGS);
        for hostile in ["<", "<a ", "</", "<!--", "<script>", "<a b='"] {
            assert!(tags(&hostile.repeat(50_000)).len() <= MOST_TAGS, "{hostile}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_page_is_scanned(page in "(<|>|/|script|form|meta|=|'|\"|!--|-->|&#x27;|&|;| |.){0,60}") {
            let _ = tags(&page);
        }
    }
}
