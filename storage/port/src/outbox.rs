//! The outbox: events that were written with what they tell of, and wait to be delivered.

mod event;

pub use event::{Destination, InvalidEvent, NewEvent, Priority, check_event};
