//! Auth tables: users with what the kind needs, paths, keys, claims.

use std::time::Duration;

use super::check::Check;
use super::template::Template;
use super::variables::Names;
use super::{Population, PopulationId};
use crate::scenario::model::{Auth, Users, VerifyKey};
use crate::scenario::{Document, Place, one_of};

/// An `[auth.NAME]` table.
#[derive(Debug, Clone)]
pub struct AuthPlan {
    /// Its name.
    pub name: String,
    /// Its kind and settings, checked.
    pub auth: Auth,
    /// Its users (for client credentials and static headers: one nameless user).
    pub population: PopulationId,
    /// Claims of `mint`, compiled; empty otherwise.
    pub claims: Vec<(String, Claim)>,
    /// Life of a minted token.
    pub ttl: Duration,
    /// Line (1-based) in the scenario file.
    pub line: usize,
}

/// A claim's value.
#[derive(Debug, Clone)]
pub enum Claim {
    /// A string template.
    Text(Template),
    /// Any other JSON value.
    Value(serde_json::Value),
}

const ALGORITHMS: [&str; 12] = [
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
    "EdDSA",
];
const MINT_TTL: Duration = Duration::from_secs(300);

/// Populations found so far; one that is wrong stays as an empty place so that it is told once.
#[derive(Debug, Default)]
pub(super) struct Populations {
    pub list: Vec<Population>,
    broken: Vec<bool>,
}

impl Populations {
    /// Adds one; `None` is a wrong one.
    pub fn add(&mut self, population: Option<Population>) -> PopulationId {
        self.broken.push(population.is_none());
        self.list.push(population.unwrap_or_default());
        PopulationId(self.list.len() - 1)
    }

    /// Whether a population's own mistakes were told already.
    pub fn is_broken(&self, id: PopulationId) -> bool {
        self.broken.get(id.0).copied().unwrap_or_default()
    }

    /// The columns templates may use; `None` when the population is wrong.
    pub fn columns(&self, id: PopulationId) -> Option<&[String]> {
        let population = self.list.get(id.0)?;
        (!self.is_broken(id)).then_some(population.columns.as_slice())
    }
}

