//! Public keys of a stack in every form that a careless verifier may take for an HMAC secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use serde_json::Value;
use x509_parser::prelude::{FromDer as _, SubjectPublicKeyInfo};

use super::token::decoded;

/// Bytes that may be taken for a secret, and what they are.
pub type Form = (String, Vec<u8>);

/// Forms of the key in a certificate (DER), and of the certificate itself.
pub fn of_certificate(der: &[u8]) -> Vec<Form> {
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(der) else { return Vec::new() };
    let mut forms = of_spki(certificate.public_key().raw);
    forms.extend(pem("certificate", "CERTIFICATE", der));
    forms.push(("certificate, DER".to_owned(), der.to_vec()));
    forms
}

/// Forms of the key in a PEM file, beside the file as it is.
pub fn of_pem(text: &[u8]) -> Vec<Form> {
    let mut forms = vec![("the PEM file as it is".to_owned(), text.to_vec())];
    if let Ok(key) = SubjectPublicKeyInfoDer::from_pem_slice(text) {
        forms.extend(of_spki(&key));
    } else if let Ok(certificate) = CertificateDer::from_pem_slice(text) {
        forms.extend(of_certificate(&certificate));
    }
    forms
}

/// Forms of a JWK.
pub fn of_jwk(jwk: &Value) -> Vec<Form> {
    let mut forms = vec![("JWK".to_owned(), jwk.to_string().into_bytes())];
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    for name in ["n", "x"] {
        if let Some(value) = text(name) {
            forms.push((format!("JWK, its {name}"), value.as_bytes().to_vec()));
            forms.extend(decoded(value).map(|bytes| (format!("JWK, the bytes of its {name}"), bytes)));
        }
    }
    forms.extend(spki(jwk).into_iter().flat_map(|spki| of_spki(&spki)));
    forms
}

fn of_spki(spki: &[u8]) -> Vec<Form> {
    let mut forms = pem("public key", "PUBLIC KEY", spki);
    forms.push(("public key, DER".to_owned(), spki.to_vec()));
    if let Ok((_, key)) = SubjectPublicKeyInfo::from_der(spki)
        && matches!(key.parsed(), Ok(x509_parser::public_key::PublicKey::RSA(_)))
    {
        let pkcs1 = &key.subject_public_key.data;
        forms.extend(pem("PKCS #1", "RSA PUBLIC KEY", pkcs1));
        forms.push(("PKCS #1, DER".to_owned(), pkcs1.to_vec()));
    }
    forms
}

/// PEM with a line break at its end, without, and with CRLF.
fn pem(what: &str, label: &str, der: &[u8]) -> Vec<Form> {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    let text = |end: &str| {
        let body = lines.join(end);
        format!("-----BEGIN {label}-----{end}{body}{end}-----END {label}-----")
    };
    let unix = text("\n");
    vec![
        (format!("{what}, PEM"), format!("{unix}\n").into_bytes()),
        (format!("{what}, PEM without its last line break"), unix.into_bytes()),
        (format!("{what}, PEM with CRLF"), format!("{}\r\n", text("\r\n")).into_bytes()),
    ]
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
/// AlgorithmIdentifiers (RFC 3279 2.3.1, RFC 5480 2.1.1, RFC 8410 3), each a whole SEQUENCE.
const RSA: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
const P256: &[u8] = &[
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07,
];
const P384: &[u8] = &[
    0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
    0x22,
];
const ED25519: &[u8] = &[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];

/// A JWK as SubjectPublicKeyInfo (RFC 5280 4.1.2.7), in DER.
fn spki(jwk: &Value) -> Option<Vec<u8>> {
    let bytes = |name: &str| decoded(jwk.get(name)?.as_str()?);
    let point = || Some([&[4][..], &bytes("x")?, &bytes("y")?].concat());
    let (algorithm, key) = match (jwk.get("kty")?.as_str()?, jwk.get("crv").and_then(Value::as_str)) {
        ("RSA", _) => {
            let numbers = [integer(&bytes("n")?), integer(&bytes("e")?)].concat();
            (RSA, element(SEQUENCE, &numbers))
        }
        ("EC", Some("P-256")) => (P256, point()?),
        ("EC", Some("P-384")) => (P384, point()?),
        ("OKP", Some("Ed25519")) => (ED25519, bytes("x")?),
        _ => return None,
    };
    // The first byte of a BIT STRING counts the bits that its last one lacks.
    let key = element(BIT_STRING, &[&[0][..], &key].concat());
    Some(element(SEQUENCE, &[algorithm, &key].concat()))
}

/// A number that is not negative.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let bytes = bytes.get(start..).unwrap_or_default();
    let sign: &[u8] = if bytes.first().is_none_or(|byte| *byte >= 0x80) { &[0] } else { &[] };
    element(INTEGER, &[sign, bytes].concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let start = length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1);
    let length = length.get(start..).unwrap_or_default();
    let mut out = vec![tag];
    if content.len() >= 0x80 {
        // At most eight bytes of length.
        out.push(0x80 | length.len() as u8);
    }
    out.extend_from_slice(length);
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::jwt::keys::Own;
    use jsonwebtoken::Algorithm;

    fn names(forms: &[Form]) -> Vec<&str> {
        forms.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The key of a certificate and the same key as a JWK have the same forms.
    #[test]
    fn a_jwk_is_the_key_of_its_certificate() {
        for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA] {
            let own = Own::new(algorithm).unwrap();
            let (of_jwk, of_certificate) =
                (of_jwk(&own.jwk().unwrap()), of_certificate(&own.certificate().unwrap()));
            let der = |forms: &[Form]| forms.iter().find(|(name, _)| name == "public key, DER").cloned();
            assert_eq!(der(&of_jwk), der(&of_certificate), "{algorithm:?}");
            assert!(der(&of_jwk).is_some());
            let rsa = algorithm == Algorithm::RS256;
            assert_eq!(names(&of_jwk).contains(&"PKCS #1, PEM"), rsa);
            assert!(names(&of_certificate).contains(&"certificate, PEM without its last line break"));
        }
    }

    #[test]
    fn a_pem_file_is_read_as_key_and_as_certificate() {
        let own = Own::new(Algorithm::RS256).unwrap();
        let forms = of_certificate(&own.certificate().unwrap());
        for name in ["certificate, PEM", "public key, PEM"] {
            let (_, text) = forms.iter().find(|(other, _)| other == name).unwrap();
            let again = of_pem(text);
            assert!(names(&again).contains(&"PKCS #1, DER"), "{name}: {:?}", names(&again));
        }
        assert_eq!(of_pem(b"nothing").len(), 1);
        assert!(of_certificate(b"nothing").is_empty());
        assert_eq!(of_jwk(&serde_json::json!({"kty": "RSA", "n": "!"})).len(), 2);
    }
}
