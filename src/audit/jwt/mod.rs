//! JWT-*: forged tokens, and what genuine ones say. Every active row starts from a genuine token of the scenario.

pub(super) mod claims;
mod common_secrets;
mod environments;
mod header_keys;
mod hook;
mod issued;
mod key_sets;
pub(super) mod keys;
pub(super) mod lifecycle;
mod listener;
mod public_keys;
#[cfg(test)]
pub(super) mod samples;
mod signatures;
pub(super) mod token;
pub(super) mod victim;

use super::check::{Check, Mode};
use super::collect::ROUTES;
use crate::record::Severity;
pub(super) use claims::EXP;
use claims::{AUD, ISS, MALFORMED, NBF};
use environments::CROSS_ENV;
use header_keys::{CRIT, JKU, JWK_EMBED, KID_INJECT, X5C};
use key_sets::KEY_SETS;
pub(super) use keys::secret;
use lifecycle::DISABLED_USER;
pub(super) use lifecycle::LIFECYCLE;
use signatures::{ALG_ALLOW, ALG_NONE, KEY_CONFUSION, SIG_STRIP, SIG_VERIFY};
pub(super) use token::claim;

/// What most rows of the family share.
const ROW: Check = Check { mode: Mode::Active, fix: "R-JWT", ..Check::ROW };

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        probes: &[&ALG_NONE],
        rule: "Sends the genuine claims under alg none, None, NONE, nOnE, an empty one and `none ` with a blank behind it, with and \
               without the old signature. Fails on 2xx; warns on 5xx.",
        references: &["CWE-347", "ASVS v5.0.0-9.1.2", "RFC 8725 3.1"],
        lets_in: true,
        ..ROW.of("JWT-ALG-NONE", "Tokens without an algorithm", Severity::Critical, signatures::alg_none)
    },
    Check {
        probes: &[&SIG_STRIP],
        rule: "Sends the genuine token with an empty signature, without its third part, and with one NUL byte for a signature. \
               Fails on 2xx.",
        references: &["CWE-347", "ASVS v5.0.0-9.1.1", "CVE-2020-28042"],
        lets_in: true,
        ..ROW.of("JWT-SIG-STRIP", "Tokens without a signature", Severity::Critical, signatures::stripped)
    },
    Check {
        probes: &[&SIG_VERIFY],
        rule: "Sends the genuine token with one bit of its signature turned, with other claims under the old signature, signed by \
               another key, and for ECDSA with r = s = 0. Fails on 2xx.",
        references: &["CWE-347", "ASVS v5.0.0-9.1.1", "CVE-2022-21449"],
        lets_in: true,
        ..ROW.of("JWT-SIG-VERIFY", "Tokens with a wrong signature", Severity::Critical, signatures::verified)
    },
    Check {
        probes: &[&KEY_SETS, &KEY_CONFUSION],
        rule: "Signs the genuine claims by HS256 with a public key for the secret: of the published key set, the TLS certificate and \
               the scenario's `verify`, as PEM (with, without and with another line break), DER, PKCS #1 and JWK. Fails on 2xx.",
        references: &["CWE-347", "RFC 8725 2.1", "RFC 8725 3.1"],
        lets_in: true,
        ..ROW.of(
            "JWT-KEY-CONFUSION",
            "A public key taken for a secret",
            Severity::Critical,
            signatures::confused,
        )
    },
    Check {
        probes: &[&ALG_ALLOW],
        rule: "Signs the genuine claims with the scenario's key by other algorithms of its kind. Fails on 2xx: one algorithm is \
               enough for one key. Needs the key.",
        references: &["ASVS v5.0.0-9.1.2", "RFC 8725 3.1"],
        ..ROW.of("JWT-ALG-ALLOW", "More algorithms than one", Severity::Medium, signatures::allowed)
    },
    Check {
        mode: Mode::Passive,
        probes: &[&ROUTES],
        rule: "Tries over thirty thousand common secrets, those of `secrets` in [audit], and words of this stack's own, on tokens signed with a \
               secret. Nothing is sent. \
               Fails when one signs: everybody can then sign tokens. The finding tells its place in the list and how it begins.",
        fix: "R-JWTKEY",
        references: &["CWE-1391", "RFC 8725 3.5", "RFC 7518 3.2", "Django security.W009"],
        ..ROW.of("JWT-WEAK-SECRET", "A secret that can be guessed", Severity::Critical, issued::weak_secret)
    },
    Check {
        probes: &[&KID_INJECT],
        rule: "Signs the genuine claims by HS256 with an empty secret under a kid that climbs to /dev/null, names it, is a list, or has \
               2 KiB; with `guarded = true` also one with a quote for SQL. Fails on 2xx and 5xx.",
        references: &["CWE-22", "CWE-89", "RFC 8725 3.10"],
        lets_in: true,
        ..ROW.of("JWT-KID-INJECT", "A key name that is a path", Severity::High, header_keys::kid)
    },
    Check {
        probes: &[&JWK_EMBED],
        rule: "Sends the genuine claims signed by a key of our own that stands in the header's jwk. Fails on 2xx.",
        references: &["CWE-347", "ASVS v5.0.0-9.1.3", "CVE-2018-0114"],
        lets_in: true,
        ..ROW.of(
            "JWT-JWK-EMBED",
            "A key in the token's own header",
            Severity::Critical,
            header_keys::embedded,
        )
    },
    Check {
        probes: &[&JKU],
        rule: "Sends the genuine claims signed by a key of our own, with jku and x5u that lead to a listener of our own. Fails on 2xx, \
               and when the stack comes and asks. Only for stacks on this machine.",
        references: &["CWE-918", "ASVS v5.0.0-9.1.3", "RFC 8725 3.10"],
        lets_in: true,
        ..ROW.of("JWT-JKU", "A key at the token's own address", Severity::High, header_keys::pointed)
    },
    Check {
        probes: &[&X5C],
        rule: "Sends the genuine claims signed by a key of our own, with its self-signed certificate in x5c. Fails on 2xx.",
        references: &["CWE-295", "RFC 7515 4.1.6"],
        lets_in: true,
        ..ROW.of("JWT-X5C", "A certificate in the token's own header", Severity::Critical, header_keys::chain)
    },
    Check {
        probes: &[&CRIT],
        rule: "Sends the genuine claims signed with the scenario's key under a critical header that nobody understands. Warns on 2xx. \
               Needs the key.",
        references: &["RFC 7515 4.1.11"],
        ..ROW.of("JWT-CRIT", "Critical headers", Severity::Low, header_keys::critical)
    },
    Check {
        probes: &[&ROUTES, &EXP],
        rule: "Sends tokens that ended two seconds and two minutes ago and one without an end, signed with the scenario's key; without \
               a key, a fresh token kept until after its end, where that is near. Fails on 2xx a minute after the end or later, and for \
               issued tokens without exp; warns on 2xx just after it.",
        references: &["CWE-613", "ASVS v5.0.0-9.2.1", "RFC 7519 4.1.4"],
        lets_in: true,
        ..ROW.of("JWT-EXP", "Tokens after their end", Severity::Critical, claims::expired)
    },
    Check {
        probes: &[&NBF],
        rule: "Sends the genuine claims signed with the scenario's key with nbf an hour ahead. Fails on 2xx. Needs the key.",
        references: &["ASVS v5.0.0-9.2.1", "RFC 7519 4.1.5"],
        lets_in: true,
        ..ROW.of("JWT-NBF", "Tokens before their beginning", Severity::Medium, claims::early)
    },
    Check {
        probes: &[&LIFECYCLE],
        rule: "Looks at iat in the tokens of a fresh login. Warns when it is more than 60 s off the answer's Date.",
        references: &["RFC 7519 4.1.6"],
        ..ROW.of("JWT-IAT", "The issuer's clock", Severity::Info, issued::issued_at)
    },
    Check {
        probes: &[&ROUTES, &AUD],
        rule: "Sends the genuine claims signed with the scenario's key with another aud and without one. Fails on 2xx; warns for tokens \
               issued without aud. The first part needs the key.",
        references: &["ASVS v5.0.0-9.2.3", "ASVS v5.0.0-9.2.4", "RFC 8725 3.9"],
        lets_in: true,
        ..ROW.of("JWT-AUD", "Tokens for somebody else", Severity::Medium, claims::audience)
    },
    Check {
        probes: &[&ROUTES, &ISS],
        rule: "Sends the genuine claims signed with the scenario's key with another iss and without one. Fails on 2xx; warns for tokens \
               issued without iss. The first part needs the key.",
        references: &["RFC 8725 3.8"],
        lets_in: true,
        ..ROW.of("JWT-ISS", "Tokens of somebody else", Severity::Medium, claims::issuer)
    },
    Check {
        mode: Mode::TwoTargets,
        probes: &[&CROSS_ENV],
        rule: "Sends the dev stack's token to production. Fails on 2xx: both sign with one key, or production looks at neither iss nor \
               aud. The dev stack has to stand first in the scenario.",
        fix: "R-JWTKEY",
        references: &["CWE-345", "ASVS v5.0.0-9.2.3", "ASVS v5.0.0-9.2.4"],
        lets_in: true,
        ..ROW.of("JWT-CROSS-ENV", "The dev stack's token", Severity::Critical, environments::foreign)
    },
    Check {
        probes: &[&LIFECYCLE],
        rule: "Sends a refresh token as access token, and an access token to the refresh endpoint. Fails on 2xx.",
        references: &["ASVS v5.0.0-9.2.2", "RFC 8725 3.11", "RFC 8725 3.12"],
        lets_in: true,
        ..ROW.of("JWT-TYPE-MIX", "One kind of token for another", Severity::High, lifecycle::mixed_types)
    },
    Check {
        mode: Mode::Passive,
        probes: &[&ROUTES, &LIFECYCLE],
        rule: "Looks at exp and iat. Passes access tokens of up to 15 minutes; warns beyond, and for refresh tokens beyond 30 days; fails \
               for access tokens beyond a day or without an end. Refresh tokens are seen with consent only.",
        references: &["CWE-613", "ASVS v5.0.0-7.3.2"],
        ..ROW.of("JWT-LIFETIME", "How long tokens live", Severity::Medium, issued::lifetime)
    },
    Check {
        mode: Mode::Passive,
        probes: &[&ROUTES, &LIFECYCLE],
        rule: "Looks at the claims. Warns for names and values of addresses, phones, cards and rights; fails for passwords, their hashes and \
               keys: everybody who holds a token can read it. Only names of claims are told.",
        references: &["CWE-312", "ASVS v5.0.0-14.1.1", "ASVS v5.0.0-14.2.6"],
        ..ROW.of("JWT-PAYLOAD-DATA", "What tokens tell", Severity::Medium, issued::payload)
    },
    Check {
        probes: &[&LIFECYCLE],
        rule: "Logs in, logs out with the refresh token, or with the access token where the login brings no other, and sends the old ones. Fails when the refresh token works, or an access token that lives longer than 15 \
               minutes; warns when a shorter one works until its end.",
        fix: "R-LOGOUT",
        references: &["CWE-613", "ASVS v5.0.0-7.4.1"],
        lets_in: true,
        ..ROW.of("JWT-LOGOUT", "Tokens after logout", Severity::High, lifecycle::logout)
    },
    Check {
        probes: &[&LIFECYCLE],
        rule: "Refreshes twice with one refresh token. Passes when the second is refused; warns when tokens are not rotated; fails when a new \
               one was given and the old one still works.",
        references: &["CWE-294", "RFC 9700 4.14.2"],
        lets_in: true,
        ..ROW.of("JWT-REFRESH-REUSE", "A refresh token twice", Severity::Medium, lifecycle::reused)
    },
    Check {
        probes: &[&DISABLED_USER],
        rule: "Logs the last user in, disables them by `disable_user` of [stacks.NAME.audit], sends their tokens, and enables them again by \
               `enable_user`. Fails when one works. Not for production: it changes a user.",
        fix: "R-LOGOUT",
        references: &["ASVS v5.0.0-7.4.2", "ASVS v5.0.0-7.4.3", "SimpleJWT CHECK_USER_IS_ACTIVE"],
        lets_in: true,
        ..ROW.of("JWT-DISABLED-USER", "Tokens of a disabled user", Severity::High, lifecycle::disabled_user)
    },
    Check {
        probes: &[&MALFORMED],
        rule: "Sends twenty misshapen tokens. Passes refusals; fails on 2xx and 5xx.",
        references: &["CWE-20", "RFC 7515 5.2"],
        ..ROW.of("JWT-MALFORMED", "Misshapen tokens", Severity::Medium, claims::malformed)
    },
    Check {
        probes: &[&KEY_SETS],
        rule: "Looks at key sets under their usual address, the discovery document's and the scenario's. Fails for private parts; warns for \
               RSA below 2048 bits.",
        fix: "R-JWTKEY",
        references: &["CWE-321", "ASVS v5.0.0-13.3.1"],
        ..ROW.of("JWT-JWKS", "Published keys", Severity::Critical, key_sets::published)
    },
];
