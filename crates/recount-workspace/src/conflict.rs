//! Two changes of one postmortem at once: what each of them changed, part by part, and what to say where they meet.
//!
//! A command reads the postmortem, waits for the library's lock, and reads again under it. What others wrote in
//! between is kept where it is in another place; where it is in the same place, nothing is written and both changes
//! are told. What does not live here: the lock and the version that every write names (`recount-store`), merging
//! branches, and what differs between two copies, which the merge knows (`document::merge`).

use std::path::Path;

use recount_engine::document::merge::{Cell, Difference, Part, differences};
use recount_engine::document::template::{ACTION_HEADERS, ActionColumn};
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
        let theirs = between(&self.document, now);
        let mine = between(now, changed);
        if !theirs.iter().any(|their| mine.iter().any(|own| is_same_place(their, own))) {
            return Ok(());
        }
        Err(told(
            &theirs,
            &mine,
            &format!("`{shown}` was changed in the same place while this command waited"),
        ))
    }

    /// The number that an action item has in `now`, which others may have changed: rows come and go. Known by its
    /// stable ID, else by its text.
    pub fn follow(&self, number: usize, now: &Document, shown: &str) -> Result<usize, Failure> {
        let Some(item) = self.document.action_items().get(number - 1) else {
            return Err(Failure::new(format!("there is no action item #{number} in `{shown}`"))
                .hint("`recount actions` lists them with their numbers")
                .elsewhere("read the postmortem again: its action items have their numbers"));
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
                let theirs = between(&self.document, now);
                let first =
                    format!("action item #{number} of `{shown}` was changed while this command waited");
                Err(told(&theirs, &[], &first))
            }
        }
    }
}

/// A write that the store refused, since the file changed after it was read: with what changed on both sides.
pub(crate) fn refused(base: &[u8], conflict: &Conflict, shown: &str) -> Failure {
    let mine = differences(base, &conflict.ours);
    let Some(theirs) = &conflict.theirs else {
        return told(&[], &mine, &format!("`{shown}` was removed after it was read"));
    };
    let theirs = differences(base, &theirs.bytes);
    told(&theirs, &mine, &format!("`{shown}` changed after it was read"))
}

/// What differs between two copies of a postmortem, each as a sentence without a full stop.
pub fn told_differences(old: &[u8], new: &[u8]) -> Vec<String> {
    differences(old, new).iter().flat_map(sentences).collect()
}

fn told(theirs: &[Difference], mine: &[Difference], first: &str) -> Failure {
    const SHOWN: usize = 5;
    let mut lines = vec![format!("{first}; nothing was written")];
    for (whose, differences) in [("meanwhile", theirs), ("not written", mine)] {
        let said: Vec<String> = differences.iter().flat_map(sentences).collect();
        lines.extend(said.iter().take(SHOWN).map(|said| format!("  {whose}: {said}")));
        if said.len() > SHOWN {
            lines.push(format!("  {whose}: {} more", said.len() - SHOWN));
        }
    }
    Failure::new(lines.join("\n"))
        .hint("run the command again if it should hold: it starts from what the file holds now")
}

fn between(old: &Document, new: &Document) -> Vec<Difference> {
    differences(old.source().bytes(), new.source().bytes())
}

/// Whether a second change is of what a first one left: the same field, key or heading, the same cells of a row, the
/// same item or text.
fn is_same_place(first: &Difference, second: &Difference) -> bool {
    if first.part != second.part || first.section != second.section {
        return false;
    }
    let is_one = first.after.is_some() && first.after == second.before;
    match first.part {
        Part::Field | Part::Key | Part::Heading => first.name == second.name,
        Part::ActionItem => {
            let both = |cell: &Cell| second.cells.iter().any(|other| other.column == cell.column);
            is_one && first.before.is_some() && first.cells.iter().any(both)
        }
        Part::Item | Part::TimelineRow | Part::Text => is_one && first.before.is_some(),
    }
}

/// What a reader would say of a difference: of an action item cell by cell.
fn sentences(difference: &Difference) -> Vec<String> {
    let Difference { section, part, name, before, after, number, cells } = difference;
    let of_item =
        number.map_or_else(|| "an action item".to_owned(), |number| format!("action item #{number}"));
    let one = |name: &str| vec![sentence(name, before.as_deref(), after.as_deref())];
    match part {
        Part::Heading if name == "title" => one("the title"),
        Part::Heading => one(&format!("the heading `{name}`")),
        Part::Key | Part::Field => one(&format!("`{name}`")),
        Part::Item => one(&format!("an entry of `{section}`")),
        Part::TimelineRow => one("a row of the timeline"),
        Part::Text if section.is_empty() => one("a text"),
        Part::Text => one(&format!("a text of `{section}`")),
        Part::ActionItem if before.is_some() && after.is_some() => {
            let cell = |cell: &Cell| {
                let name = format!("`{}` of {of_item}", ACTION_HEADERS[cell.column as usize]);
                sentence(&name, Some(&cell.before), Some(&cell.after))
            };
            cells.iter().map(cell).collect()
        }
        Part::ActionItem => {
            let action = cells.iter().find(|cell| cell.column == ActionColumn::Action);
            let said = action.map(|cell| (cell.before.as_str(), cell.after.as_str())).unwrap_or_default();
            vec![sentence(&of_item, before.as_ref().map(|_| said.0), after.as_ref().map(|_| said.1))]
        }
    }
}

fn sentence(name: &str, before: Option<&str>, after: Option<&str>) -> String {
    match (before, after) {
        (Some(""), Some(new)) => format!("{name} is `{new}`, and was blank"),
        (Some(old), Some("")) => format!("{name} is blank, and was `{old}`"),
        (Some(old), Some(new)) => format!("{name} is `{new}`, and was `{old}`"),
        (None, Some(new)) => format!("{name} is new: `{new}`"),
        (Some(old), None) => format!("{name} is gone: `{old}`"),
        (None, None) => name.to_owned(),
    }
}

/// What an action item is known by wherever it stands: its stable ID, else its text.
fn key_of(document: &Document, item: &ActionItem) -> String {
    match item.id {
        Some(id) => format!("id {}", document.slice(id)),
        None => format!("text {}", document.cell_text(item.action)),
    }
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
            (
                "- luck",
                "- skill",
                "an entry of `What went well` is gone: `luck`, an entry of `What went well` is new: `skill`",
            ),
            (
                "Looked",
                "Saw",
                "a row of the timeline is gone: `2026-11-20 14:02 | @ana | Looked |`, \
                               a row of the timeline is new: `2026-11-20 14:02 | @ana | Saw |`",
            ),
            ("| P0 | Limit the pool | @ana | | Open | |\n", "", "action item #1 is gone: `Limit the pool`"),
            ("# Down\n", "# Down\n\nwords\n", "a text is new: `words`"),
            ("x", "x", ""),
        ] {
            let new = Document::parse(TEXT.replacen(from, to, 1).as_bytes());
            let told: Vec<String> = between(&old, &new).iter().flat_map(sentences).collect();
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
