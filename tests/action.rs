//! The action for GitHub and the recipes of docs/ci.md: their shape by their services' schemas, their scripts by shellcheck,
//! and what they do by running them. Needs python3 with venv and shellcheck; `.ci/run` installs them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod harness;
mod readers;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use harness::{BINARY, Ended, Trial};
use serde_json::Value;

const SCENARIO: &str = r#"
title = "CI"

[stacks.prod]
role = "production"
url = "http://127.0.0.1:{{port}}"
start = [{ run = ["{{shakedown}}", "target", "--profile", "dev", "--port", "{{port}}"] }]

[[routes]]
name = "home"
get = "/"

[load]
rate = 20
duration = "1s"
warmup = "0s"

[gates]
pass = ["GATE"]
"#;

/// A YAML file as JSON; a key `on` stays one.
fn yaml(path: &Path) -> Value {
    let script = "import json, sys; from ruamel.yaml import YAML; print(json.dumps(YAML(typ='safe').load(open(sys.argv[1]))))";
    serde_json::from_str(&readers::python(script, &[path])).unwrap()
}

/// The fenced blocks of docs/ci.md in a language.
fn blocks(language: &str) -> Vec<String> {
    let text = fs::read_to_string("docs/ci.md").unwrap();
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

fn linted(shell: &str, script: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script");
    fs::write(&file, script).unwrap();
    let said = Command::new("shellcheck").args(["--shell", shell]).arg(&file).output().unwrap();
    assert!(said.status.success(), "{}\n{script}", String::from_utf8_lossy(&said.stdout));
}

/// What GitHub's runner does of an action, as far as this one needs it: inputs and outputs of steps into the environment,
/// scripts by bash, outputs from a file.
struct Runner<'a> {
    action: &'a Value,
    inputs: BTreeMap<String, String>,
    folder: &'a Path,
}

impl Runner<'_> {
    /// The outputs of the action, and how its last step ended.
    fn run(&self) -> (BTreeMap<String, String>, Ended) {
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        for (name, input) in self.action["inputs"].as_object().unwrap() {
            let default = input["default"].as_str().unwrap_or_default().to_owned();
            known.insert(format!("inputs.{name}"), self.inputs.get(name).cloned().unwrap_or(default));
        }
        known.insert("github.action_path".into(), env!("CARGO_MANIFEST_DIR").into());
        let mut ended = None;
        for step in self.action["runs"]["steps"].as_array().unwrap() {
            let (id, script) = (step["id"].as_str().unwrap(), step["run"].as_str().unwrap());
            let (outputs, script_file) =
                (self.folder.join(format!("{id}.out")), self.folder.join(format!("{id}.sh")));
            fs::write(&outputs, "").unwrap();
            fs::write(&script_file, script).unwrap();
            // As the runner calls `shell: bash`.
            let mut command = Command::new("bash");
            command
                .args(["--noprofile", "--norc", "-eo", "pipefail"])
                .arg(&script_file)
                .current_dir(self.folder);
            for (name, value) in step["env"].as_object().unwrap() {
                command.env(name, evaluated(value.as_str().unwrap(), &known));
            }
            command.env("GITHUB_ACTIONS", "true").env("GITHUB_OUTPUT", &outputs);
            command.env("GITHUB_STEP_SUMMARY", self.folder.join("summary.md"));
            ended = Some(Ended::of(command.output().unwrap()));
            for line in fs::read_to_string(&outputs).unwrap().lines() {
                let (name, value) = line.split_once('=').unwrap();
                known.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
            }
            if ended.as_ref().is_some_and(|ended| ended.code != 0) {
                break;
            }
        }
        let outputs = self.action["outputs"].as_object().unwrap().iter();
        let outputs =
            outputs.map(|(name, of)| (name.clone(), evaluated(of["value"].as_str().unwrap(), &known)));
        (outputs.collect(), ended.unwrap())
    }
}

/// `${{ inputs.name }}`, which is all that the action uses of the expression language.
fn evaluated(text: &str, known: &BTreeMap<String, String>) -> String {
    match text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")) {
        Some(name) => known.get(name.trim()).unwrap_or_else(|| panic!("no {name}")).clone(),
        None => text.to_owned(),
    }
}

fn ran(gate: &str, inputs: &[(&str, &str)]) -> (Trial, BTreeMap<String, String>, Ended) {
    let trial = Trial::new(&SCENARIO.replace("GATE", gate));
    let action = yaml(Path::new("action.yml"));
    let mut inputs: BTreeMap<String, String> =
        inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    inputs.insert("scenario".into(), "trial.toml".into());
    inputs.insert("binary".into(), BINARY.into());
    let (outputs, ended) = Runner { action: &action, inputs, folder: &trial.file("") }.run();
    (trial, outputs, ended)
}

