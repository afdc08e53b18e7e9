//! `chatflow migrate`: the tables of a database, up to date.

use std::path::Path;

use chatflow_sqlite::{Inspector, OpenError, SqliteStore, Versions};
use clap::Args;

use super::database::DatabaseArguments;
use super::report::say;
use super::{exit, open};

#[derive(Debug, Args)]
pub(super) struct MigrateArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Tell what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(arguments: &MigrateArguments) -> u8 {
    let path = match arguments.database.file() {
        Ok(path) => path,
        Err(code) => return code,
    };
    match migrate(path, arguments.dry_run) {
        Ok(()) => exit::OK,
        Err(error) => open::failed(&error),
    }
}

fn migrate(file: &Path, dry_run: bool) -> Result<(), OpenError> {
    let path = file.display();
    // The look is over before the change begins, which needs the database for itself.
    let Versions { found, known, missing } = Inspector::open(file)?.versions()?;
    if missing.is_empty() {
        say(format_args!("`{path}` is at version {found}: nothing to do"));
        return Ok(());
    }
    for (version, name) in &missing {
        say(format_args!("migration {version}: {name}"));
    }
    if dry_run {
        say(format_args!("`{path}` is at version {found} and would be at version {known}"));
    } else {
        drop(SqliteStore::open(file)?);
        say(format_args!("`{path}` was at version {found} and is at version {known}"));
    }
    Ok(())
}
