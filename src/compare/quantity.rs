//! Numbers as a person reads them: three significant digits, units that scale, thousands separated.

/// Milliseconds: `850 µs`, `4.21 ms`, `213 ms`, `1.53 s`.
pub fn latency(ms: f64) -> String {
    if ms == 0.0 {
        "0 ms".to_owned()
    } else if ms < 0.9995 {
        format!("{} µs", significant(ms * 1e3))
    } else if ms < 999.5 {
        format!("{} ms", significant(ms))
    } else {
        format!("{} s", significant(ms / 1e3))
    }
}

/// A rate or another plain number: `0.42`, `179`, `40,607`.
pub fn rate(value: f64) -> String {
    significant(value)
}

/// A share of 0 to 1: `0%`, `0.25%`, `100%`.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value > 0.0 && value < 0.001 { "<0.001%".to_owned() } else { format!("{}%", trimmed(value)) }
}

/// Bytes in binary units: `512 B`, `48.2 MiB`.
pub fn bytes(bytes: f64) -> String {
    let mut value = bytes;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1023.5 {
            return format!(
                "{} {unit}",
                if unit == "B" { format!("{value:.0}") } else { significant(value) }
            );
        }
        value /= 1024.0;
    }
    format!("{} TiB", significant(value))
}

/// A ratio: `0.83x`, `226x`.
pub fn ratio(ratio: f64) -> String {
    match ratio {
        0.0 => "0x".to_owned(),
        ratio if ratio < 0.000_1 => "<0.0001x".to_owned(),
        // Two significant digits: the third place alone would be one, or none.
        ratio if ratio < 0.000_995 => format!("{ratio:.5}x"),
        ratio if ratio < 0.009_95 => format!("{ratio:.4}x"),
        ratio => format!("{}x", significant(ratio)),
    }
}

/// A whole number with its thousands separated.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The first line of a text that came from elsewhere.
pub fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("").trim()
}

fn significant(value: f64) -> String {
    let size = value.abs();
    if size >= 1e15 {
        // More digits than there are in it.
        format!("{value:.2e}")
    } else if size >= 99.95 {
        let whole = count(size.round() as u64);
        if value < 0.0 { format!("-{whole}") } else { whole }
    } else if size >= 9.995 {
        format!("{value:.1}")
    } else if size >= 0.0995 || size == 0.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

fn trimmed(value: f64) -> String {
    let text = if value != 0.0 && value.abs() < 0.1 { format!("{value:.3}") } else { format!("{value:.2}") };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_scale() {
        assert_eq!([latency(0.0), latency(0.0123), latency(0.85)], ["0 ms", "12.3 µs", "850 µs"]);
        assert_eq!([latency(1.0), latency(44.06), latency(213.4)], ["1.00 ms", "44.1 ms", "213 ms"]);
        assert_eq!([latency(999.9), latency(1530.0), latency(61_234.0)], ["1.00 s", "1.53 s", "61.2 s"]);
        assert_eq!([bytes(512.0), bytes(1024.0 * 1024.0), bytes(5e9)], ["512 B", "1.00 MiB", "4.66 GiB"]);
        assert_eq!([rate(0.42), rate(179.0), rate(40_607.4)], ["0.42", "179", "40,607"]);
        assert_eq!([ratio(0.83), ratio(226.0), ratio(0.012)], ["0.83x", "226x", "0.012x"]);
        assert_eq!([rate(1e14), rate(3e40)], ["100,000,000,000,000", "3.00e40"]);
    }

    #[test]
    fn small_ratios_keep_two_digits() {
        let shown = [0.0, 0.000_01, 0.000_123, 0.00146, 0.0042, 0.012].map(ratio);
        assert_eq!(shown, ["0x", "<0.0001x", "0.00012x", "0.0015x", "0.0042x", "0.012x"]);
    }

    #[test]
    fn shares_keep_what_is_small() {
        assert_eq!([percent(0.0), percent(0.0025), percent(1.0)], ["0%", "0.25%", "100%"]);
        assert_eq!([percent(0.000_04), percent(0.000_001)], ["0.004%", "<0.001%"]);
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!([count(0), count(999), count(1000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
    }
}
