//! How an item engages (S5.26).

use std::collections::BTreeMap;

use chatflow::FlowId;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, ContentArm, ContentDay, ContentWindow, Counters, StoreError,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::engagement_rate;
use crate::analytics::sentiment::{Sentiment, SentimentScorer};
use crate::analytics::{ScopeEcho, TimePeriod, Window, rate};

/// Of so many answers, the newest, is said how they sound.
const MOST_ANSWERS: u32 = 5000;

/// How an item engages.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ContentEngagement {
    content_id: Uuid,
    /// How often it was shown.
    impressions: u64,
    /// How often it was taken up.
    interactions: u64,
    /// How often a conversation that showed it reached its end.
    conversions: u64,
    /// Interactions of each impression.
    engagement_rate: f64,
    /// What part of the conversations that showed it reached their end, then or later; for each variant apart.
    conversion_rate: f64,
    /// Conversations that showed it and that are still there.
    unique_sessions: u64,
    /// How answers in words of one's own sound; null if there are none.
    #[schema(required)]
    sentiment_analysis: Option<Sentiment>,
    /// The flows that showed it, by name, or by id where names are alike or not the caller's to know: parts of the
    /// impressions.
    usage_contexts: BTreeMap<String, f64>,
    /// Numbers that are not of everything: `sentiment_analysis` is of the newest 5,000 answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    approximate: Vec<&'static str>,
    time_period: TimePeriod,
    /// On whose behalf it was computed; null for the platform.
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

impl ContentEngagement {
    /// Of an item that the scope views.
    pub(crate) async fn read(
        store: &AnyStore,
        scope: &AccessScope,
        window: ContentWindow,
        scorer: &dyn SentimentScorer,
        echo: Option<ScopeEcho>,
    ) -> Result<Self, StoreError> {
        let days = store.content_days(scope, window).await?;
        let arms = store.content_arms(scope, window).await?;
        let audience = store.content_audience(scope, window).await?;
        let wanted = MOST_ANSWERS.saturating_add(1);
        let mut answers = store.content_answers(scope, window, wanted).await?;
        let most = usize::try_from(MOST_ANSWERS).unwrap_or(usize::MAX);
        let approximate =
            if answers.len() > most { vec!["sentiment_analysis"] } else { Vec::new() };
        answers.truncate(most);
        let sum = days.iter().fold(Counters::default(), |sum, day| sum.plus(day.counters));
        Ok(Self {
            content_id: window.content.0,
            impressions: sum.impressions,
            interactions: sum.engagements,
            conversions: sum.conversions,
            engagement_rate: engagement_rate(sum),
            conversion_rate: conversion_rate(&arms),
            unique_sessions: audience.sessions,
            sentiment_analysis: Sentiment::of(&answers, scorer),
            usage_contexts: usage_contexts(store, scope, &days).await?,
            approximate,
            time_period: Window { first: window.from, last: window.to }.echo(),
            scope: echo,
        })
    }
}

fn conversion_rate(arms: &[ContentArm]) -> f64 {
    let sum = |of: fn(&ContentArm) -> u64| arms.iter().map(of).fold(0, u64::saturating_add);
    rate(sum(|arm| arm.converted), sum(|arm| arm.sessions))
}

/// Parts of the impressions, by the names of flows.
async fn usage_contexts(
    store: &AnyStore,
    scope: &AccessScope,
    days: &[ContentDay],
) -> Result<BTreeMap<String, f64>, StoreError> {
    let mut shown: BTreeMap<Option<FlowId>, u64> = BTreeMap::new();
    for day in days.iter().filter(|day| day.counters.impressions > 0) {
        let impressions = shown.entry(day.flow_id).or_default();
        *impressions = impressions.saturating_add(day.counters.impressions);
    }
    let all = shown.values().copied().fold(0, u64::saturating_add);
    let mut names: BTreeMap<FlowId, String> = BTreeMap::new();
    for flow in shown.keys().copied().flatten() {
        let known = store.flow(scope, flow).await?;
        names.insert(flow, known.map_or_else(|| flow.to_string(), |known| known.name));
    }
    let is_alone = |name: &String| names.values().filter(|other| *other == name).count() == 1;
    let name = |flow: Option<FlowId>| match flow {
        Some(flow) => names.get(&flow).filter(|name| is_alone(name)).cloned(),
        None => Some("unknown".to_owned()),
    };
    // A flow may be called as those are that nobody knows.
    let mut told: BTreeMap<String, u64> = BTreeMap::new();
    for (flow, impressions) in &shown {
        let id = || flow.map_or_else(String::new, |flow| flow.to_string());
        let told = told.entry(name(*flow).unwrap_or_else(id)).or_default();
        *told = told.saturating_add(*impressions);
    }
    Ok(told.into_iter().map(|(name, impressions)| (name, rate(impressions, all))).collect())
}
