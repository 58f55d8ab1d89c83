//! The people in an Owner or Actor cell: `@ana`, `Ana Li`, `team-x`, `[Ana](https://…)`.
//!
//! What lives here: taking the cell apart and saying what kind of name each is, from its form alone. What
//! does not: whether anybody of that name exists; the roster is configuration.

use std::ops::Range;

use super::{link, strip_word, trim};

/// One name in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person<'a> {
    /// As written, without link, brackets and emphasis: `@ana`, `Ana Li`, `org/team`.
    pub name: &'a str,
    /// Where the name stands, in bytes of the text.
    pub span: Range<usize>,
    /// What its form says it is.
    pub kind: PersonKind,
    /// What stands in brackets behind it: `SRE` in `Ana Li (SRE)`.
    pub note: Option<&'a str>,
    /// Where its link leads.
    pub target: Option<&'a str>,
}

/// What kind of name it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PersonKind {
    /// `@ana`
    Handle,
    /// `Ana Li`, `ana`
    Name,
    /// `ana@example.com`
    Mail,
    /// `team-x`, `@org/team`, `Platform team`
    Team,
    /// `TBD`, `someone`, `unassigned`: a word that says that nobody is named.
    Nobody,
    /// `pagerduty`, `deploy-bot`, `renovate[bot]`: a machine.
    Bot,
}

impl Person<'_> {
    /// The name for comparing: lower case, one space between words, without `@`.
    pub fn key(&self) -> String {
        let name = self.name.trim_start_matches('@').to_lowercase();
        name.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whether it names somebody: a person or a team.
    pub fn is_somebody(&self) -> bool {
        !matches!(self.kind, PersonKind::Nobody | PersonKind::Bot)
    }
}

/// Every name in `text`, in order. Names are apart by commas, semicolons, `and`, `&`, `+`, line breaks, and
/// by a slash before an `@` or between spaces.
pub fn people(text: &str) -> Vec<Person<'_>> {
    // One handle, as most cells hold, has nothing to take apart.
    if is_one_handle(text) {
        let span = 0..text.len();
        return vec![Person { name: text, span, kind: kind(text), note: None, target: None }];
    }
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    let mut depth = 0usize;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'(' | b'[' | b'<' if !text[at..].starts_with("<br") => depth += 1,
            b')' | b']' | b'>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let length = if depth == 0 { separator(text, at) } else { 0 };
        if length > 0 {
            found.extend(person(text, start..at));
            at += length;
            start = at;
        } else {
            at += 1;
        }
    }
    // A bracket that never closes hides no names behind it.
    found.extend(person(text, start..text.len()));
    found
}

/// Whether `text` is nothing but a handle of ASCII letters and digits.
pub fn is_one_handle(text: &str) -> bool {
    let bare = text.strip_prefix('@').unwrap_or_default();
    !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The length of what parts two names at `at`; zero if nothing does.
fn separator(text: &str, at: usize) -> usize {
    if !text.is_char_boundary(at) {
        return 0;
    }
    let rest = &text[at..];
    match rest.as_bytes()[0] {
        b',' | b';' | b'\n' => 1,
        b'<' if rest.starts_with("<br") => rest.find('>').map_or(0, |end| end + 1),
        b'/' if rest[1..].starts_with('@') && text[..at].contains('@') => 1,
        b' ' => [" and ", " & ", " + ", " / "]
            .iter()
            .find_map(|part| strip_word(rest, part).map(|_| part.len()))
            .unwrap_or(0),
        _ => 0,
    }
}

/// Reads one name.
fn person(text: &str, range: Range<usize>) -> Option<Person<'_>> {
    let piece = &text[range];
    let mut note = None;
    let mut target = None;
    let links = link::links(piece);
    let mut name = strip(piece);
    if let Some(link) = links.first()
        && !matches!(link.kind, link::LinkKind::Bare)
    {
        name = strip(link.text.trim_start_matches("mailto:"));
        target = Some(link.target);
        let after = trim(&piece[link.span.end..]);
        note = after.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).map(trim);
        // `Ana Li <ana@example.com>`
        let before = strip(&piece[..link.span.start]);
        if link.kind == link::LinkKind::Auto && !before.is_empty() {
            name = before;
        }
    } else if let Some(open) = name.find('(') {
        let inside = &name[open + 1..];
        let inside = inside.split_once(')').map_or(inside, |(inside, _)| inside);
        note = Some(trim(inside));
        let before = strip(&name[..open]);
        // `(SRE)` alone is a name in brackets.
        name = if before.is_empty() { trim(inside) } else { before };
    }
    let note = note.filter(|note| !note.is_empty());
    if name.is_empty() {
        return None;
    }
    // `name` is a part of `text`; how far in is the difference of where they begin.
    let start = name.as_ptr() as usize - text.as_ptr() as usize;
    Some(Person { name, span: start..start + name.len(), kind: kind(name), note, target })
}

