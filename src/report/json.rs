//! A compact summary for programs; the record itself is the whole.

use serde_json::{Map, Value, json};

use super::{Document, finding, foreign, series};
use crate::capacity;
use crate::compare::{Basis, Comparison, Metric};
use crate::record::{CapacityRecord, ProbeRecord, RouteRecord, StackRecord, SweepRecord};

/// The summary, pretty-printed. Latencies are milliseconds, shares 0 to 1, memory bytes; what could not be
/// estimated is null.
pub fn render(document: &Document<'_>) -> String {
    let record = document.record;
    let summary = json!({
        "title": line(&record.title),
        "status": document.status_word(),
        "verdict": document.verdict(),
        "partial": record.partial.as_deref().map(line),
        "started": record.started.to_string(),
        "finished": record.finished.map(|at| at.to_string()),
        "load": line(&record.load.summary),
        "stacks": record.stacks.iter().map(stack).collect::<Vec<_>>(),
        "comparisons": document.comparisons.iter().map(comparison).collect::<Vec<_>>(),
        "gates": document.gates.iter().map(|gate| json!({
            "gate": line(&gate.text), "line": gate.line, "verdict": gate.verdict.name(), "reason": line(&gate.reason),
        })).collect::<Vec<_>>(),
        "findings": finding::findings(record).iter().map(|outcome| json!({
            "check": line(&outcome.check), "stack": line(&outcome.stack), "severity": outcome.severity.name(),
            "outcome": finding::word(outcome.outcome), "summary": line(&outcome.summary), "places": outcome.places.len(),
        })).collect::<Vec<_>>(),
        "accepted": finding::accepted(record).iter().map(|(outcome, acceptance)| json!({
            "check": line(&outcome.check), "stack": line(&outcome.stack), "severity": outcome.severity.name(),
            "until": acceptance.until.to_string(), "owner": line(&acceptance.owner), "reason": line(&acceptance.reason),
        })).collect::<Vec<_>>(),
        "insights": document.insights.iter().map(|insight| json!({
            "stack": line(&insight.stack), "route": insight.route.as_deref().map(line),
            "pattern": insight.pattern, "text": foreign::line(&insight.text, 1000),
        })).collect::<Vec<_>>(),
        "warnings": record.warnings.iter().map(|text| line(text)).collect::<Vec<_>>(),
    });
    // A Value without foreign map keys always serialises.
    serde_json::to_string_pretty(&summary).unwrap_or_default() + "\n"
}

fn line(text: &str) -> String {
    foreign::line(text, foreign::LINE)
}

fn stack(stack: &StackRecord) -> Value {
    let mut of = figures(stack);
    if let Value::Object(of) = &mut of {
        of.extend(stack.capacity.as_ref().map(|capacity| ("capacity".to_owned(), searched(capacity))));
        of.extend(stack.sweep.as_ref().map(|sweep| ("sweep".to_owned(), swept(sweep))));
    }
    of
}

fn searched(capacity: &CapacityRecord) -> Value {
    let knee = capacity::knee(&capacity.probes);
    json!({
        "objective": capacity.objective.iter().map(|text| line(text)).collect::<Vec<_>>(),
        "lower": capacity.lower.map(rounded),
        "upper": capacity.upper.map(rounded),
        "ending": capacity.ending,
        "answer": capacity::answer(capacity),
        "knee": knee.map(|knee| json!({
            "before": rounded(knee.before), "behind": knee.behind.map(rounded),
            "light_ms": rounded(knee.light_ms), "heavy_ms": knee.heavy_ms.map(rounded),
        })),
        "probes": capacity.probes.iter().map(probe).collect::<Vec<_>>(),
    })
}

fn swept(sweep: &SweepRecord) -> Value {
    let estimate = |of: capacity::Estimate| {
        json!({
            "value": rounded(of.value), "low": rounded(of.low), "high": rounded(of.high),
        })
    };
    let law = match series::law(sweep) {
        Ok(law) => json!({
            "lambda": estimate(law.lambda), "sigma": estimate(law.sigma), "kappa": estimate(law.kappa),
            "r_squared": law.r_squared.map(rounded), "error": rounded(law.error),
            "peak": law.peak.map(|(users, rate)| json!({
                "users": rounded(users), "rps": rounded(rate), "extrapolated": law.extrapolated,
            })),
            "ceiling_rps": law.fit.ceiling().map(rounded),
        }),
        Err(error) => json!({ "refused": error.to_string() }),
    };
    json!({ "levels": sweep.probes.iter().map(probe).collect::<Vec<_>>(), "scalability_law": law })
}

