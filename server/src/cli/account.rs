//! `chatflow user` and `chatflow service-account`: who may sign in.

use chatflow::TenantId;
use chatflow_storage::{
    AccessScope, AccountError, AccountStore, Change, ServiceAccountId, ServiceAccountRecord,
    ServiceAccountType, UserId, UserKey, UserRecord, UserType, Verdict,
};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::database::{DatabaseArguments, Opened};
use super::exit;
use super::report::{say, tell_error};
use crate::host::now;
use crate::token::random_id;

/// What may be done with users.
#[derive(Debug, Subcommand)]
pub(super) enum UserVerb {
    /// Add a person's account, or change it; prints its id.
    Add(UserArguments),
}

/// What may be done with service accounts.
#[derive(Debug, Subcommand)]
pub(super) enum ServiceVerb {
    /// Add a program's account, or change it; prints its id.
    Add(ServiceArguments),
}

#[derive(Debug, Args)]
pub(super) struct UserArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The id; a new one if none is given.
    #[arg(long)]
    id: Option<Uuid>,
    /// What the person is.
    #[arg(long = "type", value_parser = user_types())]
    kind: UserType,
    /// How the person is called.
    #[arg(long)]
    name: String,
    /// An address that no other user has.
    #[arg(long)]
    email: Option<String>,
    /// The school.
    #[arg(long)]
    school: Option<Uuid>,
    /// Nobody may sign in with it.
    #[arg(long)]
    inactive: bool,
}

#[derive(Debug, Args)]
pub(super) struct ServiceArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The id; a new one if none is given.
    #[arg(long)]
    id: Option<Uuid>,
    /// What the program does.
    #[arg(long = "type", value_parser = service_types())]
    kind: ServiceAccountType,
    /// How the program is called.
    #[arg(long)]
    name: String,
    /// A school that it serves; may be repeated.
    #[arg(long)]
    school: Vec<Uuid>,
    /// Nothing may sign in with it.
    #[arg(long)]
    inactive: bool,
}

fn user_types() -> impl clap::builder::TypedValueParser<Value = UserType> {
    let names =
        ["wriveted", "school_admin", "educator", "student", "parent", "supporter", "public"];
    PossibleValuesParser::new(names).map(|name| UserType::parse(&name).unwrap_or(UserType::Public))
}

fn service_types() -> impl clap::builder::TypedValueParser<Value = ServiceAccountType> {
    PossibleValuesParser::new(["backend", "lms", "school", "kiosk"])
        .map(|name| ServiceAccountType::parse(&name).unwrap_or(ServiceAccountType::Kiosk))
}

pub(super) fn run_user(verb: &UserVerb) -> u8 {
    let UserVerb::Add(arguments) = verb;
    finish(arguments.database.db.open().and_then(|store| match store {
        Opened::File(store) => add_user(&*store, arguments),
        Opened::Server(store) => add_user(&*store, arguments),
    }))
}

pub(super) fn run_service(verb: &ServiceVerb) -> u8 {
    let ServiceVerb::Add(arguments) = verb;
    finish(arguments.database.db.open().and_then(|store| match store {
        Opened::File(store) => add_service(&*store, arguments),
        Opened::Server(store) => add_service(&*store, arguments),
    }))
}

fn finish(done: Result<(), u8>) -> u8 {
    done.map_or_else(|code| code, |()| exit::OK)
}

fn add_user(store: &impl AccountStore, arguments: &UserArguments) -> Result<(), u8> {
    let id = UserId(id_or_new(arguments.id)?);
    let found = store.find_user(UserKey::Id(id)).map_err(|error| broken(&error))?;
    let info = found.map_or_else(|| "{}".to_owned(), |known| known.stored.record.info);
    let record = UserRecord {
        id,
        kind: arguments.kind,
        is_active: !arguments.inactive,
        email: arguments.email.clone(),
        name: arguments.name.clone(),
        school_id: arguments.school.map(TenantId),
        info,
    };
    let change = Change { expected: None, record };
    tell_outcome(id.0, store.save_user(&AccessScope::system(), &change, now()))
}

fn add_service(store: &impl AccountStore, arguments: &ServiceArguments) -> Result<(), u8> {
    let id = ServiceAccountId(id_or_new(arguments.id)?);
    let found = store.find_service_account(id).map_err(|error| broken(&error))?;
    let info = found.map_or_else(|| "{}".to_owned(), |known| known.stored.record.info);
    let record = ServiceAccountRecord {
        id,
        kind: arguments.kind,
        is_active: !arguments.inactive,
        name: arguments.name.clone(),
        schools: arguments.school.iter().copied().map(TenantId).collect(),
        info,
    };
    let change = Change { expected: None, record };
    tell_outcome(id.0, store.save_service_account(&AccessScope::system(), &change, now()))
}

fn id_or_new(id: Option<Uuid>) -> Result<Uuid, u8> {
    id.map_or_else(|| random_id().map_err(|error| broken(&error)), Ok)
}

fn tell_outcome(id: Uuid, outcome: Result<Verdict, AccountError>) -> Result<(), u8> {
    match outcome {
        Ok(_) => {
            say(id);
            Ok(())
        }
        Err(error @ AccountError::Store(_)) => Err(broken(&error)),
        Err(error) => {
            tell_error(&error);
            Err(exit::INPUT)
        }
    }
}

fn broken(error: &dyn std::error::Error) -> u8 {
    tell_error(error);
    exit::HOST
}
