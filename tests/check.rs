//! `check`, `init` and `schema` through the built binary, and the parser against arbitrary text.

#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use proptest::prelude::*;
use shakedown::plan::Plan;

fn shakedown(arguments: &[&str]) -> Output {
    Command::cargo_bin("shakedown").unwrap().args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect()
}

fn quickstart() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/quickstart.toml")).unwrap()
}

#[test]
fn every_scenario_that_ships_passes() {
    let all = scenarios();
    assert!(all.iter().any(|path| path.ends_with("quickstart.toml")), "{all:?}");
    for path in all {
        let output = shakedown(&["check", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}: {}", path.display(), text(&output.stderr));
    }
}

#[test]
fn the_summary_says_what_would_run() {
    let output = shakedown(&["check", "scenarios/quickstart.toml"]);
    let summary = text(&output.stdout);
    for part in [
        "stack    dev",
        "stack    prod",
        "jwt (20 users)",
        "note-lifecycle/create: POST /api/notes/",
        "400 requests/s",
    ] {
        assert!(summary.contains(part), "{part}:\n{summary}");
    }
    assert!(!summary.contains("shakedown-1"), "a password:\n{summary}");
}

#[test]
fn the_summary_says_which_gates_end_the_load() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abort.toml");
    std::fs::write(
        &path,
        "title = \"t\"\n[stacks.a]\nurl = \"http://127.0.0.1:9\"\n[[routes]]\nname = \"home\"\nget = \"/\"\n[load]\nrate = 50\n\
         duration = \"20s\"\n[gates]\nabort = true\npass = [\"a: errors < 1%\", \"a/home: p95 < 1s\", \"a: throughput > 9/s\"]\n",
    )
    .unwrap();
    let summary = text(&shakedown(&["check", path.to_str().unwrap()]).stdout);
    for part in [
        "abort    a: errors < 1%\n",
        "abort    not by `a/home: p95 < 1s`: routes are looked at after each block: set `blocks` in [load]\n",
        "abort    not by `a: throughput > 9/s`: what is to come can mend it\n",
    ] {
        assert!(summary.contains(part), "{part}:\n{summary}");
    }
}

#[test]
fn mistakes_have_file_line_column_and_hint_and_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.toml");
    std::fs::write(
        &path,
        quickstart().replacen("weight = 3", "wieght = 3", 1).replacen("rate = 400", "rate = \"fast\"", 1),
    )
    .unwrap();
    let output = shakedown(&["check", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let line = 1 + quickstart().lines().position(|line| line == "weight = 3").unwrap();
    let shown = text(&output.stderr);
    let name = path.display();
    assert!(shown.contains(&format!("{name}:{line}:1: unknown key `wieght`")), "{shown}");
    assert!(shown.contains("(did you mean `weight`?)") && shown.contains("`rate` is a string"), "{shown}");
    assert_eq!(shown.lines().count(), 2, "{shown}");
}

#[test]
fn a_file_that_is_absent_or_no_text_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let absent = shakedown(&["check", folder.path().join("absent.toml").to_str().unwrap()]);
    assert_eq!(absent.status.code(), Some(2));
    assert!(text(&absent.stderr).contains("absent.toml: cannot read it"), "{}", text(&absent.stderr));
    let binary = folder.path().join("binary.toml");
    std::fs::write(&binary, [0xff, 0xfe, 0x00]).unwrap();
    assert!(text(&shakedown(&["check", binary.to_str().unwrap()]).stderr).contains("not UTF-8"));
}

#[test]
fn the_starter_passes_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.toml");
    let path = path.to_str().unwrap();
    let init = ["init", "--url", "https://localhost:8443", "--output", path];
    assert_eq!(shakedown(&init).status.code(), Some(0));
    let written = std::fs::read_to_string(path).unwrap();
    assert!(written.contains("url = \"https://localhost:8443\""));
    assert_eq!(shakedown(&["check", path]).status.code(), Some(0));
    std::fs::write(path, "mine").unwrap();
    let again = shakedown(&init);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("there already"), "{}", text(&again.stderr));
    assert_eq!(std::fs::read_to_string(path).unwrap(), "mine");
}

