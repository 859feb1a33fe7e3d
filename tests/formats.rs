//! Files for other programs, read by those programs' own readers. Needs python3 with venv; `.ci/run` installs it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

// The fixture is the library's own; these names are what it imports.
use shakedown::{engine, plan, record, stack};

#[allow(dead_code, reason = "the library's own tests use the rest")]
#[path = "../src/report/fixture/mod.rs"]
mod fixture;
mod readers;

use std::fs;
use std::path::{Path, PathBuf};

use record::Record;
use serde_json::Value;
use shakedown::report::{Document, Format};

/// Records of every kind: whole, failed, partial, searched, hostile in one way and every other, empty.
fn records() -> Vec<(String, Record)> {
    let mut empty = fixture::two_stacks();
    (empty.stacks, empty.audit, empty.gates) = Default::default();
    let mut records = [
        ("two", fixture::two_stacks()),
        ("failed", fixture::failed_stack()),
        ("partial", fixture::partial()),
        ("accepted", fixture::accepted()),
        ("duet", fixture::duet()),
        ("searched", fixture::searched()),
        ("many", fixture::many_routes()),
        ("hostile", fixture::hostile()),
        ("empty", empty),
    ]
    .map(|(name, record)| (name.to_owned(), record))
    .to_vec();
    let poisoned = fixture::poisoned(&fixture::two_stacks()).into_iter().enumerate();
    records.extend(poisoned.map(|(at, (_, record))| (format!("poisoned-{at}"), record)));
    records
}

/// Every record in a format, each a file.
fn written(format: Format) -> (tempfile::TempDir, Vec<(String, PathBuf)>) {
    let folder = tempfile::tempdir().unwrap();
    let write = |(name, record): (String, Record)| {
        let path = folder.path().join(format!("{name}-{}", format.file_name()));
        fs::write(&path, format.render(&Document::of(&record))).unwrap();
        (name, path)
    };
    let files = records().into_iter().map(write).collect();
    (folder, files)
}

#[test]
fn sarif_is_valid_by_the_official_schema() {
    let (_folder, files) = written(Format::Sarif);
    let (_other, open) = written(Format::SarifOpen);
    readers::valid(
        Path::new("tests/schemas/sarif-2.1.0.json"),
        files.iter().chain(&open).map(|(_, file)| file),
    );
    // The reader does refuse what is wrong.
    let log = fs::read_to_string(&files[0].1).unwrap();
    let broken = files[0].1.with_file_name("broken.sarif");
    fs::write(&broken, log.replace("\"ruleId\"", "\"rule\"")).unwrap();
    let refused =
        std::panic::catch_unwind(|| readers::valid(Path::new("tests/schemas/sarif-2.1.0.json"), [&broken]));
    assert!(refused.is_err());
}

/// What code scanning asks for beside the schema.
#[test]
fn sarif_keeps_code_scannings_rules() {
    let (_folder, files) = written(Format::Sarif);
    for (name, file) in &files {
        let log: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        for run in log["runs"].as_array().unwrap() {
            let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
            assert!(run["automationDetails"]["id"].as_str().unwrap().matches('/').count() == 2, "{name}");
            for rule in rules {
                for key in ["shortDescription", "fullDescription", "help"] {
                    assert!(!rule[key]["text"].as_str().unwrap().is_empty(), "{name}: {rule}");
                }
                assert!(
                    rule["properties"]["tags"].as_array().unwrap().contains(&"security".into()),
                    "{name}"
                );
            }
            for result in run["results"].as_array().unwrap() {
                let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
                assert_eq!(rule["id"], result["ruleId"], "{name}");
                let place = &result["locations"][0]["physicalLocation"];
                let uri = place["artifactLocation"]["uri"].as_str().unwrap();
                assert!(!uri.is_empty() && !uri.starts_with('/') && !uri.contains("://"), "{name}: {uri}");
                assert!(place["region"]["startLine"].as_u64().unwrap() > 0, "{name}");
                assert!(!result["message"]["text"].as_str().unwrap().is_empty(), "{name}");
                assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_string(), "{name}");
            }
        }
    }
}

