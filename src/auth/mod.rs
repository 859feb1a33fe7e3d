//! Tokens: obtain, keep, refresh, mint, inspect. Prints no secret.

use std::time::SystemTime;

use crate::plan::{AuthId, Plan};
use crate::secret::{Redactor, SecretString};
use crate::wire::Endpoint;

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

/// Every credential of one stack.
#[derive(Debug, Clone, Default)]
pub struct Wallet {
    /// By auth, then by user of the auth's population.
    pub credentials: Vec<Vec<Credential>>,
    /// Oddities worth a line in the report (throttled logins, skewed clocks, tokens that outlive nothing).
    pub warnings: Vec<String>,
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

impl Wallet {
    /// Obtains every credential that the routes use, with each auth's bounded concurrency.
    /// `say(done, total)` reports progress.
    ///
    /// # Errors
    /// The first login that was refused, or an endpoint that cannot be reached.
    pub async fn obtain(
        plan: &Plan,
        endpoint: &Endpoint,
        say: &(dyn Fn(usize, usize) + Send + Sync),
    ) -> Result<Wallet, AuthError> {
        let _ = (plan, endpoint, say);
        todo!()
    }

    /// The credential of a user.
    pub fn get(&self, auth: AuthId, user: usize) -> Option<&Credential> {
        self.credentials.get(auth.0)?.get(user)
    }

    /// Renews the credentials that end within `margin` of now.
    ///
    /// # Errors
    /// As [`Wallet::obtain`]; the old credentials stay.
    pub async fn renew(
        &mut self,
        plan: &Plan,
        endpoint: &Endpoint,
        margin: std::time::Duration,
    ) -> Result<Vec<Renewed>, AuthError> {
        let _ = (plan, endpoint, margin);
        todo!()
    }

    /// Every secret in here and in the plan, for redaction.
    pub fn redactor(&self, plan: &Plan) -> Redactor {
        let _ = plan;
        todo!()
    }
}
