//! Stored conversations, between the engine and a store.
//!
//! [`Recorder`] makes what every host writes of a turn. [`Talk`] is a host of its own, for programs
//! without a server: it opens a conversation in a store and commits each turn before it answers.
//!
//! ```
//! use chatflow::{FlowDefinition, Library, SessionId};
//! use chatflow_host::Talk;
//! use chatflow_storage::MemoryStore;
//!
//! let (flow, _) = FlowDefinition::read_json(r#"{"seed_key": "tea", "nodes": [{"id": "tea",
//!     "type": "question", "content": {"text": "Tea?", "input_type": "boolean", "variable": "temp.tea"}}]}"#);
//! let mut library = Library::default();
//! library.add_flow(&flow.ok_or("no flow")?);
//! let tea = library.find("tea").ok_or("it has errors")?;
//! let store = MemoryStore::default();
//! let id = SessionId::derived("a visitor");
//! let (talk, opening) = Talk::open(&store, &library, tea, id)?;
//! assert!(opening.is_some() && talk.prompt().is_some());
//! drop(talk);
//! let (mut talk, opening) = Talk::open(&store, &library, tea, id)?;
//! assert!(opening.is_none(), "the conversation goes on");
//! let turn = talk.reply("yes".into())?;
//! assert!(turn.commits());
//! assert_eq!(talk.session().state()["temp"]["tea"], true);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod evidence;
mod record;
mod references;
mod talk;

pub use record::{Recorder, stored_level};
pub use references::{fill_references, read_references, references_of};
pub use talk::{Talk, TalkError};
