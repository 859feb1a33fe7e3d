//! DRF `TokenAuthentication`: one token for each user, without an end.

use reqwest::Method;

use super::client::{Call, Payload, credentials_hint};
use super::issuer::Issuer;
use super::{Credential, authorization};
use crate::plan::User;

/// # Errors
/// The refusal, in words.
pub(super) async fn obtain(
    issuer: &Issuer,
    user: &User,
    path: &str,
    scheme: &str,
) -> Result<Credential, String> {
    let password = issuer.password(user);
    let call = Call {
        method: Method::POST,
        path,
        headers: Vec::new(),
        payload: Payload::Json(serde_json::json!({ "username": user.name, "password": password })),
        secrets: vec![password],
    };
    let answer = issuer.client.send(call).await?;
    if !(200..300).contains(&answer.status) {
        return Err(answer.refusal(&user.name, credentials_hint(answer.status)));
    }
    Ok(Credential {
        headers: vec![authorization(scheme, &answer.text_at("token")?)],
        ..Credential::default()
    })
}
