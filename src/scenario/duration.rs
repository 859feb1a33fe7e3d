//! Durations as people write them: `500ms`, `20s`, `2m`, `1m30s`, `1h`.

use std::time::Duration;

use jiff::SignedDuration;

/// Longer than any trial; keeps clock arithmetic out of trouble.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// Why a text is no duration; says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// A number without a unit.
    #[error("`{0}` has no unit: write `{0}s` for seconds or `{0}ms` for milliseconds")]
    NoUnit(String),
    /// Below zero.
    #[error("`{0}` is negative: time does not run backwards here")]
    Negative(String),
    /// More than seven days.
    #[error("`{0}` is longer than seven days")]
    TooLong(String),
    /// Not a duration at all.
    #[error("`{0}` is no duration: write a number and its unit")]
    Unreadable(String),
}

/// Reads a duration: numbers with units (`1m30s`, `1.5s`), from zero to seven days.
///
/// ```
/// # use shakedown::scenario::parse_duration;
/// # use std::time::Duration;
/// assert_eq!(parse_duration("1m30s"), Ok(Duration::from_secs(90)));
/// assert!(parse_duration("20").is_err());
/// ```
///
/// # Errors
/// What is wrong with it, and what would be right.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        // `inf` and `nan` are numbers to Rust, not to people.
        return Err(match number {
            n if !n.is_finite() => DurationError::Unreadable(text.into()),
            n if n < 0.0 => DurationError::Negative(text.into()),
            _ => DurationError::NoUnit(text.into()),
        });
    }
    let signed: SignedDuration = text.parse().map_err(|_| DurationError::Unreadable(text.into()))?;
    if signed.is_negative() {
        return Err(DurationError::Negative(text.into()));
    }
    let duration = signed.unsigned_abs();
    if duration > LONGEST {
        return Err(DurationError::TooLong(text.into()));
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, millis) in [
            ("500ms", 500),
            ("20s", 20_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("1m30s", 90_000),
            ("1h 30m", 5_400_000),
            ("1.5s", 1_500),
            ("0s", 0),
            (" 3s ", 3_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn teaches_what_is_wrong() {
        assert_eq!(parse_duration("20"), Err(DurationError::NoUnit("20".into())));
        assert_eq!(parse_duration("-2s"), Err(DurationError::Negative("-2s".into())));
        assert_eq!(parse_duration("-2"), Err(DurationError::Negative("-2".into())));
        assert_eq!(parse_duration("300h"), Err(DurationError::TooLong("300h".into())));
        for text in ["", "soon", "inf", "nan", "20 parsecs", "s"] {
            assert_eq!(parse_duration(text), Err(DurationError::Unreadable(text.into())), "{text}");
        }
    }
}
