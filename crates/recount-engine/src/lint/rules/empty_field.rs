//! `empty-field`: a question of the template that nobody answered.

use jiff::Timestamp;

use crate::document::template::{
    FIELDS, FieldDef, FieldId, FieldKind, Need, SectionId, is_guidance, is_stand_in,
};
use crate::document::value::duration;
use crate::document::value::time::{self, Moment, Precision};
use crate::document::{FieldState, Milestone, Span, elapsed};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// A field or a list of the template is blank, or says "none" without a reason.
    ///
    /// "None: …" with a reason is an answer. Of the three ways of detection one is enough; fields marked
    /// "(if used)" or "(if any)" may stay blank. A few fields have rules of their own: the incident ID, data
    /// impact, contributing factors, the timeline and follow-up verification.
    ///
    /// ## Why
    ///
    /// A reader cannot tell "there was none" from "nobody looked". The second is often the finding.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture": its bad postmortem is one
    /// that leaves out what readers need to know.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Mitigation and resolution
    ///
    /// - **What stopped the bleeding**:
    /// - **What fully resolved the incident**: Cache keys carry a version, so that no flush is needed.
    /// - **Rollback details** (if used):
    /// - **Customer workarounds** (if any):
    /// ```
    ///
    /// ```markdown bad
    /// ## Where we got lucky
    ///
    /// - N/A
    /// ```
    ///
    /// ```markdown good
    /// ## Mitigation and resolution
    ///
    /// - **What stopped the bleeding**: Shedding load at the edge until the cache had filled.
    /// - **What fully resolved the incident**: None: the cause is still there, INC-0021 follows it.
    /// - **Rollback details** (if used):
    /// - **Customer workarounds** (if any):
    /// ```
    name: "empty-field",
    group: Template,
    levels: Missing,
    check: check,
}

const WHY: &str = "nobody can tell whether there was nothing or nobody looked";

fn check(cx: &Context<'_>, out: &mut Findings) {
    for def in FIELDS.iter().filter(|def| is_ours(def)) {
        field(cx, def, out);
    }
    detection(cx, out);
    for id in [SectionId::WentWell, SectionId::WentPoorly, SectionId::GotLucky] {
        list(cx, id, out);
    }
    actions(cx, out);
}

/// Required fields that no other rule asks for.
fn is_ours(def: &FieldDef) -> bool {
    def.need == Need::Required && !matches!(def.kind, FieldKind::Id | FieldKind::YesNo | FieldKind::Question)
}

fn field(cx: &Context<'_>, def: &FieldDef, out: &mut Findings) {
    let document = cx.document;
    let Some(section) = document.section(def.section) else { return };
    let label = def.label;
    let Some(field) = document.field(def.id) else {
        let message = format!("the field `{label}` is missing");
        out.report_with_fix(section.heading, message, WHY, help(def), || {
            let edits = document.add_field(def.id).ok()?;
            Some(Fix { title: format!("add the field `{label}`"), edits })
        });
        return;
    };
    match field.state {
        FieldState::Blank => {
            let value = computed(cx, def.id);
            let help = value.as_ref().map_or(help(def), |_| "set it to what summary and timeline give");
            out.report_with_fix(field.label, format!("`{label}` is blank"), WHY, help, || {
                let value = value?;
                let edits = document.set_field(def.id, &value).ok()?;
                Some(Fix { title: format!("set it to `{value}`"), edits })
            });
        }
        FieldState::Filled if owes_reason(def) && field.body.is_empty() => {
            let text = document.slice(field.value);
            if is_bare_none(text) {
                let message = format!("`{text}` gives no reason for `{label}`");
                out.report(field.value, message, WHY, help(def));
            }
        }
        // Words of the template are the business of `leftover-placeholder`.
        FieldState::Filled | FieldState::Placeholder => {}
    }
}

/// Fields whose "none" needs a reason that no other rule asks for.
fn owes_reason(def: &FieldDef) -> bool {
    matches!(def.kind, FieldKind::Text | FieldKind::List)
        && !matches!(def.id, FieldId::RequestsAffected | FieldId::AlertingVerdict)
}

