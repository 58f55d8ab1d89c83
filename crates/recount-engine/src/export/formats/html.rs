//! One self-contained file for a browser, a mail, a printer: no script, nothing that is loaded.

use askama::Template;
use jiff::Timestamp;

use super::{Format, Subject};
use crate::document::value::{duration, time};
use crate::document::{Document, Milestone, elapsed};
use crate::export::audience::Audience;
use crate::export::html::{Heading, Rendering, render};
use crate::export::leaks;

pub(super) static FORMAT: Format = Format {
    name: "html",
    title: "HTML",
    about: "one HTML file with everything in it, for reading and for printing",
    extension: "html",
    media_type: "text/html; charset=utf-8",
    write,
    // The style stands before everything that is the document's.
    shown: |_, bytes| {
        let text = String::from_utf8_lossy(bytes);
        leaks::of_html(text.split_once("</style>").map_or(&*text, |(_, shown)| shown))
    },
};

fn write(subject: &Subject<'_>) -> Result<Vec<u8>, String> {
    let document = subject.document;
    // A path leads nowhere from a file that is handed on.
    let nowhere = |_: &str| None;
    let rendered =
        render(document, &Rendering { resolve: Some(&nowhere), title: false, ..Rendering::default() });
    let page = Page {
        title: document.title_text().map_or_else(|| "Untitled postmortem".to_owned(), plain),
        id: document.incident_id().unwrap_or_default(),
        severity: document.severity().get().map(ToString::to_string).unwrap_or_default(),
        stage: if subject.audience == Audience::Internal { document.stage().as_str() } else { "" },
        facts: facts(document),
        outline: rendered
            .outline
            .into_iter()
            .filter(|heading| heading.level <= 2 && !heading.text.is_empty())
            .collect(),
        body: rendered.html,
    };
    page.render().map(String::into_bytes).map_err(|error| error.to_string())
}

#[derive(Template)]
#[template(path = "export.html")]
struct Page<'d> {
    title: String,
    id: &'d str,
    severity: String,
    stage: &'static str,
    facts: Vec<Fact>,
    outline: Vec<Heading>,
    body: String,
}

/// A figure of the incident's head.
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) words: String,
    /// For a machine, where it is an instant.
    instant: String,
}

/// When it was, and how long things took, counted from the start.
pub(super) fn facts(document: &Document) -> Vec<Fact> {
    let started = document.started_at();
    let milestone = |milestone| document.milestone(milestone)?.at();
    let ended = document.ended_at();
    let instant = |label, at: Option<Timestamp>| {
        at.map(|at| Fact {
            label,
            words: format!("{} UTC", time::canonical(at, false)),
            instant: at.to_string(),
        })
    };
    let length = |label, until: Option<Timestamp>| {
        let seconds = elapsed(started?, until?)?;
        Some(Fact { label, words: duration::canonical(seconds), instant: String::new() })
    };
    [
        instant("Started", started),
        instant("Resolved", ended),
        length("Time to detect", milestone(Milestone::Detected)),
        length("Time to mitigate", milestone(Milestone::Mitigated)),
        length("Time to resolve", ended),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A title without the marks of Markdown.
pub(super) fn plain(title: &str) -> String {
    let html = render(&Document::parse(format!("# {title}\n").as_bytes()), &Rendering::default());
    html.outline.into_iter().next().map_or_else(|| title.to_owned(), |heading| heading.text)
}
