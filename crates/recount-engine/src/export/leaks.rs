//! What a public export must not hold, and where a text holds it.
//!
//! One search serves twice: the derivation takes out what it finds in the document, and what is found in the final
//! text of an export, in whatever format, refuses it. What does not live here: what a public export is made of.

mod shown;

use std::fmt;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use crate::config::Config;
use crate::document::Document;
use crate::document::template::FieldId;
use crate::document::value::person::{self, PersonKind};
use crate::evidence::redact::{self, Class};

pub(super) use shown::{of_html, of_json, of_markdown};

/// What kind of thing must not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeakKind {
    /// The name of a person.
    Person,
    /// A handle: `@ana`.
    Handle,
    /// A mail address.
    Mail,
    /// The ID of a person or a channel in Slack.
    SlackId,
    /// The name of a team.
    Team,
    /// The name of an alert.
    Alert,
    /// A link to a server that is not listed as public.
    Link,
    /// A host of an internal domain.
    Host,
    /// An address of a private network.
    Address,
    /// A name that the configuration keeps internal.
    Name,
    /// A password, a key, a token.
    Secret,
}

impl LeakKind {
    /// What it is, with its article.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "the name of a person",
            Self::Handle => "a handle",
            Self::Mail => "a mail address",
            Self::SlackId => "a Slack ID",
            Self::Team => "the name of a team",
            Self::Alert => "the name of an alert",
            Self::Link => "a link to a server that is not listed as public",
            Self::Host => "an internal host",
            Self::Address => "an address of a private network",
            Self::Name => "an internal name",
            Self::Secret => "a secret",
        }
    }

    /// What a reader may know instead.
    pub(super) fn instead(self) -> &'static str {
        match self {
            Self::Person | Self::Handle => "an engineer",
            Self::Team => "the responsible team",
            Self::Alert => "an alert",
            Self::Host | Self::Address | Self::Name => "an internal system",
            Self::Mail | Self::SlackId | Self::Link => "(removed)",
            Self::Secret => redact::REDACTED,
        }
    }
}

impl fmt::Display for LeakKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Something in an export that must not be there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Leak {
    /// What it is.
    pub kind: LeakKind,
    /// Its words; of a secret only the beginning.
    pub text: String,
    /// The line of the shown text that it stands in, shortened; a secret is masked in it.
    pub line: String,
}

/// A word that is looked for.
struct Term {
    kind: LeakKind,
    /// As it must be written; none where case does not matter.
    exactly: Option<String>,
    /// Whether a hyphen beside it makes it part of another word.
    hyphens_join: bool,
}

/// Everything that a library keeps to itself.
pub struct Vocabulary {
    automaton: Option<AhoCorasick>,
    terms: Vec<Term>,
    /// Internal domains, in lower case.
    domains: Vec<String>,
    /// Names with `*` in them, in lower case.
    patterns: Vec<String>,
    /// Servers that links may lead to, in lower case.
    public: Vec<String>,
}

/// First names that are words: alone they name nobody.
const WORDS: &[&str] = &[
    "Art", "Bill", "Chase", "Dash", "Drew", "Faith", "Frank", "Grace", "Grant", "Hope", "June", "Lane",
    "Mark", "May", "Page", "Pat", "Rich", "Rob", "Rose", "Sky", "Sue", "Will",
];

/// Ends of host names that lead nowhere from outside.
const INTERNAL_ENDS: &[&str] = &[
    ".internal",
    ".corp",
    ".local",
    ".lan",
    ".intranet",
    ".localdomain",
    ".home.arpa",
    ".priv",
    ".private",
    ".svc",
];

