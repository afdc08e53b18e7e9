//! What the service tells of: events for the stream and for subscriptions (section 6.1).

mod emitter;
mod look;
mod payload;
mod session;
mod wake;

pub(crate) use emitter::Emitter;
pub use emitter::SessionEvents;
pub use look::look_for_changes;
pub(crate) use payload::{EVENT_TYPES, Happening, disabled_event, test_payload};
pub(crate) use session::{SessionChange, Standing, is_preview};
pub(crate) use wake::Wakes;
