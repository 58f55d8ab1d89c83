//! `unknown-service`: a service that the library's configuration does not name.

use crate::config::nearest;
use crate::document::Span;
use crate::document::edit::Edit;
use crate::document::template::FieldId;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// A service in *Primary services impacted* is none of those that `recount.toml` lists, or goes by another name.
    ///
    /// While the configuration lists no services, any name will do.
    ///
    /// ## Why
    ///
    /// Figures and searches by service miss the incident, and "have we seen this before?" is answered with no.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture": postmortems are worth more
    /// when they can be analysed together, which needs common names.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Incident summary
    ///
    /// - **Incident ID**: INC-0003
    /// - **Severity**: Sev1
    /// - **Start time** (UTC): 2025-04-25 10:04
    /// - **End time** (UTC): 2025-04-25 11:33
    /// - **Duration**: 1h 29m
    /// - **Primary services impacted**: inventry, storefront
    /// - **Customer impact summary**: For 72 minutes most seat maps did not load.
    /// ```
    ///
    /// ```markdown good
    /// ## Incident summary
    ///
    /// - **Incident ID**: INC-0003
    /// - **Severity**: Sev1
    /// - **Start time** (UTC): 2025-04-25 10:04
    /// - **End time** (UTC): 2025-04-25 11:33
    /// - **Duration**: 1h 29m
    /// - **Primary services impacted**: `inventory` (eu-west, us-east) and storefront
    /// - **Customer impact summary**: For 72 minutes most seat maps did not load.
    /// ```
    name: "unknown-service",
    group: Summary,
    levels: Advice,
    check: check,
}

const WHY: &str = "figures and searches by service miss this incident";

fn check(cx: &Context<'_>, out: &mut Findings) {
    if cx.config.services.is_empty() {
        return;
    }
    for value in cx.document.field_values(FieldId::Services) {
        // "None: only an internal tool was down" names no service.
        if is_none(cx.document.slice(value)) {
            continue;
        }
        names(cx.document.text(), value, |span| {
            let name = cx.document.slice(span);
            match cx.config.service(name) {
                Some(service) if service.name == name => {}
                Some(service) => {
                    let title = format!("write `{}`", service.name);
                    let message = format!("the service `{}` is called `{name}` here", service.name);
                    out.report_with_fix(span, message, WHY, title.clone(), || {
                        Some(Fix { title, edits: vec![Edit::replace(span, service.name.as_str())] })
                    });
                }
                None => {
                    let known = cx.config.services.iter().flat_map(|service| {
                        std::iter::once(&service.name).chain(&service.aliases).map(String::as_str)
                    });
                    let help = match nearest(name, known).and_then(|near| cx.config.service(near)) {
                        Some(service) => format!("did you mean `{}`?", service.name),
                        None => "use a service of `recount.toml`, or add it there".to_owned(),
                    };
                    out.report(span, format!("`{name}` is no service of this library"), WHY, help);
                }
            }
        });
    }
}

fn is_none(text: &str) -> bool {
    let word = text.split(|ch: char| !ch.is_ascii_alphabetic()).next().unwrap_or("");
    ["none", "unknown", "n"].iter().any(|none| word.eq_ignore_ascii_case(none))
}

/// The names in a list of prose: apart by comma, semicolon, line or "and", outside of brackets; a remark
/// behind a name (in brackets, after a dash or a colon) is not part of it.
fn names(text: &str, value: Span, mut found: impl FnMut(Span)) {
    let mut take = |start: usize, end: usize| {
        let piece = &text[start..end];
        let cut = ['(', '[', ':', '–', '—'].iter().filter_map(|mark| piece.find(*mark)).min();
        let piece = &piece[..cut.or_else(|| piece.find(" - ")).unwrap_or(piece.len())];
        let is_mark = |ch: char| ch.is_whitespace() || matches!(ch, '*' | '_' | '`' | '.' | '-' | '+');
        let name = piece.trim_matches(is_mark);
        let name = name.strip_prefix("and ").unwrap_or(name).trim_start_matches(is_mark);
        if !name.is_empty() {
            let at = start + (name.as_ptr() as usize - piece.as_ptr() as usize);
            found(Span::new(at, at + name.len()));
        }
    };
    let range = value.range();
    let bytes = text.as_bytes();
    let (mut start, mut depth) = (range.start, 0_u32);
    for at in range.clone() {
        match bytes[at] {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b',' | b';' | b'\n' | b'&' if depth == 0 => {
                take(start, at);
                start = at + 1;
            }
            b' ' if depth == 0 && bytes[at..range.end].starts_with(b" and ") => {
                take(start, at);
                start = at + 1;
            }
            _ => {}
        }
    }
    take(start, range.end);
}
