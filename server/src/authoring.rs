//! Changing flows: one way in for editors, imports and copies.
//!
//! A change is made to the flow's document, which the engine reads again; so what it means, and what is
//! wrong with it, is decided in one place. It is written with its events and its audit entry, or not at
//! all.

mod adopt;
mod bump;
mod cascade;
mod check;
mod draft;
mod graph;
mod place;
mod record;
mod regenerate;
mod save;
mod tell;

pub(crate) use adopt::adopt;
pub(crate) use bump::Part;
pub(crate) use check::{check, references};
pub(crate) use draft::{Draft, Publishing};
pub(crate) use graph::{Ends, connection_kind};
pub(crate) use place::{Owner, place};
pub(crate) use record::{Standing, definition, record, version};
pub(crate) use regenerate::Regeneration;
pub(crate) use save::{Saved, create, edit, load};
