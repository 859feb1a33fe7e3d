//! Start, end, and wrong command lines.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use assert_cmd::cargo::CommandCargoExt;
use reqwest::tls::Version;
use reqwest::{Certificate, Client};
use rustix::process::{Pid, Signal, kill_process};

use crate::process::{PROFILES, Target};

fn shakedown(arguments: &[&str]) -> std::process::Output {
    Command::cargo_bin("shakedown").unwrap().arg("target").args(arguments).output().unwrap()
}

#[test]
fn ends_well_on_sigterm_and_sigint() {
    for profile in PROFILES {
        for signal in [Signal::TERM, Signal::INT] {
            let mut target = Target::start(profile);
            kill_process(Pid::from_child(&target.child), signal).unwrap();
            assert_eq!(target.child.wait().unwrap().code(), Some(0), "{profile} {signal:?}");
        }
    }
}

#[test]
fn ends_with_the_process_that_started_it() {
    let mut shell = Command::new("sh")
        .args(["-c", r#""$0" target --profile dev --port 0 & read -r line"#, env!("CARGO_BIN_EXE_shakedown")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(shell.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
    drop(shell.stdin.take());
    shell.wait().unwrap();
    // The pipe ends when the target, its last writer, is gone.
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(output.read_to_string(&mut line).is_ok()));
    assert_eq!(told.recv_timeout(Duration::from_secs(60)), Ok(true), "the target outlived its parent");
}

#[test]
fn says_what_is_wrong_with_a_command_line() {
    let no_dir = shakedown(&["--profile", "production"]);
    assert_eq!(no_dir.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&no_dir.stderr).contains("--tls-dir"));

    let unknown = shakedown(&["--profile", "dev", "--fault", "no-hst"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean `no-hsts`?"));

    assert_eq!(shakedown(&[]).status.code(), Some(2));
}

#[test]
fn a_port_in_use_is_named() {
    let target = Target::start("dev");
    let port = target.url.rsplit(':').next().unwrap();
    let second = shakedown(&["--profile", "dev", "--port", port]);
    assert_eq!(second.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&second.stderr).contains(&format!("127.0.0.1:{port}")));
}

#[test]
fn lists_its_faults() {
    let list = shakedown(&["--list-faults"]);
    assert!(list.status.success());
    let text = String::from_utf8(list.stdout).unwrap();
    assert!(text.lines().any(|l| l.starts_with("no-hsts ") && l.contains("HDR-HSTS")), "{text}");
}

#[tokio::test]
async fn speaks_tls_1_2_and_1_3_to_those_who_trust_its_authority() {
    let target = Target::start("production");
    let pem = std::fs::read(target.dir.path().join("ca.pem")).unwrap();
    let ca = Certificate::from_pem(&pem).unwrap();
    for version in [Version::TLS_1_2, Version::TLS_1_3] {
        let client = Client::builder().no_proxy().tls_certs_only([ca.clone()]);
        let client = client.tls_version_min(version).tls_version_max(version).build().unwrap();
        let by_name = target.url.replace("127.0.0.1", "localhost");
        for url in [&target.url, &by_name] {
            assert_eq!(client.get(url).send().await.unwrap().status(), 200, "{version:?} {url}");
        }
    }
    let stranger = Client::builder().no_proxy().build().unwrap();
    assert!(stranger.get(&target.url).send().await.is_err());
}
