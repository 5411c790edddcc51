//! Durations as operators and callers write them.
//!
//! Owns Go's duration syntax and its printed form, which logs and headers of the field share. May know nothing but text and time. Refuses
//! negative durations, and those that Go could not hold.

use std::time::Duration;

/// A setting's grammar: whole seconds, or Go's syntax. Zero is allowed.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = digits.parse::<u64>().ok()?;
        return bounded(u128::from(seconds) * 1_000_000_000);
    }
    groups(digits)
}

/// Go's duration syntax alone (`1m30s`; no bare seconds), above zero.
pub fn parse_go_duration(text: &str) -> Option<Duration> {
    groups(text.strip_prefix('+').unwrap_or(text)).filter(|duration| !duration.is_zero())
}

/// As Go prints a duration: `30s`, `1m30s`, `1h0m0s`, `500ms`, `1.5s`, `0s`.
pub fn go_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(nanos, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(nanos, 1_000_000)),
        _ => clock(nanos),
    }
}

fn clock(nanos: u128) -> String {
    const MINUTE: u128 = 60_000_000_000;
    let (minutes, rest) = (nanos / MINUTE, nanos % MINUTE);
    let seconds = decimal(rest, 1_000_000_000);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// `nanos / unit` in decimal, without trailing zeros.
fn decimal(nanos: u128, unit: u128) -> String {
    let (whole, rest) = (nanos / unit, nanos % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let width = unit.ilog10() as usize;
    format!(
        "{whole}.{}",
        format!("{rest:0width$}").trim_end_matches('0')
    )
}

/// One or more of number and unit.
fn groups(mut text: &str) -> Option<Duration> {
    if text.is_empty() {
        return None;
    }
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut total = 0_u128;
    while !text.is_empty() {
        let (nanos, rest) = group(text)?;
        total = total.checked_add(nanos)?;
        text = rest;
    }
    bounded(total)
}

fn group(text: &str) -> Option<(u128, &str)> {
    let (whole, rest) = split_while(text, |c| c.is_ascii_digit());
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => split_while(rest, |c| c.is_ascii_digit()),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (unit, rest) = split_while(rest, |c| c != '.' && !c.is_ascii_digit());
    let unit = nanos_in(unit)?;
    let whole = if whole.is_empty() {
        0
    } else {
        whole.parse::<u64>().ok()?
    };
    // A nanosecond is the finest part and an hour the coarsest: digits beyond these say nothing.
    let fraction = fraction.get(..15).unwrap_or(fraction);
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let part = if fraction.is_empty() {
        0
    } else {
        fraction.parse::<u128>().ok()? * unit / scale
    };
    Some((
        u128::from(whole).checked_mul(unit)?.checked_add(part)?,
        rest,
    ))
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at(end)
}

fn nanos_in(unit: &str) -> Option<u128> {
    Some(match unit {
        "ns" => 1,
        // Micro is written with the letter u, the micro sign or the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// What Go's 63 bits of nanoseconds hold: some 292 years.
fn bounded(nanos: u128) -> Option<Duration> {
    i64::try_from(nanos)
        .ok()
        .map(|nanos| Duration::from_nanos(nanos.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_numbers_are_seconds() {
        for (text, seconds) in [("0", 0), ("10", 10), ("+5", 5), ("007", 7)] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn go_syntax() {
        for (text, nanos) in [
            ("10s", 10_000_000_000),
            ("1m30s", 90_000_000_000),
            ("1h", 3_600_000_000_000),
            ("1.5s", 1_500_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("500ms", 500_000_000),
            ("3us", 3_000),
            ("3µs", 3_000),
            ("3μs", 3_000),
            ("9ns", 9),
            ("+2s", 2_000_000_000),
            ("0s", 0),
            ("1s1s", 2_000_000_000),
            ("0.1234567890123456789s", 123_456_789),
        ] {
            assert_eq!(parse(text), Some(Duration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            " ",
            "+",
            "-",
            "-5",
            "-5s",
            "-0",
            "5 s",
            " 5",
            "5 ",
            "1d",
            "10S",
            "0x10",
            "1e3",
            "1_000",
            "s",
            ".s",
            "1",
            "++5",
            "5s!",
            "1.2.3s",
            "9223372037",
            "99999999999999999999",
            "2562048h",
            "\"5s\"",
            "1s,",
        ] {
            let expected = (text == "1").then(|| Duration::from_secs(1));
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn callers_write_go_syntax_above_zero() {
        assert_eq!(parse_go_duration("1m30s"), Some(Duration::from_secs(90)));
        for text in ["1", "0", "0s", "-1s", "", "soon"] {
            assert_eq!(parse_go_duration(text), None, "{text:?}");
        }
    }

    #[test]
    fn printed_as_go_prints() {
        for text in [
            "0s",
            "1ns",
            "1.5µs",
            "500ms",
            "1.5s",
            "30s",
            "1m30s",
            "1h0m0s",
            "1m0s",
            "2h3m4.05s",
            "999.999999ms",
        ] {
            assert_eq!(go_duration(parse(text).unwrap()), text);
        }
        assert_eq!(go_duration(Duration::from_secs(90_061)), "25h1m1s");
    }
}
