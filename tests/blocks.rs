//! Stacks that take turns, from outside: what is in the record, who had load when, a stack against itself, runs that were
//! recorded apart.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod harness;

use std::process::Command;
use std::sync::{Mutex, MutexGuard};

use harness::{Ended, Target, Trial};
use shakedown::compare::{self, ALL_ROUTES, Basis, Metric, Standing};
use shakedown::record::{BlockRecord, CheckOutcome, Outcome, Record};

/// Load beside load would spoil the figures.
fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn scenario(stacks: &[(&str, &str)], load: &str, rest: &str) -> String {
    let stacks: String =
        stacks.iter().map(|(name, url)| format!("[stacks.{name}]\nurl = \"{url}\"\n\n")).collect();
    format!(
        "title = \"Turns\"\n\n{stacks}[[routes]]\nname = \"home\"\nget = \"/healthz\"\n\n[load]\n{load}\n\n{rest}\n"
    )
}

fn of(record: &Record, stack: usize) -> &[BlockRecord] {
    &record.stacks[stack].blocks
}

#[test]
fn two_stacks_take_turns_and_their_blocks_add_up() {
    let _alone = alone();
    let (first, second) = (Target::start("dev", None, &[]), Target::start("dev", None, &[]));
    let load = "rate = 100\nduration = \"3200ms\"\nwarmup = \"200ms\"\nblocks = 8";
    let trial = Trial::new(&scenario(&[("dev", &first.url), ("prod", &second.url)], load, ""));
    let ended = trial.run(&["--no-audit"]).expect(0);
    let record = trial.record();
    let blocks = record.load.blocks.as_ref().unwrap();
    assert_eq!((blocks.count, blocks.length_s, blocks.order.as_str()), (8, 0.4, "balanced"));

    // There and back, and never two at once.
    let mut all: Vec<(u32, usize, f64, f64)> = Vec::new();
    for stack in 0..2 {
        all.extend(of(&record, stack).iter().map(|b| (b.place, stack, b.at_s, b.wall_s)));
    }
    all.sort_by_key(|(place, ..)| *place);
    let order: Vec<usize> = all.iter().map(|(_, stack, ..)| *stack).collect();
    assert_eq!(order, [0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0]);
    for pair in all.windows(2) {
        let ((.., at, wall), (.., next, _)) = (pair[0], pair[1]);
        assert!(at + wall <= next, "{all:?}");
    }

    for stack in &record.stacks {
        let total: u64 = stack.blocks.iter().map(|block| block.total.requests).sum();
        assert_eq!(stack.total.requests, total, "{}", stack.name);
        assert!((stack.wall_s - 3.2).abs() < 1e-9);
        assert_eq!(stack.total.requests, 320, "40 arrivals a block, as the schedule says");
        let counted: u64 = stack.blocks.iter().map(|block| block.total.response.count).sum();
        assert_eq!(stack.total.response.count, counted);
        let seconds: Vec<u32> = stack.seconds.iter().map(|second| second.second).collect();
        assert_eq!(seconds, [0, 1, 2]);
        assert_eq!(stack.seconds.iter().map(|second| second.requests).sum::<u64>(), 320);
    }
    let comparison = compare::compare(&record).remove(0);
    assert_eq!(comparison.basis, Basis::Pairs(8));
    assert!(comparison.row(ALL_ROUTES, Metric::P50).unwrap().interval().is_some());
    assert_eq!(comparison.row(ALL_ROUTES, Metric::Throughput).unwrap().standing(), Some(Standing::Same));
    assert!(ended.stdout.contains("95 % confidence from 8 pairs of blocks"), "{}", ended.stdout);
    let report = std::fs::read_to_string(trial.out().join("report.md")).unwrap();
    assert!(report.contains("| all routes | dev | prod | ratio | 95 % interval |"), "{report}");
}

#[test]
fn a_stack_against_itself_is_the_same_server_twice() {
    let _alone = alone();
    let target = Target::start("dev", None, &[]);
    let load = "rate = 100\nduration = \"1500ms\"\nwarmup = \"0s\"\nblocks = 6\norder = \"random\"";
    let gates = "[gates]\npass = [\"dev: p50 < 1us\", \"other vs dev: p50 < 1x\"]";
    let nowhere = "http://127.0.0.1:9";
    let trial = Trial::new(&scenario(&[("dev", &target.url), ("other", nowhere)], load, gates));
    trial.run(&["--self", "dev"]).expect(0);
    let record = trial.record();
    let names: Vec<&str> = record.stacks.iter().map(|stack| stack.name.as_str()).collect();
    assert_eq!(names, ["dev", "dev again"]);
    assert_eq!((of(&record, 0).len(), of(&record, 1).len()), (6, 6));
    assert!(record.gates.is_empty() && record.audit.is_empty());
    assert_eq!(record.stacks[0].url, record.stacks[1].url);
}

