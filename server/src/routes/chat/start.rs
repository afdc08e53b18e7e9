//! `POST /v1/chat/start` (S4.11 to S4.20).
#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chatflow::{
    Driven, Event, FlowId, Input, InputKind, Revision, Seed, Session, SessionId, TenantId,
};
use chatflow_host::{Recorder, stored_level};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, FlowTracing, LookUp, NewSession, Pin, SessionHead, ThemeId, UserId, UserKey,
    VersionRecord,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::begin::{self, Begun};
use super::preview::{self, Preview, PreviewBody};
use super::theme;
use super::turn::{FLOW_SCHOOL, drive};
use super::wire::StartAnswer;
use crate::app::{App, Shared};
use crate::cookies;
use crate::error::ApiError;
use crate::events::{SessionChange, Standing};
use crate::host::{TurnHost, TurnPlace, now};
use crate::identity::{Caller, MaybeSigned, Role};
use crate::input::{JsonBody, QueryOf};
use crate::token::{Token, random_id};

/// What a conversation starts with.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct StartBody {
    /// The flow.
    flow_id: Uuid,
    /// Who talks, where a program starts the conversation for a user.
    user_id: Option<Uuid>,
    /// Variables to begin with.
    initial_state: Option<Map<String, Value>>,
    /// What the client says of itself; at most 2 KiB.
    client: Option<Map<String, Value>>,
    /// Runs the draft of the flow, published or not, for one who may change it; `true`, or an object.
    #[schema(inline)]
    preview: Option<PreviewBody>,
    /// The visitor's language, kept as `context.locale`.
    #[schema(max_length = 100)]
    locale: Option<String>,
}

/// How a conversation is started.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StartParameters {
    /// `real`: requests of a preview that have no answer among its own are sent, without secrets. Only
    /// for those who run the platform.
    #[param(inline)]
    effects: Option<Effects>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Effects {
    Real,
}

/// Scopes that a visitor cannot fill (S4.15, F46).
pub(crate) const RESERVED: [&str; 8] =
    ["system", "session", "env", "input", "output", "local", "secret", "webhook_responses"];

/// Starts a conversation.
#[utoipa::path(post, path = "/v1/chat/start", tag = "chat", params(StartParameters),
    request_body = StartBody,
    responses((status = 201, body = StartAnswer)))]
