//! Formats of exports, one file each. The registry is one slice.

pub mod html;
pub mod json;
mod markdown;
#[cfg(feature = "pdf")]
mod pdf;

use super::audience::Audience;
use crate::document::Document;

/// A format of exports.
pub struct Format {
    /// Its name on the command line and in addresses.
    pub name: &'static str,
    /// Its name as people write it.
    pub title: &'static str,
    /// What one gets, for people.
    pub about: &'static str,
    /// The end of a file's name, without the dot.
    pub extension: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Writes it, or says why it cannot be written.
    pub(super) write: fn(&Subject<'_>) -> Result<Vec<u8>, String>,
    /// What a reader sees of it, as text.
    pub(super) shown: fn(&Subject<'_>, &[u8]) -> String,
}

/// What is written: a document as its audience gets it.
pub(super) struct Subject<'d> {
    pub(super) document: &'d Document,
    pub(super) audience: Audience,
}

/// Every format.
pub static FORMATS: &[&Format] = &[
    &html::FORMAT,
    &json::FORMAT,
    &markdown::FORMAT,
    #[cfg(feature = "pdf")]
    &pdf::FORMAT,
];

/// The format of this name.
pub fn named(name: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.name == name)
}
