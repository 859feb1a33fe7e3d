//! Servers for the tests, on loopback and free ports.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a [`Raw`] server does after the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// Closes the connection.
    Close,
    /// Keeps it and answers the next request.
    Keep,
    /// Keeps it and never says anything again.
    Hang,
    /// Takes the next request and closes the connection without an answer.
    Drop,
}

/// A server that answers every request with the same bytes, whatever was asked. Ends with the test's runtime.
pub struct Raw {
    pub address: SocketAddr,
    pub connections: Arc<AtomicUsize>,
}

impl Raw {
    pub async fn start(answer: impl Into<Vec<u8>>, after: After) -> Raw {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        let answer: Arc<[u8]> = answer.into().into();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, answer.clone(), after));
            }
        });
        Raw { address, connections }
    }

    pub fn url(&self) -> url::Url {
        format!("http://{}", self.address).parse().unwrap()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn serve(mut stream: TcpStream, answer: Arc<[u8]>, after: After) -> std::io::Result<()> {
    let mut request = Vec::new();
    while read_request(&mut stream, &mut request).await?.is_some() {
        stream.write_all(&answer).await?;
        match after {
            After::Keep => {}
            After::Close => return stream.shutdown().await,
            After::Hang => std::future::pending().await,
            After::Drop => {
                read_request(&mut stream, &mut request).await?;
                return stream.shutdown().await;
            }
        }
    }
    Ok(())
}

/// Reads one request; its head as text, the rest of `buffer` stays for the next. `None` at the end.
pub async fn read_request<S>(stream: &mut S, buffer: &mut Vec<u8>) -> std::io::Result<Option<String>>
where
    S: tokio::io::AsyncRead + Unpin,
{
    loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = header(&head, "content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
            if buffer.len() >= end + 4 + length {
                let body = String::from_utf8_lossy(&buffer[end + 4..end + 4 + length]).into_owned();
                buffer.drain(..end + 4 + length);
                return Ok(Some(format!("{head}\r\n\r\n{body}")));
            }
        }
        let mut chunk = [0; 4096];
        let n = stream.read(&mut chunk).await?;
        if n == 0 {
            return Ok(None);
        }
        buffer.extend_from_slice(&chunk[..n]);
    }
}

/// A header's value in a head.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (n, v) = line.split_once(':')?;
        n.eq_ignore_ascii_case(name).then(|| v.trim())
    })
}

/// A port nobody listens on, as far as anyone can know.
pub fn closed_port() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A certificate for these names, issued by itself, and its server settings.
pub struct SelfSigned {
    pub pem: String,
    pub acceptor: tokio_rustls::TlsAcceptor,
}

impl SelfSigned {
    pub fn new(names: &[&str]) -> SelfSigned {
        SelfSigned::with(names, rcgen::IsCa::NoCa)
    }

    /// The same, which may call itself an authority.
    pub fn with(names: &[&str], is_ca: rcgen::IsCa) -> SelfSigned {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params.is_ca = is_ca;
        let signing = rcgen::KeyPair::generate().unwrap();
        let cert = params.self_signed(&signing).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(signing.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
        SelfSigned { pem: cert.pem(), acceptor: Arc::new(config).into() }
    }

    /// The same, which speaks these protocols only (ALPN).
    pub fn speaking(self, protocols: &[&[u8]]) -> SelfSigned {
        let mut config = rustls::ServerConfig::clone(self.acceptor.config());
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        SelfSigned { acceptor: Arc::new(config).into(), ..self }
    }

    /// Serves the same answer to every request.
    pub async fn serve(&self, answer: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = self.acceptor.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut stream = acceptor.accept(stream).await?;
                    let mut buffer = Vec::new();
                    while read_request(&mut stream, &mut buffer).await?.is_some() {
                        stream.write_all(answer).await?;
                    }
                    stream.shutdown().await
                });
            }
        });
        address
    }
}

/// A server that answers as a function says, and keeps what it was asked.
pub struct App {
    pub address: SocketAddr,
    pub connections: Arc<AtomicUsize>,
    requests: Arc<std::sync::Mutex<Vec<String>>>,
}

impl App {
    /// `answer` gets the whole request and gives the whole response.
    pub async fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> App {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let requests = Arc::new(std::sync::Mutex::new(Vec::new()));
        let (count, log, answer) = (connections.clone(), requests.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let (log, answer) = (log.clone(), answer.clone());
                tokio::spawn(async move {
                    let mut buffer = Vec::new();
                    while let Some(request) = read_request(&mut stream, &mut buffer).await? {
                        let response = answer(&request);
                        log.lock().unwrap().push(request);
                        stream.write_all(response.as_bytes()).await?;
                    }
                    std::io::Result::Ok(())
                });
            }
        });
        App { address, connections, requests }
    }

    pub fn url(&self) -> url::Url {
        format!("http://{}", self.address).parse().unwrap()
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// A response with a body.
pub fn response(status: u16, lines: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{lines}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// A server whose latency is known: it answers at once, but stands still for `frozen` in every `period`, as a
/// garbage collection or a lock would make it.
pub struct Truth {
    pub address: SocketAddr,
}

impl Truth {
    pub async fn start(period: std::time::Duration, frozen: std::time::Duration) -> Truth {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let begin = std::time::Instant::now();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                tokio::spawn(async move {
                    let mut buffer = Vec::new();
                    while read_request(&mut stream, &mut buffer).await?.is_some() {
                        let periods = begin.elapsed().as_nanos() / period.as_nanos();
                        let thaw = begin + period * u32::try_from(periods).unwrap() + frozen;
                        // In the past when it is not frozen.
                        tokio::time::sleep_until(thaw.into()).await;
                        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await?;
                    }
                    std::io::Result::Ok(())
                });
            }
        });
        Truth { address }
    }

    pub fn url(&self) -> url::Url {
        format!("http://{}", self.address).parse().unwrap()
    }
}