impl Vocabulary {
    /// Collects it from the configuration, and from the document that an export is made of.
    pub fn new(config: &Config, document: &Document) -> Self {
        let mut builder = Builder { words: Vec::new(), terms: Vec::new() };
        for person in &config.people {
            builder.person(&person.name);
            builder.handle(&person.handle);
            for mail in &person.mail {
                builder.add(mail, LeakKind::Mail, false, false);
            }
            if let Some(slack) = &person.slack {
                builder.add(slack, LeakKind::SlackId, false, false);
            }
        }
        builder.people_of(config, document);
        let teams = config.library.teams.iter();
        let teams = teams.chain(config.people.iter().filter_map(|person| person.team.as_ref()));
        for team in teams.chain(config.services.iter().filter_map(|service| service.owner.as_ref())) {
            // `payments` is a team, a service and a word; `team-payments` is a team.
            if config.service(team).is_none() && team.contains(|ch: char| !ch.is_alphabetic()) {
                builder.add(team.trim_start_matches('@'), LeakKind::Team, false, false);
            }
        }
        for span in document.field_values(FieldId::AlertNames) {
            for word in document.slice(span).split(|ch: char| !ch.is_alphanumeric() && ch != '_') {
                let is_joined =
                    word.char_indices().any(|(at, ch)| at > 0 && (ch.is_uppercase() || ch == '_'));
                if word.len() >= 6 && is_joined && word.contains(char::is_lowercase) {
                    builder.add(word, LeakKind::Alert, false, false);
                }
            }
        }
        let export = &config.export;
        let (patterns, names): (Vec<&String>, Vec<&String>) =
            export.internal_names.iter().partition(|name| name.contains('*'));
        for name in names {
            builder.add(name, LeakKind::Name, false, false);
        }
        let evidence = &config.evidence;
        let servers = [
            &evidence.slack_workspace,
            &evidence.mattermost,
            &evidence.prometheus.url,
            &evidence.grafana.url,
        ];
        let servers = servers.into_iter().flatten().filter_map(|url| host_of(url).map(str::to_owned));
        let domains = export.internal_domains.iter().cloned().chain(servers);
        let domain = |domain: String| domain.trim_start_matches(['*', '.']).to_lowercase();
        let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(&builder.words);
        Self {
            // Names of a configuration that are too many for an automaton would refuse every export.
            automaton: automaton.ok(),
            terms: builder.terms,
            domains: domains.map(domain).filter(|domain| !domain.is_empty()).collect(),
            patterns: patterns.into_iter().map(|pattern| pattern.to_lowercase()).collect(),
            public: export
                .public_domains
                .iter()
                .cloned()
                .map(domain)
                .filter(|domain| !domain.is_empty())
                .collect(),
        }
    }

    /// Whether links to this address may stand in a public export.
    pub fn is_public(&self, address: &str) -> bool {
        host_of(address).is_some_and(|host| {
            let host = host.to_lowercase();
            self.public.iter().any(|domain| is_within(&host, domain))
        })
    }

    /// What of `text` must not be told, by position, without overlaps: of two that overlap the one that begins first
    /// stays, then the longer one.
    pub fn find(&self, text: &str) -> Vec<(Range<usize>, LeakKind)> {
        let mut found = Vec::new();
        self.terms_in(text, &mut found);
        for hit in redact::find(text) {
            let kind = if hit.detector.class == Class::Secret { LeakKind::Secret } else { LeakKind::Mail };
            found.push((hit.span, kind));
        }
        handles_in(text, &mut found);
        self.links_in(text, &mut found);
        self.names_in(text, &mut found);
        found.sort_by_key(|(span, kind)| (span.start, std::cmp::Reverse(span.end), *kind));
        let mut end = 0;
        found.retain(|(span, _)| {
            let is_next = span.start >= end;
            if is_next {
                end = span.end;
            }
            is_next
        });
        found
    }

