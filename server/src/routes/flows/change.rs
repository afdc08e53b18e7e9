//! What requests say of publishing (S3.87 to S3.90, F37).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::authoring::{self, Publishing};

/// Which number of the label a new version raises (S3.89).
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Part {
    Major,
    Minor,
    Patch,
}

/// What is to become of a flow; nothing if nothing is said.
pub(crate) fn publishing(
    publish: Option<bool>,
    label: Option<String>,
    part: Option<Part>,
    note: Option<String>,
) -> Option<Publishing> {
    let part = part.map(|part| match part {
        Part::Major => authoring::Part::Major,
        Part::Minor => authoring::Part::Minor,
        Part::Patch => authoring::Part::Patch,
    });
    publish.map(|publish| {
        if publish { Publishing::Publish { label, part, note } } else { Publishing::Withdraw }
    })
}
