//! Exports as they are shown (S5.43, S5.45).

use chatflow::Timestamp;
use chatflow_storage::{ExportRecord, ExportState};
use serde::Serialize;
use utoipa::ToSchema;

use super::estimate::Estimate;
use crate::exports::Exports;
use crate::input::Pagination;

/// An export that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportStarted {
    export_id: String,
    /// `preparing`, or where the same export stands that was asked for lately.
    #[schema(example = "preparing")]
    status: &'static str,
    format: String,
    /// A guess.
    #[schema(format = DateTime)]
    estimated_completion: String,
    /// Where the file will be.
    download_url: String,
    /// When the file goes.
    #[schema(format = DateTime)]
    expires_at: String,
    /// A guess.
    #[schema(example = "1.2MB")]
    file_size_estimate: String,
    /// A guess.
    records_count: u64,
}

/// Where an export stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportStatus {
    export_id: String,
    /// `preparing`, `processing`, `completed`, `failed`, `cancelled` or `expired`.
    status: &'static str,
    /// 0 to 100.
    progress: u32,
    /// `general`, `flow` or `content`.
    kind: &'static str,
    format: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// A guess, while it is processed.
    #[schema(format = DateTime)]
    estimated_completion: Option<String>,
    #[schema(format = DateTime)]
    completed_at: Option<String>,
    records_count: Option<u64>,
    /// In bytes.
    file_size: Option<u64>,
    /// Of the file, in hex.
    sha256: Option<String>,
    /// Where the file is, for ten minutes even without a token.
    download_url: Option<String>,
    /// What went wrong.
    error: Option<String>,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// A page of exports, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportPage {
    pub(super) pagination: Pagination,
    pub(super) data: Vec<ExportStatus>,
}

impl ExportStarted {
    pub(super) fn of(record: &ExportRecord, estimate: Estimate) -> Self {
        Self {
            export_id: record.id.to_string(),
            status: record.state.as_str(),
            format: record.format.clone(),
            estimated_completion: estimate.ready_at(record.created_at).to_string(),
            download_url: address(record),
            expires_at: record.expires_at.to_string(),
            file_size_estimate: estimate.size(),
            records_count: estimate.records(),
        }
    }
}

impl ExportStatus {
    pub(super) fn of(record: &ExportRecord, exports: &Exports, at: Timestamp) -> Self {
        let (state, file) = (record.state, record.file.as_ref());
        let link = || format!("{}?{}", address(record), exports.key.query(record, at));
        Self {
            export_id: record.id.to_string(),
            status: state.as_str(),
            progress: record.progress,
            kind: record.kind.as_str(),
            format: record.format.clone(),
            created_at: record.created_at.to_string(),
            estimated_completion: expected(record, at).map(|at| at.to_string()),
            completed_at: record.completed_at.map(|at| at.to_string()),
            records_count: file.map(|file| file.records),
            file_size: file.map(|file| file.size),
            sha256: file.map(|file| file.sha256.clone()),
            download_url: (state == ExportState::Completed).then(link),
            error: record.error.clone(),
            expires_at: record.expires_at.to_string(),
        }
    }
}

/// The address of the file.
fn address(record: &ExportRecord) -> String {
    format!("/v1/cms/analytics/exports/{}/download", record.id)
}

/// When it is done if it goes on as so far.
fn expected(record: &ExportRecord, at: Timestamp) -> Option<Timestamp> {
    if record.state != ExportState::Processing || record.progress == 0 {
        return None;
    }
    let began = record.started_at?.as_millis();
    let passed = at.as_millis().saturating_sub(began).max(0);
    let whole = passed.saturating_mul(100).checked_div(record.progress.into())?;
    Some(Timestamp::from_millis(began.saturating_add(whole)))
}
