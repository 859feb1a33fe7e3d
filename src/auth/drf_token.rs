//! DRF `TokenAuthentication`: one token for each user, without an end.

use super::issuer::Issuer;
use super::{Credential, authorization};
use crate::auth::client::{Call, Payload};
use crate::plan::User;
use reqwest::Method;

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
    if answer.status != 200 {
        let hint = "check the user name and the password, and that the user is active";
        return Err(answer.refusal(&user.name, hint));
    }
    Ok(Credential {
        headers: vec![authorization(scheme, &answer.text_at("token")?)],
        ..Credential::default()
    })
}
