//! Which bytes a client asks for.
//!
//! Owns the grammar of `Range` and the caps on its abuse. May know the length of what is asked of. Refuses to read it.

/// More ranges than any player or downloader sends.
const MOST: usize = 16;

/// Bytes `start..end`, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Span {
    pub(super) const fn len(self) -> u64 {
        self.end - self.start
    }

    /// The value of `Content-Range`.
    pub(super) fn of(self, total: u64) -> String {
        format!("bytes {}-{}/{total}", self.start, self.end - 1)
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ranges {
    /// All of it: nothing else was asked for, or in a unit unknown here, or in a way that costs more than it.
    Whole,
    /// Malformed, or beyond the end.
    Unsatisfiable,
    /// At least one, in the order asked for.
    Parts(Vec<Span>),
}

pub(super) fn parse(header: &str, total: u64) -> Ranges {
    let Some((unit, set)) = header.split_once('=') else {
        return Ranges::Unsatisfiable;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Ranges::Whole;
    }
    let specs: Vec<&str> = set
        .split(',')
        .map(str::trim)
        .filter(|spec| !spec.is_empty())
        .collect();
    if specs.len() > MOST {
        return Ranges::Whole;
    }
    let Some(spans) = specs
        .into_iter()
        .map(|spec| span(spec, total))
        .collect::<Option<Vec<_>>>()
    else {
        return Ranges::Unsatisfiable;
    };
    let parts: Vec<Span> = spans.into_iter().flatten().collect();
    if parts
        .iter()
        .map(|part| u128::from(part.len()))
        .sum::<u128>()
        > u128::from(total)
    {
        return Ranges::Whole;
    }
    match (parts.is_empty(), total) {
        (true, 0) => Ranges::Whole,
        (true, _) => Ranges::Unsatisfiable,
        (false, _) => Ranges::Parts(parts),
    }
}

/// `None` where the words make no sense, `Some(None)` where they lie beyond the end.
#[expect(
    clippy::option_option,
    reason = "two different kinds of nothing, used once"
)]
fn span(spec: &str, total: u64) -> Option<Option<Span>> {
    let (first, last) = spec.split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    let (start, end) = if first.is_empty() {
        (total.saturating_sub(number(last)?), total)
    } else if last.is_empty() {
        (number(first)?, total)
    } else {
        let (first, last) = (number(first)?, number(last)?);
        if last < first {
            return None;
        }
        (first, last.saturating_add(1).min(total))
    };
    Some((start < end).then_some(Span { start, end }))
}

/// Digits only; a number too large to hold lies beyond every end.
fn number(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(spans: &[(u64, u64)]) -> Ranges {
        Ranges::Parts(
            spans
                .iter()
                .map(|&(start, end)| Span { start, end })
                .collect(),
        )
    }

    #[test]
    fn ranges_of_ten_bytes() {
        for (header, ranges) in [
            ("bytes=0-0", parts(&[(0, 1)])),
            ("bytes=2-5", parts(&[(2, 6)])),
            ("Bytes = 2 - 5", parts(&[(2, 6)])),
            ("bytes=2-", parts(&[(2, 10)])),
            ("bytes=-3", parts(&[(7, 10)])),
            ("bytes=-30", parts(&[(0, 10)])),
            ("bytes=8-99999999999999999999", parts(&[(8, 10)])),
            ("bytes=0-1,5-6", parts(&[(0, 2), (5, 7)])),
            ("bytes=5-6, 0-1,", parts(&[(5, 7), (0, 2)])),
            ("bytes=0-1,20-", parts(&[(0, 2)])),
            ("bytes=0-,0-", Ranges::Whole),
            ("lines=0-1", Ranges::Whole),
            ("bytes=10-", Ranges::Unsatisfiable),
            ("bytes=99999999999999999999-", Ranges::Unsatisfiable),
            ("bytes=-0", Ranges::Unsatisfiable),
            ("bytes=5-2", Ranges::Unsatisfiable),
            ("bytes=", Ranges::Unsatisfiable),
            ("bytes=-", Ranges::Unsatisfiable),
            ("bytes=a-b", Ranges::Unsatisfiable),
            ("bytes=+1-2", Ranges::Unsatisfiable),
            ("bytes=1", Ranges::Unsatisfiable),
            ("bytes", Ranges::Unsatisfiable),
        ] {
            assert_eq!(parse(header, 10), ranges, "{header}");
        }
    }

    #[test]
    fn nothing_has_no_ranges() {
        assert_eq!(parse("bytes=0-", 0), Ranges::Whole);
        assert_eq!(parse("bytes=-1", 0), Ranges::Whole);
    }

    #[test]
    fn many_ranges_are_one() {
        let many = vec!["0-0"; MOST + 1].join(",");
        assert_eq!(parse(&format!("bytes={many}"), 1000), Ranges::Whole);
        let enough = vec!["0-0"; MOST].join(",");
        assert!(
            matches!(parse(&format!("bytes={enough}"), 1000), Ranges::Parts(p) if p.len() == MOST)
        );
    }
}
