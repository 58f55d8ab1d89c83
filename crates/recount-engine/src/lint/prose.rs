//! Reading around a place in prose: the words beside it, who the subject is, whether somebody is being
//! quoted. What a rule makes of that stays in the rule.

use super::Context;
use crate::document::Span;
use crate::document::template::{self, SectionId};

/// A word and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Word<'_> {
    /// Whether it is one of `words`, in any case.
    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        is_any(self.text, words)
    }
}

/// Whether `text` is one of `words`, in any ASCII case.
pub(super) fn is_any(text: &str, words: &[&str]) -> bool {
    let Some(first) = text.as_bytes().first() else { return words.contains(&"") };
    // Most that are as long differ in their first letter.
    let agrees = |word: &str| word.len() == text.len() && word.as_bytes()[0] | 0x20 == first | 0x20;
    words.iter().any(|word| agrees(word) && word.eq_ignore_ascii_case(text))
}

/// Words to look one up in, in lower case. Most that is looked up begins with no letter that a word of its
/// length begins with.
pub(super) struct Words {
    words: &'static [&'static str],
    /// A bit for each letter that words of so many bytes begin with; the last for all that are longer.
    letters: [u32; 16],
}

impl Words {
    pub(super) const fn new(words: &'static [&'static str]) -> Self {
        let mut letters = [0; 16];
        let mut index = 0;
        while index < words.len() {
            let word = words[index].as_bytes();
            let length = if word.len() < 16 { word.len() } else { 15 };
            letters[length] |= 1 << (word[0] & 0x1f);
            index += 1;
        }
        Self { words, letters }
    }

    /// Whether `word` is one of them, in any ASCII case.
    #[inline]
    pub(super) fn hold(&self, word: &str) -> bool {
        let Some(first) = word.as_bytes().first() else { return false };
        self.letters[word.len().min(15)] & 1 << (first & 0x1f) != 0 && is_any(word, self.words)
    }
}

/// Who does what a verb says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SubjectKind {
    /// `we`, `the on-call engineer`, `@ana`: certainly people.
    People,
    /// `they`, `the operator`: people only where the verb is one of people.
    PerhapsPeople,
}

/// The subject before a verb.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    pub(super) kind: SubjectKind,
    /// Where its last word begins.
    pub(super) start: usize,
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'\'' | b'-' | b'@')
}

/// The word that ends before `at`, with nothing but blanks and emphasis between, not before `floor`.
pub(super) fn word_before(text: &str, at: usize, floor: usize) -> Option<Word<'_>> {
    let bytes = text.as_bytes();
    let mut end = at;
    while end > floor && matches!(bytes[end - 1], b' ' | b'\t' | b'\n' | b'\r' | b'*' | b'_') {
        end -= 1;
    }
    let mut start = end;
    while start > floor && is_word_byte(bytes[start - 1]) {
        start -= 1;
    }
    (start < end).then(|| Word { text: &text[start..end], start, end })
}

/// The word that begins after `at`, with nothing but blanks and emphasis between, not beyond `ceiling`.
pub(super) fn word_after(text: &str, at: usize, ceiling: usize) -> Option<Word<'_>> {
    let bytes = text.as_bytes();
    let mut start = at;
    while start < ceiling && matches!(bytes[start], b' ' | b'\t' | b'\n' | b'\r' | b'*' | b'_') {
        start += 1;
    }
    let mut end = start;
    while end < ceiling && is_word_byte(bytes[end]) {
        end += 1;
    }
    (start < end).then(|| Word { text: &text[start..end], start, end })
}

/// Words that stand between a subject and its verb, or between parts of the verb.
pub(super) fn is_adverb(word: &str) -> bool {
    const ADVERBS: &[&str] = &[
        "all",
        "already",
        "also",
        "always",
        "both",
        "even",
        "ever",
        "had",
        "has",
        "have",
        "instead",
        "just",
        "maybe",
        "never",
        "not",
        "perhaps",
        "really",
        "simply",
        "so",
        "still",
        "then",
        "therefore",
    ];
    is_any(word, ADVERBS) || (word.len() > 4 && word.ends_with("ly"))
}

