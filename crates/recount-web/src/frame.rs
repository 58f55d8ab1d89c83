//! What stands around every page, and how values of a library are written in one.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use recount_engine::document::counted;
use recount_engine::document::value::duration;
use sha2::{Digest as _, Sha256};

use crate::around::signed_in;
use crate::shelf::Shelf;

/// What stands around a page.
pub(crate) struct Frame {
    /// The library's name.
    pub(crate) library: String,
    /// The address of the page's entry in the navigation.
    pub(crate) here: &'static str,
    /// What is in the search box.
    pub(crate) query: String,
    /// How many postmortems there are.
    pub(crate) count: String,
    /// Who is signed in; nobody where there are no accounts.
    pub(crate) signed_in: Option<String>,
    /// What the page shows, so that it can tell when that has changed.
    pub(crate) follows: Option<Follows>,
}

/// What a page shows, and in which state.
pub(crate) struct Follows {
    /// The key of a postmortem; empty for the whole library.
    pub(crate) of: String,
    /// The state of it that is shown.
    pub(crate) mark: String,
}

impl Frame {
    pub(crate) fn new(shelf: &Shelf, here: &'static str) -> Self {
        let library = shelf.name.clone();
        let count = counted(shelf.records.known.len(), "postmortem");
        Self { library, here, query: String::new(), count, signed_in: signed_in(), follows: None }
    }

    /// Of a page that shows the whole library: it tells when anything in it has changed.
    #[must_use]
    pub(crate) fn following(self, shelf: &Shelf) -> Self {
        Self { follows: Some(Follows { of: String::new(), mark: shelf.mark() }), ..self }
    }

    /// Of a page that shows one postmortem as it was in these bytes: it tells when it has changed.
    #[must_use]
    pub(crate) fn following_one(self, key: &str, bytes: &[u8]) -> Self {
        Self { follows: Some(Follows { of: key.to_owned(), mark: mark(bytes) }), ..self }
    }
}

/// The state of a file in few characters.
pub(crate) fn mark(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).fold(String::new(), |mark, byte| format!("{mark}{byte:02x}"))
}

/// HTML that is written into a template as it is.
#[derive(Clone)]
pub(crate) struct Markup(pub(crate) String);

impl std::fmt::Display for Markup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}

/// Escapes a text.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A sentence of ours, what stands in backticks as code.
pub(crate) fn code(text: &str) -> Markup {
    let mut out = String::new();
    for (nth, part) in text.split('`').enumerate() {
        let part = escaped(part);
        // A string takes everything.
        let _ = if nth % 2 == 1 { write!(out, "<code>{part}</code>") } else { out.write_str(&part) };
    }
    Markup(out)
}

/// What went wrong, or what to do, as a page says it: a terminal's line begins small and ends without a full stop.
pub(crate) fn sentence(text: &str) -> Markup {
    let text = text.trim();
    let mut letters = text.chars();
    let begun = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
    let end = if text.ends_with(['.', '!', '?', ':']) || text.is_empty() { "" } else { "." };
    code(&format!("{}{end}", begun.unwrap_or_default()))
}

/// An instant to the minute, with what a browser needs to tell the viewer's own time.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass everything by reference")]
pub(crate) fn minute(at: &Timestamp) -> Markup {
    let on = TimeZone::UTC.to_datetime(*at);
    if !(0..=9999).contains(&on.year()) {
        return Markup(format!("<time datetime=\"{at}\">{}</time>", on.strftime("%Y-%m-%d %H:%M")));
    }
    let mut shown = String::with_capacity(64);
    // Lists are made of these: to write the digits takes a fraction of what a format that is read first does.
    let digits = |out: &mut String, number: i16, width: u32| {
        for place in (0..width).rev() {
            // A digit, whatever the number.
            let digit = number.unsigned_abs() / 10_u16.pow(place) % 10;
            out.push(char::from(b'0' + digit as u8));
        }
    };
    let date = |out: &mut String| {
        digits(out, on.year(), 4);
        for part in [on.month(), on.day()] {
            out.push('-');
            digits(out, part.into(), 2);
        }
    };
    let clock = |out: &mut String, parts: &[i8]| {
        for (nth, part) in parts.iter().enumerate() {
            if nth > 0 {
                out.push(':');
            }
            digits(out, (*part).into(), 2);
        }
    };
    shown.push_str("<time datetime=\"");
    if on.subsec_nanosecond() == 0 {
        date(&mut shown);
        shown.push('T');
        clock(&mut shown, &[on.hour(), on.minute(), on.second()]);
        shown.push('Z');
    } else {
        let _ = write!(shown, "{at}");
    }
    shown.push_str("\">");
    date(&mut shown);
    shown.push(' ');
    clock(&mut shown, &[on.hour(), on.minute()]);
    shown.push_str("</time>");
    Markup(shown)
}

/// A segment of an address.
pub(crate) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// The address of a postmortem, by its key.
pub(crate) fn address(key: &str) -> String {
    format!("/p/{}", segment(key))
}

/// How long something lasted: in whole units that people say.
pub(crate) fn lasted(seconds: u64) -> String {
    duration::canonical(seconds)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_instant_is_written_as_the_library_for_times_writes_it() {
        for at in [
            "2026-11-20T14:02:00Z",
            "2026-01-02T03:04:05Z",
            "1999-12-31T23:59:59Z",
            "0007-01-01T00:00:00Z",
            "9999-12-30T00:00:00Z",
            "2026-11-20T14:02:00.25Z",
            "-000009-03-04T05:06:07Z",
        ] {
            let at: Timestamp = at.parse().unwrap();
            let shown = TimeZone::UTC.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string();
            assert_eq!(minute(&at).0, format!("<time datetime=\"{at}\">{shown}</time>"));
        }
    }
}
