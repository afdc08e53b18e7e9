//! The one place that changes variables.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Run;
use crate::flow::node::NodeKind;
use crate::flow::target::{Place, Target};
use crate::session::Frame;
use crate::table::sort;
use crate::value::path::{WriteError, get_in, remove_in, set_in};
use crate::value::{MAX_DEPTH, is_deeper_than, settle};

impl Run<'_> {
    /// Writes a variable by the number rule (F22) and keeps count of the state's size (R11.25).
    pub(super) fn write(&mut self, target: &Target, mut value: Value) -> Result<(), WriteError> {
        let target = &*self.placed(target);
        settle(&mut value);
        // A variable that grows around itself could neither be stored nor read again.
        let depth = MAX_DEPTH.saturating_sub(target.segments().len());
        if is_deeper_than(&value, depth) {
            return Err(WriteError::TooDeep);
        }
        let used = self.session.engine.bytes;
        let held = match target.place() {
            Place::State => used,
            // The scopes of a frame have the same room, to themselves.
            Place::Output | Place::Local => self.session.frame().map_or(0, Frame::scopes_len),
        };
        let room = self.limits.state_bytes.saturating_sub(held);
        let room = isize::try_from(room).unwrap_or(isize::MAX);
        let spot = self.spot(target);
        let Some(map) = self.object(target.place()) else { return Ok(()) };
        let written = set_in(map, target.segments(), value, room)?;
        if target.place() == Place::State {
            self.session.engine.bytes = used.saturating_add_signed(written.grew);
        }
        self.trace_write(target, spot);
        if written.overwrote_scalar {
            self.warn("overwrote_scalar", &**target.text());
        }
        Ok(())
    }

    /// Removes a variable; an absent one is no error.
    pub(super) fn remove(&mut self, target: &Target) {
        let target = &*self.placed(target);
        let spot = self.spot(target);
        let Some(map) = self.object(target.place()) else { return };
        let grew = remove_in(map, target.segments());
        self.trace_write(target, spot);
        if target.place() == Place::State {
            self.session.engine.bytes = self.session.engine.bytes.saturating_add_signed(grew);
        }
    }

    /// The value of a variable that is about to be changed.
    pub(super) fn read(&self, target: &Target) -> Option<&Value> {
        let target = &*self.placed(target);
        let frame = self.session.frame();
        match target.place() {
            Place::State => {
                let scope = self.session.state.get(target.path().head())?;
                get_in(scope, target.path().rest())
            }
            Place::Output => get_in(&frame?.output, target.segments()),
            Place::Local => get_in(&frame?.local, target.segments()),
        }
    }

    /// Where a variable lies in the running frame: inside an inline composite a name without a
    /// scope is an output when that is declared, else local (R5.4, R9.15).
    pub(super) fn placed<'t>(&self, target: &'t Target) -> Cow<'t, Target> {
        let own = || {
            let name = target.bare_name()?;
            let frame = self.session.frame().filter(|frame| frame.inline)?;
            let NodeKind::Composite(composite) =
                &self.flow.find(frame.entered_from.as_ref()?)?.kind
            else {
                return None;
            };
            let place = if composite.declares(name) { Place::Output } else { Place::Local };
            Target::in_frame(name, place)
        };
        own().map_or(Cow::Borrowed(target), Cow::Owned)
    }

    /// The path under which a variable is written, for history.
    pub(super) fn name_of(&self, target: &Target) -> Arc<str> {
        Arc::clone(self.placed(target).text())
    }

    fn object(&mut self, place: Place) -> Option<&mut Map<String, Value>> {
        match place {
            Place::State => Some(&mut self.session.state),
            Place::Output => self.session.engine.frames.last_mut()?.output.as_object_mut(),
            Place::Local => self.session.engine.frames.last_mut()?.local.as_object_mut(),
        }
    }
}

/// A stable code for a write that was refused.
pub(super) fn code_of(error: WriteError) -> &'static str {
    match error {
        WriteError::BadIndex => "bad_index",
        WriteError::TooLarge => "state_too_large",
        WriteError::TooDeep => "state_too_deep",
    }
}

/// Sorts and keeps each once: what history tells of a node's writes (R2.73).
pub(super) fn once_each(mut paths: Vec<Arc<str>>) -> Vec<Arc<str>> {
    sort(&mut paths);
    paths.dedup();
    paths
}
