//! The first message of a TLS handshake, written by hand: it offers what no sound client does, and looks at what the server
//! makes of it. The handshake never goes on.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::failure::rounded;
use super::{Endpoint, Failure, FailureKind, Limits};

/// Record and message types, and versions as they stand on the wire (RFC 8446 5.1, 4).
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
/// SSL 3.0.
pub const SSL3: u16 = 0x0300;
/// TLS 1.0.
pub const TLS10: u16 = 0x0301;
/// TLS 1.1.
pub const TLS11: u16 = 0x0302;
/// TLS 1.2.
pub const TLS12: u16 = 0x0303;
/// TLS 1.3.
pub const TLS13: u16 = 0x0304;
/// Longest answer that is read: a ServerHello stands at its beginning.
const LONGEST: usize = 16 * 1024;

/// What a ClientHello offers: one version below 1.3, and cipher suites by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer<'s> {
    /// The version.
    pub version: u16,
    /// The suites, in the client's order.
    pub suites: &'s [u16],
}

/// What a server makes of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It goes on with this version and suite.
    Accepted {
        /// The version it chose.
        version: u16,
        /// The suite it chose.
        suite: u16,
    },
    /// It refuses: with the number of an alert, or by ending the connection.
    Refused(Option<u8>),
}

/// What came is no TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no TLS")]
pub struct NoTls;

/// Offers, and reads what comes back, on a connection of its own.
///
/// # Errors
/// No connection, silence, and what is no TLS.
pub async fn offer(endpoint: &Endpoint, offer: Offer<'_>, limits: Limits) -> Result<Reply, Failure> {
    let address = endpoint.address;
    let name = endpoint.tls.as_ref().and_then(|tls| match &tls.name {
        rustls::pki_types::ServerName::DnsName(name) => Some(name.as_ref().to_owned()),
        _ => None,
    });
    let hello = client_hello(offer, name.as_deref(), rand::random());
    let asked = async {
        let mut tcp =
            TcpStream::connect(address).await.map_err(|error| Failure::connecting(&error, address))?;
        if tcp.write_all(&hello).await.is_err() {
            return Ok(Reply::Refused(None));
        }
        let mut read = Vec::new();
        let mut chunk = [0; 2048];
        loop {
            match reply(&read) {
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) if read.len() <= LONGEST => {}
                _ => return Err(Failure::new(FailureKind::Tls, format!("{address} does not answer in TLS"))),
            }
            match tcp.read(&mut chunk).await {
                Ok(n) if n > 0 => read.extend_from_slice(chunk.get(..n).unwrap_or_default()),
                // A server that wants none of it may say so by going away.
                _ => return Ok(Reply::Refused(None)),
            }
        }
    };
    tokio::time::timeout(limits.timeout, asked).await.unwrap_or_else(|_| {
        let message = format!("no answer to a ClientHello within {}", rounded(limits.timeout));
        Err(Failure::new(FailureKind::Timeout, message))
    })
}

/// The bytes of a ClientHello in one record.
#[must_use]
pub fn client_hello(offer: Offer<'_>, name: Option<&str>, random: [u8; 32]) -> Vec<u8> {
    let mut body = offer.version.to_be_bytes().to_vec();
    body.extend_from_slice(&random);
    body.push(0);
    let suites: Vec<u8> = offer.suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    push_vector(&mut body, 2, &suites);
    push_vector(&mut body, 1, &[0]);
    if offer.version > SSL3 {
        push_vector(&mut body, 2, &extensions(name));
    }
    let mut message = vec![CLIENT_HELLO];
    push_vector(&mut message, 3, &body);
    let mut record = vec![HANDSHAKE];
    record.extend_from_slice(&offer.version.min(TLS10).to_be_bytes());
    push_vector(&mut record, 2, &message);
    record
}

/// Server name, groups, point formats and signature algorithms: without them a server may refuse for another reason
/// than the one that is looked for.
fn extensions(name: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut add = |kind: u16, content: &[u8]| {
        out.extend_from_slice(&kind.to_be_bytes());
        push_vector(&mut out, 2, content);
    };
    if let Some(name) = name {
        let mut entry = vec![0];
        push_vector(&mut entry, 2, name.as_bytes());
        let mut list = Vec::new();
        push_vector(&mut list, 2, &entry);
        add(0, &list);
    }
    // x25519, secp256r1, secp384r1, secp521r1.
    add(10, &[0, 8, 0, 29, 0, 23, 0, 24, 0, 25]);
    add(11, &[1, 0]);
    // ECDSA, RSA-PSS, PKCS #1 and Ed25519 by SHA-2, then both by SHA-1.
    add(13, &[0, 20, 4, 3, 5, 3, 8, 4, 8, 5, 8, 6, 8, 7, 4, 1, 5, 1, 2, 3, 2, 1]);
    // Renegotiation info: some servers want it.
    add(0xff01, &[0]);
    out
}

