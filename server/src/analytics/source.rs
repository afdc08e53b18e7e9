//! Where numbers come from: what is kept of closed days, and sessions for the days since (S5.8, F43).

use std::collections::{BTreeMap, BTreeSet};

use chatflow::{FlowId, TenantId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, Day, FactQuery, FlowMetrics, Measure, Measured, OutcomeCount,
    OutcomeQuery, RollupQuery, RollupRow, SessionFacts, SessionOutcome, StoreError, Tally, UserId,
};

use super::node::Place;
use super::segment::Segment;
use super::window::Window;
use crate::jobs::ROLLUP;

/// How many kept rows are read at a time.
const PAGE: u32 = 2000;

/// What one who asks is told of, at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    store: AnyStore,
    scope: AccessScope,
    school: Option<TenantId>,
    now: Timestamp,
    /// The numbers of this day and later ones come from sessions.
    open: Day,
}

/// Numbers of a flow and its nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) tally: Tally,
    /// Users of closed days are counted once for each day.
    pub(crate) is_bound: bool,
}

/// How sessions came out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Outcomes {
    pub(crate) sessions: u64,
    /// Those that reached the end of their flow (F50).
    pub(crate) completed: u64,
    /// Those that have ended, and how many milliseconds they took.
    pub(crate) ended: u64,
    pub(crate) duration_ms: u64,
}

impl Source {
    /// Sees what `scope` is told of; of one school only, if there is one. The numbers of `raw_days` days, today being
    /// one of them, always come from sessions, and so do those of days that the daily job has not come to.
    pub(crate) async fn open(
        store: &AnyStore,
        (scope, school): (&AccessScope, Option<TenantId>),
        raw_days: u32,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let record = store.job(ROLLUP).await?;
        let finished = record.and_then(|record| record.last_finished_at);
        // A job that ended on a day began on it or on the day before, and took all days before that.
        let taken = finished.map_or(i64::MIN, |at| Day::of(at).0.saturating_sub(1));
        let recent = Day::of(now).0.saturating_add(1).saturating_sub(raw_days.max(1).into());
        let (store, scope) = (store.clone(), scope.clone());
        Ok(Self { store, scope, school, now, open: Day(recent.min(taken)) })
    }

    /// The present, at which sessions are looked at.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    /// The days of a window whose numbers are kept.
    fn kept(&self, window: Window) -> Option<Window> {
        let last = Day(window.last.0.min(self.open.0.saturating_sub(1)));
        (window.first <= last).then_some(Window { last, ..window })
    }

    /// The days of a window whose numbers come from sessions.
    pub(crate) fn raw(&self, window: Window) -> Option<Window> {
        let first = window.first.max(self.open);
        (first <= window.last).then_some(Window { first, ..window })
    }

    /// Goes through the sessions of a flow that started in a window, in their order.
    pub(crate) async fn each_session(
        &self,
        flow: FlowId,
        window: Window,
        with: Looked,
        mut each: impl FnMut(&SessionFacts),
    ) -> Result<(), StoreError> {
        let mut query = FactQuery {
            school: self.school,
            rows: with != Looked::Heads,
            audience: with == Looked::Audience,
            ..FactQuery::of(flow, window.begins(), window.ends())
        };
        loop {
            let page = self.store.session_facts(&self.scope, &query).await?;
            page.iter().for_each(&mut each);
            let Some(last) = page.last() else { return Ok(()) };
            query.after = Some(last.cursor());
        }
    }

    /// Whether the numbers of a day come from its sessions.
    pub(crate) fn is_open(&self, day: Day) -> bool {
        day >= self.open
    }

    /// Goes through what is kept of a window.
    pub(crate) async fn each_kept(
        &self,
        flows: &[FlowId],
        measured: Measured,
        window: Window,
        mut each: impl FnMut(RollupRow),
    ) -> Result<(), StoreError> {
        let Some(Window { first, last }) = self.kept(window) else { return Ok(()) };
        let mut query = RollupQuery {
            flows: flows.to_vec(),
            school: self.school,
            measured,
            from: first,
            to: last,
            after: None,
            limit: PAGE,
        };
        loop {
            let page = self.store.rollups(&self.scope, &query).await?;
            let is_last = u32::try_from(page.len()).is_ok_and(|count| count < PAGE);
            query.after = page.last().map(RollupRow::key);
            page.into_iter().for_each(&mut each);
            if is_last {
                return Ok(());
            }
        }
    }

    /// Whether anything is kept of a node, of whatever day.
    pub(crate) async fn has_kept(&self, place: &Place) -> Result<bool, StoreError> {
        let day = |millis| Day::of(Timestamp::from_millis(millis));
        let query = RollupQuery {
            flows: vec![place.flow],
            school: self.school,
            measured: Measured::Node(place.node.clone()),
            from: day(i64::MIN),
            to: day(i64::MAX),
            after: None,
            limit: 1,
        };
        Ok(!self.store.rollups(&self.scope, &query).await?.is_empty())
    }

