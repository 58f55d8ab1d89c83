//! `repeated-incident`: a cause that an earlier incident had, too, whose promises about it were not kept.

use crate::document::template::FieldId;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An earlier incident had the same cause, an action item of it that was about this cause was not finished and
    /// verified when this incident began, and the postmortem does not mention that incident.
    ///
    /// Causes are compared by their words, services and kinds of contributing factors; `recount show` tells which
    /// are shared, and `recount recurrence` lists all repetitions of the library. Only a draft is asked: it is of use
    /// while the postmortem is written, and takes reading the whole library.
    ///
    /// ## Why
    ///
    /// The same fix promised a second time is not a new fix. What kept the first promise from being kept is a cause
    /// of this incident.
    ///
    /// ## Source
    ///
    /// Lunney, Lueder and Beyer, "Postmortem Action Items: Plan the Work and Work the Plan", *;login:*,
    /// spring 2017: items that nobody follows up stay open, and outages repeat.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Root cause
    ///
    /// - **Direct trigger**: The client certificate for venue webhooks reached its end of life.
    /// - **Root cause** (systems explanation): Nothing renewed the certificate.
    /// ```
    ///
    /// ```markdown good
    /// ## Root cause
    ///
    /// - **Direct trigger**: The client certificate for venue webhooks reached its end of life.
    /// - **Root cause** (systems explanation): Nothing renewed the certificate. INC-0001#2 was to move it to the
    ///   issuer; it was one item for 31 certificates of nine teams, and nobody could finish it.
    /// ```
    name: "repeated-incident",
    group: Cause,
    levels: Drafting,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let cause = [FieldId::RootCause, FieldId::DirectTrigger].into_iter().find(|id| document.is_filled(*id));
    let Some(span) = cause.and_then(|id| document.field_values(id).next()) else { return };
    for earlier in cx.library.earlier_like_this(document) {
        let Some((promise, state)) = earlier.promises.first() else { continue };
        // Whoever names it knows.
        if names(document.text(), &earlier.incident) {
            continue;
        }
        let others = match earlier.promises.len() - 1 {
            0 => String::new(),
            1 => ", and another one of its action items is unfinished, too".to_owned(),
            more => format!(", and {more} more of its action items are unfinished"),
        };
        out.report(
            span,
            format!(
                "`{}` looks like the same cause ({}); `{promise}` was {state} when this incident began{others}",
                earlier.incident, earlier.why
            ),
            "what kept that promise from being kept is a cause of this incident, too",
            format!(
                "name `{}` in the root cause and say what became of `{promise}`, or waive this where the causes differ",
                earlier.incident
            ),
        );
    }
}

/// Whether a text holds a name as a whole word.
fn names(text: &str, name: &str) -> bool {
    let goes_on = |ch: Option<char>| ch.is_some_and(|ch| ch.is_alphanumeric() || matches!(ch, '-' | '_'));
    text.match_indices(name).any(|(at, _)| {
        let after = &text[at + name.len()..];
        !goes_on(text[..at].chars().next_back()) && !after.starts_with(|ch: char| ch.is_alphanumeric())
    })
}
