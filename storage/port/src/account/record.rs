//! The records of accounts.

use chatflow::{TenantId, Timestamp};

use crate::id::{ServiceAccountId, UserId};
use crate::library::{SchoolState, Stored};
use crate::scope::AccessScope;
use crate::text_enum::text_enum;

text_enum! {
    /// What a person is (S1.25).
    UserType {
        /// One who runs the platform.
        Wriveted = "wriveted",
        /// One who runs a school.
        SchoolAdmin = "school_admin",
        /// One who teaches at a school.
        Educator = "educator",
        /// One who learns at a school.
        Student = "student",
        /// A parent of a student.
        Parent = "parent",
        /// Somebody who helps a student.
        Supporter = "supporter",
        /// Anybody else.
        Public = "public",
    }
}

text_enum! {
    /// What a program is (S1.26).
    ServiceAccountType {
        /// It runs the platform.
        Backend = "backend",
        /// It reads what a school shows its educators.
        Lms = "lms",
        /// It runs schools.
        School = "school",
        /// It shows what learners see.
        Kiosk = "kiosk",
    }
}

/// A person's account (S1.32).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UserRecord {
    /// Its id.
    pub id: UserId,
    /// What the person is.
    pub kind: UserType,
    /// False if nobody may sign in with it.
    pub is_active: bool,
    /// Stored as [`normal_email`](crate::normal_email) has it; no two users share one.
    pub email: Option<String>,
    /// 1 to 256 characters.
    pub name: String,
    /// The school.
    pub school_id: Option<TenantId>,
    /// A JSON object.
    pub info: String,
}

/// A program's account (S1.33).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceAccountRecord {
    /// Its id.
    pub id: ServiceAccountId,
    /// What the program is.
    pub kind: ServiceAccountType,
    /// False if nothing may sign in with it.
    pub is_active: bool,
    /// 1 to 256 characters.
    pub name: String,
    /// Its schools; stored in ascending order without repeats.
    pub schools: Vec<TenantId>,
    /// A JSON object.
    pub info: String,
}

/// Which user is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UserKey<'a> {
    /// The one with this id.
    Id(UserId),
    /// The one with this address, in any letter case.
    Email(&'a str),
}

/// A user with all that decides what they may do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnownUser {
    /// The row.
    pub stored: Stored<UserRecord>,
    /// When they last signed in.
    pub last_login_at: Option<Timestamp>,
    /// Where their school stands, if they have one.
    pub school_state: Option<SchoolState>,
}

/// A service account with all that decides what it may do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnownServiceAccount {
    /// The row.
    pub stored: Stored<ServiceAccountRecord>,
    /// Where its schools stand, in their order.
    pub school_states: Vec<SchoolState>,
}

/// Asks for a page of accounts whose types are `K` and whose ids are `I`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AccountQuery<K, I> {
    /// Only those of this type.
    pub kind: Option<K>,
    /// Only those of this school.
    pub school: Option<TenantId>,
    /// Only those with a greater id.
    pub after: Option<I>,
    /// How many to return at most.
    pub limit: u32,
}

/// Asks for a page of users.
pub type UserQuery = AccountQuery<UserType, UserId>;

/// Asks for a page of service accounts.
pub type ServiceAccountQuery = AccountQuery<ServiceAccountType, ServiceAccountId>;

impl<K, I> AccountQuery<K, I> {
    /// The first `limit` of all.
    pub const fn all(limit: u32) -> Self {
        Self { kind: None, school: None, after: None, limit }
    }

    /// The schools whose accounts are asked for and visible; `None` if that makes no difference.
    pub fn schools(&self, scope: &AccessScope) -> Option<Vec<TenantId>> {
        let visible = (!scope.is_system()).then(|| scope.administers());
        within(visible, self.school)
    }
}

/// The tenants that are both visible and asked for; `None` for all there are, and for none at all.
pub(crate) fn within(
    visible: Option<&[TenantId]>,
    asked: Option<TenantId>,
) -> Option<Vec<TenantId>> {
    match (visible, asked) {
        (None, None) => None,
        (None, Some(asked)) => Some(vec![asked]),
        (Some(visible), asked) => {
            let is_asked = |school: &&TenantId| asked.is_none_or(|asked| asked == **school);
            Some(visible.iter().filter(is_asked).copied().collect())
        }
    }
}
