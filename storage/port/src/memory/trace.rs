//! [`TraceStore`] in memory.

use std::cmp::Reverse;

use chatflow::{FlowId, Timestamp};

use super::evidence::page;
use super::{Conversation, Library, MemoryStore};
use crate::error::StoreError;
use crate::scope::AccessScope;
use crate::session::SessionStatus;
use crate::trace::{
    AccessPage, AccessQuery, FlowSession, FlowSessionPage, FlowSessionQuery, TraceAccess,
    TracePage, TraceQuery, TraceRow, TraceStats, TraceStore, TraceTotals, TraceUsage,
};

/// How long traces of a flow that is gone are kept.
const KEPT_DAYS: u32 = 30;
const DAY: i64 = 86_400_000;

impl TraceStore for MemoryStore {
    fn session_trace(
        &self,
        scope: &AccessScope,
        query: TraceQuery,
    ) -> Result<TracePage, StoreError> {
        let tables = self.tables();
        let stored = tables.sessions.get(&query.session);
        let Some(stored) = stored.filter(|stored| sees(scope, &tables.library, stored)) else {
            return Ok(TracePage::default());
        };
        let asked = stored.traces.iter().filter(|row| row.revision >= query.from);
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        Ok(TracePage { rows: asked.take(limit).cloned().collect(), totals: totals(&stored.traces) })
    }

    fn flow_sessions(
        &self,
        scope: &AccessScope,
        query: &FlowSessionQuery,
    ) -> Result<FlowSessionPage, StoreError> {
        let tables = self.tables();
        let seen = tables.sessions.values().filter(|stored| sees(scope, &tables.library, stored));
        let mut rows: Vec<_> = seen.filter(|stored| asks_for(query, stored)).map(shown).collect();
        rows.sort_by_key(|row| Reverse((row.started_at, row.id)));
        let (rows, total) = page(rows, query.skip, query.limit);
        Ok(FlowSessionPage { rows, total })
    }

    fn trace_stats(&self, scope: &AccessScope, flow: FlowId) -> Result<TraceStats, StoreError> {
        let tables = self.tables();
        let of_flow = |stored: &&Conversation| {
            stored.session.head.flow.id == flow
                && !stored.traces.is_empty()
                && sees(scope, &tables.library, stored)
        };
        let mut stats = TraceStats::default();
        let mut rows = Vec::new();
        for stored in tables.sessions.values().filter(of_flow) {
            stats.sessions = stats.sessions.saturating_add(1);
            rows.extend(stored.traces.iter().cloned());
        }
        stats.totals = totals(&rows);
        (stats.oldest, stats.newest) = ends(&rows);
        Ok(stats)
    }

    fn trace_usage(&self, scope: &AccessScope) -> Result<TraceUsage, StoreError> {
        if !scope.is_system() {
            return Ok(TraceUsage::default());
        }
        let tables = self.tables();
        let rows: Vec<_> =
            tables.sessions.values().flat_map(|stored| stored.traces.iter().cloned()).collect();
        let bytes = |row: &TraceRow| {
            row.turn.steps.len().saturating_add(row.turn.state.as_ref().map_or(0, String::len))
        };
        let bytes = rows.iter().map(bytes).fold(0, usize::saturating_add);
        let (oldest, newest) = ends(&rows);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        Ok(TraceUsage { turns: totals(&rows).turns, bytes, oldest, newest })
    }

    fn delete_old_traces(&self, at: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let super::Tables { sessions, library, .. } = &mut *tables;
        let mut left = limit;
        for stored in sessions.values_mut() {
            if stored.session.snapshot.status == SessionStatus::Active {
                continue;
            }
            stored.traces.retain(|row| {
                let flow = library.flows.get(&row.turn.flow_id);
                let days = flow.map_or(KEPT_DAYS, |flow| flow.record.retention_days);
                let until = at.as_millis().saturating_sub(i64::from(days).saturating_mul(DAY));
                let stays = left == 0 || row.at.as_millis() >= until;
                left = if stays { left } else { left.saturating_sub(1) };
                stays
            });
        }
        Ok(limit.saturating_sub(left))
    }

