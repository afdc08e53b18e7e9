//! `chatflow backup TARGET`: a copy of a database in use.

use std::path::PathBuf;

use chatflow_sqlite::{BackupError, backup};
use clap::Args;

use super::database::{Database, DatabaseArguments};
use super::report::{say, tell, tell_error};
use super::{exit, open};

#[derive(Debug, Args)]
pub(super) struct BackupArguments {
    /// The file to write.
    target: PathBuf,
    #[command(flatten)]
    database: DatabaseArguments,
    /// Replace the target if it exists.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(arguments: &BackupArguments) -> u8 {
    let source = match &arguments.database.db {
        Database::File(path) => path,
        Database::Server(address) => {
            return address.dump_command(&arguments.target).map_or_else(|code| code, |command| {
                tell(format_args!(
                    "error: a Postgres database is copied by its own program (help: run `{command}`, with the \
                     password in PGPASSWORD or in a password file)"
                ));
                exit::INPUT
            });
        }
    };
    match backup(source, &arguments.target, arguments.force) {
        Ok(bytes) => {
            let (from, to) = (source.display(), arguments.target.display());
            say(format_args!("`{from}` is copied to `{to}`, {bytes} bytes, checked"));
            exit::OK
        }
        Err(BackupError::Open(error)) => open::failed(&error),
        Err(error) => {
            tell_error(&error);
            match error {
                BackupError::Exists { .. } | BackupError::InUse { .. } => exit::INPUT,
                BackupError::Unsound { .. } => exit::UNSOUND,
                BackupError::Open(_) | BackupError::Store(_) | BackupError::File { .. } | _ => {
                    exit::HOST
                }
            }
        }
    }
}
