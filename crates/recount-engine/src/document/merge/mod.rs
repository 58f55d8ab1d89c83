//! Merging two changed copies of one postmortem, from the copy that both began with.
//!
//! A document is cut into *units*, whole lines that belong together: a heading, a key of the front matter, a
//! field, an item of a list, a row of the timeline or of the action items, and the text between them. Units are
//! merged one by one: what one side changed is taken, what both changed is merged cell by cell (rows) or line by
//! line, and where that cannot be done both are kept between git's conflict markers. Units that both sides added at one
//! place are both kept.
//!
//! What lives here: what a merge is, and the bytes around the text (byte order mark, line endings, the last
//! line's end). Beside it: cutting (`units`), finding a unit again in the other copy (`align`), rows that both
//! sides moved (`moved`), the merge itself (`combine`), and lines (`lines`). What does not: files that are no postmortems, which are git's own to merge.

mod align;
mod combine;
mod lines;
mod markers;
mod moved;
mod units;

use std::borrow::Cow;

use super::Document;
use super::template::ActionColumn;
use lines::Piece;

/// Above this many bytes a document is left to git: postmortems are a hundred times smaller.
const MOST_BYTES: usize = 2 * 1024 * 1024;
/// How many of the template's sections a document has before its parts are merged rather than its lines.
const FEWEST_SECTIONS: usize = 3;

/// How conflicts are marked.
#[derive(Clone, Copy, Debug)]
pub struct Markers<'a> {
    /// What stands behind `<<<<<<<`.
    pub ours: &'a str,
    /// What stands behind `>>>>>>>`.
    pub theirs: &'a str,
    /// How many characters a marker has; git's own are 7.
    pub size: usize,
}

impl Default for Markers<'_> {
    fn default() -> Self {
        Self { ours: "ours", theirs: "theirs", size: 7 }
    }
}

/// Three copies made one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The document, with conflict markers where there are conflicts.
    pub bytes: Vec<u8>,
    /// How many places hold markers.
    pub conflicts: usize,
}

/// Merges `ours` and `theirs`, both made from `base`. None where they are not three postmortems in the template,
/// and text: such files are to be merged as git merges any file.
pub fn merge(base: &[u8], ours: &[u8], theirs: &[u8], markers: Markers) -> Option<Merged> {
    let whole = |bytes: &[u8]| Some(Merged { bytes: bytes.to_vec(), conflicts: 0 });
    if ours == theirs || theirs == base {
        return whole(ours);
    }
    if ours == base {
        return whole(theirs);
    }
    merge_parts(base, ours, theirs, markers)
}

/// The merge without its short cuts: they must follow from it.
fn merge_parts(base: &[u8], ours: &[u8], theirs: &[u8], markers: Markers) -> Option<Merged> {
    let [base, ours, theirs] = [Copy::read(base)?, Copy::read(ours)?, Copy::read(theirs)?];
    let dress = Dress::merged(base.dress, ours.dress, theirs.dress);
    let mut merged = combine::combine(&base.text, &ours.text, &theirs.text, markers);
    if merged.conflicts == 0 {
        merged = combine::repaired(merged)?;
    } else if !merged.has_twins
        && let [Piece::Certain(text)] = &lines::merge(&base.text, &ours.text, &theirs.text)[..]
    {
        // Parts can be what one change makes of half the file, an open code fence for one. Where the lines alone are in
        // no conflict, nobody shall have one because of us.
        return Some(Merged { bytes: dress.put_on(text.clone()), conflicts: 0 });
    }
    // The last marker is a line of its own.
    let dress = Dress { ends: dress.ends || merged.conflicts > 0, ..dress };
    Some(Merged { bytes: dress.put_on(merged.text), conflicts: merged.conflicts })
}

/// A copy of the document, without what surrounds its text.
struct Copy<'a> {
    text: Cow<'a, str>,
    dress: Dress,
}

/// What surrounds the text: it is merged as three values of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Dress {
    mark: bool,
    /// Whether every line ends with a carriage return and a line feed. A file with both endings keeps its
    /// carriage returns as a part of its lines.
    crlf: bool,
    /// Whether the last line ends.
    ends: bool,
}

impl<'a> Copy<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MOST_BYTES)?;
        let bare = text.strip_prefix('\u{feff}');
        let mark = bare.is_some();
        let text = bare.unwrap_or(text);
        let ends = text.ends_with('\n');
        let feeds = memchr::memchr_iter(b'\n', text.as_bytes()).count();
        let pairs = memchr::memmem::find_iter(text.as_bytes(), "\r\n").count();
        let crlf = feeds > 0 && feeds == pairs;
        let mut text = if crlf { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
        if !ends && !text.is_empty() {
            text.to_mut().push('\n');
        }
        let known = Document::parse(text.as_bytes());
        let sections = known.sections().iter().filter(|section| section.id.is_some()).count();
        (sections >= FEWEST_SECTIONS).then_some(Self { text, dress: Dress { mark, crlf, ends } })
    }
}

impl Dress {
    fn merged(base: Self, ours: Self, theirs: Self) -> Self {
        let pick = |part: fn(Self) -> bool| if part(ours) == part(base) { part(theirs) } else { part(ours) };
        Self {
            mark: pick(|dress| dress.mark),
            crlf: pick(|dress| dress.crlf),
            ends: pick(|dress| dress.ends),
        }
    }

    fn put_on(self, mut text: String) -> Vec<u8> {
        if !self.ends && text.ends_with('\n') {
            text.pop();
        }
        if self.crlf {
            text = text.replace('\n', "\r\n");
        }
        if self.mark {
            text.insert(0, '\u{feff}');
        }
        text.into_bytes()
    }
}

/// A part of a document that differs between two copies of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where it stands: the heading of its section, or `front matter`; empty before the first heading.
    pub section: String,
    /// What it is.
    pub part: Part,
    /// What it is called: a field's label, a key, the first words of a heading. Empty for rows, items and text.
    pub name: String,
    /// What it was, as Markdown; none where it is new.
    pub before: Option<String>,
    /// What it is; none where it is gone.
    pub after: Option<String>,
    /// The number of an action item: in the newer copy, or in the older one where it is gone.
    pub number: Option<usize>,
    /// Of an action item the cells that differ; of one that came or went those that hold something.
    pub cells: Vec<Cell>,
}

/// A cell of an action item that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Which one.
    pub column: ActionColumn,
    /// What it held; empty where it was blank or there was no such item.
    pub before: String,
    /// What it holds.
    pub after: String,
}

/// What kind of part differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The title or a heading.
    Heading,
    /// A key of the front matter.
    Key,
    /// A labelled field.
    Field,
    /// An item of a list.
    Item,
    /// A row of the timeline.
    TimelineRow,
    /// An action item.
    ActionItem,
    /// Anything else.
    Text,
}

/// What differs between two copies of a document, in the order of the newer one. White space alone is no difference.
pub fn differences(old: &[u8], new: &[u8]) -> Vec<Difference> {
    let [old, new] = [old, new].map(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        text.replace("\r\n", "\n")
    });
    combine::differences(&old, &new)
}

#[cfg(test)]
mod tests;
