//! Takes up exports and makes their files (S5.44, S5.50).

use std::sync::Arc;
use std::time::Duration;

use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, Batch, ChangeNotice, ExportClaim, ExportFile, ExportLease,
    ExportOutcome, ExportProgress, ExportRecord, StoreError,
};
use serde_json::{Map, json};
use tokio::sync::watch;

use super::Exports;
use super::ask::{Ask, Format};
use super::assemble::assemble;
use super::fault::Fault;
use super::gather::Reading;
use super::pulse::{Beat, Pulse, until};
use super::sheet::Sheets;
use crate::analytics::{AnalyticsOptions, EnglishWords, SentimentScorer};
use crate::cli::log;
use crate::error::chain;
use crate::events::{Emitter, Happening, SessionEvents};
use crate::host::now;
use crate::token::random_id;

/// How long to wait before looking again where nobody calls (appendix C).
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What makes files, one after the other.
#[derive(Clone, Debug)]
pub struct ExportWorker {
    /// Where they are kept.
    pub exports: Exports,
    /// How their numbers are computed.
    pub analytics: AnalyticsOptions,
    /// Says how answers sound; if there is none, a list of English words (S5.26).
    pub sentiment: Option<Arc<dyn SentimentScorer>>,
    /// How the service is called in events.
    pub service_name: String,
}

/// Makes files of analytics until `shutdown` comes. What is under way then is taken up again, by this process
/// when it starts anew or by another one.
///
/// Several may run on one database, in one process or in many, if all have the same folder.
pub async fn make_exports(
    store: AnyStore,
    worker: ExportWorker,
    shutdown: impl Future<Output = ()>,
) {
    let bell = Arc::clone(&worker.exports.bell);
    let (stop, stopped) = watch::channel(false);
    let desk = Desk::new(store, worker, stopped);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let taken = match desk.claim().await {
            Ok(taken) => taken,
            Err(error) => {
                log(format_args!("error: cannot take up exports: {}", chain(&error)));
                None
            }
        };
        let Some(record) = taken else {
            tokio::select! {
                () = &mut shutdown => return,
                () = bell.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
            continue;
        };
        // Writing files makes a thread wait: it has one for that.
        let (own, here) = (desk.clone(), tokio::runtime::Handle::current());
        let mut work = tokio::task::spawn_blocking(move || here.block_on(own.make(&record)));
        tokio::select! {
            () = &mut shutdown => {
                stop.send_replace(true);
                // A panic was reported when it happened.
                let _ = work.await;
                return;
            }
            _ = &mut work => {}
        }
    }
}

/// What a worker works with.
#[derive(Clone)]
struct Desk {
    store: AnyStore,
    worker: ExportWorker,
    emitter: Arc<Emitter>,
    /// Tells this worker from all others.
    holder: String,
    stop: watch::Receiver<bool>,
}

impl Desk {
    fn new(store: AnyStore, worker: ExportWorker, stop: watch::Receiver<bool>) -> Self {
        let emitter = Emitter::new(&store, &worker.service_name, SessionEvents::default());
        // Without randomness the process's number has to do.
        let name = random_id().map(|id| id.simple().to_string());
        let holder = name.unwrap_or_else(|_| format!("process-{}", std::process::id()));
        Self { store, worker, emitter: emitter.into(), holder, stop }
    }

    async fn claim(&self) -> Result<Option<ExportRecord>, StoreError> {
        let at = now();
        let claim = ExportClaim { holder: self.holder.clone(), at, until: until(at) };
        self.store.claim_export(&claim).await
    }

    /// Makes the file of an export and says so; or leaves it to others, without a trace of a file.
    async fn make(&self, record: &ExportRecord) {
        let folder = &self.worker.exports.folder;
        // What was left by those who were lost. A file of each taking up has a name of its own, so that one that
        // was only taken for lost cannot spoil that of another.
        let own = format!("{}.", record.id);
        cleared(folder.remove_all(&own));
        let lease = record.lease(&self.holder);
        let name = format!("{own}{}", record.attempts);
        let written = self.write(record, &lease, &name).await;
        // Before anybody hears that it has ended.
        cleared(match &written {
            Ok(_) => folder.remove_parts(&own),
            Err(_) => folder.remove_all(&own),
        });
        let ended = match written {
            Ok(file) => self.settle(record, &lease, ExportOutcome::Completed(file)).await,
            Err(Fault::Stopped) => self.hand_back(&lease).await,
            Err(fault @ Fault::Store(_)) => {
                fault.told();
                self.hand_back(&lease).await
            }
            Err(fault) => self.settle(record, &lease, ExportOutcome::Failed(fault.told())).await,
        };
        match ended {
            Ok(true) => {}
            Ok(false) => cleared(folder.remove_all(&format!("{name}."))),
            // Whether it is settled is not known, so the file stays; if it is not, it is made again.
            Err(error) => log(format_args!("error: cannot settle an export: {}", chain(&error))),
        }
    }

