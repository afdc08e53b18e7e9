//! Canonical decompositions and combining classes of Unicode, from tables that take a fifth of what they take elsewhere
//! (ADR 0040). A test holds every character against the crate that they are made of.

#[cfg(test)]
mod packing;

const DECOMPOSITIONS: &[u8] = include_bytes!("decompose/decompositions.bin");
const CLASSES: &[u8] = include_bytes!("decompose/classes.bin");

/// No character before it decomposes or combines.
const FIRST: char = '\u{c0}';

/// No character before it is the last part of a decomposition.
const FIRST_MARK: u32 = 0x300;

/// A table is read from the start of a group.
const GROUP: usize = 64;

/// Gives the parts of a character's full canonical decomposition.
pub(crate) fn decompose(c: char, emit: &mut dyn FnMut(char)) {
    match hangul(c).or_else(|| listed(c)) {
        Some((first, Some(last))) => {
            decompose(first, emit);
            emit(last);
        }
        Some((only, None)) => emit(only),
        None => emit(c),
    }
}

/// Where a mark stands among others; 0 of what is none.
pub(crate) fn combining_class(c: char) -> u8 {
    let Some(mut group) = Group::of(CLASSES, c) else { return 0 };
    group.find(c, |bytes, distance| {
        let (length, class) = (number(bytes), number(bytes));
        (distance < length).then_some(class)
    })
    .and_then(|class| u8::try_from(class).ok())
    .unwrap_or(0)
}

/// Syllables are composed by arithmetic (Unicode, 3.12).
fn hangul(c: char) -> Option<(char, Option<char>)> {
    let syllable = u32::from(c).checked_sub(0xac00).filter(|syllable| *syllable < 11_172)?;
    let (block, trailing) = (syllable / 28, syllable % 28);
    let (first, last) = if trailing == 0 {
        (0x1100_u32.checked_add(block / 21)?, 0x1161_u32.checked_add(block % 21)?)
    } else {
        (u32::from(c).checked_sub(trailing)?, 0x11a7_u32.checked_add(trailing)?)
    };
    Some((char::from_u32(first)?, char::from_u32(last)))
}

fn listed(c: char) -> Option<(char, Option<char>)> {
    let mut group = Group::of(DECOMPOSITIONS, c)?;
    let mut first = group.base;
    let (first, last) = group.find(c, |bytes, distance| {
        let (step, mark) = (number(bytes), number(bytes));
        // The lowest bit is the sign.
        let step = if step & 1 == 0 { step >> 1 } else { !(step >> 1) };
        first = first.wrapping_add(step);
        (distance == 0).then_some((first, mark))
    })?;
    let last = last.checked_sub(1).and_then(|mark| char::from_u32(FIRST_MARK.checked_add(mark)?));
    Some((char::from_u32(first)?, last))
}

/// Entries in the order of their characters, each a distance from the one before and what is told of it.
struct Group {
    bytes: &'static [u8],
    start: u32,
    base: u32,
}

impl Group {
    /// The group that a character would be in. A table begins with the number of its groups, and for each its first
    /// character, a number to count from, and where it begins.
    fn of(table: &'static [u8], c: char) -> Option<Self> {
        if c < FIRST {
            return None;
        }
        let (count, rest) = table.split_first()?;
        let (heads, entries) = rest.split_at_checked(usize::from(*count).checked_mul(8)?)?;
        let (heads, _) = heads.as_chunks::<8>();
        let head = |[a, b, c, d, e, f, g, h]: &[u8; 8]| {
            let (start, base) = ([0, *a, *b, *c], [0, *d, *e, *f]);
            let offset = usize::from(u16::from_be_bytes([*g, *h]));
            (u32::from_be_bytes(start), u32::from_be_bytes(base), offset)
        };
        let after = heads.partition_point(|bytes| head(bytes).0 <= u32::from(c));
        let (start, base, offset) = head(heads.get(after.checked_sub(1)?)?);
        Some(Self { bytes: entries.get(offset..)?, start, base })
    }

    /// What `read` finds in an entry; it reads each up to the one that begins behind the character.
    fn find<T>(
        &mut self,
        c: char,
        mut read: impl FnMut(&mut &'static [u8], u32) -> Option<T>,
    ) -> Option<T> {
        let mut at = self.start;
        for _ in 0..GROUP {
            at = at.checked_add(number(&mut self.bytes))?;
            let distance = u32::from(c).checked_sub(at)?;
            if let Some(found) = read(&mut self.bytes, distance) {
                return Some(found);
            }
        }
        None
    }
}

/// A number of any length: seven bits a byte, the lowest first, the highest bit of a byte if there are more.
fn number(bytes: &mut &'static [u8]) -> u32 {
    let (mut number, mut shift) = (0, 0);
    while let Some((byte, rest)) = bytes.split_first() {
        *bytes = rest;
        number |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        shift = shift.saturating_add(7);
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use unicode_normalization::char::{canonical_combining_class, decompose_canonical};

    use super::{combining_class, decompose};

    #[test]
    fn every_character_decomposes_as_unicode_says() {
        for c in '\0'..=char::MAX {
            let (mut own, mut expected) = (String::new(), String::new());
            decompose(c, &mut |part| own.push(part));
            decompose_canonical(c, |part| expected.push(part));
            assert_eq!(own, expected, "{c:?}");
        }
    }

    #[test]
    fn every_character_has_the_class_that_unicode_gives_it() {
        for c in '\0'..=char::MAX {
            assert_eq!(combining_class(c), canonical_combining_class(c), "{c:?}");
        }
    }
}
