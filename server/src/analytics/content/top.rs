//! What does best (S5.34).

use std::collections::BTreeMap;

use chatflow::ContentId;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, ContentTotal, ContentTotalQuery, Counters, StoreError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::engagement_rate;
use crate::analytics::{ScopeEcho, TimePeriod, Window};

/// Where a title is looked for, in this order.
const TITLES: [&str; 5] = ["text", "setup", "question_text", "question", "name"];

/// The most characters of a title.
const LONGEST: usize = 50;

/// By what it is judged.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TopBy {
    /// Interactions of each impression.
    #[default]
    Engagement,
    /// How often it was shown.
    Impressions,
}

/// What does best.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct TopContent {
    /// The best first.
    #[serde(rename = "top_content")]
    items: Vec<TopItem>,
    #[schema(inline)]
    metric: TopBy,
    time_period: TimePeriod,
    /// On whose behalf it was computed; null for the platform.
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

/// An item and how it does.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct TopItem {
    content_id: Uuid,
    #[serde(rename = "type")]
    #[schema(example = "fact")]
    kind: String,
    /// What it begins with, at most 50 characters.
    title: String,
    /// Interactions of each impression.
    engagement_score: f64,
    impressions: u64,
    interactions: u64,
    tags: Vec<String>,
}

impl TopContent {
    /// The best `limit` of what the scope views. By engagement those with fewer than `least` impressions are left out,
    /// unless there are not enough others.
    pub(crate) async fn read(
        store: &AnyStore,
        scope: &AccessScope,
        (metric, limit, least): (TopBy, usize, u64),
        window: Window,
        echo: Option<ScopeEcho>,
    ) -> Result<Self, StoreError> {
        let query =
            ContentTotalQuery { kind: None, tags: Vec::new(), from: window.first, to: window.last };
        let totals = store.content_totals(scope, &query).await?;
        let best = best(totals, metric, limit, least);
        let ids: Vec<_> = best.iter().map(|total| total.content).collect();
        let found = store.catalog_contents(scope, &ids).await?;
        let records = found.iter().map(|content| &content.stored.record);
        let titles: BTreeMap<ContentId, String> =
            records.map(|record| (record.id, title(&record.content))).collect();
        let item = |total: ContentTotal| TopItem {
            content_id: total.content.0,
            title: titles.get(&total.content).cloned().unwrap_or_else(untitled),
            engagement_score: engagement_rate(total.counters),
            impressions: total.counters.impressions,
            interactions: total.counters.engagements,
            kind: total.kind,
            tags: total.tags,
        };
        let items = best.into_iter().map(item).collect();
        Ok(Self { items, metric, time_period: window.echo(), scope: echo })
    }
}

fn best(totals: Vec<ContentTotal>, metric: TopBy, limit: usize, least: u64) -> Vec<ContentTotal> {
    let mut shown: Vec<_> =
        totals.into_iter().filter(|total| total.counters.impressions > 0).collect();
    let is_known = |total: &ContentTotal| total.counters.impressions >= least;
    let enough = shown.iter().filter(|total| is_known(total)).count() >= limit;
    if metric == TopBy::Engagement && enough {
        shown.retain(is_known);
    }
    shown.sort_by(|one, next| {
        let (counters, others) = (one.counters, next.counters);
        let by_rate = match metric {
            TopBy::Engagement => by_engagement(others, counters),
            TopBy::Impressions => std::cmp::Ordering::Equal,
        };
        by_rate
            .then_with(|| others.impressions.cmp(&counters.impressions))
            .then_with(|| one.content.cmp(&next.content))
    });
    shown.truncate(limit);
    shown
}

/// Compares rates of engagement without rounding them.
fn by_engagement(one: Counters, next: Counters) -> std::cmp::Ordering {
    let taken = |counters: Counters| u128::from(counters.engagements.min(counters.impressions));
    let product = |taken: u128, other: Counters| taken.saturating_mul(other.impressions.into());
    product(taken(one), next).cmp(&product(taken(next), one))
}

fn untitled() -> String {
    "Untitled".to_owned()
}

/// What an item begins with.
pub(crate) fn title(content: &str) -> String {
    let content: Map<String, Value> = serde_json::from_str(content).unwrap_or_default();
    let text = |key: &str| Some(content.get(key)?.as_str()?.trim());
    let found = TITLES.into_iter().filter_map(text).find(|text| !text.is_empty());
    found.map_or_else(untitled, |text| text.chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn total(id: u128, impressions: u64, engagements: u64) -> ContentTotal {
        ContentTotal {
            content: ContentId(Uuid::from_u128(id)),
            kind: "joke".to_owned(),
            tags: Vec::new(),
            counters: Counters { impressions, engagements, conversions: 0 },
        }
    }

    fn ids(totals: &[ContentTotal], metric: TopBy, limit: usize) -> Vec<u128> {
        let best = best(totals.to_vec(), metric, limit, 5);
        best.iter().map(|total| total.content.0.as_u128()).collect()
    }

    #[test]
    fn the_best_come_first() {
        // S5.34
        let totals = [
            total(1, 10, 5),
            total(2, 20, 10),
            total(3, 4, 4),
            total(4, 20, 10),
            total(5, 100, 1),
            total(6, 0, 3),
            // Past midnight.
            total(7, 5, 9),
        ];
        assert_eq!(ids(&totals, TopBy::Impressions, 10), [5, 2, 4, 1, 7, 3]);
        assert_eq!(ids(&totals, TopBy::Impressions, 2), [5, 2]);
        // Five have five impressions.
        assert_eq!(ids(&totals, TopBy::Engagement, 5), [7, 2, 4, 1, 5]);
        assert_eq!(ids(&totals, TopBy::Engagement, 3), [7, 2, 4]);
        assert_eq!(ids(&totals, TopBy::Engagement, 6), [7, 3, 2, 4, 1, 5]);
        assert_eq!(ids(&[], TopBy::Engagement, 6), []);
    }

    #[test]
    fn a_title_is_what_an_item_begins_with() {
        // S5.34
        let long = "āé".repeat(40);
        for (content, expected) in [
            (json!({"text": "Hello", "setup": "Why?"}), "Hello"),
            (json!({"setup": "Why?", "punchline": "Because."}), "Why?"),
            (json!({"text": " ", "question_text": "How?"}), "How?"),
            (json!({"question": {"text": "Nested"}, "name": "Named"}), "Named"),
            (json!({"question": "Which?"}), "Which?"),
            (json!({"other": 1}), "Untitled"),
            (json!([]), "Untitled"),
            (json!({"text": long}), &long.chars().take(50).collect::<String>()),
        ] {
            assert_eq!(title(&content.to_string()), expected);
        }
    }
}
