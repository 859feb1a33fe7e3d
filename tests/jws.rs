//! Verification of signed tokens against published vectors: RFC 7515 appendix A, RFC 8037 appendix A, and Wycheproof's
//! signatures. `docs/tokens.md` lists where we refuse what others take, and why.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its helpers too")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use shakedown::auth::inspect::{self, Keys};
use wycheproof::TestResult;

fn accepts(signature: &[u8], message: &[u8], key: &DecodingKey, algorithm: Algorithm) -> bool {
    crypto::verify(&URL_SAFE_NO_PAD.encode(signature), message, key, algorithm).unwrap_or(false)
}

/// How a set was read: vectors, and those that were judged otherwise than it says.
#[derive(Debug, Default)]
struct Tally {
    vectors: usize,
    wrong: Vec<String>,
}

impl Tally {
    /// `refused`: a signature that a JWS cannot have, whatever the set says of it.
    fn count(&mut self, id: usize, result: TestResult, refused: bool, accepted: bool) {
        self.vectors += 1;
        let wanted = result == TestResult::Valid && !refused;
        // Acceptable: a verifier may do either.
        if accepted != wanted && result != TestResult::Acceptable {
            self.wrong.push(format!("vector {id} is {result:?}, accepted: {accepted}"));
        }
    }

    #[track_caller]
    fn agrees(&self, set: &str, at_least: usize) {
        assert!(self.vectors >= at_least, "{set} has {} vectors", self.vectors);
        assert!(self.wrong.is_empty(), "{set}: {:#?}", self.wrong);
    }
}

#[test]
fn hmac_as_wycheproof_has_it() {
    use wycheproof::mac::{TestName, TestSet};
    for (set, algorithm, bits) in [
        (TestName::HmacSha256, Algorithm::HS256, 256),
        (TestName::HmacSha384, Algorithm::HS384, 384),
        (TestName::HmacSha512, Algorithm::HS512, 512),
    ] {
        let mut tally = Tally::default();
        for group in TestSet::load(set).unwrap().test_groups {
            // A shortened tag is no JWS signature (RFC 7518 3.2).
            let shortened = group.tag_size != bits;
            for test in group.tests {
                let key = DecodingKey::from_secret(&test.key);
                let accepted = accepts(&test.tag, &test.msg, &key, algorithm);
                tally.count(test.tc_id, test.result, shortened, accepted);
            }
        }
        tally.agrees(&format!("{algorithm:?}"), 100);
    }
}

#[test]
fn ecdsa_as_wycheproof_has_it() {
    use wycheproof::ecdsa::{TestName, TestSet};
    for (set, algorithm) in [
        (TestName::EcdsaSecp256r1Sha256P1363, Algorithm::ES256),
        (TestName::EcdsaSecp384r1Sha384P1363, Algorithm::ES384),
    ] {
        let mut tally = Tally::default();
        for group in TestSet::load(set).unwrap().test_groups {
            let key = DecodingKey::from_ec_pem(group.pem.as_bytes()).unwrap();
            for test in group.tests {
                tally.count(test.tc_id, test.result, false, accepts(&test.sig, &test.msg, &key, algorithm));
            }
        }
        tally.agrees(&format!("{algorithm:?}"), 100);
    }
}

#[test]
fn rsa_as_wycheproof_has_it() {
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};
    for (set, algorithm) in [
        (TestName::Rsa2048Sha256, Algorithm::RS256),
        (TestName::Rsa2048Sha384, Algorithm::RS384),
        (TestName::Rsa2048Sha512, Algorithm::RS512),
        (TestName::Rsa3072Sha256, Algorithm::RS256),
        (TestName::Rsa4096Sha512, Algorithm::RS512),
    ] {
        let mut tally = Tally::default();
        for group in TestSet::load(set).unwrap().test_groups {
            let key = DecodingKey::from_rsa_pem(group.pem.as_bytes()).unwrap();
            for test in group.tests {
                tally.count(test.tc_id, test.result, false, accepts(&test.sig, &test.msg, &key, algorithm));
            }
        }
        tally.agrees(&format!("{algorithm:?}"), 100);
    }
}

#[test]
fn rsa_pss_as_wycheproof_has_it() {
    use wycheproof::rsa_pss_verify::{TestName, TestSet};
    for (set, algorithm, salt) in [
        (TestName::RsaPss2048Sha256Mgf1SaltLen32, Algorithm::PS256, 32),
        (TestName::RsaPss2048Sha384Mgf1SaltLen48, Algorithm::PS384, 48),
        (TestName::RsaPss4096Sha512Mgf1SaltLen64, Algorithm::PS512, 64),
        (TestName::RsaPss2048Sha256Mgf1SaltLen0, Algorithm::PS256, 32),
        (TestName::RsaPss4096Sha512Mgf1SaltLen32, Algorithm::PS512, 64),
    ] {
        let mut tally = Tally::default();
        for group in TestSet::load(set).unwrap().test_groups {
            let key = DecodingKey::from_rsa_pem(group.pem.as_bytes()).unwrap();
            // The salt of a JWS is as long as the hash (RFC 7518 3.5).
            let other_salt = group.salt_size != salt;
            for test in group.tests {
                // Wrong for another salt is not wrong for a JWS: one of these has a JWS's salt.
                if other_salt && test.result != TestResult::Valid {
                    continue;
                }
                let accepted = accepts(&test.sig, &test.msg, &key, algorithm);
                tally.count(test.tc_id, test.result, other_salt, accepted);
            }
        }
        tally.agrees(&format!("{algorithm:?}, {set:?}"), 10);
    }
}

