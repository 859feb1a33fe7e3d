//! Forms of `Set-Cookie`, the malformed ones above all, each with its reading and the clause of RFC 6265bis (draft 22) that it
//! follows.

use jiff::Timestamp;

use super::set_cookie::{SameSite, SetCookie};

/// How a line is read, in a fixed order and spelling; `ignored` for a line that browsers do not take.
fn reading(line: &[u8]) -> String {
    let Some(cookie) = SetCookie::parse(line) else { return "ignored".to_owned() };
    let mut out = format!("{}={}", cookie.name, cookie.value);
    let mut add = |text: String| {
        out.push_str("; ");
        out.push_str(&text);
    };
    if let Some(domain) = cookie.domain {
        add(format!("domain={domain}"));
    }
    if let Some(path) = cookie.path {
        add(format!("path={path}"));
    }
    if let Some(seconds) = cookie.max_age {
        add(format!("max-age={seconds}"));
    }
    if let Some(at) = cookie.expires {
        add(format!("expires={at}"));
    }
    for (name, set) in [("secure", cookie.secure), ("httponly", cookie.http_only)] {
        if set {
            add(name.to_owned());
        }
    }
    match cookie.same_site {
        SameSite::Absent => {}
        SameSite::Unknown(value) => add(format!("samesite?{value}")),
        known => add(format!("samesite={}", format!("{known:?}").to_ascii_lowercase())),
    }
    out
}

