//! Themes, as those who look after them list them and as conversations find theirs.

use chatflow::TenantId;

use crate::admin::Total;
use crate::error::StoreError;
use crate::id::ThemeId;
use crate::library::{Stored, ThemeRecord};
use crate::role::role;
use crate::scope::AccessScope;

/// Asks for a page of themes (S8.6).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ThemeQuery {
    /// Only those of these schools, among those that the scope sees; `None` for all of them.
    pub schools: Option<Vec<TenantId>>,
    /// Those of no school as well.
    pub global: bool,
    /// Only those that are, or are not, deleted.
    pub active: Option<bool>,
    /// How many to pass over.
    pub skip: u64,
    /// How many to return at most.
    pub limit: u32,
}

impl ThemeQuery {
    /// The schools whose themes are asked for and visible; `None` for all there are.
    pub fn visible(&self, scope: &AccessScope) -> Option<Vec<TenantId>> {
        if scope.is_system() {
            return self.schools.clone();
        }
        let is_asked =
            |school: &&TenantId| self.schools.as_ref().is_none_or(|asked| asked.contains(school));
        Some(scope.schools().iter().filter(is_asked).copied().collect())
    }
}

/// A page of themes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ThemePage {
    /// The newest first; those that were created together in descending order of ids.
    pub themes: Vec<Stored<ThemeRecord>>,
    /// How many are asked for, on this page, before or after it.
    pub total: Total,
}

/// A theme that a conversation may have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ThemeCandidate {
    /// The theme.
    pub theme: Stored<ThemeRecord>,
    /// Which of the scope's schools have chosen it, in the order of their ids.
    pub chosen_by: Vec<TenantId>,
}

role! {
    /// Reads themes; they are written by [`LibraryStore::apply`](crate::LibraryStore::apply).
    ThemeStore, async AsyncThemeStore, dyn DynThemeStore {
        /// A theme, deleted or not, if it is everyone's or of one of the scope's schools (S8.7).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn stored_theme(
            &self, scope: &AccessScope, id: ThemeId
        ) -> Result<Option<Stored<ThemeRecord>>, StoreError>;

        /// A page of the themes that the scope sees, the newest first.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn themes(
            &self, scope: &AccessScope, query: &ThemeQuery
        ) -> Result<ThemePage, StoreError>;

        /// What a conversation picks its theme from, in the order of ids (S8.11): of the active
        /// themes that are everyone's or of the scope's schools those that `ids` name, those that
        /// these schools have chosen, and the defaults of each and of everyone.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn theme_candidates(
            &self, scope: &AccessScope, ids: &[ThemeId]
        ) -> Result<Vec<ThemeCandidate>, StoreError>;
    }
}
