//! `Set-Cookie` as a browser reads it: RFC 6265bis 5.6 (the algorithm), 5.1.1 (its dates) and what of 5.7 (storing it) needs no
//! more than the line. One thing is read further than a browser would: a cookie of more than 4096 bytes, which CK-SIZE judges.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// `SameSite`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SameSite {
    /// Not given.
    Absent,
    /// `Strict`.
    Strict,
    /// `Lax`.
    Lax,
    /// `None`.
    None,
    /// Anything else: browsers treat it as absent.
    Unknown(String),
}

/// One parsed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetCookie {
    /// Name; empty for a nameless cookie.
    pub name: String,
    /// Value; a secret more often than not.
    pub value: String,
    /// `Secure`.
    pub secure: bool,
    /// `HttpOnly`.
    pub http_only: bool,
    /// `SameSite`, the last one given.
    pub same_site: SameSite,
    /// `Path`, the last one given; absent unless it starts with `/`.
    pub path: Option<String>,
    /// `Domain`, the last one given, without a leading dot, lower case.
    pub domain: Option<String>,
    /// Seconds of `Max-Age`, the last valid one given.
    pub max_age: Option<i64>,
    /// `Expires`, the last valid one given.
    pub expires: Option<Timestamp>,
    /// Bytes of name and value, as they were sent.
    pub size: usize,
}

/// An attribute with a longer value is ignored (5.6).
const LONGEST_ATTRIBUTE: usize = 1024;

