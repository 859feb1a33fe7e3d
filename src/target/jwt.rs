//! JSON Web Tokens: HS256, a key of its own at each start, rotation with a blacklist.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::bounded::Bounded;
use super::jwt_faults;
use super::{Fault, Faults, random};
use crate::secret::{ExposeSecret, SecretString};

pub(super) const ISSUER: &str = "shakedown-target";
const REFRESH_TTL: Duration = Duration::from_secs(24 * 3600);
/// What the faults of guessable and of shared keys sign with.
const WEAK: &[u8] = b"my-jwt-secret-key";
const SHARED: &[u8] = b"one key for all environments, 8d1f0c7b6a59";
/// Entries of a blacklist. All have the same life, so the one that goes first is the nearest to its end.
const BLACKLIST: usize = 100_000;

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) token_type: String,
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) sub: String,
    pub(super) user_id: String,
    pub(super) username: String,
    pub(super) jti: String,
    /// The login that the token descends from; logout on production denies all of them.
    pub(super) sid: String,
    pub(super) iat: u64,
    pub(super) exp: u64,
    /// What no token should say, by fault.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) email: Option<String>,
}

/// Why a token is refused, in SimpleJWT's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Invalid,
    Blacklisted,
}

impl Refused {
    pub(super) fn detail(self) -> &'static str {
        match self {
            Refused::Invalid => "Token is invalid",
            Refused::Blacklisted => "Token is blacklisted",
        }
    }
}

/// An access token and the refresh token that renews it.
pub(super) struct Pair {
    pub(super) access: String,
    pub(super) refresh: String,
}

/// Signs, checks and blacklists tokens.
pub(super) struct Issuer {
    sign: EncodingKey,
    verify: DecodingKey,
    access_ttl: Duration,
    /// Whether logout ends the access tokens too, as it should.
    denies_access: bool,
    spent: Mutex<Bounded<String, ()>>,
    ended: Mutex<Bounded<String, ()>>,
    faults: Faults,
    /// The server's certificate, for the fault that takes it for a secret.
    certificate: Option<PathBuf>,
}

impl Issuer {
    /// Signs with `secret`, or with a key that nobody knows.
    pub(super) fn new(access_ttl: Duration, denies_access: bool, secret: Option<&SecretString>) -> Self {
        let mut random = [0u8; 32];
        rand::fill(&mut random);
        let key = secret.map_or(&random[..], |secret| secret.expose_secret().as_bytes());
        Issuer {
            sign: EncodingKey::from_secret(key),
            verify: DecodingKey::from_secret(key),
            faults: Faults::default(),
            certificate: None,
            access_ttl,
            denies_access,
            spent: Mutex::new(Bounded::new(BLACKLIST)),
            ended: Mutex::new(Bounded::new(BLACKLIST)),
        }
    }

    /// With these faults, and the folder of the server's certificate.
    pub(super) fn with_faults(mut self, faults: &Faults, tls_dir: Option<&Path>) -> Self {
        for (fault, key) in [(Fault::JwtWeakSecret, WEAK), (Fault::JwtSharedKey, SHARED)] {
            if faults.has(fault) {
                (self.sign, self.verify) = (EncodingKey::from_secret(key), DecodingKey::from_secret(key));
            }
        }
        if faults.has(Fault::JwtLongLived) {
            self.access_ttl = 7 * REFRESH_TTL;
        }
        self.faults = faults.clone();
        self.certificate = tls_dir.map(|dir| dir.join("server.pem"));
        self
    }

    /// Seconds that an access token lives.
    pub(super) fn access_ttl(&self) -> u64 {
        self.access_ttl.as_secs()
    }

    /// Tokens for a login.
    pub(super) fn login(&self, user_id: usize, username: &str) -> Result<Pair, Refused> {
        self.pair(&user_id.to_string(), username, &random::hex::<16>())
    }

    /// New tokens for a refresh token, which is spent.
    pub(super) fn refresh(&self, token: &str, disabled: impl Fn(&str) -> bool) -> Result<Pair, Refused> {
        let claims = self.check(token, "refresh")?;
        if disabled(&claims.username) && !self.faults.has(Fault::JwtDisabledUser) {
            return Err(Refused::Invalid);
        }
        self.spend(&claims)?;
        self.pair(&claims.user_id, &claims.username, &claims.sid)
    }

    /// Whether a refresh token is good and not spent.
    pub(super) fn is_fresh(&self, token: &str) -> bool {
        self.check(token, "refresh").is_ok_and(|claims| lock(&self.spent).get(&claims.jti).is_none())
    }

    /// New tokens for a refresh token that was fresh when it was looked at, by fault.
    pub(super) fn renew(&self, token: &str, fresh: bool) -> Result<Pair, Refused> {
        let claims = self.check(token, "refresh")?;
        if !fresh {
            return Err(Refused::Blacklisted);
        }
        lock(&self.spent).insert(claims.jti, ());
        self.pair(&claims.user_id, &claims.username, &claims.sid)
    }

    /// Blacklists a refresh token, and on production the access tokens of the same login.
    pub(super) fn logout(&self, token: &str) -> Result<(), Refused> {
        let claims = self.check(token, "refresh")?;
        if self.faults.has(Fault::JwtLogoutKeeps) {
            return Ok(());
        }
        self.spend(&claims)?;
        if self.denies_access {
            lock(&self.ended).insert(claims.sid, ());
        }
        Ok(())
    }

    /// The claims of an access token that is still good.
    pub(super) fn access(&self, token: &str) -> Result<Claims, Refused> {
        self.check(token, "access")
    }

