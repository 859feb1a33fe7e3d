//! The certificate that a server shows.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::failure::{explain, rounded};
use super::tls::system_roots;
use super::{Endpoint, Failure, FailureKind, Limits};

/// The certificate that the endpoint's server shows, in DER; `None` for plain http. Makes a connection of its own.
///
/// # Errors
/// As [`super::Connection::open`], and a time-out.
pub async fn certificate(endpoint: &Endpoint, limits: Limits) -> Result<Option<Vec<u8>>, Failure> {
    let Some(tls) = &endpoint.tls else { return Ok(None) };
    let stream = shake(endpoint, tls.config.clone(), tls.name.clone(), limits).await?;
    let (_, session) = stream.get_ref();
    let chain = session.peer_certificates().unwrap_or_default();
    Ok(chain.first().map(|certificate| certificate.to_vec()))
}

/// What a browser's handshake brings to light.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// The version agreed upon, by its number: 0x0304 is TLS 1.3.
    pub version: u16,
    /// The cipher suite, by name.
    pub suite: String,
    /// The protocol that the server chose of h2 and http/1.1.
    pub alpn: Option<String>,
    /// The certificates as sent, in DER, the server's own first.
    pub chain: Vec<Vec<u8>>,
    /// Why the roots of this machine alone do not trust it; `None`: they do.
    pub doubt: Option<String>,
    /// Why the scenario does not trust it, its own authority counted in; `None`: it does.
    pub distrust: Option<String>,
}

/// Shakes hands as a browser does, but goes on whatever the certificate is. Nothing is sent over the connection.
/// `None` for plain http.
///
/// # Errors
/// As [`certificate()`], but for what is wrong with the certificate.
pub async fn handshake(endpoint: &Endpoint, limits: Limits) -> Result<Option<Handshake>, Failure> {
    let Some(tls) = &endpoint.tls else { return Ok(None) };
    let refuse = |error: String| Failure::new(FailureKind::Local, format!("TLS: {error}"));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let roots = Arc::new(system_roots().clone());
    // Without any root on this machine there is nobody to ask.
    let roots = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build().ok();
    let witness = Arc::new(Witness { roots, doubt: Mutex::new(None) });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refuse(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(witness.clone())
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = shake(endpoint, Arc::new(config), tls.name.clone(), limits).await?;
    let (_, session) = stream.get_ref();
    let seen = Handshake {
        version: session.protocol_version().map_or(0, u16::from),
        suite: session
            .negotiated_cipher_suite()
            .map_or(String::new(), |suite| format!("{:?}", suite.suite())),
        alpn: session.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
        chain: session.peer_certificates().unwrap_or_default().iter().map(|der| der.to_vec()).collect(),
        doubt: witness.doubt.lock().unwrap_or_else(PoisonError::into_inner).take(),
        distrust: None,
    };
    // Some servers see to one connection at a time.
    drop(stream);
    let distrust = match certificate(endpoint, limits).await {
        Ok(_) => None,
        Err(failure) if failure.kind == FailureKind::Tls => Some(failure.message),
        Err(failure) => return Err(failure),
    };
    Ok(Some(Handshake { distrust, ..seen }))
}

async fn shake(
    endpoint: &Endpoint,
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    limits: Limits,
) -> Result<TlsStream<TcpStream>, Failure> {
    let address = endpoint.address;
    let shake = async {
        let tcp = TcpStream::connect(address).await.map_err(|error| Failure::connecting(&error, address))?;
        let stream = TlsConnector::from(config).connect(name, tcp).await;
        stream.map_err(|error| Failure::handshaking(&error, address))
    };
    tokio::time::timeout(limits.timeout, shake).await.unwrap_or_else(|_| {
        Err(Failure::new(
            FailureKind::Timeout,
            format!("no TLS handshake within {}", rounded(limits.timeout)),
        ))
    })
}

/// Lets every certificate pass, and keeps what the machine's own roots say of it.
#[derive(Debug)]
struct Witness {
    roots: Option<Arc<WebPkiServerVerifier>>,
    doubt: Mutex<Option<String>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let doubt = match &self.roots {
            Some(roots) => {
                let verified = roots.verify_server_cert(end_entity, intermediates, name, ocsp, now);
                verified.err().map(|error| explain(&error))
            }
            None => Some("this machine trusts no authority at all".to_owned()),
        };
        *self.doubt.lock().unwrap_or_else(PoisonError::into_inner) = doubt;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        // Weak ones too: a weak key is to be seen, not refused.
        vec![
            SignatureScheme::ECDSA_NISTP256_SHA256,
            SignatureScheme::ECDSA_NISTP384_SHA384,
            SignatureScheme::ECDSA_NISTP521_SHA512,
            SignatureScheme::ED25519,
            SignatureScheme::RSA_PSS_SHA256,
            SignatureScheme::RSA_PSS_SHA384,
            SignatureScheme::RSA_PSS_SHA512,
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512,
            SignatureScheme::ECDSA_SHA1_Legacy,
            SignatureScheme::RSA_PKCS1_SHA1,
        ]
    }
}
