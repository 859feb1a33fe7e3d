//! Rows on one header of a page each: framing, referrer, permissions, isolation, and old ones.

use super::look::{each, joined, ordinary, pages, quoted, settled};
use super::structured;
use crate::audit::{Facts, Judgement, Level, Observation, csp};
use crate::plan::{Profile, RouteKind};
use crate::wire::Response;

const NO_PAGE: &str = "no route answers with a page";

pub(super) fn nosniff(facts: &Facts) -> Judgement {
    each(settled(facts), "x-content-type-options", "no answer", |answer| {
        let Some(line) = joined(answer, "x-content-type-options") else {
            return Some((Level::Fail, "X-Content-Type-Options is missing".into()));
        };
        // Fetch, "determine nosniff": the first member of the list counts.
        let mut members = line.split(',').map(|member| member.trim().to_ascii_lowercase());
        if members.next().as_deref() != Some("nosniff") {
            return Some((Level::Fail, format!("{} is not nosniff", quoted(&line))));
        }
        let junk = members.any(|member| member != "nosniff");
        junk.then(|| (Level::Warn, format!("{} holds more than nosniff", quoted(&line))))
    })
}

/// Whether a source of `frame-ancestors` stands for any site.
fn is_anybody(source: &str) -> bool {
    if matches!(source, "http:" | "https:") {
        return true;
    }
    let host = source.strip_prefix("http://").or(source.strip_prefix("https://")).unwrap_or(source);
    host.split([':', '/']).next() == Some("*")
}

pub(super) fn framing(facts: &Facts) -> Judgement {
    let strict = facts.profile == Profile::Strict;
    each(pages(facts), "x-frame-options", NO_PAGE, |answer| {
        let ancestors = csp::frame_ancestors(answer);
        if !ancestors.is_empty() {
            // Policies intersect: one that closes is enough. And where the directive stands, X-Frame-Options is ignored.
            let open =
                |sources: &Vec<String>| sources.iter().any(|source| is_anybody(&source.to_ascii_lowercase()));
            return ancestors.iter().all(open).then(|| {
                let sources = ancestors.first().map(|sources| sources.join(" ")).unwrap_or_default();
                (Level::Fail, format!("frame-ancestors {} lets any site frame the page", quoted(&sources)))
            });
        }
        let mut values: Vec<String> = answer
            .header_lines("x-frame-options")
            .flat_map(|line| line.split(',').map(|v| v.trim().to_ascii_uppercase()).collect::<Vec<_>>())
            .collect();
        values.sort();
        values.dedup();
        match values.as_slice() {
            [] => Some((Level::Fail, "neither frame-ancestors nor X-Frame-Options".into())),
            [one] if one == "DENY" || one == "SAMEORIGIN" => strict
                .then(|| (Level::Warn, "only X-Frame-Options; frame-ancestors is the current way".into())),
            [one] if one.starts_with("ALLOW-FROM") => {
                Some((Level::Warn, format!("{} is ignored by current browsers", quoted(one))))
            }
            [one] => Some((Level::Fail, format!("{} is no X-Frame-Options", quoted(one)))),
            several if several.iter().any(|value| value == "DENY" || value == "SAMEORIGIN") => {
                Some((Level::Warn, format!("{} different values; browsers deny", several.len())))
            }
            several => {
                Some((Level::Fail, format!("{} values and browsers know none: they allow", several.len())))
            }
        }
    })
}

pub(super) fn referrer(facts: &Facts) -> Judgement {
    const SAFE: [&str; 4] =
        ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
    const UNSAFE: [&str; 4] =
        ["unsafe-url", "origin", "origin-when-cross-origin", "no-referrer-when-downgrade"];
    each(pages(facts), "referrer-policy", NO_PAGE, |answer| {
        let Some(line) = joined(answer, "referrer-policy") else {
            return Some((Level::Warn, "Referrer-Policy is missing: the browser's default applies".into()));
        };
        let mut tokens = line.split(',').map(|token| token.trim().to_ascii_lowercase()).rev();
        let last = tokens.find(|token| SAFE.contains(&token.as_str()) || UNSAFE.contains(&token.as_str()));
        match last {
            None => Some((Level::Fail, format!("{} holds no known policy", quoted(&line)))),
            Some(token) if SAFE.contains(&token.as_str()) => None,
            Some(token) => {
                Some((Level::Fail, format!("{} gives addresses away to other sites", quoted(&token))))
            }
        }
    })
}

pub(super) fn permissions(facts: &Facts) -> Judgement {
    each(pages(facts), "permissions-policy", NO_PAGE, |answer| match joined(answer, "permissions-policy") {
        None => Some((Level::Warn, "Permissions-Policy is missing".into())),
        Some(line) if structured::is_dictionary(&line) => None,
        Some(line) => {
            Some((Level::Fail, format!("{} is no structured dictionary: browsers ignore it", quoted(&line))))
        }
    })
}

