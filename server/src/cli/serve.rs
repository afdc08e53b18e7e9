//! `chatflow serve`: the HTTP service on a database.

use std::net::SocketAddr;
use std::path::PathBuf;

use chatflow_storage::{AsyncStore, Blocking};
use clap::{Args, ValueEnum};
use tokio::net::TcpListener;

use super::database::{Database, DatabaseArguments, file};
use super::report::{say, tell};
use super::{exit, open};
use crate::app::{ServiceOptions, router};

#[derive(Debug, Args)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    database: DatabaseArguments,
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
    let development = arguments.env == Environment::Development;
    let options = ServiceOptions { handlers, development, ..ServiceOptions::default() };
    let listen = arguments.listen;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let served = runtime.map_err(|error| cannot_serve(listen, &error)).and_then(|runtime| {
        runtime.block_on(async {
            match &arguments.database.db {
                Database::File(path) => serve(listen, Blocking(file(path)?), options).await,
                Database::Server(address) => serve(listen, address.connect().await?, options).await,
            }
        })
    });
    served.map_or_else(|code| code, |()| exit::OK)
}

async fn serve(
    listen: SocketAddr,
    store: impl AsyncStore + 'static,
    options: ServiceOptions,
) -> Result<(), u8> {
    let served = async {
        let listener = TcpListener::bind(listen).await?;
        say(format_args!("Chatflow listens on http://{}/", listener.local_addr()?));
        let service = router(store, options);
        axum::serve(listener, service).with_graceful_shutdown(interrupted()).await
    };
    served.await.map_err(|error| cannot_serve(listen, &error))
}

fn cannot_serve(listen: SocketAddr, error: &std::io::Error) -> u8 {
    tell(format_args!("error: cannot serve on {listen}: {error}"));
    exit::HOST
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
