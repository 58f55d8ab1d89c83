//! What the sentences of a list say: what is to be done, what was done, or neither. By this a list of action items
//! is known where no heading announces one. What does not live here: headings (`headings`), and reading the items
//! (`actions`).

use super::actions;
use super::headings::Place;
use super::outline::Outline;
use super::table::{self, ForeignTable};
use crate::document::Span;
use crate::document::markdown::BlockKind;
use crate::document::template::{ActionColumn, FieldId, TimelineColumn, normalize};

/// What one item says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    ToDo,
    Done,
    Neither,
}

/// Verbs that order work on a system, its tools or its people.
const VERBS: [&str; 119] = [
    "add",
    "adjust",
    "adopt",
    "alert",
    "allow",
    "analyze",
    "apply",
    "ask",
    "assign",
    "audit",
    "automate",
    "avoid",
    "backport",
    "block",
    "build",
    "bump",
    "catch",
    "change",
    "check",
    "clarify",
    "clean",
    "collect",
    "configure",
    "confirm",
    "consider",
    "continue",
    "convert",
    "coordinate",
    "create",
    "decide",
    "decouple",
    "decrease",
    "define",
    "deploy",
    "deprecate",
    "design",
    "detect",
    "determine",
    "develop",
    "disable",
    "discuss",
    "distribute",
    "document",
    "educate",
    "eliminate",
    "enable",
    "encourage",
    "enforce",
    "engage",
    "enhance",
    "ensure",
    "establish",
    "evaluate",
    "examine",
    "expand",
    "explore",
    "expose",
    "extend",
    "find",
    "fix",
    "formalise",
    "formalize",
    "get",
    "give",
    "harden",
    "have",
    "identify",
    "implement",
    "improve",
    "include",
    "increase",
    "install",
    "integrate",
    "introduce",
    "invest",
    "investigate",
    "isolate",
    "keep",
    "limit",
    "lower",
    "maintain",
    "make",
    "migrate",
    "monitor",
    "move",
    "notify",
    "perform",
    "pin",
    "plan",
    "prepare",
    "prevent",
    "publish",
    "reconfigure",
    "reduce",
    "refactor",
    "remove",
    "replace",
    "require",
    "research",
    "restrict",
    "review",
    "rewrite",
    "rotate",
    "run",
    "schedule",
    "separate",
    "set",
    "setup",
    "simplify",
    "split",
    "switch",
    "test",
    "train",
    "tune",
    "update",
    "upgrade",
    "use",
    "verify",
    "write",
];

/// Words that put a sentence into the future, or make it an obligation.
const TO_COME: [&str; 17] = [
    "will",
    "should",
    "must",
    "shall",
    "need to",
    "needs to",
    "going to",
    "plan to",
    "plans to",
    "planning to",
    "want to",
    "intend to",
    "to be",
    "would like to",
    "aim to",
    "looking into",
    "we can",
];

/// Words that tell what was, or what would have been.
const GONE: [&str; 14] = [
    "was",
    "were",
    "had",
    "did",
    "didnt",
    "wasnt",
    "werent",
    "should have",
    "could have",
    "would have",
    "took",
    "found",
    "made",
    "began",
];

/// Headings below which lists of orders are for others, or were followed during the incident.
const FOR_OTHERS: [&str; 37] = [
    "background",
    "checklist",
    "command",
    "commands",
    "debug",
    "debugging",
    "emergency",
    "evidence",
    "example",
    "how",
    "instructions",
    "investigation",
    "option",
    "options",
    "playbook",
    "procedure",
    "query",
    "recover",
    "recovery",
    "reproduce",
    "reproduction",
    "reproducing",
    "restore",
    "rollback",
    "runbook",
    "customers",
    "setup",
    "taken",
    "triage",
    "usage",
    "users",
    "validation",
    "verification",
    "verify",
    "workaround",
    "workarounds",
    "you",
];

/// Words of a sentence above a list that make its orders a story, or somebody else's.
const TOLD: [&str; 27] = [
    "applied",
    "changed",
    "decided",
    "did",
    "do the following",
    "during",
    "example",
    "executed",
    "follow",
    "followed",
    "have taken",
    "included",
    "looked",
    "made",
    "performed",
    "ran",
    "reproduce",
    "resolved",
    "run",
    "then",
    "took",
    "tried",
    "used",
    "was",
    "were",
    "you",
    "your",
];

