//! Numbers of conversations and content, computed from what was recorded (section 5).
//!
//! What all of them share stands here: the days that are asked for, how rates are rounded, who may ask and for whose
//! sessions, and how long an answer is repeated.

mod cache;
mod options;
mod rate;
mod reporter;
mod window;

pub(crate) use cache::Cache;
pub use options::AnalyticsOptions;
pub(crate) use rate::{number, percentage, rate, rounded, seconds};
pub(crate) use reporter::{OfSchool, Reporter, ScopeEcho};
pub(crate) use window::{Days, TimePeriod, Window, date};
