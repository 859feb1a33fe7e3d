//! Readiness: the stack answers over HTTP. An open port is no proof, since a proxy listens before what
//! stands behind it.

use std::time::{Duration, Instant};

use super::Say;
use super::process::Processes;
use crate::plan::ReadyPlan;
use crate::wire::{Endpoint, Failure, FailureKind, Limits, Request, fetch, rounded};

/// Pause between two probes at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(250));
/// How long one probe may take.
const PROBE: Duration = Duration::from_secs(5);
/// A certificate that is refused this long will not get better.
const TLS_PATIENCE: Duration = Duration::from_secs(2);
/// Silence before the person who waits is told what is waited for.
const TELL_AFTER: Duration = Duration::from_secs(2);

/// Waits for the answer that means ready, and gives the endpoint that it came from. `resolve` is asked anew for each
/// probe: a stack may make its certificate authority while it starts.
///
/// # Errors
/// In words, what happened instead, with the name of the process that ended, if one did.
pub(super) async fn wait(
    resolve: impl AsyncFn() -> Result<Endpoint, Failure>,
    ready: &ReadyPlan,
    path: &str,
    processes: Option<&Processes>,
    say: Say<'_>,
) -> Result<Endpoint, (Option<String>, String)> {
    let request = Request::get(path);
    let began = Instant::now();
    let mut pause = PAUSE.0;
    let mut told = String::new();
    loop {
        if let Some((name, status)) = processes.and_then(Processes::died) {
            return Err((Some(name.to_owned()), format!("did not start: `{name}` {status}")));
        }
        let left = ready.timeout.saturating_sub(began.elapsed());
        let limits = Limits { timeout: PROBE.min(left).max(PAUSE.0), body: 4096 };
        let answer = match resolve().await {
            Ok(endpoint) => fetch(&endpoint, &request, limits).await.map(|response| (endpoint, response)),
            Err(failure) if processes.is_none() => {
                return Err((None, format!("cannot be reached: {failure}")));
            }
            Err(failure) => Err(failure),
        };
        let seen = match answer {
            Ok((endpoint, response)) if is_ready(response.status, ready.status) => return Ok(endpoint),
            Ok((_, response)) => format!("GET {path} answered {}", response.status),
            Err(failure) if failure.kind == FailureKind::Tls && began.elapsed() > TLS_PATIENCE => {
                return Err((None, format!("cannot be reached over TLS: {failure}")));
            }
            Err(failure) if failure.kind == FailureKind::Connect && began.elapsed() >= ready.refused => {
                return Err((None, unreachable(&failure, ready.refused, processes.is_some())));
            }
            Err(failure) => failure.to_string(),
        };
        if began.elapsed() >= ready.timeout {
            return Err((None, format!("was not ready after {}: {seen}", rounded(ready.timeout))));
        }
        if began.elapsed() > TELL_AFTER && told != seen {
            say(&format!("waiting: {seen}"));
            told = seen;
        }
        tokio::time::sleep(pause.min(ready.timeout.saturating_sub(began.elapsed()))).await;
        pause = (pause * 3 / 2).min(PAUSE.1);
    }
}

/// No connection, and what to do about it.
fn unreachable(failure: &Failure, tried: Duration, started: bool) -> String {
    let tried = rounded(tried);
    if started {
        return format!("was not ready after {tried}: {failure}");
    }
    format!("cannot be reached: {failure} (tried for {tried}); start it, or check the stack's `url`")
}

fn is_ready(status: u16, wanted: Option<u16>) -> bool {
    match wanted {
        Some(wanted) => status == wanted,
        None => !matches!(status, 502 | 503),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_nobody_starts_is_not_waited_for() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = url::Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        drop(listener);
        let ready = ReadyPlan {
            path: "/".into(),
            status: None,
            timeout: Duration::from_secs(3600),
            refused: Duration::from_millis(300),
        };
        let resolve = async || Endpoint::resolve(&url, None, None).await;
        let (_, reason) = wait(resolve, &ready, "/", None, &|_| {}).await.err().unwrap();
        let address = url.as_str().trim_start_matches("http://").trim_end_matches('/');
        assert_eq!(
            reason,
            format!(
                "cannot be reached: connection refused by {address} (tried for 300 ms); start it, or check the stack's `url`"
            )
        );
    }

    #[test]
    fn a_gateway_without_its_application_is_not_ready() {
        assert!(is_ready(200, None) && is_ready(404, None) && is_ready(301, None));
        assert!(!is_ready(502, None) && !is_ready(503, None));
        assert!(is_ready(503, Some(503)) && !is_ready(200, Some(204)));
    }
}
