//! What an error must not tell: stack traces, statements, paths, names of libraries.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::check::{Level, Observation};
use crate::wire::{Response, printable};

/// How an error gives itself away: level, what it is, and the pattern.
static SIGNS: LazyLock<Vec<(Level, &'static str, Regex)>> = LazyLock::new(|| {
    [
        (Level::Fail, "a Python traceback", r"Traceback \(most recent call last\)"),
        (Level::Fail, "a Python stack frame", r#"File "/[^"\n]{1,200}", line \d+"#),
        (Level::Fail, "a Java stack frame", r"\bat [\w.$]+\([\w]+\.java:\d+\)"),
        (Level::Fail, "a Node stack frame", r"\bat .{1,80} \(/[^)\n]{1,200}\.m?js:\d+:\d+\)"),
        (Level::Fail, "an error of the database", r"(?i)\b(?:psycopg2?|sqlite3|MySQLdb|django\.db\.utils)\.\w*Error|OperationalError|ProgrammingError|no such (?:table|column)\b|database is locked|too many connections|SQLSTATE\["),
        (Level::Fail, "an SQL statement", r#"(?:SELECT|INSERT INTO|UPDATE|DELETE FROM) ["`\w.*, ()=%]{3,200} (?:FROM|VALUES|SET|WHERE)\b"#),
        (Level::Fail, "names of environment variables", r"\b(?:DJANGO_SETTINGS_MODULE|SECRET_KEY|DATABASE_URL|AWS_SECRET_ACCESS_KEY)\b"),
        (Level::Warn, "a path of the server", r"(?:/home/|/srv/|/var/www/|/opt/|/usr/lib/python)[\w./-]{3,}"),
        (Level::Warn, "a library's name", r"(?i)\b(?:PyJWT|python-jose|jsonwebtoken|jwt\.exceptions|rest_framework\.exceptions|simplejwt)\b"),
        (Level::Warn, "an upstream's address", r"\b(?:upstream|connect\(\) to|proxy_pass)\b.{0,40}(?:127\.0\.0\.1|10\.\d+\.\d+\.\d+|unix:)[:/\w.]*"),
    ]
    .into_iter()
    // The patterns are ours, and a test compiles each.
    .filter_map(|(level, what, pattern)| Some((level, what, Regex::new(pattern).ok()?)))
    .collect()
});

/// The worst sign in a body, and the text that gave it away.
pub fn found(answer: &Response) -> Option<(Level, String)> {
    let seen = SIGNS.iter().filter_map(|(level, what, pattern)| {
        let text = pattern.find(&answer.body)?;
        Some((*level, format!("{what}: `{}`", printable(&String::from_utf8_lossy(text.as_bytes()), 120))))
    });
    seen.max_by_key(|(level, _)| *level)
}

/// The same as an observation on the exchange at this position.
pub fn observed(index: usize, answer: &Response) -> Option<Observation> {
    let (level, detail) = found(answer)?;
    Some(Observation::new(level, index, "error", format!("{}: {detail}", answer.status)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(body: &str) -> Option<Level> {
        let answer = Response { body: body.as_bytes().to_vec(), ..Response::default() };
        found(&answer).map(|(level, _)| level)
    }

    #[test]
    fn signs_are_told_from_words() {
        assert_eq!(SIGNS.len(), 10, "every pattern compiles");
        for (body, level) in [
            ("Traceback (most recent call last):\n  File \"/srv/a.py\", line 3, in x", Some(Level::Fail)),
            ("django.db.utils.OperationalError: database is locked", Some(Level::Fail)),
            ("no such table: notes_note", Some(Level::Fail)),
            ("SELECT id FROM notes WHERE owner = 3", Some(Level::Fail)),
            ("see /var/www/app/settings.py", Some(Level::Warn)),
            ("rest_framework.exceptions.NotAuthenticated", Some(Level::Warn)),
            ("{\"detail\":\"Given token not valid for any token type\",\"code\":\"token_not_valid\"}", None),
            ("Please SELECT a room and UPDATE your profile", None),
            ("", None),
        ] {
            assert_eq!(says(body), level, "{body}");
        }
    }
}
