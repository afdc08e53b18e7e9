//! [`LibraryStore`] in memory.

use std::collections::{BTreeMap, BTreeSet};

use chatflow::{ContentId, TenantId, Timestamp};

use super::flow_catalog::entry;
use super::reference::References;
use super::{Library, MemoryStore};
use crate::error::StoreError;
use crate::id::ThemeId;
use crate::library::{
    Applied, ApplyError, Batch, Change, ContentRecord, FlowChange, FlowRecord, FlowStamp,
    LibraryStore, LookUp, Record, SchoolRecord, Stored, ThemeRecord, Verdict, check_batch,
    may_edit, settle,
};
use crate::scope::AccessScope;
use crate::search::{SearchQuery, search_words};

impl LibraryStore for MemoryStore {
    fn find_school(
        &self,
        scope: &AccessScope,
        look_up: LookUp<'_>,
    ) -> Result<Option<Stored<SchoolRecord>>, StoreError> {
        Ok(find(scope, look_up, &self.tables().library.schools, |school| Facts {
            seed_key: school.seed_key.as_deref(),
            id: school.id.0,
            name: Some(&school.name),
            school: look_up.school,
        }))
    }

    fn find_theme(
        &self,
        scope: &AccessScope,
        look_up: LookUp<'_>,
    ) -> Result<Option<Stored<ThemeRecord>>, StoreError> {
        Ok(find(scope, look_up, &self.tables().library.themes, |theme| Facts {
            seed_key: theme.seed_key.as_deref(),
            id: theme.id.0,
            name: Some(&theme.name),
            school: theme.school_id,
        }))
    }

    fn find_content(
        &self,
        scope: &AccessScope,
        look_up: LookUp<'_>,
    ) -> Result<Option<Stored<ContentRecord>>, StoreError> {
        Ok(find(scope, look_up, &self.tables().library.contents, |content| Facts {
            seed_key: content.seed_key.as_deref(),
            id: content.id.0,
            name: None,
            school: content.school_id,
        }))
    }

    fn find_flow(
        &self,
        scope: &AccessScope,
        look_up: LookUp<'_>,
    ) -> Result<Option<Stored<FlowRecord>>, StoreError> {
        Ok(find(scope, look_up, &self.tables().library.flows, |flow| Facts {
            seed_key: flow.seed_key.as_deref(),
            id: flow.id.0,
            name: Some(&flow.name),
            school: flow.school_id,
        }))
    }

    fn search_contents(
        &self,
        scope: &AccessScope,
        query: &SearchQuery,
        limit: u32,
    ) -> Result<Vec<ContentId>, StoreError> {
        let tables = self.tables();
        let fits = |content: &ContentRecord| {
            content.access().is_some_and(|row| scope.views(&row))
                && query.fits(&search_words(&content.content, &content.tags))
        };
        let found = tables.library.contents.values().filter(|stored| fits(&stored.record));
        let mut found: Vec<_> = found.map(|stored| (stored.created_at, stored.record.id)).collect();
        found.sort_unstable_by(|one, other| other.cmp(one));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }

    fn apply(&self, scope: &AccessScope, batch: &Batch) -> Result<Applied, ApplyError> {
        check_batch(batch)?;
        let mut tables = self.tables();
        let mut written = tables.clone();
        let mut applied = written.library.apply(scope, batch)?;
        for change in &batch.users {
            applied.count(written.save_user(scope, change, batch.at)?);
        }
        for change in &batch.service_accounts {
            applied.count(written.save_service(scope, change, batch.at)?);
        }
        written.append_events(&batch.events)?;
        written.append_audit(&batch.audit);
        *tables = written;
        drop(tables);
        self.observers.tell(&batch.notices());
        Ok(applied)
    }
}

/// What a look-up compares.
struct Facts<'a> {
    seed_key: Option<&'a str>,
    id: uuid::Uuid,
    name: Option<&'a str>,
    school: Option<TenantId>,
}

fn find<K, T: Record + Clone>(
    scope: &AccessScope,
    look_up: LookUp<'_>,
    table: &BTreeMap<K, Stored<T>>,
    facts: impl Fn(&T) -> Facts<'_>,
) -> Option<Stored<T>> {
    let by = |matches: &dyn Fn(Facts<'_>) -> bool| {
        table
            .values()
            .filter(|stored| may_edit(scope, &stored.record))
            .find(|stored| matches(facts(&stored.record)))
    };
    let by_key = || by(&|row| look_up.seed_key.is_some() && row.seed_key == look_up.seed_key);
    let by_id = || by(&|row| look_up.id == Some(row.id));
    let by_name = || {
        by(&|row| {
            look_up.name.is_some() && row.name == look_up.name && row.school == look_up.school
        })
    };
    by_key().or_else(by_id).or_else(by_name).cloned()
}

