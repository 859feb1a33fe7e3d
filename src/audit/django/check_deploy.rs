//! The project's own `manage.py check --deploy`, beside what the wire shows.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::LazyLock;

use regex::Regex;

use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::Facts;
use crate::audit::hook::{self, PATIENCE};
use crate::audit::probe::{Consent, Probe};
use crate::audit::{AuditInput, find};
use crate::scenario::model::Hook;
use crate::wire::printable;

/// Longest output that is read.
const LONGEST: usize = 256 * 1024;
/// What Django prints whatever it found.
const MARK: &str = "System check identified";

/// Django's ids, and the check of ours that sees the same from outside.
const TWINS: [(&str, &str); 20] = [
    ("security.W001", "HDR-XCTO"),
    ("security.W002", "HDR-FRAME"),
    ("security.W003", "CSRF-REQUIRED"),
    ("security.W004", "HDR-HSTS"),
    ("security.W005", "HDR-HSTS-SUB"),
    ("security.W006", "HDR-XCTO"),
    ("security.W008", "NET-REDIRECT"),
    ("security.W009", "JWT-WEAK-SECRET"),
    ("security.W010", "CK-SECURE"),
    ("security.W011", "CK-SECURE"),
    ("security.W012", "CK-SECURE"),
    ("security.W013", "CK-HTTPONLY"),
    ("security.W014", "CK-HTTPONLY"),
    ("security.W015", "CK-HTTPONLY"),
    ("security.W016", "CK-SECURE"),
    ("security.W018", "DJ-DEBUG-404"),
    ("security.W020", "DJ-HOST"),
    ("security.W022", "HDR-REFERRER"),
    ("security.E023", "HDR-REFERRER"),
    ("security.E024", "HDR-COOP"),
];

/// An id between its brackets and the sentence after it.
static LINE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\((\w+(?:\.\w+)*\.[CEWID]\d{3})\)[ \t]*([^\n]*)").ok());

/// The ids that an output names, with their sentences; `None`: it is no output of Django's checks.
pub fn ids_of(output: &str) -> Option<BTreeMap<String, String>> {
    if !output.contains(MARK) {
        return None;
    }
    let found = LINE.as_ref()?.captures_iter(output);
    Some(
        found
            .filter_map(|line| Some((line.get(1)?.as_str().to_owned(), line.get(2)?.as_str().to_owned())))
            .collect(),
    )
}

fn of_stack<'i>(input: &AuditInput<'i>) -> Option<&'i Hook> {
    input.plan.stacks.get(input.stack.0)?.check_deploy.as_ref()
}

pub static DEPLOY: Probe = Probe {
    name: "check-deploy",
    consent: Consent::None,
    about: "nothing: the command `check_deploy` of [stacks.NAME.audit] is run on this machine",
    most: 0,
    lacks: |input| {
        of_stack(input)
            .is_none()
            .then_some("the scenario names no command for it: `check_deploy` in [stacks.NAME.audit]")
    },
    send: |prober| {
        Box::pin(async move {
            let Some(hook) = of_stack(prober.input) else { return };
            match output(hook, prober.input).await {
                Ok(output) => match ids_of(&output) {
                    Some(ids) => prober.declared = Some(ids),
                    None => prober.refuse("`check_deploy` printed no result of Django's checks"),
                },
                Err(why) => prober.refuse(why),
            }
        })
    },
};

/// What the command prints. That it ends with an error is its way to say that it found some.
async fn output(hook: &Hook, input: &AuditInput<'_>) -> Result<String, String> {
    let mut command = hook::command(hook, input)?;
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut command = tokio::process::Command::from(command);
    let ended = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).output()).await;
    let output = match ended {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(format!("`check_deploy` could not be run: {error}")),
        Err(_) => return Err(format!("`check_deploy` took longer than {} s", PATIENCE.as_secs())),
    };
    let mut bytes = [output.stderr, output.stdout].concat();
    bytes.truncate(LONGEST);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The worst that a check of ours sees; `None` when it does not judge.
fn seen(id: &str, facts: &Facts) -> Option<Option<Level>> {
    match (find(id)?.judge)(facts) {
        Judgement::Judged { observations, .. } => Some(observations.iter().map(|seen| seen.level).max()),
        _ => None,
    }
}

