//! Rows about what source lists let in.

use super::page::{self, Page, SCRIPT, Stand, is_under, open, reachable};
use super::policy::{Directive, Policy, Token};
use crate::audit::{Facts, Judgement, Level, Observation};

/// What decides on script elements, event handlers and so on: the first directive that is there.
const SCRIPT_ELEM: &[&str] = &["script-src-elem", "script-src", "default-src"];
const SCRIPT_ATTR: &[&str] = &["script-src-attr", "script-src", "default-src"];
const STYLE_ELEM: &[&str] = &["style-src-elem", "style-src", "default-src"];
const STYLE_ATTR: &[&str] = &["style-src-attr", "style-src", "default-src"];
pub(super) const OBJECT: &[&str] = &["object-src", "default-src"];
const BASE: &[&str] = &["base-uri"];
/// What is loaded, run or sent, each with the directives that decide; what is only shown comes last.
const LOADED: &[&[&str]] = &[
    SCRIPT_ELEM,
    STYLE_ELEM,
    OBJECT,
    &["frame-src", "child-src", "default-src"],
    &["worker-src", "child-src", "script-src", "default-src"],
    &["connect-src", "default-src"],
    &["font-src", "default-src"],
    &["manifest-src", "default-src"],
    BASE,
    &["form-action"],
    &["frame-ancestors"],
    &["img-src", "default-src"],
    &["media-src", "default-src"],
];

/// Hosts from which anybody's scripts, JSONP or old frameworks with template gadgets come (looked up in 2026).
const BYPASSES: &[(&str, &str)] = &[
    ("accounts.google.com", "JSONP"),
    ("ajax.googleapis.com", "old AngularJS"),
    ("api.github.com", "JSONP"),
    ("cdn.jsdelivr.net", "any npm package or GitHub file"),
    ("cdn.rawgit.com", "any GitHub file"),
    ("cdn.skypack.dev", "any npm package"),
    ("cdnjs.cloudflare.com", "old AngularJS"),
    ("code.angularjs.org", "old AngularJS"),
    ("esm.run", "any npm package"),
    ("esm.sh", "any npm package"),
    ("fastly.jsdelivr.net", "any npm package or GitHub file"),
    ("graph.facebook.com", "JSONP"),
    ("raw.githack.com", "any GitHub file"),
    ("s3.amazonaws.com", "anybody's bucket"),
    ("storage.googleapis.com", "anybody's bucket"),
    ("unpkg.com", "any npm package"),
    ("www.google.com", "JSONP"),
    ("www.googleapis.com", "JSONP"),
    ("yastatic.net", "old AngularJS"),
];

fn inline<'p>(policy: &'p Policy, chain: &[&str]) -> Stand<(&'p Directive, &'p Token)> {
    match policy.governing(chain) {
        None => Stand::Silent,
        Some(directive) => directive.inline().map_or(Stand::Closed, |token| Stand::Open((directive, token))),
    }
}

fn keyword<'p>(policy: &'p Policy, chain: &[&str], name: &str) -> Stand<(&'p Directive, &'p Token)> {
    match policy.governing(chain) {
        None => Stand::Silent,
        Some(directive) => {
            directive.keyword(name).map_or(Stand::Closed, |token| Stand::Open((directive, token)))
        }
    }
}

pub(super) fn unsafe_inline(facts: &Facts) -> Judgement {
    page::judge(facts, |page, policies| {
        let mut found = Vec::new();
        for (chain, level, what) in [
            (SCRIPT_ELEM, Level::Fail, "and neither nonce nor hash: injected scripts run"),
            (SCRIPT_ATTR, Level::Fail, "and neither nonce nor hash: injected scripts run"),
            (STYLE_ELEM, Level::Warn, "for styles"),
            (STYLE_ATTR, Level::Warn, "for styles"),
        ] {
            let weak = open(policies, |policy| inline(policy, chain));
            found.extend(weak.iter().map(|(directive, token)| page.quote(level, directive, token, what)));
        }
        let data = reachable(policies, SCRIPT_ELEM, |_, source| source.wildcard() == Some("data"));
        let data = data.iter().filter(|(directive, _)| !directive.has_proof());
        found.extend(data.map(|(directive, token)| {
            page.quote(Level::Fail, directive, token, "as a source of scripts: as good as 'unsafe-inline'")
        }));
        found
    })
}

