//! `chatflow session`: looking after conversations.

use chatflow_storage::{
    AccessScope, AuditEntry, AuditStore, SessionAdminStore, StoreError, UserId,
};
use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::database::{DatabaseArguments, Opened};
use super::exit;
use super::report::{say, tell_error};
use crate::host::now;
use crate::token::random_id;

/// What may be done with conversations.
#[derive(Debug, Subcommand)]
pub(super) enum SessionVerb {
    /// Delete all conversations of a user, and take the user out of what was counted; the account
    /// stays.
    ForgetUser(ForgetArguments),
}

#[derive(Debug, Args)]
pub(super) struct ForgetArguments {
    /// The user's id; there need be no account any more.
    user: Uuid,
    #[command(flatten)]
    database: DatabaseArguments,
}

pub(super) fn run(verb: &SessionVerb) -> u8 {
    let SessionVerb::ForgetUser(arguments) = verb;
    let done = arguments.database.db.open().and_then(|store| match store {
        Opened::File(store) => forget(&*store, UserId(arguments.user)),
        Opened::Server(store) => forget(&*store, UserId(arguments.user)),
    });
    done.map_or_else(|code| code, |()| exit::OK)
}

/// S12.12, F3: what was said is deleted rather than blanked, journal and traces with it.
fn forget(store: &(impl SessionAdminStore + AuditStore), user: UserId) -> Result<(), u8> {
    let broken = |error: &dyn std::error::Error| {
        tell_error(error);
        exit::HOST
    };
    let id = random_id().map_err(|error| broken(&error))?;
    let forgotten = store.forget_user(&AccessScope::system(), user);
    let sessions = forgotten.map_err(|error: StoreError| broken(&error))?.sessions;
    let entry = AuditEntry {
        id,
        at: now(),
        actor_type: "operator".to_owned(),
        actor_id: None,
        action: "session.forget_user".to_owned(),
        resource_type: "user".to_owned(),
        resource_id: user.0.to_string(),
        school_id: None,
        changes: json!({"sessions_deleted": sessions}).to_string(),
        request_id: None,
        ip: None,
    };
    store.append_audit(&[entry]).map_err(|error| broken(&error))?;
    say(format_args!("sessions_deleted {sessions}"));
    Ok(())
}
