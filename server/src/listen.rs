//! Connections: accepted, kept from lingering, and finished before the process ends (S12.1, S12.10).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tower_service::Service as _;

/// How long a client may take to send the head of a request; also how long a connection may idle.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);

/// The largest head, URL and headers together, in bytes.
const LARGEST_HEAD: usize = 40 * 1024;

/// How long what is under way may take once the process is told to end.
const LAST_PATIENCE: Duration = Duration::from_secs(30);

/// After an error of `accept`, such as too many open files, others get time to close theirs.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves a router until `stop` is ready, then finishes what is under way.
///
/// # Errors
/// What the listener says of itself.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Answers are small and wanted at once.
        drop(stream.set_nodelay(true));
        let service = with_peer(router.clone(), peer);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_PATIENCE)
            .max_buf_size(LARGEST_HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that goes away is no failure of ours.
            drop(connection.await);
        });
    }
    drop(listener);
    drop(tokio::time::timeout(LAST_PATIENCE, graceful.shutdown()).await);
    Ok(())
}

/// The router as hyper calls it, told who calls.
fn with_peer(
    router: Router,
    peer: SocketAddr,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = Infallible,
    Future: Send,
> {
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let mut router = router.clone();
        async move { router.call(request).await }
    })
}
