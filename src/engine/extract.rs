//! A value taken from an answer that was kept whole.

use crate::plan::ExtractPlan;
use crate::wire::Response;

/// The value, when the answer has it.
#[must_use]
pub fn extract(from: &ExtractPlan, response: &Response) -> Option<String> {
    match from {
        ExtractPlan::Header(name) => response.header(name),
        ExtractPlan::Json(path) => {
            let body: serde_json::Value = serde_json::from_slice(&response.body).ok()?;
            match path.query(&body).first()? {
                serde_json::Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            }
        }
        ExtractPlan::Regex(pattern) => {
            let found = pattern.captures(&response.body)?;
            let value = found.get(1).or_else(|| found.get(0))?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extracts_from_header_json_and_text() {
        let response = Response {
            headers: vec![("Location".into(), b"/a".to_vec())],
            body: br#"{"id": 7, "css": "/static/app.1a.css"}"#.to_vec(),
            ..Response::default()
        };
        let pattern = |text: &str| ExtractPlan::Regex(regex::bytes::Regex::new(text).unwrap());
        let json = |text: &str| ExtractPlan::Json(serde_json_path::JsonPath::parse(text).unwrap());
        assert_eq!(extract(&ExtractPlan::Header("location".into()), &response).as_deref(), Some("/a"));
        assert_eq!(extract(&json("$.id"), &response).as_deref(), Some("7"));
        assert_eq!(extract(&json("$.css"), &response).as_deref(), Some("/static/app.1a.css"));
        assert_eq!(extract(&pattern(r#"app\.(\w+)\.css"#), &response).as_deref(), Some("1a"));
        assert_eq!(extract(&pattern("nothing"), &response), None);
    }
}
