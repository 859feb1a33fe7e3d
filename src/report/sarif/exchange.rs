//! An exchange as SARIF has it: `webRequest` and `webResponse`, from the evidence's text. Secrets were taken out of it.

use serde_json::{Map, Value, json};

use crate::record::Evidence;
use crate::report::foreign;

/// Most header lines of a message and longest text of one.
const HEADERS: usize = 100;
const TEXT: usize = 1_000;

/// `GET /api/notes/`.
pub(super) fn line(evidence: &Evidence) -> String {
    let first = evidence.request.lines().next().unwrap_or_default();
    let (start, _) = split(first);
    foreign::line(start, foreign::LINE)
}

/// The request.
pub(super) fn request(evidence: &Evidence) -> Value {
    let mut lines = evidence.request.lines();
    let (start, version) = split(lines.next().unwrap_or_default());
    let (method, target) = start.split_once(' ').unwrap_or((start, ""));
    json!({
        "protocol": "http",
        "version": text(version),
        "method": text(method),
        "target": text(target),
        "headers": headers(lines),
    })
}

/// The answer, or that none came.
pub(super) fn response(evidence: &Evidence) -> Value {
    let mut lines = evidence.response.lines();
    let first = lines.next().unwrap_or_default();
    let mut words = first.splitn(3, ' ');
    let version = words.next().and_then(|word| word.strip_prefix("HTTP/"));
    let status = words.next().and_then(|word| word.parse::<u16>().ok());
    let (Some(version), Some(status)) = (version, status) else {
        return json!({ "noResponseReceived": true, "reasonPhrase": text(first) });
    };
    let mut of = json!({
        "protocol": "http",
        "version": text(version),
        "statusCode": status,
        "reasonPhrase": text(words.next().unwrap_or_default()),
        "headers": headers(lines),
    });
    if let Some(body) = &evidence.body {
        of["body"] = json!({ "text": foreign::block(body, TEXT) });
    }
    of
}

/// What stands before ` HTTP/1.1`, and the version.
fn split(line: &str) -> (&str, &str) {
    line.rsplit_once(" HTTP/").unwrap_or((line, ""))
}

/// Lines of one name are joined, as HTTP allows; the whole lines are in the record.
fn headers<'a>(lines: impl Iterator<Item = &'a str>) -> Map<String, Value> {
    let mut headers = Map::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')).take(HEADERS) {
        let value = text(value);
        match headers.get_mut(&text(name)) {
            Some(Value::String(before)) => {
                before.push_str(", ");
                before.push_str(&value);
            }
            _ => {
                headers.insert(text(name), Value::String(value));
            }
        }
    }
    headers
}

fn text(text: &str) -> String {
    foreign::line(text, TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(request: &str, response: &str) -> Evidence {
        Evidence { request: request.into(), response: response.into(), body: None, curl: String::new() }
    }

    #[test]
    fn messages_come_apart() {
        let of = evidence("GET /a b HTTP/1.1\r\nHost: x\nX-A: 1\nX-A: 2", "HTTP/1.1 200 Very OK\nServer: s");
        assert_eq!(line(&of), "GET /a b");
        assert_eq!(request(&of)["headers"], json!({ "Host": "x", "X-A": "1, 2" }));
        assert_eq!(
            (&response(&of)["statusCode"], &response(&of)["reasonPhrase"]),
            (&json!(200), &json!("Very OK"))
        );
        assert_eq!(response(&evidence("", "no answer: reset"))["noResponseReceived"], true);
    }
}
