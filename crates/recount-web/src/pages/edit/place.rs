//! A place of a postmortem that a form is about: what stands there, and what a form makes of it.
//!
//! What does not live here: what happens where others changed the same place ([`super::apply`]).

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use recount_engine::document::operations::{decode_cell, plain_cell};
use recount_engine::document::template::{ActionColumn, FieldId, FieldKind, SectionId, TimelineColumn};
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::StatusKind;
use recount_engine::document::value::time::{self, Anchor};
use recount_engine::document::{ActionItem, Document, Milestone, Stage, TimelineRow};
use recount_engine::export::html::{action_anchor, field_anchor, row_anchor, section_anchor};
use recount_engine::lint::{Level, Options};
use recount_workspace::{
    Failure, FailureKind, ItemChange, NewItem, Workspace, not_ready, parse_day, refuse_nonsense, status_word,
    titled, with_value,
};

/// What was typed into a form, by the names of its inputs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed(BTreeMap<String, String>);

impl Typed {
    pub(crate) fn new(inputs: Vec<(String, String)>) -> Self {
        // Browsers send lines as mail does.
        Self(inputs.into_iter().map(|(name, text)| (name, text.replace("\r\n", "\n"))).collect())
    }

    /// What was typed; nothing where there was no such input.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    pub(crate) fn number(&self) -> usize {
        self.get("number").parse().unwrap_or(0)
    }
}

/// A place of a postmortem. Numbers count from 1; 0 is one that is to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Title,
    Stage,
    Field(FieldId),
    Entry(SectionId, usize),
    Row(usize),
    Item(usize),
}

/// An input of a place, and what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) value: String,
}

/// What a change is made with.
#[derive(Clone, Copy)]
pub(crate) struct Hand<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) path: &'a Path,
    pub(crate) typed: &'a Typed,
    /// Whoever makes it.
    pub(crate) who: &'a str,
    pub(crate) today: Date,
}

impl Hand<'_> {
    fn forces(&self) -> bool {
        self.typed.has("force")
    }
}

impl Place {
    /// The `id` of its form in the page.
    pub(crate) fn anchor(self) -> String {
        let numbered = |number: usize, name: &dyn Fn(usize) -> String, new: &str| {
            if number == 0 { new.to_owned() } else { name(number) }
        };
        match self {
            Self::Title => "title".to_owned(),
            Self::Stage => "stage".to_owned(),
            Self::Field(id) => field_anchor(id),
            Self::Entry(id, 0) => format!("{}-new", section_anchor(id)),
            Self::Entry(id, number) => format!("{}-{number}", section_anchor(id)),
            Self::Row(number) => numbered(number, &row_anchor, "row-new"),
            Self::Item(number) => numbered(number, &action_anchor, "action-new"),
        }
    }

    /// Where its form goes, below the postmortem's address.
    pub(crate) fn route(self) -> String {
        match self {
            Self::Title => "/edit/title".to_owned(),
            Self::Stage => "/edit/stage".to_owned(),
            Self::Field(id) => format!("/edit/field/{}", id.def().key),
            Self::Entry(id, _) => format!("/edit/entries/{}", section_anchor(id)),
            Self::Row(_) => "/edit/timeline".to_owned(),
            Self::Item(_) => "/edit/actions".to_owned(),
        }
    }

