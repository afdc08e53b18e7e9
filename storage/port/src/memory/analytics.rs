//! [`AnalyticsStore`] in memory.

use std::collections::BTreeMap;

use chatflow::{FlowId, TenantId, Timestamp};

use super::admin::{is_preview, place};
use super::{Conversation, MemoryStore, Tables};
use crate::analytics::{
    AnalyticsStore, Audience, FactQuery, FlowDay, FlowDayQuery, LiveFlow, LiveQuery, Measure,
    Measured, OpenSessions, OutcomeCount, OutcomeQuery, Reach, Rollup, RollupKey, RollupQuery,
    RollupRow, RowFacts, SessionFacts, millis,
};
use crate::day::Day;
use crate::error::StoreError;
use crate::library::Record;
use crate::scope::AccessScope;
use crate::session::{HistoryRow, InteractionType, SessionStatus, StoredSession};

impl AnalyticsStore for MemoryStore {
    fn session_facts(
        &self,
        scope: &AccessScope,
        query: &FactQuery,
    ) -> Result<Vec<SessionFacts>, StoreError> {
        let tables = self.tables();
        let reach = tables.reach(scope, &[query.flow], query.school);
        let mut asked: Vec<_> = tables
            .told(&reach)
            .filter(|told| (query.from..query.to).contains(&told.session.head.started_at))
            .filter(|told| query.after.is_none_or(|after| place(&told.session) > after))
            .collect();
        asked.sort_unstable_by_key(|told| place(&told.session));
        let mut rows = 0;
        let page = asked.into_iter().take(usize::try_from(query.limit).unwrap_or(usize::MAX));
        let page = page.take_while(|told| {
            let is_full = rows >= query.max_rows;
            rows = rows.saturating_add(told.history.last().map_or(0, |row| row.seq));
            !is_full
        });
        Ok(page.map(|told| tables.facts(told, query)).collect())
    }

    fn flow_days(&self, query: &FlowDayQuery) -> Result<Vec<FlowDay>, StoreError> {
        let tables = self.tables();
        let heads = tables.sessions.values().map(|told| &told.session.head);
        let mut days: Vec<_> = heads.map(|head| (head.flow.id, Day::of(head.started_at))).collect();
        days.retain(|day| {
            (query.from..=query.to).contains(&day.1) && query.after.is_none_or(|after| *day > after)
        });
        days.sort_unstable();
        days.dedup();
        days.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
        let rolled = |flow, day| {
            let row = tables.rollups.get(&RollupKey { flow, node: None, day, school: None })?;
            let Measure::Flow(numbers) = row.part.measure else { return None };
            Some((row.at, numbers))
        };
        let day = |(flow, day)| FlowDay { flow, day, rolled: rolled(flow, day) };
        Ok(days.into_iter().map(day).collect())
    }

    fn save_rollup(&self, rollup: &Rollup) -> Result<(), StoreError> {
        let mut tables = self.tables();
        tables.rollups.retain(|key, _| key.flow != rollup.flow || key.day != rollup.day);
        tables.rollups.extend(rollup.rows().map(|row| (row.key(), row)));
        Ok(())
    }

    fn rollups(
        &self,
        scope: &AccessScope,
        query: &RollupQuery,
    ) -> Result<Vec<RollupRow>, StoreError> {
        let tables = self.tables();
        let reach = tables.reach(scope, &query.flows, query.school);
        let is_told = |key: &RollupKey| match key.school {
            None => reach.whole.contains(&key.flow),
            Some(_) => !reach.whole.contains(&key.flow) && reach.holds(key.flow, key.school),
        };
        let is_measured = |key: &RollupKey| match &query.measured {
            Measured::Flows => key.node.is_none(),
            Measured::Node(node) => key.node.as_ref() == Some(node),
            Measured::All => true,
        };
        let rows = tables.rollups.iter().filter(|(key, _)| {
            is_told(key)
                && is_measured(key)
                && (query.from..=query.to).contains(&key.day)
                && query.after.as_ref().is_none_or(|after| *key > after)
        });
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        Ok(rows.take(limit).map(|(_, row)| row.clone()).collect())
    }

    fn live_flows(
        &self,
        scope: &AccessScope,
        query: &LiveQuery,
    ) -> Result<Vec<LiveFlow>, StoreError> {
        let tables = self.tables();
        let reach = tables.reach(scope, &query.flows, query.school);
        let mut found = BTreeMap::new();
        for told in tables.told(&reach) {
            let StoredSession { head, snapshot, last_activity_at, .. } = &told.session;
            let is_active = snapshot.status == SessionStatus::Active;
            if head.started_at < query.from && !is_active {
                continue;
            }
            let flow = head.flow.id;
            let live =
                found.entry(flow).or_insert(LiveFlow { flow, active: 0, inputs: 0, started: 0 });
            let is_lately = *last_activity_at >= query.active_since;
            let inputs = told.history.iter().filter(|HistoryRow { row, .. }| {
                row.kind == InteractionType::Input && row.created_at >= query.inputs_since
            });
            live.active = live.active.saturating_add(u64::from(is_active && is_lately));
            live.inputs = inputs.fold(live.inputs, |sum, _| sum.saturating_add(1));
            let is_new = head.started_at >= query.started_since;
            live.started = live.started.saturating_add(u64::from(is_new));
        }
        Ok(found.into_values().collect())
    }

