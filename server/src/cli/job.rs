//! `chatflow job`: runs a background job by hand, or tells what there are and what they did.

use std::path::PathBuf;

use chatflow_storage::AnyStore;
use chatflow_storage::prelude::*;
use clap::Args;

use super::database::DatabaseArguments;
use super::exit;
use super::report::{say, tell, tell_error};
use crate::config::Config;
use crate::error::chain;
use crate::jobs::{JOBS, Job, Jobs, Outcome};

#[derive(Debug, Args)]
pub(super) struct JobArguments {
    /// The job to run now, due or not; without it, the jobs are listed.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    database: DatabaseArguments,
    /// A file of settings, as for `chatflow serve`: it says how old things may become.
    #[arg(long, value_name = "FILE", env = "CHATFLOW_CONFIG")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &JobArguments) -> u8 {
    let found = arguments.name.as_deref().map(|name| Job::named(name).ok_or(name)).transpose();
    let job = match found {
        Ok(job) => job,
        Err(name) => {
            tell(format_args!("error: there is no job `{name}`; `chatflow job` lists them"));
            return exit::INPUT;
        }
    };
    let config = match Config::read(arguments.config.as_deref()) {
        Ok(config) => config,
        Err(error) => {
            tell_error(&error);
            return exit::INPUT;
        }
    };
    let settings = match config.jobs() {
        Ok(settings) => settings,
        Err(error) => {
            tell_error(&error);
            return exit::INPUT;
        }
    };
    let done = arguments.database.db.with_store(async |store| match job {
        None => list(&store).await,
        Some(job) => match (Jobs::new(store.clone(), settings), config.exports(&store, None).await)
        {
            (Ok(jobs), Ok(exports)) => run_one(&jobs.with_exports(&exports), job).await,
            (Err(error), _) => failed(&error),
            (_, Err(error)) => failed(&error),
        },
    });
    done.unwrap_or_else(|code| code)
}

async fn run_one(jobs: &Jobs, job: &Job) -> u8 {
    match jobs.run(job).await {
        Ok(Outcome::Done(done)) => {
            for (what, count) in &done {
                say(format_args!("{what} {count}"));
            }
            exit::OK
        }
        Ok(Outcome::Elsewhere) => {
            tell(format_args!("error: another process is at `{}`", job.name));
            exit::HOST
        }
        Ok(Outcome::NotDue(_) | Outcome::Interrupted) => {
            tell(format_args!("error: another process has taken over `{}`", job.name));
            exit::HOST
        }
        Err(error) => failed(&error),
    }
}

/// A line for each job: its name, when it is due, and what it did last.
async fn list(store: &AnyStore) -> u8 {
    for job in JOBS {
        let record = match store.job(job.name).await {
            Ok(record) => record,
            Err(error) => return failed(&error),
        };
        let last = record.and_then(|record| record.last_finished_at.zip(record.last_result));
        let last = last
            .map_or_else(|| "never done".to_owned(), |(at, result)| format!("done {at} {result}"));
        say(format_args!("{:22} {:18} {last}\n{:22} {}", job.name, job.period, "", job.about));
    }
    exit::OK
}

fn failed(error: &dyn std::error::Error) -> u8 {
    tell(format_args!("error: {}", chain(error)));
    exit::HOST
}
