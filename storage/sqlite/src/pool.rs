//! One connection that writes, and a few that read.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chatflow_storage::StoreError;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::fault::Doing;

/// A store in an SQLite database.
pub struct SqliteStore {
    writer: Mutex<Connection>,
    /// Empty for a database in memory, which only one connection can see.
    readers: Vec<Mutex<Connection>>,
    turn: AtomicUsize,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("readers", &self.readers.len()).finish_non_exhaustive()
    }
}

impl SqliteStore {
    pub(crate) fn new(writer: Connection, readers: Vec<Connection>) -> Self {
        Self {
            writer: Mutex::new(writer),
            readers: readers.into_iter().map(Mutex::new).collect(),
            turn: AtomicUsize::new(0),
        }
    }

    /// Runs one reading statement.
    pub(crate) fn read<T>(
        &self,
        doing: &'static str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        read(&self.reader()).doing(doing)
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
        together(&mut reader).doing(doing)
    }

    /// Runs `write` in a transaction that is committed if it succeeds and undone if it does not.
    pub(crate) fn write<T, E: From<StoreError>>(
        &self,
        doing: &'static str,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut writer = lock(&self.writer);
        // Immediate: the lock is waited for here and not half-way, where waiting may be in vain.
        let transaction =
            writer.transaction_with_behavior(TransactionBehavior::Immediate).doing(doing)?;
        let written = write(&transaction)?;
        transaction.commit().doing(doing)?;
        Ok(written)
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        // Any that is free, else the next in turn.
        let free = self.readers.iter().find_map(|reader| reader.try_lock().ok());
        free.unwrap_or_else(|| {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let next = turn.checked_rem(self.readers.len()).and_then(|n| self.readers.get(n));
            lock(next.unwrap_or(&self.writer))
        })
    }
}

/// A panic while a connection was locked undid its transaction, so the connection is sound.
fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}
