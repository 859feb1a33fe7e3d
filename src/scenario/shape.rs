//! The shape of the file against the JSON Schema: unknown keys, wrong types, missing keys, values that
//! are none of the choices. The schema is the single source of truth; nothing is listed here.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::Mistakes;
use super::duration::parse_duration;
use super::suggest::one_of;

/// As many keys of a table are named where something else stands in its place.
const KEYS_NAMED: usize = 6;

/// Checks a document against a schema and notes every mistake.
pub(super) fn check(root: &Spanned<DeTable<'_>>, schema: &Value, mistakes: &mut Mistakes) {
    Walk { schema, mistakes }.table(root.get_ref(), schema, 0..0, "the scenario");
}

struct Walk<'a> {
    schema: &'a Value,
    mistakes: &'a mut Mistakes,
}

impl<'a> Walk<'a> {
    fn value(&mut self, value: &Spanned<DeValue<'_>>, schema: &'a Value, span: Range<usize>, what: &str) {
        let schema = self.resolve(schema);
        if let Some(choices) = schema["oneOf"].as_array() {
            return match value.get_ref() {
                DeValue::Table(table) => self.tagged(table, choices, span, what),
                _ => self.choice(value, choices, what),
            };
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let fitting =
                choices.iter().map(|choice| self.resolve(choice)).find(|c| has_type(value.get_ref(), c));
            return match fitting {
                Some(choice) => self.value(value, choice, span, what),
                None => {
                    let types: Vec<String> = choices.iter().map(|c| type_name(self.resolve(c))).collect();
                    self.wrong_type(value, &types.join(" or "), what);
                }
            };
        }
        if !has_type(value.get_ref(), schema) {
            return match time(value.get_ref(), schema) {
                Some(time) => self.mistakes.at(
                    value.span(),
                    format!("{what} is a number without a unit"),
                    format!("write `\"{time}\"` for seconds, or another unit: ms, s, m, h"),
                ),
                None => self.wrong_type(value, &type_name(schema), what),
            };
        }
        match value.get_ref() {
            DeValue::Table(table) => self.table(table, schema, span, what),
            DeValue::Array(items) => {
                for item in items.iter() {
                    self.value(item, &schema["items"], item.span(), &format!("an element of {what}"));
                }
            }
            DeValue::Integer(number) => {
                let parsed = i64::from_str_radix(number.as_str(), number.radix());
                let low = schema["minimum"].as_i64();
                let high = schema["maximum"].as_i64();
                let inside = parsed.is_ok_and(|n| low.is_none_or(|l| n >= l) && high.is_none_or(|h| n <= h));
                if !inside && (low.is_some() || high.is_some()) {
                    let range = match (low, high) {
                        (Some(low), Some(high)) => format!("write a number from {low} to {high}"),
                        (Some(low), None) => format!("write a number that is {low} or more"),
                        _ => "write a smaller number".into(),
                    };
                    self.mistakes.at(value.span(), format!("{what} is out of range"), range);
                }
            }
            _ => {}
        }
    }

