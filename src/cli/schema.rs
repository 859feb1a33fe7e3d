//! `shakedown schema`.

use serde_json::Value;

use super::{Exit, Failed};
use crate::record::Record;
use crate::record::summary::Summary;
use crate::scenario::json_schema;

const EXAMPLES: &str = "\
Examples:
  shakedown schema > shakedown.schema.json
  shakedown schema record > record.schema.json

An editor with a TOML language server completes and explains every key when the scenario's first line is
  #:schema ./shakedown.schema.json";

/// Whose schema.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Of {
    /// Scenario files.
    Scenario,
    /// record.json of a run.
    Record,
    /// summary.json.
    Summary,
}

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// Whose schema.
    #[arg(value_enum, default_value = "scenario")]
    of: Of,
}

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    let schema = schema(args.of);
    // `{:#}` of a JSON value is its pretty form.
    anstream::println!("{schema:#}");
    Ok(Exit::Pass)
}

fn schema(of: Of) -> Value {
    match of {
        Of::Scenario => json_schema().clone(),
        Of::Record => schemars::schema_for!(Record).to_value(),
        Of::Summary => schemars::schema_for!(Summary).to_value(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Metric;

    /// What a number may count.
    const UNITS: [&str; 14] = [
        "seconds",
        "milliseconds",
        "bytes",
        "requests a second",
        "requests an arrival",
        "requests a second (search) or users (sweep)",
        "seconds; requests a second (open) or users (closed)",
        "share, 0 to 1",
        "ratio",
        "MHz",
        "count",
        "position, from 0",
        "position, from 1",
        "version",
    ];

    /// A number of a schema: the name of its field, and the nearest description.
    struct Number<'s> {
        field: &'s str,
        description: &'s str,
    }

    /// The numbers in a schema. What stands in a list or a map has the field's name and description.
    fn numbers<'s>(schema: &'s Value, field: &'s str, description: &'s str, found: &mut Vec<Number<'s>>) {
        let Value::Object(map) = schema else {
            schema.as_array().into_iter().flatten().for_each(|one| numbers(one, field, description, found));
            return;
        };
        let description = map.get("description").and_then(Value::as_str).unwrap_or(description);
        let kinds = match map.get("type") {
            Some(Value::Array(kinds)) => kinds.as_slice(),
            Some(kind) => std::slice::from_ref(kind),
            None => &[],
        };
        if kinds.iter().any(|kind| kind == "number" || kind == "integer") {
            found.push(Number { field, description });
        }
        for (key, value) in map {
            match (key.as_str(), value) {
                ("properties" | "$defs", Value::Object(fields)) => {
                    fields.iter().for_each(|(name, schema)| numbers(schema, name, "", found));
                }
                _ => numbers(value, field, description, found),
            }
        }
    }

    /// What a field's name promises.
    fn promised(field: &str) -> Option<&'static str> {
        let ends = [("_ms", "milliseconds"), ("_s", "seconds"), ("_per_1k", "seconds"), ("_bytes", "bytes")];
        let ends = ends.into_iter().chain([("_rps", "requests a second"), ("_share", "share, 0 to 1")]);
        let begins = field.starts_with("bytes_").then_some("bytes");
        begins.or_else(|| ends.into_iter().find_map(|(end, unit)| field.ends_with(end).then_some(unit)))
    }

    /// What is wrong with a number's description.
    fn fault(number: &Number<'_>) -> Option<String> {
        let text = number.description.replace('\n', " ");
        if let Some((_, by_name)) = text.split_once("Unit by name: ") {
            let figures = Metric::ALL.into_iter().filter(|metric| !metric.is_stack_wide());
            let lacks = figures.map(Metric::name).find(|name| !by_name.contains(name));
            return lacks.map(|name| format!("says nothing of {name}"));
        }
        let unit = text.split_once("Unit: ").and_then(|(_, rest)| rest.strip_suffix('.'));
        match unit {
            None => Some("names no unit".into()),
            Some(unit) if !UNITS.contains(&unit) => Some(format!("`{unit}` is no unit")),
            Some(unit) => promised(number.field)
                .filter(|promised| *promised != unit)
                .map(|promised| format!("is in {unit}, and its name says {promised}")),
        }
    }

    #[test]
    fn every_number_names_its_unit() {
        for of in [Of::Record, Of::Summary] {
            let schema = schema(of);
            let mut found = Vec::new();
            numbers(&schema, "", "", &mut found);
            assert!(found.len() > 10, "{of:?} has {} numbers", found.len());
            let wrong: Vec<String> = found
                .iter()
                .filter_map(|number| {
                    Some(format!("{} {}: {}", number.field, fault(number)?, number.description))
                })
                .collect();
            assert_eq!(wrong, [""; 0], "{of:?}");
        }
    }

    #[test]
    fn a_number_without_its_unit_is_found() {
        let schema = serde_json::json!({"$defs": {"Of": {"description": "Unit: count.", "properties": {
            "bare": {"type": "integer", "description": "How many."},
            "wait_ms": {"type": ["number", "null"], "description": "How long. Unit: seconds."},
            "length": {"type": "number", "description": "How long. Unit: cubits."},
            "silent": {"type": "number"},
            "by_name": {"type": "object", "description": "Unit: count.", "additionalProperties": {"type": "integer"}},
        }}}});
        let mut found = Vec::new();
        numbers(&schema, "", "", &mut found);
        let wrong: Vec<&str> =
            found.iter().filter(|number| fault(number).is_some()).map(|number| number.field).collect();
        assert_eq!(wrong, ["bare", "wait_ms", "length", "silent"]);
    }
}
