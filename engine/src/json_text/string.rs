//! Strings with their escapes.

use serde_json::Error;

use super::Reader;
use crate::value::is_plain_word;

impl Reader<'_> {
    /// A string, from its first quote on.
    pub(super) fn string(&mut self) -> Result<String, Error> {
        self.skip();
        let mut string = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(run) = run(rest.as_bytes()) else {
                self.at = self.text.len();
                return Err(self.wrong(NO_STRING));
            };
            let plain = rest.get(..run).unwrap_or_default();
            self.at = self.at.saturating_add(run);
            let end = self.next();
            if end == Some(b'"') && string.is_empty() {
                // Most have no escape.
                return Ok(plain.to_owned());
            }
            string.push_str(plain);
            match end {
                Some(b'"') => return Ok(string),
                Some(b'\\') => string.push(self.escape()?),
                _ => {
                    let what = "control character (\\u0000-\\u001F) found while parsing a string";
                    return Err(self.wrong(what));
                }
            }
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<char, Error> {
        let Some(byte) = self.next() else { return Err(self.wrong(NO_STRING)) };
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.wrong(NO_ESCAPE)),
        })
    }

    /// A character by its number, or two halves of it.
    fn unicode(&mut self) -> Result<char, Error> {
        let first = self.hex()?;
        if let Some(c) = char::from_u32(first.into()) {
            return Ok(c);
        }
        if first < 0xdc00 {
            for expected in [b'\\', b'u'] {
                match self.next() {
                    None => return Err(self.wrong(NO_STRING)),
                    Some(byte) if byte != expected => {
                        return Err(self.wrong("unexpected end of hex escape"));
                    }
                    Some(_) => (),
                }
            }
            let second = self.hex()?;
            if let [Ok(c)] = char::decode_utf16([first, second]).collect::<Vec<_>>()[..] {
                return Ok(c);
            }
        }
        Err(self.wrong("lone leading surrogate in hex escape"))
    }

    fn hex(&mut self) -> Result<u16, Error> {
        let end = self.at.saturating_add(4);
        let Some(digits) = self.text.as_bytes().get(self.at..end) else {
            self.at = self.text.len();
            return Err(self.wrong(NO_STRING));
        };
        self.at = end;
        let mut number = 0;
        for digit in digits {
            let digit = char::from(*digit).to_digit(16).and_then(|digit| u16::try_from(digit).ok());
            let Some(digit) = digit else { return Err(self.wrong(NO_ESCAPE)) };
            number = number << 4 | digit;
        }
        Ok(number)
    }
}

/// How many bytes there are before a quote, a backslash or a control character.
fn run(bytes: &[u8]) -> Option<usize> {
    let (words, _) = bytes.as_chunks();
    let plain = words.iter().take_while(|word| is_plain_word(**word)).count().saturating_mul(8);
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    let rest = bytes.get(plain..)?.iter().position(ends)?;
    Some(plain.saturating_add(rest))
}

const NO_STRING: &str = "EOF while parsing a string";
const NO_ESCAPE: &str = "invalid escape";