#[expect(clippy::too_many_lines, reason = "it is one sequence, from the request to the answer")]
pub(crate) async fn start(
    State(app): Shared,
    MaybeSigned { caller, .. }: MaybeSigned,
    QueryOf { value: asked, .. }: QueryOf<StartParameters>,
    JsonBody { value: body, mut warnings, .. }: JsonBody<StartBody>,
) -> Result<Response, ApiError> {
    let caller = caller.as_deref();
    let flow = FlowId(body.flow_id);
    let user_id = user_of(&app, caller, body.user_id).await?;
    let client = client(body.client)?;
    let state = initial_state(body.initial_state, body.locale)?;
    let begun = match PreviewBody::settings(body.preview) {
        None => begin::published(&app, caller, flow).await?,
        Some(wanted) => {
            preview::tried(&app, caller, flow, (wanted, asked.effects.is_some())).await?
        }
    };
    let Begun { version, tracing, pins, catalog, scope, school, preview } = begun;
    let state = with_school_name(&app, state).await?;
    let schools = theme::Schools { session: school, named: named_school(caller, &state) };
    let theme = theme::resolve(&app, &version, schools, &mut warnings).await?;
    let theme_id = theme.as_ref().map(|theme| theme.id);
    let visitor = Visitor { user_id, school, theme_id };
    let (mut session, id) = new_session(&version, tracing, pins, visitor)?;
    let (token, csrf) = (Token::for_session(id)?, Token::for_csrf()?);
    let mut head = head(&version, &session, &token, &csrf, visitor);
    let owner = version.school_id;
    let place = TurnPlace { session: id, revision: None, mark: None, owner, user: user_id };
    let trial = preview.as_ref().map(Preview::trial).transpose()?;
    let host = TurnHost::new(&app, scope, place).trying(trial);
    let input = Input::new(head.started_at, InputKind::Start { state: state.into() });
    let mut info = Map::new();
    if !client.is_empty() {
        info.insert("client".to_owned(), Value::Object(client));
    }
    if version.school_id != school {
        info.insert(FLOW_SCHOOL.to_owned(), json!(version.school_id));
    }
    theme::note(&mut info, theme.as_ref(), schools);
    if preview.is_some() {
        info.insert("preview".to_owned(), json!(true));
        // Its trace is kept nowhere.
        (head.trace_enabled, head.trace_level) = (false, None);
    }
    let recorder = Recorder::new(&session, info, "", &app.masker);
    let driven = drive(&app, catalog, &mut session, input, &host).await?;
    warnings.extend(unmet(&driven));
    let (snapshot, turn) = recorder.record(&driven, &session);
    let kept = preview.as_ref().map(Preview::text).transpose()?;
    store(&app, NewSession { head, snapshot, turn, preview: kept }).await?;

    let mut answer = driven.turn.to_value_with(&session, app.engine.options());
    let more = json!({
        "session_id": id,
        "session_token": token.as_str(),
        "csrf_token": csrf.as_str(),
        "next_node": driven.turn.next_node(),
        "theme_id": theme_id,
        "theme": theme.as_ref().map(theme::shown),
        "flow_name": version.name,
        "revision": session.revision(),
    });
    if let (Some(answer), Value::Object(more)) = (answer.as_object_mut(), more) {
        answer.extend(more);
        if !warnings.is_empty() {
            answer.insert("warnings".to_owned(), json!(warnings));
        }
        if preview.is_some() {
            answer.insert("trace".to_owned(), preview::trace(&driven, &session));
        }
    }
    let mut response = (StatusCode::CREATED, Json(answer)).into_response();
    let headers = response.headers_mut();
    let options = &app.options;
    cookies::set(headers, (&token, &csrf), options.cookies, options.development);
    let place = format!("/v1/chat/sessions/{}", token.as_str());
    headers.extend(HeaderValue::from_str(&place).ok().map(|place| (header::LOCATION, place)));
    Ok(response)
}

/// Stores a session, with what others hear of it (S6.2).
async fn store(app: &App, mut new: NewSession) -> Result<(), ApiError> {
    // Nobody is told of a preview (S4.14).
    if new.preview.is_none() {
        let standing = Standing::of(&new.snapshot, Revision::default().next());
        let change = SessionChange::new(&new.head, new.head.started_at, None, standing);
        new.turn.events = app.emitter.session(&app.store, &change).await?;
    }
    app.store.create_session(&new).await?;
    if !new.turn.events.is_empty() {
        app.wakes.written(&app.store);
    }
    Ok(())
}

/// Who talks, as the service knows them.
#[derive(Clone, Copy, Debug)]
struct Visitor {
    user_id: Option<UserId>,
    school: Option<TenantId>,
    /// What they see the conversation in.
    theme_id: Option<ThemeId>,
}

/// S4.12: people talk as themselves; programs may name a user whom they may act for.
async fn user_of(
    app: &App,
    caller: Option<&Caller>,
    named: Option<Uuid>,
) -> Result<Option<UserId>, ApiError> {
    let refuse = |code, detail: &str| Err(ApiError::new(StatusCode::FORBIDDEN, code, detail));
    let Some(caller) = caller else {
        return match named {
            None => Ok(None),
            Some(_) => refuse("user_not_allowed", "An anonymous visitor cannot name a user"),
        };
    };
    match (caller.user_id(), named) {
        (Some(own), Some(named)) if own != named => {
            refuse("user_mismatch", "`user_id` is another user's")
        }
        (Some(own), _) => Ok(Some(UserId(own))),
        (None, None) => Ok(None),
        (None, Some(named)) => {
            let user = UserId(named);
            let is_own = match caller.role() {
                Role::Platform => true,
                Role::SchoolAdmin => {
                    let found = app.store.find_user(UserKey::Id(user)).await?;
                    let school = found.and_then(|known| known.stored.record.school_id);
                    school.is_some_and(|school| caller.schools.contains(&school))
                }
                Role::Educator | Role::Reader | Role::Learner => false,
            };
            if is_own {
                Ok(Some(user))
            } else {
                refuse("user_not_allowed", "This account cannot act for that user")
            }
        }
    }
}

