//! [`AsyncSubscriptionStore`] on Postgres.

mod row;

use chatflow::Timestamp;
use chatflow_storage::{
    AccessScope, ApplyError, AsyncSubscriptionStore, CacheKind, Change, ChangeNotice,
    DeliveryQuery, DeliveryRecord, EventFacts, Health, Match, StoreError, StoredSubscription,
    SubscriptionId, SubscriptionQuery, SubscriptionRecord, SubscriptionStatus, Verdict,
    check_subscription, settle,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::changes::Wire;
use crate::column::{Time, small_count, small_number, tenants};
use crate::fault::failed;
use crate::library::{WRITE, explain};
use crate::outbox::owned;
use crate::pool::PostgresStore;

macro_rules! columns {
    () => {
        "s.id, s.name, s.url, s.secret, s.method, s.headers, s.timeout_seconds, s.max_retries,
         s.event_types, s.flow_id, s.school_id, s.status::text AS status, s.consecutive_failures,
         s.last_success_at, s.last_failure_at, s.last_error, s.probe_until, s.created_by,
         s.row_version, s.created_at, s.updated_at"
    };
}

/// Rows of tenants that a scope owns: $1 all, $2 which.
macro_rules! owned {
    () => {
        "($1 OR s.school_id = ANY ($2))"
    };
}

const ONE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM webhook_subscriptions AS s WHERE s.id = $3 AND ",
    owned!()
);

/// Settlements of its events wait until what is written of it is stored.
const LOAD: &str =
    concat!("SELECT ", columns!(), " FROM webhook_subscriptions AS s WHERE s.id = $1 FOR UPDATE");

const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM webhook_subscriptions AS s
      WHERE ($3 IS NULL OR s.id > $3) AND ($4 IS NULL OR s.status::text = $4)
        AND ($5 IS NULL OR s.school_id = $5) AND ($6 IS NULL OR s.flow_id = $6) AND ",
    owned!(),
    " ORDER BY s.id LIMIT $7"
);

/// S6.41
const MATCHING: &str = "
SELECT s.id, s.max_retries FROM webhook_subscriptions AS s
WHERE s.status = 'active'
  AND (cardinality(s.event_types) = 0 OR '*' = ANY (s.event_types) OR $1 = ANY (s.event_types))
  AND (s.flow_id IS NULL OR s.flow_id = $2) AND (s.school_id IS NULL OR s.school_id = ANY ($3))
ORDER BY s.id";

const TAKE_PROBE: &str = "
UPDATE webhook_subscriptions SET probe_until = $4
WHERE id = $1 AND status = 'active' AND consecutive_failures = $2
  AND probe_until IS NOT DISTINCT FROM $3";

/// Tells others, if there was something to delete.
const DELETE: &str = concat!(
    "WITH deleted AS (
       DELETE FROM webhook_subscriptions AS s WHERE s.id = $3 AND ",
    owned!(),
    " RETURNING s.id
     )
     SELECT pg_notify($4, $5) FROM deleted"
);

const DELIVERIES: &str = concat!(
    "SELECT d.id, d.outbox_id, d.subscription_id, d.attempt, d.status_code, d.duration_ms, d.error,
       d.response_preview, d.created_at
     FROM webhook_subscriptions AS s JOIN webhook_deliveries AS d ON d.subscription_id = s.id
     WHERE s.id = $3 AND d.subscription_id = $3 AND (d.created_at, d.id) < ($4, $5) AND ",
    owned!(),
    " ORDER BY d.created_at DESC, d.id DESC LIMIT $6"
);

const DELETE_DELIVERIES: &str = "
DELETE FROM webhook_deliveries WHERE id = ANY (ARRAY (
  SELECT id FROM webhook_deliveries WHERE created_at < $1 ORDER BY created_at LIMIT $2))";

impl AsyncSubscriptionStore for PostgresStore {
    async fn subscription(
        &self,
        scope: &AccessScope,
        id: SubscriptionId,
    ) -> Result<Option<StoredSubscription>, StoreError> {
        let mut lent = self.lend("read a subscription").await?;
        let row = sqlx::query(ONE)
            .bind(scope.is_system())
            .bind(owned(scope))
            .bind(id.0)
            .fetch_optional(lent.connection())
            .await;
        lent.read(row.and_then(|row| row.as_ref().map(row::stored).transpose()))
    }

    async fn subscriptions(
        &self,
        scope: &AccessScope,
        query: &SubscriptionQuery,
    ) -> Result<Vec<StoredSubscription>, StoreError> {
        let mut lent = self.lend("list subscriptions").await?;
        let rows = sqlx::query(LIST)
            .bind(scope.is_system())
            .bind(owned(scope))
            .bind(query.after.map(|id| id.0))
            .bind(query.status.map(SubscriptionStatus::as_str))
            .bind(query.school_id.map(|id| id.0))
            .bind(query.flow_id.map(|id| id.0))
            .bind(i64::from(query.limit))
            .fetch_all(lent.connection())
            .await;
        lent.read(rows.and_then(|rows| rows.iter().map(row::stored).collect()))
    }

