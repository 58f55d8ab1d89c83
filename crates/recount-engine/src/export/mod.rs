//! What leaves Recount: a document as HTML for pages, and for readers elsewhere in other formats.
//!
//! What lives here: rendering ([`html`]), the incident on a time axis ([`axis`]), whom an export is for ([`audience`]),
//! the last look at what the public gets ([`leaks`]), and one file a format ([`formats`]). What does not: pages,
//! layouts and addresses of the web application, which brings its own around the HTML of a document.

pub mod audience;
pub mod axis;
pub mod formats;
pub mod html;
pub mod leaks;
#[cfg(test)]
mod tests;

use std::fmt;

use audience::{Audience, Removed};
use formats::{Format, Subject};
use leaks::{Leak, Vocabulary};

use crate::config::Config;
use crate::document::Document;

/// A document in a format, for an audience.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its media type, with the encoding.
    pub media_type: &'static str,
    /// The end of its name, without the dot.
    pub extension: &'static str,
    /// What the document has and the export has not.
    pub removed: Vec<Removed>,
}

/// Why there is no export. Nearly always: what would have come out holds what must not be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What was found, and where.
    pub leaks: Vec<Leak>,
    /// Why it could not be written at all.
    pub problem: Option<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(problem) = &self.problem {
            return write!(f, "the export could not be written: {problem}");
        }
        let first = self.leaks.first();
        let first = first.map_or_else(String::new, |leak| format!(": {} (`{}`)", leak.kind, leak.text));
        write!(f, "the public export would hold what must not be told{first}")?;
        match self.leaks.len() {
            0 | 1 => Ok(()),
            more => write!(f, " and {} more", more - 1),
        }
    }
}

impl std::error::Error for Refused {}

/// Writes a document in a format. A public export is searched as its readers will see it, and refused for whatever
/// must not be told.
pub fn export(
    document: &Document,
    config: &Config,
    audience: Audience,
    format: &Format,
) -> Result<Exported, Refused> {
    let vocabulary = (audience == Audience::Public).then(|| Vocabulary::new(config, document));
    let derived = vocabulary.as_ref().map(|vocabulary| audience::public(document, config, vocabulary));
    let shown = derived.as_ref().map_or(document, |derived| &derived.document);
    let subject = Subject { document: shown, audience };
    let refused = |problem| Refused { leaks: Vec::new(), problem: Some(problem) };
    let bytes = (format.write)(&subject).map_err(refused)?;
    if let Some(vocabulary) = vocabulary {
        let mut leaks = Vec::new();
        vocabulary.scan(&(format.shown)(&subject, &bytes), &mut leaks);
        if !leaks.is_empty() {
            return Err(Refused { leaks, problem: None });
        }
    }
    let removed = derived.map_or_else(Vec::new, |derived| derived.removed);
    Ok(Exported { bytes, media_type: format.media_type, extension: format.extension, removed })
}
