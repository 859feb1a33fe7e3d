//! What stands in a cell of a table: a number or why it is absent, a ratio and how sure it is.

use maud::{Markup, html};

use crate::compare::{Comparison, Metric, Ratio, Standing, quantity};
use crate::record::{RouteRecord, StackRecord};
use crate::report::{foreign, ratios};

/// A metric's value; where there is none, a dash that says why.
pub fn number(metric: Metric, value: Option<f64>, stack: &StackRecord, route: &RouteRecord) -> Markup {
    html! {
        @match value {
            Some(value) => (metric.show(value)),
            None => (absent(&foreign::line(&metric.why_absent(stack, route), 200))),
        }
    }
}

/// A number that is not known.
pub fn absent(why: &str) -> Markup {
    html! { span.absent title=(why) { "–" } }
}

/// A ratio with its interval; where blocks had too few answers for one, the word that there is none, and no colour.
pub fn sure_ratio(comparison: &Comparison, row: Option<&Ratio>) -> Markup {
    if let Some(row) = row.filter(|row| ratios::is_short(comparison, row)) {
        return html! {
            span.ratio.same { (quantity::ratio(row.ratio.unwrap_or(1.0))) }
            span.interval { "no interval" }
        };
    }
    html! {
        (ratio(row))
        @if let Some(of) = row.and_then(Ratio::interval) {
            span.interval title="95 % interval" {
                (quantity::ratio(of.low).trim_end_matches('x')) "–" (quantity::ratio(of.high))
            }
        }
    }
}

/// A ratio, coloured where it is better or worse.
pub fn ratio(row: Option<&Ratio>) -> Markup {
    let Some((row, ratio)) = row.and_then(|row| Some((row, row.ratio?))) else {
        return absent("no ratio: a number is absent or zero");
    };
    let (class, word) = match row.improved() {
        Some(true) => ("better", " better"),
        Some(false) => ("worse", " worse"),
        None if matches!(row.standing(), Some(Standing::Unclear { .. })) => ("same", " not clear"),
        None => ("same", ""),
    };
    html! {
        span.ratio.(class) { (quantity::ratio(ratio)) span.sr { (word) } }
    }
}
