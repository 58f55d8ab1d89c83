//! The query language of `search`: words, phrases, prefixes, `OR`, exclusion and filters.
//!
//! ```text
//! query   = clause { clause }               all of them
//! clause  = part { "OR" part }              any of them
//! part    = [ "-" ] ( word | word "*" | '"' words '"' | name ":" value )
//! ```
//!
//! `NOT part` is `-part` and `a AND b` is `a b`, as in other search boxes; all three count in capitals alone.
//!
//! Reading never fails: what makes no sense is read as words, and said. What does not live here: how a
//! query is answered ([`super::find`]).

use jiff::civil::Date;
use recount_engine::config::{Config, nearest, plain};
use recount_engine::document::Stage;
use recount_engine::document::template::FieldId;
use recount_engine::document::value::date;
use recount_engine::document::value::severity::Severity;

/// A query that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Every clause must hold; a clause holds where one of its parts does.
    pub(super) clauses: Vec<Vec<Part>>,
    /// What was not understood, each a sentence.
    pub notes: Vec<String>,
    /// Services that are asked for, as typed.
    pub services: Vec<String>,
    /// Owners of action items that are asked for, as typed.
    pub owners: Vec<String>,
}

/// A part of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    /// Whether it must not hold.
    pub(super) not: bool,
    pub(super) what: What,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// Text, in all fields or in one.
    Text {
        text: String,
        form: Form,
        place: Place,
    },
    /// One of these words in a field of words.
    Words(WordField, Vec<String>),
    /// Began on this day or later, or before it.
    After(Date),
    Before(Date),
    /// Has an open action item.
    Open,
    /// Has an open action item that was due before this day.
    Overdue(Date),
}

/// How text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Its words, in any form, where it is one; next to each other where it is several (`eu-west-1`).
    Word,
    /// As it stands.
    Phrase,
    /// What begins with it.
    Prefix,
}

/// Where text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Anywhere,
    Title,
    Cause,
}

/// A field whose words are compared whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordField {
    Id,
    Severity,
    Stage,
    Service,
    Factor,
    Owner,
    Tag,
}

/// The names of the filters, in order.
pub const FILTERS: [&str; 12] = [
    "after", "before", "cause", "factor", "id", "is", "owner", "service", "severity", "stage", "tag", "title",
];
const STATES: [&str; 5] = ["draft", "final", "open", "overdue", "review"];

