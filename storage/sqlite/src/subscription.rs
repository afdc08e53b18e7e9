//! [`SubscriptionStore`] on SQLite.

mod row;

use chatflow::Timestamp;
use chatflow_storage::{
    AccessScope, ApplyError, CacheKind, Change, ChangeNotice, DeliveryQuery, DeliveryRecord,
    EventFacts, Health, Match, StoreError, StoredSubscription, SubscriptionId, SubscriptionQuery,
    SubscriptionRecord, SubscriptionStatus, SubscriptionStore, Verdict, check_subscription, settle,
};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::changes;
use crate::column::{Id, Time, list, uuid};
use crate::fault::Doing;
use crate::library;
use crate::outbox::owned;
use crate::pool::SqliteStore;

macro_rules! columns {
    () => {
        "id, name, url, secret, method, headers, timeout_seconds, max_retries, event_types, flow_id,
         school_id, status, consecutive_failures, last_success_at, last_failure_at, last_error,
         probe_until, created_by, row_version, created_at, updated_at"
    };
}

/// Rows of tenants that a scope owns: ?1 all, ?2 which.
macro_rules! owned {
    () => {
        "(?1 OR school_id IN (SELECT value FROM json_each(?2)))"
    };
}

const LOAD: &str = concat!("SELECT ", columns!(), " FROM webhook_subscriptions WHERE id = ?1");

const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM webhook_subscriptions
      WHERE id > ?3 AND (?4 IS NULL OR status = ?4) AND (?5 IS NULL OR school_id = ?5)
        AND (?6 IS NULL OR flow_id = ?6) AND ",
    owned!(),
    " ORDER BY id LIMIT ?7"
);

/// S6.41
const MATCHING: &str = "
SELECT id, max_retries FROM webhook_subscriptions
WHERE status = 'active'
  AND (event_types = '[]' OR EXISTS (
    SELECT 1 FROM json_each(event_types) WHERE value IN ('*', ?1)))
  AND (flow_id IS NULL OR flow_id = ?2)
  AND (school_id IS NULL OR school_id IN (SELECT value FROM json_each(?3)))
ORDER BY id";

const TAKE_PROBE: &str = "
UPDATE webhook_subscriptions SET probe_until = ?4
WHERE id = ?1 AND status = 'active' AND consecutive_failures = ?2 AND probe_until IS ?3";

const DELETE: &str = concat!("DELETE FROM webhook_subscriptions WHERE id = ?3 AND ", owned!());