/// Clause, line, reading.
const LINES: &[(&str, &[u8], &str)] = &[
    // 5.6: the line as a whole.
    ("5.6 1: a control character", b"a=b\x00c", "ignored"),
    ("5.6 1: a control character", b"a=b\x08", "ignored"),
    ("5.6 1: a line feed", b"a=b\nSet-Cookie: c=d", "ignored"),
    ("5.6 1: a carriage return", b"a=b\r", "ignored"),
    ("5.6 1: DEL", b"a=b\x7f", "ignored"),
    ("5.6 1: in an attribute too", b"a=b; Path=/\x01", "ignored"),
    ("5.6 1: a tab is none of them", b"a=b\tc", "a=b\tc"),
    ("5.6 2: no semicolon", b"a=b", "a=b"),
    ("5.6 2: the first semicolon ends the value", b"a=\"b;c\"", "a=\"b"),
    ("5.6 3: no equals sign, no name", b"lonely", "=lonely"),
    ("5.6 3: no name, with an attribute", b"lonely; Secure", "=lonely; secure"),
    ("5.6 3: the first equals sign", b"a=b=c", "a=b=c"),
    ("5.6 3: an empty name", b"=v", "=v"),
    ("5.6 3: two equals signs", b"==v", "==v"),
    ("5.6 3: an empty value", b"a=", "a="),
    ("5.6 4: blanks around both", b" \ta \t=\t b ", "a=b"),
    ("5.6 4: blanks within stay", b"a b=c d", "a b=c d"),
    ("5.6 4: no other white space is one", "\u{a0}a=b\u{2003}".as_bytes(), "\u{a0}a=b\u{2003}"),
    ("5.6 4: quotes belong to the value", b"a=\"b\"", "a=\"b\""),
    ("5.6: a comma parts nothing", b"a=b, c=d; Secure", "a=b, c=d; secure"),
    ("5.6: bytes beyond ASCII", "a=\u{e9}".as_bytes(), "a=\u{e9}"),
    ("5.7: neither name nor value", b"", "ignored"),
    ("5.7: neither name nor value", b" = ; Secure", "ignored"),
    ("5.7: neither name nor value", b";Secure", "ignored"),
    ("5.7: a prefix in the value of a nameless one", b"__Host-a=b", "__Host-a=b"),
    ("5.7: a prefix in the value of a nameless one", b"=__Host-a=b", "ignored"),
    ("5.7: a prefix in the value of a nameless one", b"=__secure-a", "ignored"),
    ("5.7: a prefix in the value of a nameless one", b"__HOST-a", "ignored"),
    ("5.7: a prefix needs its dash", b"=__Hosta", "=__Hosta"),
    // 5.6: attributes.
    ("5.6: an unknown attribute", b"a=b; Priority=High; Secure", "a=b; secure"),
    ("5.6: empty attributes", b"a=b;;; ;Secure;", "a=b; secure"),
    ("5.6: an attribute without a name", b"a=b; =Secure", "a=b"),
    ("5.6: names in any case, blanks around", b"a=b; \tSeCuRe \t", "a=b; secure"),
    ("5.6: no blank within a name", b"a=b; Http Only", "a=b"),
    ("5.6: a comma for a semicolon", b"a=b; Secure, HttpOnly", "a=b"),
    ("5.6.5: Secure whatever its value", b"a=b; Secure=false", "a=b; secure"),
    ("5.6.6: HttpOnly whatever its value", b"a=b; HttpOnly=0", "a=b; httponly"),
    // 5.6.2: Max-Age.
    ("5.6.2: seconds", b"a=b; Max-Age=60", "a=b; max-age=60"),
    ("5.6.2: below zero", b"a=b; Max-Age=-1", "a=b; max-age=-1"),
    ("5.6.2: empty", b"a=b; Max-Age=", "a=b"),
    ("5.6.2: a dash alone", b"a=b; Max-Age=-", "a=b"),
    ("5.6.2: no digit first", b"a=b; Max-Age=+60", "a=b"),
    ("5.6.2: no digit later", b"a=b; Max-Age=60s", "a=b"),
    ("5.6.2: a fraction", b"a=b; Max-Age=1.5", "a=b"),
    ("5.6.2: two dashes", b"a=b; Max-Age=--5", "a=b"),
    ("5.6.2: quoted", b"a=b; Max-Age=\"60\"", "a=b"),
    ("5.6.2: leading zeros", b"a=b; Max-Age=0060", "a=b; max-age=60"),
    ("5.6.2: too large", b"a=b; Max-Age=99999999999999999999", "a=b; max-age=9223372036854775807"),
    ("5.6.2: other scripts' digits", "a=b; Max-Age=\u{0666}\u{0660}".as_bytes(), "a=b"),
    ("5.7: the last valid one", b"a=b; Max-Age=5; Max-Age=7; Max-Age=x", "a=b; max-age=7"),
    // 5.6.3: Domain.
    ("5.6.3: one leading dot goes", b"a=b; Domain=.Example.test", "a=b; domain=example.test"),
    ("5.6.3: and no second one", b"a=b; Domain=..example.test", "a=b; domain=.example.test"),
    ("5.6.3: empty: the host alone", b"a=b; Domain=", "a=b"),
    ("5.7: the last one, also when it is empty", b"a=b; Domain=example.test; Domain", "a=b"),
    ("5.7: not ASCII", "a=b; Domain=ex\u{e4}mple.test".as_bytes(), "ignored"),
    (
        "5.7: not ASCII, and not the last",
        "a=b; Domain=\u{e4}; Domain=x.test".as_bytes(),
        "a=b; domain=x.test",
    ),
    // 5.6.4: Path.
    ("5.6.4: a path", b"a=b; Path=/x y", "a=b; path=/x y"),
    ("5.6.4: relative: the default", b"a=b; Path=x", "a=b"),
    ("5.6.4: quoted: the default", b"a=b; Path=\"/\"", "a=b"),
    ("5.7: the last one, also when it is none", b"a=b; Path=/x; Path", "a=b"),
    // 5.6.7: SameSite.
    ("5.6.7: in any case", b"a=b; SameSite=sTrIcT", "a=b; samesite=strict"),
    ("5.6.7: another value: the default", b"a=b; SameSite=yes", "a=b; samesite?yes"),
    ("5.6.7: quoted: the default", b"a=b; SameSite=\"Lax\"", "a=b; samesite?\"Lax\""),
    ("5.6.7: no value: the default", b"a=b; SameSite", "a=b; samesite?"),
    ("5.7: the last one", b"a=b; SameSite=Lax; SameSite=None", "a=b; samesite=none"),
    // 5.6.1 and 5.1.1: Expires.
    ("5.1.1", b"a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=b; expires=1970-01-01T00:00:00Z"),
    ("5.6.1: no date", b"a=b; Expires=0", "a=b"),
    (
        "5.7: the last valid one",
        b"a=b; Expires=1 Jan 2030 0:0:0; Expires=never",
        "a=b; expires=2030-01-01T00:00:00Z",
    ),
];