    fn check(&self, token: &str, token_type: &str) -> Result<Claims, Refused> {
        let claims = self.verified(token).or_else(|refused| {
            let lax = jwt_faults::Lax {
                faults: &self.faults,
                verify: &self.verify,
                certificate: self.certificate.as_deref(),
            };
            lax.claims(token).ok_or(refused)
        })?;
        if claims.token_type != token_type && !self.faults.has(Fault::JwtAnyType) {
            return Err(Refused::Invalid);
        }
        if lock(&self.ended).get(&claims.sid).is_some() {
            return Err(Refused::Blacklisted);
        }
        Ok(claims)
    }

    /// The claims of a token that is signed as it should be, and of now.
    fn verified(&self, token: &str) -> Result<Claims, Refused> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refused::Invalid)?;
        // An extension that has to be understood (RFC 7515 4.1.11): none is.
        if header.crit.is_some() {
            return Err(Refused::Invalid);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.verify, &validation());
        Ok(claims.map_err(|_| Refused::Invalid)?.claims)
    }

    fn spend(&self, claims: &Claims) -> Result<(), Refused> {
        if self.faults.has(Fault::JwtRefreshReuse) {
            return Ok(());
        }
        let mut spent = lock(&self.spent);
        if spent.get(&claims.jti).is_some() {
            return Err(Refused::Blacklisted);
        }
        spent.insert(claims.jti.clone(), ());
        Ok(())
    }

    fn pair(&self, user_id: &str, username: &str, sid: &str) -> Result<Pair, Refused> {
        let token = |token_type: &str, ttl: Duration| {
            let mut iat = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
            if self.faults.has(Fault::JwtSlowClock) {
                iat -= 100;
            }
            let claims = Claims {
                token_type: token_type.to_owned(),
                iss: ISSUER.to_owned(),
                aud: ISSUER.to_owned(),
                sub: username.to_owned(),
                user_id: user_id.to_owned(),
                username: username.to_owned(),
                jti: if self.faults.has(Fault::SameJti) { "1".to_owned() } else { random::hex::<16>() },
                sid: sid.to_owned(),
                iat,
                exp: iat + ttl.as_secs(),
                email: self.faults.has(Fault::JwtPersonalData).then(|| format!("{username}@example.com")),
            };
            jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign)
                .map_err(|_| Refused::Invalid)
        };
        Ok(Pair { access: token("access", self.access_ttl)?, refresh: token("refresh", REFRESH_TTL)? })
    }
}

/// What a genuine token has to be.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = 0;
    validation.validate_nbf = true;
    validation.set_audience(&[ISSUER]);
    validation.set_issuer(&[ISSUER]);
    validation
}

fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(denies_access: bool) -> Issuer {
        Issuer::new(Duration::from_secs(300), denies_access, None)
    }

    #[test]
    fn a_refresh_token_works_once() {
        let issuer = issuer(true);
        let first = issuer.login(0, "user1").ok().unwrap();
        let second = issuer.refresh(&first.refresh, |_| false).ok().unwrap();
        assert_eq!(issuer.refresh(&first.refresh, |_| false).err(), Some(Refused::Blacklisted));
        assert_eq!(issuer.access(&second.access).unwrap().username, "user1");
    }

    #[test]
    fn the_kinds_are_not_interchangeable() {
        let issuer = issuer(true);
        let pair = issuer.login(0, "user1").ok().unwrap();
        assert_eq!(issuer.access(&pair.refresh).err(), Some(Refused::Invalid));
        assert_eq!(issuer.refresh(&pair.access, |_| false).err(), Some(Refused::Invalid));
    }

    #[test]
    fn another_key_is_refused() {
        let pair = issuer(true).login(0, "user1").ok().unwrap();
        assert_eq!(issuer(true).access(&pair.access).err(), Some(Refused::Invalid));
    }

    #[test]
    fn logout_ends_the_access_token_on_production_only() {
        for denies in [true, false] {
            let issuer = issuer(denies);
            let pair = issuer.login(0, "user1").ok().unwrap();
            issuer.logout(&pair.refresh).unwrap();
            assert!(issuer.refresh(&pair.refresh, |_| false).is_err());
            assert_eq!(issuer.access(&pair.access).is_err(), denies);
        }
    }

    #[test]
    fn a_token_has_to_begin_and_its_critical_headers_to_be_known() {
        let issuer = issuer(true);
        let pair = issuer.login(0, "user1").ok().unwrap();
        let claims = serde_json::to_value(issuer.check(&pair.access, "access").unwrap()).unwrap();
        let mut header = Header::new(Algorithm::HS256);
        let sign = |header: &Header, claims: &serde_json::Value| {
            jsonwebtoken::encode(header, claims, &issuer.sign).unwrap()
        };
        assert!(issuer.access(&sign(&header, &claims)).is_ok());
        let mut early = claims.clone();
        early["nbf"] = (early["iat"].as_u64().unwrap() + 3600).into();
        assert_eq!(issuer.access(&sign(&header, &early)).err(), Some(Refused::Invalid));
        header.crit = Some(vec!["x".to_owned()]);
        assert_eq!(issuer.access(&sign(&header, &claims)).err(), Some(Refused::Invalid));
    }

    #[test]
    fn a_token_ends_at_its_time() {
        let issuer = Issuer::new(Duration::ZERO, true, None);
        let pair = issuer.login(0, "user1").ok().unwrap();
        let mut claims = issuer.check(&pair.refresh, "refresh").unwrap();
        claims.token_type = "access".to_owned();
        claims.exp = claims.iat - 1;
        let late = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &issuer.sign).unwrap();
        assert_eq!(issuer.access(&late).err(), Some(Refused::Invalid));
    }
}
