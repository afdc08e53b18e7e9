//! What each node type needs, read from its content once.

pub(crate) mod action;
pub(crate) mod composite;
pub(crate) mod condition;
pub(crate) mod custom;
pub(crate) mod fields;
pub(crate) mod media;
pub(crate) mod message;
pub(crate) mod options;
pub(crate) mod question;
pub(crate) mod random;
pub(crate) mod request;
pub(crate) mod script;
pub(crate) mod timing;

use action::Action;
use composite::Composite;
use condition::Condition;
use custom::Custom;
use message::Message;
use question::Question;
use request::Webhook;
use script::Script;

/// A node's typed content.
#[derive(Debug)]
pub(crate) enum NodeKind {
    Message(Box<Message>),
    Question(Box<Question>),
    Condition(Box<Condition>),
    Action(Box<Action>),
    Webhook(Box<Webhook>),
    Composite(Box<Composite>),
    Script(Box<Script>),
    Custom(Box<Custom>),
    /// What could not be read; a flow with such a node has an error and never runs.
    Broken,
}