pub fn agreement(facts: &Facts) -> Judgement {
    let Some(declared) = &facts.declared else {
        return Judgement::NotRun("`check_deploy` was not run".into());
    };
    let overall = |level, subject: &str, detail: String| Observation {
        exchange: None,
        ..Observation::new(level, 0, subject, detail)
    };
    let mut observations = Vec::new();
    for (id, words) in declared {
        let twin = TWINS.iter().find(|(django, _)| django == id).map(|(_, ours)| *ours);
        let beside = match twin.map(|ours| (ours, seen(ours, facts))) {
            None => String::new(),
            Some((ours, Some(Some(Level::Warn | Level::Fail)))) => format!(" The wire shows it too: {ours}."),
            Some((ours, Some(_))) => format!(" The wire does not show it: {ours} passes."),
            Some((ours, None)) => format!(" {ours} has nothing to say here."),
        };
        observations.push(overall(Level::Info, id, format!("{id}: {}{beside}", printable(words, 240))));
    }
    let mut silent: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (django, ours) in TWINS {
        silent.entry(ours).or_default().push(django);
    }
    // Of several ids for one of our checks each speaks of another setting: one that is declared is enough.
    silent.retain(|_, ids| !ids.iter().any(|id| declared.contains_key(*id)));
    for (ours, ids) in &silent {
        if seen(ours, facts) == Some(Some(Level::Fail)) {
            let detail =
                format!("{ours} fails on the wire, and Django finds the settings good ({})", ids.join(", "));
            observations.push(overall(Level::Warn, ours, detail));
        }
    }
    Judgement::Judged { places: declared.len() + silent.len(), observations }
}

#[cfg(test)]
pub(in crate::audit) mod samples {
    //! Settings that the wire bears out, and what does not.

    use super::*;

    pub fn sound(facts: &mut Facts) {
        facts.declared = Some(BTreeMap::new());
    }

    /// Django is content, and the wire is not.
    pub fn spoil(check: &str, facts: &mut Facts) -> bool {
        let ours = check == "DJ-CHECK-DEPLOY";
        if ours {
            for answer in facts.exchanges.iter_mut().filter_map(|exchange| exchange.answer.as_mut().ok()) {
                answer.headers.retain(|(name, _)| name != "Strict-Transport-Security");
            }
        }
        ours
    }

    #[test]
    fn what_django_says_is_told_beside_what_the_wire_shows() {
        let mut facts = crate::audit::fixture::facts(true);
        facts.declared = Some(
            ids_of("?: (security.W004) No HSTS.\n?: (app.W001) Odd.\nSystem check identified 2").unwrap(),
        );
        let Judgement::Judged { observations, .. } = crate::audit::fixture::judge("DJ-CHECK-DEPLOY", &facts)
        else {
            panic!("not judged");
        };
        let details: Vec<&str> = observations.iter().map(|seen| seen.detail.as_str()).collect();
        assert_eq!(details, ["app.W001: Odd.", "security.W004: No HSTS. HDR-HSTS has nothing to say here."]);
        assert!(observations.iter().all(|seen| seen.level == Level::Info));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "System check identified some issues:\n\nWARNINGS:\n?: (security.W004) You have not set a value \
                          for the SECURE_HSTS_SECONDS setting.\n?: (staticfiles.W004) The directory '/x' does not exist.\n\n\
                          System check identified 2 issues (0 silenced).\n";

    #[test]
    fn ids_are_read_with_their_sentences() {
        let ids = ids_of(OUTPUT).unwrap();
        let names: Vec<&str> = ids.keys().map(String::as_str).collect();
        assert_eq!(names, ["security.W004", "staticfiles.W004"]);
        assert!(ids["security.W004"].starts_with("You have not set"), "{ids:?}");
        assert_eq!(ids_of("System check identified no issues (0 silenced).").unwrap().len(), 0);
        assert_eq!(ids_of("ModuleNotFoundError: No module named 'django'"), None);
    }

    #[test]
    fn every_twin_is_in_the_catalogue() {
        for (_, ours) in TWINS {
            assert!(find(ours).is_some(), "{ours}");
        }
    }
}
