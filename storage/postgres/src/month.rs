//! [`AsyncMonthStore`] on Postgres: partitions by month (F43).
//!
//! A partition is named after its table and its month, as `audit_log_2026_01`; what has none lies in
//! the table's `…_rest`.

use chatflow::Timestamp;
use chatflow_storage::{AsyncMonthStore, MonthlyTable, StoreError};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::column::{Time, small_number};
use crate::fault::failed;
use crate::pool::PostgresStore;

/// How many months have room beside the present one once a store is open.
const AHEAD: u32 = 2;

/// One at a time, and not for long: both wait for whoever uses the table, and others wait for them.
const WRITE: &str = "
BEGIN; SET LOCAL lock_timeout = '5s'; SELECT pg_advisory_xact_lock(x'464C4F57'::integer, 3)";

/// Months from that of $3 on, $4 of them after it, that have no partition in the tables $1, whose
/// times are the columns $2.
const MISSING: &str = "
SELECT t.name, t.key, t.name || to_char(m.month, '_YYYY_MM') AS partition,
  to_char(m.month, 'YYYY-MM-DD') AS begins,
  to_char(m.month + interval '1 month', 'YYYY-MM-DD') AS ends
FROM unnest($1, $2) AS t (name, key)
CROSS JOIN generate_series(date_trunc('month', $3 AT TIME ZONE 'UTC'),
  date_trunc('month', $3 AT TIME ZONE 'UTC') + $4 * interval '1 month',
  interval '1 month') AS m (month)
WHERE to_regclass(format('%I.%I', current_schema(),
  t.name || to_char(m.month, '_YYYY_MM'))) IS NULL";

/// The present in milliseconds, if this role may make partitions: a standby and a role that does not own the tables make
/// none, and need none to read.
const MAY_MAKE: &str = "
SELECT floor(extract(epoch FROM now()) * 1000)::bigint AS at FROM pg_class AS c
WHERE c.oid = to_regclass(format('%I.%I', current_schema(), 'audit_log'))
  AND pg_has_role(c.relowner, 'USAGE') AND NOT pg_is_in_recovery()
  AND NOT current_setting('transaction_read_only')::boolean";

const OLD: &str = "
SELECT c.relname::text AS partition FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass(format('%I.%I', current_schema(), $1))
  AND c.relname ~ ('^' || $1 || '_[0-9]{4}_[0-9]{2}$')
  AND right(c.relname, 7) < to_char($2 AT TIME ZONE 'UTC', 'YYYY_MM')
ORDER BY 1";

impl AsyncMonthStore for PostgresStore {
    async fn prepare_months(&self, at: Timestamp, ahead: u32) -> Result<u64, StoreError> {
        let mut lent = self.lend("make partitions").await?;
        lent.begin(WRITE).await?;
        match make(lent.connection(), at, ahead).await {
            Ok(made) => {
                lent.commit().await?;
                Ok(made)
            }
            Err(error) => {
                lent.roll_back().await;
                Err(failed("make partitions", error))
            }
        }
    }

    async fn forget_months(
        &self,
        table: MonthlyTable,
        before: Timestamp,
    ) -> Result<(), StoreError> {
        let mut lent = self.lend("forget months").await?;
        lent.begin(WRITE).await?;
        match forget(lent.connection(), table, before).await {
            Ok(()) => lent.commit().await,
            Err(error) => {
                lent.roll_back().await;
                Err(failed("forget months", error))
            }
        }
    }
}

/// The table and the column of its times.
const fn names(table: MonthlyTable) -> (&'static str, &'static str) {
    match table {
        MonthlyTable::AuditLog => ("audit_log", "at"),
        MonthlyTable::TraceAccesses => ("trace_access_audit", "accessed_at"),
        MonthlyTable::Deliveries => ("webhook_deliveries", "created_at"),
    }
}

/// Makes room for the present month and the next ones where there is none and this role may. It is for
/// later: what has no room lies in the rest, so whoever opens a store does not wait for it and does not
/// fail with it.
pub(crate) async fn keep_up(connection: &mut PgConnection) -> sqlx::Result<()> {
    let Some(row) = sqlx::raw_sql(MAY_MAKE).fetch_optional(&mut *connection).await? else {
        return Ok(());
    };
    let at = Timestamp::from_millis(row.try_get("at")?);
    if missing(connection, at, AHEAD).await?.is_empty() {
        return Ok(());
    }
    sqlx::raw_sql(WRITE).execute(&mut *connection).await?;
    let made = make(connection, at, AHEAD).await;
    let end = if made.is_ok() { "COMMIT" } else { "ROLLBACK" };
    sqlx::raw_sql(end).execute(connection).await.map(drop)
}

async fn missing(
    connection: &mut PgConnection,
    at: Timestamp,
    ahead: u32,
) -> sqlx::Result<Vec<PgRow>> {
    let (tables, keys): (Vec<_>, Vec<_>) = MonthlyTable::ALL.into_iter().map(names).unzip();
    sqlx::query(MISSING)
        .bind(tables)
        .bind(keys)
        .bind(Time(at))
        .bind(small_number(ahead))
        .fetch_all(connection)
        .await
}

async fn make(connection: &mut PgConnection, at: Timestamp, ahead: u32) -> sqlx::Result<u64> {
    let rows = missing(connection, at, ahead).await?;
    for row in &rows {
        sqlx::raw_sql(AssertSqlSafe(partition(row)?)).execute(&mut *connection).await?;
    }
    Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
}

/// The statements that make a partition, with the rows of its month that lie in the rest. Writers wait
/// before they have chosen a place: one that had chosen the rest would be refused there. All names are
/// ours.
fn partition(row: &PgRow) -> sqlx::Result<String> {
    let [table, key, partition, begins, ends] =
        ["name", "key", "partition", "begins", "ends"].map(|column| row.try_get::<&str, _>(column));
    let (table, key, partition, begins, ends) = (table?, key?, partition?, begins?, ends?);
    Ok(format!(
        "CREATE TABLE {partition} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
         LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE;
         LOCK TABLE {table}_rest IN ACCESS EXCLUSIVE MODE;
         WITH moved AS (
           DELETE FROM {table}_rest
           WHERE {key} >= '{begins} 00:00+00' AND {key} < '{ends} 00:00+00' RETURNING *
         ) INSERT INTO {partition} TABLE moved;
         ALTER TABLE {table} ATTACH PARTITION {partition}
           FOR VALUES FROM ('{begins} 00:00+00') TO ('{ends} 00:00+00')"
    ))
}

async fn forget(
    connection: &mut PgConnection,
    table: MonthlyTable,
    before: Timestamp,
) -> sqlx::Result<()> {
    let (table, key) = names(table);
    let old = sqlx::query(OLD).bind(table).bind(Time(before)).fetch_all(&mut *connection).await?;
    for row in &old {
        let partition: &str = row.try_get("partition")?;
        let drop = AssertSqlSafe(format!("DROP TABLE {partition}"));
        sqlx::raw_sql(drop).execute(&mut *connection).await?;
    }
    let rest = format!("DELETE FROM {table}_rest WHERE {key} < date_trunc('month', $1, 'UTC')");
    sqlx::query(AssertSqlSafe(rest)).bind(Time(before)).execute(connection).await.map(drop)
}
