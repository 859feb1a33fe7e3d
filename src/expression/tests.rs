//! The language by examples: what is read, and what each mistake is told.

use super::*;
use crate::expression as gate;

const STACKS: &[&str] = &["dev", "prod", "baseline-2"];
const ROUTES: &[&str] = &["notes", "notes/create", "list: all", "a vs b", "stylesheet"];

fn level(stack: Option<&str>, route: Option<&str>, metric: Metric, op: Op, limit: f64) -> Expression {
    Expression::Level(subject(stack, route), Bound { metric, op, limit })
}

fn subject(stack: Option<&str>, route: Option<&str>) -> Subject {
    Subject { stack: stack.map(Into::into), route: route.map(Into::into) }
}

fn good(text: &str) -> Expression {
    match gate::parse(text, STACKS, ROUTES) {
        Ok(gate) => gate.expression,
        Err(error) => panic!("{text}: {error} ({})", error.help),
    }
}

/// The error, with the text its span covers.
fn bad(text: &str) -> (String, String, String) {
    let error = gate::parse(text, STACKS, ROUTES).expect_err(text);
    (error.message, error.help, text[error.span].to_owned())
}

#[test]
fn reads_every_form() {
    use Op::*;
    assert_eq!(good("prod: errors < 0.1%"), level(Some("prod"), None, Metric::Errors, Less, 0.001));
    assert_eq!(
        good("prod/notes: p99 <= 250ms"),
        level(Some("prod"), Some("notes"), Metric::P99, AtMost, 250.0)
    );
    assert_eq!(good("/notes: p99.9<1.5s"), level(None, Some("notes"), Metric::P999, Less, 1500.0));
    assert_eq!(good("errors < 1%"), level(None, None, Metric::Errors, Less, 0.01));
    assert_eq!(
        good("  prod : throughput >= 1_000/s "),
        level(Some("prod"), None, Metric::Throughput, AtLeast, 1000.0)
    );
    assert_eq!(good("prod: max > 5us"), level(Some("prod"), None, Metric::Max, More, 0.005));
    assert_eq!(good("prod: cpu/1k < 2s"), level(Some("prod"), None, Metric::CpuPer1k, Less, 2.0));
    assert_eq!(good("prod: rss < 400MiB"), level(Some("prod"), None, Metric::Rss, Less, 419_430_400.0));
    assert_eq!(good("prod: rss < 1 GB"), level(Some("prod"), None, Metric::Rss, Less, 1e9));
    assert_eq!(good("audit prod: no high"), Expression::Audit(Some("prod".into()), Severity::High));
    assert_eq!(good("audit prod: no new low"), Expression::NewFindings(Some("prod".into()), Severity::Low));
    assert_eq!(good("audit: no critical"), Expression::Audit(None, Severity::Critical));
    let bound = Bound { metric: Metric::P95, op: Less, limit: 0.8 };
    assert_eq!(
        good("prod vs dev: p95 < 0.8x"),
        Expression::Ratio(subject(Some("prod"), None), subject(Some("dev"), None), bound)
    );
    let both =
        Expression::Ratio(subject(Some("prod"), Some("notes")), subject(Some("dev"), Some("notes")), bound);
    assert_eq!(good("prod/notes vs dev/notes: p95 < 0.8x"), both);
    assert_eq!(good("prod/notes vs dev: p95 < 0.8x"), both, "the same route on both");
    assert_eq!(
        good("prod/notes vs baseline: p95 < 0.8x"),
        Expression::Past(subject(Some("prod"), Some("notes")), bound)
    );
}

#[test]
fn names_may_hold_the_languages_own_signs() {
    let bound = Bound { metric: Metric::P50, op: Op::Less, limit: 1.0 };
    let route = |name| Expression::Level(subject(Some("prod"), Some(name)), bound);
    assert_eq!(good("prod/notes/create: p50 < 1ms"), route("notes/create"));
    assert_eq!(good("prod/list: all: p50 < 1ms"), route("list: all"));
    assert_eq!(good("prod/a vs b: p50 < 1ms"), route("a vs b"));
    let (a, b) = (subject(Some("prod"), Some("a vs b")), subject(Some("dev"), Some("a vs b")));
    let ratio = Bound { limit: 2.0, ..bound };
    assert_eq!(good("prod/a vs b vs dev/a vs b: p50 < 2x"), Expression::Ratio(a, b, ratio));
    assert_eq!(
        parse_names("audit: p50 < 1ms", Names { stacks: &["audit"], routes: &[], checked: true }),
        Ok(Expression::Level(subject(Some("audit"), None), bound)),
        "a stack called audit"
    );
}

