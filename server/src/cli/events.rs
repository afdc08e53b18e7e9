//! `chatflow events`: what happens, as the stream of events tells it.

use std::io::Write as _;

use chatflow::{FlowId, SessionId};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, AnyStore, Blocking, LOOK_AGAIN, StreamCursor, StreamQuery};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use uuid::Uuid;

use super::database::{Database, DatabaseArguments, file};
use super::exit;
use super::report::{tell, tell_error};
use crate::host::now;

#[derive(Debug, Subcommand)]
pub(super) enum EventsVerb {
    /// Print events as they happen, one JSON object a line.
    Tail(TailArguments),
}

#[derive(Debug, Args)]
pub(super) struct TailArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Begin behind this position, the `cursor` of a line before; `start` means all that is kept.
    #[arg(long, value_name = "CURSOR")]
    since: Option<String>,
    /// Only events of these types; may be repeated.
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Only events of this flow.
    #[arg(long, value_name = "ID")]
    flow: Option<Uuid>,
    /// Only events of this session.
    #[arg(long, value_name = "ID")]
    session: Option<Uuid>,
    /// Stop where there is nothing more.
    #[arg(long)]
    once: bool,
}

pub(super) fn run(verb: &EventsVerb) -> u8 {
    let EventsVerb::Tail(arguments) = verb;
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().enable_all().build() else {
        tell("error: cannot start");
        return exit::HOST;
    };
    let tailed = runtime.block_on(async {
        let store = match &arguments.database.db {
            Database::File(path) => AnyStore::new(Blocking(file(path)?)),
            Database::Server(address) => AnyStore::new(address.connect().await?),
        };
        tokio::select! {
            tailed = tail(&store, arguments) => tailed,
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    });
    tailed.map_or_else(|code| code, |()| exit::OK)
}

async fn tail(store: &AnyStore, arguments: &TailArguments) -> Result<(), u8> {
    let after = match arguments.since.as_deref() {
        None => None,
        Some("start") => Some(StreamCursor::default()),
        Some(text) => {
            let Some(cursor) = StreamCursor::parse(text) else {
                tell(
                    "error: --since is no position (help: use the `cursor` of a line, or `start`)",
                );
                return Err(exit::INPUT);
            };
            Some(cursor)
        }
    };
    let scope = AccessScope::system();
    let mut query = StreamQuery {
        after,
        event_types: arguments.types.clone(),
        flow_id: arguments.flow.map(FlowId),
        session_id: arguments.session.map(SessionId),
        limit: 500,
        at: now(),
    };
    loop {
        query.at = now();
        let page = store.stream_events(&scope, &query).await.map_err(|error| {
            tell_error(&error);
            exit::HOST
        })?;
        if page.is_lost {
            tell(
                "error: this database does not know the position (help: begin with --since start)",
            );
            return Err(exit::INPUT);
        }
        query.after = Some(page.next);
        let is_end = page.events.is_empty();
        for found in page.events {
            let payload: Value = serde_json::from_str(&found.event.payload).unwrap_or_default();
            let cursor = found.cursor.to_string();
            let line =
                json!({"cursor": cursor, "type": found.event.event_type, "payload": payload});
            // Whoever closes the pipe has seen enough.
            if writeln!(std::io::stdout(), "{line}").is_err() {
                return Ok(());
            }
        }
        if is_end && arguments.once {
            return Ok(());
        }
        if is_end {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}
