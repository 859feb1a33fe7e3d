//! The scenario's copy in a record, without the secrets that stand in it by chance: a password may be a word that the file
//! uses for something else.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::schema;
use crate::secret::Redactor;

/// Takes secrets out of a scenario whose own secret values are masked already. Keys, headers of tables, the schema's own words and
/// names of users are no secrets where they stand, whatever a password is.
pub fn scrub_copy(text: &str, redactor: &Redactor) -> String {
    static HEADER: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?m)^[ \t]*\[\[?[A-Za-z0-9_.-]+\]\]?[ \t]*$").ok());
    let mut words = BTreeSet::new();
    collect_words(schema::json_schema(), &mut words);
    let mut kept = Kept { words, spans: Vec::new() };
    kept.table(DeTable::parse_recoverable(text).0.get_ref());
    kept.spans.extend(HEADER.iter().flat_map(|header| header.find_iter(text)).map(|found| found.range()));
    kept.spans.sort_by_key(|span| (span.start, span.end));
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    for span in kept.spans.iter().filter(|span| !span.is_empty()) {
        if let (true, Some(between), Some(own)) =
            (span.start >= rest, text.get(rest..span.start), text.get(span.clone()))
        {
            out.push_str(&redactor.scrub(between));
            out.push_str(own);
            rest = span.end;
        }
    }
    out + &redactor.scrub(text.get(rest..).unwrap_or_default())
}

/// What stays as it is.
struct Kept<'s> {
    words: BTreeSet<&'s str>,
    spans: Vec<Range<usize>>,
}

impl Kept<'_> {
    fn table(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            self.spans.push(key.span());
            self.value(value, key.get_ref() == "username");
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, user: bool) {
        match value.get_ref() {
            DeValue::Table(table) => self.table(table),
            DeValue::Array(items) => items.iter().for_each(|item| self.value(item, false)),
            DeValue::String(text) if user || self.words.contains(text.as_ref()) => {
                self.spans.push(value.span())
            }
            _ => {}
        }
    }
}

/// The values that the schema itself names.
fn collect_words<'s>(schema: &'s Value, words: &mut BTreeSet<&'s str>) {
    match schema {
        Value::Object(map) => {
            words.extend(map.get("const").and_then(Value::as_str));
            words.extend(
                map.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str),
            );
            map.values().for_each(|value| collect_words(value, words));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_words(value, words)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_is_a_common_word_leaves_the_copy_readable() {
        let text = "title = \"text and user\"\n[stacks.user]\nurl = \"http://127.0.0.1:1\"\n\
                    [users]\nlist = [{ username = \"user\", password = \"[redacted]\" }]\n\
                    [auth.a]\nkind = \"basic\"\nuser = \"text\"\n[[routes]]\nbody = { text = \"pw=user&x=text\" }\n\
                    [[routes]]\nbody = { text = \"basic\" }\n# user\n";
        let copy = scrub_copy(text, &Redactor::new(["user", "text", "basic"]));
        for kept in [
            "[stacks.user]",
            "username = \"user\"",
            "user = ",
            "{ text = ",
            "kind = \"basic\"",
            "[[routes]]",
            "\"text and user\"",
            "# user",
        ] {
            assert!(copy.contains(kept), "{kept}: {copy}");
        }
        for gone in ["pw=user", "x=text", "= \"text\""] {
            assert!(!copy.contains(gone), "{gone}: {copy}");
        }
        assert!(toml::from_str::<toml::Table>(&copy).is_ok(), "{copy}");
    }

    #[test]
    fn a_copy_without_secrets_is_the_text() {
        let text = "title = \"t\"\na.b = 1\na.c = [\n  [1, 2],\n]\n= broken";
        assert_eq!(scrub_copy(text, &Redactor::new(["nothing-like-that"])), text);
    }
}
