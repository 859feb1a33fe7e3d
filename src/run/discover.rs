//! Values that each stack has its own of (hashed static names), looked up before the load.

use std::collections::BTreeMap;

use crate::auth::Wallet;
use crate::engine::extract;
use crate::plan::{DiscoverPlan, Plan};
use crate::secret::ExposeSecret;
use crate::wire::{self, Endpoint, Limits, Request};

/// The stack's values with those of `[[discover]]` added as `discover.NAME`.
///
/// # Errors
/// What was asked, what came, and what was looked for in it.
pub async fn discover(
    plan: &Plan,
    endpoint: &Endpoint,
    values: &BTreeMap<String, String>,
    wallet: &Wallet,
) -> Result<BTreeMap<String, String>, String> {
    let mut values = values.clone();
    for lookup in &plan.discover {
        let value = find(lookup, endpoint, wallet).await?;
        values.insert(format!("discover.{}", lookup.name), value);
    }
    Ok(values)
}

async fn find(lookup: &DiscoverPlan, endpoint: &Endpoint, wallet: &Wallet) -> Result<String, String> {
    let credential = lookup.auth.and_then(|auth| wallet.get(auth, 0));
    let mut request = Request::get(lookup.path.clone());
    for (name, value) in credential.iter().flat_map(|credential| &credential.headers) {
        request.headers.push((name.clone(), value.expose_secret().to_owned()));
    }
    let asked = format!("discover `{}`: GET {}", lookup.name, lookup.path);
    let response = wire::fetch(endpoint, &request, Limits::default())
        .await
        .map_err(|failure| format!("{asked}: {failure}"))?;
    let value = extract(&lookup.from, &response)
        .ok_or_else(|| format!("{asked} answered {} without the value; check `from`", response.status))?;
    // The value goes into a request line: what would end it is refused, whoever sent it.
    if value.bytes().any(|b| b <= b' ' || b == 0x7f) {
        return Err(format!("{asked}: the value found holds blanks or control characters"));
    }
    Ok(value)
}
