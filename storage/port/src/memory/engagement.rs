//! [`EngagementStore`] in memory.

use std::collections::{BTreeMap, BTreeSet};

use chatflow::{ContentId, ImpressionId, SessionId, TenantId};

use super::{MemoryStore, Tables};
use crate::day::Day;
use crate::engagement::{
    ContentArm, ContentAudience, ContentKindCount, ContentReach, ContentTotal, ContentTotalQuery,
    ContentWindow, EngagementStore, ImpressionFacts, ImpressionPage, ImpressionQuery, ShownSession,
    TurnPath,
};
use crate::error::StoreError;
use crate::evidence::{ContentEvent, ContentEventKind};
use crate::library::{ContentRecord, Record};
use crate::performance::{ContentDay, Counters};
use crate::scope::AccessScope;

impl EngagementStore for MemoryStore {
    fn content_days(
        &self,
        scope: &AccessScope,
        window: ContentWindow,
    ) -> Result<Vec<ContentDay>, StoreError> {
        let tables = self.tables();
        let reach = tables.content_reach(scope, window.content);
        let is_told =
            |content: &ContentId, school| *content == window.content && reach.holds(school);
        Ok(tables.days(&(window.from..=window.to), is_told))
    }

    fn content_arms(
        &self,
        scope: &AccessScope,
        window: ContentWindow,
    ) -> Result<Vec<ContentArm>, StoreError> {
        let tables = self.tables();
        let reach = tables.content_reach(scope, window.content);
        let mut arms = tables.counted_arms(&reach, window.content);
        let mut sessions = BTreeMap::new();
        for row in tables.told_events(&reach, window.content) {
            let Some(session) = row.session_id.filter(|_| row.created_at >= window.begins()) else {
                continue;
            };
            let key = (row.event.variant_key.clone(), session);
            let [shown, engaged, converted] = sessions.entry(key).or_insert([false; 3]);
            match row.event.kind {
                ContentEventKind::Impression => *shown |= row.created_at < window.ends(),
                ContentEventKind::Interaction => *engaged = true,
                ContentEventKind::Conversion => *converted = true,
            }
        }
        for ((key, _), [shown, engaged, converted]) in sessions {
            if !shown {
                continue;
            }
            let arm = arms.entry(key.clone()).or_insert_with(|| empty_arm(key));
            arm.sessions = arm.sessions.saturating_add(1);
            arm.engaged = arm.engaged.saturating_add(engaged.into());
            arm.converted = arm.converted.saturating_add(converted.into());
        }
        Ok(arms.into_values().collect())
    }

    fn content_audience(
        &self,
        scope: &AccessScope,
        window: ContentWindow,
    ) -> Result<ContentAudience, StoreError> {
        let tables = self.tables();
        let reach = tables.content_reach(scope, window.content);
        let mut audience = ContentAudience::default();
        let mut sessions = BTreeSet::new();
        for row in tables.told_of(&reach, window, ContentEventKind::Impression) {
            sessions.extend(row.session_id);
            let into_day = row.created_at.as_millis().rem_euclid(86_400_000);
            let hour = usize::try_from(into_day / 3_600_000).unwrap_or_default();
            if let Some(shown) = audience.hours.get_mut(hour) {
                *shown = shown.saturating_add(1);
            }
        }
        audience.sessions = u64::try_from(sessions.len()).unwrap_or(u64::MAX);
        Ok(audience)
    }

    fn content_impressions(
        &self,
        scope: &AccessScope,
        query: &ImpressionQuery,
    ) -> Result<ImpressionPage, StoreError> {
        let tables = self.tables();
        let reach = tables.content_reach(scope, query.window.content);
        let shown = tables.told_of(&reach, query.window, ContentEventKind::Impression);
        let mut impressions: Vec<_> =
            shown.map(impression).filter(|fact| fact.cursor() < query.end()).collect();
        impressions.sort_unstable_by_key(|fact| std::cmp::Reverse(fact.cursor()));
        impressions.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
        let ids: BTreeSet<_> = impressions.iter().filter_map(|fact| fact.session_id).collect();
        let sessions = ids.into_iter().filter_map(|id| tables.shown_session(id)).collect();
        Ok(ImpressionPage { impressions, sessions })
    }

    fn content_answers(
        &self,
        scope: &AccessScope,
        window: ContentWindow,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let tables = self.tables();
        let reach = tables.content_reach(scope, window.content);
        let rows = tables.told_of(&reach, window, ContentEventKind::Interaction);
        let mut rows: Vec<_> = rows.filter(|row| row.event.value.is_some()).collect();
        rows.sort_unstable_by_key(|row| std::cmp::Reverse((row.created_at, row.event.id)));
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(rows.into_iter().filter_map(|row| row.event.value.clone()).collect())
    }

    fn content_kinds(
        &self,
        scope: &AccessScope,
        query: &ContentTotalQuery,
    ) -> Result<Vec<ContentKindCount>, StoreError> {
        let tables = self.tables();
        let mut kinds = BTreeMap::new();
        for record in tables.viewed(scope, query) {
            let items: &mut u64 = kinds.entry(record.kind.clone()).or_default();
            *items = items.saturating_add(1);
        }
        let count = |(kind, items)| ContentKindCount { kind, items };
        Ok(kinds.into_iter().map(count).collect())
    }

