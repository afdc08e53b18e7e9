//! Looks a database over without writing to it.

mod rows;

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chatflow::{FlowRef, SessionId};
use chatflow_storage::{
    Finding, Inspect, InspectError, InspectedPage, StoredSession, Tell, Versions,
};
use rusqlite::{Connection, OpenFlags, Row, params};

use crate::column::Id;
use crate::fault::{Fault, FaultKind};
use crate::migrate;
use crate::open::{OpenError, explain};
use crate::session::read;

/// Ids are texts, whatever is in them; the empty one comes before all.
const SESSIONS: &str = "SELECT id FROM conversation_sessions WHERE id > ?1 ORDER BY id LIMIT ?2";

/// A database opened for reading, as it was at one moment; others may go on writing to it.
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

    /// Tells what is wrong with the file, its tables and the rows that belong together.
    pub(crate) fn look(&self, tell: Tell<'_>) -> Result<(), Fault> {
        self.stage("check the pages", tell, rows::pages)?;
        match migrate::versions(&self.connection, &self.path) {
            Ok(versions) if versions.missing.is_empty() => {
                self.stage("compare the tables", tell, rows::tables)?;
            }
            Ok(versions) => tell(Finding::older(&versions)),
            Err(error) => tell(Finding::foreign(&error)),
        }
        if !self.has_sessions()? {
            return Ok(());
        }
        self.stage("check the references", tell, rows::references)?;
        self.stage("look for rows without a session", tell, rows::strays)?;
        self.stage("count the rows of sessions", tell, rows::turns)?;
        self.stage("look for the versions of sessions", tell, rows::versions)
    }

    /// A session, unless it has gone, or what is wrong with it.
    fn session(&self, row: &Row<'_>) -> rusqlite::Result<Option<Result<StoredSession, Finding>>> {
        let text: String = row.get(0)?;
        let read = || read::session(&self.connection, SessionId(row.get::<_, Id>(0)?.0));
        Ok(match read() {
            Ok(session) => session.map(Ok),
            Err(error) => {
                let fault = self.fault("read a session", error);
                let cause = fault.source().map(|cause| format!(": {cause}")).unwrap_or_default();
                Some(Err(Finding::unreadable(&text, format!("{fault}{cause}"))))
            }
        })
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
        tell: Tell<'_>,
        stage: fn(&Connection, Tell<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), Fault> {
        let Err(error) = stage(&self.connection, tell) else { return Ok(()) };
        let fault = self.fault(doing, error);
        if !matches!(fault.kind(), FaultKind::Damaged | FaultKind::Other) {
            return Err(fault);
        }
        tell(Finding::stopped(doing, fault.source()));
        Ok(())
    }

    fn fault(&self, doing: &'static str, error: rusqlite::Error) -> Fault {
        Fault::new(doing, &self.path, error)
    }
}

impl Inspect for Inspector {
    fn versions(&self) -> Result<Versions, InspectError> {
        migrate::versions(&self.connection, &self.path).map_err(failed)
    }

    fn inspect(&self, tell: Tell<'_>) -> Result<(), InspectError> {
        self.look(tell).map_err(failed)
    }

    fn sessions(&self, after: Option<&str>, limit: u32) -> Result<InspectedPage, InspectError> {
        let list = || {
            let (mut sessions, mut last, mut listed) = (Vec::new(), None, 0_u32);
            let mut statement = self.connection.prepare_cached(SESSIONS)?;
            let mut rows = statement.query(params![after.unwrap_or_default(), limit])?;
            while let Some(row) = rows.next()? {
                sessions.extend(self.session(row)?);
                last = Some(row.get(0)?);
                listed = listed.saturating_add(1);
            }
            Ok(InspectedPage { sessions, next: last.filter(|_| listed >= limit) })
        };
        if !self.has_sessions().map_err(failed)? {
            return Ok(InspectedPage::default());
        }
        list().map_err(|error| failed(self.fault("list the sessions", error)))
    }

    fn has_version(&self, flow: FlowRef) -> Result<bool, InspectError> {
        let look = || {
            self.connection
                .prepare_cached("SELECT 1 FROM flow_versions WHERE flow_id = ?1 AND seq = ?2")?
                .exists(params![Id(flow.id.0), flow.seq])
        };
        look().map_err(|error| failed(self.fault("look up a version of a flow", error)))
    }
}

fn failed(error: impl Error + Send + Sync + 'static) -> InspectError {
    InspectError(Box::new(error))
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
