//! From what the system, rustls or the parser says to a class and words a person can act on.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustix::io::Errno;
use rustls::{AlertDescription, CertificateError};

use super::parser::ParseError;
use super::printable::printable;
use super::{Failure, FailureKind};

/// Most characters of a message.
const LONGEST: usize = 400;

impl Failure {
    /// A failure with its words, which are cut and cleared of control characters: they may hold a server's.
    pub fn new(kind: FailureKind, message: impl AsRef<str>) -> Self {
        Failure { kind, message: printable(message.as_ref(), LONGEST) }
    }

    /// A connection that could not be made.
    pub(super) fn connecting(error: &io::Error, address: SocketAddr) -> Self {
        match Errno::from_io_error(error) {
            Some(errno) if is_local(errno) => local(errno),
            Some(Errno::CONNREFUSED) => {
                Failure::new(FailureKind::Connect, format!("connection refused by {address}"))
            }
            Some(Errno::TIMEDOUT) => Failure::new(FailureKind::Connect, format!("{address} does not answer")),
            _ => Failure::new(FailureKind::Connect, format!("cannot connect to {address}: {error}")),
        }
    }

    /// A TLS handshake that failed.
    pub(super) fn handshaking(error: &io::Error, address: SocketAddr) -> Self {
        match tls_error(error) {
            Some(error) => Failure::new(FailureKind::Tls, explain(error)),
            None if is_local_error(error) => Failure::exchanging(error),
            None => Failure::new(
                FailureKind::Reset,
                format!("{address} closed the connection during the TLS handshake"),
            ),
        }
    }

    /// An exchange on an open connection that failed.
    pub(super) fn exchanging(error: &io::Error) -> Self {
        if let Some(error) = tls_error(error) {
            return Failure::new(FailureKind::Tls, explain(error));
        }
        match Errno::from_io_error(error) {
            Some(errno) if is_local(errno) => local(errno),
            Some(Errno::CONNRESET) => {
                Failure::new(FailureKind::Reset, "the server reset the connection before the whole answer")
            }
            Some(Errno::PIPE) => {
                Failure::new(FailureKind::Reset, "the server closed the connection before the whole request")
            }
            _ => Failure::new(FailureKind::Reset, format!("the connection broke: {error}")),
        }
    }
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        let kind = if error == ParseError::Ended { FailureKind::Reset } else { FailureKind::Protocol };
        Failure::new(kind, error.to_string())
    }
}

fn is_local_error(error: &io::Error) -> bool {
    Errno::from_io_error(error).is_some_and(is_local)
}

fn is_local(errno: Errno) -> bool {
    matches!(errno, Errno::ADDRNOTAVAIL | Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM)
}

fn local(errno: Errno) -> Failure {
    let words = match errno {
        Errno::ADDRNOTAVAIL => {
            "this machine has no free port left (TIME_WAIT): keep connections alive or lower the rate"
        }
        Errno::MFILE => "this process may open no more files: raise `ulimit -n`",
        Errno::NFILE => "this machine may open no more files: raise fs.file-max",
        _ => "this machine has no memory left for another connection",
    };
    Failure::new(FailureKind::Local, words)
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// What is wrong in a handshake, and what to do about it.
pub(super) fn explain(error: &rustls::Error) -> String {
    use rustls::Error;
    match error {
        Error::InvalidCertificate(certificate) => explain_certificate(certificate),
        Error::InvalidMessage(_) => {
            "the server does not speak TLS here; if it speaks plain http, write http:// in the stack's `url`"
                .to_owned()
        }
        Error::NoApplicationProtocol => "the server does not offer HTTP/1.1 over TLS (ALPN)".to_owned(),
        Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            "the server does not offer HTTP/1.1 over TLS (ALPN), by which readiness, logins and the audit ask"
                .to_owned()
        }
        Error::AlertReceived(alert) => format!("the server ended the TLS handshake: {alert:?}"),
        Error::PeerIncompatible(why) => format!("the server offers no TLS 1.2 or 1.3 that fits: {why:?}"),
        other => format!("TLS: {other}"),
    }
}

