//! Which checks of the catalogue are wanted: `HDR-*,JWT-ALG-NONE`.

use super::catalogue;
use super::check::Check;

/// Patterns of check ids; none means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    patterns: Vec<String>,
}

impl Selection {
    /// Reads ids and patterns with `*`, separated by commas or blanks, in any case.
    ///
    /// # Errors
    /// The first pattern that no check of the catalogue has.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        let patterns: Vec<String> = words.map(str::to_ascii_uppercase).collect();
        match patterns.iter().find(|pattern| !catalogue().any(|check| matches(pattern, check.id))) {
            Some(unknown) => Err(unknown.clone()),
            None => Ok(Selection { patterns }),
        }
    }

    /// Whether a check is wanted.
    #[must_use]
    pub fn has(&self, check: &Check) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| matches(pattern, check.id))
    }

    /// The wanted checks, in the catalogue's order.
    #[must_use]
    pub fn checks(&self) -> Vec<&'static Check> {
        catalogue().filter(|check| self.has(check)).collect()
    }
}

/// Whether an id has the form of a pattern in which `*` stands for any text.
fn matches(pattern: &str, id: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == id };
    let Some(id) = id.strip_prefix(start) else { return false };
    id.char_indices()
        .map(|(at, _)| at)
        .chain([id.len()])
        .any(|at| matches(rest, id.get(at..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, id, wanted) in [
            ("HDR-*", "HDR-HSTS", true),
            ("*-HSTS", "HDR-HSTS", true),
            ("H*R-*S", "HDR-HSTS", true),
            ("HDR-HSTS", "HDR-HSTS-SUB", false),
            ("HDR-HSTS*", "HDR-HSTS", true),
            ("*", "X", true),
            ("CSP-*", "HDR-HSTS", false),
        ] {
            assert_eq!(matches(pattern, id), wanted, "{pattern} {id}");
        }
    }

    #[test]
    fn what_nobody_has_is_refused() {
        assert_eq!(Selection::parse("hdr-hsts, NOPE-*"), Err("NOPE-*".to_owned()));
        let some = Selection::parse("hdr-hsts, ck-*").unwrap();
        assert!(some.checks().iter().all(|check| check.id == "HDR-HSTS" || check.id.starts_with("CK-")));
        assert!(some.checks().len() > 5);
        assert_eq!(Selection::default().checks().len(), catalogue().count());
    }
}
