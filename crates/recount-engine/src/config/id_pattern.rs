//! The pattern of incident IDs: what the next one is, and whether a text is one.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A pattern such as `INC-{seq:04}` or `{date}-{slug}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdPattern {
    text: String,
    parts: Vec<Part>,
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for IdPattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "IdPattern".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "Text with `{seq}` or `{seq:04}`, `{date}`, `{year}`, `{slug}` in it"
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Sequence { width: usize },
    Date,
    Year,
    Slug,
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError(String);

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PatternError {}

impl Default for IdPattern {
    fn default() -> Self {
        Self {
            text: "INC-{seq:04}".to_owned(),
            parts: vec![Part::Text("INC-".to_owned()), Part::Sequence { width: 4 }],
        }
    }
}

impl From<IdPattern> for String {
    fn from(pattern: IdPattern) -> String {
        pattern.text
    }
}

impl TryFrom<String> for IdPattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let (name, after) = after.split_once('}').ok_or_else(|| {
                PatternError(format!("the pattern `{text}` opens a `{{` and never closes it"))
            })?;
            parts.push(match name.split_once(':').unwrap_or((name, "")) {
                ("seq", width) => Part::Sequence { width: width.parse().unwrap_or(1).clamp(1, 12) },
                ("date", "") => Part::Date,
                ("year", "") => Part::Year,
                ("slug", "") => Part::Slug,
                _ => {
                    return Err(PatternError(format!(
                        "`{{{name}}}` is not part of an ID pattern; use `{{seq:04}}`, `{{date}}`, `{{year}}` or `{{slug}}`"
                    )));
                }
            });
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        if !parts.iter().any(|part| matches!(part, Part::Sequence { .. } | Part::Slug | Part::Date)) {
            return Err(PatternError(format!(
                "the pattern `{text}` gives every incident the same ID; put `{{seq:04}}` into it"
            )));
        }
        if parts.iter().filter(|part| matches!(part, Part::Sequence { .. })).count() > 1 {
            return Err(PatternError(format!("the pattern `{text}` holds `{{seq}}` twice")));
        }
        if text.contains(['/', '\\', '\n']) || text.starts_with('.') {
            return Err(PatternError(format!("the pattern `{text}` cannot be the start of a file name")));
        }
        Ok(Self { text, parts })
    }
}

impl IdPattern {
    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The ID with this number, day and slug.
    pub fn render(&self, sequence: u64, date: Date, slug: &str) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Sequence { width } => {
                    let number = sequence.to_string();
                    out.extend(std::iter::repeat_n('0', width.saturating_sub(number.len())));
                    out.push_str(&number);
                }
                Part::Date => out.push_str(&date.to_string()),
                Part::Year => out.push_str(&date.strftime("%Y").to_string()),
                Part::Slug => out.push_str(slug),
            }
        }
        out
    }

    /// Whether the pattern counts.
    pub fn has_sequence(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Sequence { .. }))
    }

    /// Whether the pattern holds the slug, so that a file name need not repeat it.
    pub fn has_slug(&self) -> bool {
        self.parts.contains(&Part::Slug)
    }

    /// The number in `id`; none where `id` is not of this pattern or has none.
    pub fn sequence_of(&self, id: &str) -> Option<u64> {
        self.match_prefix(id).filter(|(_, rest)| rest.is_empty()).and_then(|(sequence, _)| sequence)
    }

    /// Whether `id` is of this pattern.
    pub fn matches(&self, id: &str) -> bool {
        self.match_prefix(id).is_some_and(|(_, rest)| rest.is_empty())
    }

    /// The ID that `name` (a file name) begins with: the longest text of this pattern that ends at a
    /// word boundary.
    pub fn id_in<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (_, rest) = self.match_prefix(name)?;
        let at_boundary = !rest.starts_with(|ch: char| ch.is_alphanumeric());
        at_boundary.then(|| &name[..name.len() - rest.len()])
    }

    fn match_prefix<'n>(&self, text: &'n str) -> Option<(Option<u64>, &'n str)> {
        let mut rest = text;
        let mut sequence = None;
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Text(text) => rest = rest.strip_prefix(text.as_str())?,
                Part::Sequence { width } => {
                    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                    if digits < *width {
                        return None;
                    }
                    sequence = Some(rest[..digits].parse().ok()?);
                    rest = &rest[digits..];
                }
                Part::Date => {
                    let date = rest.get(..10)?;
                    date.parse::<Date>().ok()?;
                    rest = &rest[10..];
                }
                Part::Year => {
                    let year = rest.get(..4)?;
                    if !year.bytes().all(|b| b.is_ascii_digit()) {
                        return None;
                    }
                    rest = &rest[4..];
                }
                Part::Slug => {
                    let is_last = index + 1 == self.parts.len();
                    let length = rest
                        .bytes()
                        .take_while(|b| {
                            b.is_ascii_lowercase() || b.is_ascii_digit() || (*b == b'-' && is_last)
                        })
                        .count();
                    if length == 0 {
                        return None;
                    }
                    rest = &rest[length..];
                }
            }
        }
        Some((sequence, rest))
    }
}

