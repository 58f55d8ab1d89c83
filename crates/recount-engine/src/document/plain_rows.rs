//! Rows of tables that need no Markdown parser. A postmortem is half timeline, and nearly every row of one
//! is plain text with a code span, a link or a bold word: what such a row means is settled by its own bytes.
//!
//! What lives here: finding these rows, reading them, and the text that is left to the parser. What does not:
//! deciding what is a table. The parser sees every header, and unless it says that a table begins there, the
//! whole text is given to it ([`super::markdown`]). Whatever is not certainly plain stays in the text. A property
//! holds what is read here against what the parser reads.

use memchr::{memchr, memmem, memrchr};

use super::span::Span;

/// A text without its plain rows. All offsets but [`Cut::at`] are those of the whole text.
pub(super) struct SetAside {
    /// What is left.
    pub(super) rest: String,
    /// Where rows were taken out, in order.
    pub(super) cuts: Vec<Cut>,
    /// The rows, in order, each followed by what it holds.
    pub(super) pieces: Vec<Piece>,
}

/// A place where rows that follow each other were taken out.
pub(super) struct Cut {
    /// Offset in [`SetAside::rest`].
    pub(super) at: usize,
    /// How many bytes the rows have.
    pub(super) length: usize,
    /// Where the header of their table begins.
    pub(super) header: usize,
    /// How many of the pieces, from the first one on, end with this cut.
    pub(super) pieces_end: usize,
}

/// A row, or something in it.
pub(super) enum Piece {
    /// A row, its line's end included, and what its cells hold from the first to the last of it.
    Row { span: Span, content: Span },
    /// Plain text.
    Text(Span),
    /// A code span, backticks included.
    Code(Span),
    /// A link, its text, and its destination.
    Link { span: Span, text: Span, target: Span },
    /// Bold text, stars included, and the text itself.
    Strong { text: Span },
}

/// In a longer text the parser limits what references may expand to by the length of the text, which is not
/// to depend on this module.
const LONGEST: usize = 100_000;

/// Takes the plain rows out of `text[base..]`; none where there are none.
pub(super) fn set_aside(text: &str, base: usize) -> Option<SetAside> {
    if text.len() - base > LONGEST {
        return None;
    }
    let bytes = text.as_bytes();
    let mut aside = SetAside { rest: String::new(), cuts: Vec::new(), pieces: Vec::new() };
    // What lies before this is in `rest`, or was taken out.
    let mut done = base;
    let mut from = base;
    while let Some(found) = memmem::find(&bytes[from..], b"\n|") {
        let line = from + found + 1;
        from = line;
        let Some(columns) = columns_of(&bytes[line..line_end(bytes, line)]) else { continue };
        let header = memrchr(b'\n', &bytes[base..line - 1]).map_or(base, |end| base + end + 1);
        if bytes[header] != b'|' || !begins_block(&bytes[base..header]) {
            continue;
        }
        if aside.rest.is_empty() {
            aside.rest.reserve(text.len() - base);
            aside.pieces.reserve((text.len() - base) / 32);
        }
        let mut row = line_end(bytes, line);
        let mut is_cut = false;
        while bytes.get(row) == Some(&b'|') {
            let next = line_end(bytes, row);
            if read_row(bytes, row, next, columns, &mut aside.pieces) {
                if !is_cut {
                    aside.rest.push_str(&text[done..row]);
                    aside.cuts.push(Cut { at: aside.rest.len(), length: 0, header, pieces_end: 0 });
                }
                if let Some(cut) = aside.cuts.last_mut() {
                    cut.length += next - row;
                    cut.pieces_end = aside.pieces.len();
                }
                is_cut = true;
                done = next;
            } else {
                is_cut = false;
            }
            row = next;
        }
        // The end of the line before may begin another table.
        from = row - 1;
    }
    if aside.cuts.is_empty() {
        return None;
    }
    aside.rest.push_str(&text[done..]);
    Some(aside)
}

