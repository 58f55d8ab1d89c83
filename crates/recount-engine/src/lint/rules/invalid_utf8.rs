//! `invalid-utf8`: bytes that are no text, or that an editor has already given up on.

use crate::document::Span;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The file holds bytes that are not UTF-8, or a letter that was lost to a wrong encoding.
    ///
    /// A letter is lost where the replacement character `�` stands beside another letter. Shown in code or in
    /// a quotation it is left alone.
    ///
    /// ## Why
    ///
    /// What cannot be read cannot be searched, checked or edited without loss: most editors replace such bytes
    /// by `�` when they save, and then nobody knows any more what stood there.
    ///
    /// ## Source
    ///
    /// RFC 3629, section 3: a decoder must protect against invalid sequences. The Unicode Standard,
    /// section 5.22, on U+FFFD.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## What went well
    ///
    /// - The hotline in K�ln was manned within five minutes.
    /// ```
    ///
    /// ```markdown good
    /// ## What went well
    ///
    /// - The hotline in Köln was manned within five minutes.
    /// - The wrong mails were easy to find: each held a literal `M�ller`.
    /// ```
    name: "invalid-utf8",
    group: Hygiene,
    levels: Wrong,
    reads_foreign: true,
    check: check,
}

const WHY: &str = "the next editor that saves the file loses what stood there";

fn check(cx: &Context<'_>, out: &mut Findings) {
    let source = cx.document.source();
    if let Some(at) = source.invalid_at() {
        let byte = source.bytes().get(at).copied().unwrap_or_default();
        out.report(
            Span::new(at, at + 1),
            format!("the byte `0x{byte:02X}` is not UTF-8"),
            WHY,
            "save the file as UTF-8; it may be in Latin-1 or Windows-1252 now",
        );
    }
    let text = source.text();
    for at in memchr::memmem::find_iter(text.as_bytes(), "\u{fffd}") {
        let end = at + '\u{fffd}'.len_utf8();
        let word = word_around(text, at, end);
        // Alone, it may be what somebody writes about.
        if word.len() > end - at && cx.document.is_own_prose(at as u32) {
            let message = format!("`{}` lost a letter to a wrong encoding", &text[word.range()]);
            out.report(Span::new(at, end), message, WHY, "write the letter that was meant");
        }
    }
}

fn word_around(text: &str, start: usize, end: usize) -> Span {
    let belongs = |ch: &char| ch.is_alphabetic() || *ch == '\u{fffd}';
    let before: usize = text[..start].chars().rev().take_while(belongs).map(char::len_utf8).sum();
    let after: usize = text[end..].chars().take_while(belongs).map(char::len_utf8).sum();
    Span::new(start - before, end + after)
}
