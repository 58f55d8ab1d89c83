//! Milestones that a foreign timeline marks in so many words: `**Detection:** …`, `outage begins`. What does
//! not live here: guesses. An entry that only sounds like one marks nothing.

use super::timeline::Entry;
use super::times;
use crate::document::Milestone;

/// Labels at the start of an entry.
const LABELS: [(&str, Milestone); 16] = [
    ("started", Milestone::Started),
    ("impact start", Milestone::Started),
    ("start", Milestone::Started),
    ("detection", Milestone::Detected),
    ("detected", Milestone::Detected),
    ("discovery", Milestone::Detected),
    ("acknowledged", Milestone::Acknowledged),
    ("mitigation", Milestone::Mitigated),
    ("mitigated", Milestone::Mitigated),
    ("recovery", Milestone::Resolved),
    ("recovered", Milestone::Resolved),
    ("resolution", Milestone::Resolved),
    ("resolved", Milestone::Resolved),
    ("impact end", Milestone::Resolved),
    ("incident resolved", Milestone::Resolved),
    ("end", Milestone::Resolved),
];

/// What begins and ends, and in which words.
const SUBJECTS: [&str; 4] = ["outage", "incident", "impact", "downtime"];
const BEGINS: [&str; 4] = ["begins", "began", "starts", "started"];
const ENDS: [&str; 5] = ["ends", "ended", "stops", "stopped", "over"];

/// Marks entries: the first that says that something begins, the last that says that it ends. Those without an
/// instant mark nothing.
pub(super) fn mark(entries: &mut [Entry]) {
    let mut found: Vec<(usize, Milestone)> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        if times::instant(&entry.cells[0]).is_none() || entry.doubt.is_some() {
            continue;
        }
        let Some(milestone) = said(&entry.cells[2]) else { continue };
        if milestone == Milestone::Resolved {
            found.retain(|(_, known)| *known != milestone);
        }
        if !found.iter().any(|(_, known)| *known == milestone) {
            found.push((index, milestone));
        }
    }
    for (index, milestone) in found {
        let action = &mut entries[index].cells[2];
        *action = format!("**{}.** {action}", milestone.word());
        entries[index].milestone = Some(milestone);
    }
}

/// The milestone that an entry names.
fn said(action: &str) -> Option<Milestone> {
    let bare = action.trim_start_matches(['*', '_', ' ']).to_lowercase();
    if let Some((label, _)) = bare.split_once(':')
        && let Some((_, milestone)) =
            LABELS.iter().find(|(name, _)| *name == label.trim_end_matches(['*', '_', ' ']))
    {
        return Some(*milestone);
    }
    let lower = action.to_lowercase();
    let words: Vec<&str> =
        lower.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let says =
        |verbs: &[&str]| words.windows(2).any(|pair| SUBJECTS.contains(&pair[0]) && verbs.contains(&pair[1]));
    match (says(&BEGINS), says(&ENDS)) {
        (true, false) => Some(Milestone::Started),
        (false, true) => Some(Milestone::Resolved),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_in_so_many_words_is_a_milestone() {
        for (action, expected) in [
            ("**Detection:** alerts fired", Some(Milestone::Detected)),
            ("Resolved: all is well", Some(Milestone::Resolved)),
            ("Deploy merged. **Outage begins.**", Some(Milestone::Started)),
            ("OUTAGE ENDS, traffic is balanced", Some(Milestone::Resolved)),
            ("Pod moved (**outage starts**)", Some(Milestone::Started)),
            ("We started to look", None),
            ("The outage", None),
            ("We detected it", None),
        ] {
            assert_eq!(said(action), expected, "{action}");
        }
    }

    #[test]
    fn the_first_beginning_and_the_last_end_count() {
        let entry = |time: &str, action: &str| Entry {
            cells: [time.to_owned(), String::new(), action.to_owned(), String::new()],
            ..Entry::default()
        };
        let mut entries = [
            entry("", "outage begins"),
            entry("2026-03-02 14:02", "outage begins"),
            entry("2026-03-02 14:05", "outage begins again"),
            entry("2026-03-02 14:10", "outage ends"),
            entry("2026-03-02 14:20", "outage ends"),
        ];
        mark(&mut entries);
        let actions: Vec<&str> = entries.iter().map(|entry| entry.cells[2].as_str()).collect();
        assert_eq!(
            actions,
            [
                "outage begins",
                "**Started.** outage begins",
                "outage begins again",
                "outage ends",
                "**Resolved.** outage ends"
            ]
        );
    }
}
