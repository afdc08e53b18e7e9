//! `chatflow export`: numbers, sessions and answers as a file.

use std::path::{Path, PathBuf};

use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, AnyStore, LookUp};
use clap::Args;
use uuid::Uuid;

use super::database::DatabaseArguments;
use super::exit;
use super::report::{say, tell, tell_error};
use crate::analytics::{AnalyticsOptions, EnglishWords, Window};
use crate::config::{Config, ConfigError};
use crate::exports::{
    Ask, Asker, Dataset, Fault, Folder, Format, Pulse, Reading, Sheets, assemble,
};
use crate::host::now;

#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The form of the file. Several tables in csv come as a zip.
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// The file, or a folder that gets a file `analytics`.
    #[arg(long, value_name = "FILE or FOLDER")]
    out: PathBuf,
    /// Only this flow, by seed key or id; may be repeated.
    #[arg(long = "flow", value_name = "KEY")]
    flows: Vec<String>,
    /// The first day, such as 2026-03-01; by default 30 days before the last.
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day; by default today.
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// The tables; by default flows, daily and nodes.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "TABLE")]
    include: Vec<Dataset>,
    /// A file of settings, as for `chatflow serve`: it says how numbers are computed and how long a file may be.
    #[arg(long, value_name = "FILE", env = "CHATFLOW_CONFIG")]
    config: Option<PathBuf>,
}

/// What settings say of files that are written here.
struct Settings {
    analytics: AnalyticsOptions,
    /// Without a word of them the disk is the limit.
    max_bytes: u64,
}

impl Settings {
    fn read(path: Option<&Path>) -> Result<Self, ConfigError> {
        let config = Config::read(path)?;
        let max_bytes = config.max_export_bytes()?.unwrap_or(u64::MAX);
        Ok(Self { analytics: config.analytics()?, max_bytes })
    }
}

pub(super) fn run(arguments: &ExportArguments) -> u8 {
    let settings = match Settings::read(arguments.config.as_deref()) {
        Ok(settings) => settings,
        Err(error) => {
            tell_error(&error);
            return exit::INPUT;
        }
    };
    let days = (arguments.from.as_deref(), arguments.to.as_deref());
    let window = match Window::between(days, "query", now()) {
        Ok(window) => window,
        Err(error) => {
            tell(format_args!("error: {}", error.message()));
            return exit::INPUT;
        }
    };
    let mut datasets = arguments.include.clone();
    if datasets.is_empty() {
        datasets = Dataset::USUAL.to_vec();
    }
    datasets.sort_unstable();
    datasets.dedup();
    let Some((folder, name)) = target(arguments, datasets.len()) else { return exit::INPUT };
    let exported = arguments.database.db.with_store(async |store| {
        let flows = named(&store, &arguments.flows).await?;
        let ask = Ask {
            asker: Asker::Platform,
            flows,
            contents: Vec::new(),
            from: window.first.0,
            to: window.last.0,
            datasets,
        };
        export(&store, &ask, (arguments.format, &settings), (&folder, &name)).await
    });
    match exported {
        Ok(Ok(())) => exit::OK,
        Ok(Err(code)) | Err(code) => code,
    }
}

/// The folder and the name of the file; if they will not do, the reason has been told.
fn target(arguments: &ExportArguments, datasets: usize) -> Option<(Folder, String)> {
    let (out, extension) = (&arguments.out, arguments.format.extension(datasets));
    if out.is_dir() {
        return Some((Folder::new(out.clone()), format!("analytics.{extension}")));
    }
    let Some(name) = out.file_name().and_then(|name| name.to_str()) else {
        tell("error: --out names no file");
        return None;
    };
    if extension == "zip" && Path::new(name).extension().is_some_and(|end| end == "csv") {
        tell(
            "error: several tables come as a zip (help: --out NAME.zip, or one table with --include)",
        );
        return None;
    }
    let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    if !folder.is_dir() {
        tell(format_args!("error: there is no folder `{}`", folder.display()));
        return None;
    }
    Some((Folder::new(folder.to_owned()), name.to_owned()))
}

/// The flows of these names; if one is not there, this has been told.
async fn named(store: &AnyStore, names: &[String]) -> Result<Vec<chatflow::FlowId>, u8> {
    let mut flows = Vec::new();
    for name in names {
        let id = Uuid::try_parse(name).ok();
        let seed_key = id.is_none().then_some(name.as_str());
        let look_up = LookUp { seed_key, id, ..LookUp::default() };
        match store.find_flow(&AccessScope::system(), look_up).await {
            Ok(Some(found)) => flows.push(found.record.id),
            Ok(None) => {
                tell(format_args!("error: there is no flow `{name}`"));
                return Err(exit::INPUT);
            }
            Err(error) => {
                tell_error(&error);
                return Err(exit::HOST);
            }
        }
    }
    flows.sort_unstable();
    flows.dedup();
    Ok(flows)
}

async fn export(
    store: &AnyStore,
    ask: &Ask,
    how: (Format, &Settings),
    (folder, name): (&Folder, &str),
) -> Result<(), u8> {
    let written = write(store, ask, how, (folder, name)).await;
    // Only what was written here: the folder is somebody's, and what else there ends so is not ours.
    if let Err(error) = Sheets::remove_parts(folder, name, &ask.datasets) {
        tell_error(&error);
    }
    written.map_err(|error| {
        tell_error(&error);
        exit::HOST
    })
}

async fn write(
    store: &AnyStore,
    ask: &Ask,
    (format, settings): (Format, &Settings),
    (folder, name): (&Folder, &str),
) -> Result<(), Fault> {
    let Settings { analytics, max_bytes: most } = *settings;
    let mut sheets = Sheets::begin(folder, name, format, (&ask.datasets, most))?;
    let (scope, scorer) = (ask.asker.scope(), &EnglishWords);
    let reading = Reading { store, scope, ask, at: now(), analytics, scorer };
    reading.fill(&mut sheets, &mut Pulse::Still).await?;
    let (whole, file) = assemble(folder, name, (sheets, format, most))?;
    folder.settle(name, &file)?;
    say(format_args!(
        "{name} records {} bytes {} sha256 {}",
        whole.records, whole.size, whole.sha256
    ));
    Ok(())
}
