//! Generated flows, answers and documents.

mod flow;
mod value;

pub use flow::{HOST_URL, action, content, document, documents, handlers, replies};
pub use value::{json, text};

use chatflow::Handlers;
use proptest::strategy::Strategy;

use crate::conversation::World;

/// Flows that run, with content and handlers: `main` embeds `sub0` and `sub1`.
pub fn world() -> impl Strategy<Value = World> {
    documents().prop_map(|documents| {
        let handlers = Handlers::read(&handlers()).unwrap();
        World::of_documents(&documents, &content(), handlers)
    })
}
