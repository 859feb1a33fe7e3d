//! Tokens: DRF's, JWT, Basic, OAuth 2.0 client credentials.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::process::{PROFILES, Target, line, text};

const LOGIN: [(&str, &str); 2] = [("username", "user1"), ("password", "shakedown-1")];
const WRONG: [(&str, &str); 2] = [("username", "user1"), ("password", "shakedown-2")];

async fn whoami(target: &Target, authorization: &str) -> Value {
    let answer = target.get_as("/api/whoami/", authorization).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_drf_token_is_the_same_each_time_on_dev() {
    for profile in PROFILES {
        let target = Target::start(profile);
        let first: Value = target.post("/api-token-auth/", &LOGIN).await.json().await.unwrap();
        let json = json!({ "username": "user1", "password": "shakedown-1" });
        let second = target.request(Method::POST, "/api-token-auth/").json(&json).send().await.unwrap();
        assert_eq!(second.json::<Value>().await.unwrap() == first, profile == "dev");
        let token = text(&first["token"]);
        assert!(token.len() >= 40 && token.bytes().all(|b| b.is_ascii_hexdigit()));
        let me = whoami(&target, &format!("Token {token}")).await;
        assert_eq!(me, json!({ "username": "user1", "auth": "token" }));

        let wrong = target.post("/api-token-auth/", &WRONG).await;
        assert_eq!(wrong.status(), 400);
        assert!(wrong.json::<Value>().await.unwrap()["non_field_errors"].is_array());
    }
}

#[tokio::test]
async fn basic_credentials_work_when_right() {
    let target = Target::start("production");
    let ask =
        |password| target.request(Method::GET, "/api/whoami/").basic_auth("user3", Some(password)).send();
    let me: Value = ask("shakedown-3").await.unwrap().json().await.unwrap();
    assert_eq!(me, json!({ "username": "user3", "auth": "basic" }));
    assert_eq!(ask("shakedown-4").await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_jwt_says_who_and_until_when() {
    let target = Target::start_with("production", &["--access-ttl", "120"]);
    let (access, _) = target.jwt(2).await;
    let claims = URL_SAFE_NO_PAD.decode(access.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 120);
    assert_eq!((&claims["token_type"], &claims["username"]), (&json!("access"), &json!("user2")));
    assert!(["jti", "iss", "aud", "sub", "user_id"].iter().all(|name| claims[name].is_string()));
    let me = whoami(&target, &format!("Bearer {access}")).await;
    assert_eq!(me, json!({ "username": "user2", "auth": "jwt" }));
    assert_eq!(target.post("/api/token/", &WRONG).await.status(), 401);
}

#[tokio::test]
async fn a_challenge_names_an_error_only_for_a_bad_token() {
    for profile in PROFILES {
        let target = Target::start(profile);
        let (_, refresh) = target.jwt(1).await;
        let none = target.get("/api/whoami/").await;
        assert_eq!(none.status(), 401);
        assert_eq!(line(none.headers(), "www-authenticate"), "Bearer realm=\"api\"");
        let refresh = format!("Bearer {refresh}");
        for bad in ["Bearer x.y.z", "Token 0123", "Basic !!!", "Bearer", "Bearer ", "Odd thing", &refresh] {
            let answer = target.get_as("/api/whoami/", bad).await;
            assert_eq!(answer.status(), 401, "{bad}");
            assert!(line(answer.headers(), "www-authenticate").contains("error=\"invalid_token\""), "{bad}");
        }
    }
}

#[tokio::test]
async fn a_refresh_token_is_spent_by_its_use() {
    for profile in PROFILES {
        let target = Target::start(profile);
        let (_, first) = target.jwt(1).await;
        let answer = target.post("/api/token/refresh/", &[("refresh", &first)]).await;
        assert_eq!(answer.status(), 200);
        let renewed: Value = answer.json().await.unwrap();
        whoami(&target, &format!("Bearer {}", text(&renewed["access"]))).await;

        let again = target.post("/api/token/refresh/", &[("refresh", &first)]).await;
        assert_eq!(again.status(), 401);
        let why: Value = again.json().await.unwrap();
        assert_eq!(why, json!({ "detail": "Token is blacklisted", "code": "token_not_valid" }));
        let second = text(&renewed["refresh"]);
        assert_eq!(target.post("/api/token/refresh/", &[("refresh", &second)]).await.status(), 200);
    }
}

#[tokio::test]
async fn logout_ends_the_refresh_token_and_on_production_the_access_token() {
    for (profile, after) in [("dev", 200), ("production", 401)] {
        let target = Target::start(profile);
        let (access, refresh) = target.jwt(1).await;
        let other = target.jwt(1).await.0;
        assert_eq!(target.post("/api/token/logout/", &[("refresh", &refresh)]).await.status(), 200);
        assert_eq!(target.post("/api/token/refresh/", &[("refresh", &refresh)]).await.status(), 401);
        assert_eq!(
            target.get_as("/api/whoami/", &format!("Bearer {access}")).await.status(),
            after,
            "{profile}"
        );
        whoami(&target, &format!("Bearer {other}")).await;
    }
}

#[tokio::test]
async fn a_client_gets_a_token_for_its_secret() {
    let target = Target::start("production");
    let grant = ("grant_type", "client_credentials");
    let id = ("client_id", "shakedown");
    let secret = ("client_secret", "client-secret-of-the-tests");
    let answer = target.post("/oauth/token", &[grant, id, secret]).await;
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(300)));
    let me = whoami(&target, &format!("Bearer {}", text(&body["access_token"]))).await;
    assert_eq!(me, json!({ "username": "shakedown", "auth": "oauth2" }));

    let basic = target.request(Method::POST, "/oauth/token").basic_auth(id.1, Some(secret.1)).form(&[grant]);
    assert_eq!(basic.send().await.unwrap().status(), 200);

    for (fields, status, error) in [
        (vec![grant, id, ("client_secret", "wrong")], 401, "invalid_client"),
        (vec![grant], 401, "invalid_client"),
        (vec![id, secret], 400, "invalid_request"),
        (vec![("grant_type", "password"), id, secret], 400, "unsupported_grant_type"),
    ] {
        let answer = target.post("/oauth/token", &fields).await;
        assert_eq!(answer.status(), status, "{error}");
        assert_eq!(answer.json::<Value>().await.unwrap()["error"], error);
    }
}

#[tokio::test]
async fn bodies_that_are_no_fields_are_refused() {
    let target = Target::start("dev");
    for (kind, body, status) in [
        ("application/json", "{", 400),
        ("application/json", "[1]", 400),
        ("application/json", "{}", 400),
        ("text/xml", "<a/>", 415),
        ("application/x-www-form-urlencoded", "%ff=%ff", 400),
    ] {
        let request = target.request(Method::POST, "/api/token/").header("Content-Type", kind).body(body);
        assert_eq!(request.send().await.unwrap().status(), status, "{kind} {body}");
    }
}

#[tokio::test]
async fn too_many_logins_are_told_when_to_come_back() {
    let target = Target::start_with("production", &["--login-limit", "2"]);
    for path in ["/api/token/", "/api-token-auth/"] {
        assert_eq!(target.post(path, &LOGIN).await.status(), 200);
    }
    let answer = target.post("/api/token/", &LOGIN).await;
    assert_eq!(answer.status(), 429);
    let wait: u64 = line(answer.headers(), "retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(
        target.post("/api/token/", &[("username", "user2"), ("password", "shakedown-2")]).await.status(),
        200
    );
}
