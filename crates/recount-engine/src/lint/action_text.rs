//! What an action item says: its first words, and whether something that can be held stands in it. What a
//! rule makes of that stays in the rule.

use super::Context;
use super::prose::words;
use crate::document::Span;

/// The first line of an action without check box, emphasis and a leading `TODO:`.
pub(super) fn action_head(text: &str) -> &str {
    let mut head = text.lines().next().unwrap_or("");
    loop {
        let before = head;
        head = head.trim_start_matches(|ch: char| ch.is_whitespace() || matches!(ch, '*' | '_' | '-' | '~'));
        for mark in ["[ ]", "[x]", "[X]", "TODO:", "Todo:", "todo:", "TODO", "AI:"] {
            head = head.strip_prefix(mark).unwrap_or(head);
        }
        if head.len() == before.len() {
            return head.trim_end();
        }
    }
}

/// What follows `phrase` at the start of `text`, in any ASCII case and at a word's end.
#[inline]
pub(super) fn after_phrase<'t>(text: &'t str, phrase: &str) -> Option<&'t str> {
    // Dozens of phrases are tried on every action; most differ in their first letter.
    let agree = text.as_bytes().first()?.eq_ignore_ascii_case(phrase.as_bytes().first()?);
    if agree { after_whole_phrase(text, phrase) } else { None }
}

/// Phrases that an action may begin with, in lower case, each of two letters or more. Hardly any action begins
/// with two letters of theirs.
pub(super) struct Beginnings {
    phrases: &'static [&'static str],
    /// For each first letter, a bit for each second one.
    letters: [u32; 32],
}

impl Beginnings {
    /// The phrases, those that begin with another before it.
    pub(super) const fn new(phrases: &'static [&'static str]) -> Self {
        let mut letters = [0; 32];
        let mut index = 0;
        while index < phrases.len() {
            let phrase = phrases[index].as_bytes();
            letters[letter(phrase[0])] |= 1 << letter(phrase[1]);
            index += 1;
        }
        Self { phrases, letters }
    }

    /// The first phrase that `text` begins with, in any ASCII case and at a word's end, and what follows it.
    #[inline]
    pub(super) fn strip<'t>(&self, text: &'t str) -> Option<(&'static str, &'t str)> {
        self.possible(text).iter().find_map(|phrase| Some((*phrase, after_phrase(text, phrase)?)))
    }

    /// The phrases, unless none can be the beginning of `text`.
    #[inline]
    fn possible(&self, text: &str) -> &'static [&'static str] {
        match text.as_bytes() {
            [first, second, ..] if self.letters[letter(*first)] & 1 << letter(*second) != 0 => self.phrases,
            _ => &[],
        }
    }

    /// `text` without all of the phrases that it begins with, where they stand in their order.
    pub(super) fn skip<'t>(&self, text: &'t str) -> &'t str {
        self.possible(text)
            .iter()
            .fold(text, |text, phrase| after_phrase(text, phrase).map_or(text, str::trim_start))
    }
}

/// A number for each letter, the same in either case; a sign shares it with one.
const fn letter(byte: u8) -> usize {
    (byte & 0x1f) as usize
}

fn after_whole_phrase<'t>(text: &'t str, phrase: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(phrase.len())?;
    let is_cut = rest.starts_with(|ch: char| ch.is_alphanumeric());
    (head.eq_ignore_ascii_case(phrase) && !is_cut).then_some(rest)
}

/// Whether an action names something that can be held: a number, code, a link, a ticket, a person, a
/// name written as names are.
pub(super) fn has_detail(cx: &Context<'_>, span: Span) -> bool {
    let text = cx.document.slice(span);
    if text.bytes().any(|byte| byte.is_ascii_digit() || matches!(byte, b'#' | b'@' | b'`' | b'/')) {
        return true;
    }
    if cx.document.markdown().inlines_in(span).next().is_some() {
        return true;
    }
    // A capital inside a sentence or a word is a name; so is `kube_proxy`.
    let mut fresh = true;
    for word in words(action_head(text)) {
        let mut letters = word.chars();
        let first = letters.next().is_some_and(char::is_uppercase);
        let inner = letters.any(char::is_uppercase);
        if inner || (first && !fresh && word.len() > 1) {
            return true;
        }
        fresh = false;
    }
    false
}

/// Whether an action stands in a list of tasks with its box ticked, or says that it is done.
pub(super) fn is_ticked(cx: &Context<'_>, span: Span) -> bool {
    let text = cx.document.text();
    let before = text[..span.start as usize].trim_end();
    let whole = cx.document.slice(span);
    before.ends_with("[x]")
        || before.ends_with("[X]")
        || ["(done", "(Done", "(DONE", "[done]", "[DONE]", "~~", "\u{2714}", "\u{2705}", "\u{2713}"]
            .iter()
            .any(|mark| whole.contains(mark))
}

/// Whether the action leads to a ticket, a pull request or a page.
pub(super) fn has_ticket(cx: &Context<'_>, span: Span) -> bool {
    let text = cx.document.slice(span);
    let is_numbered = memchr::memchr_iter(b'#', text.as_bytes())
        .any(|at| text.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit));
    is_numbered || text.contains("://") || cx.document.markdown().inlines_in(span).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_an_action_is_its_first_words() {
        for (text, expected) in [
            ("[ ] **Improve** x\nmore", "Improve** x"),
            ("TODO: look into it", "look into it"),
            ("- [x] fix", "fix"),
        ] {
            assert_eq!(action_head(text), expected);
        }
    }

    #[test]
    fn beginnings_are_tried_in_their_order() {
        let phrases = Beginnings::new(&["we should also", "we should", "to"]);
        assert_eq!(phrases.strip("We should also try"), Some(("we should also", " try")));
        assert_eq!(phrases.strip("We shoulder"), None);
        assert_eq!(phrases.strip("Write"), None);
        assert_eq!(phrases.strip(""), None);
        assert_eq!(phrases.skip("we should to try"), "try");
        assert_eq!(phrases.skip("to we should try"), "we should try");
        assert_eq!(phrases.skip("try"), "try");
    }

    #[test]
    fn a_phrase_ends_with_its_word() {
        assert_eq!(after_phrase("Look into it", "look into"), Some(" it"));
        assert_eq!(after_phrase("considerable", "consider"), None);
    }
}