/// The people who are the subject of the verb at `at`; none where nobody of ours is.
pub(super) fn subject_before(cx: &Context<'_>, at: usize, floor: usize) -> Option<Subject> {
    let text = cx.document.text();
    let mut at = at;
    for _ in 0..4 {
        let word = word_before(text, at, floor)?;
        if let Some(kind) = people_kind(cx, text, word, floor) {
            return Some(Subject { kind, start: word.start });
        }
        if !is_adverb(word.text) && !word.is_any(&["and", "or"]) {
            break;
        }
        at = word.start;
    }
    described_subject(cx, at, floor)
}

/// `the engineer who debugged the queries last week should have …`: a person, then a clause about them.
fn described_subject(cx: &Context<'_>, at: usize, floor: usize) -> Option<Subject> {
    let text = cx.document.text();
    let who = floor + text[floor..at].rfind(" who ")?;
    let word = word_before(text, who, floor)?;
    let kind = people_kind(cx, text, word, floor)?;
    // After a comma or a new subject the verb may be somebody else's.
    let between = &text[who + 5..at];
    let is_one_clause = !between.contains([',', ';', ':', '('])
        && !words(between).any(|word| is_any(word, &["that", "which", "it", "but", "because"]));
    is_one_clause.then_some(Subject { kind, start: at })
}

fn people_kind(cx: &Context<'_>, text: &str, word: Word<'_>, floor: usize) -> Option<SubjectKind> {
    const PEOPLE: &[&str] = &[
        "admin",
        "administrator",
        "administrators",
        "admins",
        "anybody",
        "anyone",
        "author",
        "authors",
        "colleague",
        "colleagues",
        "committer",
        "committers",
        "contractor",
        "coworker",
        "dba",
        "dbas",
        "developer",
        "developers",
        "devs",
        "employee",
        "employees",
        "engineer",
        "engineering",
        "engineers",
        "everybody",
        "everyone",
        "he",
        "human",
        "humans",
        "i",
        "intern",
        "maintainer",
        "maintainers",
        "management",
        "nobody",
        "on-call",
        "on-caller",
        "oncall",
        "oncaller",
        "one",
        "people",
        "person",
        "programmer",
        "programmers",
        "responder",
        "responders",
        "reviewer",
        "reviewers",
        "she",
        "somebody",
        "someone",
        "sre",
        "sres",
        "staff",
        "sysadmin",
        "sysadmins",
        "team",
        "teammate",
        "teams",
        "technician",
        "technicians",
        "we",
    ];
    if word.text.starts_with('@') && word.text.len() > 1 {
        return Some(SubjectKind::People);
    }
    if word.is_any(PEOPLE) {
        // `no one` is somebody; `that one`, `the new one` is a thing.
        let is_thing = word.text.eq_ignore_ascii_case("one")
            && !word_before(text, word.start, floor)
                .is_some_and(|before| before.is_any(&["no", "any", "some", "every"]));
        return (!is_thing).then_some(SubjectKind::People);
    }
    if word.is_any(&["they", "operator", "operators", "lead", "commander", "manager"]) {
        return Some(SubjectKind::PerhapsPeople);
    }
    if word.text.eq_ignore_ascii_case("who") {
        return people_kind(cx, text, word_before(text, word.start, floor)?, floor);
    }
    if word.text.eq_ignore_ascii_case("call") {
        return word_before(text, word.start, floor)
            .filter(|before| before.is_any(&["on"]))
            .map(|_| SubjectKind::People);
    }
    if word.text.starts_with(char::is_uppercase) && is_on_roster(cx, text, word, floor) {
        return Some(SubjectKind::People);
    }
    None
}

/// Whether the capitalised word is a person's handle, full name, or the end of one.
pub(super) fn is_on_roster(cx: &Context<'_>, text: &str, word: Word<'_>, floor: usize) -> bool {
    let full = || {
        let before = word_before(text, word.start, floor)?;
        cx.config.person(&text[before.start..word.end])
    };
    cx.config.person(word.text).or_else(full).is_some()
}

