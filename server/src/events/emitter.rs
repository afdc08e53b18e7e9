//! Who receives an event (S6.30, S6.41, F17).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chatflow::{TenantId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AnyStore, CacheKind, ChangeNotice, Destination, EventFacts, EventId, Match, NewEvent,
    Observed as _, StoreError, Watch,
};
use uuid::Uuid;

use super::payload::Happening;
use super::session::SessionChange;
use crate::token::random_id;

/// How long a look-up counts where nobody tells of changes, in milliseconds.
const KEPT_MS: i64 = 5_000;
/// How many look-ups are kept.
const MOST: usize = 2_000;

/// Which turns of sessions are told of (F17).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SessionEvents {
    /// Those that somebody subscribes to.
    #[default]
    Subscribed,
    /// All: each turn writes one more row, which the stream shows.
    All,
}

type Key = (String, Option<chatflow::FlowId>, Option<TenantId>);
type Known = Mutex<HashMap<Key, (Timestamp, Vec<Match>)>>;

/// Makes the rows of events.
#[derive(Debug)]
pub(crate) struct Emitter {
    service: String,
    sessions: SessionEvents,
    known: Arc<Known>,
    _watch: Watch,
}

impl Emitter {
    pub(crate) fn new(store: &AnyStore, service: &str, sessions: SessionEvents) -> Self {
        let known = Arc::new(Known::default());
        let cache = Arc::clone(&known);
        let watch = store.observers().watch(move |notice| {
            let kind = CacheKind::Subscription;
            let is_change =
                matches!(notice, ChangeNotice::Cache { kind: changed, .. } if changed == kind);
            if is_change || notice == ChangeNotice::Resync {
                lock(&cache).clear();
            }
        });
        Self { service: service.to_owned(), sessions, known, _watch: watch }
    }

    /// How the service is called.
    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    /// The rows that tell of a turn; most often none.
    pub(crate) async fn session(
        &self,
        store: &AnyStore,
        change: &SessionChange,
    ) -> Result<Vec<NewEvent>, StoreError> {
        let key = (change.event_type().to_owned(), Some(change.flow), change.school);
        let is_told = self.sessions == SessionEvents::All
            || !self.matches(store, key, change.at).await?.is_empty();
        if is_told { self.tell(store, &change.happening(), None).await } else { Ok(Vec::new()) }
    }

    /// The rows that tell of something: one for the stream, and one for each subscription (S6.30). All
    /// have the same payload. With a `once`, their ids are derived from it, so that who writes each id
    /// once tells once.
    pub(crate) async fn tell(
        &self,
        store: &AnyStore,
        happening: &Happening,
        once: Option<&str>,
    ) -> Result<Vec<NewEvent>, StoreError> {
        let id = |to: Uuid| match once {
            Some(once) => {
                let name = format!("{}:{once}:{to}", happening.event_type);
                Ok(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()))
            }
            None => random_id().map_err(|error| StoreError::Store(error.into())),
        };
        let stream = happening.row(&self.service, id(Uuid::nil())?, Destination::Stream);
        let key = (happening.event_type.to_owned(), happening.flow, happening.school);
        let mut rows = Vec::new();
        for Match { id: to, max_retries } in self.matches(store, key, happening.at).await? {
            let destination = Destination::Webhook(to);
            rows.push(NewEvent {
                id: EventId(id(to.0)?),
                destination,
                max_retries,
                ..stream.clone()
            });
        }
        rows.insert(0, stream);
        Ok(rows)
    }

    async fn matches(
        &self,
        store: &AnyStore,
        key: Key,
        at: Timestamp,
    ) -> Result<Vec<Match>, StoreError> {
        let fresh = |kept: &Timestamp| at.as_millis().saturating_sub(kept.as_millis()) < KEPT_MS;
        let known = lock(&self.known).get(&key).filter(|(kept, _)| fresh(kept)).cloned();
        if let Some((_, matches)) = known {
            return Ok(matches);
        }
        let (event_type, flow_id, school) = key.clone();
        let schools = school.into_iter().collect();
        let facts = EventFacts { event_type, flow_id, schools };
        let matches = store.matching_subscriptions(&facts).await?;
        let mut all = lock(&self.known);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(key, (at, matches.clone()));
        Ok(matches)
    }
}

fn lock(known: &Known) -> MutexGuard<'_, HashMap<Key, (Timestamp, Vec<Match>)>> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}
