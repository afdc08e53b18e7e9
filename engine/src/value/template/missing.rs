//! What a substitution found out on the way.

use crate::request::Placeholder;

/// The most text that the references of one substitution may bring in, in bytes: a few characters of
/// template must not multiply a large variable without end.
const ROOM: usize = 2 * 1024 * 1024;

/// What a substitution found out: references that found nothing, for the trace.
#[derive(Debug)]
pub(crate) struct Missing {
    references: Vec<Box<str>>,
    room: usize,
    /// Where secrets belong in what was written.
    pub(crate) secrets: Vec<Placeholder>,
}

impl Default for Missing {
    fn default() -> Self {
        Self { references: Vec::new(), room: ROOM, secrets: Vec::new() }
    }
}

impl Missing {
    /// Notes a reference that found nothing.
    pub(crate) fn push(&mut self, reference: impl Into<Box<str>>) {
        self.references.push(reference.into());
    }

    /// The references that found nothing, and whether others found too much.
    pub(crate) fn finish(self) -> (Vec<Box<str>>, bool) {
        (self.references, self.room == 0)
    }

    /// Whether there is room for so many bytes more; without, there is none for anything.
    pub(in crate::value) fn take(&mut self, bytes: usize) -> bool {
        self.room = self.room.saturating_sub(bytes);
        self.room > 0
    }
}