fn probe(probe: &ProbeRecord) -> Value {
    json!({
        "level": rounded(probe.level), "phase": probe.phase, "requests": probe.requests,
        "reached_rps": rounded(probe.reached_rps), "errors": probe.error_rate().map(rounded),
        "p50_ms": probe.p50_ms.map(rounded), "p99_ms": probe.p99_ms.map(rounded),
        "verdict": probe.verdict, "reason": line(&probe.reason),
    })
}

fn figures(stack: &StackRecord) -> Value {
    json!({
        "name": line(&stack.name),
        "url": line(&stack.url),
        "failure": stack.failure.as_deref().map(line),
        "generator_saturated": stack.generator.saturated,
        "requests": stack.total.requests,
        "errors_by_class": errors(&stack.total),
        "total": metrics(stack, &stack.total, true),
        "routes": stack.routes.iter().map(|route| {
            let mut of = metrics(stack, route, false);
            of.shift_insert(0, "name".into(), line(&route.name).into());
            of.shift_insert(1, "requests".into(), route.requests.into());
            Value::Object(of)
        }).collect::<Vec<_>>(),
        "warnings": stack.warnings.iter().map(|text| line(text)).collect::<Vec<_>>(),
    })
}

fn errors(route: &RouteRecord) -> Map<String, Value> {
    route.errors.iter().map(|(class, n)| (line(class), (*n).into())).collect()
}

fn metrics(stack: &StackRecord, route: &RouteRecord, wide: bool) -> Map<String, Value> {
    Metric::ALL
        .into_iter()
        .filter(|metric| wide || !metric.is_stack_wide())
        .map(|metric| (metric.name().to_owned(), metric.of(stack, route).map(rounded).into()))
        .collect()
}

fn comparison(comparison: &Comparison) -> Value {
    json!({
        "first": line(&comparison.first),
        "second": line(&comparison.second),
        "headline": comparison.headline().iter().map(|row| json!({
            "metric": row.metric.name(),
            "first": row.first.map(rounded),
            "second": row.second.map(rounded),
            "ratio": row.ratio.map(rounded),
            "interval": row.interval().map(|of| [rounded(of.low), rounded(of.high)]),
            "difference": row.evidence.map(|of| rounded(of.difference.point)),
            "difference_interval": row.evidence.map(|of| {
                [rounded(of.difference.interval.low), rounded(of.difference.interval.high)]
            }),
            "p": row.evidence.map(|of| rounded(of.p)),
            "standing": row.standing().map(|of| of.word(row.metric)),
        })).collect::<Vec<_>>(),
        "pairs_of_blocks": match comparison.basis {
            Basis::Pairs(n) => Some(n),
            Basis::Apart(_) | Basis::Nothing => None,
        },
        "margin": comparison.margin,
        "doubts": comparison.doubts.iter().map(|doubt| json!({
            "weight": doubt.weight.name(), "route": doubt.route.as_deref().map(line), "reason": line(&doubt.reason),
        })).collect::<Vec<_>>(),
    })
}

/// Six significant digits: more is noise.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn summary_of_two_stacks() {
        insta::assert_snapshot!(render(&Document::of(&fixture::two_stacks())));
    }

    #[test]
    fn a_search_and_a_sweep() {
        let of = |record: &crate::record::Record| -> Value {
            serde_json::from_str(&render(&Document::of(record))).unwrap()
        };
        let stack = &of(&fixture::searched())["stacks"][1];
        assert_eq!(
            (stack["capacity"]["lower"].as_f64(), stack["capacity"]["upper"].as_f64()),
            (Some(490.0), Some(512.0))
        );
        assert_eq!(stack["capacity"]["ending"], "found");
        assert_eq!(stack["capacity"]["probes"][6]["verdict"], "fail");
        assert_eq!(stack["total"]["capacity"], 490.0);
        let law = &of(&fixture::swept())["stacks"][1]["sweep"]["scalability_law"];
        assert!((law["sigma"]["value"].as_f64().unwrap() - 0.05).abs() < 0.02, "{law}");
    }

    #[test]
    fn absent_is_null_never_zero() {
        let text = render(&Document::of(&fixture::failed_stack()));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["stacks"][1]["total"]["p50"], Value::Null);
        assert_eq!(value["comparisons"][0]["headline"][0]["ratio"], Value::Null);
        assert!(value["stacks"][1]["failure"].as_str().unwrap().contains("did not become ready"));
    }

    #[test]
    fn hostile_text_is_one_harmless_line() {
        let text = render(&Document::of(&fixture::hostile()));
        assert!(foreign::is_harmless(&text) && serde_json::from_str::<Value>(&text).is_ok());
        assert!(text.len() < 200_000, "bounded: {}", text.len());
    }
}
