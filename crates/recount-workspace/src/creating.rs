//! A postmortem that is made: its ID, its path, and the template copied for it.
//!
//! What does not live here: evidence that it begins with, and what others say of it when it is there.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use recount_engine::config::slug;
use recount_engine::document::edit::Edit;
use recount_engine::document::template::{COPY_SENTENCE, FieldId};
use recount_engine::document::value::severity::Severity;
use recount_engine::document::value::time;
use recount_engine::document::{Document, Stage};
use recount_store::{Guard, Listed, StoreError};

use crate::{Failure, FailureKind, Workspace, refuse_title};

/// What is known of an incident when its postmortem is made.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// An ID that the incident has already.
    pub id: Option<String>,
    /// How bad it was.
    pub severity: Option<Severity>,
    /// When it began.
    pub start: Option<Timestamp>,
    /// The services that it impacted.
    pub services: Vec<String>,
}

/// A document that is to be made.
pub struct Planned {
    /// Where.
    pub path: PathBuf,
    /// Its incident's ID.
    pub id: String,
    /// What it will hold.
    pub document: Document,
}

/// A severity that somebody named.
///
/// # Errors
///
/// Where it is none.
pub fn read_severity(text: &str) -> Result<Severity, Failure> {
    let severity = Severity::parse(text).map(|(severity, _)| severity);
    severity.ok_or_else(|| {
        Failure::new(format!("`{text}` is not a severity")).hint("use `Sev0`, `Sev1`, `Sev2` or `Sev3`")
    })
}

/// The edits that write a title.
///
/// # Errors
///
/// One without words is refused with what to write instead; so is one that nobody can read, [`refuse_title`].
pub fn titled(document: &Document, title: &str) -> Result<Vec<Edit>, Failure> {
    refuse_title(title)?;
    document.set_title(title).map_err(|error| {
        let error = Failure::from(error);
        if title.trim().is_empty() {
            error.hint("say in a few words what happened: `Checkout slow`")
        } else {
            error
        }
    })
}

/// Refuses an ID that cannot begin a file name which stays in its folder.
///
/// # Errors
///
/// Where it is refused.
pub fn plain_id(id: &str) -> Result<(), Failure> {
    let is_plain = id.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '#' | '+'));
    if is_plain && id.starts_with(char::is_alphanumeric) {
        return Ok(());
    }
    let message =
        if id.is_empty() { "an ID cannot be empty".to_owned() } else { format!("`{id}` cannot be an ID") };
    Err(Failure::new(message).hint("choose letters, digits and dashes: files are named after it"))
}

impl Workspace {
    /// Makes the document under the library's lock, and gives back its path and ID. `finish` may change it before it
    /// is written.
    ///
    /// # Errors
    ///
    /// Where it cannot be planned, those of `finish`, and where it cannot be written.
    pub fn create<E: From<Failure> + From<StoreError>>(
        &self,
        guard: &Guard<'_>,
        title: &str,
        given: &Given,
        day: Date,
        finish: impl FnOnce(Document, &Path) -> Result<Document, E>,
    ) -> Result<(PathBuf, String), E> {
        let mut id = String::new();
        let stored = guard.allocate(|listed| {
            let planned = self.plan(listed, title, given, day)?;
            id = planned.id;
            let document = finish(planned.document, &planned.path)?;
            Ok::<_, E>((planned.path, document.source().bytes().to_vec()))
        })?;
        Ok((stored.path, id))
    }

    /// What [`Workspace::create`] would make beside the postmortems that are there. Nothing is written.
    ///
    /// # Errors
    ///
    /// Where the ID or the title cannot be used, or the template cannot be read.
    pub fn plan(&self, listed: &[Listed], title: &str, given: &Given, day: Date) -> Result<Planned, Failure> {
        let config = self.config();
        let slug = slug(title);
        let template = self.template()?;
        let id = match &given.id {
            Some(id) => id.clone(),
            None => self.next_id(listed, day, &slug)?,
        };
        if self.is_taken(listed, &id) {
            return Err(Failure::new(format!("the ID `{id}` is taken"))
                .hint("leave out `--id` for the next free one, or see `recount list`")
                .elsewhere(
                    "leave out the ID for the next free one, or choose one that no other postmortem has",
                )
                .of(FailureKind::Taken));
        }
        plain_id(&id)?;
        let name = if config.library.id.has_slug() || given.id.as_deref() == Some(slug.as_str()) {
            format!("{id}.md")
        } else {
            format!("{id}-{slug}.md")
        };
        let folder = config
            .library
            .layout
            .replace("{year}", &format!("{:04}", day.year()))
            .replace("{month}", &format!("{:02}", day.month()));
        let path = self.library.root().join(&config.library.postmortems).join(folder).join(&name);
        let mut document = from_template(&template, title)?;
        document = with_field(&document, FieldId::IncidentId, &id)?;
        if let Some(severity) = given.severity {
            document = with_field(&document, FieldId::Severity, severity.as_str())?;
        }
        if let Some(start) = given.start {
            let start = time::canonical(start, start.as_second() % 60 != 0);
            document = with_field(&document, FieldId::StartTime, &start)?;
        }
        if !given.services.is_empty() {
            document = with_field(&document, FieldId::Services, &given.services.join(", "))?;
        }
        Ok(Planned { path, id, document })
    }

