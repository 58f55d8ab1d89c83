//! `unknown-region`: a region that `recount.toml` does not know.

use crate::config::nearest;
use crate::document::Span;
use crate::document::template::FieldId;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A region is none of those that `recount.toml` lists.
    ///
    /// While the list is empty, any name will do; `all`, `global` and `none` always do.
    ///
    /// ## Why
    ///
    /// "How often was eu-west hit?" is answered by counting names. A slip of the pen is a region of its
    /// own there.
    ///
    /// ## Source
    ///
    /// The library's own list: `regions` in `recount.toml`.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Impact
    ///
    /// - **Regions impacted**: eu-west, us-esat
    /// ```
    ///
    /// ```markdown good
    /// ## Impact
    ///
    /// - **Regions impacted**: EU-West (partly) and `us-east`
    /// ```
    ///
    /// ```markdown good
    /// ## Impact
    ///
    /// - **Regions impacted**: All regions
    /// ```
    name: "unknown-region",
    group: Impact,
    levels: Wrong,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let regions = &cx.config.library.regions;
    if regions.is_empty() {
        return;
    }
    let document = cx.document;
    for value in document.field_values(FieldId::Regions) {
        let text = document.slice(value);
        if is_everywhere_or_nowhere(text) {
            continue;
        }
        for name in names(text) {
            let written = &text[name.clone()];
            if regions.iter().any(|region| names_region(written, region)) || is_everywhere_or_nowhere(written)
            {
                continue;
            }
            let at = value.start as usize;
            let help = match nearest(written, regions.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("use one of {}, or add it to `regions` in `recount.toml`", listed(regions)),
            };
            out.report(
                Span::new(at + name.start, at + name.end),
                format!("`{written}` is not a region of this library"),
                "incidents are counted by region, and an unknown name counts apart",
                help,
            );
        }
    }
}

/// Whether a value names no single region: `all`, `global`, `None: no customer was hit`.
fn is_everywhere_or_nowhere(text: &str) -> bool {
    const WORDS: [&str; 11] = [
        "all",
        "any",
        "every",
        "everywhere",
        "global",
        "globally",
        "n/a",
        "no",
        "none",
        "unknown",
        "worldwide",
    ];
    let end = text
        .find(|ch: char| ch.is_whitespace() || matches!(ch, ':' | ',' | '(' | '.' | ';'))
        .unwrap_or(text.len());
    WORDS.iter().any(|word| text[..end].eq_ignore_ascii_case(word))
}

/// Whether `region` stands as a word of its own in `written`. `eu-west-1` does not name `eu-west`.
fn names_region(written: &str, region: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let (text, name) = (written.as_bytes(), region.as_bytes());
    !name.is_empty()
        && text.windows(name.len()).enumerate().any(|(at, window)| {
            window.eq_ignore_ascii_case(name)
                && (at == 0 || !is_part(text[at - 1]))
                && text.get(at + name.len()).is_none_or(|byte| !is_part(*byte))
        })
}

/// The names in a list, apart by commas, semicolons, line ends, slashes between blanks, `and` and `&`;
/// what stands in parentheses is a remark.
fn names(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    let mut remark = None;
    let mut at = 0;
    while let Some(ch) = text[at..].chars().next() {
        let rest = &text[at..];
        let apart = match ch {
            '(' => {
                depth += 1;
                remark.get_or_insert(at);
                0
            }
            ')' => {
                depth = depth.saturating_sub(1);
                0
            }
            _ if depth > 0 => 0,
            ',' | ';' | '\n' => 1,
            ' ' => [" and ", " & ", " / ", " + "]
                .iter()
                .find(|part| rest.starts_with(**part))
                .map_or(0, |part| part.len()),
            _ => 0,
        };
        if apart > 0 {
            found.extend(bare(text, start, remark.take().unwrap_or(at)));
            start = at + apart;
            at = start;
        } else {
            at += ch.len_utf8();
        }
    }
    found.extend(bare(text, start, remark.unwrap_or(text.len())));
    found
}

/// A name without blanks and markup around it; none where nothing is left.
fn bare(text: &str, start: usize, end: usize) -> Option<std::ops::Range<usize>> {
    let around = |ch: char| ch.is_whitespace() || matches!(ch, '`' | '*' | '_' | '.' | '"');
    let piece = text.get(start..end)?;
    let left = piece.trim_start_matches(around);
    let name = left.trim_end_matches(around);
    let start = start + piece.len() - left.len();
    (!name.is_empty()).then_some(start..start + name.len())
}

fn listed(regions: &[String]) -> String {
    regions.iter().map(|region| format!("`{region}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_apart_and_remarks_are_none() {
        for (text, expected) in [
            ("eu-west, us-east", vec!["eu-west", "us-east"]),
            ("`eu-west` (a, b) and us-east.", vec!["eu-west", "us-east"]),
            ("eu-west / ap-south;\nüber", vec!["eu-west", "ap-south", "über"]),
            (" , ", vec![]),
            ("eu-west (open", vec!["eu-west"]),
        ] {
            let found: Vec<_> = names(text).into_iter().map(|name| &text[name]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_region_is_named_as_a_whole_word() {
        assert!(names_region("mostly EU-West", "eu-west"));
        assert!(!names_region("eu-west-1", "eu-west"));
        assert!(!names_region("", "eu-west"));
    }
}
