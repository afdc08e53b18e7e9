//! [`ContentCatalog`] in memory.

use std::cmp::Reverse;

use chatflow::{ContentId, Timestamp};

use super::library::write;
use super::{Library, MemoryStore, Tables};
use crate::admin::Total;
use crate::catalog::{
    CatalogContent, CatalogVariant, ContentCatalog, ContentEdit, ContentOrder, ContentPage,
    ContentPageQuery, ContentSieve, ContentStep, ContentUse, ContentWork, EditError, Outcomes,
    VariantChange, check_variant, refused_or_broken,
};
use crate::error::StoreError;
use crate::library::{
    ApplyError, Change, ContentRecord, Record, RecordKey, Stored, VariantRecord, Verdict,
};
use crate::scope::AccessScope;
use crate::search::search_words;

/// What a variant has beside its record.
#[derive(Clone, Debug)]
pub(super) struct VariantMark {
    notes: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl ContentCatalog for MemoryStore {
    fn catalog_contents(
        &self,
        scope: &AccessScope,
        ids: &[ContentId],
    ) -> Result<Vec<CatalogContent>, StoreError> {
        let library = &self.tables().library;
        let viewed = library.contents.iter().filter(|(_, stored)| views(scope, &stored.record));
        let asked = viewed.filter(|(id, _)| ids.contains(id));
        Ok(asked.map(|(_, stored)| library.shown(stored)).collect())
    }

    fn content_page(
        &self,
        scope: &AccessScope,
        query: &ContentPageQuery,
    ) -> Result<ContentPage, StoreError> {
        let library = &self.tables().library;
        let rows = library.contents.values().filter(|stored| views(scope, &stored.record));
        let asked = rows.filter(|stored| narrows(query, &stored.record));
        let mut contents: Vec<_> = asked.map(|stored| library.shown(stored)).collect();
        sort(&mut contents, query.order);
        if let Some(filter) = query.info_filter() {
            let mut sieve = ContentSieve::new(filter, query);
            for content in contents {
                if !sieve.take(content).map_err(|error| StoreError::Store(error.into()))? {
                    break;
                }
            }
            return Ok(sieve.page());
        }
        let total = Total::of(u64::try_from(contents.len()).unwrap_or(u64::MAX));
        let size = |n| usize::try_from(n).unwrap_or(usize::MAX);
        let page = contents.into_iter().skip(size(query.skip)).take(size(query.limit));
        Ok(ContentPage { contents: page.collect(), total })
    }

    fn catalog_variants(
        &self,
        scope: &AccessScope,
        content: ContentId,
    ) -> Result<Option<Vec<CatalogVariant>>, StoreError> {
        let tables = self.tables();
        let stored = tables.library.contents.get(&content);
        let viewed = stored.filter(|stored| views(scope, &stored.record));
        let variants = viewed.map(|stored| {
            let of = |record: &VariantRecord| tables.variant(content, record);
            let mut variants: Vec<_> = stored.record.variants.iter().filter_map(of).collect();
            variants.sort_by_key(|one| Reverse((one.created_at, one.record.key.clone())));
            variants
        });
        Ok(variants)
    }

    fn edit_contents(
        &self,
        scope: &AccessScope,
        work: &ContentWork,
    ) -> Result<Outcomes, StoreError> {
        let mut tables = self.tables();
        let mut outcomes = Outcomes::new();
        let mut written = tables.clone();
        for step in &work.steps {
            let before = written.clone();
            let outcome = refused_or_broken(written.step(scope, step, work.at))?;
            let is_refused = outcome.is_err();
            outcomes.push(outcome);
            if is_refused && work.is_whole {
                return Ok(outcomes);
            }
            if is_refused {
                written = before;
            }
        }
        *tables = written;
        drop(tables);
        self.observers.tell(&work.notices(&outcomes));
        Ok(outcomes)
    }
}

fn views(scope: &AccessScope, record: &ContentRecord) -> bool {
    record.access().is_some_and(|row| scope.views(&row))
}

fn narrows(query: &ContentPageQuery, record: &ContentRecord) -> bool {
    let is_public = record.visibility == chatflow::Visibility::Public;
    query.kind.as_ref().is_none_or(|kind| record.kind == *kind)
        && (query.tags.is_empty() || query.tags.iter().any(|tag| record.tags.contains(tag)))
        && query.is_active.is_none_or(|active| record.is_active == active)
        && query.status.is_none_or(|status| record.status == status)
        && query.visibility.is_none_or(|visibility| record.visibility == visibility)
        && query.school.is_none_or(|school| record.school_id == Some(school))
        && query.created_by.is_none_or(|account| record.created_by == Some(account))
        && !(query.without_public && is_public)
        && query
            .search
            .as_ref()
            .is_none_or(|search| search.fits(&search_words(&record.content, &record.tags)))
}

fn sort(contents: &mut [CatalogContent], order: ContentOrder) {
    let id = |one: &CatalogContent| one.stored.record.id;
    match order {
        ContentOrder::Newest => {
            contents.sort_by_key(|one| Reverse((one.stored.created_at, id(one))));
        }
        ContentOrder::Oldest => contents.sort_by_key(|one| (one.stored.created_at, id(one))),
        ContentOrder::LastChanged => {
            contents.sort_by_key(|one| Reverse((one.stored.updated_at, id(one))));
        }
        ContentOrder::FirstChanged => contents.sort_by_key(|one| (one.stored.updated_at, id(one))),
        ContentOrder::Version => contents.sort_by_key(|one| (one.version, id(one))),
    }
}

impl Tables {
    fn step(
        &mut self,
        scope: &AccessScope,
        step: &ContentStep,
        at: Timestamp,
    ) -> Result<(), EditError> {
        step.check()?;
        match &step.edit {
            ContentEdit::Save { change, version } => {
                self.library.save_content(scope, change, *version, at)?;
            }
            ContentEdit::Delete { content, expected, even_if_used } => {
                let stored = self.library.edited(scope, *content)?;
                let actual = stored.row_version;
                if let Some(expected) = expected.filter(|expected| *expected != actual) {
                    let record = RecordKey::Content(*content);
                    return Err(ApplyError::Conflict { record, expected, actual }.into());
                }
                self.library.delete_content(scope, *content, *even_if_used)?;
            }
            ContentEdit::AddVariant { content, variant } => {
                let stored = self.library.edited(scope, *content)?;
                let content = *content;
                if stored.record.variants.iter().any(|one| one.key == variant.key) {
                    return Err(EditError::KeyTaken { content, key: variant.key.clone() });
                }
                stored.record.variants.push(variant.clone());
                stored.record.variants.sort_by(|one, other| one.key.cmp(&other.key));
                let mark = VariantMark { notes: "{}".into(), created_at: at, updated_at: at };
                self.library.variants.insert((content, variant.key.clone()), mark);
            }
            ContentEdit::ChangeVariant { content, key, change } => {
                self.change_variant(scope, (*content, key), change, at)?;
            }
            ContentEdit::DeleteVariant { content, key } => {
                let stored = self.library.edited(scope, *content)?;
                let before = stored.record.variants.len();
                stored.record.variants.retain(|one| one.key != *key);
                if stored.record.variants.len() == before {
                    return Err(EditError::NoVariant { content: *content, key: key.clone() });
                }
                self.library.variants.remove(&(*content, key.clone()));
            }
            ContentEdit::Count { content, key, by } => {
                let stored = self.library.contents.get(content);
                let stored = stored.filter(|stored| views(scope, &stored.record));
                let stored = stored.ok_or(EditError::NoContent { content: *content })?;
                if !stored.record.variants.iter().any(|one| one.key == *key) {
                    return Err(EditError::NoVariant { content: *content, key: key.clone() });
                }
                self.raise(*content, key, *by);
                let known: Vec<_> = self.events.values().map(|stored| stored.event.id).collect();
                let new = step.events.iter().filter(|event| !known.contains(&event.id));
                self.append_events(&new.cloned().collect::<Vec<_>>())?;
                self.append_audit(&step.audit);
                return Ok(());
            }
        }
        self.append_events(&step.events)?;
        self.append_audit(&step.audit);
        Ok(())
    }

