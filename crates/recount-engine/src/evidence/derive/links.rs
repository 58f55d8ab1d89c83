//! Addresses in the evidence: which of the template's links they are.
//!
//! What does not live here: links of rows (`row`).

use super::{Derivable, Findings};

impl Findings<'_> {
    pub(super) fn links(&mut self) {
        let mut seen: Vec<(Derivable, String)> = Vec::new();
        for event in self.events.clone() {
            let own = event.link.as_deref().into_iter();
            for url in own.chain(urls(&event.action)).chain(urls(&event.result)) {
                let Some(what) = kind_of_link(url) else { continue };
                if !seen.iter().any(|(w, u)| *w == what && u == url) {
                    seen.push((what, url.to_owned()));
                    self.push(what, url.to_owned(), None, &[event], "the evidence links to it", true);
                }
            }
        }
    }
}

pub(in crate::evidence) fn urls(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("http").filter_map(|(at, _)| {
        let rest = &text[at..];
        (rest.starts_with("https://") || rest.starts_with("http://")).then(|| {
            let end = rest.find(|c: char| c.is_whitespace() || "<>\"'`|)]".contains(c)).unwrap_or(rest.len());
            rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?'])
        })
    })
}

pub(super) fn without_urls(text: &str) -> String {
    let mut out = text.to_owned();
    for url in urls(text) {
        out = out.replacen(url, "", 1);
    }
    out.replace(" ()", "").replace(" <>", "")
}

/// Which of the template's links an address is, by its host and path.
fn kind_of_link(url: &str) -> Option<Derivable> {
    let (host, path) = url.split_once("://")?.1.split_once('/')?;
    let host = host.to_ascii_lowercase();
    let numbered = |mark: &str| {
        path.split_once(mark).is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    if numbered("/pull/") || numbered("/merge_requests/") || numbered("/pull-requests/") {
        Some(Derivable::PullRequest)
    } else if host.starts_with("status.")
        || host.ends_with("statuspage.io")
        // `www.acmestatus.com/incidents/…`
        || (path.starts_with("incidents/") && host.split('.').any(|label| label.ends_with("status")))
    {
        Some(Derivable::StatusPage)
    } else if host.contains("grafana")
        || (host.contains("datadog") && path.contains("dashboard"))
        || path.starts_with("d/")
    {
        Some(Derivable::Dashboard)
    } else if host == "docs.google.com" || (host.ends_with("notion.so")) || host.contains("confluence") {
        Some(Derivable::IncidentDoc)
    } else {
        None
    }
}
