//! The lines that a finding is about, cut to the width of the terminal around what is marked, with
//! secrets hidden. A table's row can be hundreds of characters long.

use std::ops::Range;

use recount_engine::document::Span;
use unicode_width::UnicodeWidthChar as _;

use crate::report::{Checked, Secrets};

/// What stands for the part of a line that was cut.
const CUT: &str = "…";

/// What the frame takes at the left, beside the line number.
const FRAME: usize = 4;

/// Fewer columns than this tell nothing.
const LEAST: usize = 20;

/// Lines of a long span beyond these, from its start, are not read: they are not shown.
const LINES: usize = 8;

/// A piece of source to show.
pub(super) struct Excerpt {
    /// Its lines.
    pub(super) text: String,
    /// The number of the first line.
    pub(super) line: u32,
    /// What is marked, in bytes of `text`.
    pub(super) mark: Range<usize>,
}

impl Excerpt {
    /// The lines of `span`.
    pub(super) fn of(checked: &Checked<'_>, span: Span, secrets: &Secrets, width: usize) -> Self {
        let line = checked.position(span.start).line;
        let start = checked.text.floor_char_boundary(span.start as usize);
        // A span that ends with a line ending does not reach into the next line.
        let end = checked.text.ceil_char_boundary(span.end as usize).max(start);
        let end = start + checked.text[start..end].trim_end_matches(['\n', '\r']).len();
        let first = checked.line_around(start);
        // A mark on the line ending, or on the byte order mark, is one at the edge of the line.
        let start = start.clamp(first.start, first.end);
        let end = end.max(start);
        // A span of several lines takes two columns more; its last number may be longer than its first.
        let digits = (line + 1).ilog10() as usize + 1;
        let frame = if end <= first.end { FRAME } else { FRAME + 3 };
        let cutter =
            Cutter { text: checked.text, secrets, width: width.saturating_sub(frame + digits).max(LEAST) };

        let mut text = String::new();
        if end <= first.end {
            let mark = cutter.push(&mut text, first, start..end);
            return Self { text, line, mark };
        }
        let mark_start = cutter.push(&mut text, first.clone(), start..start).start;
        let last = checked.line_around(end);
        let mut at = next_line(checked.text, first.end);
        let mut lines = 1;
        while at < last.start {
            let between = checked.line_around(at);
            at = next_line(checked.text, between.end);
            text.push('\n');
            lines += 1;
            if lines < LINES {
                cutter.push(&mut text, between.clone(), between.start..between.start);
            }
        }
        text.push('\n');
        let mark_end = cutter.push(&mut text, last, end..end).end;
        Self { text, line, mark: mark_start..mark_end }
    }

    /// Digits of the largest line number.
    pub(super) fn digits(&self) -> usize {
        let lines = memchr::memchr_iter(b'\n', self.text.as_bytes()).count();
        (self.line as usize + lines).ilog10() as usize + 1
    }
}

/// Where the line behind the one that ends at `end` begins.
fn next_line(text: &str, end: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[end..]).map_or(text.len(), |at| end + at + 1)
}

struct Cutter<'a> {
    text: &'a str,
    secrets: &'a Secrets,
    width: usize,
}

impl Cutter<'_> {
    /// Appends as much of `line` as fits around `focus`, and tells where the focus came to stand.
    fn push(&self, out: &mut String, line: Range<usize>, focus: Range<usize>) -> Range<usize> {
        let before = &self.text[line.start..focus.start];
        let inside = &self.text[focus.clone()];
        let after = &self.text[focus.end..line.end];
        // No more is measured than could be shown: lines can be very long.
        let (inside_length, inside_width) = fit(inside.chars(), self.width);
        let (before_length, left) = fit(before.chars().rev(), self.width);
        let (after_length, right) = fit(after.chars(), self.width);
        let all = before_length + inside_length + after_length == line.len();
        let (before_room, after_room) = if all && left + inside_width + right <= self.width {
            (left, right)
        } else {
            let room = self.width.saturating_sub(inside_width + 2);
            let half = room / 2;
            if left <= half {
                (left, room - left)
            } else if right <= half {
                (room - right, right)
            } else {
                (half, room - half)
            }
        };
        let (before_length, _) = fit(before.chars().rev(), before_room);
        let (after_length, _) = fit(after.chars(), after_room);
        if before_length < before.len() {
            out.push_str(CUT);
        }
        self.push_hidden(out, focus.start - before_length..focus.start);
        let start = out.len();
        self.push_hidden(out, focus.start..focus.start + inside_length);
        let end = out.len();
        if inside_length < inside.len() {
            out.push_str(CUT);
        } else {
            self.push_hidden(out, focus.end..focus.end + after_length);
            if after_length < after.len() {
                out.push_str(CUT);
            }
        }
        start..end
    }

    /// Appends a part of the text with every character of a secret as an asterisk.
    fn push_hidden(&self, out: &mut String, range: Range<usize>) {
        let part = Span::new(range.start, range.end);
        if !self.secrets.touch(part) {
            out.push_str(&self.text[range]);
            return;
        }
        for (at, character) in self.text[range.clone()].char_indices() {
            let at = range.start + at;
            let hidden = self.secrets.touch(Span::new(at, at + 1));
            out.push(if hidden { '*' } else { character });
        }
    }
}

/// How many bytes of the characters fit into `width` columns, and how many columns they take.
fn fit(characters: impl Iterator<Item = char>, width: usize) -> (usize, usize) {
    let (mut bytes, mut columns) = (0, 0);
    for character in characters {
        let next = columns + columns_of(character);
        if next > width {
            break;
        }
        bytes += character.len_utf8();
        columns = next;
    }
    (bytes, columns)
}

/// Columns as they are drawn: a tab as four, a control character as its picture.
fn columns_of(character: char) -> usize {
    match character {
        '\t' => 4,
        other => other.width().unwrap_or(1),
    }
}