/// A vector after its length in so many bytes.
fn push_vector(out: &mut Vec<u8>, length: usize, content: &[u8]) {
    let bytes = content.len().to_be_bytes();
    out.extend_from_slice(bytes.get(bytes.len() - length..).unwrap_or_default());
    out.extend_from_slice(content);
}

/// What the beginning of a server's answer says; `None`: not enough of it yet.
///
/// # Errors
/// It is no TLS.
pub fn reply(bytes: &[u8]) -> Result<Option<Reply>, NoTls> {
    let (Some(&kind), Some(&major)) = (bytes.first(), bytes.get(1)) else { return Ok(None) };
    if !matches!(kind, ALERT | HANDSHAKE) || major != 3 {
        return Err(NoTls);
    }
    let (Some(&high), Some(&low)) = (bytes.get(3), bytes.get(4)) else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let content = bytes.get(5..).unwrap_or_default();
    let content = content.get(..length.min(content.len())).unwrap_or_default();
    if kind == ALERT {
        return Ok(content.get(1).map(|alert| Reply::Refused(Some(*alert))));
    }
    match content.first() {
        None => return Ok(None),
        Some(&SERVER_HELLO) => {}
        Some(_) => return Err(NoTls),
    }
    // Type, length, version, random, session, suite.
    let (Some(&high), Some(&low), Some(&session)) = (content.get(4), content.get(5), content.get(38)) else {
        return Ok(None);
    };
    let version = u16::from_be_bytes([high, low]);
    let at = 39 + usize::from(session);
    let (Some(&high), Some(&low)) = (content.get(at), content.get(at + 1)) else { return Ok(None) };
    Ok(Some(Reply::Accepted { version, suite: u16::from_be_bytes([high, low]) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_hello(version: u16, suite: u16) -> Vec<u8> {
        let mut body = version.to_be_bytes().to_vec();
        body.extend_from_slice(&[7; 32]);
        push_vector(&mut body, 1, &[9; 32]);
        body.extend_from_slice(&suite.to_be_bytes());
        body.push(0);
        let mut message = vec![SERVER_HELLO];
        push_vector(&mut message, 3, &body);
        let mut record = vec![HANDSHAKE, 3, 1];
        push_vector(&mut record, 2, &message);
        record
    }

    #[test]
    fn what_a_server_chose_is_read_once_it_is_all_there() {
        let bytes = server_hello(TLS10, 0x002f);
        for end in 0..bytes.len() {
            let read = reply(&bytes[..end]);
            assert!(matches!(read, Ok(None | Some(Reply::Accepted { .. }))), "{end}: {read:?}");
        }
        assert_eq!(reply(&bytes), Ok(Some(Reply::Accepted { version: TLS10, suite: 0x002f })));
        assert_eq!(reply(&[ALERT, 3, 1, 0, 2, 2, 70]), Ok(Some(Reply::Refused(Some(70)))));
        assert_eq!(reply(b"HTTP/1.1 400 Bad Request"), Err(NoTls));
        assert_eq!(reply(&[HANDSHAKE, 3, 1, 0, 4, 14, 0, 0, 0]), Err(NoTls), "no ServerHello");
    }

    #[test]
    fn an_offer_says_its_own_lengths() {
        let offer = Offer { version: TLS12, suites: &[0x000a, 0x0005] };
        let bytes = client_hello(offer, Some("localhost"), [1; 32]);
        assert_eq!(&bytes[..3], [HANDSHAKE, 3, 1]);
        assert_eq!(usize::from(u16::from_be_bytes([bytes[3], bytes[4]])), bytes.len() - 5);
        assert_eq!(bytes[5], CLIENT_HELLO);
        assert_eq!(&bytes[9..11], [3, 3]);
        assert!(bytes.windows(9).any(|window| window == b"localhost"));
        let old = client_hello(Offer { version: SSL3, ..offer }, Some("localhost"), [1; 32]);
        assert!(old.len() < 60 && !old.windows(9).any(|window| window == b"localhost"), "no extensions yet");
    }

    proptest::proptest! {
        #[test]
        fn no_answer_breaks_the_reader(bytes: Vec<u8>) {
            let _ = reply(&bytes);
        }
    }
}
