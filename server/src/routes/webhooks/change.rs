//! Making, changing and deleting subscriptions (S3.174, S3.176, S3.177, S3.179).

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    Change, SealedSecret, StoredSubscription, SubscriptionId, SubscriptionMethod,
    SubscriptionRecord, SubscriptionStatus, UserId,
};
use serde_json::json;

use super::fields::{
    NewWebhook, WebhookChange, check_flow, check_headers, check_types, check_url, owner,
};
use super::view::Webhook;
use super::{Admin, audit, find, refused};
use crate::app::{App, Shared};
use crate::delivery::{SecretsKey, SubscriptionSecrets};
use crate::error::{ApiError, chain};
use crate::host::now;
use crate::identity::{Caller, Role};
use crate::input::{JsonBody, PathId};
use crate::token::{Token, random_id};

/// Subscribes to events. The secret that signs them is shown this once.
#[utoipa::path(post, path = "/v1/cms/webhooks", tag = "webhooks", security(("bearer" = [])),
    request_body = NewWebhook, responses((status = 201, body = Webhook)))]
pub(super) async fn create(
    State(app): Shared,
    Admin(caller): Admin,
    JsonBody { value: asked, .. }: JsonBody<NewWebhook>,
) -> Result<Response, ApiError> {
    let school_id = owner(&caller, asked.school_id)?;
    check_url(&app, &asked.url)?;
    check_types(&asked.event_types)?;
    check_headers(&asked.headers)?;
    let flow_id = check_flow(&app, &caller, asked.flow_id).await?;
    let id = SubscriptionId(random_id()?);
    let secret = match asked.secret {
        Some(secret) => secret,
        None => drawn()?,
    };
    let record = SubscriptionRecord {
        id,
        name: asked.name,
        url: asked.url,
        secret: Some(seal(&app, id, &SubscriptionSecrets::new(secret.clone()))?),
        method: asked.method.map_or(SubscriptionMethod::Post, Into::into),
        headers: json!(asked.headers).to_string(),
        timeout_seconds: asked.timeout_seconds.unwrap_or(30),
        max_retries: asked.max_retries.unwrap_or(3),
        event_types: asked.event_types,
        flow_id,
        school_id,
        status: asked.status.map_or(SubscriptionStatus::Active, Into::into),
        created_by: caller.user_id().map(UserId),
    };
    let stored = write(&app, &caller, record, Some(0)).await?;
    audit(&app, &caller, "webhook.create", &stored, &[]).await?;
    let place = format!("/v1/cms/webhooks/{}", id.0);
    let shown = Webhook::of(&stored).with_secret(secret);
    let mut response = (StatusCode::CREATED, Json(shown)).into_response();
    let place = HeaderValue::from_str(&place).ok().map(|place| (header::LOCATION, place));
    response.headers_mut().extend(place);
    Ok(response)
}

/// Changes what is given of a subscription. One that is made active starts with a clean bill of
/// health.
#[utoipa::path(put, path = "/v1/cms/webhooks/{webhook_id}", tag = "webhooks",
    security(("bearer" = [])), params(("webhook_id" = uuid::Uuid, Path)),
    request_body = WebhookChange, responses((status = 200, body = Webhook)))]
pub(super) async fn update(
    State(app): Shared,
    Admin(caller): Admin,
    id: PathId,
    JsonBody { value: asked, is_empty, .. }: JsonBody<WebhookChange>,
) -> Result<Json<Webhook>, ApiError> {
    let stored = find(&app, &caller, id.0).await?;
    if is_empty {
        return Ok(Json(Webhook::of(&stored)));
    }
    let old = stored.record.clone();
    let mut new = old.clone();
    if let Some(url) = asked.url {
        check_url(&app, &url)?;
        new.url = url;
    }
    if let Some(types) = asked.event_types {
        check_types(&types)?;
        new.event_types = types;
    }
    if let Some(headers) = asked.headers {
        check_headers(&headers)?;
        new.headers = json!(headers).to_string();
    }
    if let Some(flow) = asked.flow_id {
        new.flow_id = check_flow(&app, &caller, flow).await?;
    }
    if let Some(school) = asked.school_id.filter(|school| *school != old.school_id.map(|id| id.0)) {
        // S2.19
        if caller.role() != Role::Platform {
            return Err(ApiError::forbidden());
        }
        new.school_id = owner(&caller, school)?;
    }
    if let Some(secret) = asked.secret {
        new.secret = Some(seal(&app, old.id, &SubscriptionSecrets::new(secret))?);
    }
    new.name = asked.name.unwrap_or(new.name);
    new.method = asked.method.map_or(new.method, Into::into);
    new.timeout_seconds = asked.timeout_seconds.unwrap_or(new.timeout_seconds);
    new.max_retries = asked.max_retries.unwrap_or(new.max_retries);
    new.status = asked.status.map_or(new.status, Into::into);
    let fields = changed(&old, &new);
    let stored = write(&app, &caller, new, Some(stored.row_version)).await?;
    if !fields.is_empty() {
        audit(&app, &caller, "webhook.update", &stored, &fields).await?;
    }
    Ok(Json(Webhook::of(&stored)))
}

