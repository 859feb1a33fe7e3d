//! Differential test: the same bytes read by this parser and by hyper's client. Where the two part is written down in
//! `disagreements.toml` with the reason; what is not written there has to be read the same.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

#[path = "../feed/mod.rs"]
mod feed;
mod forms;
mod hyper_reading;
mod own_reading;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use forms::Form;
use shakedown::wire::{ParseError, ResponseParser, Step};

/// How an answer was read: what a client's user can see of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    status: u16,
    /// Names in lower case, in order within a name; sorted by name, since hyper keeps no other order.
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    trailers: Vec<(String, Vec<u8>)>,
    /// Whether the connection takes another request.
    reusable: bool,
}

/// Whatever is wrong, an answer that is refused is refused: the words differ, the class does not matter.
type Read = Result<Reading, ()>;

fn in_words(read: &Read) -> String {
    let Ok(reading) = read else { return "refused".to_owned() };
    let list = |lines: &[(String, Vec<u8>)]| {
        let lines: Vec<String> =
            lines.iter().map(|(name, value)| format!("{name}={}", shortened(value))).collect();
        lines.join(" ")
    };
    let mut words =
        format!("{} [{}] \"{}\"", reading.status, list(&reading.fields), shortened(&reading.body));
    if !reading.trailers.is_empty() {
        let _ = write!(words, " trailers [{}]", list(&reading.trailers));
    }
    words + if reading.reusable { " kept" } else { " closed" }
}

fn shortened(bytes: &[u8]) -> String {
    let text: String = bytes.iter().take(40).map(|byte| byte.escape_ascii().to_string()).collect();
    if bytes.len() > 40 { format!("{text}… ({} bytes)", bytes.len()) } else { text }
}

/// Form: ours, hyper's, why ours is right.
type Disagreements = BTreeMap<String, (String, String, String)>;

fn listed() -> Disagreements {
    let text = include_str!("disagreements.toml");
    let table: toml::Table = text.parse().unwrap();
    let texts = |entry: &toml::Value, key: &str| entry[key].as_str().unwrap().to_owned();
    let mut listed = Disagreements::new();
    for group in table["groups"].as_array().unwrap() {
        let reason = texts(group, "reason");
        assert!(reason.contains("RFC"), "a reason names its standard: {reason}");
        for (form, pair) in group["forms"].as_table().unwrap() {
            let pair = pair.as_array().unwrap();
            let entry =
                (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned(), reason.clone());
            assert!(listed.insert(form.clone(), entry).is_none(), "`{form}` is listed twice");
        }
    }
    listed
}

#[tokio::test]
async fn every_disagreement_with_hyper_is_listed_with_its_reason() {
    let forms = forms::all();
    let names: BTreeSet<&str> = forms.iter().map(|form| form.name.as_str()).collect();
    assert_eq!(names.len(), forms.len(), "each form has its own name");
    assert!(forms.len() >= 200, "{} forms", forms.len());
    let listed = listed();
    let mut wrong = String::new();
    for name in listed.keys().filter(|name| !names.contains(name.as_str())) {
        let _ = writeln!(wrong, "`{name}` is listed and is no form");
    }
    for form in &forms {
        let ours = in_words(&own_reading::read(form));
        let theirs = in_words(&hyper_reading::read(form).await);
        let entry = listed.get(&form.name);
        match entry {
            None if ours == theirs => {}
            Some((said, other, _)) if *said == ours && *other == theirs && ours != theirs => {}
            Some(_) if ours == theirs => {
                let _ = writeln!(wrong, "`{}` is listed, but both read {ours}", form.name);
            }
            _ => {
                let _ = writeln!(wrong, "{} = [{}, {}]", quoted(&form.name), quoted(&ours), quoted(&theirs));
            }
        }
    }
    assert!(wrong.is_empty(), "disagreements.toml is not true:\n{wrong}");
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[test]
fn the_split_of_the_bytes_changes_nothing() {
    for form in forms::all() {
        let whole = own_reading::read(&form);
        // A large form costs much and has nothing new in its middle.
        let places = (0..form.bytes.len()).filter(|place| form.bytes.len() < 300 || place % 4099 == 0);
        for place in places {
            let (before, after) = form.bytes.split_at(place);
            assert_eq!(own_reading::read_pieces(&form, &[before, after]), whole, "{} at {place}", form.name);
        }
        if form.bytes.len() < 3000 {
            let single: Vec<&[u8]> = form.bytes.chunks(1).collect();
            assert_eq!(own_reading::read_pieces(&form, &single), whole, "{} byte by byte", form.name);
        }
    }
}

/// The two readers are told apart from one that says yes to everything.
#[tokio::test]
async fn both_readers_refuse_and_accept() {
    let form = |bytes: &str| Form { name: String::new(), method: "GET", bytes: bytes.into() };
    let good = form("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    let bad = form("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi");
    let reading = own_reading::read(&good).unwrap();
    assert_eq!((reading.status, reading.body.as_slice(), reading.reusable), (200, &b"hi"[..], true));
    assert_eq!(hyper_reading::read(&good).await, Ok(reading));
    assert_eq!((own_reading::read(&bad), hyper_reading::read(&bad).await), (Err(()), Err(())));
}
