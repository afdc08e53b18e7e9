//! The `chatflow` command.

mod account;
mod backup;
mod chat;
mod check;
mod database;
mod db;
mod deliveries;
mod egress;
mod events;
mod export;
mod fix;
mod import;
mod job;
mod migrate;
mod open;
mod replay;
mod report;
mod serve;
mod session;
mod stats;
mod token;

pub(crate) use report::tell as log;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exit codes that all verbs share; the README lists them.
pub(crate) mod exit {
    /// All went well; a conversation ended.
    pub(crate) const OK: u8 = 0;
    /// The host failed: a database, a socket, the terminal.
    pub(crate) const HOST: u8 = 1;
    /// A file is not what it should be, or a flow has errors.
    pub(crate) const INPUT: u8 = 2;
    /// Answers were missing, or left over.
    pub(crate) const ANSWERS: u8 = 3;
    /// A replay went another way than the conversation.
    pub(crate) const DIVERGED: u8 = 4;
    /// A database is not as it should be.
    pub(crate) const UNSOUND: u8 = 5;
}

/// Conversation flows: check them, talk to them, serve them.
#[derive(Debug, Parser)]
#[command(name = "chatflow", version, about)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Talk to a flow in the terminal, or play a file of answers.
    Chat(chat::ChatArguments),
    /// Put a fixture or a flow into the database and publish it; a second time changes nothing.
    Import(import::ImportArguments),
    /// Run a stored conversation again, and tell where it would go another way now.
    Replay(replay::ReplayArguments),
    /// Serve flows over HTTP.
    Serve(serve::ServeArguments),
    /// Tell what is wrong with a flow or a fixture, and what cures it.
    #[command(
        after_help = "Exit codes: 0 there is no error; 1 a file cannot be written; 2 there is an error, or a file cannot be read."
    )]
    Check(check::CheckArguments),
    /// Follow what happens.
    #[command(subcommand)]
    Events(events::EventsVerb),
    /// Write numbers, sessions and answers to a file.
    Export(export::ExportArguments),
    /// Copy a database that is in use to a file, and check the copy.
    Backup(backup::BackupArguments),
    /// Look after a database.
    #[command(subcommand)]
    Db(db::DbVerb),
    /// Run a background job now, or list them; `chatflow serve` runs them by itself.
    Job(job::JobArguments),
    /// Look after conversations.
    #[command(subcommand)]
    Session(session::SessionVerb),
    /// Tell how conversations go: how many there are, how many reach their end, and how far the others get.
    Stats(stats::StatsArguments),
    /// Look after the accounts of people.
    #[command(subcommand)]
    User(account::UserVerb),
    /// Look after the accounts of programs.
    #[command(subcommand)]
    ServiceAccount(account::ServiceVerb),
    /// Sign a token with which an account calls the service.
    Token(token::TokenArguments),
    /// Bring the tables of a database up to date, as every opening does.
    Migrate(migrate::MigrateArguments),
}

/// Runs the command with the process's arguments.
pub fn run() -> ExitCode {
    let code = match Arguments::parse().verb {
        Verb::Chat(arguments) => chat::run(&arguments),
        Verb::Import(arguments) => import::run(&arguments),
        Verb::Replay(arguments) => replay::run(&arguments),
        Verb::Serve(arguments) => serve::run(&arguments),
        Verb::Check(arguments) => check::run(&arguments),
        Verb::Events(verb) => events::run(&verb),
        Verb::Export(arguments) => export::run(&arguments),
        Verb::Backup(arguments) => backup::run(&arguments),
        Verb::Db(verb) => db::run(&verb),
        Verb::Job(arguments) => job::run(&arguments),
        Verb::Session(verb) => session::run(&verb),
        Verb::Stats(arguments) => stats::run(&arguments),
        Verb::User(verb) => account::run_user(&verb),
        Verb::ServiceAccount(verb) => account::run_service(&verb),
        Verb::Token(arguments) => token::run(&arguments),
        Verb::Migrate(arguments) => migrate::run(&arguments),
    };
    ExitCode::from(code)
}
