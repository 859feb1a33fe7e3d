//! What was probably meant: the nearest of the names that would have been right.

/// Longest part of a gate that a message repeats, in characters.
const SHOWN: usize = 60;

/// A part of a gate as a message repeats it.
pub(super) fn short(part: &str) -> String {
    match part.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &part[..end]),
        None => part.to_owned(),
    }
}

/// The nearest of some names, where one is near enough to be meant.
pub(super) fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let lower = word.to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= name.chars().count().max(word.chars().count()) / 3 + 1)
        // Something they must have in common.
        .filter(|(distance, name)| *distance < name.chars().count().max(word.chars().count()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// All names there are, in a clause.
pub(super) fn listed(what: &str, names: &[&str]) -> String {
    if names.is_empty() {
        return format!("there are no {what}");
    }
    let mut names = names.to_vec();
    let mut known = std::collections::HashSet::new();
    names.retain(|name| known.insert(*name));
    let shown: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > 8 { " …" } else { "" };
    format!("{what} are {}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_what_shares_something() {
        assert_eq!(nearest("m", ["us", "ms", "s"]), Some("ms"));
        assert_eq!(nearest("h", ["us", "ms", "s"]), None);
        assert_eq!(nearest("b", ["a", "c"]), None);
    }

    #[test]
    fn messages_stay_short() {
        assert_eq!(short("prod"), "prod");
        assert_eq!(short(&"µ".repeat(9_000)), format!("{}…", "µ".repeat(60)));
    }
}
