//! `detection-contradiction`: the section on detection and the timeline tell two stories.

use crate::document::template::FieldId;
use crate::document::value::time;
use crate::document::{Document, Milestone, Span, TimelineRow};
use crate::evidence::contradict;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The fields say that the incident was detected in one way, and the row `**Detected.**` in another;
    /// or the time to detect is negative.
    ///
    /// Three contradictions are found: no alert by the field and an alert by the row; no customer reports
    /// by the field and a customer by the row; an alert alone by the fields and a customer by the row.
    /// Where an alert and customers both stand in the fields, the row may name either. A fourth one needs
    /// the evidence that was frozen beside the document: an alert of the timeline that fired after the start
    /// and more than two minutes before the row `**Detected.**`.
    ///
    /// ## Why
    ///
    /// Whether machines or customers noticed first decides what to do about alerting. Told in two ways,
    /// it is counted in the wrong column for good.
    ///
    /// ## Source
    ///
    /// The template: "How was it detected", with a field each for alerts, customers and people of our own.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Detection
    ///
    /// - **How was it detected**:
    ///   - Alert name(s): None: nothing watched the hit rate
    ///   - Customer reports: 212 tickets
    /// - **Time to detect**: 4m
    /// ```
    ///
    /// ```markdown bad
    /// ## Detection
    ///
    /// - **How was it detected**:
    ///   - Alert name(s): `SeatMapErrorRateHigh`
    ///   - Customer reports:
    /// - **Time to detect**: 4m
    ///
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:08 | support | **Detected.** Four venues called | |
    /// ```
    ///
    /// ```markdown good
    /// ## Detection
    ///
    /// - **How was it detected**:
    ///   - Alert name(s): `SeatMapErrorRateHigh`, 20 minutes after the first call
    ///   - Customer reports: four venues called
    /// - **Time to detect**: 4m
    ///
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:08 | support | **Detected.** Four venues called | |
    /// ```
    ///
    /// ```markdown good
    /// ## Detection
    ///
    /// - **How was it detected**:
    ///   - Alert name(s): None: nothing watched the hit rate
    ///   - Internal observation: @lucia saw the dashboard
    /// - **Time to detect**: 4m
    ///
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:08 | @lucia | **Detected.** No alert fired; saw empty seat maps on the dashboard | |
    /// ```
    name: "detection-contradiction",
    group: Detection,
    levels: Wrong,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    report_negative_time(document, out);
    let Some(row) = document.milestone(Milestone::Detected) else { return };
    report_earlier_sign(cx, row, out);
    let alerts = Told::by(document, FieldId::AlertNames);
    let reports = Told::by(document, FieldId::CustomerReports);
    let observed = Told::by(document, FieldId::InternalObservation);
    if let Told::Nothing(span) = alerts {
        if noticed_by(document, row) == Some(Noticer::Machine) {
            let (actor, at) = (document.cell_text(row.actor), document.cell_text(row.time));
            let message =
                format!("no alert is named, and at `{at}` the timeline has it detected by `{actor}`");
            out.report(span, message, WHY, "name the alert in the field, or mend the row");
        }
        return;
    }
    // Somebody of ours may have heard of it from a customer: then both are true.
    if matches!(observed, Told::Something(_)) {
        return;
    }
    let (claim, span) = match (alerts, reports) {
        (_, Told::Nothing(span)) => ("no customer report is named", span),
        (Told::Something(span), Told::Blank) => ("only an alert is named", span),
        _ => return,
    };
    if noticed_by(document, row) == Some(Noticer::Customer) {
        let at = document.cell_text(row.time);
        let message = format!("{claim}, and at `{at}` the timeline has it detected through customers");
        out.report(span, message, WHY, "fill in the customer reports, or mend the row");
    }
}

const WHY: &str = "who noticed first decides what to do about alerting";

