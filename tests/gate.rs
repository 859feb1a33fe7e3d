//! `shakedown gate`, `baseline` and `compare` on written records, as a person or a CI job meets them: above all what is wrong.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

// The fixture is the library's own; these names are what it imports.
use shakedown::compare::{self, quantity};
use shakedown::{engine, plan, record, stack};

#[allow(dead_code, reason = "the library's own tests use the rest")]
#[path = "../src/report/fixture/mod.rs"]
mod fixture;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use record::Record;
use tempfile::TempDir;

/// A folder with records in it and the program.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Desk(tempfile::tempdir().unwrap());
        desk.put("run", &fixture::duet());
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, record: &Record) {
        fs::create_dir_all(self.at(name)).unwrap();
        record.write(&self.at(name)).unwrap();
    }

    /// Ends with this code and gives both streams, white space collapsed.
    fn run(&self, arguments: &[&str], code: i32) -> (String, String) {
        let mut command = Command::cargo_bin("shakedown").unwrap();
        command.args(arguments).current_dir(self.0.path()).env("NO_COLOR", "1");
        command.env("GIT_CEILING_DIRECTORIES", self.0.path()).env("GITHUB_ACTIONS", "");
        let output = command.assert().code(code).get_output().clone();
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes).replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ")
        };
        (text(&output.stdout), text(&output.stderr))
    }

    /// A run of the day before, which others can be held against.
    fn put_earlier(&self, name: &str) {
        let started = "2026-02-28T12:00:00Z".parse().unwrap();
        self.put(name, &Record { started, ..fixture::duet() });
    }

    fn refused(&self, arguments: &[&str]) -> String {
        self.run(arguments, 2).1
    }
}

#[test]
fn a_gate_by_hand_is_read_as_strictly_as_one_in_the_scenario() {
    let desk = Desk::new();
    for (gate, why, help) in [
        ("prd: p50 < 1s", "`prd: p50 < 1s`, column 1: no stack `prd`", "did you mean `prod`?"),
        ("prod/note: p50 < 1s", "column 6: no route `note`", "did you mean `notes`?"),
        ("prod: p50 < 1MiB", "column 14: `MiB` is no unit of `p50`", "a time in us, ms or s"),
        ("", "column 1: the gate is empty", "prod: errors < 0.1%"),
    ] {
        let said = desk.refused(&["gate", "run", "--pass", gate]);
        assert!(said.contains(why) && said.contains(help), "{gate}: {said}");
    }
    desk.run(&["gate", "run", "--pass", "prod: p50 < 1s", "--pass", "prod: p50 < 2s"], 1);
    // What ended early may lack a stack, and what was left out was not asked.
    let mut early = fixture::partial();
    early.gates.clear();
    desk.put("early", &early);
    let (said, _) = desk.run(&["gate", "early", "--pass", "staging: p50 < 1s"], 3);
    assert!(said.contains("staging was not measured"), "{said}");
}

#[test]
fn what_is_no_baseline_says_what_would_be_one() {
    let desk = Desk::new();
    fs::create_dir(desk.at("empty")).unwrap();
    fs::create_dir(desk.at("spoilt")).unwrap();
    fs::write(desk.at("spoilt/b.json"), "{\"summary_version\": 1}").unwrap();
    fs::write(desk.at("cut.json"), "{\"version\": 1, \"too").unwrap();
    for (reference, why) in [
        ("empty", "no baseline in empty: it holds no run and no summary"),
        ("spoilt", "no baseline in spoilt/b.json: missing field"),
        ("cut.json", "no baseline in cut.json: EOF while parsing"),
        ("nowhere", "no baseline in nowhere: No such file"),
        ("main:b.json", "no baseline in main:b.json: git has no such file: fatal: not a git repository"),
        ("-x:b.json", "no baseline in -x:b.json: git revisions do not begin with a dash"),
    ] {
        let reference = format!("--baseline={reference}");
        for command in ["gate", "report"] {
            let said = desk.refused(&[command, "run", &reference]);
            assert!(said.contains(why), "{reference}: {said}");
            assert!(said.contains("REF:PATH") && said.contains("shakedown baseline accept RUN"), "{said}");
        }
    }
    // A history that can't be read is not added to.
    let said = desk.refused(&["baseline", "accept", "run", "--to", "spoilt"]);
    assert!(said.contains("spoilt/b.json"), "{said}");
    assert_eq!(fs::read_dir(desk.at("spoilt")).unwrap().count(), 1);
}

