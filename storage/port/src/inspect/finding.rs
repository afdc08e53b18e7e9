//! What is wrong with a database.

use std::error::Error;
use std::fmt;

use crate::migration::Versions;

/// One thing that is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The kind of it.
    pub problem: Problem,
    /// Where: a table, a session, a flow.
    pub place: String,
    /// What is there and what should be.
    pub what: String,
}

/// A kind of finding.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Problem {
    /// Pages or indexes do not hold, or cannot be read.
    FileDamaged,
    /// Pages and indexes could not be looked at.
    PagesUnchecked,
    /// The migrations of the database are not those of this program.
    SchemaForeign,
    /// Migrations are missing.
    SchemaOlder,
    /// A table, index or trigger is missing or another.
    SchemaChanged,
    /// A row refers to one that is not there.
    ReferenceMissing,
    /// Rows of a session that is not there.
    SessionMissing,
    /// The history of a session does not end where the session says, or has a gap.
    HistoryGap,
    /// The journal of a session does not have one entry for each revision.
    JournalGap,
    /// The last journal entry does not lead to the session.
    JournalChanged,
    /// A session is pinned to a version of a flow that is not stored.
    VersionMissing,
    /// A session is of a flow that the database does not know at all.
    FlowUnknown,
    /// The engine cannot read a session.
    SessionUnreadable,
    /// The variables of a session are not those that its hash was made of.
    StateChanged,
}

impl Problem {
    /// A name that stays the same from version to version.
    pub fn code(self) -> &'static str {
        match self {
            Self::FileDamaged => "file_damaged",
            Self::PagesUnchecked => "pages_unchecked",
            Self::SchemaForeign => "schema_foreign",
            Self::SchemaOlder => "schema_older",
            Self::SchemaChanged => "schema_changed",
            Self::ReferenceMissing => "reference_missing",
            Self::SessionMissing => "session_missing",
            Self::HistoryGap => "history_gap",
            Self::JournalGap => "journal_gap",
            Self::JournalChanged => "journal_changed",
            Self::VersionMissing => "version_missing",
            Self::FlowUnknown => "flow_unknown",
            Self::SessionUnreadable => "session_unreadable",
            Self::StateChanged => "state_changed",
        }
    }

    /// What to do about it.
    pub fn help(self) -> &'static str {
        match self {
            Self::FileDamaged => {
                "stop all that use the database, keep a copy of its files, restore a backup"
            }
            Self::PagesUnchecked => {
                "as a superuser, `CREATE EXTENSION amcheck` and `GRANT EXECUTE ON FUNCTION \
                 bt_index_check(regclass) TO` this user"
            }
            Self::SchemaForeign => "use the program that the database belongs to",
            Self::SchemaOlder => "make a backup, then run `chatflow migrate`",
            Self::SchemaChanged | Self::ReferenceMissing => {
                "find out who changed the database by hand; restore a backup"
            }
            Self::SessionMissing => {
                "the rows are in nobody's way; restore a backup if the session is missed"
            }
            Self::HistoryGap | Self::JournalGap | Self::JournalChanged => {
                "the session goes on, but cannot be shown or replayed whole; restore a backup to have it whole"
            }
            Self::VersionMissing => {
                "the session cannot go on; restore a backup that has the version"
            }
            Self::FlowUnknown => {
                "nothing, if the program that made the session brings its flows itself; else restore a backup"
            }
            Self::SessionUnreadable => {
                "use the version of the program that wrote it, or restore a backup"
            }
            Self::StateChanged => {
                "somebody changed the variables by hand; restore a backup if it was a mistake"
            }
        }
    }

    /// Whether it may be as it should be, and is told for the sake of completeness.
    pub fn is_note(self) -> bool {
        matches!(self, Self::FlowUnknown | Self::PagesUnchecked)
    }
}

impl Finding {
    /// A finding of this kind.
    pub fn new(problem: Problem, place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { problem, place: place.into(), what: what.into() }
    }

    /// Migrations are missing.
    pub fn older(versions: &Versions) -> Self {
        let Versions { found, known, .. } = versions;
        let what = format!("at version {found}, this program knows {known}");
        Self::new(Problem::SchemaOlder, "schema_migrations", what)
    }

    /// The migrations are not those of this program, which the error says.
    pub fn foreign(error: &dyn Error) -> Self {
        Self::new(Problem::SchemaForeign, "schema_migrations", error.to_string())
    }

    /// The database did not let a part of the check come to its end.
    pub fn stopped(doing: &str, cause: Option<&dyn Error>) -> Self {
        let cause = cause.map(ToString::to_string).unwrap_or_default();
        Self::new(Problem::FileDamaged, "database", format!("cannot {doing}: {cause}"))
    }

    /// A part of the tables is not what the migrations made; `found` is whether it is there at all.
    pub fn changed(part: &str, found: bool) -> Self {
        let what = if found { "it is not as the migrations made it" } else { "it is missing" };
        Self::new(Problem::SchemaChanged, part, what)
    }

    /// Rows of `table` that name a row of `parent` which is not there.
    pub fn reference(place: impl Into<String>, parent: &str) -> Self {
        let what = format!("refers to a row of {parent} that is missing");
        Self::new(Problem::ReferenceMissing, place, what)
    }

    /// Rows of `table` that belong to a session which is not there.
    pub fn stray(table: &str, session: &str, rows: i64) -> Self {
        let what = format!("{rows} rows of {table}, but no session");
        Self::new(Problem::SessionMissing, format!("session {session}"), what)
    }

    /// A session that cannot be read.
    pub fn unreadable(session: &str, why: impl Into<String>) -> Self {
        Self::new(Problem::SessionUnreadable, format!("session {session}"), why)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { problem, place, what } = self;
        let (code, help) = (problem.code(), problem.help());
        write!(f, "{code}: {place}: {what} (help: {help})")
    }
}
