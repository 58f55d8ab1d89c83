//! `invalid-front-matter`: front matter that cannot be read, or says something under a wrong name.

use crate::config::nearest;
use crate::document::Span;
use crate::document::edit::Edit;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// The front matter cannot be read, or a key in it is misspelt.
    ///
    /// Keys of other tools are left alone; only one that nearly is a key of ours is taken for a slip.
    ///
    /// ## Why
    ///
    /// A stage that cannot be read counts as none: a document that its author believes final is held to the
    /// rules of a review, and stays on the list of those that are not done.
    ///
    /// ## Source
    ///
    /// YAML 1.2.2, chapter 6; ISO 8601 for the dates.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ---
    /// stage: finished
    /// finalized: 2025-05-02
    /// reviewed-by: ["@priya"]
    /// ---
    /// ```
    ///
    /// ```markdown good
    /// ---
    /// stage: final
    /// finalized: 2025-05-02
    /// reviewed-by: ["@priya"]
    /// ---
    /// ```
    name: "invalid-front-matter",
    group: Template,
    levels: Wrong,
    check: check,
}

const KEYS: [&str; 5] = ["stage", "finalized", "reviewed-by", "tags", "incident-ids"];
const WHY: &str = "what the front matter cannot say counts as not said";

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let front_matter = document.front_matter();
    for (span, why) in &front_matter.problems {
        // A problem may bring its hint with it, behind a semicolon.
        let (what, help) = why.split_once("; ").unwrap_or((why, "write one `key: value` a line, as YAML"));
        let message = if what.starts_with('`') {
            what.to_owned()
        } else {
            format!("the front matter cannot be read: {what}")
        };
        out.report(*span, message, WHY, help.to_owned());
    }
    let Some(span) = front_matter.span else { return };
    let mut at = span.start as usize;
    for line in document.slice(span).split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((key, _)) = line.split_once(':') else { continue };
        let bare = key.trim_end();
        let is_key = bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if bare.is_empty() || !is_key || KEYS.contains(&bare) {
            continue;
        }
        let Some(meant) = nearest(&bare.replace('_', "-"), KEYS.into_iter()) else { continue };
        // Where the right key stands, too, the other is somebody else's.
        if front_matter.key_line(document.source(), meant).is_some() {
            continue;
        }
        let span = Span::new(start, start + bare.len());
        let is_spelling = bare.replace('_', "-").eq_ignore_ascii_case(meant);
        let fix = || Fix { title: format!("write `{meant}`"), edits: vec![Edit::replace(span, meant)] };
        out.report_with_fix(
            span,
            format!("`{bare}` is no key of the front matter"),
            WHY,
            format!("did you mean `{meant}`?"),
            || is_spelling.then(fix),
        );
    }
}
