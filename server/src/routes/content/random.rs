//! Items drawn at random (S3.21, S3.52, F38).

use axum::Json;
use axum::extract::State;
use chatflow::{ContentId, ContentQuery, Seed, Visibility, pick};
use chatflow_storage::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::detail::{ContentDetail, ContentKind};
use super::info;
use crate::app::Shared;
use crate::error::ApiError;
use crate::identity::Signed;
use crate::input::QueryOf;
use crate::token::random_id;

const fn one() -> u8 {
    1
}

const fn yes() -> bool {
    true
}

/// From which items to draw. `info.<path>` filters by free metadata.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RandomQuery {
    #[serde(rename = "type")]
    #[param(inline)]
    kind: ContentKind,
    #[serde(default = "one")]
    #[param(required = false, minimum = 1, maximum = 20, default = 1)]
    count: u8,
    /// At least one of these.
    #[serde(default)]
    #[param(required = false)]
    tags: Vec<String>,
    #[serde(default)]
    #[param(required = false, max_items = 500)]
    exclude_ids: Vec<Uuid>,
    /// Also what is visible to everyone who is signed in.
    #[serde(default = "yes")]
    #[param(required = false, default = true)]
    include_public: bool,
    /// Draws the same again.
    #[param(nullable = false)]
    seed: Option<i64>,
}

/// Draws items that are in use.
#[utoipa::path(get, path = "/v1/cms/content/random", tag = "content", security(("bearer" = [])),
    params(RandomQuery), responses((status = 200, body = Vec<ContentDetail>),
        (status = 431, description = "The address is longer than 40 KiB; there is no body")))]
pub(super) async fn random(
    State(app): Shared,
    Signed(caller): Signed,
    query: QueryOf<RandomQuery>,
) -> Result<Json<Vec<ContentDetail>>, ApiError> {
    let info_filters = info::filters(&query.rest)?;
    let query = query.value;
    let asked = ContentQuery {
        kind: query.kind.0.to_owned(),
        tags: query.tags,
        tags_all: Vec::new(),
        info_filters,
        exclude: query.exclude_ids.into_iter().map(ContentId).collect(),
    };
    let (store, scope) = (&app.store, &caller.scope);
    let mut ids = store.candidates(scope, &asked).await?;
    if !query.include_public {
        let all = store.catalog_contents(scope, &ids).await?;
        let records = all.iter().map(|content| &content.stored.record);
        let kept = records.filter(|record| record.visibility != Visibility::Public);
        ids = kept.map(|record| record.id).collect();
    }
    let seed = match query.seed {
        Some(seed) => seed.cast_unsigned(),
        None => random_id()?.as_u64_pair().0 ^ random_id()?.as_u64_pair().1,
    };
    let drawn = pick(Seed(seed), &ids, query.count.into());
    let found = store.catalog_contents(scope, &drawn).await?;
    let shown = drawn.iter().filter_map(|id| found.iter().find(|one| one.stored.record.id == *id));
    Ok(Json(shown.map(ContentDetail::of).collect::<Result<_, _>>()?))
}
