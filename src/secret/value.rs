//! Where in a foreign text a word is the whole of a value: between quotes (and no key of JSON), between tags, behind `=` and `:`,
//! plain, URL-encoded or as HTML entities.

/// A quote as it may be spelled.
const QUOTES: [&str; 10] = ["\"", "'", "`", "&quot;", "&#x27;", "&#39;", "&#34;", "%22", "%27", "\\u0022"];
/// What a value ends with, beside white space.
const ENDS: &str = "&;,)}]|<>'\"`\\";
const ENCODED_ENDS: [&str; 9] = ["%26", "%3B", "%3b", "%2C", "%2c", "%7D", "%7d", "%22", "%27"];
/// Names of keys whose values may well be secret.
const SECRET_KEYS: [&str; 6] = ["pass", "pwd", "secret", "token", "key", "credential"];
/// Attributes of HTML that name things.
const NAMING: [&str; 7] = ["type", "name", "id", "for", "class", "autocomplete", "placeholder"];

/// The text with `mark` wherever `word` is a value by itself.
pub(super) fn without(text: &str, word: &str, mark: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in text.match_indices(word) {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        if at >= from && is_value(before, after) {
            out.push_str(&text[from..at]);
            out.push_str(mark);
            from = at + word.len();
        }
    }
    out + &text[from..]
}

/// Whether what stands between these is a value by itself.
fn is_value(before: &str, after: &str) -> bool {
    if before.is_empty() && after.trim_end().is_empty() {
        return true;
    }
    if let Some(quote) = QUOTES.iter().find(|quote| before.ends_with(**quote)) {
        let opening = &before[..before.len() - quote.len()];
        // In a string of JSON that holds JSON, the quote behind is escaped as well.
        let rest = after.trim_start_matches('\\').strip_prefix(quote);
        if let Some(rest) = rest {
            return !is_key(rest) && !names_things(opening.trim_end_matches('\\'));
        }
    }
    if before.ends_with('>') {
        return after.starts_with('<');
    }
    if ["=", "%3D", "%3d"].iter().any(|sign| before.ends_with(sign)) {
        return ends(after);
    }
    if [":", "%3A", "%3a"].iter().any(|sign| before.ends_with(sign)) {
        return !before.ends_with("::")
            && (ends(after) || after.starts_with('@') || after.starts_with("%40"));
    }
    match before.strip_suffix(": ").or_else(|| before.strip_suffix("= ")) {
        Some(key) => {
            after.is_empty() || after.starts_with(['\r', '\n', ',', '}']) || ends(after) && may_be_secret(key)
        }
        None => false,
    }
}

fn ends(after: &str) -> bool {
    let sentence =
        after.strip_prefix('.').is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
    after.is_empty()
        || sentence
        || after.starts_with(|c: char| c.is_whitespace() || ENDS.contains(c))
        || ENCODED_ENDS.iter().any(|end| after.starts_with(end))
}

/// Whether what follows a closing quote makes a key of what it closes.
fn is_key(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.starts_with(':') || rest.starts_with("=>") || rest.starts_with("%3A") || rest.starts_with("%3a")
}

/// Whether this ends with an attribute of HTML that names a field: ` name=`.
fn names_things(before: &str) -> bool {
    let Some(tag) = before.strip_suffix('=') else { return false };
    NAMING.iter().any(|name| tag.strip_suffix(name).is_some_and(|rest| rest.ends_with(char::is_whitespace)))
}

/// Whether the last word of this names a secret.
fn may_be_secret(key: &str) -> bool {
    let key = key.trim_end_matches(|c: char| c.is_whitespace() || "\"'\\".contains(c));
    let key = key.rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).next().unwrap_or_default();
    let key = key.to_lowercase();
    SECRET_KEYS.iter().any(|name| key.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_goes_where_it_is_a_value() {
        for (text, clean) in [
            (r#"{"password": "test", "test": "x"}"#, r#"{"password": "@", "test": "x"}"#),
            (r#"{\"password\":\"test\"}"#, r#"{\"password\":\"@\"}"#),
            ("{'test': 'test'}", "{'test': '@'}"),
            ("user=ada&password=test&test=2", "user=ada&password=@&test=2"),
            ("password%3Dtest%26next%3D%2Ftest%2F", "password%3D@%26next%3D%2Ftest%2F"),
            ("%7B%22password%22%3A%22test%22%7D", "%7B%22password%22%3A%22@%22%7D"),
            (
                "curl -u 'ada:test' http://ada:test@127.0.0.1/test",
                "curl -u 'ada:@' http://ada:@@127.0.0.1/test",
            ),
            ("password: test user: ada", "password: @ user: ada"),
            ("api_key = test # set", "api_key = @ # set"),
            ("X-Key: test\r\nHost: test.example", "X-Key: @\r\nHost: test.example"),
            ("Cookie: key=test; test=3", "Cookie: key=@; test=3"),
            (
                "<td>password</td><pre>&#x27;test&#x27;</pre><b>test</b>",
                "<td>password</td><pre>&#x27;@&#x27;</pre><b>@</b>",
            ),
            ("<input value=\"test\">", "<input value=\"@\">"),
            ("password was `test`.", "password was `@`."),
            ("tried password=test.", "tried password=@."),
            ("test", "@"),
            ("test\n", "@\n"),
        ] {
            assert_eq!(without(text, "test", "@"), clean, "{text}");
        }
    }

    #[test]
    fn a_word_stays_where_it_is_none() {
        for text in [
            "GET /test/latest?next=/test/ HTTP/1.1",
            "POST /accounts/test/change/ 200",
            r#"{"test": ["This field may not be blank."]}"#,
            r#"<input type="test" name="test" id='test'><label for="test">"#,
            "Wrong test for user ada",
            "note: test is required",
            "tests::test failed",
            "%2Ftest%2F",
            "step=testing&latest=1",
        ] {
            assert_eq!(without(text, "test", "@"), text);
        }
    }
}
