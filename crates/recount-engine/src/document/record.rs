//! What a library remembers of a postmortem: its facts as plain data, without the text around them.
//!
//! Lists, search, action items, recurrence and figures read records; a catalog keeps them. A record is made
//! of one document alone: names of services and people stand as they are written, and whoever reads many
//! records decides by the configuration which are the same. What does not live here: how records are kept,
//! and anything that depends on today.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::template::{FieldId, SectionId};
use super::value::priority::Priority;
use super::value::severity::Severity;
use super::value::status::{Status, StatusKind};
use super::{ActionItem, Document, Milestone, Stage, declines, is_word_for_none, passages};

/// The facts of one postmortem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Incident ID, without marks.
    pub id: Option<String>,
    /// Title; none for an untitled draft.
    pub title: Option<String>,
    /// What its author claims.
    pub stage: Stage,
    /// Whether it is no postmortem in the template: written in another, or none at all, and nothing of an incident is
    /// read from it.
    pub is_stray: bool,
    /// The day it became final.
    #[serde(with = "day")]
    pub finalized: Option<Date>,
    /// Who reviewed it.
    pub reviewed_by: Vec<String>,
    /// Tags of the front matter.
    pub tags: Vec<String>,
    /// The same incident in other tools.
    pub incident_ids: Vec<String>,
    /// How bad it was; none where that cannot be read.
    pub severity: Option<Severity>,
    /// When impact began: the start time, else the row *Started*.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
    pub started: Option<Timestamp>,
    /// Whether a start is written and cannot be read.
    pub is_start_unreadable: bool,
    /// The row *Detected*; else the start and the time to detect that is written.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
    pub detected: Option<Timestamp>,
    /// The row *Acknowledged*.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
    pub acknowledged: Option<Timestamp>,
    /// The row *Mitigated*.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
    pub mitigated: Option<Timestamp>,
    /// When it was over: the end time, else the last row *Resolved*.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
    pub resolved: Option<Timestamp>,
    /// Whether an end is written and cannot be read.
    pub is_end_unreadable: bool,
    /// Services impacted, as written.
    pub services: Vec<String>,
    /// Regions impacted, as written.
    pub regions: Vec<String>,
    /// Percent of customers affected, the least and the most that the text allows.
    pub customers_affected: Option<(f64, f64)>,
    /// Ways of detection that told of it: of `alert-names`, `customer-reports`, `internal-observation`. One that is
    /// answered by `None: …` did not.
    pub detected_by: Vec<FieldId>,
    /// What is written under *Alert name(s)*, unless it is that there was none.
    pub alerts: Vec<String>,
    /// *Direct trigger*, as text.
    pub trigger: Option<String>,
    /// The field *Root cause*, as text.
    pub root_cause: Option<String>,
    /// Contributing factors, each with its category; a category answered by `None: …` has none.
    pub factors: Vec<FactorRecord>,
    /// Entries of *What went well*.
    pub went_well: Vec<String>,
    /// Entries of *What went poorly*.
    pub went_poorly: Vec<String>,
    /// Entries of *Where we got lucky*.
    pub got_lucky: Vec<String>,
    /// Action items, in the order of the document.
    pub actions: Vec<ActionRecord>,
    /// Days of game days, and whether something was recorded of each.
    pub game_days: Vec<(Date, bool)>,
    /// How many targets can be run: a comparison with a window.
    pub targets: usize,
}

/// A contributing factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorRecord {
    /// Its category: one of the fields nested in *Contributing factors*.
    pub category: FieldId,
    /// What is written, as text.
    pub text: String,
}

/// An action item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionRecord {
    /// `#3`: counted over the rows that hold something.
    pub number: usize,
    /// The stable ID, where a machine needed one.
    pub stable_id: Option<String>,
    /// Its priority; none where that cannot be read.
    pub priority: Option<Priority>,
    /// What is to be done, as text.
    pub action: String,
    /// Owners as written, nobodies and machines left out.
    pub owners: Vec<String>,
    /// When it is due; none where there is no date that can be read.
    #[serde(with = "day")]
    pub due: Option<Date>,
    /// How far it has come; *open* where nothing is said, none where what is said is no status.
    pub status: Option<StatusKind>,
    /// Since when it is that.
    #[serde(with = "day")]
    pub status_date: Option<Date>,
    /// What is said beside the status.
    pub status_reason: Option<String>,
    /// Whether something stands in *Verification plan*.
    pub has_plan: bool,
}

