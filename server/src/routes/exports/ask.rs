//! What requests ask to be exported (S5.41).

use chatflow::{ContentId, FlowId, Timestamp};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::analytics::{Reporter, Window};
use crate::error::ApiError;
use crate::exports::{Ask, Asker, Dataset, Format};
use crate::input::items;

/// How many flows, or items, one export may name.
const MOST: usize = 100;

/// The form of the file.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ExportFormat {
    #[default]
    Csv,
    Json,
    Ndjson,
    Xlsx,
    Parquet,
}

/// What to export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// `csv` if nothing is said.
    #[param(inline)]
    format: Option<ExportFormat>,
    /// Only these flows; all that the caller views if there are none.
    #[serde(default)]
    #[param(max_items = 100, style = Form, explode = false)]
    flow_ids: Vec<Uuid>,
    /// Only these items of content.
    #[serde(default)]
    #[param(max_items = 100, style = Form, explode = false)]
    content_ids: Vec<Uuid>,
    /// The first day, e.g. `2026-03-01`; 30 days before the last if nothing is said.
    #[param(pattern = r"^\d{4}-\d{2}-\d{2}$", format = Date)]
    start_date: Option<String>,
    /// The last day; today if nothing is said. At most 730 days after the first.
    #[param(pattern = r"^\d{4}-\d{2}-\d{2}$", format = Date)]
    end_date: Option<String>,
    /// The tables of the file; `flows`, `daily` and `nodes` if nothing is said.
    #[serde(default)]
    #[param(inline, max_items = 20, style = Form, explode = false)]
    include: Vec<Dataset>,
}

/// Ids as a list, or parted by commas.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum IdList {
    Many(Vec<Uuid>),
    Text(String),
}

/// What to export.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewExport {
    /// `csv` if nothing is said.
    #[schema(nullable = false)]
    format: Option<ExportFormat>,
    /// Only these flows, at most 100; all that the caller views if there are none.
    #[schema(nullable = false)]
    flow_ids: Option<IdList>,
    /// Only these items of content, at most 100.
    #[schema(nullable = false)]
    content_ids: Option<IdList>,
    /// The first day, e.g. `2026-03-01`; 30 days before the last if nothing is said.
    #[schema(pattern = r"^\d{4}-\d{2}-\d{2}$", format = Date)]
    start_date: Option<String>,
    /// The last day; today if nothing is said. At most 730 days after the first.
    #[schema(pattern = r"^\d{4}-\d{2}-\d{2}$", format = Date)]
    end_date: Option<String>,
    /// The tables of the file; `flows`, `daily` and `nodes`, or `content` and `variants` for content, if nothing
    /// is said.
    #[serde(default)]
    #[schema(inline, max_items = 20)]
    include: Vec<Dataset>,
}

/// What to export, from wherever it came.
#[derive(Debug)]
pub(super) struct Asked {
    /// `query` or `body`.
    place: &'static str,
    pub(super) format: Option<ExportFormat>,
    pub(super) flows: Vec<Uuid>,
    pub(super) contents: Vec<Uuid>,
    start_date: Option<String>,
    end_date: Option<String>,
    include: Vec<Dataset>,
}

impl From<ExportQuery> for Asked {
    fn from(query: ExportQuery) -> Self {
        let ExportQuery { format, flow_ids, content_ids, start_date, end_date, include } = query;
        let (place, flows, contents) = ("query", flow_ids, content_ids);
        Self { place, format, flows, contents, start_date, end_date, include }
    }
}

impl TryFrom<NewExport> for Asked {
    type Error = ApiError;

    fn try_from(body: NewExport) -> Result<Self, ApiError> {
        let NewExport { format, flow_ids, content_ids, start_date, end_date, include } = body;
        let flows = ids(flow_ids, "flow_ids")?;
        let contents = ids(content_ids, "content_ids")?;
        Ok(Self { place: "body", format, flows, contents, start_date, end_date, include })
    }
}

impl Asked {
    /// What is kept, and in which form the file comes; `usual` are the tables if none are named. The ids have been
    /// looked up.
    pub(super) fn ask(
        self,
        reporter: &Reporter,
        usual: &[Dataset],
        now: Timestamp,
    ) -> Result<(Ask, Format), ApiError> {
        let format = self.format()?;
        let days = (self.start_date.as_deref(), self.end_date.as_deref());
        let window = Window::between(days, self.place, now)?;
        let mut datasets = if self.include.is_empty() { usual.to_vec() } else { self.include };
        datasets.sort_unstable();
        datasets.dedup();
        let asker = Asker::of(&reporter.caller).ok_or_else(ApiError::forbidden)?;
        let ask = Ask {
            asker,
            flows: self.flows.into_iter().map(FlowId).collect(),
            contents: self.contents.into_iter().map(ContentId).collect(),
            from: window.first.0,
            to: window.last.0,
            datasets,
        };
        Ok((ask, format))
    }

    fn format(&self) -> Result<Format, ApiError> {
        Ok(match self.format.unwrap_or_default() {
            ExportFormat::Csv => Format::Csv,
            ExportFormat::Json => Format::Json,
            ExportFormat::Ndjson => Format::Ndjson,
            ExportFormat::Xlsx => Format::Xlsx,
            ExportFormat::Parquet => {
                let message =
                    "this service does not write parquet; ask for csv, json, ndjson or xlsx";
                let place = [self.place, "format"];
                return Err(ApiError::field_as(
                    "format_unavailable",
                    &place,
                    "value_error",
                    message,
                ));
            }
        })
    }

    /// Each id once, in their order, so that the same export is known again.
    pub(super) fn settle(&mut self) {
        for ids in [&mut self.flows, &mut self.contents] {
            ids.sort_unstable();
            ids.dedup();
        }
    }
}

fn ids(given: Option<IdList>, name: &str) -> Result<Vec<Uuid>, ApiError> {
    let invalid = |kind: &str, message: &str| ApiError::field(&["body", name], kind, message);
    let ids = match given {
        None => Vec::new(),
        Some(IdList::Many(ids)) => ids,
        Some(IdList::Text(text)) => items(&text)
            .map(|item| Uuid::try_parse(&item))
            .collect::<Result<_, _>>()
            .map_err(|_| invalid("type_error.uuid", "must be UUIDs, parted by commas"))?,
    };
    if ids.len() > MOST {
        return Err(invalid("value_error.list.max_items", "at most 100 may be named"));
    }
    Ok(ids)
}
