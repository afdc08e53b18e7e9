//! Events on their way into the outbox: what happened, and who is to be told (S6.22, S6.30, S6.41).

use chatflow::{FlowId, SessionId, TenantId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AnyStore, Destination, EventFacts, EventId, NewEvent, Priority, StoreError, UserId,
};
use serde_json::Value;

use crate::token::random_id;

const VERSION: &str = "1.0";
const SERVICE: &str = "chatflow";

/// How often delivery is tried again where no subscription says so (S1.64).
const RETRIES: u32 = 3;

/// Something that happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Happening {
    /// What (S6.2 to S6.21).
    pub(crate) kind: &'static str,
    /// What is told beside type, time and id: a JSON object.
    pub(crate) payload: Value,
    /// Whose affair it is.
    pub(crate) school_id: Option<TenantId>,
    pub(crate) flow_id: Option<FlowId>,
    pub(crate) session_id: Option<SessionId>,
    pub(crate) user_id: Option<UserId>,
}

/// Whether what nobody has subscribed to is kept for the stream (F17).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unheard {
    /// It is: changes of the library are few.
    Kept,
    /// It is not: turns are many.
    Dropped,
}

impl Happening {
    /// The rows of the outbox: one for the stream, and one for each subscription.
    pub(crate) async fn rows(
        self,
        store: &AnyStore,
        at: Timestamp,
        unheard: Unheard,
    ) -> Result<Vec<NewEvent>, StoreError> {
        let facts = EventFacts {
            event_type: self.kind.to_owned(),
            flow_id: self.flow_id,
            schools: self.school_id.into_iter().collect(),
        };
        let matches = store.matching_subscriptions(&facts).await?;
        if matches.is_empty() && unheard == Unheard::Dropped {
            return Ok(Vec::new());
        }
        let subscribed =
            matches.into_iter().map(|found| (Destination::Webhook(found.id), found.max_retries));
        let stream = std::iter::once((Destination::Stream, RETRIES));
        let payload = self.told(at)?;
        let row = |(destination, max_retries)| {
            Ok(NewEvent {
                id: EventId(drawn()?),
                event_type: self.kind.to_owned(),
                event_version: VERSION.to_owned(),
                source_service: SERVICE.to_owned(),
                destination,
                routing_key: None,
                payload: payload.clone(),
                headers: None,
                priority: Priority::Normal,
                max_retries,
                correlation_id: self.session_id.map(|id| format!("{id}:{}", self.kind)),
                causation_id: None,
                user_id: self.user_id,
                session_id: self.session_id,
                flow_id: self.flow_id,
                school_id: self.school_id,
                created_at: at,
            })
        };
        stream.chain(subscribed).map(row).collect()
    }

    /// What is sent, to all the same.
    fn told(&self, at: Timestamp) -> Result<String, StoreError> {
        let mut payload = self.payload.clone();
        if let Some(map) = payload.as_object_mut() {
            #[expect(clippy::cast_precision_loss, reason = "53 bits hold milliseconds for long")]
            let seconds = at.as_millis() as f64 / 1000.0;
            let school = self.school_id.map(|id| id.to_string());
            map.insert("event_type".to_owned(), self.kind.into());
            map.insert("timestamp".to_owned(), seconds.into());
            map.insert("event_id".to_owned(), drawn()?.to_string().into());
            map.insert("event_version".to_owned(), VERSION.into());
            map.insert("school_id".to_owned(), school.into());
        }
        Ok(payload.to_string())
    }
}

fn drawn() -> Result<uuid::Uuid, StoreError> {
    random_id().map_err(|error| StoreError::Store(error.into()))
}
