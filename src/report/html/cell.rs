//! What stands in a cell of a table: a number or why it is absent, a ratio and how sure it is.

use maud::{Markup, html};

use crate::compare::{Metric, Ratio, Standing, quantity};
use crate::record::{RouteRecord, StackRecord};
use crate::report::foreign;

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

/// A ratio with its interval.
pub fn sure_ratio(row: Option<&Ratio>) -> Markup {
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
