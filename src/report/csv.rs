//! Tables for a spreadsheet: quantiles by stack and route, and the time series.

use csv::Writer;

use super::{Document, foreign};
use crate::compare::Metric;
use crate::record::{LatencyRecord, RouteRecord, StackRecord};

/// One row for each stack, route (or `all`) and kind of latency. Absent quantiles are empty cells.
pub fn quantiles(document: &Document<'_>) -> String {
    let mut out = Writer::from_writer(Vec::new());
    let head = [
        "stack",
        "route",
        "latency",
        "count",
        "min_ms",
        "mean_ms",
        "p50_ms",
        "p90_ms",
        "p95_ms",
        "p99_ms",
        "p99.9_ms",
        "max_ms",
        "requests",
        "errors",
        "throughput_rps",
    ];
    put(&mut out, head.map(str::to_owned));
    for stack in &document.record.stacks {
        for route in std::iter::once(&stack.total).chain(&stack.routes) {
            for (kind, latency) in [
                ("response", &route.response),
                ("service", &route.service),
                ("first-byte", &route.first_byte),
                ("failed", &route.failed),
            ] {
                if latency.count > 0 || kind == "response" {
                    put(&mut out, row(stack, route, kind, latency));
                }
            }
        }
    }
    finish(out)
}

fn row(stack: &StackRecord, route: &RouteRecord, kind: &str, latency: &LatencyRecord) -> Vec<String> {
    let at = |metric: Metric| number(metric.of_latency(latency));
    vec![
        text(&stack.name),
        text(&route.name),
        kind.to_owned(),
        latency.count.to_string(),
        number(latency.min_ms),
        at(Metric::Mean),
        at(Metric::P50),
        at(Metric::P90),
        at(Metric::P95),
        at(Metric::P99),
        at(Metric::P999),
        at(Metric::Max),
        route.requests.to_string(),
        route.error_count().to_string(),
        number(Metric::Throughput.of(stack, route)),
    ]
}

/// One row for each stack and second.
pub fn series(document: &Document<'_>) -> String {
    let mut out = Writer::from_writer(Vec::new());
    let head = [
        "stack",
        "second",
        "wanted",
        "requests",
        "errors",
        "p50_ms",
        "p99_ms",
        "max_ms",
        "in_flight",
        "backlog",
    ];
    put(&mut out, head.map(str::to_owned));
    for stack in &document.record.stacks {
        for second in &stack.seconds {
            put(
                &mut out,
                [
                    text(&stack.name),
                    second.second.to_string(),
                    second.wanted.to_string(),
                    second.requests.to_string(),
                    second.errors.to_string(),
                    number(second.p50_ms),
                    number(second.p99_ms),
                    number(second.max_ms),
                    second.in_flight.to_string(),
                    second.backlog.to_string(),
                ],
            );
        }
    }
    finish(out)
}

/// One row for each load of a search or sweep, in the order they were made.
pub fn probes(document: &Document<'_>) -> String {
    let mut out = Writer::from_writer(Vec::new());
    let head = [
        "stack",
        "model",
        "level",
        "phase",
        "wall_s",
        "requests",
        "errors",
        "reached_rps",
        "p50_ms",
        "p90_ms",
        "p95_ms",
        "p99_ms",
        "p99.9_ms",
        "max_ms",
        "queued",
        "unsent",
        "verdict",
        "reason",
    ];
    put(&mut out, head.map(str::to_owned));
    for stack in &document.record.stacks {
        let searched =
            stack.capacity.iter().flat_map(|capacity| capacity.probes.iter().map(|p| ("search", p)));
        let swept = stack.sweep.iter().flat_map(|sweep| sweep.probes.iter().map(|p| ("sweep", p)));
        for (model, probe) in searched.chain(swept) {
            put(
                &mut out,
                [
                    text(&stack.name),
                    model.to_owned(),
                    probe.level.to_string(),
                    probe.phase.name().to_owned(),
                    number(Some(probe.wall_s)),
                    probe.requests.to_string(),
                    probe.errors.to_string(),
                    number(Some(probe.reached_rps)),
                    number(probe.p50_ms),
                    number(probe.p90_ms),
                    number(probe.p95_ms),
                    number(probe.p99_ms),
                    number(probe.p999_ms),
                    number(probe.max_ms),
                    probe.queued.to_string(),
                    probe.unsent.to_string(),
                    probe.verdict.name().to_owned(),
                    text(&probe.reason),
                ],
            );
        }
    }
    finish(out)
}

