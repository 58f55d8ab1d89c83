//! `docs/reference/sources.md`: every source of evidence with its manual, from the registry of sources.

use std::fmt::Write as _;

use recount_engine::evidence::live::LiveForm;
use recount_engine::evidence::sources::SOURCES;

use super::{cell, demoted, heading};

const ABOUT: &str = "\
What `recount draft` and `recount import` read. The source is recognised from the bytes; `--source NAME` \
overrides that. Where a source can be asked over the network, its example stands instead of a file \
([live sources](../evidence.md#live-sources)). How evidence is frozen, redacted and chosen stands in [Evidence](../evidence.md).";

pub(super) fn page() -> String {
    let mut sources = SOURCES.to_vec();
    sources.sort_by_key(|source| source.name);
    let mut out = heading("Sources of evidence", ABOUT);
    out.push_str("\n| source | reads |\n|---|---|\n");
    for source in &sources {
        let name = source.name;
        let _ = writeln!(out, "| [`{name}`](#{name}) | {} |", cell(source.summary));
    }
    for source in &sources {
        let manual = demoted(&source.manual(), 2);
        let _ = write!(out, "\n## {}\n\n{}.\n\n", source.name, source.summary);
        if let Some(form) = &source.live {
            let _ = write!(out, "{}\n\n", live(form));
        }
        let _ = writeln!(out, "{}", manual.trim());
    }
    out
}

/// How it is asked live, from its form.
fn live(form: &LiveForm) -> String {
    let LiveForm { scheme, example, url, auth, needs_window, .. } = form;
    let server = match url {
        Some(url) => format!("At `{url}`, unless `url` in `[evidence.{scheme}]` names another."),
        None => {
            format!("`url` in `[evidence.{scheme}]` is its address; `{scheme}:https://…` names one without.")
        }
    };
    let window = if *needs_window { " It is asked for the hours of the incident." } else { "" };
    format!(
        "Live: `{example}`. {server}{window} The token is read from `{}`, unless `token-env` names another variable.",
        auth.variable
    )
}
