//! A target of its own for each test: the built binary on a free port, with a client that trusts its authority.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, ClientBuilder, Method, RequestBuilder, Response, redirect};
use serde_json::Value;
use tempfile::TempDir;

pub const PROFILES: [&str; 2] = ["dev", "production"];

pub struct Target {
    pub child: Child,
    pub url: String,
    pub client: Client,
    pub dir: TempDir,
}

impl Target {
    pub fn start(profile: &str) -> Target {
        Target::start_with(profile, &[])
    }

    pub fn with_fault(profile: &str, fault: &str) -> Target {
        Target::start_with(profile, &["--fault", fault])
    }

    pub fn start_with(profile: &str, arguments: &[&str]) -> Target {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_shakedown"))
            .args(["target", "--profile", profile, "--port", "0", "--tls-dir"])
            .arg(dir.path())
            .args(arguments)
            .env("TARGET_CLIENT_SECRET", "client-secret-of-the-tests")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").expect("the announcement").to_owned();
        let client = client(&dir, &url).build().unwrap();
        Target { child, url, client, dir }
    }

    /// A client with cookies of its own.
    pub fn browser(&self) -> Client {
        client(&self.dir, &self.url).cookie_store(true).build().unwrap()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub async fn get_as(&self, path: &str, authorization: &str) -> Response {
        self.request(Method::GET, path).header("Authorization", authorization).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.request(Method::POST, path).form(fields).send().await.unwrap()
    }

    pub async fn jwt(&self, user: usize) -> (String, String) {
        let (name, password) = (format!("user{user}"), format!("shakedown-{user}"));
        let answer = self.post("/api/token/", &[("username", &name), ("password", &password)]).await;
        assert_eq!(answer.status(), 200);
        let body: Value = answer.json().await.unwrap();
        (text(&body["access"]), text(&body["refresh"]))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client(dir: &TempDir, url: &str) -> ClientBuilder {
    let builder = Client::builder().redirect(redirect::Policy::none()).no_proxy();
    if url.starts_with("http:") {
        return builder;
    }
    let pem = std::fs::read(dir.path().join("ca.pem")).unwrap();
    builder.tls_certs_only([Certificate::from_pem(&pem).unwrap()])
}

/// Every line of a header.
pub fn lines(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers.get_all(name).iter().map(|v| v.to_str().unwrap().to_owned()).collect()
}

/// The only line of a header; empty when it is not there.
pub fn line(headers: &HeaderMap, name: &str) -> String {
    let lines = lines(headers, name);
    assert!(lines.len() < 2, "{name} stands twice: {lines:?}");
    lines.into_iter().next().unwrap_or_default()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
