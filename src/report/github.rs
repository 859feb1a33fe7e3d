//! What GitHub Actions shows of a run beside the log: annotations at the scenario's lines, and the step's summary.

use super::{Document, alert, finding, foreign, markdown};
use crate::gate::Verdict;
use crate::record::Severity;

/// Most annotations: a step shows ten errors and ten warnings.
const ERRORS: usize = 10;
const WARNINGS: usize = 10;
/// Largest summary that a step takes, in bytes.
const SUMMARY: usize = 1 << 20;

/// Workflow commands, a line each: errors for gates that do not hold and stacks that were not measured, warnings for
/// findings of medium or above.
pub fn annotations(document: &Document<'_>) -> String {
    let record = document.record;
    let file = foreign::line(&record.scenario.path, foreign::LINE);
    let broken =
        document.gates.iter().filter(|gate| matches!(gate.verdict, Verdict::Fail | Verdict::Unknown));
    let gates =
        broken.map(|gate| command("error", &file, gate.line, &foreign::line(&gate.text, 160), &gate.reason));
    let failed = record.stacks.iter().filter_map(|stack| Some((stack, stack.failure.as_deref()?)));
    let stacks = failed.map(|(stack, failure)| {
        let title = format!("{} was not measured to the end", foreign::line(&stack.name, 60));
        command("error", &file, 1, &title, failure)
    });
    let found = finding::findings(record);
    let alerts =
        found.iter().filter(|outcome| outcome.severity >= Severity::Medium).flat_map(|o| alert::alerts(o));
    let alerts = alerts.filter(|alert| alert.accepted.is_none());
    let findings = alerts.map(|alert| {
        let title = format!("{}: {}", alert.outcome.severity.name(), foreign::line(&alert.outcome.check, 60));
        command("warning", &file, alert.line(), &title, &alert.message())
    });
    stacks.chain(gates).take(ERRORS).chain(findings.take(WARNINGS)).collect()
}

/// The report for a pull request, as large as a step's summary may be.
pub fn step_summary(document: &Document<'_>) -> String {
    let mut text = markdown::render(document);
    if text.len() > SUMMARY {
        text.truncate(text.floor_char_boundary(SUMMARY - 64));
        text.push_str("\n\n… cut: the whole is in the report.\n");
    }
    text
}

/// Text for a step's log that is no workflow command, whatever a stack said: the runner takes `::` where a line begins for
/// one, and `##[` anywhere.
pub fn disarmed(text: &str) -> String {
    let line = |line: &str| {
        let line = line.replace("##[", "## [");
        let indent = line.len() - line.trim_start().len();
        match line[indent..].strip_prefix("::") {
            Some(rest) => format!("{}: :{rest}", &line[..indent]),
            None => line,
        }
    };
    text.split_inclusive('\n').map(line).collect()
}

fn command(kind: &str, file: &str, line: usize, title: &str, message: &str) -> String {
    let message = data(&foreign::line(message, 600));
    format!("::{kind} file={},line={line},title={}::{message}\n", property(file), property(title))
}

/// A command's text, escaped as the runner's own toolkit does.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value: commas and colons end it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn gates_and_findings_stand_at_their_lines() {
        insta::assert_snapshot!(annotations(&Document::of(&fixture::two_stacks())));
    }

    #[test]
    fn a_log_holds_no_commands() {
        let said = "a ::b:: ##[error]c\n  ::set-output name=verdict::pass\n\t::x\n::y\nz\n";
        let shown = "a ::b:: ## [error]c\n  : :set-output name=verdict::pass\n\t: :x\n: :y\nz\n";
        assert_eq!(disarmed(said), shown);
        assert_eq!(disarmed(""), "");
    }

    #[test]
    fn hostile_text_makes_no_command_of_its_own() {
        let mut record = fixture::hostile();
        let text = "x\n::set-env name=A::b\r::error::c, line=9: 100%";
        record.gates[0].text = text.into();
        record.scenario.path = text.into();
        for stack in &mut record.stacks {
            stack.failure = Some(text.into());
        }
        let text = annotations(&Document::of(&record));
        assert!(foreign::is_harmless(&text));
        for line in text.lines() {
            assert!(line.starts_with("::error file=") || line.starts_with("::warning file="), "{line}");
            let properties = line.trim_start_matches("::").split("::").next().unwrap();
            assert_eq!(properties.matches(',').count(), 2, "{line}");
            assert!(!properties.contains(':'), "{line}");
        }
    }
}
