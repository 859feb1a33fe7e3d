//! Who the virtual users are, and how they prove it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who the virtual users are: one of `csv`, `list`, `pattern`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Users {
    /// CSV file with a header line; columns `username`, `password` and any others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csv: Option<String>,
    /// Users written here: `username`, `password` and any other columns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub list: Vec<BTreeMap<String, String>>,
    /// `user{1..500}`: names by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Password for `pattern`; `{{n}}` is the number, `{{name}}` the user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Environment variable that holds the password for `pattern`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_env: Option<String>,
}

/// How a user proves who they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Auth {
    /// DRF `TokenAuthentication`: POST user name and password, get `{"token": …}`.
    DrfToken {
        /// Path of the token endpoint.
        obtain: String,
        /// Scheme word in the Authorization header. Default `Token`.
        #[serde(default = "default_token_scheme")]
        scheme: String,
        /// Own users instead of the scenario's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        users: Option<Users>,
        /// Logins under way at once. Default 4.
        #[serde(default = "default_concurrency")]
        concurrency: u32,
    },
    /// JSON Web Tokens obtained with user name and password and refreshed before `exp`.
    Jwt {
        /// Path of the obtain endpoint.
        obtain: String,
        /// Path of the refresh endpoint; without it a new token is obtained instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refresh: Option<String>,
        /// Path of the logout (blacklist) endpoint, for the audit. It gets the refresh token, or where the login brings none,
        /// the access token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        logout: Option<String>,
        /// Scheme word in the Authorization header. Default `Bearer`.
        #[serde(default = "default_bearer_scheme")]
        scheme: String,
        /// JSON key of the access token in the answer. Default `access`.
        #[serde(default = "default_access_key")]
        access_key: String,
        /// JSON key of the refresh token in the answer. Default `refresh`.
        #[serde(default = "default_refresh_key")]
        refresh_key: String,
        /// Key to verify tokens with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verify: Option<VerifyKey>,
        /// Own users instead of the scenario's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        users: Option<Users>,
        /// Logins under way at once. Default 4.
        #[serde(default = "default_concurrency")]
        concurrency: u32,
    },
    /// Login form with a CSRF token; the session cookie is the proof.
    Session {
        /// Path of the login page: GET gives form and cookie, POST logs in.
        login: String,
        /// Path of the logout endpoint, for the audit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        logout: Option<String>,
        /// Form field of the user name. Default `username`.
        #[serde(default = "default_username_field")]
        username_field: String,
        /// Form field of the password. Default `password`.
        #[serde(default = "default_password_field")]
        password_field: String,
        /// Name of the CSRF cookie. Default `csrftoken`.
        #[serde(default = "default_csrf_cookie")]
        csrf_cookie: String,
        /// Form field of the CSRF token. Default `csrfmiddlewaretoken`.
        #[serde(default = "default_csrf_field")]
        csrf_field: String,
        /// Header that carries the CSRF token on unsafe methods. Default `X-CSRFToken`.
        #[serde(default = "default_csrf_header")]
        csrf_header: String,
        /// Name of the session cookie. Default `sessionid`.
        #[serde(default = "default_session_cookie")]
        session_cookie: String,
        /// Own users instead of the scenario's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        users: Option<Users>,
        /// Logins under way at once. Default 4.
        #[serde(default = "default_concurrency")]
        concurrency: u32,
    },
    /// HTTP Basic with each user's name and password.
    Basic {
        /// Own users instead of the scenario's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        users: Option<Users>,
    },
    /// OAuth 2.0 client credentials grant (RFC 6749 4.4).
    #[serde(rename = "oauth2-client-credentials")]
    Oauth2ClientCredentials {
        /// Path or URL of the token endpoint.
        token: String,
        /// Client id.
        client_id: String,
        /// Environment variable that holds the client secret.
        client_secret_env: String,
        /// Scopes, separated by spaces.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<String>,
        /// Audience parameter, where the server wants one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        audience: Option<String>,
    },
    /// A header whose value stands in an environment variable.
    Static {
        /// Header name. Default `Authorization`.
        #[serde(default = "default_authorization")]
        header: String,
        /// Environment variable that holds the whole header value.
        value_env: String,
    },
    /// Tokens signed here, one for each virtual user.
    Mint {
        /// HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or EdDSA.
        algorithm: String,
        /// Environment variable that holds the HMAC secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_env: Option<String>,
        /// PEM file of the private key, relative to the scenario file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// `kid` for the header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kid: Option<String>,
        /// Claims; string values are templates (`{{user.username}}`, `{{uuid}}`).
        #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
        claims: toml::Table,
        /// Life of a token, for `iat` and `exp`. Default 5 minutes; minted anew before it ends.
        #[serde(default = "default_mint_ttl")]
        #[schemars(extend("examples" = ["10m"]))]
        ttl: String,
        /// Scheme word in the Authorization header. Default `Bearer`.
        #[serde(default = "default_bearer_scheme")]
        scheme: String,
        /// Own users instead of the scenario's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        users: Option<Users>,
    },
}

/// Key to verify a token with: one of `secret_env`, `key`, `jwks`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VerifyKey {
    /// Environment variable that holds the HMAC secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// PEM file of the public key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Path on the stack, or file, of a JSON Web Key Set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<String>,
}

fn default_token_scheme() -> String {
    "Token".into()
}
fn default_bearer_scheme() -> String {
    "Bearer".into()
}
fn default_access_key() -> String {
    "access".into()
}
fn default_refresh_key() -> String {
    "refresh".into()
}
fn default_username_field() -> String {
    "username".into()
}
fn default_password_field() -> String {
    "password".into()
}
fn default_csrf_cookie() -> String {
    "csrftoken".into()
}
fn default_csrf_field() -> String {
    "csrfmiddlewaretoken".into()
}
fn default_csrf_header() -> String {
    "X-CSRFToken".into()
}
fn default_session_cookie() -> String {
    "sessionid".into()
}
fn default_authorization() -> String {
    "Authorization".into()
}
fn default_mint_ttl() -> String {
    "5m".into()
}
fn default_concurrency() -> u32 {
    4
}
