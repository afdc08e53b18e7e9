//! What exports are made of: datasets of rows of cells (S5.47).

use chatflow::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{gather, pick};

/// A table of an export.
#[derive(
    Clone,
    Copy,
    Debug,
    Deserialize,
    Eq,
    Ord,
    PartialEq,
    PartialOrd,
    Serialize,
    ToSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Dataset {
    /// A row for each flow.
    Flows,
    /// A row for each flow and day on which sessions started.
    Daily,
    /// A row for each node that was visited.
    Nodes,
    /// A row for each session.
    Sessions,
    /// A row for each answer to a node.
    Responses,
    /// A row for each content item that was shown.
    Content,
    /// A row for each variant of a content item.
    Variants,
}

/// A value in a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// There is none.
    Nothing,
    Text(String),
    Count(u64),
    Number(f64),
    Flag(bool),
    Time(Timestamp),
}

impl Dataset {
    /// What an export has unless it says otherwise (S5.47).
    pub(crate) const USUAL: [Self; 3] = [Self::Flows, Self::Daily, Self::Nodes];
    /// What an export of content has unless it says otherwise.
    pub(crate) const OF_CONTENT: [Self; 2] = [Self::Content, Self::Variants];

    /// Its name, in files and requests.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Flows => "flows",
            Self::Daily => "daily",
            Self::Nodes => "nodes",
            Self::Sessions => "sessions",
            Self::Responses => "responses",
            Self::Content => "content",
            Self::Variants => "variants",
        }
    }

    /// The names of its columns.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        self.columns().iter().map(|column| pick::name(column))
    }

    /// Its columns, see [`pick`].
    pub(super) const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Flows => &gather::FLOWS,
            Self::Daily => &gather::DAILY,
            Self::Nodes => &gather::NODES,
            Self::Sessions => &gather::SESSIONS,
            Self::Responses => &gather::RESPONSES,
            Self::Content => &gather::CONTENT,
            Self::Variants => &gather::VARIANTS,
        }
    }

    /// Whether it is about content rather than flows.
    pub(crate) const fn is_of_content(self) -> bool {
        match self {
            Self::Content | Self::Variants => true,
            Self::Flows | Self::Daily | Self::Nodes | Self::Sessions | Self::Responses => false,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Timestamp> for Cell {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}