/// Whether most items of a list tell what is to be done, and hardly any what was.
pub(super) fn orders(outline: &Outline, list: usize) -> bool {
    let says: Vec<Says> = outline.markdown.children(list).map(|(item, _)| of_item(outline, item)).collect();
    let count = |wanted: Says| says.iter().filter(|says| **says == wanted).count();
    count(Says::ToDo) * 2 > says.len() && count(Says::Done) * 4 <= says.len()
}

fn of_item(outline: &Outline, item: usize) -> Says {
    let head = outline.markdown.children(item).next();
    head.map_or(Says::Neither, |(_, block)| of_text(outline.slice(block.content)))
}

fn of_text(text: &str) -> Says {
    let text = text.trim_start_matches(|ch: char| !ch.is_alphanumeric());
    // `**Suggested:** page on it`: the label may give the order itself.
    let behind = text.split_once(':').filter(|(label, _)| label.split_whitespace().count() <= 4);
    let all = normalize(text);
    if begins_with_order(&all) || behind.is_some_and(|(_, rest)| begins_with_order(&normalize(rest))) {
        return Says::ToDo;
    }
    let padded = format!(" {all} ");
    let has = |words: &[&str]| words.iter().any(|word| padded.contains(&format!(" {word} ")));
    let first = all.split(' ').next().unwrap_or("");
    let is_past = first.len() > 4 && first.ends_with("ed") && !first.ends_with("eed");
    match () {
        () if is_past || has(&GONE) => Says::Done,
        () if has(&TO_COME) => Says::ToDo,
        () => Says::Neither,
    }
}

/// `Add an alert`, `Adding an alert`, `Proactively add an alert`.
fn begins_with_order(words: &str) -> bool {
    let mut words = words.split(' ').skip_while(|word| {
        matches!(*word, "please" | "also" | "todo" | "short" | "long" | "term") || word.ends_with("ly")
    });
    let first = words.next().unwrap_or("");
    let is_verb = |word: &str| VERBS.binary_search(&word).is_ok();
    let stem = first.strip_suffix("ing").unwrap_or("");
    let doubled = stem.len() > 2 && stem.as_bytes().iter().rev().take(2).all(|b| stem.ends_with(*b as char));
    is_verb(first)
        || !stem.is_empty()
            && (is_verb(stem) || is_verb(&format!("{stem}e")) || doubled && is_verb(&stem[..stem.len() - 1]))
}

/// Whether a checklist is for each time that something is done, and not to be done once: it stands behind
/// `Before a deployment:`.
pub(super) fn is_for_each_time(outline: &Outline, above: Option<usize>, list: usize) -> bool {
    if !actions::is_checklist(outline, list) {
        return false;
    }
    above.is_some_and(|above| {
        let block = outline.block(above);
        let text = outline.slice(block.content).trim_end();
        let words = normalize(text);
        let list: Vec<&str> = words.split(' ').collect();
        block.kind == BlockKind::Paragraph
            && text.ends_with(':')
            && matches!(list[0], "when" | "whenever" | "before" | "after" | "if")
            && !list.iter().any(|word| matches!(*word, "we" | "will" | "need" | "needs" | "should"))
    })
}

/// A label before one action item in prose: `Action point: page on lag`.
pub(super) fn is_labelled(text: &str) -> bool {
    const LABELS: [&str; 10] = [
        "action",
        "action item",
        "action point",
        "action required",
        "corrective action",
        "follow up",
        "followup",
        "next step",
        "preventive action",
        "recommendation",
    ];
    let text = text.trim_start_matches(['*', '_', ' ']);
    text.split_once(':').is_some_and(|(label, rest)| {
        rest.contains(char::is_alphabetic) && LABELS.contains(&normalize(label).as_str())
    })
}

/// The lists of action items that no heading announces: those that order, in parts behind the analysis whose
/// headings leave open what they hold.
pub(super) fn lists(outline: &Outline, handled: &[bool]) -> Vec<(usize, usize)> {
    let tells = |at: &usize| {
        use FieldId as F;
        matches!(
            outline.parts[*at].place,
            Some(Place::Timeline | Place::Field(F::RootCause | F::DirectTrigger | F::ContributingFactors))
        )
    };
    let Some(analysis) = (0..outline.parts.len()).find(tells) else { return Vec::new() };
    let mut found = Vec::new();
    for (at, is_handled) in handled.iter().enumerate().skip(analysis + 1) {
        if *is_handled || !may_order(outline, at) {
            continue;
        }
        let part = &outline.parts[at];
        for (place, index) in part.blocks.iter().enumerate() {
            let above = place.checked_sub(1).map(|above| part.blocks[above]);
            let is_told = above.is_some_and(|above| tells_a_story(outline, above));
            let is_list = outline.block(*index).kind == BlockKind::List;
            let items = outline.markdown.children(*index).count();
            // One order alone needs a heading that speaks of remedies.
            let is_enough = items >= 2 || part.place.is_some();
            if is_list && !is_told && is_enough && orders(outline, *index) {
                found.push((at, *index));
            }
        }
    }
    found
}

