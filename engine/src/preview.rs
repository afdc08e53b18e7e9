//! Talking to a flow in memory: a host whose library and handlers are plain data.

mod handlers;
mod library;
mod play;

pub use handlers::{Handlers, HandlersError};
pub use library::{Library, LibraryItem};
pub use play::{Preview, PreviewError, Transcript, TranscriptTurn, play};
