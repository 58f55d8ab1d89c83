//! A field that somebody sets, and what follows from it.
//!
//! What does not live here: how a value is written into a document (`document::operations`).

use std::path::Path;

use jiff::civil::Date;
use recount_engine::document::Document;
use recount_engine::document::operations::OperationError;
use recount_engine::document::template::{FieldId, FieldKind};
use recount_engine::document::value::percentage;
use recount_engine::document::value::yes_no::Answer;
use recount_engine::lint::Options;

use crate::{Failure, Workspace};

impl Workspace {
    /// Lets what is worked out from the start and end time follow when one of these is set and it agreed with
    /// them before: whichever of two fields were set first would not agree with the other. Returns the fields
    /// that followed.
    ///
    /// # Errors
    ///
    /// Where what follows cannot be written.
    pub fn follow_times(
        &self,
        path: &Path,
        field: FieldId,
        before: &Document,
        changed: &mut Document,
        today: Date,
    ) -> Result<Vec<FieldId>, Failure> {
        if !matches!(field, FieldId::StartTime | FieldId::EndTime) {
            return Ok(Vec::new());
        }
        let mut followed = Vec::new();
        let (started, ended) = (before.started_at().is_some(), before.ended_at().is_some());
        for (rule, worked_out, was_known) in [
            ("duration-mismatch", FieldId::Duration, started && ended),
            ("detect-time-mismatch", FieldId::TimeToDetect, started),
        ] {
            let options = Options { fixes: true, ..Options::default() };
            let fault = |document: &Document| {
                let found = self.findings(path, document, today, options);
                found.into_iter().find(|finding| finding.rule.name == rule)
            };
            if let Some(fix) = fault(changed).and_then(|finding| finding.fix)
                && was_known
                && fault(before).is_none()
            {
                *changed = changed.changed(&fix.edits)?;
                followed.push(worked_out);
            }
        }
        Ok(followed)
    }

    /// The document with several fields set at once, and what follows from them. Nothing is refused that `force` may
    /// break.
    ///
    /// # Errors
    ///
    /// Where a value cannot be written, or is none of its field, and where an ID is taken.
    pub fn set_fields(
        &self,
        (path, document): (&Path, &Document),
        fields: &[(FieldId, String)],
        today: Date,
        force: bool,
    ) -> Result<Document, Failure> {
        let is_time = |field: FieldId| matches!(field, FieldId::StartTime | FieldId::EndTime);
        let mut changed = document.clone();
        // Times come first: what follows from them gives way to what is said.
        let times = fields.iter().filter(|(field, _)| is_time(*field));
        for (field, value) in times.clone() {
            changed = with_value(&changed, *field, value)?;
        }
        for (field, _) in times {
            self.follow_times(path, *field, document, &mut changed, today)?;
        }
        for (field, value) in fields {
            if *field == FieldId::IncidentId && !force {
                self.refuse_taken(path, value)?;
            }
            if !is_time(*field) {
                changed = with_value(&changed, *field, value)?;
            }
            if !force {
                refuse_nonsense(&changed, *field, value)?;
            }
        }
        Ok(changed)
    }

    /// Refuses the ID of another postmortem. Its own file may be named after it already.
    ///
    /// # Errors
    ///
    /// Where it is refused.
    pub fn refuse_taken(&self, path: &Path, id: &str) -> Result<(), Failure> {
        let own = self.relative(path);
        let mut others = self.library.list();
        others.retain(|other| other.as_ref().is_ok_and(|other| self.relative(other) != own));
        if self.is_taken(&others, id.trim()) {
            return Err(Failure::new(format!("the ID `{id}` is taken"))
                .hint("`recount renumber` finds the next free one and takes the file along")
                .elsewhere("choose one that no other postmortem has; the list shows which are in use")
                .unless_forced());
        }
        Ok(())
    }
}

/// The document with a field set.
///
/// # Errors
///
/// Where the value cannot stand there, with the field's name.
pub fn with_value(document: &Document, field: FieldId, value: &str) -> Result<Document, Failure> {
    let edits = document.set_field(field, value).map_err(|error| match error {
        // These name the field themselves, or are about none.
        OperationError::Group(_) | OperationError::Missing(_) | OperationError::NotText => error.into(),
        _ => Failure::from(error).of_part(field.def().label),
    })?;
    Ok(document.changed(&edits)?)
}

/// The most characters that a title may have: what is longer nobody reads in a list.
pub const LONGEST_TITLE: usize = 300;

/// Whether a character makes text read in another order than it has, or ends more than a word.
pub fn is_control_in_title(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// Refuses a title that would be read as another one than it is, or that nobody reads.
///
/// # Errors
///
/// Where it is refused.
pub fn refuse_title(title: &str) -> Result<(), Failure> {
    let title = title.trim();
    // Blanks, and ends of lines, which become blanks.
    let found = title.chars().find(|c| is_control_in_title(*c) && !matches!(c, '\t' | '\n' | '\r'));
    if let Some(found) = found {
        let found = u32::from(found);
        return Err(Failure::new(format!("the title holds a control character (U+{found:04X})")).hint(
            "write it without: nobody sees it, and what stands around it may be shown in another order",
        ));
    }
    let length = title.chars().count();
    if length > LONGEST_TITLE {
        return Err(Failure::new(format!(
            "the title has {length} characters, and {LONGEST_TITLE} are the most"
        ))
        .hint("say in a few words what happened, and the rest in the document"));
    }
    Ok(())
}

/// Refuses a value that cannot be read as what the field holds. In a draft it would be no more than a note,
/// but whoever sets it is there to say what they mean.
///
/// # Errors
///
/// Where it is refused.
pub fn refuse_nonsense(changed: &Document, field: FieldId, value: &str) -> Result<(), Failure> {
    if value.trim().is_empty() {
        return Ok(());
    }
    let (is_read, takes) = match field.def().kind {
        FieldKind::Percentage => (
            changed.field_values(field).any(|span| percentage::is_quantified(changed.slice(span))),
            "give a share as an estimate, `about 12%`, or `unknown` with the reason",
        ),
        FieldKind::YesNo => (
            // `maybe` alone says less than `unknown`.
            changed
                .yes_no(field)
                .get()
                .is_some_and(|read| read.plain || read.answer != Answer::Unknown || !read.details.is_empty()),
            "begin with `yes`, `no` or `unknown`, and put the details in parentheses",
        ),
        _ => return Ok(()),
    };
    if is_read {
        return Ok(());
    }
    Err(Failure::new(format!("`{value}` is no answer to `{}`", field.def().label))
        .hint(takes)
        .unless_forced())
}
