//! Strict-Transport-Security by the grammar of RFC 6797 6.1.

use super::look::{each, ordinary, quoted, settled};
use crate::audit::{Facts, Judgement, Level};
use crate::wire::Response;

const YEAR: u64 = 31_536_000;
const HALF_YEAR: u64 = 15_552_000;
const HTTP_ONLY: &str = "the stack answers over plain http only";

/// A header that follows the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hsts {
    /// Seconds.
    pub max_age: u64,
    /// `includeSubDomains`.
    pub sub_domains: bool,
    /// `preload` (not of the RFC, but of the lists).
    pub preload: bool,
}

impl Hsts {
    /// Parses one line.
    ///
    /// # Errors
    /// Why browsers ignore it.
    pub fn parse(line: &str) -> Result<Self, &'static str> {
        let (mut max_age, mut sub_domains, mut preload) = (None, false, false);
        let mut seen: Vec<String> = Vec::new();
        let mut rest = line.trim_matches(is_blank);
        loop {
            rest = rest.trim_start_matches(|c| is_blank(c) || c == ';');
            if rest.is_empty() {
                break;
            }
            let (name, after) = token(rest).ok_or("a directive has no name")?;
            let name = name.to_ascii_lowercase();
            rest = after.trim_start_matches(is_blank);
            let mut value = None;
            if let Some(after) = rest.strip_prefix('=') {
                let (text, after) = word(after.trim_start_matches(is_blank)).ok_or("a value is malformed")?;
                (value, rest) = (Some(text), after.trim_start_matches(is_blank));
            }
            if !rest.is_empty() && !rest.starts_with(';') {
                return Err("directives are not parted by `;`");
            }
            if seen.contains(&name) {
                return Err("a directive stands twice");
            }
            match (name.as_str(), value) {
                ("max-age", Some(digits)) => {
                    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                        return Err("max-age is no whole number of seconds");
                    }
                    max_age = Some(digits.parse().unwrap_or(u64::MAX));
                }
                ("max-age", None) => return Err("max-age has no value"),
                ("includesubdomains", Some(_)) => return Err("includeSubDomains takes no value"),
                ("includesubdomains", None) => sub_domains = true,
                ("preload", None) => preload = true,
                _ => {}
            }
            seen.push(name);
        }
        Ok(Hsts { max_age: max_age.ok_or("max-age is missing")?, sub_domains, preload })
    }

    /// What browsers take: the first line, and only that (RFC 6797 8.1).
    fn first(answer: &Response) -> Option<(String, Result<Hsts, &'static str>)> {
        let line = answer.header("strict-transport-security")?;
        let parsed = Hsts::parse(&line);
        Some((line, parsed))
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// A token (RFC 9110 5.6.2) and what follows.
fn token(text: &str) -> Option<(&str, &str)> {
    let of_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = text.find(|c| !of_token(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// A token or a quoted string (RFC 2616 2.2, which RFC 6797 builds on) without its quotes, and what follows.
fn word(text: &str) -> Option<(String, &str)> {
    let Some(inner) = text.strip_prefix('"') else {
        return token(text).map(|(token, rest)| (token.to_owned(), rest));
    };
    let mut out = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return inner.get(at + 1..).map(|rest| (out, rest)),
            '\\' => out.push(chars.next().map(|(_, escaped)| escaped).filter(char::is_ascii)?),
            c if c.is_ascii_control() && c != '\t' => return None,
            c => out.push(c),
        }
    }
    None
}

pub(super) fn hsts(facts: &Facts) -> Judgement {
    if !facts.https {
        return Judgement::NotApplicable(HTTP_ONLY.into());
    }
    each(settled(facts), "strict-transport-security", "no answer", |answer| {
        let Some((line, parsed)) = Hsts::first(answer) else {
            return Some((Level::Fail, "Strict-Transport-Security is missing".into()));
        };
        match parsed {
            Err(reason) => Some((Level::Fail, format!("browsers ignore {}: {reason}", quoted(&line)))),
            Ok(hsts) if hsts.max_age >= YEAR => None,
            Ok(hsts) if hsts.max_age >= HALF_YEAR => {
                Some((Level::Warn, format!("{}: max-age is below a year", quoted(&line))))
            }
            Ok(_) => Some((Level::Fail, format!("{}: max-age is below half a year", quoted(&line)))),
        }
    })
}

/// Rows on what the header adds to a max-age: judged where the header is valid.
fn valid(facts: &Facts, rule: impl Fn(&str, Hsts) -> Option<(Level, String)>) -> Judgement {
    if !facts.https {
        return Judgement::NotApplicable(HTTP_ONLY.into());
    }
    let with = ordinary(facts)
        .filter(|(_, _, answer)| Hsts::first(answer).is_some_and(|(_, parsed)| parsed.is_ok()));
    each(with, "strict-transport-security", "no valid Strict-Transport-Security; see HDR-HSTS", |answer| {
        let (line, parsed) = Hsts::first(answer)?;
        rule(&line, parsed.ok()?)
    })
}

pub(super) fn sub_domains(facts: &Facts) -> Judgement {
    valid(facts, |line, hsts| {
        (!hsts.sub_domains).then(|| (Level::Warn, format!("{} has no includeSubDomains", quoted(line))))
    })
}

pub(super) fn preload(facts: &Facts) -> Judgement {
    valid(facts, |line, hsts| match (hsts.preload, hsts.max_age >= YEAR && hsts.sub_domains) {
        (false, _) => Some((Level::Info, "preload is not asked for".into())),
        (true, true) => None,
        (true, false) => Some((
            Level::Fail,
            format!("{} asks for preload without a year and includeSubDomains", quoted(line)),
        )),
    })
}

pub(super) fn over_http(facts: &Facts) -> Judgement {
    if facts.https {
        return Judgement::NotApplicable("the stack answers over https".into());
    }
    each(ordinary(facts), "strict-transport-security", "no answer", |answer| {
        let line = answer.header("strict-transport-security")?;
        Some((Level::Warn, format!("{} is sent over plain http, where browsers ignore it", quoted(&line))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a line is read: `60`, `60 sub preload`, or why it is not.
    fn reading(line: &str) -> String {
        match Hsts::parse(line) {
            Ok(Hsts { max_age, sub_domains, preload }) => {
                let named = [(sub_domains, " sub"), (preload, " preload")];
                let words = named.into_iter().filter(|(set, _)| *set).map(|(_, word)| word);
                format!("{max_age}{}", words.collect::<String>())
            }
            Err(why) => why.to_owned(),
        }
    }

    const MISSING: &str = "max-age is missing";
    const NO_NUMBER: &str = "max-age is no whole number of seconds";
    const NO_VALUE: &str = "max-age has no value";
    const NOT_PARTED: &str = "directives are not parted by `;`";
    const TWICE: &str = "a directive stands twice";
    const NAMELESS: &str = "a directive has no name";
    const MALFORMED: &str = "a value is malformed";
    const VALUELESS: &str = "includeSubDomains takes no value";

    /// Clause of RFC 6797, line, reading.
    const LINES: &[(&str, &str, &str)] = &[
        ("6.2", "max-age=31536000", "31536000"),
        ("6.2", "max-age=15768000 ; includeSubDomains", "15768000 sub"),
        ("6.2: quoted", "max-age=\"31536000\"", "31536000"),
        ("6.1.1: forget", "max-age=0; includeSubDomains", "0 sub"),
        ("6.1 1: any order", "includeSubDomains; max-age=60", "60 sub"),
        ("6.1 3: names in any case", "MAX-AGE=60; INCLUDESUBDOMAINS; PreLoad", "60 sub preload"),
        ("6.1: blanks around all (RFC 2616 2.1)", " \tmax-age\t= 60 \t; includeSubDomains ", "60 sub"),
        ("6.1: empty directives", ";; max-age=60 ;;", "60"),
        ("6.1: no blank", "max-age=60;includeSubDomains", "60 sub"),
        ("6.1.1: required", "", MISSING),
        ("6.1.1: required", " ; ", MISSING),
        ("6.1.1: required", "includeSubDomains", MISSING),
        ("6.1.1: required", "preload; includeSubDomains", MISSING),
        ("6.1.1: its own value", "max-age", NO_VALUE),
        ("6.1.1: its own value", "max-age; 60", NO_VALUE),
        ("6.1: a value is a token, which is not empty", "max-age=", MALFORMED),
        ("6.1: a value is a token, which is not empty", "max-age=; includeSubDomains", MALFORMED),
        ("6.1.1: 1*DIGIT", "max-age=\"\"", NO_NUMBER),
        ("6.1.1: 1*DIGIT", "max-age=abc", NO_NUMBER),
        ("6.1.1: 1*DIGIT", "max-age=31536000abc", NO_NUMBER),
        ("6.1.1: 1*DIGIT", "max-age=31536000.5", NO_NUMBER),
        ("6.1.1: 1*DIGIT", "max-age=-1", NO_NUMBER),
        ("6.1.1: 1*DIGIT", "max-age=+1", NO_NUMBER),
        ("6.1.1: 1*DIGIT", "max-age=1e9", NO_NUMBER),
        ("6.1.1: 1*DIGIT", "max-age=0x3c", NO_NUMBER),
        ("6.1.1: 1*DIGIT", "max-age=\" 60\"", NO_NUMBER),
        ("6.1.1: 1*DIGIT", "max-age='60'", NO_NUMBER),
        ("6.1.1: 1*DIGIT", "max-age=1_000", NO_NUMBER),
        ("6.1.1: leading zeros are digits", "max-age=0060", "60"),
        ("6.1.1: no bound", "max-age=99999999999999999999", "18446744073709551615"),
        ("6.1.1: digits of ASCII", "max-age=\u{0666}\u{0660}", MALFORMED),
        ("6.1.1: digits of ASCII", "max-age=\"\u{0666}\u{0660}\"", NO_NUMBER),
        ("6.1.1: unescaped first", "max-age=\"6\\0\"", "60"),
        ("6.1: a quoted string ends", "max-age=\"60", MALFORMED),
        ("6.1: a quoted string ends", "max-age=\"60\\\"", MALFORMED),
        ("6.1: no control character in it", "max-age=60; x=\"\u{1}\"", MALFORMED),
        ("6.1: only ASCII is escaped", "max-age=60; x=\"\\\u{e9}\"", MALFORMED),
        ("6.1: anything else in it", "max-age=60; x=\"a;b, \u{e9}\\\"\"; includeSubDomains", "60 sub"),
        ("6.1: nothing after a quoted string", "max-age=\"60\"0", NOT_PARTED),
        ("6.1 2: once", "max-age=60; max-age=60", TWICE),
        ("6.1 2: once", "max-age=60; includeSubDomains; INCLUDESUBDOMAINS", TWICE),
        ("6.1 2: once, unknown ones too", "max-age=60; x; x=1", TWICE),
        ("6.1.2: valueless", "max-age=60; includeSubDomains=true", VALUELESS),
        ("6.1.2: valueless", "max-age=60; includeSubDomains=\"\"", VALUELESS),
        ("6.1 4: one value broken, all is", "includeSubDomains; max-age=60; x=", MALFORMED),
        ("6.1 4: a comma parts nothing", "max-age=60, includeSubDomains", NOT_PARTED),
        ("6.1 4: two fields in one", "max-age=60, max-age=120", NOT_PARTED),
        ("6.1 4: a blank parts nothing", "max-age=60 includeSubDomains", NOT_PARTED),
        ("6.1 4: two words are no name", "max-age=60; include SubDomains", NOT_PARTED),
        ("6.1 4: a name is a token", "max-age=60; =1", NAMELESS),
        ("6.1 4: a name is a token", "max-age=60; \"includeSubDomains\"", NAMELESS),
        ("6.1 4: a name is a token", "max-age=60; (x)", NAMELESS),
        ("6.1 4: a name is a token", "max-age=60; includeSubDomains\u{e9}", NOT_PARTED),
        ("6.1 4: a colon for the equals sign", "max-age: 60", NOT_PARTED),
        ("6.1 4: two equals signs", "max-age==60", MALFORMED),
        ("6.1 4: no other white space", "max-age=60;\u{a0}includeSubDomains", NAMELESS),
        ("6.1 4: the field's name in its value", "Strict-Transport-Security: max-age=60", NOT_PARTED),
        ("6.1 5: unknown ones are skipped", "max-age=60; x=y; includeSubDomains", "60 sub"),
        ("6.1 5: unknown ones are skipped", "maxage=1; max-age=60", "60"),
        ("6.1 5: unknown, a misspelling", "max-age=60; includeSubdomain", "60"),
        ("lists: preload has no value", "max-age=60; preload=1", "60"),
        ("lists: preload", "max-age=60; includeSubDomains; preload", "60 sub preload"),
    ];

    #[test]
    fn each_line_is_read_as_its_clause_says() {
        let wrong: Vec<String> = LINES
            .iter()
            .filter(|(_, line, wanted)| reading(line) != *wanted)
            .map(|(clause, line, wanted)| format!("{clause}: {line:?}: {} and not {wanted}", reading(line)))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    proptest::proptest! {
        #[test]
        fn never_panics(line in ".{0,200}") {
            let _ = Hsts::parse(&line);
        }

        #[test]
        fn blanks_quotes_and_empty_directives_change_nothing(
            seconds in 0u64..1_000_000_000, blank in "[ \t]{0,2}", quote in "\"?", empty in "[; ]{0,3}",
        ) {
            let line = format!("{empty}Max-Age{blank}={blank}{quote}{seconds}{quote}{blank};{empty}x=y");
            proptest::prop_assert_eq!(Hsts::parse(&line).map(|hsts| hsts.max_age), Ok(seconds));
        }
    }
}