#[test]
fn errors_point_and_teach() {
    for (text, message, help, span) in [
        ("prd: p99 < 1ms", "no stack `prd`", "did you mean `prod`?", "prd"),
        ("prod/note: p99 < 1ms", "no route `note`", "did you mean `notes`?", "note"),
        ("notes: p99 < 1ms", "no stack `notes`", "`notes` is a route: write `baseline-2/notes`", "notes"),
        ("prod: p98 < 1ms", "no metric `p98`", "quantiles are p50, p90, p95, p99 and p99.9", "p98"),
        ("prod: p999 < 1ms", "no metric `p999`", "did you mean `p99.9`?", "p999"),
        ("prod: median < 1ms", "no metric `median`", "did you mean `p50`?", "median"),
        ("prod: memory < 1MiB", "no metric `memory`", "did you mean `rss`?", "memory"),
        ("prod: p99 < 250", "`250` has no unit", "did you mean `250ms`?", "250"),
        ("prod: errors < 1", "`1` has no unit", "did you mean `1%`?", "1"),
        ("prod: p99 < 250MiB", "`MiB` is no unit of `p99`", "a time in us, ms or s", "MiB"),
        ("prod: p99 < 2 sec", "no unit `sec`", "did you mean `s`?", "sec"),
        ("prod: rss < 2 mib", "no unit `mib`", "did you mean `MiB`?", "mib"),
        ("prod: p99 < 0.8x", "`0.8x` compares with nothing", "prod vs dev: p99 < 0.8x", "x"),
        ("prod vs dev: p99 < 8ms", "`ms` is no ratio", "0.8x", "ms"),
        ("prod: p99 = 1ms", "`=` is no comparison here", "<, <=, > or >=", "="),
        ("prod: p99 =< 1ms", "`=<` is no comparison here", "write `<=`", "=<"),
        ("prod: p99 ≤ 1ms", "`≤` is no comparison here", "write `<=`", "≤"),
        ("prod: p99 < fast", "`fast` is no number", "a time in us, ms or s", "fast"),
        ("prod: p99 < -1ms", "`-1ms` is below zero", "a time", "-1ms"),
        ("prod: p99 < 0,5s", "`0,5s` is no number", "a decimal sign is a point", "0,5s"),
        ("prod: p99 < 1e400ms", "`1e400ms` is no number", "write its digits out", "1e400ms"),
        ("prod: p99 < 1h", "no unit `h`", "a time in us, ms or s", "h"),
        ("prod: p99 < 9ms please", "`please` follows the limit", "a gate ends with its limit", "please"),
        ("prod: p99 < 9ms < 10ms", "`< 10ms` follows the limit", "a string of its own", "< 10ms"),
        ("prod vs dev: p99 < 2x, p95 < 2x", "`, p95 < 2x` follows the limit", "of its own", ", p95 < 2x"),
        (
            "prod: p99 < 9ms; dev: p99 < 9ms",
            "`prod: p99 < 9ms; dev` stands before the last colon",
            "each gate is a string of its own",
            "prod: p99 < 9ms; dev",
        ),
        (
            "p99 < 9ms: prod",
            "`p99 < 9ms` stands before the last colon",
            "the stack stands first",
            "p99 < 9ms",
        ),
        ("prod: p99 != 9ms", "`!=` is no comparison here", "<, <=, > or >=", "!="),
        ("prod: p99 9ms", "there is no comparison", "did you mean `p99 < 9ms`?", "p99 9ms"),
        (
            "prod: throughput 9/s",
            "there is no comparison",
            "did you mean `throughput > 9/s`?",
            "throughput 9/s",
        ),
        ("prod: errors <= 100%", "`errors <= 100%` always holds", "set another limit", "errors <= 100%"),
        ("prod: errors < 101%", "`errors < 101%` always holds", "set another limit", "errors < 101%"),
        ("prod: errors >= 0%", "`errors >= 0%` always holds", "set another limit", "errors >= 0%"),
        ("prod: errors > 100%", "`errors > 100%` never holds", "set another", "errors > 100%"),
        ("prod: P99 < 1ms", "no metric `P99`", "did you mean `p99`?", "P99"),
        ("prod: p99 <= 0ms", "`p99 <= 0ms` never holds", "set another", "p99 <= 0ms"),
        ("prod: p99 > 0s", "`p99 > 0s` always holds", "set another limit", "p99 > 0s"),
        ("prod: p99 < 0ms", "`p99 < 0ms` never holds", "set another", "p99 < 0ms"),
        ("prod vs dev: p99 < 0x", "`p99 < 0x` never holds", "set another", "p99 < 0x"),
        ("*: p99 < 9ms", "no stack `*`", "without a stack asks every stack", "*"),
        ("prod VS dev: p99 < 2x", "no stack `prod VS dev`", "written with `vs`", "prod VS dev"),
        ("prod vs basline: p99 < 2x", "no stack `basline`", "did you mean `baseline`?", "basline"),
        ("baseline vs prod: p99 < 2x", "the baseline is what a run", "write `prod vs baseline`", "baseline"),
        ("audit prod: errors < 1%", "`errors < 1%` says nothing about", "leave out `audit`", "errors < 1%"),
        ("audit prod/notes: no high", "an audit is of a whole stack", "write `audit prod: …`", "prod/notes"),
        ("prod: p99 <", "the limit is missing", "a time", "p99 <"),
        ("prod: p99", "there is no comparison", "p99 < 250ms", "p99"),
        ("prod: < 1ms", "the metric is missing", "p50, p90", "< 1ms"),
        ("prod p99 < 1ms", "a colon is missing after `prod`", "write `prod: p99 < 1ms`", "prod"),
        ("prod/notes: rss < 1MiB", "`rss` is of the whole stack", "write `prod: rss", "prod/notes"),
        ("prod/: p99 < 1ms", "the route after `/` is missing", "no slash", "prod/"),
        ("prod vs prod: p99 < 1x", "`prod` is compared with itself", "prod vs dev", "prod"),
        ("prod vs : p99 < 1x", "only `prod` is named", "prod vs dev", "prod vs"),
        ("prod vs baseline: p99 < 1.1ms", "`ms` is no ratio", "0.8x", "ms"),
        (
            "/notes vs baseline: p99 < 1.1x",
            "a comparison with the baseline needs a stack",
            "baseline-2/notes vs baseline",
            "/notes",
        ),
        ("audit prod: no hihg", "no severity `hihg`", "did you mean `high`?", "hihg"),
        ("audit prod: no new", "no severity `new`", "everities are info", "new"),
        ("audit prod: no new hihg", "no severity `hihg`", "did you mean `high`?", "hihg"),
        ("audit prod: clean", "`clean` says nothing about findings", "audit prod: no high", "clean"),
        ("audit prd: no high", "no stack `prd`", "did you mean `prod`?", "prd"),
        ("audit prod no high", "a colon is missing", "audit prod: no high", "audit prod no high"),
        ("", "the gate is empty", "prod: errors < 0.1%", ""),
        ("fast please", "this is no gate", "prod: errors < 0.1%", "fast please"),
    ] {
        let (got, taught, at) = bad(text);
        assert!(got.starts_with(message), "{text}: {got}");
        assert!(taught.contains(help), "{text}: {taught}");
        assert_eq!(at, span, "{text}");
    }
}

