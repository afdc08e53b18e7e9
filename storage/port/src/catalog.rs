//! The content library, as its authors manage it (S3.20 to S3.62).

mod edit;
mod notes;
mod query;
mod record;

use chatflow::ContentId;

use crate::error::StoreError;
use crate::role::role;
use crate::scope::AccessScope;

pub use edit::{
    ContentEdit, ContentStep, ContentWork, EditError, Outcomes, VariantChange, check_variant,
    refused_or_broken,
};
pub use notes::{CounterChange, VariantNotes};
pub use query::{ContentOrder, ContentPage, ContentPageQuery, ContentSieve};
pub use record::{CatalogContent, CatalogVariant, ContentUse};

role! {
    /// Shows items with all that their authors see of them, and changes them one by one.
    ///
    /// What is read is what the scope views (S2.15, S2.23); what is changed, what it edits (S2.16).
    /// The variants of an item have methods of their own: the records of items come without them,
    /// and writing an item leaves them as they are.
    ContentCatalog, async AsyncContentCatalog, dyn DynContentCatalog {
        /// Those of the items that the scope views, in the order of their ids.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn catalog_contents(
            &self, scope: &AccessScope, ids: &[ContentId]
        ) -> Result<Vec<CatalogContent>, StoreError>;

        /// A page of items (S3.42, F43).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn content_page(
            &self, scope: &AccessScope, query: &ContentPageQuery
        ) -> Result<ContentPage, StoreError>;

        /// The variants of an item, the newest first and those of one moment by descending key; `None`
        /// if the scope does not view the item (S3.57).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn catalog_variants(
            &self, scope: &AccessScope, content: ContentId
        ) -> Result<Option<Vec<CatalogVariant>>, StoreError>;

        /// Does the steps of a piece of work in their order, and says what became of each.
        ///
        /// A step that is refused leaves nothing behind, and the others go on. If the work is whole,
        /// it ends there instead, and nothing of it is stored.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks; then nothing is stored.
        fn edit_contents(
            &self, scope: &AccessScope, work: &ContentWork
        ) -> Result<Outcomes, StoreError>;
    }
}
