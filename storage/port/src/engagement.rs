//! What content events tell those who look at content: facts, and no rates made of them (S5.21 to S5.35).

mod reach;
mod record;

use crate::error::StoreError;
use crate::performance::ContentDay;
use crate::role::role;
use crate::scope::AccessScope;

pub use reach::ContentReach;
pub use record::{
    ContentArm, ContentAudience, ContentKindCount, ContentTotal, ContentTotalQuery, ContentWindow,
    ImpressionCursor, ImpressionFacts, ImpressionPage, ImpressionQuery, ShownSession, TurnPath,
};

role! {
    /// Reads what became of content, on days of the calendar: an event belongs to the day on which it
    /// happened. Previews leave no events (S4.14), so that they are told of nowhere.
    ///
    /// A scope is told of all sessions that were shown an item that it may change, and of the sessions
    /// of its own schools that were shown one that it views (S2.30); see [`ContentReach`].
    ///
    /// Days stay when sessions or events are deleted. What is told of sessions is told of those that
    /// are still there.
    EngagementStore, async AsyncEngagementStore, dyn DynEngagementStore {
        /// How often what happened to an item, ordered by day, variant, flow and school; whether it is
        /// counted yet (F17) makes no difference.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn content_days(
            &self, scope: &AccessScope, window: ContentWindow
        ) -> Result<Vec<ContentDay>, StoreError>;

        /// The variants of an item that were shown in the window, by key; what was shown without one
        /// comes first. Who is told of all sessions is also told of every variant that ever had a
        /// counter.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn content_arms(
            &self, scope: &AccessScope, window: ContentWindow
        ) -> Result<Vec<ContentArm>, StoreError>;

        /// To how many an item was shown, and when. It is told of events that are still there.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn content_audience(
            &self, scope: &AccessScope, window: ContentWindow
        ) -> Result<ContentAudience, StoreError>;

        /// A page of the impressions of an item, the newest first, with the sessions that they belong to.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn content_impressions(
            &self, scope: &AccessScope, query: &ImpressionQuery
        ) -> Result<ImpressionPage, StoreError>;

        /// What was answered to an item, at most `limit` answers, the newest first: JSON, masked as it
        /// was stored.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn content_answers(
            &self, scope: &AccessScope, window: ContentWindow, limit: u32
        ) -> Result<Vec<String>, StoreError>;

        /// How many active items the scope views, by type.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn content_kinds(
            &self, scope: &AccessScope, query: &ContentTotalQuery
        ) -> Result<Vec<ContentKindCount>, StoreError>;

        /// How often what happened to each active item that the scope views and that something
        /// happened to, ordered by id.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn content_totals(
            &self, scope: &AccessScope, query: &ContentTotalQuery
        ) -> Result<Vec<ContentTotal>, StoreError>;
    }
}