#[test]
fn what_has_no_blocks_cannot_be_compared_with_itself() {
    let load = "rate = 100\nduration = \"1s\"\norder = \"whole\"";
    let trial = Trial::new(&scenario(&[("dev", "http://127.0.0.1:9")], load, ""));
    let ended = trial.run(&["--self", "dev"]).expect(2);
    assert!(ended.stderr.contains("this load has none"), "{}", ended.stderr);
}

#[test]
fn a_stack_alone_has_blocks_where_the_scenario_says_how_many() {
    let _alone = alone();
    let target = Target::start("dev", None, &[]);
    for (load, blocks) in [("blocks = 4", 4), ("", 0)] {
        let load = format!("rate = 40\nduration = \"1s\"\nwarmup = \"0s\"\n{load}");
        let trial = Trial::new(&scenario(&[("dev", &target.url)], &load, ""));
        trial.run(&["--no-audit"]).expect(0);
        let record = trial.record();
        assert_eq!((of(&record, 0).len(), record.load.blocks.is_some()), (blocks, blocks > 0));
        assert_eq!(record.stacks[0].total.requests, 40);
    }
}

#[test]
fn a_stack_that_dies_midway_keeps_its_blocks_and_the_other_goes_on() {
    let _alone = alone();
    let target = Target::start("dev", None, &[]);
    let mortal = r#"
[stacks.mortal]
url = "http://127.0.0.1:{{port}}"
start = [{ name = "target", run = ["sh", "-c", "'{{shakedown}}' target --profile dev --port {{port}} & server=$!; trap 'kill $server; exit 7' TERM USR1; echo $$ > {{scenario}}/pid; wait $server"] }]
ready = { get = "/healthz" }
"#;
    let load = "rate = 100\nduration = \"12s\"\nwarmup = \"0s\"\nblocks = 12";
    let text =
        scenario(&[("dev", &target.url)], load, "").replace("[[routes]]", &format!("{mortal}\n[[routes]]"));
    let trial = Trial::new(&text);
    let mut child = trial
        .command()
        .arg("--no-audit")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut rest = harness::wait_for_line(&mut child, "block 3 of 12");
    let pid: i32 = std::fs::read_to_string(trial.file("pid")).unwrap().trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::USR1).unwrap();
    let mut said = String::new();
    std::io::Read::read_to_string(&mut rest, &mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3), "{said}");
    let record = trial.record();
    assert_eq!(record.stacks[0].failure, None);
    assert_eq!(of(&record, 0).len(), 12);
    assert!(
        record.stacks[1].failure.as_deref().unwrap().contains("in block"),
        "{:?}",
        record.stacks[1].failure
    );
    let kept = of(&record, 1).len();
    assert!((1..12).contains(&kept), "{kept}");
}

