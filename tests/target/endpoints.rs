//! What each address answers, and with which headers.

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::process::{PROFILES, Target, line, lines, text};

#[tokio::test]
async fn plain_endpoints_answer_alike_on_both_profiles() {
    for profile in PROFILES {
        let target = Target::start(profile);
        for (path, status) in [
            ("/", 200),
            ("/healthz", 200),
            ("/boom/", 500),
            ("/slow/?ms=1", 200),
            ("/slow/?ms=x", 400),
            ("/status/418", 418),
            ("/status/204", 204),
            ("/status/99", 404),
            ("/status/600", 404),
            ("/redirect/?to=/healthz", 302),
            ("/redirect/?to=//evil.example/", 400),
            ("/redirect/?to=https://evil.example/", 400),
            ("/dashboard/", 302),
            ("/accounts/login/", 200),
            ("/accounts/logout/", 405),
            ("/api/notes/", 401),
            ("/api/notes", 301),
            ("/nowhere/", 404),
        ] {
            assert_eq!(target.get(path).await.status(), status, "{profile} {path}");
        }
    }
}

#[tokio::test]
async fn a_forgotten_slash_is_forgiven_to_get_only_on_dev() {
    for (profile, post) in [("dev", 500), ("production", 301)] {
        let target = Target::start(profile);
        let answer = target.get("/api/notes?page=2").await;
        assert_eq!(
            (answer.status().as_u16(), line(answer.headers(), "location").as_str()),
            (301, "/api/notes/?page=2")
        );
        assert_eq!(target.post("/api/token", &[]).await.status(), post);
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    for profile in PROFILES {
        let answer = Target::start(profile).request(Method::PUT, "/api/notes/").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        let allow = line(answer.headers(), "allow");
        assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    }
}

#[tokio::test]
async fn nobody_meets_another_ones_notes() {
    for profile in PROFILES {
        let target = Target::start(profile);
        let (mine, theirs) = (target.jwt(1).await.0, target.jwt(2).await.0);
        let (mine, theirs) = (format!("Bearer {mine}"), format!("Bearer {theirs}"));

        let list: Vec<Value> = target.get_as("/api/notes/", &mine).await.json().await.unwrap();
        assert_eq!(list.len(), 5);
        assert!(list.iter().all(|note| note["owner"] == "user1"));

        let answer = target
            .request(Method::POST, "/api/notes/")
            .header("Authorization", &mine)
            .json(&json!({ "title": "Milk", "body": "two" }))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 201);
        let note: Value = answer.json().await.unwrap();
        assert_eq!(
            (&note["owner"], &note["title"], &note["body"]),
            (&json!("user1"), &json!("Milk"), &json!("two"))
        );

        let path = format!("/api/notes/{}/", note["id"]);
        let delete = |who: &str| target.request(Method::DELETE, &path).header("Authorization", who).send();
        assert_eq!(target.get_as(&path, &theirs).await.status(), 404);
        assert_eq!(delete(&theirs).await.unwrap().status(), 404);
        assert_eq!(target.get_as(&path, &mine).await.json::<Value>().await.unwrap(), note);
        assert_eq!(delete(&mine).await.unwrap().status(), 204);
        assert_eq!(target.get_as(&path, &mine).await.status(), 404);
    }
}

#[tokio::test]
async fn a_note_needs_a_title_of_bearable_length() {
    let target = Target::start("dev");
    for body in [json!({}), json!({ "title": "" }), json!({ "title": "x".repeat(201) })] {
        let answer =
            target.request(Method::POST, "/api/notes/").basic_auth("user1", Some("shakedown-1")).json(&body);
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
        assert!(text(&answer.json::<Value>().await.unwrap()["title"][0]).contains("field"));
    }
}

/// Headers that every answer of the production profile carries, with the only right value.
const REQUIRED: [(&str, &str); 7] = [
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("server", "shakedown"),
];

fn assert_hardened(headers: &HeaderMap, what: &str) {
    for (name, value) in REQUIRED {
        assert_eq!(lines(headers, name), [value], "{name} of {what}");
    }
    assert!(line(headers, "permissions-policy").contains("camera=()"), "{what}");
    let policy = line(headers, "content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{what}: {policy}"
    );
}

