//! The datasets of content: how items engage, and what their A/B tests show.

use chatflow::ContentId;
use chatflow_storage::prelude::*;
use chatflow_storage::{CatalogContent, ContentTotalQuery};
use serde_json::{Map, Value, json};

use super::super::cells::Dataset;
use super::super::fault::Fault;
use super::super::pick;
use super::super::pulse::Pulse;
use super::super::sheet::Sheets;
use super::Reading;
use crate::analytics::{AbTest, ContentEngagement, Tested, title, window_of};

/// What the endpoint of an item tells (S5.26), with its type, title and state.
pub(in crate::exports) const CONTENT: [&str; 16] = [
    "content_id",
    "type",
    "title",
    "status",
    "time_period/start_date",
    "time_period/end_date",
    "impressions",
    "interactions",
    "conversions",
    "engagement_rate",
    "conversion_rate",
    "unique_sessions",
    "sentiment_positive=sentiment_analysis/positive",
    "sentiment_neutral=sentiment_analysis/neutral",
    "sentiment_negative=sentiment_analysis/negative",
    "approximate",
];

/// What the endpoint of an item's A/B test tells of each arm (S5.27), for the days of the export.
pub(in crate::exports) const VARIANTS: [&str; 15] = [
    "content_id",
    "variant_key",
    "time_period/start_date",
    "time_period/end_date",
    "test_status",
    "traffic_percentage",
    "sample_size",
    "conversions",
    "conversion_rate",
    "confidence_low=confidence_interval/0",
    "confidence_high=confidence_interval/1",
    "engagement_rate",
    "p_value",
    "lift",
    "is_winner",
];

impl Reading<'_> {
    /// Writes the rows of all items that are asked for.
    pub(super) async fn contents(
        &self,
        sheets: &mut Sheets,
        pulse: &mut Pulse,
    ) -> Result<(), Fault> {
        let ids = self.items().await?;
        for (done, id) in ids.iter().enumerate() {
            pulse.at(done, ids.len()).await?;
            let found = self.store.catalog_contents(&self.scope, &[*id]).await?;
            for item in &found {
                self.engagement(item, sheets).await?;
                self.arms(item, sheets).await?;
            }
        }
        Ok(())
    }

    /// The items that are named, or all to which something happened.
    async fn items(&self) -> Result<Vec<ContentId>, Fault> {
        if !self.ask.contents.is_empty() {
            return Ok(self.ask.contents.clone());
        }
        let (from, to) = self.ask.days();
        let query = ContentTotalQuery { kind: None, tags: Vec::new(), from, to };
        let totals = self.store.content_totals(&self.scope, &query).await?;
        Ok(totals.into_iter().map(|total| total.content).collect())
    }

    async fn engagement(&self, item: &CatalogContent, sheets: &mut Sheets) -> Result<(), Fault> {
        if !sheets.has(Dataset::Content) {
            return Ok(());
        }
        let record = &item.stored.record;
        let window = window_of(record.id, self.window());
        let told =
            ContentEngagement::read(self.store, &self.scope, window, self.scorer, None).await?;
        let mut answer = json!(told);
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("type".to_owned(), json!(record.kind));
            answer.insert("title".to_owned(), json!(title(&record.content)));
            answer.insert("status".to_owned(), json!(record.status));
        }
        sheets.add(Dataset::Content, &pick::row(&answer, &CONTENT))
    }

    async fn arms(&self, item: &CatalogContent, sheets: &mut Sheets) -> Result<(), Fault> {
        if !sheets.has(Dataset::Variants) {
            return Ok(());
        }
        let (record, window) = (&item.stored.record, self.window());
        let arms = self.store.content_arms(&self.scope, window_of(record.id, window)).await?;
        let variants = self.store.catalog_variants(&self.scope, record.id).await?;
        let variants = variants.unwrap_or_default();
        let tested = Tested { record, variants: &variants, arms: &arms, by_hand: true };
        let demand = self.analytics.demand();
        let mut test = json!(AbTest::of(tested, demand, Some(window.echo()), None));
        let winner = test.get("winning_variant").cloned().unwrap_or_default();
        let results = test.get_mut("test_results").map(Value::take);
        let Some(Value::Object(results)) = results else { return Ok(()) };
        for (key, result) in results {
            let mut row: Map<String, Value> = test.as_object().cloned().unwrap_or_default();
            row.extend(result.as_object().cloned().unwrap_or_default());
            row.insert("is_winner".to_owned(), json!(winner == key.as_str()));
            row.insert("variant_key".to_owned(), json!(key));
            sheets.add(Dataset::Variants, &pick::row(&row.into(), &VARIANTS))?;
        }
        Ok(())
    }
}