#[test]
fn each_line_is_read_as_its_clause_says() {
    let wrong: Vec<String> = LINES
        .iter()
        .filter(|(_, line, wanted)| reading(line) != *wanted)
        .map(|(clause, line, wanted)| {
            format!("{clause}: {:?}: {} and not {wanted}", String::from_utf8_lossy(line), reading(line))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn lengths_count_in_bytes_as_sent() {
    // 5.6: a value of more than 1024 bytes is no attribute; of 1024 it is.
    let path = |length: usize| format!("a=b; Path=/{}", "x".repeat(length - 1));
    assert!(reading(path(1024).as_bytes()).contains("path=/x"));
    assert_eq!(reading(path(1025).as_bytes()), "a=b");
    // One that is too long does not undo the one before.
    let line = format!("a=b; Domain=x.test; Domain={}", "x".repeat(1025));
    assert_eq!(reading(line.as_bytes()), "a=b; domain=x.test");
    // 5.6 5: name and value of more than 4096 bytes are ignored by browsers, and kept here for CK-SIZE. A byte that is no
    // UTF-8 is one byte.
    let line = [b"a=".as_slice(), &[0xe9; 4095]].concat();
    assert_eq!(SetCookie::parse(&line).unwrap().size, 4096);
}

/// Clause, date, reading.
const DATES: &[(&str, &str, Option<&str>)] = &[
    ("5.1.1: RFC 9110's form", "Sun, 06 Nov 1994 08:49:37 GMT", Some("1994-11-06T08:49:37Z")),
    ("5.1.1: RFC 850's form", "Sunday, 06-Nov-94 08:49:37 GMT", Some("1994-11-06T08:49:37Z")),
    ("5.1.1: asctime's form", "Sun Nov  6 08:49:37 1994", Some("1994-11-06T08:49:37Z")),
    ("5.1.1: any order", "1994 08:49:37 6 Nov", Some("1994-11-06T08:49:37Z")),
    ("5.1.1: any delimiter", "06/Nov/1994@08:49:37", Some("1994-11-06T08:49:37Z")),
    ("5.1.1 month: by its first letters", "6 NOVEMBRE 1994 8:49:37", Some("1994-11-06T08:49:37Z")),
    ("5.1.1 day: text after a non-digit", "6th Nov 1994 8:49:37", Some("1994-11-06T08:49:37Z")),
    ("5.1.1 year: text after a non-digit", "6 Nov 1994AD 8:49:37", Some("1994-11-06T08:49:37Z")),
    ("5.1.1 time: text after the seconds", "6 Nov 1994 8:49:37Z", Some("1994-11-06T08:49:37Z")),
    ("5.1.1 time: no text after the hour", "6 Nov 1994 8h:49:37", None),
    ("5.1.1 time: no text after the minute", "6 Nov 1994 8:49m:37", None),
    ("5.1.1 time: three digits", "6 Nov 1994 08:49:037", None),
    ("5.1.1 time: two parts", "6 Nov 1994 08:49", None),
    ("5.1.1 time: zones are not looked at", "6 Nov 1994 08:49:37 +0200", Some("1994-11-06T08:49:37Z")),
    ("5.1.1 year: two digits from 70 on", "6 Nov 70 0:0:0", Some("1970-11-06T00:00:00Z")),
    ("5.1.1 year: two digits below 70", "6 Nov 69 0:0:0", Some("2069-11-06T00:00:00Z")),
    ("5.1.1 year: one digit", "6 Nov 4 0:0:0", None),
    ("5.1.1 year: five digits", "6 Nov 19940 0:0:0", None),
    ("5.1.1 5: before 1601", "6 Nov 1600 0:0:0", None),
    ("5.1.1 5: 1601", "6 Nov 1601 0:0:0", Some("1601-11-06T00:00:00Z")),
    ("5.1.1 5: day 0", "0 Nov 1994 0:0:0", None),
    ("5.1.1 5: day 32", "32 Nov 1994 0:0:0", None),
    ("5.1.1 5: hour 24", "6 Nov 1994 24:0:0", None),
    ("5.1.1 5: minute 60", "6 Nov 1994 0:60:0", None),
    ("5.1.1 5: second 60", "6 Nov 1994 0:0:60", None),
    ("5.1.1 6: no such day", "31 Nov 1994 0:0:0", None),
    ("5.1.1 6: no such day", "29 Feb 2023 0:0:0", None),
    ("5.1.1 5: no month", "6 11 1994 0:0:0", None),
    (
        "5.1.1 2: the first that fits counts",
        "6 Nov 1994 0:0:0 7 Dec 1995 1:1:1",
        Some("1994-11-06T00:00:00Z"),
    ),
    ("5.1.1: nothing", "", None),
    ("5.1.1: words", "tomorrow", None),
];

#[test]
fn each_date_is_read_as_its_clause_says() {
    for (clause, text, wanted) in DATES {
        let line = format!("a=b; Expires={text}");
        let read = SetCookie::parse(line.as_bytes()).unwrap().expires;
        let wanted: Option<Timestamp> = wanted.map(|at| at.parse().unwrap());
        assert_eq!(read, wanted, "{clause}: {text}");
    }
}
