//! The numbers of content (S3.155 to S3.157, S3.160, S3.164).

use axum::extract::State;
use axum::response::Response;
use chatflow::ContentId;
use chatflow_storage::prelude::*;
use chatflow_storage::{CatalogContent, ContentTotalQuery, Day, Record as _};
use serde::Deserialize;

use crate::analytics::{
    AbTest, ContentEngagement, ContentOverview, ContentUsage, Days, Reporter, ScopeEcho, Tested,
    TopBy, TopContent, Window, window_of,
};
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::host::now;
use crate::input::{PathId, QueryOf};
use crate::routes::content::ContentKind;
use crate::routes::described::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(engagement))
        .routes(routes!(ab_test))
        .routes(routes!(usage))
        .routes(routes!(top))
        .routes(routes!(overview))
}

/// An item that the caller views, and on whose behalf numbers of it are computed.
async fn item(
    app: &App,
    reporter: &Reporter,
    id: ContentId,
) -> Result<(CatalogContent, Option<ScopeEcho>), ApiError> {
    let scope = reporter.scope();
    let found = app.store.catalog_contents(scope, &[id]).await?.pop();
    let item = found.ok_or_else(ApiError::content_not_found)?;
    let access = item.stored.record.access();
    let echo = reporter.echo(None, access.is_some_and(|row| scope.edits(&row)));
    Ok((item, echo))
}

/// How an item engages.
#[utoipa::path(get, path = "/v1/cms/content/{content_id}/analytics", tag = "analytics",
    security(("bearer" = [])), params(("content_id" = Uuid, Path), Days),
    responses((status = 200, body = ContentEngagement)))]
pub(crate) async fn engagement(
    State(app): Shared,
    reporter: Reporter,
    PathId(id): PathId,
    QueryOf { value: days, .. }: QueryOf<Days>,
) -> Result<Response, ApiError> {
    let (id, window) = (ContentId(id), days.window(now())?);
    let compute = async {
        let (_, echo) = item(&app, &reporter, id).await?;
        let (scope, scorer) = (reporter.scope(), app.options.scorer());
        let window = window_of(id, window);
        Ok(ContentEngagement::read(&app.store, scope, window, scorer, echo).await?)
    };
    reporter.answer(&app, compute).await
}

const fn yes() -> bool {
    true
}

/// What counts in a test.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ByHand {
    /// Also what was added to the counters of variants by hand, whenever it was.
    #[serde(default = "yes")]
    #[param(required = false, default = true)]
    include_manual: bool,
}

/// What the A/B test of an item shows. Without days it is of all that is known.
#[utoipa::path(get, path = "/v1/cms/content/{content_id}/analytics/ab-test", tag = "analytics",
    security(("bearer" = [])), params(("content_id" = Uuid, Path), Days, ByHand),
    responses((status = 200, body = AbTest)))]
pub(crate) async fn ab_test(
    State(app): Shared,
    reporter: Reporter,
    PathId(id): PathId,
    QueryOf { value: days, .. }: QueryOf<Days>,
    QueryOf { value: asked, .. }: QueryOf<ByHand>,
) -> Result<Response, ApiError> {
    let id = ContentId(id);
    let given = if days.is_usual() { None } else { Some(days.window(now())?) };
    let compute = async {
        let (item, echo) = item(&app, &reporter, id).await?;
        let scope = reporter.scope();
        let window = given.unwrap_or_else(|| Window { first: Day(0), last: Day::of(now()) });
        let arms = app.store.content_arms(scope, window_of(id, window)).await?;
        let variants = app.store.catalog_variants(scope, id).await?.unwrap_or_default();
        let tested = Tested {
            record: &item.stored.record,
            variants: &variants,
            arms: &arms,
            by_hand: asked.include_manual,
        };
        let demand = app.options.analytics.demand();
        Ok(AbTest::of(tested, demand, given.map(Window::echo), echo))
    };
    reporter.answer(&app, compute).await
}

/// When, where and to whom an item is shown.
#[utoipa::path(get, path = "/v1/cms/content/{content_id}/analytics/usage", tag = "analytics",
    security(("bearer" = [])), params(("content_id" = Uuid, Path), Days),
    responses((status = 200, body = ContentUsage)))]
pub(crate) async fn usage(
    State(app): Shared,
    reporter: Reporter,
    PathId(id): PathId,
    QueryOf { value: days, .. }: QueryOf<Days>,
) -> Result<Response, ApiError> {
    let (id, window) = (ContentId(id), days.window(now())?);
    let compute = async {
        let (_, echo) = item(&app, &reporter, id).await?;
        let window = window_of(id, window);
        Ok(ContentUsage::read(&app.store, reporter.scope(), window, echo).await?)
    };
    reporter.answer(&app, compute).await
}

const fn ten() -> u8 {
    10
}

const fn thirty() -> u32 {
    30
}

/// What is best.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TopQuery {
    /// How many items to answer with at most.
    #[serde(default = "ten")]
    #[param(required = false, minimum = 1, maximum = 50, default = 10)]
    limit: u8,
    #[serde(default)]
    #[param(inline, required = false)]
    metric: TopBy,
    /// From so many days before today on.
    #[serde(default = "thirty")]
    #[param(required = false, minimum = 1, maximum = 90, default = 30)]
    days: u32,
}

/// The content that does best.
#[utoipa::path(get, path = "/v1/cms/analytics/content/top", tag = "analytics",
    security(("bearer" = [])), params(TopQuery), responses((status = 200, body = TopContent)))]
pub(crate) async fn top(
    State(app): Shared,
    reporter: Reporter,
    QueryOf { value: asked, .. }: QueryOf<TopQuery>,
) -> Result<Response, ApiError> {
    let compute = async {
        let window = Window::of_last(asked.days, now());
        let least = app.options.analytics.min_impressions;
        let best = (asked.metric, usize::from(asked.limit), least);
        let echo = reporter.echo(None, false);
        Ok(TopContent::read(&app.store, reporter.scope(), best, window, echo).await?)
    };
    reporter.answer(&app, compute).await
}

/// Which items count.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OverviewQuery {
    /// Only of this type.
    #[param(inline, nullable = false)]
    content_type: Option<ContentKind>,
    /// Only with at least one of these.
    #[serde(default)]
    #[param(required = false)]
    tags: Vec<String>,
}

/// All content together.
#[utoipa::path(get, path = "/v1/cms/analytics/content", tag = "analytics",
    security(("bearer" = [])), params(OverviewQuery, Days),
    responses((status = 200, body = ContentOverview)))]
pub(crate) async fn overview(
    State(app): Shared,
    reporter: Reporter,
    QueryOf { value: asked, .. }: QueryOf<OverviewQuery>,
    QueryOf { value: days, .. }: QueryOf<Days>,
) -> Result<Response, ApiError> {
    let window = days.window(now())?;
    let query = ContentTotalQuery {
        kind: asked.content_type.map(|kind| kind.0.to_owned()),
        tags: asked.tags,
        from: window.first,
        to: window.last,
    };
    let compute = async {
        let least = app.options.analytics.min_impressions;
        let echo = reporter.echo(None, false);
        Ok(ContentOverview::read(&app.store, reporter.scope(), query, least, echo).await?)
    };
    reporter.answer(&app, compute).await
}