pub(super) fn unsafe_eval(facts: &Facts) -> Judgement {
    page::judge(facts, |page, policies| {
        let eval = open(policies, |policy| keyword(policy, SCRIPT, "unsafe-eval"));
        if !eval.is_empty() {
            let note = |(directive, token): &(&Directive, &Token)| {
                page.quote(Level::Warn, directive, token, "which lets text become script")
            };
            return eval.iter().map(note).collect();
        }
        open(policies, |policy| keyword(policy, SCRIPT, "wasm-unsafe-eval"))
            .iter()
            .map(|(directive, token)| page.quote(Level::Info, directive, token, "for WebAssembly"))
            .collect()
    })
}

pub(super) fn wildcard(facts: &Facts) -> Judgement {
    page::judge(facts, |page, policies| {
        let mut found = Vec::new();
        for (chain, what) in [(SCRIPT_ELEM, "scripts"), (OBJECT, "plugins"), (BASE, "the base address")] {
            for (directive, token) in reachable(policies, chain, |_, source| source.wildcard().is_some()) {
                found.push(page.quote(Level::Fail, directive, token, &format!("as a source of {what}")));
            }
        }
        found
    })
}

pub(super) fn bypass_host(facts: &Facts) -> Judgement {
    page::judge(facts, |page, policies| {
        let known = |host: &str| BYPASSES.iter().find(|(name, _)| is_under(host, name));
        reachable(policies, SCRIPT_ELEM, |token, source| {
            source.host().is_some_and(|host| known(host).is_some()) && !names_file(&token.text)
        })
        .into_iter()
        .filter_map(|(directive, token)| {
            let (name, why) = known(token.source().host()?)?;
            Some(page.quote(Level::Warn, directive, token, &format!("and {name} serves {why}")))
        })
        .collect()
    })
}

/// Whether a host source allows one file only.
fn names_file(token: &str) -> bool {
    let rest = token.split_once("://").map_or(token, |(_, rest)| rest);
    rest.split_once('/').is_some_and(|(_, path)| !path.is_empty() && !path.ends_with('/'))
}

pub(super) fn elem_attr(facts: &Facts) -> Judgement {
    page::judge(facts, |page, policies| {
        let mut found = Vec::new();
        for (name, chain) in [("script-src-elem", SCRIPT_ELEM), ("script-src-attr", SCRIPT_ATTR)] {
            // What script-src (or its fallback) of the same policy has closed.
            let closed = |directive: &Directive, test: &dyn Fn(&Directive) -> bool| {
                directive.name == name
                    && policies
                        .iter()
                        .filter(|policy| policy.directives.iter().any(|other| std::ptr::eq(other, directive)))
                        .any(|policy| policy.governing(SCRIPT).is_some_and(|base| !test(base)))
            };
            for (directive, token) in open(policies, |policy| inline(policy, chain)) {
                if closed(directive, &|base| base.inline().is_some()) {
                    found.push(reopened(page, directive, token));
                }
            }
            if name == "script-src-attr" {
                // Event handlers come from no address.
                continue;
            }
            for (directive, token) in reachable(policies, chain, |_, source| source.wildcard().is_some()) {
                let wide = |base: &Directive| base.addresses().any(|(_, source)| source.wildcard().is_some());
                if closed(directive, &wide) {
                    found.push(reopened(page, directive, token));
                }
            }
        }
        found
    })
}

fn reopened(page: &Page<'_>, directive: &Directive, token: &Token) -> Observation {
    page.quote(Level::Fail, directive, token, "although script-src or default-src does without")
}

pub(super) fn http_source(facts: &Facts) -> Judgement {
    if !facts.https {
        return Judgement::NotApplicable("the stack does not answer over https".to_owned());
    }
    page::judge_where(
        facts,
        |page| !page.enforced().is_empty(),
        |page, policies| {
            let mut found: Vec<Observation> = Vec::new();
            for chain in LOADED {
                let passive = matches!(chain.first(), Some(&("img-src" | "media-src")));
                let level = if passive { Level::Warn } else { Level::Fail };
                for (directive, token) in
                    reachable(policies, chain, |_, source| matches!(source.scheme(), Some("http" | "ftp")))
                {
                    let new = page.quote(level, directive, token, "on an https page");
                    // One source of default-src stands for all that falls back to it.
                    if !found.iter().any(|known| known.subject == new.subject && known.detail == new.detail) {
                        found.push(new);
                    }
                }
            }
            found
        },
    )
}
