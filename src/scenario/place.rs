//! Where each key and value of the file stands, so that a check on the model can point into the text.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A key or array element of the file, with the byte ranges of its key and its value.
#[derive(Debug, Clone, Default)]
pub struct Place {
    key: Range<usize>,
    value: Range<usize>,
    children: Children,
    /// Stands for keys that were not written: points here, and has no keys itself.
    absent: Option<Box<Place>>,
}

#[derive(Debug, Clone, Default)]
enum Children {
    #[default]
    None,
    Table(Vec<(String, Place)>),
    Array(Vec<Place>),
}

impl Place {
    /// The places of a whole document.
    pub(super) fn of_document(root: &Spanned<DeTable<'_>>) -> Self {
        Place::new(0..0, 0..0, Children::of_table(root.get_ref()))
    }

    fn of_value(key: Range<usize>, value: &Spanned<DeValue<'_>>) -> Self {
        let children = match value.get_ref() {
            DeValue::Table(table) => Children::of_table(table),
            DeValue::Array(array) => {
                Children::Array(array.iter().map(|item| Place::of_value(item.span(), item)).collect())
            }
            _ => Children::None,
        };
        Place::new(key, value.span(), children)
    }

    fn new(key: Range<usize>, value: Range<usize>, children: Children) -> Self {
        let absent = Place { key: key.clone(), value: value.clone(), ..Place::default() };
        Place { key, value, children, absent: Some(Box::new(absent)) }
    }

    fn absent(&self) -> &Place {
        self.absent.as_deref().unwrap_or(self)
    }

    /// The place of a key in this table; a place without keys that points to this one when the key was not written.
    pub fn key(&self, name: &str) -> &Place {
        self.get(name).unwrap_or_else(|| self.absent())
    }

    /// The place of an array's element; a place without keys that points to this one when there is none.
    pub fn item(&self, index: usize) -> &Place {
        match &self.children {
            Children::Array(items) => items.get(index).unwrap_or_else(|| self.absent()),
            _ => self.absent(),
        }
    }

    /// The place of a key, when it was written.
    pub fn get(&self, name: &str) -> Option<&Place> {
        match &self.children {
            Children::Table(pairs) => pairs.iter().find(|(key, _)| key == name).map(|(_, place)| place),
            _ => None,
        }
    }

    /// Whether a key was written in this table.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Bytes of the value (of a `[table]`, its header).
    pub fn value_span(&self) -> Range<usize> {
        self.value.clone()
    }

    /// Bytes of the key.
    pub fn key_span(&self) -> Range<usize> {
        self.key.clone()
    }
}

impl Children {
    fn of_table(table: &DeTable<'_>) -> Self {
        Children::Table(
            table
                .iter()
                .map(|(key, value)| (key.get_ref().to_string(), Place::of_value(key.span(), value)))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_key_points_to_its_table_and_has_no_keys_of_it() {
        let tree = DeTable::parse("[load]\nrate = 5\n").unwrap();
        let root = Place::of_document(&tree);
        assert_eq!(root.key("load").key("rate").value_span(), 14..15);
        assert_eq!(root.key("load").key("users").value_span(), 0..6);
        assert!(!root.key("audit").has("load") && !root.key("a").key("b").item(3).has("load"));
    }
}
