//! FILE-*: files that nobody should be able to fetch.

mod probes;
#[cfg(test)]
pub(super) mod samples;
mod shapes;

use super::check::{Check, Judgement, Level, Mode, Observation};
use super::exchange::{Exchange, Facts, Purpose};
use super::forged::success;
use super::probe::Probe;
use crate::record::Severity;
use crate::wire::{Response, printable};
use probes::{
    ALIAS, BACKUP, CONTROL, DIRECTORY, DJANGO, ENVIRONMENT, FILES, MEDIA, MEDIA_FILES, SECURITY_TXT,
    SOURCE_MAP, STATUS, VERSION_CONTROL,
};

const PROBES: &[&Probe] = &[&FILES];

/// What most rows of the family share.
const ROW: Check = Check { mode: Mode::Active, probes: PROBES, fix: "R-DOT", ..Check::ROW };

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        rule: "Asks for /.git/HEAD, /.git/config, /.svn/entries and /.hg/requires; fails when one answers in its own shape.",
        references: &["CWE-527", "ASVS v5.0.0-13.4.1"],
        ..ROW.of("FILE-VCS", "Version control folders", Severity::High, |facts| {
            exposed(facts, VERSION_CONTROL, shapes::version_control)
        })
    },
    Check {
        rule: "Asks for /.env and its likes; fails when one answers with KEY=value lines. Names of keys are reported, never values.",
        references: &["CWE-538", "ASVS v5.0.0-13.4.7"],
        ..ROW.of("FILE-ENV", "Environment files", Severity::Critical, |facts| {
            exposed(facts, ENVIRONMENT, shapes::environment)
        })
    },
    Check {
        rule: "Asks for settings.py, manage.py, requirements.txt, db.sqlite3, Dockerfile and their likes; fails on their shape.",
        references: &["CWE-540", "ASVS v5.0.0-13.4.7"],
        ..ROW.of("FILE-DJANGO", "Files of the project", Severity::High, |facts| {
            exposed(facts, DJANGO, shapes::project)
        })
    },
    Check {
        rule: "Asks for archives, dumps and copies that editors leave beside a static file; fails when one answers 200 with something \
               else than an unknown path does.",
        references: &["CWE-530"],
        ..ROW.of("FILE-BACKUP", "Backups and editor copies", Severity::High, backups)
    },
    Check {
        rule: "Asks for the folders of static files; fails when a listing answers.",
        fix: "R-DIR",
        references: &["CWE-548", "ASVS v5.0.0-13.4.3"],
        ..ROW.of("FILE-DIRLIST", "Listings of folders", Severity::Medium, |facts| {
            exposed(facts, DIRECTORY, shapes::listing)
        })
    },
    Check {
        rule: "Asks for a known static file by a path that leaves its folder and comes back (/static../static/x); fails when the \
               file answers: an alias without its slash serves whatever stands beside the folder.",
        fix: "R-ALIAS",
        references: &["CWE-22"],
        ..ROW.of("FILE-ALIAS-TRAVERSAL", "Alias without a slash", Severity::High, |facts| {
            exposed(facts, ALIAS, shapes::outside)
        })
    },
    Check {
        rule: "Asks for the source map of each static script and style sheet; warns when a production stack has one.",
        fix: "R-STATIC",
        references: &["CWE-540"],
        ..ROW.of("FILE-SOURCEMAP", "Source maps", Severity::Low, source_maps)
    },
    Check {
        rule: "Asks for the status pages of servers and frameworks; fails when one answers in its own shape.",
        references: &["ASVS v5.0.0-13.4.5"],
        ..ROW.of("FILE-STATUS", "Status pages", Severity::Medium, |facts| {
            exposed(facts, STATUS, shapes::status)
        })
    },
    Check {
        probes: &[&MEDIA_FILES],
        rule: "Asks for the files of users that `media` in [audit] names; fails when one is shown as a page or image that can run \
               script on the application's own origin (no attachment, no sandbox).",
        fix: "R-MEDIA",
        references: &["CWE-79", "CWE-434", "ASVS v5.0.0-3.2.1"],
        ..ROW.of("FILE-MEDIA-HTML", "Files of users", Severity::Medium, media)
    },
    Check {
        rule: "Asks for /.well-known/security.txt; warns when it has expired; absent is information.",
        fix: "",
        references: &["RFC 9116"],
        ..ROW.of("FILE-SECURITY-TXT", "security.txt", Severity::Info, security_txt)
    },
];

/// Fails for each answer of a purpose that has its shape, where a path that cannot exist has not.
fn exposed(facts: &Facts, purpose: Purpose, shape: fn(&Response) -> Option<String>) -> Judgement {
    // A site that answers 200 to everything may have a shape in what it answers.
    let controls = facts.of(CONTROL).filter(|(_, _, answer)| success(answer));
    let everywhere: Vec<String> = controls.filter_map(|(_, _, answer)| shape(answer)).collect();
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(purpose) {
        places += 1;
        if success(answer)
            && let Some(what) = shape(answer)
            && !everywhere.contains(&what)
        {
            let path = printable(&exchange.request.target, 120);
            observations.push(Observation::new(
                Level::Fail,
                index,
                path.clone(),
                format!("`{path}` is {what}"),
            ));
        }
    }
    none_sent(facts, purpose, places, observations)
}

