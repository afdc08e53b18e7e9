//! `GET /v1/chat/sessions/{token}/history` (S3.13, S4.23, S4.24).

use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use chatflow_storage::{AsyncStore, HistoryQuery, HistoryRow, history_row_id};
use serde_json::{Value, json};

use super::access::{PathToken, session};
use crate::app::Shared;
use crate::error::ApiError;

pub(crate) async fn history<S: AsyncStore>(
    State(app): Shared<S>,
    PathToken(token): PathToken,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let stored = session(&app.store, &headers, &token).await?;
    let id = stored.head.id;
    let skip = number(&query, "skip", 0, u64::from(u32::MAX))?;
    let limit = number(&query, "limit", 100, 1000)?;
    let after_seq = number(&query, "after_seq", 0, u64::from(u32::MAX))?;
    let page = app.store.history(HistoryQuery { session: id, after_seq, skip, limit }).await?;
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
    let place = skip.checked_div(limit).unwrap_or(0).saturating_add(1);
    Ok(Json(json!({
        "pagination": {"skip": skip, "limit": limit, "total": page.total, "page": place},
        "data": page.rows.iter().map(item).collect::<Vec<_>>(),
    })))
}

fn number(query: &[(String, String)], name: &str, usual: u64, most: u64) -> Result<u64, ApiError> {
    let Some((_, text)) = query.iter().rev().find(|(key, _)| key == name) else { return Ok(usual) };
    match text.parse() {
        Ok(number) if number <= most => Ok(number),
        _ => {
            let message = format!("must be a whole number from 0 to {most}");
            Err(ApiError::field(&["query", name], "type_error.int", message))
        }
    }
}
