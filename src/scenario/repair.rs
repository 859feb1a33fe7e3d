//! Makes a document with mistakes of shape readable, so that its mistakes of meaning can be told beside them: takes out what
//! is wrong and puts a placeholder where something required is absent. Mistakes that follow from a placeholder stand at the
//! table it was put into, where a mistake is told already.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::diagnostic::Mistakes;
use super::shape::{self, has_type, resolve};

/// Repairs a document whose mistakes of shape these are; whether its shape is right now. Names that went with what was taken
/// out are put into `left_out`.
pub(super) fn repair<'i>(
    tree: &mut Spanned<DeTable<'i>>,
    schema: &'i Value,
    mistakes: &Mistakes,
    left_out: &mut Vec<String>,
) -> bool {
    let mut words = BTreeSet::new();
    let right = repair_telling(tree, schema, mistakes, &mut words);
    // The scenario's own keys define nothing, but for the tables that values are taken from.
    let mut keys = BTreeSet::new();
    properties(&schema["$defs"], &mut keys);
    left_out.extend(words.into_iter().filter(|word| !keys.contains(word.as_str())));
    right
}

/// Every name of a property in a schema.
fn properties<'i>(schema: &'i Value, keys: &mut BTreeSet<&'i str>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(known)) = map.get("properties") {
                keys.extend(known.keys().map(String::as_str));
            }
            map.values().for_each(|value| properties(value, keys));
        }
        Value::Array(items) => items.iter().for_each(|value| properties(value, keys)),
        _ => {}
    }
}

fn repair_telling<'i>(
    tree: &mut Spanned<DeTable<'i>>,
    schema: &'i Value,
    mistakes: &Mistakes,
    left_out: &mut BTreeSet<String>,
) -> bool {
    let mut wrong = mistakes.spans();
    // A table may stand where only its own keys are wrong, or be wrong itself: the second round tells them apart.
    for tables in [false, true] {
        prune(tree.get_mut(), &wrong, tables, left_out);
        Fill { root: schema }.table(tree.get_mut(), schema, 0..0);
        let mut left = Mistakes::default();
        shape::check(tree, schema, &mut left);
        if left.is_empty() {
            return true;
        }
        wrong = left.spans();
    }
    prune(tree.get_mut(), &wrong, true, left_out);
    Fill { root: schema }.table(tree.get_mut(), schema, 0..0);
    let mut left = Mistakes::default();
    shape::check(tree, schema, &mut left);
    left.is_empty()
}

