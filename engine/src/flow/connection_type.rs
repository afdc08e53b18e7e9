//! The outcome a connection serves.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::definition::NodeType;
use crate::unicode::lowercase;

/// The type of a connection in canonical form (R1.18, F1).
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ConnectionType {
    /// `default`.
    Default,
    /// `$0`, `$1`, … `$99`: the option or path of that number.
    Option(u8),
    /// `success`.
    Success,
    /// `failure`.
    Failure,
    /// `error`.
    Error,
    /// `fallback`.
    Fallback,
    /// `timeout`.
    Timeout,
    /// Any other token `[a-z][a-z0-9_-]{0,49}`, reached by name.
    Named(Arc<str>),
}

impl ConnectionType {
    /// Reads a token in any accepted spelling; `None` if it is no connection type.
    ///
    /// Spellings: case and surrounding white space do not matter; empty, `next` and `conditional`
    /// mean `default`; `option_N` means `$N`; `ok` and `complete` mean `success`; `fail` means
    /// `failure`.
    pub fn parse(token: &str) -> Option<Self> {
        let token = lowercase(token.trim());
        if let Some(number) = token.strip_prefix('$').or_else(|| token.strip_prefix("option_")) {
            let plain = !number.is_empty()
                && number.len() <= 2
                && number.bytes().all(|b| b.is_ascii_digit());
            return if plain { number.parse().ok().map(Self::Option) } else { None };
        }
        Some(match token.as_str() {
            "" | "default" | "next" | "conditional" => Self::Default,
            "success" | "ok" | "complete" => Self::Success,
            "failure" | "fail" => Self::Failure,
            "error" => Self::Error,
            "fallback" => Self::Fallback,
            "timeout" => Self::Timeout,
            _ if is_name(&token) => Self::Named(token.into()),
            _ => return None,
        })
    }

    /// Reads a token that leaves a node of type `source`: `complete` means `success` only where
    /// the source is a composite, elsewhere it is a name like any other (R1.18).
    pub(crate) fn parse_from(token: &str, source: &NodeType) -> Option<Self> {
        if *source != NodeType::Composite && token.trim().eq_ignore_ascii_case("complete") {
            return Some(Self::Named("complete".into()));
        }
        Self::parse(token)
    }

    /// Whether it serves a failure: such connections are never taken on success.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failure | Self::Error | Self::Timeout)
    }
}

fn is_name(token: &str) -> bool {
    token.len() <= 50
        && token.starts_with(|c: char| c.is_ascii_lowercase())
        && token
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

impl fmt::Display for ConnectionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Option(number) => write!(f, "${number}"),
            Self::Success => f.write_str("success"),
            Self::Failure => f.write_str("failure"),
            Self::Error => f.write_str("error"),
            Self::Fallback => f.write_str("fallback"),
            Self::Timeout => f.write_str("timeout"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

impl Serialize for ConnectionType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ConnectionType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a connection type"))
    }
}

#[cfg(test)]
mod tests {
    use super::ConnectionType;

    #[test]
    fn tokens_are_read_in_every_accepted_spelling() {
        // R1.18.
        for (token, canonical) in [
            ("DEFAULT", "default"),
            (" next ", "default"),
            ("", "default"),
            ("CONDITIONAL", "default"),
            ("$0", "$0"),
            ("OPTION_12", "$12"),
            ("ok", "success"),
            ("complete", "success"),
            ("fail", "failure"),
            ("error", "error"),
            ("mid-way_2", "mid-way_2"),
        ] {
            let read = ConnectionType::parse(token).map(|kind| kind.to_string());
            assert_eq!(read.as_deref(), Some(canonical), "{token}");
        }
        for token in ["$100", "$", "option_x", "9lives", "a b", "é"] {
            assert_eq!(ConnectionType::parse(token), None, "{token}");
        }
    }
}