#[test]
fn recorded_runs_are_compared_stack_by_stack() {
    let _alone = alone();
    let target = Target::start("dev", None, &[]);
    let load = "rate = 100\nduration = \"1500ms\"\nwarmup = \"0s\"\nblocks = 6";
    let folder = tempfile::tempdir().unwrap();
    let trial = Trial::new(&scenario(&[("dev", &target.url)], load, ""));
    let at = |name: &str| folder.path().join(name);
    for name in ["before", "after"] {
        harness::on_a_calm_machine(|| {
            let mut command = Command::new(harness::BINARY);
            command.arg("run").arg(trial.scenario()).args(["--no-audit", "--out"]).arg(at(name));
            command
        })
        .expect(0);
    }
    let compare = |arguments: &[&str]| {
        let mut command = Command::new(harness::BINARY);
        command.arg("compare").arg(at("before")).arg(at("after")).args(arguments).env("NO_COLOR", "1");
        Ended::of(command.output().unwrap())
    };
    let ended = compare(&[]).expect(0);
    for part in
        ["dev in 2 runs", "after / before", "from 6 blocks of each run", "what changed between the runs"]
    {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
    let out = at("compared");
    let ended = compare(&["--format", "html,md", "--output", out.to_str().unwrap()]).expect(0);
    assert!(
        ended.stdout.contains("dev/report.html") && out.join("dev/report.md").is_file(),
        "{}",
        ended.stdout
    );
    let ended = compare(&["--stack", "prod"]).expect(2);
    assert!(
        ended.stderr.contains("is called `prod`") && ended.stderr.contains("they have: dev"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_run_is_judged_against_earlier_ones() {
    let _alone = alone();
    let target = Target::start("dev", None, &[]);
    let load = "rate = 100\nduration = \"1500ms\"\nwarmup = \"0s\"\nblocks = 6";
    let gates = "[gates]\npass = [\"dev: errors < 1%\", \"dev vs baseline: p50 < 20x\"]";
    let trial = Trial::new(&scenario(&[("dev", &target.url)], load, gates));
    let ended = trial.run(&["--no-audit", "--format", "summary"]).expect(0);
    assert!(ended.stdout.contains("no baseline was given"), "{}", ended.stdout);
    let gate = |arguments: &[&str]| {
        let mut command = Command::new(harness::BINARY);
        command.arg("gate").arg(trial.out()).args(arguments).env("NO_COLOR", "1");
        Ended::of(command.output().unwrap())
    };
    assert!(gate(&[]).expect(0).stdout.contains("skipped  dev vs baseline: p50 < 20x"));
    let itself = trial.out();
    let ended = gate(&["--baseline", itself.to_str().unwrap()]).expect(3);
    assert!(ended.stdout.contains("the baseline is this run itself"), "{}", ended.stdout);
    // The same figures, an hour before.
    let mut earlier = trial.record();
    assert_eq!(earlier.load.shares, [("home".to_owned(), 1.0)].into());
    earlier.started -= std::time::Duration::from_secs(3600);
    let folder = tempfile::tempdir().unwrap();
    earlier.write(folder.path()).unwrap();
    let before = folder.path().to_str().unwrap();
    let ended = gate(&["--baseline", before]).expect(0);
    assert!(ended.stdout.contains("pass     dev vs baseline: p50 < 20x"), "{}", ended.stdout);
    gate(&["--baseline", before, "--pass", "dev vs baseline: p50 < 0.01x"]).expect(1);
    let report = |arguments: &[&str]| {
        let mut command = Command::new(harness::BINARY);
        command.arg("report").arg(trial.out()).args(["--format", "text"]).args(arguments);
        Ended::of(command.output().unwrap())
    };
    assert!(report(&[]).expect(0).stdout.contains("no baseline was given"));
    let ended = report(&["--baseline", before]).expect(0);
    assert!(!ended.stdout.contains("no baseline was given"), "{}", ended.stdout);
    assert!(report(&["--baseline", "/nowhere"]).expect(2).stderr.contains("/nowhere"));

    // As git keeps it.
    let repository = tempfile::tempdir().unwrap();
    std::fs::copy(folder.path().join("record.json"), repository.path().join("before.json")).unwrap();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=t", "-c", "user.email=t@localhost"]).args(arguments);
        Ended::of(command.current_dir(repository.path()).output().unwrap()).expect(0)
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "a run"]);
    let mut command = Command::new(harness::BINARY);
    command.arg("gate").arg(trial.out()).args(["--baseline", "HEAD:before.json"]);
    let ended = Ended::of(command.current_dir(repository.path()).output().unwrap()).expect(0);
    assert!(ended.stdout.contains("in HEAD:before.json"), "{}", ended.stdout);
    assert!(gate(&["--baseline", "/nowhere"]).expect(2).stderr.contains("/nowhere"));

    // In the run itself.
    let ended = trial.run(&["--no-audit", "--baseline", "/nowhere"]).expect(2);
    assert!(ended.stderr.contains("/nowhere"), "{}", ended.stderr);
    let before = repository.path().join("before.json");
    let before = before.to_str().unwrap();
    let ended = trial.run(&["--no-audit", "--baseline", before]).expect(0);
    let said = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("pass dev vs baseline: p50 < 20x") && said.contains("in before.json"), "{said}");

    // Accepted into a history, and as one file.
    let accept = |arguments: &[&str]| {
        let mut command = Command::new(harness::BINARY);
        command.args(["baseline", "accept"]).arg(folder.path()).args(arguments);
        Ended::of(command.current_dir(repository.path()).output().unwrap())
    };
    let ended = accept(&["--to", "history"]).expect(0);
    assert!(ended.stdout.contains("run 1 of this machine in history"), "{}", ended.stdout);
    let again = accept(&["--to", "history"]).expect(0);
    assert!(again.stdout.contains("run 1 of this machine"), "a run counts once: {}", again.stdout);
    assert!(accept(&[]).expect(0).stdout.contains("baselines/"));
    accept(&["--to", "baseline.json"]).expect(0);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "a baseline"]);
    for (baseline, name) in
        [("history", ".json), but a summary"), ("HEAD:baseline.json", "in HEAD:baseline.json)")]
    {
        let mut command = Command::new(harness::BINARY);
        command.arg("gate").arg(trial.out()).args(["--baseline", baseline]);
        let ended = Ended::of(command.current_dir(repository.path()).output().unwrap()).expect(3);
        assert!(ended.stdout.contains(name), "{name}: {}", ended.stdout);
    }
    let mut partial = trial.record();
    partial.partial = Some("interrupted by the user".into());
    partial.write(repository.path()).unwrap();
    let mut command = Command::new(harness::BINARY);
    command.args(["baseline", "accept"]).arg(repository.path());
    let ended = Ended::of(command.output().unwrap()).expect(2);
    assert!(ended.stderr.contains("the record is partial"), "{}", ended.stderr);
}

