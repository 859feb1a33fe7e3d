//! A certificate authority made on the spot, and a server certificate for loopback names.
//!
//! The authority's key is dropped as soon as the server's certificate is signed: who adds `ca.pem` to their trusted
//! roots trusts one certificate and nothing that anyone could sign later.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ED25519,
};
use rustix::fs::{FlockOperation, flock};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use tokio_rustls::TlsAcceptor;

use super::{Fault, Faults, TargetError};

const CA: &str = "ca.pem";
const CERTIFICATE: &str = "server.pem";
const KEY: &str = "server.key";
const EXPIRES: &str = "expires";
const DAY: Duration = Duration::from_secs(24 * 3600);
const LIFE: Duration = Duration::from_secs(60 * 24 * 3600);
/// Certificates that end sooner are made anew.
const MARGIN: Duration = Duration::from_secs(7 * 24 * 3600);
/// Faults of the certificate.
const SPOILERS: [Fault; 3] = [Fault::UntrustedCertificate, Fault::EndingCertificate, Fault::OddKey];

/// TLS 1.2 and 1.3 with the folder's certificate, made first where it is missing or about to end.
/// By fault, another one, which the next start without the fault does not keep.
pub(super) fn acceptor(dir: &Path, faults: &Faults) -> Result<TlsAcceptor, TargetError> {
    fs::create_dir_all(dir).map_err(TargetError::io(format!("creating {}", dir.display())))?;
    let lock_path = dir.join("lock");
    let lock =
        File::create(&lock_path).map_err(TargetError::io(format!("creating {}", lock_path.display())))?;
    flock(&lock, FlockOperation::LockExclusive)
        .map_err(|e| TargetError::io(format!("locking {}", lock_path.display()))(e.into()))?;
    let spoilt = SPOILERS.iter().any(|fault| faults.has(*fault));
    if !spoilt
        && good_for(dir, SystemTime::now()).is_some_and(|rest| rest > MARGIN)
        && let Ok(acceptor) = load(dir, faults)
    {
        return Ok(acceptor);
    }
    make(dir, SystemTime::now(), faults)?;
    if spoilt {
        write(dir, EXPIRES, "0", 0o644)?;
    }
    load(dir, faults)
}

/// How long the folder's certificate is still good for.
fn good_for(dir: &Path, now: SystemTime) -> Option<Duration> {
    if [CA, CERTIFICATE, KEY].iter().any(|name| !dir.join(name).exists()) {
        return None;
    }
    let seconds: u64 = fs::read_to_string(dir.join(EXPIRES)).ok()?.trim().parse().ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?.duration_since(now).ok()
}

fn load(dir: &Path, faults: &Faults) -> Result<TlsAcceptor, TargetError> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(dir.join(CERTIFICATE))
        .and_then(Iterator::collect)
        .map_err(certificate_error)?;
    let key = PrivateKeyDer::from_pem_file(dir.join(KEY)).map_err(certificate_error)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(certificate_error)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(certificate_error)?;
    if !faults.has(Fault::NoAlpn) {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    if faults.has(Fault::NoResumption) {
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
    }
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn make(dir: &Path, now: SystemTime, faults: &Faults) -> Result<(), TargetError> {
    let expires = now + if faults.has(Fault::EndingCertificate) { 3 * DAY } else { LIFE };
    let (start, end) = ((now - DAY).into(), expires.into());

    let mut params = CertificateParams::new(Vec::new()).map_err(certificate_error)?;
    (params.not_before, params.not_after) = (start, end);
    params.distinguished_name.push(DnType::CommonName, "shakedown target CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_key = KeyPair::generate().map_err(certificate_error)?;
    let ca = params.self_signed(&ca_key).map_err(certificate_error)?;
    let unknown = faults.has(Fault::UntrustedCertificate);
    let signing = if unknown { KeyPair::generate().map_err(certificate_error)? } else { ca_key };
    let issuer = Issuer::new(params, signing);

    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut params = CertificateParams::new(names).map_err(certificate_error)?;
    (params.not_before, params.not_after) = (start, end);
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let algorithm = if faults.has(Fault::OddKey) { &PKCS_ED25519 } else { &PKCS_ECDSA_P256_SHA256 };
    let key = KeyPair::generate_for(algorithm).map_err(certificate_error)?;
    let certificate = params.signed_by(&key, &issuer).map_err(certificate_error)?;

    let seconds = expires.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    write(dir, KEY, &key.serialize_pem(), 0o600)?;
    write(dir, CERTIFICATE, &certificate.pem(), 0o644)?;
    write(dir, CA, &ca.pem(), 0o644)?;
    write(dir, EXPIRES, &seconds.to_string(), 0o644)
}

/// Writes beside the old file and takes its place: a reader never sees half of it.
fn write(dir: &Path, name: &str, text: &str, mode: u32) -> Result<(), TargetError> {
    let (path, new) = (dir.join(name), dir.join(format!("{name}.new")));
    let written = (|| {
        match fs::remove_file(&new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&new, &path)
    })();
    written.map_err(TargetError::io(format!("writing {}", path.display())))
}

fn certificate_error(error: impl std::fmt::Display) -> TargetError {
    TargetError::Certificate(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn is_kept_until_it_is_about_to_end() {
        let dir = tempfile::tempdir().unwrap();
        acceptor(dir.path(), &Faults::default()).unwrap();
        let first = fs::read(dir.path().join(CA)).unwrap();
        acceptor(dir.path(), &Faults::default()).unwrap();
        assert_eq!(fs::read(dir.path().join(CA)).unwrap(), first);

        let soon = SystemTime::now() + DAY;
        let seconds = soon.duration_since(UNIX_EPOCH).unwrap().as_secs();
        fs::write(dir.path().join(EXPIRES), seconds.to_string()).unwrap();
        acceptor(dir.path(), &Faults::default()).unwrap();
        assert_ne!(fs::read(dir.path().join(CA)).unwrap(), first);
    }

    #[test]
    fn is_made_again_when_broken_or_gone() {
        let dir = tempfile::tempdir().unwrap();
        acceptor(dir.path(), &Faults::default()).unwrap();
        fs::write(dir.path().join(CERTIFICATE), "not a certificate").unwrap();
        acceptor(dir.path(), &Faults::default()).unwrap();
        fs::remove_file(dir.path().join(KEY)).unwrap();
        acceptor(dir.path(), &Faults::default()).unwrap();
    }

    #[test]
    fn the_key_is_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        acceptor(dir.path(), &Faults::default()).unwrap();
        let mode = fs::metadata(dir.path().join(KEY)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn lives_ninety_days_at_most() {
        assert!(LIFE + DAY <= 90 * DAY);
    }
}
