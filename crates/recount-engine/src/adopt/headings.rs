//! What a heading or a label of another template means in this one: synonyms as data (`headings.txt` beside
//! this file, and the document room's own), then likeness. What does not live here: what is done with it.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::document::template::{FieldId, SYNONYMS, SectionId, normalize};

/// Where the text below a heading belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The general account of what happened: the summary's last field.
    Summary,
    /// What customers saw.
    Impact,
    /// How it was found out; which of the three ways is for its text to say.
    Detection,
    /// Dated entries.
    Timeline,
    /// Things to be done.
    Actions,
    /// One field, as it stands.
    Field(FieldId),
    /// A section of bullets.
    List(SectionId),
    /// A heading that holds others: what went well, what went wrong.
    Lessons,
    /// Links and material.
    Appendix,
}

/// A labelled fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// The day of the incident.
    Date,
    /// The title, where no heading is one.
    Title,
    /// A field.
    Field(FieldId),
}

struct Table {
    exact: HashMap<String, Place>,
    inside: Vec<(Vec<String>, Place)>,
    labels: HashMap<String, Fact>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { exact: HashMap::new(), inside: Vec::new(), labels: HashMap::new() };
    for line in include_str!("headings.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((name, phrases)) = line.split_once('=') else { continue };
        let label = name.trim().strip_prefix("label ");
        for phrase in phrases.split('|').map(str::trim).filter(|phrase| !phrase.is_empty()) {
            let words = normalize(phrase);
            match (label, place_named(name.trim())) {
                (Some(label), _) => {
                    if let Some(fact) = fact_named(label) {
                        table.labels.entry(words).or_insert(fact);
                    }
                }
                (None, Some(place)) => {
                    if phrase.starts_with('~') {
                        table.inside.push((words.split(' ').map(str::to_owned).collect(), place));
                    }
                    table.exact.entry(words).or_insert(place);
                }
                (None, None) => {}
            }
        }
    }
    for (words, id) in &SYNONYMS.sections {
        table.exact.entry(words.clone()).or_insert(place_of(*id));
    }
    table
});

fn place_named(name: &str) -> Option<Place> {
    Some(match name {
        "summary" => Place::Summary,
        "impact" => Place::Impact,
        "detection" => Place::Detection,
        "timeline" => Place::Timeline,
        "actions" => Place::Actions,
        "lessons" => Place::Lessons,
        "appendix" => Place::Appendix,
        "well" => Place::List(SectionId::WentWell),
        "poorly" => Place::List(SectionId::WentPoorly),
        "lucky" => Place::List(SectionId::GotLucky),
        "verification" => Place::Field(FieldId::Proof),
        field => Place::Field(FieldId::from_name(field)?),
    })
}

fn place_of(id: SectionId) -> Place {
    match id {
        SectionId::IncidentSummary => Place::Summary,
        SectionId::Impact => Place::Impact,
        SectionId::Detection => Place::Detection,
        SectionId::Timeline => Place::Timeline,
        SectionId::RootCause => Place::Field(FieldId::RootCause),
        SectionId::Mitigation => Place::Field(FieldId::FullyResolved),
        SectionId::WentWell | SectionId::WentPoorly | SectionId::GotLucky => Place::List(id),
        SectionId::ActionItems => Place::Actions,
        SectionId::FollowUpVerification => Place::Field(FieldId::Proof),
        SectionId::Appendices => Place::Appendix,
    }
}

fn fact_named(label: &str) -> Option<Fact> {
    Some(match label {
        "date" => Fact::Date,
        "title" => Fact::Title,
        "symptoms" => Fact::Field(FieldId::Symptoms),
        "prs" => Fact::Field(FieldId::RelevantPrs),
        field => Fact::Field(FieldId::from_name(field)?),
    })
}

/// How alike a heading must be to a phrase that it does not hold: a slip of one or two letters.
const ALIKE: f64 = 0.94;
/// A heading of more words tells a story of its own, but where several of them say what is to be done.
const MOST_WORDS: usize = 9;
const MOST_WORDS_OF_ACTIONS: usize = 16;

/// When something is done, which does not say what it is.
const HORIZONS: [&str; 6] = ["short term", "medium term", "mid term", "near term", "long term", "immediate"];

/// Words for what is done lest it happens again, whatever it is called: `Preventive enhancements`.
const LEST: [&str; 5] = ["preventive", "preventative", "corrective", "remedial", "proactive"];

/// Words for things to do in a short heading that is no phrase of the table: `Priority actions`; and those that make
/// it a story of what was done or of somebody else: `Immediate actions`.
const DOINGS: [&str; 9] = [
    "actions",
    "measures",
    "improvements",
    "enhancements",
    "tasks",
    "todos",
    "safeguards",
    "outstanding",
    "pending",
];
const DONE: [&str; 16] = [
    "taken",
    "during",
    "immediate",
    "emergency",
    "response",
    "containment",
    "mitigation",
    "performed",
    "user",
    "users",
    "customer",
    "required",
    "attacker",
    "attack",
    "questions",
    "issues",
];

/// What a heading means that is a phrase of the table, no more and no less.
pub(super) fn exactly(heading: &str) -> Option<Place> {
    TABLE.exact.get(&normalize(heading)).copied()
}

