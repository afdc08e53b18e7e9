//! The numbers of a flow and of a node (S5.8).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Error, Value, json};

/// Declares numbers that add up.
macro_rules! metrics {
    ($(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident, )* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
        #[serde(default)]
        pub struct $name {
            $( $(#[$field_doc])* pub $field: u64, )*
        }

        impl $name {
            /// Both together.
            #[must_use]
            pub const fn plus(self, other: Self) -> Self {
                Self { $( $field: self.$field.saturating_add(other.$field), )* }
            }
        }
    };
}

metrics! {
    /// The numbers of a flow's sessions. All are sums over sessions but `unique_users`, which adds up
    /// to an upper bound.
    FlowMetrics {
        /// Sessions (N).
        sessions,
        /// Those that reached the end of the flow (C, F50).
        completed,
        /// Those that somebody ended.
        terminated,
        /// Those that an error ended.
        failed,
        /// Those whose visitor left (B).
        abandoned,
        /// Those that go on (A).
        active,
        /// Bounced sessions (X, S5.6).
        bounced,
        /// Answers that were accepted (I).
        inputs,
        /// Sessions with an answer, accepted or not (E).
        engaged,
        /// Sessions of nobody who is signed in.
        anonymous,
        /// Users (U).
        unique_users,
        /// How many milliseconds the sessions took that have ended.
        duration_sum,
        /// How many have ended.
        duration_count,
    }
}

metrics! {
    /// The numbers of a node of the flow, over the flow's sessions. All are sums over sessions.
    NodeMetrics {
        /// Sessions that visited it.
        visitors,
        /// Visits.
        views,
        /// Answers it accepted.
        interactions,
        /// Sessions that visited it and reached the end of the flow (S5.20). The specification names
        /// this number without saying what it counts.
        completions,
        /// Sessions that have not reached the end, whose last visit was here, and that have not
        /// answered since: the numerator of `bounce_rate` (S5.18).
        drop_offs,
        /// Sessions that have not reached the end and whose last visit was here (S5.10).
        last_seen,
        /// How many milliseconds the visits took that something followed.
        time_sum,
        /// How many those are.
        time_count,
        /// How many milliseconds the answers took from the visit before them.
        response_sum,
        /// How many those are.
        response_count,
    }
}

impl FlowMetrics {
    /// The mean duration in seconds, to the millisecond; 0 when no session has ended (S5.5).
    pub fn avg_time(&self) -> f64 {
        mean(self.duration_sum, self.duration_count)
    }

    /// As it is stored: the numbers and `avg_time` (F55).
    pub(super) fn json(&self) -> Value {
        with_mean(json!(self), self.avg_time())
    }
}

impl NodeMetrics {
    /// The mean stay in seconds, to the millisecond; 0 when nothing followed a visit (S5.18).
    pub fn avg_time(&self) -> f64 {
        mean(self.time_sum, self.time_count)
    }

    /// As it is stored: the numbers and `avg_time` (F55).
    pub(super) fn json(&self) -> Value {
        with_mean(json!(self), self.avg_time())
    }
}

/// Reads what `json` wrote; numbers that were not counted yet when it was written are 0.
pub(super) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Error> {
    serde_json::from_str(text)
}

fn mean(millis: u64, count: u64) -> f64 {
    let half = count.checked_div(2).unwrap_or_default();
    let mean = millis.saturating_add(half).checked_div(count).unwrap_or_default();
    Duration::from_millis(mean).as_secs_f64()
}

fn with_mean(mut numbers: Value, avg_time: f64) -> Value {
    if let Value::Object(map) = &mut numbers {
        map.insert("avg_time".to_owned(), json!(avg_time));
    }
    numbers
}
