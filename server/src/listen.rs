//! Connections: accepted, kept from lingering, and finished before the process ends (S12.1, S12.10).

mod entrance;
mod patient;
mod room;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

pub use self::entrance::Entrance;
use self::patient::Patient;

/// How long a client may take to send the head of a request, and to take a part of an answer; also
/// how long a connection may idle.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The largest head, URL and headers together, in bytes.
const LARGEST_HEAD: usize = 64 * 1024;

/// How long what is under way may take once the process is told to end.
const LAST_PATIENCE: Duration = Duration::from_secs(30);

/// After an error of `accept`, such as too many open files, others get time to close theirs.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How connections are treated.
#[derive(Clone, Copy, Debug)]
pub struct ListenOptions {
    /// How many there may be at the same time; others wait until one ends. Without, as many as the
    /// process may have files, less some for everything else.
    pub max_connections: Option<usize>,
    /// How long a client may take to send the head of a request, and to take a part of an answer.
    pub client_patience: Duration,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self { max_connections: None, client_patience: PATIENCE }
    }
}

/// Serves a router, or an [`Entrance`] that gets one, until `stop` is ready, then finishes what is under way.
///
/// # Errors
/// What the listener says of itself.
pub async fn serve(
    listener: TcpListener,
    entrance: impl Into<Entrance>,
    options: ListenOptions,
    stop: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let entrance = entrance.into();
    // The limit of files is raised in any case.
    let most = room::connections();
    let room = options.max_connections.map_or(most, |wanted| wanted.min(most));
    let room = Arc::new(Semaphore::new(room.clamp(1, Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        // Who finds no room waits where the system keeps those who are not let in yet.
        let next = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Answers are small and wanted at once.
        drop(stream.set_nodelay(true));
        let service = with_peer(entrance.clone(), peer);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(options.client_patience)
            .max_buf_size(LARGEST_HEAD)
            .serve_connection(TokioIo::new(Patient::new(stream, options.client_patience)), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that goes away is no failure of ours.
            drop(connection.await);
            drop(place);
        });
    }
    drop(listener);
    drop(tokio::time::timeout(LAST_PATIENCE, graceful.shutdown()).await);
    Ok(())
}

/// The entrance as hyper calls it, told who calls.
fn with_peer(
    entrance: Entrance,
    peer: SocketAddr,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = Infallible,
    Future: Send,
> {
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let entrance = entrance.clone();
        async move { entrance.call(request).await }
    })
}
