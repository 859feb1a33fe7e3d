//! Handshakes in words: for findings, and as evidence.

use x509_parser::prelude::{GeneralName, ParsedExtension, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::SignatureAlgorithm;

use super::suites;
use crate::audit::exchange::TlsTrace;
use crate::wire::hello::{Reply, SSL3, TLS10, TLS11, TLS12, TLS13};

/// A version's name.
pub fn version(version: u16) -> String {
    match version {
        SSL3 => "SSL 3.0".to_owned(),
        TLS10 => "TLS 1.0".to_owned(),
        TLS11 => "TLS 1.1".to_owned(),
        TLS12 => "TLS 1.2".to_owned(),
        TLS13 => "TLS 1.3".to_owned(),
        other => format!("version 0x{other:04x}"),
    }
}

/// A certificate out of DER.
pub fn parsed(der: &[u8]) -> Option<X509Certificate<'_>> {
    x509_parser::parse_x509_certificate(der).ok().map(|(_, certificate)| certificate)
}

/// `EC P-256`, `RSA 2048`, and the bits of an RSA key.
pub fn key(certificate: &X509Certificate<'_>) -> (String, Option<usize>) {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(rsa)) => (format!("RSA {}", rsa.key_size()), Some(rsa.key_size())),
        Ok(PublicKey::EC(_)) => {
            let parameters = certificate.public_key().algorithm.parameters.as_ref();
            let curve = parameters.and_then(|curve| curve.as_oid().ok()).map(|oid| oid.to_id_string());
            let name = match curve.as_deref() {
                Some("1.2.840.10045.3.1.7") => "P-256".to_owned(),
                Some("1.3.132.0.34") => "P-384".to_owned(),
                Some("1.3.132.0.35") => "P-521".to_owned(),
                other => format!("on curve {}", other.unwrap_or("of its own")),
            };
            (format!("EC {name}"), None)
        }
        _ => match certificate.public_key().algorithm.algorithm.to_id_string().as_str() {
            "1.3.101.112" => ("Ed25519".to_owned(), None),
            "1.3.101.113" => ("Ed448".to_owned(), None),
            other => (format!("of algorithm {other}"), None),
        },
    }
}

/// The hash by which the certificate is signed, where it is a weak one.
pub fn weak_hash(certificate: &X509Certificate<'_>) -> Option<&'static str> {
    match certificate.signature_algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" | "1.2.840.10040.4.3" => Some("SHA-1"),
        "1.2.840.113549.1.1.4" => Some("MD5"),
        _ => match SignatureAlgorithm::try_from(&certificate.signature_algorithm) {
            // RSASSA-PSS without parameters means SHA-1.
            Ok(SignatureAlgorithm::RSASSA_PSS(parameters))
                if parameters.hash_algorithm_oid().to_id_string() == "1.3.14.3.2.26" =>
            {
                Some("SHA-1")
            }
            _ => None,
        },
    }
}

/// The names that a certificate is for.
pub fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let extensions = certificate.extensions().iter();
    let lists = extensions.filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
        _ => None,
    });
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|ip| std::net::Ipv4Addr::from(ip).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|ip| std::net::Ipv6Addr::from(ip).to_string()),
            _ => None,
        },
        _ => None,
    };
    lists.flatten().filter_map(name).collect()
}

/// A moment (seconds since 1970) as a date.
pub fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| "beyond all dates".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
}

/// What the client said.
pub fn said(trace: &TlsTrace) -> String {
    match trace {
        TlsTrace::Whole { .. } => "ClientHello: TLS 1.2 and 1.3, ALPN h2 and http/1.1".to_owned(),
        TlsTrace::Offer { version: offered, suites, .. } => {
            let names: Vec<String> = suites.iter().map(|suite| suites::name(*suite)).collect();
            format!("ClientHello: {} alone\n{}", version(*offered), names.join("\n"))
        }
    }
}

/// What the server said.
pub fn heard(trace: &TlsTrace) -> String {
    match trace {
        TlsTrace::Offer { reply: Reply::Accepted { version: chosen, suite }, .. } => {
            format!("ServerHello: {}, {}", version(*chosen), suites::name(*suite))
        }
        TlsTrace::Offer { reply: Reply::Refused(Some(alert)), .. } => format!("alert {alert}"),
        TlsTrace::Offer { reply: Reply::Refused(None), .. } => "the connection was closed".to_owned(),
        TlsTrace::Whole { seen, .. } => {
            let mut lines = vec![
                format!("ServerHello: {}, {}", version(seen.version), seen.suite),
                format!("ALPN: {}", seen.alpn.as_deref().unwrap_or("none")),
            ];
            for der in &seen.chain {
                let Some(certificate) = parsed(der) else {
                    lines.push("Certificate: not readable".to_owned());
                    continue;
                };
                let validity = certificate.validity();
                lines.push(format!("Certificate: {}", certificate.subject()));
                lines.push(format!("  issued by {}", certificate.issuer()));
                lines.push(format!("  for {}", names(&certificate).join(", ")));
                lines.push(format!(
                    "  from {} to {}",
                    date(validity.not_before.timestamp()),
                    date(validity.not_after.timestamp())
                ));
                lines.push(format!("  key {}", key(&certificate).0));
            }
            lines.join("\n")
        }
    }
}

/// Options by which `openssl s_client` does the same.
pub fn options(trace: &TlsTrace) -> &'static str {
    match trace {
        TlsTrace::Whole { .. } => "-alpn h2,http/1.1 -showcerts",
        TlsTrace::Offer { version, .. } => match *version {
            SSL3 => "-ssl3",
            TLS10 => "-tls1 -cipher ALL:@SECLEVEL=0",
            TLS11 => "-tls1_1 -cipher ALL:@SECLEVEL=0",
            _ => "-tls1_2 -cipher ALL:COMPLEMENTOFALL:@SECLEVEL=0",
        },
    }
}
