//! The page with every form of a postmortem, each with what was found about it.
//!
//! What does not live here: what a form does ([`super::place`]).

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use jiff::ToSpan as _;
use jiff::civil::Date;
use recount_engine::document::template::{FieldDef, FieldId, FieldKind, SectionId};
use recount_engine::document::value::yes_no::{self, Answer as YesNo};
use recount_engine::document::{Document, FieldState, Milestone, Span, Stage, counted, plain_text};
use recount_engine::evidence::derive::Derived;
use recount_engine::export::html::section_anchor;
use recount_engine::lint::{Finding, Level, Options};
use recount_store::Version;
use recount_workspace::{Failure, status_word};

use super::apply::Returned;
use super::place::{Cell, Place, field_value, is_simple};
use crate::error::{Answer, page};
use crate::frame::{Frame, Markup, address, sentence};
use crate::shelf::Shelf;
use crate::site::Site;

/// The sections of the template that are lists.
pub(super) const LISTS: [SectionId; 3] = [SectionId::WentWell, SectionId::WentPoorly, SectionId::GotLucky];

#[derive(Template)]
#[template(path = "edit.html")]
struct Edit<'s> {
    frame: Frame,
    address: String,
    name: &'s str,
    version: String,
    saved: String,
    trouble: Option<Trouble>,
    /// Where the trouble is.
    troubled: String,
    title: Form,
    stage_form: Form,
    reviewed_by: String,
    /// What stands between here and the later stages.
    ahead: Vec<Ahead>,
    sections: Vec<Section>,
    /// Findings about nothing that has a form.
    loose: Vec<Told>,
    is_foreign: bool,
    services: Vec<&'s str>,
    regions: &'s [String],
    people: Vec<&'s str>,
    milestones: Vec<&'static str>,
    statuses: Vec<(&'static str, String)>,
    days: Vec<(Date, &'static str)>,
}

/// A later stage, and what keeps the postmortem from it.
struct Ahead {
    stage: Stage,
    count: String,
    findings: Vec<Told>,
}

/// What came of the last form.
#[derive(Clone)]
pub(crate) struct Trouble {
    pub(crate) message: String,
    pub(crate) hint: String,
    pub(crate) yields: bool,
}

impl Trouble {
    pub(crate) fn of(failure: &Failure) -> Self {
        Self {
            message: failure.to_string(),
            hint: failure.hint_elsewhere().unwrap_or_default().to_owned(),
            yields: failure.yields_to_force(),
        }
    }
}

/// A finding, as it is told.
#[derive(Clone)]
pub(crate) struct Told {
    class: &'static str,
    message: Markup,
    raw: String,
    help: Markup,
    rule: &'static str,
    /// What its fix does.
    fix: Option<String>,
    at: u32,
    /// The form that it is about.
    anchor: String,
    /// What that is called.
    place: String,
}

/// A form: its inputs as they are now, and as they were typed where it came back.
pub(crate) struct Form {
    anchor: String,
    pub(crate) number: usize,
    pub(crate) inputs: Vec<Input>,
    findings: Vec<Told>,
    pub(crate) trouble: Option<Trouble>,
}

pub(crate) struct Input {
    pub(crate) name: &'static str,
    /// What stands in the document.
    pub(crate) was: String,
    /// What stands in the input.
    pub(crate) value: String,
}

/// The form of one action item, for pages that show many; none where the document has no such item.
pub(crate) fn item_form(document: &Document, number: usize, returned: Option<&Returned>) -> Option<Form> {
    let place = Place::Item(number);
    place.cells(document)?;
    Some(Make { document, told: &[], offers: &[], returned }.form(place))
}

impl Form {
    pub(crate) fn has_trouble(&self) -> bool {
        self.trouble.is_some()
    }

    pub(crate) fn input(&self, name: &str) -> &str {
        self.inputs.iter().find(|input| input.name == name).map_or("", |input| input.value.as_str())
    }

    /// What stands in the document, without its marks.
    pub(crate) fn plain(&self, name: &str) -> String {
        plain_text(self.was(name))
    }

    pub(crate) fn was(&self, name: &str) -> &str {
        self.inputs.iter().find(|input| input.name == name).map_or("", |input| input.was.as_str())
    }
}

struct Section {
    id: String,
    heading: &'static str,
    findings: Vec<Told>,
    fields: Vec<Field>,
    entries: Option<Vec<Entry>>,
    rows: Option<Vec<Form>>,
    items: Option<Vec<Form>>,
    new: Option<Form>,
    /// What was found in it, in all its forms.
    count: usize,
}

struct Entry {
    form: Form,
    is_simple: bool,
}

struct Field {
    key: &'static str,
    label: &'static str,
    hint: &'static str,
    kind: &'static str,
    answer: &'static str,
    details: String,
    /// What the evidence suggests while it is blank, and why.
    offer: Option<(String, String)>,
    form: Form,
    is_nested: bool,
    is_simple: bool,
    lines: usize,
}

/// The page; with a form that came back, as it was typed.
pub(super) fn show(
    site: &Arc<Site>,
    key: &str,
    saved: &str,
    returned: Option<&Returned>,
) -> Answer<Html<String>> {
    shown(site, key, saved, returned, returned.map(|returned| &returned.failure))
}

/// The page with a failure that is about no form.
pub(super) fn told(site: &Arc<Site>, key: &str, failure: &Failure) -> Answer<Html<String>> {
    shown(site, key, "", None, Some(failure))
}

fn shown(
    site: &Arc<Site>,
    key: &str,
    saved: &str,
    returned: Option<&Returned>,
    failure: Option<&Failure>,
) -> Answer<Html<String>> {
    let shelf = site.shelf();
    let known = shelf.find(key)?;
    let path = shelf.file(known);
    let (stored, document) = shelf.workspace.read(&path)?;
    let version = stored.version.to_string();
    site.recent.keep(&version, &stored.bytes);
    let options = Options { due: true, fixes: true, ..Options::default() };
    let findings = shelf.workspace.findings(&path, &document, site.today(), options);
    let places = Places::of(&document);
    let told: Vec<Told> = findings.iter().map(|finding| places.told(finding)).collect();
    let offers = shelf.workspace.offers(&path, &document);
    let make = Make { document: &document, told: &told, offers: &offers, returned };
    let stage = document.stage();
    let ahead = [Stage::Review, Stage::Final].into_iter().filter(|later| *later > stage);
    let ahead = ahead.map(|later| {
        let at = shelf.workspace.at_stage(&document, later, &[], site.today());
        let found = at.map(|at| {
            let places = Places::of(&at);
            let found = shelf.workspace.in_the_way(&path, &at, later, site.today());
            found.iter().map(|finding| places.told(finding)).collect::<Vec<_>>()
        });
        let findings = found.unwrap_or_default();
        Ahead { stage: later, count: counted(findings.len(), "error"), findings }
    });
    let ahead = ahead.collect();
    let loose = told.iter().filter(|told| told.anchor.is_empty()).cloned();
    let config = shelf.workspace.config();
    page(&Edit {
        frame: Frame::new(&shelf, "").following_one(shelf.key(known), &stored.bytes),
        address: address(shelf.key(known)),
        name: known.name(),
        saved: saved.to_owned(),
        troubled: returned.map(|returned| returned.place.anchor()).unwrap_or_default(),
        trouble: failure.map(Trouble::of),
        title: make.form(Place::Title),
        stage_form: make.form(Place::Stage),
        reviewed_by: document.front_matter().reviewed_by.join(", "),
        ahead,
        sections: SectionId::ALL.into_iter().map(|id| make.section(id)).collect(),
        loose: loose.collect(),
        is_foreign: shelf.workspace.refuse_foreign(&path, &document, "field").is_err(),
        services: shelf.services(),
        regions: &config.library.regions,
        people: people(&shelf),
        milestones: Milestone::ALL.into_iter().map(Milestone::word).collect(),
        statuses: statuses(),
        days: days(site.today()),
        version,
    })
}

/// Who can owe and do something, for suggestions.
pub(crate) fn people(shelf: &Shelf) -> Vec<&str> {
    shelf.workspace.config().people.iter().map(|person| person.handle.as_str()).collect()
}

/// The statuses of an action item: their words, and as the template writes them.
pub(crate) fn statuses() -> Vec<(&'static str, String)> {
    use recount_engine::document::value::status::StatusKind;
    StatusKind::ALL.into_iter().map(|kind| (status_word(kind), kind.to_string())).collect()
}

/// Days that something may be due on, for suggestions: counted from today.
pub(crate) fn days(today: Date) -> Vec<(Date, &'static str)> {
    [(7, "in a week"), (14, "in two weeks"), (30, "in 30 days"), (90, "in 90 days")]
        .into_iter()
        .map(|(days, said)| (today.saturating_add(days.days()), said))
        .collect()
}

/// Where in a document each form's place is.
struct Places(Vec<(Span, String, String)>);

impl Places {
    fn of(document: &Document) -> Self {
        let mut places = Vec::new();
        if let Some(title) = document.title() {
            places.push((title.span, Place::Title.anchor(), "title".to_owned()));
        }
        if let Some(span) = document.front_matter().span {
            places.push((span, Place::Stage.anchor(), "stage".to_owned()));
        }
        for section in document.sections() {
            if let Some(id) = section.id {
                places.push((section.span, section_anchor(id), id.heading().to_owned()));
            }
        }
        for field in document.fields() {
            let span = if field.body.is_empty() { field.span } else { field.span.to(field.body) };
            let label = field.id.def().label.to_owned();
            places.push((span, Place::Field(field.id).anchor(), label));
        }
        for id in LISTS {
            for (nth, span) in document.entries(id).into_iter().enumerate() {
                places.push((span, Place::Entry(id, nth + 1).anchor(), id.heading().to_owned()));
            }
        }
        for row in document.timeline_rows() {
            places.push((row.span, Place::Row(row.number).anchor(), format!("row {}", row.number)));
        }
        for item in document.action_items() {
            places.push((
                item.span,
                Place::Item(item.number).anchor(),
                format!("action item #{}", item.number),
            ));
        }
        Self(places)
    }

    /// The smallest place that a finding is in.
    fn told(&self, finding: &Finding) -> Told {
        let at = finding.span.start;
        let smallest = |is_in: &dyn Fn(&Span) -> bool| {
            self.0.iter().filter(|(span, _, _)| is_in(span)).min_by_key(|(span, _, _)| span.len())
        };
        // What is missing is found behind the last byte of where it belongs.
        let place =
            smallest(&|span| span.start <= at && at < span.end).or_else(|| smallest(&|span| at == span.end));
        let class = match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        };
        Told {
            class,
            message: sentence(&finding.message),
            raw: finding.message.to_string(),
            help: sentence(&finding.help),
            rule: finding.rule.name,
            fix: finding.fix.as_ref().map(|fix| fix.title.clone()),
            at,
            anchor: place.map(|(_, anchor, _)| anchor.clone()).unwrap_or_default(),
            place: place.map(|(_, _, name)| name.clone()).unwrap_or_default(),
        }
    }
}

