//! [`SubscriptionStore`] in memory.

use chatflow::Timestamp;

use super::MemoryStore;
use super::outbox::count;
use crate::changes::{CacheKind, ChangeNotice, Changes, Observed, Observers};
use crate::error::StoreError;
use crate::id::SubscriptionId;
use crate::library::{ApplyError, Change, RecordKey, Verdict, settle};
use crate::scope::AccessScope;
use crate::subscription::{
    DeliveryQuery, DeliveryRecord, EventFacts, Health, Match, StoredSubscription,
    SubscriptionQuery, SubscriptionRecord, SubscriptionStatus, SubscriptionStore,
    check_subscription,
};

impl SubscriptionStore for MemoryStore {
    fn subscription(
        &self,
        scope: &AccessScope,
        id: SubscriptionId,
    ) -> Result<Option<StoredSubscription>, StoreError> {
        let tables = self.tables();
        let found = tables.subscriptions.get(&id);
        Ok(found.filter(|stored| scope.owns(stored.record.school_id)).cloned())
    }

    fn subscriptions(
        &self,
        scope: &AccessScope,
        query: &SubscriptionQuery,
    ) -> Result<Vec<StoredSubscription>, StoreError> {
        let fits = |stored: &&StoredSubscription| {
            let record = &stored.record;
            scope.owns(record.school_id)
                && query.status.is_none_or(|status| status == record.status)
                && (query.school_id.is_none() || query.school_id == record.school_id)
                && (query.flow_id.is_none() || query.flow_id == record.flow_id)
                && query.after.is_none_or(|after| record.id > after)
        };
        let tables = self.tables();
        let found = tables.subscriptions.values().filter(fits);
        Ok(found.take(count(query.limit)).cloned().collect())
    }

    fn write_subscription(
        &self,
        scope: &AccessScope,
        change: &Change<SubscriptionRecord>,
        at: Timestamp,
    ) -> Result<u64, ApplyError> {
        let record = &change.record;
        check_subscription(record)?;
        let mut tables = self.tables();
        let stored = tables.subscriptions.get(&record.id);
        let verdict = settle(scope, stored.map(StoredSubscription::comparable).as_ref(), change)?;
        let library = &tables.library;
        let knows_school = record.school_id.is_none_or(|id| library.schools.contains_key(&id));
        let knows_flow = record.flow_id.is_none_or(|id| library.flows.contains_key(&id));
        if !knows_school || !knows_flow {
            return Err(ApplyError::Dangling { record: RecordKey::Subscription(record.id) });
        }
        if matches!(verdict, Verdict::Keep { .. }) {
            return Ok(verdict.row_version());
        }
        let new = StoredSubscription {
            record: record.clone(),
            health: stored.map_or_else(Health::default, |stored| stored.health_under(record)),
            row_version: verdict.row_version(),
            created_at: stored.map_or(at, |stored| stored.created_at),
            updated_at: at,
        };
        tables.subscriptions.insert(record.id, new);
        drop(tables);
        self.tell_of(record.id);
        Ok(verdict.row_version())
    }

    fn delete_subscription(
        &self,
        scope: &AccessScope,
        id: SubscriptionId,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let found = tables.subscriptions.get(&id);
        if !found.is_some_and(|stored| scope.owns(stored.record.school_id)) {
            return Ok(false);
        }
        tables.subscriptions.remove(&id);
        tables.deliveries.retain(|delivery| delivery.subscription != id);
        drop(tables);
        self.tell_of(id);
        Ok(true)
    }

    fn matching_subscriptions(&self, facts: &EventFacts) -> Result<Vec<Match>, StoreError> {
        let tables = self.tables();
        let records = tables.subscriptions.values().map(|stored| &stored.record);
        let found = records.filter(|record| record.receives(facts));
        Ok(found.map(|r| Match { id: r.id, max_retries: r.max_retries }).collect())
    }

    fn take_probe(
        &self,
        id: SubscriptionId,
        seen: &Health,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let stored = tables.subscriptions.get_mut(&id).filter(|stored| {
            stored.record.status == SubscriptionStatus::Active
                && stored.health.consecutive_failures == seen.consecutive_failures
                && stored.health.probe_until == seen.probe_until
        });
        let Some(stored) = stored else { return Ok(false) };
        stored.health.probe_until = Some(until);
        Ok(true)
    }

    fn deliveries(
        &self,
        scope: &AccessScope,
        query: &DeliveryQuery,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        let tables = self.tables();
        let subscription = tables.subscriptions.get(&query.subscription);
        if !subscription.is_some_and(|stored| scope.owns(stored.record.school_id)) {
            return Ok(Vec::new());
        }
        let place = |delivery: &DeliveryRecord| (delivery.created_at, delivery.id);
        let fits = |delivery: &&DeliveryRecord| {
            delivery.subscription == query.subscription
                && query.before.is_none_or(|before| place(delivery) < before)
        };
        let mut found: Vec<_> = tables.deliveries.iter().filter(fits).cloned().collect();
        found.sort_by_key(|delivery| std::cmp::Reverse(place(delivery)));
        found.truncate(count(query.limit));
        Ok(found)
    }

    fn delete_deliveries(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        tables.deliveries.sort_by_key(|delivery| delivery.created_at);
        let old = tables.deliveries.iter().take_while(|delivery| delivery.created_at < before);
        let old = old.take(count(limit)).count();
        tables.deliveries.drain(..old);
        Ok(u64::try_from(old).unwrap_or(u64::MAX))
    }
}

impl MemoryStore {
    fn tell_of(&self, id: SubscriptionId) {
        self.observers.tell(&[ChangeNotice::of(CacheKind::Subscription, id.0)]);
    }
}

/// There is no other process: a look finds nothing.
impl Changes for MemoryStore {
    fn look(&self) -> Result<std::time::Duration, StoreError> {
        let is_first = !self.has_looked.swap(true, std::sync::atomic::Ordering::Relaxed);
        if is_first {
            self.observers.tell(&[ChangeNotice::Resync]);
        }
        Ok(crate::changes::LOOK_AGAIN)
    }

    fn announce(&self, notices: &[ChangeNotice]) -> Result<(), StoreError> {
        self.observers.tell(notices);
        Ok(())
    }
}

impl Observed for MemoryStore {
    fn observers(&self) -> &Observers {
        &self.observers
    }
}
