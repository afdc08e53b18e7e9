//! `chatflow token`: a token of an account, to sign in with.

use std::path::PathBuf;

use chatflow_storage::{AnyStore, Blocking};
use clap::{ArgGroup, Args};
use serde_json::Map;
use uuid::Uuid;

use super::database::{Database, DatabaseArguments, file};
use super::exit;
use super::report::{say, tell, tell_error};
use crate::config::{Config, Environment, settled_secret};
use crate::host::now;
use crate::identity::{Subject, sign};

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("account").required(true)))]
pub(super) struct TokenArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The user who will sign in.
    #[arg(long, group = "account", value_name = "ID")]
    user: Option<Uuid>,
    /// The service account that will sign in.
    #[arg(long, group = "account", value_name = "ID")]
    service_account: Option<Uuid>,
    /// How long it is valid: 8 days for users and 730 for service accounts unless told otherwise.
    #[arg(long)]
    days: Option<u16>,
    /// The settings that the service runs with.
    #[arg(long, value_name = "FILE", env = "CHATFLOW_CONFIG")]
    config: Option<PathBuf>,
    /// In development, the secret is the one that the database keeps.
    #[arg(long, value_enum)]
    env: Option<Environment>,
}

pub(super) fn run(arguments: &TokenArguments) -> u8 {
    let made = Config::read(arguments.config.as_deref()).map_err(|error| {
        tell_error(&error);
        exit::INPUT
    });
    let made = made.and_then(|config| make(arguments, &config));
    made.map_or_else(
        |code| code,
        |token| {
            say(token);
            exit::OK
        },
    )
}

fn make(arguments: &TokenArguments, config: &Config) -> Result<String, u8> {
    let refuse = |error: &dyn std::error::Error| {
        tell_error(error);
        exit::INPUT
    };
    let environment = arguments.env.or(config.env).unwrap_or_default();
    let secret = match config.auth.secret().map_err(|error| refuse(&error))? {
        Some(secret) => secret,
        None if environment == Environment::Development => {
            let runtime = tokio::runtime::Runtime::new().map_err(|error| refuse(&error))?;
            runtime.block_on(async {
                let store = match &arguments.database.db {
                    Database::File(path) => AnyStore::new(Blocking(file(path)?)),
                    Database::Server(address) => AnyStore::new(address.connect().await?),
                };
                settled_secret(&store).await.map_err(|error| refuse(&error))
            })?
        }
        None => {
            tell(
                "error: there is no secret to sign with: set FLOW_AUTH__SECRET or auth.secret_file, or \
                 use --env development for the one that the database keeps",
            );
            return Err(exit::INPUT);
        }
    };
    let (subject, days) = match (arguments.user, arguments.service_account) {
        (Some(id), _) => (Subject::User(id), 8),
        (None, id) => (Subject::Service(id.unwrap_or_default()), 730),
    };
    let days = i64::from(arguments.days.unwrap_or(days));
    let seconds = days.saturating_mul(86_400);
    let prefix = &config.auth.subject_prefix;
    sign(secret.as_bytes(), prefix, subject, now(), seconds, Map::new())
        .map_err(|error| refuse(&error))
}