fn help(def: &FieldDef) -> &'static str {
    match def.kind {
        FieldKind::Severity => "write `Sev0`, `Sev1`, `Sev2` or `Sev3`",
        FieldKind::Time => "write it as `2026-11-20 14:02`, in UTC",
        FieldKind::Duration => "write it as `1h 42m`",
        FieldKind::Percentage => "write an estimate with its base: `6% of buyers (4,812 of 80,200)`",
        _ => "answer it, or write `None: ` and the reason",
    }
}

/// The value that start, end and timeline decide: the start is when the row *Started* says, the end when the
/// last row *Resolved* does.
fn computed(cx: &Context<'_>, id: FieldId) -> Option<String> {
    let document = cx.document;
    let since_start = |until: Timestamp| Some(duration::canonical(elapsed(cx.started()?, until)?));
    let row = |milestone| document.milestone(milestone).and_then(|row| row.moment.as_ref()?.as_ref().ok());
    let time = |moment: &Moment| time::canonical(moment.at, moment.precision != Precision::Minute);
    match id {
        FieldId::StartTime => row(Milestone::Started).map(time),
        FieldId::EndTime => row(Milestone::Resolved).map(time),
        FieldId::Duration => cx.ended().and_then(since_start),
        FieldId::TimeToDetect => row(Milestone::Detected).and_then(|moment| since_start(moment.at)),
        _ => None,
    }
}

/// One of the three ways of detection is enough.
fn detection(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let Some(section) = document.section(SectionId::Detection) else { return };
    let group = document.field(FieldId::HowDetected);
    if group.is_some_and(|group| group.state == FieldState::Filled) {
        return;
    }
    let mut members = FieldId::HowDetected.members().filter_map(|def| document.field(def.id));
    let is_answered = members.any(|field| match field.state {
        FieldState::Blank => false,
        FieldState::Filled => !(field.body.is_empty() && is_bare_none(document.slice(field.value))),
        FieldState::Placeholder => true,
    });
    if !is_answered {
        out.report(
            group.map_or(section.heading, |group| group.label),
            "none of the ways of detection is answered",
            "what did not find the incident this time will not find the next one",
            "fill in at least one: the alert, the customers' reports, or what was seen inside",
        );
    }
}

fn list(cx: &Context<'_>, id: SectionId, out: &mut Findings) {
    let document = cx.document;
    let Some(section) = document.section(id) else { return };
    let entries = document.entries(id);
    let heading = id.heading();
    let help = "write at least one item, or `None: ` and the reason";
    if entries.is_empty() {
        out.report(section.heading, format!("`{heading}` has no item"), WHY, help);
    } else if entries.len() == 1 && is_bare_none(document.slice(entries[0])) {
        let text = document.slice(entries[0]);
        out.report(entries[0], format!("`{text}` gives no reason for `{heading}`"), WHY, help);
    }
}

fn actions(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let Some(section) = document.section(SectionId::ActionItems) else { return };
    let is_answer = |span: &Span| {
        let text = document.slice(*span);
        !is_guidance(text) && !is_bare_none(text) && !is_stand_in(text)
    };
    if document.action_items().is_empty() && !document.entries(SectionId::ActionItems).iter().any(is_answer) {
        out.report(
            section.heading,
            "there is no action item",
            "an incident after which nothing changes can happen again tomorrow",
            "add a row, or write `None: ` and the reason",
        );
    }
}

/// A word for nothing, with no reason behind it.
fn is_bare_none(text: &str) -> bool {
    let bare = text.trim().trim_matches(['*', '_', '`', '.', ':', '(', ')', ' ']);
    bare.len() <= 16
        && [
            "",
            "-",
            "--",
            "–",
            "—",
            "n/a",
            "na",
            "nil",
            "none",
            "no",
            "nope",
            "nothing",
            "not applicable",
            "no one",
        ]
        .iter()
        .any(|none| bare.eq_ignore_ascii_case(none))
}
