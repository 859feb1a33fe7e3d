//! HTTP Basic (RFC 7617): user name and password with every request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::issuer::Issuer;
use super::{Credential, authorization};
use crate::plan::User;

/// # Errors
/// A user name that Basic cannot carry.
pub(super) fn credential(issuer: &Issuer, user: &User) -> Result<Credential, String> {
    if user.name.contains(':') {
        return Err(format!("user `{}`: HTTP Basic takes no `:` in a user name (RFC 7617 2)", user.name));
    }
    let pair = STANDARD.encode(format!("{}:{}", user.name, issuer.password(user)));
    Ok(Credential { headers: vec![authorization("Basic", &pair)], ..Credential::default() })
}
