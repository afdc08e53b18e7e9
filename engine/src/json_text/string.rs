//! Strings with their escapes.

use serde_json::Error;

use super::Reader;

impl Reader<'_> {
    /// A string, from its first quote on.
    pub(super) fn string(&mut self) -> Result<String, Error> {
        self.skip();
        let mut string = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(run) = rest.bytes().position(ends_run) else {
                self.at = self.text.len();
                return Err(self.wrong(NO_STRING));
            };
            string.push_str(rest.get(..run).unwrap_or_default());
            self.at = self.at.saturating_add(run);
            match self.next() {
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

fn ends_run(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1f)
}

const NO_STRING: &str = "EOF while parsing a string";
const NO_ESCAPE: &str = "invalid escape";