impl Query {
    /// Reads a query. Names mean what the configuration says; overdue is what was due before `today`.
    pub fn read(text: &str, config: &Config, today: Date) -> Self {
        let mut query = Self::default();
        let mut joins = false;
        let mut not = false;
        for token in tokens(text) {
            match &token {
                Token { quoted: None, text, not: false } if text == "OR" => {
                    joins = !query.clauses.is_empty();
                    continue;
                }
                Token { quoted: None, text, not: false } if text == "AND" => continue,
                Token { quoted: None, text, not: false } if text == "NOT" => {
                    not = !not;
                    continue;
                }
                _ => {}
            }
            let not = std::mem::take(&mut not) != token.not;
            let Some(what) = query.what(&token, config, today) else { continue };
            let part = Part { not, what };
            match query.clauses.last_mut().filter(|_| joins) {
                Some(clause) => clause.push(part),
                None => query.clauses.push(vec![part]),
            }
            joins = false;
        }
        query
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    fn what(&mut self, token: &Token, config: &Config, today: Date) -> Option<What> {
        let text = |text: &str, form, place| {
            let text = text.to_owned();
            Some(What::Text { text, form, place }).filter(|_| token.has_letters())
        };
        if let Some(value) = &token.quoted
            && token.text.is_empty()
        {
            return text(value, Form::Phrase, Place::Anywhere);
        }
        let (name, value) = match (&token.quoted, token.text.split_once(':')) {
            (Some(quoted), Some((name, ""))) => (name, quoted.as_str()),
            (None, Some((name, value))) if !value.starts_with("//") => (name, value),
            _ => ("", token.text.as_str()),
        };
        let lower = name.to_lowercase();
        let in_text = |value: &str, place| match value.strip_suffix('*') {
            _ if token.quoted.is_some() => text(value, Form::Phrase, place),
            Some(begin) if !begin.is_empty() => text(begin, Form::Prefix, place),
            _ => text(value, Form::Word, place),
        };
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic());
        if !is_name {
            return in_text(&token.text, Place::Anywhere);
        }
        if !FILTERS.contains(&lower.as_str()) {
            // `error: timeout` is text; `sevrity:sev1` was meant as a filter.
            let near = nearest(&lower, FILTERS.iter().copied());
            if !value.is_empty() {
                let hint = near.map_or_else(
                    || format!("filters are {}", listed(&FILTERS)),
                    |near| format!("did you mean `{near}:`?"),
                );
                self.notes.push(format!("there is no filter `{name}:`, so it is looked for as text; {hint}"));
            }
            return in_text(&token.text, Place::Anywhere);
        }
        if value.trim().is_empty() {
            self.notes.push(format!("`{lower}:` says nothing to filter by, so it is left out"));
            return None;
        }
        let values = || value.split(',').map(str::trim).filter(|value| !value.is_empty());
        match lower.as_str() {
            "title" => in_text(value, Place::Title),
            "cause" => in_text(value, Place::Cause),
            "id" => Some(What::Words(WordField::Id, values().map(str::to_lowercase).collect())),
            "tag" => Some(What::Words(WordField::Tag, values().map(str::to_lowercase).collect())),
            "service" => {
                self.services.extend(values().map(str::to_owned));
                let all = values()
                    .flat_map(|value| config.names_of_service(value))
                    .map(|name| name.trim().to_lowercase());
                Some(What::Words(WordField::Service, all.collect()))
            }
            "owner" => {
                self.owners.extend(values().map(str::to_owned));
                let all = values().flat_map(|value| config.names_of_owner(value));
                Some(What::Words(WordField::Owner, all.map(|name| plain(&name)).collect()))
            }
            "severity" => {
                let known = "`sev0` to `sev3`";
                Some(self.words(WordField::Severity, values(), known, |value| {
                    let whole = format!("sev{value}");
                    let (severity, _) = Severity::parse(value).or_else(|| Severity::parse(&whole))?;
                    Some(severity.as_str().to_lowercase())
                }))
            }
            "stage" => {
                let known = "`draft`, `review` or `final`";
                Some(self.words(WordField::Stage, values(), known, |value| {
                    Some(value.to_lowercase().parse::<Stage>().ok()?.to_string())
                }))
            }
            "factor" => {
                let kinds = FieldId::ContributingFactors.members();
                let words: Vec<&str> = kinds.map(|def| def.id.factor_word()).collect();
                let known = format!("one of {}", listed(&words));
                Some(self.words(WordField::Factor, values(), &known, |value| {
                    FieldId::factor_named(value).map(|id| id.def().key.to_owned())
                }))
            }
            "after" | "before" => {
                let Some(day) = date::first_day(value) else {
                    self.notes.push(format!(
                        "`{value}` is no day, so `{lower}:` is left out; write it as `2026-11-20`, `2026-11` or `2026`"
                    ));
                    return None;
                };
                Some(if lower == "after" { What::After(day) } else { What::Before(day) })
            }
            _ => match value.to_lowercase().as_str() {
                "open" => Some(What::Open),
                "overdue" | "late" => Some(What::Overdue(today)),
                stage if stage.parse::<Stage>().is_ok() => {
                    Some(What::Words(WordField::Stage, vec![stage.to_owned()]))
                }
                _ => {
                    self.notes.push(format!("`is:{value}` is left out: it can be {}", listed(&STATES)));
                    None
                }
            },
        }
    }

    /// A filter by words, of which what is unknown is said and finds nothing.
    fn words<'v>(
        &mut self,
        field: WordField,
        values: impl Iterator<Item = &'v str>,
        known: &str,
        read: impl Fn(&str) -> Option<String>,
    ) -> What {
        let mut words = Vec::new();
        for value in values {
            match read(value) {
                Some(word) => words.push(word),
                None => self.notes.push(format!("nothing is found by `{value}`: it is not {known}")),
            }
        }
        What::Words(field, words)
    }
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// A part of a query as it was typed.
#[derive(Debug, PartialEq, Eq)]
struct Token {
    not: bool,
    /// What stands outside of quotation marks.
    text: String,
    /// What stands in them.
    quoted: Option<String>,
}

impl Token {
    fn has_letters(&self) -> bool {
        let quoted = self.quoted.as_deref().unwrap_or_default();
        self.text.chars().chain(quoted.chars()).any(char::is_alphanumeric)
    }
}

