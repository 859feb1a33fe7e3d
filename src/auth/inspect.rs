//! JSON Web Tokens decoded, verified and explained: pure functions of a token, keys and the time.
//!
//! Which algorithm may verify is decided by the key, never by the token (RFC 8725 3.1).

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
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
    let parts = split(token)?;
    let claims = object(parts.claims, "second", "claims")?;
    parts.signature()?;
    Ok(Token { header: parts.header, claims })
}

/// A signed text: its header read, its payload as it came.
struct Parts<'a> {
    header: Map<String, Value>,
    claims: &'a str,
    /// What is signed.
    signed: &'a str,
    signature: &'a str,
}

impl Parts<'_> {
    fn signature(&self) -> Result<(), Malformed> {
        let read = URL_SAFE_NO_PAD.decode(self.signature).map(|_| ());
        read.map_err(|_| Malformed("its third part, the signature, is no base64url (without padding)".into()))
    }
}

fn split(token: &str) -> Result<Parts<'_>, Malformed> {
    if token.len() > LONGEST {
        return Err(Malformed(format!("it has {} bytes; the longest looked at has {LONGEST}", token.len())));
    }
    let parts: Vec<&str> = token.split('.').collect();
    let (head, claims, signature) = match parts.as_slice() {
        [header, claims, signature] => (*header, *claims, *signature),
        [_, _, _, _, _] => {
            return Err(Malformed(
                "it has five parts: it is encrypted (JWE), and only its key opens it".into(),
            ));
        }
        parts => {
            return Err(Malformed(format!(
                "it has {} part{} between dots; a signed token has three",
                parts.len(),
                if parts.len() == 1 { "" } else { "s" }
            )));
        }
    };
    let header = object(head, "first", "header")?;
    if !header.get("alg").is_some_and(Value::is_string) {
        return Err(Malformed("its header has no `alg` (RFC 7515 4.1.1)".into()));
    }
    if URL_SAFE_NO_PAD.decode(claims).is_err() {
        return Err(Malformed("its second part, the claims, is no base64url (without padding)".into()));
    }
    let signed = token.get(..head.len() + 1 + claims.len()).unwrap_or_default();
    Ok(Parts { header, claims, signed, signature })
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
    /// The only algorithm it is for (RFC 7517 4.4).
    algorithm: Option<String>,
    key: DecodingKey,
}

impl Key {
    /// `None` for a key that verifies no signature: it is for something else, or broken.
    fn of_jwk(jwk: &Value, name: &str) -> Option<Key> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        // RFC 7517 4.2 and 4.3.
        let for_signatures = text("use").is_none_or(|purpose| purpose == "sig")
            && jwk.get("key_ops").and_then(Value::as_array).is_none_or(|operations| {
                operations.iter().any(|operation| operation == "verify" || operation == "sign")
            });
        // RFC 7518 6.2.1.2: a coordinate is as long as the curve's field.
        let coordinate = match text("crv") {
            Some("P-256") => Some(32),
            Some("P-384") => Some(48),
            _ => None,
        };
        let fits = |name: &str| match (coordinate, text(name)) {
            (Some(length), Some(value)) => {
                URL_SAFE_NO_PAD.decode(value).is_ok_and(|bytes| bytes.len() == length)
            }
            _ => true,
        };
        if !for_signatures || !fits("x") || !fits("y") || text("k").is_some_and(str::is_empty) {
            return None;
        }
        let key = DecodingKey::from_jwk(&serde_json::from_value::<Jwk>(jwk.clone()).ok()?).ok()?;
        let kid = text("kid").map(str::to_owned);
        let shown = kid.as_deref().map_or(String::new(), |kid| format!(" `{kid}`"));
        Some(Key {
            name: format!("key{shown} of {name}"),
            kid,
            algorithm: text("alg").map(str::to_owned),
            key,
        })
    }
}