    /// The numbers of a flow, and of those of its nodes that are asked for.
    pub(crate) async fn count(
        &self,
        flow: FlowId,
        measured: Measured,
        window: Window,
    ) -> Result<Counted, StoreError> {
        let mut counted = Counted::default();
        self.each_kept(&[flow], measured, window, |row| counted.add(&row)).await?;
        if let Some(raw) = self.raw(window) {
            let (tally, now) = (&mut counted.tally, self.now);
            self.each_session(flow, raw, Looked::Histories, |session| tally.add(session, now))
                .await?;
        }
        Ok(counted)
    }

    /// The numbers of those sessions of a flow that ran the version with this label. What is kept of days does not
    /// tell versions apart, so all of them are looked at.
    pub(crate) async fn count_version(
        &self,
        flow: FlowId,
        version: &str,
        window: Window,
    ) -> Result<Counted, StoreError> {
        let mut counted = Counted::default();
        self.each_session(flow, window, Looked::Histories, |session| {
            if session.flow_version.as_deref() == Some(version) {
                counted.tally.add(session, self.now);
            }
        })
        .await?;
        Ok(counted)
    }

    /// The numbers of all these flows together, of sessions that are of all these segments. What is kept of days does
    /// not tell visitors apart, so that sessions are looked at as soon as there is a segment.
    pub(crate) async fn count_all(
        &self,
        flows: &[FlowId],
        segments: &[Segment],
        window: Window,
    ) -> Result<Counted, StoreError> {
        let mut counted = Counted::default();
        let (mut raw, mut looked) = (Some(window), Looked::Audience);
        if segments.is_empty() {
            self.each_kept(flows, Measured::Flows, window, |row| counted.add(&row)).await?;
            (raw, looked) = (self.raw(window), Looked::Histories);
        }
        let Some(raw) = raw else { return Ok(counted) };
        let with_sessions = self.counts(flows, (raw.begins(), raw.ends()), false).await?;
        let mut with_sessions: Vec<_> = with_sessions.iter().map(|count| count.flow).collect();
        with_sessions.dedup();
        for flow in with_sessions {
            self.each_session(flow, raw, looked, |session| {
                if segments.iter().all(|segment| segment.holds(session)) {
                    counted.tally.add(session, self.now);
                }
            })
            .await?;
        }
        Ok(counted)
    }

    /// How the sessions of each of these flows came out, day by day.
    pub(crate) async fn by_day(
        &self,
        flows: &[FlowId],
        window: Window,
    ) -> Result<BTreeMap<(FlowId, Day), Outcomes>, StoreError> {
        let mut found: BTreeMap<_, Outcomes> = BTreeMap::new();
        self.each_kept(flows, Measured::Flows, window, |row| {
            if let Measure::Flow(numbers) = &row.part.measure {
                found.entry((row.flow, row.day)).or_default().add(Outcomes::of(numbers));
            }
        })
        .await?;
        if let Some(raw) = self.raw(window) {
            for count in self.counts(flows, (raw.begins(), raw.ends()), true).await? {
                let day = Day::of(count.hour.unwrap_or_else(|| raw.begins()));
                found.entry((count.flow, day)).or_default().add(Outcomes::from(&count));
            }
        }
        Ok(found)
    }

    /// How the sessions of each of these flows came out, hour by hour: of sessions that are there.
    pub(crate) async fn by_hour(
        &self,
        flow: FlowId,
        window: Window,
    ) -> Result<BTreeMap<Timestamp, Outcomes>, StoreError> {
        let mut found: BTreeMap<_, Outcomes> = BTreeMap::new();
        for count in self.counts(&[flow], (window.begins(), window.ends()), true).await? {
            let hour = count.hour.unwrap_or_else(|| window.begins());
            found.entry(hour).or_default().add(Outcomes::from(&count));
        }
        Ok(found)
    }