/// Whether somebody else is being quoted at `at`: an opened quotation mark stands before it in its
/// paragraph, or the line is a chat message with its sender.
pub(super) fn is_quoted(text: &str, at: usize) -> bool {
    let mut floor = at.saturating_sub(600);
    while !text.is_char_boundary(floor) {
        floor += 1;
    }
    let before = &text[floor..at];
    let paragraph = before.rfind("\n\n").map_or(before, |blank| &before[blank..]);
    let straight = memchr::memchr_iter(b'"', paragraph.as_bytes()).count();
    if straight % 2 == 1 {
        return true;
    }
    let opened = paragraph.rfind('\u{201c}').map_or(0, |at| at + 1);
    let closed = paragraph.rfind('\u{201d}').map_or(0, |at| at + 1);
    opened > closed
}

/// Whether `span` is told by the document's authors about what happened: not an action item, not
/// verification, not raw notes, not what somebody is quoted with. In documents of other templates the
/// words of the heading decide.
pub(super) fn is_narrative(cx: &Context<'_>, span: Span) -> bool {
    const PLANS: &[&str] = &[
        "action",
        "follow",
        "next step",
        "recommend",
        "improve",
        "future",
        "prevent",
        "todo",
        "to do",
        "plan",
        "idea",
        "proposal",
    ];
    const RAW: &[&str] = &["transcript", "raw", "chat", "slack", "irc"];
    let section = cx.document.section_at(span.start);
    let told = match section.and_then(|section| section.id) {
        Some(SectionId::ActionItems | SectionId::FollowUpVerification | SectionId::Appendices) => false,
        Some(_) => true,
        None => section.is_none_or(|section| {
            let name = template::normalize(cx.document.slice(section.name));
            !PLANS.iter().chain(RAW).any(|word| name.contains(word))
        }),
    };
    // In a timeline, `I` is somebody whose message was copied.
    let is_message = section.is_some_and(|section| section.id == Some(SectionId::Timeline))
        && starts_with_i(cx.document.slice(span));
    told && !is_message && !is_quoted(cx.document.text(), span.start as usize)
}

fn starts_with_i(text: &str) -> bool {
    text.starts_with("I ") || text.starts_with("I\u{2019}") || text.starts_with("I'")
}

/// Whether a word before `at`, in reach, denies or wards off what follows: `not careless`, `no human error`.
pub(super) fn is_denied(text: &str, at: usize, floor: usize) -> bool {
    const DENIALS: &[&str] = &[
        "against",
        "aren't",
        "avoid",
        "eliminate",
        "instead",
        "isn't",
        "neither",
        "never",
        "no",
        "nobody",
        "nor",
        "not",
        "prevent",
        "prone",
        "reduce",
        "susceptible",
        "than",
        "wasn't",
        "weren't",
        "without",
    ];
    let mut at = at;
    for _ in 0..4 {
        let Some(word) = word_before(text, at, floor) else { return false };
        if word.is_any(DENIALS) {
            return true;
        }
        at = word.start;
    }
    false
}

/// Verbs that only people do, in their past form: with them `they` are people.
pub(super) fn is_human_verb(word: &str) -> bool {
    const VERBS: &[&str] = &[
        "acted",
        "announced",
        "anticipated",
        "asked",
        "assumed",
        "avoided",
        "caught",
        "checked",
        "communicated",
        "considered",
        "consulted",
        "coordinated",
        "discussed",
        "documented",
        "double-checked",
        "escalated",
        "expected",
        "foreseen",
        "forgotten",
        "informed",
        "investigated",
        "known",
        "learned",
        "listened",
        "looked",
        "noticed",
        "notified",
        "paid",
        "planned",
        "read",
        "realised",
        "realized",
        "recognised",
        "recognized",
        "remembered",
        "reviewed",
        "seen",
        "spotted",
        "tested",
        "thought",
        "told",
        "understood",
        "verified",
        "waited",
    ];
    is_any(word, VERBS)
}

