//! What an export is asked for, as it is kept with its row.

use chatflow::{ContentId, FlowId, TenantId};
use chatflow_storage::{AccessScope, Day, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cells::Dataset;
use crate::identity::{Caller, Role};

/// The form of a file (S5.41).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// Comma-separated values; several datasets come as a zip of files.
    Csv,
    /// One object, with a list for each dataset.
    Json,
    /// An object a line.
    Ndjson,
    /// A workbook, with a sheet for each dataset.
    Xlsx,
}

/// What is to be exported, and for whom.
///
/// Its text names the export: of one account, the same text within a minute is the same export (S5.42).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Ask {
    /// Whose view of the records it is.
    pub(crate) asker: Asker,
    /// Only these flows; all if there are none.
    pub(crate) flows: Vec<FlowId>,
    /// Only these items; all if there are none.
    pub(crate) contents: Vec<ContentId>,
    /// The first day, as many days after 1970 as [`Day`] says.
    pub(crate) from: i64,
    /// The last one.
    pub(crate) to: i64,
    /// Each once, in their order.
    pub(crate) datasets: Vec<Dataset>,
}

/// Whose view of the records an export is: what an [`AccessScope`] is made of.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub(crate) enum Asker {
    Platform,
    SchoolAdmin { user: Option<Uuid>, schools: Vec<TenantId> },
    Educator { user: Uuid, school: TenantId },
}

impl Format {
    /// As requests and rows call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Xlsx => "xlsx",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Csv, Self::Json, Self::Ndjson, Self::Xlsx].into_iter().find(|one| one.name() == name)
    }

    /// The end of the name of a file with so many datasets.
    pub(crate) const fn extension(self, datasets: usize) -> &'static str {
        match self {
            Self::Csv if datasets > 1 => "zip",
            Self::Csv | Self::Json | Self::Ndjson | Self::Xlsx => self.name(),
        }
    }
}

impl Ask {
    /// The first day and the last.
    pub(crate) const fn days(&self) -> (Day, Day) {
        (Day(self.from), Day(self.to))
    }
}

impl Asker {
    /// Whose view a caller has of analytics; none if it has none (S2.30).
    pub(crate) fn of(caller: &Caller) -> Option<Self> {
        let user = caller.user_id();
        match (caller.role(), caller.schools.as_slice()) {
            (Role::Platform, _) => Some(Self::Platform),
            (Role::SchoolAdmin, schools) => {
                Some(Self::SchoolAdmin { user, schools: schools.to_vec() })
            }
            (Role::Educator, [school, ..]) => Some(Self::Educator { user: user?, school: *school }),
            (Role::Educator | Role::Reader | Role::Learner, _) => None,
        }
    }

    pub(crate) fn scope(&self) -> AccessScope {
        match self {
            Self::Platform => AccessScope::platform(None),
            Self::SchoolAdmin { user, schools } => {
                AccessScope::school_admin(user.map(UserId), schools.clone())
            }
            Self::Educator { user, school } => AccessScope::educator(UserId(*user), *school),
        }
    }

    /// The school whose affair an export is, if it is that of one.
    pub(crate) fn school(&self) -> Option<TenantId> {
        match self {
            Self::Platform => None,
            Self::SchoolAdmin { schools, .. } => match schools.as_slice() {
                [school] => Some(*school),
                _ => None,
            },
            Self::Educator { school, .. } => Some(*school),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_kept_as_ever() {
        // S5.42: rows of yesterday are read today.
        let ask = Ask {
            asker: Asker::Educator {
                user: Uuid::from_u128(1),
                school: TenantId(Uuid::from_u128(2)),
            },
            flows: vec![FlowId(Uuid::from_u128(3))],
            contents: Vec::new(),
            from: 20_000,
            to: 20_030,
            datasets: Dataset::USUAL.to_vec(),
        };
        let text = "{\"asker\":{\"role\":\"educator\",\"user\":\"00000000-0000-0000-0000-000000000001\",\
                    \"school\":\"00000000-0000-0000-0000-000000000002\"},\
                    \"flows\":[\"00000000-0000-0000-0000-000000000003\"],\"contents\":[],\"from\":20000,\
                    \"to\":20030,\"datasets\":[\"flows\",\"daily\",\"nodes\"]}";
        assert_eq!(serde_json::to_string(&ask).unwrap(), text);
        assert_eq!(serde_json::from_str::<Ask>(text).unwrap(), ask);
    }
}
