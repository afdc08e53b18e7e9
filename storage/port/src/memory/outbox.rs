//! [`OutboxStore`] in memory.

use std::collections::BTreeSet;

use chatflow::Timestamp;

use super::{MemoryStore, Tables};
use crate::error::StoreError;
use crate::id::EventId;
use crate::outbox::{
    Destination, EventClaim, EventLock, EventQuery, EventStatus, NewEvent, OldEvents, OutboxStore,
    RetryError, SUBSCRIPTION_ENDS_AT, Settled, Settlement, StoredEvent, StreamCursor, StreamEvent,
    StreamPage, StreamQuery,
};
use crate::scope::AccessScope;
use crate::subscription::{DeliveryRecord, SubscriptionStatus};

impl OutboxStore for MemoryStore {
    fn claim_events(&self, claim: &EventClaim) -> Result<Vec<StoredEvent>, StoreError> {
        let mut tables = self.tables();
        // Pairs of which an older event is open (S6.33).
        let mut taken = BTreeSet::new();
        let mut due = Vec::new();
        for stored in tables.events.values().filter(|stored| stored.status.is_open()) {
            let pair = stored.event.destination.subscription().zip(stored.event.session_id);
            if pair.is_none_or(|pair| taken.insert(pair)) && is_free(stored, claim.at) {
                due.push(stored);
            }
        }
        due.sort_by_key(|stored| (std::cmp::Reverse(stored.event.priority), stored.seq));
        let due: Vec<_> = due.into_iter().take(count(claim.limit)).map(|e| e.seq).collect();
        let mut claimed = Vec::new();
        for seq in due {
            if let Some(stored) = tables.events.get_mut(&seq) {
                // Whoever held it has gone, perhaps in the middle of an attempt (S6.32, S6.42).
                let is_lost = stored.status == EventStatus::Processing;
                stored.retry_count = stored.retry_count.saturating_add(u32::from(is_lost));
                stored.status = EventStatus::Processing;
                stored.lock = Some(EventLock { holder: claim.holder.clone(), until: claim.until });
                stored.updated_at = Some(claim.at);
                claimed.push(stored.clone());
            }
        }
        Ok(claimed)
    }

    fn settle_event(&self, settlement: &Settlement) -> Result<Settled, StoreError> {
        settlement.check()?;
        let mut tables = self.tables();
        if settlement.on_disabled.is_empty() {
            return tables.settle(settlement);
        }
        let mut written = tables.clone();
        let settled = written.settle(settlement)?;
        *tables = written;
        Ok(settled)
    }

    fn retry_event(
        &self,
        scope: &AccessScope,
        event: EventId,
        at: Timestamp,
    ) -> Result<(), RetryError> {
        let mut tables = self.tables();
        let stored = tables
            .events
            .values_mut()
            .find(|stored| stored.event.id == event && scope.owns(stored.event.school_id))
            .ok_or(RetryError::NotFound { event })?;
        if !matches!(stored.status, EventStatus::Failed | EventStatus::DeadLetter) {
            return Err(RetryError::NotFailed { event, status: stored.status });
        }
        let fresh = StoredEvent::new(stored.seq, stored.event.clone());
        *stored = StoredEvent { updated_at: Some(at), ..fresh };
        Ok(())
    }

    fn stream_events(
        &self,
        scope: &AccessScope,
        query: &StreamQuery,
    ) -> Result<StreamPage, StoreError> {
        let tables = self.tables();
        let end = StreamCursor { epoch: 0, seq: tables.last_seq, at: query.at };
        let after = query.after.unwrap_or(end);
        if after.place() > end.place() {
            return Ok(StreamPage { events: Vec::new(), next: end, is_lost: true });
        }
        let fits = |event: &NewEvent| {
            event.destination == Destination::Stream
                && scope.owns(event.school_id)
                && (query.event_types.is_empty() || query.event_types.contains(&event.event_type))
                && (query.flow_id.is_none() || query.flow_id == event.flow_id)
                && (query.session_id.is_none() || query.session_id == event.session_id)
        };
        let behind = tables.events.values().filter(|stored| stored.seq > after.seq);
        let events: Vec<_> = behind
            .filter(|stored| fits(&stored.event))
            .take(count(query.limit))
            .map(|stored| StreamEvent {
                cursor: StreamCursor { epoch: 0, seq: stored.seq, at: stored.event.created_at },
                event: stored.event.clone(),
            })
            .collect();
        Ok(StreamPage::of(events, query, end))
    }

    fn event(
        &self,
        scope: &AccessScope,
        event: EventId,
    ) -> Result<Option<StoredEvent>, StoreError> {
        let tables = self.tables();
        let found = tables.events.values().find(|stored| stored.event.id == event);
        Ok(found.filter(|stored| scope.owns(stored.event.school_id)).cloned())
    }

    fn events(
        &self,
        scope: &AccessScope,
        query: &EventQuery,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let fits = |stored: &&StoredEvent| {
            let event = &stored.event;
            let subscription = event.destination.subscription();
            scope.owns(event.school_id)
                && (query.statuses.is_empty() || query.statuses.contains(&stored.status))
                && query.event_type.as_ref().is_none_or(|kind| *kind == event.event_type)
                && (query.subscription_id.is_none() || query.subscription_id == subscription)
                && (query.session_id.is_none() || query.session_id == event.session_id)
                && query.before.is_none_or(|before| stored.seq < before)
        };
        let tables = self.tables();
        let found = tables.events.values().rev().filter(fits);
        Ok(found.take(count(query.limit)).cloned().collect())
    }

