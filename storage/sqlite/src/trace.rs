//! [`TraceStore`] on SQLite.

mod access;
mod read;

use chatflow::{FlowId, Timestamp};
use chatflow_storage::{
    AccessPage, AccessQuery, AccessScope, FlowSessionPage, FlowSessionQuery, StoreError,
    TraceAccess, TracePage, TraceQuery, TraceStats, TraceStore, TraceUsage,
};
use rusqlite::params;

use crate::column::{Time, number};
use crate::fault::Doing;
use crate::pool::SqliteStore;

/// Goes through the traces, once a day.
const DELETE_OLD: &str = "
DELETE FROM flow_execution_turns WHERE rowid IN (
  SELECT t.rowid
  FROM flow_execution_turns AS t
  JOIN conversation_sessions AS s ON s.id = t.session_id AND s.status <> 'active'
  LEFT JOIN flow_definitions AS f ON f.id = t.flow_id
  WHERE t.at < strftime(
    '%Y-%m-%dT%H:%M:%f000Z', ?1, '-' || coalesce(f.retention_days, 30) || ' days')
  LIMIT ?2)";

const DELETE_OLD_ACCESSES: &str = "
DELETE FROM trace_access_audit WHERE rowid IN (
  SELECT a.rowid FROM trace_access_audit AS a WHERE a.accessed_at < ?1 LIMIT ?2)";

impl SqliteStore {
    /// Runs a deletion up to a time and of so many rows.
    fn delete(
        &self,
        doing: &'static str,
        sql: &str,
        at: Timestamp,
        limit: u64,
    ) -> Result<u64, StoreError> {
        self.write(doing, |transaction| {
            let deleted = transaction
                .prepare_cached(sql)
                .and_then(|mut statement| statement.execute(params![Time(at), number(limit)]))
                .doing(doing, transaction)?;
            Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
        })
    }
}

impl TraceStore for SqliteStore {
    fn session_trace(
        &self,
        scope: &AccessScope,
        query: TraceQuery,
    ) -> Result<TracePage, StoreError> {
        self.read_together("read a trace", |connection| read::trace(connection, scope, query))
    }

    fn flow_sessions(
        &self,
        scope: &AccessScope,
        query: &FlowSessionQuery,
    ) -> Result<FlowSessionPage, StoreError> {
        self.read_together("list the sessions of a flow", |connection| {
            read::sessions(connection, scope, query)
        })
    }

    fn trace_stats(&self, scope: &AccessScope, flow: FlowId) -> Result<TraceStats, StoreError> {
        self.read("count traces", |connection| read::stats(connection, scope, flow))
    }

    fn trace_usage(&self, scope: &AccessScope) -> Result<TraceUsage, StoreError> {
        if !scope.is_system() {
            return Ok(TraceUsage::default());
        }
        self.read("measure traces", read::usage)
    }

    fn delete_old_traces(&self, at: Timestamp, limit: u64) -> Result<u64, StoreError> {
        self.delete("delete old traces", DELETE_OLD, at, limit)
    }

    fn record_access(&self, access: &TraceAccess) -> Result<(), StoreError> {
        self.write("write down a look at traces", |transaction| {
            access::insert(transaction, access).doing("write down a look at traces", transaction)
        })
    }

    fn accesses(&self, scope: &AccessScope, query: AccessQuery) -> Result<AccessPage, StoreError> {
        if !scope.is_system() {
            return Ok(AccessPage::default());
        }
        self.read_together("read who looked at traces", |connection| {
            access::page(connection, query)
        })
    }

    fn delete_old_accesses(&self, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        self.delete("delete old looks at traces", DELETE_OLD_ACCESSES, before, limit)
    }
}
