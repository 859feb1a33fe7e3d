//! Rows judged on each `Set-Cookie` line that a route, the login page or a login answered with.

use jiff::Timestamp;

use super::class::Class;
use super::set_cookie::{SameSite, SetCookie};
use crate::audit::{Exchange, Facts, Judgement, Level, Observation, Purpose};
use crate::plan::{Profile, RouteKind};
use crate::wire::Response;

/// Django's default session age, two weeks.
const TWO_WEEKS: i64 = 1_209_600;
/// What a browser must be able to keep of one cookie (RFC 6265bis 6.1).
const LARGEST: usize = 4096;
const NONE_SEEN: &str = "no cookie was set";

/// A cookie that was set, with the exchange that set it.
pub struct Seen<'a> {
    /// Position of the exchange.
    pub exchange: usize,
    /// The exchange.
    pub by: &'a Exchange,
    /// Its answer.
    pub answer: &'a Response,
    /// The cookie.
    pub cookie: SetCookie,
    /// What it is for.
    pub class: Class,
    /// Why it is thought so.
    pub why: &'static str,
}

/// Every cookie set by ordinary answers; deletions left out.
pub fn seen(facts: &Facts) -> Vec<Seen<'_>> {
    // What deletes is told by dates far in the past: the very moment does not matter.
    let now = Timestamp::now();
    let usual = [Purpose::Rest, Purpose::LoginPage, Purpose::Login];
    let mut seen = Vec::new();
    for (exchange, by, answer) in facts.answers().filter(|(_, e, _)| usual.contains(&e.purpose)) {
        for (_, line) in answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let Some(cookie) = SetCookie::parse(line) else { continue };
            if cookie.deletes(now) {
                continue;
            }
            let (class, why) = Class::of(&cookie, facts);
            seen.push(Seen { exchange, by, answer, cookie, class, why });
        }
    }
    seen
}

impl Seen<'_> {
    fn note(&self, level: Level, detail: String) -> Observation {
        Observation::new(level, self.exchange, shown(&self.cookie.name), detail)
    }
}

/// A cookie's name as a person may safely see it.
pub fn shown(name: &str) -> String {
    name.chars().take(80).flat_map(char::escape_default).collect()
}

