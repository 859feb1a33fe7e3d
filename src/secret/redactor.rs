//! Takes known secrets out of foreign text.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{value, vocabulary};

/// Shorter secrets go only where they are a value: replacing every `a` would destroy the text and hide nothing.
const SHORTEST: usize = 4;

/// Replaces every known secret in a text by a mark with a hash prefix; very short ones and common words (`test`, `password`) only
/// where they are a whole value.
///
/// Within a run the mark is the same for the same secret, so that two pieces of evidence can still be seen to hold
/// the same value: `[redacted 9f86d081]`. In another run it is another: nobody can find the value by trying.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    automaton: Option<AhoCorasick>,
    secrets: Vec<SecretString>,
    marks: Vec<String>,
    /// Those that go only where they are a value.
    values: Vec<SecretString>,
}

impl Redactor {
    /// A redactor for these secrets. Ones shorter than four bytes, and words that every log and every answer has, are found only
    /// as whole values: a field `password` says nothing of a password that is `password`, and without it nobody can read the rest.
    pub fn new<I, S>(secrets: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut secrets: Vec<String> =
            secrets.into_iter().map(|s| s.as_ref().to_owned()).filter(|s| !s.is_empty()).collect();
        secrets.sort();
        secrets.dedup();
        let (secrets, values): (Vec<String>, Vec<String>) = secrets
            .into_iter()
            .partition(|secret| secret.len() >= SHORTEST && !vocabulary::is_common(secret));
        let values = values.into_iter().map(SecretString::from).collect();
        let marks = secrets.iter().map(|s| mark(s.as_bytes())).collect();
        let automaton = AhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&secrets)
            .ok()
            .filter(|_| !secrets.is_empty());
        let secrets = secrets.into_iter().map(SecretString::from).collect();
        Redactor { automaton, secrets, marks, values }
    }

    /// A redactor for the secrets of both.
    pub fn joined(self, other: Redactor) -> Self {
        let all = [&self.secrets, &self.values, &other.secrets, &other.values];
        Redactor::new(all.into_iter().flatten().map(|secret| secret.expose_secret()))
    }

    /// The text without its secrets.
    pub fn scrub(&self, text: &str) -> String {
        let mut clean = match &self.automaton {
            Some(automaton) => automaton.replace_all(text, &self.marks),
            None => text.to_owned(),
        };
        for secret in self.values.iter().map(SecretString::expose_secret) {
            clean = value::without(&clean, secret, &mark(secret.as_bytes()));
        }
        clean
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
        let redactor = Redactor::new(["s3cret", "s3cret-longer"]);
        assert_eq!(redactor.scrub("s3cret-longer"), mark(b"s3cret-longer"));
    }

    #[test]
    fn leaves_text_alone_without_secrets() {
        assert_eq!(Redactor::default().scrub("plain"), "plain");
        assert_eq!(Redactor::new(["", "abc"]).scrub("abc d"), "abc d");
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
    fn a_common_word_leaves_the_text_readable_and_its_values_go() {
        let redactor = Redactor::new(["password", "s3cret-s3cret"]);
        let text = r#"POST /accounts/password/ {"password": "password"} {"password": ["This field is required."]} s3cret-s3cretX"#;
        let clean = redactor.scrub(text);
        assert_eq!(
            clean,
            text.replace("\"password\"}", &format!("\"{}\"}}", mark(b"password")))
                .replace("s3cret-s3cret", &mark(b"s3cret-s3cret"))
        );
    }

    #[test]
    fn no_other_secret_is_spared_anywhere() {
        // A word in it, around it, or in other letters makes no secret common.
        for secret in
            ["password1", "test-1234", "notatest", "hunter22", "s3cr3t", "tést", "test test", "4test"]
        {
            let redactor = Redactor::new([secret]);
            for text in ["/a/@/b", "x@x", "the @ of it", "{\"@\": 1}", "@"] {
                let clean = redactor.scrub(&text.replace('@', secret));
                assert_eq!(clean, text.replace('@', &mark(secret.as_bytes())), "{secret}");
            }
        }
    }

    #[test]
    fn a_mark_does_not_tell_the_length() {
        assert_eq!(mark(b"abcd").len(), mark(b"a much longer secret than that").len());
    }
}
