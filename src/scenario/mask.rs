//! Inline secrets of a scenario, taken out of its text before anybody sees it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::secret::parts;

/// What stands in the place of an inline secret in a record.
pub const MASK: &str = "[redacted]";

/// Tables whose keys are the user's own words, so that only the key's name tells what the value is.
const FREE: [&str; 6] = ["headers", "env", "vars", "form", "json", "claims"];

/// Values that products come with or that say what follows: to take them out of every text would destroy it and hide
/// nothing.
const COMMON: [&str; 12] = [
    "access",
    "application/json",
    "basic",
    "bearer",
    "changeme",
    "default",
    "disabled",
    "enabled",
    "password",
    "postgres",
    "refresh",
    "secret",
];
/// Shorter values are masked in the scenario's own text and nowhere else.
const SHORTEST: usize = 6;

/// One inline secret: where it stands in the file and what it says.
#[derive(Debug, Clone)]
pub(super) struct Hidden {
    /// Its bytes in the file, with its quotes when it is the whole of a value.
    pub span: Range<usize>,
    whole: bool,
    /// What to look for elsewhere: its value and the parts of it, where they are long and rare enough.
    pub values: Vec<String>,
}

/// Values that are secrets by their key (passwords of users, and in headers, environments and bodies whatever is called
/// a password, a secret, a token or a credential), and the passwords and secret parameters of URLs, wherever these stand.
/// Templates are left alone.
pub(super) fn secrets(root: &DeTable<'_>, text: &str) -> Vec<Hidden> {
    let mut found = Find { text, found: Vec::new() };
    found.table(root, false, false);
    found.found.sort_by_key(|hidden| hidden.span.start);
    found.found
}

struct Find<'a> {
    text: &'a str,
    found: Vec<Hidden>,
}

impl Find<'_> {
    /// `free`: keys are the user's own words; `public`: what stands here is known to everybody.
    fn table(&mut self, table: &DeTable<'_>, free: bool, public: bool) {
        for (key, item) in table {
            let key = key.get_ref().to_ascii_lowercase();
            let secret = match key.as_str() {
                "password" => Secrecy::Value,
                key if free && ["authorization", "cookie"].iter().any(|word| key.contains(word)) => {
                    Secrecy::Header
                }
                key if free && sounds_secret(key) => Secrecy::Value,
                _ => Secrecy::None,
            };
            let secret = if public && secret != Secrecy::None { Secrecy::Public } else { secret };
            self.value(item, free || FREE.contains(&key.as_str()), secret, public || key == "default_logins");
        }
    }

    fn value(&mut self, item: &Spanned<DeValue<'_>>, free: bool, secret: Secrecy, public: bool) {
        match item.get_ref() {
            DeValue::Table(inner) => self.table(inner, free, public),
            DeValue::Array(items) => items.iter().for_each(|item| self.value(item, free, secret, public)),
            DeValue::String(text) if secret != Secrecy::None && !is_one_template(text) => {
                self.whole(item.span(), values_of(text, secret));
            }
            DeValue::Integer(number) if secret != Secrecy::None => {
                self.whole(item.span(), values_of(number.as_str(), secret));
            }
            DeValue::Float(_) if secret != Secrecy::None => self.whole(item.span(), Vec::new()),
            DeValue::String(text) => self.in_url(item.span(), text),
            _ => {}
        }
    }

    fn whole(&mut self, span: Range<usize>, values: Vec<String>) {
        self.found.push(Hidden { span, whole: true, values });
    }

    fn in_url(&mut self, span: Range<usize>, value: &str) {
        let parts = secrets_of_url(value);
        if parts.is_empty() {
            return;
        }
        let Some(start) = self.text.get(span.clone()).and_then(|written| written.find(value)) else {
            // Escapes keep the value from standing in the file as it is: all of it goes.
            return self.whole(span, rare(parts.into_iter().filter_map(|part| value.get(part))));
        };
        for part in parts {
            let values = rare(value.get(part.clone()));
            let at = span.start + start;
            self.found.push(Hidden { span: at + part.start..at + part.end, whole: false, values });
        }
    }
}

/// Why a value is secret, which says what of it is to be looked for elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    None,
    /// All of it is.
    Value,
    /// It is a header's: a scheme word and a token, or cookies.
    Header,
    /// It is hidden for form's sake: everybody knows it.
    Public,
}

fn values_of(text: &str, secret: Secrecy) -> Vec<String> {
    match secret {
        Secrecy::None | Secrecy::Public => Vec::new(),
        _ if text.contains("://") => rare(secrets_of_url(text).into_iter().filter_map(|part| text.get(part))),
        Secrecy::Value => rare([text]),
        Secrecy::Header => rare(parts(text).iter().map(String::as_str).chain([text])),
    }
}

/// A URL or a path with [`MASK`] in the place of its password and its secret parameters.
pub fn without_secrets(url: &str) -> String {
    let hidden = |span| Hidden { span, whole: false, values: Vec::new() };
    redact(url, &secrets_of_url(url).into_iter().map(hidden).collect::<Vec<_>>())
}

