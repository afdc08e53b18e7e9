//! All flows together (S5.36, S5.38).

use std::collections::{BTreeMap, BTreeSet};

use chatflow::{FlowId, TenantId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, ContentPageQuery, Day, FlowQuery, Record as _, StoreError,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::performance::monday;
use super::rate::rate;
use super::reporter::ScopeEcho;
use super::source::{Outcomes, Source};
use super::window::{TimePeriod, Window};

/// How many rows of a list are read at a time.
const PAGE: u32 = 500;

/// The window of the rates, in milliseconds: 30 times 24 hours (S5.36).
const MONTH: i64 = 30 * 24 * 3_600_000;

/// How many flows are told of as the best.
const BEST: usize = 5;

/// A flow that the caller views.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: FlowId,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) is_active: bool,
    /// Whether all its sessions are told of.
    pub(crate) is_own: bool,
    school: Option<TenantId>,
    updated_at: Timestamp,
}

/// All flows that a scope views.
pub(crate) async fn listed(
    store: &AnyStore,
    scope: &AccessScope,
) -> Result<Vec<Listed>, StoreError> {
    let mut query = FlowQuery { limit: PAGE, ..FlowQuery::default() };
    let mut all: Vec<Listed> = Vec::new();
    loop {
        let page = store.list_flows(scope, &query).await?;
        let count = u32::try_from(page.flows.len()).unwrap_or(u32::MAX);
        all.extend(page.flows.into_iter().map(|draft| {
            let record = &draft.stored.record;
            let is_own = record.access().is_some_and(|access| scope.edits(&access));
            Listed {
                id: record.id,
                name: record.name.clone(),
                version: record.version.clone(),
                is_active: record.is_active,
                is_own,
                school: record.school_id,
                updated_at: draft.stored.updated_at,
            }
        }));
        query.skip = query.skip.saturating_add(count);
        if count < PAGE {
            break;
        }
    }
    // A flow that is made in the meantime moves the others on, to the next page.
    let mut known = BTreeSet::new();
    all.retain(|flow| known.insert(flow.id));
    Ok(all)
}