    fn table(&mut self, table: &DeTable<'_>, schema: &'a Value, span: Range<usize>, what: &str) {
        let properties = schema["properties"].as_object();
        let closed = schema["additionalProperties"] == Value::Bool(false);
        for (key, value) in table {
            let name: &str = key.get_ref();
            // A `[table]` without a line of its own spans its header, else its key.
            let header = if value.get_ref().is_table() { value.span() } else { key.span() };
            match properties.and_then(|p| p.get(name)) {
                Some(property) => self.value(value, property, header, &format!("`{name}`")),
                None if closed => {
                    let known = properties.into_iter().flat_map(|p| p.keys().map(String::as_str));
                    let written: Vec<&str> = table.iter().map(|(k, _)| k.get_ref().as_ref()).collect();
                    // Keys that stand there already are no suggestion.
                    let help = self
                        .elsewhere(name, schema)
                        .unwrap_or_else(|| one_of(name, known.filter(|k| !written.contains(k))));
                    self.mistakes.at(key.span(), format!("unknown key `{name}` in {what}"), help);
                }
                None => {
                    self.value(value, &schema["additionalProperties"], header, &format!("`{name}`"));
                }
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let written = table.iter().any(|(key, _)| key.get_ref() == name);
            if !written {
                let help = properties.and_then(|p| p.get(name)?["description"].as_str()).map_or_else(
                    || format!("add `{name}`"),
                    |text| format!("`{name}`: {}", first_sentence(text)),
                );
                self.mistakes.at(span.clone(), format!("{what} has no `{name}`"), help);
            }
        }
    }

    /// Where a key that is unknown here belongs: in the scenario itself, or in one of its tables.
    fn elsewhere(&self, name: &str, here: &Value) -> Option<String> {
        let keys = |schema: &'a Value| self.resolve(schema)["properties"].as_object();
        let top = keys(self.schema)?;
        if let Some(property) = top.get(name).filter(|_| !std::ptr::eq(here, self.schema)) {
            return Some(match self.resolve(property)["type"].as_str() {
                Some("object") => format!("`[{name}]` is a table of the scenario itself"),
                Some("array") => format!("`{name}` is a list of the scenario itself"),
                _ => format!("`{name}` is a key of the scenario itself: it stands above the first table"),
            });
        }
        let (table, _) = top.iter().find(|(_, schema)| keys(schema).is_some_and(|k| k.contains_key(name)))?;
        Some(format!("`{name}` is a key of `[{table}]`"))
    }

    /// A table whose `kind` says which schema it follows.
    fn tagged(&mut self, table: &DeTable<'_>, choices: &'a [Value], span: Range<usize>, what: &str) {
        let kinds = || choices.iter().filter_map(|choice| choice["properties"]["kind"]["const"].as_str());
        let Some((_, kind)) = table.iter().find(|(key, _)| key.get_ref() == "kind") else {
            let help = format!("add `kind`: {}", one_of("", kinds()));
            return self.mistakes.at(span, format!("{what} has no `kind`"), help);
        };
        let Some(written) = kind.get_ref().as_str() else {
            return self.wrong_type(kind, "a string", "`kind`");
        };
        match choices.iter().find(|choice| choice["properties"]["kind"]["const"] == written) {
            Some(choice) => self.table(table, choice, span, what),
            None => {
                self.mistakes.at(kind.span(), format!("unknown kind `{written}`"), one_of(written, kinds()));
            }
        }
    }

    fn choice(&mut self, value: &Spanned<DeValue<'_>>, choices: &[Value], what: &str) {
        let names = || choices.iter().filter_map(|choice| choice["const"].as_str());
        match value.get_ref().as_str() {
            Some(written) if names().any(|name| name == written) => {}
            Some(written) => {
                self.mistakes.at(
                    value.span(),
                    format!("{what} cannot be `{written}`"),
                    one_of(written, names()),
                );
            }
            None if names().next().is_some() => self.wrong_type(value, "a string", what),
            None => self.wrong_type(value, "a table", what),
        }
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, wanted: &str, what: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        self.mistakes.at(value.span(), format!("{what} is {found}"), format!("it must be {wanted}"));
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        resolve(self.schema, schema)
    }
}

/// A bare number where the schema's example is a time, as the time in seconds that it probably is.
fn time(value: &DeValue<'_>, schema: &Value) -> Option<String> {
    let number = match value {
        DeValue::Integer(number) => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => return None,
    };
    let example = schema["examples"][0].as_str()?;
    let time = format!("{number}s");
    (parse_duration(example).is_ok() && parse_duration(&time).is_ok()).then_some(time)
}

/// What a reference refers to; the schema itself when it is none.
pub(super) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    schema["$ref"]
        .as_str()
        .and_then(|reference| root.pointer(reference.trim_start_matches('#')))
        .unwrap_or(schema)
}

pub(super) fn has_type(value: &DeValue<'_>, schema: &Value) -> bool {
    let Some(wanted) = schema["type"].as_str() else { return true };
    match value {
        DeValue::String(_) | DeValue::Datetime(_) => wanted == "string" && value.is_str(),
        DeValue::Integer(_) => wanted == "integer" || wanted == "number",
        DeValue::Float(_) => wanted == "number",
        DeValue::Boolean(_) => wanted == "boolean",
        DeValue::Array(_) => wanted == "array",
        DeValue::Table(_) => wanted == "object",
    }
}

fn type_name(schema: &Value) -> String {
    match schema["type"].as_str() {
        Some("string") => "a string in quotes".into(),
        Some("integer") => "a whole number".into(),
        Some("number") => "a number".into(),
        Some("boolean") => "true or false".into(),
        Some("array") => match schema["items"]["type"].as_str() {
            Some("string") => "an array of strings".into(),
            _ => "an array".into(),
        },
        Some("object") => {
            let keys = schema["properties"].as_object().into_iter().flat_map(|keys| keys.keys());
            let mut keys: Vec<String> = keys.map(|key| format!("`{key}`")).collect();
            if keys.len() > KEYS_NAMED {
                keys.truncate(KEYS_NAMED);
                keys.push("…".to_owned());
            }
            if keys.is_empty() { "a table".into() } else { format!("a table with {}", keys.join(", ")) }
        }
        _ => "another type".into(),
    }
}

fn first_sentence(text: &str) -> String {
    let text = text.replace('\n', " ");
    let end = text.find(". ").unwrap_or(text.len());
    text[..end].trim_end_matches('.').to_owned()
}
