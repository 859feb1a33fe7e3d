//! Tokens signed here, one for each virtual user.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, AlgorithmFamily, EncodingKey, Header};
use serde_json::{Map, Value};

use super::issuer::{Issuer, variable};
use super::{Credential, authorization};
use crate::plan::{Claim, Scope, User};

/// A key with the algorithm it signs by.
pub struct Signer {
    header: Header,
    key: EncodingKey,
}

impl Signer {
    /// A signer by algorithm name, from the environment variable of an HMAC secret or a PEM file.
    ///
    /// # Errors
    /// An unknown algorithm, a missing or unfit key, in words.
    pub fn new(
        algorithm: &str,
        secret_env: Option<&str>,
        key: Option<&Path>,
        kid: Option<&str>,
    ) -> Result<Self, String> {
        let algorithm = known(algorithm)?;
        let key = signing_key(algorithm, secret_env, key)?;
        let mut header = Header::new(algorithm);
        header.kid = kid.map(str::to_owned);
        Ok(Signer { header, key })
    }

    /// A token of these claims, with `iat` and `exp` unless they are among them.
    ///
    /// # Errors
    /// A key that cannot sign by the algorithm.
    pub fn sign(
        &self,
        mut claims: Map<String, Value>,
        now: SystemTime,
        ttl: Duration,
    ) -> Result<String, String> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        for (name, time) in [("iat", now), ("exp", now + ttl)] {
            claims.entry(name).or_insert_with(|| time.as_secs().into());
        }
        jsonwebtoken::encode(&self.header, &claims, &self.key)
            .map_err(|error| format!("cannot sign by {:?}: {error}", self.header.alg))
    }
}

/// An algorithm by its name.
fn known(name: &str) -> Result<Algorithm, String> {
    name.parse().map_err(|_| format!("`{name}` is no algorithm known here"))
}

/// The key to sign with, from the environment variable of an HMAC secret or a PEM file.
///
/// # Errors
/// A missing or unfit key, in words.
pub fn signing_key(
    algorithm: Algorithm,
    secret_env: Option<&str>,
    key: Option<&Path>,
) -> Result<EncodingKey, String> {
    let family = algorithm.family();
    let pem = match (family, secret_env, key) {
        (AlgorithmFamily::Hmac, Some(name), _) => {
            return Ok(EncodingKey::from_secret(variable(name)?.as_bytes()));
        }
        (AlgorithmFamily::Hmac, None, _) => {
            return Err(format!(
                "{algorithm:?} signs with a secret: name its environment variable (`secret_env`, on the command line --secret-env)"
            ));
        }
        (_, _, None) => {
            return Err(format!("{algorithm:?} signs with a private key: give `key`, a PEM file"));
        }
        (_, _, Some(path)) => path,
    };
    let bytes = std::fs::read(pem).map_err(|error| format!("key {}: {error}", pem.display()))?;
    let read = match family {
        AlgorithmFamily::Rsa => EncodingKey::from_rsa_pem(&bytes),
        AlgorithmFamily::Ec => EncodingKey::from_ec_pem(&bytes),
        _ => EncodingKey::from_ed_pem(&bytes),
    };
    read.map_err(|error| format!("key {} does not fit {algorithm:?}: {error}", pem.display()))
}

/// A minted credential for one user, the `number`-th of the run.
///
/// # Errors
/// As [`Signer::sign`].
pub(super) fn credential(
    issuer: &Issuer,
    signer: &Signer,
    user: &User,
    scheme: &str,
) -> Result<Credential, String> {
    let feeders = [];
    let scope = Scope {
        user: &user.values,
        feeders: &feeders,
        extracted: &[],
        counter: issuer.number(),
        random: rand::random(),
    };
    let claims = issuer.auth.claims.iter().map(|(name, claim)| {
        let value = match claim {
            Claim::Text(template) => Value::String(template.to_text(&scope)),
            Claim::Value(value) => value.clone(),
        };
        (name.clone(), value)
    });
    let now = SystemTime::now();
    let token = signer.sign(claims.collect(), now, issuer.auth.ttl)?;
    Ok(Credential {
        headers: vec![authorization(scheme, &token)],
        renew_before: now.checked_add(issuer.auth.ttl),
        ..Credential::default()
    })
}
