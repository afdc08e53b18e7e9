//! Numbers of content: how it engages, its A/B tests, where and when it is shown, and what does best (S5.21 to S5.35).

mod ab_test;
mod context;
mod engagement;
mod overview;
mod top;
mod usage;

pub(crate) use ab_test::{AbTest, Tested};
pub(crate) use engagement::ContentEngagement;
pub(crate) use overview::ContentOverview;
pub(crate) use top::{TopBy, TopContent, title};
pub(crate) use usage::ContentUsage;

use chatflow::ContentId;
use chatflow_storage::{ContentWindow, Counters};

use super::{Window, rate};

/// The days of an item.
pub(crate) fn window_of(content: ContentId, window: Window) -> ContentWindow {
    ContentWindow { content, from: window.first, to: window.last }
}

/// How many of the impressions were taken up. What is taken up past midnight counts for the next day, so that a day may
/// have more of it than it has impressions: all of them, then.
pub(crate) fn engagement_rate(counters: Counters) -> f64 {
    rate(counters.engagements.min(counters.impressions), counters.impressions)
}