    /// How the sessions of each of these flows came out that started between two moments: the days that are whole and
    /// closed as they are kept, the rest as sessions stand.
    pub(crate) async fn between(
        &self,
        flows: &[FlowId],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<BTreeMap<FlowId, Outcomes>, StoreError> {
        let mut found: BTreeMap<FlowId, Outcomes> = BTreeMap::new();
        let is_whole = Day::of(from).begins() == from;
        let first = if is_whole { Day::of(from) } else { Day::of(from).next() };
        let last = Day(Day::of(to).0.saturating_sub(1));
        let kept = self.kept(Window { first, last });
        // Before what is kept, and behind it.
        let mut rest = vec![(from, to)];
        if let Some(kept) = kept {
            self.each_kept(flows, Measured::Flows, kept, |row| {
                if let Measure::Flow(numbers) = &row.part.measure {
                    found.entry(row.flow).or_default().add(Outcomes::of(numbers));
                }
            })
            .await?;
            rest = vec![(from, kept.begins()), (kept.ends(), to)];
        }
        for part in rest.into_iter().filter(|(from, to)| from < to) {
            for count in self.counts(flows, part, false).await? {
                found.entry(count.flow).or_default().add(Outcomes::from(&count));
            }
        }
        Ok(found)
    }

    /// How the sessions of each of these flows stand, and who talked.
    pub(crate) async fn heads(
        &self,
        flows: &[FlowId],
        window: Window,
    ) -> Result<BTreeMap<FlowId, Heads>, StoreError> {
        let mut found: BTreeMap<FlowId, Heads> = BTreeMap::new();
        self.each_kept(flows, Measured::Flows, window, |row| {
            if let Measure::Flow(numbers) = &row.part.measure {
                let heads = found.entry(row.flow).or_default();
                heads.outcomes.add(Outcomes::of(numbers));
                heads.kept_users = heads.kept_users.saturating_add(numbers.unique_users);
            }
        })
        .await?;
        if let Some(raw) = self.raw(window) {
            for flow in flows {
                let heads = found.entry(*flow).or_default();
                self.each_session(*flow, raw, Looked::Heads, |session| {
                    heads.outcomes.add(Outcomes::from(session));
                    heads.users.extend(session.user_id);
                })
                .await?;
            }
        }
        Ok(found)
    }

    async fn counts(
        &self,
        flows: &[FlowId],
        (from, to): (Timestamp, Timestamp),
        is_hourly: bool,
    ) -> Result<Vec<OutcomeCount>, StoreError> {
        let (flows, school) = (flows.to_vec(), self.school);
        let query = OutcomeQuery { flows, school, from, to, is_hourly };
        self.store.outcomes(&self.scope, &query).await
    }
}

/// How the sessions of a flow stand, and who talked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heads {
    pub(crate) outcomes: Outcomes,
    users: BTreeSet<UserId>,
    /// Once for each day.
    kept_users: u64,
}

impl Heads {
    /// How many users; a bound if any of them is known from closed days.
    pub(crate) fn users(&self) -> u64 {
        let users = u64::try_from(self.users.len()).unwrap_or(u64::MAX);
        users.saturating_add(self.kept_users)
    }

    /// Whether that is a bound (S5.8).
    pub(crate) const fn is_bound(&self) -> bool {
        self.kept_users > 0
    }
}

/// What of sessions is looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Looked {
    /// How they stand.
    Heads,
    /// What happened in them as well.
    Histories,
    /// And whom they talk to.
    Audience,
}

impl Counted {
    /// Adds what is kept of a day.
    pub(crate) fn add(&mut self, row: &RollupRow) {
        if let Measure::Flow(numbers) = &row.part.measure {
            self.is_bound |= numbers.unique_users > 0;
        }
        self.tally.add_part(&row.part);
    }

    /// What of the numbers is a bound (S5.8).
    pub(crate) fn approximate(&self) -> Vec<&'static str> {
        if self.is_bound { vec!["unique_users"] } else { Vec::new() }
    }
}

impl Outcomes {
    const fn of(numbers: &FlowMetrics) -> Self {
        Self {
            sessions: numbers.sessions,
            completed: numbers.completed,
            ended: numbers.duration_count,
            duration_ms: numbers.duration_sum,
        }
    }

    /// Adds others.
    pub(crate) const fn add(&mut self, other: Self) {
        self.sessions = self.sessions.saturating_add(other.sessions);
        self.completed = self.completed.saturating_add(other.completed);
        self.ended = self.ended.saturating_add(other.ended);
        self.duration_ms = self.duration_ms.saturating_add(other.duration_ms);
    }
}

impl From<&SessionFacts> for Outcomes {
    fn from(session: &SessionFacts) -> Self {
        let took = session.duration_ms();
        Self {
            sessions: 1,
            completed: (session.outcome() == SessionOutcome::Completed).into(),
            ended: took.is_some().into(),
            duration_ms: took.unwrap_or_default(),
        }
    }
}

impl From<&OutcomeCount> for Outcomes {
    fn from(count: &OutcomeCount) -> Self {
        let is_complete = count.outcome() == SessionOutcome::Completed;
        Self {
            sessions: count.sessions,
            completed: if is_complete { count.sessions } else { 0 },
            ended: count.ended,
            duration_ms: count.duration_ms,
        }
    }
}