#[test]
fn git_gives_a_file_and_no_folder() {
    let desk = Desk::new();
    let git = |folder: &Path, arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.com",
            "-c",
            "init.defaultBranch=main",
        ]);
        let ended = command.args(arguments).current_dir(folder).output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
    };
    desk.put_earlier("before");
    desk.run(&["baseline", "accept", "before", "--to", "kept/b.json"], 0);
    for arguments in [&["init", "-q"][..], &["add", "kept"], &["commit", "-qm", "kept"]] {
        git(desk.0.path(), arguments);
    }
    git(desk.0.path(), &["clone", "-q", "--bare", ".", "bare.git"]);
    let gate = ["--pass", "prod vs baseline: rss < 1.1x", "--baseline"];
    let judge = |reference: &'static str| [&["gate", "run"], &gate[..], &[reference]].concat();
    let (said, _) = desk.run(&judge("main:kept/b.json"), 1);
    assert!(
        said.contains("pass prod vs baseline: rss < 1.1x") && said.contains("in main:kept/b.json"),
        "{said}"
    );
    for (reference, why) in [
        ("main:kept", "git has no such file"),
        ("main:", "git has no such file"),
        ("main:none.json", "does not exist in 'main'"),
        ("gone:kept/b.json", "gone"),
    ] {
        let said = desk.refused(&judge(reference));
        assert!(said.contains(why) && said.contains("REF:PATH"), "{reference}: {said}");
    }
    // A bare repository has no files of its own beside those it keeps.
    let mut command = Command::cargo_bin("shakedown").unwrap();
    command.current_dir(desk.at("bare.git")).arg("gate").arg(desk.at("run"));
    command.args(gate).arg("main:kept/b.json").assert().code(1);
}

/// Summaries as earlier builds wrote them, of the records of the same name. They are never written anew; a format that changes adds
/// one.
#[test]
fn a_frozen_summary_is_still_a_baseline() {
    let desk = Desk::new();
    for entry in fs::read_dir("tests/summaries").unwrap() {
        let summary = fs::canonicalize(entry.unwrap().path()).unwrap();
        let mut record =
            Record::read(&Path::new("tests/records").join(summary.file_name().unwrap())).unwrap();
        record.started = "2026-12-01T12:00:00Z".parse().unwrap();
        desk.put("later", &record);
        let gates = ["--pass", "prod vs baseline: rss < 1.1x", "--pass", "prod vs baseline: p50 < 1.1x"];
        let baseline = ["--baseline", summary.to_str().unwrap()];
        let (said, _) = desk.run(&[&["gate", "later"], &gates[..], &baseline].concat(), 3);
        assert!(said.contains("pass prod vs baseline: rss < 1.1x — rss was 1.00x (28.8 MiB"), "{said}");
        assert!(said.contains("a summary has no blocks, so there is no interval"), "{said}");
    }
}

#[test]
fn a_run_that_is_its_own_baseline_is_judged_by_nothing() {
    let desk = Desk::new();
    let mut record = fixture::duet();
    record.gates = vec![record::GateText { text: "prod vs baseline: p50 < 1.10x".into(), line: 1 }];
    desk.put("run", &record);
    desk.put_earlier("before");
    for run in ["run", "before"] {
        desk.run(&["baseline", "accept", run, "--to", "history"], 0);
        desk.run(&["baseline", "accept", run, "--to", "b.json"], 0);
        if run == "run" {
            for itself in ["run", "history", "b.json"] {
                let (said, _) = desk.run(&["gate", "run", "--baseline", itself], 3);
                assert!(said.contains("the baseline is this run itself"), "{itself}: {said}");
            }
        }
    }
    desk.run(&["gate", "run", "--baseline", "before"], 0);
    let (said, _) = desk.run(&["gate", "run", "--baseline", "history"], 3);
    assert!(said.contains("a summary has no blocks"), "the other summary alone: {said}");
}

