//! `shakedown run` from outside: what it leaves on disk, what it says, how it ends.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod harness;
mod support;

use std::io::Read;
use std::process::Command;

use harness::{Ended, Target, Trial, alive, wait_for_line};
use support::{App, header, response};

/// A scenario on an embedded dev-like target that the run starts itself; its pid goes into a file.
fn own_target(load: &str, rest: &str) -> String {
    format!(
        r#"
title = "Own target"

[stacks.dev]
url = "http://127.0.0.1:{{{{port}}}}"
start = [{{ name = "target", run = ["sh", "-c", "echo $$ > {{{{scenario}}}}/pid; exec '{{{{shakedown}}}}' target --profile dev --port {{{{port}}}}"] }}]
ready = {{ get = "/healthz" }}

[[routes]]
name = "home"
get = "/"

[load]
{load}

{rest}
"#
    )
}

fn at_url(url: &str, rest: &str) -> String {
    format!(
        r#"
title = "Given target"

[stacks.dev]
url = "{url}"

[load]
rate = 50
duration = "1s"
warmup = "0s"

{rest}
"#
    )
}

const HOME: &str = "[[routes]]\nname = \"home\"\nget = \"/\"\n";

#[test]
fn a_run_leaves_record_log_and_reports() {
    let trial = Trial::new(&own_target("rate = 100\nduration = \"2s\"\nwarmup = \"0s\"", ""));
    let began = std::time::Instant::now();
    let ended = trial.run(&[]).expect(0);
    let took = began.elapsed();
    let record = trial.record();
    assert_eq!(record.partial, None);
    let stack = &record.stacks[0];
    assert!(stack.failure.is_none());
    assert!((190..=201).contains(&stack.total.requests), "{} requests of 200", stack.total.requests);
    assert_eq!(stack.total.error_count(), 0, "{:?}", stack.samples);
    assert!(stack.total.response.p95_ms.unwrap() > 0.0);
    assert!(stack.total.response.p999_ms.is_none(), "200 samples say nothing about p99.9");
    assert_eq!(stack.seconds.len(), 2);
    let resources = stack.resources.as_ref().unwrap();
    assert!(resources.cpu_s > 0.0 && resources.peak_rss_bytes > 1 << 20);
    for file in ["record.json", "latency.hlog", "report.html", "report.md", "logs/dev-target.log"] {
        assert!(trial.out().join(file).is_file(), "{file} is missing");
    }
    assert!(ended.stdout.contains("home"), "{}", ended.stdout);
    // Dozens of probes are no dozens of lines.
    let probes = ended.stderr.lines().filter(|line| line.contains(": audit: ")).count() as u64;
    assert!((1..=1 + took.as_secs() / 5).contains(&probes), "{}", ended.stderr);
    let pid: u32 = std::fs::read_to_string(trial.file("pid")).unwrap().trim().parse().unwrap();
    assert!(!alive(pid), "the target outlived the run");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_says_who_asks() {
    let app = App::start(|_| response(200, "Content-Type: text/html\r\n", "app.1.css")).await;
    let rest = "[[discover]]\nname = \"css\"\nget = \"/looked-up/\"\nfrom = { regex = \"[a-z0-9.]+\" }\n\
                [[routes]]\nname = \"style\"\nget = \"/{{discover.css}}\"\n";
    let trial = Trial::new(&at_url(app.url().as_str().trim_end_matches('/'), rest));
    tokio::task::spawn_blocking(move || trial.run(&[]).expect(0)).await.unwrap();
    let asked = app.requests();
    for path in ["/", "/looked-up/", "/app.1.css"] {
        assert!(asked.iter().any(|request| request.starts_with(&format!("GET {path} "))), "{path}");
    }
    for request in asked {
        let agent = header(&request, "user-agent");
        assert!(agent.is_some_and(|agent| agent.starts_with("shakedown/")), "{request}");
    }
}

#[test]
fn json_goes_to_stdout_and_nothing_else_does() {
    let target = Target::start("dev", None, &[]);
    let trial = Trial::new(&at_url(&target.url, HOME));
    let ended = trial.run(&["--json", "--quiet"]).expect(0);
    let summary: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert!(summary.is_object());
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_failed_gate_is_exit_1() {
    let target = Target::start("dev", None, &[]);
    let gates = format!("{HOME}\n[gates]\npass = [\"dev: p50 < 1us\", \"dev: errors < 1%\"]\n");
    let ended = Trial::new(&at_url(&target.url, &gates)).run(&[]).expect(1);
    assert!(ended.stdout.contains("dev: p50 < 1us"), "{}", ended.stdout);
}

#[test]
fn quiet_still_says_which_gate_failed() {
    let target = Target::start("dev", None, &[]);
    let gates = format!(
        "{HOME}\n[gates]\npass = [\"dev: p50 < 1us\", \"dev: errors < 1%\", \"audit dev: no high\"]\n"
    );
    let ended = Trial::new(&at_url(&target.url, &gates)).run(&["--quiet", "--no-audit"]).expect(1);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.starts_with("gate failed: dev: p50 < 1us — p50 was "), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[test]
fn gates_on_an_audit_that_is_left_out_decide_nothing() {
    let target = Target::start("dev", None, &[]);
    let gates = format!("{HOME}\n[gates]\npass = [\"audit dev: no high\"]\n");
    let ended = Trial::new(&at_url(&target.url, &gates)).run(&["--no-audit", "--json"]).expect(0);
    let summary: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(summary["status"], "no gates");
    assert_eq!(summary["gates"][0]["verdict"], "skipped");
    assert_eq!(summary["gates"][0]["reason"], "the audit was left out of this run");
}

#[test]
fn a_gate_without_a_number_is_exit_3() {
    let target = Target::start("dev", None, &[]);
    let gates = format!("{HOME}\n[gates]\npass = [\"dev: p99.9 < 10s\"]\n");
    Trial::new(&at_url(&target.url, &gates)).run(&[]).expect(3);
}

#[test]
fn a_wrong_scenario_is_exit_2_and_starts_nothing() {
    let trial = Trial::new("title = \"x\"\nstakcs = {}\n");
    let ended = trial.run(&[]).expect(2);
    assert!(ended.stderr.contains("stacks"), "{}", ended.stderr);
    assert!(!trial.out().exists());
}

#[test]
fn an_unknown_stack_is_exit_2() {
    let ended = Trial::new(&at_url("http://127.0.0.1:9", HOME)).run(&["--stack", "prod"]).expect(2);
    assert!(ended.stderr.contains("the scenario has: dev"), "{}", ended.stderr);
}

#[test]
fn a_target_that_is_not_loopback_needs_consent() {
    let ended = Trial::new(&at_url("http://192.0.2.1", HOME)).run(&[]).expect(2);
    assert!(ended.stderr.contains("authorized = true"), "{}", ended.stderr);
}

#[test]
fn a_folder_that_cannot_be_made_is_exit_4() {
    let trial = Trial::new(&at_url("http://127.0.0.1:9", HOME));
    let mut command = Command::new(harness::BINARY);
    command.arg("run").arg(trial.scenario()).args(["--out", "/proc/nowhere"]);
    let ended = Ended::of(command.output().unwrap()).expect(4);
    assert!(ended.stderr.contains("/proc/nowhere"), "{}", ended.stderr);
}

#[test]
fn an_out_that_is_a_file_is_exit_2() {
    let trial = Trial::new(&at_url("http://127.0.0.1:9", HOME));
    std::fs::write(trial.file("taken"), "mine").unwrap();
    for out in ["taken", "taken/below"] {
        let mut command = Command::new(harness::BINARY);
        command.arg("run").arg(trial.scenario()).arg("--out").arg(trial.file(out));
        let ended = Ended::of(command.output().unwrap()).expect(2);
        assert!(
            ended.stderr.contains("taken` is a") && ended.stderr.contains("--out DIR"),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(std::fs::read_to_string(trial.file("taken")).unwrap(), "mine");
}

#[test]
fn a_folder_holds_one_run() {
    let trial = Trial::new(
        &at_url("http://127.0.0.1:9", HOME).replace("[load]", "ready = { timeout = \"100ms\" }\n[load]"),
    );
    trial.run(&["--format", "junit,sarif"]).expect(3);
    std::fs::write(trial.out().join("logs/other-server.log"), "old").unwrap();
    std::fs::write(trial.out().join("notes.txt"), "mine").unwrap();
    assert!(trial.out().join("junit.xml").is_file());
    trial.run(&["--format", "json"]).expect(3);
    for gone in ["junit.xml", "audit.sarif", "logs/other-server.log"] {
        assert!(!trial.out().join(gone).exists(), "{gone} is of an earlier run");
    }
    for kept in ["report.json", "report.md", "record.json", "notes.txt"] {
        assert!(trial.out().join(kept).is_file(), "{kept} is missing");
    }
}

#[test]
fn a_server_that_is_not_there_is_exit_3_and_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let scenario = at_url(&format!("http://{address}"), HOME)
        .replace("[load]", "ready = { timeout = \"300ms\" }\n\n[load]");
    let trial = Trial::new(&scenario);
    let ended = trial.run(&[]).expect(3);
    assert!(
        ended.stderr.contains(&address.to_string()) && ended.stderr.contains("refused"),
        "{}",
        ended.stderr
    );
    assert!(trial.record().stacks[0].failure.is_some());
    assert_eq!(ended.stderr.matches("refused").count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("start it, or check the stack's `url`"), "{}", ended.stderr);
    assert!(ended.stdout.contains("Nothing was measured."), "{}", ended.stdout);
    assert_eq!(ended.stdout.matches("refused").count(), 1, "{}", ended.stdout);
    assert!(!ended.stdout.contains('–'), "{}", ended.stdout);
    let report = std::fs::read_to_string(trial.out().join("report.md")).unwrap();
    assert_eq!(report.matches("refused").count(), 1, "{report}");
    assert!(!report.contains("| all routes |"), "no table without figures: {report}");
}

#[test]
fn a_failed_gate_says_more_than_a_stack_that_is_not_there() {
    let target = Target::start("dev", None, &[]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for (gate, code, status) in [("dev: p50 < 1us", 1, "fail"), ("dev: p50 < 9s", 3, "unknown")] {
        let rest = format!("{HOME}\n[gates]\npass = [\"{gate}\"]\n");
        let gone = format!("[stacks.gone]\nurl = \"{gone}\"\nready = {{ timeout = \"300ms\" }}\n\n[load]");
        let trial = Trial::new(&at_url(&target.url, &rest).replace("[load]", &gone));
        let ended = trial.run(&["--no-audit", "--json"]).expect(code);
        assert!(
            ended.stderr.contains("invalid run: ") && ended.stderr.contains("refused"),
            "{}",
            ended.stderr
        );
        let summary: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(summary["status"], status, "{gate}");
        let mut again = std::process::Command::new(harness::BINARY);
        Ended::of(again.arg("gate").arg(trial.out()).output().unwrap()).expect(code);
    }
}

#[test]
fn a_missing_program_is_said_once_for_all_stacks() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let gates =
        "[gates]\npass = [\"dev: errors < 1%\", \"other: errors < 1%\", \"other vs dev: p50 < 9x\"]\n";
    let other = format!(
        "[stacks.other]\nurl = \"{url}\"\n\n[[requires]]\nprogram = \"no-such-program\"\ninstall = \"apt-get install it\"\n\n[load]"
    );
    let trial = Trial::new(&at_url(&url, &format!("{HOME}\n{gates}")).replace("[load]", &other));
    let ended = trial.run(&["--format", "json"]).expect(3);
    assert_eq!(ended.stderr.matches("is not installed").count(), 1, "{}", ended.stderr);
    assert_eq!(ended.stdout.matches("is not installed").count(), 1, "{}", ended.stdout);
    assert!(!ended.stdout.contains('–'), "{}", ended.stdout);
    for format in ["report.html", "report.json"] {
        let report = std::fs::read_to_string(trial.out().join(format)).unwrap();
        assert!(report.contains("is not installed"), "{format}: {report}");
    }
    let report = std::fs::read_to_string(trial.out().join("report.md")).unwrap();
    assert_eq!(report.matches("is not installed").count(), 1, "{report}");
}

#[test]
fn a_refused_login_names_user_endpoint_and_status_but_no_password() {
    let target = Target::start("dev", None, &[]);
    let rest = r#"
[users]
list = [{ username = "user1", password = "not-the-password" }]

[auth.token]
kind = "drf-token"
obtain = "/api-token-auth/"

[[routes]]
name = "notes"
get = "/api/notes/"
auth = "token"
"#;
    let trial = Trial::new(&at_url(&target.url, rest));
    let ended = trial.run(&[]).expect(3);
    for part in ["user1", "/api-token-auth/", "400"] {
        assert!(ended.stderr.contains(part), "`{part}` is not in:\n{}", ended.stderr);
    }
    for file in ["record.json", "report.html", "report.md"] {
        let text = std::fs::read_to_string(trial.out().join(file)).unwrap();
        assert!(!text.contains("not-the-password"), "{file} holds the password");
    }
    assert!(!ended.stderr.contains("not-the-password") && !ended.stdout.contains("not-the-password"));
}

#[test]
fn a_server_that_answers_500_is_measured_and_said() {
    let target = Target::start("dev", None, &[]);
    let routes = "[[routes]]\nname = \"boom\"\nget = \"/boom/\"\n\n[gates]\npass = [\"dev: errors < 1%\"]\n";
    let trial = Trial::new(&at_url(&target.url, routes));
    let ended = trial.run(&[]).expect(1);
    let total = &trial.record().stacks[0].total;
    assert_eq!(total.errors.get("status"), Some(&total.requests));
    assert_eq!(total.response.count, 0, "no good answer, no latency of good answers");
    assert!(total.failed.count > 0);
    assert!(ended.stdout.contains("500"), "{}", ended.stdout);
}

#[test]
fn a_run_without_a_good_answer_is_invalid_even_without_gates() {
    let target = Target::start("dev", None, &[]);
    let routes = "[[routes]]\nname = \"boom\"\nget = \"/boom/\"\n";
    for rest in [routes.to_owned(), format!("{routes}\n[gates]\npass = [\"dev: errors > 50%\"]\n")] {
        let ended = Trial::new(&at_url(&target.url, &rest)).run(&["--json"]).expect(3);
        let summary: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(summary["status"], "unknown", "{rest}");
        assert!(ended.stderr.contains("got a good answer"), "{}", ended.stderr);
    }
}

#[test]
fn gates_of_a_stack_that_was_left_out_are_skipped() {
    let target = Target::start("dev", None, &[]);
    let gates =
        "[gates]\npass = [\"dev: errors < 1%\", \"other: errors < 1%\", \"other vs dev: p50 < 9x\"]\n";
    let other = format!("[stacks.other]\nurl = \"{}\"\n\n[load]", target.url);
    let scenario = at_url(&target.url, &format!("{HOME}\n{gates}")).replace("[load]", &other);
    let ended = Trial::new(&scenario).run(&["--stack", "dev", "--json"]).expect(0);
    let summary: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let verdicts: Vec<&str> =
        summary["gates"].as_array().unwrap().iter().map(|gate| gate["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["pass", "skipped", "skipped"]);
}

#[test]
fn ctrl_c_keeps_what_was_measured_and_ends_the_stack() {
    let trial = Trial::new(&own_target("rate = 50\nduration = \"60s\"\nwarmup = \"0s\"", ""));
    let mut child = trial.spawn();
    // The second plain line comes after seconds of measuring.
    let mut rest = wait_for_line(&mut child, "req/s");
    interrupt(child.id());
    let mut said = String::new();
    rest.read_to_string(&mut said).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{said}");
    let record = trial.record();
    assert!(record.partial.as_deref().unwrap().contains("interrupted"));
    assert!(record.stacks[0].total.requests > 0);
    let pid: u32 = std::fs::read_to_string(trial.file("pid")).unwrap().trim().parse().unwrap();
    assert!(!alive(pid), "the target outlived the run");
    assert!(std::fs::read_to_string(trial.out().join("report.md")).unwrap().contains("partial"));
}

#[test]
fn a_stack_killed_midway_is_said_and_what_was_measured_stays() {
    let trial = Trial::new(&own_target("rate = 50\nduration = \"60s\"\nwarmup = \"0s\"", ""));
    let mut child = trial.spawn();
    let mut rest = wait_for_line(&mut child, "req/s");
    let pid: i32 = std::fs::read_to_string(trial.file("pid")).unwrap().trim().parse().unwrap();
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    let mut said = String::new();
    rest.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3), "{said}");
    let stack = &trial.record().stacks[0];
    assert!(stack.failure.as_deref().unwrap().contains("SIGKILL"), "{:?}", stack.failure);
    let report = std::fs::read_to_string(trial.out().join("report.html")).unwrap();
    assert!(!report.contains("No request failed."), "its last requests had no chance to");
    assert!(stack.total.requests > 0);
}

/// A limit on file sizes stands in for the full disk: a write stops in the middle in the same way.
#[test]
fn a_disk_that_takes_no_more_is_said_and_the_last_whole_record_stays() {
    let target = Target::start("dev", None, &[]);
    let trial = Trial::new(&at_url(&target.url, HOME));
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";
    let mut command = Command::new("sh");
    command
        .args(["-c", script, "sh", harness::BINARY, "run"])
        .arg(trial.scenario())
        .arg("--out")
        .arg(trial.out());
    let ended = Ended::of(command.output().unwrap()).expect(3);
    assert!(ended.stderr.contains("File too large"), "{}", ended.stderr);
    assert!(ended.stdout.contains("home"), "the result is printed all the same: {}", ended.stdout);
    assert!(trial.record().partial.is_some(), "the record on disk says that it is not whole");
}

fn interrupt(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
}

#[test]
fn a_generator_out_of_descriptors_says_so_and_blames_nobody_else() {
    let target = Target::start("dev", None, &[]);
    let load = "model = \"closed\"\nusers = 100\nduration = \"1s\"\nwarmup = \"0s\"";
    let text = at_url(&target.url, HOME).replace("rate = 50\nduration = \"1s\"\nwarmup = \"0s\"", load);
    let trial = Trial::new(&text);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64; exec \"$@\"", "sh", harness::BINARY, "run", "--no-audit"]);
    command.arg(trial.scenario()).arg("--out").arg(trial.out()).env("NO_COLOR", "1");
    let ended = Ended::of(command.output().unwrap());
    let stack = &trial.record().stacks[0];
    let local = stack.total.errors.get("local").copied().unwrap_or_default();
    assert!(local > 0, "{}\n{}", ended.stdout, ended.stderr);
    // What the machine could not do is no error of the stack.
    assert_eq!((stack.total.errors.len(), stack.total.error_count()), (1, 0), "{:?}", stack.total.errors);
    assert!(stack.samples.iter().any(|sample| sample.message.contains("ulimit -n")), "{:?}", stack.samples);
}

#[test]
fn what_the_scenario_calls_secret_is_in_no_file_of_the_run() {
    const SECRETS: [&str; 5] =
        ["hdrS3cretVal", "form p@ss&word", "form+p%40ss%26word", "query-key-of-notes", "db-pass-word"];
    let rest = r#"
[[routes]]
name = "keyed"
get = "/?page=1&api_key=query-key-of-notes"
headers = { X-Api-Key = "hdrS3cretVal" }

[[routes]]
name = "form"
post = "/healthz"
body = { form = { user = "ada-lovelace", password = "form p@ss&word" } }
expect = { status = [200, 403, 404, 405] }

[[accept]]
check = "HDR-FRAME"
reason = "hdrS3cretVal stands in a header"
owner = "tests"
until = "2026-12-31"
"#;
    let text = own_target("rate = 20\nduration = \"1s\"\nwarmup = \"0s\"", rest)
        .replace("run = ", "env = { DATABASE_URL = \"postgres://app:db-pass-word@db/notes\" }, run = ")
        .replace("echo $$ >", "echo said $DATABASE_URL; cat {{scenario}}/said; echo $$ >");
    let trial = Trial::new(&text);
    std::fs::write(trial.file("said"), format!("ada-lovelace {}\n", SECRETS.join(" "))).unwrap();
    let ended = trial.run(&["--format", "junit,sarif,summary"]).expect(0);
    let files = [
        "record.json",
        "report.html",
        "report.md",
        "junit.xml",
        "audit.sarif",
        "summary.json",
        "logs/dev-target.log",
    ];
    let read = |file: &str| std::fs::read_to_string(trial.out().join(file)).unwrap();
    for secret in SECRETS {
        for file in files {
            assert!(!read(file).contains(secret), "{file} holds {secret}");
        }
        assert!(!format!("{}{}", ended.stdout, ended.stderr).contains(secret), "{secret} is told");
    }
    let log = read("logs/dev-target.log");
    assert!(log.contains("postgres://app:[redacted") && log.contains("@db/notes"), "{log}");
    assert!(log.contains("ada-lovelace"), "{log}");
    assert!(read("record.json").contains("ada-lovelace"), "what is not secret stays");
    assert_eq!(trial.record().stacks[0].routes[1].path, "/?page=1&api_key=[redacted]");
}

/// The lines that a stack writes, and what is left of them, where a user's password is `password`.
const WORDY: [(&str, &str); 5] = [
    ("POST /accounts/password/change/ 200", "POST /accounts/password/change/ 200"),
    ("body username=ada&password=password", "body username=ada&password=@"),
    (
        "body {\"username\": \"ada\", \"password\": \"password\"}",
        "body {\"username\": \"ada\", \"password\": \"@\"}",
    ),
    ("no password given", "no password given"),
    ("Authorization: Basic YWRhOnBhc3N3b3Jk", "Authorization: Basic @"),
];

#[test]
fn a_password_that_is_a_common_word_leaves_logs_readable_and_is_in_no_file() {
    let rest = r#"
[users]
list = [{ username = "ada", password = "password" }]

[auth.basic]
kind = "basic"

[[routes]]
name = "notes"
get = "/api/notes/"
auth = "basic"
expect = { status = 401 }
"#;
    let load = "rate = 20\nduration = \"1s\"\nwarmup = \"0s\"";
    let scenario = own_target(load, rest).replace("echo $$", "cat {{scenario}}/said; echo $$");
    let scenario = scenario.replace("[[routes]]\nname = \"home\"\nget = \"/\"\n", "");
    let trial = Trial::new(&scenario);
    let said: Vec<&str> = WORDY.iter().map(|(line, _)| *line).collect();
    std::fs::write(trial.file("said"), said.join("\n") + "\n").unwrap();
    trial.run(&[]).expect(0);
    let log = std::fs::read_to_string(trial.out().join("logs/dev-target.log")).unwrap();
    let mark = regex::Regex::new(r"\[redacted [0-9a-f]{8}\]").unwrap();
    let left: Vec<String> =
        log.lines().take(5).map(|line| mark.replace_all(line, "@").into_owned()).collect();
    assert_eq!(left, WORDY.map(|(_, clean)| clean), "{log}");
    for file in ["record.json", "report.html", "report.md", "logs/dev-target.log"] {
        let text = std::fs::read_to_string(trial.out().join(file)).unwrap();
        for gone in ["YWRhOnBhc3N3b3Jk", "password=password", "ada:password"] {
            assert!(!text.contains(gone), "{file} holds {gone}");
        }
    }
    let copy = trial.record().scenario.text;
    assert!(copy.contains("[redacted]") && !copy.contains("\"password\""), "{copy}");
}

#[test]
fn a_report_that_the_disk_has_no_room_for_is_not_named() {
    let target = Target::start("dev", None, &[]);
    let trial = Trial::new(&at_url(&target.url, HOME));
    std::fs::create_dir(trial.out()).unwrap();
    std::os::unix::fs::symlink("/dev/full", trial.out().join("report.html.part")).unwrap();
    let ended = trial.run(&["--no-audit"]).expect(3);
    assert!(ended.stderr.contains("report.html: No space left on device"), "{}", ended.stderr);
    assert!(ended.stderr.contains("the disk is full: what was written before stays"), "{}", ended.stderr);
    assert!(!ended.stdout.contains("Report: "), "{}", ended.stdout);
    assert_eq!(trial.record().partial, None, "what was measured is kept");
}
