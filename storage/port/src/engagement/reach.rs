//! Which sessions that were shown an item a scope reports on.

use chatflow::TenantId;

use crate::scope::{AccessScope, RowAccess};

/// Of which sessions that were shown an item a scope is told (S2.30).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ContentReach {
    /// Of all of them.
    Everything,
    /// Of those of these schools.
    Schools(Vec<TenantId>),
    /// Of none.
    Nothing,
}

impl ContentReach {
    /// What `scope` is told of an item, where `access` says who may see and change it. Of an item that
    /// is gone the platform alone is told.
    pub fn of(scope: &AccessScope, access: Option<&RowAccess>) -> Self {
        if scope.is_system() || access.is_some_and(|row| scope.edits(row)) {
            return Self::Everything;
        }
        match access {
            Some(row) if scope.views(row) && !scope.oversees().is_empty() => {
                Self::Schools(scope.oversees().to_vec())
            }
            _ => Self::Nothing,
        }
    }

    /// The schools, as stores ask for them: `None` if sessions of all schools and of none are told of.
    pub fn schools(&self) -> Option<&[TenantId]> {
        match self {
            Self::Everything => None,
            Self::Schools(schools) => Some(schools),
            Self::Nothing => Some(&[]),
        }
    }

    /// Whether it is told of a session of that school.
    pub fn holds(&self, school: Option<TenantId>) -> bool {
        self.schools().is_none_or(|own| school.is_some_and(|school| own.contains(&school)))
    }
}