    fn variant(&self, content: ContentId, record: &VariantRecord) -> Option<CatalogVariant> {
        let place = (content, record.key.clone());
        let mark = self.library.variants.get(&place)?;
        Some(CatalogVariant {
            content,
            record: record.clone(),
            notes: mark.notes.clone(),
            counters: self.counters.get(&place).copied().unwrap_or_default(),
            created_at: mark.created_at,
            updated_at: mark.updated_at,
        })
    }

    fn change_variant(
        &mut self,
        scope: &AccessScope,
        (content, key): (ContentId, &str),
        change: &VariantChange,
        at: Timestamp,
    ) -> Result<(), EditError> {
        let stored = self.library.edited(scope, content)?;
        let known = stored.record.variants.iter_mut().find(|one| one.key == key);
        let missing = || EditError::NoVariant { content, key: key.to_owned() };
        let record = known.ok_or_else(missing)?;
        let new = change.applied_to(record);
        check_variant(content, &new)?;
        let mut differs = new != *record;
        *record = new;
        let place = (content, key.to_owned());
        let mark = self.library.variants.get_mut(&place).ok_or_else(missing)?;
        if let Some(notes) = &change.notes {
            let new = notes.applied_to(&mark.notes);
            differs |= new != mark.notes;
            mark.notes = new;
            let counters = self.counters.entry(place).or_default();
            *counters = notes.counted_from(*counters);
        }
        if differs {
            mark.updated_at = at;
        }
        Ok(())
    }
}

impl Library {
    /// Takes note of what a batch wrote of an item: its version, and the times of its variants.
    pub(super) fn note_content(
        &mut self,
        old: Option<&ContentRecord>,
        new: &ContentRecord,
        at: Timestamp,
    ) {
        let version = self.content_versions.entry(new.id).or_default();
        if old.is_none_or(|old| old.content != new.content) {
            *version = version.saturating_add(1);
        }
        let kept = |key: &String| new.variants.iter().any(|variant| variant.key == *key);
        self.variants.retain(|(id, key), _| *id != new.id || kept(key));
        for variant in &new.variants {
            let before = old.and_then(|old| old.variants.iter().find(|one| one.key == variant.key));
            let mark = VariantMark { notes: "{}".into(), created_at: at, updated_at: at };
            let mark = self.variants.entry((new.id, variant.key.clone())).or_insert(mark);
            if before.is_some_and(|before| before != variant) {
                mark.updated_at = at;
            }
        }
    }

