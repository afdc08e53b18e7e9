//! What one evaluation may spend (R6.8).

use super::{error::Error, value::Value};

/// The result of a part of an evaluation.
pub(super) type Res<'a> = Result<Value<'a>, Error>;

/// The longest text that a regular expression is tried on, in bytes.
const MATCHED_TEXT: usize = 16 * 1024;

/// Bounds of one evaluation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// Steps: one per part visited, per element compared or copied and per 64 bytes of text made.
    pub(crate) steps: u64,
    /// The longest string or result that may be made, in bytes; a list holds an eighth as many.
    pub(crate) size: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: 100_000, size: 256 * 1024 }
    }
}

/// The fuel left of a [`Budget`].
#[derive(Debug)]
pub(super) struct Meter {
    left: u64,
    budget: Budget,
}

impl Meter {
    pub(super) const fn new(budget: Budget) -> Self {
        Self { left: budget.steps, budget }
    }

    /// Steps spent so far.
    pub(super) const fn spent(&self) -> u64 {
        self.budget.steps.saturating_sub(self.left)
    }

    pub(super) fn pay(&mut self, steps: usize) -> Result<(), Error> {
        let Some(left) = self.left.checked_sub(steps as u64) else {
            self.left = 0;
            return Err(Error::limit("the evaluation takes too many steps"));
        };
        self.left = left;
        Ok(())
    }

    /// Pays for `bytes` of text about to be made.
    pub(super) fn pay_bytes(&mut self, bytes: usize) -> Result<(), Error> {
        self.fits(bytes)?;
        self.pay(bytes / 64)
    }

    /// Pays for a list of `items` about to be made.
    pub(super) fn pay_items(&mut self, items: usize) -> Result<(), Error> {
        self.fits(items.saturating_mul(8))?;
        self.pay(items)
    }

    /// Pays for matching a text: a byte can cost as many steps of the matcher as the pattern has
    /// states.
    pub(super) fn pay_match(&mut self, text: &str) -> Result<(), Error> {
        if text.len() > MATCHED_TEXT {
            return Err(Error::limit("the text is too long to match"));
        }
        self.pay(text.len().saturating_mul(4))
    }

    /// The longest value that may be made, in bytes.
    pub(super) const fn size(&self) -> usize {
        self.budget.size
    }

    /// Refuses a value of `bytes` that is beyond the budget, without paying.
    pub(super) fn fits(&self, bytes: usize) -> Result<(), Error> {
        if bytes > self.budget.size {
            return Err(Error::limit("a value grows too large"));
        }
        Ok(())
    }

    /// A new string, paid for.
    pub(super) fn text<'a>(&mut self, text: String) -> Res<'a> {
        self.pay_bytes(text.len())?;
        Ok(Value::string(text))
    }
}
