//! Books for readers (S3.195, S3.201).

#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Json, response::IntoResponse as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::app::Shared;
use crate::error::ApiError;
use crate::identity::Signed;
use crate::input::{JsonBody, QueryOf};
use crate::reading::{self, BookQuery};
use crate::routes::described::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(recommend))
}

/// What a reader is looking for: `wriveted_identifier` (UUID), `age`, `reading_abilities` (some of `SPOT`,
/// `CAT_HAT`, `TREEHOUSE`, `CHARLIE_CHOCOLATE`, `HARRY_POTTER`), `hues`, `recommendable_only`,
/// `exclude_isbns`, `fallback`, `dedupe_authors`. An empty text stands for null, and a list may be written
/// as a text of JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(value_type = Object)]
struct RecommendBody(Map<String, Value>);

/// How many books.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct HowMany {
    #[param(minimum = 1, maximum = 50, default = 5)]
    limit: Option<u8>,
}

/// Books.
#[derive(Debug, Serialize, ToSchema)]
struct Recommended {
    count: usize,
    /// What was asked for, as it was understood.
    #[schema(value_type = Object)]
    query: Value,
    #[schema(value_type = Vec<Object>)]
    books: Vec<Value>,
}

/// Books for a reader; 501 unless a reading platform is set up.
#[utoipa::path(post, path = "/v1/recommend", tag = "service", security(("bearer" = [])),
    params(HowMany), request_body = RecommendBody, responses((status = 200, body = Recommended)))]
async fn recommend(
    State(app): Shared,
    _: Signed,
    QueryOf { value: HowMany { limit }, .. }: QueryOf<HowMany>,
    JsonBody { value: RecommendBody(body), .. }: JsonBody<RecommendBody>,
) -> Result<axum::response::Response, ApiError> {
    let Some(platform) = &app.options.reading else {
        return Err(ApiError::not_configured("No reading platform is set up"));
    };
    let limit = limit.map(|limit| json!(limit));
    let query = BookQuery::read(&body, limit.as_ref()).map_err(|found| ApiError::fields(&found))?;
    let answer = reading::recommend(&**platform, &query).await.map_err(|error| {
        crate::cli::log(format_args!("error: reading platform: {error}"));
        let detail = "The reading platform cannot tell at the moment";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
    })?;
    Ok(Json(answer).into_response())
}
