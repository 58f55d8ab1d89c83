//! `unclosed-fence`: a code fence that takes the rest of the document for code.

use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A code fence is opened and never closed, so everything below it is code.
    ///
    /// ## Why
    ///
    /// Sections, fields and action items below the fence are shown as raw text and are in no list, figure
    /// or reminder. It is easily overlooked in an editor and plain to see on a web page, too late.
    ///
    /// ## Source
    ///
    /// CommonMark 0.31.2, section 4.5: a fence that is not closed reaches to the end of the document.
    ///
    /// ## Examples
    ///
    /// ```markdown bad document
    /// # Seat maps did not load
    ///
    /// ## Mitigation and resolution
    ///
    /// - **What stopped the bleeding**: a restart:
    ///
    /// ~~~sh
    /// kubectl rollout restart deployment/seatmap
    ///
    /// ## What went well
    ///
    /// - The page came within a minute.
    /// ```
    ///
    /// ```markdown good document
    /// # Seat maps did not load
    ///
    /// ## Mitigation and resolution
    ///
    /// - **What stopped the bleeding**: a restart:
    ///
    /// ~~~sh
    /// kubectl rollout restart deployment/seatmap
    /// ~~~
    ///
    /// ## What went well
    ///
    /// - The page came within a minute.
    /// ```
    name: "unclosed-fence",
    group: Template,
    levels: Wrong,
    reads_foreign: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let Some(fence) = cx.document.unclosed_fence() else { return };
    let opening: String =
        cx.document.slice(fence.span).chars().take_while(|c| matches!(c, '`' | '~')).collect();
    let swallowed = match fence.sections.len() {
        0 => String::new(),
        1 => format!(", the section `{}` too", fence.sections[0].heading()),
        count => format!(", {count} sections of the template too"),
    };
    out.report(
        fence.span,
        format!("nothing closes this code fence, so all below it is code{swallowed}"),
        "what is code is in no list, figure or reminder",
        format!("close it with a line of {} where the code ends", named(&opening)),
    );
}

/// A run of fence marks in words: backticks cannot stand in backticks.
fn named(opening: &str) -> String {
    let mark = if opening.starts_with('~') { "tildes" } else { "backticks" };
    format!("{} {mark}", opening.len())
}
