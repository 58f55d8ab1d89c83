//! Two changes of one postmortem at once: what each of them changed, part by part, and what to say where they meet.
//!
//! A command reads the postmortem, waits for the library's lock, and reads again under it. What others wrote in
//! between is kept where it is in another place; where it is in the same place, nothing is written and both changes
//! are told. What does not live here: the lock and the version that every write names (`recount-store`), and merging
//! branches.

use std::collections::HashMap;
use std::path::Path;

use recount_engine::document::template::{ACTION_HEADERS, ActionColumn, FIELDS, SectionId};
use recount_engine::document::{ActionItem, Document};
use recount_store::{Conflict, Version};

use crate::Workspace;
use crate::failure::Failure;

/// A postmortem as a command found it before it waited for the lock.
pub struct Seen {
    version: Version,
    /// What it held then.
    pub document: Document,
}

/// A part of a document that two versions of it have differently.
struct Change {
    /// What it is, whatever its place in the document.
    key: String,
    /// What people call it.
    name: String,
    old: Option<String>,
    new: Option<String>,
}

impl Seen {
    /// Reads it.
    pub fn read(workspace: &Workspace, path: &Path) -> Result<Self, Failure> {
        let (stored, document) = workspace.read(path)?;
        Ok(Self { version: stored.version, document })
    }

    /// Refuses a change in a place that somebody else changed while this command waited: `now` is what the file
    /// holds, `changed` what it would.
    pub fn refuse_overlap(
        &self,
        version: &Version,
        now: &Document,
        changed: &Document,
        shown: &str,
    ) -> Result<(), Failure> {
        if *version == self.version {
            return Ok(());
        }
        let theirs = changes(&self.document, now);
        let mine = changes(now, changed);
        let same = |change: &&Change| mine.iter().any(|own| own.key == change.key);
        if !theirs.iter().any(|change| same(&change)) {
            return Ok(());
        }
        Err(told(
            &theirs,
            &mine,
            format!("`{shown}` was changed in the same place while this command waited"),
        ))
    }

    /// The number that an action item has in `now`, which others may have changed: rows come and go. Known by its
    /// stable ID, else by its text.
    pub fn follow(&self, number: usize, now: &Document, shown: &str) -> Result<usize, Failure> {
        let Some(item) = self.document.action_items().get(number - 1) else {
            return Err(Failure::new(format!("there is no action item #{number} in `{shown}`"))
                .hint("`recount actions` lists them with their numbers"));
        };
        let wanted = key_of(&self.document, item);
        let same: Vec<usize> = now
            .action_items()
            .iter()
            .filter(|other| key_of(now, other) == wanted)
            .map(|other| other.number)
            .collect();
        match same[..] {
            [only] => Ok(only),
            _ if same.contains(&number) && now.action_items().len() == self.document.action_items().len() => {
                Ok(number)
            }
            _ => {
                let theirs = changes(&self.document, now);
                let first =
                    format!("action item #{number} of `{shown}` was changed while this command waited");
                Err(told(&theirs, &[], first))
            }
        }
    }
}

/// A write that the store refused, since the file changed after it was read: with what changed on both sides.
pub(crate) fn refused(base: &[u8], conflict: &Conflict, shown: &str) -> Failure {
    let base = Document::parse(base);
    let mine = changes(&base, &Document::parse(&conflict.ours));
    let Some(theirs) = &conflict.theirs else {
        return told(&[], &mine, format!("`{shown}` was removed after it was read"));
    };
    let theirs = changes(&base, &Document::parse(&theirs.bytes));
    told(&theirs, &mine, format!("`{shown}` changed after it was read"))
}

fn told(theirs: &[Change], mine: &[Change], first: String) -> Failure {
    const SHOWN: usize = 5;
    let mut lines = vec![format!("{first}; nothing was written")];
    for (whose, changes) in [("meanwhile", theirs), ("not written", mine)] {
        lines.extend(changes.iter().take(SHOWN).map(|change| format!("  {whose}: {}", change.told())));
        if changes.len() > SHOWN {
            lines.push(format!("  {whose}: {} more", changes.len() - SHOWN));
        }
    }
    Failure::new(lines.join("\n"))
        .hint("run the command again if it should hold: it starts from what the file holds now")
}

impl Change {
    fn told(&self) -> String {
        let name = &self.name;
        match (&self.old, &self.new) {
            (Some(old), Some(new)) if old.is_empty() => format!("{name} is `{new}`, and was blank"),
            (Some(old), Some(new)) if new.is_empty() => format!("{name} is blank, and was `{old}`"),
            (Some(old), Some(new)) => format!("{name} is `{new}`, and was `{old}`"),
            (None, Some(new)) => format!("{name} is new: `{new}`"),
            (Some(old), None) => format!("{name} is gone: `{old}`"),
            (None, None) => name.clone(),
        }
    }
}

