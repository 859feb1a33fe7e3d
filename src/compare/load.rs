//! Whether two runs were loaded with the same: figures of two loads do not compare.

use std::collections::{BTreeMap, BTreeSet};

use super::quantity::percent;
use crate::record::past::Load;

/// Difference of a route's share of the requests that is none, of the share itself: of hundreds of routes each has little.
const SAME: f64 = 0.001;
/// Routes named before "and N more".
const NAMED: usize = 3;

/// How a load differs from an earlier one; `None` where they are the same. How long each was and into how many blocks it was
/// cut changes how sure figures are, and not what they are of.
pub fn other_load(first: Load<'_>, second: Load<'_>) -> Option<String> {
    let how: Vec<String> =
        [other_level(first.words, second.words), other_shares(first, second)].into_iter().flatten().collect();
    (!how.is_empty()).then(|| how.join("; "))
}

/// What is other in the words of the second.
fn other_level(first: &str, second: &str) -> Option<String> {
    let (first, second) = (level(first), level(second));
    let beyond = |of: &[String], other: &[String]| {
        of.iter().filter(|part| !other.contains(part)).cloned().collect::<Vec<_>>().join(", ")
    };
    match (beyond(&second, &first), beyond(&first, &second)) {
        (now, then) if now.is_empty() && then.is_empty() => None,
        (now, then) if then.is_empty() => Some(format!("in addition: {now}")),
        (now, then) if now.is_empty() => Some(format!("left out: {then}")),
        (now, then) => Some(format!("{now} instead of {then}")),
    }
}

fn level(words: &str) -> Vec<String> {
    let length = [" of warm-up", " blocks of ", "the stacks taking turns"];
    let parts = words.split(", ").filter(|part| length.iter().all(|word| !part.contains(word)));
    parts.map(spaced).collect()
}

/// A summary keeps no rows of blanks.
fn spaced(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Which routes get another share of the requests in the second, the largest difference first; `None` too where one is not
/// known, as in older records.
pub fn other_shares(first: Load<'_>, second: Load<'_>) -> Option<String> {
    if first.shares.is_empty() || second.shares.is_empty() {
        return None;
    }
    let [first, second] = [first, second].map(by_name);
    let names: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let mut other: Vec<(&str, f64, f64)> = names
        .into_iter()
        .filter_map(|name| {
            let [then, now] = [&first, &second].map(|shares| shares.get(name).copied().unwrap_or(0.0));
            ((now - then).abs() > SAME * now.max(then)).then_some((name.as_str(), then, now))
        })
        .collect();
    other.sort_by(|a, b| (b.2 - b.1).abs().total_cmp(&(a.2 - a.1).abs()));
    let mut said: Vec<String> = other
        .iter()
        .take(NAMED)
        .map(|(name, then, now)| {
            format!("{name} gets {} of the requests instead of {}", percent(*now), percent(*then))
        })
        .collect();
    if other.len() > NAMED {
        said.push(format!("and {} more routes another share", other.len() - NAMED));
    }
    (!said.is_empty()).then(|| said.join(", "))
}

fn by_name(load: Load<'_>) -> BTreeMap<String, f64> {
    load.shares.iter().map(|(name, share)| (spaced(name), *share)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(first: &str, second: &str) -> Option<String> {
        let none = BTreeMap::new();
        other_load(Load { words: first, shares: &none }, Load { words: second, shares: &none })
    }

    #[test]
    fn a_longer_load_is_the_same_and_a_heavier_one_is_not() {
        let load = |rate: u32, seconds: u32, end: &str| {
            format!(
                "open model, {rate}/s, constant arrivals, {seconds} s after 2 s of warm-up, kept-alive connections{end}"
            )
        };
        let blocks = ", in 20 blocks of 0.5 s, the stacks taking turns in random order";
        assert_eq!(other(&load(400, 10, ""), &load(400, 60, blocks)), None);
        let said = |first: String, second: String| other(&first, &second).unwrap();
        assert_eq!(said(load(400, 10, ""), load(200, 10, "")), "200/s instead of 400/s");
        assert_eq!(
            said(load(4, 9, ""), load(4, 9, ", on all stacks at once")),
            "in addition: on all stacks at once"
        );
        assert_eq!(said(load(4, 9, ", no TLS resumption"), load(4, 9, "")), "left out: no TLS resumption");
    }

    #[test]
    fn other_shares_are_another_load() {
        let shares = |of: &[(&str, f64)]| -> BTreeMap<String, f64> {
            of.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect()
        };
        let said = |first: &[(&str, f64)], second: &[(&str, f64)]| {
            let (first, second) = (shares(first), shares(second));
            other_load(Load { words: "9/s", shares: &first }, Load { words: "9/s", shares: &second })
        };
        let thirds = [("a", 1.0 / 3.0), ("b", 2.0 / 3.0)];
        assert_eq!(said(&thirds, &[("a", 0.333333), ("b", 0.666667)]), None, "as a summary rounds it");
        assert_eq!(said(&[], &thirds), None, "an older record does not say");
        assert_eq!(said(&[("a  b", 1.0)], &[("a b", 1.0)]), None, "as a summary writes it");
        let rare = said(&[("a", 0.9995), ("b", 0.0005)], &[("a", 0.999), ("b", 0.001)]).unwrap();
        assert!(rare.starts_with("b gets 0.1% of the requests instead of 0.05%"), "{rare}");
        assert_eq!(
            said(&thirds, &[("a", 0.75), ("b", 0.25)]).unwrap(),
            "a gets 75% of the requests instead of 33.33%, b gets 25% of the requests instead of 66.67%"
        );
        let many = [("a", 0.2), ("b", 0.3), ("c", 0.1), ("d", 0.3), ("e", 0.1)];
        let said = said(&thirds, &many).unwrap();
        assert!(said.starts_with("b gets 30% of the requests instead of 66.67%, d gets 30%"), "{said}");
        assert!(said.ends_with(", and 2 more routes another share"), "{said}");
    }
}
