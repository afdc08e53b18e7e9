//! All that crosses the boundary between the engine and its host.

mod change;
mod effect;
mod ending;
mod event;
mod history;
mod input;
mod item;
mod legacy;
mod prompt;
mod script;
mod step;
mod traced;
mod turn;

pub use change::SessionChange;
pub use effect::{
    Auth, Effect, EffectKind, Failure, HandlerRequest, HttpRequest, Outcome, RequestPolicy,
};
pub use ending::{EndReason, Ending};
pub use event::{Event, Refused, Shown, Visited};
pub use history::{HistoryEntry, InteractionType};
pub use input::{Input, InputKind};
pub use item::{Content, Item};
pub use prompt::Prompt;
pub use script::ScriptRequest;
pub use step::{Next, Step};
pub use traced::{Beginning, Traced};
pub use turn::Turn;
pub(crate) use turn::{public_state, without_private};
