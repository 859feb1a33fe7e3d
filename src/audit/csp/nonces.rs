//! Rows about nonces. Their values are never shown, only marked.

use std::collections::{BTreeMap, BTreeSet};

use super::page::{NO_POLICY, Page, pages};
use super::source::{Source, is_base64};
use crate::audit::{Facts, Judgement, Level, Purpose};
use crate::secret::mark;

/// Shorter ones can be guessed.
const SHORTEST: usize = 8;
/// CSP 3, section 7.1: at least 128 bits.
const BITS: f64 = 128.0;
/// Distinct nonces looked at.
const SAMPLE: usize = 50;
const SEEN: &[Purpose] = &[Purpose::Rest, Purpose::Repeat, Purpose::LoginPage];
const NO_NONCE: &str = "no enforced policy uses a nonce";

/// A page with its nonces.
type Answer<'a> = (&'a Page<'a>, BTreeSet<String>);

/// The nonces of a page's enforced policies.
fn nonces(page: &Page<'_>) -> BTreeSet<String> {
    let directives = page.enforced().into_iter().flat_map(|policy| &policy.directives);
    directives
        .flat_map(|directive| &directive.values)
        .filter_map(|token| match token.source() {
            Source::Nonce(value) => Some(value.to_owned()),
            _ => None,
        })
        .collect()
}

/// Why there is no nonce to look at.
fn absent(pages: &[Page<'_>]) -> Judgement {
    let reason = match pages {
        [] => "no html page was seen",
        pages if pages.iter().all(|page| page.enforced().is_empty()) => NO_POLICY,
        _ => NO_NONCE,
    };
    Judgement::NotApplicable(reason.to_owned())
}

pub(super) fn repeated(facts: &Facts) -> Judgement {
    let pages = pages(facts, SEEN);
    let mut sites: BTreeMap<(&str, &str), Vec<Answer<'_>>> = BTreeMap::new();
    for page in &pages {
        let nonces = nonces(page);
        if !nonces.is_empty() {
            let site = (page.by.site.name.as_str(), page.by.request.target.as_str());
            sites.entry(site).or_default().push((page, nonces));
        }
    }
    if sites.is_empty() {
        return absent(&pages);
    }
    let mut places = 0;
    let mut observations = Vec::new();
    for answers in sites.values().filter(|answers| answers.len() > 1) {
        places += 1;
        let mut earlier = BTreeSet::new();
        for (page, nonces) in answers {
            if let Some(again) = nonces.iter().find(|nonce| earlier.contains(*nonce)) {
                let count = answers.iter().filter(|(_, nonces)| nonces.contains(again)).count();
                let detail = format!("{count} of {} answers have {}", answers.len(), mark(again.as_bytes()));
                observations.push(page.note(Level::Fail, "nonce", detail));
                break;
            }
            earlier.extend(nonces.iter().cloned());
        }
    }
    if places == 0 {
        return Judgement::NotRun("no page with a nonce was answered twice".to_owned());
    }
    Judgement::Judged { places, observations }
}

pub(super) fn weak(facts: &Facts) -> Judgement {
    let pages = pages(facts, SEEN);
    let mut seen: BTreeMap<String, &Page<'_>> = BTreeMap::new();
    for page in &pages {
        for nonce in nonces(page) {
            if seen.len() < SAMPLE {
                seen.entry(nonce).or_insert(page);
            }
        }
    }
    let Some(shortest) = seen.keys().min_by_key(|nonce| nonce.trim_end_matches('=').len()).cloned() else {
        return absent(&pages);
    };
    let mut observations = Vec::new();
    for (nonce, page) in &seen {
        let length = nonce.chars().count();
        let marked = mark(nonce.as_bytes());
        if !is_base64(nonce) {
            let detail = format!("{marked} has characters that are not of base64: browsers ignore it");
            observations.push(page.note(Level::Fail, "nonce", detail));
        } else if length < SHORTEST {
            let detail = format!("{marked} has {length} characters: it can be guessed");
            observations.push(page.note(Level::Fail, "nonce", detail));
        }
    }
    if observations.is_empty() {
        let (alphabet, bits_each) = alphabet(seen.keys());
        let length = shortest.trim_end_matches('=').len();
        let bits = bits_each * f64::from(u32::try_from(length).unwrap_or(u32::MAX));
        if bits < BITS {
            let detail = format!(
                "{} has {length} {alphabet}: at most {bits:.0} bits, {BITS:.0} are asked for",
                mark(shortest.as_bytes())
            );
            observations.extend(seen.get(&shortest).map(|page| page.note(Level::Warn, "nonce", detail)));
        }
    }
    Judgement::Judged { places: seen.len(), observations }
}

/// The smallest usual alphabet that all of them are written in, and the bits of one character.
fn alphabet<'n>(nonces: impl Iterator<Item = &'n String>) -> (&'static str, f64) {
    let used: BTreeSet<u8> = nonces.flat_map(|nonce| nonce.trim_end_matches('=').bytes()).collect();
    let all = |test: fn(&u8) -> bool| used.iter().all(test);
    // A UUID's hyphens say nothing; counting them errs on the nonce's side.
    let is_hex = |upper: fn(&u8) -> bool| used.iter().all(|b| b.is_ascii_digit() || *b == b'-' || upper(b));
    if all(u8::is_ascii_digit) {
        ("decimal digits", 10f64.log2())
    } else if is_hex(|b| (b'a'..=b'f').contains(b)) || is_hex(|b| (b'A'..=b'F').contains(b)) {
        ("hex digits", 4.0)
    } else if all(u8::is_ascii_alphanumeric) {
        ("letters and digits", 62f64.log2())
    } else {
        ("characters of base64", 6.0)
    }
}