    fn outcomes(
        &self,
        scope: &AccessScope,
        query: &OutcomeQuery,
    ) -> Result<Vec<OutcomeCount>, StoreError> {
        let tables = self.tables();
        let reach = tables.reach(scope, &query.flows, query.school);
        let mut found = BTreeMap::new();
        for told in tables.told(&reach) {
            let StoredSession { head, snapshot, .. } = &told.session;
            if !(query.from..query.to).contains(&head.started_at) {
                continue;
            }
            let (flow, status) = (head.flow.id, snapshot.status);
            let hour = query.is_hourly.then(|| hour(head.started_at));
            let ended_reason = snapshot.ended_reason.clone();
            let key = (flow, hour, status.as_str(), ended_reason.clone());
            let none = OutcomeCount {
                flow,
                hour,
                status,
                ended_reason,
                sessions: 0,
                ended: 0,
                duration_ms: 0,
            };
            let count = found.entry(key).or_insert(none);
            let took = snapshot.ended_at.map(|ended_at| millis(head.started_at, ended_at));
            count.sessions = count.sessions.saturating_add(1);
            count.ended = count.ended.saturating_add(took.is_some().into());
            count.duration_ms = count.duration_ms.saturating_add(took.unwrap_or_default());
        }
        Ok(found.into_values().collect())
    }

    fn open_sessions(
        &self,
        scope: &AccessScope,
        flows: &[FlowId],
        school: Option<TenantId>,
    ) -> Result<Vec<OpenSessions>, StoreError> {
        let tables = self.tables();
        let reach = tables.reach(scope, flows, school);
        let mut found = BTreeMap::new();
        let is_open = |told: &&Conversation| told.session.snapshot.status == SessionStatus::Active;
        for told in tables.told(&reach).filter(is_open) {
            let count: &mut u64 = found.entry(told.session.head.flow.id).or_default();
            *count = count.saturating_add(1);
        }
        Ok(found.into_iter().map(|(flow, count)| OpenSessions { flow, count }).collect())
    }
}

/// The first moment of the hour of a moment.
fn hour(moment: Timestamp) -> Timestamp {
    const HOUR: i64 = 3_600_000;
    Timestamp::from_millis(moment.as_millis().div_euclid(HOUR).saturating_mul(HOUR))
}

impl Tables {
    fn reach(&self, scope: &AccessScope, flows: &[FlowId], school: Option<TenantId>) -> Reach {
        let access = |id: &FlowId| Some((*id, self.library.flows.get(id)?.record.access()?));
        let access: Vec<_> = flows.iter().filter_map(access).collect();
        Reach::of(scope, flows, &access, school)
    }

    /// The sessions that are told of.
    fn told<'a>(&'a self, reach: &'a Reach) -> impl Iterator<Item = &'a Conversation> {
        self.sessions.values().filter(|told| {
            let head = &told.session.head;
            reach.holds(head.flow.id, head.school_id) && !is_preview(&told.session)
        })
    }

    fn facts(&self, told: &Conversation, query: &FactQuery) -> SessionFacts {
        let StoredSession { head, snapshot, last_activity_at, .. } = &told.session;
        let history = told.history.iter().filter(|_| query.rows);
        let is_returning = || {
            self.sessions.values().map(|other| &other.session.head).any(|other| {
                head.user_id.is_some()
                    && other.user_id == head.user_id
                    && other.started_at < head.started_at
            })
        };
        let audience = || Audience { state: snapshot.state.clone(), is_returning: is_returning() };
        SessionFacts {
            id: head.id,
            flow: head.flow,
            flow_version: head.flow_version.clone(),
            school_id: head.school_id,
            user_id: head.user_id,
            status: snapshot.status,
            ended_reason: snapshot.ended_reason.clone(),
            started_at: head.started_at,
            ended_at: snapshot.ended_at,
            last_activity_at: *last_activity_at,
            rows: history.map(row_facts).collect(),
            audience: query.audience.then(audience),
        }
    }
}

fn row_facts(HistoryRow { row, .. }: &HistoryRow) -> RowFacts {
    let is_input = row.kind == InteractionType::Input;
    RowFacts {
        flow_id: row.flow_id,
        node_id: row.node_id.clone(),
        kind: row.kind,
        created_at: row.created_at,
        path: row.path.clone(),
        content: is_input.then(|| row.content.clone()),
    }
}
