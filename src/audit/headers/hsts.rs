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
                ("preload", _) => preload = true,
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

/// A token or a quoted string without its quotes, and what follows.
fn word(text: &str) -> Option<(String, &str)> {
    let Some(inner) = text.strip_prefix('"') else {
        return token(text).map(|(token, rest)| (token.to_owned(), rest));
    };
    let mut out = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return inner.get(at + 1..).map(|rest| (out, rest)),
            '\\' => out.push(chars.next()?.1),
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

    #[test]
    fn follows_the_grammar() {
        let parsed = |max_age, sub_domains| Ok(Hsts { max_age, sub_domains, preload: false });
        assert_eq!(Hsts::parse("max-age=31536000; includeSubDomains"), parsed(31_536_000, true));
        assert_eq!(Hsts::parse("MAX-AGE=\"10\" ; foo=bar;"), parsed(10, false));
        assert_eq!(Hsts::parse("max-age=99999999999999999999"), parsed(u64::MAX, false));
        for wrong in [
            "",
            "includeSubDomains",
            "max-age",
            "max-age=abc",
            "max-age=31536000.5",
            "max-age=31536000abc",
            "max-age=-1",
            "max-age=1; max-age=2",
            "max-age=\"1",
            "max-age=31536000, includeSubDomains",
            "max-age=31536000 includeSubDomains",
            "max-age=1; includeSubDomains=1",
            "max-age=1; two words",
            "max-age=1; =1",
        ] {
            assert!(Hsts::parse(wrong).is_err(), "{wrong}");
        }
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
