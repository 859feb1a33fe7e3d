//! The ways a secret may stand in a text that somebody else wrote.

/// A secret as an answer or a log may repeat it: plain, in JSON, in a form, in HTML.
pub fn spellings(secret: &str) -> [String; 4] {
    let json = serde_json::Value::from(secret).to_string();
    let form = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut html = String::new();
    for c in secret.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#x27;"),
            c => html.push(c),
        }
    }
    let json = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
    [secret.to_owned(), json, form, html]
}

/// The secrets of a header's value: what follows the scheme word, each cookie's value, and a bare value. A URL
/// (Origin, Referer) is none.
pub fn parts(value: &str) -> Vec<String> {
    if value.starts_with("http://") || value.starts_with("https://") {
        return Vec::new();
    }
    if value.contains('=') && value.contains("; ") {
        return value.split("; ").filter_map(|pair| Some(pair.split_once('=')?.1.to_owned())).collect();
    }
    match value.split_once(' ') {
        Some((_, token)) => vec![token.to_owned()],
        None => {
            let single = value.split_once('=').filter(|(_, rest)| !rest.is_empty() && !rest.starts_with('='));
            single.map(|(_, rest)| rest.to_owned()).into_iter().chain([value.to_owned()]).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Redactor;

    #[test]
    fn a_secret_is_known_in_every_spelling() {
        let redactor = Redactor::new(spellings("a\"b&c d'e\""));
        for echo in ["a\"b&c d'e\"", r#"a\"b&c d'e\""#, "a%22b%26c+d%27e%22", "a&quot;b&amp;c d&#x27;e&quot;"]
        {
            let clean = redactor.scrub(&format!("x={echo}."));
            assert!(clean.starts_with("x=[redacted") && clean.ends_with("]."), "{clean}");
        }
    }

    #[test]
    fn header_values_give_up_their_secrets() {
        assert_eq!(parts("Bearer abc.def"), ["abc.def"]);
        assert_eq!(parts("csrftoken=one; sessionid=two"), ["one", "two"]);
        assert!(parts("sessionid=two").contains(&"two".to_owned()));
        assert_eq!(parts("raw-key"), ["raw-key"]);
        assert!(parts("https://127.0.0.1:8443").is_empty(), "an origin is no secret");
    }
}
