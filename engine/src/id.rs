//! Names of things: small newtypes, so that no two kinds of id can be mixed up.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::from_json::FromJson;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Deserialize, Eq, FromJson, Hash, Ord, PartialEq, PartialOrd, Serialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The id that a stable `name` stands for, the same on every machine (UUID version 5).
            pub fn derived(name: &str) -> Self {
                let space = Uuid::new_v5(&Uuid::NAMESPACE_URL, concat!("chatflow:", stringify!($name)).as_bytes());
                Self(Uuid::new_v5(&space, name.as_bytes()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id! {
    /// Names a flow in all its versions.
    FlowId
}
uuid_id! {
    /// Names one conversation.
    SessionId
}
uuid_id! {
    /// Names an item of the content library.
    ContentId
}
uuid_id! {
    /// Names a tenant (a school, in the words of the wire).
    TenantId
}

uuid_id! {
    /// Names one showing of a content item.
    ImpressionId
}

/// Names a node within its flow.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct NodeId(Arc<str>);

// Copied from its text at once; `Arc<str>` by itself goes through a `String`.
impl<'de> Deserialize<'de> for NodeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NodeText)
    }
}

struct NodeText;

impl Visitor<'_> for NodeText {
    type Value = NodeId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the id of a node")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<NodeId, E> {
        Ok(text.into())
    }
}

impl NodeId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for NodeId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for NodeId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for NodeId {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One published version of a flow: what a session is pinned to.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, FromJson, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
pub struct FlowRef {
    /// The flow.
    pub id: FlowId,
    /// The number of the published version, from 1; 0 is a draft.
    pub seq: u32,
}

impl fmt::Display for FlowRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.seq)
    }
}

/// The number of an effect within its session, from 0.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, FromJson, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(transparent)]
pub struct EffectId(pub u32);

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of turns committed to a session: 1 after its start.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, FromJson, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision after one more turn.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::FlowId;

    #[test]
    fn a_derived_id_is_the_same_on_every_machine() {
        let id = FlowId::derived("welcome");
        assert_eq!(id, FlowId::derived("welcome"));
        assert_ne!(id, FlowId::derived("welcome2"));
        assert_eq!(id.0.get_version_num(), 5);
    }
}
