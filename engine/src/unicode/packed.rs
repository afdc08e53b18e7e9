//! Reading the tables: numbers of few bytes, in groups so that a character is found without reading all of them.

/// A table is read from the start of a group.
pub(super) const GROUP: usize = 64;

/// Entries in the order of their characters, each a distance from the one before and what is told of it.
pub(super) struct Group {
    bytes: &'static [u8],
    start: u32,
    pub(super) base: u32,
}

impl Group {
    /// The group that a character would be in. A table begins with the number of its groups, and for each its first
    /// character, a number to count from, and where it begins.
    pub(super) fn of(table: &'static [u8], c: char) -> Option<Self> {
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
    pub(super) fn find<T>(
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
pub(super) fn number(bytes: &mut &'static [u8]) -> u32 {
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

/// The lowest bit is the sign.
pub(super) fn signed(number: u32) -> i32 {
    let half = (number >> 1).cast_signed();
    if number & 1 == 0 { half } else { !half }
}
