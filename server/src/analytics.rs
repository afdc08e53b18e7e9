//! Numbers of conversations and content, computed from what was recorded (section 5).
//!
//! What all of them share stands here: the days that are asked for, how rates are rounded, who may ask and for whose
//! sessions, and how long an answer is repeated.

mod age;
mod answers;
mod cache;
mod compare;
mod content;
mod experiment;
mod flow;
mod funnel;
mod node;
mod options;
mod overview;
mod paths;
mod performance;
mod rate;
mod reporter;
mod responses;
mod segment;
mod sentiment;
mod source;
mod summary;
mod window;

pub(crate) use answers::Answers;
pub(crate) use cache::Cache;
pub(crate) use compare::{Comparison, Contender};
pub(crate) use content::{
    AbTest, ContentEngagement, ContentOverview, ContentUsage, Tested, TopBy, TopContent, title,
    window_of,
};
pub(crate) use flow::FlowAnalytics;
pub(crate) use funnel::{Funnel, Steps};
pub(crate) use node::{NodeAnalytics, Place};
pub use options::AnalyticsOptions;
pub(crate) use overview::{Dashboard, Listed, Metric, TopFlows, listed};
pub(crate) use paths::{Paths, Ways};
pub(crate) use performance::{Granularity, Performance, buckets};
pub(crate) use rate::{number, rate, rounded, seconds};
pub(crate) use reporter::{OfSchool, Reporter, ScopeEcho};
pub(crate) use responses::{Responses, options};
pub(crate) use segment::Segment;
pub use sentiment::{EnglishWords, SentimentScorer};
pub(crate) use source::{Counted, Looked, Source};
pub(crate) use summary::{SessionSummaries, SummaryFilters};
pub(crate) use window::{Days, TimePeriod, Window, date};