fn number(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.4}")).unwrap_or_default()
}

/// Foreign text; a sign that a spreadsheet would take for a formula's first is quoted, also behind a semicolon: where the comma
/// is for decimals, that begins another cell.
fn text(text: &str) -> String {
    let mut out = String::new();
    let mut begins = true;
    for c in foreign::line(text, foreign::LINE).chars() {
        if begins && FORMULA.contains(&c) {
            out.push('\'');
        }
        begins = c == ';' || begins && matches!(c, ' ' | '"' | '\'');
        out.push(c);
    }
    out
}

/// What a formula begins with, also in the wide letters that spreadsheets take for the same.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

fn put(out: &mut Writer<Vec<u8>>, row: impl IntoIterator<Item = String>) {
    // Writing to memory, rows of one length by construction: it cannot fail.
    let _ = out.write_record(row);
}

fn finish(out: Writer<Vec<u8>>) -> String {
    out.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn table(text: &str) -> Vec<csv::StringRecord> {
        csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect()
    }

    #[test]
    fn one_row_a_latency() {
        let record = fixture::two_stacks();
        let rows = table(&quantiles(&Document::of(&record)));
        // 11 rows of routes and total, three latencies each; dev has failures in total and one route.
        assert_eq!(rows.len(), 2 * 11 * 3 + 2);
        let p50: f64 = rows[0][6].parse().unwrap();
        assert!((p50 - record.stacks[0].total.response.p50_ms.unwrap()).abs() < 0.001);
        assert_eq!(&rows[0][10], "", "too few samples for p99.9");
        assert_eq!(table(&series(&Document::of(&record))).len(), 40);
    }

    #[test]
    fn one_row_a_probe() {
        let rows = table(&probes(&Document::of(&fixture::searched())));
        assert_eq!(rows.len(), 14);
        assert_eq!((&rows[7][0], &rows[7][2], &rows[7][3], &rows[7][16]), ("prod", "50", "ramp", "holds"));
        assert_eq!(table(&probes(&Document::of(&fixture::swept()))).len(), 12);
        assert!(table(&probes(&Document::of(&fixture::two_stacks()))).is_empty());
    }

    #[test]
    fn formulas_and_controls_are_disarmed() {
        for (name, cell) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("\t=1", "'=1"),
            ("\r\n@SUM(1)", "'@SUM(1)"),
            ("\"=1\"", "\"'=1\""),
            ("＝1", "'＝1"),
            ("a; =1;+2", "a; '=1;'+2"),
            ("note-create", "note-create"),
        ] {
            assert_eq!(text(name), cell);
        }
        let mut record = fixture::searched();
        for stack in &mut record.stacks {
            stack.name.insert(0, '=');
            stack.routes.iter_mut().for_each(|route| route.name.insert(0, '+'));
            stack.capacity.iter_mut().flat_map(|of| &mut of.probes).for_each(|p| p.reason.insert(0, '-'));
        }
        let document = Document::of(&record);
        for written in [quantiles(&document), series(&document), probes(&document)] {
            let formula = |cell: &str| cell.starts_with(FORMULA) && cell.parse::<f64>().is_err();
            assert!(table(&written).iter().flatten().all(|cell| !formula(cell)), "{written}");
        }
        let record = fixture::hostile();
        let document = Document::of(&record);
        assert!(foreign::is_harmless(&(quantiles(&document) + &series(&document))));
        assert!(table(&quantiles(&document)).iter().all(|row| row.len() == 15));
    }

    #[test]
    fn a_failed_stack_has_empty_cells() {
        let rows = table(&quantiles(&Document::of(&fixture::failed_stack())));
        let prod: Vec<_> = rows.iter().filter(|row| &row[0] == "prod").collect();
        assert_eq!(prod.len(), 1);
        assert_eq!((&prod[0][6], &prod[0][14]), ("", ""));
    }
}