/// A title as it stands in file names: lower case ASCII words with dashes, at most 60 characters.
pub fn slug(title: &str) -> String {
    let mut out = String::new();
    for ch in title.chars().flat_map(char::to_lowercase) {
        if ch.is_ascii_alphanumeric() {
            out.push(ch);
        } else if ch.is_alphanumeric() {
            out.push_str(transliterate(ch));
        } else if matches!(ch, '\'' | '\u{2019}') {
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if out.len() >= 60 {
            // Cut at a word, not in one.
            if let Some(at) = out.rfind('-').filter(|at| *at > 20) {
                out.truncate(at);
            }
            break;
        }
    }
    let out = out.trim_matches('-').to_owned();
    if out.is_empty() { "incident".to_owned() } else { out }
}

fn transliterate(ch: char) -> &'static str {
    match ch {
        'ä' | 'à' | 'á' | 'â' | 'ã' | 'å' | 'ą' => "a",
        'ö' | 'ò' | 'ó' | 'ô' | 'õ' | 'ø' => "o",
        'ü' | 'ù' | 'ú' | 'û' => "u",
        'é' | 'è' | 'ê' | 'ë' | 'ę' => "e",
        'í' | 'ì' | 'î' | 'ï' => "i",
        'ç' | 'ć' | 'č' => "c",
        'ñ' | 'ń' => "n",
        'ß' => "ss",
        'ł' => "l",
        'š' | 'ś' => "s",
        'ž' | 'ź' | 'ż' => "z",
        'æ' => "ae",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> IdPattern {
        text.to_owned().try_into().expect("the pattern is well formed")
    }

    #[test]
    fn an_id_is_rendered_and_recognised_by_its_pattern() {
        let date = jiff::civil::date(2026, 11, 20);
        for (text, id, sequence) in [
            ("INC-{seq:04}", "INC-0042", Some(42)),
            ("{year}-{seq:03}", "2026-042", Some(42)),
            ("{date}-{slug}", "2026-11-20-cluster-full", None),
            ("pm{seq}", "pm42", Some(42)),
        ] {
            let pattern = pattern(text);
            assert_eq!(pattern.render(42, date, "cluster-full"), id);
            assert!(pattern.matches(id));
            assert_eq!(pattern.sequence_of(id), sequence);
        }
        assert_eq!(pattern("INC-{seq:04}").sequence_of("INC-12345"), Some(12345));
        assert!(!pattern("INC-{seq:04}").matches("INC-42"));
    }

    #[test]
    fn the_id_in_a_file_name_ends_at_a_word() {
        let pattern = pattern("INC-{seq:04}");
        assert_eq!(pattern.id_in("INC-0042-cluster-full.md"), Some("INC-0042"));
        assert_eq!(pattern.id_in("INC-0042.md"), Some("INC-0042"));
        assert_eq!(pattern.id_in("notes.md"), None);
    }

    #[test]
    fn a_pattern_that_cannot_tell_incidents_apart_is_refused() {
        for text in ["INC", "INC-{", "{nr}", "{seq}{seq}", "a/{seq}", "{year}"] {
            assert!(IdPattern::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn slugs_are_lower_case_words_with_dashes() {
        assert_eq!(slug("Checkout: 5xx & time-outs (EU)"), "checkout-5xx-time-outs-eu");
        assert_eq!(slug("Überlauf im Größenfeld"), "uberlauf-im-grossenfeld");
        assert_eq!(slug("日本"), "incident");
        assert_eq!(slug("It's"), "its");
        assert!(slug(&"long words ".repeat(20)).len() <= 60);
    }
}
