//! Numbers of things, as sentences tell them. What does not live here: figures with units (`value`).

use std::fmt::Display;

/// How many there are of a thing: `1 row`, `2 rows`. The plural is the noun with an `s`.
pub fn counted(count: impl Display, noun: &str) -> String {
    let count = count.to_string();
    let plural = if count == "1" { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        for (count, want) in [("0", "0 rows"), ("1", "1 row"), ("21", "21 rows"), ("2,000", "2,000 rows")] {
            assert_eq!(counted(count, "row"), want);
        }
    }
}
