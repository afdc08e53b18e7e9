//! The content library, as running conversations read it.

use chatflow::{ContentId, ContentItem, ContentQuery};

use crate::error::StoreError;
use crate::role::role;
use crate::scope::AccessScope;

role! {
    /// Reads content for conversations: active, published items that the scope sees (S2.26, R4.8). With
    /// [`AccessScope::with_drafts`], items that are not published yet as well.
    ContentStore, async AsyncContentStore, dyn DynContentStore {
        /// The items named by `ids`, in that order; `None` where there is none to show.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn contents(
            &self, scope: &AccessScope, ids: &[ContentId]
        ) -> Result<Vec<Option<ContentItem>>, StoreError>;

        /// The ids of the items that `query` asks for, ascending, at most [`ContentQuery::LIMIT`].
        ///
        /// The store never draws: the engine does, from this list (F38).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn candidates(
            &self, scope: &AccessScope, query: &ContentQuery
        ) -> Result<Vec<ContentId>, StoreError>;
    }
}
