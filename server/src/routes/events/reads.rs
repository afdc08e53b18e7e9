//! Reads of the stream that clients share: thousands that wait at the same place for the same events
//! cost one read, not thousands (S6.49).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, AnyStore, StreamPage, StreamQuery};

use crate::error::chain;

/// What nobody has asked for so long is forgotten.
const FORGET: Duration = Duration::from_secs(5);

/// The stream cannot be read at the moment. This has been written down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unreadable;

/// What is known of the stream, by who asks for what.
#[derive(Debug, Default)]
pub(crate) struct Reads(Mutex<Vec<Place>>);

/// A place of the stream, as some see it.
#[derive(Debug)]
struct Place {
    scope: AccessScope,
    query: StreamQuery,
    last: Instant,
    known: Arc<Known>,
}

/// What was found there, and when it was asked for.
type Known = tokio::sync::Mutex<Option<(Instant, Result<Arc<StreamPage>, Unreadable>)>>;

impl Reads {
    /// What is behind a position, as of `since` or later.
    pub(super) async fn page(
        &self,
        store: &AnyStore,
        scope: &AccessScope,
        query: &StreamQuery,
        since: Instant,
    ) -> Result<Arc<StreamPage>, Unreadable> {
        let known = self.known(scope, query);
        let mut known = known.lock().await;
        if let Some((begun, found)) = &*known
            && *begun >= since
        {
            return found.clone();
        }
        let begun = Instant::now();
        let found = store.stream_events(scope, query).await.map(Arc::new).map_err(|error| {
            crate::cli::log(format_args!("error: cannot read events: {}", chain(&error)));
            Unreadable
        });
        *known = Some((begun, found.clone()));
        found
    }

    fn known(&self, scope: &AccessScope, query: &StreamQuery) -> Arc<Known> {
        let now = Instant::now();
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |place: &&mut Place| place.scope == *scope && asks_same(&place.query, query);
        if let Some(place) = places.iter_mut().find(is_same) {
            place.last = now;
            return Arc::clone(&place.known);
        }
        places.retain(|place| now.duration_since(place.last) < FORGET);
        let known = Arc::new(Known::default());
        let (scope, query) = (scope.clone(), query.clone());
        places.push(Place { scope, query, last: now, known: Arc::clone(&known) });
        known
    }
}

/// Whether the same is behind both, however old the positions are.
fn asks_same(one: &StreamQuery, other: &StreamQuery) -> bool {
    let place = |query: &StreamQuery| query.after.map(|cursor| cursor.place());
    place(one) == place(other)
        && (one.flow_id, one.session_id, one.limit)
            == (other.flow_id, other.session_id, other.limit)
        && one.event_types == other.event_types
}
