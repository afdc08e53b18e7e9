//! Flows: as authored ([`FlowDefinition`]) and ready to run.

mod connection_type;
mod definition;
mod read;
mod write;

pub use connection_type::ConnectionType;
pub use definition::{
    ConnectionDefinition, ExecutionContext, FlowDefinition, NodeDefinition, NodeType, Visibility,
};
pub(crate) use read::read_children;
