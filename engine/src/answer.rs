//! What a visitor's reply means to a question (R3.1 to R3.50).

pub(crate) mod choice;
mod contact;
mod date;
mod field;
mod file;
mod input_type;
mod measure;
pub(crate) mod option;
pub(crate) mod options;
mod refusal;
mod rules;
mod text;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use input_type::InputType;
pub use option::AnswerOption;
pub(crate) use refusal::{Refusal, RefusalCode};
pub(crate) use rules::{AnswerRules, OnMaxRetries};

use crate::time::Timestamp;

/// A reply that a question takes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Accepted {
    /// Nothing was said, and nothing had to be: the default or null is stored (R3.14).
    Empty,
    /// An answer.
    Answer {
        /// What is stored.
        value: Value,
        /// Which option was chosen, as presented; yes is 0 and no is 1. `None` where no single
        /// option was.
        option: Option<usize>,
    },
}

impl Accepted {
    fn value(value: impl Into<Value>) -> Self {
        Self::Answer { value: value.into(), option: None }
    }
}

/// The visitor's calendar day, in days since 1970-01-01.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Today {
    /// Days since 1970-01-01.
    pub(crate) days: i64,
}

impl Today {
    /// The day at a point in time for a visitor whose clock is ahead of UTC by so many minutes.
    pub(crate) fn new(at: Timestamp, utc_offset_minutes: i32) -> Self {
        let local = i64::from(utc_offset_minutes).saturating_mul(60_000);
        Self { days: at.as_millis().saturating_add(local).div_euclid(86_400_000) }
    }
}
