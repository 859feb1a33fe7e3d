//! The fields of a request body: a form or a JSON object.

use std::collections::HashMap;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::Fault;
use super::answers::detail;
use super::app::Shared;

/// Largest body that is read.
pub(super) const BODY_LIMIT: usize = 1024 * 1024;
/// What is read and dropped beyond it, so that the client gets the refusal instead of a reset.
const DRAIN_LIMIT: usize = 8 * 1024 * 1024;

/// A body that takes longer is given up: on the dev profile everyone else waits for it.
const BODY_TIME: Duration = Duration::from_secs(20);

/// Names and values.
#[derive(Debug, Default)]
pub(super) struct Fields(HashMap<String, String>);

impl Fields {
    /// A field's value; `None` when it is not there or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl FromRequest<Shared> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let time = match app.settings.read_timeout {
            _ if app.has(Fault::EndlessBody) => Duration::from_secs(3600),
            given => given.unwrap_or(BODY_TIME),
        };
        let limit = if app.has(Fault::LargeBodies) { 16 * BODY_LIMIT } else { BODY_LIMIT };
        let bytes = tokio::time::timeout(time, read(body, limit))
            .await
            .map_err(|_| detail(StatusCode::REQUEST_TIMEOUT, "The body did not come in time."))??;
        match kind.as_str() {
            _ if bytes.is_empty() => Ok(Fields::default()),
            "application/json" => from_json(&bytes).ok_or_else(|| {
                if app.has(Fault::FieldsCrash) && bytes.starts_with(b"[[[[") {
                    return detail(StatusCode::INTERNAL_SERVER_ERROR, "Sorry.");
                }
                detail(StatusCode::BAD_REQUEST, "JSON parse error - an object is wanted")
            }),
            "application/x-www-form-urlencoded" => {
                Ok(Fields(url::form_urlencoded::parse(&bytes).into_owned().collect()))
            }
            _ => Err(detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type in request.")),
        }
    }
}

fn from_json(bytes: &[u8]) -> Option<Fields> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(bytes).ok()?;
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Some(Fields(object.into_iter().map(|(name, value)| (name, text(value))).collect()))
}

async fn read(mut body: Body, limit: usize) -> Result<Vec<u8>, Response> {
    let mut bytes = Vec::new();
    let mut seen = 0;
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| detail(StatusCode::BAD_REQUEST, "The body broke off."))?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen <= limit {
            bytes.extend_from_slice(&data);
        } else if seen > limit + DRAIN_LIMIT {
            break;
        }
    }
    if seen > limit {
        return Err(detail(StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 1 MiB."));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_up_to_the_limit_is_read_and_one_beyond_it_refused() {
        assert_eq!(read(Body::from(vec![b'x'; BODY_LIMIT]), BODY_LIMIT).await.unwrap().len(), BODY_LIMIT);
        let refused = read(Body::from(vec![b'x'; BODY_LIMIT + 1]), BODY_LIMIT).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[test]
    fn json_values_become_text() {
        let fields = from_json(br#"{"a": "b", "n": 1, "empty": ""}"#).unwrap();
        assert_eq!((fields.get("a"), fields.get("n"), fields.get("empty")), (Some("b"), Some("1"), None));
        assert!(from_json(b"[]").is_none());
    }
}
