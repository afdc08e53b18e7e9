//! [`Changes`] on SQLite: observers in this process are told at once, other processes compare
//! counters (S6.29, S10.3).

use std::collections::BTreeMap;
use std::time::Duration;

use chatflow_storage::{
    CacheKind, ChangeNotice, Changes, LOOK_AGAIN, Observed, Observers, StoreError,
};
use rusqlite::{Connection, OptionalExtension};

use crate::fault::Doing;
use crate::pool::{SqliteStore, lock};

const RAISE: &str = "
INSERT INTO cache_epoch (kind, n) VALUES (?1, 1)
ON CONFLICT (kind) DO UPDATE SET n = n + 1 RETURNING n";

const EPOCHS: &str = "SELECT kind, n FROM cache_epoch";

/// The number of the event that was written last, deleted or not.
const LAST_EVENT: &str = "SELECT seq FROM sqlite_sequence WHERE name = 'event_outbox'";

/// The counters of a database at some moment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Seen {
    epochs: BTreeMap<String, i64>,
    last_event: i64,
}

/// A counter that was raised: its kind, and what it is now.
pub(crate) type Raised = (CacheKind, i64);

/// Raises the counters that the notices are about, within the transaction of the change.
pub(crate) fn raise(
    connection: &Connection,
    notices: &[ChangeNotice],
) -> rusqlite::Result<Vec<Raised>> {
    let kinds = notices.iter().filter_map(|notice| match notice {
        ChangeNotice::Cache { kind, .. } => Some(*kind),
        ChangeNotice::Outbox | ChangeNotice::Resync => None,
    });
    let mut kinds: Vec<_> = kinds.collect();
    kinds.dedup();
    let mut statement = connection.prepare_cached(RAISE)?;
    kinds
        .into_iter()
        .map(|kind| Ok((kind, statement.query_row([kind.as_str()], |row| row.get("n"))?)))
        .collect()
}

/// The number of the event that was written last; 0 if there was none yet.
pub(crate) fn last_event(connection: &Connection) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached(LAST_EVENT)?;
    Ok(statement.query_row([], |row| row.get("seq")).optional()?.unwrap_or_default())
}

fn read(connection: &Connection) -> rusqlite::Result<Seen> {
    let mut statement = connection.prepare_cached(EPOCHS)?;
    let rows = statement.query_map([], |row| Ok((row.get("kind")?, row.get("n")?)))?;
    let epochs = rows.collect::<rusqlite::Result<_>>()?;
    Ok(Seen { epochs, last_event: last_event(connection)? })
}

impl Seen {
    /// What has changed since `before`.
    fn since(&self, before: &Self) -> Vec<ChangeNotice> {
        let outbox = (self.last_event != before.last_event).then_some(ChangeNotice::Outbox);
        let changed = self.epochs.iter().filter(|(kind, n)| before.epochs.get(*kind) != Some(n));
        // A newer program may know kinds that this one does not.
        let caches = changed.filter_map(|(kind, _)| CacheKind::parse(kind));
        let notices = caches.map(|kind| ChangeNotice::Cache { kind, id: None });
        outbox.into_iter().chain(notices).collect()
    }
}

impl SqliteStore {
    /// Tells observers here what was committed, and takes note that others need not.
    pub(crate) fn told(&self, raised: &[Raised], notices: &[ChangeNotice]) {
        if let Some(seen) = lock(&self.seen).as_mut() {
            for (kind, n) in raised {
                let known = seen.epochs.entry(kind.as_str().to_owned()).or_default();
                // If it is further, another process has raised it as well, and the next look finds out.
                if known.saturating_add(1) == *n {
                    *known = *n;
                }
            }
        }
        self.observers.tell(notices);
    }
}

impl Changes for SqliteStore {
    fn look(&self) -> Result<Duration, StoreError> {
        // Locked throughout, so that a commit of this process is not taken for another's.
        let mut seen = lock(&self.seen);
        let now = self.read_together("look for changes", read)?;
        let notices = match seen.as_ref() {
            Some(before) => now.since(before),
            None => vec![ChangeNotice::Resync],
        };
        *seen = Some(now);
        drop(seen);
        self.observers.tell(&notices);
        Ok(LOOK_AGAIN)
    }

    fn announce(&self, notices: &[ChangeNotice]) -> Result<(), StoreError> {
        let is_told = |notice: &ChangeNotice| matches!(notice, ChangeNotice::Cache { .. });
        // New events need no word: others see them by their numbers.
        let raised = if notices.iter().any(is_told) {
            self.write("tell others", |transaction| {
                raise(transaction, notices).doing("tell others", transaction)
            })
        } else {
            Ok(Vec::new())
        };
        self.told(raised.as_deref().unwrap_or_default(), notices);
        raised.map(drop)
    }
}

impl Observed for SqliteStore {
    fn observers(&self) -> &Observers {
        &self.observers
    }
}