    /// What of a postmortem that was made is probably a mistake: an ID unlike the others, services that nobody knows;
    /// each with a hint where there is one.
    pub fn doubts_of(&self, id: &str, given: &Given) -> Vec<(String, Option<&'static str>)> {
        let pattern = &self.config().library.id;
        let strange = (!pattern.matches(id)).then(|| {
            let told = format!("`{id}` is not of the pattern `{}`", pattern.as_str());
            (told, Some("`id` under `[library]` in `recount.toml` sets the pattern"))
        });
        let services = given.services.iter().filter_map(|name| self.config().undeclared_service(name));
        strange.into_iter().chain(services.map(|told| (told, None))).collect()
    }

    /// The next ID: one more than the highest in use, by file name and by what the documents say; for a
    /// pattern that does not count, with `-2`, `-3` … where it is taken.
    ///
    /// # Errors
    ///
    /// Where no number comes after the last.
    pub fn next_id(&self, listed: &[Listed], day: Date, slug: &str) -> Result<String, Failure> {
        let pattern = &self.config().library.id;
        let taken = self.taken_ids(listed);
        if pattern.has_sequence() {
            let highest = taken.iter().filter_map(|id| pattern.sequence_of(id)).max().unwrap_or(0);
            let next = highest.checked_add(1).ok_or_else(|| {
                let last = pattern.render(highest, day, slug);
                Failure::new(format!("`{last}` is taken, and no number comes after it"))
                    .hint("give that postmortem a smaller number with `recount renumber`, or name the new ID yourself")
                    .elsewhere("name the new ID yourself, or give that postmortem a smaller number")
            })?;
            return Ok(pattern.render(next, day, slug));
        }
        let first = pattern.render(1, day, slug);
        let mut id = first.clone();
        let mut number = 2;
        while taken.contains(&id) {
            id = format!("{first}-{number}");
            number += 1;
        }
        Ok(id)
    }

    /// IDs in use. File names tell them without reading; only files that are named otherwise are read.
    fn taken_ids(&self, listed: &[Listed]) -> BTreeSet<String> {
        let pattern = &self.config().library.id;
        let mut taken = BTreeSet::new();
        let mut unnamed: Vec<Listed> = Vec::new();
        for file in listed {
            let Ok(path) = file else { continue };
            let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or("");
            if let Some(id) = pattern.id_in(stem).filter(|_| pattern.has_sequence()) {
                taken.insert(id.to_owned());
            } else {
                taken.insert(stem.to_owned());
                unnamed.push(Ok(path.clone()));
            }
        }
        self.library.scan(
            &unnamed,
            recount_store::threads(),
            |_, bytes| bytes.ok().and_then(|bytes| Some(Document::parse(bytes).incident_id()?.to_owned())),
            |id| taken.extend(id),
        );
        taken
    }

    /// Whether an ID is in use, in whatever case: file systems and readers do not tell `inc-7` from `INC-7`.
    pub fn is_taken(&self, listed: &[Listed], id: &str) -> bool {
        let id = id.to_lowercase();
        self.taken_ids(listed).iter().any(|taken| taken.to_lowercase() == id)
    }
}

/// The template with the title, in stage `draft`, without the sentence that asks to copy it.
fn from_template(template: &[u8], title: &str) -> Result<Document, Failure> {
    let mut text = String::from_utf8_lossy(template).into_owned();
    for ending in ["\r\n", "\n"] {
        text = text.replacen(&format!("{COPY_SENTENCE}{ending}{ending}"), "", 1);
    }
    let document = Document::parse(text.as_bytes());
    let document = document.changed(&titled(&document, title)?)?;
    Ok(document.changed(&document.set_stage(Stage::Draft)?)?)
}

fn with_field(document: &Document, field: FieldId, value: &str) -> Result<Document, Failure> {
    Ok(document.changed(&document.set_field(field, value)?)?)
}