#[test]
fn what_can_still_be_missed_is_a_gate() {
    for text in
        ["errors <= 0%", "errors < 100%", "errors > 0%", "prod vs dev: errors <= 0x", "throughput > 0/s"]
    {
        good(text);
    }
    let text = "prod: errors <= 100%";
    let names = Names { stacks: STACKS, routes: ROUTES, checked: false };
    assert!(parse_names(text, names).is_ok(), "a record may be older than the rule");
}

#[test]
fn a_long_gate_is_not_repeated_whole() {
    let long = "9".repeat(10_000);
    for text in [
        format!("{long}: p99 < 1s"),
        format!("prod/{long}: p99 < 1s"),
        format!("prod: {long} < 1s"),
        format!("prod: p99 < {long}"),
        format!("prod: p99 < {long}ms"),
        format!("prod: p99 < 1{}", "s".repeat(10_000)),
        format!("prod: p99 < 1s {long}"),
        format!("audit prod: no {long}"),
        format!("audit prod: {long}"),
        format!("{long} vs prod: p99 < 1x"),
        format!("prod p99 {long}"),
    ] {
        let error = gate::parse(&text, STACKS, ROUTES).unwrap_err();
        assert!(error.message.len() + error.help.len() < 400, "{} ({})", error.message, error.help);
    }
}

#[test]
fn spans_are_of_the_text_as_given() {
    let error = gate::parse("   prd: p99 < 1ms", STACKS, ROUTES).unwrap_err();
    assert_eq!(error.span, 3..6);
    let error = gate::parse("µ: p99 < 1ms", STACKS, ROUTES).unwrap_err();
    assert_eq!(error.span, 0..2, "bytes, not characters");
}

proptest::proptest! {
    #[test]
    fn never_panics_and_spans_stay_inside(text in "(prod|dev|audit|p99|errors|vs|no|high|[ :/<>=x%0-9.]|\\PC){0,12}") {
        if let Err(error) = gate::parse(&text, STACKS, ROUTES) {
            proptest::prop_assert!(text.get(error.span).is_some() && !error.help.is_empty());
        }
    }
}
