//! Flows beside each other (S3.151).
#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chatflow::FlowId;
use chatflow_storage::prelude::*;
use chatflow_storage::{FlowDraft, Record as _};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::source;
use crate::analytics::{Comparison, Contender, Days, OfSchool, Reporter};
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::host::now;
use crate::input::QueryOf;

/// How many flows may be compared.
const MOST: usize = 20;

/// Which flows are compared.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Flows {
    /// Up to 20 flows, parted by commas.
    #[param(style = Form, explode = false)]
    flow_ids: Vec<String>,
}

/// Flows beside each other.
#[utoipa::path(get, path = "/v1/cms/flows/analytics/compare", tag = "analytics",
    security(("bearer" = [])), params(Flows, Days, OfSchool),
    responses((status = 200, body = Comparison)))]
pub(crate) async fn read(
    State(app): Shared,
    reporter: Reporter,
    QueryOf { value: flows, .. }: QueryOf<Flows>,
    QueryOf { value: days, .. }: QueryOf<Days>,
    QueryOf { value: of, .. }: QueryOf<OfSchool>,
) -> Result<Response, ApiError> {
    let (ids, window) = (flows.ids()?, days.window(now())?);
    let school = reporter.school(of)?;
    let compute = async {
        let drafts = drafts(&app, &reporter, &ids).await?;
        let source = source(&app, &reporter, school).await?;
        let records: Vec<_> = drafts.iter().map(|draft| &draft.stored.record).collect();
        let all = Contender::all(&source, &records, window).await?;
        let scope = reporter.scope();
        let is_own = |draft: &FlowDraft| {
            draft.stored.record.access().is_some_and(|access| scope.edits(&access))
        };
        let echo = reporter.echo(school, drafts.iter().all(is_own));
        Ok(Comparison::of(&all, app.options.analytics.demand(), window, echo))
    };
    reporter.answer(&app, compute).await
}

impl Flows {
    /// Each once, in the order in which they are named.
    fn ids(&self) -> Result<Vec<FlowId>, ApiError> {
        let mut ids: Vec<FlowId> = Vec::new();
        for text in &self.flow_ids {
            let plain = matches!(text.len(), 32 | 36).then(|| Uuid::try_parse(text).ok()).flatten();
            let id = plain.map(FlowId).ok_or_else(|| {
                let place = ["query", "flow_ids"];
                ApiError::field_as("invalid_uuid", &place, "type_error.uuid", "must be UUIDs")
            })?;
            if !ids.contains(&id) {
                ids.push(id);
            }
            if ids.len() > MOST {
                let message = format!("names more than {MOST} flows");
                return Err(ApiError::field(&["query", "flow_ids"], "value_error.items", message));
            }
        }
        if ids.is_empty() {
            let detail = "flow_ids names no flow";
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "no_flow_ids", detail));
        }
        Ok(ids)
    }
}

/// The flows in the order in which they are named; one that the caller does not view is told by its id.
async fn drafts(
    app: &App,
    reporter: &Reporter,
    ids: &[FlowId],
) -> Result<Vec<FlowDraft>, ApiError> {
    let found = app.store.flow_drafts(reporter.scope(), ids).await?;
    let draft = |id: &FlowId| {
        let draft = found.iter().find(|draft| draft.stored.record.id == *id).cloned();
        draft.ok_or_else(|| {
            let detail = format!("Flow {id} not found");
            ApiError::new(StatusCode::NOT_FOUND, "flow_not_found", detail)
        })
    };
    ids.iter().map(draft).collect()
}
