//! `chatflow serve`: the HTTP service on an SQLite file.

use std::net::SocketAddr;
use std::path::PathBuf;

use chatflow_sqlite::SqliteStore;
use chatflow_storage::Blocking;
use clap::{Args, ValueEnum};
use tokio::net::TcpListener;

use super::report::{say, tell, tell_error};
use super::{exit, open};
use crate::app::{ServiceOptions, router};

#[derive(Debug, Args)]
pub(super) struct ServeArguments {
    /// The database; made when it does not exist.
    #[arg(long, value_name = "FILE", default_value = "chatflow.db")]
    db: PathBuf,
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Answers for the requests of flows.
    #[arg(long, value_name = "FILE")]
    handlers: Option<PathBuf>,
    /// In development, cookies work over plain HTTP.
    #[arg(long, value_enum, default_value_t = Environment::Production)]
    env: Environment,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Environment {
    Production,
    Development,
}

/// A thread that waits for the disk must not keep others from answering.
const WORKERS: usize = 8;

pub(super) fn run(arguments: &ServeArguments) -> u8 {
    let handlers = match arguments.handlers.as_ref().map(|path| open::handlers(path)).transpose() {
        Ok(handlers) => handlers.unwrap_or_default(),
        Err(code) => return code,
    };
    let store = match SqliteStore::open(&arguments.db) {
        Ok(store) => store,
        Err(error) => {
            tell_error(&error);
            return exit::HOST;
        }
    };
    let development = arguments.env == Environment::Development;
    let options = ServiceOptions { handlers, development, ..ServiceOptions::default() };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let served =
        runtime.and_then(|runtime| runtime.block_on(serve(arguments.listen, store, options)));
    match served {
        Ok(()) => exit::OK,
        Err(error) => {
            tell(format_args!("error: cannot serve on {}: {error}", arguments.listen));
            exit::HOST
        }
    }
}

async fn serve(
    listen: SocketAddr,
    store: SqliteStore,
    options: ServiceOptions,
) -> std::io::Result<()> {
    let listener = TcpListener::bind(listen).await?;
    say(format_args!("Chatflow listens on http://{}/", listener.local_addr()?));
    let service = router(Blocking(store), options);
    axum::serve(listener, service).with_graceful_shutdown(interrupted()).await
}

/// Ends at Ctrl-C or SIGTERM; turns under way are finished.
async fn interrupted() {
    let terminate = async {
        #[cfg(unix)]
        if let Ok(mut signal) =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        {
            signal.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
