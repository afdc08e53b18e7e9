//! Flows: as authored ([`FlowDefinition`]) and ready to run ([`Flow`]).

mod alike;
mod children;
mod compile;
mod connection_type;
pub(crate) mod contract;
mod definition;
pub(crate) mod graph;
pub(crate) mod node;
pub(crate) mod predicate;
mod read;
pub(crate) mod target;
mod variables;
mod write;

pub use compile::{Compiled, Compiler, validate_node};
pub use connection_type::ConnectionType;
pub use definition::{
    ConnectionDefinition, ExecutionContext, FlowDefinition, NodeDefinition, NodeType, Visibility,
};
pub use graph::{Catalog, Flow};
pub(crate) use read::read_children;