/// Whether a word is a past participle by its form.
pub(super) fn is_participle(word: &str) -> bool {
    const IRREGULAR: &[&str] = &[
        "been",
        "begun",
        "broken",
        "brought",
        "built",
        "caught",
        "chosen",
        "cut",
        "dealt",
        "done",
        "drawn",
        "fallen",
        "foreseen",
        "forgotten",
        "found",
        "given",
        "gone",
        "got",
        "gotten",
        "had",
        "held",
        "kept",
        "known",
        "led",
        "left",
        "lost",
        "made",
        "meant",
        "met",
        "paid",
        "put",
        "read",
        "run",
        "said",
        "seen",
        "sent",
        "shown",
        "shut",
        "spent",
        "spoken",
        "stood",
        "taken",
        "thought",
        "told",
        "understood",
        "withdrawn",
        "woken",
        "written",
    ];
    is_any(word, IRREGULAR)
        || (word.len() > 3
            && word.ends_with("ed")
            && !is_any(word, &["need", "speed", "feed", "seed", "embed"]))
}

/// What a text of words alone says: runs of letters and digits, apostrophes and hyphens inside them.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut run = move |wanted: Part| {
        let start = at;
        while at < bytes.len() {
            let part = PARTS[usize::from(bytes[at])];
            if part == wanted {
                at += 1;
                continue;
            }
            let wide = (part == Part::Wide).then(|| text[at..].chars().next()).flatten();
            let Some(ch) = wide.filter(|ch| (wanted == Part::Inside) == is_wide_part(*ch)) else { break };
            at += ch.len_utf8();
        }
        &text[start..at]
    };
    std::iter::from_fn(move || {
        loop {
            run(Part::Outside);
            let word = run(Part::Inside);
            if word.is_empty() {
                return None;
            }
            let is_bare = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
            let bare = if is_bare(word.as_bytes().first()) && is_bare(word.as_bytes().last()) {
                word
            } else {
                word.trim_matches(['-', '\'', '\u{2019}'])
            };
            if !bare.is_empty() {
                return Some(bare);
            }
        }
    })
}

/// What a byte is to a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Inside,
    Outside,
    /// The character of several bytes that it begins decides.
    Wide,
}

const PARTS: [Part; 256] = {
    let mut parts = [Part::Outside; 256];
    let mut byte = 0;
    while byte < 256 {
        if byte >= 128 {
            parts[byte] = Part::Wide;
        } else if (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'\'' | b'-') {
            parts[byte] = Part::Inside;
        }
        byte += 1;
    }
    parts
};

/// Whether a character beyond ASCII can be a part of a word.
fn is_wide_part(ch: char) -> bool {
    ch.is_alphanumeric() || ch == '\u{2019}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_beside_a_place_stop_at_punctuation() {
        let text = "Late, we **also** should";
        let at = text.find("should").expect("the text holds it");
        let also = word_before(text, at, 0).expect("a word stands there");
        assert_eq!(also.text, "also");
        let we = word_before(text, also.start, 0).expect("a word stands there");
        assert_eq!(we.text, "we");
        assert!(word_before(text, we.start, 0).is_none());
    }

    #[test]
    fn words_are_found_in_any_case_and_length() {
        const WORDS: Words = Words::new(&["a", "an", "double-checked-twice"]);
        for (word, holds) in
            [("A", true), ("an", true), ("Double-Checked-Twice", true), ("b", false), ("", false)]
        {
            assert_eq!(WORDS.hold(word), holds, "{word}");
        }
    }

    #[test]
    fn words_are_letters_and_digits_with_what_joins_them() {
        let text = "-Don\u{2019}t' re-run, \u{2019}Ünïcode\u{2019}s 2nd: --- 'x'\u{2014}é";
        let expected = ["Don\u{2019}t", "re-run", "Ünïcode\u{2019}s", "2nd", "x", "é"];
        assert_eq!(words(text).collect::<Vec<_>>(), expected);
        assert_eq!(words(" -' ").count(), 0);
    }

    #[test]
    fn a_quotation_is_open_until_it_closes() {
        assert!(is_quoted("He wrote \"we should", 13));
        assert!(!is_quoted("He wrote \"so\" and we", 16));
        assert!(is_quoted("A \u{201c}we should", 9));
        assert!(!is_quoted("\"open\n\nwe should", 10));
    }

    #[test]
    fn participles_are_told_from_what_looks_like_them() {
        for (word, expected) in
            [("tested", true), ("been", true), ("need", false), ("a", false), ("red", false)]
        {
            assert_eq!(is_participle(word), expected, "{word}");
        }
    }
}
