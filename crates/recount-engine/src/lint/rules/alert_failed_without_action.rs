//! `alert-failed-without-action`: alerting failed, and nothing is going to be done about it.

use crate::document::FieldState;
use crate::document::template::FieldId;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The postmortem says that alerting failed, and no action item is about alerting.
    ///
    /// An item is about alerting when it, or its verification plan, speaks of an alert, a page, a monitor,
    /// a probe, a threshold, an SLO, a dashboard, an on-call rota or the like. Items that will not be done
    /// do not count; a postmortem without any item is for other rules.
    ///
    /// ## Why
    ///
    /// Every minute before the detection is a minute of impact that no responder can shorten. An alert
    /// that stayed silent once will stay silent again.
    ///
    /// ## Source
    ///
    /// J. Lunney, S. Lueder, B. Beyer, "Postmortem Action Items: Plan the Work and Work the Plan" (;login:,
    /// 2017): detecting the next incident sooner is a kind of action item beside preventing and mitigating.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Detection
    ///
    /// - **Why did our alerting succeed or fail**: It failed. The only rule on the hit rate was silenced in March.
    ///
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P0 | Version the seat map cache keys | @lucia | 2025-05-08 | Open | Three deploys without a flush |
    /// ```
    ///
    /// ```markdown good
    /// ## Detection
    ///
    /// - **Why did our alerting succeed or fail**: It failed. The only rule on the hit rate was silenced in March.
    ///
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P0 | Version the seat map cache keys | @lucia | 2025-05-08 | Open | Three deploys without a flush |
    /// | P1 | Refuse silences without an end | @ingrid | 2025-05-16 | Open | A silence without an end is refused in staging |
    /// ```
    ///
    /// ```markdown good
    /// ## Detection
    ///
    /// - **Why did our alerting succeed or fail**: It succeeded: the alert watches the cache, and fired two minutes after it failed.
    ///
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P0 | Version the seat map cache keys | @lucia | 2025-05-08 | Open | Three deploys without a flush |
    /// ```
    name: "alert-failed-without-action",
    group: Detection,
    levels: Advice,
    phrases: &[
        "alert did not",
        "alert didn't",
        "alert failed",
        "alert never",
        "alerting failed",
        "alerting did not",
        "alerts did not",
        "alerts failed",
        "alerts never",
        "detection failed",
        "did not alert",
        "did not fire",
        "did not page",
        "didn't fire",
        "it failed",
        "monitoring failed",
        "never fired",
        "never paged",
        "no alert",
        "no alerting",
        "no alerts",
        "no monitoring",
        "no one was paged",
        "nobody was paged",
        "not alerted",
        "was muted",
        "was silenced",
        "were silenced",
    ],
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let Some(field) =
        document.field(FieldId::AlertingVerdict).filter(|field| field.state == FieldState::Filled)
    else {
        return;
    };
    let answer = if field.value.is_empty() { field.body } else { field.value.to(field.body) };
    // `It failed.` is about alerting; in `it fired when it failed` something else did.
    let is_verdict = |span| document.slice(span) != "it failed";
    let mut hits = cx.prose_hits().map(|(span, _)| span);
    let Some(failed) = hits.find(|span| answer.contains(*span) && is_verdict(*span)) else { return };
    let items = cx.action_statements();
    if items.is_empty() {
        return;
    }
    let covers = items.iter().any(|statement| {
        let text = document.slice(statement.span);
        let plan = statement.item.map_or("", |item| document.cell_text(item.plan));
        let status = statement.item.map_or("", |item| document.cell_text(item.status));
        !is_declined(status) && (is_about_alerting(text) || is_about_alerting(plan))
    });
    if !covers {
        out.report(
            failed,
            format!("alerting failed (`{}`), and no action item is about alerting", document.slice(failed)),
            "an alert that stayed silent once will stay silent again",
            "add an action item that would make the same incident page within minutes",
        );
    }
}

/// `Won't do 2026-12-04: …`
fn is_declined(status: &str) -> bool {
    status.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("won"))
}

/// Whether an action item has to do with noticing. Wide on purpose: a wrong "yes" only keeps the rule
/// silent.
fn is_about_alerting(text: &str) -> bool {
    const WORDS: [&str; 5] = ["page", "pages", "rota", "slo", "slos"];
    const BEGINNINGS: [&str; 19] = [
        "alarm",
        "alert",
        "anomal",
        "canar",
        "dashboard",
        "detect",
        "escalat",
        "metric",
        "monitor",
        "notif",
        "observ",
        "on-call",
        "oncall",
        "paged",
        "pager",
        "paging",
        "probe",
        "silence",
        "threshold",
    ];
    text.split(|ch: char| !(ch.is_alphanumeric() || ch == '-')).any(|word| {
        let begins =
            |start: &&str| word.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
        WORDS.iter().any(|whole| word.eq_ignore_ascii_case(whole)) || BEGINNINGS.iter().any(begins)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_about_alerting_by_its_words_not_by_their_letters() {
        for (text, about) in [
            ("Alert on a falling hit rate", true),
            ("Give the rota a second line", true),
            ("Burn-rate rule for the SLO", true),
            ("Refuse silences without an end", true),
            ("Rotate the certificate before it expires", false),
            ("Speed up the slow query", false),
            ("Version the cache keys", false),
        ] {
            assert_eq!(is_about_alerting(text), about, "{text}");
        }
    }
}
