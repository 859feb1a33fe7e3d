//! The rows beside their references: what the catalogue's CSP rows and Google's csp_evaluator, and its header and cookie rows
//! and MDN's HTTP Observatory, say of the same headers. Where they part stands in `disagreements.toml` with the reason why
//! ours is right; what does not stand there has to be the same.
//!
//! Needs node and both packages, at these versions:
//!
//! ```sh
//! npm install --ignore-scripts --no-save --prefix target/references csp_evaluator@1.1.8 @mdn/mdn-http-observatory@1.4.8
//! ```

mod corpus;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use regex::Regex;
use serde::Deserialize;

use super::Level;
use super::exchange::{Facts, Purpose};
use super::fixture::{facts, judge};
use crate::audit::Judgement;
use crate::plan::RouteKind;
use corpus::HeaderSet;

/// A row of ours, from which level on it finds fault, and of which missing directive it does; empty for any fault.
type Row = (&'static str, Level, &'static str);

/// A topic of a reference, and the rows that are about it.
const TOPICS: &[(&str, &str, &[Row])] = &[
    ("csp_evaluator", "inline", &[("CSP-UNSAFE-INLINE", Level::Fail, "")]),
    ("csp_evaluator", "eval", &[("CSP-UNSAFE-EVAL", Level::Warn, "")]),
    ("csp_evaluator", "wildcard", &[("CSP-WILDCARD", Level::Fail, "")]),
    ("csp_evaluator", "object-src", &[("CSP-OBJECT-BASE", Level::Fail, "object-src")]),
    ("csp_evaluator", "base-uri", &[("CSP-OBJECT-BASE", Level::Fail, "base-uri")]),
    ("csp_evaluator", "syntax", &[("CSP-SYNTAX", Level::Fail, "")]),
    ("csp_evaluator", "nonce", &[("CSP-NONCE-WEAK", Level::Fail, "")]),
    ("csp_evaluator", "http", &[("CSP-HTTP-SOURCE", Level::Warn, "")]),
    ("csp_evaluator", "bypass", &[("CSP-BYPASS-HOST", Level::Warn, "")]),
    ("csp_evaluator", "strict-dynamic", &[("CSP-STRICT", Level::Fail, "")]),
    ("csp_evaluator", "reporting", &[("CSP-REPORTING", Level::Info, "")]),
    ("csp_evaluator", "trusted-types", &[("CSP-TRUSTED-TYPES", Level::Info, "")]),
    (
        "observatory",
        "csp",
        &[
            ("CSP-PRESENT", Level::Fail, ""),
            ("CSP-UNSAFE-INLINE", Level::Fail, ""),
            ("CSP-UNSAFE-EVAL", Level::Warn, ""),
            ("CSP-WILDCARD", Level::Fail, ""),
            ("CSP-OBJECT-BASE", Level::Fail, "object-src"),
            ("CSP-STRICT", Level::Fail, ""),
            ("CSP-HTTP-SOURCE", Level::Fail, ""),
        ],
    ),
    ("observatory", "hsts", &[("HDR-HSTS", Level::Fail, "")]),
    ("observatory", "nosniff", &[("HDR-XCTO", Level::Fail, "")]),
    ("observatory", "frame", &[("HDR-FRAME", Level::Fail, "")]),
    ("observatory", "referrer", &[("HDR-REFERRER", Level::Fail, "")]),
    ("observatory", "corp", &[("HDR-CORP", Level::Fail, "")]),
    (
        "observatory",
        "cookies",
        &[("CK-SECURE", Level::Warn, ""), ("CK-HTTPONLY", Level::Fail, ""), ("CK-SAMESITE", Level::Fail, "")],
    ),
];

#[derive(Deserialize)]
struct Judged {
    name: String,
    csp_evaluator: Option<BTreeMap<String, Option<bool>>>,
    observatory: BTreeMap<String, Option<bool>>,
}

fn skipped(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "{what} is missing, and this is CI");
    eprintln!("skipped: {what} is not installed");
}

/// What the references say; `None` without node or the packages.
fn references(sets: &[HeaderSet]) -> Option<Vec<Judged>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("target/references");
    if !folder.join("node_modules/csp_evaluator").exists() {
        skipped("csp_evaluator (npm)");
        return None;
    }
    let mut node = match Command::new("node")
        .arg(root.join("src/audit/references/judge.mjs"))
        .arg(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
    {
        Ok(node) => node,
        Err(_) => {
            skipped("node");
            return None;
        }
    };
    let asked: Vec<_> =
        sets.iter().map(|set| serde_json::json!({ "name": set.name, "headers": set.headers })).collect();
    let mut input = node.stdin.take().unwrap();
    let written = std::thread::spawn(move || input.write_all(&serde_json::to_vec(&asked).unwrap()));
    let output = node.wait_with_output().unwrap();
    written.join().unwrap().unwrap();
    assert!(output.status.success(), "judge.mjs failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn exchange(set: &HeaderSet) -> Facts {
    let mut headers: Vec<(&str, &str)> = vec![("Content-Type", "text/html; charset=utf-8")];
    headers.extend(set.headers.iter().map(|(name, value)| (*name, value.as_str())));
    let kind = if set.name.starts_with("corp:") { RouteKind::Protected } else { RouteKind::Html };
    facts(true).answer(Purpose::Rest, kind, 200, &headers, "<!doctype html><title>Shop</title>")
}

/// Whether any of the rows finds fault; a row that does not apply finds none.
fn finds_fault(facts: &Facts, rows: &[Row]) -> bool {
    rows.iter().any(|(row, from, missing)| match judge(row, facts) {
        Judgement::Judged { observations, .. } => observations.iter().any(|seen| {
            let about = missing.is_empty() || seen.detail.starts_with(&format!("{missing} is missing"));
            seen.level >= *from && about
        }),
        _ => false,
    })
}

fn in_words(fault: Option<bool>) -> &'static str {
    match fault {
        Some(true) => "fault",
        Some(false) => "fine",
        None => "crash",
    }
}

