//! The names of what cases make: unique on a provider, and recognisable as ours.
//! It knows DNS labels and the prefix that all names of a run share.
//! It refuses a name over 63 characters.

use std::sync::atomic::{AtomicU64, Ordering};

/// The longest DNS label.
const LONGEST: usize = 63;

/// What has a name and may say its namespace: a deployment, a function, or a name alone.
pub trait Named {
    fn name(&self) -> &str;

    fn namespace(&self) -> Option<&str> {
        None
    }
}

impl Named for str {
    fn name(&self) -> &str {
        self
    }
}

impl Named for String {
    fn name(&self) -> &str {
        self
    }
}

/// A name in a namespace.
impl Named for (&str, &str) {
    fn name(&self) -> &str {
        self.0
    }

    fn namespace(&self) -> Option<&str> {
        Some(self.1)
    }
}

impl<T: Named + ?Sized> Named for &T {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn namespace(&self) -> Option<&str> {
        (**self).namespace()
    }
}

/// The names of one run.
#[derive(Debug)]
pub struct Names {
    run: String,
    next: AtomicU64,
}

impl Names {
    pub fn new(run: &str) -> Self {
        Self {
            run: run.to_owned(),
            next: AtomicU64::new(0),
        }
    }

    /// A name that nobody else has: `cf-RUN-CASE-N`.
    pub fn next(&self, case: &str) -> String {
        self.sized(case, LONGEST.min(50))
    }

    /// The same, exactly `length` characters long where it is long enough to be unique.
    pub fn exactly(&self, case: &str, length: usize) -> String {
        let name = self.sized(case, length.min(50));
        let missing = length.saturating_sub(name.len());
        format!("{name}{}", "x".repeat(missing))
    }

    fn sized(&self, case: &str, room: usize) -> String {
        let serial = base36(self.next.fetch_add(1, Ordering::Relaxed));
        let head = prefix(&self.run);
        let left = room.saturating_sub(head.len() + serial.len() + 1);
        let slug: String = case.chars().map(label_char).take(left).collect();
        let slug = slug.trim_matches('-');
        if slug.is_empty() {
            format!("{head}{serial}")
        } else {
            format!("{head}{slug}-{serial}")
        }
    }
}

/// What the names of a run begin with.
pub fn prefix(run: &str) -> String {
    format!("cf-{run}-")
}

/// Whether a thing of that name was made by the run, also where a case changed the case of letters.
pub fn is_of(run: &str, name: &str) -> bool {
    name.to_ascii_lowercase().contains(&prefix(run))
}

fn label_char(c: char) -> char {
    if c.is_ascii_alphanumeric() {
        c.to_ascii_lowercase()
    } else {
        '-'
    }
}

/// A number in few letters.
pub fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(number % 36).unwrap_or(0);
        digits.push(char::from_digit(digit, 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_labels_and_unique() {
        let names = Names::new("k3x9q2");
        let long = "deploy/a-very-long-slug-that-goes-on-and-on-and-on-and-on-and-on-without-end";
        let (one, two) = (names.next(long), names.next(long));
        assert_ne!(one, two);
        for name in [&one, &two, &names.next("a/b")] {
            assert!(
                name.len() <= LONGEST && name.starts_with("cf-k3x9q2-"),
                "{name}"
            );
            assert!(
                name.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            );
            assert!(!name.ends_with('-') && !name.contains("--"), "{name}");
        }
        assert_eq!(names.exactly("deploy/x", 63).len(), 63);
        assert_eq!(names.exactly("deploy/x", 64).len(), 64);
    }

    #[test]
    fn ours_are_told_from_others() {
        assert!(is_of("k3x9q2", "CF-K3X9Q2-a"));
        assert!(!is_of("k3x9q2", "cf-other-a"));
        assert_eq!(base36(35), "z");
        assert_eq!(base36(36), "10");
    }
}
