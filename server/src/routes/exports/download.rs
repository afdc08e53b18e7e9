//! Fetching a file: with a token, or by a link that is signed (S3.170, S5.46).

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chatflow_storage::{ExportFile, ExportId, ExportRecord, ExportState};
use futures_core::Stream;
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;

use super::range::{Part, part};
use super::{exports, find, not_found};
use crate::analytics::Reporter;
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::exports::{Exports, Link};
use crate::host::now;
use crate::input::{PathText, QueryOf};

/// How much is read at a time.
const CHUNK: usize = 64 * 1024;

/// A link that is signed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LinkQuery {
    /// The signature of a link; without it a token is needed.
    #[param(max_length = 100)]
    sig: Option<String>,
    /// The end of a link, in Unix seconds.
    #[param(minimum = 0)]
    exp: Option<i64>,
}

/// Who fetches a file.
pub(super) enum Fetcher {
    /// Somebody with a token.
    Account(Reporter),
    /// Somebody with a link.
    Link { signature: String, until: i64 },
}

impl FromRequestParts<Arc<App>> for Fetcher {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let QueryOf { value, .. } = QueryOf::<LinkQuery>::from_request_parts(parts, app).await?;
        match (value.sig, value.exp) {
            (Some(signature), Some(until)) => Ok(Self::Link { signature, until }),
            _ => Reporter::from_request_parts(parts, app).await.map(Self::Account),
        }
    }
}

/// The file of an export, or the part that `Range` asks for.
#[utoipa::path(get, path = "/v1/cms/analytics/exports/{export_id}/download", tag = "analytics",
    security(("bearer" = []), ()), params(("export_id" = String, Path), LinkQuery,
        ("Range" = Option<String>, Header, description = "Part of the file, such as `bytes=0-1023`")),
    responses((status = 200, content_type = "application/octet-stream", body = String),
        (status = 206, content_type = "application/octet-stream", body = String)))]
pub(super) async fn download(
    State(app): Shared,
    fetcher: Fetcher,
    PathText(id): PathText,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let exports = exports(&app)?;
    let record = match fetcher {
        Fetcher::Account(reporter) => find(&app, &reporter, &id).await?,
        Fetcher::Link { signature, until } => {
            linked(&app, exports, &id, (&signature, until)).await?
        }
    };
    let kept = ready(&record)?;
    let file = exports.folder.open(&kept.path).map_err(ApiError::internal)?;
    send(&record, kept, file.ok_or_else(gone)?, &headers)
}

/// The export of a link that is good.
async fn linked(
    app: &App,
    exports: &Exports,
    id: &str,
    link: (&str, i64),
) -> Result<ExportRecord, ApiError> {
    let id: ExportId = id.parse().map_err(|_| not_found())?;
    match exports.linked(&app.store, id, link, now()).await? {
        Link::Good(record) => Ok(*record),
        Link::Over => {
            let detail = "The link is too old; the status of the export has a new one";
            Err(ApiError::new(StatusCode::UNAUTHORIZED, "invalid_token", detail))
        }
        Link::Unknown => Err(not_found()),
    }
}

/// The file of an export that has one (S5.46).
fn ready(record: &ExportRecord) -> Result<&ExportFile, ApiError> {
    let not_ready =
        |detail: &str| Err(ApiError::new(StatusCode::CONFLICT, "export_not_ready", detail));
    match record.state {
        ExportState::Completed if record.expires_at <= now() => Err(gone()),
        ExportState::Completed => record.file.as_ref().ok_or_else(gone),
        ExportState::Expired => Err(gone()),
        ExportState::Preparing | ExportState::Processing => {
            not_ready("The file is not there yet; the status of the export says how far it is")
        }
        ExportState::Failed => not_ready("The export has failed; its status says why"),
        ExportState::Cancelled => not_ready("The export was cancelled"),
    }
}

fn gone() -> ApiError {
    ApiError::new(StatusCode::GONE, "export_expired", "The file is gone; ask for a new one")
}

fn send(
    record: &ExportRecord,
    kept: &ExportFile,
    mut file: File,
    asked: &HeaderMap,
) -> Result<Response, ApiError> {
    let tag = format!("\"{}\"", kept.sha256);
    let text = |name: HeaderName| asked.get(name).and_then(|value| value.to_str().ok());
    // Who has another file's beginning needs all of this one.
    let is_same = text(header::IF_RANGE).is_none_or(|known| known == tag);
    let part = match text(header::RANGE) {
        Some(range) if is_same => part(range, kept.size),
        _ => Part::Whole,
    };
    let (status, from, length) = match part {
        Part::Whole => (StatusCode::OK, 0, kept.size),
        Part::Bytes(from, to) => {
            (StatusCode::PARTIAL_CONTENT, from, to.saturating_sub(from).saturating_add(1))
        }
        Part::Nothing => {
            let range = format!("bytes */{}", kept.size);
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            return Ok((status, [(header::CONTENT_RANGE, range)]).into_response());
        }
    };
    file.seek(SeekFrom::Start(from)).map_err(ApiError::internal)?;
    let extension = kept.path.rsplit('.').next().unwrap_or_default();
    let mut response = (
        status,
        [
            (header::CONTENT_TYPE, media_type(extension).to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"analytics-{}.{extension}\"", record.id),
            ),
            (header::CONTENT_LENGTH, length.to_string()),
            (header::ETAG, tag),
        ],
        Body::from_stream(Chunks::of(file, length)),
    )
        .into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Part::Bytes(from, to) = part {
        let range = HeaderValue::from_str(&format!("bytes {from}-{to}/{}", kept.size));
        headers.insert(header::CONTENT_RANGE, range.map_err(ApiError::internal)?);
    }
    Ok(response)
}

fn media_type(extension: &str) -> &'static str {
    match extension {
        "csv" => "text/csv; charset=utf-8",
        "json" => "application/json",
        "ndjson" => "application/x-ndjson",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/zip",
    }
}

/// So many bytes of a file, read as they are taken.
struct Chunks(mpsc::Receiver<io::Result<Bytes>>);

impl Chunks {
    fn of(mut file: File, mut left: u64) -> Self {
        let (sender, receiver) = mpsc::channel(2);
        tokio::spawn(async move {
            while left > 0 {
                let length = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK);
                // A disk that is slow keeps no other request waiting.
                let read = tokio::task::spawn_blocking(move || {
                    let mut chunk = vec![0; length];
                    let read = file.read_exact(&mut chunk).map(|()| Bytes::from(chunk));
                    (read, file)
                });
                let Ok((read, back)) = read.await else { return };
                file = back;
                let is_broken = read.is_err();
                // It fails when nobody takes it any more.
                if sender.send(read).await.is_err() || is_broken {
                    return;
                }
                left = left.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
            }
        });
        Self(receiver)
    }
}

impl Stream for Chunks {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