#[tokio::test]
async fn production_hardens_every_answer() {
    let target = Target::start("production");
    for (path, status) in [
        ("/", 200),
        ("/healthz", 200),
        ("/static/staticfiles.json", 200),
        ("/api/notes", 301),
        ("/dashboard/", 302),
        ("/slow/?ms=x", 400),
        ("/api/whoami/", 401),
        ("/nowhere/", 404),
        ("/api/nowhere/", 404),
        ("/static/nowhere.css", 404),
        ("/api/token/", 405),
        ("/boom/", 500),
        ("/status/503", 503),
    ] {
        let answer = target.get(path).await;
        assert_eq!(answer.status(), status, "{path}");
        assert_hardened(answer.headers(), path);
    }
    let foreign = target.request(Method::GET, "/").header("Host", "foreign.invalid").send().await.unwrap();
    assert_eq!(foreign.status(), 400);
    assert_hardened(foreign.headers(), "a foreign Host");

    let long = target.get(&format!("/{}", "a".repeat(9000))).await;
    assert_eq!(long.status(), 414);
    assert_hardened(long.headers(), "an over-long path");

    let heavy = target.request(Method::GET, "/").header("X-Heavy", "h".repeat(20_000)).send().await.unwrap();
    assert_eq!(heavy.status(), 431);
    assert_hardened(heavy.headers(), "over-long headers");

    let large =
        target.request(Method::POST, "/api/token/").body(vec![b'x'; 2 * 1024 * 1024]).send().await.unwrap();
    assert_eq!(large.status(), 413);
    assert_hardened(large.headers(), "an oversize body");
}

#[tokio::test]
async fn a_page_carries_the_nonce_of_its_policy_and_each_its_own() {
    let target = Target::start("production");
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let answer = target.get("/").await;
        let policy = line(answer.headers(), "content-security-policy");
        let (_, rest) = policy.split_once("'nonce-").expect("a nonce");
        let nonce = rest.split('\'').next().unwrap().to_owned();
        assert!(nonce.len() >= 22);
        assert!(answer.text().await.unwrap().contains(&format!("<script nonce=\"{nonce}\" src=")));
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn answers_with_tokens_are_not_to_be_stored() {
    let target = Target::start("production");
    let login = [("username", "user1"), ("password", "shakedown-1")];
    for path in ["/api/token/", "/api-token-auth/"] {
        let answer = target.post(path, &login).await;
        assert_eq!(
            (answer.status().as_u16(), line(answer.headers(), "cache-control").as_str()),
            (200, "no-store")
        );
    }
}

#[tokio::test]
async fn dev_gives_itself_away() {
    let target = Target::start("dev");
    let answer = target.get("/random-path/").await;
    assert_eq!(line(answer.headers(), "server"), "WSGIServer/0.2 CPython/3.11.7");
    let page = answer.text().await.unwrap();
    for words in ["Page not found at /random-path/", "Using the URLconf", "DEBUG = True"] {
        assert!(page.contains(words), "{words}");
    }
    let page = target.get("/boom/").await.text().await.unwrap();
    for words in ["Exception Type", "Request Method", "Traceback", "Settings"] {
        assert!(page.contains(words), "{words}");
    }
    let foreign = target.request(Method::GET, "/").header("Host", "<b>.invalid").send().await.unwrap();
    assert_eq!(foreign.status(), 400);
    let page = foreign.text().await.unwrap();
    assert!(page.contains("Invalid HTTP_HOST header") && !page.contains("<b>"), "{page}");
    let forged = target.post("/accounts/login/", &[("username", "user1")]).await;
    assert_eq!(forged.status(), 403);
    assert!(forged.text().await.unwrap().contains("Reason given for failure"));
}

#[tokio::test]
async fn production_gives_nothing_away() {
    let target = Target::start("production");
    let forged = target.post("/accounts/login/", &[("username", "user1")]).await;
    let foreign = target.request(Method::GET, "/").header("Host", "foreign.invalid").send().await.unwrap();
    let pages = [target.get("/nowhere/").await, target.get("/boom/").await, foreign, forged];
    for page in pages {
        let text = page.text().await.unwrap();
        for words in ["DEBUG", "URLconf", "Traceback", "Exception", "HTTP_HOST", "Reason given"] {
            assert!(!text.contains(words), "{words} in {text}");
        }
    }
}
