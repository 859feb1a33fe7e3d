//! `docs/checks` says what the catalogue says. With `SHAKEDOWN_WRITE_DOCS=1` it is written anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use shakedown::audit::view::{View, view};
use shakedown::audit::{catalogue, find, page};
use shakedown::target::Fault;

const MARK: &str = "<!-- table -->\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks")
}

/// What shows a check that has no fault of its own; the faults are switched on for it in `tests/audit`.
const SHOWN_OTHERWISE: [(&str, &str); 11] = [
    ("CSP-REPORTING", "tells and fails nothing"),
    ("CSP-TRUSTED-TYPES", "tells and fails nothing"),
    ("DJ-CHECK-DEPLOY", "`no-hsts`, of which Django says nothing"),
    ("NET-PLAIN-CRED", "made-up answers: it wants a host that is not this machine"),
    ("NET-BACKEND-OPEN", "made-up answers: it wants an address that is not loopback"),
    ("LOAD-ERROR-LEAK", "`error-trace`"),
    ("LOAD-NONCE-REUSE", "`csp-static-nonce`"),
    ("DIFF-HEADERS", "`no-nosniff`, beside dev"),
    ("DIFF-STATUS", "`open-route`, beside dev"),
    ("DIFF-ERROR", "`leaky-refusals`, beside dev"),
    ("DIFF-LIMITS", "`large-headers`, beside dev"),
];

/// The faults of the embedded target that `tests/audit` finds under a check, which passes without them.
fn faults(id: &str) -> String {
    if let Some((_, shown)) = SHOWN_OTHERWISE.iter().find(|(other, _)| *other == id) {
        return (*shown).to_owned();
    }
    let of = Fault::ALL.iter().filter(|fault| fault.row() == id);
    of.map(|fault| format!("`{}`", fault.name())).collect::<Vec<_>>().join(", ")
}

fn table() -> String {
    let mut out =
        "\n| check | what it is about | severity | mode | found in the embedded target with |\n|---|---|---|---|---|\n"
            .to_owned();
    for check in catalogue() {
        let (id, title) = (check.id, check.title);
        let _ = writeln!(
            out,
            "| [{id}]({id}.md) | {title} | {} | {} | {} |",
            check.severity.name(),
            check.mode.name(),
            faults(id)
        );
        assert!(
            !faults(id).is_empty(),
            "{id}: no fault of the embedded target, and nothing else that shows it"
        );
    }
    out
}

fn grouped(title: &str, about: &str, by: View) -> String {
    let mut out = format!("# {title}\n\n{about}\n");
    for group in view(by, &catalogue().collect::<Vec<_>>()) {
        let _ = writeln!(out, "\n## {}\n", group.title);
        for entry in group.entries {
            let (id, title) = (entry.check, find(entry.check).unwrap().title);
            let reference = if by == View::Asvs && !entry.reference.is_empty() {
                format!("{} ", entry.reference)
            } else {
                String::new()
            };
            let _ = writeln!(out, "- {reference}[{id}]({id}.md) {title}");
        }
    }
    out.push_str("\n[All checks](README.md)\n");
    out
}

fn views() -> [(&'static str, String); 2] {
    [
        (
            "by-asvs.md",
            grouped(
                "The checks by chapter of OWASP's ASVS 5.0.0",
                "A check under a requirement looks at that part of it which shows from outside: a pass is no proof of the requirement. \
                 `shakedown audit list --by asvs` prints the same.",
                View::Asvs,
            ),
        ),
        (
            "by-django.md",
            grouped(
                "The checks beside Django's `check --deploy`",
                "Django looks at the settings, the check at what the wire shows of them. `shakedown audit list --by django` prints the \
                 same; DJ-CHECK-DEPLOY runs the project's own and holds both against each other.",
                View::Django,
            ),
        ),
    ]
}

#[test]
fn the_documents_are_those_of_the_catalogue() {
    let readme = folder().join("README.md");
    let text = std::fs::read_to_string(&readme).unwrap();
    let (by_hand, _) = text.split_once(MARK).expect("the mark before the table");
    let mut wanted = vec![(readme, format!("{by_hand}{MARK}{}", table()))];
    wanted.extend(catalogue().map(|check| {
        (folder().join(format!("{}.md", check.id)), format!("{}\n[All checks](README.md)\n", page(check)))
    }));
    wanted.extend(views().map(|(name, text)| (folder().join(name), text)));

    if std::env::var_os("SHAKEDOWN_WRITE_DOCS").is_some() {
        for (path, text) in &wanted {
            std::fs::write(path, text).unwrap();
        }
    }
    let stale: Vec<String> = wanted
        .iter()
        .filter(|(path, text)| std::fs::read_to_string(path).ok().as_ref() != Some(text))
        .map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(stale.is_empty(), "run `SHAKEDOWN_WRITE_DOCS=1 cargo test --test checks_docs`: {stale:?}");

    let known: BTreeSet<&PathBuf> = wanted.iter().map(|(path, _)| path).collect();
    let strays: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !known.contains(path))
        .collect();
    assert!(strays.is_empty(), "of checks that are gone: {strays:?}");
}

#[test]
fn the_catalogue_is_fit_to_print() {
    let mut ids = BTreeSet::new();
    for check in catalogue() {
        assert!(ids.insert(check.id), "{} stands twice", check.id);
        assert!(
            check.id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-'),
            "{}",
            check.id
        );
        assert!(check.revision > 0, "{}", check.id);
        assert!(!check.title.contains('|') && !check.title.is_empty(), "{}", check.id);
        assert!(check.rule.ends_with('.'), "{}: the rule is a sentence: {}", check.id, check.rule);
        assert!(!check.rule.contains("  "), "{}: {}", check.id, check.rule);
    }
}
