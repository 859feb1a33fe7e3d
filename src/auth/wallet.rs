//! Every credential of one stack: obtained before the load, renewed beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::task::JoinSet;

use super::client::Client;
use super::issuer::Issuer;
use super::{AuthError, Credential, Renewed, client_credentials};
use crate::plan::{AuthId, Plan, User};
use crate::scenario::model::{Auth, VerifyKey};
use crate::secret::Redactor;
use crate::wire::{Endpoint, printable};

/// Characters of an error: what a server or a key set says in it stays on one line of this length.
const LONGEST_ERROR: usize = 1000;

/// Every credential of one stack.
#[derive(Debug, Clone, Default)]
pub struct Wallet {
    /// By auth, then by user of the auth's population; empty for an auth that no route uses.
    pub credentials: Vec<Vec<Credential>>,
    /// Oddities worth a line in the report (throttled logins, skewed clocks, tokens that never end).
    pub warnings: Vec<String>,
}

/// A login to make: position of the user, and the credential it replaces.
type Job = (usize, User, Option<Credential>);

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
        let used = used(plan);
        let users_of = |id: AuthId| plan.populations[plan.auths[id.0].population.0].users.as_slice();
        let total = used.iter().map(|id| users_of(*id).len()).sum();
        let mut wallet = Wallet { credentials: vec![Vec::new(); plan.auths.len()], warnings: Vec::new() };
        let mut done = 0;
        for id in used {
            let issuer = issuer(plan, id, endpoint).await?;
            let jobs = users_of(id).iter().cloned().enumerate().map(|(i, user)| (i, user, None)).collect();
            let mut count = || {
                done += 1;
                say(done, total);
            };
            let (obtained, failed) = work(&issuer, jobs, &mut count).await;
            wallet.warnings.extend(issuer.client.take_warnings());
            if let Some(error) = failed {
                return Err(error);
            }
            wallet.credentials[id.0] = obtained.into_values().collect();
        }
        Ok(wallet)
    }

    /// The credential of a user.
    pub fn get(&self, auth: AuthId, user: usize) -> Option<&Credential> {
        self.credentials.get(auth.0)?.get(user)
    }

    /// Renews the credentials that end within `margin` of now, each auth's with its bounded concurrency. Those that
    /// could not be renewed stay as they are and are due at the next call; `warnings` says why.
    ///
    /// # Errors
    /// As [`Wallet::obtain`], when not one of those that are due was renewed.
    pub async fn renew(
        &mut self,
        plan: &Plan,
        endpoint: &Endpoint,
        margin: Duration,
    ) -> Result<Vec<Renewed>, AuthError> {
        let limit = SystemTime::now() + margin;
        let (mut renewed, mut failures) = (Vec::new(), Vec::new());
        for id in (0..self.credentials.len()).map(AuthId) {
            let users = &plan.populations[plan.auths[id.0].population.0].users;
            let jobs: Vec<Job> = self.credentials[id.0]
                .iter()
                .zip(users)
                .enumerate()
                .filter(|(_, (credential, _))| credential.renew_before.is_some_and(|at| at <= limit))
                .map(|(i, (credential, user))| (i, user.clone(), Some(credential.clone())))
                .collect();
            if jobs.is_empty() {
                continue;
            }
            let issuer = match issuer(plan, id, endpoint).await {
                Ok(issuer) => issuer,
                Err(error) => {
                    failures.push(error);
                    continue;
                }
            };
            // What was renewed is kept whatever comes after it: its old refresh token may be spent.
            let (done, failed) = work(&issuer, jobs, &mut || {}).await;
            failures.extend(failed);
            for (user, credential) in done {
                self.credentials[id.0][user] = credential.clone();
                renewed.push(Renewed { auth: id, user, credential });
            }
            self.note(issuer.client.take_warnings());
        }
        if renewed.is_empty() && !failures.is_empty() {
            return Err(failures.swap_remove(0));
        }
        self.note(failures.iter().map(|error| format!("not renewed: {error}")));
        Ok(renewed)
    }

    /// Keeps each oddity once: a run renews every few seconds.
    fn note(&mut self, warnings: impl IntoIterator<Item = String>) {
        for warning in warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
    }

    /// Every secret in here and in the plan, for redaction.
    pub fn redactor(&self, plan: &Plan) -> Redactor {
        let mut secrets: BTreeSet<String> = plan.own_secrets().collect();
        for credential in self.credentials.iter().flatten() {
            secrets.extend(credential.secrets());
        }
        let variables = plan.auths.iter().flat_map(|auth| variables(&auth.auth));
        secrets.extend(variables.filter_map(|name| std::env::var(name).ok()));
        for auth in &plan.auths {
            if let Auth::Oauth2ClientCredentials { client_id, client_secret_env, .. } = &auth.auth
                && let Ok(secret) = std::env::var(client_secret_env)
            {
                secrets.insert(client_credentials::basic(client_id, &secret));
            }
        }
        Redactor::new(secrets)
    }
}

