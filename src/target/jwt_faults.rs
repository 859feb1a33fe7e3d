//! Tokens that are taken by fault: each fault is a mistake that verifiers have made.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use super::jwt::{Claims, ISSUER};
use super::{Fault, Faults};

/// What a key set or a certificate may take to come.
const PATIENCE: Duration = Duration::from_secs(2);
const LARGEST: u64 = 64 * 1024;

/// A verifier with these faults.
pub(super) struct Lax<'a> {
    pub(super) faults: &'a Faults,
    /// The genuine key.
    pub(super) verify: &'a DecodingKey,
    /// The server's certificate in PEM.
    pub(super) certificate: Option<&'a Path>,
}

impl Lax<'_> {
    /// The claims of a token that an honest verifier has refused, when a fault takes it.
    pub(super) fn claims(&self, token: &str) -> Option<Claims> {
        if self.faults.is_empty() {
            return None;
        }
        let mut parts = token.split('.');
        let header = object(parts.next()?)?;
        let claims = object(parts.next()?)?;
        let signature = parts.next();
        let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or_default();
        let taken = self.unsigned(algorithm, signature)
            || self.by_its_key(token, algorithm)
            || self.by_a_foreign_key(token, &header, algorithm);
        let taken = taken && !header.contains_key("crit") && self.of_now(&claims)
            || self.forgiven(token, &header, &claims);
        taken.then(|| known(claims)).flatten()
    }

    fn unsigned(&self, algorithm: &str, signature: Option<&str>) -> bool {
        let none = ["none", ""].contains(&algorithm.trim().to_ascii_lowercase().as_str());
        (self.faults.has(Fault::JwtAlgNone) && none)
            || (self.faults.has(Fault::JwtSigStripped) && signature.unwrap_or_default().is_empty())
            || (self.faults.has(Fault::JwtUnverified)
                && algorithm == "HS256"
                && signature.is_some_and(|signature| signature.len() > 2))
    }

    fn by_its_key(&self, token: &str, algorithm: &str) -> bool {
        self.faults.has(Fault::JwtAnyHmac)
            && matches!(algorithm, "HS384" | "HS512")
            && verifies(token, self.verify)
    }

    fn by_a_foreign_key(&self, token: &str, header: &Map<String, Value>, algorithm: &str) -> bool {
        let text = |name: &str| header.get(name).and_then(Value::as_str);
        let has = |fault| self.faults.has(fault);
        if has(Fault::JwtKidPath) && text("kid").is_some_and(|kid| kid.contains("/dev/null")) {
            return verifies(token, &DecodingKey::from_secret(b""));
        }
        if has(Fault::JwtKeyConfusion) && algorithm == "HS256" {
            let pem = self.certificate.and_then(|file| std::fs::read(file).ok());
            return pem.is_some_and(|pem| verifies(token, &DecodingKey::from_secret(&pem)));
        }
        if has(Fault::JwtEmbeddedKey)
            && let Some(jwk) = header.get("jwk")
        {
            let jwk: Option<Jwk> = serde_json::from_value(jwk.clone()).ok();
            return jwk
                .and_then(|jwk| DecodingKey::from_jwk(&jwk).ok())
                .is_some_and(|key| verifies(token, &key));
        }
        if has(Fault::JwtEmbeddedCertificate)
            && let Some(der) = header.get("x5c").and_then(|chain| chain.get(0)?.as_str())
        {
            return certified(der).is_some_and(|key| verifies(token, &key));
        }
        if has(Fault::JwtFetchedKey)
            && let Some(url) = text("jku")
        {
            let set: Option<JwkSet> = fetched(url).and_then(|body| serde_json::from_str(&body).ok());
            let key = set.and_then(|set| DecodingKey::from_jwk(set.keys.first()?).ok());
            return key.is_some_and(|key| verifies(token, &key));
        }
        false
    }

    /// Signed with the genuine key, and wrong in what a fault does not look at.
    fn forgiven(&self, token: &str, header: &Map<String, Value>, claims: &Map<String, Value>) -> bool {
        let has = |fault| self.faults.has(fault);
        let looks_away = [
            Fault::JwtCritIgnored,
            Fault::JwtExpired,
            Fault::JwtEarly,
            Fault::JwtAnyAudience,
            Fault::JwtAnyIssuer,
        ];
        looks_away.into_iter().any(has)
            && (has(Fault::JwtCritIgnored) || !header.contains_key("crit"))
            && header.get("alg").and_then(Value::as_str) == Some("HS256")
            && verifies(token, self.verify)
            && self.of_now(claims)
    }

    /// What the claims must be, but for what the faults do not look at.
    fn of_now(&self, claims: &Map<String, Value>) -> bool {
        let has = |fault| self.faults.has(fault);
        let now = std::time::SystemTime::now();
        let now = now.duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let time = |name: &str| claims.get(name).and_then(Value::as_u64);
        let says = |name: &str| claims.get(name).and_then(Value::as_str) == Some(ISSUER);
        (has(Fault::JwtExpired) || time("exp").is_some_and(|exp| exp > now))
            && (has(Fault::JwtEarly) || time("nbf").is_none_or(|nbf| nbf <= now))
            && (has(Fault::JwtAnyAudience) || says("aud"))
            && (has(Fault::JwtAnyIssuer) || says("iss"))
    }
}

/// The claims, with what they lack filled in.
fn known(mut claims: Map<String, Value>) -> Option<Claims> {
    for name in ["iss", "aud"] {
        claims.entry(name).or_insert_with(|| ISSUER.into());
    }
    claims.entry("exp").or_insert_with(|| 0.into());
    serde_json::from_value(Value::Object(claims)).ok()
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Whether this key signed the token, by the algorithm that the token names.
fn verifies(token: &str, key: &DecodingKey) -> bool {
    let Some((signed, signature)) = token.rsplit_once('.') else { return false };
    let header = signed.split('.').next().and_then(object);
    let algorithm: Option<Algorithm> = header.and_then(|header| header.get("alg")?.as_str()?.parse().ok());
    algorithm.is_some_and(|algorithm| {
        jsonwebtoken::crypto::verify(signature, signed.as_bytes(), key, algorithm).unwrap_or(false)
    })
}

/// The key of a certificate in base64.
fn certified(der: &str) -> Option<DecodingKey> {
    let der = STANDARD.decode(der).ok()?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).ok()?;
    let key = &certificate.public_key().subject_public_key.data;
    Some(DecodingKey::from_rsa_der(key))
}

/// What an http URL answers; the thread waits for it.
fn fetched(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let address = url.socket_addrs(|| None).ok()?.into_iter().find(|address| address.ip().is_loopback())?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    write!(stream, "GET {} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n", url.path()).ok()?;
    let mut answer = String::new();
    stream.take(LARGEST).read_to_string(&mut answer).ok()?;
    Some(answer.split_once("\r\n\r\n")?.1.to_owned())
}

/// Whether a Bearer token's header is no JSON.
pub(super) fn no_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer ")).filter(|token| token.contains('.'));
    token.is_some_and(|token| token.split('.').next().and_then(object).is_none())
}
