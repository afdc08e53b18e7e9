//! [`PerformanceStore`] in memory.

use chatflow::{ContentId, Timestamp};

use super::{MemoryStore, Tables};
use crate::day::Day;
use crate::error::StoreError;
use crate::evidence::ContentEvent;
use crate::library::{Record, may_edit};
use crate::performance::{
    ContentDay, Counters, PerformanceData, PerformanceStore, VariantPerformance,
};
use crate::scope::AccessScope;

impl PerformanceStore for MemoryStore {
    fn add_performance(
        &self,
        scope: &AccessScope,
        content: ContentId,
        variant_key: &str,
        increments: Counters,
    ) -> Result<Option<Counters>, StoreError> {
        let mut tables = self.tables();
        let is_known = tables.library.contents.get(&content).is_some_and(|stored| {
            may_edit(scope, &stored.record)
                && stored.record.variants.iter().any(|variant| variant.key == variant_key)
        });
        Ok(is_known.then(|| tables.raise(content, variant_key, increments)))
    }

    fn write_performance_data(
        &self,
        scope: &AccessScope,
        change: PerformanceData<'_>,
    ) -> Result<bool, StoreError> {
        change.check()?;
        let mut tables = self.tables();
        let is_known = tables.library.contents.get(&change.content).is_some_and(|stored| {
            may_edit(scope, &stored.record)
                && stored.record.variants.iter().any(|variant| variant.key == change.variant_key)
        });
        let kept = tables.library.notes(change.content, change.variant_key);
        let is_written = is_known && change.expected.is_none_or(|expected| expected == kept);
        if is_written {
            tables.library.set_notes(change.content, change.variant_key, change.data);
        }
        Ok(is_written)
    }

    fn performance(
        &self,
        scope: &AccessScope,
        content: ContentId,
    ) -> Result<Vec<VariantPerformance>, StoreError> {
        let tables = self.tables();
        let stored = tables.library.contents.get(&content);
        let record = stored.map(|stored| &stored.record);
        let seen = record.filter(|r| r.access().is_some_and(|row| scope.views(&row)));
        let variants = seen.iter().flat_map(|record| &record.variants);
        let mut found: Vec<_> = variants
            .map(|variant| VariantPerformance {
                variant_key: variant.key.clone(),
                data: tables.library.notes(content, &variant.key),
                counters: tables
                    .counters
                    .get(&(content, variant.key.clone()))
                    .copied()
                    .unwrap_or_default(),
            })
            .collect();
        found.sort_unstable_by(|one, other| one.variant_key.cmp(&other.variant_key));
        Ok(found)
    }

    fn count_content_events(&self, limit: u64) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let waiting = tables.content_events.iter();
        let waiting = waiting.filter(|row| !tables.counted.contains(&row.event.id));
        let batch: Vec<ContentEvent> = waiting.take(limit).cloned().collect();
        for row in &batch {
            tables.count(row);
        }
        Ok(u64::try_from(batch.len()).unwrap_or(u64::MAX))
    }

    fn delete_content_events(&self, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let Tables { content_events, counted, .. } = &mut *tables;
        let mut left = limit;
        content_events.retain(|row| {
            let goes = left > 0 && row.created_at < before && counted.remove(&row.event.id);
            left = if goes { left.saturating_sub(1) } else { left };
            !goes
        });
        Ok(limit.saturating_sub(left))
    }
}

impl Tables {
    /// Adds to the counters of a variant, and says where they stand.
    pub(super) fn raise(
        &mut self,
        content: ContentId,
        variant_key: &str,
        by: Counters,
    ) -> Counters {
        let counters = self.counters.entry((content, variant_key.to_owned())).or_default();
        *counters = counters.plus(by);
        *counters
    }

    fn count(&mut self, row: &ContentEvent) {
        let (event, one) = (&row.event, Counters::of(row.event.kind));
        self.counted.insert(event.id);
        self.raise(event.content_id, event.variant_key.as_deref().unwrap_or_default(), one);
        let day = ContentDay {
            day: Day::of(row.created_at),
            variant_key: event.variant_key.clone(),
            flow_id: event.flow_id,
            school_id: row.school_id,
            counters: one,
        };
        let known = self.content_days.iter_mut().find(|(content, known)| {
            let known = ContentDay { counters: one, ..known.clone() };
            *content == event.content_id && known == day
        });
        match known {
            Some((_, known)) => known.counters = known.counters.plus(one),
            None => self.content_days.push((event.content_id, day)),
        }
    }
}