#[test]
fn all_stacks_at_once_only_when_asked() {
    let _alone = alone();
    let (first, second) = (Target::start("dev", None, &[]), Target::start("dev", None, &[]));
    let load = "rate = 50\nduration = \"2s\"\nwarmup = \"0s\"";
    let gates = "[gates]\npass = [\"prod vs dev: p50 < 100x\"]";
    let trial = Trial::new(&scenario(&[("dev", &first.url), ("prod", &second.url)], load, gates));
    let ended = trial.run(&["--parallel"]).expect(3);
    let said = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("did not take turns in blocks"), "{said}");
    let record = trial.record();
    assert!(record.load.blocks.is_none() && record.load.summary.ends_with("on all stacks at once"));
    for stack in &record.stacks {
        assert_eq!((stack.total.requests, stack.blocks.len(), stack.failure.as_ref()), (100, 0, None));
    }
    for stack in ["dev", "prod"] {
        let asked = |of: &&CheckOutcome| of.check == "LOAD-RECOVER" && of.stack == stack;
        let outcome = record.audit.iter().find(asked).unwrap();
        assert!(
            outcome.outcome != Outcome::NotRun,
            "{stack}: the audit knows of the load: {}",
            outcome.summary
        );
    }
    // Lines of both are in the log, and of the same seconds.
    let log = std::fs::read_to_string(trial.out().join("latency.hlog")).unwrap();
    let starts = |stack: &str| -> Vec<f64> {
        let of = format!("Tag={stack},");
        log.lines().filter_map(|line| line.strip_prefix(&of)?.split(',').next()?.parse().ok()).collect()
    };
    let (dev, prod) = (starts("dev"), starts("prod"));
    assert_eq!((dev.len(), prod.len()), (2, 2), "{log}");
    assert!(prod[0] < dev[1] && dev[0] < prod[1], "{dev:?} {prod:?}");
}

#[test]
fn a_load_ends_when_a_gate_is_lost() {
    let _alone = alone();
    let target = Target::start("dev", None, &[]);
    let gates = "[gates]\nabort = true\npass = [\"dev: errors < 0.5%\"]";
    let stacks = [("dev", target.url.as_str()), ("prod", target.url.as_str())];
    for order in ["order = \"whole\"", "blocks = 40"] {
        let load = format!("rate = 100\nduration = \"40s\"\nwarmup = \"0s\"\n{order}");
        let trial = Trial::new(&scenario(&stacks, &load, gates).replace("/healthz", "/nowhere"));
        let ended = trial.run(&["--no-audit"]).expect(1);
        let record = trial.record();
        let early = record.ended_early.as_ref().unwrap();
        assert_eq!((early.gate.as_str(), early.stack.as_str()), ("dev: errors < 0.5%", "dev"));
        assert!(record.partial.as_deref().unwrap().contains("ended early: the gate `dev: errors < 0.5%`"));
        let dev = &record.stacks[0];
        assert_eq!(dev.failure, None, "what was measured stands");
        assert!((20..2_000).contains(&dev.total.requests), "{}", dev.total.requests);
        assert!(dev.blocks.len() < 40 && record.stacks[1].total.requests < 2_000);
        let said = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("FAIL dev: errors < 0.5%"), "{said}");
        assert!(said.contains("the load was ended early"), "{said}");
        assert!(ended.stderr.contains("is lost, so the load ends here"), "{}", ended.stderr);
    }
}