    /// What it is called in a sentence.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Title => "the title".to_owned(),
            Self::Stage => "the stage".to_owned(),
            Self::Field(id) => format!("`{}`", id.def().label),
            Self::Entry(id, _) => format!("an entry of `{}`", id.heading()),
            Self::Row(_) => "a row of the timeline".to_owned(),
            Self::Item(number) => format!("action item #{number}"),
        }
    }

    /// The same with another number.
    pub(crate) fn numbered(self, number: usize) -> Self {
        match self {
            Self::Entry(id, _) => Self::Entry(id, number),
            Self::Row(_) => Self::Row(number),
            Self::Item(_) => Self::Item(number),
            other => other,
        }
    }

    /// Whether something is added that nobody else can have changed.
    pub(crate) fn is_new(self) -> bool {
        matches!(self, Self::Entry(_, 0) | Self::Row(0) | Self::Item(0))
    }

    /// What stands in the place; none where there is no such place.
    pub(crate) fn cells(self, document: &Document) -> Option<Vec<Cell>> {
        let one = |value: String| self.filled(&[value]);
        Some(match self {
            Self::Title => one(document.title_text().unwrap_or_default().to_owned()),
            Self::Stage => one(document.stage().to_string()),
            Self::Field(id) => one(field_value(document, id)),
            Self::Entry(id, number) => {
                let span = *document.entries(id).get(number.checked_sub(1)?)?;
                one(document.slice(span).to_owned())
            }
            Self::Row(number) => row_cells(document, document.timeline_rows().get(number.checked_sub(1)?)?),
            Self::Item(number) => item_cells(document, document.action_items().get(number.checked_sub(1)?)?),
        })
    }

    /// Its inputs: their names, and their labels.
    fn inputs(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Title => &[("value", "Title")],
            Self::Stage => &[("stage", "Stage")],
            Self::Field(_) => &[("value", "Value")],
            Self::Entry(..) => &[("value", "Entry")],
            Self::Row(_) => &[
                ("time", "Time (UTC)"),
                ("actor", "Actor"),
                ("milestone", "Milestone"),
                ("action", "Action"),
                ("result", "Result"),
            ],
            Self::Item(_) => &[
                ("priority", "Priority"),
                ("action", "Action item"),
                ("owner", "Owner"),
                ("due", "Due date"),
                ("status", "Status"),
                ("plan", "Verification plan"),
            ],
        }
    }

    /// Its inputs with these values; blank behind their end.
    pub(crate) fn filled(self, values: &[String]) -> Vec<Cell> {
        let values = values.iter().cloned().chain(std::iter::repeat(String::new()));
        let inputs = self.inputs().iter().zip(values);
        inputs.map(|((name, label), value)| Cell { name, label, value }).collect()
    }

    /// How many of its kind there are.
    fn count(self, document: &Document) -> usize {
        match self {
            Self::Entry(id, _) => document.entries(id).len(),
            Self::Row(_) => document.timeline_rows().len(),
            Self::Item(_) => document.action_items().len(),
            _ => 1,
        }
    }

    /// Where the place is in a document by what stood in it: as it was, else the one that is most like it.
    pub(crate) fn found(self, document: &Document, was: &[Cell]) -> Option<Self> {
        if matches!(self, Self::Title | Self::Stage | Self::Field(_)) {
            return Some(self);
        }
        let alike = |number: usize| -> usize {
            let cells = self.numbered(number).cells(document).unwrap_or_default();
            let same = cells.iter().zip(was).filter(|(now, was)| now == was && !was.value.is_empty());
            // What was done says more of a row than when, and by whom.
            same.map(|(cell, _)| if matches!(cell.name, "action" | "value") { 4 } else { 1 }).sum()
        };
        let best = (1..=self.count(document)).max_by_key(|number| (alike(*number), usize::MAX - number))?;
        (alike(best) >= 2).then(|| self.numbered(best))
    }

    /// What the form makes of the place in a document that has it.
    pub(crate) fn changed(self, document: &Document, hand: &Hand<'_>) -> Result<Document, Failure> {
        let Hand { workspace, path, typed, today, .. } = hand;
        match self {
            Self::Title => Ok(document.changed(&titled(document, typed.get("value"))?)?),
            Self::Stage => staged(document, hand),
            Self::Field(id) => {
                workspace.refuse_foreign(path, document, "field")?;
                if id == FieldId::IncidentId && !hand.forces() {
                    workspace.refuse_taken(path, typed.get("value"))?;
                }
                if !is_simple(document, id) {
                    return Err(Failure::new(format!(
                        "`{}` holds more than lines, so it is changed in the whole text",
                        id.def().label
                    )));
                }
                let value = wanted(id, typed);
                let mut changed = with_value(document, id, &value)?;
                workspace.follow_times(path, id, document, &mut changed, *today)?;
                if !hand.forces() {
                    refuse_nonsense(&changed, id, &value)?;
                }
                Ok(changed)
            }
            Self::Entry(id, number) => {
                workspace.refuse_foreign(path, document, "entry")?;
                let edits = match (number, typed.get("do")) {
                    (0, _) => document.add_to_section(id, typed.get("value"))?,
                    (_, "remove") => document.remove_entry(id, number)?,
                    _ => document.set_entry(id, number, typed.get("value"))?,
                };
                Ok(document.changed(&edits)?)
            }
            Self::Row(number) => row_changed(document, number, hand),
            Self::Item(number) => item_changed(document, number, hand),
        }
    }

    /// What is done, for the history.
    pub(crate) fn told(self, typed: &Typed) -> String {
        let said = |name: &str| -> String {
            let words = typed.get(name).split_whitespace().collect::<Vec<_>>().join(" ");
            match words.char_indices().nth(60) {
                Some((end, _)) => format!("{}…", &words[..end]),
                None => words,
            }
        };
        let doing = typed.get("do");
        match self {
            Self::Title => format!("set the title to \"{}\"", said("value")),
            Self::Stage => format!("move to stage {}", said("stage")),
            Self::Field(id) => match wanted(id, typed).trim() {
                "" => format!("clear {}", id.def().label),
                value if value.contains('\n') || value.len() > 60 => format!("set {}", id.def().label),
                value => format!("set {} to {value}", id.def().label),
            },
            Self::Entry(id, 0) => format!("add to {}: {}", id.heading(), said("value")),
            Self::Entry(id, _) if doing == "remove" => format!("remove an entry of {}", id.heading()),
            Self::Entry(id, _) => format!("change an entry of {}", id.heading()),
            Self::Row(0) => format!("log {}", said("action")),
            Self::Row(number) => format!("{} row {number} of the timeline", verb(doing)),
            Self::Item(0) => format!("add action item: {}", said("action")),
            Self::Item(number) => format!("{} action item #{number}", verb(doing)),
        }
    }
}

