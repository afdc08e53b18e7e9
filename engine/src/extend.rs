//! What a host adds to the language: functions and node types.

/// Functions and node types of a host.
#[derive(Clone, Debug, Default)]
pub struct Extensions {}
