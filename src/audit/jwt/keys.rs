//! Keys to forge with: the scenario's own where it gives one, and throwaway ones.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use jsonwebtoken::{Algorithm, AlgorithmFamily, EncodingKey};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};

use super::token::{Jwt, decoded, encoded};
use crate::audit::AuditInput;
use crate::audit::hook::rendered;
use crate::auth::mint::signing_key;
use crate::plan::AuthPlan;
use crate::scenario::model::Auth;

/// The key that the stack signs this token with, where the scenario names it.
pub fn of_scenario(input: &AuditInput<'_>, auth: &AuthPlan, token: &Jwt) -> Option<EncodingKey> {
    let folder = input.plan.source.folder();
    let algorithm = token.algorithm()?;
    let hmac = algorithm.family() == AlgorithmFamily::Hmac;
    let of_stack = secret(input).map(|secret| EncodingKey::from_secret(secret.as_bytes()));
    if let Some(key) = of_stack.filter(|key| hmac && signs(key, algorithm, token)) {
        return Some(key);
    }
    match &auth.auth {
        Auth::Mint { secret_env, key, .. } => {
            let key = key.as_ref().map(|key| folder.join(key));
            signing_key(algorithm, secret_env.as_deref(), key.as_deref()).ok()
        }
        Auth::Jwt { verify: Some(verify), .. } if hmac => {
            if let Some(name) = &verify.secret_env {
                return signing_key(algorithm, Some(name), None).ok();
            }
            let file = verify.jwks.as_ref().filter(|path| !path.starts_with('/'))?;
            secrets(&folder.join(file))
                .into_iter()
                .map(|secret| EncodingKey::from_secret(&secret))
                .find(|key| signs(key, algorithm, token))
        }
        _ => None,
    }
}

/// The secret in the file that the stack's `jwt_secret` names.
pub fn secret(input: &AuditInput<'_>) -> Option<String> {
    let file = input.plan.stacks.get(input.stack.0)?.jwt_secret.as_ref()?;
    let text = std::fs::read_to_string(input.plan.source.folder().join(rendered(file, input)?)).ok()?;
    Some(text.trim().to_owned())
}

fn signs(key: &EncodingKey, algorithm: Algorithm, token: &Jwt) -> bool {
    jsonwebtoken::crypto::sign(token.signed_part().as_bytes(), key, algorithm)
        .is_ok_and(|signature| signature == token.signature())
}

/// The secrets (`oct` keys) of a key set's file.
fn secrets(file: &Path) -> Vec<Vec<u8>> {
    let set: Option<Value> = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let keys = set.as_ref().and_then(|set| set.get("keys")?.as_array());
    keys.into_iter().flatten().filter_map(|key| decoded(key.get("k")?.as_str()?)).collect()
}

/// A key of our own.
pub struct Own {
    /// What it signs by.
    pub algorithm: Algorithm,
    /// Its private part.
    pub key: EncodingKey,
    pair: Option<KeyPair>,
}

impl Own {
    /// A key for the algorithm; `None` when none can be made.
    pub fn new(algorithm: Algorithm) -> Option<Own> {
        let kind = match algorithm {
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
                let secret: [u8; 64] = rand::random();
                return Some(Own { algorithm, key: EncodingKey::from_secret(&secret), pair: None });
            }
            Algorithm::ES256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Algorithm::ES384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Algorithm::EdDSA => &rcgen::PKCS_ED25519,
            _ => &rcgen::PKCS_RSA_SHA256,
        };
        let pair = KeyPair::generate_for(kind).ok()?;
        let pem = pair.serialize_pem();
        let key = match algorithm.family() {
            AlgorithmFamily::Rsa => EncodingKey::from_rsa_pem(pem.as_bytes()),
            AlgorithmFamily::Ec => EncodingKey::from_ec_pem(pem.as_bytes()),
            _ => EncodingKey::from_ed_pem(pem.as_bytes()),
        };
        Some(Own { algorithm, key: key.ok()?, pair: Some(pair) })
    }

    /// One with a public part: of the token's own algorithm, or of RS256 where that is a secret's.
    pub fn public(token: &Jwt) -> Option<Arc<Own>> {
        // An RSA key takes a while to make, and one forges as well as another.
        static RS256: OnceLock<Option<Arc<Own>>> = OnceLock::new();
        let own = token.algorithm().filter(|algorithm| algorithm.family() != AlgorithmFamily::Hmac);
        match own {
            None | Some(Algorithm::RS256) => {
                RS256.get_or_init(|| Own::new(Algorithm::RS256).map(Arc::new)).clone()
            }
            Some(algorithm) => Own::new(algorithm).map(Arc::new),
        }
    }

    /// The public part as a JWK.
    pub fn jwk(&self) -> Option<Value> {
        if self.algorithm == Algorithm::EdDSA {
            // jsonwebtoken reads Ed25519 keys of the older PKCS #8 only.
            let x = encoded(self.pair.as_ref()?.public_key_raw());
            return Some(json!({ "kty": "OKP", "crv": "Ed25519", "x": x }));
        }
        let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&self.key, self.algorithm).ok()?;
        serde_json::to_value(jwk).ok()
    }

    /// A certificate that it signs itself, in DER.
    pub fn certificate(&self) -> Option<Vec<u8>> {
        let params = CertificateParams::new(vec!["shakedown.invalid".to_owned()]).ok()?;
        Some(params.self_signed(self.pair.as_ref()?).ok()?.der().to_vec())
    }

    /// Its name in a header.
    pub fn name(&self) -> Option<&'static str> {
        Some(match self.algorithm {
            Algorithm::HS256 => "HS256",
            Algorithm::HS384 => "HS384",
            Algorithm::HS512 => "HS512",
            Algorithm::RS256 => "RS256",
            Algorithm::RS384 => "RS384",
            Algorithm::RS512 => "RS512",
            Algorithm::PS256 => "PS256",
            Algorithm::PS384 => "PS384",
            Algorithm::PS512 => "PS512",
            Algorithm::ES256 => "ES256",
            Algorithm::ES384 => "ES384",
            Algorithm::EdDSA => "EdDSA",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_key_signs_and_shows_its_public_part() {
        for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA] {
            let own = Own::new(algorithm).unwrap();
            assert!(jsonwebtoken::crypto::sign(b"text", &own.key, algorithm).is_ok(), "{algorithm:?}");
            let jwk = own.jwk().unwrap();
            assert!(jwk.get("d").is_none() && jwk.get("kty").is_some(), "{jwk}");
            assert!(own.certificate().is_some());
        }
        assert!(Own::new(Algorithm::HS256).unwrap().jwk().is_none_or(|jwk| jwk["kty"] == "oct"));
    }
}