fn verb(doing: &str) -> &'static str {
    match doing {
        "remove" => "remove",
        "up" | "down" => "move",
        _ => "change",
    }
}

/// What a field holds: a line, or several.
pub(super) fn field_value(document: &Document, id: FieldId) -> String {
    if !document.is_filled(id) {
        return String::new();
    }
    let lines = document
        .field_values(id)
        .map(|span| document.slice(span).split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a field holds no more than its lines: no code, no bullets below bullets.
pub(super) fn is_simple(document: &Document, id: FieldId) -> bool {
    let Some(field) = document.field(id) else { return true };
    if field.body.is_empty() {
        return true;
    }
    let words = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let body: String = field.entries.iter().map(|span| words(document.slice(*span))).collect();
    words(document.slice(field.body)) == body
        && field.entries.iter().all(|span| {
            let mut lines = document.slice(*span).lines().skip(1);
            lines.all(|line| !line.trim_start().starts_with(['-', '*', '+', '`', '~', '>', '|']))
        })
}

/// What a form wants a field to hold.
pub(super) fn wanted(id: FieldId, typed: &Typed) -> String {
    let answer = typed.get("answer").trim();
    if id.def().kind != FieldKind::YesNo || !typed.has("answer") {
        return typed.get("value").to_owned();
    }
    match (answer, typed.get("value").trim()) {
        (answer, "") => answer.to_owned(),
        ("", details) => details.to_owned(),
        (answer, details) => format!("{answer} ({details})"),
    }
}

fn row_cells(document: &Document, row: &TimelineRow) -> Vec<Cell> {
    let text = |cell| decode_cell(document.cell_text(cell));
    let action = text(row.action);
    let milestone = Milestone::of_action(&action);
    let (word, action) = match milestone {
        Some(milestone) => {
            let bare = action.strip_prefix(&format!("**{milestone}.**")).unwrap_or(&action).trim();
            (milestone.word().to_owned(), bare.to_owned())
        }
        None => (String::new(), action),
    };
    Place::Row(row.number).filled(&[text(row.time), text(row.actor), word, action, text(row.result)])
}

fn item_cells(document: &Document, item: &ActionItem) -> Vec<Cell> {
    let text = |cell| decode_cell(document.cell_text(cell));
    let status = item.status_kind.map(|kind| status_word(kind).to_owned());
    Place::Item(item.number).filled(&[
        text(item.priority),
        text(item.action),
        text(item.owner),
        text(item.due),
        status.unwrap_or_else(|| text(item.status)),
        text(item.plan),
    ])
}

fn staged(document: &Document, hand: &Hand<'_>) -> Result<Document, Failure> {
    let Hand { workspace, path, typed, today, .. } = hand;
    let stage: Stage = typed.get("stage").parse().map_err(Failure::new)?;
    let reviewers: Vec<String> = typed
        .get("reviewed-by")
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let changed = workspace.at_stage(document, stage, &reviewers, *today)?;
    let findings = workspace.in_the_way(path, &changed, stage, *today);
    if !hand.forces() && !findings.is_empty() {
        let name = document.incident_id().unwrap_or("this postmortem");
        return Err(not_ready(name, stage, &findings)
            .hint("each is beside the field that it is about, below")
            .unless_forced());
    }
    Ok(changed)
}

/// The Action cell with its milestone.
fn marked(typed: &Typed) -> Result<String, Failure> {
    let action = typed.get("action").trim();
    let word = typed.get("milestone").trim();
    if word.is_empty() {
        return Ok(action.to_owned());
    }
    let milestone = Milestone::ALL.into_iter().find(|milestone| milestone.word().eq_ignore_ascii_case(word));
    let milestone = milestone.ok_or_else(|| {
        Failure::new(format!("`{word}` is no milestone"))
            .hint("use `started`, `detected`, `acknowledged`, `mitigated` or `resolved`")
    })?;
    Ok(format!("**{milestone}.** {action}"))
}

fn not_a_time(text: &str) -> Failure {
    Failure::new(format!("`{text}` is not a time"))
        .hint("write it as `2026-11-20 14:02`; it is UTC unless it names another zone")
}

fn row_changed(document: &Document, number: usize, hand: &Hand<'_>) -> Result<Document, Failure> {
    use TimelineColumn as C;
    let Hand { workspace, path, typed, .. } = hand;
    workspace.refuse_foreign(path, document, "row")?;
    let rows = document.timeline_rows();
    match typed.get("do") {
        "remove" => return Ok(document.changed(&document.remove_timeline_row(number)?)?),
        "up" if number > 1 => return Ok(document.changed(&document.move_timeline_row(number, number - 1)?)?),
        "down" if number < rows.len() => {
            return Ok(document.changed(&document.move_timeline_row(number, number + 1)?)?);
        }
        "up" | "down" => return Ok(document.clone()),
        _ => {}
    }
    let action = marked(typed)?;
    if typed.get("action").trim().is_empty() {
        return Err(Failure::new("a row needs a text").hint("say what was done or seen"));
    }
    let written = typed.get("time").trim();
    // A bare clock is of the day of the row above; of a new row, of the last one's.
    let above = if number == 0 { rows.last() } else { number.checked_sub(2).and_then(|at| rows.get(at)) };
    let day = |at| TimeZone::UTC.to_datetime(at);
    let anchor = Anchor {
        date: document.started_at().map(|at| day(at).date()),
        previous: above.and_then(TimelineRow::at).filter(|_| number > 0).map(day),
    };
    let anchor = if number == 0 {
        Anchor {
            date: above.and_then(TimelineRow::at).map(|at| day(at).date()).or(anchor.date),
            previous: None,
        }
    } else {
        anchor
    };
    let read = || time::read(written, &anchor).map(|moment| moment.at).map_err(|_| not_a_time(written));
    if number == 0 {
        let at = read()?;
        let stamp = time::canonical(at, at.as_second() % 60 != 0);
        let cells = [stamp.as_str(), typed.get("actor").trim(), &action, typed.get("result").trim()];
        let cells = cells.map(plain_cell);
        let cells = cells.each_ref().map(String::as_str);
        return Ok(document.changed(&document.insert_timeline_row(at, &cells)?)?);
    }
    let cells = Place::Row(number).cells(document);
    let cells =
        cells.ok_or_else(|| Failure::new(format!("there is no row {number}")).of(FailureKind::Missing))?;
    let was = |name: &str| cells.iter().find(|cell| cell.name == name).map_or("", |cell| cell.value.as_str());
    let mut changed = document.clone();
    for (column, name, value) in
        [(C::Actor, "actor", typed.get("actor")), (C::Result, "result", typed.get("result"))]
    {
        if value.trim() != was(name).trim() {
            changed =
                changed.changed(&changed.set_timeline_cell(number, column, &plain_cell(value.trim()))?)?;
        }
    }
    if typed.get("action").trim() != was("action").trim() || typed.get("milestone") != was("milestone") {
        changed = changed.changed(&changed.set_timeline_cell(number, C::Action, &plain_cell(&action))?)?;
    }
    if written == was("time").trim() {
        return Ok(changed);
    }
    let was_sorted = document.sort_timeline().is_empty();
    let at = read()?;
    let stamp = time::canonical(at, at.as_second() % 60 != 0);
    changed = changed.changed(&changed.set_timeline_cell(number, C::Time, &stamp)?)?;
    let others = |document: &Document| -> Vec<_> {
        let rows = document.timeline_rows().iter().filter(|row| row.number != number);
        rows.map(TimelineRow::at).collect()
    };
    if others(document) != others(&changed) {
        return Err(Failure::new("a row below has no day of its own and would become another one's")
            .hint("write the day into the time of the next row first, as `2026-11-20 14:02`"));
    }
    if was_sorted {
        changed = changed.changed(&changed.sort_timeline())?;
    }
    Ok(changed)
}

fn priority(text: &str) -> Result<Option<Priority>, Failure> {
    match text.trim() {
        "" => Ok(None),
        text => Priority::parse(text)
            .map(|(priority, _)| Some(priority))
            .ok_or_else(|| Failure::new(format!("`{text}` is no priority")).hint("use `P0`, `P1` or `P2`")),
    }
}

fn due(text: &str) -> Result<Option<Date>, Failure> {
    match text.trim() {
        "" => Ok(None),
        text => {
            parse_day(text).map(Some).map_err(|hint| Failure::new(format!("`{text}` is no day")).hint(hint))
        }
    }
}

fn status(text: &str) -> Result<StatusKind, Failure> {
    let is_it = |kind: &StatusKind| text.eq_ignore_ascii_case(status_word(*kind));
    StatusKind::ALL.into_iter().find(is_it).ok_or_else(|| {
        let words: Vec<String> =
            StatusKind::ALL.iter().map(|kind| format!("`{}`", status_word(*kind))).collect();
        Failure::new(format!("`{text}` is no status")).hint(format!("use one of {}", words.join(", ")))
    })
}

/// What the rule about it would refuse, in the words of the form, which has an input for it.
fn refuse_unproven(changed: &Document, number: usize, hand: &Hand<'_>) -> Result<(), Failure> {
    let Some(item) = changed.action_items().get(number - 1) else { return Ok(()) };
    let findings = hand.workspace.findings(hand.path, changed, hand.today, Options::default());
    let is_unproven = findings.iter().any(|finding| {
        finding.rule.name == "verified-without-evidence"
            && finding.level == Level::Error
            && item.span.contains(finding.span)
    });
    if !is_unproven {
        return Ok(());
    }
    Err(Failure::new(format!("action item #{number} is to be `Verified`, and nothing shows that it works"))
        .hint("fill in “Evidence that it works”: a link, or a sentence that says what was seen")
        .unless_forced())
}

fn item_changed(document: &Document, number: usize, hand: &Hand<'_>) -> Result<Document, Failure> {
    let Hand { workspace, path, typed, who, today } = hand;
    workspace.refuse_foreign(path, document, "action item")?;
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let count = document.action_items().len();
    match typed.get("do") {
        "remove" => return Ok(document.changed(&document.remove_action_item(number)?)?),
        "up" if number > 1 => return Ok(document.changed(&document.move_action_item(number, number - 1)?)?),
        "down" if number < count => {
            return Ok(document.changed(&document.move_action_item(number, number + 1)?)?);
        }
        "up" | "down" => return Ok(document.clone()),
        _ => {}
    }
    if number == 0 {
        let item = NewItem {
            action: typed.get("action").trim().to_owned(),
            priority: priority(typed.get("priority"))?,
            owner: some(typed.get("owner")),
            due: due(typed.get("due"))?,
            plan: some(typed.get("plan")),
        };
        return Ok(workspace.with_item(document, &item)?.0);
    }
    let cells = Place::Item(number).cells(document);
    let cells = cells
        .ok_or_else(|| Failure::new(format!("there is no action item #{number}")).of(FailureKind::Missing))?;
    // What a form does not ask for stays; so does what was left as it is, readable or not.
    let new = |name: &str| -> Option<&str> {
        let was = cells.iter().find(|cell| cell.name == name).map_or("", |cell| cell.value.trim());
        Some(typed.get(name).trim()).filter(|value| typed.has(name) && *value != was)
    };
    let mut change =
        ItemChange { by: Some(workspace.owner_named(who)), force: hand.forces(), ..ItemChange::default() };
    let mut cleared = Vec::new();
    let mut changed = document.clone();
    match new("action") {
        Some("") => return Err(Failure::new("an action item needs a text").hint("say what is to be done")),
        Some(text) => {
            let text = plain_cell(text);
            changed = changed.changed(&changed.set_action_cell(number, ActionColumn::Action, &text)?)?;
        }
        None => {}
    }
    match new("priority") {
        Some("") => cleared.push(ActionColumn::Priority),
        Some(text) => change.priority = priority(text)?,
        None => {}
    }
    match new("owner") {
        Some("") => cleared.push(ActionColumn::Owner),
        Some(text) => change.owner = Some(text.to_owned()),
        None => {}
    }
    match new("due") {
        Some("") => cleared.push(ActionColumn::DueDate),
        Some(text) => change.due = due(text)?,
        None => {}
    }
    match new("plan") {
        Some("") => cleared.push(ActionColumn::VerificationPlan),
        Some(text) => change.plan = Some(text.to_owned()),
        None => {}
    }
    if let Some(text) = new("status") {
        change.status = Some(status(text)?);
    }
    change.reason = some(typed.get("reason"));
    change.evidence = some(typed.get("evidence"));
    change.date = due(typed.get("since"))?;
    changed = change.changed(&changed, number, (workspace, path), *today)?;
    for column in cleared {
        changed = changed.changed(&changed.set_action_cell(number, column, "")?)?;
    }
    if change.status == Some(StatusKind::Verified) && change.evidence.is_none() && !hand.forces() {
        refuse_unproven(&changed, number, hand)?;
    }
    Ok(changed)
}