/// An alert that fired before somebody is said to have noticed, by its own evidence.
fn report_earlier_sign(cx: &Context<'_>, row: &TimelineRow, out: &mut Findings) {
    let (Some(at), Some(cell)) = (row.at(), row.time) else { return };
    let Some(frozen) = cx.evidence() else { return };
    let Some(sign) = contradict::earlier_sign(frozen, cx.document.started_at(), at) else { return };
    let name = sign.details.get("alert").map_or(sign.action.as_str(), String::as_str);
    let name: String = name.chars().take(60).collect();
    let fired = time::canonical(sign.instant(), false);
    out.report(
        cell.span,
        format!("by the evidence `{name}` told of it at `{fired}`, before it was detected"),
        WHY,
        "mark the row of the alert as `**Detected.**`, or say in Detection why nobody saw it",
    );
}

/// `-4m`: detected before it began.
fn report_negative_time(document: &Document, out: &mut Findings) {
    let Some(value) = document.field_values(FieldId::TimeToDetect).next() else { return };
    let text = document.slice(value);
    let behind = text.strip_prefix(['-', '−', '–']).map(str::trim_start);
    if behind.is_some_and(|rest| rest.starts_with(|ch: char| ch.is_ascii_digit())) {
        out.report(
            value,
            format!("the time to detect, `{text}`, is negative"),
            "nothing is detected before it begins",
            "correct the start time: the impact began before somebody noticed",
        );
    }
}

/// What a field about detection says, and where.
#[derive(Clone, Copy)]
enum Told {
    Blank,
    /// `None: nobody called`.
    Nothing(Span),
    Something(Span),
}

impl Told {
    fn by(document: &Document, id: FieldId) -> Self {
        let Some(span) = document.field_values(id).next() else { return Self::Blank };
        let text = document.slice(span).trim_start_matches(['*', '_']);
        let word =
            text.split(|ch: char| !(ch.is_alphanumeric() || matches!(ch, '/' | '-'))).next().unwrap_or("");
        let is_no = ["none", "no", "nobody", "nothing", "n/a"].iter().any(|no| word.eq_ignore_ascii_case(no));
        if is_no { Self::Nothing(span) } else { Self::Something(span) }
    }
}

/// Who the row says noticed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Noticer {
    Machine,
    Customer,
}

/// Who noticed, where the row says it beyond doubt: by its actor, or by words that name one of the two
/// and not the other.
fn noticed_by(document: &Document, row: &TimelineRow) -> Option<Noticer> {
    const MACHINES: [&str; 16] = [
        "alertmanager",
        "alerting",
        "cloudwatch",
        "datadog",
        "grafana",
        "incident.io",
        "monitoring",
        "nagios",
        "new relic",
        "opsgenie",
        "pagerduty",
        "pager",
        "pingdom",
        "prometheus",
        "sentry",
        "zabbix",
    ];
    const CUSTOMERS: [&str; 9] = [
        "customer",
        "customers",
        "customer support",
        "help desk",
        "helpdesk",
        "support",
        "user",
        "users",
        "a customer",
    ];
    const OF_MACHINES: [&str; 5] = ["alert", "fired", "monitor", "page", "paging"];
    const OF_CUSTOMERS: [&str; 15] = [
        "by a customer",
        "by customers",
        "customer called",
        "customer complain",
        "customer report",
        "customers called",
        "customers complain",
        "customers report",
        "support ticket",
        "ticket about",
        "tickets about",
        "tickets from",
        "user report",
        "users complain",
        "users report",
    ];
    let actor = document.cell_text(row.actor).trim_start_matches('@');
    let is_any = |words: &[&str]| words.iter().any(|word| actor.eq_ignore_ascii_case(word));
    let action = document.cell_text(row.action).to_lowercase();
    let tells = |words: &[&str]| words.iter().any(|word| action.contains(word));
    let is_denied = ["no ", "not ", "never", "without"].iter().any(|word| action.contains(word));
    if is_any(&MACHINES) {
        // `Detected. Nothing fired` by a machine is not for us to read.
        return (!is_denied).then_some(Noticer::Machine);
    }
    let is_customer = is_any(&CUSTOMERS) || tells(&OF_CUSTOMERS);
    (is_customer && !tells(&OF_MACHINES) && !is_any(&["on-call", "oncall"])).then_some(Noticer::Customer)
}