/// Ends a subscription, and forgets what was sent to it.
#[utoipa::path(delete, path = "/v1/cms/webhooks/{webhook_id}", tag = "webhooks",
    security(("bearer" = [])), params(("webhook_id" = uuid::Uuid, Path)),
    responses((status = 204, description = "It is gone")))]
pub(super) async fn delete(
    State(app): Shared,
    Admin(caller): Admin,
    id: PathId,
) -> Result<StatusCode, ApiError> {
    let stored = find(&app, &caller, id.0).await?;
    if !app.store.delete_subscription(&caller.scope, stored.record.id).await? {
        return Err(ApiError::webhook_not_found());
    }
    audit(&app, &caller, "webhook.delete", &stored, &[]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Draws a new secret and shows it this once. For a day events are signed with the one before, too.
#[utoipa::path(post, path = "/v1/cms/webhooks/{webhook_id}/rotate-secret", tag = "webhooks",
    security(("bearer" = [])), params(("webhook_id" = uuid::Uuid, Path)),
    responses((status = 200, body = Webhook)))]
pub(super) async fn rotate_secret(
    State(app): Shared,
    Admin(caller): Admin,
    id: PathId,
) -> Result<Json<Webhook>, ApiError> {
    let stored = find(&app, &caller, id.0).await?;
    let mut record = stored.record.clone();
    let secret = drawn()?;
    let secrets = match &record.secret {
        Some(sealed) => {
            let so_far = key(&app)?.open(record.id, sealed);
            let so_far = so_far.map_err(|error| ApiError::internal(chain(&error)))?;
            so_far.rotated(secret.clone(), now())
        }
        None => SubscriptionSecrets::new(secret.clone()),
    };
    record.secret = Some(seal(&app, record.id, &secrets)?);
    let stored = write(&app, &caller, record, Some(stored.row_version)).await?;
    audit(&app, &caller, "webhook.rotate_secret", &stored, &["secret"]).await?;
    Ok(Json(Webhook::of(&stored).with_secret(secret)))
}

async fn write(
    app: &App,
    caller: &Caller,
    record: SubscriptionRecord,
    expected: Option<u64>,
) -> Result<StoredSubscription, ApiError> {
    let id = record.id;
    let change = Change { expected, record };
    app.store.write_subscription(&caller.scope, &change, now()).await.map_err(refused)?;
    find(app, caller, id.0).await
}

fn key(app: &App) -> Result<&SecretsKey, ApiError> {
    let missing = || ApiError::not_configured("Subscriptions need a key of secrets");
    app.options.secrets_key.as_ref().ok_or_else(missing)
}

fn seal(
    app: &App,
    id: SubscriptionId,
    secrets: &SubscriptionSecrets,
) -> Result<SealedSecret, ApiError> {
    key(app)?.seal(id, secrets).map_err(|error| ApiError::internal(chain(&error)))
}

/// 32 random bytes.
fn drawn() -> Result<String, ApiError> {
    Ok(Token::for_csrf()?.as_str().to_owned())
}

/// The names of the fields that differ.
fn changed(old: &SubscriptionRecord, new: &SubscriptionRecord) -> Vec<&'static str> {
    [
        ("name", old.name != new.name),
        ("url", old.url != new.url),
        ("secret", old.secret != new.secret),
        ("method", old.method != new.method),
        ("headers", old.headers != new.headers),
        ("timeout_seconds", old.timeout_seconds != new.timeout_seconds),
        ("max_retries", old.max_retries != new.max_retries),
        ("event_types", old.event_types != new.event_types),
        ("flow_id", old.flow_id != new.flow_id),
        ("school_id", old.school_id != new.school_id),
        ("status", old.status != new.status),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}
