//! The priority of an action item, `P0` to `P2`.
//!
//! What lives here: the scale and its spellings. What does not: when an item of a priority is due.

use std::fmt;

use super::{strip_word, unmarked};

/// How urgent an action item is. The lower the number the more urgent: `P0 < P1` in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Priority {
    /// Prevents recurrence of `Sev0` or `Sev1`, or reduces the blast radius dramatically.
    P0,
    /// A meaningful reduction in risk or time to mitigate.
    P1,
    /// Nice to have.
    P2,
}

impl Priority {
    /// All of them, most urgent first.
    pub const ALL: [Self; 3] = [Self::P0, Self::P1, Self::P2];

    /// As the template writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P0 => "P0",
            Self::P1 => "P1",
            Self::P2 => "P2",
        }
    }

    /// The number in the name.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Reads a priority and says whether it is written as the template does.
    ///
    /// `p0`, `P-0`, `Prio 0` and `Priority 0` are understood.
    pub fn parse(text: &str) -> Option<(Self, bool)> {
        let text = super::trim(text);
        if let Some(priority) = Self::ALL.into_iter().find(|priority| priority.as_str() == text) {
            return Some((priority, true));
        }
        let text = unmarked(text);
        let rest = ["priority", "prio", "p"].iter().find_map(|word| strip_word(text, word))?;
        super::graded(rest).and_then(|grade| Self::ALL.get(grade).copied()).map(|priority| (priority, false))
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn priorities_are_read_as_people_write_them() {
        for (text, expected) in [
            ("P0", Some((Priority::P0, true))),
            (" P2 ", Some((Priority::P2, true))),
            ("p0", Some((Priority::P0, false))),
            ("P-1", Some((Priority::P1, false))),
            ("P 1", Some((Priority::P1, false))),
            ("**P1**", Some((Priority::P1, false))),
            ("Prio 2", Some((Priority::P2, false))),
            ("Priority: 0", Some((Priority::P0, false))),
            ("P1 (was P0)", Some((Priority::P1, false))),
            ("P3", None),
            ("P10", None),
            ("S1", None),
            ("high", None),
            ("0", None),
            ("P0/P1", None),
            ("P", None),
            ("pé0", None),
            ("", None),
        ] {
            assert_eq!(Priority::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn the_most_urgent_comes_first() {
        assert!(Priority::ALL.is_sorted());
    }

    proptest! {
        #[test]
        fn every_priority_reads_back(index in 0usize..3) {
            let priority = Priority::ALL[index];
            prop_assert_eq!(Priority::parse(&priority.to_string()), Some((priority, true)));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "(P|p|prio|é|[0-9]| |-){0,6}|\\PC*") {
            let _ = Priority::parse(&text);
        }
    }
}
