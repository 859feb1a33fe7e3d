//! One auth on one stack: gives out and renews the credentials of its users.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Method;

use super::client::{Call, Client, Payload};
use super::inspect::Keys;
use super::jwt::Jwt;
use super::mint::{self, Signer};
use super::session::Session;
use super::{Credential, basic, client_credentials, drf_token, static_header};
use crate::plan::{AuthPlan, Plan, User};
use crate::scenario::model::{Auth, VerifyKey};
use crate::secret::ExposeSecret;

/// What the kinds of auth share.
pub(super) struct Issuer {
    pub client: Arc<Client>,
    pub auth: AuthPlan,
    /// Keys that tokens must verify with, where the scenario gives some.
    pub keys: Option<Keys>,
    signer: Option<Signer>,
    counter: AtomicU64,
}

impl Issuer {
    /// # Errors
    /// A key that cannot be had, in words.
    pub async fn new(plan: &Plan, auth: &AuthPlan, client: Arc<Client>) -> Result<Self, String> {
        let folder = plan.source.folder();
        let mut issuer =
            Issuer { client, auth: auth.clone(), keys: None, signer: None, counter: AtomicU64::new(0) };
        match &auth.auth {
            Auth::Jwt { verify: Some(verify), .. } => {
                issuer.keys = Some(issuer.verifying(verify, &folder).await?)
            }
            Auth::Mint { algorithm, secret_env, key, kid, .. } => {
                let key = key.as_ref().map(|key| folder.join(key));
                let signer = Signer::new(algorithm, secret_env.as_deref(), key.as_deref(), kid.as_deref())?;
                issuer.signer = Some(signer);
            }
            _ => {}
        }
        Ok(issuer)
    }

    async fn verifying(&self, verify: &VerifyKey, folder: &Path) -> Result<Keys, String> {
        if let Some(name) = &verify.secret_env {
            return Ok(Keys::secret(variable(name)?.as_bytes(), name));
        }
        if let Some(key) = &verify.key {
            return Keys::read_pem(&folder.join(key));
        }
        let Some(jwks) = &verify.jwks else { return Err("`verify` names no key".into()) };
        if !jwks.starts_with('/') {
            return Keys::read_jwks(&folder.join(jwks));
        }
        let call = Call {
            method: Method::GET,
            path: jwks,
            headers: Vec::new(),
            payload: Payload::Nothing,
            secrets: Vec::new(),
        };
        let answer = self.client.send(call).await?;
        if answer.status != 200 {
            return Err(format!("{} answered {}", answer.asked, answer.status));
        }
        Keys::jwks(&answer.body, jwks)
    }

    /// A new credential for a user.
    ///
    /// # Errors
    /// The refusal, in words that hold no secret.
    pub async fn obtain(&self, user: &User) -> Result<Credential, String> {
        match &self.auth.auth {
            Auth::DrfToken { obtain, scheme, .. } => drf_token::obtain(self, user, obtain, scheme).await,
            Auth::Basic { .. } => basic::credential(self, user),
            Auth::Static { header, value_env } => static_header::credential(header, value_env),
            Auth::Oauth2ClientCredentials { token, client_id, client_secret_env, scope, audience } => {
                let (scope, audience) = (scope.as_deref(), audience.as_deref());
                client_credentials::obtain(self, token, client_id, client_secret_env, scope, audience).await
            }
            auth @ Auth::Jwt { .. } => match Jwt::of(auth) {
                Some(jwt) => jwt.obtain(self, user).await,
                None => Err("no settings".into()),
            },
            auth @ Auth::Session { .. } => match Session::of(auth) {
                Some(session) => session.obtain(self, user).await,
                None => Err("no settings".into()),
            },
            Auth::Mint { scheme, .. } => match &self.signer {
                Some(signer) => mint::credential(self, signer, user, scheme),
                None => Err("no signing key".into()),
            },
        }
    }

    /// A credential in place of one that ends soon.
    ///
    /// # Errors
    /// As [`Issuer::obtain`].
    pub async fn renew(&self, user: &User, old: &Credential) -> Result<Credential, String> {
        match Jwt::of(&self.auth.auth) {
            Some(jwt) => jwt.renew(self, user, old).await,
            None => self.obtain(user).await,
        }
    }

    /// Logins under way at once.
    pub fn concurrency(&self) -> usize {
        match &self.auth.auth {
            Auth::DrfToken { concurrency, .. }
            | Auth::Jwt { concurrency, .. }
            | Auth::Session { concurrency, .. } => usize::try_from(*concurrency).unwrap_or(1).max(1),
            _ => 4,
        }
    }

    /// The user's password; the plan has made sure that there is one where it is needed.
    pub fn password(&self, user: &User) -> String {
        user.password.as_ref().map(|password| password.expose_secret().to_owned()).unwrap_or_default()
    }

    /// A number that no other credential of this auth has.
    pub fn number(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }
}

/// The value of an environment variable.
///
/// # Errors
/// Its name, when it is unset, empty or no text.
pub(super) fn variable(name: &str) -> Result<String, String> {
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        Ok(_) => Err(format!("environment variable `{name}` is empty")),
        Err(_) => Err(format!("environment variable `{name}` is not set")),
    }
}
