//! A sound server's handshakes, and what breaks each check.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair};

use super::probes::{SUITE, VERSION, WHOLE};
use super::suites::{ANY, KINDS};
use super::{judges_handshakes, words};
use crate::audit::exchange::{ByHand, Exchange, Facts, Purpose, TlsTrace};
use crate::audit::fixture::{judge, worst};
use crate::audit::prober::site;
use crate::audit::{Judgement, Level};
use crate::plan::RouteKind;
use crate::wire::hello::{Reply, SSL3, TLS10, TLS11, TLS12, TLS13};
use crate::wire::{Failure, FailureKind, Handshake, Request};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// An RSA key of 1024 bits.
const WEAK: &str = "MIICCjCCAXOgAwIBAgIUXaXes/vK7m9t2Jvs1sKFsOMKdK4wDQYJKoZIhvcNAQELBQAwFzEVMBMGA1UEAwwMd2Vhay5pbnZhbGlk\
    MB4XDTI2MTEyNDIzNTk0MFoXDTM2MTEyMTIzNTk0MFowFzEVMBMGA1UEAwwMd2Vhay5pbnZhbGlkMIGfMA0GCSqGSIb3DQEBAQUA\
    A4GNADCBiQKBgQDyXtittr7mL1b1STjlFpw20KmFsk9u1Wgofpwrg0g2GfsEwkN76RE8KP0IRDRrx0ZqxenIaybq1wRR/75oKSQ6\
    xDPvIRBQgIR7SQXSGwOFIRPemqpM5K8D29CG4syeadMqxnkEfRmKV59rqMaY00j0rFXKeXCeXFWEBZfBL1m6BwIDAQABo1MwUTAd\
    BgNVHQ4EFgQUqIV4w2qzrLojjBUSirqIrwVk6HgwHwYDVR0jBBgwFoAUqIV4w2qzrLojjBUSirqIrwVk6HgwDwYDVR0TAQH/BAUw\
    AwEB/zANBgkqhkiG9w0BAQsFAAOBgQA0maeKSKEkD+5hlZ0OL6QnNAI6WLB9WHeleZWKW8zX8fjbzd3IfJsmx+K904TyfslPOXKe\
    bzp1bwT9pZ3ChKP5n+fNpTJqmaBGOkJf5KxpOmKTiWavilbtlGAIWLStS3XeCv9Ea2oDQj/ffCyBblXtsNZ1infQm75CQbVBnhr2\
    /A==";
/// Signed by SHA-1.
const SHA1: &str = "MIIBJTCBzAIUOB339t9dul9IEjz9ntHN9r2L2rgwCQYHKoZIzj0EATAVMRMwEQYDVQQDDApjYS5pbnZhbGlkMB4XDTI2MTEyNDIz\
    NTk0MFoXDTM2MTEyMTIzNTk0MFowFzEVMBMGA1UEAwwMbGVhZi5pbnZhbGlkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEK+92\
    AQMeQJG8Gv3VQRK8BZqy/dR9RTDhyMBc4A1fCDwDXOpMWjrS2l07uVrARnWWwWlNxCofiNgpC97cBRgOOTAJBgcqhkjOPQQBA0kA\
    MEYCIQC8WgQLkQXwkZArX4C8YKrjFqR0ZEuUExdB7U8VsV648AIhAKcR+HZwr2DOIAebKTrzw9ZKMfJ0S8aDWTVa1731zBy4";

