//! A listener of our own on loopback: whoever follows `jku` or `x5u` comes here.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// For one request and its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of a request that are read.
const HEAD: usize = 16 * 1024;
const KEY_SET: &str = "jwks.json";

/// Listens until it is dropped.
pub struct Listener {
    address: SocketAddr,
    /// In the path, so that only who read the token comes with it.
    word: String,
    hits: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Listener {
    /// On a free port of 127.0.0.1, with a key set of this key and this certificate (DER).
    ///
    /// # Errors
    /// No port to be had.
    pub async fn start(jwk: &Value, certificate: &[u8]) -> io::Result<Listener> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = socket.local_addr()?;
        let word = uuid::Uuid::new_v4().simple().to_string();
        let hits = Arc::new(AtomicUsize::new(0));
        let mut key = jwk.clone();
        if let Some(key) = key.as_object_mut() {
            key.insert("kid".to_owned(), json!("shakedown"));
        }
        let pages = Pages {
            word: word.clone(),
            hits: Arc::clone(&hits),
            key_set: json!({ "keys": [key] }).to_string(),
            certificate: format!(
                "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
                STANDARD.encode(certificate)
            ),
        };
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                let _ = tokio::time::timeout(PATIENCE, pages.answer(stream)).await;
            }
        });
        Ok(Listener { address, word, hits, task })
    }

    /// Address of the key set.
    pub fn key_set(&self) -> String {
        format!("http://{}/{}/{KEY_SET}", self.address, self.word)
    }

    /// Address of the certificate.
    pub fn certificate(&self) -> String {
        format!("http://{}/{}/certificate.pem", self.address, self.word)
    }

    /// Requests so far for what stands in our tokens.
    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::Acquire)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Pages {
    word: String,
    hits: Arc<AtomicUsize>,
    key_set: String,
    certificate: String,
}

impl Pages {
    async fn answer(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut head = Vec::new();
        let mut buffer = [0; 1024];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < HEAD {
            match stream.read(&mut buffer).await? {
                0 => break,
                n => head.extend_from_slice(buffer.get(..n).unwrap_or_default()),
            }
        }
        let line = String::from_utf8_lossy(&head);
        let path = line.split_whitespace().nth(1).unwrap_or_default();
        let (status, body) = if !path.contains(&self.word) {
            ("404 Not Found", "")
        } else {
            self.hits.fetch_add(1, Ordering::AcqRel);
            (
                "200 OK",
                if path.ends_with(KEY_SET) { self.key_set.as_str() } else { self.certificate.as_str() },
            )
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.shutdown().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Endpoint, Limits, fetch};

    #[tokio::test]
    async fn only_who_read_the_token_counts() {
        let listener = Listener::start(&json!({ "kty": "RSA" }), b"der").await.unwrap();
        let url: url::Url = listener.key_set().parse().unwrap();
        let origin: url::Url = format!("http://{}", listener.address).parse().unwrap();
        let endpoint = Endpoint::resolve(&origin, None, None).await.unwrap();
        let get = |target: &str| crate::audit::prober::get(target);
        let other = fetch(&endpoint, &get("/favicon.ico"), Limits::default()).await.unwrap();
        assert_eq!((other.status, listener.hits()), (404, 0));
        let set = fetch(&endpoint, &get(url.path()), Limits::default()).await.unwrap();
        assert_eq!(listener.hits(), 1);
        let set: Value = serde_json::from_slice(&set.body).unwrap();
        assert_eq!(set["keys"][0]["kid"], "shakedown");
    }
}