fn explain_certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => {
            "the certificate's issuer is not trusted: set the stack's `ca` to \
             the PEM file of its certificate authority"
                .to_owned()
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let presented: Vec<String> = presented.iter().map(|name| name_of(name)).collect();
            let presented =
                if presented.is_empty() { "no name at all".to_owned() } else { presented.join(", ") };
            format!(
                "the certificate is for {presented}, not for {}: set the stack's `sni` to one of its names",
                expected.to_str()
            )
        }
        CertificateError::NotValidForName => {
            "the certificate is for another name: set the stack's `sni` to one of its names".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the certificate has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the certificate is not valid yet: is a clock wrong?".to_owned()
        }
        CertificateError::Revoked => "the certificate is revoked".to_owned(),
        CertificateError::BadSignature => {
            "the certificate's signature is wrong: is `ca` the authority that issued it?".to_owned()
        }
        other if is_authority(other) => {
            "the server shows an authority's certificate (CA:TRUE) as its own; `openssl req -x509` makes such ones unless it is told \
             otherwise. Make it anew with `-addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:NAME` and set the \
             stack's `ca` to it, or have an authority issue one and set `ca` to the authority's"
                .to_owned()
        }
        other => format!("the certificate is not acceptable: {other}"),
    }
}

/// rustls has no name of its own for this refusal, which curl and browsers do not share.
fn is_authority(error: &CertificateError) -> bool {
    matches!(error, CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity"))
}

/// rustls lists names in its debug form: `DnsName("a.example")`.
fn name_of(presented: &str) -> String {
    presented.split('"').nth(1).unwrap_or(presented).to_owned()
}

/// A time as a person reads it: `300 ms`, `4.3 s`, `30 s`.
pub fn rounded(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.9995 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 9.95 {
        format!("{} s", (seconds * 10.0).round() / 10.0)
    } else {
        format!("{seconds:.0} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rounded() {
        for (nanos, text) in [
            (4_333_953_781, "4.3 s"),
            (5_000_000_000, "5 s"),
            (300_000_000, "300 ms"),
            (999_700_000, "1 s"),
            (29_999_000_000, "30 s"),
            (600_000_000_000, "600 s"),
        ] {
            assert_eq!(rounded(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn a_servers_words_cannot_reach_the_terminal() {
        let message =
            Failure::new(FailureKind::Tls, format!("a\x1b[31mb\r\n\u{202e}{}", "x".repeat(1000))).message;
        assert!(message.starts_with("a\u{fffd}[31mb\u{fffd}\u{fffd}\u{fffd}xxx"));
        assert_eq!(message.chars().count(), LONGEST + 1);
    }

    #[test]
    fn own_limits_are_not_the_servers_fault() {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        for errno in [Errno::ADDRNOTAVAIL, Errno::MFILE, Errno::NFILE, Errno::NOBUFS] {
            assert_eq!(Failure::connecting(&errno.into(), address).kind, FailureKind::Local);
            assert_eq!(Failure::exchanging(&errno.into()).kind, FailureKind::Local);
        }
        assert_eq!(Failure::connecting(&Errno::CONNREFUSED.into(), address).kind, FailureKind::Connect);
        assert_eq!(Failure::exchanging(&Errno::CONNRESET.into()).kind, FailureKind::Reset);
    }

    #[test]
    fn a_wrong_name_is_named() {
        let text = explain_certificate(&CertificateError::NotValidForNameContext {
            expected: rustls::pki_types::ServerName::try_from("a.example").unwrap(),
            presented: vec!["DnsName(\"b.example\")".into()],
        });
        assert!(text.contains("is for b.example, not for a.example"), "{text}");
    }
}
