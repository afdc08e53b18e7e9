//! [`ContentStore`] in memory.

use chatflow::{ContentId, ContentItem, ContentQuery};
use serde_json::{Map, Value};

use super::MemoryStore;
use crate::content::ContentStore;
use crate::error::StoreError;
use crate::library::{ContentRecord, ContentStatus, Record};
use crate::scope::AccessScope;

impl ContentStore for MemoryStore {
    fn contents(
        &self,
        scope: &AccessScope,
        ids: &[ContentId],
    ) -> Result<Vec<Option<ContentItem>>, StoreError> {
        let tables = self.tables();
        ids.iter()
            .map(|id| {
                let stored = tables.library.contents.get(id);
                let shown = stored.filter(|stored| shows(scope, &stored.record));
                shown.map(|stored| stored.record.item().map_err(broken)).transpose()
            })
            .collect()
    }

    fn candidates(
        &self,
        scope: &AccessScope,
        query: &ContentQuery,
    ) -> Result<Vec<ContentId>, StoreError> {
        let mut ids = Vec::new();
        for stored in self.tables().library.contents.values() {
            let record = &stored.record;
            if ids.len() < ContentQuery::LIMIT
                && shows(scope, record)
                && narrows(query, record)
                && query.admits(&object(&record.info)?)
            {
                ids.push(record.id);
            }
        }
        Ok(ids)
    }
}

fn shows(scope: &AccessScope, record: &ContentRecord) -> bool {
    let is_shown = match record.status {
        ContentStatus::Published => true,
        ContentStatus::Archived => false,
        ContentStatus::Draft | ContentStatus::PendingReview | ContentStatus::Approved => {
            scope.sees_drafts()
        }
    };
    record.is_active
        && is_shown
        && (scope.sees_content(record.visibility, record.school_id)
            || record.access().is_some_and(|row| scope.views(&row)))
}

fn narrows(query: &ContentQuery, record: &ContentRecord) -> bool {
    record.kind == query.kind
        && (query.tags.is_empty() || query.tags.iter().any(|tag| record.tags.contains(tag)))
        && query.tags_all.iter().all(|tag| record.tags.contains(tag))
        && !query.exclude.contains(&record.id)
}

fn object(text: &str) -> Result<Map<String, Value>, StoreError> {
    serde_json::from_str(text).map_err(broken)
}

fn broken(error: serde_json::Error) -> StoreError {
    StoreError::Store(error.into())
}
