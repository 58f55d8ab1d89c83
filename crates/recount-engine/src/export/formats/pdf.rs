//! A typeset report to hand on: A4, page numbers, tables that break over pages with their head.
//!
//! What lives here: asking the typesetter, with fonts that come with it and nothing else. What does not: the words
//! of the report in its language ([`typeset`]).

mod typeset;

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use super::{Format, Subject};
use crate::export::leaks;

pub(super) static FORMAT: Format = Format {
    name: "pdf",
    title: "PDF",
    about: "PDF: a typeset report to hand on",
    extension: "pdf",
    media_type: "application/pdf",
    write,
    // It shows what the document says, and its letters are drawings.
    shown: |subject, _| leaks::of_markdown(subject.document.text()),
};

fn write(subject: &Subject<'_>) -> Result<Vec<u8>, String> {
    let world = Report::new(typeset::report(subject))?;
    let compiled = typst::compile::<PagedDocument>(&world).output;
    let written = compiled.and_then(|document| typst_pdf::pdf(&document, &PdfOptions::default()));
    // What the typesetter remembers of one report is of no use to the next.
    comemo::evict(0);
    written.map_err(|errors| {
        errors.first().map_or_else(String::new, |error| format!("typesetting failed: {}", error.message))
    })
}

/// The typesetter's language, and the fonts that come with it.
static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));
static FONTS: LazyLock<(LazyHash<FontBook>, Vec<Font>)> = LazyLock::new(|| {
    let fonts: Vec<Font> = typst_assets::fonts().flat_map(|data| Font::iter(Bytes::new(data))).collect();
    (LazyHash::new(FontBook::from_fonts(&fonts)), fonts)
});

/// All that a report may see: itself. It reads no file and no clock.
struct Report {
    source: Source,
}

impl Report {
    fn new(text: String) -> Result<Self, String> {
        let path = VirtualPath::new("/report.typ").map_err(|_| "the report has no name".to_owned())?;
        let id = RootedPath::new(VirtualRoot::Project, path).intern();
        Ok(Self { source: Source::new(id, text) })
    }
}

impl World for Report {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.0
    }

    fn main(&self) -> FileId {
        self.source.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.source.id() { Ok(self.source.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.1.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