/// Takes out the keys and elements whose name or value stands at one of these places; tables only when asked to.
fn prune(table: &mut DeTable<'_>, wrong: &[Range<usize>], tables: bool, left_out: &mut BTreeSet<String>) {
    let at_fault = |value: &Spanned<DeValue<'_>>| {
        (tables || !value.get_ref().is_table()) && wrong.contains(&value.span())
    };
    let names: Vec<String> = table
        .iter()
        .filter(|(key, value)| wrong.contains(&key.span()) || at_fault(value))
        .map(|(key, _)| key.get_ref().to_string())
        .collect();
    for name in names {
        if let Some(value) = table.remove(name.as_str()) {
            words(value.get_ref(), left_out);
        }
        left_out.insert(name);
    }
    for (_, value) in table.iter_mut() {
        match value.get_mut() {
            DeValue::Table(table) => prune(table, wrong, tables, left_out),
            DeValue::Array(items) => {
                if items.iter().any(at_fault) {
                    items
                        .iter()
                        .filter(|item| at_fault(item))
                        .for_each(|item| words(item.get_ref(), left_out));
                    let mut kept = DeArray::new();
                    items.iter().filter(|item| !at_fault(item)).for_each(|item| kept.push(item.clone()));
                    *items = kept;
                }
                for item in items.iter_mut() {
                    if let DeValue::Table(table) = item.get_mut() {
                        prune(table, wrong, tables, left_out);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Keys and names in a value.
fn words(value: &DeValue<'_>, out: &mut BTreeSet<String>) {
    match value {
        DeValue::Table(table) => {
            for (key, value) in table {
                out.insert(key.get_ref().to_string());
                words(value.get_ref(), out);
            }
        }
        DeValue::Array(items) => items.iter().for_each(|item| words(item.get_ref(), out)),
        DeValue::String(text) => drop(out.insert(text.to_string())),
        _ => {}
    }
}

struct Fill<'i> {
    root: &'i Value,
}

impl<'i> Fill<'i> {
    fn value(&self, value: &mut Spanned<DeValue<'i>>, schema: &'i Value) {
        let mut schema = resolve(self.root, schema);
        if let Some(choices) = schema["anyOf"].as_array() {
            let fitting = choices
                .iter()
                .map(|choice| resolve(self.root, choice))
                .find(|c| has_type(value.get_ref(), c));
            let Some(fitting) = fitting else { return };
            schema = fitting;
        }
        let span = value.span();
        match value.get_mut() {
            DeValue::Table(table) => match schema["oneOf"].as_array() {
                Some(choices) => self.tagged(table, choices, span),
                None => self.table(table, schema, span),
            },
            DeValue::Array(items) => items.iter_mut().for_each(|item| self.value(item, &schema["items"])),
            _ => {}
        }
    }

    /// A table whose kind is absent is given the kind that knows most of its keys.
    fn tagged(&self, table: &mut DeTable<'i>, choices: &'i [Value], span: Range<usize>) {
        let written = |choice: &&Value| choice["properties"]["kind"]["const"].as_str() == kind_of(table);
        let known = |choice: &&Value| {
            let known = |name: &str| choice["properties"].get(name).is_some();
            let required = choice["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let absent = required.filter(|name| !table.contains_key(*name)).count();
            (table.iter().filter(|(key, _)| known(key.get_ref())).count(), std::cmp::Reverse(absent))
        };
        let chosen = match kind_of(table) {
            Some(_) => choices.iter().find(written),
            None => choices.iter().max_by_key(known),
        };
        if let Some(choice) = chosen {
            self.table(table, choice, span);
        }
    }

    fn table(&self, table: &mut DeTable<'i>, schema: &'i Value, span: Range<usize>) {
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for name in required {
            if !table.contains_key(name) {
                let value = self.placeholder(&schema["properties"][name], span.clone());
                table.insert(
                    Spanned::new(span.clone(), Cow::Borrowed(name)),
                    Spanned::new(span.clone(), value),
                );
            }
        }
        for (key, value) in table.iter_mut() {
            let name: &str = key.get_ref();
            let property = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
            self.value(value, property);
        }
    }

    /// The least that has this shape.
    fn placeholder(&self, schema: &'i Value, span: Range<usize>) -> DeValue<'i> {
        let schema = resolve(self.root, schema);
        if let Some(word) = schema["const"].as_str() {
            return DeValue::String(Cow::Borrowed(word));
        }
        if let Some(word) = schema["enum"].get(0).and_then(Value::as_str) {
            return DeValue::String(Cow::Borrowed(word));
        }
        for choices in ["oneOf", "anyOf"] {
            if let Some(choice) = schema[choices].get(0) {
                return self.placeholder(choice, span);
            }
        }
        match schema["type"].as_str() {
            Some("boolean") => DeValue::Boolean(false),
            Some("array") => DeValue::Array(DeArray::new()),
            Some("integer" | "number") => DeValue::Integer(Default::default()),
            Some("object") => {
                let mut table = DeTable::new();
                self.table(&mut table, schema, span);
                DeValue::Table(table)
            }
            _ => DeValue::String(Cow::Borrowed("")),
        }
    }
}

fn kind_of<'t>(table: &'t DeTable<'_>) -> Option<&'t str> {
    table.get("kind")?.get_ref().as_str()
}