/// A day as one number, `20261123`: a library's records are read by the hundred thousand.
pub(crate) mod day {
    use jiff::civil::Date;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "how `serde` calls it")]
    pub(crate) fn serialize<S: Serializer>(day: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        let number =
            |day: Date| i32::from(day.year()) * 10_000 + i32::from(day.month()) * 100 + i32::from(day.day());
        day.map(number).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
        let Some(number) = Option::<i32>::deserialize(deserializer)? else { return Ok(None) };
        let part = |number: i32| i8::try_from(number.rem_euclid(100)).map_err(D::Error::custom);
        let year = i16::try_from(number.div_euclid(10_000)).map_err(D::Error::custom)?;
        Date::new(year, part(number.div_euclid(100))?, part(number)?).map(Some).map_err(D::Error::custom)
    }
}

impl Record {
    /// Whether nothing is in it that tells of an incident.
    fn says_nothing(&self) -> bool {
        let times = [self.started, self.detected, self.acknowledged, self.mitigated, self.resolved];
        self.id.is_none()
            && self.severity.is_none()
            && times.iter().all(Option::is_none)
            && !(self.is_start_unreadable || self.is_end_unreadable)
            && self.services.is_empty()
            && self.detected_by.is_empty()
            && self.factors.is_empty()
            && self.went_poorly.is_empty()
            && self.got_lucky.is_empty()
            && self.actions.is_empty()
    }
}

impl ActionRecord {
    /// Whether work is still owed. What cannot be read counts as owed.
    pub fn is_open(&self) -> bool {
        self.status.is_none_or(StatusKind::is_open)
    }

    /// Whether it is done, and nobody has seen yet that it works.
    pub fn is_unverified(&self) -> bool {
        self.status == Some(StatusKind::Done)
    }

    /// Whether it was taken up again after it was settled.
    pub fn is_reopened(&self) -> bool {
        let status = |kind| Status { kind, date: self.status_date, reason: self.status_reason.as_deref() };
        self.status.is_some_and(|kind| status(kind).is_reopened())
    }

    /// Whether it is past its due date and work is still owed.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.is_open() && self.due.is_some_and(|due| due < today)
    }
}

impl Document {
    /// The facts of the document.
    pub fn record(&self) -> Record {
        let front = self.front_matter();
        let started = self.started_at();
        let marked = |milestone| self.milestone(milestone).and_then(super::TimelineRow::at);
        // What the row says counts; where there is none, the time to detect says the same.
        let detected = marked(Milestone::Detected).or_else(|| {
            let seconds = i64::try_from(self.time_to_detect().get()?.seconds).ok()?;
            started?.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()
        });
        let own = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        let filled = |group: FieldId| group.members().map(|def| def.id).filter(|id| self.is_filled(*id));
        // Of a way of detection "no alert fired" says no; as a factor "no retry budget" is one.
        let told = |id: &FieldId| self.texts(*id).any(|text| !declines(&text) && !is_word_for_none(&text));
        let factor = |category| {
            let texts = self.texts(category).filter(|text| !answers_none(text));
            texts.map(move |text| FactorRecord { category, text }).collect::<Vec<_>>()
        };
        let mut record = Record {
            id: self.incident_id().map(str::to_owned),
            title: self.title_text().map(str::to_owned),
            stage: self.stage(),
            is_stray: false,
            finalized: front.finalized,
            reviewed_by: front.reviewed_by.clone(),
            tags: front.tags.clone(),
            incident_ids: front.incident_ids.clone(),
            severity: self.severity().get().copied(),
            started,
            is_start_unreadable: self.is_start_unreadable(),
            detected,
            acknowledged: marked(Milestone::Acknowledged),
            mitigated: marked(Milestone::Mitigated),
            resolved: self.ended_at(),
            is_end_unreadable: self.is_end_unreadable(),
            services: own(self.services()),
            regions: own(self.regions()),
            customers_affected: self.customers_affected().get().map(|share| (share.low, share.high)),
            detected_by: filled(FieldId::HowDetected).filter(told).collect(),
            alerts: self.texts(FieldId::AlertNames).filter(|text| !answers_none(text)).collect(),
            trigger: self.text_of(FieldId::DirectTrigger),
            root_cause: self.text_of(FieldId::RootCause),
            factors: filled(FieldId::ContributingFactors).flat_map(factor).collect(),
            went_well: self.entry_texts(SectionId::WentWell),
            went_poorly: self.entry_texts(SectionId::WentPoorly),
            got_lucky: self.entry_texts(SectionId::GotLucky),
            actions: self.action_items().iter().map(|item| self.action_record(item)).collect(),
            game_days: self.game_days().iter().map(|day| (day.date, !day.record.is_empty())).collect(),
            targets: self.targets().filter(|target| matches!(target.window, Some(Ok(_)))).count(),
        };
        record.is_stray = record.says_nothing() && self.is_foreign();
        record
    }

