//! Whether a text is a structured-field dictionary (RFC 9651 3.2), as `Permissions-Policy` must be.

/// Whether browsers can read the text as a dictionary.
pub fn is_dictionary(text: &str) -> bool {
    let mut reader = Reader { rest: text.trim_matches(' ').as_bytes() };
    if reader.rest.is_empty() {
        return true;
    }
    loop {
        if !reader.member() {
            return false;
        }
        reader.blanks();
        if reader.rest.is_empty() {
            return true;
        }
        if !reader.takes(b',') {
            return false;
        }
        reader.blanks();
        if reader.rest.is_empty() {
            return false;
        }
    }
}

/// The token of an item that is one (RFC 9651 3.3.4), without its parameters.
pub fn token(text: &str) -> Option<&str> {
    let text = text.trim_matches(' ');
    let mut reader = Reader { rest: text.as_bytes() };
    if !reader.rest.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'*') || !reader.bare() {
        return None;
    }
    let length = text.len() - reader.rest.len();
    (reader.parameters() && reader.rest.is_empty()).then(|| text.get(..length)).flatten()
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn takes(&mut self, wanted: u8) -> bool {
        let found = self.rest.first() == Some(&wanted);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn skip(&mut self, test: impl Fn(u8) -> bool) -> usize {
        let count = self.rest.iter().take_while(|b| test(**b)).count();
        self.rest = &self.rest[count..];
        count
    }

    fn blanks(&mut self) {
        self.skip(|b| b == b' ' || b == b'\t');
    }

    fn member(&mut self) -> bool {
        if !self.key() {
            return false;
        }
        let value = if self.takes(b'=') { self.item_or_list() } else { true };
        value && self.parameters()
    }

    fn key(&mut self) -> bool {
        let starts = self.rest.first().is_some_and(|b| b.is_ascii_lowercase() || *b == b'*');
        starts && self.skip(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.*".contains(&b)) > 0
    }

    fn parameters(&mut self) -> bool {
        while self.takes(b';') {
            self.skip(|b| b == b' ');
            if !self.key() || (self.takes(b'=') && !self.bare()) {
                return false;
            }
        }
        true
    }

    fn item_or_list(&mut self) -> bool {
        if !self.takes(b'(') {
            return self.bare();
        }
        loop {
            self.skip(|b| b == b' ');
            if self.takes(b')') {
                return true;
            }
            if !self.bare() || !self.parameters() {
                return false;
            }
            if !matches!(self.rest.first(), Some(b' ' | b')')) {
                return false;
            }
        }
    }

    /// A string, token, number, boolean or byte sequence.
    fn bare(&mut self) -> bool {
        match self.rest.first() {
            Some(b'"') => self.string(),
            Some(b'?') => self.takes(b'?') && (self.takes(b'0') || self.takes(b'1')),
            Some(b':') => {
                self.takes(b':')
                    && {
                        self.skip(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
                        true
                    }
                    && self.takes(b':')
            }
            Some(b) if b.is_ascii_digit() || *b == b'-' => {
                self.takes(b'-');
                let whole = self.skip(|b| b.is_ascii_digit());
                let fraction = !self.takes(b'.') || self.skip(|b| b.is_ascii_digit()) > 0;
                whole > 0 && fraction
            }
            Some(b) if b.is_ascii_alphabetic() || *b == b'*' => {
                self.skip(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&b)) > 0
            }
            _ => false,
        }
    }

    fn string(&mut self) -> bool {
        self.takes(b'"');
        loop {
            self.skip(|b| (0x20..0x7f).contains(&b) && b != b'"' && b != b'\\');
            if self.takes(b'"') {
                return true;
            }
            if !(self.takes(b'\\') && (self.takes(b'"') || self.takes(b'\\'))) {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_permissions_policies() {
        for good in [
            "camera=(), microphone=()",
            "geolocation=(self \"https://maps.test\"), fullscreen=*",
            "camera=self;report-to=endpoint",
            "a, b=?1, c=:aGk=:, d=-1.5",
            "",
        ] {
            assert!(is_dictionary(good), "{good}");
        }
        for bad in [
            "camera 'none'; microphone 'none'",
            "camera=(",
            "camera=(),",
            "Camera=()",
            "camera=(a,b)",
            "a=\"x",
            "=1",
        ] {
            assert!(!is_dictionary(bad), "{bad}");
        }
    }

    #[test]
    fn reads_tokens() {
        assert_eq!(token(" same-origin; report-to=\"x\""), Some("same-origin"));
        for bad in ["", "same-origin, same-origin", "\"same-origin\"", "same-origin x", "same-origin;", "7"] {
            assert_eq!(token(bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in ".{0,200}", near in "[a-z0-9=()*?:@%;,\"' \\\\.-]{0,60}") {
            let _ = (is_dictionary(&near), token(&near), token(&text));
            let _ = is_dictionary(&text);
        }
    }
}