/// What a reader of two versions would name as different.
fn changes(old: &Document, new: &Document) -> Vec<Change> {
    let mut found = Vec::new();
    let mut compare = |key: String, name: &str, old: Option<String>, new: Option<String>| {
        if old != new {
            found.push(Change { key, name: name.to_owned(), old, new });
        }
    };
    let title = |document: &Document| document.title_text().map(str::to_owned);
    compare("title".to_owned(), "the title", title(old), title(new));
    let stage = |document: &Document| Some(document.stage().to_string());
    compare("stage".to_owned(), "the stage", stage(old), stage(new));
    for def in FIELDS {
        let said = |document: &Document| {
            let values: Vec<&str> = document.field_values(def.id).map(|span| document.slice(span)).collect();
            Some(values.join("; "))
        };
        compare(format!("field {}", def.key), &format!("`{}`", def.label), said(old), said(new));
    }
    // Rows and bullets have no names: what is in one version and not in the other came or went.
    for (kind, lines) in [
        ("a row of the timeline", timeline as fn(&Document) -> Vec<String>),
        ("an entry of a list", entries as fn(&Document) -> Vec<String>),
    ] {
        let (before, after) = (lines(old), lines(new));
        for line in without(&before, &after) {
            compare(format!("{kind} {line}"), kind, Some(line.clone()), None);
        }
        for line in without(&after, &before) {
            compare(format!("{kind} {line}"), kind, None, Some(line.clone()));
        }
    }
    items(old, new, &mut compare);
    if found.is_empty() && old.source().bytes() != new.source().bytes() {
        found.push(Change { key: "text".to_owned(), name: "other text".to_owned(), old: None, new: None });
    }
    found
}

fn items(
    old: &Document,
    new: &Document,
    compare: &mut impl FnMut(String, &str, Option<String>, Option<String>),
) {
    let cell = |document: &Document, item: &ActionItem, column: ActionColumn| {
        let cell = match column {
            ActionColumn::Priority => item.priority,
            ActionColumn::Action => item.action,
            ActionColumn::Owner => item.owner,
            ActionColumn::DueDate => item.due,
            ActionColumn::Status => item.status,
            ActionColumn::VerificationPlan => item.plan,
        };
        document.cell_text(cell).to_owned()
    };
    let mut others: Vec<&ActionItem> = new.action_items().iter().collect();
    let mut left = Vec::new();
    for item in old.action_items() {
        let key = key_of(old, item);
        match others.iter().position(|other| key_of(new, other) == key) {
            Some(at) => {
                let other = others.remove(at);
                for (column, header) in ActionColumn::ALL.into_iter().zip(ACTION_HEADERS) {
                    compare(
                        format!("item {key} {header}"),
                        &format!("`{header}` of action item #{}", other.number),
                        Some(cell(old, item, column)),
                        Some(cell(new, other, column)),
                    );
                }
            }
            None => left.push((key, item)),
        }
    }
    for (key, item) in left {
        let name = format!("action item #{}", item.number);
        compare(format!("item {key}"), &name, Some(cell(old, item, ActionColumn::Action)), None);
    }
    for other in others {
        let name = format!("action item #{}", other.number);
        compare(
            format!("item {}", key_of(new, other)),
            &name,
            None,
            Some(cell(new, other, ActionColumn::Action)),
        );
    }
}

/// What an action item is known by wherever it stands: its stable ID, else its text.
fn key_of(document: &Document, item: &ActionItem) -> String {
    match item.id {
        Some(id) => format!("id {}", document.slice(id)),
        None => format!("text {}", document.cell_text(item.action)),
    }
}

fn timeline(document: &Document) -> Vec<String> {
    let rows = document.timeline_rows().iter();
    rows.map(|row| {
        [row.time, row.actor, row.action, row.result].map(|cell| document.cell_text(cell)).join(" | ")
    })
    .collect()
}

fn entries(document: &Document) -> Vec<String> {
    let lists = [SectionId::WentWell, SectionId::WentPoorly, SectionId::GotLucky];
    lists
        .into_iter()
        .flat_map(|id| document.entries(id))
        .map(|span| document.slice(span).to_owned())
        .collect()
}

/// The lines that are in `lines` more often than in `others`.
fn without(lines: &[String], others: &[String]) -> Vec<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for other in others {
        *counts.entry(other).or_default() += 1;
    }
    let is_new = |line: &&String| match counts.get_mut(line.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    lines.iter().filter(is_new).cloned().collect()
}