    async fn write(
        &self,
        record: &ExportRecord,
        lease: &ExportLease,
        begin: &str,
    ) -> Result<ExportFile, Fault> {
        let broken = |what: &str| Fault::Store(StoreError::Store(what.into()));
        let ask: Ask = serde_json::from_str(&record.params)
            .map_err(|_| broken("the parameters of an export cannot be read"))?;
        let format = Format::named(&record.format);
        let format = format.ok_or_else(|| broken("the format of an export is not known"))?;
        let Exports { folder, max_bytes, .. } = &self.worker.exports;
        let beat = Beat {
            store: self.store.clone(),
            lease: lease.clone(),
            last: None,
            percent: 0,
            stop: self.stop.clone(),
        };
        let mut pulse = Pulse::Beating(Box::new(beat));
        let mut sheets = Sheets::begin(folder, begin, format, (&ask.datasets, *max_bytes))?;
        let reading = Reading {
            store: &self.store,
            scope: ask.asker.scope(),
            ask: &ask,
            at: now(),
            analytics: self.worker.analytics,
            scorer: self.worker.sentiment.as_deref().unwrap_or(&EnglishWords),
        };
        reading.fill(&mut sheets, &mut pulse).await?;
        let name = format!("{begin}.{}", format.extension(ask.datasets.len()));
        let (whole, file) = assemble(folder, &name, (sheets, format, *max_bytes))?;
        // Who has lost the lease leaves no file.
        pulse.now().await?;
        folder.settle(&name, &file)?;
        let super::Whole { size, sha256, records } = whole;
        Ok(ExportFile { path: name, size, sha256, records })
    }

    /// Lets another worker, or this process when it starts anew, take up the export at once.
    async fn hand_back(&self, lease: &ExportLease) -> Result<bool, StoreError> {
        let at = now();
        let progress = ExportProgress { lease: lease.clone(), progress: 0, at, until: at };
        self.store.report_export(&progress).await?;
        Ok(false)
    }

    /// Says how an export ended, to whoever asks and in an event (S6.21); false if it is not this worker's any
    /// more.
    async fn settle(
        &self,
        record: &ExportRecord,
        lease: &ExportLease,
        outcome: ExportOutcome,
    ) -> Result<bool, StoreError> {
        let at = now();
        if !self.store.settle_export(lease, &outcome, at).await? {
            return Ok(false);
        }
        let (event_type, data) = match outcome {
            ExportOutcome::Completed(file) => (
                "export_completed",
                json!({"format": record.format, "file_size": file.size, "records_count": file.records}),
            ),
            ExportOutcome::Failed(error) => {
                ("export_failed", json!({"format": record.format, "error": error}))
            }
        };
        let id = json!(record.id.to_string());
        let more = [("export_id".to_owned(), id.clone()), ("aggregate_id".to_owned(), id)];
        let happening = Happening {
            event_type,
            at,
            session: None,
            flow: None,
            school: record.school_id,
            user: record.requested_by,
            cause: None,
            more: Map::from_iter(more),
            data,
        };
        // The file is there whether anybody hears of it or not.
        if let Err(error) = self.tell(&happening).await {
            log(format_args!("error: cannot tell of an export: {error}"));
        }
        Ok(true)
    }

    async fn tell(&self, happening: &Happening) -> Result<(), String> {
        let events = self.emitter.tell(&self.store, happening, None).await;
        let events = events.map_err(|error| chain(&error))?;
        let batch = Batch { at: happening.at, events, ..Batch::default() };
        let applied = self.store.apply(&AccessScope::system(), &batch).await;
        applied.map_err(|error| chain(&error))?;
        let announced = self.store.announce(&[ChangeNotice::Outbox]).await;
        announced.map_err(|error| chain(&error))
    }
}

/// Tells of a folder that cannot be cleared; nobody has to wait for that.
fn cleared(done: std::io::Result<()>) {
    if let Err(error) = done {
        log(format_args!("error: cannot clear the folder of exports: {error}"));
    }
}
