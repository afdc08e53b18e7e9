//! `chatflow replay`: a stored conversation, run again.

use std::path::PathBuf;

use chatflow::{
    Catalog, Engine, Flow, FlowDefinition, FlowRef, Journal, Replayed, Session, SessionId, Step,
    StoredTurn, replay,
};
use chatflow_storage::{AccessScope, Store, StoreError};
use clap::Args;
use serde_json::{Value, json};

use super::database::{Database, DatabaseArguments, Opened};
use super::report::{say, tell, tell_error};
use super::{exit, open};

#[derive(Debug, Args)]
pub(super) struct ReplayArguments {
    /// A journal, as `--export` prints it.
    #[arg(required_unless_present = "session", conflicts_with = "session")]
    journal: Option<PathBuf>,
    /// The conversation in the database.
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    #[command(flatten)]
    database: DatabaseArguments,
    /// Print what came of it as JSON.
    #[arg(long, conflicts_with = "export")]
    json: bool,
    /// Print the journal instead of running it. It holds what the visitor said.
    #[arg(long)]
    export: bool,
}

pub(super) fn run(arguments: &ReplayArguments) -> u8 {
    match prepare(arguments) {
        Ok((journal, _)) if arguments.export => {
            say(json!(journal));
            exit::OK
        }
        Ok((journal, catalog)) => {
            let replayed = replay(&Engine::default(), &catalog, &journal);
            if arguments.json {
                say(document(&replayed));
            } else {
                print(&replayed);
            }
            if replayed.divergence.is_some() { exit::DIVERGED } else { exit::OK }
        }
        Err(code) => code,
    }
}

fn prepare(arguments: &ReplayArguments) -> Result<(Journal, Catalog), u8> {
    let database = &arguments.database.db;
    if let Database::File(path) = database
        && !path.is_file()
    {
        tell(format_args!("error: there is no database `{}`", path.display()));
        return Err(exit::INPUT);
    }
    match database.open()? {
        Opened::File(store) => read(&*store, arguments),
        Opened::Server(store) => read(&*store, arguments),
    }
}

/// The journal, and those of its flows that the store has.
fn read(store: &impl Store, arguments: &ReplayArguments) -> Result<(Journal, Catalog), u8> {
    if let Some(path) = &arguments.journal {
        let journal = Journal::read_json(&open::text(path)?).map_err(|error| {
            tell_error(&error);
            exit::INPUT
        })?;
        let flows = journal.head.pins.values().copied().chain([journal.head.flow]);
        let catalog = catalog(store, flows)?;
        return Ok((journal, catalog));
    }
    stored(store, arguments.session.as_deref().unwrap_or_default())
}

/// The journal of a session in the store, with the flows that it was pinned to.
fn stored(store: &impl Store, id: &str) -> Result<(Journal, Catalog), u8> {
    let wrong = |error: &dyn std::error::Error| {
        tell_error(error);
        exit::INPUT
    };
    let id = SessionId(id.parse().map_err(|error| wrong(&error))?);
    let Some(found) = store.load_session(id).map_err(|error| failed(&error))? else {
        tell(format_args!("error: there is no session `{id}`"));
        return Err(exit::INPUT);
    };
    let kept = &found.snapshot;
    let session = Session::restore(&kept.engine, &kept.state).map_err(|error| wrong(&error))?;
    if let Some(hash) = &kept.state_hash
        && let Err(mismatch) = session.verify_state(hash)
    {
        tell(format_args!("warning: {mismatch}"));
    }
    let catalog = catalog(store, session.pins().chain([session.flow()]))?;
    let turns =
        store.journal(id).map_err(|error| failed(&error))?.into_iter().map(|row| StoredTurn {
            input: row.entry.input,
            outcomes: row.entry.outcomes,
            turn_hash: row.entry.turn_hash,
        });
    let journal = Journal::from_stored(&session, &catalog, turns);
    Ok((journal.map_err(|error| wrong(&error))?, catalog))
}

/// The versions that the store has; a replay tells which of the others it needs.
fn catalog(store: &impl Store, versions: impl Iterator<Item = FlowRef>) -> Result<Catalog, u8> {
    let mut catalog = Catalog::default();
    for version in versions {
        let found =
            store.flow_version(&AccessScope::system(), version).map_err(|error| failed(&error))?;
        let definition = found.and_then(|found| FlowDefinition::read_json(&found.document).0);
        let Some(mut definition) = definition else { continue };
        definition.id = Some(version.id);
        if let Some(flow) = Flow::load(&definition, version.seq).flow {
            catalog.insert(flow);
        }
    }
    Ok(catalog)
}

fn failed(error: &StoreError) -> u8 {
    tell_error(error);
    exit::HOST
}

/// The events of each turn, one a line, and how it came out.
fn print(replayed: &Replayed) {
    for (number, steps) in (1..).zip(&replayed.turns) {
        say(format_args!("turn {number}"));
        for event in steps.iter().flat_map(|step| &step.events) {
            say(format_args!("  {}", json!(event)));
        }
    }
    for changed in &replayed.changed {
        say(format_args!("flow {} is not what it was", changed.flow));
    }
    match &replayed.divergence {
        Some(divergence) => say(format_args!("differs: {divergence}")),
        None => say(format_args!("same: {} turns", replayed.turns.len())),
    }
}

fn document(replayed: &Replayed) -> Value {
    let turn = |steps: &Vec<Step>| -> Value { json!(steps) };
    json!({
        "at": replayed.at,
        "turns": replayed.turns.iter().map(turn).collect::<Vec<_>>(),
        "changed": replayed.changed,
        "divergence": replayed.divergence,
        "state": replayed.session.state(),
        "state_hash": replayed.session.state_hash(),
    })
}
