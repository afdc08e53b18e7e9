//! From a fixture to records of a store, so that a second import changes nothing (S11.6 to S11.13).

mod accounts;
mod flow;
mod library;

use chatflow::{FlowId, Report};
use chatflow_storage::{
    AccessScope, AccountStore, Applied, ApplyError, Batch, LibraryStore, StoreError,
};

use crate::fixture::Fixture;
use crate::host::now;

/// What an import did, or would do.
#[derive(Debug, Default)]
pub struct ImportReport {
    /// Records created, updated and left alone, per kind, in the order of [`ImportReport::KINDS`].
    pub counts: [Counts; 6],
    /// The flows by seed key, or by name where they have none.
    pub flows: Vec<(String, FlowId)>,
    /// What was left undone, for people.
    pub warnings: Vec<String>,
}

/// What became of the records of one kind.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// New.
    pub created: usize,
    /// Changed.
    pub updated: usize,
    /// As they were.
    pub unchanged: usize,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Flows that are to be published have errors.
    #[error("{flows} flows have errors; nothing was imported")]
    Flows {
        /// How many.
        flows: usize,
    },
    /// The store could not be read.
    #[error("cannot read the database")]
    Read(#[from] StoreError),
    /// The store refused the records.
    #[error("cannot write to the database; nothing was imported")]
    Apply(#[from] ApplyError),
}

impl ImportReport {
    /// The kinds of record, in the order of `counts`.
    pub const KINDS: [&'static str; 6] =
        ["schools", "themes", "content", "flows", "users", "service accounts"];
}

/// Imports a whole fixture in one transaction.
///
/// `reports` are those of [`Fixture::library`]; a flow with errors stops the import if it is to be
/// published.
///
/// # Errors
///
/// [`ImportError`]; then nothing is stored.
pub fn import<S: AccountStore + LibraryStore>(
    store: &S,
    fixture: &Fixture,
    reports: &[(usize, Report)],
) -> Result<ImportReport, ImportError> {
    let scope = AccessScope::system();
    let mut report = ImportReport::default();
    let broken = reports.iter().filter(|(i, report)| {
        let publish =
            fixture.flows.get(*i).is_some_and(|flow| flow.publish || flow.definition.is_none());
        publish && flow::forbids(report)
    });
    let flows = broken.count();
    if flows > 0 {
        return Err(ImportError::Flows { flows });
    }
    let mut batch = Batch { at: now(), ..Batch::default() };
    let ids = library::fill(store, &scope, fixture, &mut batch, &mut report)?;
    let flows = flow::Importer { store, scope: &scope, fixture, reports, ids: &ids };
    flows.fill(&mut batch, &mut report)?;
    accounts::fill(store, fixture, &ids, &mut batch, &mut report)?;
    let _: Applied = store.apply(&scope, &batch)?;
    Ok(report)
}

impl Counts {
    /// Counts a record that is stored as `old` and wanted as `new`.
    fn count<T: PartialEq>(&mut self, old: Option<&T>, new: &T) {
        let counter = match old {
            None => &mut self.created,
            Some(old) if old == new => &mut self.unchanged,
            Some(_) => &mut self.updated,
        };
        *counter = counter.saturating_add(1);
    }
}
