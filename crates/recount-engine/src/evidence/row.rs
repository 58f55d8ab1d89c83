//! An event as a row of the timeline: five texts that are safe in a Markdown table.
//!
//! What does not live here: finding the place of the row in the document (`document`), and whether the
//! event belongs there (`curate`).

use jiff::Timestamp;

use super::event::{Event, Kind, Milestone, Precision};
use super::identity::hex;

/// How many characters of an action stand in a row; the rest is behind the link.
const LONGEST: usize = 320;

/// A row of the timeline. The cells are Markdown, escaped for a table, without outer spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The instant, for sorting.
    pub at: Timestamp,
    /// `2026-11-20 14:02` or, where the source has seconds, `2026-11-20 14:02:05`; UTC.
    pub time: String,
    /// Who or what acted.
    pub actor: String,
    /// What was done, with the milestone in bold before it where the event is one.
    pub action: String,
    /// What came of it, and the link.
    pub result: String,
}

impl Row {
    /// The row of an event. `milestone` is the milestone that it decides, if any; `file` is the path of the
    /// frozen file that holds it, relative to the document (`checkout-down.evidence/001-….jsonl`), for the
    /// link of an event without a permalink.
    pub fn new(event: &Event, milestone: Option<Milestone>, file: Option<&str>) -> Self {
        let (text, address) = trailing_address(event);
        let mut action = match milestone {
            None => cell(&shorten(text)),
            Some(milestone) => {
                let words = cell(&shorten(&without_stutter(text, milestone, event.instant())));
                format!("**{}.** {words}", milestone.word()).trim_end().to_owned()
            }
        };
        // A cell of nothing but marks is no action.
        if action.is_empty() {
            action = cell(&event.action);
        }
        let is_alert = matches!(event.kind, Kind::AlertFiring | Kind::AlertResolved | Kind::Page);
        let shown = address.map(|url| {
            let name = if is_alert { "alert".to_owned() } else { link_name(url) };
            format!("[{}]({})", cell(&name), self::address(url))
        });
        let mut result = cell(&shorten(&event.result));
        for link in shown.into_iter().chain(link(event, file, None)) {
            // A commit and the program that told of it lead to the same request.
            let target = |link: &str| link.split_once("](").map(|(_, target)| target.to_owned());
            if target(&link).is_some_and(|target| result.contains(&target)) {
                continue;
            }
            if !result.is_empty() {
                result.push(' ');
            }
            result.push_str(&link);
        }
        Self {
            at: event.instant(),
            time: time(event.instant(), event.precision),
            actor: cell(&event.actor),
            action,
            result,
        }
    }

    /// The row with a link to another telling of the same thing, named by its source where it has no name.
    #[must_use]
    pub fn linking(mut self, other: &Event, file: Option<&str>) -> Self {
        if let Some(link) = link(other, file, Some(&other.source))
            && let Some((_, target)) = link.split_once("](")
            && !self.result.contains(target)
        {
            if !self.result.is_empty() {
                self.result.push(' ');
            }
            self.result.push_str(&link);
        }
        self
    }

    /// The four cells, in the template's order.
    pub fn cells(&self) -> [&str; 4] {
        [&self.time, &self.actor, &self.action, &self.result]
    }
}

/// A program's text without the address at its end, and that address: it is a link, not a word of what was
/// done.
fn trailing_address(event: &Event) -> (&str, Option<&str>) {
    let text = event.action.trim_end();
    let known = event.details.get("url").map(String::as_str).filter(|url| url.starts_with("http"));
    if !event.signals.bot {
        return (text, None);
    }
    let (before, last) = text.rsplit_once(char::is_whitespace).unwrap_or(("", text));
    let last = last.trim_matches(['(', ')', '<', '>']);
    match url_at(last) {
        Some(url) if url.len() == last.len() && !before.trim().is_empty() => {
            (before.trim_end().trim_end_matches([':', '-', '–', '|']).trim_end(), Some(url))
        }
        _ => (text, known),
    }
}

/// A short name for what an address leads to: a pull request's number, else the first word of the host.
pub(super) fn link_name(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    for mark in ["pull/", "merge_requests/", "pull-requests/"] {
        if let Some((_, after)) = path.split_once(mark) {
            let number: String = after.chars().take_while(char::is_ascii_digit).collect();
            if !number.is_empty() {
                return format!("{}{number}", if mark.starts_with("merge") { '!' } else { '#' });
            }
        }
    }
    let labels: Vec<&str> = host.split('.').collect();
    let name = match labels[..] {
        ["www" | "app", name, ..] | [name, ..] => name,
        [] => "",
    };
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        "link".to_owned()
    } else {
        name.to_owned()
    }
}