    fn delete_events(&self, old: &OldEvents) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let before = [
            (EventStatus::Published, old.published_before),
            (EventStatus::DeadLetter, old.dead_before),
        ];
        let mut deleted = 0_u64;
        for (status, before) in before {
            let is_old = |stored: &&StoredEvent| {
                stored.status == status && stored.processed_at.is_some_and(|at| at < before)
            };
            let mut all: Vec<_> = tables.events.values().filter(is_old).collect();
            all.sort_by_key(|stored| stored.processed_at);
            let all: Vec<_> = all.into_iter().take(count(old.limit)).map(|e| e.seq).collect();
            for seq in all {
                tables.events.remove(&seq);
                deleted = deleted.saturating_add(1);
            }
        }
        Ok(deleted)
    }
}

impl Tables {
    /// Appends events that were checked, or none of them; whoever calls undoes the rest if this fails.
    pub(super) fn append_events(&mut self, events: &[NewEvent]) -> Result<(), StoreError> {
        let mut known: BTreeSet<_> = self.events.values().map(|stored| stored.event.id).collect();
        if !events.iter().all(|event| known.insert(event.id)) {
            return Err(StoreError::Store("there is an event with this id".into()));
        }
        for event in events {
            self.last_seq = self.last_seq.saturating_add(1);
            self.events.insert(self.last_seq, StoredEvent::new(self.last_seq, event.clone()));
        }
        Ok(())
    }

    fn settle(&mut self, settlement: &Settlement) -> Result<Settled, StoreError> {
        let mine = |stored: &&mut StoredEvent| {
            stored.event.id == settlement.event
                && stored.status == EventStatus::Processing
                && stored.lock.as_ref() == Some(&settlement.lock)
        };
        let Some(stored) = self.events.values_mut().find(mine) else {
            return Ok(Settled::LockLost);
        };
        let failures = stored.retry_count;
        let update = settlement.update();
        stored.retry_count = failures.saturating_add(u32::from(update.is_failure));
        let back = if failures == 0 { EventStatus::Pending } else { EventStatus::Failed };
        stored.status = update.status.unwrap_or(back);
        if update.status.is_some() {
            stored.last_error.clone_from(&update.last_error);
            stored.error_details.clone_from(&update.error_details);
        }
        (stored.next_retry_at, stored.processed_at) = (update.next_retry_at, update.processed_at);
        (stored.lock, stored.updated_at) = (None, Some(settlement.at));
        let subscription = stored.event.destination.subscription();
        let Some(id) = subscription.filter(|id| self.subscriptions.contains_key(id)) else {
            return Ok(Settled::Done);
        };
        self.record(settlement, id, failures.saturating_add(1))
    }

    /// Records the attempt of a settlement, and what it says of the subscription (S6.46).
    fn record(
        &mut self,
        settlement: &Settlement,
        id: crate::id::SubscriptionId,
        number: u32,
    ) -> Result<Settled, StoreError> {
        let update = settlement.update();
        let Some((attempt, stored)) =
            settlement.attempt.as_ref().zip(self.subscriptions.get_mut(&id))
        else {
            return Ok(Settled::Done);
        };
        let attempt = attempt.stored();
        self.deliveries.push(DeliveryRecord {
            id: attempt.id,
            event: settlement.event,
            subscription: id,
            attempt: number,
            status_code: attempt.status_code,
            duration_ms: attempt.duration_ms,
            error: attempt.error,
            response_preview: attempt.response_preview,
            created_at: settlement.at,
        });
        let health = &mut stored.health;
        if update.is_failure {
            health.consecutive_failures = health.consecutive_failures.saturating_add(1);
            health.last_failure_at = Some(settlement.at);
            health.last_error = update.last_error;
        } else if update.status.is_some() {
            health.consecutive_failures = 0;
            health.last_success_at = Some(settlement.at);
        }
        health.probe_until = None;
        let ends = update.is_failure && health.consecutive_failures >= SUBSCRIPTION_ENDS_AT;
        let is_disabled = stored.record.status == SubscriptionStatus::Disabled;
        if is_disabled || !(ends || update.ends_subscription) {
            return Ok(Settled::Done);
        }
        stored.record.status = SubscriptionStatus::Disabled;
        stored.row_version = stored.row_version.saturating_add(1);
        stored.updated_at = settlement.at;
        self.append_events(&settlement.on_disabled)?;
        Ok(Settled::Disabled)
    }
}

/// S6.32
fn is_free(stored: &StoredEvent, at: Timestamp) -> bool {
    match stored.status {
        EventStatus::Pending | EventStatus::Failed => {
            stored.next_retry_at.is_none_or(|next| next <= at)
        }
        EventStatus::Processing => stored.lock.as_ref().is_none_or(|lock| lock.until < at),
        EventStatus::Published | EventStatus::DeadLetter => false,
    }
}

pub(super) fn count(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
