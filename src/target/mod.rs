//! The embedded target: a small notes application in a dev-like and a production-like profile, with real tokens,
//! sessions and static files. Imported by `cli` and the tests only.
//!
//! One [`Fault`] switches off or spoils one thing that the audit looks for.

mod accounts;
mod answers;
mod app;
mod bookkeeping;
mod bounded;
mod caller;
mod cookies;
mod csp;
mod csrf;
mod debug_pages;
mod delivery;
mod doors;
mod entrance;
mod exposed;
mod fault;
mod fields;
mod gate;
mod headers;
mod jwt;
mod jwt_faults;
mod lockout;
mod loose;
mod notes;
mod notes_api;
mod odd;
mod old_tls;
mod pages;
mod plain;
mod profile;
mod protocol;
mod random;
mod server;
mod session;
mod split_write;
mod static_files;
mod strain;
mod throttle;
mod tls;
mod token_api;
mod users;

use std::path::PathBuf;
use std::time::Duration;

use crate::secret::SecretString;

pub use fault::{Fault, Faults, UnknownFault};
pub use profile::Profile;
pub use server::serve;

/// What to serve, and how.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Dev-like or production-like.
    pub profile: Profile,
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where the certificate authority and the server's certificate are kept; needed for production.
    pub tls_dir: Option<PathBuf>,
    /// How many users there are: `user1` with password `shakedown-1`, and so on.
    pub users: usize,
    /// What is wrong on purpose.
    pub faults: Faults,
    /// Logins a minute for each user name; `None`: no limit.
    pub login_limit: Option<u32>,
    /// How long a request may take to come in; `None`: a minute for its head and twenty seconds for its body.
    pub read_timeout: Option<Duration>,
    /// Life of an access token.
    pub access_ttl: Duration,
    /// What JWTs are signed with; `None`: a key that nobody knows.
    pub jwt_secret: Option<SecretString>,
    /// File with the names of disabled users, one a line; it may be absent.
    pub disabled: Option<PathBuf>,
    /// Secret of the OAuth client `shakedown`; `None`: one that nobody knows.
    pub client_secret: Option<SecretString>,
}

/// Why the target could not serve.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The production profile has no place for its certificates.
    #[error("the production profile needs a folder for its certificates: add --tls-dir DIR")]
    NoTlsDir,
    /// A file, socket or thread could not be had.
    #[error("{what}: {error}")]
    Io {
        /// What was being done.
        what: String,
        /// Why not.
        error: std::io::Error,
    },
    /// A certificate could not be made or used.
    #[error("certificate: {0}")]
    Certificate(String),
}

impl TargetError {
    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> TargetError {
        let what = what.into();
        move |error| TargetError::Io { what, error }
    }
}
