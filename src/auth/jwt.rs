//! JSON Web Tokens: obtained with user name and password, renewed before `exp`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;

use super::client::{Answer, Call, Payload, credentials_hint};
use super::inspect;
use super::issuer::Issuer;
use super::{Credential, authorization};
use crate::plan::User;
use crate::scenario::model::Auth;
use crate::secret::{ExposeSecret, SecretString};

/// A clock this far off makes `exp` and `nbf` mean something else here than there.
const SKEW: u64 = 60;

/// The settings of an `[auth.*]` table of kind `jwt`.
pub(super) struct Jwt<'a> {
    obtain: &'a str,
    refresh: Option<&'a str>,
    scheme: &'a str,
    access_key: &'a str,
    refresh_key: &'a str,
}

impl<'a> Jwt<'a> {
    /// The settings, when the table is of this kind.
    pub fn of(auth: &'a Auth) -> Option<Self> {
        match auth {
            Auth::Jwt { obtain, refresh, scheme, access_key, refresh_key, .. } => {
                Some(Jwt { obtain, refresh: refresh.as_deref(), scheme, access_key, refresh_key })
            }
            _ => None,
        }
    }

    /// # Errors
    /// The refusal, or why the token cannot be trusted, in words.
    pub async fn obtain(&self, issuer: &Issuer, user: &User) -> Result<Credential, String> {
        let password = issuer.password(user);
        let call = Call {
            method: Method::POST,
            path: self.obtain,
            headers: Vec::new(),
            payload: Payload::Json(serde_json::json!({ "username": user.name, "password": password })),
            secrets: vec![password],
        };
        let answer = issuer.client.send(call).await?;
        if !(200..300).contains(&answer.status) {
            return Err(answer.refusal(&user.name, credentials_hint(answer.status)));
        }
        self.credential(issuer, user, &answer, None)
    }

    /// A new access token for the refresh token, or from the start when that is refused.
    ///
    /// # Errors
    /// As [`Jwt::obtain`].
    pub async fn renew(&self, issuer: &Issuer, user: &User, old: &Credential) -> Result<Credential, String> {
        let (Some(path), Some(refresh)) = (self.refresh, &old.refresh) else {
            return self.obtain(issuer, user).await;
        };
        let token = refresh.expose_secret();
        let call = Call {
            method: Method::POST,
            path,
            headers: Vec::new(),
            payload: Payload::Json(serde_json::json!({ self.refresh_key: token })),
            secrets: vec![token.to_owned()],
        };
        let answer = issuer.client.send(call).await?;
        if (200..300).contains(&answer.status) {
            return self.credential(issuer, user, &answer, Some(refresh.clone()));
        }
        issuer
            .client
            .warn(format!("{} answered {}: a new token was obtained instead", answer.asked, answer.status));
        self.obtain(issuer, user).await
    }

    fn credential(
        &self,
        issuer: &Issuer,
        user: &User,
        answer: &Answer,
        old_refresh: Option<SecretString>,
    ) -> Result<Credential, String> {
        let access = answer.text_at(self.access_key)?;
        let token = inspect::decode(&access).map_err(|error| {
            format!("the token of user `{}` from {} is no JWT: {error}", user.name, answer.asked)
        })?;
        if let Some(keys) = &issuer.keys {
            inspect::verify(&access, keys).map_err(|error| {
                format!("the token of user `{}` from {} does not verify: {error}", user.name, answer.asked)
            })?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs().cast_signed());
        // The token is the server's: `iat` may be any number.
        let skew = token.time("iat").map(|iat| iat.saturating_sub(now));
        if let Some(skew) = skew.filter(|skew| skew.unsigned_abs() > SKEW) {
            issuer.client.warn(format!(
                "{}: tokens are issued {} min {} this machine's clock; expiry is judged by two clocks",
                issuer.auth.name,
                skew.unsigned_abs() / 60,
                if skew > 0 { "ahead of" } else { "behind" }
            ));
        }
        let expires = token.time("exp");
        if expires.is_none() {
            issuer
                .client
                .warn(format!("{}: the access token has no `exp`: it is valid for ever", issuer.auth.name));
        }
        let renew_before =
            expires.and_then(|exp| UNIX_EPOCH.checked_add(Duration::from_secs(exp.max(0).unsigned_abs())));
        // A server that rotates gives a new refresh token; one that does not lets the old one stand.
        let refresh = answer.text_at(self.refresh_key).ok().map(SecretString::from).or(old_refresh);
        Ok(Credential {
            headers: vec![authorization(self.scheme, &access)],
            unsafe_headers: Vec::new(),
            renew_before,
            refresh,
        })
    }
}
