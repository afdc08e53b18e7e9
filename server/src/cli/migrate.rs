//! `chatflow migrate`: the tables of a database, up to date.

use std::path::PathBuf;

use chatflow_sqlite::{Inspector, OpenError, SqliteStore, Versions};
use clap::Args;

use super::report::say;
use super::{exit, open};

#[derive(Debug, Args)]
pub(super) struct MigrateArguments {
    /// The database, which must exist.
    #[arg(long, value_name = "FILE", default_value = "chatflow.db")]
    db: PathBuf,
    /// Tell what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(arguments: &MigrateArguments) -> u8 {
    match migrate(arguments) {
        Ok(()) => exit::OK,
        Err(error) => open::failed(&error),
    }
}

fn migrate(arguments: &MigrateArguments) -> Result<(), OpenError> {
    let path = arguments.db.display();
    // The look is over before the change begins, which needs the database for itself.
    let Versions { found, known, missing } = Inspector::open(&arguments.db)?.versions()?;
    if missing.is_empty() {
        say(format_args!("`{path}` is at version {found}: nothing to do"));
        return Ok(());
    }
    for (version, name) in &missing {
        say(format_args!("migration {version}: {name}"));
    }
    if arguments.dry_run {
        say(format_args!("`{path}` is at version {found} and would be at version {known}"));
    } else {
        drop(SqliteStore::open(&arguments.db)?);
        say(format_args!("`{path}` was at version {found} and is at version {known}"));
    }
    Ok(())
}
