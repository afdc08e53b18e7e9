//! `chatflow serve`: the HTTP service on a database.

use std::net::SocketAddr;
use std::path::PathBuf;

use chatflow::Handlers;
use chatflow_storage::{AnyStore, Blocking};
use clap::Args;
use tokio::net::TcpListener;

use super::database::{Database, DatabaseArguments, file};
use super::report::{say, tell, tell_error};
use super::{exit, open};
use crate::app::{ServiceOptions, router};
use crate::config::{Config, Environment};

#[derive(Debug, Args)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The address to listen on; port 0 takes a free one. By default 127.0.0.1:8000.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// A file of settings; variables `FLOW_…` of the environment win over it.
    #[arg(long, value_name = "FILE", env = "CHATFLOW_CONFIG")]
    config: Option<PathBuf>,
    /// Answers for the requests of flows.
    #[arg(long, value_name = "FILE")]
    handlers: Option<PathBuf>,
    /// In development, cookies work over plain HTTP, and tokens are signed with a secret that the
    /// database keeps. By default `production`.
    #[arg(long, value_enum)]
    env: Option<Environment>,
}

/// A thread that waits for the disk must not keep others from answering.
const WORKERS: usize = 8;

pub(super) fn run(arguments: &ServeArguments) -> u8 {
    let handlers = match arguments.handlers.as_ref().map(|path| open::handlers(path)).transpose() {
        Ok(handlers) => handlers.unwrap_or_default(),
        Err(code) => return code,
    };
    let config = match Config::read(arguments.config.as_deref()) {
        Ok(config) => config,
        Err(error) => {
            tell_error(&error);
            return exit::INPUT;
        }
    };
    let usual = SocketAddr::from(([127, 0, 0, 1], 8000));
    let setup = Setup {
        listen: arguments.listen.or(config.server.listen).unwrap_or(usual),
        environment: arguments.env.or(config.env).unwrap_or_default(),
        config,
        handlers,
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let served = runtime.map_err(|error| cannot_serve(setup.listen, &error)).and_then(|runtime| {
        runtime.block_on(async {
            let store = match &arguments.database.db {
                Database::File(path) => AnyStore::new(Blocking(file(path)?)),
                Database::Server(address) => AnyStore::new(address.connect().await?),
            };
            serve(store, setup).await
        })
    });
    served.map_or_else(|code| code, |()| exit::OK)
}

/// How to serve.
struct Setup {
    listen: SocketAddr,
    environment: Environment,
    config: Config,
    handlers: Handlers,
}

async fn serve(store: AnyStore, setup: Setup) -> Result<(), u8> {
    let Setup { listen, environment, config, handlers } = setup;
    let identity = config.identity(&store, environment).await.map_err(|error| {
        tell_error(&error);
        exit::INPUT
    })?;
    let options = config.options(environment, identity).map_err(|error| {
        tell_error(&error);
        exit::INPUT
    })?;
    let options = ServiceOptions { handlers, ..options };
    let served = async {
        let listener = TcpListener::bind(listen).await?;
        say(format_args!("Chatflow listens on http://{}/", listener.local_addr()?));
        crate::listen::serve(listener, router(store, options), interrupted()).await
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