    async fn write_subscription(
        &self,
        scope: &AccessScope,
        change: &Change<SubscriptionRecord>,
        at: Timestamp,
    ) -> Result<u64, ApplyError> {
        check_subscription(&change.record)?;
        let mut lent = self.lend("write a subscription").await?;
        lent.begin(WRITE).await?;
        match write(lent.connection(), &self.wire, scope, change, at).await {
            Ok(verdict) => {
                lent.commit().await?;
                if !matches!(verdict, Verdict::Keep { .. }) {
                    self.wire.observers.tell(&[notice(change.record.id)]);
                }
                Ok(verdict.row_version())
            }
            Err(error) => {
                lent.roll_back().await;
                Err(error)
            }
        }
    }

    async fn delete_subscription(
        &self,
        scope: &AccessScope,
        id: SubscriptionId,
    ) -> Result<bool, StoreError> {
        let notice = notice(id);
        let (channel, payload) = self.wire.written(notice);
        let mut lent = self.lend("delete a subscription").await?;
        let deleted = sqlx::query(DELETE)
            .bind(scope.is_system())
            .bind(owned(scope))
            .bind(id.0)
            .bind(channel)
            .bind(payload)
            .fetch_optional(lent.connection())
            .await;
        let is_deleted = lent.wrote(deleted)?.is_some();
        if is_deleted {
            self.wire.observers.tell(&[notice]);
        }
        Ok(is_deleted)
    }

    async fn matching_subscriptions(&self, facts: &EventFacts) -> Result<Vec<Match>, StoreError> {
        let mut lent = self.lend("match subscriptions").await?;
        let rows = sqlx::query(MATCHING)
            .bind(&facts.event_type)
            .bind(facts.flow_id.map(|id| id.0))
            .bind(tenants(&facts.schools))
            .fetch_all(lent.connection())
            .await;
        let found = |row: &PgRow| {
            let id = SubscriptionId(row.try_get("id")?);
            Ok(Match { id, max_retries: small_count(row, "max_retries")? })
        };
        lent.read(rows.and_then(|rows| rows.iter().map(found).collect()))
    }

    async fn take_probe(
        &self,
        id: SubscriptionId,
        seen: &Health,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut lent = self.lend("take a probe").await?;
        let taken = sqlx::query(TAKE_PROBE)
            .bind(id.0)
            .bind(small_number(seen.consecutive_failures))
            .bind(seen.probe_until.map(Time))
            .bind(Time(until))
            .execute(lent.connection())
            .await;
        Ok(lent.wrote(taken)?.rows_affected() > 0)
    }

    async fn deliveries(
        &self,
        scope: &AccessScope,
        query: &DeliveryQuery,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        let last = (Timestamp::from_millis(i64::MAX), Uuid::max());
        let (before, id) = query.before.unwrap_or(last);
        let mut lent = self.lend("list deliveries").await?;
        let rows = sqlx::query(DELIVERIES)
            .bind(scope.is_system())
            .bind(owned(scope))
            .bind(query.subscription.0)
            .bind(Time(before))
            .bind(id)
            .bind(i64::from(query.limit))
            .fetch_all(lent.connection())
            .await;
        lent.read(rows.and_then(|rows| rows.iter().map(row::delivery).collect()))
    }

    async fn delete_deliveries(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut lent = self.lend("delete old deliveries").await?;
        let deleted = sqlx::query(DELETE_DELIVERIES)
            .bind(Time(before))
            .bind(i64::from(limit))
            .execute(lent.connection())
            .await;
        Ok(lent.wrote(deleted)?.rows_affected())
    }
}

fn notice(id: SubscriptionId) -> ChangeNotice {
    ChangeNotice::of(CacheKind::Subscription, id.0)
}

async fn write(
    connection: &mut PgConnection,
    wire: &Wire,
    scope: &AccessScope,
    change: &Change<SubscriptionRecord>,
    at: Timestamp,
) -> Result<Verdict, ApplyError> {
    let record = &change.record;
    let row = sqlx::query(LOAD).bind(record.id.0).fetch_optional(&mut *connection).await;
    let stored = row.and_then(|row| row.as_ref().map(row::stored).transpose());
    let stored = stored.map_err(|error| failed("read a subscription", error))?;
    let before = stored.as_ref().map(StoredSubscription::comparable);
    let verdict = settle(scope, before.as_ref(), change)?;
    if matches!(verdict, Verdict::Keep { .. }) {
        return Ok(verdict);
    }
    let new = StoredSubscription {
        record: record.clone(),
        health: stored.as_ref().map_or_else(Health::default, |stored| stored.health_under(record)),
        row_version: verdict.row_version(),
        created_at: stored.as_ref().map_or(at, |stored| stored.created_at),
        updated_at: at,
    };
    row::save(connection, &new).await.map_err(|error| explain(record, error))?;
    let told = wire.notify(connection, &[notice(record.id)]).await;
    told.map_err(|error| failed("tell others", error))?;
    Ok(verdict)
}
