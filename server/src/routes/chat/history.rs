//! `GET /v1/chat/sessions/{token}/history` (S3.13, S4.23, S4.24).
#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use chatflow_storage::prelude::*;
use chatflow_storage::{HistoryQuery, HistoryRow, InteractionType, history_row_id};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::access::{Claim, PathToken};
use super::wire::HistoryAnswer;
use crate::app::Shared;
use crate::error::ApiError;
use crate::identity::MaybeSigned;
use crate::input::{Paged, QueryOf};

/// Which part of the history is wanted beside the page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryParameters {
    /// Only rows with a greater number.
    #[serde(default)]
    #[param(minimum = 0, default = 0)]
    after_seq: u32,
    /// Only rows of these kinds.
    #[param(inline)]
    interaction_type: Option<Vec<Kind>>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Message,
    Input,
    Action,
}

impl From<Kind> for InteractionType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Message => Self::Message,
            Kind::Input => Self::Input,
            Kind::Action => Self::Action,
        }
    }
}

/// What was said, page by page.
#[utoipa::path(get, path = "/v1/chat/sessions/{session_token}/history", tag = "chat",
    params(
        ("session_token" = String, Path, description = "The session's token, or `me` for that of the cookie"),
        Paged,
        HistoryParameters,
    ),
    responses((status = 200, body = HistoryAnswer)))]
#[expect(clippy::too_many_arguments, reason = "each is one part of the request")]
pub(crate) async fn history(
    State(app): Shared,
    PathToken(token): PathToken,
    signed: MaybeSigned,
    headers: HeaderMap,
    QueryOf { value: paged, .. }: QueryOf<Paged>,
    QueryOf { value: parameters, .. }: QueryOf<HistoryParameters>,
) -> Result<Json<Value>, ApiError> {
    let stored = Claim::to_read(&headers, &token, &signed)?.read(&app).await?;
    let id = stored.head.id;
    let query = HistoryQuery {
        session: id,
        after_seq: parameters.after_seq.into(),
        kinds: parameters
            .interaction_type
            .map(|kinds| kinds.into_iter().map(InteractionType::from).collect()),
        skip: paged.skip.into(),
        limit: paged.limit.into(),
    };
    let page = app.store.history(query).await?;
    let item = |row: &HistoryRow| {
        json!({
            "id": history_row_id(id, row.seq),
            "session_id": id,
            "seq": row.seq,
            "node_id": row.row.node_id,
            "interaction_type": row.row.kind.as_str(),
            "content": serde_json::from_str::<Value>(&row.row.content).unwrap_or_default(),
            "created_at": row.row.created_at,
        })
    };
    let data: Vec<Value> = page.rows.iter().map(item).collect();
    Ok(Json(paged.page(&data, page.total, false)))
}
