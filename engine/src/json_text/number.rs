//! Numbers: integers as far as 64 bits go, else the nearest double.

use serde_json::{Error, Number, Value};

use super::{NO_VALUE, Reader};

impl Reader<'_> {
    pub(super) fn number(&mut self) -> Result<Value, Error> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.skip();
        }
        match self.next() {
            None => return Err(self.wrong(NO_VALUE)),
            Some(b'0') if matches!(self.peek(), Some(b'0'..=b'9')) => {
                return Err(self.wrong_next(INVALID));
            }
            Some(b'0') => (),
            Some(b'1'..=b'9') => self.digits(),
            Some(_) => return Err(self.wrong(INVALID)),
        }
        let mut is_integer = true;
        if self.peek() == Some(b'.') {
            is_integer = false;
            self.skip();
            match self.peek() {
                None => return Err(self.wrong_next(NO_VALUE)),
                Some(b'0'..=b'9') => self.digits(),
                Some(_) => return Err(self.wrong_next(INVALID)),
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            is_integer = false;
            self.exponent(start)?;
        }
        let digits = self.text.get(start..self.at).unwrap_or_default();
        let integer = if is_integer { integer(digits) } else { None };
        integer.map_or_else(|| self.double(digits), |integer| Ok(Value::Number(integer)))
    }

    fn digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.skip();
        }
    }

    /// The exponent of the number that starts at `start`.
    fn exponent(&mut self, start: usize) -> Result<(), Error> {
        let significand = self.text.get(start..self.at).unwrap_or_default();
        let is_zero = !significand.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        self.skip();
        let is_negative = self.peek() == Some(b'-');
        if let Some(b'+' | b'-') = self.peek() {
            self.skip();
        }
        let mut exponent = match self.next() {
            None => return Err(self.wrong(NO_VALUE)),
            Some(digit @ b'0'..=b'9') => i32::from(digit & 0xf),
            Some(_) => return Err(self.wrong(INVALID)),
        };
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            self.skip();
            let next =
                exponent.checked_mul(10).and_then(|ten| ten.checked_add((digit & 0xf).into()));
            match next {
                Some(next) => exponent = next,
                None if is_zero || is_negative => self.digits(),
                // Told where it is known, before the digits that follow.
                None => return Err(self.wrong(TOO_LARGE)),
            }
        }
        Ok(())
    }

    fn double(&self, digits: &str) -> Result<Value, Error> {
        let double = digits.parse().ok().and_then(Number::from_f64);
        double.map(Value::Number).ok_or_else(|| self.wrong(TOO_LARGE))
    }
}

/// Minus zero is none.
fn integer(digits: &str) -> Option<Number> {
    if digits.starts_with('-') {
        digits.parse().ok().filter(|integer: &i64| *integer != 0).map(Number::from)
    } else {
        digits.parse().ok().map(|integer: u64| Number::from(integer))
    }
}

const INVALID: &str = "invalid number";
const TOO_LARGE: &str = "number out of range";
