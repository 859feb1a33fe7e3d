//! The client's side of TLS: system roots and the stack's own authority, by rustls with aws-lc-rs.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

use super::{Failure, FailureKind, Tls};

impl Tls {
    /// Settings for a server of this name; `ca_pem` is trusted beside the system's roots. Reads files.
    ///
    /// # Errors
    /// A PEM file that cannot be read or holds no certificate, a name that cannot stand in a certificate.
    pub fn new(name: &str, ca_pem: Option<&Path>) -> Result<Self, Failure> {
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| {
            Failure::new(FailureKind::Tls, format!("`{name}` is no name a certificate can have"))
        })?;
        let mut roots = system_roots().clone();
        if let Some(path) = ca_pem {
            add_authority(&mut roots, path)?;
        }
        // Given by hand: with two providers in the dependency tree rustls has no default of its own.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::new(FailureKind::Tls, format!("TLS: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Tls { config: Arc::new(config), name })
    }
}

impl Tls {
    /// The same, but HTTP/2 is offered first (ALPN).
    pub fn offering_http2(&self) -> Self {
        let mut config = ClientConfig::clone(&self.config);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Tls { config: Arc::new(config), name: self.name.clone() }
    }

    /// The same, but every handshake is a full one.
    pub fn without_resumption(&self) -> Self {
        let mut config = ClientConfig::clone(&self.config);
        config.resumption = rustls::client::Resumption::disabled();
        Tls { config: Arc::new(config), name: self.name.clone() }
    }
}

/// Reading a hundred and more files is for once.
pub(super) fn system_roots() -> &'static RootCertStore {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        // A root that cannot be parsed is one that nobody is verified against: no reason to stop.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots
    })
}

fn add_authority(roots: &mut RootCertStore, path: &Path) -> Result<(), Failure> {
    let refuse = |why: String| Failure::new(FailureKind::Tls, format!("`ca` file {}: {why}", path.display()));
    let pem = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
    let mut found = false;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| refuse(format!("not PEM: {error}")))?;
        roots.add(certificate).map_err(|error| refuse(format!("not a usable certificate: {error}")))?;
        found = true;
    }
    if found { Ok(()) } else { Err(refuse("holds no certificate".to_owned())) }
}
