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
}

pub(super) fn run(arguments: &MigrateArguments) -> u8 {
    match migrate(&arguments.database.db, arguments.dry_run) {
        Ok(()) => exit::OK,
        Err(code) => code,
    }
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