/// What there is and what goes on.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Dashboard {
    overview: Overview,
    /// The flows in use with the best completion rates of the last 30 days.
    top_performing: Vec<TopPerforming>,
    recent_activity: RecentActivity,
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Overview {
    /// Flows that are active.
    total_flows: u64,
    /// Content that is active; exact up to 10,000.
    total_content: u64,
    active_sessions: u64,
    /// The part of the sessions of the last 30 times 24 hours that reached the end of their flow.
    engagement_rate: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct TopPerforming {
    flow_id: Uuid,
    name: String,
    completion_rate: f64,
    sessions: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct RecentActivity {
    /// Since midnight in UTC.
    new_sessions_today: u64,
    /// Since Monday.
    content_created_this_week: u64,
    /// Versions of flows that were published since Monday.
    flows_published_this_week: u64,
}

impl Dashboard {
    /// Looks at everything that a scope is told of, at this moment.
    pub(crate) async fn look(
        (store, scope): (&AnyStore, &AccessScope),
        school: Option<TenantId>,
        source: &Source,
        echo: Option<ScopeEcho>,
    ) -> Result<Self, StoreError> {
        let now = source.now();
        let all = listed(store, scope).await?;
        let ids: Vec<FlowId> = all.iter().map(|flow| flow.id).collect();
        let since = Timestamp::from_millis(now.as_millis().saturating_sub(MONTH));
        let behind = Day::of(now).next().begins();
        let outcomes = source.between(&ids, since, behind).await?;
        let today = source.between(&ids, Day::of(now).begins(), behind).await?;
        let sum = |map: &BTreeMap<FlowId, Outcomes>| {
            let mut sum = Outcomes::default();
            for outcomes in map.values() {
                sum.add(*outcomes);
            }
            sum
        };
        let open = store.open_sessions(scope, &ids, school).await?;
        let week = monday(Day::of(now)).begins();
        let is_asked = |flow: &&Listed| school.is_none() || flow.school == school;
        let flows = all.iter().filter(is_asked);
        let content = ContentPageQuery { school, ..ContentPageQuery::all(0) };
        let active = ContentPageQuery { is_active: Some(true), ..content.clone() };
        let month = sum(&outcomes);
        let top_performing = ranked(&all, &outcomes, Metric::CompletionRate, 1)
            .into_iter()
            .take(BEST)
            .map(|(flow, outcomes)| TopPerforming {
                flow_id: flow.id.0,
                name: flow.name.clone(),
                completion_rate: rate(outcomes.completed, outcomes.sessions),
                sessions: outcomes.sessions,
            })
            .collect();
        Ok(Self {
            overview: Overview {
                total_flows: count(flows.clone().filter(|flow| flow.is_active).count()),
                total_content: store.content_page(scope, &active).await?.total.count,
                active_sessions: open.iter().fold(0, |sum, open| sum.saturating_add(open.count)),
                engagement_rate: rate(month.completed, month.sessions),
            },
            top_performing,
            recent_activity: RecentActivity {
                new_sessions_today: sum(&today).sessions,
                content_created_this_week: content_since((store, scope), content, week).await?,
                flows_published_this_week: published_since((store, scope), flows, week).await?,
            },
            scope: echo,
        })
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// How many items were created then or later.
async fn content_since(
    (store, scope): (&AnyStore, &AccessScope),
    query: ContentPageQuery,
    since: Timestamp,
) -> Result<u64, StoreError> {
    // The newest come first.
    let mut query = ContentPageQuery { limit: PAGE, ..query };
    let mut found = 0_u64;
    loop {
        let page = store.content_page(scope, &query).await?.contents;
        let is_new = |at: Timestamp| at >= since;
        let new = page.iter().filter(|item| is_new(item.stored.created_at)).count();
        found = found.saturating_add(count(new));
        if new < page.len() || page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
            return Ok(found);
        }
        query.skip = query.skip.saturating_add(PAGE);
    }
}

/// How many versions of these flows were published then or later.
async fn published_since(
    (store, scope): (&AnyStore, &AccessScope),
    flows: impl Iterator<Item = &Listed>,
    since: Timestamp,
) -> Result<u64, StoreError> {
    let mut found = 0_u64;
    // Publishing changes the flow's own row.
    for flow in flows.filter(|flow| flow.updated_at >= since) {
        let mut skip = 0;
        loop {
            let page = store.list_versions(scope, flow.id, skip, PAGE).await?.unwrap_or_default();
            let new = page.versions.iter().filter(|version| version.published_at >= since).count();
            found = found.saturating_add(count(new));
            if new < page.versions.len() || new == 0 {
                break;
            }
            skip = skip.saturating_add(PAGE);
        }
    }
    Ok(found)
}

/// What flows are ranked by.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Metric {
    #[default]
    CompletionRate,
    Sessions,
}

/// Flows in use with so many sessions, the best first; ties by sessions, then by name.
fn ranked<'a>(
    flows: &'a [Listed],
    outcomes: &BTreeMap<FlowId, Outcomes>,
    metric: Metric,
    min_sessions: u64,
) -> Vec<(&'a Listed, Outcomes)> {
    let mut ranked: Vec<_> = flows
        .iter()
        .filter(|flow| flow.is_active)
        .filter_map(|flow| Some((flow, *outcomes.get(&flow.id)?)))
        .filter(|(_, outcomes)| outcomes.sessions >= min_sessions.max(1))
        .collect();
    // Rates beside each other, by whole numbers.
    let wide = |a: u64, b: u64| u128::from(a).saturating_mul(b.into());
    ranked.sort_by(|(a, x), (b, y)| {
        let by_rate = wide(y.completed, x.sessions).cmp(&wide(x.completed, y.sessions));
        let by_metric = match metric {
            Metric::CompletionRate => by_rate,
            Metric::Sessions => std::cmp::Ordering::Equal,
        };
        let by_sessions = y.sessions.cmp(&x.sessions);
        let by_name = a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id));
        by_metric.then(by_sessions).then(by_name)
    });
    ranked
}

/// The best flows of some days.
#[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct TopFlows {
    top_flows: Vec<TopFlow>,
    metric: Metric,
    time_period: TimePeriod,
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct TopFlow {
    flow_id: Uuid,
    name: String,
    version: String,
    completion_rate: f64,
    total_sessions: u64,
    completed_sessions: u64,
}

impl TopFlows {
    /// Ranks the flows that are listed.
    pub(crate) async fn look(
        (source, flows): (&Source, &[Listed]),
        (metric, min_sessions, limit): (Metric, u64, usize),
        window: Window,
        scope: Option<ScopeEcho>,
    ) -> Result<Self, StoreError> {
        let ids: Vec<FlowId> = flows.iter().map(|flow| flow.id).collect();
        let outcomes = source.between(&ids, window.begins(), window.ends()).await?;
        let ranked = ranked(flows, &outcomes, metric, min_sessions);
        let top = |(flow, outcomes): (&Listed, Outcomes)| TopFlow {
            flow_id: flow.id.0,
            name: flow.name.clone(),
            version: flow.version.clone(),
            completion_rate: rate(outcomes.completed, outcomes.sessions),
            total_sessions: outcomes.sessions,
            completed_sessions: outcomes.completed,
        };
        let top_flows = ranked.into_iter().take(limit).map(top).collect();
        Ok(Self { top_flows, metric, time_period: window.echo(), scope })
    }
}
