//! The file that callgrind writes, without compression of names and positions.
//! It knows self costs by file and function, inlined code under the file it came from.
//! It refuses inclusive costs: in asynchronous code they tell little.

use std::collections::BTreeMap;

/// A function, and the file that a part of its code came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    pub file: String,
    pub function: String,
}

pub type Costs = BTreeMap<Spot, u64>;

pub fn parse(text: &str) -> Costs {
    let mut costs = Costs::new();
    let mut at = Spot {
        file: String::new(),
        function: String::new(),
    };
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        match line.split_once('=') {
            // Inlined code names its file by fi, the way back by fe.
            Some(("fl" | "fi" | "fe", file)) => file.clone_into(&mut at.file),
            Some(("fn", function)) => function.clone_into(&mut at.function),
            Some(("calls", _)) => {
                // What the callee cost stands in the next line, and is counted there.
                lines.next();
            }
            Some(_) => {}
            None => {
                if let Some(cost) = cost(line) {
                    *costs.entry(at.clone()).or_default() += cost;
                }
            }
        }
    }
    costs
}

/// The cost in a line of position and cost.
fn cost(line: &str) -> Option<u64> {
    let (position, cost) = line.split_once(' ')?;
    position.parse::<u64>().ok()?;
    cost.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Spot, parse};

    const TEXT: &str = "version: 1\nevents: Ir\nsummary: 99\n\nfl=/src/a.rs\nfn=one\n10 5\n11 2\n\
        fi=/src/b.rs\n7 3\nfe=/src/a.rs\n12 1\ncfi=/src/c.rs\ncfn=two\ncalls=1 20\n13 1000\n\n\
        fl=/src/c.rs\nfn=two\n20 40\ntotals: 99\n";

    #[test]
    fn self_costs_are_kept_by_file_and_function() {
        let costs = parse(TEXT);
        let of = |file: &str, function: &str| {
            let spot = Spot {
                file: file.to_owned(),
                function: function.to_owned(),
            };
            costs.get(&spot).copied()
        };
        assert_eq!(of("/src/a.rs", "one"), Some(8));
        assert_eq!(of("/src/b.rs", "one"), Some(3));
        assert_eq!(of("/src/c.rs", "two"), Some(40));
        assert_eq!(costs.len(), 3);
    }
}