    fn action_record(&self, item: &ActionItem) -> ActionRecord {
        let status = self.status_of(item);
        let status = status.get();
        ActionRecord {
            number: item.number,
            stable_id: item.id.map(|id| self.slice(id).to_owned()),
            priority: self.priority_of(item).get().copied(),
            action: passages::plain(self.cell_text(item.action)),
            owners: self.owners_of(item).iter().map(|person| person.name.to_owned()).collect(),
            due: self.due_of(item).get().map(|due| due.date),
            status: item.status_kind,
            status_date: status.and_then(|status| status.date),
            status_reason: status.and_then(|status| status.reason).map(str::to_owned),
            has_plan: item.plan.is_some_and(|plan| !plan.span.is_empty()),
        }
    }

    /// The values of a field, each as text.
    fn texts(&self, id: FieldId) -> impl Iterator<Item = String> + '_ {
        self.field_values(id).map(|span| passages::plain(self.slice(span))).filter(|text| !text.is_empty())
    }

    fn text_of(&self, id: FieldId) -> Option<String> {
        Some(self.texts(id).collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty())
    }

    fn entry_texts(&self, id: SectionId) -> Vec<String> {
        let texts = self.entries(id).into_iter().map(|span| passages::plain(self.slice(span)));
        texts.filter(|text| !text.is_empty() && !answers_none(text)).collect()
    }
}