impl Keys {
    /// An HMAC secret; `name` is what a person calls it.
    pub fn secret(secret: &[u8], name: &str) -> Self {
        Keys {
            keys: vec![Key {
                name: format!("the secret in {name}"),
                kid: None,
                algorithm: None,
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
        Ok(Keys { keys: vec![Key { name: format!("the key in {name}"), kid: None, algorithm: None, key }] })
    }

    /// A JSON Web Key Set (RFC 7517 5).
    ///
    /// # Errors
    /// A text that is no key set, or one without a usable key.
    pub fn jwks(json: &[u8], name: &str) -> Result<Self, String> {
        let set: Value =
            serde_json::from_slice(json).map_err(|error| format!("{name} is no JWKS: {error}"))?;
        let listed = set
            .get("keys")
            .and_then(Value::as_array)
            .ok_or_else(|| format!("{name} is no JWKS: it has no `keys`"))?;
        let keys: Vec<Key> = listed.iter().filter_map(|jwk| Key::of_jwk(jwk, name)).collect();
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

/// Verifies the signature of a text in compact form and nothing else, whatever is signed; gives the name of the key that did.
///
/// # Errors
/// Why no key verifies it.
pub fn verify(token: &str, keys: &Keys) -> Result<String, String> {
    let parts = split(token).map_err(|error| error.to_string())?;
    parts.signature().map_err(|error| error.to_string())?;
    let written = parts.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if parts.header.contains_key("crit") {
        return Err(
            "its header has `crit`: extensions that must be understood, and are not (RFC 7515 4.1.11)".into(),
        );
    }
    let algorithm: Algorithm = written
        .parse()
        .map_err(|_| format!("nothing verifies algorithm `{}`", crate::wire::printable(written, 40)))?;
    let kid = parts.header.get("kid").and_then(Value::as_str);
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
    let only_for_another = |key: &&Key| key.algorithm.as_deref().is_some_and(|only| only != written);
    if of_family.iter().all(|key| only_for_another(key)) {
        let only = of_family[0].algorithm.as_deref().unwrap_or_default();
        return Err(format!(
            "the token says {written}, and {} is for {} alone",
            of_family[0].name,
            crate::wire::printable(only, 40)
        ));
    }
    let good = of_family.iter().filter(|key| !only_for_another(key)).find(|key| {
        jsonwebtoken::crypto::verify(parts.signature, parts.signed.as_bytes(), &key.key, algorithm)
            .unwrap_or(false)
    });
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

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::json;

    /// RFC 7515 A.1: HS256.
    const A1: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const A1_KEY: &str = r#"{"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}]}"#;
    /// RFC 7515 A.2: RS256.
    const A2: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    const A2_KEY: &str = r#"{"keys":[{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}]}"#;
    /// RFC 7515 A.3: ES256.
    const A3: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    const A3_KEY: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;

    fn keys(json: &str) -> Keys {
        Keys::jwks(json.as_bytes(), "keys.json").unwrap()
    }

    #[test]
    fn rfc_7515_vectors_verify() {
        for (token, key) in [(A1, A1_KEY), (A2, A2_KEY), (A3, A3_KEY)] {
            verify(token, &keys(key)).unwrap();
            let decoded = decode(token).unwrap();
            assert_eq!(decoded.time("exp"), Some(1_300_819_380), "an expired token still verifies");
        }
    }

    #[test]
    fn tampered_tokens_do_not_verify() {
        for (token, key) in [(A1, A1_KEY), (A2, A2_KEY), (A3, A3_KEY)] {
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let flipped = if signature.starts_with('c') { "d" } else { "c" };
            for wrong in [format!("{signed}.{flipped}{}", &signature[1..]), format!("{signed}.")] {
                assert!(verify(&wrong, &keys(key)).is_err(), "{wrong}");
            }
        }
    }

    #[test]
    fn the_key_decides_the_algorithm() {
        for (token, key) in [(A1, A2_KEY), (A1, A3_KEY), (A2, A1_KEY), (A3, A2_KEY)] {
            let error = verify(token, &keys(key)).unwrap_err();
            assert!(error.contains("never tried"), "{error}");
        }
        // The classic confusion: MACed with the public key's own text.
        let public = b"-----BEGIN PUBLIC KEY-----\nMIIBI\n-----END PUBLIC KEY-----\n";
        let forged = jsonwebtoken::encode(
            &Header::default(),
            &json!({"sub": "admin"}),
            &EncodingKey::from_secret(public),
        );
        assert!(verify(&forged.unwrap(), &keys(A2_KEY)).is_err());
    }

    #[test]
    fn unsigned_and_critical_tokens_are_refused() {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        for header in [r#"{"alg":"none"}"#, r#"{"alg":"nOnE"}"#, r#"{"alg":"HS256","crit":["x"]}"#] {
            let token = format!("{}.{}.", part(header), part("{}"));
            assert!(decode(&token).is_ok());
            assert!(verify(&token, &keys(A1_KEY)).is_err(), "{header}");
        }
    }

    #[test]
    fn a_kid_picks_its_key_and_no_other() {
        let secret = EncodingKey::from_secret(b"a secret of thirty-two bytes ...");
        let header = Header { kid: Some("two".into()), ..Header::default() };
        let token = jsonwebtoken::encode(&header, &json!({}), &secret).unwrap();
        let k = URL_SAFE_NO_PAD.encode(b"a secret of thirty-two bytes ...");
        let set = |kid: &str| keys(&format!(r#"{{"keys":[{{"kty":"oct","kid":"{kid}","k":"{k}"}}]}}"#));
        assert!(verify(&token, &set("two")).unwrap().contains("`two`"));
        assert!(verify(&token, &set("one")).unwrap_err().contains("no key has the token's kid"));
    }

    #[test]
    fn a_key_is_used_for_what_it_is_for() {
        let secret = EncodingKey::from_secret(b"a secret of thirty-two bytes ...");
        let token = jsonwebtoken::encode(&Header::default(), &json!({}), &secret).unwrap();
        let k = URL_SAFE_NO_PAD.encode(b"a secret of thirty-two bytes ...");
        let set = |more: &str| {
            let json = format!(r#"{{"keys":[{{"kty":"oct","k":"{k}"{more}}}]}}"#);
            Keys::jwks(json.as_bytes(), "keys.json").and_then(|keys| verify(&token, &keys))
        };
        for right in ["", r#","use":"sig""#, r#","key_ops":["verify"]"#, r#","alg":"HS256""#] {
            set(right).unwrap_or_else(|error| panic!("{right}: {error}"));
        }
        for wrong in
            [r#","use":"enc""#, r#","key_ops":["encrypt"]"#, r#","alg":"HS512""#, r#","alg":"A128GCM""#]
        {
            assert!(set(wrong).is_err(), "{wrong}");
        }
        assert!(Keys::jwks(br#"{"keys":[{"kty":"oct","k":""}]}"#, "keys.json").is_err());
        let other_curve = A3_KEY.replace("P-256", "P-384");
        assert!(Keys::jwks(other_curve.as_bytes(), "keys.json").is_err());
        assert!(Keys::jwks(b"[]", "keys.json").is_err_and(|error| error.contains("no JWKS")));
    }

    #[test]
    fn malformed_tokens_say_which_part() {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let (header, claims) = (part(r#"{"alg":"HS256"}"#), part("{}"));
        for (token, word) in [
            (String::new(), "1 part"),
            ("a.b".into(), "2 parts"),
            ("a.b.c.d.e".into(), "JWE"),
            (format!("=.{claims}.x"), "header"),
            (format!("{}.{claims}.x", part("[]")), "no object"),
            (format!("{}.{claims}.x", part("{}")), "`alg`"),
            (format!("{header}.{}.x", part("nope")), "claims"),
            (format!("{header}.{claims}.!"), "signature"),
            ("x".repeat(LONGEST + 1), "bytes"),
        ] {
            let error = decode(&token).unwrap_err().to_string();
            assert!(error.contains(word), "{word}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn decoding_never_panics(text in "[A-Za-z0-9_.=-]{0,200}") {
            let _ = decode(&text);
        }
    }
}
