//! The bytes of a document: encoding, byte order mark, line endings, front matter fence. What the
//! bytes mean is the business of the modules beside it.

use super::span::Span;

/// The original bytes with a text over them in which every offset is the same.
#[derive(Clone, Debug)]
pub struct Source {
    /// Present only where the bytes are not UTF-8: then `text` differs from them.
    raw: Option<Vec<u8>>,
    text: String,
    invalid_at: Option<usize>,
    front_matter: Option<Span>,
    body_start: usize,
}

impl Source {
    /// Takes any bytes. Bytes that are not UTF-8 are read as `?`, one for one, so that every offset
    /// in the text is an offset in the file; the file keeps its bytes.
    pub fn new(bytes: &[u8]) -> Self {
        let (text, raw, invalid_at) = match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), None, None),
            Err(error) => (read_lossily(bytes), Some(bytes.to_vec()), Some(error.valid_up_to())),
        };
        let after_bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let front_matter = find_front_matter(&text, after_bom);
        let body_start = front_matter.map_or(after_bom, |(_, end)| end);
        Self { raw, text, invalid_at, front_matter: front_matter.map(|(span, _)| span), body_start }
    }

    /// The bytes as they were read.
    pub fn bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.text.as_bytes())
    }

    /// The text; same length and offsets as the bytes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of `span`; empty where the span does not lie on character boundaries.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Offset of the first byte that is not UTF-8.
    pub fn invalid_at(&self) -> Option<usize> {
        self.invalid_at
    }

    /// The YAML between the fences, without them.
    pub fn front_matter(&self) -> Option<Span> {
        self.front_matter
    }

    /// Whether the bytes of `span` are text; elsewhere they are UTF-8 broken off or none at all.
    pub fn is_text(&self, span: Span) -> bool {
        self.raw
            .as_ref()
            .is_none_or(|raw| raw.get(span.range()).is_some_and(|bytes| std::str::from_utf8(bytes).is_ok()))
    }

    /// Whether Markdown sees nothing in `span`: only spaces, tabs and line endings. NBSP is text.
    pub fn is_blank(&self, span: Span) -> bool {
        self.slice(span).bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
    }

    /// Where the Markdown begins: after the byte order mark and the front matter.
    pub fn body_start(&self) -> usize {
        self.body_start
    }

    /// The line ending to write at `offset`: that of the line above, else of the file, else `\n`.
    pub fn newline_at(&self, offset: usize) -> &'static str {
        let bytes = self.text.as_bytes();
        let before = memchr::memrchr2(b'\n', b'\r', &bytes[..offset.min(bytes.len())]);
        let ending = before.or_else(|| memchr::memchr2(b'\n', b'\r', bytes));
        match ending {
            Some(at) if bytes[at] == b'\n' && at > 0 && bytes[at - 1] == b'\r' => "\r\n",
            Some(at) if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') => "\r\n",
            Some(at) if bytes[at] == b'\r' => "\r",
            _ => "\n",
        }
    }

    /// The line that holds `offset`, without its ending. As in Markdown, `\n`, `\r\n` and `\r` end one.
    pub fn line_at(&self, offset: usize) -> Span {
        let bytes = self.text.as_bytes();
        let mut offset = offset.min(bytes.len());
        if offset > 0 && bytes.get(offset) == Some(&b'\n') && bytes[offset - 1] == b'\r' {
            // Between the two bytes of an ending: it belongs to the line that it ends.
            offset -= 1;
        }
        let start = memchr::memrchr2(b'\n', b'\r', &bytes[..offset]).map_or(0, |at| at + 1);
        let end = memchr::memchr2(b'\n', b'\r', &bytes[offset..]).map_or(bytes.len(), |at| offset + at);
        Span::new(start, end)
    }

    /// Where the line after the one that holds `offset` begins; the end of the file for the last line.
    pub fn next_line(&self, offset: usize) -> usize {
        let bytes = self.text.as_bytes();
        let end = self.line_at(offset).end as usize;
        match bytes.get(end..end + 2) {
            Some(b"\r\n") => end + 2,
            _ => (end + 1).min(bytes.len()),
        }
    }
}

fn read_lossily(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

/// A block fenced by `---` lines at the very start that looks like a YAML mapping: a document that
/// merely begins with a thematic break has none. Returns the YAML and where the body begins.
fn find_front_matter(text: &str, start: usize) -> Option<(Span, usize)> {
    let rest = &text[start..];
    let first = rest.split_inclusive('\n').next()?;
    if first.trim_end() != "---" || !first.ends_with('\n') {
        return None;
    }
    let yaml_start = start + first.len();
    let mut at = yaml_start;
    let mut looks_like_yaml = false;
    for line in text[yaml_start..].split_inclusive('\n') {
        let trimmed = line.trim_end();
        if trimmed == "---" || trimmed == "..." {
            let empty = at == yaml_start;
            return (looks_like_yaml || empty).then(|| (Span::new(yaml_start, at), at + line.len()));
        }
        if !looks_like_yaml && !trimmed.is_empty() && !trimmed.trim_start().starts_with('#') {
            let key = trimmed.split_once(':')?.0;
            let is_key = !key.is_empty()
                && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'"' | b'\''));
            if !is_key {
                return None;
            }
            looks_like_yaml = true;
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_a_fenced_mapping_at_the_start() {
        let source = Source::new(b"---\nstage: draft\n---\n# T\n");
        assert_eq!(source.slice(source.front_matter().expect("there is one")), "stage: draft\n");
        assert_eq!(&source.text()[source.body_start()..], "# T\n");
    }

    #[test]
    fn a_thematic_break_is_no_front_matter() {
        for text in ["---\n# T\n\n---\n", "---\nprose here\n---\n", "---\nstage: draft\n", "--- x\n"] {
            assert_eq!(Source::new(text.as_bytes()).front_matter(), None, "{text:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_text_keep_their_offsets() {
        let source = Source::new(b"# a\xff\xfeb\n");
        assert_eq!(source.text(), "# a??b\n");
        assert_eq!(source.invalid_at(), Some(3));
        assert_eq!(source.bytes(), b"# a\xff\xfeb\n");
    }

    #[test]
    fn a_new_line_ends_as_the_line_above() {
        let source = Source::new(b"a\r\nb\nc");
        assert_eq!(source.newline_at(3), "\r\n");
        assert_eq!(source.newline_at(5), "\n");
        assert_eq!(source.newline_at(0), "\r\n");
    }

    #[test]
    fn a_lone_carriage_return_ends_a_line_too() {
        let source = Source::new(b"a\rbc\r\nd");
        assert_eq!(source.newline_at(3), "\r");
        for (offset, line, next) in
            [(0, "a", 2), (1, "a", 2), (2, "bc", 6), (4, "bc", 6), (5, "bc", 6), (6, "d", 7)]
        {
            assert_eq!(source.slice(source.line_at(offset)), line, "{offset}");
            assert_eq!(source.next_line(offset), next, "{offset}");
        }
    }
}
