//! `chatflow serve`: the HTTP service on a database.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use chatflow::{Handlers, Masker};
use chatflow_postgres::Options;
use chatflow_storage::AnyStore;
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::database::{Database, DatabaseArguments};
use super::deliveries::{Background, EventArguments};
use super::egress::EgressArguments;
use super::report::{say, tell, tell_error};
use super::{exit, open};
use crate::app::{ServiceOptions, router};
use crate::config::{Config, ConfigError, Environment, settled_masker};
use crate::exports::ExportWorker;
use crate::jobs::Jobs;
use crate::listen::{Entrance, ListenOptions};
use crate::outbound::Outbound;
use crate::reading::Shelf;
use crate::token::random_id;

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
    /// Books for flows that ask `/v1/recommend`: a JSON file with a list `works`, for demonstrations.
    #[arg(long, value_name = "FILE")]
    works: Option<PathBuf>,
    /// In development, cookies work over plain HTTP, and tokens are signed with a secret that the
    /// database keeps. By default `production`.
    #[arg(long, value_enum)]
    env: Option<Environment>,
    #[command(flatten)]
    egress: EgressArguments,
    #[command(flatten)]
    events: EventArguments,
}

/// With a file, a thread that waits for the disk must not keep others from answering.
const WORKERS_OF_FILE: usize = 8;

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
    let listen = arguments.listen.or(config.server.listen).unwrap_or(usual);
    let environment = arguments.env.or(config.env).unwrap_or_default();
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    if let Database::File(_) = arguments.database.db {
        threads.worker_threads(WORKERS_OF_FILE);
    }
    let runtime = threads.enable_all().build();
    let served = runtime.map_err(|error| cannot_serve(listen, &error)).and_then(|runtime| {
        runtime.block_on(async {
            let connections = config.listening().map_err(|error| {
                tell_error(&error);
                exit::INPUT
            })?;
            let (stop, _) = watch::channel(false);
            let door = Door::listen(listen, connections, stop.clone()).await?;
            // Who calls while the database is opened waits at the door; only `/healthz` answers.
            let begun = async {
                let store = connect(arguments, &config).await?;
                let (mut options, outbound) =
                    prepare(arguments, &config, environment, handlers, &store).await?;
                options.stopping = Some(stop.subscribe());
                let background = Background::new(&arguments.events, outbound, &options, stop);
                let background = with_exports(background, &options, &config, arguments);
                let jobs = jobs_of(&store, &config, &arguments.events)?
                    .zip(options.exports.as_ref())
                    .map(|(jobs, exports)| jobs.with_exports(exports));
                Ok::<_, u8>((store, options, background, jobs))
            };
            tokio::select! {
                begun = begun => {
                    let (store, options, background, jobs) = begun?;
                    serve(door, store, options, background, jobs).await
                }
                () = interrupted() => Ok(()),
            }
        })
    });
    served.map_or_else(|code| code, |()| exit::OK)
}

