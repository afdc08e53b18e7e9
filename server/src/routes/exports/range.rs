//! The part of a file that a request asks for (RFC 9110, section 14).

/// What to send.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// From this byte to that one, both included.
    Bytes(u64, u64),
    /// There is no such part.
    Nothing,
}

/// What `Range: {text}` means for a file of `size` bytes. Several ranges, and what is not understood, mean all of
/// it, as the standard allows.
pub(super) fn part(text: &str, size: u64) -> Part {
    let Some(range) = text.trim().strip_prefix("bytes=") else { return Part::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Part::Whole };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let end = size.saturating_sub(1);
    match (first, last) {
        ("", suffix) => match number(suffix) {
            None => Part::Whole,
            Some(0) => Part::Nothing,
            Some(_) if size == 0 => Part::Nothing,
            Some(length) => Part::Bytes(size.saturating_sub(length), end),
        },
        (first, last) => {
            let to = if last.is_empty() { Some(end) } else { number(last) };
            match (number(first), to) {
                (Some(from), Some(to)) if to < from && !last.is_empty() => {
                    // No range at all.
                    Part::Whole
                }
                (Some(from), Some(_)) if from >= size => Part::Nothing,
                (Some(from), Some(to)) => Part::Bytes(from, to.min(end)),
                _ => Part::Whole,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_names_a_part_of_the_file() {
        // S5.46
        for (text, expected) in [
            ("bytes=0-0", Part::Bytes(0, 0)),
            ("bytes=0-9", Part::Bytes(0, 9)),
            ("bytes=3-", Part::Bytes(3, 9)),
            ("bytes=3-99", Part::Bytes(3, 9)),
            ("bytes=-4", Part::Bytes(6, 9)),
            ("bytes=-99", Part::Bytes(0, 9)),
            ("bytes=-0", Part::Nothing),
            ("bytes=10-", Part::Nothing),
            ("bytes=10-20", Part::Nothing),
            ("bytes=99999999999999999999-", Part::Nothing),
            ("bytes=5-3", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(part(text, 10), expected, "{text}");
        }
        assert_eq!(part("bytes=0-", 0), Part::Nothing);
        assert_eq!(part("bytes=-5", 0), Part::Nothing);
    }
}
