//! JSON text into values, as `serde_json` reads it and with its words for what is wrong.
//!
//! A WebAssembly module has the standard library's way of reading doubles in any case; `serde_json` brings one of its own,
//! twice, and a reader for each type that is read from text (ADR 0040).

mod number;
mod string;

use serde::de::Error as _;
use serde_json::{Error, Map, Value};

/// How many lists and objects may be in each other, and one.
const DEPTH: u8 = 128;

/// Reads a text that is one value.
pub(crate) fn read(text: &str) -> Result<Value, Error> {
    let mut reader = Reader { text, at: 0, left: DEPTH };
    let value = reader.value()?;
    match reader.blank() {
        Some(_) => Err(reader.wrong_next("trailing characters")),
        None => Ok(value),
    }
}

struct Reader<'a> {
    text: &'a str,
    /// The byte to read next.
    at: usize,
    /// How many lists and objects may still be entered.
    left: u8,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Value, Error> {
        match self.blank() {
            None => Err(self.wrong_next(NO_VALUE)),
            Some(b'n') => self.word("null", Value::Null),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'"') => self.string().map(Value::String),
            Some(b'[') => self.enter(Self::list),
            Some(b'{') => self.enter(Self::object),
            Some(_) => Err(self.wrong_next("expected value")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Error> {
        self.skip();
        for expected in word.bytes().skip(1) {
            match self.next() {
                None => return Err(self.wrong(NO_VALUE)),
                Some(byte) if byte != expected => return Err(self.wrong("expected ident")),
                Some(_) => (),
            }
        }
        Ok(value)
    }

    fn enter(&mut self, read: fn(&mut Self) -> Result<Value, Error>) -> Result<Value, Error> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return Err(self.wrong_next("recursion limit exceeded"));
        }
        self.skip();
        let value = read(self)?;
        self.left = self.left.saturating_add(1);
        Ok(value)
    }

    fn list(&mut self) -> Result<Value, Error> {
        let mut items = Vec::new();
        loop {
            match self.blank() {
                None => return Err(self.wrong_next("EOF while parsing a list")),
                Some(b']') => break,
                Some(_) if items.is_empty() => (),
                Some(b',') => {
                    self.skip();
                    match self.blank() {
                        None => return Err(self.wrong_next(NO_VALUE)),
                        Some(b']') => return Err(self.wrong_next("trailing comma")),
                        Some(_) => (),
                    }
                }
                Some(_) => return Err(self.wrong_next("expected `,` or `]`")),
            }
            items.push(self.value()?);
        }
        self.skip();
        Ok(Value::Array(items))
    }

    fn object(&mut self) -> Result<Value, Error> {
        let mut object = Map::new();
        loop {
            match self.blank() {
                None => return Err(self.wrong_next(NO_OBJECT)),
                Some(b'}') => break,
                Some(b'"') if object.is_empty() => (),
                Some(_) if object.is_empty() => return Err(self.wrong_next(NO_KEY)),
                Some(b',') => {
                    self.skip();
                    match self.blank() {
                        None => return Err(self.wrong_next(NO_VALUE)),
                        Some(b'"') => (),
                        Some(b'}') => return Err(self.wrong_next("trailing comma")),
                        Some(_) => return Err(self.wrong_next(NO_KEY)),
                    }
                }
                Some(_) => return Err(self.wrong_next("expected `,` or `}`")),
            }
            let key = self.string()?;
            match self.blank() {
                None => return Err(self.wrong_next(NO_OBJECT)),
                Some(b':') => self.skip(),
                Some(_) => return Err(self.wrong_next("expected `:`")),
            }
            let value = self.value()?;
            object.insert(key, value);
        }
        self.skip();
        Ok(Value::Object(object))
    }

    /// The next byte that is not blank, which stays where it is.
    fn blank(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.skip();
        }
        self.peek()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.skip();
        Some(byte)
    }

    fn skip(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// What is wrong with the bytes that were read.
    #[cold]
    fn wrong(&self, what: &str) -> Error {
        let read = self.text.as_bytes().get(..self.at).unwrap_or(self.text.as_bytes());
        let (mut line, mut column) = (1_usize, 0_usize);
        for byte in read {
            if *byte == b'\n' {
                (line, column) = (line.saturating_add(1), 0);
            } else {
                column = column.saturating_add(1);
            }
        }
        // `serde_json` takes the place out of the text again.
        Error::custom(format!("{what} at line {line} column {column}"))
    }

    /// What is wrong with the byte to read next.
    #[cold]
    fn wrong_next(&self, what: &str) -> Error {
        let next = Self { at: self.at.saturating_add(1), ..*self };
        next.wrong(what)
    }
}

const NO_VALUE: &str = "EOF while parsing a value";
const NO_OBJECT: &str = "EOF while parsing an object";
const NO_KEY: &str = "key must be a string";

#[cfg(test)]
mod tests;
