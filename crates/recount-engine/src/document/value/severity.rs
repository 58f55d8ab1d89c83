//! The severity of an incident, `Sev0` to `Sev3`.
//!
//! What lives here: the scale and its spellings. What does not: what a severity obliges to; that is policy.

use std::fmt;

use super::{strip_word, unmarked};

/// How bad an incident was. The lower the number the worse: `Sev0 < Sev1` in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Severity {
    /// The worst.
    Sev0,
    /// Severe.
    Sev1,
    /// Moderate.
    Sev2,
    /// Minor.
    Sev3,
}

impl Severity {
    /// All of them, worst first.
    pub const ALL: [Self; 4] = [Self::Sev0, Self::Sev1, Self::Sev2, Self::Sev3];

    /// As the template writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sev0 => "Sev0",
            Self::Sev1 => "Sev1",
            Self::Sev2 => "Sev2",
            Self::Sev3 => "Sev3",
        }
    }

    /// The number in the name.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Reads a severity and says whether it is written as the template does.
    ///
    /// `SEV-1`, `sev 1`, `Severity 1` and `S1` are understood, with a remark in brackets or after a dash,
    /// colon or comma. `P1` is a priority and `Sev1 / Sev2` no choice.
    pub fn parse(text: &str) -> Option<(Self, bool)> {
        let text = super::trim(text);
        if let Some(severity) = Self::ALL.into_iter().find(|severity| severity.as_str() == text) {
            return Some((severity, true));
        }
        let text = unmarked(text);
        let rest = ["severity", "sev", "s"].iter().find_map(|word| strip_word(text, word))?;
        super::graded(rest).and_then(|grade| Self::ALL.get(grade).copied()).map(|severity| (severity, false))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn severities_are_read_as_people_write_them() {
        for (text, expected) in [
            ("Sev1", Some((Severity::Sev1, true))),
            (" Sev0\u{A0}", Some((Severity::Sev0, true))),
            ("SEV1", Some((Severity::Sev1, false))),
            ("SEV-1", Some((Severity::Sev1, false))),
            ("sev 1", Some((Severity::Sev1, false))),
            ("sev_1", Some((Severity::Sev1, false))),
            ("S1", Some((Severity::Sev1, false))),
            ("**Sev2**", Some((Severity::Sev2, false))),
            ("Severity: 3", Some((Severity::Sev3, false))),
            ("Sev 2 (was Sev1)", Some((Severity::Sev2, false))),
            ("Sev2 - partial outage", Some((Severity::Sev2, false))),
            ("P1", None),
            ("1", None),
            ("Sev4", None),
            ("Sev12", None),
            ("Sev", None),
            ("Sev0 / Sev1 / Sev2 / Sev3", None),
            ("Sev1/Sev2", None),
            ("several 1", None),
            ("Sev1é", None),
            ("é", None),
            ("sé", None),
            ("", None),
        ] {
            assert_eq!(Severity::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn the_worst_comes_first() {
        assert!(Severity::ALL.is_sorted());
        assert_eq!(Severity::ALL.map(Severity::number), [0, 1, 2, 3]);
    }

    proptest! {
        #[test]
        fn every_severity_reads_back(index in 0usize..4) {
            let severity = Severity::ALL[index];
            prop_assert_eq!(Severity::parse(&severity.to_string()), Some((severity, true)));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "(S|s|sev|Sev|é|[0-9]| |-){0,6}|\\PC*") {
            let _ = Severity::parse(&text);
        }
    }
}