/// The password and the values of secret parameters in a URL or a query. What holds a template is none.
fn secrets_of_url(value: &str) -> Vec<Range<usize>> {
    static USERINFO: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"://[^\s/?#:@]*:([^\s/?#]+)@").ok());
    static PARAMETER: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?:^|[?&])([A-Za-z0-9_.\[\]-]+)=([^\s&#]+)").ok());
    let passwords = USERINFO.iter().flat_map(|pattern| pattern.captures_iter(value)).filter_map(|c| c.get(1));
    let parameters = PARAMETER.iter().flat_map(|pattern| pattern.captures_iter(value)).filter_map(|c| {
        let name = c.get(1)?.as_str().to_ascii_lowercase();
        c.get(2).filter(|_| sounds_secret(&name))
    });
    let mut found: Vec<Range<usize>> = passwords
        .chain(parameters)
        .filter(|part| !part.as_str().contains("{{"))
        .map(|part| part.range())
        .collect();
    found.sort_by_key(|part| part.start);
    found
}

fn rare<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let rare = |value: &&str| {
        value.len() >= SHORTEST
            && !value.contains("{{")
            && !COMMON.iter().any(|common| common.eq_ignore_ascii_case(value))
    };
    values.into_iter().filter(rare).map(str::to_owned).collect()
}

/// Whether a header, a variable or a field of that name (lower case) holds a secret.
pub fn sounds_secret(key: &str) -> bool {
    const WORDS: [&str; 9] =
        ["password", "passwd", "secret", "token", "api-key", "api_key", "apikey", "authorization", "cookie"];
    WORDS.iter().any(|word| key.contains(word))
}

fn is_one_template(text: &str) -> bool {
    text.starts_with("{{") && text.ends_with("}}") && text.matches("{{").count() == 1
}

/// The text with those spans and everything that looks like a password overwritten by `*`, byte by byte, so
/// that spans into the text stay true. For a file that may not even be TOML.
pub(super) fn same_length(text: &str, secrets: &[Hidden]) -> String {
    static PASSWORD: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?i)passw(?:or)?d["']?[ \t]*=[ \t]*([^\r\n]+)"#).ok());
    let by_name = PASSWORD.iter().flat_map(|pattern| pattern.captures_iter(text)).filter_map(|found| {
        let value = found.get(1)?;
        Some(value.start()..value.start() + value_length(value.as_str()))
    });
    let mut bytes = text.as_bytes().to_vec();
    for span in secrets.iter().map(|hidden| hidden.span.clone()).chain(by_name.collect::<Vec<_>>()) {
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

/// The text with those secrets replaced by [`MASK`]; still TOML.
pub(super) fn redact(text: &str, secrets: &[Hidden]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    for Hidden { span, whole, .. } in secrets {
        out.push_str(text.get(rest..span.start).unwrap_or_default());
        let quote = if *whole { "\"" } else { "" };
        out.push_str(&format!("{quote}{MASK}{quote}"));
        rest = span.end;
    }
    out.push_str(text.get(rest..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<Hidden> {
        secrets(DeTable::parse_recoverable(text).0.get_ref(), text)
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
    fn urls_lose_their_passwords_and_secret_parameters() {
        let text = r#"
[stacks.dev]
url = "http://127.0.0.1:8000/#a:b@c"
env = { DATABASE_URL = "postgres://app:db-p@ss@127.0.0.1:5432/notes?sslmode=off", CACHE = "redis://\u0061:x-cache-y@h/0?api_key=esc-aped" }
[[routes]]
get = "/a?page=2&api_key=query-s3cret&next={{id}}"
[[routes]]
get = "/b?token={{id}}&access_token=x{{id}}"
body = { text = "user=ada&password=in-a-body" }
"#;
        let found = spans(text);
        let values: Vec<&str> = found.iter().flat_map(|hidden| &hidden.values).map(String::as_str).collect();
        assert_eq!(values, ["db-p@ss", "x-cache-y", "esc-aped", "query-s3cret", "in-a-body"]);
        let (masked, redacted) = (same_length(text, &found), redact(text, &found));
        for secret in values {
            assert!(!masked.contains(secret) && !redacted.contains(secret), "{redacted}");
        }
        for kept in [
            "postgres://app:",
            "@127.0.0.1:5432/notes?sslmode=off",
            "page=2",
            "&next={{id}}",
            "user=ada",
            "#a:b@c",
        ] {
            assert!(masked.contains(kept) && redacted.contains(kept), "{kept}");
        }
        assert!(redacted.contains("token={{id}}&access_token=x{{id}}"), "{redacted}");
        assert!(toml::from_str::<toml::Table>(&redacted).is_ok(), "{redacted}");
        assert_eq!(masked.len(), text.len());
    }

    #[test]
    fn short_common_and_templated_values_are_not_looked_for_elsewhere() {
        let text = r#"
[[routes]]
headers = { X-Token = "1", Token-From = "http://127.0.0.1:8000/", X-Secret = "true", Cookie = "Bearer", X-Api-Key = "of-{{user.username}}", Authorization = "Token abc" }
body = { form = { password = 123456789, csrf_token = "password" } }
[audit]
default_logins = [{ username = "admin", password = "admin-admin" }]
"#;
        let values: Vec<String> = spans(text).into_iter().flat_map(|hidden| hidden.values).collect();
        assert_eq!(values, ["Token abc", "123456789"]);
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
