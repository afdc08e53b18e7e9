//! Making, changing and deleting themes.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chatflow::TenantId;
use chatflow_storage::prelude::*;
use chatflow_storage::{ApplyError, Batch, Change, Stored, ThemeId, ThemeRecord, UserId};
use serde_json::{Map, Value, json};

use super::wire::{NewTheme, Theme, ThemeChange, config};
use super::{defaults_of, events, visible};
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::host::now;
use crate::identity::{Caller, Role, Signed};
use crate::input::{Condition, JsonBody, PathId, put_tag};
use crate::theme::{check, complete, is_address, merged};
use crate::token::random_id;
use crate::trail::{Deed, Trail};

/// How often to begin anew when others change the same theme, or the default, at the same time.
const TRIES: usize = 5;

/// Makes a theme.
#[utoipa::path(post, path = "/v1/cms/themes", tag = "themes", security(("bearer" = [])),
    request_body = NewTheme, responses((status = 201, body = Theme)))]
pub(crate) async fn create(
    State(app): Shared,
    Signed(caller): Signed,
    trail: Trail,
    JsonBody { value: body, warnings, .. }: JsonBody<NewTheme>,
) -> Result<Response, ApiError> {
    let school_id = owner(&caller, body.school_id.map(TenantId))?;
    check(&body.config)?;
    check_address("logo_url", body.logo_url.as_deref())?;
    check_address("avatar_url", body.avatar_url.as_deref())?;
    let is_active = body.is_active.unwrap_or(true);
    let record = ThemeRecord {
        id: ThemeId(random_id()?),
        seed_key: None,
        name: body.name,
        description: body.description,
        school_id,
        config: Value::Object(complete(&body.config)).to_string(),
        logo_url: body.logo_url,
        avatar_url: body.avatar_url,
        is_active,
        is_default: is_active && body.is_default.unwrap_or(false),
        version: body.version.unwrap_or_else(|| "1.0".to_owned()),
        created_by: caller.user_id().map(UserId),
    };
    let id = record.id;
    let work = Work { app: &app, caller: &caller, trail: &trail };
    let mut tries = TRIES;
    while let Written::Again(error) = work.write(None, record.clone(), "theme_created").await? {
        tries = tries.saturating_sub(1);
        if tries == 0 {
            return Err(error.into());
        }
    }
    let stored = visible(&app, &caller, id).await?;
    let row_version = stored.row_version;
    let theme = Theme::from(stored).with_warnings(warnings);
    let mut response = (StatusCode::CREATED, Json(theme)).into_response();
    put_tag(&mut response, row_version);
    let place = HeaderValue::from_str(&format!("/v1/cms/themes/{}", id.0));
    response.headers_mut().extend(place.ok().map(|place| (header::LOCATION, place)));
    Ok(response)
}

/// Changes a theme.
#[utoipa::path(put, path = "/v1/cms/themes/{theme_id}", tag = "themes", security(("bearer" = [])),
    params(("theme_id" = Uuid, Path)), request_body = ThemeChange,
    responses((status = 200, body = Theme)))]
pub(crate) async fn update(
    State(app): Shared,
    Signed(caller): Signed,
    PathId(id): PathId,
    (condition, trail): (Condition, Trail),
    JsonBody { value: body, warnings, .. }: JsonBody<ThemeChange>,
) -> Result<Response, ApiError> {
    let work = Work { app: &app, caller: &caller, trail: &trail };
    let stored = work.change(ThemeId(id), &condition, "theme_updated", |old| changed(old, &body));
    let stored = stored.await?;
    let row_version = stored.row_version;
    let mut response = Json(Theme::from(stored).with_warnings(warnings)).into_response();
    put_tag(&mut response, row_version);
    Ok(response)
}

/// Takes a theme out of use; it can be brought back by `is_active`.
#[utoipa::path(delete, path = "/v1/cms/themes/{theme_id}", tag = "themes",
    security(("bearer" = [])), params(("theme_id" = Uuid, Path)),
    responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete(
    State(app): Shared,
    Signed(caller): Signed,
    PathId(id): PathId,
    condition: Condition,
    trail: Trail,
) -> Result<StatusCode, ApiError> {
    let work = Work { app: &app, caller: &caller, trail: &trail };
    let deleted =
        |old: &ThemeRecord| Ok(ThemeRecord { is_active: false, is_default: false, ..old.clone() });
    work.change(ThemeId(id), &condition, "theme_deleted", deleted).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// S8.8: whose a new theme is.
fn owner(caller: &Caller, asked: Option<TenantId>) -> Result<Option<TenantId>, ApiError> {
    match (caller.role(), asked, caller.schools.as_slice()) {
        (Role::Platform, asked, _) => Ok(asked),
        (Role::SchoolAdmin, None, [own]) => Ok(Some(*own)),
        (Role::SchoolAdmin, None, _) => Err(ApiError::field_as(
            "school_required",
            &["body", "school_id"],
            "value_error.missing",
            "is required of those who run several schools",
        )),
        (Role::SchoolAdmin, Some(asked), own) if own.contains(&asked) => Ok(Some(asked)),
        (Role::SchoolAdmin, Some(_), _) => {
            let detail = "This is another school's";
            Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_school", detail))
        }
        (Role::Educator | Role::Reader | Role::Learner, _, _) => Err(ApiError::forbidden()),
    }
}

fn check_address(name: &str, address: Option<&str>) -> Result<(), ApiError> {
    if address.is_none_or(is_address) {
        return Ok(());
    }
    let message = "must be an https address, or one of this site";
    Err(ApiError::field(&["body", name], "value_error.url", message))
}

/// What a change makes of a theme (S3.9, S8.4, S8.8, S8.9).
fn changed(old: &ThemeRecord, body: &ThemeChange) -> Result<ThemeRecord, ApiError> {
    if let Some(school) = body.school_id
        && school.map(TenantId) != old.school_id
    {
        let place = ["body", "school_id"];
        return Err(ApiError::field(&place, "value_error.fixed", "cannot change"));
    }
    let given: Map<String, Value> = body.config.clone().unwrap_or_default();
    check(&given)?;
    for (name, address) in [("logo_url", &body.logo_url), ("avatar_url", &body.avatar_url)] {
        check_address(name, address.as_ref().and_then(Option::as_deref))?;
    }
    let is_active = body.is_active.unwrap_or(old.is_active);
    let or =
        |new: &Option<Option<String>>, old: &Option<String>| new.as_ref().unwrap_or(old).clone();
    Ok(ThemeRecord {
        name: body.name.as_ref().unwrap_or(&old.name).clone(),
        description: or(&body.description, &old.description),
        config: if given.is_empty() {
            old.config.clone()
        } else {
            Value::Object(merged(&config(&old.config), &given)).to_string()
        },
        logo_url: or(&body.logo_url, &old.logo_url),
        avatar_url: or(&body.avatar_url, &old.avatar_url),
        is_active,
        is_default: is_active && body.is_default.unwrap_or(old.is_default),
        version: body.version.as_ref().unwrap_or(&old.version).clone(),
        ..old.clone()
    })
}

/// Whose change it is, and where.
struct Work<'a> {
    app: &'a App,
    caller: &'a Caller,
    trail: &'a Trail,
}