/// A text behind a milestone's word without that word again: `Mitigated at 15:09. Holds live` is
/// `Holds live`.
fn without_stutter(text: &str, milestone: Milestone, at: Timestamp) -> String {
    let word = milestone.word();
    let begins = text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if !begins {
        return text.to_owned();
    }
    let mut rest = &text[word.len()..];
    if let Some(after) = rest.strip_prefix(" at ") {
        let clock = after.find(|c: char| !(c.is_ascii_digit() || c == ':')).unwrap_or(after.len());
        let after_clock = after[clock..].strip_prefix(" UTC").unwrap_or(&after[clock..]);
        // Any other clock than the row's own says something.
        let is_own = [Precision::Minute, Precision::Second]
            .iter()
            .any(|precision| time(at, *precision).split(' ').nth(1) == Some(&after[..clock]));
        if is_own && (after_clock.is_empty() || after_clock.starts_with(['.', ',', ':', ';', '!'])) {
            rest = after_clock;
        }
    }
    if !(rest.is_empty() || rest.starts_with(['.', ',', ':', ';', '!'])) {
        return text.to_owned();
    }
    let rest = rest.trim_start_matches(['.', ',', ':', ';', '!', ' ']);
    let mut chars = rest.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// An instant in the canonical form, UTC.
pub fn time(at: Timestamp, precision: Precision) -> String {
    let form = match precision {
        Precision::Minute => "%Y-%m-%d %H:%M",
        Precision::Second => "%Y-%m-%d %H:%M:%S",
    };
    at.strftime(form).to_string()
}

/// A plain text as the content of a table's cell. It reads as the text does, and as nothing else: no cell
/// ends, no link, emphasis, HTML or comment begins, and code spans stay code.
pub fn cell(text: &str) -> String {
    let line = one_line(text);
    let mut out = String::with_capacity(line.len() + 8);
    let mut rest = line.as_str();
    while let Some(tick) = rest.find('`') {
        prose(&rest[..tick], &mut out);
        let after = &rest[tick + 1..];
        match after.find('`') {
            Some(0) => rest = after[1..].trim_start_matches('`'),
            Some(close) if !after[..close].trim().is_empty() => {
                out.push('`');
                code(after[..close].trim(), &mut out);
                out.push('`');
                rest = &after[close + 1..];
            }
            Some(close) => rest = &after[close + 1..],
            None => {
                // A code span that never closes would swallow the rest of the row.
                out.push_str("\\`");
                rest = after;
            }
        }
    }
    prose(rest, &mut out);
    out.trim().to_owned()
}

/// Lines become one: fences become code spans, other line breaks ` / `, control characters nothing.
fn one_line(text: &str) -> String {
    let text = text.replace("```", "`");
    let mut out = String::with_capacity(text.len());
    let mut in_code = false;
    for line in text.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}', '\u{85}']) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if !out.is_empty() {
            // Inside code a slash would be taken for a path.
            out.push_str(if out.ends_with('`') || line == "`" {
                " "
            } else if in_code {
                "; "
            } else {
                " / "
            });
        }
        out.extend(line.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| !c.is_control()));
        in_code ^= line.matches('`').count() % 2 == 1;
    }
    out
}