/// What to do where a field is chosen and not written; none where the finding says it well.
fn help_of_choice(kind: FieldKind, rule: &str) -> Option<&'static str> {
    match (kind, rule) {
        (FieldKind::Severity, "empty-field" | "invalid-severity") => {
            Some("choose the worst that it was; what is due when goes by it")
        }
        (FieldKind::YesNo, "unstated-data-impact") => {
            Some("choose an answer, and say in a few words beside it what it rests on")
        }
        _ => None,
    }
}

/// What forms are made from.
struct Make<'a> {
    document: &'a Document,
    told: &'a [Told],
    offers: &'a [(FieldId, Derived)],
    returned: Option<&'a Returned>,
}

impl Make<'_> {
    fn findings(&self, anchor: &str) -> Vec<Told> {
        self.told.iter().filter(|told| told.anchor == anchor).cloned().collect()
    }

    fn form(&self, place: Place) -> Form {
        let cells = place.cells(self.document).unwrap_or_else(|| place.filled(&[]));
        let anchor = place.anchor();
        let returned = self.returned.filter(|returned| returned.place == place);
        let inputs = cells.into_iter().map(|Cell { name, value, .. }| {
            let typed = returned.filter(|returned| returned.typed.has(name));
            let typed = typed.map(|returned| returned.typed.get(name).to_owned());
            Input { name, value: typed.unwrap_or_else(|| value.clone()), was: value }
        });
        let mut inputs: Vec<Input> = inputs.collect();
        // What is typed beside what stands there.
        for name in ["reason", "evidence", "since"] {
            let typed = returned.map(|returned| returned.typed.get(name).to_owned()).unwrap_or_default();
            inputs.push(Input { name, was: String::new(), value: typed });
        }
        let number = match place {
            Place::Entry(_, number) | Place::Row(number) | Place::Item(number) => number,
            _ => 0,
        };
        let trouble = returned.map(|returned| Trouble::of(&returned.failure));
        Form { number, findings: self.findings(&anchor), anchor, inputs, trouble }
    }

    fn offer(&self, id: FieldId) -> Option<(String, String)> {
        let (_, offer) = self.offers.iter().find(|(field, _)| *field == id)?;
        Some((offer.value.clone(), offer.why.clone()))
    }

    fn section(&self, id: SectionId) -> Section {
        let document = self.document;
        let is_list = LISTS.contains(&id);
        let entries = is_list.then(|| {
            let spans = document.entries(id).into_iter().enumerate();
            let entries = spans.map(|(nth, span)| Entry {
                form: self.form(Place::Entry(id, nth + 1)),
                is_simple: !document.slice(span).contains('\n'),
            });
            entries.collect()
        });
        let rows = (id == SectionId::Timeline).then(|| {
            let rows = document.timeline_rows().iter();
            rows.map(|row| self.form(Place::Row(row.number))).collect()
        });
        let items = (id == SectionId::ActionItems).then(|| {
            let items = document.action_items().iter();
            items.map(|item| self.form(Place::Item(item.number))).collect()
        });
        let new = match id {
            SectionId::Timeline => Some(self.form(Place::Row(0))),
            SectionId::ActionItems => Some(self.form(Place::Item(0))),
            _ if is_list => Some(self.form(Place::Entry(id, 0))),
            _ => None,
        };
        let anchor = section_anchor(id);
        let section = document.section(id).map(|section| section.span);
        let count = self.told.iter().filter(|told| {
            told.class != "note" && section.is_some_and(|span| span.start <= told.at && told.at < span.end)
        });
        Section {
            heading: id.heading(),
            findings: self.findings(&anchor),
            fields: id.fields().map(|def| self.field(def)).collect(),
            entries,
            rows,
            items,
            new,
            count: count.count(),
            id: anchor,
        }
    }

    fn field(&self, def: &'static FieldDef) -> Field {
        let document = self.document;
        let mut form = self.form(Place::Field(def.id));
        for told in &mut form.findings {
            if let Some(help) = help_of_choice(def.kind, told.rule) {
                told.help = sentence(help);
            }
        }
        let text = field_value(document, def.id);
        let read = yes_no::read(&text).filter(|read| read.plain);
        let returned = self.returned.filter(|returned| returned.place == Place::Field(def.id));
        let (answer, details) = match (returned, &read) {
            (Some(returned), _) => {
                let answer =
                    ["yes", "no", "unknown"].into_iter().find(|word| *word == returned.typed.get("answer"));
                (answer.unwrap_or_default(), returned.typed.get("value").to_owned())
            }
            (None, Some(read)) => {
                let answer = match read.answer {
                    YesNo::Yes => "yes",
                    YesNo::No => "no",
                    YesNo::Unknown => "unknown",
                };
                (answer, read.details.to_owned())
            }
            (None, None) => ("", text.clone()),
        };
        let kind = match def.kind {
            FieldKind::Severity => "severity",
            FieldKind::YesNo => "yes-no",
            FieldKind::Group => "group",
            FieldKind::Id | FieldKind::Time | FieldKind::Duration | FieldKind::Percentage => "line",
            FieldKind::List if def.id == FieldId::Regions => "regions",
            FieldKind::List => "services",
            FieldKind::Text | FieldKind::Question => "text",
        };
        let hint = match def.kind {
            FieldKind::Time => "UTC, as 2026-11-20 14:02",
            FieldKind::Duration => "as 1h 42m",
            FieldKind::Percentage => "an estimate, as about 12%; or unknown, and why",
            FieldKind::List => "separated by commas",
            FieldKind::Question => "an answer a line",
            _ => "",
        };
        // Blank ones show that there is little to say yet.
        let value = form.input("value");
        let length = value.lines().map(|line| 1 + line.chars().count() / 90).sum::<usize>();
        let is_blank = document.field(def.id).is_none_or(|field| field.state != FieldState::Filled);
        Field {
            key: def.key,
            label: def.label,
            hint,
            kind,
            answer,
            details,
            offer: self.offer(def.id).filter(|_| is_blank),
            is_nested: def.group.is_some(),
            is_simple: is_simple(document, def.id),
            lines: if is_blank && value.is_empty() { 1 } else { length.clamp(1, 12) },
            form,
        }
    }
}

/// The version of a text.
pub(super) fn version_of(bytes: &[u8]) -> String {
    Version::of(bytes).to_string()
}