/// Where the line that holds `at` ends, its ending included.
fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1)
}

/// Whether what follows `before` cannot belong to a block above: it is the first line, or one after a blank.
fn begins_block(before: &[u8]) -> bool {
    before.is_empty() || before.ends_with(b"\n\n") || before.ends_with(b"\n\r\n")
}

/// How many columns a line of dashes separates; none for any other line.
fn columns_of(line: &[u8]) -> Option<usize> {
    let inner = line.trim_ascii_end().strip_prefix(b"|")?.strip_suffix(b"|")?;
    let is_dashes = |cell: &[u8]| {
        let cell = cell.trim_ascii();
        let cell = cell.strip_prefix(b":").unwrap_or(cell);
        let cell = cell.strip_suffix(b":").unwrap_or(cell);
        !cell.is_empty() && cell.iter().all(|byte| *byte == b'-')
    };
    let mut columns = 0;
    for cell in inner.split(|byte| *byte == b'|') {
        if !is_dashes(cell) {
            return None;
        }
        columns += 1;
    }
    Some(columns)
}

/// What a byte means in a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Itself.
    Plain,
    /// The end of the cell.
    Pipe,
    /// Perhaps the begin of something that is understood here.
    Backtick,
    Bracket,
    Star,
    Exclamation,
    /// Something for the parser.
    Other,
}

const KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Plain; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'|' => Kind::Pipe,
            b'`' => Kind::Backtick,
            b'[' => Kind::Bracket,
            b'*' => Kind::Star,
            b'!' => Kind::Exclamation,
            b']' | b'\\' | b'_' | b'&' | b'<' | 0..=0x1f => Kind::Other,
            _ => Kind::Plain,
        };
        byte += 1;
    }
    kinds
};

/// Inside a code span, and as itself.
const CODE: u8 = 1;
/// Inside a link's destination, and as itself.
const TARGET: u8 = 2;

/// Where each byte stands for itself, beside plain text.
const INSIDE: [u8; 256] = {
    let mut inside = [0; 256];
    let mut byte = b' ';
    while byte < u8::MAX {
        if !matches!(byte, b'`' | b'|' | b'\\') {
            inside[byte as usize] |= CODE;
        }
        let is_sign = matches!(
            byte,
            b':' | b'/' | b'.' | b'_' | b'?' | b'=' | b'#' | b'%' | b'~' | b'+' | b'@' | b',' | b';' | b'-'
        );
        if byte.is_ascii_alphanumeric() || is_sign {
            inside[byte as usize] |= TARGET;
        }
        byte += 1;
    }
    inside
};

/// Reads the row `bytes[start..next]`, its line's end included. Where it is not plain, or has not one cell a
/// column, nothing is added.
fn read_row(bytes: &[u8], start: usize, next: usize, columns: usize, pieces: &mut Vec<Piece>) -> bool {
    let line = &bytes[..next];
    let line = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
    let place = pieces.len();
    let span = Span::new(start, next);
    pieces.push(Piece::Row { span, content: Span::at(start) });
    let mut row = Row { line, at: start, content: None, pieces };
    if row.cells() == Some(columns) {
        let content = row.content.unwrap_or(Span::at(start));
        pieces[place] = Piece::Row { span, content };
        return true;
    }
    pieces.truncate(place);
    false
}

/// A row that is being read.
struct Row<'a> {
    /// The text up to the row's end.
    line: &'a [u8],
    at: usize,
    /// From the first to the last that its cells hold.
    content: Option<Span>,
    pieces: &'a mut Vec<Piece>,
}