enum Written {
    Done,
    /// Somebody else was quicker.
    Again(ApplyError),
}

impl Work<'_> {
    /// Changes a theme as it stands when nobody else does, and answers with what stands then.
    async fn change(
        &self,
        id: ThemeId,
        condition: &Condition,
        event: &'static str,
        change: impl Fn(&ThemeRecord) -> Result<ThemeRecord, ApiError>,
    ) -> Result<Stored<ThemeRecord>, ApiError> {
        let mut last = None;
        for _ in 0..TRIES {
            let old = visible(self.app, self.caller, id).await?;
            if !self.caller.scope.owns(old.record.school_id) {
                return Err(ApiError::forbidden());
            }
            condition.check(old.row_version)?;
            let new = change(&old.record)?;
            if new == old.record {
                return Ok(old);
            }
            match self.write(Some(&old), new, event).await? {
                Written::Done => return visible(self.app, self.caller, id).await,
                // Whoever has said which version it changes is told at the next look.
                Written::Again(error) => last = Some(error),
            }
        }
        Err(last.map_or_else(|| ApiError::internal("no try was made"), ApiError::from))
    }

    /// Writes a theme, its events and its entry in the audit log (S6.30, S1.68).
    async fn write(
        &self,
        old: Option<&Stored<ThemeRecord>>,
        new: ThemeRecord,
        event: &'static str,
    ) -> Result<Written, ApiError> {
        let at = now();
        let mut batch = Batch { at, ..Batch::default() };
        let becomes_default = new.is_default && !old.is_some_and(|old| old.record.is_default);
        if becomes_default {
            for former in defaults_of(self.app, new.school_id).await? {
                let record = ThemeRecord { is_default: false, ..former.record };
                let told =
                    events(self.app, (self.caller, self.trail), "theme_updated", &record, at)
                        .await?;
                batch.events.extend(told);
                batch.themes.push(Change { expected: Some(former.row_version), record });
            }
        }
        batch.events.extend(events(self.app, (self.caller, self.trail), event, &new, at).await?);
        let deed = Deed {
            action: match event {
                "theme_created" => "theme.create".to_owned(),
                "theme_deleted" => "theme.delete".to_owned(),
                _ => "theme.update".to_owned(),
            },
            resource_type: "theme",
            resource_id: new.id.0.to_string(),
            school_id: new.school_id,
            changes: differences(old.map(|old| &old.record), &new),
        };
        batch.audit.push(self.trail.entry(self.caller, deed, at)?);
        let expected = Some(old.map_or(0, |old| old.row_version));
        batch.themes.push(Change { expected, record: new });
        match self.app.store.apply(&self.caller.scope, &batch).await {
            Ok(_) => Ok(Written::Done),
            // A second default, too: the former one was read before another took its place.
            Err(error @ (ApplyError::Conflict { .. } | ApplyError::Invalid { .. })) => {
                Ok(Written::Again(error))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The fields that differ, with what they were where that is short (S1.68).
fn differences(old: Option<&ThemeRecord>, new: &ThemeRecord) -> Value {
    let facts = |theme: &ThemeRecord| {
        json!({
            "name": theme.name, "description": theme.description, "logo_url": theme.logo_url,
            "avatar_url": theme.avatar_url, "is_active": theme.is_active,
            "is_default": theme.is_default, "version": theme.version,
        })
    };
    let Some(old) = old else { return json!({"after": facts(new)}) };
    let (before, after) = (facts(old), facts(new));
    let mut all = Map::new();
    for (name, value) in after.as_object().into_iter().flatten() {
        if before.get(name) != Some(value) {
            all.insert(name.clone(), json!([before.get(name), value]));
        }
    }
    if old.config != new.config {
        all.insert("config".to_owned(), json!("changed"));
    }
    Value::Object(all)
}
