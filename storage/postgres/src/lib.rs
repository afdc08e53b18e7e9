//! Chatflow's store on Postgres 14 or newer, for several servers on one database.
//!
//! [`PostgresStore`] implements the async form of every role of [`chatflow_storage`]. A turn of a
//! conversation costs two round trips: one to load its session, one to commit it.
//!
//! ```no_run
//! use chatflow_postgres::PostgresStore;
//! use chatflow_storage::{AccessScope, AsyncFlowStore};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let store = PostgresStore::connect("postgres://chatflow@db.example.org/chatflow").await?;
//! for flow in store.startable_flows(&AccessScope::anonymous()).await? {
//!     println!("{}", flow.name);
//! }
//! # Ok(())
//! # }
//! ```

mod account;
mod admin;
mod analytics;
mod audit;
mod catalog;
mod changes;
mod column;
mod content;
mod dump;
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
mod session_notify;
mod subscription;
mod theme;
mod trace;
mod work;

pub use dump::dump_command;
pub use fault::Fault;
pub use inspect::Inspector;
pub use open::{OpenError, Options};
pub use pool::PostgresStore;
