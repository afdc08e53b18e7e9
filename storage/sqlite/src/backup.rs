//! Copies a database that is in use.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use chatflow_storage::Finding;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ffi};

use crate::fault::Fault;
use crate::inspect::Inspector;
use crate::open::{OpenError, folder};

/// Why no copy was made; then nothing has the name of the copy that had not before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The database cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is a file of that name.
    #[error("`{path}` exists (help: name a new file, or overwrite it with --force)")]
    Exists {
        /// The copy's name.
        path: PathBuf,
    },
    /// The copy would replace a database that is in use, or was not closed.
    #[error(
        "`{path}` is a database in use (help: name another file; `chatflow db check` tells whether it is sound)"
    )]
    InUse {
        /// The copy's name.
        path: PathBuf,
    },
    /// The copy has findings, and so has the database.
    #[error(
        "the copy has faults, so it was not kept (help: run `chatflow db check` on the database): {first}"
    )]
    Unsound {
        /// One of them.
        first: Box<Finding>,
    },
    /// SQLite failed.
    #[error(transparent)]
    Store(Box<Fault>),
    /// A file cannot be written.
    #[error("cannot {doing} `{path}`")]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Copies the database `from`, as it is at one moment, to the file `to`; answers with the length
/// of the copy in bytes.
///
/// Others go on writing meanwhile. The copy is one file, without a log. It has its name only once
/// it is whole, checked and on the disk.
///
/// # Errors
/// [`BackupError`].
pub fn backup(
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    overwrite: bool,
) -> Result<u64, BackupError> {
    let (from, to) = (from.as_ref(), to.as_ref());
    if to.exists() && !overwrite {
        return Err(BackupError::Exists { path: to.to_owned() });
    }
    let is_source = || Some(fs::canonicalize(from).ok()? == fs::canonicalize(to).ok()?);
    // SQLite would apply the log of the old file to the new one.
    if is_source() == Some(true) || beside(to, "-wal").exists() {
        return Err(BackupError::InUse { path: to.to_owned() });
    }
    let source = Inspector::open(from)?;
    let part = Part::new(to)?;
    let failed = |error| BackupError::Store(Box::new(Fault::new("write a copy", &part.0, error)));
    copy(source.connection(), &part.0).map_err(failed)?;
    let mut first = None;
    let inspected = Inspector::open(&part.0)?.look(&mut |finding| {
        if first.is_none() && !finding.problem.is_note() {
            first = Some(finding);
        }
    });
    inspected.map_err(|fault| BackupError::Store(Box::new(fault)))?;
    if let Some(first) = first {
        return Err(BackupError::Unsound { first: Box::new(first) });
    }
    let permissions = fs::metadata(from).map(|data| data.permissions());
    let bytes = permissions
        .and_then(|permissions| fs::set_permissions(&part.0, permissions))
        .and_then(|()| File::open(&part.0))
        .and_then(|file| file.sync_all().and_then(|()| file.metadata()))
        .map_err(part.failed("finish"))?
        .len();
    part.publish(to, overwrite)?;
    Ok(bytes)
}

/// Copies all pages at once: in parts, a busy writer would make it begin again and again.
fn copy(source: &Connection, part: &Path) -> rusqlite::Result<()> {
    let mut copy = Connection::open(part)?;
    // The file is not worth anything before its end, and then it is synced as a whole.
    copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
    let step = Backup::new(source, &mut copy)?.step(-1)?;
    if step != StepResult::Done {
        let busy = ffi::Error::new(ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(busy, None));
    }
    copy.close().map_err(|(_, error)| error)?;
    // A copy without a log can be read where nothing can be written.
    let copy = Connection::open(part)?;
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    copy.close().map_err(|(_, error)| error)
}

/// A file that is not whole; it goes when it is dropped.
struct Part(PathBuf);

impl Part {
    fn new(to: &Path) -> Result<Self, BackupError> {
        let part = Self(beside(to, &format!(".part-{}", std::process::id())));
        // The copy holds what visitors said, so nobody else may read it on the way.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&part.0) {
            Ok(_) => Ok(part),
            Err(error) => Err(part.failed("make")(error)),
        }
    }

    /// Gives the file its name, at once and for good.
    fn publish(&self, to: &Path, overwrite: bool) -> Result<(), BackupError> {
        // A link is refused where a file of that name has come in the meantime.
        let named = if overwrite { Err(ErrorKind::Other) } else { self.link(to) };
        match named {
            Ok(()) => {}
            Err(ErrorKind::AlreadyExists) => {
                return Err(BackupError::Exists { path: to.to_owned() });
            }
            // Some file systems know no links.
            Err(_) => fs::rename(&self.0, to).map_err(self.failed("rename"))?,
        }
        // The name is on the disk when its folder is; not every system can do that.
        let _ = File::open(folder(to)).and_then(|folder| folder.sync_all());
        Ok(())
    }

    fn link(&self, to: &Path) -> Result<(), ErrorKind> {
        match fs::hard_link(&self.0, to) {
            Err(_) if to.exists() => Err(ErrorKind::AlreadyExists),
            linked => linked.map_err(|error| error.kind()),
        }
    }

    fn failed(&self, doing: &'static str) -> impl Fn(io::Error) -> BackupError {
        let path = self.0.clone();
        move |source| BackupError::File { doing, path: path.clone(), source }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // What is left cannot be taken for a backup: it does not have the name of one.
        let _ = fs::remove_file(&self.0);
    }
}

/// The path with something after its name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