/// A certificate that began a month ago and has so many days left.
fn certificate(life: Duration, left: Duration) -> Vec<u8> {
    let mut params = CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
    let end = SystemTime::now() + left;
    (params.not_before, params.not_after) = ((end - life).into(), end.into());
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

fn add(facts: &mut Facts, purpose: Purpose, variant: &str, tls: TlsTrace) {
    let message = "nothing was asked".to_owned();
    let mut place = site("TLS handshake", RouteKind::Html);
    variant.clone_into(&mut place.variant);
    let answer = Err(Failure { kind: FailureKind::Tls, message });
    let exchange = Exchange::new(purpose, place, Request::default(), answer);
    facts.exchanges.push(exchange.by_hand(ByHand { tls: Some(tls), ..ByHand::default() }));
}

pub fn sound(facts: &mut Facts) {
    let seen = Handshake {
        version: TLS13,
        suite: "TLS13_AES_256_GCM_SHA384".into(),
        alpn: Some("http/1.1".into()),
        chain: vec![certificate(90 * DAY, 60 * DAY)],
        doubt: None,
        distrust: None,
    };
    add(facts, WHOLE, "", TlsTrace::Whole { seen, at: SystemTime::now() });
    let refused = Reply::Refused(Some(70));
    for version in [TLS11, TLS10, SSL3] {
        add(
            facts,
            VERSION,
            &words::version(version),
            TlsTrace::Offer { version, suites: ANY, reply: refused },
        );
    }
    let reply = Reply::Accepted { version: TLS12, suite: 0xc02b };
    add(facts, VERSION, "TLS 1.2", TlsTrace::Offer { version: TLS12, suites: ANY, reply });
    for kind in KINDS {
        let reply = Reply::Refused(Some(40));
        add(facts, SUITE, kind.name, TlsTrace::Offer { version: TLS12, suites: kind.suites, reply });
    }
}

/// Changes what the whole handshake showed.
fn seen(facts: &mut Facts, change: impl Fn(&mut Handshake)) {
    let traces = facts.exchanges.iter_mut().filter_map(|exchange| exchange.by_hand.as_mut()?.tls.as_mut());
    for trace in traces {
        if let TlsTrace::Whole { seen, .. } = trace {
            change(seen);
        }
    }
}

/// Has the server accept an offer with its first suite.
fn accept(facts: &mut Facts, variant: &str) {
    for exchange in facts.exchanges.iter_mut().filter(|exchange| exchange.site.variant == variant) {
        if let Some(TlsTrace::Offer { version, suites, reply }) =
            exchange.by_hand.as_mut().and_then(|by_hand| by_hand.tls.as_mut())
        {
            *reply = Reply::Accepted { version: *version, suite: suites[0] };
        }
    }
}

pub fn spoil(check: &str, facts: &mut Facts) -> bool {
    match check {
        "TLS-VERSION" => accept(facts, "TLS 1.0"),
        "TLS-CIPHER" => accept(facts, "anonymous"),
        "TLS-CERT" => seen(facts, |seen| seen.distrust = Some("the certificate has expired".into())),
        "TLS-EXPIRY" => seen(facts, |seen| seen.chain = vec![certificate(90 * DAY, 3 * DAY)]),
        "TLS-KEY" => seen(facts, |seen| seen.chain = vec![STANDARD.decode(WEAK).unwrap()]),
        "TLS-ALPN" => seen(facts, |seen| seen.alpn = Some("h2".into())),
        _ => return false,
    }
    true
}

fn spoilt(change: impl Fn(&mut Facts)) -> Facts {
    let mut facts = crate::audit::fixture::facts(true);
    sound(&mut facts);
    change(&mut facts);
    facts
}

#[test]
fn what_is_out_of_date_is_warned_of() {
    for (check, change) in [
        ("TLS-CIPHER", (|facts| accept(facts, "CBC")) as fn(&mut Facts)),
        ("TLS-CIPHER", |facts| accept(facts, "static RSA")),
        ("TLS-VERSION", |facts| seen(facts, |seen| seen.version = TLS12)),
        ("TLS-EXPIRY", |facts| seen(facts, |seen| seen.chain = vec![certificate(90 * DAY, 14 * DAY)])),
        ("TLS-EXPIRY", |facts| seen(facts, |seen| seen.chain = vec![certificate(800 * DAY, 300 * DAY)])),
        ("TLS-KEY", |facts| {
            seen(facts, |seen| {
                let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
                let params = CertificateParams::new(Vec::new()).unwrap();
                seen.chain = vec![params.self_signed(&key).unwrap().der().to_vec()];
            });
        }),
        ("TLS-CERT", |facts| {
            facts.host = "shop.example".into();
            seen(facts, |seen| seen.doubt = Some("the certificate's issuer is not trusted".into()));
        }),
    ] {
        assert_eq!(worst(check, &spoilt(change)), Some(Level::Warn), "{check}");
    }
}

#[test]
fn what_nobody_should_take_fails() {
    for variant in ["NULL", "EXPORT", "anonymous", "RC4", "DES and 3DES"] {
        assert_eq!(
            worst("TLS-CIPHER", &spoilt(|facts| accept(facts, variant))),
            Some(Level::Fail),
            "{variant}"
        );
    }
    for variant in ["TLS 1.1", "TLS 1.0", "SSL 3.0"] {
        assert_eq!(
            worst("TLS-VERSION", &spoilt(|facts| accept(facts, variant))),
            Some(Level::Fail),
            "{variant}"
        );
    }
    let sha1 = spoilt(|facts| seen(facts, |seen| seen.chain = vec![STANDARD.decode(SHA1).unwrap()]));
    assert_eq!(worst("TLS-KEY", &sha1), Some(Level::Fail));
    let over = spoilt(|facts| {
        seen(facts, |seen| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            let end = SystemTime::now() - DAY;
            (params.not_before, params.not_after) = ((end - 90 * DAY).into(), end.into());
            seen.chain = vec![params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()];
        });
    });
    assert_eq!(worst("TLS-EXPIRY", &over), Some(Level::Fail));
}

/// On this machine there is no authority that browsers know.
#[test]
fn an_authority_of_ones_own_is_noted_on_this_machine() {
    let own = spoilt(|facts| seen(facts, |seen| seen.doubt = Some("not trusted".into())));
    assert_eq!(worst("TLS-CERT", &own), Some(Level::Info));
}

#[test]
fn without_a_handshake_nothing_passes() {
    let none = crate::audit::fixture::facts(true);
    for check in super::CHECKS {
        assert!(matches!(judge(check.id, &none), Judgement::NotRun(_)), "{}", check.id);
        assert!(judges_handshakes(check), "{}", check.id);
    }
}
