//! The numbers of one flow (S3.148 to S3.150).
#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::extract::State;
use axum::response::Response;
use chatflow::{FlowId, NodeId};
use chatflow_storage::Measured;
use serde::Deserialize;
use utoipa::IntoParams;

use super::source;
use crate::analytics::{
    Days, FlowAnalytics, Funnel, Granularity, OfSchool, Performance, Reporter, Steps, Window,
    buckets,
};
use crate::app::Shared;
use crate::error::ApiError;
use crate::host::now;
use crate::input::{PathId, QueryOf};

/// How many steps a funnel may be asked for.
const MOST_STEPS: usize = 200;

/// Which of a flow's sessions count.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfVersion {
    /// Only those that ran the version with this label.
    #[param(max_length = 50)]
    version: Option<String>,
}

/// The numbers of a flow.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/analytics", tag = "analytics",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path), Days, OfVersion, OfSchool),
    responses((status = 200, body = FlowAnalytics)))]
pub(crate) async fn read(
    State(app): Shared,
    reporter: Reporter,
    PathId(id): PathId,
    (days, of): (QueryOf<Days>, QueryOf<OfSchool>),
    QueryOf { value: OfVersion { version }, .. }: QueryOf<OfVersion>,
) -> Result<Response, ApiError> {
    let (flow, window) = (FlowId(id), days.value.window(now())?);
    let school = reporter.school(of.value)?;
    let compute = async {
        let draft = reporter.flow(&app, flow).await?;
        let source = source(&app, &reporter, school).await?;
        let counted = match version {
            None => source.count(flow, Measured::Flows, window).await?,
            Some(version) => source.count_version(flow, &version, window).await?,
        };
        Ok(FlowAnalytics::of(flow, window, &counted, reporter.echo_of(&draft, school)))
    };
    reporter.answer(&app, compute).await
}

/// Which steps of a flow are told of.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FunnelQuery {
    /// The nodes, in this order; at most 200.
    #[serde(default)]
    #[param(style = Form, explode = false)]
    steps: Vec<String>,
    /// All nodes instead of questions, messages and where the flow is entered.
    all: Option<bool>,
}

/// How far the visitors of a flow get.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/analytics/funnel", tag = "analytics",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path), Days, FunnelQuery, OfSchool),
    responses((status = 200, body = Funnel)))]
pub(crate) async fn funnel(
    State(app): Shared,
    reporter: Reporter,
    PathId(id): PathId,
    (days, of): (QueryOf<Days>, QueryOf<OfSchool>),
    QueryOf { value: asked, .. }: QueryOf<FunnelQuery>,
) -> Result<Response, ApiError> {
    let (flow, window) = (FlowId(id), days.value.window(now())?);
    let school = reporter.school(of.value)?;
    let steps = asked.steps()?;
    let compute = async {
        let draft = reporter.flow(&app, flow).await?;
        let source = source(&app, &reporter, school).await?;
        let counted = source.count(flow, Measured::All, window).await?;
        let record = &draft.stored.record;
        if let Steps::Chosen(chosen) = &steps {
            let is_known = |id: &NodeId| {
                record.nodes.iter().any(|node| node.node_id == *id)
                    || counted.tally.nodes.contains_key(id)
            };
            if let Some(unknown) = chosen.iter().find(|id| !is_known(id)) {
                let message = format!("`{unknown}` is no node of this flow");
                return Err(ApiError::field(&["query", "steps"], "value_error.reference", message));
            }
        }
        let echo = reporter.echo_of(&draft, school);
        Ok(Funnel::of(record, &steps, (window, &counted), echo))
    };
    reporter.answer(&app, compute).await
}

impl FunnelQuery {
    fn steps(&self) -> Result<Steps, ApiError> {
        let mut chosen: Vec<NodeId> = Vec::new();
        for id in self.steps.iter().map(|id| NodeId::from(id.as_str())) {
            if !chosen.contains(&id) {
                chosen.push(id);
            }
            if chosen.len() > MOST_STEPS {
                let message = format!("names more than {MOST_STEPS} steps");
                return Err(ApiError::field(&["query", "steps"], "value_error.items", message));
            }
        }
        Ok(match (chosen.is_empty(), self.all) {
            (false, _) => Steps::Chosen(chosen),
            (true, Some(true)) => Steps::All,
            (true, Some(false) | None) => Steps::Usual,
        })
    }
}

/// How a flow's days are told.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PerformanceQuery {
    /// `hourly`, `daily` or `weekly`; `daily` if nothing is said.
    #[param(inline)]
    granularity: Option<Granularity>,
    /// From so many days before today until now.
    #[serde(default = "week")]
    #[param(minimum = 1, maximum = 90, default = 7)]
    days: u32,
    /// Whether times without sessions are told, too.
    #[serde(default)]
    fill: bool,
}

const fn week() -> u32 {
    7
}

/// How a flow does from day to day.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/analytics/performance", tag = "analytics",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path), PerformanceQuery, OfSchool),
    responses((status = 200, body = Performance)))]
pub(crate) async fn performance(
    State(app): Shared,
    reporter: Reporter,
    PathId(id): PathId,
    QueryOf { value: asked, .. }: QueryOf<PerformanceQuery>,
    QueryOf { value: of, .. }: QueryOf<OfSchool>,
) -> Result<Response, ApiError> {
    let (flow, school) = (FlowId(id), reporter.school(of)?);
    let granularity = asked.granularity.unwrap_or_default();
    let compute = async {
        let draft = reporter.flow(&app, flow).await?;
        let source = source(&app, &reporter, school).await?;
        let window = Window::of_last(asked.days, source.now());
        let found = buckets(&source, flow, granularity, window).await?;
        let echo = reporter.echo_of(&draft, school);
        let filled = (asked.fill, source.now());
        Ok(Performance::of(flow, granularity, (window, &found), filled, echo))
    };
    reporter.answer(&app, compute).await
}
