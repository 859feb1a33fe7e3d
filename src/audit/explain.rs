//! A check in words: its page under `docs/checks`, which `audit explain` prints too.

use std::fmt::Write as _;

use super::check::Check;
use super::fix::recipe;
use super::probe::Consent;

/// The page, as Markdown.
#[must_use]
pub fn page(check: &Check) -> String {
    let mut out = format!("# {}: {}\n\n", check.id, check.title);
    let consent = match check.consent() {
        Consent::None => "",
        Consent::Active => ": needs consent, `active = true` in `[stacks.NAME.audit]`",
        Consent::Guarded => {
            ": needs consent, `active = true` in `[stacks.NAME.audit]`, and off loopback `guarded = true` beside it"
        }
    };
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "Severity of a failure: {}. Mode: {}{consent}. Revision {}.\n",
        check.severity.name(),
        check.mode.name(),
        check.revision
    );
    let _ = writeln!(out, "{}", check.rule);
    if let Some(fix) = recipe(check.fix) {
        let _ = writeln!(out, "\n## How to mend it\n\n{}", fix.advice);
        for (name, language, lines) in [("Django", "python", fix.django), ("nginx", "nginx", fix.nginx)] {
            if let Some(lines) = lines {
                let _ = writeln!(out, "\n{name}:\n\n```{language}\n{lines}\n```");
            }
        }
    }
    if !check.references.is_empty() {
        let _ = writeln!(out, "\n## References\n");
        for reference in check.references {
            let _ = writeln!(out, "- {}", linked(reference));
        }
    }
    out
}

/// Where a reference has a page of its own, with its address.
fn linked(reference: &str) -> String {
    match reference.strip_prefix("CWE-") {
        Some(number) => format!("[{reference}](https://cwe.mitre.org/data/definitions/{number}.html)"),
        None => reference.to_owned(),
    }
}
