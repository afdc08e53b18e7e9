//! How often content was shown and taken up, and led to an end: counters and days.

use chatflow::{ContentId, FlowId, TenantId, Timestamp};

use crate::day::Day;
use crate::error::StoreError;
use crate::evidence::ContentEventKind;
use crate::library::check::object;
use crate::role::role;
use crate::scope::AccessScope;

/// What is counted of content. What tables call an interaction, counters call an engagement (F32).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counters {
    /// How often it was shown.
    pub impressions: u64,
    /// How often it was taken up.
    pub engagements: u64,
    /// How often a session that showed it reached its end.
    pub conversions: u64,
}

impl Counters {
    /// One event.
    pub const fn of(kind: ContentEventKind) -> Self {
        let (impressions, engagements, conversions) = match kind {
            ContentEventKind::Impression => (1, 0, 0),
            ContentEventKind::Interaction => (0, 1, 0),
            ContentEventKind::Conversion => (0, 0, 1),
        };
        Self { impressions, engagements, conversions }
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            impressions: self.impressions.saturating_add(other.impressions),
            engagements: self.engagements.saturating_add(other.engagements),
            conversions: self.conversions.saturating_add(other.conversions),
        }
    }

    /// What is more than the other, each for itself.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            impressions: self.impressions.saturating_sub(other.impressions),
            engagements: self.engagements.saturating_sub(other.engagements),
            conversions: self.conversions.saturating_sub(other.conversions),
        }
    }
}

/// What is known of a variant's success (S1.41).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VariantPerformance {
    /// Names it within its item.
    pub variant_key: String,
    /// What its author keeps beside the counters: a JSON object.
    pub data: String,
    /// The events that are counted and what was added by hand.
    pub counters: Counters,
}

/// What an author keeps beside the counters of a variant, to be written (S3.58).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PerformanceData<'a> {
    /// The item.
    pub content: ContentId,
    /// The variant.
    pub variant_key: &'a str,
    /// What it must still be, as it was read, so that two who add keys lose none; `None` replaces
    /// whatever is there.
    pub expected: Option<&'a str>,
    /// What it becomes: a JSON object, without the counters.
    pub data: &'a str,
}

impl PerformanceData<'_> {
    /// Every store checks it before it writes.
    ///
    /// # Errors
    /// [`StoreError`] if the data is no JSON object.
    pub fn check(&self) -> Result<(), StoreError> {
        object(self.data, "`performance_data` must be a JSON object")
            .map_err(|problem| StoreError::Store(problem.into()))
    }
}

/// What became of an item on one day (S5.25).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentDay {
    /// The day.
    pub day: Day,
    /// The variant; `None` when none was chosen.
    pub variant_key: Option<String>,
    /// The flow that showed it.
    pub flow_id: Option<FlowId>,
    /// The school of the sessions.
    pub school_id: Option<TenantId>,
    /// How often what happened.
    pub counters: Counters,
}

role! {
    /// Counts content events and keeps what was counted.
    ///
    /// An event is counted once, in the transaction that marks it as counted; no turn ever waits for
    /// a counter (F17). So counters are counted events and increments by hand, whatever runs at
    /// once, and stay so when events are deleted. They belong to a key, not to a row: a variant that
    /// is taken out and put back has them still.
    PerformanceStore, async AsyncPerformanceStore, dyn DynPerformanceStore {
        /// Adds to the counters of a variant at once and says where they stand (S3.59); `None` if
        /// there is no such variant of an item that the scope may change.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn add_performance(
            &self, scope: &AccessScope, content: ContentId, variant_key: &str, increments: Counters
        ) -> Result<Option<Counters>, StoreError>;

        /// Writes what an author keeps beside the counters; false if there is no such variant of an
        /// item that the scope may change, or if it is not what was expected: whoever adds keys then
        /// reads again. It goes with its variant.
        ///
        /// # Errors
        /// [`StoreError`] if it is no JSON object or the store breaks; then nothing is stored.
        fn write_performance_data(
            &self, scope: &AccessScope, change: PerformanceData<'_>
        ) -> Result<bool, StoreError>;

        /// The variants of an item that the scope may view, by key (S3.57).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn performance(
            &self, scope: &AccessScope, content: ContentId
        ) -> Result<Vec<VariantPerformance>, StoreError>;

        /// Counts at most `limit` events that are not counted yet, into counters and days; says how
        /// many there were. Jobs may do so at once.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks; then nothing is counted.
        fn count_content_events(&self, limit: u64) -> Result<u64, StoreError>;

        /// Deletes at most `limit` events that are counted and happened before then; says how many
        /// there were.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn delete_content_events(&self, before: Timestamp, limit: u64) -> Result<u64, StoreError>;
    }
}
