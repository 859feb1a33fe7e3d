//! The JSON Schema of scenario files, made from the serde model.

use std::sync::LazyLock;

use serde_json::Value;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let mut schema = schemars::schema_for!(super::model::Scenario).to_value();
    drop_null(&mut schema);
    schema
});

/// The JSON Schema (draft 2020-12) of scenario files.
pub fn json_schema() -> &'static Value {
    &SCHEMA
}

/// Takes `null` out of the schema: an optional key of a TOML file is left out, never null.
fn drop_null(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(drop_null);
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    map.insert("type".into(), only);
                }
            }
            if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
                choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    map.remove("anyOf");
                    for (key, value) in only {
                        map.entry(key).or_insert(value);
                    }
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(drop_null),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_no_null_and_documents_every_key() {
        let text = json_schema().to_string();
        assert!(!text.contains("\"null\""), "{text}");
        let route = &json_schema()["$defs"]["Route"]["properties"];
        assert_eq!(route["auth"]["description"], "Name of an `[auth.*]` table.");
        assert_eq!(json_schema()["properties"]["users"]["$ref"], "#/$defs/Users");
    }
}
