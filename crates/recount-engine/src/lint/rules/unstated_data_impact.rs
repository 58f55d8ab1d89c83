//! `unstated-data-impact`: one of the three questions about data has no yes, no or unknown.

use crate::document::template::{FieldId, SectionId};
use crate::document::value::yes_no;
use crate::document::{FieldState, Span};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// Data loss, data corruption or durability risk is not answered with yes, no or unknown.
    ///
    /// An answer to the whole, `**Data impact**: none`, answers those of the three that stay blank.
    ///
    /// ## Why
    ///
    /// Lost and wrong data outlive the outage and may have to be reported. A blank here is read as "no"
    /// by everyone and was said by no one.
    ///
    /// ## Source
    ///
    /// The template: "yes/no (details)". NIST SP 800-61 r2 (2012), section 3.2.6, prioritises incidents
    /// by their information impact beside their functional impact.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Impact
    ///
    /// - **Data impact**:
    ///   - Data loss: yes/no (details)
    ///   - Data corruption:
    ///   - Durability risk: the database ran at 96% CPU
    /// ```
    ///
    /// ```markdown bad
    /// ## Impact
    ///
    /// - **Data impact**:
    ///   - Data loss: no
    /// ```
    ///
    /// ```markdown good
    /// ## Impact
    ///
    /// - **Data impact**:
    ///   - Data loss: no
    ///   - Data corruption: Yes, 12 orders carry a wrong sum
    ///   - Durability risk: Unknown (the backup of that night is being restored to see)
    /// ```
    ///
    /// ```markdown good
    /// ## Impact
    ///
    /// - **Data impact**: None: the service keeps no data
    /// ```
    name: "unstated-data-impact",
    group: Impact,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    const WHY: &str = "an open question about data is read as a `no` that nobody said";
    const HELP: &str = "begin with `yes`, `no` or `unknown`, and put the details in parentheses";
    let document = cx.document;
    let Some(section) = document.section(SectionId::Impact) else { return };
    let answers = |id| {
        let value = document.field_values(id).next();
        value.is_some_and(|value| yes_no::read(document.slice(value)).is_some())
    };
    let whole = answers(FieldId::DataImpact);
    let group = document.field(FieldId::DataImpact).map_or(section.heading, |field| field.label);
    for def in FieldId::DataImpact.members() {
        let Some(field) = document.field(def.id) else {
            if !whole {
                out.report(group, format!("nothing is said about {}", lower(def.label)), WHY, HELP);
            }
            continue;
        };
        let (span, message) = match field.state {
            FieldState::Blank if whole => continue,
            FieldState::Blank => (field.label, format!("`{}` has no answer", def.label)),
            FieldState::Placeholder => {
                let span = if field.value.is_empty() { field.label } else { field.value };
                (span, format!("`{}` is still unanswered", def.label))
            }
            FieldState::Filled if answers(def.id) => continue,
            FieldState::Filled => {
                let span = if field.value.is_empty() { field.body } else { field.value };
                (
                    first_line(document.slice(span), span),
                    format!("`{}` says neither `yes` nor `no` nor `unknown`", def.label),
                )
            }
        };
        out.report(span, message, WHY, HELP);
    }
}

/// A label inside a sentence.
fn lower(label: &str) -> String {
    label.to_lowercase()
}

fn first_line(text: &str, span: Span) -> Span {
    let length = text.lines().next().map_or(0, str::len);
    Span::new(span.start as usize, span.start as usize + length)
}
