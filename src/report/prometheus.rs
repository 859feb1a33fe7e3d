//! Prometheus' text format (0.0.4), for a textfile collector or a push gateway.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::metrics::{self, Labels, Samples};
use super::{Document, foreign};

/// The document as metrics.
pub fn render(document: &Document<'_>) -> String {
    let mut out = Exposition::default();
    for family in metrics::families(document) {
        let name = &family.name;
        match &family.samples {
            Samples::Gauge(samples) => {
                out.head(name, "gauge", &family.help);
                samples.iter().for_each(|(labels, value)| out.sample(name, labels, None, *value));
            }
            Samples::Summary(samples) => {
                out.head(name, "summary", &family.help);
                for (labels, of) in samples {
                    for (quantile, value) in &of.quantiles {
                        out.sample(name, labels, Some(*quantile), *value);
                    }
                    if let Some(sum) = of.sum {
                        out.sample(&format!("{name}_sum"), labels, None, sum);
                    }
                    out.sample(&format!("{name}_count"), labels, None, of.count as f64);
                }
            }
        }
    }
    out.text
}

/// The samples of a metric stand together and each once, as the format asks.
#[derive(Default)]
struct Exposition {
    text: String,
    known: BTreeSet<String>,
}

impl Exposition {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &Labels, quantile: Option<f64>, value: f64) {
        if !value.is_finite() {
            return;
        }
        let quantile = quantile.map(|quantile| format!("quantile=\"{quantile}\""));
        let labels = labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text)));
        let labels: Vec<String> = labels.chain(quantile).collect();
        let series =
            if labels.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", labels.join(",")) };
        if self.known.insert(series.clone()) {
            let _ = writeln!(self.text, "{series} {value}");
        }
    }
}

fn escaped(label: &str) -> String {
    foreign::line(label, foreign::LINE).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn one_stack() {
        let mut record = fixture::one_stack();
        record.stacks[0].routes.truncate(1);
        insta::assert_snapshot!(render(&Document::of(&record)));
    }

    #[test]
    fn what_is_unknown_has_no_sample() {
        let text = render(&Document::of(&fixture::failed_stack()));
        assert!(text.contains("shakedown_stack_measured{stack=\"prod\"} 0"));
        assert!(!text.contains("shakedown_stack_response_seconds{stack=\"prod\",quantile"), "{text}");
        assert!(!text.contains(" NaN") && !text.contains(" inf"));
    }

    #[test]
    fn hostile_names_stay_in_their_label_and_are_told_once() {
        let text = render(&Document::of(&fixture::hostile()));
        assert!(foreign::is_harmless(&text));
        let mut series: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let all = series.len();
        series.sort_unstable_by_key(|line| line.rsplit_once(' ').map(|(series, _)| series));
        series.dedup_by_key(|line| line.rsplit_once(' ').map(|(series, _)| series));
        assert_eq!(series.len(), all);
    }
}