    /// Refuses a text that holds anything.
    pub(super) fn scan(&self, text: &str, leaks: &mut Vec<Leak>) {
        // Nobody sees them, and they part words for a search.
        let is_hidden = |ch: char| matches!(ch, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
        let text = &text.replace(is_hidden, "");
        for (span, kind) in self.find(text) {
            let shown = |text: &str| redact::redact(text).chars().take(160).collect::<String>();
            let start = text[..span.start].rfind('\n').map_or(0, |end| end + 1);
            let end = text[span.end..].find('\n').map_or(text.len(), |end| span.end + end);
            let words = &text[span];
            let leak = Leak {
                kind,
                text: if kind == LeakKind::Secret { redact::mask(words) } else { words.to_owned() },
                line: shown(text[start..end].trim()),
            };
            if !leaks.contains(&leak) {
                leaks.push(leak);
            }
        }
        if self.automaton.is_none() && !self.terms.is_empty() && leaks.is_empty() {
            let text = "the configured names could not be looked for".to_owned();
            leaks.push(Leak { kind: LeakKind::Name, line: text.clone(), text });
        }
    }

    fn terms_in(&self, text: &str, found: &mut Vec<(Range<usize>, LeakKind)>) {
        let Some(automaton) = &self.automaton else { return };
        for hit in automaton.find_overlapping_iter(text) {
            let (term, span) = (&self.terms[hit.pattern().as_usize()], hit.range());
            let joins = |ch: char| ch.is_alphanumeric() || term.hyphens_join && matches!(ch, '-' | '_');
            let is_word = !text[..span.start].ends_with(joins) && !text[span.end..].starts_with(joins);
            let is_exact = term.exactly.as_ref().is_none_or(|exactly| text[span.clone()] == **exactly);
            if is_word && is_exact {
                found.push((span, term.kind));
            }
        }
    }

    /// Every address with a scheme that leads to a server which is not public.
    fn links_in(&self, text: &str, found: &mut Vec<(Range<usize>, LeakKind)>) {
        for at in memchr::memmem::find_iter(text.as_bytes(), b"://") {
            let scheme = text[..at]
                .bytes()
                .rev()
                .take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
            let start = at - scheme.take(20).count();
            let is_end = |ch: char| ch.is_whitespace() || "<>\"'`|)]}".contains(ch);
            let end = text[at + 3..].find(is_end).map_or(text.len(), |length| at + 3 + length);
            let end = start + text[start..end].trim_end_matches(['.', ',', ';', ':', '!', '?']).len();
            if start < at && end > at && !self.is_public(&text[start..end]) {
                found.push((start..end, LeakKind::Link));
            }
        }
    }

    /// Hosts, private addresses, IDs and names by pattern: whatever stands between blanks and punctuation.
    fn names_in(&self, text: &str, found: &mut Vec<(Range<usize>, LeakKind)>) {
        let bytes = text.as_bytes();
        let is_of_name =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') || byte >= 0x80;
        let mut at = 0;
        while at < bytes.len() {
            if !is_of_name(bytes[at]) {
                at += 1;
                continue;
            }
            let length = bytes[at..].iter().take_while(|byte| is_of_name(**byte)).count();
            let run = &text[at..at + length];
            let trimmed = run.trim_matches(['.', '-', '_']);
            if trimmed.len() >= 2
                && let Some(kind) = self.kind_of(trimmed)
            {
                let start = at + run.len() - run.trim_start_matches(['.', '-', '_']).len();
                found.push((start..start + trimmed.len(), kind));
            }
            at += length;
        }
    }

    fn kind_of(&self, name: &str) -> Option<LeakKind> {
        if is_slack_id(name) {
            return Some(LeakKind::SlackId);
        }
        if is_private_address(name) {
            return Some(LeakKind::Address);
        }
        let may_be_host =
            name.contains('.') && (!self.domains.is_empty() || name.contains(char::is_alphabetic));
        if !may_be_host && self.patterns.is_empty() {
            return None;
        }
        let name = name.to_lowercase();
        let ends = INTERNAL_ENDS.iter().any(|end| name.len() > end.len() && name.ends_with(end));
        let is_in = |domains: &[String]| domains.iter().any(|domain| is_within(&name, domain));
        if ends || is_in(&self.domains) && !is_in(&self.public) {
            return Some(LeakKind::Host);
        }
        self.patterns.iter().any(|pattern| matches(pattern, &name)).then_some(LeakKind::Name)
    }
}

struct Builder {
    words: Vec<String>,
    terms: Vec<Term>,
}

impl Builder {
    fn add(&mut self, word: &str, kind: LeakKind, exactly: bool, hyphens_join: bool) {
        let word = word.trim();
        if word.chars().count() < 2 {
            return;
        }
        let mut push = |word: String| {
            let exactly = exactly.then(|| word.clone());
            self.terms.push(Term { kind, exactly, hyphens_join });
            self.words.push(word);
        };
        push(word.to_owned());
        if !word.is_ascii() && !exactly {
            // The search knows upper and lower case of ASCII alone.
            push(word.to_lowercase());
            push(word.to_uppercase());
        }
    }

