//! Where a stack is: a URL resolved once.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use url::{Host, Url};

use super::{Endpoint, Failure, FailureKind, Tls};

impl Endpoint {
    /// Resolves a base URL and loads the certificate authority's PEM (beside the system's roots). Of a name's
    /// addresses the first IPv4 one is taken, since dev servers listen there only. `sni` is the name for SNI, the
    /// certificate check and the Host header.
    ///
    /// # Errors
    /// A host that does not resolve, a PEM file that cannot be read, a scheme other than http and https, a URL
    /// with a path.
    pub async fn resolve(url: &Url, ca_pem: Option<&Path>, sni: Option<&str>) -> Result<Self, Failure> {
        let refuse = |why: &str| Failure::new(FailureKind::Connect, format!("`{url}` {why}"));
        let secure = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(refuse("is neither http:// nor https://")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::new(
                FailureKind::Connect,
                "a stack's URL holds no user name or password: use [auth]",
            ));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err(refuse("has a path: put it into the routes"));
        }
        let port = url.port_or_known_default().ok_or_else(|| refuse("has no port"))?;
        let host = url.host().ok_or_else(|| refuse("has no host"))?;
        let address = match host {
            Host::Ipv4(ip) => SocketAddr::new(IpAddr::V4(ip), port),
            Host::Ipv6(ip) => SocketAddr::new(IpAddr::V6(ip), port),
            Host::Domain(name) => look_up(name, port).await?,
        };
        let name = sni.map_or_else(|| host.to_string(), str::to_owned);
        let tls = if secure {
            let (name, ca) = (name.clone(), ca_pem.map(Path::to_path_buf));
            let loading = tokio::task::spawn_blocking(move || Tls::new(&name, ca.as_deref()));
            Some(loading.await.map_err(|error| Failure::new(FailureKind::Local, error.to_string()))??)
        } else {
            None
        };
        let host = url.port().map_or_else(|| name.clone(), |port| format!("{name}:{port}"));
        if !host.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Failure::new(FailureKind::Tls, format!("`{host}` cannot stand in a Host header")));
        }
        Ok(Endpoint { url: url.clone(), address, host, tls, http2: None })
    }
}

impl Endpoint {
    /// The same, with the load over HTTP/2 and so many streams a connection.
    #[must_use]
    pub fn over_http2(self, streams: usize) -> Self {
        Endpoint { http2: Some(streams.max(1)), ..self }
    }
}

async fn look_up(name: &str, port: u16) -> Result<SocketAddr, Failure> {
    let unknown = |why: String| Failure::new(FailureKind::Connect, format!("cannot resolve `{name}`: {why}"));
    let found = tokio::net::lookup_host((name, port)).await.map_err(|error| unknown(error.to_string()))?;
    let mut found: Vec<SocketAddr> = found.collect();
    found.sort_by_key(|address| !address.is_ipv4());
    found.first().copied().ok_or_else(|| unknown("it has no address".to_owned()))
}
