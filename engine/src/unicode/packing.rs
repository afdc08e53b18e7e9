//! Writes the tables: `UPDATE=1 cargo test -p chatflow packed`.

use std::collections::BTreeMap;
use std::path::Path;

use unicode_normalization::char::{canonical_combining_class, decompose_canonical};

use super::case::{CASED, CONTEXT, FOLDED, IGNORED, LOWER};
use super::decompose::{CLASSES, DECOMPOSITIONS, FIRST, FIRST_MARK, hangul};
use super::packed::GROUP;

/// A character, the number that counts from the one of the entry before, and the bytes behind it.
struct Entry {
    at: u32,
    base: u32,
    counts_base: bool,
    rest: Vec<u8>,
}

#[test]
fn the_tables_are_packed_as_this_version_of_unicode_wants_them() {
    for (name, packed, entries) in [
        ("decompositions.bin", DECOMPOSITIONS, decompositions()),
        ("classes.bin", CLASSES, classes()),
        ("lower.bin", LOWER, lower()),
        ("folded.bin", FOLDED, folded()),
        ("context.bin", CONTEXT, context()),
    ] {
        let expected = pack(&entries);
        if std::env::var_os("UPDATE").is_some() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/unicode");
            std::fs::write(folder.join(name), expected).unwrap();
        } else {
            assert!(packed == expected, "{name} is of another version: run this with UPDATE=1");
        }
    }
}

fn decompositions() -> Vec<Entry> {
    let full: BTreeMap<char, Vec<char>> = (FIRST..=char::MAX)
        .map(|c| {
            let mut parts = Vec::new();
            decompose_canonical(c, |part| parts.push(part));
            (c, parts)
        })
        .filter(|(c, parts)| *parts != [*c])
        .collect();
    // What the parts without the last are a decomposition of.
    let mut whole: BTreeMap<&[char], char> = BTreeMap::new();
    for (c, parts) in &full {
        whole.entry(parts).or_insert(*c);
    }
    let listed = full.iter().filter(|(c, _)| hangul(**c).is_none());
    let entry = |(c, parts): (&char, &Vec<char>)| {
        let (last, before) = parts.split_last().unwrap();
        let (first, mark) = match before {
            [] => (*last, 0),
            [only] => (*only, u32::from(*last) - FIRST_MARK + 1),
            several => (whole[several], u32::from(*last) - FIRST_MARK + 1),
        };
        Entry { at: (*c).into(), base: first.into(), counts_base: true, rest: number(mark) }
    };
    listed.map(entry).collect()
}

fn classes() -> Vec<Entry> {
    runs(|c| canonical_combining_class(c).into())
}

/// Characters in a row that have the same class, those without one left out.
fn runs(class_of: impl Fn(char) -> u32) -> Vec<Entry> {
    let mut runs: Vec<(u32, u32, u32)> = Vec::new();
    for c in '\0'..=char::MAX {
        let (at, class) = (u32::from(c), class_of(c));
        match runs.last_mut() {
            Some((start, length, known)) if *known == class && *start + *length == at => {
                *length += 1;
            }
            _ if class != 0 => runs.push((at, 1, class)),
            _ => (),
        }
    }
    runs.into_iter().map(|(at, length, class)| plain(at, &[length, class])).collect()
}

fn plain(at: u32, numbers: &[u32]) -> Entry {
    Entry {
        at,
        base: 0,
        counts_base: false,
        rest: numbers.iter().flat_map(|n| number(*n)).collect(),
    }
}

fn lower() -> Vec<Entry> {
    // Where a run starts, how many it has, how far they are from each other, and from their lower case.
    let mut runs: Vec<(u32, u32, u32, i32)> = Vec::new();
    for c in '\u{80}'..=char::MAX {
        let lowered: Vec<char> = c.to_lowercase().collect();
        let [to] = lowered[..] else { continue };
        let (at, step) = (u32::from(c), (u32::from(to).wrapping_sub(c.into())).cast_signed());
        if step == 0 {
            continue;
        }
        match runs.last_mut() {
            Some((start, count, stride, known))
                if *known == step && *count == 1 && at - *start <= 2 =>
            {
                (*count, *stride) = (2, at - *start);
            }
            Some((start, count, stride, known))
                if *known == step && *start + *count * *stride == at =>
            {
                *count += 1;
            }
            _ => runs.push((at, 1, 1, step)),
        }
    }
    let entry = |(at, count, stride, step)| plain(at, &[count << 1 | (stride - 1), zigzag(step)]);
    runs.into_iter().map(entry).collect()
}

fn folded() -> Vec<Entry> {
    let mut entries = Vec::new();
    for c in '\u{80}'..=char::MAX {
        let mut parts: Vec<u32> =
            c.to_uppercase().flat_map(char::to_lowercase).map(u32::from).collect();
        if !c.to_lowercase().map(u32::from).eq(parts.iter().copied()) {
            parts.resize(3, 0);
            entries.push(plain(c.into(), &parts));
        }
    }
    entries
}

/// Found out by asking the standard library about words.
fn context() -> Vec<Entry> {
    let is_final = |text: String| text.to_lowercase().chars().nth(1) == Some('ς');
    runs(|c| {
        let counts = !is_final(format!("aΣ{c}a"));
        let is_cased = !is_final(format!("aΣ{c}"));
        match (counts, is_cased) {
            (_, true) => CASED,
            (true, false) => IGNORED,
            (false, false) => 0,
        }
    })
}

fn pack(entries: &[Entry]) -> Vec<u8> {
    let (mut heads, mut packed) = (Vec::new(), Vec::new());
    for group in entries.chunks(GROUP) {
        let (mut at, mut base) = (group[0].at, group[0].base);
        heads.extend(&at.to_be_bytes()[1..]);
        heads.extend(&base.to_be_bytes()[1..]);
        heads.extend(u16::try_from(packed.len()).unwrap().to_be_bytes());
        for entry in group {
            packed.extend(number(entry.at - at));
            if entry.counts_base {
                let step = entry.base.wrapping_sub(base).cast_signed();
                packed.extend(number(zigzag(step)));
            }
            packed.extend(&entry.rest);
            (at, base) = (entry.at, entry.base);
        }
    }
    let count = u8::try_from(entries.len().div_ceil(GROUP)).unwrap();
    [vec![count], heads, packed].concat()
}

fn zigzag(step: i32) -> u32 {
    ((step << 1) ^ (step >> 31)).cast_unsigned()
}

fn number(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
    bytes
}
