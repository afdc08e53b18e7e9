//! What authors say of the success of a variant (S3.58): keys of their own, and where counters stand.

use serde_json::{Map, Value};

use crate::performance::Counters;

/// What an author writes into `performance_data`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct VariantNotes {
    /// The keys beside the counters: a JSON object.
    pub notes: String,
    /// Where the counters stand from now on.
    pub counters: CounterChange,
    /// Keys that are not given stay as they are; else they go, and counters are 0.
    pub merges: bool,
}

/// Counters as an author sets them; `None` was not given.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CounterChange {
    /// How often it was shown.
    pub impressions: Option<u64>,
    /// How often it was taken up.
    pub engagements: Option<u64>,
    /// How often a session that showed it reached its end.
    pub conversions: Option<u64>,
}

impl VariantNotes {
    /// The notes that come of the `old` ones.
    pub fn applied_to(&self, old: &str) -> String {
        let read = |text| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
        if !self.merges {
            return self.notes.clone();
        }
        let mut merged = read(old);
        merged.extend(read(&self.notes));
        Value::Object(merged).to_string()
    }

    /// The counters that come of the `old` ones.
    pub fn counted_from(&self, old: Counters) -> Counters {
        let or = |given: Option<u64>, old| given.unwrap_or(if self.merges { old } else { 0 });
        Counters {
            impressions: or(self.counters.impressions, old.impressions),
            engagements: or(self.counters.engagements, old.engagements),
            conversions: or(self.counters.conversions, old.conversions),
        }
    }
}
