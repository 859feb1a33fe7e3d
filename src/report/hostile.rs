//! Every text of a record is hostile, each in every way, and no format lets it act.

use std::collections::BTreeSet;

use clap::ValueEnum as _;
use serde_json::Value;

use super::terminal::{self, Look, NARROWEST, WIDEST};
use super::{Document, Format, fixture, foreign, github};

/// What a page may be made of.
const ELEMENTS: &str = "!doctype html head meta title style body header nav main section div p span strong b h1 h2 h3 h4 ul ol li \
    a table thead tbody tr th td caption details summary pre code dl dt dd form label select option output input button figure \
    figcaption svg g path line rect text polyline polygon circle script";

#[test]
fn no_format_lets_a_text_act() {
    for record in [fixture::duet(), fixture::searched(), fixture::failed_stack(), fixture::accepted()] {
        for (poison, record) in fixture::poisoned(&record) {
            let document = Document::of(&record);
            for format in Format::value_variants() {
                let text = format.render(&document);
                assert!(foreign::is_harmless(&text), "{format:?}: {poison:?}");
                obeys_nothing(*format, &text, poison);
            }
            for width in [NARROWEST, 80, WIDEST] {
                let text = terminal::render(&document, &Look { width, ..Look::default() });
                for row in text.lines() {
                    assert!(row.chars().count() <= width, "{width}: {poison:?}: {row}");
                    assert!(!commands(row), "{poison:?}: {row}");
                }
            }
            for line in github::annotations(&document).lines() {
                let kind =
                    ["::error file=", "::warning file="].into_iter().any(|kind| line.starts_with(kind));
                assert!(kind && !line.contains("##[") && !line.contains("##vso["), "{poison:?}: {line}");
            }
        }
    }
}

/// Whether a CI system takes a line of a log for a command.
fn commands(row: &str) -> bool {
    row.trim_start().starts_with("::") || row.contains("##[") || row.contains("##vso[")
}

fn obeys_nothing(format: Format, text: &str, poison: &str) {
    match format {
        Format::Html => {
            let (page, script) = text.split_once("<script>").unwrap();
            assert!(!script.contains("<script"), "{poison:?}");
            let names: BTreeSet<String> = page
                .split('<')
                .skip(1)
                .map(|tag| {
                    tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric() && c != '!')
                })
                .filter_map(|mut name| Some(name.next()?.to_ascii_lowercase()))
                .filter(|name| !ELEMENTS.split(' ').any(|own| own == name))
                .collect();
            assert_eq!(names, BTreeSet::new(), "{poison:?}");
        }
        Format::Csv | Format::Series | Format::Probes => {
            let rows = csv::Reader::from_reader(text.as_bytes()).into_records().map(Result::unwrap);
            for cell in rows.flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>()) {
                let formula =
                    cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
                assert!(!formula, "{format:?}: {poison:?}: {cell}");
            }
        }
        Format::Sarif | Format::SarifOpen => {
            let log: Value = serde_json::from_str(text).unwrap();
            let mut messages = Vec::new();
            for run in log["runs"].as_array().unwrap() {
                said(&run["results"], &mut messages);
                said(&run["invocations"], &mut messages);
            }
            // Readers make links of `[text](address)` in what a message says.
            assert!(messages.iter().all(|text| !text.contains("](")), "{poison:?}: {messages:?}");
        }
        Format::Json | Format::Otlp | Format::Summary | Format::Codequality => {
            serde_json::from_str::<Value>(text).unwrap();
        }
        // Read by their own readers in tests/formats.rs.
        Format::Md | Format::Junit | Format::Prometheus | Format::Text => {}
    }
}

/// The texts of all messages in a part of a SARIF log.
fn said(part: &Value, messages: &mut Vec<String>) {
    match part {
        Value::Array(parts) => parts.iter().for_each(|part| said(part, messages)),
        Value::Object(fields) => {
            messages.extend(fields.get("message").map(Value::to_string));
            fields.values().for_each(|part| said(part, messages));
        }
        _ => {}
    }
}