#[test]
fn junit_is_read_by_a_junit_parser() {
    let script = "\
import sys, junitparser
from collections import Counter
xml = junitparser.JUnitXml.fromfile(sys.argv[1])
said, names = Counter(), set()
for suite in xml:
    cases = list(suite)
    kinds = Counter(type(r).__name__ for c in cases for r in c.result)
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (
        len(cases), kinds['Failure'], kinds['Error'], kinds['Skipped']), (suite.name, kinds)
    for case in cases:
        assert case.name and case.classname
        said[case.result[0].__class__.__name__ if case.result else 'passed'] += 1
        names.add(case.name)
assert xml.tests == sum(said.values()) and xml.failures == said['Failure'], (xml.tests, said)
assert xml.errors == said['Error'] and xml.skipped == said['Skipped'], said
print(dict(said))
print(*sorted(n.split('\\n')[0] for n in names), sep='\\n')
";
    let (_folder, files) = written(Format::Junit);
    let read = readers::each(script, files.iter().map(|(_, file)| file.as_path()));
    let two = &read[0];
    assert!(two.contains("'Failure': 3") && two.contains("'Skipped': 3"), "{two}");
    assert!(
        two.contains("\nprod vs dev: p95 < 0.8x\n")
            && two.contains("\nHDR-HSTS: HTTP Strict Transport Security"),
        "{two}"
    );
    assert!(read[1].contains("'Error'"), "{}", read[1]);
}

#[test]
fn prometheus_text_is_read_by_its_own_parser() {
    let script = "\
import sys
from prometheus_client.parser import text_string_to_metric_families
text = open(sys.argv[1], newline='').read()
samples = [s for f in text_string_to_metric_families(text) for s in f.samples]
assert len(samples) == sum(1 for l in text.split('\\n') if l and not l.startswith('#')), len(samples)
keys = [(s.name, tuple(sorted(s.labels.items()))) for s in samples]
assert len(keys) == len(set(keys)), 'a series twice'
for s in samples:
    if s.name == 'shakedown_response_seconds' and s.labels.get('route') == 'notes' and s.labels['stack'] == 'prod':
        print(s.labels['quantile'], s.value)
    if s.name == 'shakedown_gate':
        print(s.labels['gate'], s.value)
";
    let (_folder, files) = written(Format::Prometheus);
    let read = readers::each(script, files.iter().map(|(_, file)| file.as_path()));
    assert!(read[0].contains("0.5 0.009") && read[0].contains("prod vs dev: p95 < 0.8x 1"), "{}", read[0]);
}

#[test]
fn otlp_is_read_by_the_protocols_own_types() {
    let script = "\
import sys
from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
request = Parse(open(sys.argv[1]).read(), ExportMetricsServiceRequest())
for metric in request.resource_metrics[0].scope_metrics[0].metrics:
    for point in metric.summary.data_points or metric.gauge.data_points:
        labels = {a.key: a.value.string_value for a in point.attributes}
        assert point.time_unix_nano >= point.start_time_unix_nano > 0
        if metric.name == 'shakedown_response_seconds' and labels == {'stack': 'prod', 'route': 'notes'}:
            print(point.count, [(q.quantile, round(q.value, 3)) for q in point.quantile_values])
        if metric.name == 'shakedown_gate':
            print(labels['gate'], point.as_double)
";
    let (_folder, files) = written(Format::Otlp);
    let read = readers::each(script, files.iter().map(|(_, file)| file.as_path()));
    assert!(
        read[0].contains("900 [(0.5, 0.0") && read[0].contains("prod vs dev: p95 < 0.8x 1.0"),
        "{}",
        read[0]
    );
}

/// The command of docs/reports.md: a real collector takes every metric and prints what it took.
#[test]
fn otlp_is_taken_by_a_collector() {
    let script = "\
import os, rotel, socket, subprocess, sys, time, urllib.request
def free():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]
http, grpc = free(), free()
agent = subprocess.Popen(
    [os.path.join(os.path.dirname(rotel.__file__), 'rotel-agent'), 'start', '--otlp-http-endpoint', f'127.0.0.1:{http}',
     '--otlp-grpc-endpoint', f'127.0.0.1:{grpc}', '--exporter', 'blackhole', '--debug-log', 'metrics',
     '--debug-log-verbosity', 'detailed'], stdout=subprocess.PIPE, text=True)
