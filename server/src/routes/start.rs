//! `POST /v1/chat/start` (S4.11 to S4.20).

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chatflow::{Catalog, FlowId, Input, InputKind, Seed, Session, SessionId, TenantId, TraceLevel};
use chatflow_host::{Recorder, stored_level};
use chatflow_storage::{
    AccessScope, AsyncStore, LookUp, NewSession, Pin, SessionHead, VersionRecord,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::turn::{drive, scope_of};
use crate::app::{App, Shared};
use crate::body::{self, Fields};
use crate::error::ApiError;
use crate::host::{TurnHost, now};
use crate::token::{Token, random_id};

const KNOWN: &[&str] = &["flow_id", "user_id", "initial_state", "client", "preview", "locale"];
/// Scopes that a visitor cannot fill (S4.15, F46).
pub(crate) const RESERVED: [&str; 8] =
    ["system", "session", "env", "input", "output", "local", "secret", "webhook_responses"];

pub(crate) async fn start<S: AsyncStore>(
    State(app): Shared<S>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fields = body::read(&headers, body, body::MAX_BYTES, KNOWN).await?;
    let flow = flow_id(&fields)?;
    refuse_identity(&fields)?;
    let client = client(&fields)?;
    let state = initial_state(&fields)?;
    let scope = AccessScope::anonymous();
    let version =
        app.store.newest_version(&scope, flow).await?.ok_or_else(ApiError::flow_not_found)?;
    let state = with_school_name(&app, state).await?;
    let pins = app.store.pins(&scope, version.flow).await?;
    let scope = scope_of(version.school_id);
    let pinned = pins.iter().map(|pin| pin.flow);
    let versions: Vec<_> = std::iter::once(version.flow).chain(pinned).collect();
    let catalog = app.flows.catalog(&app.store, &scope, versions).await?;
    let (mut session, id) = new_session(&catalog, &version, pins)?;
    let (token, csrf) = (Token::for_session(id)?, Token::for_csrf()?);
    let head = head(&version, &session, &token, &csrf);
    let budget = app.options.limits.effect_budget_ms;
    let host = TurnHost::new(&app.store, &app.options.handlers, scope, None, budget);
    let input = Input::new(head.started_at, InputKind::Start { state: state.into() });
    let mut info = Map::new();
    if !client.is_empty() {
        info.insert("client".to_owned(), Value::Object(client));
    }
    let recorder = Recorder::new(&session, info, "", &app.masker);
    let driven = drive(&app, catalog, &mut session, input, &host).await?;
    let (snapshot, turn) = recorder.record(&driven, &session);
    app.store.create_session(&NewSession { head, snapshot, turn }).await?;

    let mut answer = driven.turn.to_value_with(&session, app.engine.options());
    let more = json!({
        "session_id": id,
        "session_token": token.as_str(),
        "csrf_token": csrf.as_str(),
        "next_node": driven.turn.next_node(),
        "theme_id": version.theme_id,
        "theme": theme(&app, &version).await?,
        "flow_name": version.name,
        "revision": session.revision(),
    });
    if let (Some(answer), Value::Object(more)) = (answer.as_object_mut(), more) {
        answer.extend(more);
        let warnings = fields.unknown();
        if !warnings.is_empty() {
            answer.insert("warnings".to_owned(), json!(warnings));
        }
    }
    let mut response = (StatusCode::CREATED, Json(answer)).into_response();
    let cookies = response.headers_mut();
    for cookie in cookies_of(&token, &csrf, app.options.development) {
        cookies.append(header::SET_COOKIE, cookie);
    }
    let place = format!("/v1/chat/sessions/{}", token.as_str());
    cookies.extend(HeaderValue::from_str(&place).ok().map(|place| (header::LOCATION, place)));
    Ok(response)
}

fn flow_id(fields: &Fields) -> Result<FlowId, ApiError> {
    let text = fields.required_text("flow_id")?;
    let id = text.parse::<Uuid>().map(FlowId);
    id.map_err(|_| {
        ApiError::field_as(
            "invalid_uuid",
            &["body", "flow_id"],
            "type_error.uuid",
            "must be a UUID",
        )
    })
}

/// Visitors are anonymous until accounts exist (S4.12, S4.14).
fn refuse_identity(fields: &Fields) -> Result<(), ApiError> {
    let refuse = |code, detail: &str| Err(ApiError::new(StatusCode::FORBIDDEN, code, detail));
    if fields.value("user_id").is_some() {
        return refuse("user_not_allowed", "An anonymous visitor cannot name a user");
    }
    match fields.value("preview") {
        None | Some(Value::Bool(false)) => Ok(()),
        Some(Value::Bool(true)) => {
            refuse("forbidden", "A preview needs the right to edit the flow")
        }
        Some(_) => {
            Err(ApiError::field(&["body", "preview"], "type_error.bool", "must be true or false"))
        }
    }
}

fn client(fields: &Fields) -> Result<Map<String, Value>, ApiError> {
    let client = fields.object("client")?;
    if Value::Object(client.clone()).to_string().len() > 2048 {
        return Err(ApiError::field(
            &["body", "client"],
            "value_error.size",
            "may have at most 2 KiB",
        ));
    }
    Ok(client)
}

/// S4.15: at most 64 KiB, 20 levels and 2,000 keys, and no scope of the engine.
fn initial_state(fields: &Fields) -> Result<Map<String, Value>, ApiError> {
    let refuse =
        |why: &str| Err(ApiError::field(&["body", "initial_state"], "value_error.size", why));
    let mut state = fields.object("initial_state")?;
    if let Some(key) = RESERVED.iter().find(|key| state.contains_key(**key)) {
        let place = ["body", "initial_state", key];
        return Err(ApiError::field_as(
            "reserved_key",
            &place,
            "value_error.reserved",
            "cannot be set",
        ));
    }
    let whole = Value::Object(state.clone());
    if whole.to_string().len() > 64 * 1024 {
        return refuse("may have at most 64 KiB");
    }
    let (depth, keys) = measure(&whole);
    if depth > 20 {
        return refuse("may be nested at most 20 deep");
    }
    if keys > 2000 {
        return refuse("may have at most 2000 keys");
    }
    if let Some(locale) = fields.text("locale")? {
        let context = state.entry("context").or_insert_with(|| json!({}));
        if let Some(context) = context.as_object_mut() {
            context.insert("locale".to_owned(), json!(locale));
        }
    }
    Ok(state)
}

/// The depth of a value and the number of keys in it.
pub(crate) fn measure(value: &Value) -> (usize, usize) {
    let below: (usize, usize, usize) = match value {
        Value::Array(items) => items
            .iter()
            .map(measure)
            .fold((0, 0, 0), |(d, k, n), (depth, keys)| (d.max(depth), k.saturating_add(keys), n)),
        Value::Object(map) => {
            map.values().map(measure).fold((0, 0, map.len()), |(d, k, n), (depth, keys)| {
                (d.max(depth), k.saturating_add(keys), n)
            })
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return (0, 0),
    };
    (below.0.saturating_add(1), below.1.saturating_add(below.2))
}

/// The name of the school that the visitor comes from, when only its id is given (S4.16, F14).
async fn with_school_name<S: AsyncStore>(
    app: &App<S>,
    mut state: Map<String, Value>,
) -> Result<Map<String, Value>, ApiError> {
    let Some(context) = state.get_mut("context").and_then(Value::as_object_mut) else {
        return Ok(state);
    };
    let named = context.get("school_name").is_some_and(|name| !name.is_null());
    let id =
        context.get("school_wriveted_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    if let (false, Some(id)) = (named, id) {
        let look_up = LookUp { seed_key: None, id: Some(id), name: None, school: None };
        let scope = AccessScope::school_admin(None, vec![TenantId(id)]);
        if let Some(school) = app.store.find_school(&scope, look_up).await? {
            context.insert("school_name".to_owned(), json!(school.record.name));
        }
    }
    Ok(state)
}

/// Whether it is traced is decided here, once (S7.1).
fn new_session(
    catalog: &Catalog,
    version: &VersionRecord,
    pins: Vec<Pin>,
) -> Result<(Session, SessionId), ApiError> {
    let id = SessionId(random_id()?);
    let session = Session::new(chatflow::NewSession {
        id,
        flow: version.flow,
        pins: pins.into_iter().map(|pin| (pin.link.into(), pin.flow)).collect(),
        seed: Seed::from_text(&random_id()?.to_string()),
        user_id: None,
        tenant: version.school_id,
        trace: catalog
            .get(version.flow)
            .map_or(TraceLevel::Off, |flow| flow.tracing().of_session(id)),
    });
    Ok((session, id))
}

fn head(version: &VersionRecord, session: &Session, token: &Token, csrf: &Token) -> SessionHead {
    let trace_level = stored_level(session.trace_level());
    SessionHead {
        id: session.id(),
        user_id: None,
        flow: version.flow,
        flow_version: Some(version.label.clone()),
        token_digest: token.digest(),
        token_hint: token.hint(),
        csrf_digest: csrf.digest(),
        school_id: version.school_id,
        theme_id: version.theme_id,
        trace_enabled: trace_level.is_some(),
        trace_level,
        started_at: now(),
    }
}

async fn theme<S: AsyncStore>(app: &App<S>, version: &VersionRecord) -> Result<Value, ApiError> {
    let Some(id) = version.theme_id else { return Ok(Value::Null) };
    let scope = scope_of(version.school_id);
    let Some(theme) = app.store.theme(&scope, id).await? else { return Ok(Value::Null) };
    let config: Value = serde_json::from_str(&theme.config).unwrap_or_default();
    Ok(json!({
        "id": theme.id, "name": theme.name, "config": config,
        "logo_url": theme.logo_url, "avatar_url": theme.avatar_url,
    }))
}

/// S4.4: the CSRF cookie is for scripts, the session cookie is not.
fn cookies_of(token: &Token, csrf: &Token, development: bool) -> Vec<HeaderValue> {
    let site = if development { "SameSite=Lax" } else { "Secure; SameSite=None" };
    let texts = [
        format!("csrf_token={}; Path=/; Max-Age=86400; {site}", csrf.as_str()),
        format!("chat_session={}; Path=/; Max-Age=28800; HttpOnly; {site}", token.as_str()),
    ];
    texts.iter().filter_map(|text| HeaderValue::from_str(text).ok()).collect()
}
