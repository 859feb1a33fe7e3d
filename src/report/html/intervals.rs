//! How sure the ratios are: each with its 95 % interval, drawn on one scale, and what it allows to say.

use maud::{Markup, html};

use super::chart::interval;
use crate::compare::{Comparison, Ratio};
use crate::report::ratios::capitalised;
use crate::report::{Document, foreign, ratios};

/// What the blocks of a run say of its ratios; nothing where there are none.
pub fn table(document: &Document<'_>) -> Markup {
    html! {
        @for comparison in &document.comparisons { (one(comparison)) }
        @let doubts = ratios::doubts(document);
        @if !doubts.is_empty() { div { @for doubt in doubts { p.bad { (doubt) "." } } } }
    }
}

fn one(comparison: &Comparison) -> Markup {
    let lines = ratios::overall(comparison);
    if lines.is_empty() {
        return html! {};
    }
    let rows: Vec<&Ratio> = comparison.headline().into_iter().filter(|row| row.evidence.is_some()).collect();
    let scale = Scale::of(&rows);
    let (second, first) = (foreign::line(&comparison.second, 40), foreign::line(&comparison.first, 40));
    html! { div {
        h3 { "How sure: " (second) " ÷ " (first) }
        div.scroll tabindex="0" role="region" aria-label="intervals of the ratios" {
            table.intervals {
                thead { tr {
                    th scope="col" { "all routes" } th scope="col" { (second) " is" } th scope="col" { "95 % interval" }
                    th scope="col" { span.quiet { "smaller | 1x | larger" } }
                } }
                tbody {
                    @for (row, line) in rows.iter().zip(&lines) {
                        @let class = match line.good { Some(true) => "better", Some(false) => "worse", None => "same" };
                        tr {
                            th scope="row" { (line.title) }
                            td { span.word.(class) { (line.word) } }
                            td { (line.interval) }
                            td { @if let Some((low, point, high)) = scale.places(row) { (interval(scale.one, low, point, high, class)) } }
                        }
                    }
                }
            }
        }
        p.quiet { (capitalised(&ratios::basis(comparison))) "." }
        @let told = ratios::told(comparison);
        @if !told.is_empty() { ul { @for sentence in told { li { (capitalised(&sentence)) "." } } } }
    } }
}

/// Ratios on a log scale around 1, wide enough for every interval, at least from a half to the double.
struct Scale {
    from: f64,
    to: f64,
    /// Where no difference stands.
    one: f64,
}

impl Scale {
    fn of(rows: &[&Ratio]) -> Self {
        let ends =
            rows.iter().filter_map(|row| row.interval()).filter(|of| of.low > 0.0 && of.high.is_finite());
        let (from, to) = ends.fold((0.5_f64, 2.0_f64), |(from, to), of| (from.min(of.low), to.max(of.high)));
        let (from, to) = (from.log10() - 0.02, to.log10() + 0.02);
        Scale { from, to, one: -from / (to - from) }
    }

    fn place(&self, ratio: f64) -> f64 {
        ((ratio.max(1e-9).log10() - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }

    /// Low end, ratio and high end, 0 to 1.
    fn places(&self, row: &Ratio) -> Option<(f64, f64, f64)> {
        let (ratio, interval) = (row.ratio?, row.interval()?);
        Some((self.place(interval.low), self.place(ratio), self.place(interval.high)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn every_ratio_has_its_interval() {
        let record = fixture::duet();
        let page = table(&Document::of(&record)).into_string();
        assert!(
            page.contains("95 % interval") && page.contains("faster") && page.contains("pairs of blocks"),
            "{page}"
        );
        assert!(page.matches("class=\"interval-bar\"").count() >= 3, "{page}");
    }

    #[test]
    fn without_blocks_there_is_none() {
        let record = fixture::two_stacks();
        assert_eq!(table(&Document::of(&record)).into_string(), "");
    }

    #[test]
    fn no_difference_stands_between_half_and_double() {
        let scale = Scale::of(&[]);
        assert!((scale.one - 0.5).abs() < 1e-9 && scale.place(0.5) < 0.05 && scale.place(2.0) > 0.95);
    }
}