#[test]
fn ed25519_as_wycheproof_has_it() {
    use wycheproof::eddsa::{TestName, TestSet};
    let mut tally = Tally::default();
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let key = DecodingKey::from_ed_pem(group.pem.as_bytes()).unwrap();
        for test in group.tests {
            tally.count(
                test.tc_id,
                test.result,
                false,
                accepts(&test.sig, &test.msg, &key, Algorithm::EdDSA),
            );
        }
    }
    tally.agrees("Ed25519", 100);
}

/// RFC 7515 A.4: a genuine signature, by an algorithm that `jsonwebtoken` does not have, over a text that is no claims.
const A4: &str = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNRmxYbSW9ERBXukOXolLzeO_Jn";
/// RFC 7515 A.5: unsecured.
const A5: &str = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
/// RFC 8037 A.4: Ed25519, with the key of A.1.
const ED25519: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
const ED25519_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// A.1 to A.3 verify: tests of `auth::inspect` itself.
#[test]
fn the_rest_of_the_rfcs_vectors() {
    let keys = Keys::secret(b"a secret of thirty-two bytes ...", "here");
    assert!(inspect::decode(A4).unwrap_err().to_string().contains("claims"));
    assert!(inspect::decode(A5).is_ok());
    assert!(inspect::verify(A5, &keys).unwrap_err().contains("nothing verifies algorithm `none`"));
    // A.6, the JSON serialization.
    assert!(inspect::decode("{\"payload\":\"e30\",\"signatures\":[]}").is_err());

    // A text that is no claims: its signature verifies, and it is no token.
    let set = format!("{{\"keys\":[{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"{ED25519_X}\"}}]}}");
    let keys = Keys::jwks(set.as_bytes(), "A.1").unwrap();
    inspect::verify(ED25519, &keys).unwrap();
    assert!(inspect::decode(ED25519).is_err());
    assert!(inspect::verify(&ED25519.replace("RXhh", "RXhi"), &keys).is_err());
}

/// Whole tokens of one of Wycheproof's sets, verified by its keys: how many there are, and the numbers of those that are refused though
/// valid and accepted though not.
fn whole_tokens(set: &str) -> (usize, Vec<u64>, Vec<u64>) {
    let text = std::fs::read_to_string(format!("tests/vectors/wycheproof/{set}")).unwrap();
    let set: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (mut vectors, mut refused, mut accepted) = (0, Vec::new(), Vec::new());
    for group in set["testGroups"].as_array().unwrap() {
        // A symmetric key stands in `private` alone.
        let key = group.get("public").unwrap_or(&group["private"]);
        let keys = if key.get("keys").is_some() { key.clone() } else { serde_json::json!({ "keys": [key] }) };
        let keys = Keys::jwks(keys.to_string().as_bytes(), "the set");
        for test in group["tests"].as_array().unwrap() {
            vectors += 1;
            let token = test["jws"].as_str().map_or_else(|| test["jws"].to_string(), str::to_owned);
            let good = keys.as_ref().is_ok_and(|keys| inspect::verify(&token, keys).is_ok());
            match test["result"].as_str().unwrap() {
                "valid" if !good => refused.push(test["tcId"].as_u64().unwrap()),
                "invalid" if good => accepted.push(test["tcId"].as_u64().unwrap()),
                "valid" | "invalid" => {}
                other => panic!("{other} is no result"),
            }
        }
    }
    (vectors, refused, accepted)
}

#[test]
fn whole_tokens_as_wycheproof_has_them() {
    let (vectors, refused, accepted) = whole_tokens("json_web_signature_test.json");
    assert_eq!(vectors, 401);
    // PS384 by a key for PS256, and ES512, each twice; a `?` in header and payload.
    assert_eq!(refused, [346, 347, 350, 351, 372, 373]);
    // Named for their padding, which both have lost: they are a valid token.
    assert_eq!(accepted, [367, 370]);
}

#[test]
fn sets_of_keys_as_wycheproof_has_them() {
    let (vectors, refused, accepted) = whole_tokens("json_web_key_test.json");
    assert_eq!(vectors, 26);
    assert_eq!(refused, [0; 0]);
    // Keys of two kinds; one `kid` twice; a key with ROCA's flaw; HMAC keys shorter than their tag.
    assert_eq!(accepted, [1, 4, 7, 10, 11, 12]);
}
