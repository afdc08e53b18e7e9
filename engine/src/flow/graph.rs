//! A flow that may be run: nodes with typed content, connected by index.

use std::sync::Arc;

use serde_json::Value;

use super::compile::Compiler;
use super::connection_type::ConnectionType;
use super::contract::Contract;
use super::node::NodeKind;
use super::predicate::Predicate;
use super::target::Target;
use crate::id::{FlowRef, NodeId};
use crate::table::Table;
use crate::trace::Tracing;

/// A compiled flow: immutable, shared between sessions and threads.
#[derive(Debug)]
pub struct Flow {
    pub(crate) version: FlowRef,
    pub(crate) label: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) entry: usize,
    pub(crate) nodes: Box<[Node]>,
    pub(crate) index: Table<NodeId, usize>,
    pub(crate) defaults: Box<[(Target, Value)]>,
    pub(crate) links: Box<[Arc<str>]>,
    pub(crate) contract: Option<Box<Contract>>,
    pub(crate) digest: String,
    pub(crate) tracing: Tracing,
}

/// One node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: NodeId,
    pub(crate) kind: NodeKind,
    pub(crate) edges: Box<[Edge]>,
}

/// One connection out of a node, in the order in which they are tried (R1.22).
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) kind: ConnectionType,
    pub(crate) target: usize,
    pub(crate) predicate: Option<Predicate>,
}

impl Flow {
    /// The version that this is.
    pub fn version(&self) -> FlowRef {
        self.version
    }

    /// The author's version label.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The flow's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the canonical graph: two flows with equal digests run alike.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What its author says of tracing.
    pub fn tracing(&self) -> Tracing {
        self.tracing
    }

    /// The flows that composites refer to, each once: `id:<uuid>` or `key:<seed key>`, and where a
    /// version is named `id@<label>:<uuid>` or `key@<label>:<seed key>` (R9.35).
    pub fn links(&self) -> impl Iterator<Item = &Arc<str>> {
        self.links.iter()
    }

    pub(crate) fn node(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    pub(crate) fn find(&self, id: &NodeId) -> Option<&Node> {
        self.node(*self.index.get(id)?)
    }
}

/// The compiled flows that a step may use, and what further ones are compiled with.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    flows: Table<FlowRef, Arc<Flow>>,
    compiler: Arc<Compiler>,
}

impl Catalog {
    /// An empty catalog whose flows are compiled with `compiler`.
    pub fn with_compiler(compiler: Arc<Compiler>) -> Self {
        Self { flows: Table::new(), compiler }
    }

    /// A catalog without flows, and with the same compiler.
    pub(crate) fn emptied(&self) -> Self {
        Self::with_compiler(Arc::clone(&self.compiler))
    }

    /// Whether it lacks no flow of `other`, whose flows it got its own from.
    pub(crate) fn has_all_of(&self, other: &Self) -> bool {
        self.flows.len() >= other.flows.len()
    }

    /// What flows are compiled with.
    pub fn compiler(&self) -> &Compiler {
        &self.compiler
    }

    /// Looks a version up.
    pub fn get(&self, version: FlowRef) -> Option<&Arc<Flow>> {
        self.flows.get(&version)
    }

    /// Adds a flow under its version.
    pub fn insert(&mut self, flow: Arc<Flow>) {
        self.flows.insert(flow.version, flow);
    }
}

impl FromIterator<Arc<Flow>> for Catalog {
    fn from_iter<I: IntoIterator<Item = Arc<Flow>>>(flows: I) -> Self {
        let flows = flows.into_iter().map(|flow| (flow.version, flow)).collect();
        Self { flows, compiler: Arc::default() }
    }
}

const _: () = {
    const fn shared_between_threads<T: Send + Sync>() {}
    shared_between_threads::<Flow>();
};
