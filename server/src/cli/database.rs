//! What `--db` names: an SQLite file, or a database of a Postgres server.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use chatflow_postgres::{Inspector as ServerInspector, Options, PostgresStore, dump_command};
use chatflow_sqlite::{Inspector as FileInspector, SqliteStore};
use chatflow_storage::{AnyStore, BlockOn, Blocking, Inspect, Waiting};
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use tokio::runtime::Runtime;

use super::report::{tell, tell_error};
use super::{exit, open};

/// The option that all verbs with a database share.
#[derive(Debug, Args)]
pub(super) struct DatabaseArguments {
    /// The database: an SQLite file, made when it does not exist, or a `postgres://` address. An
    /// address with a password belongs in the environment, where other users do not see it.
    #[arg(
        long,
        value_name = "FILE or ADDRESS",
        env = "CHATFLOW_DB",
        hide_env_values = true,
        default_value = "chatflow.db",
        value_parser = OsStringValueParser::new().map(Database::from)
    )]
    pub(super) db: Database,
}

/// Where the records are.
#[derive(Clone, Debug)]
pub(super) enum Database {
    /// In a file.
    File(PathBuf),
    /// With a Postgres server.
    Server(Address),
}

/// The address of a database, which may hold a password and so is shown to nobody.
#[derive(Clone)]
pub(super) struct Address(String);

/// A store that was opened, for verbs that do one thing after the other.
pub(super) enum Opened {
    File(Box<SqliteStore>),
    Server(Box<Waiting<PostgresStore, OwnRuntime>>),
}

/// A database opened for reading only, as it was at one moment.
pub(super) struct Inspected {
    /// What it is called in messages.
    pub(super) name: String,
    pub(super) inspector: Box<dyn Inspect>,
}

/// A runtime for one store.
pub(super) struct OwnRuntime(Runtime);

impl From<OsString> for Database {
    fn from(text: OsString) -> Self {
        // Whatever looks like an address is one, so that a slip in it makes no file of that name.
        match text.into_string() {
            Ok(text) if text.contains("://") => Self::Server(Address(text)),
            Ok(text) => Self::File(text.into()),
            Err(text) => Self::File(text.into()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

impl Address {
    /// Connects; on failure the reason has been told and the exit code is returned.
    pub(super) async fn connect(&self) -> Result<PostgresStore, u8> {
        self.connect_with(Options::default()).await
    }

    async fn connect_with(&self, options: Options) -> Result<PostgresStore, u8> {
        PostgresStore::connect_with(&self.0, options).await.map_err(|error| cannot(&error))
    }

    /// The command that copies the database; if the address cannot be read, this has been told and
    /// the exit code is returned.
    pub(super) fn dump_command(&self, target: &Path) -> Result<String, u8> {
        dump_command(&self.0, target).map_err(|error| cannot(&error))
    }

    async fn inspect(&self) -> Result<ServerInspector, u8> {
        ServerInspector::open(&self.0).await.map_err(|error| cannot(&error))
    }
}

impl Database {
    /// Opens the store; on failure the reason has been told and the exit code is returned.
    pub(super) fn open(&self) -> Result<Opened, u8> {
        match self {
            Self::File(path) => file(path).map(Box::new).map(Opened::File),
            Self::Server(address) => {
                let runtime = OwnRuntime::new()?;
                let store = runtime.block_on(address.connect())?;
                Ok(Opened::Server(Box::new(Waiting::new(store, runtime))))
            }
        }
    }

    /// Opens the store for a program that waits for many things at once; on failure the reason has
    /// been told and the exit code is returned.
    pub(super) async fn connect(&self) -> Result<AnyStore, u8> {
        self.connect_with(Options::default()).await
    }

    /// The same, reaching a server as `options` say.
    pub(super) async fn connect_with(&self, options: Options) -> Result<AnyStore, u8> {
        match self {
            Self::File(path) => Ok(AnyStore::new(Blocking(file(path)?))),
            Self::Server(address) => Ok(AnyStore::new(address.connect_with(options).await?)),
        }
    }

    /// Has the database tell other programs of its sessions, or not; on failure the reason has been told and
    /// the exit code is returned. Says whether that changed anything.
    pub(super) async fn set_session_notify(&self, on: bool) -> Result<bool, u8> {
        match self {
            Self::File(_) if on => {
                tell(
                    "error: a file notifies nobody of sessions (help: --db with a `postgres://` address)",
                );
                Err(exit::INPUT)
            }
            Self::File(_) => Ok(false),
            Self::Server(Address(url)) => {
                PostgresStore::set_session_notify(url, on).await.map_err(|error| cannot(&error))
            }
        }
    }

    /// [`Database::set_session_notify`], for verbs that do one thing after the other.
    pub(super) fn switch_session_notify(&self, on: bool) -> Result<bool, u8> {
        OwnRuntime::new()?.block_on(self.set_session_notify(on))
    }

    /// Does something with the store; on failure the reason has been told and the exit code is
    /// returned.
    pub(super) fn with_store<T>(&self, act: impl AsyncFnOnce(AnyStore) -> T) -> Result<T, u8> {
        OwnRuntime::new()?.block_on(async { Ok(act(self.connect().await?).await) })
    }

    /// Opens the database for a look; on failure the reason has been told and the exit code is
    /// returned.
    pub(super) fn inspect(&self) -> Result<Inspected, u8> {
        match self {
            Self::File(path) => {
                let inspector = FileInspector::open(path).map_err(|error| open::failed(&error))?;
                Ok(Inspected { name: path.display().to_string(), inspector: Box::new(inspector) })
            }
            Self::Server(address) => {
                let runtime = OwnRuntime::new()?;
                let inspector = runtime.block_on(address.inspect())?;
                let name = inspector.server().to_owned();
                Ok(Inspected { name, inspector: Box::new(Waiting::new(inspector, runtime)) })
            }
        }
    }
}

impl OwnRuntime {
    fn new() -> Result<Self, u8> {
        let runtime = Runtime::new();
        runtime.map(Self).map_err(|error| {
            tell(format_args!("error: cannot start: {error}"));
            exit::HOST
        })
    }
}

fn cannot(error: &chatflow_postgres::OpenError) -> u8 {
    tell_error(error);
    exit::HOST
}

/// Opens a file; on failure the reason has been told and the exit code is returned.
pub(super) fn file(path: &Path) -> Result<SqliteStore, u8> {
    SqliteStore::open(path).map_err(|error| open::failed(&error))
}

impl BlockOn for OwnRuntime {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_from_a_file_and_shown_to_nobody() {
        let read = |text: &str| Database::from(OsString::from(text));
        for address in ["postgres://me:secret@db/chat", "postgresql:///chat", "mysql://secret@db"] {
            let shown = format!("{:?}", read(address));
            assert_eq!(shown, "Server(Address(…))");
        }
        for file in ["chatflow.db", "/var/lib/postgres:old.db", "postgres"] {
            assert!(matches!(read(file), Database::File(path) if path.as_os_str() == file));
        }
    }
}
