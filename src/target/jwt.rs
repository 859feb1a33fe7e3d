//! JSON Web Tokens: HS256, a key of its own at each start, rotation with a blacklist.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::bounded::Bounded;
use super::random;

const ISSUER: &str = "shakedown-target";
const REFRESH_TTL: Duration = Duration::from_secs(24 * 3600);
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
}

impl Issuer {
    pub(super) fn new(access_ttl: Duration, denies_access: bool) -> Self {
        let mut key = [0u8; 32];
        rand::fill(&mut key);
        Issuer {
            sign: EncodingKey::from_secret(&key),
            verify: DecodingKey::from_secret(&key),
            access_ttl,
            denies_access,
            spent: Mutex::new(Bounded::new(BLACKLIST)),
            ended: Mutex::new(Bounded::new(BLACKLIST)),
        }
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
    pub(super) fn refresh(&self, token: &str) -> Result<Pair, Refused> {
        let claims = self.check(token, "refresh")?;
        self.spend(&claims)?;
        self.pair(&claims.user_id, &claims.username, &claims.sid)
    }

    /// Blacklists a refresh token, and on production the access tokens of the same login.
    pub(super) fn logout(&self, token: &str) -> Result<(), Refused> {
        let claims = self.check(token, "refresh")?;
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
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_audience(&[ISSUER]);
        validation.set_issuer(&[ISSUER]);
        let claims = jsonwebtoken::decode::<Claims>(token, &self.verify, &validation)
            .map_err(|_| Refused::Invalid)?
            .claims;
        if claims.token_type != token_type {
            return Err(Refused::Invalid);
        }
        if lock(&self.ended).get(&claims.sid).is_some() {
            return Err(Refused::Blacklisted);
        }
        Ok(claims)
    }

    fn spend(&self, claims: &Claims) -> Result<(), Refused> {
        let mut spent = lock(&self.spent);
        if spent.get(&claims.jti).is_some() {
            return Err(Refused::Blacklisted);
        }
        spent.insert(claims.jti.clone(), ());
        Ok(())
    }

    fn pair(&self, user_id: &str, username: &str, sid: &str) -> Result<Pair, Refused> {
        let token = |token_type: &str, ttl: Duration| {
            let iat = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
            let claims = Claims {
                token_type: token_type.to_owned(),
                iss: ISSUER.to_owned(),
                aud: ISSUER.to_owned(),
                sub: username.to_owned(),
                user_id: user_id.to_owned(),
                username: username.to_owned(),
                jti: random::hex::<16>(),
                sid: sid.to_owned(),
                iat,
                exp: iat + ttl.as_secs(),
            };
            jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign)
                .map_err(|_| Refused::Invalid)
        };
        Ok(Pair { access: token("access", self.access_ttl)?, refresh: token("refresh", REFRESH_TTL)? })
    }
}

fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(denies_access: bool) -> Issuer {
        Issuer::new(Duration::from_secs(300), denies_access)
    }

    #[test]
    fn a_refresh_token_works_once() {
        let issuer = issuer(true);
        let first = issuer.login(0, "user1").ok().unwrap();
        let second = issuer.refresh(&first.refresh).ok().unwrap();
        assert_eq!(issuer.refresh(&first.refresh).err(), Some(Refused::Blacklisted));
        assert_eq!(issuer.access(&second.access).unwrap().username, "user1");
    }

    #[test]
    fn the_kinds_are_not_interchangeable() {
        let issuer = issuer(true);
        let pair = issuer.login(0, "user1").ok().unwrap();
        assert_eq!(issuer.access(&pair.refresh).err(), Some(Refused::Invalid));
        assert_eq!(issuer.refresh(&pair.access).err(), Some(Refused::Invalid));
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
            assert!(issuer.refresh(&pair.refresh).is_err());
            assert_eq!(issuer.access(&pair.access).is_err(), denies);
        }
    }

    #[test]
    fn a_token_ends_at_its_time() {
        let issuer = Issuer::new(Duration::ZERO, true);
        let pair = issuer.login(0, "user1").ok().unwrap();
        let mut claims = issuer.check(&pair.refresh, "refresh").unwrap();
        claims.token_type = "access".to_owned();
        claims.exp = claims.iat - 1;
        let late = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &issuer.sign).unwrap();
        assert_eq!(issuer.access(&late).err(), Some(Refused::Invalid));
    }
}
