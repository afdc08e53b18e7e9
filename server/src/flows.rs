//! Published versions, compiled once per process: they never change.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chatflow::{AddressRules, Catalog, Compiler, Flow, FlowDefinition, FlowRef};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, AnyStore, VersionRecord};

use crate::error::ApiError;

/// How many compiled versions are kept; more than any tenant runs at a time.
const LIMIT: usize = 2_000;

/// The number of what is not a version.
pub(crate) const DRAFT: u32 = 0;

/// Compiled versions by id.
#[derive(Debug, Default)]
pub(crate) struct FlowCache {
    flows: Mutex<BTreeMap<FlowRef, Arc<Flow>>>,
    compiler: Arc<Compiler>,
}

impl FlowCache {
    /// An empty cache; flows may send requests to these addresses.
    pub(crate) fn new(addresses: AddressRules) -> Self {
        let compiler = Compiler { addresses: Arc::new(addresses), ..Compiler::default() };
        Self { flows: Mutex::default(), compiler: Arc::new(compiler) }
    }

    /// A catalog of these versions. They are pins of a session, so its scope has been checked.
    pub(crate) async fn catalog(
        &self,
        store: &AnyStore,
        scope: &AccessScope,
        versions: impl IntoIterator<Item = FlowRef>,
    ) -> Result<Catalog, ApiError> {
        let mut catalog = Catalog::with_compiler(Arc::clone(&self.compiler));
        for version in versions {
            if let Some(flow) = self.version(store, scope, version).await? {
                catalog.insert(flow);
            }
        }
        Ok(catalog)
    }

    /// A version, if it is stored and the scope sees it. Drafts are not.
    pub(crate) async fn version(
        &self,
        store: &AnyStore,
        scope: &AccessScope,
        version: FlowRef,
    ) -> Result<Option<Arc<Flow>>, ApiError> {
        if version.seq == DRAFT {
            return Ok(None);
        }
        let known = self.flows.lock().ok().and_then(|flows| flows.get(&version).cloned());
        if known.is_some() {
            return Ok(known);
        }
        let record = store.flow_version(scope, version).await?;
        record.map(|record| self.compile(&record)).transpose()
    }

    /// A draft, as far as it can run; none if it cannot.
    pub(crate) fn draft(&self, definition: &FlowDefinition) -> Option<Arc<Flow>> {
        self.compiler.load(definition, DRAFT).flow
    }

    /// Compiles a version that was just read.
    pub(crate) fn compile(&self, record: &VersionRecord) -> Result<Arc<Flow>, ApiError> {
        let version = record.flow;
        if let Some(flow) = self.flows.lock().ok().and_then(|flows| flows.get(&version).cloned()) {
            return Ok(flow);
        }
        let broken =
            || ApiError::internal(format!("the published version {version} does not compile"));
        let (definition, _) = FlowDefinition::read_json(&record.document);
        let mut definition = definition.ok_or_else(broken)?;
        definition.id = Some(version.id);
        let flow = self.compiler.load(&definition, version.seq).flow.ok_or_else(broken)?;
        if let Ok(mut flows) = self.flows.lock() {
            if flows.len() >= LIMIT {
                flows.clear();
            }
            flows.insert(version, Arc::clone(&flow));
        }
        Ok(flow)
    }
}
