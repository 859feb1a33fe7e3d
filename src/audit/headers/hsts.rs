//! Strict-Transport-Security by the grammar of RFC 6797 6.1.

use super::look::{each, ordinary, quoted};
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
        for directive in line.split(';').map(str::trim).filter(|directive| !directive.is_empty()) {
            let (name, value) = match directive.split_once('=') {
                Some((name, value)) => (name.trim().to_ascii_lowercase(), Some(value.trim())),
                None => (directive.to_ascii_lowercase(), None),
            };
            if seen.contains(&name) {
                return Err("a directive stands twice");
            }
            match name.as_str() {
                "max-age" => {
                    let value = value.ok_or("max-age has no value")?;
                    let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
                    let digits = quoted.unwrap_or(value);
                    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                        return Err("max-age is no whole number of seconds");
                    }
                    max_age = Some(digits.parse().unwrap_or(u64::MAX));
                }
                "includesubdomains" => sub_domains = true,
                "preload" => preload = true,
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

pub(super) fn hsts(facts: &Facts) -> Judgement {
    if !facts.https {
        return Judgement::NotApplicable(HTTP_ONLY.into());
    }
    each(ordinary(facts), "strict-transport-security", "no answer", |answer| {
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
        ] {
            assert!(Hsts::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(line in ".{0,200}") {
            let _ = Hsts::parse(&line);
        }
    }
}
