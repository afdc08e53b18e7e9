//! `chatflow migrate`: the tables of a database, up to date.

use chatflow_host::fill_references;
use chatflow_storage::Versions;
use clap::Args;

use super::database::{Database, DatabaseArguments, Opened};
use super::exit;
use super::report::{say, tell_error};

#[derive(Debug, Args)]
pub(super) struct MigrateArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Tell what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Whether the database notifies `flow_events` of each change of a session, on Postgres; it stays so
    /// until it is switched again. Turns take longer, since commits that notify wait for each other.
    #[arg(long, value_name = "on|off", conflicts_with = "dry_run")]
    session_notify: Option<Switch>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Switch {
    On,
    Off,
}

pub(super) fn run(arguments: &MigrateArguments) -> u8 {
    let database = &arguments.database.db;
    let done = migrate(database, arguments.dry_run)
        .and_then(|()| arguments.session_notify.map_or(Ok(()), |switch| notify(database, switch)));
    done.map_or_else(|code| code, |()| exit::OK)
}

fn notify(database: &Database, switch: Switch) -> Result<(), u8> {
    let on = matches!(switch, Switch::On);
    let changed = database.switch_session_notify(on)?;
    let state = if on { "on" } else { "off" };
    let already = if changed { "" } else { " already" };
    say(format_args!("notices of sessions are{already} {state}"));
    Ok(())
}

fn migrate(database: &Database, dry_run: bool) -> Result<(), u8> {
    let (name, Versions { found, known, missing }) = look(database)?;
    if missing.is_empty() {
        say(format_args!("`{name}` is at version {found}: nothing to do"));
        return if dry_run { Ok(()) } else { read_references(database) };
    }
    for (version, change) in &missing {
        say(format_args!("migration {version}: {change}"));
    }
    if dry_run {
        say(format_args!("`{name}` is at version {found} and would be at version {known}"));
    } else {
        drop(database.open()?);
        say(format_args!("`{name}` was at version {found} and is at version {known}"));
        read_references(database)?;
    }
    Ok(())
}

/// Flows that were saved by older versions get their references, which a change of tables cannot read.
fn read_references(database: &Database) -> Result<(), u8> {
    let filled = match database.open()? {
        Opened::File(store) => fill_references(&*store),
        Opened::Server(store) => fill_references(&*store),
    };
    let filled = filled.map_err(|error| {
        tell_error(&error);
        exit::HOST
    })?;
    if filled > 0 {
        say(format_args!("read what {filled} flows refer to"));
    }
    Ok(())
}

/// The look is over before the change begins, which needs the database for itself.
fn look(database: &Database) -> Result<(String, Versions), u8> {
    let looked = database.inspect()?;
    match looked.inspector.versions() {
        Ok(versions) => Ok((looked.name, versions)),
        Err(error) => {
            tell_error(&error);
            Err(exit::HOST)
        }
    }
}
