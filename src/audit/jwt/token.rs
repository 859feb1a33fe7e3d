//! A JSON Web Token taken apart, and put together again with something changed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Map, Value};

use crate::auth::{Credential, inspect};
use crate::secret::ExposeSecret;
use crate::wire::Request;

/// The text of a claim of a JWT.
pub fn claim(token: &str, name: &str) -> Option<String> {
    Some(Jwt::read(token)?.claims.get(name)?.as_str()?.to_owned())
}

/// A genuine token.
#[derive(Debug, Clone)]
pub struct Jwt {
    /// The JOSE header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
    /// As it came.
    pub text: String,
}

impl Jwt {
    /// `None` for a text that is no signed JWT.
    pub fn read(text: &str) -> Option<Jwt> {
        let token = inspect::decode(text).ok()?;
        Some(Jwt { header: token.header, claims: token.claims, text: text.to_owned() })
    }

    /// The token that a request carries in its Authorization header or another one.
    pub fn of_request(request: &Request) -> Option<Jwt> {
        request.headers.iter().find_map(|(_, value)| Jwt::read(value.split_once(' ')?.1))
    }

    /// The token of a credential.
    pub fn of_credential(credential: &Credential) -> Option<Jwt> {
        let mut values = credential.headers.iter().map(|(_, value)| value.expose_secret());
        values.find_map(|value| Jwt::read(value.split_once(' ')?.1))
    }

    /// The algorithm that signed it.
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.header.get("alg")?.as_str()?.parse().ok()
    }

    /// What is signed.
    pub fn signed_part(&self) -> &str {
        self.text.rsplit_once('.').map_or("", |(signed, _)| signed)
    }

    /// Its signature as it is written.
    pub fn signature(&self) -> &str {
        self.text.rsplit_once('.').map_or("", |(_, signature)| signature)
    }

    /// Whole seconds of a NumericDate claim.
    pub fn time(&self, claim: &str) -> Option<i64> {
        let value = self.claims.get(claim)?;
        value.as_i64().or_else(|| value.as_f64().filter(|f| f.is_finite()).map(|f| f as i64))
    }

    /// The seconds it lives; `None` without a beginning or an end.
    pub fn life(&self) -> Option<i64> {
        self.time("exp")?.checked_sub(self.time("iat")?)
    }

    /// The header with other members.
    pub fn header_with(&self, members: &[(&str, Value)]) -> Map<String, Value> {
        with(&self.header, members)
    }

    /// The claims with other members.
    pub fn claims_with(&self, members: &[(&str, Value)]) -> Map<String, Value> {
        with(&self.claims, members)
    }

    /// The claims without one.
    pub fn claims_without(&self, name: &str) -> Map<String, Value> {
        let mut claims = self.claims.clone();
        claims.shift_remove(name);
        claims
    }
}

fn with(map: &Map<String, Value>, members: &[(&str, Value)]) -> Map<String, Value> {
    let mut map = map.clone();
    map.extend(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    map
}

/// base64url without padding.
pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes behind base64url.
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Header and claims as they are signed.
pub fn unsigned(header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
    let part = |map: &Map<String, Value>| encoded(Value::Object(map.clone()).to_string());
    format!("{}.{}", part(header), part(claims))
}

/// A whole token; `None` when the key does not fit the algorithm.
pub fn signed(
    header: &Map<String, Value>,
    claims: &Map<String, Value>,
    key: &EncodingKey,
    algorithm: Algorithm,
) -> Option<String> {
    let signed = unsigned(header, claims);
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), key, algorithm).ok()?;
    Some(format!("{signed}.{signature}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_put_together_comes_apart_again() {
        let key = EncodingKey::from_secret(b"a key");
        let (header, claims) = (json!({"alg": "HS256"}), json!({"iat": 100, "exp": 400.5, "sub": "ada"}));
        let (header, claims) = (header.as_object().unwrap(), claims.as_object().unwrap());
        let text = signed(header, claims, &key, Algorithm::HS256).unwrap();
        let token = Jwt::read(&text).unwrap();
        assert_eq!(token.algorithm(), Some(Algorithm::HS256));
        assert_eq!((token.life(), &token.claims), (Some(300), claims));
        assert_eq!(format!("{}.{}", token.signed_part(), token.signature()), text);
        assert_eq!(token.claims_without("sub").len(), 2);
        assert!(signed(header, claims, &key, Algorithm::RS256).is_none());
    }
}
