//! Secrets that people choose, and the search among them. Nothing is sent: the token itself tells.
//!
//! Two sources: words from documentation, frameworks and tutorials with the usual beginnings and ends, put together here;
//! and the common passwords of Django 5.2 (`django.contrib.auth`, BSD-3-Clause, `common_passwords.LICENSE` beside it).

use std::collections::HashSet;
use std::io::Read as _;
use std::sync::OnceLock;

use super::issued::signs;
use super::token::Jwt;

const PASSWORDS: &[u8] = include_bytes!("common_passwords.txt.gz");
/// Secrets of documentation and examples, as they stand there.
const EXAMPLES: &[&str] = &[
    "secret",
    "your-256-bit-secret",
    "your-384-bit-secret",
    "your-512-bit-secret",
    "a-string-secret-at-least-256-bits-long",
    "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
    "your_jwt_secret",
    "your-jwt-secret",
    "jwt-secret",
    "jwt_secret",
    "JWT_SECRET",
    "jwtsecret",
    "shhhhh",
    "shhhhhared-secret",
    "keyboard cat",
    "changeme",
    "change-me",
    "change_me",
    "CHANGE_ME",
    "ChangeMe",
    "changeit",
    "please-change-me",
    "replace-me",
    "replaceme",
    "REPLACE_ME",
    "todo",
    "insecure",
    "not-secret",
    "notasecret",
    "default",
    "example",
    "example_key",
    "example-key",
    "my_secret_key",
    "mysecretkey",
    "my-secret-key",
    "my-secret",
    "mysecret",
    "MySecretKey",
    "super-secret",
    "supersecret",
    "super_secret",
    "super-secret-key",
    "super_secret_key",
    "supersecretkey",
    "top-secret",
    "topsecret",
    "top_secret",
    "secret-key",
    "secret_key",
    "secretkey",
    "SECRET_KEY",
    "SECRET",
    "Secret",
    "secretpassword",
    "secret123",
    "s3cr3t",
    "s3cret",
    "$ecret",
    "password",
    "passw0rd",
    "p@ssw0rd",
    "hmac",
    "hmac-secret",
    "symmetric_key",
    "private",
    "private_key",
    "privatekey",
    "public",
    "key",
    "token",
    "tokenkey",
    "tokensecret",
    "jwt",
    "jwtkey",
    "hs256-secret",
    "HS256",
    "test",
    "testing",
    "test-secret",
    "testsecret",
    "dev",
    "development",
    "dev-secret",
    "devsecret",
    "staging",
    "production",
    "prod",
    "local",
    "localhost",
    "api",
    "api-key",
    "apikey",
    "api_secret",
    "app",
    "app-secret",
    "appsecret",
    "session-secret",
    "sessionsecret",
    "cookie-secret",
    "auth-secret",
    "authsecret",
    "access-secret",
    "refresh-secret",
    "access_token_secret",
    "refresh_token_secret",
    "ACCESS_TOKEN_SECRET",
    "REFRESH_TOKEN_SECRET",
    "some-secret",
    "somesecret",
    "some-key",
    "server-secret",
    "client-secret",
    "shared-secret",
    "sharedsecret",
    "random",
    "random-secret",
    "randomstring",
    "qwertyuiopasdfghjklzxcvbnm123456",
    "abcdefghijklmnopqrstuvwxyz",
    "abcdefghijklmnopqrstuvwxyz123456",
    "0123456789abcdef",
    "0123456789abcdef0123456789abcdef",
    "00000000000000000000000000000000",
    "12345678901234567890123456789012",
    "thisisasecret",
    "this-is-a-secret",
    "this is a secret",
    "thisismysecret",
    "this-is-my-secret",
    "thisisasecretkey",
    "this_is_a_secret_key",
    "this-is-a-very-secret-key",
    "verysecret",
    "very-secret",
    "very_secret_key",
    "dont-tell-anyone",
    "donttellanyone",
    "foobar",
    "foo",
    "bar",
    "lorem",
    "hello",
    "helloworld",
    "hello-world",
    "AllYourBase",
    "GawgguFyGrWKav7AX4VKUg",
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "dev-only-secret",
    "dev-only",
    "for-development-only",
    "only-for-development",
    "do-not-use-in-production",
    "not-for-production",
    "django-insecure",
    "django-insecure-",
    "django-insecure-secret",
    "django-insecure-change-me",
    "django-insecure-changeme",
    "django-insecure-key",
    "django-insecure-dev",
    "django-insecure-test",
    "django-insecure-please-change-me",
    "flask-secret",
    "laravel",
    "rails",
    "spring",
    "springsecret",
    "express",
    "nestjs",
    "nodejs",
    "node",
    "fastapi",
    "django",
    "symfony",
    "bezKoderSecretKey",
    "javainuse",
    "MY_SECRET_KEY",
    "YOUR_SECRET_KEY",
    "your_secret_key",
    "your-secret-key",
    "yoursecretkey",
    "your-secret",
    "yoursecret",
    "YOUR_SECRET",
    "<your-secret>",
    "<secret>",
    "{{secret}}",
    "${JWT_SECRET}",
    "$JWT_SECRET",
    "process.env.JWT_SECRET",
    "undefined",
    "null",
    "None",
    "nil",
    "true",
    "false",
    "[object Object]",
    "{}",
    "",
    " ",
    "\n",
    "\0",
];
/// What words begin with.
const BEGINNINGS: [&str; 15] = [
    "", "my", "your", "the", "super", "top", "very", "django", "app", "api", "dev", "test", "prod", "auth",
    "simple",
];
/// The words.
const WORDS: [&str; 16] = [
    "secret",
    "key",
    "jwt",
    "token",
    "password",
    "secret-key",
    "jwt-secret",
    "jwt-key",
    "jwt-secret-key",
    "signing-key",
    "token-secret",
    "secret-token",
    "private-key",
    "auth-secret",
    "hmac-key",
    "super-secret-key",
];
/// What they end with.
const ENDS: [&str; 13] =
    ["", "!", "1", "12", "123", "1234", "12345", "123456", "2023", "2024", "2025", "2026", "-for-dev"];