const DELIVERIES: &str = concat!(
    "SELECT id, outbox_id, subscription_id, attempt, status_code, duration_ms, error,
       response_preview, created_at
     FROM webhook_deliveries
     WHERE subscription_id = ?3 AND (created_at, id) < (?4, ?5)
       AND EXISTS (SELECT 1 FROM webhook_subscriptions WHERE id = ?3 AND ",
    owned!(),
    ") ORDER BY created_at DESC, id DESC LIMIT ?6"
);

const DELETE_DELIVERIES: &str = "
DELETE FROM webhook_deliveries WHERE id IN (
  SELECT id FROM webhook_deliveries WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";

impl SubscriptionStore for SqliteStore {
    fn subscription(
        &self,
        scope: &AccessScope,
        id: SubscriptionId,
    ) -> Result<Option<StoredSubscription>, StoreError> {
        let found = self.read("read a subscription", |connection| load(connection, id))?;
        Ok(found.filter(|stored| scope.owns(stored.record.school_id)))
    }

    fn subscriptions(
        &self,
        scope: &AccessScope,
        query: &SubscriptionQuery,
    ) -> Result<Vec<StoredSubscription>, StoreError> {
        self.read("list subscriptions", |connection| {
            let mut statement = connection.prepare_cached(LIST)?;
            let params = params![
                scope.is_system(),
                owned(scope),
                // Before every id.
                query.after.map_or_else(String::new, |id| id.0.to_string()),
                query.status.map(SubscriptionStatus::as_str),
                query.school_id.map(|id| Id(id.0)),
                query.flow_id.map(|id| Id(id.0)),
                query.limit,
            ];
            statement.query_map(params, row::stored)?.collect()
        })
    }

    fn write_subscription(
        &self,
        scope: &AccessScope,
        change: &Change<SubscriptionRecord>,
        at: Timestamp,
    ) -> Result<u64, ApplyError> {
        let record = &change.record;
        check_subscription(record)?;
        let notice = ChangeNotice::of(CacheKind::Subscription, record.id.0);
        let written = self.write("write a subscription", |transaction| {
            let stored = load(transaction, record.id).doing("read a subscription", transaction)?;
            let before = stored.as_ref().map(StoredSubscription::comparable);
            let verdict = settle(scope, before.as_ref(), change)?;
            if matches!(verdict, Verdict::Keep { .. }) {
                return Ok((verdict, None));
            }
            let new = StoredSubscription {
                record: record.clone(),
                health: stored.as_ref().map_or_else(Health::default, |s| s.health_under(record)),
                row_version: verdict.row_version(),
                created_at: stored.as_ref().map_or(at, |stored| stored.created_at),
                updated_at: at,
            };
            row::save(transaction, &new)
                .map_err(|error| library::explain(transaction, record, error))?;
            let raised =
                changes::raise(transaction, &[notice]).doing("tell others", transaction)?;
            Ok::<_, ApplyError>((verdict, Some(raised)))
        });
        let (verdict, raised) = written?;
        if let Some(raised) = raised {
            self.told(&raised, &[notice]);
        }
        Ok(verdict.row_version())
    }

    fn delete_subscription(
        &self,
        scope: &AccessScope,
        id: SubscriptionId,
    ) -> Result<bool, StoreError> {
        let notices = [ChangeNotice::of(CacheKind::Subscription, id.0)];
        let raised = self.write("delete a subscription", |transaction| {
            let delete = || {
                let params = params![scope.is_system(), owned(scope), Id(id.0)];
                if transaction.prepare_cached(DELETE)?.execute(params)? == 0 {
                    return Ok(None);
                }
                changes::raise(transaction, &notices).map(Some)
            };
            delete().doing("delete a subscription", transaction)
        })?;
        if let Some(raised) = &raised {
            self.told(raised, &notices);
        }
        Ok(raised.is_some())
    }

    fn matching_subscriptions(&self, facts: &EventFacts) -> Result<Vec<Match>, StoreError> {
        self.read("match subscriptions", |connection| {
            let mut statement = connection.prepare_cached(MATCHING)?;
            let flow = facts.flow_id.map(|id| Id(id.0));
            let params = params![facts.event_type, flow, list(&facts.schools)];
            let found = statement.query_map(params, |row| {
                let id = SubscriptionId(uuid(row, "id")?);
                Ok(Match { id, max_retries: row.get("max_retries")? })
            })?;
            found.collect()
        })
    }

    fn take_probe(
        &self,
        id: SubscriptionId,
        seen: &Health,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write("take a probe", |transaction| {
            let probe = seen.probe_until.map(Time);
            let params = params![Id(id.0), seen.consecutive_failures, probe, Time(until)];
            let taken = transaction
                .prepare_cached(TAKE_PROBE)
                .and_then(|mut statement| statement.execute(params))
                .doing("take a probe", transaction)?;
            Ok(taken > 0)
        })
    }

    fn deliveries(
        &self,
        scope: &AccessScope,
        query: &DeliveryQuery,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        let last = (Timestamp::from_millis(i64::MAX), Uuid::max());
        let (before, id) = query.before.unwrap_or(last);
        self.read("list deliveries", |connection| {
            let mut statement = connection.prepare_cached(DELIVERIES)?;
            let params = params![
                scope.is_system(),
                owned(scope),
                Id(query.subscription.0),
                Time(before),
                Id(id),
                query.limit,
            ];
            statement.query_map(params, row::delivery)?.collect()
        })
    }

    fn delete_deliveries(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write("delete old deliveries", |transaction| {
            let deleted = transaction
                .prepare_cached(DELETE_DELIVERIES)
                .and_then(|mut statement| statement.execute(params![Time(before), limit]))
                .doing("delete old deliveries", transaction)?;
            Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
        })
    }
}

fn load(
    connection: &Connection,
    id: SubscriptionId,
) -> rusqlite::Result<Option<StoredSubscription>> {
    connection.prepare_cached(LOAD)?.query_row([Id(id.0)], row::stored).optional()
}
