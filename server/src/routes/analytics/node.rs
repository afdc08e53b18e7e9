//! The numbers of one node (S3.152 to S3.154).
#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::extract::State;
use axum::response::Response;
use chatflow::{FlowId, NodeId, TenantId};
use chatflow_storage::{FlowDraft, Measured, NodeRow, node_row_id};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::source;
use crate::analytics::{
    Answers, Days, Looked, NodeAnalytics, OfSchool, Paths, Place, Reporter, Responses, ScopeEcho,
    Source, Ways, Window, options,
};
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::host::now;
use crate::input::{PathId, PathText, QueryOf};

/// A node that is asked for.
struct Asked {
    source: Source,
    place: Place,
    /// As it stands in the flow, if it still does.
    row: Option<NodeRow>,
    window: Window,
    echo: Option<ScopeEcho>,
}

impl Asked {
    /// Looks for the node in the flow: by its id, or by that of its row (S3.107).
    async fn of(
        (app, reporter): (&App, &Reporter),
        (PathId(id), PathText(text)): (PathId, PathText<1>),
        (window, school): (Window, Option<TenantId>),
    ) -> Result<Self, ApiError> {
        let flow = FlowId(id);
        let draft = reporter.flow(app, flow).await?;
        let row = row(&draft, &text).cloned();
        let node = row.as_ref().map_or_else(|| NodeId::from(text), |row| row.node_id.clone());
        let source = source(app, reporter, school).await?;
        let echo = reporter.echo_of(&draft, school);
        Ok(Self { source, place: Place { flow, node }, row, window, echo })
    }

    /// A node that is not in the flow any more is known by what happened there.
    async fn check(&self, is_seen: bool) -> Result<(), ApiError> {
        let is_known = self.row.is_some() || is_seen;
        if is_known || self.source.has_kept(&self.place).await? {
            return Ok(());
        }
        Err(ApiError::node_not_found())
    }

    /// What was answered there, in sessions that are still there.
    async fn answers(&self) -> Result<Answers, ApiError> {
        let mut answers = Answers::default();
        let is_question = |row: &NodeRow| row.node_type == "question";
        if self.row.as_ref().is_none_or(is_question) {
            let (window, place) = (self.window, &self.place);
            let each = |session: &_| answers.add(session, place, window);
            self.source.each_session(place.flow, window, Looked::Histories, each).await?;
        }
        Ok(answers)
    }
}

fn row<'a>(draft: &'a FlowDraft, text: &str) -> Option<&'a NodeRow> {
    let record = &draft.stored.record;
    let by_id = record.nodes.iter().find(|node| node.node_id.as_str() == text);
    by_id.or_else(|| {
        let id = Uuid::try_parse(text).ok()?;
        record.nodes.iter().find(|node| node_row_id(record.id, &node.node_id) == id)
    })
}

/// The numbers of a node.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/nodes/{node_ref}/analytics", tag = "analytics",
    security(("bearer" = [])),
    params(("flow_id" = Uuid, Path), ("node_ref" = String, Path), Days, OfSchool),
    responses((status = 200, body = NodeAnalytics)))]
pub(crate) async fn read(
    State(app): Shared,
    reporter: Reporter,
    node: (PathId, PathText<1>),
    QueryOf { value: days, .. }: QueryOf<Days>,
    QueryOf { value: of, .. }: QueryOf<OfSchool>,
) -> Result<Response, ApiError> {
    let (window, school) = (days.window(now())?, reporter.school(of)?);
    let compute = async {
        let asked = Asked::of((&app, &reporter), node, (window, school)).await?;
        let (flow, node) = (asked.place.flow, &asked.place.node);
        let counted = asked.source.count(flow, Measured::Node(node.clone()), window).await?;
        let found = counted.tally.nodes.get(node).copied();
        asked.check(found.is_some()).await?;
        let answers = asked.answers().await?;
        let numbers = found.unwrap_or_default();
        Ok(NodeAnalytics::of(node, window, (&numbers, &answers), asked.echo.clone()))
    };
    reporter.answer(&app, compute).await
}

/// How many answers are told of.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MostResponses {
    /// How many answers are told of at most, the most frequent first.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: u8,
}

const fn fifty() -> u8 {
    50
}

/// Which answers a node gets.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/nodes/{node_ref}/analytics/responses",
    tag = "analytics", security(("bearer" = [])),
    params(("flow_id" = Uuid, Path), ("node_ref" = String, Path), Days, MostResponses, OfSchool),
    responses((status = 200, body = Responses)))]
pub(crate) async fn responses(
    State(app): Shared,
    reporter: Reporter,
    node: (PathId, PathText<1>),
    (days, most): (QueryOf<Days>, QueryOf<MostResponses>),
    QueryOf { value: of, .. }: QueryOf<OfSchool>,
) -> Result<Response, ApiError> {
    let (window, school) = (days.value.window(now())?, reporter.school(of)?);
    let compute = async {
        let asked = Asked::of((&app, &reporter), node, (window, school)).await?;
        let mut answers = asked.answers().await?;
        asked.check(answers.total() > 0).await?;
        let offered = asked.row.iter().flat_map(options);
        offered.for_each(|option| answers.offer(&option));
        let told = (window, usize::from(most.value.limit));
        Ok(Responses::of(&asked.place.node, &answers, told, asked.echo.clone()))
    };
    reporter.answer(&app, compute).await
}

/// How visitors come to a node, and where they go from there.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/nodes/{node_ref}/analytics/paths",
    tag = "analytics", security(("bearer" = [])),
    params(("flow_id" = Uuid, Path), ("node_ref" = String, Path), Days, OfSchool),
    responses((status = 200, body = Paths)))]
pub(crate) async fn paths(
    State(app): Shared,
    reporter: Reporter,
    node: (PathId, PathText<1>),
    QueryOf { value: days, .. }: QueryOf<Days>,
    QueryOf { value: of, .. }: QueryOf<OfSchool>,
) -> Result<Response, ApiError> {
    let (window, school) = (days.window(now())?, reporter.school(of)?);
    let compute = async {
        let asked = Asked::of((&app, &reporter), node, (window, school)).await?;
        let mut ways = Ways::default();
        let each = |session: &_| ways.add(session, &asked.place);
        asked.source.each_session(asked.place.flow, window, Looked::Histories, each).await?;
        asked.check(!ways.is_empty()).await?;
        Ok(Paths::of(&asked.place.node, &ways, window, asked.echo.clone()))
    };
    reporter.answer(&app, compute).await
}