#[test]
fn what_the_starter_comments_out_is_right_too() {
    let starter = text(&shakedown(&["init"]).stdout);
    assert!(starter.contains("# [auth.jwt]"));
    let uncommented: Vec<&str> = starter
        .lines()
        .filter(|line| {
            !["# authorized", "# csv", "# password_env", "# [stacks", "# ca", "# url", "  # "]
                .iter()
                .any(|p| line.starts_with(p))
        })
        .map(|line| match line.strip_prefix("# ") {
            Some(rest)
                if rest.contains('=') || rest.starts_with('[') || rest.starts_with(' ') || rest == "]" =>
            {
                if rest.contains("shakedown") {
                    line
                } else {
                    rest
                }
            }
            _ => line,
        })
        .collect();
    let text = uncommented
        .join("\n")
        .replace("pattern = \"user{1..50}\"", "pattern = \"user{1..50}\"\npassword = \"p-{{n}}\"");
    let plan =
        Plan::parse(Path::new("starter.toml"), &text).unwrap_or_else(|d| panic!("{}\n{text}", d.plain()));
    assert_eq!((plan.routes.len(), plan.auths.len(), plan.populations[0].users.len()), (4, 1, 50));
}

#[test]
fn init_refuses_a_url_that_is_none() {
    for url in ["nonsense", "ftp://localhost", "http://localhost/\"\n[load]"] {
        let output = shakedown(&["init", "--url", url]);
        assert_eq!(output.status.code(), Some(2), "{url}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn the_schema_is_json_and_knows_every_key_of_the_quick_start() {
    let output = shakedown(&["schema"]);
    assert_eq!(output.status.code(), Some(0));
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let written: toml::Table = toml::from_str(&quickstart()).unwrap();
    for key in written.keys() {
        assert!(schema["properties"][key]["description"].is_string(), "{key}");
    }
}

#[test]
fn every_example_of_the_reference_passes() {
    let read =
        |name: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let reference = read("docs/scenario.md") + &read("docs/findings.md");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("users.csv"), "username,password,plan\nada,x-ada-1,pro\n").unwrap();
    std::fs::write(folder.path().join("words.csv"), "term\nrust\n").unwrap();
    std::fs::write(folder.path().join("nginx.conf.tmpl"), "listen {{port}};\n").unwrap();
    let mut examples = 0;
    for block in reference.split("```toml\n").skip(1) {
        let example = block.split("```").next().unwrap();
        let top = if example.starts_with("title =") { "" } else { "title = \"t\"\n" };
        let stack = if example.contains("[stacks.") {
            ""
        } else {
            "\n[stacks.prod]\nurl = \"http://localhost:8000\"\n[stacks.dev]\nurl = \"http://localhost:8001\"\n"
        };
        let users = if example.contains("[users]") || !example.contains("[auth.") {
            ""
        } else {
            "\n[users]\ncsv = \"users.csv\"\n"
        };
        let routes = if example.contains("[[routes]]") || example.contains("[[flows]]") {
            ""
        } else {
            "\n[[routes]]\nname = \"notes\"\nget = \"/\"\n"
        };
        let text = format!("{top}{example}{stack}{users}{routes}");
        let path = folder.path().join("example.toml");
        Plan::parse(&path, &text).unwrap_or_else(|d| panic!("{}\n{text}", d.plain()));
        examples += 1;
    }
    assert!(examples >= 11, "{examples} examples");
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        if let Err(diagnostics) = Plan::parse(Path::new("s.toml"), &text) {
            prop_assert!(!diagnostics.plain().is_empty());
            let shown = format!("{:?}", miette::Report::new(diagnostics));
            prop_assert!(!shown.is_empty());
        }
    }

    #[test]
    fn a_mutated_scenario_never_panics(at in any::<prop::sample::Index>(), length in 0usize..12, insert in "[\\PC\n\"'{}\\[\\]=.#\\\\]{0,6}") {
        let mut text = quickstart();
        let start = text.floor_char_boundary(at.index(text.len()));
        let end = text.ceil_char_boundary((start + length).min(text.len()));
        text.replace_range(start..end, &insert);
        if let Err(diagnostics) = Plan::parse(Path::new("scenarios/q.toml"), &text) {
            prop_assert!(diagnostics.plain().lines().all(|line| line.starts_with("scenarios/q.toml:")));
            let shown = format!("{:?}", miette::Report::new(diagnostics));
            prop_assert!(!shown.is_empty());
        }
    }
}

#[test]
fn a_load_without_warm_up_and_a_duration_that_is_none_read_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.toml");
    let say = |from: &str, to: &str| {
        std::fs::write(&path, quickstart().replacen(from, to, 1)).unwrap();
        shakedown(&["check", path.to_str().unwrap()])
    };
    let said = text(&say("warmup = \"2s\"", "warmup = \"0s\"").stdout);
    assert!(said.contains("400 requests/s for 10s without warm-up, 1 thread"), "{said}");
    let said = text(&say("warmup = \"2s\"", "warmup = \"2 parsecs\"").stderr);
    assert_eq!(said.matches("`500ms`").count(), 1, "the hint is told once: {said}");
}