/// A secret that signs a token.
pub struct Found {
    secret: String,
    /// Its place among all that were tried, from 1.
    place: usize,
    tried: usize,
}

impl Found {
    /// Where it stands and how it begins; never the secret itself.
    pub fn in_words(&self) -> String {
        let first = self.secret.chars().next().filter(|c| c.is_ascii_graphic());
        let shown = first.map_or("an unprintable one".to_owned(), |c| format!("`{c}…`"));
        format!(
            "signed with a common secret: number {} of the {} tried, {} bytes, {shown}",
            self.place,
            self.tried,
            self.secret.len()
        )
    }
}

/// The first secret that signs the token: of the common ones, of the scenario's own list, or of the words that lie near
/// for this stack, with the ends that people give them.
pub fn search(token: &Jwt, listed: &[String], words: &[String]) -> Option<Found> {
    let algorithm = token.algorithm()?;
    let varied = varied(words);
    let all = || common().iter().chain(listed).chain(&varied);
    let place = all().position(|secret| signs(secret.as_bytes(), token, algorithm))?;
    Some(Found { secret: all().nth(place)?.clone(), place: place + 1, tried: all().count() })
}

/// Secrets that are tried on every token.
pub fn common() -> &'static [String] {
    static ALL: OnceLock<Vec<String>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut known = HashSet::new();
        let examples = EXAMPLES.iter().map(|text| (*text).to_owned());
        examples.chain(built()).chain(passwords()).filter(|text| known.insert(text.clone())).collect()
    })
}

/// Words with beginnings, ends, joints and cases.
fn built() -> impl Iterator<Item = String> {
    let words = BEGINNINGS.iter().flat_map(|beginning| {
        WORDS.iter().map(move |word| match *beginning {
            "" => (*word).to_owned(),
            beginning => format!("{beginning}-{word}"),
        })
    });
    let joined = words.flat_map(|word| {
        let upper = word.to_ascii_uppercase().replace('-', "_");
        ["-", "_", "", " "].map(|joint| word.replace('-', joint)).into_iter().chain([upper])
    });
    joined.flat_map(|word| ENDS.map(|end| format!("{word}{end}")))
}

/// A stack's own words, with the ends that people give them.
fn varied(own: &[String]) -> Vec<String> {
    let ends = ["", "-secret", "_secret", "secret", "-key", "_key", "-jwt", "-jwt-secret", "123", "!"];
    let words = own.iter().filter(|word| !word.is_empty());
    words.flat_map(|word| ends.map(|end| format!("{word}{end}"))).collect()
}

fn passwords() -> Vec<String> {
    let mut text = String::new();
    // The list is part of the program: what cannot be unpacked fails the test below.
    let _ = flate2::read::GzDecoder::new(PASSWORDS).read_to_string(&mut text);
    text.lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::jwt::token::signed;
    use jsonwebtoken::{Algorithm, EncodingKey};
    use serde_json::json;

    fn token(secret: &str, algorithm: Algorithm) -> Jwt {
        let (header, claims) = (json!({"alg": format!("{algorithm:?}")}), json!({"iss": "notes"}));
        let key = EncodingKey::from_secret(secret.as_bytes());
        Jwt::read(&signed(header.as_object().unwrap(), claims.as_object().unwrap(), &key, algorithm).unwrap())
            .unwrap()
    }

    #[test]
    fn there_are_more_than_thirty_thousand_and_none_stands_twice() {
        assert!(passwords().len() > 19_000);
        assert!(common().len() > 30_000, "{}", common().len());
        let distinct: HashSet<&String> = common().iter().collect();
        assert_eq!(distinct.len(), common().len());
    }

    #[test]
    fn common_ones_are_found_and_not_told() {
        for secret in
            ["your-256-bit-secret", "my_jwt_secret_key123", "MY_JWT_SECRET", "letmein", "", "changeme"]
        {
            for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let found =
                    search(&token(secret, algorithm), &[], &[]).unwrap_or_else(|| panic!("{secret:?}"));
                assert!(secret.is_empty() || !found.in_words().contains(secret), "{}", found.in_words());
                assert!(found.in_words().contains(&format!("of the {} tried", common().len())));
            }
        }
        let own = ["notes".to_owned()];
        assert!(search(&token("notes-jwt-secret", Algorithm::HS256), &[], &own).is_some());
        assert!(search(&token("notes-jwt-secret", Algorithm::HS256), &[], &[]).is_none());
        let long = "Tr0ub4dor&3 and a horse of another colour";
        assert!(search(&token(long, Algorithm::HS256), &[], &own).is_none());
        assert!(search(&token(long, Algorithm::HS256), &[long.to_owned()], &[]).is_some());
    }
}
