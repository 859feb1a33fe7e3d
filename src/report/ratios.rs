//! What comparisons say with their intervals, in lines that the terminal and Markdown share.

use super::{Document, foreign};
use crate::compare::{self, Basis, Comparison, Metric, Ratio, Standing, quantity};

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

/// What there is to say beside the lines: what has no interval and why, the routes, the distributions.
pub fn told(comparison: &Comparison) -> Vec<String> {
    let mut said = unsure(comparison);
    said.extend(routes(comparison));
    said.extend(shape(comparison));
    said
}

/// The routes in a sentence each for the median and the furthest tail that most of them have.
fn routes(comparison: &Comparison) -> Vec<String> {
    let tail = [Metric::P99, Metric::P95, Metric::P90].into_iter().max_by_key(|metric| {
        let with = |row: &&Ratio| row.metric == *metric && row.evidence.is_some();
        comparison.of_routes().filter(with).count()
    });
    [Some(Metric::P50), tail]
        .into_iter()
        .flatten()
        .filter_map(|metric| by_route(comparison, metric))
        .collect()
}

/// The headline figures that have no interval although there are blocks, each with the reason.
fn unsure(comparison: &Comparison) -> Vec<String> {
    let missing = |row: &&Ratio| row.evidence.is_none() && row.first.is_some() && row.second.is_some();
    let why = |row: &Ratio| {
        let why = match row.metric {
            Metric::Rss => "it only grows over a run, so its blocks are not independent",
            Metric::CpuPer1k => {
                "the blocks used too little CPU for the system's ticks of a hundredth of a second"
            }
            Metric::Capacity => return None,
            Metric::Errors => "the blocks have too few requests for it",
            _ => "the blocks have too few answers for it",
        };
        Some(format!("{} has no interval: {why}", row.metric.title()))
    };
    if let Some(few) = comparison.basis.too_few() {
        return vec![few];
    }
    match comparison.basis {
        Basis::Nothing => Vec::new(),
        _ => comparison.headline().into_iter().filter(missing).filter_map(why).collect(),
    }
}

fn by_route(comparison: &Comparison, metric: Metric) -> Option<String> {
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

/// Whether the blocks were meant to give a ratio an interval and had too few answers.
pub fn is_short(comparison: &Comparison, row: &Ratio) -> bool {
    comparison.basis != Basis::Nothing && row.ratio.is_some() && row.interval().is_none()
}

/// Whether a ratio proves nothing by itself: without blocks, with too few answers in them, or with an interval that holds no verdict.
pub fn is_unsure(row: &Ratio) -> bool {
    matches!(row.standing(), None | Some(Standing::Unclear { .. }))
}

/// What the ratios of a quantile lack that have no interval, in a sentence; `None` where each has one.
pub fn shortfall(document: &Document<'_>, comparison: &Comparison, metric: Metric) -> Option<String> {
    if comparison.basis.too_few().is_some() {
        return None;
    }
    let needed = metric.answers_for_interval()?;
    let answers = |route: &str| {
        let count = |name: &str| {
            let stack = document.record.stacks.iter().find(|stack| stack.name == name)?;
            Some(compare::route(stack, route)?.response.count)
        };
        Some(count(&comparison.first)?.min(count(&comparison.second)?))
    };
    let of_metric = || comparison.of_routes().filter(|row| row.metric == metric && row.ratio.is_some());
    let mut short: Vec<(&Ratio, u64)> = of_metric()
        .filter(|row| is_short(comparison, row))
        .filter_map(|row| Some((row, answers(&row.route)?)))
        .collect();
    short.sort_by_key(|(_, answers)| std::cmp::Reverse(*answers));
    let (row, most) = short.first()?;
    let routes = match short.len() {
        n if n == of_metric().count() => "no route".to_owned(),
        1 => format!("every route but {}", foreign::line(&row.route, 40)),
        n => format!("every route but {n}"),
    };
    let times = needed as f64 / (*most).max(1) as f64;
    let more = if times < 1.1 {
        "a little more load would do for it".to_owned()
    } else {
        format!("about {:.1} times the load would do for it", (times * 10.0).ceil() / 10.0)
    };
    Some(format!(
        "{} has an interval on {routes}: it takes at least {} good answers on each stack{}, and {}{} had {}; {more}",
        metric.name(),
        quantity::count(needed),
        if *most < needed { "" } else { ", more where some blocks have few" },
        foreign::line(&row.route, 40),
        if short.len() > 1 { ", with the most," } else { "" },
        quantity::count(*most)
    ))
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
fn shape(comparison: &Comparison) -> Option<String> {
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

/// A sentence that begins in upper case.
pub fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + rest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_quantile_without_interval_says_what_it_takes() {
        let record = fixture::duet();
        let document = Document::of(&record);
        let comparison = &document.comparisons[0];
        let said = |metric| shortfall(&document, comparison, metric);
        assert_eq!(said(Metric::P50), None, "each has one");
        assert_eq!(
            said(Metric::P99).unwrap(),
            "p99 has an interval on no route: it takes at least 2,500 good answers on each stack, and notes, with the most, \
             had 900; about 2.8 times the load would do for it"
        );
        let p90 = said(Metric::P90).unwrap();
        assert!(
            p90.starts_with("p90 has an interval on every route but ") && p90.contains("250 good"),
            "{p90}"
        );
        let mut record = fixture::duet();
        for stack in &mut record.stacks {
            stack.routes[0].response.count = 2_600;
        }
        let document = Document::of(&record);
        let uneven = shortfall(&document, &document.comparisons[0], Metric::P99).unwrap();
        assert!(uneven.contains("each stack, more where some blocks have few, and notes"), "{uneven}");
        let record = fixture::two_stacks();
        let document = Document::of(&record);
        assert_eq!(shortfall(&document, &document.comparisons[0], Metric::P99), None, "no blocks");
        let mut record = fixture::duet();
        record.stacks[0].blocks.truncate(2);
        let document = Document::of(&record);
        assert_eq!(
            shortfall(&document, &document.comparisons[0], Metric::P99),
            None,
            "answers are not what is short"
        );
        let said = told(&document.comparisons[0]);
        assert_eq!(said[0], "there is no interval of 2 pairs of blocks, it takes 5");
    }
}
