//! Amounts of memory and of processor time, as Kubernetes writes them.
//! It knows plain numbers, decimal and binary suffixes.
//! It refuses anything at or below zero.

/// Bytes of `128Mi`, `134217728`, `128M`, `0.125Gi`; `None` for anything else.
pub fn memory(text: &str) -> Option<u64> {
    let amount = amount(text)?;
    // Half a byte is none.
    (amount >= 1.0).then_some(())?;
    format!("{:.0}", amount.floor()).parse().ok()
}

/// Whether it is an amount of processors: `100m`, `0.5`, `2`.
pub fn is_cpu(text: &str) -> bool {
    amount(text).is_some()
}

fn amount(text: &str) -> Option<f64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    let factor = match suffix {
        "" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        _ => return None,
    };
    let amount = number * factor;
    (amount > 0.0 && amount < 1e18).then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        let same = Some(134_217_728);
        assert_eq!(memory("128Mi"), same);
        assert_eq!(memory("134217728"), same);
        assert_eq!(memory("0.125Gi"), same);
        assert_eq!(memory("128M"), Some(128_000_000));
        for bad in ["", "5 apples", "-1", "0", "Mi", "1mi", "1.2.3"] {
            assert_eq!(memory(bad), None, "{bad}");
        }
        assert!(is_cpu("100m") && is_cpu("0.5") && !is_cpu("0") && !is_cpu("-1"));
    }
}
