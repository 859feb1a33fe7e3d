//! The ways a secret may stand in a text that somebody else wrote.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};

/// A shorter part of a token says nothing.
const PART: usize = 16;

/// A secret as an answer or a log may repeat it: plain, in JSON (also with ASCII only, and in a string of JSON), in a form, in a
/// URL, in HTML, in base64.
pub fn spellings(secret: &str) -> Vec<String> {
    let json = in_json(secret);
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
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
    let ascii = in_ascii(&json);
    // A plus of the secret itself stands as %2B.
    let url = form.replace('+', "%20");
    let encoded = [STANDARD_NO_PAD.encode(secret), URL_SAFE_NO_PAD.encode(secret)];
    let mut all = vec![secret.to_owned(), in_json(&json), in_json(&ascii), json, ascii, form, url, html];
    all.extend(encoded);
    all.sort();
    all.dedup();
    all
}

/// As it stands between the quotes of a JSON string.
fn in_json(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.get(1..json.len() - 1).unwrap_or_default().to_owned()
}

/// JSON without a character beyond ASCII, as Python writes it.
fn in_ascii(json: &str) -> String {
    let mut out = String::new();
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        }
    }
    out
}

/// What of a JWT is secret by itself: an error may repeat its claims or its signature alone. Any other token has no such parts.
pub fn of_token(token: &str) -> Vec<String> {
    let parts: Vec<&str> = token.split('.').collect();
    match parts.as_slice() {
        [header, secrets @ ..] if secrets.len() == 2 && header.starts_with("eyJ") => {
            secrets.iter().filter(|part| part.len() >= PART).map(|part| (*part).to_owned()).collect()
        }
        _ => Vec::new(),
    }
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
        Some((_, token)) => [vec![token.to_owned()], of_token(token)].concat(),
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
    fn a_secret_is_known_as_others_write_it() {
        let redactor = Redactor::new(spellings("pä&s\"s w+1/zq"));
        for echo in [
            r#"p\u00e4&s\"s w+1/zq"#,
            r#"p\\u00e4&s\\\"s w+1/zq"#,
            "p%C3%A4%26s%22s%20w%2B1%2Fzq",
            "cMOkJnMicyB3KzEvenE=",
            "cMOkJnMicyB3KzEvenE",
        ] {
            let clean = redactor.scrub(&format!("x={echo}."));
            assert!(
                clean.starts_with("x=[redacted") && clean.trim_end_matches(['=', '.']).ends_with(']'),
                "{clean}"
            );
        }
    }

    #[test]
    fn header_values_give_up_their_secrets() {
        assert_eq!(parts("Bearer abc.def"), ["abc.def"]);
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLW9mLWl0";
        assert_eq!(
            parts(&format!("Bearer {token}")),
            [token, "eyJzdWIiOiJhZGEifQ", "c2lnbmF0dXJlLW9mLWl0"],
            "claims and signature are secrets by themselves"
        );
        assert_eq!(parts("csrftoken=one; sessionid=two"), ["one", "two"]);
        assert!(parts("sessionid=two").contains(&"two".to_owned()));
        assert_eq!(parts("raw-key"), ["raw-key"]);
        assert!(parts("https://127.0.0.1:8443").is_empty(), "an origin is no secret");
    }
}
