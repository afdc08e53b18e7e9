//! Runs conversation flows as a pure state machine.

mod answer;
mod check;
mod content;
mod draw;
mod drive;
mod expr;
mod flow;
mod id;
mod json_condition;
mod number;
mod pattern;
mod preview;
mod protocol;
mod run;
mod session;
mod time;
mod value;

pub use answer::InputType;
pub use check::{Code, Diagnostic, Pointer, Report, Severity};
pub use content::{ContentItem, ContentQuery};
pub use draw::Seed;
pub use drive::{AsyncResolver, Driven, Resolver, drive, drive_async};
pub use expr::{ExpressionError, evaluate};
pub use flow::{
    Catalog, Compiled, ConnectionDefinition, ConnectionType, ExecutionContext, Flow,
    FlowDefinition, NodeDefinition, NodeType, Visibility,
};
pub use id::{ContentId, EffectId, FlowId, FlowRef, NodeId, Revision, SessionId, TenantId};
pub use preview::{
    Case, CaseError, Handlers, HandlersError, Library, LibraryItem, Preview, PreviewError,
    Transcript, TranscriptTurn, check, play,
};
pub use protocol::{
    Content, Effect, EffectKind, EndReason, Ending, Event, Failure, HandlerRequest, HistoryEntry,
    HttpRequest, Input, InputKind, InteractionType, Item, Next, Outcome, Prompt, Refused, Step,
    Turn, Visited,
};
pub use run::{Engine, Limits, StepError};
pub use session::{NewSession, Phase, RestoreError, Session};
pub use time::Timestamp;
pub use value::{Cleaned, clean, state_hash};
