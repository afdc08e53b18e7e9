//! The `chatflow` command as a process of its own, and a client that talks to it over HTTP.

mod account;
mod cases;
mod client;
mod command;
mod described;
mod managed;
mod place;
mod served;
mod server;
mod site;
mod visitor;

pub(crate) use account::{Account, HILLSIDE};
pub(crate) use cases::run_cases;
pub(crate) use client::{Answer, Client};
pub(crate) use command::{Ran, chatflow, finish, program, run};
pub(crate) use managed::{Managed, account, school};
pub(crate) use place::Place;
pub(crate) use served::{Served, Who, runtime};
pub(crate) use server::Server;
pub(crate) use site::{Heard, Reply, Site};
pub(crate) use visitor::Visitor;
