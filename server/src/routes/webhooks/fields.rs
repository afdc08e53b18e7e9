//! What requests say of subscriptions, and what of it will do (S6.40, S6.44).

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use chatflow::{FlowId, TenantId};
use chatflow_storage::prelude::*;
use chatflow_storage::{LookUp, SubscriptionMethod, SubscriptionStatus};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::delivery::is_own_header;
use crate::error::ApiError;
use crate::events::EVENT_TYPES;
use crate::identity::{Caller, Role};
use crate::input::given;
use crate::outbound::EgressRules;

/// How a subscription is sent to.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum WebhookMethod {
    Post,
    Put,
}

/// What an owner may make of a subscription.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum WebhookStatus {
    Active,
    Paused,
}

/// A new subscription.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewWebhook {
    #[schema(min_length = 1, max_length = 255)]
    pub(super) name: String,
    /// `https`, and a public host.
    #[schema(min_length = 1, max_length = 500)]
    pub(super) url: String,
    /// Empty, or with `*`, for all.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub(super) event_types: Vec<String>,
    pub(super) flow_id: Option<Uuid>,
    pub(super) school_id: Option<Uuid>,
    /// At most 20, with values of at most 1,000 characters, which may hold `{{secret:KEY}}`.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[schema(nullable = false)]
    pub(super) method: Option<WebhookMethod>,
    #[schema(minimum = 1, maximum = 60, nullable = false)]
    pub(super) timeout_seconds: Option<u32>,
    #[schema(minimum = 0, maximum = 10, nullable = false)]
    pub(super) max_retries: Option<u32>,
    #[schema(nullable = false)]
    pub(super) status: Option<WebhookStatus>,
    /// What signs the events; drawn if it is left out.
    #[schema(min_length = 16, max_length = 255)]
    pub(super) secret: Option<String>,
}

/// What changes of a subscription.
#[expect(clippy::option_option, reason = "null is not the same as absent")]
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct WebhookChange {
    #[schema(min_length = 1, max_length = 255, nullable = false)]
    pub(super) name: Option<String>,
    #[schema(min_length = 1, max_length = 500, nullable = false)]
    pub(super) url: Option<String>,
    #[schema(max_items = 50, nullable = false)]
    pub(super) event_types: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    pub(super) flow_id: Option<Option<Uuid>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    pub(super) school_id: Option<Option<Uuid>>,
    #[schema(nullable = false)]
    pub(super) headers: Option<BTreeMap<String, String>>,
    #[schema(nullable = false)]
    pub(super) method: Option<WebhookMethod>,
    #[schema(minimum = 1, maximum = 60, nullable = false)]
    pub(super) timeout_seconds: Option<u32>,
    #[schema(minimum = 0, maximum = 10, nullable = false)]
    pub(super) max_retries: Option<u32>,
    #[schema(nullable = false)]
    pub(super) status: Option<WebhookStatus>,
    /// Takes the place of the secret at once; to rotate it, there is an endpoint of its own.
    #[schema(min_length = 16, max_length = 255, nullable = false)]
    pub(super) secret: Option<String>,
}

impl From<WebhookMethod> for SubscriptionMethod {
    fn from(method: WebhookMethod) -> Self {
        match method {
            WebhookMethod::Post => Self::Post,
            WebhookMethod::Put => Self::Put,
        }
    }
}

impl From<WebhookStatus> for SubscriptionStatus {
    fn from(status: WebhookStatus) -> Self {
        match status {
            WebhookStatus::Active => Self::Active,
            WebhookStatus::Paused => Self::Paused,
        }
    }
}

/// Whether events may be sent there, as far as its text tells.
pub(super) fn check_url(app: &App, url: &str) -> Result<(), ApiError> {
    let usual = EgressRules::default();
    let rules = app.options.outbound.as_ref().map_or(&usual, |outbound| outbound.rules());
    let refuse = |why: String| Err(ApiError::field(&["body", "url"], "value_error.url", why));
    if url.contains("{{") {
        return refuse("must not hold placeholders".to_owned());
    }
    rules.check(url).map(drop).or_else(|error| refuse(error.to_string()))
}

/// Whether all of them are known.
pub(super) fn check_types(types: &[String]) -> Result<(), ApiError> {
    let unknown = types.iter().find(|name| !EVENT_TYPES.contains(&name.as_str()));
    unknown.map_or(Ok(()), |name| {
        let known = EVENT_TYPES.join(", ");
        let message = format!("`{}` is none of {known}", name.escape_debug());
        Err(ApiError::field(&["body", "event_types"], "value_error.enum", message))
    })
}

/// S6.40, S6.44, S1.65
pub(super) fn check_headers(headers: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let refuse = |name: &str, why: &str| {
        Err(ApiError::field(&["body", "headers", name], "value_error.header", why))
    };
    if headers.len() > 20 {
        return refuse("", "there may be at most 20");
    }
    for (name, value) in headers {
        if HeaderName::from_bytes(name.as_bytes()).is_err() || name.len() > 100 {
            return refuse(name, "is not the name of a header");
        }
        if is_own_header(name) {
            return refuse(name, "is set by the service");
        }
        if value.chars().count() > 1000 || HeaderValue::from_str(value).is_err() {
            return refuse(name, "must have at most 1000 characters, and no line breaks");
        }
        let is_credential = ["authorization", "proxy-authorization", "cookie", "x-api-key"]
            .contains(&name.to_ascii_lowercase().as_str());
        if is_credential && !value.contains("{{secret:") {
            return refuse(name, "must be a secret of the service's: `{{secret:KEY}}`");
        }
    }
    Ok(())
}

/// The flow that a subscription is for, if the caller sees it.
pub(super) async fn check_flow(
    app: &App,
    caller: &Caller,
    id: Option<Uuid>,
) -> Result<Option<FlowId>, ApiError> {
    let Some(id) = id else { return Ok(None) };
    let look_up = LookUp { id: Some(id), ..LookUp::default() };
    let found = app.store.find_flow(&caller.scope, look_up).await?;
    let missing = || ApiError::field(&["body", "flow_id"], "value_error", "there is no such flow");
    found.map(|flow| Some(flow.record.id)).ok_or_else(missing)
}

/// Whose subscription it becomes (S2.18, S2.19).
pub(super) fn owner(caller: &Caller, asked: Option<Uuid>) -> Result<Option<TenantId>, ApiError> {
    let asked = asked.map(TenantId);
    if caller.role() == Role::Platform {
        return Ok(asked);
    }
    match (asked, caller.schools.as_slice()) {
        (Some(school), schools) if schools.contains(&school) => Ok(Some(school)),
        (Some(_), _) => {
            let detail = "This account may not do this for that school";
            Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_school", detail))
        }
        (None, [only]) => Ok(Some(*only)),
        (None, _) => {
            let place = ["body", "school_id"];
            Err(ApiError::field_as("school_required", &place, "value_error.missing", "is required"))
        }
    }
}