/// Parts are apart by spaces; quotation marks hold several words together, and one that is not closed
/// reaches to the end.
fn tokens(text: &str) -> Vec<Token> {
    let is_mark = |c: char| matches!(c, '"' | '“' | '”' | '„');
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut not = false;
        if let Some(after) = rest.strip_prefix('-').filter(|after| !after.starts_with(char::is_whitespace)) {
            not = true;
            rest = after;
        }
        let end = rest.find(|c: char| c.is_whitespace() || is_mark(c)).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(end);
        let mark = tail.chars().next().filter(|c| is_mark(*c));
        // A mark inside of a word, `5"`, belongs to the word that it ends.
        let (quoted, after) = match mark {
            Some(mark) if head.is_empty() || head.ends_with(':') => {
                let inside = &tail[mark.len_utf8()..];
                let close = inside.find(is_mark);
                let after = close.map_or("", |at| inside[at..].trim_start_matches(is_mark));
                (Some(inside[..close.unwrap_or(inside.len())].to_owned()), after)
            }
            Some(mark) => (None, &tail[mark.len_utf8()..]),
            None => (None, tail),
        };
        tokens.push(Token { not, text: head.to_owned(), quoted });
        rest = after.trim_start();
    }
    tokens
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use jiff::civil::date;

    fn read(text: &str) -> Query {
        let config = "[[services]]\nname = \"checkout\"\naliases = [\"Kasse\"]\n\
                      [[people]]\nhandle = \"@ana\"\nname = \"Ana Li\"\nteam = \"team-pay\"\n";
        Query::read(text, &Config::from_toml(config).unwrap(), date(2026, 11, 23))
    }

    fn told(text: &str) -> String {
        let part = |part: &Part| {
            let not = if part.not { "-" } else { "" };
            let what = match &part.what {
                What::Text { text, form, place } => {
                    let place = if *place == Place::Anywhere { String::new() } else { format!("{place:?} ") };
                    format!("{place}{form:?}({text})")
                }
                What::Words(field, words) => format!("{field:?}({})", words.join("|")),
                What::After(day) => format!("After({day})"),
                What::Before(day) => format!("Before({day})"),
                What::Open => "Open".to_owned(),
                What::Overdue(day) => format!("Overdue({day})"),
            };
            format!("{not}{what}")
        };
        let clause = |clause: &Vec<Part>| clause.iter().map(part).collect::<Vec<_>>().join(" OR ");
        read(text).clauses.iter().map(clause).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_query_is_read_as_it_was_meant() {
        for (text, meaning) in [
            ("pool exhausted", "Word(pool), Word(exhausted)"),
            ("\"connection pool\" -dns", "Phrase(connection pool), -Word(dns)"),
            ("pool OR cache timeout", "Word(pool) OR Word(cache), Word(timeout)"),
            ("pool AND cache", "Word(pool), Word(cache)"),
            ("pool AND NOT dns", "Word(pool), -Word(dns)"),
            ("pool OR NOT severity:sev1", "Word(pool) OR -Severity(sev1)"),
            ("NOT \"connection pool\" NOT -dns", "-Phrase(connection pool), Word(dns)"),
            ("check*", "Prefix(check)"),
            ("severity:sev1,SEV0", "Severity(sev1|sev0)"),
            ("severity:1", "Severity(sev1)"),
            ("service:checkout", "Service(checkout|kasse)"),
            ("service:\"seat map\"", "Service(seat map)"),
            ("owner:@Ana", "Owner(ana|ana|ana li)"),
            ("owner:team-pay,@bo", "Owner(team-pay|ana|ana li|bo)"),
            ("factor:capacity factor:config", "Factor(factor-capacity), Factor(factor-config)"),
            ("after:2026-01 before:2026", "After(2026-01-01), Before(2026-01-01)"),
            ("is:open is:overdue is:draft", "Open, Overdue(2026-11-23), Stage(draft)"),
            ("-tag:TLS stage:final", "-Tag(tls), Stage(final)"),
            ("title:seat* cause:\"no limit\"", "Title Prefix(seat), Cause Phrase(no limit)"),
            ("id:INC-0042", "Id(inc-0042)"),
            ("Severity:sev2", "Severity(sev2)"),
        ] {
            assert_eq!(told(text), meaning, "{text}");
            assert_eq!(read(text).notes, Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn odd_input_is_read_leniently() {
        for (text, meaning) in [
            ("", ""),
            ("   ", ""),
            ("\"not closed", "Phrase(not closed)"),
            ("\"\" - -- * \"*\"", ""),
            ("OR pool OR", "Word(pool)"),
            ("pool OR OR cache", "Word(pool) OR Word(cache)"),
            ("12:30 5\" disk", "Word(12:30), Word(5), Word(disk)"),
            ("https://x.example/a", "Word(https://x.example/a)"),
            ("“curly quotes” a", "Phrase(curly quotes), Word(a)"),
            ("- pool", "Word(pool)"),
            ("or and not", "Word(or), Word(and), Word(not)"),
            ("AND pool NOT", "Word(pool)"),
            ("\"NOT\" a", "Phrase(NOT), Word(a)"),
            ("severity:", ""),
            ("severity:high pool", "Severity(), Word(pool)"),
            ("severity:high,1", "Severity(sev1)"),
            ("factor:capasity", "Factor()"),
            ("after:soon", ""),
            ("is:broken", ""),
        ] {
            assert_eq!(told(text), meaning, "{text}");
        }
    }

    #[test]
    fn what_was_not_understood_is_said() {
        for (text, note) in [
            (
                "sevrity:sev1",
                "there is no filter `sevrity:`, so it is looked for as text; did you mean `severity:`?",
            ),
            ("severity:high", "nothing is found by `high`: it is not `sev0` to `sev3`"),
            ("is:broken", "`is:broken` is left out: it can be `draft`, `final`, `open`, `overdue`, `review`"),
            ("owner:", "`owner:` says nothing to filter by, so it is left out"),
        ] {
            assert_eq!(read(text).notes, [note], "{text}");
        }
        let query = read("zz:1");
        assert!(query.notes[0].contains("filters are `after`"), "{:?}", query.notes);
    }
}