#[test]
fn the_action_and_the_recipes_have_the_shape_their_services_read() {
    readers::valid_builtin("vendor.github-actions", Path::new("action.yml"));
    let folder = tempfile::tempdir().unwrap();
    let of_yaml = blocks("yaml");
    let [github, gitlab] = of_yaml.as_slice() else { panic!("{} YAML blocks", of_yaml.len()) };
    for (schema, text) in [("vendor.github-workflows", github), ("vendor.gitlab-ci", gitlab)] {
        let file = folder.path().join("recipe.yml");
        fs::write(&file, text).unwrap();
        readers::valid_builtin(schema, &file);
    }
    // The recipe gives the action what it takes.
    fs::write(folder.path().join("recipe.yml"), github).unwrap();
    let (recipe, action) = (yaml(&folder.path().join("recipe.yml")), yaml(Path::new("action.yml")));
    let step = &recipe["jobs"]["trial"]["steps"][1];
    for name in step["with"].as_object().unwrap().keys() {
        assert!(action["inputs"][name].is_object(), "{name}");
    }
}

#[test]
fn scripts_are_sound_and_take_nothing_from_an_expression() {
    for step in yaml(Path::new("action.yml"))["runs"]["steps"].as_array().unwrap() {
        let script = step["run"].as_str().unwrap();
        assert!(!script.contains("${{"), "an input in a script is code");
        linted("bash", script);
    }
    blocks("sh").iter().for_each(|script| linted("sh", script));
}

#[test]
fn the_action_passes_and_tells_where_the_reports_are() {
    let (trial, outputs, ended) = ran("prod: errors < 1%", &[("arguments", "--stack=prod\n\n--no-audit")]);
    ended.expect(0);
    assert_eq!((outputs["verdict"].as_str(), outputs["exit-code"].as_str()), ("pass", "0"));
    let folder = trial.file(&outputs["folder"]);
    for name in ["record.json", "report.html", "junit.xml", "audit-open.sarif", "summary.json"] {
        assert!(folder.join(name).is_file(), "{name}");
    }
    assert!(fs::read_to_string(trial.file("summary.md")).unwrap().starts_with("## ✅ CI"));
}

#[test]
fn the_action_fails_with_its_gate_and_annotates_it() {
    let (_trial, outputs, ended) =
        ran("audit prod: no low", &[("command", "audit"), ("arguments", "--only=CSP-PRESENT")]);
    let ended = ended.expect(1);
    assert_eq!((outputs["verdict"].as_str(), outputs["exit-code"].as_str()), ("fail", "1"));
    assert!(
        ended.stderr.contains("::error file=trial.toml,line=19,title=audit prod%3A no low::"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_wrong_scenario_is_an_error_and_no_verdict() {
    let (_trial, outputs, ended) = ran("prod: nonsense < 1%", &[]);
    ended.expect(2);
    assert_eq!(outputs["verdict"], "error");
}

#[test]
fn the_shell_recipes_run_as_they_stand() {
    let trial = Trial::new(&SCENARIO.replace("GATE", "prod: errors < 1%"));
    fs::create_dir(trial.file("scenarios")).unwrap();
    fs::rename(trial.scenario(), trial.file("scenarios/notes.toml")).unwrap();
    let gitlab = trial.file("gitlab.yml");
    fs::write(&gitlab, &blocks("yaml")[1]).unwrap();
    let job = &yaml(&gitlab)["shakedown"];
    let lines: Vec<&str> =
        job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let path =
        format!("{}:{}", Path::new(BINARY).parent().unwrap().display(), std::env::var("PATH").unwrap());
    let shell = |script: &str| {
        fs::remove_dir_all(trial.file("shakedown-report")).ok();
        let mut command = Command::new("sh");
        command.args(["-ec", script]).current_dir(trial.file("")).env("PATH", &path);
        Ended::of(command.output().unwrap()).expect(0)
    };
    shell(&lines.join("\n"));
    for kept in job["artifacts"]["reports"].as_object().unwrap().values() {
        assert!(trial.file(kept.as_str().unwrap()).is_file(), "{kept}");
    }
    let ended = shell(&blocks("sh")[0]);
    assert!(ended.stdout.contains("every gate holds"), "{}", ended.stdout);
    assert!(trial.file("shakedown-report/junit.xml").is_file());
}
