//! The application: its state and its routes.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::{any, get, post};

use super::jwt::Issuer;
use super::lockout::Lockout;
use super::notes::Notes;
use super::session::Sessions;
use super::static_files::StaticFiles;
use super::throttle::Throttle;
use super::users::{AccountId, Directory};
use super::{
    Fault, Profile, Settings, TargetError, accounts, gate, notes_api, odd, pages, static_files, strain,
    token_api,
};

/// Everything a handler may need.
pub(super) struct App {
    pub(super) profile: Profile,
    pub(super) settings: Settings,
    pub(super) users: Directory,
    pub(super) jwt: Issuer,
    pub(super) sessions: Sessions,
    pub(super) notes: Notes,
    pub(super) files: StaticFiles,
    pub(super) throttle: Throttle,
    pub(super) lockout: Lockout,
    /// Requests so far, for a fault that changes its mind.
    pub(super) turns: AtomicUsize,
    /// Answers by path, for the fault of a cache that does not look at credentials.
    pub(super) kept: Mutex<HashMap<String, Vec<u8>>>,
    /// Places of a page that has few, by fault.
    pub(super) places: tokio::sync::Semaphore,
    /// Held for a whole request on the dev profile: one at a time.
    pub(super) turn: tokio::sync::Mutex<()>,
}

/// The application as handlers share it.
pub(super) type Shared = Arc<App>;

impl App {
    pub(super) fn new(settings: Settings) -> Result<Self, TargetError> {
        let users = Directory::new(settings.users, settings.client_secret.clone());
        let notes = Notes::new((0..users.len()).map(|n| users.name(AccountId(n))));
        let secure = settings.profile.secure();
        Ok(App {
            profile: settings.profile,
            jwt: Issuer::new(settings.access_ttl, secure, settings.jwt_secret.as_ref())
                .with_faults(&settings.faults, settings.tls_dir.as_deref()),
            sessions: Sessions::new(&settings.faults),
            files: StaticFiles::new(settings.profile, &settings.faults)?,
            throttle: Throttle::new(settings.login_limit),
            lockout: Lockout::new(),
            turns: AtomicUsize::new(0),
            kept: Mutex::default(),
            places: tokio::sync::Semaphore::new(strain::PLACES),
            turn: tokio::sync::Mutex::new(()),
            users,
            notes,
            settings,
        })
    }

    /// Whether this fault is on.
    pub(super) fn has(&self, fault: Fault) -> bool {
        self.settings.faults.has(fault)
    }

    /// Whether a user is disabled.
    pub(super) fn disabled(&self, name: &str) -> bool {
        let list = self.settings.disabled.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        list.is_some_and(|list| list.lines().any(|line| line.trim() == name))
    }

    /// Whether it is served over TLS.
    pub(super) fn secure(&self) -> bool {
        self.profile.secure()
    }

    /// Whether a debug page stands in for the plain one: always on dev, on production by fault.
    pub(super) fn debug(&self, fault: Fault) -> bool {
        self.profile == Profile::Dev || self.has(fault)
    }
}

/// The routes, with the gate that every request and answer goes through.
pub(super) fn router(app: Shared) -> Router {
    Router::new()
        .route("/", get(pages::home))
        .route("/healthz", get(odd::healthz))
        .route("/boom/", any(odd::boom))
        .route("/slow/", get(odd::slow))
        .route("/redirect/", get(odd::redirect))
        .route("/status/{code}", any(odd::status))
        .route("/static/{name}", get(static_files::serve))
        .route("/accounts/login/", get(accounts::login_form).post(accounts::login))
        .route("/accounts/logout/", accounts::logout_route(&app))
        .route("/dashboard/", get(accounts::dashboard))
        .route("/api-token-auth/", post(token_api::drf_token))
        .route("/api/token/", post(token_api::obtain))
        .route("/api/token/refresh/", post(token_api::refresh))
        .route("/api/token/logout/", post(token_api::logout))
        .route("/oauth/token", post(token_api::client_credentials))
        .route("/admin/", get(notes_api::admin))
        .route("/api/whoami/", get(notes_api::whoami))
        .route("/api/notes/", get(notes_api::list).post(notes_api::create))
        .route("/api/notes/{id}/", get(notes_api::read).delete(notes_api::delete))
        .method_not_allowed_fallback(odd::method_not_allowed)
        .fallback(odd::not_found)
        .layer(axum::middleware::from_fn_with_state(app.clone(), gate::pass))
        .with_state(app)
}
