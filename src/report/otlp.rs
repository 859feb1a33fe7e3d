//! OTLP metrics in their JSON encoding: the body of a `POST /v1/metrics` to an OpenTelemetry collector.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::metrics::{self, Labels, Samples};
use super::{Document, foreign};

/// The document as an `ExportMetricsServiceRequest`.
pub fn render(document: &Document<'_>) -> String {
    let record = document.record;
    let of = Time {
        start: nanoseconds(record.started),
        end: nanoseconds(record.finished.unwrap_or(record.started)),
    };
    let metrics: Vec<Value> = metrics::families(document)
        .into_iter()
        .map(|family| {
            let mut metric = json!({ "name": family.name, "description": family.help, "unit": family.unit });
            match &family.samples {
                Samples::Gauge(samples) => {
                    metric["gauge"] =
                        json!({ "dataPoints": points(samples, &of, |value| json!({ "asDouble": value })) });
                }
                Samples::Summary(samples) => {
                    let quantile =
                        |(quantile, value): &(f64, f64)| json!({ "quantile": quantile, "value": value });
                    let point = |of: &metrics::Distribution| {
                        json!({
                            "count": of.count.to_string(),
                            "sum": of.sum.unwrap_or_default(),
                            "quantileValues": of.quantiles.iter().map(quantile).collect::<Vec<_>>(),
                        })
                    };
                    metric["summary"] = json!({ "dataPoints": points(samples, &of, point) });
                }
            }
            metric
        })
        .collect();
    let resource = [("service.name", &record.tool.name), ("service.version", &record.tool.version)];
    let request = json!({ "resourceMetrics": [{
        "resource": { "attributes": resource.map(|(name, value)| attribute(name, value)) },
        "scopeMetrics": [{
            "scope": { "name": foreign::line(&record.tool.name, 60), "version": foreign::line(&record.tool.version, 60) },
            "metrics": metrics,
        }],
    }] });
    // A Value without foreign map keys always serialises.
    serde_json::to_string_pretty(&request).unwrap_or_default() + "\n"
}

/// When the numbers were measured, in nanoseconds since 1970; 64-bit numbers are text in this encoding.
struct Time {
    start: String,
    end: String,
}

fn nanoseconds(at: jiff::Timestamp) -> String {
    at.as_nanosecond().max(0).to_string()
}

/// Points of one metric, each series once.
fn points<T>(samples: &[(Labels, T)], time: &Time, point: impl Fn(&T) -> Value) -> Vec<Value> {
    let mut known = BTreeSet::new();
    let mut points = Vec::new();
    for (labels, sample) in samples {
        let attributes: Vec<Value> = labels.iter().map(|(name, text)| attribute(name, text)).collect();
        let attributes = Value::Array(attributes);
        if !known.insert(attributes.to_string()) {
            continue;
        }
        let mut of = point(sample);
        of["attributes"] = attributes;
        of["startTimeUnixNano"] = time.start.as_str().into();
        of["timeUnixNano"] = time.end.as_str().into();
        points.push(of);
    }
    points
}

fn attribute(name: &str, value: &str) -> Value {
    json!({ "key": name, "value": { "stringValue": foreign::line(value, foreign::LINE) } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn hostile_text_is_harmless_and_no_series_comes_twice() {
        let text = render(&Document::of(&fixture::hostile()));
        assert!(foreign::is_harmless(&text));
        let request: Value = serde_json::from_str(&text).unwrap();
        for metric in request["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap() {
            let points =
                metric["gauge"]["dataPoints"].as_array().or(metric["summary"]["dataPoints"].as_array());
            let all: Vec<String> =
                points.unwrap().iter().map(|point| point["attributes"].to_string()).collect();
            let once: BTreeSet<&String> = all.iter().collect();
            assert_eq!(once.len(), all.len());
        }
    }
}