#[test]
fn a_comparison_says_what_it_lacks() {
    let desk = Desk::new();
    desk.put("later", &fixture::duet());
    let both = |more: &[&'static str]| [&["compare", "run", "later"], more].concat();
    let said = desk.refused(&both(&["--stack", "prd"]));
    assert!(said.contains("is called `prd`") && said.contains("they have: dev, prod"), "{said}");
    let said = desk.refused(&both(&["--format", "html,md"]));
    assert!(said.contains("2 formats cannot share stdout") && said.contains("--output DIR"), "{said}");
    let said = desk.refused(&both(&["--format", "json"]));
    assert!(said.contains("of 2 stacks cannot share stdout") && said.contains("--stack NAME"), "{said}");
    let (json, _) = desk.run(&both(&["--format", "json", "--stack", "prod"]), 0);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");

    desk.run(&["baseline", "accept", "run", "--to", "short.json"], 0);
    let said = desk.refused(&["compare", "run", "short.json"]);
    assert!(said.contains("it is a summary, which has no blocks"), "{said}");

    // Records are named after their folder, or after their file where that is named.
    fs::copy(desk.at("run/record.json"), desk.at("before.json")).unwrap();
    fs::copy(desk.at("run/record.json"), desk.at("after.json")).unwrap();
    let (said, _) = desk.run(&["compare", "before.json", "after.json", "run", "run", "--stack", "prod"], 0);
    for name in ["after / before", "run / before", "run #2 / before"] {
        assert!(said.contains(name), "{name}: {said}");
    }
}

/// What stands between two marks of a text, the marks left out.
fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from} in {text}"));
    rest.split_once(to).unwrap().0
}

#[test]
fn the_plots_of_a_comparison_hold_both_runs() {
    let desk = Desk::new();
    let before = fixture::duet();
    let mut after = fixture::duet();
    // What was dev is production now: 4.9 times as slow.
    let mut slow = after.stacks.remove(0);
    slow.name = "prod".into();
    slow.seconds.iter_mut().for_each(|second| second.requests += 7);
    after.stacks = vec![slow];
    desk.put("before", &before);
    desk.put("after", &after);
    let both = ["compare", "before", "after", "--stack", "prod", "--format", "html", "--output", "out"];
    desk.run(&both, 0);
    let page = fs::read_to_string(desk.at("out/prod/report.html")).unwrap();
    let plot = |about: &str| between(&page, &format!("aria-label=\"{about}"), "</svg>");
    let lines = |plot: &str| plot.matches("<polyline").count();
    let (first, second) = (&before.stacks[1], &after.stacks[0]);

    let percentiles = plot("Response time by percentile, all routes");
    assert_eq!(lines(percentiles), 2, "{percentiles}");
    let read: Vec<f64> = percentiles
        .split("<title>")
        .skip(1)
        .map(|title| {
            let ms = |run: &str| between(title, &format!("{run}: "), " ms").parse::<f64>().unwrap();
            ms("\nafter") / ms("\nbefore")
        })
        .collect();
    assert!(read.len() > 20 && read.iter().all(|ratio| (4.7..5.1).contains(ratio)), "{read:?}");

    let requests = plot("Requests that ended, by second");
    let times = plot("Response time by second");
    for (a, b) in first.seconds.iter().zip(&second.seconds) {
        let at = format!("<title>{}.5 s\n", a.second);
        let counts = format!("before: {}\nafter: {}\n", a.requests, b.requests);
        assert!(requests.contains(&format!("{at}{counts}")), "{counts}: {requests}");
        let of_second = between(times, &at, "</title>");
        for (run, second) in [("before", a), ("after", b)] {
            let median = format!("{run} median: {}", quantity::latency(second.p50_ms.unwrap()));
            assert!(of_second.contains(&median), "{median}: {of_second}");
        }
    }

    let runs = compare::runs(&[("before".into(), before), ("after".into(), after)]).remove(0);
    let row = runs.comparisons[0].row(compare::ALL_ROUTES, compare::Metric::P50).unwrap();
    let (ratio, interval) = (row.ratio.unwrap(), row.interval().unwrap());
    let drawn =
        between(&page, "<th scope=\"row\">median</th><td><span class=\"word worse\">slower", "</svg>");
    let written = format!("{} to {}", quantity::ratio(interval.low), quantity::ratio(interval.high));
    assert!(drawn.contains(&written), "{written}: {drawn}");
    let at = |from: &str| between(drawn, from, "\"").parse::<f64>().unwrap();
    let reach = between(drawn, "class=\"reach worse\"", ">");
    let end = |name: &str| between(reach, name, "\"").parse::<f64>().unwrap();
    let (one, low, high, point) = (at("class=\"one\" x1=\""), end("x1=\""), end("x2=\""), at("cx=\""));
    // On a scale of logarithms, from where there is no difference.
    let place = |ratio: f64| (ratio.ln() / interval.low.ln()) * (low - one) + one;
    assert!((place(ratio) - point).abs() < 0.2, "{drawn}");
    assert!((place(interval.high) - high).abs() < 0.2, "{drawn}");
}

