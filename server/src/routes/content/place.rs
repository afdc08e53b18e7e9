//! Whose an item is and who may see it: what a caller may choose (S2.18, S2.19, S3.48).

use axum::http::StatusCode;
use chatflow::{TenantId, Visibility};
use chatflow_storage::{ContentStatus, RowAccess};

use crate::error::ApiError;
use crate::identity::{Caller, Role};

/// The visibility and the school of a new row.
pub(crate) fn of_new(
    caller: &Caller,
    visibility: Option<Visibility>,
    school: Option<TenantId>,
) -> Result<(Visibility, Option<TenantId>), ApiError> {
    let role = caller.role();
    let usual = if role == Role::Platform { Visibility::Wriveted } else { Visibility::Private };
    let visibility = visibility.unwrap_or(usual);
    let school = match role {
        Role::Platform => school,
        Role::SchoolAdmin | Role::Educator => Some(own_school(caller, school)?),
        Role::Reader | Role::Learner => return Err(ApiError::forbidden()),
    };
    check_visibility(role, visibility)?;
    check_owner(visibility, school)?;
    Ok((visibility, school))
}

/// Refuses to move a row to where the caller may not have it.
pub(crate) fn check_move(
    caller: &Caller,
    old: &RowAccess,
    new: &RowAccess,
) -> Result<(), ApiError> {
    if old.school_id != new.school_id && caller.role() != Role::Platform {
        return Err(wrong_school());
    }
    if old.visibility != new.visibility {
        check_visibility(caller.role(), new.visibility)?;
    }
    check_owner(new.visibility, new.school_id)
}

/// Refuses a step of an item's life that the caller may not take.
pub(super) fn check_transition(
    caller: &Caller,
    row: &RowAccess,
    from: ContentStatus,
    to: ContentStatus,
) -> Result<(), ApiError> {
    let is_open = |status| match status {
        ContentStatus::Draft | ContentStatus::PendingReview | ContentStatus::Archived => true,
        ContentStatus::Approved | ContentStatus::Published => false,
    };
    let may_all = matches!(caller.role(), Role::Platform | Role::SchoolAdmin);
    let may_this = row.visibility == Visibility::Private && is_open(from) && is_open(to);
    if from == to || may_all || may_this {
        return Ok(());
    }
    let detail = format!("This account may not move it from {} to {}", from.as_str(), to.as_str());
    Err(ApiError::new(StatusCode::FORBIDDEN, "transition_not_allowed", detail))
}

fn own_school(caller: &Caller, school: Option<TenantId>) -> Result<TenantId, ApiError> {
    match (school, caller.schools.as_slice()) {
        (Some(school), own) if own.contains(&school) => Ok(school),
        (Some(_), _) => Err(wrong_school()),
        (None, [only]) => Ok(*only),
        (None, _) => Err(ApiError::field_as(
            "school_required",
            &["body", "school_id"],
            "value_error.missing",
            "is required: this account has several schools",
        )),
    }
}

fn wrong_school() -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "wrong_school", "This account has nothing in that school")
}

fn check_visibility(role: Role, visibility: Visibility) -> Result<(), ApiError> {
    let may = match role {
        Role::Platform => true,
        Role::SchoolAdmin => visibility != Visibility::Wriveted,
        Role::Educator => visibility == Visibility::Private,
        Role::Reader | Role::Learner => false,
    };
    if may {
        return Ok(());
    }
    let detail = "This account may not make it visible so";
    Err(ApiError::new(StatusCode::FORBIDDEN, "visibility_not_allowed", detail))
}

/// S1.36
fn check_owner(visibility: Visibility, school: Option<TenantId>) -> Result<(), ApiError> {
    if visibility == Visibility::School && school.is_none() {
        return Err(ApiError::field(
            &["body", "school_id"],
            "value_error.missing",
            "is required: visibility `school` needs a school",
        ));
    }
    Ok(())
}
