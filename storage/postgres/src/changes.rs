//! [`AsyncChanges`] on Postgres: notices go from server to server by `NOTIFY` (S6.27, S10.3).
//!
//! Changes of the library are told in their own transaction, so that none is lost between a commit
//! and its word. Turns of conversations tell nothing (F17): commits that notify wait for each other,
//! and turns must not. Their host announces new events now and then.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use chatflow_storage::{AsyncChanges, CacheKind, ChangeNotice, Observed, Observers, StoreError};
use serde_json::{Value, json};
use sqlx::PgConnection;
use sqlx::postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use crate::fault::{failed, no_connection};
use crate::pool::PostgresStore;

const OUTBOX: &str = "outbox_events";
const CACHES: &str = "cache_invalidation";

/// After this long without a word the connection is tried (S6.28).
const KEEP_ALIVE: Duration = Duration::from_secs(30);

const NOTIFY: &str =
    "SELECT pg_notify(n.channel, n.payload) FROM unnest($1, $2) AS n (channel, payload)";

/// What tells and hears changes.
#[derive(Debug)]
pub(crate) struct Wire {
    /// Names this store among all, so that it does not hear itself.
    source: String,
    pub(crate) observers: Observers,
    ear: Mutex<Option<Ear>>,
}

impl Wire {
    pub(crate) fn new() -> Self {
        let random = || RandomState::new().build_hasher().finish();
        let source = format!("{:016x}{:016x}", random(), random());
        Self { source, observers: Observers::default(), ear: Mutex::new(None) }
    }

    /// The channel and the payload of a notice.
    pub(crate) fn written(&self, notice: ChangeNotice) -> (&'static str, String) {
        let source = &self.source;
        match notice {
            ChangeNotice::Outbox => (OUTBOX, json!({ "src": source }).to_string()),
            ChangeNotice::Cache { kind, id: Some(id) } => {
                let told = json!({ "k": kind.as_str(), "id": id.to_string(), "src": source });
                (CACHES, told.to_string())
            }
            ChangeNotice::Cache { kind, id: None } => {
                let told = json!({ "k": kind.as_str(), "all": true, "src": source });
                (CACHES, told.to_string())
            }
            ChangeNotice::Resync => (CACHES, json!({ "resync": true, "src": source }).to_string()),
        }
    }

    /// What another process has told; nothing if it was this one.
    fn heard(&self, channel: &str, payload: &str) -> Option<ChangeNotice> {
        // What cannot be read, from a newer program or by hand, may be about anything.
        let Ok(told) = serde_json::from_str::<Value>(payload) else {
            return Some(ChangeNotice::Resync);
        };
        let text = |key: &str| told.get(key).and_then(Value::as_str);
        if text("src") == Some(self.source.as_str()) {
            return None;
        }
        if channel == OUTBOX {
            return Some(ChangeNotice::Outbox);
        }
        let Some(kind) = text("k").and_then(CacheKind::parse) else {
            return Some(ChangeNotice::Resync);
        };
        Some(ChangeNotice::Cache { kind, id: text("id").and_then(|id| id.parse().ok()) })
    }

    /// Tells other processes, when the transaction commits.
    pub(crate) async fn notify(
        &self,
        connection: &mut PgConnection,
        notices: &[ChangeNotice],
    ) -> sqlx::Result<()> {
        let written = notices.iter().map(|notice| self.written(*notice));
        let (channels, payloads): (Vec<_>, Vec<_>) = written.unzip();
        if channels.is_empty() {
            return Ok(());
        }
        let told = sqlx::query(NOTIFY).bind(channels).bind(payloads).execute(connection).await;
        told.map(drop)
    }
}

/// A connection that listens.
#[derive(Debug)]
struct Ear {
    /// Taken only when it is dropped.
    listener: Option<PgListener>,
    runtime: Handle,
}

impl Ear {
    async fn open(settings: &PgConnectOptions) -> sqlx::Result<Self> {
        // One connection, which is not exchanged behind our back.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_lazy_with(settings.clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        listener.listen_all([OUTBOX, CACHES]).await?;
        Ok(Self { listener: Some(listener), runtime: Handle::current() })
    }

    /// The next notification; `None` if there was none for a while.
    async fn hear(&mut self, patience: Duration) -> sqlx::Result<Option<PgNotification>> {
        let listener = self.listener.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        match tokio::time::timeout(KEEP_ALIVE, listener.try_recv()).await {
            Ok(Ok(Some(notification))) => Ok(Some(notification)),
            Ok(Ok(None)) => Err(sqlx::Error::PoolClosed),
            Ok(Err(error)) => Err(error),
            Err(_) => {
                let ping = sqlx::raw_sql("SELECT 1").execute(&mut *listener);
                match tokio::time::timeout(patience, ping).await {
                    Ok(answer) => answer.map(|_| None),
                    Err(_) => Err(sqlx::Error::PoolTimedOut),
                }
            }
        }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        // The driver says goodbye in a task, for which it looks for a runtime.
        let _runtime = self.runtime.enter();
        drop(self.listener.take());
    }
}

impl AsyncChanges for PostgresStore {
    async fn look(&self) -> Result<Duration, StoreError> {
        let mut ear = self.wire.ear.lock().await;
        let Some(open) = ear.as_mut() else {
            let opened = tokio::time::timeout(self.patience, Ear::open(&self.settings)).await;
            let opened = opened.map_err(|_| no_connection("listen", self.patience))?;
            *ear = Some(opened.map_err(|error| failed("listen", error))?);
            drop(ear);
            self.wire.observers.tell(&[ChangeNotice::Resync]);
            return Ok(Duration::ZERO);
        };
        let heard = open.hear(self.patience).await;
        if heard.is_err() {
            *ear = None;
        }
        drop(ear);
        let heard = heard.map_err(|error| failed("listen", error))?;
        let notice = heard.and_then(|n| self.wire.heard(n.channel(), n.payload()));
        self.wire.observers.tell(notice.as_slice());
        Ok(Duration::ZERO)
    }

    async fn announce(&self, notices: &[ChangeNotice]) -> Result<(), StoreError> {
        self.wire.observers.tell(notices);
        let mut lent = self.lend("tell others").await?;
        let told = self.wire.notify(lent.connection(), notices).await;
        lent.wrote(told)
    }
}

impl Observed for PostgresStore {
    fn observers(&self) -> &Observers {
        &self.wire.observers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_heard_by_others_only() {
        // S10.3
        let (one, two) = (Wire::new(), Wire::new());
        let id = uuid::Uuid::from_u128(7);
        for notice in [
            ChangeNotice::Outbox,
            ChangeNotice::of(CacheKind::Theme, id),
            ChangeNotice::Cache { kind: CacheKind::Flow, id: None },
            ChangeNotice::Resync,
        ] {
            let (channel, payload) = one.written(notice);
            assert_eq!(one.heard(channel, &payload), None);
            assert_eq!(two.heard(channel, &payload), Some(notice));
        }
        let (_, payload) = one.written(ChangeNotice::of(CacheKind::Theme, id));
        assert!(payload.starts_with(&format!("{{\"id\":\"{id}\",\"k\":\"theme\",")), "{payload}");
        for strange in ["", "[]", "{\"k\":\"moon\"}"] {
            assert_eq!(two.heard(CACHES, strange), Some(ChangeNotice::Resync));
        }
    }
}
