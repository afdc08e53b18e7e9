//! Talking to a flow in memory: a host whose library and handlers are plain data.

mod case;
mod handlers;
mod library;
mod play;
mod rehearsal;
mod source;

pub use case::{Case, CaseError, check};
pub use handlers::{HandlerProgress, Handlers, HandlersError};
pub use library::{Library, LibraryItem};
pub use play::{Preview, PreviewError, Transcript, TranscriptTurn, play};
pub use rehearsal::{Answers, Rehearsal, RehearsalOptions, When};
pub use source::{LibraryFlow, LibrarySource};
