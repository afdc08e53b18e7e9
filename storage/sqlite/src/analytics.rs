//! [`AnalyticsStore`] on SQLite.

mod facts;
mod live;
mod outcome;
mod rollup;

use chatflow::{FlowId, TenantId};
use chatflow_storage::{
    AccessScope, AnalyticsStore, FactQuery, FlowDay, FlowDayQuery, LiveFlow, LiveQuery,
    OpenSessions, OutcomeCount, OutcomeQuery, Reach, Rollup, RollupQuery, RollupRow, RowAccess,
    SessionFacts, StoreError, UserId,
};
use rusqlite::{Connection, Row};

use crate::column::{list, maybe_uuid, uuid, visibility};
use crate::fault::Doing;
use crate::pool::SqliteStore;

const ACCESS: &str = "
SELECT id, visibility, school_id, created_by, is_active AND is_published AS is_live
FROM flow_definitions WHERE id IN (SELECT value FROM json_each(?1))";

impl AnalyticsStore for SqliteStore {
    fn session_facts(
        &self,
        scope: &AccessScope,
        query: &FactQuery,
    ) -> Result<Vec<SessionFacts>, StoreError> {
        self.read_together("read facts of sessions", |connection| {
            let reach = reach(connection, scope, &[query.flow], query.school)?;
            if reach.is_empty() { Ok(Vec::new()) } else { facts::page(connection, &reach, query) }
        })
    }

    fn flow_days(&self, query: &FlowDayQuery) -> Result<Vec<FlowDay>, StoreError> {
        self.read_together("read days of flows", |connection| rollup::days(connection, query))
    }

    fn save_rollup(&self, rollup: &Rollup) -> Result<(), StoreError> {
        self.write("keep the numbers of a day", |transaction| {
            rollup::save(transaction, rollup).doing("keep the numbers of a day", transaction)
        })
    }

    fn rollups(
        &self,
        scope: &AccessScope,
        query: &RollupQuery,
    ) -> Result<Vec<RollupRow>, StoreError> {
        self.read_together("read the numbers of days", |connection| {
            let reach = reach(connection, scope, &query.flows, query.school)?;
            let reach = reach.going_on_at(query.after.as_ref().map(|after| after.flow));
            if reach.is_empty() { Ok(Vec::new()) } else { rollup::page(connection, &reach, query) }
        })
    }

    fn live_flows(
        &self,
        scope: &AccessScope,
        query: &LiveQuery,
    ) -> Result<Vec<LiveFlow>, StoreError> {
        self.read_together("read what goes on", |connection| {
            let reach = reach(connection, scope, &query.flows, query.school)?;
            if reach.is_empty() { Ok(Vec::new()) } else { live::flows(connection, &reach, query) }
        })
    }

    fn outcomes(
        &self,
        scope: &AccessScope,
        query: &OutcomeQuery,
    ) -> Result<Vec<OutcomeCount>, StoreError> {
        self.read_together("count how sessions came out", |connection| {
            let reach = reach(connection, scope, &query.flows, query.school)?;
            if reach.is_empty() {
                Ok(Vec::new())
            } else {
                outcome::counts(connection, &reach, query)
            }
        })
    }

    fn open_sessions(
        &self,
        scope: &AccessScope,
        flows: &[FlowId],
        school: Option<TenantId>,
    ) -> Result<Vec<OpenSessions>, StoreError> {
        self.read_together("count open sessions", |connection| {
            let reach = reach(connection, scope, flows, school)?;
            if reach.is_empty() { Ok(Vec::new()) } else { outcome::open(connection, &reach) }
        })
    }
}

/// Which sessions of these flows the scope is told of.
fn reach(
    connection: &Connection,
    scope: &AccessScope,
    flows: &[FlowId],
    school: Option<TenantId>,
) -> rusqlite::Result<Reach> {
    if scope.is_system() {
        return Ok(Reach::of(scope, flows, &[], school));
    }
    let access = |row: &Row<'_>| {
        let access = RowAccess {
            visibility: visibility(row)?,
            school_id: maybe_uuid(row, "school_id")?.map(TenantId),
            created_by: maybe_uuid(row, "created_by")?.map(UserId),
            is_live: row.get("is_live")?,
        };
        Ok((FlowId(uuid(row, "id")?), access))
    };
    let mut statement = connection.prepare_cached(ACCESS)?;
    let rows = statement.query_map([list(flows)], access)?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(Reach::of(scope, flows, &rows, school))
}
