//! To whom something new belongs, and who may see it (S2.18).

use axum::http::StatusCode;
use chatflow::{TenantId, Visibility};

use crate::error::ApiError;
use crate::identity::{Caller, Role};

/// To whom a record belongs, and who may see it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Owner {
    pub(crate) school: Option<TenantId>,
    pub(crate) visibility: Visibility,
}

/// Where the caller may put something new; what they do not say gets their role's usual value.
pub(crate) fn place(
    caller: &Caller,
    school: Option<TenantId>,
    visibility: Option<Visibility>,
) -> Result<Owner, ApiError> {
    let allowed: &[Visibility] = match caller.role() {
        Role::Platform => {
            return Ok(Owner { school, visibility: visibility.unwrap_or(Visibility::Wriveted) });
        }
        Role::SchoolAdmin => &[Visibility::Private, Visibility::School, Visibility::Public],
        Role::Educator => &[Visibility::Private],
        Role::Reader | Role::Learner => return Err(ApiError::forbidden()),
    };
    let school = match (school, caller.schools.as_slice()) {
        (Some(school), own) if own.contains(&school) => school,
        (Some(_), _) => {
            let detail = "This account does not belong to that school";
            return Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_school", detail));
        }
        (None, [one]) => *one,
        (None, _) => {
            return Err(ApiError::field_as(
                "school_required",
                &["body", "school_id"],
                "value_error.missing",
                "is required, since the account has several schools",
            ));
        }
    };
    let visibility = visibility.unwrap_or(Visibility::Private);
    if !allowed.contains(&visibility) {
        return Err(visibility_not_allowed());
    }
    Ok(Owner { school: Some(school), visibility })
}

pub(crate) fn visibility_not_allowed() -> ApiError {
    let detail = "This account may not share so widely";
    ApiError::new(StatusCode::FORBIDDEN, "visibility_not_allowed", detail)
}
