//! Takes known secrets out of foreign text.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// Shorter secrets are left alone: replacing every `a` would destroy the text and hide nothing.
const SHORTEST: usize = 4;

/// Replaces every known secret in a text by a mark with its length and a hash prefix.
///
/// Within a run the mark is the same for the same secret, so that two pieces of evidence can still be seen to hold
/// the same value: `[redacted 40 b 9f86d081]`. In another run it is another: nobody can find the value by trying.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    automaton: Option<AhoCorasick>,
    secrets: Vec<SecretString>,
    marks: Vec<String>,
}

impl Redactor {
    /// A redactor for these secrets; ones shorter than four bytes are ignored.
    pub fn new<I, S>(secrets: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut secrets: Vec<String> =
            secrets.into_iter().map(|s| s.as_ref().to_owned()).filter(|s| s.len() >= SHORTEST).collect();
        secrets.sort();
        secrets.dedup();
        let marks = secrets.iter().map(|s| mark(s.as_bytes())).collect();
        let automaton = AhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&secrets)
            .ok()
            .filter(|_| !secrets.is_empty());
        let secrets = secrets.into_iter().map(SecretString::from).collect();
        Redactor { automaton, secrets, marks }
    }

    /// A redactor for the secrets of both.
    pub fn joined(self, other: Redactor) -> Self {
        Redactor::new(self.secrets.iter().chain(&other.secrets).map(|secret| secret.expose_secret()))
    }

    /// The text without its secrets.
    pub fn scrub(&self, text: &str) -> String {
        match &self.automaton {
            Some(automaton) => automaton.replace_all(text, &self.marks),
            None => text.to_owned(),
        }
    }
}

/// Of this process, and told to nobody.
static KEY: LazyLock<[u8; 32]> = LazyLock::new(rand::random);

/// What stands in a secret's place: its length in bytes and eight hex digits of a digest under this process's key.
pub fn mark(secret: &[u8]) -> String {
    let digest = Sha256::new().chain_update(*KEY).chain_update(secret).finalize();
    let prefix: String = digest.iter().take(4).map(|b| format!("{b:02x}")).collect();
    format!("[redacted {} b {prefix}]", secret.len())
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
}
