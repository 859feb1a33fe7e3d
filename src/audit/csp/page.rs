//! The pages that were seen, with their policies, and how several policies act together.

use super::markup;
use super::policy::{Directive, Policy, Token};
use super::source::{Source, shown};
use crate::audit::{Exchange, Facts, Judgement, Level, Observation, Purpose};
use crate::plan::RouteKind;
use crate::wire::Response;

/// What a row says of pages without an enforced policy.
pub const NO_POLICY: &str = "no policy; see CSP-PRESENT";
/// What decides on scripts as a whole.
pub const SCRIPT: &[&str] = &["script-src", "default-src"];

/// One html answer.
pub struct Page<'a> {
    /// Position of its exchange.
    pub exchange: usize,
    /// The exchange.
    pub by: &'a Exchange,
    /// Its body as text.
    pub body: String,
    /// All its policies, also those that only report.
    pub policies: Vec<Policy>,
}

/// Whether an answer's media type satisfies a test on its lower-case essence.
pub fn is_media(answer: &Response, test: impl Fn(&str) -> bool) -> bool {
    let line = answer.header("content-type").unwrap_or_default();
    test(line.split(';').next().unwrap_or("").trim().to_ascii_lowercase().as_str())
}

/// The html answers with status 200 to requests of these purposes.
pub fn pages<'a>(facts: &'a Facts, purposes: &[Purpose]) -> Vec<Page<'a>> {
    facts
        .answers()
        .filter(|(_, by, answer)| purposes.contains(&by.purpose) && answer.status == 200)
        .filter(|(_, by, answer)| match answer.header("content-type") {
            Some(_) => is_media(answer, |media| media == "text/html"),
            None => by.site.kind == RouteKind::Html,
        })
        .map(|(exchange, by, answer)| {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            let policies = Policy::all(answer, &metas(&body));
            Page { exchange, by, body, policies }
        })
        .collect()
}

/// The purposes whose answers stand for the site.
pub const USUAL: &[Purpose] = &[Purpose::Rest, Purpose::LoginPage];

fn metas(body: &str) -> Vec<String> {
    let is_policy = |tag: &markup::Tag<'_>| {
        let names = tag.attribute("http-equiv").map(str::trim);
        tag.name == "meta" && names.is_some_and(|name| name.eq_ignore_ascii_case("content-security-policy"))
    };
    let tags = markup::tags(body);
    // Browsers heed those in the head only.
    tags.iter()
        .take_while(|tag| tag.name != "body")
        .filter(|tag| is_policy(tag))
        .filter_map(|tag| Some(tag.attribute("content")?.to_owned()))
        .collect()
}

impl Page<'_> {
    /// The policies that browsers enforce: all of them at once.
    pub fn enforced(&self) -> Vec<&Policy> {
        self.policies.iter().filter(|policy| policy.is_enforced()).collect()
    }

    /// Whether an enforced policy restricts scripts; where none does, CSP-PRESENT says so once for all rows.
    pub fn governs_scripts(&self) -> bool {
        self.enforced().iter().any(|policy| policy.governing(SCRIPT).is_some())
    }

    /// An observation on this page.
    pub fn note(&self, level: Level, subject: &str, detail: impl Into<String>) -> Observation {
        Observation::new(level, self.exchange, shown(subject), detail)
    }

    /// One about a token of a directive.
    pub fn quote(&self, level: Level, directive: &Directive, token: &Token, what: &str) -> Observation {
        self.note(
            level,
            &directive.name,
            format!("{} has {} {what}", shown(&directive.name), shown(&token.text)),
        )
    }
}

/// Judges every page whose policies restrict scripts.
pub fn judge(
    facts: &Facts,
    rule: impl for<'p> Fn(&'p Page<'_>, &[&'p Policy]) -> Vec<Observation>,
) -> Judgement {
    judge_where(facts, |page| page.governs_scripts(), rule)
}

/// Judges every page that a test accepts.
pub fn judge_where(
    facts: &Facts,
    applies: impl Fn(&Page<'_>) -> bool,
    rule: impl for<'p> Fn(&'p Page<'_>, &[&'p Policy]) -> Vec<Observation>,
) -> Judgement {
    let pages = pages(facts, USUAL);
    let mut places = 0;
    let mut observations = Vec::new();
    for page in &pages {
        if !applies(page) {
            continue;
        }
        let enforced = page.enforced();
        places += 1;
        let mut seen: Vec<Observation> = Vec::new();
        for observation in rule(page, &enforced) {
            // Two policies may say the same.
            if !seen.contains(&observation) {
                seen.push(observation);
            }
        }
        observations.extend(seen);
    }
    Judgement::of(places, observations, nothing(&pages))
}

/// Why there is nothing to look at.
pub fn nothing(pages: &[Page<'_>]) -> &'static str {
    if pages.is_empty() {
        "no html page was seen"
    } else if pages.iter().all(|page| page.enforced().is_empty()) {
        NO_POLICY
    } else {
        "no policy restricts scripts; see CSP-PRESENT"
    }
}

/// How one policy stands to a weakness.
pub enum Stand<T> {
    /// It says nothing about it, so it does not hinder it.
    Silent,
    /// It hinders it.
    Closed,
    /// It has it.
    Open(T),
}

/// What is open in the policies, provided none of them closes it.
pub fn open<'p, T>(policies: &[&'p Policy], look: impl Fn(&'p Policy) -> Stand<T>) -> Vec<T> {
    let mut found = Vec::new();
    for policy in policies {
        match look(policy) {
            Stand::Silent => {}
            Stand::Closed => return Vec::new(),
            Stand::Open(what) => found.push(what),
        }
    }
    found
}

/// Addresses of a chain of directives that satisfy a test and that no policy shuts out.
pub fn reachable<'p>(
    policies: &[&'p Policy],
    chain: &[&str],
    test: impl Fn(&Token, &Source<'_>) -> bool,
) -> Vec<(&'p Directive, &'p Token)> {
    let lists: Vec<Vec<(&'p Directive, &'p Token, Source<'p>)>> = policies
        .iter()
        .filter_map(|policy| policy.governing(chain))
        .map(|list| list.addresses().map(|(token, source)| (list, token, source)).collect())
        .collect();
    let mut found = Vec::new();
    for (position, list) in lists.iter().enumerate() {
        for (directive, token, source) in list.iter().filter(|(_, token, source)| test(token, source)) {
            let mut others = lists.iter().enumerate().filter(|(other, _)| *other != position);
            if others.all(|(_, theirs)| theirs.iter().any(|(_, _, wide)| covers(wide, source))) {
                found.push((*directive, *token));
            }
        }
    }
    found
}

/// Whether the first source admits what the second names, as far as can be said without addresses.
fn covers(wide: &Source<'_>, narrow: &Source<'_>) -> bool {
    if wide == narrow {
        return true;
    }
    let by_network =
        !matches!(narrow.scheme(), Some(scheme) if !["http", "https", "ws", "wss"].contains(&scheme));
    match wide.wildcard() {
        Some("*") => by_network,
        Some("http") => by_network && narrow.wildcard() != Some("*"),
        // Never what is plain.
        Some("https") => {
            by_network && narrow.wildcard() != Some("*") && !matches!(narrow.scheme(), Some("http" | "ws"))
        }
        _ => match (wide.host(), narrow.host()) {
            (Some(wide), Some(narrow)) => is_under(wide, narrow),
            _ => false,
        },
    }
}

/// Whether a host source's name matches a name.
pub fn is_under(pattern: &str, name: &str) -> bool {
    pattern == name || pattern.strip_prefix('*').is_some_and(|suffix| name.ends_with(suffix))
}
