//! Header lines of credentials, ready to be copied into requests.

use super::request::{breaks_line, push_line};
use crate::auth::Credential;
use crate::secret::{ExposeSecret, SecretString};

/// The lines of an auth's users, one user's after the other's: with thousands of users the next one's are near.
#[derive(Clone, Default)]
pub(super) struct CredentialLines {
    bytes: Vec<u8>,
    /// By user.
    places: Vec<Place>,
    /// Bytes that are nobody's any more.
    lost: usize,
}

#[derive(Clone, Copy)]
struct Place {
    start: usize,
    /// Bytes it may take, at least `all`.
    room: usize,
    /// Bytes of the lines for every method.
    safe: usize,
    /// Bytes of all lines, those for methods that change something behind the others.
    all: usize,
    broken: bool,
}

/// Lines of one user.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    /// All of them, for methods that change something.
    pub(super) all: &'a [u8],
    /// How many of the bytes are for the other methods too: the first ones.
    pub(super) safe: usize,
    /// Whether one holds a line break: they must not be sent.
    pub(super) broken: bool,
}

impl CredentialLines {
    pub(super) fn new(users: &[Credential]) -> Self {
        let mut lines = CredentialLines::default();
        for credential in users {
            let place = lines.push(credential);
            lines.places.push(place);
        }
        lines
    }

    fn push(&mut self, credential: &Credential) -> Place {
        let start = self.bytes.len();
        let mut broken = false;
        let mut push = |lines: &[(String, SecretString)]| {
            for (name, value) in lines {
                let value = value.expose_secret().as_bytes();
                broken |= breaks_line(name.as_bytes()) || breaks_line(value);
                push_line(&mut self.bytes, name, value);
            }
            self.bytes.len() - start
        };
        let safe = push(&credential.headers);
        let all = push(&credential.unsafe_headers);
        Place { start, room: all, safe, all, broken }
    }

    /// A user's; `None` for a user who has none.
    pub(super) fn of(&self, user: usize) -> Option<Lines<'_>> {
        let Place { start, safe, all, broken, .. } = *self.places.get(user)?;
        Some(Lines { all: self.bytes.get(start..start + all)?, safe, broken })
    }

    /// Takes a user's new credential for the old one: in its place, where it is no longer than the longest yet.
    pub(super) fn renew(&mut self, user: usize, credential: &Credential) {
        let Some(&old) = self.places.get(user) else { return };
        let mut new = self.push(credential);
        if new.all <= old.room {
            self.bytes.copy_within(new.start.., old.start);
            self.bytes.truncate(new.start);
            new = Place { start: old.start, room: old.room, ..new };
        } else {
            self.lost += old.room;
        }
        self.places[user] = new;
        if self.lost > self.bytes.len() / 2 {
            self.tidy();
        }
    }

    fn tidy(&mut self) {
        let old = std::mem::take(&mut self.bytes);
        self.lost = 0;
        for place in &mut self.places {
            let lines = &old[place.start..place.start + place.all];
            (place.start, place.room) = (self.bytes.len(), place.all);
            self.bytes.extend_from_slice(lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(token: &str) -> Credential {
        let line = |name: &str| (name.to_owned(), SecretString::from(token.to_owned()));
        Credential {
            headers: vec![line("Authorization")],
            unsafe_headers: vec![line("X-CSRFToken")],
            ..Credential::default()
        }
    }

    fn all(lines: &CredentialLines, user: usize) -> &str {
        std::str::from_utf8(lines.of(user).unwrap().all).unwrap()
    }

    #[test]
    fn each_user_has_lines_of_their_own() {
        let lines = CredentialLines::new(&[credential("a"), credential("bb")]);
        assert_eq!(all(&lines, 1), "Authorization: bb\r\nX-CSRFToken: bb\r\n");
        assert_eq!(lines.of(0).unwrap().safe, "Authorization: a\r\n".len());
        assert!(lines.of(2).is_none());
    }

    #[test]
    fn a_line_break_is_known() {
        let mut lines = CredentialLines::new(&[credential("a\r\nHost: b"), credential("c")]);
        assert!(lines.of(0).unwrap().broken);
        assert!(all(&lines, 1).starts_with("Authorization: c"));
        lines.renew(0, &credential("d"));
        assert!(!lines.of(0).unwrap().broken && all(&lines, 0).starts_with("Authorization: d"));
    }

    #[test]
    fn renewals_keep_the_others_lines_and_no_old_ones() {
        let mut lines = CredentialLines::new(&[credential("a"), credential("b"), credential("c")]);
        for n in 0..1_000 {
            // Now longer, now shorter than before, and ever longer in the end.
            let long = if n < 500 { n * 7 % 40 } else { n };
            lines.renew(1, &credential(&"x".repeat(long)));
            assert!(all(&lines, 0).ends_with(": a\r\n") && all(&lines, 2).ends_with(": c\r\n"));
            assert!(all(&lines, 1).ends_with(&format!(": {}\r\n", "x".repeat(long))));
            let live: usize = lines.places.iter().map(|place| place.room).sum();
            assert!(lines.bytes.len() <= 2 * live, "{} for {live}", lines.bytes.len());
        }
        lines.renew(9, &credential("nobody's"));
        assert!(lines.of(9).is_none());
    }
}