/// Environment variables that hold secrets of an auth.
fn variables(auth: &Auth) -> Vec<&str> {
    let found = match auth {
        Auth::Jwt { verify: Some(VerifyKey { secret_env, .. }), .. } | Auth::Mint { secret_env, .. } => {
            secret_env.as_deref()
        }
        Auth::Oauth2ClientCredentials { client_secret_env, .. } => Some(client_secret_env.as_str()),
        Auth::Static { value_env, .. } => Some(value_env.as_str()),
        _ => None,
    };
    found.into_iter().collect()
}

/// The auths that a route or a look-up uses.
fn used(plan: &Plan) -> BTreeSet<AuthId> {
    let routes = plan.routes.iter().filter_map(|route| route.auth);
    routes.chain(plan.discover.iter().filter_map(|lookup| lookup.auth)).collect()
}

async fn issuer(plan: &Plan, id: AuthId, endpoint: &Endpoint) -> Result<Arc<Issuer>, AuthError> {
    let auth = &plan.auths[id.0];
    let failed =
        |message: String| AuthError { auth: auth.name.clone(), message: printable(&message, LONGEST_ERROR) };
    let client = Client::new(endpoint).map_err(failed)?;
    Issuer::new(plan, auth, Arc::new(client)).await.map(Arc::new).map_err(failed)
}

/// Does the jobs, so many at once. After the first failure no more are begun; renewals under way end, since the
/// server may have spent their refresh tokens, logins are dropped.
async fn work(
    issuer: &Arc<Issuer>,
    jobs: Vec<Job>,
    count: &mut (dyn FnMut() + Send),
) -> (BTreeMap<usize, Credential>, Option<AuthError>) {
    let renewing = jobs.iter().any(|(_, _, old)| old.is_some());
    let mut waiting = jobs.into_iter();
    let mut under_way = JoinSet::new();
    let mut done = BTreeMap::new();
    let mut failed = None;
    loop {
        while failed.is_none()
            && under_way.len() < issuer.concurrency()
            && let Some((position, user, old)) = waiting.next()
        {
            let issuer = Arc::clone(issuer);
            under_way.spawn(async move {
                let credential = match &old {
                    Some(old) => issuer.renew(&user, old).await,
                    None => issuer.obtain(&user).await,
                };
                (position, credential)
            });
        }
        let mut fail = |message: String| {
            let message = printable(&message, LONGEST_ERROR);
            failed.get_or_insert(AuthError { auth: issuer.auth.name.clone(), message });
        };
        match under_way.join_next().await {
            None => return (done, failed),
            Some(Ok((position, Ok(credential)))) => {
                done.insert(position, credential);
                count();
            }
            Some(Ok((_, Err(message)))) => fail(message),
            Some(Err(error)) => fail(error.to_string()),
        }
        if failed.is_some() && !renewing {
            return (done, failed);
        }
    }
}