    /// A name, and each part of it that names somebody alone.
    fn person(&mut self, name: &str) {
        self.add(name, LeakKind::Person, false, false);
        let parts: Vec<&str> = name.split_whitespace().collect();
        if parts.len() > 1 {
            // As accounts and addresses have it.
            for joint in [".", "_", "-", ""] {
                self.add(&parts.join(joint), LeakKind::Person, false, false);
            }
        }
        for part in &parts {
            let names_somebody =
                part.chars().count() >= 3 && part.starts_with(char::is_uppercase) && !WORDS.contains(part);
            if parts.len() > 1 && names_somebody {
                self.add(part, LeakKind::Person, true, false);
            }
        }
    }

    fn handle(&mut self, handle: &str) {
        let bare = handle.trim_start_matches('@');
        self.add(&format!("@{bare}"), LeakKind::Handle, false, false);
        let is_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(bare));
        if bare.chars().count() >= 3 && !is_word {
            self.add(bare, LeakKind::Handle, true, true);
        }
    }

    /// Who acts in the timeline, owns an item or reviewed the document.
    fn people_of(&mut self, config: &Config, document: &Document) {
        let mut add = |text: &str, is_owner: bool| {
            for person in person::people(text) {
                let is_full = person.name.split_whitespace().count() > 1
                    && person.name.split_whitespace().all(|word| word.starts_with(char::is_uppercase));
                let is_known = config.service(person.name).is_some() || config.is_team(person.name);
                match person.kind {
                    PersonKind::Handle => self.handle(person.name),
                    PersonKind::Mail => self.add(person.name, LeakKind::Mail, false, false),
                    PersonKind::Name if is_full && !is_known => self.person(person.name),
                    // A single name in the timeline may be a system.
                    PersonKind::Name if is_owner && !is_known && !WORDS.contains(&person.name) => {
                        self.add(person.name, LeakKind::Person, true, true);
                    }
                    _ => {}
                }
            }
        };
        let text = |cell: Option<crate::document::Cell>| cell.map_or("", |cell| document.slice(cell.span));
        for row in document.timeline_rows() {
            add(text(row.actor), false);
        }
        for item in document.action_items() {
            add(text(item.owner), true);
        }
        for name in &document.front_matter().reviewed_by {
            add(name, true);
        }
    }
}

/// Any handle, whether somebody of that name is known or not.
fn handles_in(text: &str, found: &mut Vec<(Range<usize>, LeakKind)>) {
    for at in memchr::memchr_iter(b'@', text.as_bytes()) {
        let is_inside = text[..at].ends_with(|ch: char| ch.is_alphanumeric() || "._%+-@/".contains(ch));
        let name = text[at + 1..].find(|ch: char| !ch.is_alphanumeric() && !"_.-/".contains(ch));
        let name = &text[at + 1..name.map_or(text.len(), |length| at + 1 + length)];
        let name = name.trim_end_matches(['.', '-', '/', '_']);
        if !is_inside && name.starts_with(char::is_alphabetic) {
            found.push((at..at + 1 + name.len(), LeakKind::Handle));
        }
    }
}

/// `U04ANAR7K`, `C02OPS4L2K`.
fn is_slack_id(name: &str) -> bool {
    let bytes = name.as_bytes();
    (9..=11).contains(&bytes.len())
        && b"UWCDGTB".contains(&bytes[0])
        && bytes[1] == b'0'
        && bytes[1..].iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && bytes[2..].iter().any(u8::is_ascii_uppercase)
}

/// `10.1.2.3`, `172.16.0.1`, `192.168.0.1`, `169.254.1.1`, and the names that clouds make of them: `ip-10-1-2-3`.
fn is_private_address(name: &str) -> bool {
    let dashed = name.get(..3).filter(|start| start.eq_ignore_ascii_case("ip-")).and_then(|_| name.get(3..));
    let mut parts = match dashed {
        Some(rest) => rest.split(['-', '.']),
        None => name.split(['.', '.']),
    };
    let mut next = || parts.next().filter(|part| (1..=3).contains(&part.len()))?.parse::<u8>().ok();
    let (Some(a), Some(b), Some(_), Some(_)) = (next(), next(), next(), next()) else { return false };
    let is_all = dashed.is_some() || name.split('.').count() == 4;
    is_all && matches!((a, b), (10, _) | (172, 16..=31) | (192, 168) | (169, 254))
}

