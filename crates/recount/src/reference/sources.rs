//! `docs/reference/sources.md`: every source of evidence with its manual, from the registry of sources.

use std::fmt::Write as _;

use recount_engine::evidence::sources::SOURCES;

use super::{cell, demoted, heading};

const ABOUT: &str = "\
What `recount draft` and `recount import` read. The source is recognised from the bytes; `--source NAME` \
overrides that. How evidence is frozen, redacted and chosen stands in [Evidence](../evidence.md).";

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
        let _ = write!(out, "\n## {}\n\n{}.\n\n{}\n", source.name, source.summary, manual.trim());
    }
    out
}
