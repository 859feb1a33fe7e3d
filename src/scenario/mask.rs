//! Inline secrets of a scenario, taken out of its text before anybody sees it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What stands in the place of an inline secret in a record.
pub const MASK: &str = "[redacted]";

/// Tables whose keys are the user's own words, so that only the key's name tells what the value is.
const FREE: [&str; 6] = ["headers", "env", "vars", "form", "json", "claims"];

/// Byte ranges of values that are secrets by their key: passwords of users, and in headers, environments
/// and bodies whatever is called a password, a secret, a token or a credential. Templates are left alone.
pub(super) fn secret_spans(root: &DeTable<'_>) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    table(root, false, &mut spans);
    spans.sort_by_key(|span| span.start);
    spans
}

fn table(table: &DeTable<'_>, free: bool, spans: &mut Vec<Range<usize>>) {
    for (key, item) in table {
        let key = key.get_ref().to_ascii_lowercase();
        let secret = key == "password" || (free && sounds_secret(&key));
        value(item, free || FREE.contains(&key.as_str()), secret, spans);
    }
}

fn value(item: &Spanned<DeValue<'_>>, free: bool, secret: bool, spans: &mut Vec<Range<usize>>) {
    match item.get_ref() {
        DeValue::Table(inner) => table(inner, free, spans),
        DeValue::Array(items) => items.iter().for_each(|item| value(item, free, secret, spans)),
        DeValue::String(text) if secret && !is_one_template(text) => spans.push(item.span()),
        DeValue::Integer(_) | DeValue::Float(_) if secret => spans.push(item.span()),
        _ => {}
    }
}

fn sounds_secret(key: &str) -> bool {
    const WORDS: [&str; 9] =
        ["password", "passwd", "secret", "token", "api-key", "api_key", "apikey", "authorization", "cookie"];
    WORDS.iter().any(|word| key.contains(word))
}

fn is_one_template(text: &str) -> bool {
    text.starts_with("{{") && text.ends_with("}}") && text.matches("{{").count() == 1
}

/// The text with those spans and everything that looks like a password overwritten by `*`, byte by byte, so
/// that spans into the text stay true. For a file that may not even be TOML.
pub(super) fn same_length(text: &str, spans: &[Range<usize>]) -> String {
    static PASSWORD: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?i)passw(?:or)?d["']?[ \t]*=[ \t]*([^\r\n]+)"#).ok());
    let by_name = PASSWORD.iter().flat_map(|pattern| pattern.captures_iter(text)).filter_map(|found| {
        let value = found.get(1)?;
        Some(value.start()..value.start() + value_length(value.as_str()))
    });
    let mut bytes = text.as_bytes().to_vec();
    for span in spans.iter().cloned().chain(by_name.collect::<Vec<_>>()) {
        // Quotes and line ends stay, so that the excerpt keeps its lines.
        for byte in bytes.get_mut(span).into_iter().flatten().filter(|b| !b"\"'\r\n".contains(b)) {
            *byte = b'*';
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| "*".repeat(text.len()))
}

/// Length of the quoted string a text begins with; all of it when the quote never closes.
fn value_length(text: &str) -> usize {
    let Some(quote) = text.chars().next().filter(|c| *c == '"' || *c == '\'') else { return text.len() };
    let mut escaped = false;
    for (offset, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote => return offset + 1,
            _ => {}
        }
    }
    text.len()
}

/// The text with those spans replaced by [`MASK`] as TOML strings.
pub(super) fn redact(text: &str, spans: &[Range<usize>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    for span in spans {
        out.push_str(text.get(rest..span.start).unwrap_or_default());
        out.push_str(&format!("\"{MASK}\""));
        rest = span.end;
    }
    out.push_str(text.get(rest..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<Range<usize>> {
        secret_spans(DeTable::parse_recoverable(text).0.get_ref())
    }

    const TEXT: &str = r#"
[users]
list = [{ username = "ada", password = "pa\"ss-word" }, { username = "bob", password = 'other ü one' }]
[auth.token]
kind = "drf-token"
obtain = "/api-token-auth/"
[[routes]]
headers = { Authorization = "Bearer abc", X-Api-Key = "k-123", Accept = "*/*", X-Token = "{{id}}" }
body = { form = { password = "hunter2", csrf_token = "{{id}}" } }
[stacks.dev]
env = { DJANGO_SECRET_KEY = "s3cr3t", DEBUG = "1" }
"#;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let masked = same_length(TEXT, &spans(TEXT));
        let redacted = redact(TEXT, &spans(TEXT));
        for secret in ["ss-word", "other", "abc", "k-123", "hunter2", "s3cr3t"] {
            assert!(!masked.contains(secret), "{masked}");
            assert!(!redacted.contains(secret), "{redacted}");
        }
        for kept in ["\"ada\"", "/api-token-auth/", "{{id}}", "\"*/*\"", "DEBUG = \"1\""] {
            assert!(masked.contains(kept) && redacted.contains(kept), "{kept}");
        }
        assert_eq!(masked.len(), TEXT.len());
        assert!(toml::from_str::<toml::Table>(&redacted).is_ok(), "{redacted}");
    }

    #[test]
    fn a_broken_file_hides_its_passwords_too() {
        for text in ["password = \"hunter2", "x = [{ password = 'hunter2', ]\n= =", "\"password\" = hunter2"]
        {
            let masked = same_length(text, &spans(text));
            assert!(!masked.contains("hunter2"), "{masked}");
            assert_eq!(masked.len(), text.len());
        }
    }
}
