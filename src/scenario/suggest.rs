//! "Did you mean …": the nearest of the names that would have been right.

/// The nearest candidate, when it is near enough to be a slip of the keyboard.
pub fn did_you_mean<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (written.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(written, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Help for a name that is none of the candidates: the nearest one, else all of them.
pub fn one_of<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 24;
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(near) = did_you_mean(written, candidates.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    let mut names: Vec<String> = candidates.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    if candidates.len() > MOST {
        names.push("…".into());
    }
    match names.as_slice() {
        [] => "none is defined".into(),
        [only] => format!("use {only}"),
        several => format!("one of {}", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_slips_and_lists_the_rest() {
        let keys = ["weight", "name", "get"];
        assert_eq!(did_you_mean("wieght", keys), Some("weight"));
        assert_eq!(did_you_mean("nmae", keys), Some("name"));
        assert_eq!(did_you_mean("colour", keys), None);
        assert_eq!(did_you_mean("x", keys), None);
        assert_eq!(one_of("wieght", keys), "did you mean `weight`?");
        assert_eq!(one_of("colour", keys), "one of `weight`, `name`, `get`");
        assert_eq!(one_of("a", ["jwt"]), "use `jwt`");
        assert_eq!(one_of("a", []), "none is defined");
    }
}