impl SetCookie {
    /// Parses a line; `None` when a browser would ignore it: control characters, neither name nor value, the value of a
    /// nameless cookie that begins like a prefixed name, a domain that is not ASCII.
    pub fn parse(line: &[u8]) -> Option<Self> {
        if line.iter().any(|b| matches!(b, 0..=8 | 10..=31 | 127)) {
            return None;
        }
        let mut parts = line.split(|b| *b == b';');
        let (name, value) = pair(parts.next().unwrap_or_default()).unwrap_or_else(|value| (&[], value));
        if name.is_empty() && (value.is_empty() || prefixed(value)) {
            return None;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut cookie = SetCookie {
            name: text(name),
            value: text(value),
            secure: false,
            http_only: false,
            same_site: SameSite::Absent,
            path: None,
            domain: None,
            max_age: None,
            expires: None,
            size: name.len() + value.len(),
        };
        for part in parts {
            let (name, value) = pair(part).unwrap_or_else(|name| (name, &[]));
            if value.len() <= LONGEST_ATTRIBUTE {
                cookie.attribute(&text(name).to_ascii_lowercase(), &text(value));
            }
        }
        cookie.domain.as_ref().is_none_or(|domain| domain.is_ascii()).then_some(cookie)
    }

    fn attribute(&mut self, name: &str, value: &str) {
        match name {
            "secure" => self.secure = true,
            "httponly" => self.http_only = true,
            "samesite" => {
                self.same_site = match value.to_ascii_lowercase().as_str() {
                    "strict" => SameSite::Strict,
                    "lax" => SameSite::Lax,
                    "none" => SameSite::None,
                    _ => SameSite::Unknown(value.to_owned()),
                };
            }
            "path" => self.path = value.starts_with('/').then(|| value.to_owned()),
            "domain" => {
                let domain = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase();
                self.domain = (!domain.is_empty()).then_some(domain);
            }
            "max-age" => self.max_age = max_age(value).or(self.max_age),
            "expires" => self.expires = date(value).or(self.expires),
            _ => {}
        }
    }

    /// Seconds it lives from now on; `None` for a session cookie. `Max-Age` goes before `Expires`.
    pub fn lifetime(&self, now: Timestamp) -> Option<i64> {
        self.max_age.or_else(|| self.expires.map(|at| at.as_second().saturating_sub(now.as_second())))
    }

    /// Whether the line deletes the cookie.
    pub fn deletes(&self, now: Timestamp) -> bool {
        self.lifetime(now).is_some_and(|seconds| seconds <= 0)
    }
}

/// What stands before and after the first `=`; without one, all of it. Blanks around either are no part of it: of
/// white space, that is spaces and tabs alone.
fn pair(part: &[u8]) -> Result<(&[u8], &[u8]), &[u8]> {
    let Some(at) = part.iter().position(|b| *b == b'=') else { return Err(trim(part)) };
    let (name, value) = part.split_at(at);
    Ok((trim(name), trim(value.get(1..).unwrap_or_default())))
}

fn trim(bytes: &[u8]) -> &[u8] {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let start = bytes.iter().position(|b| !blank(b)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|b| !blank(b)).map_or(start, |last| last + 1);
    bytes.get(start..end).unwrap_or_default()
}

/// Whether a server that splits at the first `=` would read a prefixed name into it.
fn prefixed(value: &[u8]) -> bool {
    [b"__Secure-".as_slice(), b"__Host-"]
        .iter()
        .any(|prefix| value.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
}

/// A `-` and digits, or digits; a number too large counts as the largest.
fn max_age(value: &str) -> Option<i64> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let most = if value.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(value.parse().unwrap_or(most))
}

/// The cookie-date algorithm: tokens in any order, the first that fits each part counts.
fn date(value: &str) -> Option<Timestamp> {
    let delimiter = |c: char| matches!(c, '\t' | ' '..='/' | ';'..='@' | '['..='`' | '{'..='~');
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in value.split(delimiter).filter(|token| !token.is_empty()) {
        if time.is_none()
            && let Some(found) = clock(token)
        {
            time = Some(found);
        } else if day.is_none()
            && let Some(found) = leading_number(token, 1, 2)
        {
            day = Some(found);
        } else if month.is_none()
            && let Some(found) = month_of(token)
        {
            month = Some(found);
        } else if year.is_none()
            && let Some(found) = leading_number(token, 2, 4)
        {
            year = Some(found);
        }
    }
    let year = match year? {
        year @ 70..=99 => year + 1900,
        year @ 0..=69 => year + 2000,
        year => year,
    };
    let ((hour, minute, second), day, month) = (time?, day?, month?);
    if year < 1601 {
        return None;
    }
    let small = |n: u32| i8::try_from(n).ok();
    let time = DateTime::new(
        i16::try_from(year).ok()?,
        month,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        0,
    );
    Offset::UTC.to_timestamp(time.ok()?).ok()
}

/// So many digits at the start, then none.
fn leading_number(token: &str, least: usize, most: usize) -> Option<u32> {
    let digits = token.bytes().take_while(u8::is_ascii_digit).count();
    if (least..=most).contains(&digits) { token.get(..digits)?.parse().ok() } else { None }
}

/// Only what follows the seconds may be anything that does not begin with a digit.
fn clock(token: &str) -> Option<(u32, u32, u32)> {
    let (hour, rest) = token.split_once(':')?;
    let (minute, second) = rest.split_once(':')?;
    let whole = |part: &str| {
        let digits = part.bytes().all(|b| b.is_ascii_digit());
        if digits { leading_number(part, 1, 2) } else { None }
    };
    Some((whole(hour)?, whole(minute)?, leading_number(second, 1, 2)?))
}

fn month_of(token: &str) -> Option<i8> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = token.get(..3)?.to_ascii_lowercase();
    MONTHS.iter().position(|month| *month == start).and_then(|i| i8::try_from(i + 1).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(line: &str) -> SetCookie {
        SetCookie::parse(line.as_bytes()).unwrap()
    }

    #[test]
    fn reads_attributes_in_any_case_and_order() {
        let cookie =
            parse("sid=a=b; path=/x; SECURE; httponly; Samesite=LAX; Domain=.Example.test; Max-Age=60");
        assert_eq!((cookie.name.as_str(), cookie.value.as_str()), ("sid", "a=b"));
        assert!(cookie.secure && cookie.http_only);
        assert_eq!(cookie.same_site, SameSite::Lax);
        assert_eq!(cookie.path.as_deref(), Some("/x"));
        assert_eq!(cookie.domain.as_deref(), Some("example.test"));
        assert_eq!(cookie.lifetime(Timestamp::UNIX_EPOCH), Some(60));
    }

    #[test]
    fn malformed_forms_are_read_as_browsers_do() {
        assert_eq!(parse("lonely").name, "", "no `=`: a nameless cookie");
        assert_eq!(parse("lonely").value, "lonely");
        assert_eq!(parse("=v").value, "v");
        assert_eq!(SetCookie::parse(b""), None);
        assert_eq!(SetCookie::parse(b" = ; Secure"), None);
        assert_eq!(SetCookie::parse(b"a=b\x00c"), None, "control characters: ignored");
        assert_eq!(SetCookie::parse(b"a=b\nc"), None);
        assert_eq!(parse("a=b; Path=relative").path, None);
        assert_eq!(parse("a=b; SameSite").same_site, SameSite::Unknown(String::new()));
        assert_eq!(parse("a=b; Max-Age=1.5").max_age, None);
        assert_eq!(parse("a=b; Max-Age=+5").max_age, None);
        assert_eq!(parse("a=b; Max-Age=99999999999999999999").max_age, Some(i64::MAX));
        assert_eq!(parse("a=b; Max-Age=5; Max-Age=x").max_age, Some(5), "an invalid one changes nothing");
        assert_eq!(parse("a=\"quoted\"").value, "\"quoted\"", "quotes are part of the value");
    }

    #[test]
    fn reads_dates_in_every_usual_form() {
        let wanted: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        for form in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "06 nov 1994 8:49:37",
        ] {
            assert_eq!(date(form), Some(wanted), "{form}");
        }
        for wrong in ["", "tomorrow", "32 Nov 1994 08:49:37", "06 Nov 1994 25:00:00", "06 Nov 1500 00:00:00"]
        {
            assert_eq!(date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn max_age_goes_before_expires() {
        let now = Timestamp::from_second(1_000_000_000).unwrap();
        assert!(parse("a=; Max-Age=0").deletes(now));
        assert!(parse("a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT").deletes(now));
        assert!(!parse("a=b; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT").deletes(now));
        assert!(!parse("a=b").deletes(now), "a session cookie lives");
    }

    proptest! {
        #[test]
        fn never_panics(line in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Some(cookie) = SetCookie::parse(&line) {
                prop_assert!(cookie.size > 0);
            }
        }

        #[test]
        fn dates_never_panic(text in "[0-9A-Za-z:;, -]{0,60}") {
            let _ = date(&text);
        }
    }
}
