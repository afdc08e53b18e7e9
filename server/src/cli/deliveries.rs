//! What `chatflow serve` does beside answering requests: it hears of changes, delivers events and makes files
//! of analytics.

use std::path::PathBuf;

use chatflow_storage::AnyStore;
use clap::{Args, ValueEnum};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::exit;
use super::report::{tell, tell_error};
use crate::app::ServiceOptions;
use crate::delivery::{DeliveryOptions, SecretsKey, deliver};
use crate::events::{SessionEvents, look_for_changes};
use crate::exports::{ExportWorker, make_exports};
use crate::outbound::Outbound;

#[derive(Debug, Args)]
#[command(next_help_heading = "Events")]
pub(super) struct EventArguments {
    /// Leave the delivery of events to other processes.
    #[arg(long)]
    no_deliveries: bool,
    /// Which turns of sessions events tell of.
    #[arg(long, value_enum, env = "FLOW_OUTBOX__SESSION_EVENTS", default_value_t = Told::Subscribed)]
    session_events: Told,
    /// How the service is called in events and to their receivers.
    #[arg(long, value_name = "NAME", env = "FLOW_SERVICE_NAME", default_value = "chatflow",
        value_parser = read_name)]
    pub(super) service_name: String,
    /// A file with the key that the secrets of subscriptions are stored under: 32 bytes in base64
    /// or hexadecimal. Or put the key itself into `FLOW_SECRETS__KEY`.
    #[arg(long, value_name = "FILE")]
    secrets_key_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Told {
    /// Those that a subscription wants.
    Subscribed,
    /// All.
    All,
}

fn read_name(text: &str) -> Result<String, &'static str> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let fits = (1..=50).contains(&text.len()) && text.bytes().all(known);
    fits.then(|| text.to_owned()).ok_or("must have 1 to 50 letters, digits, `_`, `.` and `-`")
}

impl EventArguments {
    /// The key of secrets, if there is one; if it is none, this has been told and the exit code is
    /// returned.
    pub(super) fn key(&self) -> Result<Option<SecretsKey>, u8> {
        let text = match &self.secrets_key_file {
            Some(path) => super::open::text(path)?,
            None => match std::env::var("FLOW_SECRETS__KEY") {
                Ok(text) if !text.is_empty() => text,
                _ => return Ok(None),
            },
        };
        SecretsKey::read(&text).map(Some).map_err(|error| {
            tell_error(&error);
            tell("help: make one with `openssl rand -base64 32`");
            exit::INPUT
        })
    }

    pub(super) const fn sessions(&self) -> SessionEvents {
        match self.session_events {
            Told::Subscribed => SessionEvents::Subscribed,
            Told::All => SessionEvents::All,
        }
    }
}

/// What is going to run beside the service.
pub(super) struct Background {
    options: Option<DeliveryOptions>,
    exports: Option<ExportWorker>,
    stop: watch::Sender<bool>,
}

/// What runs beside the service.
pub(super) struct Running {
    tasks: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

impl Background {
    pub(super) fn new(
        arguments: &EventArguments,
        outbound: Outbound,
        service: &ServiceOptions,
        stop: watch::Sender<bool>,
    ) -> Self {
        let masker = service.masker.clone().filter(|_| !arguments.no_deliveries);
        let options = masker.map(|masker| DeliveryOptions {
            key: service.secrets_key.clone(),
            service_name: arguments.service_name.clone(),
            ..DeliveryOptions::new(outbound, masker)
        });
        Self { options, exports: None, stop }
    }

    /// Files of analytics are made as well.
    pub(super) fn with_exports(self, exports: ExportWorker) -> Self {
        Self { exports: Some(exports), ..self }
    }

    pub(super) fn start(self, store: &AnyStore) -> Running {
        let Self { options, exports, stop } = self;
        let stopped = || {
            let mut stopping = stop.subscribe();
            async move { drop(stopping.wait_for(|stop| *stop).await) }
        };
        let mut tasks = vec![tokio::spawn(look_for_changes(store.clone(), stopped()))];
        if let Some(options) = options {
            tasks.push(tokio::spawn(deliver(store.clone(), options, stopped())));
        }
        if let Some(exports) = exports {
            tasks.push(tokio::spawn(make_exports(store.clone(), exports, stopped())));
        }
        Running { tasks, stop }
    }
}

impl Running {
    /// Tells all that they are to end, and waits until they have.
    pub(super) async fn finish(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            // A panic was reported when it happened.
            let _ = task.await;
        }
    }
}
