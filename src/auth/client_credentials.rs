//! OAuth 2.0 client credentials grant (RFC 6749 4.4), the client's secret by HTTP Basic (2.3.1).

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;

use super::client::{Call, Payload};
use super::issuer::{Issuer, variable};
use super::{Credential, authorization};

/// The client's id and secret as HTTP Basic carries them.
pub(super) fn basic(client_id: &str, secret: &str) -> String {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    STANDARD.encode(format!("{}:{}", encoded(client_id), encoded(secret)))
}

/// # Errors
/// The refusal, in words.
pub(super) async fn obtain(
    issuer: &Issuer,
    endpoint: &str,
    client_id: &str,
    secret_env: &str,
    scope: Option<&str>,
    audience: Option<&str>,
) -> Result<Credential, String> {
    let secret = variable(secret_env)?;
    let basic = basic(client_id, &secret);
    let mut fields = vec![("grant_type".to_owned(), "client_credentials".to_owned())];
    fields.extend(scope.map(|scope| ("scope".to_owned(), scope.to_owned())));
    fields.extend(audience.map(|audience| ("audience".to_owned(), audience.to_owned())));
    let call = Call {
        method: Method::POST,
        path: endpoint,
        headers: vec![("Authorization".into(), format!("Basic {basic}"))],
        payload: Payload::Form(fields),
        secrets: vec![secret, basic],
    };
    let answer = issuer.client.send(call).await?;
    if answer.status != 200 {
        return Err(answer.refusal(client_id, &format!("check `client_id` and the secret in `{secret_env}`")));
    }
    let token = answer.text_at("access_token")?;
    let seconds = answer.json().and_then(|json| json.get("expires_in")?.as_u64());
    let renew_before = seconds.and_then(|s| SystemTime::now().checked_add(Duration::from_secs(s)));
    Ok(Credential { headers: vec![authorization("Bearer", &token)], renew_before, ..Credential::default() })
}