impl Library {
    fn apply(&mut self, scope: &AccessScope, batch: &Batch) -> Result<Applied, ApplyError> {
        let mut applied = Applied::default();
        for change in &batch.schools {
            let verdict = write(scope, &mut self.schools, change.record.id, change, batch.at)?;
            applied.count(verdict);
        }
        // A default may move between two themes of one batch.
        let mut waiting: BTreeSet<ThemeId> = batch.themes.iter().map(|c| c.record.id).collect();
        for change in &batch.themes {
            let verdict = write(scope, &mut self.themes, change.record.id, change, batch.at)?;
            applied.count(verdict);
            self.check_school(&change.record, change.record.school_id)?;
            waiting.remove(&change.record.id);
            self.check_default(&change.record, &waiting)?;
        }
        for change in &batch.schools {
            self.check_theme(&change.record, change.record.theme_id)?;
        }
        for change in &batch.contents {
            let old = self.contents.get(&change.record.id).map(|stored| stored.record.clone());
            let verdict = write(scope, &mut self.contents, change.record.id, change, batch.at)?;
            self.note_content(old.as_ref(), &change.record, batch.at);
            applied.count(verdict);
            self.check_school(&change.record, change.record.school_id)?;
        }
        for change in &batch.flows {
            let stamp = self.apply_flow(scope, change, batch, &mut applied)?;
            applied.flows.push(stamp);
        }
        Ok(applied)
    }

    fn apply_flow(
        &mut self,
        scope: &AccessScope,
        change: &FlowChange,
        batch: &Batch,
        applied: &mut Applied,
    ) -> Result<FlowStamp, ApplyError> {
        let (flow, at) = (&change.flow.record, batch.at);
        let verdict = write(scope, &mut self.flows, flow.id, &change.flow, at)?;
        applied.count(verdict);
        self.save_rows(flow, at);
        self.check_school(flow, flow.school_id)?;
        self.check_theme(flow, flow.theme_id)?;
        let mut published = false;
        if let Some(new) = &change.publish {
            self.references.insert(flow.id, References::of(flow));
            let newest = self.newest(flow.id);
            let seq = newest.map_or(0, |version| version.flow.seq);
            let same = newest.is_some_and(|v| *v == new.record(flow, seq, v.published_at));
            if !same {
                let version = new.record(flow, seq.saturating_add(1), at);
                self.entries.insert(version.flow, entry(flow, new, &version, batch.by));
                self.versions.insert(version.flow, version);
                published = true;
            }
        }
        if !flow.is_published {
            self.published.remove(&flow.id);
        } else if published || !self.published.contains_key(&flow.id) {
            self.published.insert(flow.id, (at, batch.by));
        }
        let newest = self.newest(flow.id).map(|version| version.flow);
        Ok(FlowStamp { id: flow.id, row_version: verdict.row_version(), newest })
    }

    pub(super) fn check_school(
        &self,
        record: &impl Record,
        school: Option<TenantId>,
    ) -> Result<(), ApplyError> {
        let known = school.is_none_or(|school| self.schools.contains_key(&school));
        if known { Ok(()) } else { Err(ApplyError::Dangling { record: record.key() }) }
    }

    fn check_theme(&self, record: &impl Record, theme: Option<ThemeId>) -> Result<(), ApplyError> {
        let known = theme.is_none_or(|theme| self.themes.contains_key(&theme));
        if known { Ok(()) } else { Err(ApplyError::Dangling { record: record.key() }) }
    }

    /// One default per owner (S1.63), themes that are `waiting` to be written left aside.
    fn check_default(
        &self,
        theme: &ThemeRecord,
        waiting: &BTreeSet<ThemeId>,
    ) -> Result<(), ApplyError> {
        let is_default = |theme: &ThemeRecord| theme.is_default && theme.is_active;
        let taken = self.themes.values().map(|stored| &stored.record).any(|other| {
            is_default(other)
                && other.id != theme.id
                && other.school_id == theme.school_id
                && !waiting.contains(&other.id)
        });
        if is_default(theme) && taken {
            return Err(ApplyError::second_default(theme.id));
        }
        Ok(())
    }
}

pub(super) fn write<K: Ord, T: Record + Clone>(
    scope: &AccessScope,
    table: &mut BTreeMap<K, Stored<T>>,
    key: K,
    change: &Change<T>,
    at: Timestamp,
) -> Result<Verdict, ApplyError> {
    let stored = table.get(&key);
    let created_at = stored.map_or(at, |stored| stored.created_at);
    let verdict = settle(scope, stored, change)?;
    if !matches!(verdict, Verdict::Keep { .. }) {
        let record = change.record.clone();
        let row_version = verdict.row_version();
        table.insert(key, Stored { record, row_version, created_at, updated_at: at });
    }
    Ok(verdict)
}
