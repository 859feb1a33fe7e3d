//! TLS-*: versions, cipher suites and the certificate, as handshakes show them. What takes malformed records to find
//! (Heartbleed and its like) is left to tools that are made for it.

mod certificate;
mod offers;
mod probes;
#[cfg(test)]
pub(super) mod samples;
mod suites;
pub(super) mod words;

use super::check::{Check, Mode};
use crate::record::Severity;
use probes::{HANDSHAKE, SUITES, VERSIONS};

/// What most rows of the family share.
const ROW: Check = Check { mode: Mode::Active, probes: &[&HANDSHAKE], fix: "R-TLS", ..Check::ROW };

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        probes: &[&HANDSHAKE, &VERSIONS],
        rule: "Offers TLS 1.2, 1.1, 1.0 and SSL 3.0, each alone, and shakes hands as a browser does. Passes 1.2 and 1.3; warns without \
               1.3; fails when an older version is accepted.",
        references: &["CWE-327", "ASVS v5.0.0-12.1.1", "RFC 8996", "Mozilla Server Side TLS 5.7"],
        ..ROW.of("TLS-VERSION", "Versions of TLS", Severity::High, offers::versions)
    },
    Check {
        probes: &[&SUITES],
        rule: "Offers by TLS 1.2 suites without encryption, of export strength, without a certificate, with RC4, with DES and 3DES, each \
               kind alone, and fails when one is accepted. Warns for CBC, and for suites without forward secrecy.",
        references: &["CWE-327", "ASVS v5.0.0-12.1.2", "RFC 9325 4.1"],
        ..ROW.of("TLS-CIPHER", "Cipher suites", Severity::Medium, offers::suites)
    },
    Check {
        rule: "Looks at the chain, the names and the times of the certificate. Passes what this machine's own roots trust; notes what only \
               the scenario's `ca` makes good, and warns for it where the stack is not on this machine, since browsers do not have that \
               authority; fails what even that does not make good.",
        references: &["CWE-295", "ASVS v5.0.0-12.2.2"],
        ..ROW.of("TLS-CERT", "The certificate's chain and names", Severity::High, certificate::chain)
    },
    Check {
        rule: "Looks at the end of the certificate. Fails within seven days of it, and after it; warns within 21 days, and for a \
               life of more than 366 days.",
        references: &["CWE-298", "Mozilla Server Side TLS 5.7"],
        ..ROW.of("TLS-EXPIRY", "The certificate's end", Severity::Medium, certificate::expiry)
    },
    Check {
        rule: "Looks at the certificate's key and signature. Passes P-256, P-384 and RSA from 2048 bits; warns for other keys, which not \
               every browser takes; fails for RSA below 2048 bits and for signatures by SHA-1 or MD5.",
        references: &["CWE-326", "Mozilla Server Side TLS 5.7"],
        ..ROW.of("TLS-KEY", "The certificate's key", Severity::Medium, certificate::key)
    },
    Check {
        rule: "Offers h2 and http/1.1. Notes when the server takes h2 and the stack's load goes over HTTP/1.1, another way through the \
               server than browsers take (`http = \"2\"` of the stack changes that); and when it chooses none.",
        references: &["RFC 7301", "RFC 9113 3.2"],
        ..ROW.of("TLS-ALPN", "Protocols over TLS", Severity::Info, offers::protocols)
    },
];

/// Whether a check looks at handshakes, which may succeed where no request does.
pub(super) fn judges_handshakes(check: &Check) -> bool {
    check.probes.iter().any(|probe| probe.name == HANDSHAKE.name || probe.name == SUITES.name)
}
