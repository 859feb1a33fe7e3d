//! Takes known secrets out of foreign text.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// Shorter secrets go only where they are the whole of a value: replacing every `a` would destroy the text and hide nothing.
const SHORTEST: usize = 4;

/// Replaces every known secret in a text by a mark with a hash prefix; very short ones only where they are a whole value.
///
/// Within a run the mark is the same for the same secret, so that two pieces of evidence can still be seen to hold
/// the same value: `[redacted 9f86d081]`. In another run it is another: nobody can find the value by trying.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    automaton: Option<AhoCorasick>,
    secrets: Vec<SecretString>,
    marks: Vec<String>,
    short: Vec<SecretString>,
}

impl Redactor {
    /// A redactor for these secrets. Ones shorter than four bytes are found only as whole values: between quotes (and no key of
    /// JSON), behind `=` in forms and cookies, behind `: ` to the end of a line.
    pub fn new<I, S>(secrets: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut secrets: Vec<String> =
            secrets.into_iter().map(|s| s.as_ref().to_owned()).filter(|s| !s.is_empty()).collect();
        secrets.sort();
        secrets.dedup();
        let (secrets, short): (Vec<String>, Vec<String>) =
            secrets.into_iter().partition(|secret| secret.len() >= SHORTEST);
        let short = short.into_iter().map(SecretString::from).collect();
        let marks = secrets.iter().map(|s| mark(s.as_bytes())).collect();
        let automaton = AhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&secrets)
            .ok()
            .filter(|_| !secrets.is_empty());
        let secrets = secrets.into_iter().map(SecretString::from).collect();
        Redactor { automaton, secrets, marks, short }
    }

    /// A redactor for the secrets of both.
    pub fn joined(self, other: Redactor) -> Self {
        let all = [&self.secrets, &self.short, &other.secrets, &other.short];
        Redactor::new(all.into_iter().flatten().map(|secret| secret.expose_secret()))
    }

    /// The text without its secrets.
    pub fn scrub(&self, text: &str) -> String {
        let mut clean = match &self.automaton {
            Some(automaton) => automaton.replace_all(text, &self.marks),
            None => text.to_owned(),
        };
        for secret in &self.short {
            clean = without_value(&clean, secret.expose_secret());
        }
        clean
    }
}

/// The text with a mark wherever this is the whole of a value.
fn without_value(text: &str, secret: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in text.match_indices(secret) {
        let (before, after) = (&text[..at], &text[at + secret.len()..]);
        if at >= from && is_value(before, after) {
            out.push_str(&text[from..at]);
            out.push_str(&mark(secret.as_bytes()));
            from = at + secret.len();
        }
    }
    out + &text[from..]
}

/// Whether what stands between these is a value by itself.
fn is_value(before: &str, after: &str) -> bool {
    let next = after.chars().next();
    let ends = next.is_none_or(|c| c.is_whitespace() || "&;,}'\"\\".contains(c));
    match before.chars().next_back() {
        Some(quote @ ('"' | '\'')) => {
            // In a string of JSON that holds JSON, the quote behind is escaped as well.
            let rest = after.trim_start_matches('\\').strip_prefix(quote);
            rest.is_some_and(|rest| !rest.trim_start().starts_with(':'))
        }
        Some('=') => ends,
        Some(' ') => before.ends_with(": ") && next.is_none_or(|c| "\r\n,}".contains(c)),
        _ => false,
    }
}

/// Of this process, and told to nobody.
static KEY: LazyLock<[u8; 32]> = LazyLock::new(rand::random);

/// What stands in a secret's place: eight hex digits of a digest under this process's key. Nothing tells its length.
pub fn mark(secret: &[u8]) -> String {
    let digest = Sha256::new().chain_update(*KEY).chain_update(secret).finalize();
    let prefix: String = digest.iter().take(4).map(|b| format!("{b:02x}")).collect();
    format!("[redacted {prefix}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_every_occurrence_and_keeps_identity() {
        let redactor = Redactor::new(["hunter2-hunter2", "tok-123456"]);
        let out = redactor.scrub("a=hunter2-hunter2 b=tok-123456 c=hunter2-hunter2");
        assert!(!out.contains("hunter2") && !out.contains("tok-123456"));
        assert_eq!(out.matches(&mark(b"hunter2-hunter2")).count(), 2);
    }

    #[test]
    fn a_mark_cannot_be_tried_for() {
        // The first digits of the plain digest, as anybody can compute them.
        assert!(!mark(b"password").ends_with("5e884898]"), "{}", mark(b"password"));
        assert_eq!(mark(b"password"), mark(b"password"));
    }

    #[test]
    fn prefers_the_longest_secret_at_a_place() {
        let redactor = Redactor::new(["secret", "secret-longer"]);
        assert_eq!(redactor.scrub("secret-longer"), mark(b"secret-longer"));
    }

    #[test]
    fn leaves_text_alone_without_secrets() {
        assert_eq!(Redactor::default().scrub("plain"), "plain");
        assert_eq!(Redactor::new(["", "abc"]).scrub("abc"), "abc");
    }

    #[test]
    fn a_short_secret_goes_where_it_is_a_whole_value() {
        let redactor = Redactor::default().joined(Redactor::new(["p1", "longer-one"]));
        for (text, clean) in [
            (r#"{"password": "p1", "p1": "x"}"#, r#"{"password": "@", "p1": "x"}"#),
            (r#"{\"password\":\"p1\"}"#, r#"{\"password\":\"@\"}"#),
            ("user=ada&password=p1&p1=2", "user=ada&password=@&p1=2"),
            ("password=p1", "password=@"),
            ("X-Key: p1\r\nHost: p1.example", "X-Key: @\r\nHost: p1.example"),
            ("Cookie: key=p1; top1=3", "Cookie: key=@; top1=3"),
            ("step1 and p1 in a sentence", "step1 and p1 in a sentence"),
        ] {
            assert_eq!(redactor.scrub(text), clean.replace('@', &mark(b"p1")), "{text}");
        }
    }

    #[test]
    fn a_mark_does_not_tell_the_length() {
        assert_eq!(mark(b"abcd").len(), mark(b"a much longer secret than that").len());
    }
}
