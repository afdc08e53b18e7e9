//! The HTTP service: the real program on a real file, and a client that knows only the wire.

mod bodies;
mod demo;
mod faults;
mod huey;
mod native;
mod pictures;
mod races;
mod scripts;
mod secrets;
mod sessions;
mod starts;
mod tokens;
