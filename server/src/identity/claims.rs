//! Accounts that another service keeps: role and schools come from the token (S2.12).

use async_trait::async_trait;
use axum::http::request::Parts;
use chatflow::TenantId;
use chatflow_storage::{AccessScope, ServiceAccountType, UserId, UserType};
use serde_json::{Map, Value};

use super::jwt::{Subject, TokenRules};
use super::{Caller, CallerKind, IdentityError, IdentityProvider, Principal, bearer};

/// The claims that say what an account is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClaimNames {
    /// A type of user, or `backend`, `lms`, `school` or `kiosk`.
    pub role: String,
    /// A UUID.
    pub school_id: String,
    /// A list of UUIDs.
    pub school_ids: String,
    /// A name for people.
    pub name: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        let name = |text: &str| text.to_owned();
        Self {
            role: name("role"),
            school_id: name("school_id"),
            school_ids: name("school_ids"),
            name: name("name"),
        }
    }
}

/// Believes the claims of a valid token; no tables are needed.
#[derive(Clone, Debug)]
pub struct ClaimsIdentity {
    rules: TokenRules,
    names: ClaimNames,
    /// Whether a token may say that its holder runs the platform.
    trusts_admins: bool,
}

impl ClaimsIdentity {
    /// Believes tokens by these rules. Who runs the platform is believed only from an issuer that is
    /// checked.
    pub fn new(rules: TokenRules, names: ClaimNames) -> Self {
        let trusts_admins = rules.checks_issuer();
        Self { rules, names, trusts_admins }
    }

    /// Says whether a token may make its holder run the platform (`auth.trust_admin_claim`).
    #[must_use]
    pub const fn trusting_admins(mut self, trusts: bool) -> Self {
        self.trusts_admins = trusts;
        self
    }

    fn caller(&self, subject: Subject, claims: &Map<String, Value>) -> Caller {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let one = claims.get(&self.names.school_id).into_iter();
        let many = claims.get(&self.names.school_ids).and_then(Value::as_array).into_iter();
        let mut schools: Vec<TenantId> = one
            .chain(many.flatten())
            .filter_map(Value::as_str)
            .filter_map(|id| id.parse().ok().map(TenantId))
            .collect();
        schools.sort_unstable();
        schools.dedup();
        let (id, is_user) = match subject {
            Subject::User(id) => (id, true),
            Subject::Service(id) => (id, false),
        };
        let kind = self.kind(text(&self.names.role).unwrap_or_default(), is_user);
        let scope = scope(kind, UserId(id), &schools);
        let name = text(&self.names.name).unwrap_or_default().to_owned();
        Caller { id, kind, name, schools, scope }
    }

    /// What a role claim means; what nobody knows is a learner.
    fn kind(&self, role: &str, is_user: bool) -> CallerKind {
        let kind = if is_user {
            CallerKind::User(UserType::parse(role).unwrap_or(UserType::Public))
        } else {
            let known = ServiceAccountType::parse(role);
            CallerKind::Service(known.unwrap_or(ServiceAccountType::Kiosk))
        };
        match kind {
            CallerKind::User(UserType::Wriveted) if !self.trusts_admins => {
                CallerKind::User(UserType::Public)
            }
            CallerKind::Service(ServiceAccountType::Backend) if !self.trusts_admins => {
                CallerKind::Service(ServiceAccountType::Kiosk)
            }
            CallerKind::User(_) | CallerKind::Service(_) => kind,
        }
    }
}

fn scope(kind: CallerKind, id: UserId, schools: &[TenantId]) -> AccessScope {
    match (kind, schools.first()) {
        (CallerKind::User(UserType::Wriveted), _) => AccessScope::platform(Some(id)),
        (CallerKind::User(UserType::SchoolAdmin), Some(_)) => {
            AccessScope::school_admin(Some(id), schools.to_vec())
        }
        (CallerKind::User(UserType::Educator), Some(school)) => AccessScope::educator(id, *school),
        (CallerKind::User(_), school) => AccessScope::learner(Some(id), school.copied()),
        (CallerKind::Service(ServiceAccountType::Backend), _) => AccessScope::platform(None),
        (CallerKind::Service(ServiceAccountType::School), Some(_)) => {
            AccessScope::school_admin(None, schools.to_vec())
        }
        (CallerKind::Service(ServiceAccountType::Lms), Some(_)) => {
            AccessScope::reader(schools.to_vec())
        }
        (CallerKind::Service(_), _) => AccessScope::kiosk(schools.to_vec()),
    }
}

#[async_trait]
impl IdentityProvider for ClaimsIdentity {
    async fn identify(&self, parts: &Parts) -> Result<Principal, IdentityError> {
        let Some(token) = bearer(parts) else { return Ok(Principal::Anonymous) };
        let (subject, claims) = self.rules.verify(token).await?;
        Ok(Principal::Account(Box::new(self.caller(subject, &claims))))
    }
}
