//! What stands around every page, and how values of a library are written in one.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use recount_engine::document::counted;
use recount_engine::document::value::duration;

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
}

impl Frame {
    pub(crate) fn new(shelf: &Shelf, here: &'static str) -> Self {
        let root = shelf.workspace.library.root();
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let library =
            root.file_name().map_or_else(|| "Recount".to_owned(), |name| name.to_string_lossy().into_owned());
        let count = counted(shelf.records.known.len(), "postmortem");
        Self { library, here, query: String::new(), count }
    }
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
        if nth % 2 == 1 { out.push_str(&format!("<code>{part}</code>")) } else { out.push_str(&part) }
    }
    Markup(out)
}

/// An instant to the minute, with what a browser needs to tell the viewer's own time.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass everything by reference")]
pub(crate) fn minute(at: &Timestamp) -> Markup {
    let shown = TimeZone::UTC.to_datetime(*at).strftime("%Y-%m-%d %H:%M");
    Markup(format!("<time datetime=\"{at}\">{shown}</time>"))
}

/// A segment of an address.
pub(crate) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
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
