//! The certificate that a server shows.

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::failure::rounded;
use super::{Endpoint, Failure, FailureKind, Limits};

/// The certificate that the endpoint's server shows, in DER; `None` for plain http. Makes a connection of its own.
///
/// # Errors
/// As [`super::Connection::open`], and a time-out.
pub async fn certificate(endpoint: &Endpoint, limits: Limits) -> Result<Option<Vec<u8>>, Failure> {
    let Some(tls) = &endpoint.tls else { return Ok(None) };
    let address = endpoint.address;
    let shake = async {
        let tcp = TcpStream::connect(address).await.map_err(|error| Failure::connecting(&error, address))?;
        let connector = TlsConnector::from(tls.config.clone());
        let stream = connector.connect(tls.name.clone(), tcp).await;
        let stream = stream.map_err(|error| Failure::handshaking(&error, address))?;
        let (_, session) = stream.get_ref();
        let chain = session.peer_certificates().unwrap_or_default();
        Ok(chain.first().map(|certificate| certificate.to_vec()))
    };
    tokio::time::timeout(limits.timeout, shake).await.unwrap_or_else(|_| {
        Err(Failure::new(
            FailureKind::Timeout,
            format!("no TLS handshake within {}", rounded(limits.timeout)),
        ))
    })
}
