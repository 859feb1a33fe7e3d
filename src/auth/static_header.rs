//! A header whose value stands in an environment variable.

use super::Credential;
use super::issuer::variable;
use crate::secret::SecretString;

/// # Errors
/// The variable's name, when it is unset or holds what a header line cannot.
pub(super) fn credential(header: &str, value_env: &str) -> Result<Credential, String> {
    let value = variable(value_env)?;
    if value.bytes().any(|b| b < b' ' || b == 0x7f) {
        return Err(format!(
            "environment variable `{value_env}` holds control characters (a line break at its end?)"
        ));
    }
    Ok(Credential { headers: vec![(header.to_owned(), SecretString::from(value))], ..Credential::default() })
}
