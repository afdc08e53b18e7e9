//! Runs conversation flows as a pure state machine.

mod check;
mod content;
mod draw;
mod flow;
mod id;
mod time;
mod value;

pub use check::{Code, Diagnostic, Pointer, Report, Severity};
pub use content::{ContentItem, ContentQuery};
pub use draw::Seed;
pub use flow::{
    ConnectionDefinition, ConnectionType, ExecutionContext, FlowDefinition, NodeDefinition,
    NodeType, Visibility,
};
pub use id::{ContentId, EffectId, FlowId, FlowRef, NodeId, Revision, SessionId, TenantId};
pub use time::Timestamp;
pub use value::{Cleaned, clean, state_hash};
