//! Stacks that are not there, that are not HTTP, and that write down what they are asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use shakedown::audit::{Mode, Probe, Selection, catalogue};
use shakedown::auth::Wallet;
use shakedown::record::{CheckOutcome, Outcome};
use shakedown::wire::Endpoint;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::site::{plan, run};

/// Checks that one stack is enough for.
fn of_one_stack() -> usize {
    catalogue().filter(|check| matches!(check.mode, Mode::Passive | Mode::Active)).count()
}

const ROUTES: &str = "[users]\nlist = [{ username = \"ada\", password = \"pw-of-ada\" }]\n\
    [auth.session]\nkind = \"session\"\nlogin = \"/login/\"\nlogout = \"/logout/\"\n\
    [[routes]]\nname = \"home\"\nget = \"/\"\n\
    [[routes]]\nname = \"mine\"\nget = \"/mine/\"\nauth = \"session\"\n\
    [[routes]]\nname = \"buy\"\npost = \"/buy/\"\n\
    [[routes]]\nname = \"bye\"\nget = \"/logout/\"\nkind = \"logout\"\n\
    [load]\nmodel = \"open\"\nrate = 1\nduration = \"1s\"\n";

/// Answers everything with the same bytes and keeps the heads of what was asked.
async fn serve(answer: Vec<u8>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (answer, kept) = (answer.clone(), kept.clone());
            tokio::spawn(async move {
                let mut head = Vec::new();
                let mut chunk = [0; 16 * 1024];
                while !head.windows(4).any(|w| w == b"\r\n\r\n" || w.ends_with(b"\n\n")) {
                    match stream.read(&mut chunk).await {
                        Ok(n) if n > 0 => head.extend_from_slice(&chunk[..n]),
                        _ => return,
                    }
                }
                kept.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
                // Reads the rest, or the peer's kernel would drop the answer with a reset.
                while stream.read(&mut chunk).await.is_ok_and(|n| n > 0) {}
            });
        }
    });
    (address, asked)
}

async fn audited(address: SocketAddr, active: bool) -> Vec<CheckOutcome> {
    let url = format!("http://{address}");
    let plan = plan(&url, &format!("audit = {{ active = {active} }}"), ROUTES);
    let endpoint = Endpoint::resolve(&url.parse().unwrap(), None, None).await.unwrap();
    run(&plan, &endpoint, &BTreeMap::new(), &Wallet::default(), &Selection::default()).await
}

#[tokio::test]
async fn without_consent_only_gets_of_the_scenario_are_sent() {
    let page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi".to_vec();
    let (address, asked) = serve(page.clone()).await;
    audited(address, false).await;
    let mut lines: Vec<String> =
        asked.lock().unwrap().iter().map(|head| head.lines().next().unwrap().to_owned()).collect();
    lines.sort();
    lines.dedup();
    assert_eq!(lines, ["GET / HTTP/1.1", "GET /login/ HTTP/1.1", "GET /mine/ HTTP/1.1"]);

    let (address, asked) = serve(page).await;
    let outcomes = audited(address, true).await;
    let asked = asked.lock().unwrap();
    let sent = |start: &str| asked.iter().filter(|head| head.starts_with(start)).count();
    assert_eq!(sent("POST /buy/"), 0, "a route that changes something is not the audit's");
    assert!(sent("SHAKEDOWN / ") > 0 && sent("GET /shakedown-") > 0 && sent("POST / ") > 0);
    assert!(asked.iter().any(|head| head.contains(".invalid\r\n")), "a foreign Host");
    let mut probes: Vec<&Probe> = catalogue().flat_map(|check| check.probes.iter().copied()).collect();
    probes.sort_by_key(|probe| probe.name);
    probes.dedup_by_key(|probe| probe.name);
    let most: usize = probes.iter().map(|probe| probe.most).sum();
    assert!(asked.len() < most, "{} requests", asked.len());
    // The page never gives a session: a login that did not succeed proves nothing.
    for id in
        ["CK-FIXATION", "CK-ENTROPY", "SESSION-LOGOUT", "CSRF-REQUIRED", "CSRF-ORIGIN", "CSRF-SAFE-METHOD"]
    {
        let outcome = outcomes.iter().find(|outcome| outcome.check == id).unwrap();
        assert_eq!(outcome.outcome, Outcome::NotRun, "{id}: {}", outcome.summary);
    }
    for head in asked.iter() {
        // One of the probes ends its lines without a carriage return.
        assert!(head.contains("\nUser-Agent: shakedown/"), "{head}");
        assert!(!head.contains("Authorization"), "{head}");
    }
}

#[tokio::test]
async fn a_stack_that_is_gone_passes_nothing() {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let outcomes = audited(address, true).await;
    assert_eq!(outcomes.len(), of_one_stack());
    for outcome in outcomes {
        assert_eq!(outcome.outcome, Outcome::NotRun, "{}", outcome.check);
        assert!(outcome.summary.contains("connection refused"), "{}", outcome.summary);
    }
}

#[tokio::test]
async fn an_answer_made_to_hurt_hurts_nobody() {
    let names = [
        "Strict-Transport-Security",
        "Content-Security-Policy",
        "Permissions-Policy",
        "Set-Cookie",
        "Content-Type",
        "Server",
        "X-Frame-Options",
        "Location",
        "Referrer-Policy",
    ];
    let values: [&[u8]; 9] = [
        b"",
        b"\"",
        b";;;,,,===",
        b"\xff\xfe\x80",
        b"'nonce-",
        "max-age=99999999999999999999999999; \u{202e}é".as_bytes(),
        b"a=b; Max-Age=-99999999999999999999; Expires=never; Domain",
        b"text/html; charset",
        b"\x1b[2J\x1b]0;owned\x07",
    ];
    for shift in 0..values.len() {
        let mut answer = b"HTTP/1.1 200 \xc3\x28\r\n".to_vec();
        for (at, name) in names.iter().enumerate() {
            for value in [values[(at + shift) % values.len()], values[(at + shift + 4) % values.len()]] {
                answer.extend_from_slice(name.as_bytes());
                answer.extend_from_slice(b": ");
                answer.extend(value.iter().filter(|byte| **byte != 0x1b && **byte != 0x07));
                answer.extend_from_slice(b"\r\n");
            }
        }
        answer
            .extend_from_slice(b"\r\n<html><input name=\"csrfmiddlewaretoken\" value=\"\xff\x1b[2J\xf0\x9f");
        let (address, _) = serve(answer).await;
        let outcomes = audited(address, true).await;
        assert_eq!(outcomes.len(), of_one_stack());
        let text = serde_json::to_string(&outcomes).unwrap();
        assert!(!text.contains("\\u001b") && !text.contains('\u{202e}'), "{text}");
    }
}
