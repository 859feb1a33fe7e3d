//! Tokens: obtain, keep, refresh, mint, inspect. Prints no secret.
//!
//! A kind of auth is one file with a function that gives a credential, a variant of `scenario::model::Auth`, and an arm
//! in `issuer`.

mod basic;
mod client;
mod client_credentials;
mod drf_token;
pub mod explain;
pub mod inspect;
mod issuer;
mod jwt;
pub mod mint;
pub(crate) mod session;
mod static_header;
mod wallet;

use std::time::SystemTime;

use crate::plan::AuthId;
use crate::secret::{ExposeSecret, SecretString, of_token, parts};
pub use wallet::Wallet;

/// What a user sends to prove who they are.
#[derive(Debug, Clone, Default)]
pub struct Credential {
    /// Header lines for every request (Authorization, Cookie).
    pub headers: Vec<(String, SecretString)>,
    /// Further header lines for methods other than GET, HEAD, OPTIONS and TRACE (X-CSRFToken, Referer, Origin).
    pub unsafe_headers: Vec<(String, SecretString)>,
    /// When it has to be renewed: before this time.
    pub renew_before: Option<SystemTime>,
    /// What renews it (a refresh token); never sent with requests.
    pub refresh: Option<SecretString>,
}

impl Credential {
    /// Every secret in it, as it may stand somewhere else: header values, tokens without their scheme, cookies
    /// without their names, the refresh token.
    pub fn secrets(&self) -> impl Iterator<Item = String> {
        let lines = self.headers.iter().chain(&self.unsafe_headers);
        let refresh = self.refresh.as_ref().map(|refresh| refresh.expose_secret().to_owned());
        let refresh = refresh.into_iter().flat_map(|token| [of_token(&token), vec![token]].concat());
        lines.flat_map(|(_, value)| parts(value.expose_secret())).chain(refresh)
    }
}

/// A login that failed: names user, endpoint and status, never the password.
#[derive(Debug, thiserror::Error)]
#[error("auth `{auth}`: {message}")]
pub struct AuthError {
    /// Name of the auth table.
    pub auth: String,
    /// User, endpoint, status and what to check.
    pub message: String,
}

/// A credential that was renewed during the run.
#[derive(Debug, Clone)]
pub struct Renewed {
    /// Which auth.
    pub auth: AuthId,
    /// Which user of its population.
    pub user: usize,
    /// The new credential.
    pub credential: Credential,
}

/// An Authorization header line.
fn authorization(scheme: &str, value: &str) -> (String, SecretString) {
    ("Authorization".to_owned(), SecretString::from(format!("{scheme} {value}")))
}