impl Check<'_> {
    /// All auth tables of a scenario.
    pub fn auths(&mut self, document: &Document, populations: &mut Populations) -> Vec<AuthPlan> {
        let place = document.root.key("auth");
        let auths = document.scenario.auth.iter();
        auths
            .map(|(name, auth)| {
                let place = place.key(name);
                self.name(name, place, "an auth");
                let population = self.users_of_auth(name, auth, place, populations);
                let (claims, ttl) = self.auth_settings(auth, place, populations.columns(population));
                let line = document.line(place);
                AuthPlan { name: name.to_owned(), auth: without_users(auth), population, claims, ttl, line }
            })
            .collect()
    }

    fn users_of_auth(
        &mut self,
        name: &str,
        auth: &Auth,
        place: &Place,
        populations: &mut Populations,
    ) -> PopulationId {
        let (users, with_password) = match auth {
            Auth::Oauth2ClientCredentials { .. } | Auth::Static { .. } => {
                return populations.add(Some(Population::nameless()));
            }
            Auth::Mint { users, .. } => (users, false),
            Auth::DrfToken { users, .. }
            | Auth::Jwt { users, .. }
            | Auth::Session { users, .. }
            | Auth::Basic { users } => (users, true),
        };
        let id = match users {
            Some(own) => {
                let population = self.population(own, place.key("users"));
                populations.add(population)
            }
            None => PopulationId(0),
        };
        if populations.is_broken(id) {
            return id;
        }
        let people =
            populations.list.get(id.0).map(|population| population.users.as_slice()).unwrap_or_default();
        if people.is_empty() {
            let help = "add `[users]` with `csv`, `list` or `pattern`, or give this auth its own `users`";
            self.wrong(place, format!("auth `{name}` has no users"), help);
        } else if let Some(user) = people.iter().find(|user| with_password && user.password.is_none()) {
            let count = people.iter().filter(|user| user.password.is_none()).count();
            let others = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
            let message = format!("auth `{name}` needs passwords, and user `{}`{others} has none", user.name);
            let help = "add a `password` column, or `password` or `password_env` beside `pattern`";
            self.wrong(if users.is_some() { place.key("users") } else { place }, message, help);
        }
        id
    }

    fn auth_settings(
        &mut self,
        auth: &Auth,
        place: &Place,
        columns: Option<&[String]>,
    ) -> (Vec<(String, Claim)>, Duration) {
        match auth {
            Auth::DrfToken { obtain, scheme, concurrency, .. } => {
                self.plain_path(obtain, place.key("obtain"));
                self.scheme(scheme, place);
                self.concurrency(*concurrency, place);
            }
            Auth::Jwt { obtain, refresh, logout, scheme, verify, concurrency, .. } => {
                self.plain_path(obtain, place.key("obtain"));
                self.optional_path(refresh.as_deref(), place.key("refresh"));
                self.optional_path(logout.as_deref(), place.key("logout"));
                self.scheme(scheme, place);
                self.concurrency(*concurrency, place);
                if let Some(verify) = verify {
                    self.verify(verify, place.key("verify"));
                }
            }
            Auth::Session { login, logout, csrf_header, concurrency, .. } => {
                self.plain_path(login, place.key("login"));
                self.optional_path(logout.as_deref(), place.key("logout"));
                self.header_name(csrf_header, place.key("csrf_header"), false);
                self.concurrency(*concurrency, place);
            }
            Auth::Basic { .. } => {}
            Auth::Oauth2ClientCredentials { token, client_secret_env, .. } => {
                let absolute =
                    url::Url::parse(token).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
                if !absolute {
                    self.plain_path(token, place.key("token"));
                }
                self.variable(client_secret_env, place.key("client_secret_env"));
            }
            Auth::Static { header, value_env } => {
                self.header_name(header, place.key("header"), false);
                self.variable(value_env, place.key("value_env"));
            }
            Auth::Mint { algorithm, secret_env, key, claims, ttl, scheme, .. } => {
                self.mint_key(algorithm, secret_env.as_deref(), key.as_deref(), place);
                self.scheme(scheme, place);
                let ttl = self.positive_duration(Some(ttl), place.key("ttl"), MINT_TTL);
                return (self.claims(claims, place.key("claims"), columns), ttl);
            }
        }
        (Vec::new(), MINT_TTL)
    }

    fn mint_key(&mut self, algorithm: &str, secret_env: Option<&str>, key: Option<&str>, place: &Place) {
        if !ALGORITHMS.contains(&algorithm) {
            let message = format!("unknown algorithm `{algorithm}`");
            return self.wrong(place.key("algorithm"), message, one_of(algorithm, ALGORITHMS));
        }
        let symmetric = algorithm.starts_with("HS");
        let (wanted, other) = if symmetric { ("secret_env", "key") } else { ("key", "secret_env") };
        let is_there = if symmetric { secret_env.is_some() } else { key.is_some() };
        if !is_there {
            let what =
                if symmetric { "the variable that holds the secret" } else { "the private key's PEM file" };
            let message = format!("{algorithm} needs `{wanted}`");
            self.wrong(place, message, format!("add `{wanted}`: {what}"));
        }
        if place.has(other) {
            let message = format!("{algorithm} does not use `{other}`");
            self.wrong_key(place.key(other), message, format!("use `{wanted}` alone"));
        }
        if let Some(variable) = secret_env {
            self.variable(variable, place.key("secret_env"));
        }
    }

    fn claims(
        &mut self,
        claims: &toml::Table,
        place: &Place,
        columns: Option<&[String]>,
    ) -> Vec<(String, Claim)> {
        let names = Names { user: columns, feeders: &[], extracted: &[], stack: &[], partial: &[] };
        let claims = claims.iter();
        claims
            .map(|(name, value)| {
                let place = place.key(name);
                let claim = match value {
                    toml::Value::String(text) => Claim::Text(self.template(text, place, &names)),
                    other => Claim::Value(self.json(other, place)),
                };
                (name.clone(), claim)
            })
            .collect()
    }

    fn verify(&mut self, key: &VerifyKey, place: &Place) {
        let written: Vec<&str> = ["secret_env", "key", "jwks"].into_iter().filter(|k| place.has(k)).collect();
        self.exactly_one(&written, "`secret_env`, `key`, `jwks`", place, "`verify`");
        if let Some(variable) = &key.secret_env {
            self.variable(variable, place.key("secret_env"));
        }
    }

    fn scheme(&mut self, scheme: &str, place: &Place) {
        if !super::check::is_token(scheme) {
            let message = format!("`{scheme}` cannot be an authorization scheme");
            self.wrong(place.key("scheme"), message, "one word, for example `Bearer` or `Token`");
        }
    }

    fn concurrency(&mut self, concurrency: u32, place: &Place) {
        if concurrency == 0 {
            self.wrong(place.key("concurrency"), "no login would ever start", "write 1 or more");
        }
    }

    fn optional_path(&mut self, path: Option<&str>, place: &Place) {
        if let Some(path) = path {
            self.plain_path(path, place);
        }
    }

    /// The name of an environment variable; people write the secret itself here.
    fn variable(&mut self, name: &str, place: &Place) {
        let fine = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !fine {
            // Not repeated: it may be the secret.
            let help = "write the variable's name, for example `API_TOKEN`, not its value";
            self.wrong(place, "this is no name of an environment variable", help);
        }
    }
}

/// The plan keeps users in populations, behind `SecretString`; a second copy would be printed by `Debug`.
fn without_users(auth: &Auth) -> Auth {
    let mut auth = auth.clone();
    let none: Option<Users> = None;
    match &mut auth {
        Auth::DrfToken { users, .. }
        | Auth::Jwt { users, .. }
        | Auth::Session { users, .. }
        | Auth::Basic { users }
        | Auth::Mint { users, .. } => *users = none,
        Auth::Oauth2ClientCredentials { .. } | Auth::Static { .. } => {}
    }
    auth
}

impl Template {
    /// Whether nothing would be rendered.
    pub(super) fn is_empty(&self) -> bool {
        self.as_literal().is_some_and(str::is_empty)
    }
}