/// Whether the heading of a part, and those above it, leave open that it lists what is to be done.
fn may_order(outline: &Outline, at: usize) -> bool {
    let words = |at: usize| {
        let heading = outline.parts[at].heading;
        heading.map_or(String::new(), |heading| normalize(outline.slice(heading)))
    };
    let speaks_of_remedies = |words: &str| ["mitigat", "remed"].iter().any(|stem| words.contains(stem));
    let is_open = match outline.parts[at].place {
        None | Some(Place::Lessons) => true,
        Some(Place::Field(FieldId::StoppedBleeding | FieldId::FullyResolved)) => {
            speaks_of_remedies(&words(at))
        }
        _ => false,
    };
    let mut above = Some(at);
    while let Some(here) = above {
        let is_of_others = words(here).split(' ').any(|word| FOR_OTHERS.contains(&word));
        let is_placed = here != at
            && !matches!(outline.parts[here].place, None | Some(Place::Lessons))
            && !speaks_of_remedies(&words(here));
        if is_of_others || is_placed {
            return false;
        }
        above = outline.parts[here].parent;
    }
    is_open
}

fn tells_a_story(outline: &Outline, above: usize) -> bool {
    let block = outline.block(above);
    let text = outline.slice(block.content).trim_end();
    if block.kind != BlockKind::Paragraph || !text.ends_with(':') {
        return false;
    }
    let sentence = text.trim_end_matches(':').rsplit(['.', '!', '?']).next().unwrap_or(text);
    let words = format!(" {} ", normalize(sentence));
    TOLD.iter().any(|told| words.contains(&format!(" {told} ")))
}

/// The column of a table that says what is to be done, where its other columns say by whom and until when, and its
/// rows give orders, whatever the header calls them.
pub(super) fn column(outline: &Outline, table: &ForeignTable<'_>) -> Option<usize> {
    use ActionColumn as C;
    let columns = table.columns(table::action_column);
    let has = |wanted: C| columns.contains(&Some(wanted));
    let is_tracked = table.header.iter().any(|span| {
        let name = normalize(outline.slice(*span));
        name.split(' ').any(|word| matches!(word, "ticket" | "issue" | "jira" | "bug" | "pr" | "tracking"))
    });
    let kinds = [has(C::Owner), has(C::DueDate), has(C::Status), has(C::Priority), is_tracked];
    let tells_times = table.columns(table::timeline_column).contains(&Some(TimelineColumn::Time));
    if kinds.iter().filter(|kind| **kind).count() < 2 || tells_times && !has(C::DueDate) {
        return None;
    }
    let is_open = |at: &usize| matches!(columns.get(*at), Some(None | Some(C::Action)));
    let orders = |at: &usize| {
        let says = |(_, cells): &(Span, Vec<Span>)| {
            cells.get(*at).map_or(Says::Neither, |cell| of_text(outline.slice(*cell)))
        };
        table.rows.iter().filter(|row| says(row) == Says::ToDo).count() * 2 > table.rows.len()
    };
    (0..columns.len()).filter(is_open).find(orders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verbs_are_in_order() {
        assert!(VERBS.is_sorted());
    }

    #[test]
    fn an_item_says_what_is_to_be_done_or_what_was() {
        for (text, expected) in [
            ("Add an alert on lag", Says::ToDo),
            ("**Alerting:** add one on lag", Says::ToDo),
            ("Suggested: Have a drill", Says::ToDo),
            ("Replacing the failed disk", Says::ToDo),
            ("Setting a limit", Says::ToDo),
            ("We still plan to publish a status page", Says::ToDo),
            ("The limit needs to go up", Says::ToDo),
            ("Restarted the pods", Says::Done),
            ("The pods were restarted, and we will look again", Says::Done),
            ("We should have been watching the queue", Says::Done),
            ("No integration tests", Says::Neither),
            ("Relying on one provider", Says::Neither),
        ] {
            assert_eq!(of_text(text), expected, "{text}");
        }
    }
}