#[test]
fn what_no_run_can_have_measured_is_refused() {
    let desk = Desk::new();
    desk.run(&["baseline", "accept", "run", "--to", "short.json"], 0);
    let edited = |file: &str, change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = serde_json::from_slice(&fs::read(desk.at(file)).unwrap()).unwrap();
        change(&mut value);
        fs::write(desk.at("edited.json"), value.to_string()).unwrap();
    };
    edited("run/record.json", &|record| record["stacks"][1]["total"]["response"]["p99_ms"] = (-3.0).into());
    let said = "stacks[1].total.response.p99_ms is -3.0, and nothing measured is below zero";
    for command in
        [&["gate", "edited.json"][..], &["report", "edited.json"], &["compare", "run", "edited.json"]]
    {
        let refused = desk.refused(command);
        assert!(refused.contains("edited.json holds what no run measured:"), "{refused}");
        assert!(refused.contains(said) && refused.contains("take the file that the run wrote"), "{refused}");
    }
    let refused = desk.refused(&["gate", "run", "--baseline", "edited.json"]);
    assert!(refused.contains(said) && refused.contains("shakedown baseline accept RUN"), "{refused}");
    edited("run/record.json", &|record| record["stacks"][0]["blocks"][0]["total"]["errors"] = 9_999.into());
    let refused = desk.refused(&["gate", "edited.json"]);
    assert!(refused.contains("stacks[0].blocks[0].total.errors are 9999, of"), "{refused}");
    edited("run/record.json", &|record| record["stacks"][0]["total"]["response"]["count"] = 9_999.into());
    let refused = desk.refused(&["report", "edited.json"]);
    assert!(
        refused.contains("edited.json holds what no run measured: stacks[0].total.response.histogram"),
        "{refused}"
    );
    edited("short.json", &|summary| summary["stacks"][1]["figures"]["p99"] = (-3.0).into());
    let refused = desk.refused(&["gate", "run", "--baseline", "edited.json"]);
    assert!(refused.contains("stacks[1].figures.p99 is -3.0"), "{refused}");
}

#[test]
fn a_run_in_doubt_becomes_no_baseline_unsaid() {
    let desk = Desk::new();
    let (_, said) = desk.run(&["baseline", "accept", "run", "--to", "kept"], 0);
    assert!(!said.contains("it is invalid") && !said.contains("it is weak"), "{said}");
    let mut record = fixture::duet();
    record.stacks[1].blocks.iter_mut().for_each(|block| block.machine.stolen = Some(0.3));
    record.stacks[0].generator.saturated = true;
    desk.put("doubtful", &record);
    let (_, said) = desk.run(&["baseline", "accept", "doubtful", "--to", "kept"], 0);
    assert!(said.contains("it is invalid: other guests of the host took 30%"), "{said}");
    assert!(said.contains("it is invalid: on dev the generator was the limit"), "{said}");
    record.stacks[1].generator.saturated = true;
    desk.put("own", &record);
    let said = desk.refused(&["baseline", "accept", "own", "--to", "own.json"]);
    assert!(said.contains("the figures are its own") && said.contains("lower the rate"), "{said}");
    assert!(!desk.at("own.json").exists());
}

/// The runner of GitHub Actions takes `::` at the start of a line, and `##[` anywhere, for a command to it.
#[test]
fn what_a_stack_said_commands_no_runner() {
    let desk = Desk::new();
    let mut record = fixture::failed_stack();
    let said = "x ".repeat(40) + "::set-output name=verdict::pass ##[add-mask]prod\n::error::y";
    record.stacks[1].failure = Some(said.clone());
    record.warnings = (0..40).map(|n| "w".repeat(n) + " " + &said).collect();
    record.gates[0].text = "##[error]a".into();
    desk.put("hostile", &record);
    for command in [&["report", "hostile"][..], &["gate", "hostile"]] {
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_shakedown"));
        let ended =
            run.args(command).current_dir(desk.0.path()).env("GITHUB_ACTIONS", "true").output().unwrap();
        let text = String::from_utf8([ended.stdout, ended.stderr].concat()).unwrap();
        assert!(text.contains("set-output name=") || text.contains("## [error]a"), "{text}");
        for line in text.lines() {
            assert!(!line.trim().starts_with("::") && !line.contains("##["), "{line}");
        }
    }
}
