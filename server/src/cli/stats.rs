//! `chatflow stats`: the numbers of conversations, in the terminal.

use std::path::PathBuf;

use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, AnyStore, FlowDraft, LookUp, Measured, StoreError};
use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::database::DatabaseArguments;
use super::exit;
use super::report::{say, tell, tell_error};
use crate::analytics::{
    AnalyticsOptions, Days, FlowAnalytics, Funnel, Source, Steps, Window, listed,
};
use crate::config::Config;
use crate::host::now;

#[derive(Debug, Args)]
pub(super) struct StatsArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Only this flow, step by step: its key, its id, or its name.
    #[arg(long, value_name = "KEY")]
    flow: Option<String>,
    /// The first day, e.g. 2026-03-01, in UTC; 30 days before the last if nothing is said.
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day; today if nothing is said.
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// Print what the service answers, as JSON.
    #[arg(long)]
    json: bool,
    /// A file of settings, as for `chatflow serve`: it says how numbers are computed.
    #[arg(long, value_name = "FILE", env = "CHATFLOW_CONFIG")]
    config: Option<PathBuf>,
}

/// What is asked for.
struct Asked {
    window: Window,
    raw_days: u32,
    is_json: bool,
}

pub(super) fn run(arguments: &StatsArguments) -> u8 {
    let days = Days::of(arguments.from.clone(), arguments.to.clone());
    let window = match days.window(now()) {
        Ok(window) => window,
        Err(error) => {
            tell(format_args!("error: {}", error.message()));
            return exit::INPUT;
        }
    };
    let config = Config::read(arguments.config.as_deref());
    let raw_days = match config.and_then(|config| config.analytics()) {
        Ok(AnalyticsOptions { raw_days, .. }) => raw_days,
        Err(error) => {
            tell_error(&error);
            return exit::INPUT;
        }
    };
    let asked = Asked { window, raw_days, is_json: arguments.json };
    let shown = arguments.database.db.with_store(async |store| {
        let shown = match &arguments.flow {
            Some(key) => one(&store, key, &asked).await,
            None => all(&store, &asked).await,
        };
        shown.unwrap_or_else(|error| {
            tell_error(&error);
            exit::HOST
        })
    });
    shown.unwrap_or_else(|code| code)
}

async fn source(store: &AnyStore, raw_days: u32) -> Result<Source, StoreError> {
    Source::open(store, (&AccessScope::system(), None), raw_days, now()).await
}

/// A line for each flow.
async fn all(store: &AnyStore, asked: &Asked) -> Result<u8, StoreError> {
    let Asked { window, raw_days, is_json } = *asked;
    let source = source(store, raw_days).await?;
    let mut flows = Vec::new();
    for flow in listed(store, &AccessScope::system()).await? {
        let counted = source.count(flow.id, Measured::Flows, window).await?;
        let numbers = FlowAnalytics::of(flow.id, window, &counted, None);
        flows.push((flow.name, numbers));
    }
    if is_json {
        let named = flows.into_iter().map(|(name, numbers)| {
            let mut numbers = json!(numbers);
            if let Value::Object(numbers) = &mut numbers {
                numbers.insert("name".to_owned(), json!(name));
            }
            numbers
        });
        let named: Vec<_> = named.collect();
        say(json!({"flows": named, "time_period": window.echo()}));
        return Ok(exit::OK);
    }
    say_period(window);
    say(format_args!(
        "{:>9} {:>9} {:>9} {:>9}  flow",
        "sessions", "completed", "bounced", "seconds"
    ));
    for (name, numbers) in flows {
        say(format_args!(
            "{:>9} {:>8.1}% {:>8.1}% {:>9.1}  {name}",
            numbers.total_sessions,
            percent(numbers.completion_rate),
            percent(numbers.bounce_rate),
            numbers.average_duration,
        ));
    }
    Ok(exit::OK)
}

/// One flow, step by step.
async fn one(store: &AnyStore, key: &str, asked: &Asked) -> Result<u8, StoreError> {
    let Asked { window, raw_days, is_json } = *asked;
    let Some(draft) = find(store, key).await? else {
        tell(format_args!("error: there is no flow `{key}` (help: `chatflow stats` lists them)"));
        return Ok(exit::INPUT);
    };
    let flow = &draft.stored.record;
    let counted = source(store, raw_days).await?.count(flow.id, Measured::All, window).await?;
    let numbers = FlowAnalytics::of(flow.id, window, &counted, None);
    let funnel = Funnel::of(flow, &Steps::Usual, (window, &counted), None);
    if is_json {
        say(json!({"name": flow.name, "analytics": numbers, "funnel": funnel}));
        return Ok(exit::OK);
    }
    say(format_args!("{}", flow.name));
    say_period(window);
    say(format_args!(
        "{} sessions, {:.1}% completed, {:.1}% bounced, {} seconds on average",
        numbers.total_sessions,
        percent(numbers.completion_rate),
        percent(numbers.bounce_rate),
        numbers.average_duration,
    ));
    for step in &funnel.funnel_steps {
        let rate = percent(step.completion_rate);
        say(format_args!("{:>9} {rate:>8.1}%  {}", step.visitors, step.step));
    }
    Ok(exit::OK)
}

async fn find(store: &AnyStore, key: &str) -> Result<Option<FlowDraft>, StoreError> {
    let id = Uuid::try_parse(key).ok();
    let look_up = LookUp { seed_key: Some(key), id, name: Some(key), school: None };
    let system = AccessScope::system();
    match store.find_flow(&system, look_up).await? {
        Some(found) => store.flow_draft(&system, found.record.id).await,
        None => Ok(None),
    }
}

fn say_period(window: Window) {
    let period = window.echo();
    say(format_args!("{} to {}", period.start_date, period.end_date));
}

fn percent(rate: f64) -> f64 {
    rate * 100.0
}
