//! Subscriptions to events, and what was sent to them.

mod record;

use chatflow::Timestamp;

use crate::error::StoreError;
use crate::id::SubscriptionId;
use crate::library::{ApplyError, Change};
use crate::role::role;
use crate::scope::AccessScope;

pub use record::{
    Circuit, DeliveryQuery, DeliveryRecord, EventFacts, Health, Match, SealedSecret,
    StoredSubscription, SubscriptionMethod, SubscriptionQuery, SubscriptionRecord,
    SubscriptionStatus, check_subscription,
};

role! {
    /// Keeps the subscriptions of the platform and of schools (S6.40).
    ///
    /// A scope reads and writes those that it owns: all of them, or those of its schools.
    SubscriptionStore, async AsyncSubscriptionStore, dyn DynSubscriptionStore {
        /// One subscription.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn subscription(
            &self, scope: &AccessScope, id: SubscriptionId
        ) -> Result<Option<StoredSubscription>, StoreError>;

        /// Subscriptions in the order of their ids.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn subscriptions(
            &self, scope: &AccessScope, query: &SubscriptionQuery
        ) -> Result<Vec<StoredSubscription>, StoreError>;

        /// Writes a subscription and answers with its row's version.
        ///
        /// One that becomes active starts with a clean bill of health (S6.46).
        ///
        /// # Errors
        /// [`ApplyError`]; then nothing is stored.
        fn write_subscription(
            &self, scope: &AccessScope, change: &Change<SubscriptionRecord>, at: Timestamp
        ) -> Result<u64, ApplyError>;

        /// Deletes a subscription and the record of its deliveries; false if there is none.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks; then nothing is stored.
        fn delete_subscription(
            &self, scope: &AccessScope, id: SubscriptionId
        ) -> Result<bool, StoreError>;

        /// The active subscriptions that receive an event, in the order of their ids (S6.41).
        ///
        /// For those who write events, whoever causes them; so there is no scope.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn matching_subscriptions(&self, facts: &EventFacts) -> Result<Vec<Match>, StoreError>;

        /// Takes the one probe that is let through to a failing receiver (S6.46); false if the
        /// health is no longer as `seen`, because somebody else has taken it, say.
        ///
        /// Whoever takes it owes a settlement; after `until` there may be another.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn take_probe(
            &self, id: SubscriptionId, seen: &Health, until: Timestamp
        ) -> Result<bool, StoreError>;

        /// What was sent to a subscription, the newest first (S6.48).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn deliveries(
            &self, scope: &AccessScope, query: &DeliveryQuery
        ) -> Result<Vec<DeliveryRecord>, StoreError>;

        /// Deletes deliveries from before a moment, at most `limit`, and says how many they were
        /// (S1.66).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn delete_deliveries(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
    }
}