/// Where visitors come in, from the first moment on.
struct Door {
    address: SocketAddr,
    entrance: Entrance,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Door {
    /// Listens until the process is told to end, and tells `stop` of that; on failure the reason has been
    /// told and the exit code is returned.
    async fn listen(
        address: SocketAddr,
        connections: ListenOptions,
        stop: watch::Sender<bool>,
    ) -> Result<Self, u8> {
        let listener = TcpListener::bind(address).await;
        let bound = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (bound, listener) = bound.map_err(|error| cannot_serve(address, &error))?;
        say(format_args!("Chatflow listens on http://{bound}/"));
        let entrance = Entrance::default();
        let interrupted = async move {
            interrupted().await;
            // Streams would never end by themselves.
            stop.send_replace(true);
        };
        let serving = crate::listen::serve(listener, entrance.clone(), connections, interrupted);
        Ok(Self { address, entrance, serving: tokio::spawn(serving) })
    }
}

async fn connect(arguments: &ServeArguments, config: &Config) -> Result<AnyStore, u8> {
    let database = &arguments.database.db;
    if let Some(on) = config.pg.session_notify {
        database.set_session_notify(on).await?;
    }
    let max_connections = config.database.max_connections.get();
    database.connect_with(Options { max_connections, ..Options::default() }).await
}

/// What the service does, and what calls the outside for it.
async fn prepare(
    arguments: &ServeArguments,
    config: &Config,
    environment: Environment,
    handlers: Handlers,
    store: &AnyStore,
) -> Result<(ServiceOptions, Outbound), u8> {
    let refuse = |error: ConfigError| {
        tell_error(&error);
        exit::INPUT
    };
    let outbound = arguments.egress.outbound(environment == Environment::Development)?;
    let identity = config.identity(store, environment, &outbound).await.map_err(refuse)?;
    let authorities = &outbound.rules().authorities;
    let telemetry = config.telemetry(&arguments.events.service_name, authorities);
    let shelf = arguments.works.as_ref().map(|path| Shelf::open(path)).transpose();
    let shelf = shelf.map_err(|error| {
        tell_error(&error);
        exit::INPUT
    })?;
    let internal = config.internal(store, environment, &outbound).await.map_err(refuse)?;
    let key = arguments.events.key()?;
    let exports = config.exports(store, key.as_ref()).await.map_err(refuse)?;
    let options = ServiceOptions {
        handlers,
        internal,
        reading: shelf.map(|shelf| Arc::new(shelf) as _),
        outbound: arguments.egress.is_open().then(|| outbound.clone()),
        secrets_key: key,
        exports: Some(exports),
        session_events: arguments.events.sessions(),
        service_name: Some(arguments.events.service_name.clone()),
        masker: masker(store).await,
        telemetry: telemetry.map_err(refuse)?,
        ..config.options(environment, identity).map_err(refuse)?
    };
    Ok((options, outbound))
}

/// The worker that makes files of analytics, unless what goes on beside requests is switched off.
fn with_exports(
    background: Background,
    options: &ServiceOptions,
    config: &Config,
    arguments: &ServeArguments,
) -> Background {
    let exports = options.exports.clone().filter(|_| config.jobs.enabled);
    let Some(exports) = exports else { return background };
    background.with_exports(ExportWorker {
        exports,
        analytics: options.analytics,
        sentiment: options.sentiment.clone(),
        service_name: arguments.events.service_name.clone(),
    })
}

async fn serve(
    door: Door,
    store: AnyStore,
    options: ServiceOptions,
    background: Background,
    jobs: Option<Jobs>,
) -> Result<(), u8> {
    let running = background.start(&store);
    let jobs = jobs.map(Jobs::start);
    let telemetry = options.telemetry.clone();
    door.entrance.open(router(store, options));
    // A panic was reported when it happened.
    let served = door.serving.await.unwrap_or(Ok(()));
    running.finish().await;
    if let Some(telemetry) = telemetry {
        telemetry.finish().await;
    }
    if let Some(jobs) = jobs {
        jobs.stop().await;
    }
    served.map_err(|error| cannot_serve(door.address, &error))
}

/// One key for requests and deliveries. A database that cannot be written keeps none; then it is the
/// process's own.
async fn masker(store: &AnyStore) -> Option<Masker> {
    match settled_masker(store).await {
        Ok(masker) => Some(masker),
        Err(error) => {
            tell_error(&error);
            random_id().ok().map(|key| Masker::new(key.as_bytes()))
        }
    }
}

/// The background jobs, unless they are switched off; failures have been told.
fn jobs_of(store: &AnyStore, config: &Config, events: &EventArguments) -> Result<Option<Jobs>, u8> {
    let settings = config.jobs().map_err(|error| {
        tell_error(&error);
        exit::INPUT
    })?;
    if !config.jobs.enabled {
        return Ok(None);
    }
    let jobs = Jobs::new(store.clone(), settings).map_err(|error| {
        tell_error(&error);
        exit::HOST
    })?;
    Ok(Some(jobs.with_events(&events.service_name, events.sessions())))
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
