//! What docs/exit-codes.md says, command by command. `run` and `audit` have tests of their own.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod harness;

use std::path::Path;
use std::process::Command;

use harness::{Ended, Target};

const RECORD: &str = "tests/records/in-blocks.json";
/// Names a field of the table's own command, and nothing that is there.
const NOWHERE: &str = "/nowhere/at/all";

fn shakedown(arguments: &[&str]) -> Ended {
    let mut command = Command::new(harness::BINARY);
    command
        .args(arguments)
        .env("NO_COLOR", "1")
        .env("EXIT_TEST_SECRET", "a-secret-of-thirty-two-characters!");
    Ended::of(command.stdin(std::process::Stdio::null()).output().unwrap())
}

#[test]
fn every_command_ends_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (token, scenario, partial) = (at("token"), at("new.toml"), at("partial.json"));
    let mint = ["token", "mint", "--alg", "HS256", "--secret-env", "EXIT_TEST_SECRET"];
    std::fs::write(&token, shakedown(&mint).expect(0).stdout).unwrap();
    let mut record: serde_json::Value = serde_json::from_slice(&std::fs::read(RECORD).unwrap()).unwrap();
    record["partial"] = "interrupted".into();
    std::fs::write(&partial, record.to_string()).unwrap();
    std::fs::write(at("file"), "").unwrap();
    let (baseline, below, key) = (at("baseline.json"), at("file/below"), at("no-key.pem"));
    let quick = "scenarios/quickstart.toml";
    let cases: &[(i32, &[&str])] = &[
        (0, &["audit", "list"]),
        (0, &["audit", "explain", "HDR-HSTS"]),
        (2, &["audit", "explain", "HDR-NONE"]),
        (2, &["audit", "lock", NOWHERE]),
        (2, &["audit", "baseline", quick, NOWHERE]),
        (0, &["check", quick]),
        (2, &["check", NOWHERE]),
        (0, &["gate", RECORD, "--pass", "prod: errors < 100%"]),
        (1, &["gate", RECORD, "--pass", "prod: p50 < 1us"]),
        (3, &["gate", RECORD, "--pass", "prod: capacity > 1/s"]),
        (2, &["gate", NOWHERE]),
        (2, &["gate", RECORD, "--baseline", NOWHERE]),
        (0, &["compare", RECORD, RECORD]),
        (2, &["compare", RECORD, NOWHERE]),
        (4, &["compare", RECORD, RECORD, "--format", "md", "--output", &below]),
        (0, &["report", RECORD]),
        (2, &["report", NOWHERE]),
        (2, &["report", RECORD, "--format", "md,html"]),
        (4, &["report", RECORD, "--format", "md", "--output", &below]),
        (0, &["baseline", "accept", RECORD, "--to", &baseline]),
        (2, &["baseline", "accept", NOWHERE]),
        (2, &["baseline", "accept", &partial, "--to", &baseline]),
        (4, &["baseline", "accept", RECORD, "--to", "/proc/nowhere/b.json"]),
        (0, &["init", "--output", &scenario]),
        (2, &["init", "--output", &scenario]),
        (0, &["token", "inspect", &token, "--secret-env", "EXIT_TEST_SECRET"]),
        (1, &["token", "inspect", &token, "--secret-env", "PATH"]),
        (2, &["token", "inspect", &scenario]),
        (2, &["token", "inspect", &token, "--key", &key]),
        (2, &["token", "mint", "--alg", "HS1", "--secret-env", "EXIT_TEST_SECRET"]),
        (2, &["token", "mint", "--alg", "RS256", "--key", &key]),
        (2, &["token", "obtain", NOWHERE, "--stack", "dev", "--auth", "jwt"]),
        (2, &["token", "obtain", quick, "--stack", "none", "--auth", "jwt"]),
        (0, &["schema", "record"]),
        (0, &["target", "--list-faults"]),
        (2, &["target", "--profile", "production", "--port", "0"]),
        (4, &["target", "--profile", "production", "--port", "0", "--tls-dir", &below]),
        (2, &["no-such-command"]),
        (2, &["run"]),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .map(|(code, arguments)| (code, arguments, shakedown(arguments)))
        .filter(|(code, _, ended)| ended.code != **code)
        .map(|(code, arguments, ended)| format!("{arguments:?}: {} for {code}: {}", ended.code, ended.stderr))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_command() {
    let docs = std::fs::read_to_string(Path::new("docs/exit-codes.md")).unwrap();
    let help = shakedown(&["--help"]).expect(0).stdout;
    let listed = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    for line in listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let command = line.split_whitespace().next().unwrap();
        assert!(
            command == "help" || docs.contains(&format!("| `{command}")),
            "{command} is not in the table"
        );
    }
}

#[test]
fn a_login_alone_ends_with_0_or_3() {
    let target = Target::start("dev", None, &[]);
    let folder = tempfile::tempdir().unwrap();
    let obtain = |url: &str, password: &str| {
        let text = format!(
            "title = \"t\"\n[stacks.dev]\nurl = \"{url}\"\n[users]\nlist = [{{ username = \"user1\", password = \"{password}\" }}]\n\
             [auth.token]\nkind = \"drf-token\"\nobtain = \"/api-token-auth/\"\n[[routes]]\nname = \"a\"\nget = \"/\"\nauth = \"token\"\n"
        );
        let file = folder.path().join("s.toml");
        std::fs::write(&file, text).unwrap();
        shakedown(&["token", "obtain", file.to_str().unwrap(), "--stack", "dev", "--auth", "token"])
    };
    obtain(&target.url, "shakedown-1").expect(0);
    let refused = obtain(&target.url, "another-one").expect(3);
    assert!(
        refused.stderr.contains("user1") && !refused.stderr.contains("another-one"),
        "{}",
        refused.stderr
    );
    let url = target.url.clone();
    drop(target);
    let dead = obtain(&url, "shakedown-1").expect(3).stderr.replace(['\n', '│'], " ");
    let words: Vec<&str> = dead.split_whitespace().collect();
    assert!(words.join(" ").contains("connection refused; start the stack"), "{dead}");
    let help = shakedown(&["token", "obtain", "--help"]).expect(0).stdout;
    assert!(help.contains("3 the stack is not there"), "{help}");
}
