//! The beginning of a handshake by versions and suites that rustls does not have: a ServerHello, and no more of it.

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::Fault;
use super::app::App;

/// TLS 1.2.
const TLS12: u16 = 0x0303;
/// The suites of rustls for TLS 1.2; who offers one of them, or a suite of TLS 1.3, gets the real server.
const SOUND: [u16; 6] = [0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9];

/// What the faults have the target take beyond what rustls does.
#[derive(Debug, Clone, Copy)]
pub(super) struct OldTls {
    versions: bool,
    suites: bool,
}

/// What of the faults concerns the first message; `None`: nothing.
pub(super) fn rules(app: &App) -> Option<OldTls> {
    let rules = OldTls { versions: app.has(Fault::OldTls), suites: app.has(Fault::WeakSuites) };
    (rules.versions || rules.suites).then_some(rules)
}

impl OldTls {
    /// Answers an offer that rustls would refuse; whether it did.
    pub(super) async fn answer(self, stream: &mut TcpStream) -> bool {
        let mut bytes = vec![0; 4096];
        let Ok(read) = stream.peek(&mut bytes).await else { return false };
        bytes.truncate(read);
        let Some((version, suites)) = offer(&bytes) else { return false };
        let sound = |suite: &u16| SOUND.contains(suite) || suite >> 8 == 0x13;
        let old = self.versions && version < TLS12;
        let weak = self.suites && version == TLS12 && !suites.iter().any(sound);
        let Some(first) = suites.first().filter(|_| old || weak) else { return false };
        let _ = stream.write_all(&server_hello(version, *first)).await;
        let _ = stream.shutdown().await;
        true
    }
}

/// Version and suites of a ClientHello.
fn offer(bytes: &[u8]) -> Option<(u16, Vec<u16>)> {
    let number = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    // Record, message, version, random, session.
    let version = number(9)?;
    let at = 44 + usize::from(*bytes.get(43)?);
    let length = usize::from(number(at)?);
    let suites = bytes.get(at + 2..at + 2 + length)?;
    Some((version, suites.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()))
}

fn server_hello(version: u16, suite: u16) -> Vec<u8> {
    let [high, low] = version.to_be_bytes();
    let mut out = vec![22, high, low, 0, 42, 2, 0, 0, 38, high, low];
    out.extend_from_slice(&[0x5a; 32]);
    out.push(0);
    out.extend_from_slice(&suite.to_be_bytes());
    out.push(0);
    out
}