/// Sets on which a reference says otherwise, and why ours is right.
struct Disagreement {
    reason: String,
    reference: String,
    topics: Vec<String>,
    /// Matches the names of the sets.
    sets: Regex,
    /// What the reference says; ours is the other.
    theirs: String,
    met: Vec<String>,
}

fn listed() -> Vec<Disagreement> {
    let table: toml::Table = include_str!("disagreements.toml").parse().unwrap();
    let groups = table["groups"].as_array().unwrap().iter();
    groups
        .map(|group| {
            let text = |key: &str| group[key].as_str().unwrap().to_owned();
            assert!(text("reason").len() > 40, "a group says why ours is right");
            let topics = group["topics"].as_array().unwrap().iter();
            Disagreement {
                reason: text("reason"),
                reference: text("reference"),
                topics: topics.map(|topic| topic.as_str().unwrap().to_owned()).collect(),
                sets: Regex::new(&text("sets")).unwrap(),
                theirs: text("theirs"),
                met: Vec::new(),
            }
        })
        .collect()
}

#[test]
fn every_disagreement_with_the_references_is_listed_with_its_reason() {
    let sets = corpus::all();
    let names: BTreeSet<&str> = sets.iter().map(|set| set.name.as_str()).collect();
    assert_eq!(names.len(), sets.len(), "each set has its own name");
    assert!(sets.len() >= 400, "{} sets", sets.len());
    let Some(judged) = references(&sets) else { return };
    assert_eq!(judged.len(), sets.len());
    let mut listed = listed();
    let mut wrong = String::new();
    let mut same = 0;
    for (set, theirs) in sets.iter().zip(&judged) {
        assert_eq!(set.name, theirs.name);
        let facts = exchange(set);
        for (reference, topic, rows) in TOPICS {
            let about = set.name.split(':').next().unwrap_or_default();
            let said = match *reference {
                "csp_evaluator" => theirs.csp_evaluator.as_ref().map(|topics| topics[*topic]),
                _ if about == *topic || set.name == "nothing" => Some(theirs.observatory[*topic]),
                _ => None,
            };
            let Some(said) = said else { continue };
            let ours = in_words(Some(finds_fault(&facts, rows)));
            let said = in_words(said);
            if ours == said {
                same += 1;
                continue;
            }
            let known = listed.iter_mut().find(|group| {
                group.reference == *reference
                    && group.topics.iter().any(|known| known == topic)
                    && group.theirs == said
                    && group.sets.is_match(&set.name)
            });
            match known {
                Some(group) => group.met.push(set.name.clone()),
                None => {
                    let _ = writeln!(wrong, "{reference} {topic}, {}: ours {ours}, theirs {said}", set.name);
                }
            }
        }
    }
    for group in listed.iter().filter(|group| group.met.is_empty()) {
        let _ = writeln!(wrong, "`{}` is listed and met no set", group.sets);
    }
    assert!(wrong.is_empty(), "disagreements.toml is not true:\n{wrong}");
    assert!(same > 2_000, "{same} verdicts are the same");
    assert_page(&page(sets.len(), same, &listed));
}

/// The page of the documentation, made of the list.
fn page(sets: usize, same: usize, listed: &[Disagreement]) -> String {
    let mut page = format!(
        "# Beside the references\n\n<!-- made by a test from src/audit/references; do not edit -->\n\nThe CSP rows beside Google's \
         csp_evaluator 1.1.8, the header and cookie rows beside MDN's HTTP Observatory (package 1.4.8), on {sets} header sets. On {same} \
         verdicts they agree. Where they part:\n"
    );
    for group in listed {
        let names: BTreeSet<&String> = group.met.iter().collect();
        let ours = match group.theirs.as_str() {
            "fine" => "fault here",
            "fault" => "fine here",
            _ => "judged here",
        };
        let _ = write!(
            page,
            "\n## {}: {}\n\n{} there, {ours}, on {} sets, for example `{}`.\n\n{}\n",
            group.reference,
            group.topics.join(", "),
            group.theirs,
            names.len(),
            names.first().map_or("", |name| name.as_str()),
            group.reason
        );
    }
    page
}

/// Compares the page with the one that is committed; writes it where `SHAKEDOWN_WRITE_DOCS` is set.
fn assert_page(page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/references.md");
    if std::env::var_os("SHAKEDOWN_WRITE_DOCS").is_some() {
        std::fs::write(&path, page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "docs/references.md is not up to date: run this test with SHAKEDOWN_WRITE_DOCS=1"
    );
}
