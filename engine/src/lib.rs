//! Runs conversation flows as a pure state machine.
//!
//! An author's document becomes a [`Flow`]; a conversation is a [`Session`], which is plain data.
//! [`Engine::step`] feeds it one [`Input`] and says what it needs next: an effect that only the host
//! can resolve, an answer of the visitor, or nothing more. The engine has no I/O, no clock and no
//! randomness of its own, so that the same inputs give the same conversation on every machine.
//!
//! [`drive`] and [`drive_async`] are the loops around it; [`Preview`] is a whole host in memory.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use chatflow::{
//!     Catalog, Effect, Engine, Flow, FlowDefinition, Input, InputKind, InputType, NewSession, Next,
//!     Outcome, Resolver, Seed, Session, SessionId, Timestamp, TraceLevel, drive,
//! };
//!
//! /// A host whose flow asks nothing of it.
//! struct Host;
//! impl Resolver for Host {
//!     fn now(&mut self) -> Timestamp {
//!         Timestamp::from_millis(1_767_225_600_000)
//!     }
//!     fn resolve(&mut self, effect: &Effect) -> Outcome {
//!         Outcome::failed("no_handler", format!("nothing resolves {effect:?}"))
//!     }
//! }
//!
//! let (definition, _) = FlowDefinition::read_json(r#"{
//!     "nodes": [
//!         {"id": "ask", "type": "question", "content": {"text": "Tea or coffee?",
//!             "options": ["tea", "coffee"], "variable": "temp.drink"}},
//!         {"id": "bye", "type": "message", "content": {"text": "One {{temp.drink}}, please!"}}
//!     ],
//!     "connections": [{"source": "ask", "target": "bye"}]
//! }"#);
//! let flow = Flow::compile(&definition.ok_or("not a flow")?, 1).flow.ok_or("it has errors")?;
//! let mut session = Session::new(NewSession {
//!     id: SessionId::derived("example"),
//!     flow: flow.version(),
//!     pins: BTreeMap::new(),
//!     seed: Seed::from_text("example"),
//!     user_id: None,
//!     tenant: None,
//!     trace: chatflow::TraceLevel::Off,
//! });
//! let (engine, mut catalog) = (Engine::default(), Catalog::from_iter([flow]));
//! let mut host = Host;
//!
//! let start = InputKind::Start { state: serde_json::Map::new().into() };
//! let input = Input::new(host.now(), start);
//! let turn = drive(&engine, &mut catalog, &mut session, input, &mut host)?.turn;
//! assert!(matches!(turn.next, Next::Ask(_)));
//!
//! let reply = InputKind::Reply { value: "tea".into(), hint: InputType::Choice };
//! let input = Input::new(host.now(), reply);
//! let turn = drive(&engine, &mut catalog, &mut session, input, &mut host)?.turn;
//! assert_eq!(turn.messages()[0].as_text(), Some("One tea, please!"));
//! assert!(matches!(turn.next, Next::Ended(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod base64;
mod check;
mod content;
mod draw;
mod drive;
mod explain;
mod expr;
mod extend;
mod flow;
mod from_json;
mod handler_table;
mod html;
mod id;
mod journal;
mod json_condition;
mod mask;
mod number;
mod pattern;
mod preview;
mod protocol;
mod replay;
mod request;
mod run;
#[cfg(feature = "schema")]
mod schema;
mod session;
mod table;
mod time;
mod trace;
mod unicode;
mod value;

pub use answer::{AnswerOption, InputType};
pub use check::{
    Code, Diagnostic, Finding, FlowReport, FlowVariable, Neighbour, Neighbours, NodeReference,
    NodeReport, Operation, Patch, PatchError, Pointer, ReferenceTarget, Report, Rule, RuleError,
    Rules, Severity, Stage, Summary,
};
pub use content::{ContentItem, ContentQuery, ContentVariant};
pub use draw::{Seed, pick};
pub use drive::{AsyncResolver, Driven, Opened, Resolver, drive, drive_async};
pub use explain::{
    Explanation, Part, PartOutcome, SetBy, VariableRead, explain, explain_calculation,
};
pub use expr::{
    Dialect, ExpressionError, ExpressionFunction, FunctionKind, Problem as ExpressionProblem,
    ProblemKind as ExpressionProblemKind, check_expression, evaluate, expression_functions,
};
pub use extend::{
    ContentProblem, CustomNode, CustomOutcome, ExtensionError, Extensions, HostFunctionBody,
    Performed, ValueType, View,
};
pub use flow::{
    Catalog, Compiled, Compiler, ConnectionDefinition, ConnectionType, ExecutionContext, Flow,
    FlowDefinition, NodeDefinition, NodeType, Visibility, validate_node,
};
pub use from_json::FromJson;
pub use handler_table::{HandlerTable, PathParameters};
pub use html::check_markup;
pub use id::{
    ContentId, EffectId, FlowId, FlowRef, ImpressionId, NodeId, Revision, SessionId, TenantId,
};
pub use journal::{
    Journal, JournalError, JournalHead, JournalStep, JournalTurn, LedTo, Mark, StateMark,
    StoredTurn,
};
pub use mask::Masker;
pub use preview::{
    Answers, Case, CaseError, HandlerProgress, Handlers, HandlersError, Library, LibraryFlow,
    LibraryItem, LibrarySource, Preview, PreviewError, Rehearsal, RehearsalOptions, Transcript,
    TranscriptTurn, When, check, play,
};
pub use protocol::{
    Auth, Beginning, Content, Effect, EffectKind, EndReason, Ending, Event, Failure,
    HandlerRequest, HistoryEntry, HttpRequest, Input, InputKind, InteractionType, Item, Next,
    Outcome, Prompt, Refused, RequestPolicy, ScriptRequest, SessionChange, Shown, Step, Traced,
    Turn, Visited,
};
pub use replay::{ChangedFlow, Difference, Divergence, Place, Replayed, replay, replay_to};
pub use request::{
    Address, AddressError, AddressRules, Attempt, Backoff, Breaker, BreakerPolicy, BreakerState,
    EndpointPattern, Placeholder, ResolvedRequest, Retry, SecretContext, is_public_address,
    read_response, redact, redact_outcome,
};
pub use run::{Engine, Limits, Options, StepError};
#[cfg(feature = "schema")]
pub use schema::schemas;
pub use session::{
    Acting, Gathered, NewSession, Phase, RestoreError, Resume, Session, SessionTexts,
    StateHashMismatch,
};
pub use time::Timestamp;
pub use trace::{
    StepStates, TraceLevel, TraceStep, TraceWarning, Tracing, is_traced, trace_states,
};
pub use value::{Cleaned, clean, state_hash};

/// The README's example compiles and holds.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
