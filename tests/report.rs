//! `shakedown report` on written records, as a person or a CI job would call it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

// The fixture is the library's own; these names are what it imports.
use shakedown::{engine, plan, record, stack};

#[allow(dead_code, reason = "the library's own tests use the rest")]
#[path = "../src/report/fixture/mod.rs"]
mod fixture;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use record::Record;
use tempfile::TempDir;

fn written(record: &Record) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    record.write(folder.path()).unwrap();
    folder
}

fn report(record: &Path, args: &[&str]) -> Assert {
    Command::cargo_bin("shakedown").unwrap().arg("report").arg(record).args(args).assert()
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn stderr(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

#[test]
fn a_folder_or_its_file_is_read_and_shown() {
    let folder = written(&fixture::two_stacks());
    let by_folder = stdout(&report(folder.path(), &[]).code(0));
    let by_file = stdout(&report(&folder.path().join("record.json"), &["--format", "text"]).code(0));
    assert_eq!(by_folder, by_file);
    assert!(by_folder.starts_with("Notes API: runserver against nginx + gunicorn\n"));
    assert!(by_folder.contains("split-write") && !by_folder.contains('\u{1b}'), "no colour into a pipe");
}

#[test]
fn every_format_goes_to_its_file() {
    let folder = written(&fixture::two_stacks());
    let out = folder.path().join("a/b");
    let args = ["--format", "html,md,json,csv,series,text", "--output", out.to_str().unwrap()];
    let said = stdout(&report(folder.path(), &args).code(0));
    for name in ["report.html", "report.md", "report.json", "latency.csv", "series.csv", "report.txt"] {
        assert!(said.contains(name), "{name} is named");
        assert!(fs::metadata(out.join(name)).unwrap().len() > 200, "{name} is written");
    }
    assert_eq!(fs::read_dir(&out).unwrap().count(), 6, "and nothing else is left there");
}

/// Records as earlier builds wrote them, cut to a few routes and checks: what was once written is read for ever. They are never
/// written anew; a format that changes adds one.
#[test]
fn frozen_records_render_in_every_format() {
    for entry in fs::read_dir("tests/records").unwrap() {
        let frozen = entry.unwrap().path();
        let shown = frozen.display();
        let out = tempfile::tempdir().unwrap();
        let names: Vec<&str> = FORMATS.iter().map(|(name, ..)| *name).collect();
        report(&frozen, &["--format", &names.join(","), "--output", out.path().to_str().unwrap()]).code(0);
        for (name, file, holds) in FORMATS {
            let text = fs::read_to_string(out.path().join(file)).unwrap();
            for part in *holds {
                assert!(text.contains(part), "{shown} as {name} lacks `{part}`:\n{text}");
            }
            assert_eq!(stdout(&report(&frozen, &["--format", name]).code(0)), text, "{shown} as {name}");
        }
    }
}

/// Each format, its file, and what is in it of every frozen record.
const FORMATS: &[(&str, &str, &[&str])] = &[
    ("text", "report.txt", &["Quick start", "notes", "DJ-DEBUG-404", "✓ pass    prod: p99 < 250ms"]),
    (
        "html",
        "report.html",
        &["<!DOCTYPE html>", "<th scope=\"rowgroup\" rowspan=\"2\">notes", "DJ-DEBUG-404"],
    ),
    ("md", "report.md", &["## ✅ Quick start", "| notes |", "DJ-DEBUG-404"]),
    ("json", "report.json", &["\"notes\"", "\"DJ-DEBUG-404\"", "\"p99\""]),
    ("csv", "latency.csv", &["stack,route,latency,count", "\nprod,notes,response,"]),
    ("series", "series.csv", &["stack,second,wanted", "\nprod,0,"]),
    ("probes", "probes.csv", &["stack,model,level"]),
    ("junit", "junit.xml", &["<testsuites", "DJ-DEBUG-404"]),
    ("sarif", "audit.sarif", &["\"2.1.0\"", "DJ-DEBUG-404"]),
    ("sarif-open", "audit-open.sarif", &["\"2.1.0\"", "DJ-DEBUG-404"]),
    ("prometheus", "metrics.prom", &["# TYPE", "stack=\"prod\""]),
    ("otlp", "metrics.otlp.json", &["resourceMetrics", "prod"]),
    ("summary", "summary.json", &["\"version\"", "prod"]),
    ("codequality", "gl-code-quality-report.json", &["DJ-DEBUG-404", "fingerprint"]),
];

#[test]
fn one_format_goes_to_stdout() {
    let folder = written(&fixture::partial());
    assert!(stdout(&report(folder.path(), &["-f", "html"]).code(0)).starts_with("<!DOCTYPE html>"));
    let json: serde_json::Value =
        serde_json::from_str(&stdout(&report(folder.path(), &["-f", "json"]).code(0))).unwrap();
    assert_eq!(json["partial"], "interrupted while loading `prod`");
}

#[test]
fn several_formats_need_a_folder() {
    let folder = written(&fixture::one_stack());
    let said = stderr(&report(folder.path(), &["--format", "html,md"]).code(2));
    assert!(said.contains("2 formats cannot share stdout") && said.contains("--output DIR"), "{said}");
}

#[test]
fn what_is_no_record_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let said = stderr(&report(folder.path(), &[]).code(2));
    assert!(said.contains("record.json") && said.contains("runs are under reports/"), "{said}");
    fs::write(folder.path().join("record.json"), "{\"version\": 1}").unwrap();
    let said = stderr(&report(folder.path(), &[]).code(2));
    assert!(said.contains("is not a record"), "{said}");
    report(folder.path(), &["--format", "pdf"]).code(2);
}

#[test]
fn hostile_records_render_in_every_format() {
    let folder = written(&fixture::hostile());
    for format in [
        "text",
        "html",
        "md",
        "json",
        "csv",
        "series",
        "junit",
        "sarif",
        "prometheus",
        "otlp",
        "summary",
        "codequality",
    ] {
        let text = stdout(&report(folder.path(), &["-f", format]).code(0));
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && !text.contains('\0'), "{format}");
        match format {
            "html" => assert_eq!(text.matches("<script").count(), 1, "the page's own"),
            "md" => assert!(!text.contains("<script")),
            _ => {}
        }
    }
}
