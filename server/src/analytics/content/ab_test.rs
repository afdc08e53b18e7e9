//! What the A/B test of an item shows (S5.27).

use std::collections::BTreeMap;

use chatflow_storage::{CatalogVariant, ContentArm, ContentRecord};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::analytics::experiment::{Arm, CONTROL, Demand, Difference, Method, judge};
use crate::analytics::{ScopeEcho, TimePeriod, rate, rounded};

/// The weight of the item as it is, unless its `info` says otherwise (R13.20).
const USUAL_WEIGHT: u64 = 100;

/// Whether a test runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TestStatus {
    /// Two arms at least are being shown.
    Active,
    /// There is nothing to compare.
    NotRunning,
    /// One arm at most is being shown, but two at least have been.
    Completed,
}

/// What the A/B test of an item shows.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct AbTest {
    content_id: Uuid,
    #[schema(inline)]
    test_status: TestStatus,
    /// By variant; `control` is the item as it is.
    test_results: BTreeMap<String, TestResult>,
    /// Null if there is nothing to compare.
    #[schema(required)]
    statistical_significance: Option<Significance>,
    /// The variant that is significantly better than the control, or `control`, or null.
    #[schema(required)]
    winning_variant: Option<String>,
    /// How sure a result has to be; 0 without data.
    confidence_level: f64,
    /// Null for all that is known.
    #[schema(required)]
    time_period: Option<TimePeriod>,
    /// On whose behalf it was computed; null for the platform.
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

/// What one arm of a test shows.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct TestResult {
    /// How many percent of those who come now are shown it.
    traffic_percentage: f64,
    /// What part of the conversations that were shown it reached their end.
    conversion_rate: f64,
    /// What part of them took it up.
    engagement_rate: f64,
    /// Conversations that were shown it, and impressions added by hand.
    sample_size: u64,
    /// Those of them that reached their end.
    conversions: u64,
    /// Between which rates of conversion the true one lies (Wilson's score interval).
    #[schema(min_items = 2, max_items = 2)]
    confidence_interval: [f64; 2],
    /// How likely so great a difference to the control is by chance; null for the control.
    #[schema(required)]
    p_value: Option<f64>,
    /// By which part it converts better than the control; null for the control, or if that never converts.
    #[schema(required)]
    lift: Option<f64>,
}

/// How sure the difference is that decides.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Significance {
    confidence_level: f64,
    p_value: f64,
    is_significant: bool,
    #[schema(inline)]
    method: Method,
    /// `holm` if several arms were compared with the control, else `none`.
    #[schema(example = "none")]
    correction: &'static str,
}

/// What is tested: an item, its variants, and what became of those who were shown them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tested<'a> {
    pub(crate) record: &'a ContentRecord,
    pub(crate) variants: &'a [CatalogVariant],
    pub(crate) arms: &'a [ContentArm],
    /// Whether what was added by hand counts.
    pub(crate) by_hand: bool,
}

/// An arm with what is counted of it.
struct Counted {
    arm: Arm,
    engaged: u64,
}

impl AbTest {
    /// What the test shows.
    pub(crate) fn of(
        tested: Tested<'_>,
        demand: Demand,
        time_period: Option<TimePeriod>,
        scope: Option<ScopeEcho>,
    ) -> Self {
        let counted = tested.counted();
        let weights = tested.weights();
        let arms: Vec<Arm> = counted.iter().map(|counted| counted.arm.clone()).collect();
        let verdict = judge(&arms, demand);
        let all = weights.values().copied().fold(0, u64::saturating_add);
        let results = counted.iter().zip(&verdict.arms).map(|(Counted { arm, engaged }, said)| {
            let weight = weights.get(arm.key.as_str()).copied().unwrap_or_default();
            let result = TestResult {
                traffic_percentage: rounded(rate_of(weight, all) * 100.0),
                conversion_rate: rate(arm.conversions, arm.sample),
                engagement_rate: rate(*engaged, arm.sample),
                sample_size: arm.sample,
                conversions: arm.conversions,
                confidence_interval: said.interval.map(rounded),
                p_value: said.difference.map(|difference| rounded(difference.p_value)),
                lift: said.lift.map(rounded),
            };
            (arm.key.clone(), result)
        });
        let significance = |difference: Difference| Significance {
            confidence_level: demand.confidence,
            p_value: rounded(difference.p_value),
            is_significant: difference.is_significant,
            method: difference.method,
            correction: if difference.is_corrected { "holm" } else { "none" },
        };
        let with_data = arms.iter().filter(|arm| arm.sample > 0).count();
        Self {
            content_id: tested.record.id.0,
            test_status: match (weights.len(), with_data) {
                (2.., _) => TestStatus::Active,
                (_, 2..) => TestStatus::Completed,
                _ => TestStatus::NotRunning,
            },
            test_results: results.collect(),
            statistical_significance: verdict.difference.map(significance),
            winning_variant: verdict.winner,
            confidence_level: if arms.is_empty() { 0.0 } else { demand.confidence },
            time_period,
            scope,
        }
    }
}

/// A part that is not rounded yet.
fn rate_of(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { crate::analytics::number(part) / crate::analytics::number(of) }
}

impl Tested<'_> {
    /// The arms, by key: every variant that was ever shown and the control, or none if nobody was shown any. More than
    /// were shown it cannot have taken it up, whatever was added by hand.
    fn counted(&self) -> Vec<Counted> {
        let mut arms: BTreeMap<&str, Counted> = BTreeMap::new();
        for told in self.arms {
            let Some(key) = told.variant_key.as_deref() else { continue };
            let added =
                if self.by_hand { told.by_hand } else { chatflow_storage::Counters::default() };
            let sample = told.sessions.saturating_add(added.impressions);
            let conversions = told.converted.saturating_add(added.conversions).min(sample);
            let engaged = told.engaged.saturating_add(added.engagements).min(sample);
            let arm = Arm { key: key.to_owned(), sample, conversions };
            arms.insert(key, Counted { arm, engaged });
        }
        if arms.values().all(|counted| counted.arm.sample == 0) {
            return Vec::new();
        }
        let nobody = Arm { key: CONTROL.to_owned(), sample: 0, conversions: 0 };
        arms.entry(CONTROL).or_insert(Counted { arm: nobody, engaged: 0 });
        arms.into_values().collect()
    }

    /// The arms that are being shown, with their weights (R13.20); conditions are not looked at. Without a variant to
    /// show, the item is not tested.
    fn weights(&self) -> BTreeMap<&str, u64> {
        let on = self.variants.iter().map(|variant| &variant.record);
        let mut weights: BTreeMap<&str, u64> = on
            .filter(|record| record.is_active && record.weight > 0)
            .map(|record| (record.key.as_str(), record.weight.into()))
            .collect();
        let is_named = self.variants.iter().any(|variant| variant.record.key == CONTROL);
        if weights.is_empty() || is_named {
            return weights;
        }
        let info: Map<String, Value> = serde_json::from_str(&self.record.info).unwrap_or_default();
        let weight = info.get("control_weight").filter(|weight| weight.is_number());
        let weight = weight.map_or(USUAL_WEIGHT, |weight| weight.as_u64().unwrap_or_default());
        if weight > 0 {
            weights.insert(CONTROL, weight);
        }
        weights
    }
}