fn none_sent(facts: &Facts, purpose: Purpose, places: usize, observations: Vec<Observation>) -> Judgement {
    if places > 0 {
        return Judgement::Judged { places, observations };
    }
    match facts.failure(purpose) {
        Some(failure) => Judgement::NotRun(format!("no answer came: {failure}")),
        None => Judgement::NotApplicable("the scenario names no static file to start from".into()),
    }
}

/// Whether a path that cannot exist answers the same: a site that answers 200 to everything exposes nothing by it.
fn like_nothing(facts: &Facts, answer: &Response) -> bool {
    facts.of(CONTROL).any(|(_, _, control)| {
        let near = answer.body_length.abs_diff(control.body_length) <= 256;
        success(control) && answer.header("content-type") == control.header("content-type") && near
    })
}

fn backups(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(BACKUP) {
        places += 1;
        if answer.status == 200
            && answer.body_length > 0
            && !like_nothing(facts, answer)
            && !shapes::is_page(answer)
        {
            let path = printable(&exchange.request.target, 120);
            let detail = format!("`{path}` answers {} bytes", answer.body_length);
            observations.push(Observation::new(Level::Fail, index, path, detail));
        }
    }
    none_sent(facts, BACKUP, places, observations)
}

fn source_maps(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(SOURCE_MAP) {
        places += 1;
        if answer.status == 200 && shapes::source_map(answer) {
            let path = printable(&exchange.request.target, 120);
            let level = if facts.role == crate::plan::Role::Dev { Level::Info } else { Level::Warn };
            observations.push(Observation::new(
                level,
                index,
                path.clone(),
                format!("`{path}` holds the sources"),
            ));
        }
    }
    none_sent(facts, SOURCE_MAP, places, observations)
}

fn media(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(MEDIA).filter(|(_, _, answer)| success(answer)) {
        places += 1;
        if runs_here(exchange, answer) {
            let path = printable(&exchange.request.target, 120);
            let kind = printable(&answer.header("content-type").unwrap_or_default(), 60);
            let detail = format!("`{path}` is shown on this origin as `{kind}`");
            observations.push(Observation::new(Level::Fail, index, path, detail));
        }
    }
    Judgement::of(places, observations, "no file of `media` answered 2xx")
}

fn runs_here(_: &Exchange, answer: &Response) -> bool {
    let lower = |name: &str| answer.header(name).unwrap_or_default().to_ascii_lowercase();
    let kind = lower("content-type");
    let active =
        kind.starts_with("text/html") || kind.contains("svg") || kind.contains("xml") || kind.is_empty();
    let attached = lower("content-disposition").trim_start().starts_with("attachment");
    let sandboxed = answer
        .header_lines("content-security-policy")
        .any(|policy| policy.split(';').any(|directive| directive.trim().eq_ignore_ascii_case("sandbox")));
    active && !attached && !sandboxed
}

fn security_txt(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, _, answer) in facts.of(SECURITY_TXT) {
        places += 1;
        let body = String::from_utf8_lossy(&answer.body);
        let field = |name: &str| {
            body.lines().find_map(|line| {
                let (field, value) = line.split_once(':')?;
                field.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let there = answer.status == 200 && field("contact").is_some();
        let (level, detail) = if !there {
            (Level::Info, "there is no /.well-known/security.txt".to_owned())
        } else {
            match field("expires").map(|when| when.parse::<jiff::Timestamp>()) {
                None => (Level::Warn, "security.txt lacks Expires".to_owned()),
                Some(Err(_)) => (Level::Warn, "Expires of security.txt is no RFC 3339 time".to_owned()),
                Some(Ok(when)) if when < jiff::Timestamp::now() => {
                    (Level::Warn, format!("security.txt expired on {}", when.strftime("%Y-%m-%d")))
                }
                Some(Ok(_)) => continue,
            }
        };
        observations.push(Observation::new(level, index, "security.txt", detail));
    }
    none_sent(facts, SECURITY_TXT, places, observations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::facts;
    use crate::plan::RouteKind;

    #[test]
    fn what_every_path_answers_exposes_nothing() {
        let shell = "<div id=app></div><script>\nAPI_URL = \"/api\"\n</script>";
        let asked = |environment: &str| {
            [(CONTROL, shell), (ENVIRONMENT, environment)].into_iter().fold(
                facts(false),
                |facts, (purpose, body)| {
                    facts.answer(purpose, RouteKind::Html, 200, &[("Content-Type", "text/html")], body)
                },
            )
        };
        let found = |facts: &Facts| match exposed(facts, ENVIRONMENT, shapes::environment) {
            Judgement::Judged { observations, .. } => observations.len(),
            _ => usize::MAX,
        };
        assert_eq!(found(&asked(shell)), 0);
        assert_eq!(found(&asked("DB_PASSWORD=x\n")), 1);
    }
}