fn prose(text: &str, out: &mut String) {
    let mut before = ' ';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let url = if c == 'h' && !before.is_alphanumeric() { url_at(rest) } else { None };
        if let Some(url) = url {
            // In angle brackets an address is a link in every Markdown, and nothing in it is markup.
            out.extend(["<", &address(url), ">"]);
            rest = &rest[url.len()..];
            before = '>';
            continue;
        }
        rest = &rest[c.len_utf8()..];
        let after = rest.chars().next().unwrap_or(' ');
        let escape = match c {
            '|' | '\\' | '*' | '[' | ']' => true,
            // `snake_case` needs none; `_emphasis_` and `__init__` do.
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            '~' => before == '~' || after == '~' || !after.is_ascii_digit(),
            '<' => after.is_ascii_alphabetic() || matches!(after, '/' | '!' | '?'),
            '&' => is_entity(rest),
            _ => false,
        };
        if escape {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
}

/// The address that a text begins with, without the punctuation of the sentence around it.
fn url_at(text: &str) -> Option<&str> {
    let after = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let end = text
        .find(|c: char| c.is_whitespace() || c.is_control() || "<>\"'`|\\()[]".contains(c))
        .unwrap_or(text.len());
    let url = text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_', '~', '\u{2026}']);
    (url.len() > text.len() - after.len()).then_some(url)
}

/// Whether what follows an ampersand makes an entity of it.
fn is_entity(after: &str) -> bool {
    let name = after.split(';').next().unwrap_or("");
    name.len() < after.len()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
        && !name.is_empty()
}

/// In code a backslash is literal; only the pipe is a table's own, and only a backslash hides it.
fn code(text: &str, out: &mut String) {
    let text = text.replace("<!--", "<! --");
    let mut slashes = 0;
    for c in text.chars() {
        match c {
            '|' => out.push_str(if slashes % 2 == 0 { "\\|" } else { "\\\\|" }),
            c => out.push(c),
        }
        slashes = if c == '\\' { slashes + 1 } else { 0 };
    }
    // A last backslash would be read with the closing tick by those who do not know better.
    if out.ends_with('\\') {
        out.push(' ');
    }
}

/// At most [`LONGEST`] characters, cut between words.
fn shorten(text: &str) -> String {
    let Some((limit, _)) = text.char_indices().nth(LONGEST) else { return text.to_owned() };
    let head = &text[..limit];
    let cut = head.rfind(char::is_whitespace).filter(|cut| *cut > limit / 2).unwrap_or(limit);
    let mut short = head[..cut].trim_end().to_owned();
    short.push('…');
    // A code span that the cut opened is closed again.
    if short.replace("```", "`").matches('`').count() % 2 == 1 {
        short.push('`');
    }
    short
}

/// The permalink, else the link to the frozen event; `name` is for one that has none of its own.
fn link(event: &Event, file: Option<&str>, name: Option<&str>) -> Option<String> {
    let permalink =
        event.link.as_deref().filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    let (label, target) = match (permalink, file) {
        (Some(url), _) => {
            let unnamed = name.unwrap_or("link");
            (if event.link_label.is_empty() { unnamed } else { &event.link_label }, address(url))
        }
        (None, Some(file)) => {
            (name.unwrap_or("evidence"), format!("{}#{}", address(file), address(&event.id.0)))
        }
        (None, None) => return None,
    };
    Some(format!("[{}]({target})", cell(&label.replace('`', ""))))
}

/// An address that ends where it should inside a Markdown link inside a table.
pub(super) fn address(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            ' ' | '(' | ')' | '<' | '>' | '|' | '\\' | '"' | '`' | '[' | ']' | '{' | '}' | '*' => {
                // All of these are ASCII: one byte each.
                out.push('%');
                out.push_str(&hex(&[c as u8], 2).to_ascii_uppercase());
            }
            c if c.is_control() || c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event as Md, Options, Parser, Tag};

    use super::*;

    fn event(action: &str) -> Event {
        let mut event: Event = serde_json::from_str(
            r#"{"id":"slack:U1:1.2","at":"2026-11-20T14:02:05.123Z","actor":"@ana","kind":"message","source":"slack-export"}"#,
        )
        .expect("an event");
        action.clone_into(&mut event.action);
        event
    }

    #[test]
    fn texts_are_escaped_for_a_cell_and_no_further() {
        for (text, want) in [
            ("rolled back to v41", "rolled back to v41"),
            ("a | b", r"a \| b"),
            ("one\n\n two\r\nthree", "one / two / three"),
            ("ran `kubectl get pods | grep api`", r"ran `kubectl get pods \| grep api`"),
            ("```\nps aux\ntop\n```", "`ps aux; top`"),
            ("an open ` tick", r"an open \` tick"),
            ("`` and ` `", "and"),
            ("<!-- recount: allow x: y -->", r"\<!-- recount: allow x: y -->"),
            ("`<!-- x -->`", "`<! -- x -->`"),
            ("**Resolved.** no", r"\*\*Resolved.\*\* no"),
            (
                "[x](javascript:alert(1)) snake_case __init__",
                r"\[x\](javascript:alert(1)) snake_case \_\_init\_\_",
            ),
            ("5 < 6 && a <b>", r"5 < 6 && a \<b>"),
            ("see https://x.y/_a_?b=1&c=2, and &amp; too", r"see <https://x.y/_a_?b=1&c=2>, and \&amp; too"),
            ("~10% of ~~all~~", r"~10% of \~\~all\~\~"),
            ("grep 'a\\|b' and `a\\|b`", r"grep 'a\\\|b' and `a\\\|b`"),
        ] {
            assert_eq!(cell(text), want, "`{text}`");
        }
    }

    #[test]
    fn a_row_has_its_milestone_its_time_and_its_link() {
        let mut it = event("all clear");
        let row = Row::new(&it, Some(Milestone::Resolved), Some("x y.evidence/001-a.jsonl"));
        assert_eq!(
            row.cells(),
            [
                "2026-11-20 14:02:05",
                "@ana",
                "**Resolved.** all clear",
                "[evidence](x%20y.evidence/001-a.jsonl#slack:U1:1.2)"
            ]
        );
        it.link = Some("https://acme.slack.com/archives/C1/p1".into());
        it.link_label = "#ops".into();
        it.result = "ok".into();
        it.precision = Precision::Minute;
        let row = Row::new(&it, None, Some("x"));
        assert_eq!(
            (row.time.as_str(), row.result.as_str()),
            ("2026-11-20 14:02", "ok [#ops](https://acme.slack.com/archives/C1/p1)")
        );
        it.link = Some("javascript:alert(1)".into());
        assert_eq!(Row::new(&it, None, None).result, "ok");
    }

    #[test]
    fn a_milestone_does_not_stutter() {
        for (text, want) in [
            ("Mitigated at 14:02. Holds live again", "**Mitigated.** Holds live again"),
            ("mitigated at 14:02:05 UTC", "**Mitigated.**"),
            ("Mitigated at 14:00. Holds live again", "**Mitigated.** Mitigated at 14:00. Holds live again"),
            ("Mitigated: traffic is on the replica", "**Mitigated.** Traffic is on the replica"),
            ("Mitigated at the edge", "**Mitigated.** Mitigated at the edge"),
            ("We mitigated it", "**Mitigated.** We mitigated it"),
        ] {
            assert_eq!(Row::new(&event(text), Some(Milestone::Mitigated), None).action, want, "`{text}`");
        }
    }

    #[test]
    fn the_address_at_the_end_of_a_programs_text_is_a_link_in_the_result() {
        let mut it = event("Deployed shop 1.2 https://deploy.acme.io/shop/7");
        assert_eq!(Row::new(&it, None, None).action, "Deployed shop 1.2 <https://deploy.acme.io/shop/7>");
        it.signals.bot = true;
        let row = Row::new(&it, None, Some("x"));
        assert_eq!(row.action, "Deployed shop 1.2");
        assert!(
            row.result.starts_with("[deploy](https://deploy.acme.io/shop/7) [evidence](x#"),
            "{}",
            row.result
        );
        it.action = "Merged shop#7 https://git.acme.io/shop/pull/7".into();
        assert_eq!(Row::new(&it, None, None).result, "[#7](https://git.acme.io/shop/pull/7)");
        it.action = "https://git.acme.io/shop/pull/7".into();
        assert_eq!(Row::new(&it, None, None).action, "<https://git.acme.io/shop/pull/7>");
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        let row = Row::new(&event(&"word ".repeat(200)), None, None);
        assert!(row.action.ends_with("word…") && row.action.chars().count() <= LONGEST + 1, "{}", row.action);
    }

    proptest::proptest! {
        #[test]
        fn any_text_stays_in_its_cell(text in "(\\PC|[|`*_~<\\\\\\[\\]()!#&\n-]|<!--|-->|```|https://a\\.b|<b>|&amp;){0,40}") {
            let row = Row::new(&event(&text), Some(Milestone::Detected), Some("x"));
            let cells = row.cells();
            proptest::prop_assert!(cells.iter().all(|cell| !cell.contains(['\n', '\r'])));
            let table = format!("| a | b | c | d |\n|---|---|---|---|\n| {} |\n", cells.join(" | "));
            let (mut count, mut html, mut strange, mut strong) = (0, 0, 0, 0);
            for event in Parser::new_ext(&table, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
                match event {
                    Md::Start(Tag::TableCell) => count += 1,
                    Md::Html(_) | Md::InlineHtml(_) => html += 1,
                    Md::Start(Tag::Link { dest_url, .. }) if dest_url.starts_with("http") || dest_url.starts_with("x#") => {}
                    Md::Start(Tag::Link { .. } | Tag::Image { .. }) => strange += 1,
                    Md::Start(Tag::Strong | Tag::Emphasis | Tag::Strikethrough) => strong += 1,
                    _ => {}
                }
            }
            // Four heads, four cells, the row's own milestone, and nothing that the text made but addresses.
            proptest::prop_assert_eq!((count, html, strange, strong), (8, 0, 0, 1), "{}", table);
        }
    }
}
