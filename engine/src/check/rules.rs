//! Business rules: what a tenant demands of its flows beyond what runs (R12.40).

/// The business rules that flows are held against.
#[derive(Clone, Debug, Default)]
pub struct Rules {}
