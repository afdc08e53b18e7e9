//! One connection that writes, and a few that read.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use chatflow_storage::{Observers, StoreError};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::changes::Seen;
use crate::fault::Doing;

/// A store in an SQLite database.
pub struct SqliteStore {
    writer: Mutex<Connection>,
    /// Each is opened when it is first needed. None for a database in memory, which only one connection can see.
    readers: Vec<OnceLock<Mutex<Connection>>>,
    /// Opens one more; there may be a cause why it cannot be.
    open_reader: Box<dyn Fn() -> Option<Connection> + Send + Sync>,
    turn: AtomicUsize,
    /// How long a write waits for another program's lock.
    patience: Duration,
    pub(crate) observers: Observers,
    /// What was found when others were last looked at.
    pub(crate) seen: Mutex<Option<Seen>>,
}

/// How often a write asks for the lock.
const PAUSE: Duration = Duration::from_millis(1);

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("readers", &self.readers.len()).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// At most so many `readers`, opened by `open_reader`.
    pub(crate) fn new(
        writer: Connection,
        readers: usize,
        open_reader: impl Fn() -> Option<Connection> + Send + Sync + 'static,
        patience: Duration,
    ) -> Self {
        Self {
            writer: Mutex::new(writer),
            readers: (0..readers).map(|_| OnceLock::new()).collect(),
            open_reader: Box::new(open_reader),
            turn: AtomicUsize::new(0),
            patience,
            observers: Observers::default(),
            seen: Mutex::new(None),
        }
    }

    /// Runs one reading statement.
    pub(crate) fn read<T>(
        &self,
        doing: &'static str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let reader = self.reader();
        read(&reader).doing(doing, &reader)
    }

    /// Runs one reading statement that takes a moment, on the connection that writes if it is free: that one knows the pages
    /// that it wrote, which the others must read again.
    pub(crate) fn read_newest<T>(
        &self,
        doing: &'static str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        match self.writer.try_lock() {
            Ok(writer) => read(&writer).doing(doing, &writer),
            Err(_) => self.read(doing, read),
        }
    }

    /// Runs several reading statements that must see one state of the database.
    pub(crate) fn read_together<T>(
        &self,
        doing: &'static str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut reader = self.reader();
        let together = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let found = read(&transaction)?;
            transaction.commit()?;
            Ok(found)
        };
        together(&mut reader).doing(doing, &reader)
    }

    /// Runs `write` in a transaction that is committed if it succeeds and undone if it does not.
    pub(crate) fn write<T, E: From<StoreError>>(
        &self,
        doing: &'static str,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let writer = lock(&self.writer);
        let transaction = self.begin(&writer).doing(doing, &writer)?;
        let written = write(&transaction)?;
        transaction.commit().doing(doing, &writer)?;
        Ok(written)
    }

    /// Begins a transaction that writes, so that the lock is waited for here and not half-way, where
    /// waiting may be in vain.
    ///
    /// SQLite's own waiting looks every tenth of a second, and for seconds misses the short gaps that
    /// another process leaves between its turns.
    fn begin<'a>(&self, writer: &'a Connection) -> rusqlite::Result<Transaction<'a>> {
        writer.busy_timeout(Duration::ZERO)?;
        let since = Instant::now();
        let begun = loop {
            match Transaction::new_unchecked(writer, TransactionBehavior::Immediate) {
                Err(error)
                    if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                        && since.elapsed() < self.patience =>
                {
                    std::thread::sleep(PAUSE);
                }
                begun => break begun,
            }
        };
        writer.busy_timeout(self.patience)?;
        begun
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        // Any that is free, else one more, else the next in turn.
        let open = || self.readers.iter().filter_map(OnceLock::get);
        if let Some(free) = open().find_map(|reader| reader.try_lock().ok()) {
            return free;
        }
        let next = self.another().or_else(|| {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            open().nth(turn.checked_rem(open().count())?)
        });
        lock(next.unwrap_or(&self.writer))
    }

    /// One reader more, if there may be one and it can be opened; others do its work if not.
    fn another(&self) -> Option<&Mutex<Connection>> {
        let place = self.readers.iter().find(|place| place.get().is_none())?;
        let opened = (self.open_reader)()?;
        // Whoever was faster has filled it: one is as good as the other.
        Some(place.get_or_init(|| Mutex::new(opened)))
    }
}

/// A panic while a connection was locked undid its transaction, so the connection is sound.
pub(crate) fn lock<T>(locked: &Mutex<T>) -> MutexGuard<'_, T> {
    locked.lock().unwrap_or_else(PoisonError::into_inner)
}
