//! CSV files with a header line: users and feeders.

use std::path::Path;

/// A bigger file does not fit a virtual user's memory budget.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Header and rows; every row has as many fields as the header.
#[derive(Debug)]
pub(super) struct CsvTable {
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

/// One row and its line (1-based) in the file.
#[derive(Debug)]
pub(super) struct Row {
    pub line: u64,
    pub fields: Vec<String>,
}

/// Why a file is no table: message and help. Never holds a field, which may be a password.
pub(super) type CsvError = (String, String);

impl CsvTable {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, CsvError> {
        let name = path.display();
        let unreadable = |error: std::io::Error| {
            (format!("cannot read `{name}`: {error}"), "the path is relative to the scenario file".to_owned())
        };
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > LARGEST {
            return Err((format!("`{name}` is larger than 64 MiB"), "keep the rows the load needs".into()));
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        Self::parse(&bytes, &name.to_string())
    }

    fn parse(bytes: &[u8], name: &str) -> Result<Self, CsvError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(bytes);
        let header = reader.headers().map_err(|error| explain(&error, bytes, name))?;
        let columns: Vec<String> = header.iter().map(str::to_owned).collect();
        if columns.iter().all(String::is_empty) {
            return Err((format!("`{name}` is empty"), "the first line names the columns".into()));
        }
        for (position, column) in columns.iter().enumerate() {
            if column.is_empty() || columns[..position].contains(column) {
                let message = format!("{name}:1: column {} has no name of its own", position + 1);
                return Err((message, "give every column another name".into()));
            }
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| explain(&error, bytes, name))?;
            rows.push(Row {
                line: line(record.position(), bytes),
                fields: record.iter().map(str::to_owned).collect(),
            });
        }
        if rows.is_empty() {
            return Err((format!("`{name}` has a header and no rows"), "add at least one row".into()));
        }
        Ok(CsvTable { columns, rows })
    }
}

/// Line of a record; the reader's own count leaves out the blank lines just before it.
fn line(position: Option<&csv::Position>, bytes: &[u8]) -> u64 {
    let Some(position) = position else { return 0 };
    let rest = usize::try_from(position.byte()).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
    let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n');
    position.line() + blank.count() as u64
}

fn explain(error: &csv::Error, bytes: &[u8], name: &str) -> CsvError {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => (
            format!(
                "{name}:{}: the row has {len} fields, the header has {expected_len}",
                line(pos.as_ref(), bytes)
            ),
            "put fields that hold a comma into double quotes".into(),
        ),
        csv::ErrorKind::Utf8 { pos, .. } => (
            format!("{name}:{}: the row is not UTF-8 text", line(pos.as_ref(), bytes)),
            "save the file as UTF-8".into(),
        ),
        _ => (
            format!("`{name}` cannot be read as CSV"),
            "fields are separated by commas, rows by lines".into(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_know_their_line() {
        let table = CsvTable::parse(b"\xef\xbb\xbfusername, plan\nada,\"a,b\"\n\nbob,c\n", "u.csv").unwrap();
        assert_eq!(table.columns, ["username", "plan"]);
        let rows: Vec<_> = table.rows.iter().map(|r| (r.line, r.fields.join("|"))).collect();
        assert_eq!(rows, [(2, "ada|a,b".to_owned()), (4, "bob|c".to_owned())]);
    }

    #[test]
    fn mistakes_say_the_line_and_hold_no_field() {
        let message = |bytes: &[u8]| CsvTable::parse(bytes, "u.csv").unwrap_err().0;
        assert_eq!(message(b"a,b\n1,2\nhunter2\n"), "u.csv:3: the row has 1 fields, the header has 2");
        assert_eq!(message(b""), "`u.csv` is empty");
        assert_eq!(message(b"a,b\n"), "`u.csv` has a header and no rows");
        assert_eq!(message(b"a,a\n1,2\n"), "u.csv:1: column 2 has no name of its own");
        assert_eq!(message(b"a,b\n1,\xff\n"), "u.csv:2: the row is not UTF-8 text");
    }
}
