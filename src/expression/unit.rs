//! Numbers with units, as gates write them.

use super::Dimension;

/// Units of a dimension with what one of them is in the record's own unit (ms, /s, share, CPU-seconds, bytes).
pub(super) fn units(dimension: Dimension) -> &'static [(&'static str, f64)] {
    match dimension {
        Dimension::Latency => &[("us", 1e-3), ("µs", 1e-3), ("μs", 1e-3), ("ms", 1.0), ("s", 1e3)],
        Dimension::Cpu => &[("us", 1e-6), ("µs", 1e-6), ("μs", 1e-6), ("ms", 1e-3), ("s", 1.0)],
        Dimension::Rate => &[("/s", 1.0), ("rps", 1.0), ("req/s", 1.0)],
        Dimension::Share => &[("%", 1e-2)],
        Dimension::Memory => &[
            ("MiB", 1_048_576.0),
            ("MB", 1e6),
            ("GiB", 1_073_741_824.0),
            ("GB", 1e9),
            ("KiB", 1024.0),
            ("KB", 1e3),
            ("B", 1.0),
        ],
    }
}

/// The units as a sentence lists them, and the usual one.
pub(super) fn teach(dimension: Dimension) -> (&'static str, &'static str) {
    match dimension {
        Dimension::Latency => ("a time in us, ms or s", "ms"),
        Dimension::Cpu => ("CPU time in us, ms or s", "s"),
        Dimension::Rate => ("requests a second, as in 100/s", "/s"),
        Dimension::Share => ("a share of the requests in %", "%"),
        Dimension::Memory => ("memory in MiB, MB or GiB", "MiB"),
    }
}

/// Every unit there is, for "did you mean".
pub(super) const ALL: &[Dimension] =
    &[Dimension::Latency, Dimension::Rate, Dimension::Share, Dimension::Memory];

/// The unit meant by a word that is none.
pub(super) fn synonym(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        "msec" | "millis" | "milliseconds" => Some("ms"),
        "usec" | "micros" | "microseconds" => Some("us"),
        "percent" | "pct" => Some("%"),
        "r/s" | "qps" | "tps" | "requests/s" => Some("/s"),
        "m" | "mb" | "megabytes" => Some("MB"),
        "g" | "gb" | "gigabytes" => Some("GB"),
        _ => None,
    }
}

/// Splits `250ms` into its number and its unit; `None` where no number stands first.
pub(super) fn split(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let value: f64 = digits.replace('_', "").parse().ok()?;
    value.is_finite().then_some((value, unit.trim()))
}

/// The unit that a text begins with, and what follows it; `None` where it begins with none, or nothing follows.
pub(super) fn then_more(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_alphabetic() || c == '%' || c == '/')).unwrap_or(text.len());
    let (unit, more) = (&text[..end], text[end..].trim());
    let known = ALL.iter().any(|of| units(*of).iter().any(|(name, _)| *name == unit));
    ((known || unit == "x") && !more.is_empty()).then_some((unit, more))
}
