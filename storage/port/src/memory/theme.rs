//! [`ThemeStore`] in memory.

use std::cmp::Reverse;

use super::MemoryStore;
use crate::admin::Total;
use crate::error::StoreError;
use crate::id::ThemeId;
use crate::library::{Stored, ThemeRecord};
use crate::scope::AccessScope;
use crate::theme::{ThemeCandidate, ThemePage, ThemeQuery, ThemeStore};

impl ThemeStore for MemoryStore {
    fn stored_theme(
        &self,
        scope: &AccessScope,
        id: ThemeId,
    ) -> Result<Option<Stored<ThemeRecord>>, StoreError> {
        let stored = self.tables().library.themes.get(&id).cloned();
        Ok(stored.filter(|stored| scope.sees_theme(stored.record.school_id)))
    }

    fn themes(&self, scope: &AccessScope, query: &ThemeQuery) -> Result<ThemePage, StoreError> {
        let tables = self.tables();
        let schools = query.visible(scope);
        let is_asked = |theme: &ThemeRecord| {
            let is_owned = theme.school_id.map_or(query.global, |owner| {
                schools.as_ref().is_none_or(|schools| schools.contains(&owner))
            });
            is_owned && query.active.is_none_or(|active| theme.is_active == active)
        };
        let mut asked: Vec<_> =
            tables.library.themes.values().filter(|stored| is_asked(&stored.record)).collect();
        asked.sort_unstable_by_key(|stored| Reverse((stored.created_at, stored.record.id)));
        let skip = usize::try_from(query.skip).unwrap_or(usize::MAX);
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        Ok(ThemePage {
            themes: asked.iter().skip(skip).take(limit).map(|stored| (*stored).clone()).collect(),
            total: Total::of(u64::try_from(asked.len()).unwrap_or(u64::MAX)),
        })
    }

    fn theme_candidates(
        &self,
        scope: &AccessScope,
        ids: &[ThemeId],
    ) -> Result<Vec<ThemeCandidate>, StoreError> {
        let tables = self.tables();
        let of_scope = |theme: &ThemeRecord| {
            theme.school_id.is_none_or(|owner| scope.schools().contains(&owner))
        };
        let candidate = |theme: &Stored<ThemeRecord>| {
            let id = theme.record.id;
            let schools = tables.library.schools.values().map(|school| &school.record);
            let chosen_by: Vec<_> = schools
                .filter(|school| {
                    school.theme_id == Some(id) && scope.schools().contains(&school.id)
                })
                .map(|school| school.id)
                .collect();
            let is_meant = theme.record.is_default || ids.contains(&id) || !chosen_by.is_empty();
            (is_meant && theme.record.is_active && of_scope(&theme.record))
                .then(|| ThemeCandidate { theme: theme.clone(), chosen_by })
        };
        Ok(tables.library.themes.values().filter_map(candidate).collect())
    }
}