#[cfg(test)]
mod tests {
    use recount_store::Stored;

    use super::*;

    const TEXT: &str = "# Down\n\n## Incident summary\n\n- **Severity**: Sev2\n\n## Timeline\n\n\
        | Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n| 2026-11-20 14:02 | @ana | Looked | |\n\n\
        ## What went well\n\n- luck\n\n## Action items\n\n\
        | Priority | Action item | Owner | Due date | Status | Verification plan |\n|---|---|---|---|---|---|\n\
        | P0 | Limit the pool | @ana | | Open | |\n| P1 | Tell people <!-- recount: id k7f3q2 --> | @bo | | Open | |\n";

    #[test]
    fn every_change_of_a_part_is_told_by_the_name_of_that_part() {
        let old = Document::parse(TEXT.as_bytes());
        for (from, to, said) in [
            ("Sev2", "Sev1", "`Severity` is `Sev1`, and was `Sev2`"),
            ("# Down", "# Up", "the title is `Up`, and was `Down`"),
            ("| @ana | | Open", "| @ana | | Done", "`Status` of action item #1 is `Done`, and was `Open`"),
            (
                "| @bo | | Open",
                "| @bo | 2026-12-01 | Open",
                "`Due date` of action item #2 is `2026-12-01`, and was blank",
            ),
            (
                "| P1 | Tell people <",
                "| P1 | Tell all <",
                "`Action item` of action item #2 is `Tell all`, and was `Tell people`",
            ),
            ("- luck", "- skill", "an entry of a list is gone: `luck`, an entry of a list is new: `skill`"),
            (
                "Looked",
                "Saw",
                "a row of the timeline is gone: `2026-11-20 14:02 | @ana | Looked | `, \
                               a row of the timeline is new: `2026-11-20 14:02 | @ana | Saw | `",
            ),
            ("| P0 | Limit the pool | @ana | | Open | |\n", "", "action item #1 is gone: `Limit the pool`"),
            ("# Down\n", "# Down\n\nwords\n", "other text"),
            ("x", "x", ""),
        ] {
            let new = Document::parse(TEXT.replacen(from, to, 1).as_bytes());
            let told: Vec<String> = changes(&old, &new).iter().map(Change::told).collect();
            assert_eq!(told.join(", "), said);
        }
    }

    #[test]
    fn a_write_that_the_store_refuses_tells_both_changes() {
        let ours = TEXT.replacen("| Open |", "| Done 2026-11-23 |", 1).into_bytes();
        let bytes = TEXT.replacen("Sev2", "Sev1", 1).into_bytes();
        let path = std::path::PathBuf::from("INC-0001.md");
        let theirs = Stored { path: path.clone(), version: Version::of(&bytes), bytes };
        let mut conflict = Conflict { path, ours, theirs: Some(theirs) };
        let told = |conflict: &Conflict| refused(TEXT.as_bytes(), conflict, "INC-0001.md").to_string();
        assert_eq!(
            told(&conflict),
            "`INC-0001.md` changed after it was read; nothing was written\n  \
             meanwhile: `Severity` is `Sev1`, and was `Sev2`\n  \
             not written: `Status` of action item #1 is `Done 2026-11-23`, and was `Open`"
        );
        conflict.theirs = None;
        assert_eq!(
            told(&conflict),
            "`INC-0001.md` was removed after it was read; nothing was written\n  \
             not written: `Status` of action item #1 is `Done 2026-11-23`, and was `Open`"
        );
    }

    #[test]
    fn an_item_is_followed_to_where_it_stands_now() {
        let seen = |text: &str| Document::parse(text.as_bytes());
        let before = Seen { version: Version::of(TEXT.as_bytes()), document: seen(TEXT) };
        let moved = TEXT.replace("| P0 | Limit", "| P0 | Page somebody | @bo | | Open | |\n| P0 | Limit");
        assert_eq!(before.follow(2, &seen(&moved), "INC-0001").ok(), Some(3));
        let gone = TEXT.replace("| P0 | Limit the pool | @ana | | Open | |\n", "");
        let error = before.follow(1, &seen(&gone), "INC-0001").map_err(|error| error.to_string());
        assert_eq!(
            error.expect_err("it is gone"),
            "action item #1 of `INC-0001` was changed while this command waited; nothing was written\n  \
             meanwhile: action item #1 is gone: `Limit the pool`"
        );
        assert!(before.follow(9, &seen(TEXT), "INC-0001").is_err());
    }
}
