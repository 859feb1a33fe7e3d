//! Subresource integrity of what a page loads from elsewhere.

use url::Url;

use super::markup::{Tag, tags};
use super::page::{Page, USUAL, pages};
use super::source::{Source, shown};
use crate::audit::{Facts, Judgement, Level, Observation};

/// Longer addresses are data, not addresses.
const LONGEST: usize = 2048;

pub(super) fn external(facts: &Facts) -> Judgement {
    let pages = pages(facts, USUAL);
    let scheme = if facts.https { "https" } else { "http" };
    let Ok(base) = Url::parse(&format!("{scheme}://{}/", facts.host)) else {
        return Judgement::NotRun("the stack's address is no URL".to_owned());
    };
    let mut observations: Vec<Observation> = Vec::new();
    for page in &pages {
        let mut seen: Vec<Observation> = Vec::new();
        let tags = tags(&page.body);
        let from = moved(&tags, &base);
        for observation in tags.iter().filter_map(|tag| loaded(page, tag, &base, &from)) {
            if !seen.contains(&observation) {
                seen.push(observation);
            }
        }
        observations.extend(seen);
    }
    Judgement::of(pages.len(), observations, "no html page was seen")
}

/// Where relative addresses start: the first base element with an address moves them all.
fn moved(tags: &[Tag<'_>], own: &Url) -> Url {
    let mut bases = tags.iter().filter(|tag| tag.name == "base").filter_map(|tag| tag.attribute("href"));
    let address = bases.next().filter(|address| address.len() <= LONGEST);
    address.and_then(|address| own.join(address.trim()).ok()).unwrap_or_else(|| own.clone())
}

fn loaded(page: &Page<'_>, tag: &Tag<'_>, own: &Url, from: &Url) -> Option<Observation> {
    let address = match tag.name.as_str() {
        "script" => tag.attribute("src"),
        "link" => {
            let mut words = tag.attribute("rel").unwrap_or_default().split_ascii_whitespace();
            words.any(|word| word.eq_ignore_ascii_case("stylesheet")).then(|| tag.attribute("href")).flatten()
        }
        _ => None,
    }?;
    let address = address.trim();
    if address.len() > LONGEST {
        return None;
    }
    let url = from.join(address).ok()?;
    let origin = |url: &Url| (url.host_str().map(str::to_owned), url.port_or_known_default());
    if !["http", "https"].contains(&url.scheme()) || origin(&url) == origin(own) {
        return None;
    }
    let host = url.host_str().unwrap_or_default();
    // The query may hold a key: it is not shown.
    let plain = shown(address.split(['?', '#']).next().unwrap_or_default());
    let what = format!("{} from {plain}", tag.name);
    // Browsers take a backslash for a slash.
    if address.chars().take_while(|c| matches!(c, '/' | '\\')).count() > 1 {
        return Some(page.note(
            Level::Fail,
            host,
            format!("{what} without a scheme: plain http on a plain page"),
        ));
    }
    if url.scheme() == "http" {
        return Some(page.note(Level::Fail, host, format!("{what} over plain http")));
    }
    let integrity = tag.attribute("integrity").unwrap_or_default();
    // Options may follow a hash after a question mark.
    let hash =
        |word: &str| Source::of(&format!("'{}'", word.split('?').next().unwrap_or(word))) == Source::Hash;
    if integrity.split_ascii_whitespace().any(hash) {
        return None;
    }
    Some(page.note(Level::Warn, host, format!("{what} without a valid integrity attribute")))
}