/// A header whose value is one structured token: browsers compare it by case, and ignore its parameters.
fn structured_token(answer: &Response, name: &str) -> Option<String> {
    let line = joined(answer, name)?;
    Some(match structured::token(&line) {
        Some(token) => token.to_owned(),
        None => line,
    })
}

/// What stands before the first `;`, in lower case.
fn token(answer: &Response, name: &str) -> Option<String> {
    let line = joined(answer, name)?;
    Some(line.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

pub(super) fn opener(facts: &Facts) -> Judgement {
    each(pages(facts), "cross-origin-opener-policy", NO_PAGE, |answer| {
        match structured_token(answer, "cross-origin-opener-policy").as_deref() {
            Some("same-origin" | "same-origin-allow-popups" | "noopener-allow-popups") => None,
            None => Some((Level::Warn, "Cross-Origin-Opener-Policy is missing".into())),
            Some("unsafe-none") => Some((Level::Warn, "`unsafe-none` isolates nothing".into())),
            Some(other) => Some((Level::Fail, format!("{} is no Cross-Origin-Opener-Policy", quoted(other)))),
        }
    })
}

pub(super) fn embedder(facts: &Facts) -> Judgement {
    each(pages(facts), "cross-origin-embedder-policy", NO_PAGE, |answer| {
        match structured_token(answer, "cross-origin-embedder-policy").as_deref() {
            Some("require-corp" | "credentialless") => None,
            None => Some((Level::Info, "Cross-Origin-Embedder-Policy is not set".into())),
            Some("unsafe-none") => Some((Level::Info, "`unsafe-none` is the default".into())),
            Some(other) => {
                Some((Level::Fail, format!("{} is no Cross-Origin-Embedder-Policy", quoted(other))))
            }
        }
    })
}

pub(super) fn resource(facts: &Facts) -> Judgement {
    let kinds = [RouteKind::Static, RouteKind::Json, RouteKind::Protected];
    let answers =
        ordinary(facts).filter(|(_, e, a)| kinds.contains(&e.site.kind) && (200..300).contains(&a.status));
    let mut places = 0;
    let mut observations = Vec::new();
    for (index, exchange, answer) in answers {
        places += 1;
        let protected = exchange.site.kind == RouteKind::Protected;
        // Fetch compares the whole value, by case.
        let seen = match joined(answer, "cross-origin-resource-policy").as_deref().map(str::trim) {
            Some("same-origin" | "same-site") => None,
            Some("cross-origin") if protected => {
                Some((Level::Warn, "`cross-origin` lets any site load protected data".to_owned()))
            }
            Some("cross-origin") => None,
            None if protected => {
                Some((Level::Warn, "Cross-Origin-Resource-Policy is missing on protected data".to_owned()))
            }
            None => None,
            Some(other) => {
                Some((Level::Fail, format!("{} is no Cross-Origin-Resource-Policy", quoted(other))))
            }
        };
        observations.extend(
            seen.map(|(level, detail)| {
                Observation::new(level, index, "cross-origin-resource-policy", detail)
            }),
        );
    }
    Judgement::of(places, observations, "no static, JSON or protected route")
}

pub(super) fn cross_domain(facts: &Facts) -> Judgement {
    each(ordinary(facts), "x-permitted-cross-domain-policies", "no answer", |answer| {
        match token(answer, "x-permitted-cross-domain-policies").as_deref() {
            None | Some("none") => None,
            Some(other) => {
                Some((Level::Warn, format!("{} lets old plug-ins read across sites", quoted(other))))
            }
        }
    })
}

pub(super) fn xss_protection(facts: &Facts) -> Judgement {
    each(pages(facts), "x-xss-protection", NO_PAGE, |answer| {
        match token(answer, "x-xss-protection").as_deref() {
            None | Some("0") => None,
            Some(other) => Some((
                Level::Warn,
                format!("{} switches on a filter that made holes of its own", quoted(other)),
            )),
        }
    })
}

pub(super) fn obsolete(facts: &Facts) -> Judgement {
    const OLD: [&str; 7] = [
        "Public-Key-Pins",
        "Public-Key-Pins-Report-Only",
        "Expect-CT",
        "Feature-Policy",
        "X-Content-Security-Policy",
        "X-WebKit-CSP",
        "P3P",
    ];
    let mut places = 0;
    let mut observations = Vec::new();
    for (index, _, answer) in ordinary(facts) {
        places += 1;
        let mut note = |name: &str, detail: String| {
            observations.push(Observation::new(Level::Warn, index, name.to_ascii_lowercase(), detail));
        };
        for name in OLD.iter().filter(|name| answer.header(name).is_some()) {
            note(name, format!("`{name}` is obsolete"));
        }
        if answer.header("pragma").is_some() && answer.header("cache-control").is_none() {
            note("pragma", "`Pragma` without `Cache-Control` says nothing in an answer".into());
        }
    }
    Judgement::of(places, observations, "no answer")
}