/// Without white space, emphasis, and the punctuation of a sentence.
fn strip(text: &str) -> &str {
    let text = trim(text).trim_matches(['*', '`', '"', ':']);
    let text = trim(text).trim_end_matches('.');
    // A handle may end with an underscore, emphasis has two.
    trim(text.strip_prefix('_').and_then(|text| text.strip_suffix('_')).unwrap_or(text))
}

fn kind(name: &str) -> PersonKind {
    const NOBODY: [&str; 26] = [
        "anybody",
        "anyone",
        "everybody",
        "everyone",
        "n/a",
        "na",
        "nobody",
        "no one",
        "no owner",
        "none",
        "not assigned",
        "owner",
        "somebody",
        "someone",
        "t.b.d",
        "tba",
        "tbc",
        "tbd",
        "to be assigned",
        "to be decided",
        "to be determined",
        "todo",
        "unassigned",
        "unknown",
        "unowned",
        "us",
    ];
    const BOTS: [&str; 28] = [
        "alert",
        "alerting",
        "alertmanager",
        "argo",
        "argocd",
        "argo cd",
        "automation",
        "autoscaler",
        "bot",
        "ci",
        "cron",
        "datadog",
        "dependabot",
        "github actions",
        "grafana",
        "jenkins",
        "kubernetes",
        "monitoring",
        "opsgenie",
        "pagerduty",
        "prometheus",
        "recount",
        "renovate",
        "sentry",
        "slackbot",
        "spinnaker",
        "statuspage",
        "system",
    ];
    const TEAMS: [&str; 10] =
        ["team", "teams", "squad", "crew", "guild", "oncall", "on-call", "sre", "sres", "engineering"];
    let is_any = |name: &str, words: &[&str]| words.iter().any(|word| name.eq_ignore_ascii_case(word));
    let bare = name.trim_start_matches('@');
    if is_any(bare, &NOBODY) || !bare.chars().any(char::is_alphanumeric) {
        return PersonKind::Nobody;
    }
    let lower = bare.to_lowercase();
    if is_any(bare, &BOTS) || lower.ends_with("[bot]") || lower.ends_with("-bot") || lower.ends_with(" bot") {
        return PersonKind::Bot;
    }
    if !name.starts_with('@')
        && bare.split_once('@').is_some_and(|(who, host)| !who.is_empty() && host.contains('.'))
    {
        return PersonKind::Mail;
    }
    let words = || lower.split([' ', '-', '_', '/']);
    let team = words().any(|word| is_any(word, &TEAMS)) || is_any(&lower, &TEAMS);
    // `@org/team` is how code hosts write a team.
    if team || name.starts_with('@') && bare.contains('/') {
        return PersonKind::Team;
    }
    if name.starts_with('@') { PersonKind::Handle } else { PersonKind::Name }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Vec<(&str, PersonKind)> {
        people(text).into_iter().map(|person| (person.name, person.kind)).collect()
    }

    #[test]
    fn one_name_is_read_with_its_kind() {
        use PersonKind::{Bot, Handle, Mail, Name, Nobody, Team};
        for (text, name, kind) in [
            ("@ana", "@ana", Handle),
            ("**@ana**", "@ana", Handle),
            ("@ana_", "@ana_", Handle),
            ("`@ana`", "@ana", Handle),
            ("\u{A0}Ana Li ", "Ana Li", Name),
            ("Ana Li (SRE, on call)", "Ana Li", Name),
            ("Zoë Ångström", "Zoë Ångström", Name),
            ("李娜", "李娜", Name),
            ("[Ana](https://example.com/ana)", "Ana", Name),
            ("[@ana](https://example.com/ana)", "@ana", Handle),
            ("ana@example.com", "ana@example.com", Mail),
            ("<ana@example.com>", "ana@example.com", Mail),
            ("Ana Li <ana@example.com>", "Ana Li", Name),
            ("team-x", "team-x", Team),
            ("@org/storage", "@org/storage", Team),
            ("Platform team", "Platform team", Team),
            ("SRE", "SRE", Team),
            ("oncall", "oncall", Team),
            ("TBD", "TBD", Nobody),
            ("?", "?", Nobody),
            ("-", "-", Nobody),
            ("—", "—", Nobody),
            ("n/a", "n/a", Nobody),
            ("None", "None", Nobody),
            ("someone", "someone", Nobody),
            ("@unassigned", "@unassigned", Nobody),
            ("PagerDuty", "PagerDuty", Bot),
            ("deploy-bot", "deploy-bot", Bot),
            ("renovate[bot]", "renovate[bot]", Bot),
        ] {
            assert_eq!(names(text), [(name, kind)], "{text}");
        }
    }

    #[test]
    fn several_names_are_told_apart() {
        for (text, expected) in [
            ("", vec![]),
            (" , ", vec![]),
            ("@ana, @bo", vec!["@ana", "@bo"]),
            ("@ana; @bo", vec!["@ana", "@bo"]),
            ("@ana/@bo", vec!["@ana", "@bo"]),
            ("@ana / Bo", vec!["@ana", "Bo"]),
            ("Ana Li and Bo Berg", vec!["Ana Li", "Bo Berg"]),
            ("Ana & Bo + Cy", vec!["Ana", "Bo", "Cy"]),
            ("Ana<br>Bo<br/>Cy", vec!["Ana", "Bo", "Cy"]),
            ("Ana Li (SRE, on call), @bo", vec!["Ana Li", "@bo"]),
            ("[Ana, the lead](x), [Bo](y)", vec!["Ana, the lead", "Bo"]),
            ("Ana Anderson", vec!["Ana Anderson"]),
            ("R&D", vec!["R&D"]),
            ("é, ü", vec!["é", "ü"]),
        ] {
            let found: Vec<_> = people(text).into_iter().map(|person| person.name).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn notes_and_links_are_kept() {
        let found = people("Ana Li (SRE), [Bo](https://b.c) (lead), Cy <cy@b.c>");
        let told: Vec<_> = found.iter().map(|person| (person.note, person.target)).collect();
        assert_eq!(told, [(Some("SRE"), None), (Some("lead"), Some("https://b.c")), (None, Some("cy@b.c"))]);
    }

    #[test]
    fn the_key_is_the_same_however_it_is_written() {
        let key = |text| people(text).first().map(Person::key);
        assert_eq!(key("@Ana"), key("ana"));
        assert_eq!(key("Ana  LI"), Some("ana li".to_owned()));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic_and_spans_are_its_own(
            text in "(@|ana|Bo|[,;()\\[\\]<>/&+*_.é -]| and |<br>|https://a\\.b|team){0,12}|\\PC*"
        ) {
            for person in people(&text) {
                prop_assert_eq!(&text[person.span.clone()], person.name);
            }
        }
    }
}
