//! Numbers of conversations and content, computed from what was recorded (section 5).
//!
//! What all of them share stands here: the days that are asked for, how rates are rounded, who may ask and for whose
//! sessions, and how long an answer is repeated.

mod cache;
mod content;
mod experiment;
mod options;
mod rate;
mod reporter;
mod sentiment;
mod window;

pub(crate) use cache::Cache;
pub(crate) use content::{
    AbTest, ContentEngagement, ContentOverview, ContentUsage, Tested, TopBy, TopContent, window_of,
};
pub use options::AnalyticsOptions;
pub(crate) use rate::{number, percentage, rate, rounded, seconds};
pub(crate) use reporter::{OfSchool, Reporter, ScopeEcho};
pub use sentiment::{EnglishWords, SentimentScorer};
pub(crate) use window::{Days, TimePeriod, Window, date};
