//! Listens, serves each connection, and ends on a signal or with its parent.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, header};
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Pid, getppid};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::app::{self, App};
use super::loose::{self, Loose};
use super::{Fault, Profile, Settings, TargetError, old_tls, plain, tls};

const CONNECTIONS: usize = 4096;
const HANDSHAKE: Duration = Duration::from_secs(10);
const HEADER_READ: Duration = Duration::from_secs(60);
/// For answers that are under way when the end comes.
const FAREWELL: Duration = Duration::from_secs(2);
/// Larger heads get hyper's bare 431; smaller ones that are still too large get the application's.
const HEAD_BUFFER: usize = 256 * 1024;

/// Serves until SIGTERM or SIGINT, or until the parent process is gone. `announce` gets the URL once it listens.
///
/// # Errors
/// No TLS folder for production, a port in use, certificates that cannot be made.
pub fn serve(settings: Settings, announce: impl FnOnce(&str)) -> Result<(), TargetError> {
    let acceptor = match (settings.profile, &settings.tls_dir) {
        (Profile::Dev, _) => None,
        (Profile::Production, Some(dir)) => Some(tls::acceptor(dir, &settings.faults)?),
        (Profile::Production, None) => return Err(TargetError::NoTlsDir),
    };
    runtime(settings.profile)?.block_on(run(settings, acceptor, announce))
}

fn runtime(profile: Profile) -> Result<Runtime, TargetError> {
    let mut builder = match profile {
        Profile::Dev => Builder::new_current_thread(),
        Profile::Production => Builder::new_multi_thread(),
    };
    builder.enable_all().build().map_err(TargetError::io("starting threads"))
}

async fn run(
    settings: Settings,
    acceptor: Option<TlsAcceptor>,
    announce: impl FnOnce(&str),
) -> Result<(), TargetError> {
    // Before anyone hears of this process: a parent that ends at the announcement is noticed too.
    let parent = getppid();
    let (profile, port) = (settings.profile, settings.port);
    let app = Arc::new(App::new(settings)?);
    let (head_timeout, rules) = (head_timeout(&app), loose::rules(&app));
    let old_tls = old_tls::rules(&app);
    let app_over_http = app.has(Fault::PlainHttp);
    let redirects = TowerToHyperService::new(plain::router(app.has(Fault::PlainApiRedirect)));
    let router = app::router(app);
    let over_http2 =
        TowerToHyperService::new(router.clone().layer(axum::middleware::map_request(named_host)));
    let service = TowerToHyperService::new(router);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(TargetError::io(format!("listening on 127.0.0.1:{port}")))?;
    let port = listener.local_addr().map_err(TargetError::io("asking for the port"))?.port();
    let mut terminate = signal(SignalKind::terminate()).map_err(TargetError::io("waiting for SIGTERM"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(TargetError::io("waiting for SIGINT"))?;
    announce(&format!("{}://127.0.0.1:{port}", profile.scheme()));

    let (end, ended) = watch::channel(());
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let orphaned = orphaned(parent);
    tokio::pin!(orphaned);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            () = &mut orphaned => break,
        };
        let Some((mut stream, place)) = accepted else { continue };
        let (service, acceptor, ended) = (service.clone(), acceptor.clone(), ended.clone());
        let over_http2 = over_http2.clone();
        let (rules, redirects) = (rules.clone(), redirects.clone());
        tokio::spawn(async move {
            match acceptor {
                None => talk(Loose::new(stream, rules), service, head_timeout, ended).await,
                Some(acceptor) => {
                    let _ = stream.set_nodelay(true);
                    if !plain::speaks_tls(&stream).await {
                        if app_over_http {
                            talk(Loose::new(stream, rules), service, head_timeout, ended).await;
                        } else {
                            talk(stream, redirects, head_timeout, ended).await;
                        }
                        return;
                    }
                    if let Some(rules) = old_tls
                        && rules.answer(&mut stream).await
                    {
                        return;
                    }
                    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                            return talk_http2(stream, over_http2, ended).await;
                        }
                        talk(Loose::new(stream, rules), service, head_timeout, ended).await;
                    }
                }
            }
            drop(place);
        });
    }
    drop(listener);
    drop(ended);
    let _ = end.send(());
    let _ = tokio::time::timeout(FAREWELL, end.closed()).await;
    Ok(())
}

/// How long a head may take; by fault as long as it likes.
fn head_timeout(app: &App) -> Option<Duration> {
    (!app.has(Fault::EndlessHeader)).then(|| app.settings.read_timeout.unwrap_or(HEADER_READ))
}

/// The next connection, once there is room for it. A failed accept (too many open files) is tried again a little later.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(_) => {
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// Serves one connection; when the end comes, the answer under way is finished first.
async fn talk<S>(
    stream: S,
    service: TowerToHyperService<axum::Router>,
    head_timeout: Option<Duration>,
    mut ended: watch::Receiver<()>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .title_case_headers(true)
        .max_buf_size(HEAD_BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = ended.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// HTTP/2 names the host in `:authority`, where the application does not look for it.
async fn named_host(mut request: axum::extract::Request) -> axum::extract::Request {
    let host = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().entry(header::HOST).or_insert(host);
    }
    request
}

/// The same over HTTP/2, which clients choose by ALPN.
async fn talk_http2<S>(stream: S, service: TowerToHyperService<axum::Router>, mut ended: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = ended.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Ends when the process that started this one is gone. A target that outlives its run would hold its port for ever.
async fn orphaned(parent: Option<Pid>) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tick.tick().await;
        if getppid() != parent {
            return;
        }
    }
}
