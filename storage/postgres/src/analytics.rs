//! [`AsyncAnalyticsStore`] on Postgres; each read is one statement, behind one that says who may see the
//! flows unless all may.

mod facts;
mod live;
mod outcome;
mod rollup;

use chatflow::{FlowId, TenantId};
use chatflow_storage::{
    AccessScope, AsyncAnalyticsStore, FactQuery, FlowDay, FlowDayQuery, LiveFlow, LiveQuery,
    OpenSessions, OutcomeCount, OutcomeQuery, Reach, Rollup, RollupQuery, RollupRow, RowAccess,
    SessionFacts, StoreError, UserId,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::visibility;
use crate::pool::PostgresStore;

const ACCESS: &str = "
SELECT id, visibility::text AS visibility, school_id, created_by,
  is_active AND is_published AS is_live
FROM flow_definitions WHERE id = ANY ($1)";

/// Two jobs that keep the numbers of a day wait for each other: rows of one set are not mixed with
/// those of another. Nobody else waits.
const KEEP: &str = "BEGIN; SELECT pg_advisory_xact_lock(x'464C4F57'::integer, 2)";

impl AsyncAnalyticsStore for PostgresStore {
    async fn session_facts(
        &self,
        scope: &AccessScope,
        query: &FactQuery,
    ) -> Result<Vec<SessionFacts>, StoreError> {
        let mut lent = self.lend("read facts of sessions").await?;
        lent.begin_in_order().await?;
        let found = match reach(lent.connection(), scope, &[query.flow], query.school).await {
            Ok(reach) if reach.is_empty() => Ok(Vec::new()),
            Ok(reach) => facts::page(lent.connection(), &reach, query).await,
            Err(error) => Err(error),
        };
        lent.commit_read(found).await
    }

    async fn flow_days(&self, query: &FlowDayQuery) -> Result<Vec<FlowDay>, StoreError> {
        let mut lent = self.lend("read days of flows").await?;
        let days = rollup::days(lent.connection(), query).await;
        lent.read(days)
    }

    async fn save_rollup(&self, rollup: &Rollup) -> Result<(), StoreError> {
        let mut lent = self.lend("keep the numbers of a day").await?;
        lent.begin(KEEP).await?;
        match rollup::save(lent.connection(), rollup).await {
            Ok(()) => lent.commit().await,
            Err(error) => {
                lent.roll_back().await;
                Err(crate::fault::failed("keep the numbers of a day", error))
            }
        }
    }

    async fn rollups(
        &self,
        scope: &AccessScope,
        query: &RollupQuery,
    ) -> Result<Vec<RollupRow>, StoreError> {
        let mut lent = self.lend("read the numbers of days").await?;
        let reach = reach(lent.connection(), scope, &query.flows, query.school).await;
        let begin = query.after.as_ref().map(|after| after.flow);
        let found = match reach.map(|reach| reach.going_on_at(begin)) {
            Ok(reach) if reach.is_empty() => Ok(Vec::new()),
            Ok(reach) => rollup::page(lent.connection(), &reach, query).await,
            Err(error) => Err(error),
        };
        lent.read(found)
    }

    async fn live_flows(
        &self,
        scope: &AccessScope,
        query: &LiveQuery,
    ) -> Result<Vec<LiveFlow>, StoreError> {
        let mut lent = self.lend("read what goes on").await?;
        let found = match reach(lent.connection(), scope, &query.flows, query.school).await {
            Ok(reach) if reach.is_empty() => Ok(Vec::new()),
            Ok(reach) => live::flows(lent.connection(), &reach, query).await,
            Err(error) => Err(error),
        };
        lent.read(found)
    }

    async fn outcomes(
        &self,
        scope: &AccessScope,
        query: &OutcomeQuery,
    ) -> Result<Vec<OutcomeCount>, StoreError> {
        let mut lent = self.lend("count how sessions came out").await?;
        let found = match reach(lent.connection(), scope, &query.flows, query.school).await {
            Ok(reach) if reach.is_empty() => Ok(Vec::new()),
            Ok(reach) => outcome::counts(lent.connection(), &reach, query).await,
            Err(error) => Err(error),
        };
        lent.read(found)
    }

    async fn open_sessions(
        &self,
        scope: &AccessScope,
        flows: &[FlowId],
        school: Option<TenantId>,
    ) -> Result<Vec<OpenSessions>, StoreError> {
        let mut lent = self.lend("count open sessions").await?;
        let found = match reach(lent.connection(), scope, flows, school).await {
            Ok(reach) if reach.is_empty() => Ok(Vec::new()),
            Ok(reach) => outcome::open(lent.connection(), &reach).await,
            Err(error) => Err(error),
        };
        lent.read(found)
    }
}

/// Which sessions of these flows the scope is told of.
async fn reach(
    connection: &mut PgConnection,
    scope: &AccessScope,
    flows: &[FlowId],
    school: Option<TenantId>,
) -> sqlx::Result<Reach> {
    if scope.is_system() {
        return Ok(Reach::of(scope, flows, &[], school));
    }
    let access = |row: &PgRow| {
        let access = RowAccess {
            visibility: visibility(row)?,
            school_id: row.try_get::<Option<Uuid>, _>("school_id")?.map(TenantId),
            created_by: row.try_get::<Option<Uuid>, _>("created_by")?.map(UserId),
            is_live: row.try_get("is_live")?,
        };
        Ok((FlowId(row.try_get("id")?), access))
    };
    let rows = sqlx::query(ACCESS).bind(ids(flows)).fetch_all(connection).await?;
    let rows = rows.iter().map(access).collect::<sqlx::Result<Vec<_>>>()?;
    Ok(Reach::of(scope, flows, &rows, school))
}

/// Flows as one parameter.
fn ids(flows: &[FlowId]) -> Vec<Uuid> {
    flows.iter().map(|flow| flow.0).collect()
}
