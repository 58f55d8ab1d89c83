//! Edits: a byte range and the text that replaces it. Everything that changes a document is a list of
//! them, so an untouched byte stays as it is.

use std::fmt;

use super::Span;

/// Replace the bytes of `span` by `text`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Edit {
    /// What goes; empty for an insertion.
    #[serde(serialize_with = "span_as_pair")]
    pub span: Span,
    /// What comes.
    pub text: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn span_as_pair<S: serde::Serializer>(span: &Span, serializer: S) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&[span.start, span.end], serializer)
}

impl Edit {
    /// Replaces `span`.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// Inserts at `at`.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { span: Span::at(at), text: text.into() }
    }

    /// Removes `span`.
    pub fn remove(span: Span) -> Self {
        Self { span, text: String::new() }
    }

    /// The single edit that turns `old` into `new`: what differs between their common start and end.
    pub fn between(old: &[u8], new: &[u8]) -> Option<Edit> {
        if old == new {
            return None;
        }
        let starts_char = |bytes: &[u8], at: usize| bytes.get(at).is_none_or(|byte| byte & 0xC0 != 0x80);
        let mut start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        while !(starts_char(old, start) && starts_char(new, start)) {
            start -= 1;
        }
        let most = old.len().min(new.len()) - start;
        let mut tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
        while !(starts_char(old, old.len() - tail) && starts_char(new, new.len() - tail)) {
            tail -= 1;
        }
        let text = String::from_utf8_lossy(&new[start..new.len() - tail]).into_owned();
        Some(Edit::replace(Span::new(start, old.len() - tail), text))
    }
}

/// Why a list of edits cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyError {
    /// Two edits change the same bytes.
    Overlap(Span, Span),
    /// An edit reaches past the end.
    OutOfBounds(Span),
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlap(a, b) => {
                write!(
                    f,
                    "two edits change the same bytes ({}..{} and {}..{})",
                    a.start, a.end, b.start, b.end
                )
            }
            Self::OutOfBounds(span) => write!(f, "an edit at {}..{} is past the end", span.start, span.end),
        }
    }
}

impl std::error::Error for ApplyError {}

/// Applies edits given in any order. Insertions at one place come in the order given.
pub fn apply(bytes: &[u8], edits: &[Edit]) -> Result<Vec<u8>, ApplyError> {
    let mut order: Vec<&Edit> = edits.iter().collect();
    order.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let added: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let mut out = Vec::with_capacity(bytes.len() + added);
    let mut at = 0;
    let mut last = Span::default();
    for edit in order {
        let range = edit.span.range();
        if range.end > bytes.len() {
            return Err(ApplyError::OutOfBounds(edit.span));
        }
        if range.start < at {
            return Err(ApplyError::Overlap(last, edit.span));
        }
        out.extend_from_slice(&bytes[at..range.start]);
        out.extend_from_slice(edit.text.as_bytes());
        at = range.end;
        last = edit.span;
    }
    out.extend_from_slice(&bytes[at..]);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_in_any_order_and_never_overlap() {
        let edits =
            [Edit::replace(Span::new(4, 5), "E"), Edit::insert(0, ">"), Edit::remove(Span::new(1, 2))];
        assert_eq!(apply(b"abcde", &edits).expect("they do not overlap"), b">acdE");
        let overlap = [Edit::remove(Span::new(0, 3)), Edit::remove(Span::new(2, 4))];
        assert!(matches!(apply(b"abcde", &overlap), Err(ApplyError::Overlap(..))));
        assert!(matches!(apply(b"a", &[Edit::insert(2, "x")]), Err(ApplyError::OutOfBounds(_))));
    }

    #[test]
    fn the_edit_between_two_texts_is_small_and_never_splits_a_character() {
        for (old, new) in [("abc", "abXc"), ("aéb", "aèb"), ("", "x"), ("xx", "x"), ("aa", "aaa"), ("é", "")]
        {
            let edit = Edit::between(old.as_bytes(), new.as_bytes()).expect("they differ");
            assert!(
                old.is_char_boundary(edit.span.range().start) && old.is_char_boundary(edit.span.range().end)
            );
            assert_eq!(apply(old.as_bytes(), &[edit]).expect("in bounds"), new.as_bytes());
        }
        assert_eq!(Edit::between(b"a", b"a"), None);
    }
}