fn judge(facts: &Facts, rule: impl Fn(&Seen<'_>) -> Option<Observation>) -> Judgement {
    let seen = seen(facts);
    Judgement::of(seen.len(), seen.iter().filter_map(rule).collect(), NONE_SEEN)
}

pub(super) fn secure(facts: &Facts) -> Judgement {
    judge(facts, |seen| {
        if seen.cookie.secure && facts.https {
            return None;
        }
        let how = if facts.https { "has no Secure attribute" } else { "is set over plain http" };
        let level = if seen.class == Class::Other { Level::Warn } else { Level::Fail };
        let why = if seen.why.is_empty() { String::new() } else { format!(" ({})", seen.why) };
        Some(seen.note(level, format!("`{}`{why} {how}", shown(&seen.cookie.name))))
    })
}

pub(super) fn http_only(facts: &Facts) -> Judgement {
    judge(facts, |seen| {
        let wanted = matches!(seen.class, Class::Session | Class::Token);
        (wanted && !seen.cookie.http_only).then(|| {
            let detail = format!("`{}` ({}) can be read by scripts", shown(&seen.cookie.name), seen.why);
            seen.note(Level::Fail, detail)
        })
    })
}

pub(super) fn same_site(facts: &Facts) -> Judgement {
    judge(facts, |seen| {
        let name = shown(&seen.cookie.name);
        match &seen.cookie.same_site {
            SameSite::Lax | SameSite::Strict => None,
            SameSite::None if seen.cookie.secure => None,
            SameSite::None => {
                Some(seen.note(
                    Level::Fail,
                    format!("`{name}` has SameSite=None without Secure: browsers refuse it"),
                ))
            }
            SameSite::Absent => Some(seen.note(Level::Warn, format!("`{name}` has no SameSite attribute"))),
            SameSite::Unknown(value) => Some(
                seen.note(Level::Fail, format!("`{name}` has the unknown SameSite=\"{}\"", shown(value))),
            ),
        }
    })
}

pub(super) fn prefix(facts: &Facts) -> Judgement {
    judge(facts, |seen| {
        let cookie = &seen.cookie;
        let name = shown(&cookie.name);
        // Browsers match the prefix in any case.
        let starts = |prefix: &str| {
            cookie.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let mut broken = Vec::new();
        if starts("__Host-") || starts("__Secure-") {
            if !cookie.secure || !facts.https {
                broken.push("Secure over https");
            }
            if starts("__Host-") && cookie.path.as_deref() != Some("/") {
                broken.push("Path=/");
            }
            if starts("__Host-") && cookie.domain.is_some() {
                broken.push("no Domain");
            }
            return (!broken.is_empty()).then(|| {
                let detail = format!(
                    "`{name}` lacks what its prefix demands ({}): browsers drop it",
                    broken.join(", ")
                );
                seen.note(Level::Fail, detail)
            });
        }
        (facts.profile == Profile::Strict && seen.class == Class::Session)
            .then(|| seen.note(Level::Warn, format!("`{name}` has no __Host- prefix")))
    })
}

pub(super) fn scope(facts: &Facts) -> Judgement {
    judge(facts, |seen| {
        let domain = seen.cookie.domain.as_deref()?;
        (seen.class == Class::Session).then(|| {
            let detail = format!("`{}` goes to every host under {}", shown(&seen.cookie.name), shown(domain));
            seen.note(Level::Warn, detail)
        })
    })
}

pub(super) fn size(facts: &Facts) -> Judgement {
    let seen = seen(facts);
    let mut observations: Vec<Observation> = seen
        .iter()
        .filter(|seen| seen.cookie.size > LARGEST)
        .map(|seen| {
            let detail = format!(
                "`{}` has {} bytes of name and value; browsers keep {LARGEST}",
                shown(&seen.cookie.name),
                seen.cookie.size
            );
            seen.note(Level::Fail, detail)
        })
        .collect();
    // A later cookie of the same name replaces an earlier one.
    let mut sizes = std::collections::BTreeMap::new();
    for seen in &seen {
        sizes.insert(&seen.cookie.name, seen.cookie.size + "=; ".len());
    }
    let total: usize = sizes.values().sum();
    if observations.is_empty() && total > LARGEST {
        observations.extend(seen.first().map(|first| {
            first.note(Level::Warn, format!("all cookies together make a Cookie header of {total} bytes"))
        }));
    }
    Judgement::of(seen.len(), observations, NONE_SEEN)
}

pub(super) fn on_static(facts: &Facts) -> Judgement {
    let places =
        facts.of(Purpose::Rest).filter(|(_, exchange, _)| exchange.site.kind == RouteKind::Static).count();
    let observations = seen(facts)
        .iter()
        .filter(|seen| seen.by.site.kind == RouteKind::Static)
        .map(|seen| {
            let name = shown(&seen.cookie.name);
            if publicly_cacheable(seen.answer) {
                seen.note(
                    Level::Fail,
                    format!("`{name}` is set on a static file that shared caches may keep"),
                )
            } else {
                seen.note(Level::Warn, format!("`{name}` is set on a static file"))
            }
        })
        .collect();
    Judgement::of(places, observations, "the scenario has no static route")
}

fn publicly_cacheable(answer: &Response) -> bool {
    answer.header_lines("cache-control").any(|line| {
        let line = line.to_ascii_lowercase();
        let has = |directive: &str| line.split(',').any(|part| part.trim().starts_with(directive));
        (has("public") || has("s-maxage") || has("max-age")) && !has("private") && !has("no-store")
    })
}

pub(super) fn lifetime(facts: &Facts) -> Judgement {
    let now = Timestamp::now();
    let seen = seen(facts);
    let sessions: Vec<_> = seen.iter().filter(|seen| seen.class == Class::Session).collect();
    let observations = sessions
        .iter()
        .filter_map(|seen| {
            let seconds = seen.cookie.lifetime(now).filter(|seconds| *seconds > TWO_WEEKS)?;
            let detail = format!(
                "`{}` lives {} days; two weeks are usual",
                shown(&seen.cookie.name),
                seconds / 86_400
            );
            Some(seen.note(Level::Warn, detail))
        })
        .collect();
    Judgement::of(sessions.len(), observations, "no session cookie was set")
}
