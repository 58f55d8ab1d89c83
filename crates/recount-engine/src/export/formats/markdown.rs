//! The document itself.

use super::Format;
use crate::export::leaks;

pub(super) static FORMAT: Format = Format {
    name: "md",
    title: "Markdown",
    about: "Markdown: the document itself; for the public, what was derived from it",
    extension: "md",
    media_type: "text/markdown; charset=utf-8",
    write: |subject| Ok(subject.document.source().bytes().to_vec()),
    shown: |_, bytes| leaks::of_markdown(&String::from_utf8_lossy(bytes)),
};
