//! Connections, lent one at a time.
//!
//! The driver's own pool pings on every return; a turn has two round trips, and should cost two.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chatflow_storage::StoreError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::changes::Wire;
use crate::fault::{failed, is_lost, no_connection, unsure};
use crate::open::Options;

/// After this long a connection is tried before it is used: firewalls drop quiet ones, and servers
/// restart.
const QUIET: Duration = Duration::from_secs(5);

/// A store in a Postgres database. It must be used within a Tokio runtime.
pub struct PostgresStore {
    server: String,
    pub(crate) settings: PgConnectOptions,
    idle: Mutex<Vec<Idle>>,
    permits: Semaphore,
    pub(crate) patience: Duration,
    pub(crate) wire: Wire,
}

struct Idle {
    connection: PgConnection,
    since: Instant,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the settings: they hold the password.
        f.debug_struct("PostgresStore").field("server", &self.server).finish_non_exhaustive()
    }
}

impl PostgresStore {
    pub(crate) fn new(
        server: String,
        settings: PgConnectOptions,
        options: Options,
        first: PgConnection,
    ) -> Self {
        let most = usize::try_from(options.max_connections.max(1)).unwrap_or(usize::MAX);
        Self {
            server,
            settings,
            idle: Mutex::new(vec![Idle { connection: first, since: Instant::now() }]),
            permits: Semaphore::new(most.min(Semaphore::MAX_PERMITS)),
            patience: options.acquire_timeout,
            wire: Wire::new(),
        }
    }

    /// Lends a connection for one piece of work.
    pub(crate) async fn lend(&self, doing: &'static str) -> Result<Lent<'_>, StoreError> {
        match tokio::time::timeout(self.patience, self.next()).await {
            Ok(Ok((connection, permit))) => {
                Ok(Lent { store: self, connection, doing, _permit: permit })
            }
            Ok(Err(error)) => Err(failed(doing, error)),
            Err(_) => Err(no_connection(doing, self.patience)),
        }
    }

    async fn next(&self) -> sqlx::Result<(PgConnection, SemaphorePermit<'_>)> {
        let permit = self.permits.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        // The newest first: the others grow quiet together.
        while let Some(mut idle) = self.pop() {
            if idle.since.elapsed() < QUIET || idle.connection.ping().await.is_ok() {
                return Ok((idle.connection, permit));
            }
        }
        let connection = PgConnection::connect_with(&self.settings).await?;
        Ok((connection, permit))
    }

    fn pop(&self) -> Option<Idle> {
        self.idle().pop()
    }

    /// Nothing that may panic happens while the list is locked.
    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan. One that is dropped instead of given back is closed: nobody knows what
/// it was doing when its work was called off, and the server undoes what was not committed.
pub(crate) struct Lent<'a> {
    store: &'a PostgresStore,
    connection: PgConnection,
    doing: &'static str,
    _permit: SemaphorePermit<'a>,
}

impl Lent<'_> {
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Ends work that only read.
    pub(crate) fn read<T>(self, outcome: sqlx::Result<T>) -> Result<T, StoreError> {
        let doing = self.doing;
        self.end(outcome).map_err(|error| failed(doing, error))
    }

    /// Ends work that wrote with one statement.
    pub(crate) fn wrote<T>(self, outcome: sqlx::Result<T>) -> Result<T, StoreError> {
        let doing = self.doing;
        self.end(outcome).map_err(|error| unsure(doing, error))
    }

    /// Gives the connection back if it is sound.
    fn end<T>(self, outcome: sqlx::Result<T>) -> sqlx::Result<T> {
        if outcome.as_ref().is_err_and(is_lost) {
            // Most likely the server was started again, and not one call for each should find out.
            self.store.idle().clear();
        } else {
            self.give_back();
        }
        outcome
    }

    /// Begins a transaction, which ends with [`Lent::commit`] or [`Lent::roll_back`].
    pub(crate) async fn begin(&mut self, how: &'static str) -> Result<(), StoreError> {
        let begun = sqlx::raw_sql(how).execute(&mut self.connection).await;
        begun.map(drop).map_err(|error| failed(self.doing, error))
    }

    /// Begins to read a page of many rows in the order of an index, which ends with [`Lent::commit_read`].
    ///
    /// A planner that takes the rest for a few rows would read and sort all of it for every page.
    pub(crate) async fn begin_in_order(&mut self) -> Result<(), StoreError> {
        self.begin(
            "BEGIN READ ONLY; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off",
        )
        .await
    }

    /// Ends a transaction that only read.
    pub(crate) async fn commit_read<T>(
        mut self,
        outcome: sqlx::Result<T>,
    ) -> Result<T, StoreError> {
        let how = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = sqlx::raw_sql(how).execute(&mut self.connection).await;
        self.read(ended.and(outcome))
    }

    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        let committed = sqlx::raw_sql("COMMIT").execute(&mut self.connection).await;
        self.wrote(committed.map(drop))
    }

    pub(crate) async fn roll_back(mut self) {
        // If even this fails the connection is closed, which undoes the transaction as well.
        if sqlx::raw_sql("ROLLBACK").execute(&mut self.connection).await.is_ok() {
            self.give_back();
        }
    }

    fn give_back(self) {
        let Self { store, connection, .. } = self;
        store.idle().push(Idle { connection, since: Instant::now() });
    }
}