impl Row<'_> {
    /// Reads all cells and tells how many there are; none where one is not plain.
    fn cells(&mut self) -> Option<usize> {
        let mut cells = 0;
        // At a pipe.
        loop {
            self.at += 1;
            while self.line.get(self.at) == Some(&b' ') {
                self.at += 1;
            }
            if self.at == self.line.len() {
                return Some(cells);
            }
            self.cell()?;
            cells += 1;
        }
    }

    /// Reads a cell up to its pipe.
    fn cell(&mut self) -> Option<()> {
        let line = self.line;
        let mut from = self.at;
        let mut at = from;
        loop {
            while line.get(at).is_some_and(|byte| KINDS[usize::from(*byte)] == Kind::Plain) {
                at += 1;
            }
            let kind = KINDS[usize::from(*line.get(at)?)];
            if kind == Kind::Exclamation && line.get(at + 1) != Some(&b'[') {
                // With a bracket, it begins an image.
                at += 1;
                continue;
            }
            let mut end = at;
            if kind == Kind::Pipe {
                while end > from && line[end - 1] == b' ' {
                    end -= 1;
                }
            }
            if from < end {
                let text = Span::new(from, end);
                self.add(text, Piece::Text(text));
            }
            self.at = at;
            match kind {
                Kind::Pipe => return Some(()),
                Kind::Backtick => self.code()?,
                Kind::Bracket => self.link()?,
                Kind::Star => self.strong()?,
                _ => return None,
            }
            at = self.at;
            from = at;
        }
    }

    fn add(&mut self, span: Span, piece: Piece) {
        self.content = Some(self.content.map_or(span, |content| content.to(span)));
        self.pieces.push(piece);
    }

    /// A code span with one backtick at each end.
    fn code(&mut self) -> Option<()> {
        let inside = self.at + 1;
        let mut end = inside;
        while self.line.get(end).is_some_and(|byte| INSIDE[usize::from(*byte)] & CODE != 0) {
            end += 1;
        }
        let is_code =
            end > inside && self.line.get(end) == Some(&b'`') && self.line.get(end + 1) != Some(&b'`');
        let span = Span::new(self.at, end + 1);
        self.at = end + 1;
        is_code.then(|| self.add(span, Piece::Code(span)))
    }

    /// `[plain text](destination)`, where nothing in the destination could mean anything else.
    fn link(&mut self) -> Option<()> {
        let text = self.plain(self.at + 1)?;
        let start = text.end as usize + 2;
        if self.line.get(text.end as usize..start) != Some(b"](") {
            return None;
        }
        let mut end = start;
        while self.line.get(end).is_some_and(|byte| INSIDE[usize::from(*byte)] & TARGET != 0) {
            end += 1;
        }
        if end == start || self.line.get(end) != Some(&b')') {
            return None;
        }
        let target = Span::new(start, end);
        let span = Span::new(self.at, end + 1);
        self.at = span.end as usize;
        self.add(span, Piece::Link { span, text, target });
        Some(())
    }

    /// `**Words.**`, with blanks or the cell's ends around it.
    fn strong(&mut self) -> Option<()> {
        let is_apart = matches!(self.line[self.at - 1], b' ' | b'|');
        if !is_apart || self.line.get(self.at + 1) != Some(&b'*') {
            return None;
        }
        let text = self.plain(self.at + 2)?;
        let end = text.end as usize;
        let is_closed = self.line.get(end..end + 2) == Some(b"**")
            && self.line[text.start as usize].is_ascii_alphanumeric()
            && (self.line[end - 1].is_ascii_alphanumeric() || matches!(self.line[end - 1], b'.' | b':'))
            && matches!(self.line.get(end + 2), Some(b' ' | b'|'));
        let span = Span::new(self.at, end + 2);
        self.at = end + 2;
        is_closed.then(|| self.add(span, Piece::Strong { text }))
    }

    /// The plain text that begins at `start`; none where there is none.
    fn plain(&self, start: usize) -> Option<Span> {
        let mut end = start;
        while self.line.get(end).is_some_and(|byte| KINDS[usize::from(*byte)] == Kind::Plain) {
            end += 1;
        }
        (end > start).then(|| Span::new(start, end))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::markdown::Markdown;

    /// Lines of tables and of what stands around them, cells of what stands in them.
    fn tables() -> impl Strategy<Value = String> {
        let cells = [
            "a",
            " b c ",
            "",
            " ",
            " `code` ",
            "`x`",
            " ``x`` ",
            " `a` `b` ",
            " ([t](https://x.example/p_1)) ",
            "[t](a.md)",
            " [t](#a) ",
            " [t] ",
            " [t](a b) ",
            " [*t*](a) ",
            " [t](a)(b) ",
            " **Started.** x ",
            "**Bold**",
            " **a** **b** ",
            " x **a b:** `c` ",
            " **a **",
            " **.a** ",
            " a**b** ",
            " *a* ",
            " ***a*** ",
            " a_b ",
            " _a_ ",
            " &amp; ",
            " <b> ",
            " <!-- c --> ",
            " wow! ",
            " ![i](a.png) ",
            r" a\|b ",
            r" `a\|b` ",
            r" \* ",
            "\u{a0}",
            "\t",
            " é ",
            " `é` ",
            " `a",
            " [a",
            " ] ",
            " ( ) ",
            " ~x~ ",
            " $1{2}^ ",
            " a  ",
        ];
        let cell = proptest::sample::select(cells.to_vec());
        let row = proptest::collection::vec(cell, 1..4).prop_map(|cells| format!("|{}|", cells.join("|")));
        let two = ("[ a-z`*]{0,4}", "[ a-z\\[\\]()]{0,5}").prop_map(|(a, b)| format!("|{a}|{b}|"));
        let others = [
            "",
            "",
            "|---|---|",
            "| --- | :-: |",
            "|---:|",
            "|a|b|\n|---|---|",
            "\n| a | b |\n|---|---|",
            "\r\n|a|b|\r\n|-|-|\r",
            "text",
            "- item",
            "  |a|b|",
            "> | a | b |",
            "```",
            "<!--",
            "-->",
            "<div>",
            "# Heading",
            "    code",
            "[t]: /a.md",
            "| a | b",
            "a | b |",
            "| a | b |  ",
            "|",
            "||",
            "***",
            "|a|b|\r",
        ];
        let line = prop_oneof![3 => row, 2 => two, 3 => proptest::sample::select(others.to_vec()).prop_map(str::to_owned)];
        proptest::collection::vec(line, 0..14).prop_map(|lines| lines.join("\n"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn rows_that_are_set_aside_are_what_the_parser_reads(text in tables(), ends in any::<bool>()) {
            for head in ["", "\n\n| a | b |\n|---|---|\n", "x\n\n|a|\n|:-|\n"] {
                let text = format!("{head}{text}{}", if ends { "\n" } else { "" });
                for base in [0, head.len()] {
                    let (parsed, whole) = (Markdown::parse(&text, base), Markdown::parse_whole(&text, base));
                    prop_assert_eq!(format!("{parsed:#?}"), format!("{whole:#?}"), "{}", text);
                }
            }
        }
    }

    #[test]
    fn only_rows_with_something_rare_are_left_to_the_parser() {
        let rows = "| 14:02 | @ana | **Started.** Ran `kubectl get pods` | No change ([PR](https://x.example/1)) |\n";
        let text =
            format!("# T\n\n| a | b | c | d |\n|---|---|---:|---|\n{rows}| | <b> | | |\n{rows}\nEnd\n");
        let aside = set_aside(&text, 0).expect("there are plain rows");
        assert_eq!(aside.rest, text.replace(rows, ""));
        assert!(Markdown::parse_around(&text, 0, &aside).is_some());
        let code = format!("```\n\n| a | b | c | d |\n|---|---|---|---|\n{rows}```\n");
        let aside = set_aside(&code, 0).expect("they look like rows");
        assert!(Markdown::parse_around(&code, 0, &aside).is_none());
    }
}
