//! Who asks for numbers, and for whose sessions (S2.30).

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use chatflow::{FlowId, TenantId};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, FlowDraft, Record as _};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::identity::{Caller, Manager, Role};

/// An account that is told numbers: one who runs the platform or a school, or teaches.
#[derive(Debug)]
pub(crate) struct Reporter {
    pub(crate) caller: Box<Caller>,
    /// What was asked: the path with its query.
    asked: String,
}

/// Whose sessions are asked for.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfSchool {
    /// Only sessions of this school. Who does not run the platform may name only a school of their own.
    pub(crate) school_id: Option<Uuid>,
}

/// On whose behalf numbers were computed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub(crate) struct ScopeEcho {
    /// The school; null if there are several.
    #[schema(required)]
    school_id: Option<Uuid>,
    /// The schools, if there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    school_ids: Vec<Uuid>,
    /// Whether sessions of other schools count as well, since what they belong to is the caller's own.
    all_sessions: bool,
}

impl FromRequestParts<Arc<App>> for Reporter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Manager(caller) = Manager::from_request_parts(parts, app).await?;
        match caller.role() {
            Role::Platform | Role::SchoolAdmin | Role::Educator => {}
            Role::Reader | Role::Learner => return Err(ApiError::forbidden()),
        }
        let asked = parts.uri.path_and_query().map_or("", |asked| asked.as_str()).to_owned();
        Ok(Self { caller, asked })
    }
}

impl Reporter {
    /// What it is told of.
    pub(crate) fn scope(&self) -> &AccessScope {
        &self.caller.scope
    }

    /// The one school whose sessions count, if one was named.
    pub(crate) fn school(&self, asked: OfSchool) -> Result<Option<TenantId>, ApiError> {
        let school = asked.school_id.map(TenantId);
        let scope = self.scope();
        let may = |school: TenantId| scope.is_system() || scope.oversees().contains(&school);
        if school.is_none_or(may) { Ok(school) } else { Err(ApiError::forbidden()) }
    }

    /// A flow that it may view, with its graph.
    pub(crate) async fn flow(&self, app: &App, id: FlowId) -> Result<FlowDraft, ApiError> {
        let found = app.store.flow_draft(self.scope(), id).await?;
        found.ok_or_else(ApiError::flow_not_found)
    }

    /// [`Reporter::echo`] of the numbers of a flow.
    pub(crate) fn echo_of(&self, flow: &FlowDraft, school: Option<TenantId>) -> Option<ScopeEcho> {
        let access = flow.stored.record.access();
        self.echo(school, access.is_some_and(|row| self.scope().edits(&row)))
    }

    /// On whose behalf numbers are computed: nobody's, for the platform, unless it names a school. `is_own` says
    /// whether what they are of is the caller's to change, so that all its sessions count.
    pub(crate) fn echo(&self, school: Option<TenantId>, is_own: bool) -> Option<ScopeEcho> {
        let all_sessions = school.is_none() && is_own;
        let one = |school: TenantId| ScopeEcho {
            school_id: Some(school.0),
            school_ids: Vec::new(),
            all_sessions,
        };
        if let Some(school) = school {
            return Some(one(school));
        }
        if self.scope().is_system() {
            return None;
        }
        match self.scope().oversees() {
            [school] => Some(one(*school)),
            schools => Some(ScopeEcho {
                school_id: None,
                school_ids: schools.iter().map(|school| school.0).collect(),
                all_sessions,
            }),
        }
    }

    /// Answers with what `compute` finds, or with what was found for the same question lately (S5.7).
    pub(crate) async fn answer<T: Serialize>(
        &self,
        app: &App,
        compute: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<Response, ApiError> {
        app.analytics.answer(app.options.analytics.cache, self.key(), compute).await
    }

    /// The question and what it is asked for. All who run the platform are told the same.
    fn key(&self) -> String {
        let scope = self.scope();
        if scope.is_system() {
            return self.asked.clone();
        }
        format!("{} {scope:?}", self.asked)
    }
}
