//! Rows about which directives a policy has, and how it is written.

use super::page::{self, Page, SCRIPT, Stand, USUAL, is_media, open, pages};
use super::policy::{Directive, Place, Policy, Token};
use super::source::{KEYWORDS, Source, shown};
use super::sources::OBJECT;
use crate::audit::{Facts, Judgement, Level, Observation};

/// Directives whose values are sources.
pub(super) const SOURCE_LISTS: &[&str] = &[
    "base-uri",
    "child-src",
    "connect-src",
    "default-src",
    "fenced-frame-src",
    "font-src",
    "form-action",
    "frame-ancestors",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "object-src",
    "prefetch-src",
    "script-src",
    "script-src-attr",
    "script-src-elem",
    "style-src",
    "style-src-attr",
    "style-src-elem",
    "worker-src",
];
/// Directives with values of another form, retired ones included.
const OTHERS: &[&str] = &[
    "block-all-mixed-content",
    "navigate-to",
    "plugin-types",
    "report-to",
    "report-uri",
    "require-sri-for",
    "require-trusted-types-for",
    "sandbox",
    "trusted-types",
    "upgrade-insecure-requests",
    "webrtc",
];

pub(super) fn present(facts: &Facts) -> Judgement {
    let pages = pages(facts, USUAL);
    let mut observations: Vec<Observation> = pages.iter().filter_map(absent).collect();
    let mut places = pages.len();
    for (exchange, _, answer) in
        facts.answers().filter(|(_, by, answer)| USUAL.contains(&by.purpose) && answer.status == 200)
    {
        if !is_media(answer, |media| media == "application/json" || media.ends_with("+json")) {
            continue;
        }
        places += 1;
        let policies = Policy::all(answer, &[]);
        let closes = |name: &str| {
            let mut enforced = policies.iter().filter(|policy| policy.is_enforced());
            enforced.any(|policy| policy.directive(name).is_some_and(Directive::is_none))
        };
        if !closes("default-src") || !closes("frame-ancestors") {
            let detail = "a json answer without default-src 'none'; frame-ancestors 'none'";
            observations.push(Observation::new(Level::Info, exchange, "content-security-policy", detail));
        }
    }
    Judgement::of(places, observations, "no html or json answer was seen")
}

fn absent(page: &Page<'_>) -> Option<Observation> {
    let enforced = page.enforced();
    if page.governs_scripts() {
        return None;
    }
    let only_reports = page.policies.iter().any(|policy| policy.place == Place::ReportOnly);
    let (level, detail) = match (enforced.is_empty(), only_reports) {
        (true, true) => (Level::Warn, "the policy only reports: nothing is enforced"),
        (true, false) => (Level::Fail, "no Content-Security-Policy, neither as a header nor in the page"),
        (false, _) => (Level::Fail, "the policy has neither script-src nor default-src: any script runs"),
    };
    Some(page.note(level, "content-security-policy", detail))
}

pub(super) fn syntax(facts: &Facts) -> Judgement {
    let pages = pages(facts, USUAL);
    let with_policy: Vec<_> = pages.iter().filter(|page| !page.policies.is_empty()).collect();
    let mut observations = Vec::new();
    for page in &with_policy {
        for policy in &page.policies {
            if policy.directives.is_empty() {
                observations.push(page.note(Level::Fail, "content-security-policy", "the policy is empty"));
            }
            observations.extend(policy.duplicates.iter().map(|again| {
                let detail = format!("second {} at byte {} is ignored", shown(&again.text), again.offset);
                page.note(Level::Warn, &again.text, detail)
            }));
            observations.extend(policy.directives.iter().flat_map(|directive| misspelt(page, directive)));
        }
    }
    let otherwise = if pages.is_empty() { "no html page was seen" } else { page::NO_POLICY };
    Judgement::of(with_policy.len(), observations, otherwise)
}

fn is_known(name: &str) -> bool {
    SOURCE_LISTS.contains(&name) || OTHERS.contains(&name)
}

/// The directive that ended up among the values of one that holds no sources. Names that the site chooses itself
/// may be spelt like directives.
fn swallowed(directive: &Directive) -> Option<&Token> {
    let chosen = ["report-to", "trusted-types"].contains(&directive.name.as_str());
    directive.values.iter().find(|token| !chosen && is_known(&token.text.to_ascii_lowercase()))
}

fn misspelt(page: &Page<'_>, directive: &Directive) -> Vec<Observation> {
    let name = directive.name.as_str();
    if !SOURCE_LISTS.contains(&name) {
        let detail = format!("{} at byte {} is no directive", shown(name), directive.offset);
        if !OTHERS.contains(&name) {
            return vec![page.note(Level::Fail, name, detail)];
        }
        return swallowed(directive)
            .map(|token| {
                let why = "is a directive's name: a semicolon is missing before it";
                let detail = format!("{} at byte {} of {name} {why}", shown(&token.text), token.offset);
                page.note(Level::Fail, name, detail)
            })
            .into_iter()
            .collect();
    }
    let mut found = Vec::new();
    for token in &directive.values {
        let lower = token.text.to_ascii_lowercase();
        let bare = ["nonce-", "sha256-", "sha384-", "sha512-"].iter().any(|prefix| lower.starts_with(prefix));
        let why = if bare || KEYWORDS.contains(&lower.as_str()) {
            "lacks its quotes"
        } else if is_known(&lower) {
            "is a directive's name: a semicolon is missing before it"
        } else if token.source() == Source::Invalid {
            "is no source"
        } else if token.source().is("none") && directive.values.len() > 1 {
            let detail = format!("{name} has 'none' at byte {} beside others: it is ignored", token.offset);
            found.push(page.note(Level::Warn, name, detail));
            continue;
        } else {
            continue;
        };
        let detail = format!("{} at byte {} of {name} {why}", shown(&token.text), token.offset);
        found.push(page.note(Level::Fail, name, detail));
    }
    found
}

