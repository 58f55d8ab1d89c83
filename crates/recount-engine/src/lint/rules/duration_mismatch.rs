//! `duration-mismatch`: a duration that is not the time from start to end.

use crate::document::template::FieldId;
use crate::document::value::duration;
use crate::document::{FieldState, Span, elapsed};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// The duration cannot be read, or is not the time from start to end.
    ///
    /// A minute of difference is rounding (`thresholds.duration-minutes`), and what calls itself approximate
    /// may be off by a sixth.
    ///
    /// ## Why
    ///
    /// People quote the duration, and figures are computed from start and end: when the two differ, the library
    /// contradicts itself.
    ///
    /// ## Source
    ///
    /// The VOID report (2021): durations in incident reports are unreliable data; at least they can be
    /// consistent.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Incident summary
    ///
    /// - **Incident ID**: INC-0003
    /// - **Severity**: Sev1
    /// - **Start time** (UTC): 2025-04-25 10:04
    /// - **End time** (UTC): 2025-04-25 11:33
    /// - **Duration**: 2h 29m
    /// - **Primary services impacted**: inventory, storefront
    /// - **Customer impact summary**: For 72 minutes most seat maps did not load.
    /// ```
    ///
    /// ```markdown good
    /// ## Incident summary
    ///
    /// - **Incident ID**: INC-0003
    /// - **Severity**: Sev1
    /// - **Start time** (UTC): 2025-04-25 10:04
    /// - **End time** (UTC): 2025-04-25 11:33
    /// - **Duration**: about 90 minutes
    /// - **Primary services impacted**: inventory, storefront
    /// - **Customer impact summary**: For 72 minutes most seat maps did not load.
    /// ```
    name: "duration-mismatch",
    group: Arithmetic,
    levels: Wrong,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let computed = match (cx.started(), cx.ended()) {
        (Some(from), Some(until)) if until >= from => elapsed(from, until),
        // An end before the start has its own rule.
        (Some(_), Some(_)) => return,
        _ => None,
    };
    let is_exact = [FieldId::StartTime, FieldId::EndTime]
        .into_iter()
        .all(|id| cx.document.field_time(id).and_then(Result::ok).is_none_or(|moment| moment.end.is_none()));
    let stated = Stated { id: FieldId::Duration, name: "duration", meaning: "the time from start to end" };
    stated.check(cx, computed.filter(|_| is_exact), out);
}

/// A length of time that a field states and that other facts decide.
pub(super) struct Stated {
    /// The field.
    pub(super) id: FieldId,
    /// What a message calls it.
    pub(super) name: &'static str,
    /// What it is the length of.
    pub(super) meaning: &'static str,
}

impl Stated {
    /// Compares what the field states with `computed` seconds, where those are known.
    pub(super) fn check(&self, cx: &Context<'_>, computed: Option<u64>, out: &mut Findings) {
        let Some(field) = cx.document.field(self.id) else { return };
        if field.state != FieldState::Filled || field.value.is_empty() {
            return;
        }
        let text = cx.document.slice(field.value);
        let right = computed.map(duration::canonical);
        let Some(value) = duration::read(text) else {
            if !is_explained(text) {
                let help = match &right {
                    Some(right) => format!("it is `{right}`"),
                    None => "write it as `1h 42m`".to_owned(),
                };
                let message = format!("`{text}` is not a length of time");
                out.report_with_fix(field.value, message, WHY, help, || self.fix(cx, field.value, right));
            }
            return;
        };
        let Some(computed) = computed else { return };
        let rounding = u64::from(cx.config.thresholds.duration_minutes) * 60;
        let tolerance = if value.approximate { rounding.max(computed / 6) } else { rounding };
        let upper = value.upper.unwrap_or(value.seconds);
        if computed + tolerance >= value.seconds && computed <= upper + tolerance {
            return;
        }
        let right = duration::canonical(computed);
        out.report_with_fix(
            field.value,
            format!("`{text}` is not {}, which is `{right}`", self.meaning),
            WHY,
            format!("set the {} to `{right}`, or correct the times", self.name),
            || self.fix(cx, field.value, Some(right.clone())),
        );
    }

    /// A value with a remark behind it says more than a length: it is left to people.
    fn fix(&self, cx: &Context<'_>, span: Span, right: Option<String>) -> Option<Fix> {
        let right = right?;
        let is_plain = span.len() <= 24 && !cx.document.slice(span).contains(['(', ',', ';', ':', '[', '<']);
        let edits = is_plain.then(|| cx.document.set_field(self.id, &right).ok())??;
        Some(Fix { title: format!("set the {} to `{right}`", self.name), edits })
    }
}

const WHY: &str = "people quote this one while figures count with the other";

/// `None: found by chance`, `Unknown: the logs are gone`: an answer with its reason.
fn is_explained(text: &str) -> bool {
    let mark = text.find([':', '(', '–', '—', ',']);
    let is_open = |word: &str| {
        ["none", "unknown", "n/a", "not known"].iter().any(|open| word.eq_ignore_ascii_case(open))
    };
    mark.is_some_and(|at| is_open(text[..at].trim()) && text.len() > at + 4)
}