    fn record_access(&self, access: &TraceAccess) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let is_unknown = access.session_id.is_some_and(|id| !tables.sessions.contains_key(&id));
        if is_unknown || tables.accesses.iter().any(|known| known.id == access.id) {
            return Err(StoreError::Store("no such session, or the id is taken".into()));
        }
        if let Some(data) = &access.data_accessed {
            serde_json::from_str::<serde::de::IgnoredAny>(data)
                .map_err(|error| StoreError::Store(error.into()))?;
        }
        tables.accesses.push(access.clone());
        Ok(())
    }

    fn accesses(&self, scope: &AccessScope, query: AccessQuery) -> Result<AccessPage, StoreError> {
        let tables = self.tables();
        let is_asked_for = |access: &&TraceAccess| {
            scope.is_system() && query.session.is_none_or(|id| access.session_id == Some(id))
        };
        let mut rows: Vec<_> = tables.accesses.iter().filter(is_asked_for).cloned().collect();
        rows.sort_by_key(|access| Reverse((access.accessed_at, access.id)));
        let (rows, total) = page(rows, query.skip, query.limit);
        Ok(AccessPage { rows, total })
    }

    fn delete_old_accesses(&self, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let mut left = limit;
        self.tables().accesses.retain(|access| {
            let stays = left == 0 || access.accessed_at >= before;
            left = if stays { left } else { left.saturating_sub(1) };
            stays
        });
        Ok(limit.saturating_sub(left))
    }
}

/// The platform sees all; who runs a school its sessions on its flows (S2.30).
fn sees(scope: &AccessScope, library: &Library, stored: &Conversation) -> bool {
    let head = &stored.session.head;
    let owner = library.flows.get(&head.flow.id).and_then(|flow| flow.record.school_id);
    let is_own = |school| scope.traced().contains(&school) && owner == Some(school);
    scope.is_system() || head.school_id.is_some_and(is_own)
}

fn asks_for(query: &FlowSessionQuery, stored: &Conversation) -> bool {
    let (head, snapshot) = (&stored.session.head, &stored.session.snapshot);
    head.flow.id == query.flow
        && query.status.is_none_or(|status| snapshot.status == status)
        && query.user_id.is_none_or(|user| head.user_id == Some(user))
        && query.from.is_none_or(|from| head.started_at >= from)
        && query.to.is_none_or(|to| head.started_at <= to)
        && query.has_errors.is_none_or(|has| (totals(&stored.traces).errors > 0) == has)
        && query.version.as_ref().is_none_or(|label| head.flow_version.as_ref() == Some(label))
        && query.traced.is_none_or(|traced| head.trace_enabled == traced)
}

fn shown(stored: &Conversation) -> FlowSession {
    let (head, snapshot) = (&stored.session.head, &stored.session.snapshot);
    let paths = stored.history.iter().filter_map(|row| row.row.path.clone());
    FlowSession {
        id: head.id,
        token_hint: head.token_hint.clone(),
        user_id: head.user_id,
        flow: head.flow,
        flow_version: head.flow_version.clone(),
        status: snapshot.status,
        started_at: head.started_at,
        ended_at: snapshot.ended_at,
        trace_enabled: head.trace_enabled,
        totals: totals(&stored.traces),
        paths: paths.take(10).collect(),
    }
}

fn totals(rows: &[TraceRow]) -> TraceTotals {
    rows.iter().fold(TraceTotals::default(), |sum, row| TraceTotals {
        turns: sum.turns.saturating_add(1),
        steps: sum.steps.saturating_add(row.turn.steps_taken.into()),
        errors: sum.errors.saturating_add(row.turn.errors.into()),
        duration_ms: sum.duration_ms.saturating_add(row.turn.duration_ms),
    })
}

fn ends(rows: &[TraceRow]) -> (Option<Timestamp>, Option<Timestamp>) {
    let times = || rows.iter().map(|row| row.at);
    (times().min(), times().max())
}
