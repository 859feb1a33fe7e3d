//! What was probably meant: the nearest of the names that would have been right.

/// The nearest of some names, where one is near enough to be meant.
pub(super) fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let lower = word.to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= name.chars().count().max(word.chars().count()) / 3 + 1)
        .filter(|(distance, name)| *distance < name.chars().count().max(2))
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
