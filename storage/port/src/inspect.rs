//! Looking a database over: what a check finds, and how it is told, whatever database it is.

mod figures;
mod finding;

use std::error::Error;

use chatflow::FlowRef;

use crate::migration::Versions;
use crate::role::role;
use crate::session::StoredSession;

pub use figures::{LostVersion, Numbers, SessionFigures};
pub use finding::{Finding, Problem};

/// The tables whose rows belong to a session and go with it, or forget it when it goes.
///
/// Records of outside effects and events name sessions too, and outlive them on purpose (F44).
pub const TABLES_OF_SESSIONS: [&str; 7] = [
    "conversation_history",
    "session_journal",
    "session_previews",
    "chat_request_log",
    "content_events",
    "flow_execution_turns",
    "trace_access_audit",
];

/// Why a database could not be looked over; its text is the cause's.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct InspectError(pub Box<dyn Error + Send + Sync>);

/// Takes findings as they come.
pub type Tell<'a> = &'a mut (dyn FnMut(Finding) + Send);

/// Sessions in the order of their ids.
#[derive(Debug, Default)]
pub struct InspectedPage {
    /// The sessions, or what is wrong with one that cannot be read.
    pub sessions: Vec<Result<StoredSession, Finding>>,
    /// The last id of the page, to go on from; `None` if there are no more.
    pub next: Option<String>,
}

role! {
    /// Looks a database over, as it was at one moment, without writing to it; others may go on
    /// writing meanwhile. It reads in parts, so a large database takes no more memory than a small
    /// one.
    Inspect, async AsyncInspect {
        /// Which migrations the database has and lacks.
        ///
        /// # Errors
        /// [`InspectError`], if it is not a database of this program or cannot be read.
        fn versions(&self) -> Result<Versions, InspectError>;

        /// Tells what is wrong with the database, its tables and the rows that belong together.
        ///
        /// # Errors
        /// [`InspectError`], if reading fails for a reason that is not in the database.
        fn inspect(&self, tell: Tell<'_>) -> Result<(), InspectError>;

        /// The sessions whose ids come after `after`, at most `limit`.
        ///
        /// # Errors
        /// [`InspectError`], if the list of sessions cannot be read.
        fn sessions(&self, after: Option<&str>, limit: u32) -> Result<InspectedPage, InspectError>;

        /// Whether a version of a flow is stored.
        ///
        /// # Errors
        /// [`InspectError`], if it cannot be looked up.
        fn has_version(&self, flow: FlowRef) -> Result<bool, InspectError>;
    }
}
