//! What comparisons say with their intervals, in lines that the terminal and Markdown share.

use super::{Document, foreign};
use crate::compare::{Basis, Comparison, Metric, Ratio, Standing, quantity};

/// One ratio with its interval.
pub struct Line {
    /// `median`, or a route with its metric.
    pub title: String,
    /// `0.20x`; where there is none, the difference.
    pub ratio: String,
    /// `0.19x to 0.21x`.
    pub interval: String,
    /// `faster`, or `unclear, about 30 blocks more`.
    pub word: String,
    /// Whether it is good news; `None` where it is none.
    pub good: Option<bool>,
}

/// The lines of a comparison, all routes together; empty without blocks.
pub fn overall(comparison: &Comparison) -> Vec<Line> {
    comparison.headline().into_iter().filter_map(|row| line(row.metric.title().to_owned(), row)).collect()
}

/// The routes in a sentence each for the median and the furthest tail that most of them have.
pub fn routes(comparison: &Comparison) -> Vec<String> {
    let tail = [Metric::P99, Metric::P95, Metric::P90].into_iter().max_by_key(|metric| {
        let with = |row: &&Ratio| row.metric == *metric && row.evidence.is_some();
        comparison.of_routes().filter(with).count()
    });
    [Some(Metric::P50), tail].into_iter().flatten().filter_map(|metric| told(comparison, metric)).collect()
}

fn told(comparison: &Comparison, metric: Metric) -> Option<String> {
    let mut groups: Vec<(&'static str, Vec<String>)> = Vec::new();
    for row in comparison.of_routes().filter(|row| row.metric == metric) {
        let Some(standing) = row.standing() else { continue };
        let word = standing.word(metric);
        let name = foreign::line(&row.route, 24);
        match groups.iter_mut().find(|(said, _)| *said == word) {
            Some((_, names)) => names.push(name),
            None => groups.push((word, vec![name])),
        }
    }
    let group = |(word, names): &(&str, Vec<String>)| {
        let shown = names.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
        let more = if names.len() > 4 { format!(" and {} more", names.len() - 4) } else { String::new() };
        format!("{} {word} ({shown}{more})", names.len())
    };
    let said: Vec<String> = groups.iter().map(group).collect();
    (!said.is_empty()).then(|| format!("{} by route: {}", metric.title(), said.join("; ")))
}

fn line(title: String, row: &Ratio) -> Option<Line> {
    let evidence = row.evidence?;
    let standing = evidence.standing;
    let show = |value: f64| {
        let shown = row.metric.show(value.abs());
        if value < 0.0 { format!("−{shown}") } else { shown }
    };
    let (ratio, interval) = match (row.ratio, row.interval()) {
        (Some(ratio), Some(interval)) => (
            quantity::ratio(ratio),
            format!("{} to {}", quantity::ratio(interval.low), quantity::ratio(interval.high)),
        ),
        _ => {
            let interval = evidence.difference.interval;
            (show(evidence.difference.point), format!("{} to {}", show(interval.low), show(interval.high)))
        }
    };
    let word = match standing {
        Standing::Unclear { more: Some(1) } => "unclear, one block more may do".to_owned(),
        Standing::Unclear { more: Some(more) } => {
            format!("unclear, about {} blocks more would do", quantity::count(more.into()))
        }
        other => other.word(row.metric).to_owned(),
    };
    Some(Line { title, ratio, interval, word, good: row.improved() })
}

/// What the intervals rest on, in a clause.
pub fn basis(comparison: &Comparison) -> String {
    let margin = quantity::percent(comparison.margin);
    match comparison.basis {
        Basis::Pairs(n) => {
            format!("95 % confidence from {n} pairs of blocks; within {margin} is the same")
        }
        Basis::Apart(n) => format!(
            "95 % confidence from {n} blocks of each run; what changed between the runs is in it; within {margin} is the \
             same"
        ),
        Basis::Nothing => "no blocks, no interval".to_owned(),
    }
}

/// Why comparisons prove less than they seem to, each once.
pub fn doubts(document: &Document<'_>) -> Vec<String> {
    let mut said = Vec::new();
    // Stacks that had their load one after the other say so by having no interval.
    for comparison in document.comparisons.iter().filter(|c| c.basis != Basis::Nothing) {
        for doubt in &comparison.doubts {
            let of = match &doubt.route {
                Some(route) => format!(" for {}", foreign::line(route, 40)),
                None => String::new(),
            };
            let text = format!(
                "{} against {} is {}{of}: {}",
                foreign::line(&comparison.second, 40),
                foreign::line(&comparison.first, 40),
                doubt.weight.name(),
                foreign::line(&doubt.reason, 300)
            );
            if !said.contains(&text) {
                said.push(text);
            }
        }
    }
    said
}

/// Distributions that differ although no verdict on a quantile says so, in a sentence.
pub fn shape(comparison: &Comparison) -> Option<String> {
    let shape = comparison.shapes.first()?;
    let share = quantity::percent(shape.test.gap.abs());
    let (more, fewer) = if shape.test.gap > 0.0 {
        (&comparison.first, &comparison.second)
    } else {
        (&comparison.second, &comparison.first)
    };
    Some(if shape.p < 0.05 {
        format!(
            "distribution: {share} of the answers lie on the other side of {} ({} has more below it than {}; p {:.3})",
            quantity::latency(shape.at_ms),
            foreign::line(more, 24),
            foreign::line(fewer, 24),
            shape.p
        )
    } else {
        format!("distribution: no difference found (largest gap {share}, p {:.2})", shape.p)
    })
}
