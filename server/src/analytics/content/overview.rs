//! All content together (S5.35).

use std::collections::BTreeMap;

use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, ContentKindCount, ContentTotal, ContentTotalQuery, Counters, StoreError,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::engagement_rate;
use crate::analytics::{ScopeEcho, TimePeriod, Window, number, rounded};

/// So many tags are told of.
const MOST_TAGS: usize = 10;

/// All content together.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ContentOverview {
    filters: ContentFilters,
    analytics: ContentNumbers,
    time_period: TimePeriod,
    /// On whose behalf it was computed; null for the platform.
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

/// Which items count.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ContentFilters {
    /// Null for all.
    #[schema(required)]
    content_type: Option<String>,
    tags: Vec<String>,
}

/// The numbers of all items that count.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ContentNumbers {
    /// Active items.
    total_content: u64,
    /// The mean of the items that were shown.
    avg_engagement_rate: f64,
    /// At most ten tags, that of the highest rate of engagement first.
    top_performing_tags: Vec<String>,
    total_impressions: u64,
    total_interactions: u64,
    /// By type of item.
    by_type: BTreeMap<String, KindNumbers>,
}

/// The numbers of all items of a type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct KindNumbers {
    items: u64,
    impressions: u64,
    interactions: u64,
    /// Interactions of each impression.
    engagement_rate: f64,
}

impl ContentOverview {
    /// Of what the scope views. A tag counts from `least` impressions on.
    pub(crate) async fn read(
        store: &AnyStore,
        scope: &AccessScope,
        query: ContentTotalQuery,
        least: u64,
        echo: Option<ScopeEcho>,
    ) -> Result<Self, StoreError> {
        let kinds = store.content_kinds(scope, &query).await?;
        let totals = store.content_totals(scope, &query).await?;
        let window = Window { first: query.from, last: query.to };
        Ok(Self {
            analytics: ContentNumbers::of(kinds, &totals, least),
            filters: ContentFilters { content_type: query.kind, tags: query.tags },
            time_period: window.echo(),
            scope: echo,
        })
    }
}

impl ContentNumbers {
    fn of(kinds: Vec<ContentKindCount>, totals: &[ContentTotal], least: u64) -> Self {
        let sum = |totals: &mut dyn Iterator<Item = &ContentTotal>| {
            totals.fold(Counters::default(), |sum, total| sum.plus(total.counters))
        };
        let all = sum(&mut totals.iter());
        let total_content = kinds.iter().fold(0_u64, |sum, kind| sum.saturating_add(kind.items));
        let by_type = kinds.into_iter().map(|ContentKindCount { kind, items }| {
            let own = sum(&mut totals.iter().filter(|total| total.kind == kind));
            let numbers = KindNumbers {
                items,
                impressions: own.impressions,
                interactions: own.engagements,
                engagement_rate: engagement_rate(own),
            };
            (kind, numbers)
        });
        Self {
            total_content,
            avg_engagement_rate: mean_rate(totals),
            top_performing_tags: top_tags(totals, least),
            total_impressions: all.impressions,
            total_interactions: all.engagements,
            by_type: by_type.collect(),
        }
    }
}

/// The mean over items that were shown, each rate as it is before it is rounded.
fn mean_rate(totals: &[ContentTotal]) -> f64 {
    let (mut sum, mut items) = (0.0, 0.0);
    for Counters { impressions, engagements, .. } in totals.iter().map(|total| total.counters) {
        if impressions > 0 {
            sum += number(engagements.min(impressions)) / number(impressions);
            items += 1.0;
        }
    }
    if items > 0.0 { rounded(sum / items) } else { 0.0 }
}

/// Tags by the rate of engagement of all their items together; of equal ones that with more impressions first.
fn top_tags(totals: &[ContentTotal], least: u64) -> Vec<String> {
    let mut tags: BTreeMap<&str, Counters> = BTreeMap::new();
    for total in totals {
        for tag in &total.tags {
            let sum = tags.entry(tag).or_default();
            *sum = sum.plus(total.counters);
        }
    }
    let mut known: Vec<_> =
        tags.into_iter().filter(|(_, sum)| sum.impressions >= least.max(1)).collect();
    known.sort_by(|(_, one), (_, next)| {
        let by_rate = engagement_rate(*next).total_cmp(&engagement_rate(*one));
        by_rate.then_with(|| next.impressions.cmp(&one.impressions))
    });
    known.into_iter().take(MOST_TAGS).map(|(tag, _)| tag.to_owned()).collect()
}
