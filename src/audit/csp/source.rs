//! Source expressions, and how they may be shown.

use crate::secret::mark;

/// Keywords of CSP 3 and the extensions that browsers ship, without their quotes.
pub const KEYWORDS: &[&str] = &[
    "none",
    "self",
    "unsafe-inline",
    "unsafe-eval",
    "unsafe-hashes",
    "strict-dynamic",
    "report-sample",
    "wasm-unsafe-eval",
    "trusted-types-eval",
    "inline-speculation-rules",
    "unsafe-allow-redirects",
    "unsafe-webtransport-hashes",
    "report-sha256",
    "report-sha384",
    "report-sha512",
];

/// Longest token quoted in evidence, in characters.
const LONGEST: usize = 120;

/// What a value of a source list means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source<'a> {
    /// `'self'`: the keyword in lower case, without quotes.
    Keyword(String),
    /// `'nonce-...'`: its value.
    Nonce(&'a str),
    /// `'sha256-...'`.
    Hash,
    /// `https:`: the scheme in lower case.
    Scheme(String),
    /// `https://*.example.com:443/path`.
    Host(Host),
    /// Nothing a browser understands.
    Invalid,
}

/// A source that names a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// In lower case, when it is there.
    pub scheme: Option<String>,
    /// In lower case: `*`, `*.example.com` or a name.
    pub name: String,
}

impl<'a> Source<'a> {
    /// Classifies one value.
    pub fn of(text: &'a str) -> Source<'a> {
        if let Some(inner) = text.strip_prefix('\'') {
            return inner.strip_suffix('\'').map_or(Source::Invalid, quoted);
        }
        if let Some(scheme) = text.strip_suffix(':').filter(|scheme| is_scheme(scheme)) {
            return Source::Scheme(scheme.to_ascii_lowercase());
        }
        host(text).map_or(Source::Invalid, Source::Host)
    }

    /// Whether it is this keyword (given without quotes).
    pub fn is(&self, keyword: &str) -> bool {
        matches!(self, Source::Keyword(name) if name == keyword)
    }

    /// Its scheme, when it names one.
    pub fn scheme(&self) -> Option<&str> {
        match self {
            Source::Scheme(scheme) => Some(scheme),
            Source::Host(host) => host.scheme.as_deref(),
            _ => None,
        }
    }

    /// Its host, when it names one that is not `*`.
    pub fn host(&self) -> Option<&str> {
        match self {
            Source::Host(host) if host.name != "*" => Some(&host.name),
            _ => None,
        }
    }

    /// The kind of address it opens as a whole: `*`, `http`, `https`, `data`, `blob`.
    pub fn wildcard(&self) -> Option<&str> {
        match self {
            Source::Scheme(scheme) => {
                ["http", "https", "data", "blob"].contains(&scheme.as_str()).then_some(scheme)
            }
            Source::Host(host) if host.name == "*" => Some(host.scheme.as_deref().unwrap_or("*")),
            _ => None,
        }
    }
}

fn quoted(inner: &str) -> Source<'_> {
    let lower = inner.to_ascii_lowercase();
    if KEYWORDS.contains(&lower.as_str()) {
        return Source::Keyword(lower);
    }
    // The prefix is ASCII in lower case and in the original: the same bytes.
    if lower.starts_with("nonce-") {
        return inner.get("nonce-".len()..).filter(|v| !v.is_empty()).map_or(Source::Invalid, Source::Nonce);
    }
    let plain = lower.strip_prefix("url-").or(lower.strip_prefix("eval-")).unwrap_or(&lower);
    let digest = ["sha256-", "sha384-", "sha512-"].iter().find_map(|prefix| plain.strip_prefix(prefix));
    match digest {
        Some(value) if is_base64(value) => Source::Hash,
        _ => Source::Invalid,
    }
}

/// Whether the text has the form that nonces and hashes must have.
pub fn is_base64(text: &str) -> bool {
    let body = text.strip_suffix("==").or(text.strip_suffix('=')).unwrap_or(text);
    !body.is_empty()
        && body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_'))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

fn host(text: &str) -> Option<Host> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme.to_ascii_lowercase()), rest),
        Some(_) => return None,
        None => (None, text),
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path_ok = path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b',' | b'\''));
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (authority, None),
    };
    let port_ok = port.is_none_or(|p| p == "*" || (!p.is_empty() && p.bytes().all(|b| b.is_ascii_digit())));
    let labels = name.strip_prefix("*.").unwrap_or(name);
    let name_ok = name == "*"
        || (!labels.is_empty()
            && labels.split('.').all(|label| {
                !label.is_empty()
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            }));
    (path_ok && port_ok && name_ok).then(|| Host { scheme, name: name.to_ascii_lowercase() })
}

/// A token as evidence may quote it: short, harmless, without a nonce's value.
pub fn shown(token: &str) -> String {
    let lower = token.to_ascii_lowercase();
    if let Some(at) = lower.find("nonce") {
        let start = (at + "nonce".len() + 1).min(token.len());
        let start = (start..=token.len()).find(|at| token.is_char_boundary(*at)).unwrap_or(token.len());
        let (head, value) = token.split_at(start);
        let value = value.strip_suffix('\'').unwrap_or(value);
        if !value.is_empty() {
            let close = if token.ends_with('\'') { "'" } else { "" };
            return format!("{}{}{close}", shown_plain(head), mark(value.as_bytes()));
        }
    }
    shown_plain(token)
}

fn shown_plain(text: &str) -> String {
    let visible = |c: char| if c.is_ascii_graphic() { vec![c] } else { c.escape_default().collect() };
    let mut short: String = text.chars().flat_map(visible).take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push_str("...");
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_classified() {
        assert!(Source::of("'Self'").is("self"));
        assert_eq!(Source::of("'nonce-AbC='"), Source::Nonce("AbC="));
        assert_eq!(Source::of("'sha256-AbC='"), Source::Hash);
        assert_eq!(Source::of("HTTPS:"), Source::Scheme("https".into()));
        assert_eq!(Source::of("*").wildcard(), Some("*"));
        assert_eq!(Source::of("https://*:443").wildcard(), Some("https"));
        assert_eq!(Source::of("https://*.Example.com/a/").host(), Some("*.example.com"));
        assert_eq!(Source::of("localhost:8000").host(), Some("localhost"));
        for bad in
            ["'slef'", "'self", "'nonce-'", "'sha256-'", "", "a..b", "http://", "a b", "x:y", "\u{e9}.fr"]
        {
            assert_eq!(Source::of(bad), Source::Invalid, "{bad}");
        }
    }

    #[test]
    fn a_nonce_is_never_shown() {
        for token in
            ["'nonce-s3cret'", "nonce-s3cret", "'NONCE-s3cret'", "'nonce=s3cret'", "'nonce\u{e9}s3cret"]
        {
            let shown = shown(token);
            assert!(!shown.contains("s3cret") && shown.contains("[redacted"), "{shown}");
        }
        assert_eq!(shown("a\u{1b}[0m"), "a\\u{1b}[0m");
        assert!(shown(&"x".repeat(500)).len() < 130);
    }

    proptest::proptest! {
        #[test]
        fn any_token_is_classified_and_shown(text in "\\PC{0,80}|'?[nN]once.{0,9}") {
            let _ = Source::of(&text);
            proptest::prop_assert!(shown(&text).bytes().all(|b| b.is_ascii_graphic() || b == b' '));
        }
    }
}
