//! What requests bring: read, checked against its description, and only then looked at.
//!
//! The description is the one that the document of the interface shows, so that both say the same.

mod body;
mod condition;
pub(crate) mod label;
mod path;
mod query;
mod schema;

pub(crate) use body::{JsonBody, LARGE, given, read_value};
pub(crate) use condition::{Condition, put_tag};
pub(crate) use label::label;
pub(crate) use path::{PathId, PathText};
pub(crate) use query::{Paged, Pagination, QueryOf, items};
pub(crate) use schema::Schemas;