    /// What authors keep beside the counters of a variant.
    pub(super) fn notes(&self, content: ContentId, key: &str) -> String {
        let mark = self.variants.get(&(content, key.to_owned()));
        mark.map_or_else(|| "{}".to_owned(), |mark| mark.notes.clone())
    }

    pub(super) fn set_notes(&mut self, content: ContentId, key: &str, notes: &str) {
        if let Some(mark) = self.variants.get_mut(&(content, key.to_owned())) {
            notes.clone_into(&mut mark.notes);
        }
    }

    fn shown(&self, stored: &Stored<ContentRecord>) -> CatalogContent {
        let mut stored = stored.clone();
        stored.record.variants.clear();
        let version = self.content_versions.get(&stored.record.id).copied().unwrap_or(1);
        CatalogContent { stored, version }
    }

    /// An item that the scope may change.
    fn edited(
        &mut self,
        scope: &AccessScope,
        content: ContentId,
    ) -> Result<&mut Stored<ContentRecord>, EditError> {
        let stored = self.contents.get_mut(&content);
        let stored = stored.filter(|stored| views(scope, &stored.record));
        let stored = stored.ok_or(EditError::NoContent { content })?;
        if stored.record.access().is_some_and(|row| scope.edits(&row)) {
            return Ok(stored);
        }
        Err(ApplyError::OutOfScope { record: RecordKey::Content(content) }.into())
    }

    fn save_content(
        &mut self,
        scope: &AccessScope,
        change: &Change<ContentRecord>,
        version: Option<u32>,
        at: Timestamp,
    ) -> Result<(), EditError> {
        let mut change = change.clone();
        let id = change.record.id;
        let old = self.contents.get(&id).map(|stored| stored.record.clone());
        change.record.variants = old.as_ref().map(|old| old.variants.clone()).unwrap_or_default();
        let verdict = write(scope, &mut self.contents, id, &change, at)?;
        self.check_school(&change.record, change.record.school_id)?;
        self.note_content(old.as_ref(), &change.record, at);
        let Some(version) = version else { return Ok(()) };
        let known = self.content_versions.insert(id, version);
        if let (Verdict::Keep { row_version }, Some(stored)) = (verdict, self.contents.get_mut(&id))
            && known != Some(version)
        {
            (stored.row_version, stored.updated_at) = (row_version.saturating_add(1), at);
        }
        Ok(())
    }

    fn delete_content(
        &mut self,
        scope: &AccessScope,
        content: ContentId,
        even_if_used: bool,
    ) -> Result<(), EditError> {
        let (is_used, uses) = self.content_uses(scope, content);
        if is_used && !even_if_used {
            return Err(EditError::InUse { content, uses });
        }
        self.contents.remove(&content);
        self.content_versions.remove(&content);
        self.variants.retain(|(id, _), _| *id != content);
        Ok(())
    }

    /// Whether published flows use an item, and where, as far as the scope views the flows.
    fn content_uses(&self, scope: &AccessScope, content: ContentId) -> (bool, Vec<ContentUse>) {
        let (mut is_used, mut uses) = (false, Vec::new());
        let flows = self.flows.values().map(|stored| &stored.record);
        let mut flows: Vec<_> = flows.filter(|flow| flow.is_active && flow.is_published).collect();
        flows.sort_by_key(|flow| (flow.name.clone(), flow.id));
        for flow in flows {
            for node in self.nodes_showing(flow, content) {
                is_used = true;
                if flow.access().is_some_and(|row| scope.views(&row)) {
                    uses.push(ContentUse { flow: flow.id, flow_name: flow.name.clone(), node });
                }
            }
        }
        (is_used, uses)
    }
}
