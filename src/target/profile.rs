//! The two ways the target behaves.

/// Dev-like or production-like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// Like `manage.py runserver`: plain http, one request at a time, debug pages, plain static files.
    Dev,
    /// Like nginx in front of a hardened application: TLS, all cores, security headers, hashed static files.
    Production,
}

impl Profile {
    /// Whether it is served over TLS.
    pub fn secure(self) -> bool {
        self == Profile::Production
    }

    /// Scheme of its URL.
    pub fn scheme(self) -> &'static str {
        if self.secure() { "https" } else { "http" }
    }
}