try:
    request = urllib.request.Request(f'http://127.0.0.1:{http}/v1/metrics', open(sys.argv[1], 'rb').read(),
        {'Content-Type': 'application/json'})
    end = time.monotonic() + 30
    while True:
        try:
            answer = urllib.request.urlopen(request)
            break
        except urllib.error.URLError as error:
            if isinstance(error, urllib.error.HTTPError) or agent.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.05)
    print(answer.status, answer.read().decode())
    for line in agent.stdout:
        print(line, end='')
        if 'shakedown_audit_checks' in line:
            break
finally:
    agent.kill()
    agent.wait()
";
    let (_folder, files) = written(Format::Otlp);
    let said = readers::python(script, &[&files[0].1]);
    for part in [
        "200 {\"partialSuccess\":null}",
        "Name: shakedown_response_seconds",
        "gate: Str(prod vs dev: p95 < 0.8x)",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

fn schema(of: &str, folder: &Path) -> PathBuf {
    let path = folder.join(format!("{of}.schema.json"));
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_shakedown")).args(["schema", of]).output().unwrap();
    assert!(output.status.success());
    fs::write(&path, output.stdout).unwrap();
    path
}

#[test]
fn records_and_summaries_are_valid_by_their_published_schemas() {
    let (folder, summaries) = written(Format::Summary);
    let (of_record, of_summary) = (schema("record", folder.path()), schema("summary", folder.path()));
    readers::valid(&of_summary, summaries.iter().map(|(_, file)| file));
    let written = records().into_iter().map(|(name, record)| {
        let folder = folder.path().join(name);
        fs::create_dir(&folder).unwrap();
        record.write(&folder).unwrap()
    });
    readers::valid(&of_record, &written.collect::<Vec<_>>());
    let refused = std::panic::catch_unwind(|| readers::valid(&of_record, [&summaries[0].1]));
    assert!(refused.is_err(), "a summary is no record");
}

/// The five keys that GitLab asks of an issue, and that no two have one fingerprint.
#[test]
fn code_quality_has_what_gitlab_reads() {
    let (folder, files) = written(Format::Codequality);
    let schema = folder.path().join("codequality.schema.json");
    let shape = r#"{ "type": "array", "items": { "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": { "type": "string", "minLength": 1 }, "check_name": { "type": "string", "minLength": 1 },
            "fingerprint": { "type": "string", "pattern": "^[0-9a-f]{16}$" },
            "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
            "location": { "type": "object", "required": ["path", "lines"], "properties": {
                "path": { "type": "string", "pattern": "^[^/]" },
                "lines": { "type": "object", "required": ["begin"], "properties": {
                    "begin": { "type": "integer", "minimum": 1 } } } } } } } }"#;
    fs::write(&schema, shape).unwrap();
    readers::valid(&schema, files.iter().map(|(_, file)| file));
    for (name, file) in &files {
        let issues: Vec<Value> = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let mut prints: Vec<&str> =
            issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), issues.len(), "{name}");
    }
}

/// What GitHub makes of Markdown: only our own elements, one heading, no link, nobody called.
#[test]
fn markdown_is_only_text_to_githubs_own_parser() {
    let script = "\
import re, sys, cmarkgfm
from html.parser import HTMLParser
from cmarkgfm.cmark import Options
text = open(sys.argv[1]).read()
page = cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)
own = set('h2 p table thead tbody tr th td ul li details summary sub strong'.split())
class Reader(HTMLParser):
    texts, tags = [], []
    def handle_starttag(self, tag, attributes):
        assert tag in own, (tag, attributes)
        assert not set(dict(attributes)) - {'align'}, (tag, attributes)
        self.tags.append(tag)
    def handle_comment(self, comment):
        assert comment == ' ', comment
    def handle_data(self, text):
        self.texts.append(text)
reader = Reader()
reader.feed(page)
for text in reader.texts:
    found = re.search(r'@\\w|[#!]\\d|www[.]\\w|://|GH-\\d', text, re.I)
    assert not found, (found, text)
assert reader.tags.count('h2') == 1, reader.tags
print(''.join(reader.texts))
";
    let (_folder, files) = written(Format::Md);
    let read = readers::each(script, files.iter().map(|(_, file)| file.as_path()));
    assert_eq!(read.len(), files.len());
    for ((name, _), read) in files.iter().zip(&read) {
        assert!(name != "poisoned-3" || read.contains("[link](javascript:alert(1))"), "{name}: {read}");
    }
}