/// The server of an address.
fn host_of(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    Some(host.split(':').next().unwrap_or(host)).filter(|host| !host.is_empty())
}

/// Whether a host is a domain or in it.
fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether a pattern in which `*` stands for anything is the whole of `name`.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(part) = last.replace(part) {
            let Some((_, after)) = rest.split_once(part) else { return false };
            rest = after;
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_kind_is_found_and_nothing_else_is() {
        let config = Config::from_toml(
            "[library]\nteams = [\"team-x\", \"platform\"]\n[[people]]\nhandle = \"@ana\"\nname = \"Ana Ribeiro\"\n\
             mail = [\"ana@a.example\"]\nslack = \"U04ANAR7K\"\n[[people]]\nhandle = \"@will\"\nname = \"Will Smithers\"\n\
             [export]\npublic-domains = [\"status.a.example\"]\ninternal-domains = [\"*.corp.example\"]\n\
             internal-names = [\"Bluefin\", \"db-*-prod\"]\n",
        )
        .unwrap();
        let document = Document::parse(
            b"# T\n\n## Detection\n\n- **How was it detected**:\n  - Alert name(s): `HighErrorRate`\n",
        );
        let vocabulary = Vocabulary::new(&config, &document);
        for (text, expected) in [
            ("seen by Ana Ribeiro today", vec![("Ana Ribeiro", LeakKind::Person)]),
            ("Ribeiro saw it", vec![("Ribeiro", LeakKind::Person)]),
            ("ANA RIBEIRO", vec![("ANA RIBEIRO", LeakKind::Person)]),
            ("Anaconda, Will it work?", vec![]),
            ("ana and @bob/x", vec![("ana", LeakKind::Handle), ("@bob/x", LeakKind::Handle)]),
            ("write to ana@a.example", vec![("ana@a.example", LeakKind::Mail)]),
            ("write to x.y@b.example", vec![("x.y@b.example", LeakKind::Mail)]),
            (
                "<U04ANAR7K> in C02OPS4L2K",
                vec![("U04ANAR7K", LeakKind::SlackId), ("C02OPS4L2K", LeakKind::SlackId)],
            ),
            ("team-x of the platform", vec![("team-x", LeakKind::Team)]),
            ("HighErrorRate fired", vec![("HighErrorRate", LeakKind::Alert)]),
            ("see https://git.corp.example/x.", vec![("https://git.corp.example/x", LeakKind::Link)]),
            ("see https://status.a.example/x", vec![]),
            (
                "by ana.ribeiro and Ana_Ribeiro",
                vec![("ana.ribeiro", LeakKind::Person), ("Ana_Ribeiro", LeakKind::Person)],
            ),
            ("on git.corp.example", vec![("git.corp.example", LeakKind::Host)]),
            ("on db1.eu.internal.", vec![("db1.eu.internal", LeakKind::Host)]),
            ("an internal host, the local time", vec![]),
            (
                "10.0.3.4 and 172.20.1.1 and 8.8.8.8",
                vec![("10.0.3.4", LeakKind::Address), ("172.20.1.1", LeakKind::Address)],
            ),
            ("ip-10-0-3-4.eu", vec![("ip-10-0-3-4.eu", LeakKind::Address)]),
            ("version 10.2.1", vec![]),
            (
                "bluefin and db-7-prod, not db-7-test",
                vec![("bluefin", LeakKind::Name), ("db-7-prod", LeakKind::Name)],
            ),
            (
                "https://status.a.example/?token=abcdef0123456789",
                vec![("abcdef0123456789", LeakKind::Secret)],
            ),
            ("12% at 14:02, p99 of 3.1 s", vec![]),
        ] {
            let found: Vec<_> =
                vocabulary.find(text).into_iter().map(|(span, kind)| (&text[span], kind)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, is) in [
            ("db-*", "db-1", true),
            ("db-*", "xdb-1", false),
            ("*-db", "a-db", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "a1c", false),
            ("*", "x", true),
        ] {
            assert_eq!(matches(pattern, name), is, "{pattern} {name}");
        }
    }
}
