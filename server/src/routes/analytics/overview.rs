//! All flows together (S3.158, S3.161, S3.162).
#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::extract::State;
use axum::response::Response;
use chatflow::FlowId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::source;
use crate::analytics::{
    Dashboard, Days, Listed, Metric, OfSchool, Reporter, Segment, SessionSummaries, SummaryFilters,
    TopFlows, Window, listed,
};
use crate::app::Shared;
use crate::error::ApiError;
use crate::host::now;
use crate::input::QueryOf;

/// What there is and what goes on.
#[utoipa::path(get, path = "/v1/cms/analytics/dashboard", tag = "analytics",
    security(("bearer" = [])), params(OfSchool), responses((status = 200, body = Dashboard)))]
pub(crate) async fn dashboard(
    State(app): Shared,
    reporter: Reporter,
    QueryOf { value: of, .. }: QueryOf<OfSchool>,
) -> Result<Response, ApiError> {
    let school = reporter.school(of)?;
    let compute = async {
        let source = source(&app, &reporter, school).await?;
        let told = (&app.store, reporter.scope());
        Ok(Dashboard::look(told, school, &source, reporter.echo(school, false)).await?)
    };
    reporter.answer(&app, compute).await
}

/// Which flows are told of.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TopQuery {
    /// How many flows.
    #[serde(default = "five")]
    #[param(minimum = 1, maximum = 20, default = 5)]
    limit: u8,
    /// `completion_rate` or `sessions`; `completion_rate` if nothing is said.
    #[param(inline)]
    metric: Option<Metric>,
    /// From so many days before today until today.
    #[serde(default = "thirty")]
    #[param(minimum = 1, maximum = 90, default = 30)]
    days: u32,
    /// Only flows with at least so many sessions.
    #[serde(default = "one")]
    #[param(minimum = 1, maximum = 1_000_000_000, default = 1)]
    min_sessions: u64,
}

const fn five() -> u8 {
    5
}

const fn thirty() -> u32 {
    30
}

const fn one() -> u64 {
    1
}

/// The flows in use that do best.
#[utoipa::path(get, path = "/v1/cms/analytics/flows/top", tag = "analytics",
    security(("bearer" = [])), params(TopQuery, OfSchool),
    responses((status = 200, body = TopFlows)))]
pub(crate) async fn top(
    State(app): Shared,
    reporter: Reporter,
    QueryOf { value: asked, .. }: QueryOf<TopQuery>,
    QueryOf { value: of, .. }: QueryOf<OfSchool>,
) -> Result<Response, ApiError> {
    let (school, metric) = (reporter.school(of)?, asked.metric.unwrap_or_default());
    let compute = async {
        let source = source(&app, &reporter, school).await?;
        let window = Window::of_last(asked.days, source.now());
        let flows = listed(&app.store, reporter.scope()).await?;
        let wanted = (metric, asked.min_sessions, usize::from(asked.limit));
        let echo = reporter.echo(school, flows.iter().all(|flow| flow.is_own));
        Ok(TopFlows::look((&source, &flows), wanted, window, echo).await?)
    };
    reporter.answer(&app, compute).await
}

/// Whose sessions count.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SegmentQuery {
    /// `all`, `anonymous`, `registered`, `new`, `returning`, `children`, `teens`, `adults`, or what conversations know
    /// as `user.segment`.
    #[param(min_length = 1, max_length = 100)]
    user_segment: Option<String>,
    /// Ages in years, e.g. `7-9` or `18+`.
    #[param(pattern = r"^\d{1,3}(-\d{1,3}|\+)$")]
    age_range: Option<String>,
}

/// The sessions of all flows in one line.
#[utoipa::path(get, path = "/v1/cms/analytics/summary", tag = "analytics",
    security(("bearer" = [])), params(Days, SegmentQuery, OfSchool),
    responses((status = 200, body = SessionSummaries)))]
pub(crate) async fn summary(
    State(app): Shared,
    reporter: Reporter,
    QueryOf { value: days, .. }: QueryOf<Days>,
    QueryOf { value: asked, .. }: QueryOf<SegmentQuery>,
    QueryOf { value: of, .. }: QueryOf<OfSchool>,
) -> Result<Response, ApiError> {
    let (window, school) = (days.window(now())?, reporter.school(of)?);
    let segments = asked.segments()?;
    let compute = async {
        let source = source(&app, &reporter, school).await?;
        let flows = listed(&app.store, reporter.scope()).await?;
        let ids: Vec<FlowId> = flows.iter().map(|flow: &Listed| flow.id).collect();
        let counted = source.count_all(&ids, &segments, window).await?;
        let SegmentQuery { user_segment, age_range } = asked;
        let filters = SummaryFilters { user_segment, age_range };
        let echo = reporter.echo(school, flows.iter().all(|flow| flow.is_own));
        Ok(SessionSummaries::of(window, filters, &counted, echo))
    };
    reporter.answer(&app, compute).await
}

impl SegmentQuery {
    /// What a session has to be of, all of them.
    fn segments(&self) -> Result<Vec<Segment>, ApiError> {
        let named = self.user_segment.as_deref().map(Segment::named);
        let refused = || {
            let message = "must be two ages, the lower one first, such as 7-9, or one such as 18+";
            ApiError::field(&["query", "age_range"], "value_error", message)
        };
        let aged = self.age_range.as_deref().map(|text| Segment::aged(text).ok_or_else(refused));
        let aged = aged.transpose()?;
        Ok(named.into_iter().filter(|segment| *segment != Segment::All).chain(aged).collect())
    }
}
