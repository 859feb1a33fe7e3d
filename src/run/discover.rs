//! Values that each stack has its own of (hashed static names), looked up before the load.

use std::collections::BTreeMap;

use crate::auth::Wallet;
use crate::plan::{DiscoverPlan, ExtractPlan, Plan};
use crate::secret::ExposeSecret;
use crate::wire::{self, Endpoint, Limits, Request, Response};

/// The stack's values with those of `[[discover]]` added as `discover.NAME`.
///
/// # Errors
/// What was asked, what came, and what was looked for in it.
pub async fn discover(
    plan: &Plan,
    endpoint: &Endpoint,
    values: &BTreeMap<String, String>,
    wallet: &Wallet,
) -> Result<BTreeMap<String, String>, String> {
    let mut values = values.clone();
    for lookup in &plan.discover {
        let value = find(lookup, endpoint, wallet).await?;
        values.insert(format!("discover.{}", lookup.name), value);
    }
    Ok(values)
}

async fn find(lookup: &DiscoverPlan, endpoint: &Endpoint, wallet: &Wallet) -> Result<String, String> {
    let credential = lookup.auth.and_then(|auth| wallet.get(auth, 0));
    let headers = credential
        .map(|c| {
            c.headers.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned())).collect()
        })
        .unwrap_or_default();
    let request = Request { method: "GET".into(), target: lookup.path.clone(), headers, body: Vec::new() };
    let asked = format!("discover `{}`: GET {}", lookup.name, lookup.path);
    let response = wire::fetch(endpoint, &request, Limits::default())
        .await
        .map_err(|failure| format!("{asked}: {failure}"))?;
    let value = extract(&lookup.from, &response)
        .ok_or_else(|| format!("{asked} answered {} without the value; check `from`", response.status))?;
    // The value goes into a request line: what would end it is refused, whoever sent it.
    if value.bytes().any(|b| b <= b' ' || b == 0x7f) {
        return Err(format!("{asked}: the value found holds blanks or control characters"));
    }
    Ok(value)
}

fn extract(from: &ExtractPlan, response: &Response) -> Option<String> {
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