/// Whether a text says that there is nothing to say, with a reason or without: `None: load was ordinary`.
fn answers_none(text: &str) -> bool {
    let rest = ["none", "n/a", "not applicable"].iter().find_map(|word| {
        let head = text.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
        Some(&text[head.len()..])
    });
    is_word_for_none(text)
        || rest.is_some_and(|rest| rest.trim_start().starts_with([':', ',', ';', '.', '-', '–', '—', '(']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::template::TEMPLATE;

    const FILLED: &str = "---\nstage: final\nfinalized: 2026-11-30\ntags: [tls]\n---\n\n# Seats **sold** twice\n\n\
        ## Incident summary\n\n- **Incident ID**: `INC-0042`\n- **Severity**: Sev1\n\
        - **Start time** (UTC): 2026-11-20 14:02\n- **End time** (UTC): 2026-11-20 15:30\n\
        - **Primary services impacted**: `checkout`, search\n\n## Impact\n\n- **% of customers affected**: 12-15%\n\n\
        ## Detection\n\n- **How was it detected**:\n  - Alert name(s): `HighErrorRate`\n  - Customer reports:\n\
        - **Time to detect**: 4m\n\n## Root cause\n\n- **Direct trigger**: [a deploy](https://x.example/1) of v41\n\
        - **Contributing factors**:\n  - capacity:\n    - one pool\n    - no limit\n\n\
        ## What went poorly\n\n- nobody was told\n\n## Action items\n\n\
        | Priority | Action item | Owner | Due date | Status | Verification plan |\n|---|---|---|---|---|---|\n\
        | P0 | Limit the `pool` <!-- recount: id k7f3q2 --> | @ana | 2026-12-01 | Won't do 2026-11-28: moved | |\n\
        | P1 | Tell people | TBD | | | look |\n";

    #[test]
    fn a_filled_document_gives_its_facts_as_text() {
        let record = Document::parse(FILLED.as_bytes()).record();
        assert_eq!(record.id.as_deref(), Some("INC-0042"));
        assert_eq!(record.severity, Some(Severity::Sev1));
        let started = record.started.expect("it is written");
        assert_eq!(record.detected.expect("by the time to detect").duration_since(started).as_mins(), 4);
        assert_eq!(record.services, ["checkout", "search"]);
        assert_eq!(record.customers_affected, Some((12.0, 15.0)));
        assert_eq!(record.detected_by, [FieldId::AlertNames]);
        assert_eq!(record.alerts, ["HighErrorRate"]);
        assert_eq!(record.trigger.as_deref(), Some("a deploy of v41"));
        let factors: Vec<_> = record.factors.iter().map(|f| (f.category, f.text.as_str())).collect();
        assert_eq!(factors, [(FieldId::FactorCapacity, "one pool"), (FieldId::FactorCapacity, "no limit")]);
        assert_eq!(record.went_poorly, ["nobody was told"]);
        let [refused, open] = record.actions.as_slice() else { panic!("two items: {:?}", record.actions) };
        assert_eq!(
            (refused.stable_id.as_deref(), refused.action.as_str()),
            (Some("k7f3q2"), "Limit the pool")
        );
        assert_eq!(
            (refused.status, refused.status_reason.as_deref()),
            (Some(StatusKind::WontDo), Some("moved"))
        );
        assert!(!refused.is_open() && open.is_open() && open.owners.is_empty() && open.has_plan);
    }

    #[test]
    fn an_answer_that_there_was_none_is_no_fact() {
        let text = FILLED
            .replace("`HighErrorRate`", "None: `HighErrorRate` was silenced")
            .replace("Customer reports:", "Customer reports: 31 tickets")
            .replace("one pool\n    - no limit", "None: load was ordinary")
            .replace("nobody was told", "No one was told\n- None");
        let record = Document::parse(text.as_bytes()).record();
        assert_eq!(record.detected_by, [FieldId::CustomerReports]);
        assert!(record.alerts.is_empty() && record.factors.is_empty());
        assert_eq!(record.went_poorly, ["No one was told"]);
    }

    #[test]
    fn a_time_that_stands_there_and_cannot_be_read_is_no_missing_one() {
        let text = FILLED.replace("2026-11-20 14:02", "that afternoon").replace("2026-11-20 15:30", "");
        let record = Document::parse(text.as_bytes()).record();
        assert_eq!((record.started, record.resolved), (None, None));
        assert_eq!((record.is_start_unreadable, record.is_end_unreadable), (true, false));
    }

    #[test]
    fn a_file_that_says_nothing_of_an_incident_and_is_not_in_the_template_is_no_postmortem() {
        for (text, is_stray) in [
            ("# How we write postmortems\n\nCopy the template.\n", true),
            ("Words without a heading\n", true),
            (
                "# Database failover\n\n## Incident summary\n\n- **Severity**: Sev1\n\n## What happened\n\nThe disk failed.\n",
                false,
            ),
            ("# Database failover\n\n## What went poorly\n\n- nobody was told\n", false),
            ("", false),
            (TEMPLATE, false),
            (FILLED, false),
        ] {
            assert_eq!(Document::parse(text.as_bytes()).record().is_stray, is_stray, "{text}");
        }
    }

    #[test]
    fn the_blank_template_has_no_facts_and_a_record_is_the_same_after_its_way_through_json() {
        let blank = Document::parse(TEMPLATE.as_bytes()).record();
        assert_eq!((blank.id.as_ref(), blank.severity, blank.started), (None, None, None));
        assert!(!blank.is_start_unreadable && !blank.is_end_unreadable);
        assert!(blank.actions.is_empty() && blank.factors.is_empty() && blank.detected_by.is_empty());
        let record = Document::parse(FILLED.as_bytes()).record();
        let json = serde_json::to_string(&record).expect("it is plain data");
        assert_eq!(serde_json::from_str::<Record>(&json).expect("as written"), record);
    }
}
