//! The text exposition of metrics, read strictly enough to judge it.
//! It knows names, labels and values.
//! It refuses lines it cannot read.

use std::collections::BTreeMap;

use crate::failure::Failure;

/// One line of the exposition.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

/// Everything one scrape tells.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    pub samples: Vec<Sample>,
    /// Family name to its declared type.
    pub types: BTreeMap<String, String>,
    pub help: BTreeMap<String, String>,
}

impl Metrics {
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut metrics = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap_or((rest, ""));
                metrics.types.insert(name.to_owned(), kind.to_owned());
            } else if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
                metrics.help.insert(name.to_owned(), text.to_owned());
            } else if !line.starts_with('#') {
                let sample = sample(line);
                metrics.samples.push(
                    sample.ok_or_else(|| Failure::failed(format!("bad sample line {line:?}")))?,
                );
            }
        }
        Ok(metrics)
    }

    /// The sum of all samples of `name` that carry these labels; nothing counts as 0.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.samples
            .iter()
            .filter(|s| s.name == name && s.carries(labels))
            .map(|s| s.value)
            .sum()
    }

    pub fn has(&self, name: &str) -> bool {
        self.samples.iter().any(|sample| sample.name == name)
    }
}

impl Sample {
    fn carries(&self, labels: &[(&str, &str)]) -> bool {
        labels
            .iter()
            .all(|(key, value)| self.labels.get(*key).is_some_and(|v| v == value))
    }
}

fn sample(line: &str) -> Option<Sample> {
    let (head, value) = match line.split_once('}') {
        Some((head, rest)) => (head, rest.trim()),
        None => line.split_once(' ')?,
    };
    let (name, labels) = head.split_once('{').unwrap_or((head, ""));
    let mut found = BTreeMap::new();
    for pair in labels.split("\",").filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once("=\"")?;
        found.insert(
            key.trim_start_matches(',').to_owned(),
            value.trim_end_matches('"').to_owned(),
        );
    }
    let value = value.split(' ').next()?.parse().ok()?;
    Some(Sample {
        name: name.to_owned(),
        labels: found,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_summed_by_label() {
        let text = "# TYPE a counter\na{code=\"200\",method=\"get\"} 3\na{code=\"500\",method=\"get\"} 1\nb 2.5\n";
        let metrics = Metrics::parse(text).unwrap();
        assert!((metrics.sum("a", &[("method", "get")]) - 4.0).abs() < f64::EPSILON);
        assert!((metrics.sum("a", &[("code", "500")]) - 1.0).abs() < f64::EPSILON);
        assert!((metrics.sum("b", &[]) - 2.5).abs() < f64::EPSILON);
        assert_eq!(metrics.types.get("a").map(String::as_str), Some("counter"));
        assert!(Metrics::parse("nonsense").is_err());
    }
}
