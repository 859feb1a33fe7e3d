//! JSON Web Tokens decoded, verified and explained: pure functions of a token, keys and the time.
//!
//! Which algorithm may verify is decided by the key, never by the token (RFC 8725 3.1).

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation};
use serde_json::{Map, Value};

/// Longest token looked at: no server takes a larger header.
const LONGEST: usize = 64 * 1024;

/// A token, decoded and not verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// The JOSE header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
}

impl Token {
    /// A NumericDate claim in whole seconds since the epoch.
    pub fn time(&self, claim: &str) -> Option<i64> {
        let value = self.claims.get(claim)?;
        // A fraction of a second is allowed (RFC 7519 2); nothing here needs it.
        value.as_i64().or_else(|| value.as_f64().filter(|f| f.is_finite()).map(|f| f as i64))
    }

    /// The `alg` of the header.
    pub fn algorithm(&self) -> Option<&str> {
        self.header.get("alg")?.as_str()
    }
}

/// Why a text is no token: which part, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

/// Decodes a token in compact form (RFC 7515 7.1) without verifying it.
///
/// # Errors
/// Which of its parts is malformed, and how.
pub fn decode(token: &str) -> Result<Token, Malformed> {
    if token.len() > LONGEST {
        return Err(Malformed(format!("it has {} bytes; the longest looked at has {LONGEST}", token.len())));
    }
    let parts: Vec<&str> = token.split('.').collect();
    match parts.len() {
        3 => {}
        5 => {
            return Err(Malformed(
                "it has five parts: it is encrypted (JWE), and only its key opens it".into(),
            ));
        }
        n => {
            return Err(Malformed(format!(
                "it has {n} part{} between dots; a signed token has three",
                if n == 1 { "" } else { "s" }
            )));
        }
    }
    let header = object(parts[0], "first", "header")?;
    if !header.get("alg").is_some_and(Value::is_string) {
        return Err(Malformed("its header has no `alg` (RFC 7515 4.1.1)".into()));
    }
    let claims = object(parts[1], "second", "claims")?;
    if URL_SAFE_NO_PAD.decode(parts[2]).is_err() {
        return Err(Malformed("its third part, the signature, is no base64url (without padding)".into()));
    }
    Ok(Token { header, claims })
}

fn object(part: &str, which: &str, what: &str) -> Result<Map<String, Value>, Malformed> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Malformed(format!("its {which} part, the {what}, is no base64url (without padding)")))?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Malformed(format!("its {which} part, the {what}, is JSON but no object"))),
        Err(error) => Err(Malformed(format!("its {which} part, the {what}, is no JSON: {error}"))),
    }
}

/// Keys to verify with. Each knows its family, and so the algorithms it may be used with.
pub struct Keys {
    keys: Vec<Key>,
}

struct Key {
    name: String,
    kid: Option<String>,
    key: DecodingKey,
}

impl Keys {
    /// An HMAC secret; `name` is what a person calls it.
    pub fn secret(secret: &[u8], name: &str) -> Self {
        Keys {
            keys: vec![Key {
                name: format!("the secret in {name}"),
                kid: None,
                key: DecodingKey::from_secret(secret),
            }],
        }
    }

    /// A public key (or certificate) in PEM.
    ///
    /// # Errors
    /// A PEM that holds no RSA, EC or Ed25519 public key.
    pub fn pem(pem: &[u8], name: &str) -> Result<Self, String> {
        let key = DecodingKey::from_rsa_pem(pem)
            .or_else(|_| DecodingKey::from_ec_pem(pem))
            .or_else(|_| DecodingKey::from_ed_pem(pem))
            .map_err(|_| format!("{name} holds no RSA, EC or Ed25519 public key in PEM"))?;
        Ok(Keys { keys: vec![Key { name: format!("the key in {name}"), kid: None, key }] })
    }

    /// A JSON Web Key Set (RFC 7517 5).
    ///
    /// # Errors
    /// A text that is no key set, or one without a usable key.
    pub fn jwks(json: &[u8], name: &str) -> Result<Self, String> {
        let set: JwkSet =
            serde_json::from_slice(json).map_err(|error| format!("{name} is no JWKS: {error}"))?;
        let keys: Vec<Key> = set
            .keys
            .iter()
            .filter_map(|jwk| {
                let kid = jwk.common.key_id.clone();
                let shown = kid.as_deref().map_or(String::new(), |kid| format!(" `{kid}`"));
                let key = DecodingKey::from_jwk(jwk).ok()?;
                Some(Key { name: format!("key{shown} of {name}"), kid, key })
            })
            .collect();
        if keys.is_empty() { Err(format!("{name} holds no usable key")) } else { Ok(Keys { keys }) }
    }

    /// A PEM file.
    ///
    /// # Errors
    /// As [`Keys::pem`], and a file that cannot be read.
    pub fn read_pem(path: &Path) -> Result<Self, String> {
        Keys::pem(&read(path)?, &path.display().to_string())
    }

    /// A JWKS file.
    ///
    /// # Errors
    /// As [`Keys::jwks`], and a file that cannot be read.
    pub fn read_jwks(path: &Path) -> Result<Self, String> {
        Keys::jwks(&read(path)?, &path.display().to_string())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("key {}: {error}", path.display()))
}

/// Verifies a token's signature and nothing else; gives the name of the key that did.
///
/// # Errors
/// Why no key verifies it.
pub fn verify(token: &str, keys: &Keys) -> Result<String, String> {
    let decoded = decode(token).map_err(|error| error.to_string())?;
    let written = decoded.algorithm().unwrap_or_default();
    if decoded.header.contains_key("crit") {
        return Err(
            "its header has `crit`: extensions that must be understood, and are not (RFC 7515 4.1.11)".into(),
        );
    }
    let algorithm: Algorithm = written
        .parse()
        .map_err(|_| format!("nothing verifies algorithm `{}`", crate::wire::printable(written, 40)))?;
    let kid = decoded.header.get("kid").and_then(Value::as_str);
    let fits = |key: &&Key| match (kid, &key.kid) {
        (Some(wanted), Some(has)) => wanted == has,
        _ => true,
    };
    let candidates: Vec<&Key> = keys.keys.iter().filter(fits).collect();
    if candidates.is_empty() {
        return Err(format!(
            "no key has the token's kid `{}`",
            crate::wire::printable(kid.unwrap_or_default(), 80)
        ));
    }
    let of_family: Vec<&&Key> =
        candidates.iter().filter(|key| key.key.family() == algorithm.family()).collect();
    if of_family.is_empty() {
        return Err(format!(
            "the token says {written}, and {} is for {}: an algorithm of another kind is never tried",
            candidates[0].name,
            family(candidates[0].key.family())
        ));
    }
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let good = of_family
        .iter()
        .find(|key| jsonwebtoken::decode::<Map<String, Value>>(token, &key.key, &validation).is_ok());
    match good {
        Some(key) => Ok(key.name.clone()),
        None => Err(format!("the signature does not match {}", of_family[0].name)),
    }
}

fn family(family: AlgorithmFamily) -> &'static str {
    match family {
        AlgorithmFamily::Hmac => "HS256, HS384, HS512",
        AlgorithmFamily::Rsa => "RS256 to RS512, PS256 to PS512",
        AlgorithmFamily::Ec => "ES256, ES384",
        _ => "EdDSA",
    }
}
