//! [`AsyncTraceStore`] on Postgres.

mod access;
mod read;

use chatflow::{FlowId, Timestamp};
use chatflow_storage::{
    AccessPage, AccessQuery, AccessScope, AsyncTraceStore, FlowSessionPage, FlowSessionQuery,
    StoreError, TraceAccess, TracePage, TraceQuery, TraceStats, TraceUsage,
};

use crate::column::{Time, number};
use crate::pool::PostgresStore;

/// Goes through the traces, once a day.
const DELETE_OLD: &str = "
DELETE FROM flow_execution_turns AS d USING (
  SELECT t.session_id, t.revision
  FROM flow_execution_turns AS t
  JOIN conversation_sessions AS s ON s.id = t.session_id AND s.status <> 'active'
  LEFT JOIN flow_definitions AS f ON f.id = t.flow_id
  WHERE t.at < $1 - make_interval(days => coalesce(f.retention_days, 30))
  LIMIT $2
) AS old
WHERE d.session_id = old.session_id AND d.revision = old.revision";

const DELETE_OLD_ACCESSES: &str = "
DELETE FROM trace_access_audit WHERE id = ANY (ARRAY(
  SELECT a.id FROM trace_access_audit AS a WHERE a.accessed_at < $1
  ORDER BY a.accessed_at LIMIT $2))";

impl PostgresStore {
    /// Runs a deletion up to a time and of so many rows.
    async fn delete(
        &self,
        doing: &'static str,
        sql: &'static str,
        at: Timestamp,
        limit: u64,
    ) -> Result<u64, StoreError> {
        let mut lent = self.lend(doing).await?;
        let deleted =
            sqlx::query(sql).bind(Time(at)).bind(number(limit)).execute(lent.connection()).await;
        lent.wrote(deleted.map(|deleted| deleted.rows_affected()))
    }
}

impl AsyncTraceStore for PostgresStore {
    async fn session_trace(
        &self,
        scope: &AccessScope,
        query: TraceQuery,
    ) -> Result<TracePage, StoreError> {
        let mut lent = self.lend("read a trace").await?;
        let page = read::trace(lent.connection(), scope, query).await;
        lent.read(page)
    }

    async fn flow_sessions(
        &self,
        scope: &AccessScope,
        query: &FlowSessionQuery,
    ) -> Result<FlowSessionPage, StoreError> {
        let mut lent = self.lend("list the sessions of a flow").await?;
        let page = read::sessions(lent.connection(), scope, query).await;
        lent.read(page)
    }

    async fn trace_stats(
        &self,
        scope: &AccessScope,
        flow: FlowId,
    ) -> Result<TraceStats, StoreError> {
        let mut lent = self.lend("count traces").await?;
        let stats = read::stats(lent.connection(), scope, flow).await;
        lent.read(stats)
    }

    async fn trace_usage(&self, scope: &AccessScope) -> Result<TraceUsage, StoreError> {
        if !scope.is_system() {
            return Ok(TraceUsage::default());
        }
        let mut lent = self.lend("measure traces").await?;
        let usage = read::usage(lent.connection()).await;
        lent.read(usage)
    }

    async fn delete_old_traces(&self, at: Timestamp, limit: u64) -> Result<u64, StoreError> {
        self.delete("delete old traces", DELETE_OLD, at, limit).await
    }

    async fn record_access(&self, access: &TraceAccess) -> Result<(), StoreError> {
        let mut lent = self.lend("write down a look at traces").await?;
        let written = access::insert(lent.connection(), access).await;
        lent.wrote(written)
    }

    async fn accesses(
        &self,
        scope: &AccessScope,
        query: AccessQuery,
    ) -> Result<AccessPage, StoreError> {
        if !scope.is_system() {
            return Ok(AccessPage::default());
        }
        let mut lent = self.lend("read who looked at traces").await?;
        let page = access::page(lent.connection(), query).await;
        lent.read(page)
    }

    async fn delete_old_accesses(&self, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        self.delete("delete old looks at traces", DELETE_OLD_ACCESSES, before, limit).await
    }
}