pub(super) fn object_base(facts: &Facts) -> Judgement {
    page::judge(facts, |page, policies| {
        let mut found = Vec::new();
        if !closes_plugins(policies) {
            let lists = open(policies, |policy| policy.governing(OBJECT).map_or(Stand::Silent, Stand::Open));
            let detail = match lists.first() {
                None => "object-src is missing: plugins are not restricted".to_owned(),
                Some(list) => {
                    let first =
                        list.sources().next().map(|(token, _)| shown(&token.text)).unwrap_or_default();
                    format!("object-src should be 'none'; {} lets {first} through", list.name)
                }
            };
            found.push(page.note(Level::Fail, "object-src", detail));
        }
        if policies.iter().all(|policy| policy.directive("base-uri").is_none()) {
            let proofs =
                policies.iter().any(|policy| policy.governing(SCRIPT).is_some_and(Directive::has_proof));
            found.push(if proofs {
                let detail =
                    "base-uri is missing: an injected base element redirects scripts that have the nonce";
                page.note(Level::Fail, "base-uri", detail)
            } else {
                page.note(
                    Level::Warn,
                    "base-uri",
                    "base-uri is missing; default-src does not stand in for it",
                )
            });
        }
        found
    })
}

fn closes_plugins(policies: &[&Policy]) -> bool {
    policies.iter().any(|policy| policy.governing(OBJECT).is_some_and(Directive::is_none))
}

pub(super) fn strict(facts: &Facts) -> Judgement {
    page::judge(facts, |page, policies| {
        let lists: Vec<&Directive> = policies.iter().filter_map(|policy| policy.governing(SCRIPT)).collect();
        let mut found = Vec::new();
        let dynamic = |list: &Directive| list.keyword("strict-dynamic").is_some();
        for list in lists.iter().filter(|list| dynamic(list) && !list.has_proof()) {
            let detail = format!("{} has 'strict-dynamic' without nonce or hash: no script runs", list.name);
            found.push(page.note(Level::Fail, "strict-dynamic", detail));
        }
        if !found.is_empty() {
            return found;
        }
        let mut missing = Vec::new();
        if !lists.iter().any(|list| list.has_proof()) {
            missing.push("nonces or hashes");
        }
        if !lists.iter().any(|list| dynamic(list)) {
            missing.push("'strict-dynamic'");
        }
        if !closes_plugins(policies) {
            missing.push("object-src 'none'");
        }
        let closed_base = |list: &Directive| list.sources().all(|(_, source)| source.is("self"));
        if !policies.iter().any(|policy| policy.directive("base-uri").is_some_and(closed_base)) {
            missing.push("base-uri 'none'");
        }
        if !missing.is_empty() {
            let detail = format!("not a strict policy: without {}", missing.join(", "));
            found.push(page.note(Level::Info, "content-security-policy", detail));
        }
        found
    })
}

pub(super) fn form_action(facts: &Facts) -> Judgement {
    let with_form = |page: &Page<'_>| super::markup::tags(&page.body).iter().any(|tag| tag.name == "form");
    let pages = pages(facts, USUAL);
    let with_form: Vec<_> = pages.iter().filter(|page| with_form(page)).collect();
    let places = with_form.iter().filter(|page| page.governs_scripts()).count();
    let mut observations = Vec::new();
    for page in with_form {
        let policies = page.enforced();
        let closed = |policy: &&Policy| {
            policy
                .directive("form-action")
                .is_some_and(|list| list.values.iter().all(|token| token.source().wildcard().is_none()))
        };
        if !page.governs_scripts() || policies.iter().any(closed) {
            continue;
        }
        let any = policies.iter().any(|policy| policy.directive("form-action").is_some());
        let detail = if any {
            "form-action names any host: an injected form may send anywhere"
        } else {
            "form-action is missing; default-src does not stand in for it"
        };
        observations.push(page.note(Level::Warn, "form-action", detail));
    }
    let governed = pages.iter().any(Page::governs_scripts);
    Judgement::of(
        places,
        observations,
        if governed { "no page with a form and a policy was seen" } else { page::nothing(&pages) },
    )
}

pub(super) fn reporting(facts: &Facts) -> Judgement {
    page::judge(facts, |page, _| {
        // Reports of a policy on trial are reports too.
        let reports = |policy: &Policy| policy.governing(&["report-to", "report-uri"]).is_some();
        if page.policies.iter().any(reports) {
            return Vec::new();
        }
        let detail = "neither report-to nor report-uri: violations go unnoticed";
        vec![page.note(Level::Info, "report-to", detail)]
    })
}

pub(super) fn trusted_types(facts: &Facts) -> Judgement {
    page::judge(facts, |page, policies| {
        if policies.iter().any(|policy| policy.directive("require-trusted-types-for").is_some()) {
            return Vec::new();
        }
        vec![page.note(Level::Info, "require-trusted-types-for", "require-trusted-types-for is missing")]
    })
}
