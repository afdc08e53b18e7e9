//! Looks a database over without writing to it.

mod finding;
mod rows;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chatflow::{FlowRef, SessionId};
use chatflow_storage::StoredSession;
use rusqlite::{Connection, OpenFlags, params};

use crate::column::Id;
use crate::fault::{Fault, FaultKind};
use crate::migrate::{self, Versions};
use crate::open::{OpenError, explain};
use crate::session::read;

pub use finding::{Finding, Problem};

/// A database opened for reading, as it was at one moment; others may go on writing to it.
///
/// All that it reads, it reads row by row, so a large database takes no more memory than a small
/// one. Findings are told as they come.
pub struct Inspector {
    connection: Connection,
    path: PathBuf,
}

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Inspector {
    /// Opens a database that exists.
    ///
    /// # Errors
    /// [`OpenError`], if it cannot be read at all.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        if !path.exists() {
            return Err(OpenError::NotFound { path: path.to_owned() });
        }
        let connection = match read_only(path) {
            // A log cannot be kept in a folder that is read-only, nor is there one.
            Err(_) if is_still(path) => unchanging(path),
            opened => opened,
        };
        let connection = connection.map_err(|error| explain(path, ("read the file", error)))?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Which migrations the database has and lacks.
    ///
    /// # Errors
    /// [`OpenError`], if it is not a database of this program.
    pub fn versions(&self) -> Result<Versions, OpenError> {
        migrate::versions(&self.connection, &self.path)
    }

    /// Tells what is wrong with the file, its tables and the rows that belong together.
    ///
    /// # Errors
    /// [`Fault`], if reading fails for a reason that is not in the file.
    pub fn inspect(&self, tell: &mut dyn FnMut(Finding)) -> Result<(), Fault> {
        self.stage("check the pages", tell, rows::pages)?;
        match self.versions() {
            Ok(versions) if versions.missing.is_empty() => {
                self.stage("compare the tables", tell, rows::tables)?;
            }
            Ok(versions) => tell(Finding::older(&versions)),
            Err(error) => tell(Finding::schema(&error)),
        }
        if !self.has_sessions()? {
            return Ok(());
        }
        self.stage("check the references", tell, rows::references)?;
        self.stage("look for rows without a session", tell, rows::strays)?;
        self.stage("count the rows of sessions", tell, rows::turns)?;
        self.stage("look for the versions of sessions", tell, rows::versions)
    }

    /// Hands over every session, or its id and why it cannot be read, in the order of ids.
    ///
    /// # Errors
    /// [`Fault`], if the list of sessions cannot be read.
    pub fn sessions(
        &self,
        each: &mut dyn FnMut(Result<StoredSession, (String, Fault)>),
    ) -> Result<(), Fault> {
        if !self.has_sessions()? {
            return Ok(());
        }
        let mut list = || {
            let sql = "SELECT id FROM conversation_sessions ORDER BY id";
            let mut statement = self.connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let text: String = row.get(0)?;
                let read = || read::session(&self.connection, SessionId(row.get::<_, Id>(0)?.0));
                match read() {
                    Ok(found) => found.into_iter().for_each(|session| each(Ok(session))),
                    Err(error) => each(Err((text, self.fault("read a session", error)))),
                }
            }
            Ok(())
        };
        list().map_err(|error| self.fault("list the sessions", error))
    }

    /// Whether a version of a flow is stored.
    ///
    /// # Errors
    /// [`Fault`], if it cannot be looked up.
    pub fn has_version(&self, flow: FlowRef) -> Result<bool, Fault> {
        let look = || {
            self.connection
                .prepare_cached("SELECT 1 FROM flow_versions WHERE flow_id = ?1 AND seq = ?2")?
                .exists(params![Id(flow.id.0), flow.seq])
        };
        look().map_err(|error| self.fault("look up a version of a flow", error))
    }

    /// The connection, for the copy of a backup.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    fn has_sessions(&self) -> Result<bool, Fault> {
        let sql = "SELECT 1 FROM sqlite_schema WHERE name = 'conversation_sessions'";
        let look = || self.connection.prepare(sql)?.exists([]);
        look().map_err(|error| self.fault("look for the sessions", error))
    }

    /// Damage that keeps a stage from its end is a finding like others.
    fn stage(
        &self,
        doing: &'static str,
        tell: &mut dyn FnMut(Finding),
        stage: fn(&Connection, &mut dyn FnMut(Finding)) -> rusqlite::Result<()>,
    ) -> Result<(), Fault> {
        let Err(error) = stage(&self.connection, tell) else { return Ok(()) };
        let fault = self.fault(doing, error);
        if !matches!(fault.kind(), FaultKind::Damaged | FaultKind::Other) {
            return Err(fault);
        }
        tell(Finding::stopped(doing, &fault));
        Ok(())
    }

    fn fault(&self, doing: &'static str, error: rusqlite::Error) -> Fault {
        Fault::new(doing, &self.path, error)
    }
}

fn read_only(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    begin(Connection::open_with_flags(path, flags)?)
}

/// Opens a file that nobody can be writing to.
fn unchanging(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let name = path.to_string_lossy();
    let name = name.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    begin(Connection::open_with_flags(format!("file:{name}?immutable=1"), flags)?)
}

/// Begins the transaction that keeps what is read of one moment.
fn begin(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.execute_batch("BEGIN")?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// Whether the folder lets no log be written, and there is none.
fn is_still(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let empty = std::fs::metadata(&log).map_or(true, |log| log.len() == 0);
    // Nothing is written by asking, and nothing is made: the file exists.
    let writable = std::fs::OpenOptions::new().append(true).open(path).is_ok();
    path.is_file() && empty && !writable
}