fn client(client: Option<Map<String, Value>>) -> Result<Map<String, Value>, ApiError> {
    let client = client.unwrap_or_default();
    if json!(client).to_string().len() > 2048 {
        return Err(ApiError::field(
            &["body", "client"],
            "value_error.size",
            "may have at most 2 KiB",
        ));
    }
    Ok(client)
}

/// S4.15: at most 64 KiB, 20 levels and 2,000 keys, and no scope of the engine.
fn initial_state(
    given: Option<Map<String, Value>>,
    locale: Option<String>,
) -> Result<Map<String, Value>, ApiError> {
    let refuse =
        |why: &str| Err(ApiError::field(&["body", "initial_state"], "value_error.size", why));
    let mut state = given.unwrap_or_default();
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
    if let Some(locale) = locale {
        let context = state.entry("context").or_insert_with(|| json!({}));
        if let Some(context) = context.as_object_mut() {
            context.insert("locale".to_owned(), json!(locale));
        }
    }
    Ok(state)
}

/// What the flow expects to know at its start and does not (S4.17, R9.34).
fn unmet(driven: &Driven) -> Vec<String> {
    let mut warnings = Vec::new();
    for event in &driven.turn.events {
        if let Event::Warned { code: "contract_missing_input", about, .. } = event {
            warnings.push(format!("the flow expects `{about}`, which is not set"));
        }
    }
    warnings
}

/// The school that a visitor says they come from, which gives a conversation its looks and nothing else;
/// that of an account goes before it (F14).
fn named_school(caller: Option<&Caller>, state: &Map<String, Value>) -> Option<TenantId> {
    if caller.is_some_and(|caller| caller.schools.len() == 1) {
        return None;
    }
    let id = state.get("context")?.get("school_wriveted_id")?.as_str()?;
    id.parse().ok().map(TenantId)
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
async fn with_school_name(
    app: &App,
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

/// Whether it is traced is decided here, once, by what the flow says now (S7.1, S7.22).
fn new_session(
    version: &VersionRecord,
    tracing: FlowTracing,
    pins: Vec<Pin>,
    visitor: Visitor,
) -> Result<(Session, SessionId), ApiError> {
    let id = SessionId(random_id()?);
    let session = Session::new(chatflow::NewSession {
        id,
        flow: version.flow,
        pins: pins.into_iter().map(|pin| (pin.link.into(), pin.flow)).collect(),
        seed: Seed::from_text(&random_id()?.to_string()),
        user_id: visitor.user_id.map(|id| id.0.to_string()),
        tenant: visitor.school,
        trace: tracing.of_session(id),
    });
    Ok((session, id))
}

fn head(
    version: &VersionRecord,
    session: &Session,
    token: &Token,
    csrf: &Token,
    visitor: Visitor,
) -> SessionHead {
    let trace_level = stored_level(session.trace_level());
    SessionHead {
        id: session.id(),
        user_id: visitor.user_id,
        flow: version.flow,
        flow_version: Some(version.label.clone()),
        token_digest: token.digest(),
        token_hint: token.hint(),
        csrf_digest: csrf.digest(),
        school_id: visitor.school,
        theme_id: visitor.theme_id,
        trace_enabled: trace_level.is_some(),
        trace_level,
        started_at: now(),
    }
}