    fn content_totals(
        &self,
        scope: &AccessScope,
        query: &ContentTotalQuery,
    ) -> Result<Vec<ContentTotal>, StoreError> {
        let tables = self.tables();
        let mut totals = Vec::new();
        for record in tables.viewed(scope, query) {
            let reach = ContentReach::of(scope, record.access().as_ref());
            let is_told =
                |content: &ContentId, school| *content == record.id && reach.holds(school);
            let days = tables.days(&(query.from..=query.to), is_told);
            let counters = days.iter().fold(Counters::default(), |sum, day| sum.plus(day.counters));
            if counters != Counters::default() {
                let (kind, tags) = (record.kind.clone(), record.tags.clone());
                totals.push(ContentTotal { content: record.id, kind, tags, counters });
            }
        }
        Ok(totals)
    }
}

fn empty_arm(variant_key: Option<String>) -> ContentArm {
    let by_hand = Counters::default();
    ContentArm { variant_key, sessions: 0, engaged: 0, converted: 0, by_hand }
}

fn impression(row: &ContentEvent) -> ImpressionFacts {
    ImpressionFacts {
        id: ImpressionId(row.event.id),
        at: row.created_at,
        flow_id: row.event.flow_id,
        node_id: row.event.node_id.clone(),
        session_id: row.session_id,
        revision: row.revision,
        ordinal: row.ordinal,
    }
}

impl Tables {
    fn content_reach(&self, scope: &AccessScope, content: ContentId) -> ContentReach {
        let stored = self.library.contents.get(&content);
        let access = stored.and_then(|stored| stored.record.access());
        ContentReach::of(scope, access.as_ref())
    }

    /// Active items that the scope views and that are asked for.
    fn viewed<'a>(
        &'a self,
        scope: &'a AccessScope,
        query: &'a ContentTotalQuery,
    ) -> impl Iterator<Item = &'a ContentRecord> {
        let records = self.library.contents.values().map(|stored| &stored.record);
        records.filter(|record| {
            record.is_active
                && record.access().is_some_and(|row| scope.views(&row))
                && query.kind.as_ref().is_none_or(|kind| *kind == record.kind)
                && (query.tags.is_empty() || query.tags.iter().any(|tag| record.tags.contains(tag)))
        })
    }

    fn told_events<'a>(
        &'a self,
        reach: &'a ContentReach,
        content: ContentId,
    ) -> impl Iterator<Item = &'a ContentEvent> {
        let of = move |row: &&ContentEvent| row.event.content_id == content;
        self.content_events.iter().filter(of).filter(|row| reach.holds(row.school_id))
    }

    fn told_of<'a>(
        &'a self,
        reach: &'a ContentReach,
        window: ContentWindow,
        kind: ContentEventKind,
    ) -> impl Iterator<Item = &'a ContentEvent> {
        let rows = self.told_events(reach, window.content);
        rows.filter(move |row| {
            row.event.kind == kind && (window.begins()..window.ends()).contains(&row.created_at)
        })
    }

    /// Days that are kept, and what is not counted yet.
    fn days(
        &self,
        days: &std::ops::RangeInclusive<Day>,
        is_told: impl Fn(&ContentId, Option<TenantId>) -> bool,
    ) -> Vec<ContentDay> {
        let waiting = self.content_events.iter();
        let waiting = waiting.filter(|row| !self.counted.contains(&row.event.id)).map(|row| {
            let day = ContentDay {
                day: Day::of(row.created_at),
                variant_key: row.event.variant_key.clone(),
                flow_id: row.event.flow_id,
                school_id: row.school_id,
                counters: Counters::of(row.event.kind),
            };
            (row.event.content_id, day)
        });
        let mut sums = BTreeMap::new();
        for (content, day) in self.content_days.iter().cloned().chain(waiting) {
            if days.contains(&day.day) && is_told(&content, day.school_id) {
                let key = (day.day, day.variant_key, day.flow_id, day.school_id);
                let sum: &mut Counters = sums.entry(key).or_default();
                *sum = sum.plus(day.counters);
            }
        }
        let day = |((day, variant_key, flow_id, school_id), counters)| ContentDay {
            day,
            variant_key,
            flow_id,
            school_id,
            counters,
        };
        sums.into_iter().map(day).collect()
    }

    /// The variants that have counters, with what was added to them by hand: what no day has.
    fn counted_arms(
        &self,
        reach: &ContentReach,
        content: ContentId,
    ) -> BTreeMap<Option<String>, ContentArm> {
        let mut arms = BTreeMap::new();
        if *reach != ContentReach::Everything {
            return arms;
        }
        for ((_, key), counters) in self.counters.iter().filter(|((of, _), _)| *of == content) {
            let key = (!key.is_empty()).then(|| key.clone());
            let days = self.content_days.iter();
            let days = days.filter(|(of, day)| *of == content && day.variant_key == key);
            let counted = days.fold(Counters::default(), |sum, (_, day)| sum.plus(day.counters));
            let by_hand = counters.minus(counted);
            arms.insert(key.clone(), ContentArm { by_hand, ..empty_arm(key) });
        }
        arms
    }

    fn shown_session(&self, id: SessionId) -> Option<ShownSession> {
        let conversation = self.sessions.get(&id)?;
        let snapshot = &conversation.session.snapshot;
        let turns = conversation.history.iter().filter_map(|stored| {
            let path = stored.row.path.clone()?;
            Some(TurnPath { at: stored.row.created_at, path })
        });
        let (status, state) = (snapshot.status, snapshot.state.clone());
        Some(ShownSession { id, status, state, turns: turns.collect() })
    }
}
