//! Tables of other templates: their cells with spans, and which of our columns each is. What does not live
//! here: what a row becomes.

use super::outline::Outline;
use crate::document::Span;
use crate::document::markdown::BlockKind;
use crate::document::template::{ActionColumn, SYNONYMS, TimelineColumn, normalize};

/// A table: the cells of its header, and of each row.
pub(super) struct ForeignTable<'o> {
    outline: &'o Outline,
    pub(super) header: Vec<Span>,
    pub(super) rows: Vec<(Span, Vec<Span>)>,
}

impl<'o> ForeignTable<'o> {
    pub(super) fn read(outline: &'o Outline, index: usize) -> Option<Self> {
        let mut lines = outline.markdown.children(index);
        let (_, head) = lines.next().filter(|(_, block)| block.kind == BlockKind::TableHead)?;
        let header = cells(outline, head.span);
        let rows = lines
            .filter(|(_, block)| block.kind == BlockKind::TableRow)
            .map(|(_, block)| (block.span, cells(outline, block.span)))
            .filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()))
            .collect();
        Some(Self { outline, header, rows })
    }

    /// Which column each cell of the header is, by `name`.
    pub(super) fn columns<C>(&self, name: impl Fn(&str) -> Option<C>) -> Vec<Option<C>> {
        let widest = self.rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0).max(self.header.len());
        let of =
            |at: usize| self.header.get(at).and_then(|header| name(&normalize(self.outline.slice(*header))));
        (0..widest).map(of).collect()
    }
}

/// The cells of a line, split at pipes that are not escaped, each without blanks.
fn cells(outline: &Outline, line: Span) -> Vec<Span> {
    let text = outline.slice(line);
    let text = text.split('\n').next().unwrap_or("").trim_end();
    let mut cells = Vec::new();
    let mut start = usize::from(text.starts_with('|'));
    let mut push = |from: usize, to: usize| {
        let cell = &text[from..to];
        let lead = cell.len() - cell.trim_start().len();
        let at = line.start as usize + from + if cell.trim().is_empty() { 0 } else { lead };
        cells.push(Span::new(at, at + cell.trim().len()));
    };
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'|' && !escaped && at >= start {
            push(start, at);
            start = at + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    if start < text.len() {
        push(start, text.len());
    }
    cells
}

/// A cell's text as it goes through a value: pipes without their escape.
pub(super) fn decoded(text: &str) -> String {
    text.replace("\\|", "|").replace("<br>", "\n").replace("<br/>", "\n").replace("<br />", "\n")
}

/// A value of a column that has no place of its own, with the column's name.
pub(super) fn named(name: &str, value: &str) -> String {
    // A `#` needs no colon.
    let colon = if name.contains(char::is_alphanumeric) { ": " } else { "" };
    format!("{name}{colon}{value}")
}

/// A column of a timeline, by its header's words.
pub(super) fn timeline_column(name: &str) -> Option<TimelineColumn> {
    use TimelineColumn as C;
    let known = SYNONYMS.timeline.get(name).copied();
    let has = |word: &str| name.split(' ').any(|part| part == word);
    let has_any = |words: &[&str]| words.iter().any(|word| has(word));
    known.or_else(|| match () {
        () if has_any(&[
            "when",
            "heure",
            "hora",
            "horodatage",
            "uhrzeit",
            "zeit",
            "zeitpunkt",
            "fecha",
            "datum",
        ]) || has_any(&["tijd", "ora", "datetime", "時刻", "時間", "日時", "日付", "时间"]) =>
        {
            Some(C::Time)
        }
        () if has_any(&["qui", "quién", "quien", "wer", "responsable", "person", "担当", "担当者"]) => {
            Some(C::Actor)
        }
        () if has_any(&[
            "événement",
            "événements",
            "evento",
            "eventos",
            "ereignis",
            "description",
            "descripción",
        ]) || has_any(&[
            "what",
            "details",
            "detail",
            "occurrence",
            "activity",
            "note",
            "notes",
            "message",
        ]) || has_any(&[
            "acontecimiento",
            "suceso",
            "gebeurtenis",
            "内容",
            "出来事",
            "事象",
            "事件",
        ]) =>
        {
            Some(C::Action)
        }
        () if has("time") || has("date") || has("timestamp") || has("utc") || has("clock") => Some(C::Time),
        () if has("who") || has("actor") || has("person") || has("team") || has("by") || has("responder") => {
            Some(C::Actor)
        }
        () if has("event")
            || has("events")
            || has("action")
            || has("description")
            || has("happened")
            || has("entry") =>
        {
            Some(C::Action)
        }
        () if has("result") || has("outcome") => Some(C::Result),
        () => None,
    })
}

/// A column of the action items, by its header's words.
pub(super) fn action_column(name: &str) -> Option<ActionColumn> {
    use ActionColumn as C;
    let known = SYNONYMS.actions.get(name).copied();
    let has = |word: &str| name.split(' ').any(|part| part == word);
    let has_any = |words: &[&str]| words.iter().any(|word| has(word));
    known.or_else(|| match () {
        () if has_any(&[
            "responsable",
            "verantwortlich",
            "zuständig",
            "responsável",
            "担当",
            "担当者",
            "dri",
        ]) || has_any(&["assigned", "propietario", "dueño"]) =>
        {
            Some(C::Owner)
        }
        () if has_any(&[
            "échéance",
            "fecha",
            "frist",
            "fällig",
            "prazo",
            "termin",
            "期限",
            "target",
            "by",
            "when",
        ]) =>
        {
            Some(C::DueDate)
        }
        () if has_any(&["statut", "estado", "état", "progress", "状態"]) => Some(C::Status),
        () if has_any(&["priorité", "prioridad", "priorität", "prioridade", "優先度"]) => {
            Some(C::Priority)
        }
        () if has_any(&[
            "acción",
            "ação",
            "maßnahme",
            "massnahme",
            "aufgabe",
            "tâche",
            "tarea",
            "対応",
            "対策",
        ]) =>
        {
            Some(C::Action)
        }
        () if has("owner") || has("assignee") || has("responsible") || has("who") => Some(C::Owner),
        () if has("due") || has("deadline") || has("eta") || has("date") => Some(C::DueDate),
        () if has("status") || has("state") => Some(C::Status),
        () if has("priority") || has("prio") => Some(C::Priority),
        () if has("action") || has("actions") || has("item") || has("task") || has("todo") || has("what") => {
            Some(C::Action)
        }
        () => None,
    })
}