/// What a heading means; none for one that is the document's own.
pub(super) fn place(heading: &str) -> Option<Place> {
    let words = normalize(heading);
    let table = &*TABLE;
    if let Some(place) = table.exact.get(&words).or_else(|| table.exact.get(&essential(&words))) {
        return Some(*place);
    }
    if HORIZONS.contains(&words.as_str()) {
        return None;
    }
    // What a bracket follows is the name, however much is said behind it.
    let named = heading.split_once(['(', '（']).map(|(named, _)| normalize(named));
    if let Some(place) = named.and_then(|named| table.exact.get(&named)) {
        return Some(*place);
    }
    // `What we learnt / Preventing it`: one of several names.
    if heading.contains(" / ") {
        let mut places: Vec<Place> = heading.split(" / ").filter_map(place).collect();
        places.sort_by_key(|place| *place != Place::Actions);
        if let Some(place) = places.first() {
            return Some(*place);
        }
    }
    let list: Vec<&str> = words.split(' ').collect();
    if list.len() <= 5 && list.iter().any(|word| LEST.contains(word)) {
        return Some(Place::Actions);
    }
    let longest = table
        .inside
        .iter()
        .filter(|(phrase, _)| list.windows(phrase.len()).any(|window| window == phrase.as_slice()))
        .max_by_key(|(phrase, _)| phrase.len());
    if let Some((phrase, place)) = longest {
        let is_of_actions = *place == Place::Actions && phrase.len() >= 3;
        if list.len() <= if is_of_actions { MOST_WORDS_OF_ACTIONS } else { MOST_WORDS } {
            return Some(*place);
        }
    }
    if list.len() <= 5
        && list.iter().any(|word| DOINGS.contains(word))
        && !list.iter().any(|word| DONE.contains(word))
    {
        return Some(Place::Actions);
    }
    if words.len() < 7 {
        return None;
    }
    let near =
        table.exact.iter().map(|(phrase, place)| (strsim::jaro_winkler(phrase, &words), phrase, place));
    let best = near.filter(|(score, phrase, _)| *score >= ALIKE && phrase.len() >= 7);
    best.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1))).map(|(_, _, place)| *place)
}

/// Without the words that say only that it is about this incident.
fn essential(words: &str) -> String {
    const IDLE: [&str; 19] = [
        "already",
        "the",
        "of",
        "for",
        "this",
        "our",
        "an",
        "a",
        "incident",
        "outage",
        "issue",
        "problem",
        "event",
        "and",
        "other",
        "postmortem",
        "details",
        "short",
        "term",
    ];
    let kept: Vec<&str> = words.split(' ').filter(|word| !IDLE.contains(word)).collect();
    kept.join(" ")
}

/// What a label says of the value behind it.
pub(super) fn fact(label: &str) -> Option<Fact> {
    TABLE.labels.get(&normalize(label)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_other_templates_are_known() {
        use FieldId as F;
        for (heading, expected) in [
            ("Summary", Some(Place::Summary)),
            ("## 1. Executive Summary", Some(Place::Summary)),
            ("What Happened?", Some(Place::Summary)),
            ("Impact on users", Some(Place::Impact)),
            ("Timeline of events", Some(Place::Timeline)),
            ("Timeline (times in UTC)", Some(Place::Timeline)),
            ("Follow-up timeline", Some(Place::Timeline)),
            ("Root cause of the outage", Some(Place::Field(F::RootCause))),
            ("Root Causes and Trigger", Some(Place::Field(F::RootCause))),
            ("Trigger", Some(Place::Field(F::DirectTrigger))),
            ("Contributing Factors (findings)", Some(Place::Field(F::ContributingFactors))),
            ("What Didn't Go So Well?", Some(Place::List(SectionId::WentPoorly))),
            ("Where did we get lucky?", Some(Place::List(SectionId::GotLucky))),
            ("Things that went well:", Some(Place::List(SectionId::WentWell))),
            ("Action Items (should be achievable soon):", Some(Place::Actions)),
            ("Corrective actions and follow-ups", Some(Place::Actions)),
            ("Lessons Learned", Some(Place::Lessons)),
            ("Resoluton", Some(Place::Field(F::FullyResolved))),
            ("Mitigation", Some(Place::Field(F::StoppedBleeding))),
            ("Follow-up verification", Some(Place::Field(F::Proof))),
            (
                "Timeline (all times PST) 01/16/2024 - 02/28/2024. All of them are approximations",
                Some(Place::Timeline),
            ),
            ("2. タイムライン", Some(Place::Timeline)),
            ("7. 再発防止策（2026-09-10 公表）", Some(Place::Actions)),
            ("7. Preventive enhancements", Some(Place::Actions)),
            ("Short term", None),
            ("Priority Actions (First 4 Hours)", Some(Place::Actions)),
            ("Outstanding recovery work", Some(Place::Actions)),
            ("Immediate actions", None),
            ("Actions already taken", Some(Place::Actions)),
            ("Plan", Some(Place::Actions)),
            ("Preventing it from happening again / What we learnt", Some(Place::Actions)),
            ("What are we doing to prevent this to happen again to us?", Some(Place::Actions)),
            ("A heading of many words in which the impact of the outage is only one of them", None),
            ("Actions taken during the incident", Some(Place::Field(F::FullyResolved))),
            ("Thanks", None),
            ("Volunteer Organization", None),
            ("GKE Auth issue", None),
        ] {
            assert_eq!(place(heading), expected, "{heading}");
        }
    }

    #[test]
    fn labels_are_known() {
        assert_eq!(fact("Severity"), Some(Fact::Field(FieldId::Severity)));
        assert_eq!(fact("**Incident Date:**"), Some(Fact::Date));
        assert_eq!(fact("Time to detection"), Some(Fact::Field(FieldId::TimeToDetect)));
        assert_eq!(fact("Authors"), None);
    }

    #[test]
    fn every_line_of_the_table_names_a_place() {
        for line in
            include_str!("headings.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            let name = line.split_once('=').expect("a line is `PLACE = PHRASE | …`").0.trim();
            let known = match name.strip_prefix("label ") {
                Some(label) => fact_named(label).is_some(),
                None => place_named(name).is_some(),
            };
            assert!(known, "{line}");
        }
    }
}
