//! Chatflow's store on SQLite: one file, no server.
//!
//! [`SqliteStore`] implements every role of [`chatflow_storage`]. It keeps one connection for
//! writing and a few for reading; several processes may share one file.
//!
//! ```
//! use chatflow_sqlite::SqliteStore;
//! use chatflow_storage::{AccessScope, FlowStore};
//!
//! let store = SqliteStore::open_in_memory()?;
//! assert!(store.startable_flows(&AccessScope::anonymous())?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod admin;
mod analytics;
mod audit;
mod backup;
mod catalog;
mod changes;
mod column;
mod content;
mod effect;
mod engagement;
mod evidence;
mod export;
mod fault;
mod flow;
mod flow_catalog;
mod inspect;
mod library;
mod migrate;
mod month;
mod open;
mod outbox;
mod performance;
mod pool;
mod reference;
mod session;
mod subscription;
mod theme;
mod trace;
mod work;

pub use backup::{BackupError, backup};
pub use fault::{Fault, FaultKind};
pub use inspect::Inspector;
pub use migrate::newest_migration;
pub use open::{Durability, OpenError, Options};
pub use pool::SqliteStore;
