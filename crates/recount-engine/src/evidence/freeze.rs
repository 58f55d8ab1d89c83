//! The frozen form: what a postmortem's evidence looks like on disk, and what is already in it.
//!
//! What does not live here: reading and writing files. The caller hands in the files of
//! `<postmortem>.evidence/` and writes those it is given back, before it writes the document.
//!
//! | file | holds |
//! |---|---|
//! | `001-slack-export-3f9a77c0.jsonl` | one input: a header line, then its events, one a line, by time; never changed once written |
//! | `ledger.jsonl` | one decision a line, only ever appended to: which event was *taken* into the timeline, which *dismissed*; the last line about an event counts |
//!
//! An event counts once, by its ID, in the fullest telling of it, whichever input brings that; a later input
//! adds only what is new or fuller. What was taken or dismissed is never offered again: a row that a person
//! edited or deleted stays so, because the ledger, and not the timeline, says what was taken. It also says
//! what was written, as a hash: a row that is still word for word what we wrote is ours to mend when more
//! evidence comes in; any other is somebody's.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::event::{Event, EventId, Timestamp8601};

/// The version of the form, in each header.
pub const VERSION: u32 = 1;

/// The name of the file of decisions.
pub const LEDGER: &str = "ledger.jsonl";

/// The first line of an input's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the form: 1.
    #[serde(rename = "recount-evidence")]
    pub version: u32,
    /// The source that read it.
    pub source: String,
    /// The input's file name, as the person gave it, without folders.
    pub name: String,
    /// SHA-256 of the original.
    pub sha256: String,
    /// The window that was frozen, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp8601>,
    /// Its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp8601>,
}

/// What was decided about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing: it is a candidate.
    New,
    /// It was written into the timeline.
    Taken,
    /// It is never to be offered again.
    Dismissed,
}

/// A line of the ledger: about an event, or about something that the events together decide, such as a
/// field (`field:start-time`) or the row of a start that an event only tells of (`stated:started`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What it is about.
    pub id: EventId,
    /// What was decided.
    pub state: State,
    /// Why, for a reader of the file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// A hash of the row or value that was written.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wrote: String,
}

/// The reason of a decision that a person took: it holds against whatever other evidence says.
pub const BY_HAND: &str = "taken by hand";

/// One frozen input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The file in the evidence folder.
    pub file: String,
    /// Its header; `None` where that line is damaged.
    pub header: Option<Header>,
    /// Its events, as they stand.
    pub events: Vec<Event>,
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file in the evidence folder.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// Why, as a sentence without its full stop.
    pub why: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, line {}: {}", self.file, self.line, self.why)
    }
}

/// A file for the caller to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Its name in the evidence folder.
    pub name: String,
    /// All of its bytes.
    pub bytes: Vec<u8>,
}

/// A postmortem's evidence.
#[derive(Clone, Debug, Default)]
pub struct Frozen {
    inputs: Vec<Input>,
    /// Where each event stands: input and index.
    places: HashMap<EventId, (usize, usize)>,
    /// The last decision about each.
    decisions: HashMap<EventId, Decision>,
    /// The ledger as it stands, damaged lines and all: appending must not lose what somebody could mend.
    ledger: Vec<u8>,
    damage: Vec<Damage>,
    /// Names of all files, so that a number is never given twice.
    highest: u32,
}

impl Frozen {
    /// Reads the files of an evidence folder, in any order. It never fails: damaged lines are reported,
    /// and the rest is read.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut frozen = Self::default();
        let files: BTreeMap<&str, &[u8]> = files
            .into_iter()
            .filter(|(name, _)| name.rsplit_once('.').is_some_and(|(_, form)| form == "jsonl"))
            .collect();
        for (name, bytes) in files {
            let number = name.split('-').next().and_then(|number| number.parse().ok()).unwrap_or(0);
            frozen.highest = frozen.highest.max(number);
            if name == LEDGER {
                frozen.read_ledger(bytes);
            } else {
                frozen.read_input(name, bytes);
            }
        }
        frozen
    }

    /// The inputs, in the order in which they were frozen.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// The lines that could not be read.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// All events, each once, by time.
    pub fn events(&self) -> Vec<&Event> {
        // Where no event is told twice, each is where it is noted.
        let is_each_once =
            self.places.len() == self.inputs.iter().map(|input| input.events.len()).sum::<usize>();
        let mut events: Vec<&Event> = self
            .inputs
            .iter()
            .enumerate()
            .flat_map(|(input, frozen)| {
                frozen.events.iter().enumerate().map(move |(i, event)| ((input, i), event))
            })
            .filter(|(place, event)| is_each_once || self.places.get(&event.id) == Some(place))
            .map(|(_, event)| event)
            .collect();
        events.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        events
    }

    /// The event of an ID.
    pub fn event(&self, id: &EventId) -> Option<&Event> {
        let (input, index) = *self.places.get(id)?;
        self.inputs.get(input)?.events.get(index)
    }

    /// The file that holds an event, for a link to it.
    pub fn file_of(&self, id: &EventId) -> Option<&str> {
        self.places.get(id).map(|(input, _)| self.inputs[*input].file.as_str())
    }

    /// What was decided about an event; `New` also for one that is not here.
    pub fn state(&self, id: &EventId) -> State {
        self.decisions.get(id).map_or(State::New, |decision| decision.state)
    }

    /// The last decision about something, if there was one.
    pub fn decision(&self, id: &EventId) -> Option<&Decision> {
        self.decisions.get(id)
    }

    /// The decisions that stand, by what they are about.
    pub fn decisions(&self) -> Vec<&Decision> {
        let mut decisions: Vec<&Decision> = self.decisions.values().collect();
        decisions.sort_by(|a, b| a.id.cmp(&b.id));
        decisions
    }

    /// The events that are neither taken nor dismissed, by time.
    pub fn candidates(&self) -> Vec<&Event> {
        self.events().into_iter().filter(|event| self.state(&event.id) == State::New).collect()
    }

    /// Adds an input's events: those that are not here yet, and those that it tells more fully than what is
    /// here. `None` where that is none, and nothing is to be written.
    pub fn add(&mut self, header: Header, events: impl IntoIterator<Item = Event>) -> Option<NewFile> {
        let input = self.inputs.len();
        // The events stay where they are and their places are noted: there may be hundreds of thousands.
        let mut new: Vec<Event> = Vec::new();
        for event in events {
            let place = self.places.get(&event.id).copied();
            match place {
                Some((of, index)) if of == input => {
                    if is_fuller(&event, &new[index]) {
                        new[index] = event;
                    }
                }
                Some((of, index)) if !is_fuller(&event, &self.inputs[of].events[index]) => {}
                _ => {
                    self.places.insert(event.id.clone(), (input, new.len()));
                    new.push(event);
                }
            }
        }
        if new.is_empty() {
            return None;
        }
        let by_time = |a: &Event, b: &Event| (a.at, &a.id).cmp(&(b.at, &b.id));
        if !new.is_sorted_by(|a, b| by_time(a, b).is_le()) {
            new.sort_by(by_time);
            for (index, event) in new.iter().enumerate() {
                self.places.insert(event.id.clone(), (input, index));
            }
        }
        self.highest += 1;
        let sha8: String = header.sha256.chars().filter(char::is_ascii_hexdigit).take(8).collect();
        let name = format!("{:03}-{}-{sha8}.jsonl", self.highest, header.source);
        let mut bytes = Vec::new();
        write_line(&mut bytes, &header);
        for event in &new {
            write_line(&mut bytes, event);
        }
        self.inputs.push(Input { file: name.clone(), header: Some(header), events: new });
        Some(NewFile { name, bytes })
    }

    /// Records decisions, each with its reason. `None` where nothing changes.
    pub fn decide<'a>(
        &mut self,
        decisions: impl IntoIterator<Item = (&'a EventId, State, &'a str)>,
    ) -> Option<NewFile> {
        let new = decisions.into_iter().filter(|(id, state, _)| self.state(id) != *state).map(
            |(id, state, why)| Decision { id: id.clone(), state, why: why.to_owned(), wrote: String::new() },
        );
        let new: Vec<Decision> = new.collect();
        self.write_down(new)
    }

    /// Records decisions as they are. `None` where nothing changes.
    pub fn write_down(&mut self, decisions: impl IntoIterator<Item = Decision>) -> Option<NewFile> {
        let mut changed = false;
        for decision in decisions {
            let same = |old: &Decision| {
                let newly_by_hand = decision.why == BY_HAND && old.why != BY_HAND;
                old.state == decision.state && old.wrote == decision.wrote && !newly_by_hand
            };
            if self.decisions.get(&decision.id).is_some_and(same) {
                continue;
            }
            changed = true;
            if self.ledger.last().is_some_and(|byte| *byte != b'\n') {
                self.ledger.push(b'\n');
            }
            write_line(&mut self.ledger, &decision);
            self.decisions.insert(decision.id.clone(), decision);
        }
        changed.then(|| NewFile { name: LEDGER.to_owned(), bytes: self.ledger.clone() })
    }

    fn read_input(&mut self, file: &str, bytes: &[u8]) {
        let input = self.inputs.len();
        let mut header = None;
        let mut events: Vec<Event> = Vec::new();
        for (line, text) in lines(bytes) {
            if header.is_none() && events.is_empty() && text.starts_with(b"{\"recount-evidence\"") {
                match serde_json::from_slice::<Header>(text) {
                    Ok(read) if read.version <= VERSION => header = Some(read),
                    Ok(read) => {
                        let why =
                            format!("the form is of version {}; this Recount knows {VERSION}", read.version);
                        self.damage.push(Damage { file: file.to_owned(), line, why });
                        header = Some(read);
                    }
                    Err(error) => self.damaged(file, line, &error),
                }
                continue;
            }
            match serde_json::from_slice::<Event>(text) {
                Ok(event) => {
                    let known = match self.places.get(&event.id) {
                        Some((of, index)) if *of == input => events.get(*index),
                        Some(_) => self.event(&event.id),
                        None => None,
                    };
                    if known.is_none_or(|known| is_fuller(&event, known)) {
                        self.places.insert(event.id.clone(), (input, events.len()));
                    }
                    events.push(event);
                }
                Err(error) => self.damaged(file, line, &error),
            }
        }
        if header.is_none() {
            let why = "the file does not begin with its header".to_owned();
            self.damage.push(Damage { file: file.to_owned(), line: 1, why });
        }
        self.inputs.push(Input { file: file.to_owned(), header, events });
    }

    fn read_ledger(&mut self, bytes: &[u8]) {
        self.ledger = bytes.to_vec();
        for (line, text) in lines(bytes) {
            match serde_json::from_slice::<Decision>(text) {
                Ok(decision) => {
                    self.decisions.insert(decision.id.clone(), decision);
                }
                Err(error) => self.damaged(LEDGER, line, &error),
            }
        }
    }

    fn damaged(&mut self, file: &str, line: usize, error: &serde_json::Error) {
        let text = error.to_string();
        let why = text.split(" at line ").next().unwrap_or(&text).to_owned();
        self.damage.push(Damage { file: file.to_owned(), line, why });
    }
}

/// Whether one telling of an event says more than another: two forms of an export tell of the same thing
/// differently. It is a total order of tellings, so that which one counts does not depend on which came first.
fn is_fuller(one: &Event, two: &Event) -> bool {
    fn weight(event: &Event) -> impl Ord + '_ {
        let said = [&event.actor, &event.action, &event.result, &event.link_label].map(String::as_str);
        (
            // What was edited last is how it reads now.
            event.signals.edited,
            (how_well_named(&event.actor), Reverse(keys(&event.action)), event.link.is_some()),
            event.details.len(),
            said.iter().map(|text| text.len()).sum::<usize>(),
            (event.at, said, &event.link, &event.details),
        )
    }
    /// How many people a text names by the key that their tool has for them.
    fn keys(text: &str) -> usize {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "@-".contains(c)));
        words
            .filter(|word| how_well_named(word.trim_start_matches('@')) == 1 && word.starts_with('@'))
            .count()
    }
    if one == two {
        return false;
    }
    let rest = |event: &Event| serde_json::to_string(event).unwrap_or_default();
    weight(one).cmp(&weight(two)).then_with(|| rest(one).cmp(&rest(two))).is_gt()
}

/// How well an actor is named: by roster handle, by a name, by what stands for one, or not.
fn how_well_named(actor: &str) -> u8 {
    let is_key = actor.starts_with("person-")
        || actor.bytes().any(|b| b.is_ascii_digit()) && !actor.bytes().any(|b| b.is_ascii_lowercase());
    match actor {
        "" => 0,
        _ if is_key => 1,
        _ if actor.starts_with('@') => 3,
        _ => 2,
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    bytes
        .split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty())
}

fn write_line(bytes: &mut Vec<u8>, value: &impl Serialize) {
    // Structs of strings, numbers and maps with string keys: writing them to memory cannot fail.
    serde_json::to_writer(&mut *bytes, value).expect("plain data");
    bytes.push(b'\n');
}

/// The hours of an incident, with a margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its first instant.
    pub from: Timestamp,
    /// Its last.
    pub to: Timestamp,
}

/// How far before the first and after the last known time of an incident evidence is kept.
pub const MARGIN: SignedDuration = SignedDuration::from_hours(6);

/// How many events are kept where nobody knows the incident's hours.
pub const UNWINDOWED_LIMIT: usize = 2_000;

impl Window {
    /// The window around the known times of an incident; `None` where there are none.
    pub fn around(known: impl IntoIterator<Item = Timestamp>) -> Option<Self> {
        let (mut from, mut to) = (Timestamp::MAX, Timestamp::MIN);
        for at in known {
            from = from.min(at);
            to = to.max(at);
        }
        let from_margin = from.checked_sub(MARGIN).unwrap_or(Timestamp::MIN);
        (from <= to).then(|| Self { from: from_margin, to: to.checked_add(MARGIN).unwrap_or(Timestamp::MAX) })
    }

    /// Whether an instant lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        (self.from..=self.to).contains(&at)
    }
}

/// Why an input was not frozen: it is long, and nobody said which hours matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbounded {
    /// How many events it has.
    pub events: usize,
    /// Its first instant.
    pub from: Timestamp,
    /// Its last.
    pub to: Timestamp,
}

impl fmt::Display for Unbounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, from, to } = self;
        let day = |at: &Timestamp| at.strftime("%Y-%m-%d %H:%M").to_string();
        write!(
            f,
            "the input has `{events}` events from {} to {}, and the incident's hours are not known",
            day(from),
            day(to)
        )?;
        f.write_str("; give `--from` and `--to`, or fill in the start time")
    }
}

impl std::error::Error for Unbounded {}

/// The events to keep: those in the window, or all of a short input where none is known.
pub fn within(events: Vec<Event>, window: Option<Window>) -> Result<Vec<Event>, Unbounded> {
    match window {
        Some(window) => Ok(events.into_iter().filter(|event| window.contains(event.instant())).collect()),
        None if events.len() < UNWINDOWED_LIMIT => Ok(events),
        None => {
            let times = || events.iter().map(Event::instant);
            Err(Unbounded {
                events: events.len(),
                from: times().min().unwrap_or_default(),
                to: times().max().unwrap_or_default(),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, second: i64) -> Event {
        let at = Timestamp::from_second(second).expect("small");
        serde_json::from_str(&format!(
            r#"{{"id":"{id}","at":"{at}","action":"did {id}","kind":"message","source":"slack-export"}}"#
        ))
        .expect("an event")
    }

    fn header(sha256: &str) -> Header {
        let (source, name) = ("slack-export".to_owned(), "export.zip".to_owned());
        Header { version: VERSION, source, name, sha256: sha256.to_owned(), from: None, to: None }
    }

    fn read(files: &[NewFile]) -> Frozen {
        Frozen::read(files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())))
    }

    #[test]
    fn the_same_input_again_adds_nothing_and_a_later_one_only_what_is_new() {
        let mut frozen = Frozen::default();
        let first = frozen.add(header("aaaaaaaa11"), [event("b", 2), event("a", 1)]).expect("new");
        assert_eq!(first.name, "001-slack-export-aaaaaaaa.jsonl");
        let mut frozen = read(std::slice::from_ref(&first));
        assert_eq!(frozen.add(header("aaaaaaaa11"), [event("a", 1), event("b", 2)]), None);
        let second = frozen.add(header("bbbbbbbb11"), [event("a", 1), event("c", 0)]).expect("one is new");
        assert_eq!(second.name, "002-slack-export-bbbbbbbb.jsonl");
        assert_eq!(
            second.bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).count(),
            2,
            "header and one event"
        );
        let frozen = read(&[second, first]);
        assert_eq!(frozen.events().iter().map(|e| e.id.0.as_str()).collect::<Vec<_>>(), ["c", "a", "b"]);
        assert_eq!(frozen.file_of(&EventId("b".into())), Some("001-slack-export-aaaaaaaa.jsonl"));
        assert!(frozen.damage().is_empty(), "{:?}", frozen.damage());
    }

    #[test]
    fn what_was_decided_stays_decided_whatever_happens_to_the_row() {
        let mut frozen = Frozen::default();
        let input = frozen.add(header("aa"), [event("a", 1), event("b", 2), event("c", 3)]).expect("new");
        let (a, b) = (EventId("a".into()), EventId("b".into()));
        frozen.decide([(&a, State::Taken, "pinned")]).expect("a change");
        let ledger = frozen.decide([(&b, State::Dismissed, "")]).expect("a change");
        assert_eq!(frozen.decide([(&a, State::Taken, "again")]), None);
        let frozen = read(&[input, ledger]);
        assert_eq!(frozen.candidates().iter().map(|e| e.id.0.as_str()).collect::<Vec<_>>(), ["c"]);
    }

    #[test]
    fn a_damaged_folder_is_read_as_far_as_it_can_be() {
        let mut frozen = Frozen::default();
        let mut input = frozen.add(header("aa"), [event("a", 1), event("b", 2)]).expect("new");
        input.bytes.truncate(input.bytes.len() - 10);
        let ledger = NewFile {
            name: LEDGER.into(),
            bytes: b"<<<<<<< ours\n{\"id\":\"a\",\"state\":\"taken\"}\n=====".to_vec(),
        };
        let mut frozen = read(&[input, ledger]);
        let lines: Vec<_> = frozen.damage().iter().map(|d| (d.file.as_str(), d.line)).collect();
        assert_eq!(lines, [("001-slack-export-aa.jsonl", 3), (LEDGER, 1), (LEDGER, 3)]);
        assert_eq!(frozen.state(&EventId("a".into())), State::Taken);
        let mended = frozen.decide([(&EventId("z".into()), State::Taken, "")]).expect("a change");
        assert!(mended.bytes.starts_with(b"<<<<<<< ours\n"), "what could be mended is kept");
        assert!(mended.bytes.ends_with(b"=====\n{\"id\":\"z\",\"state\":\"taken\"}\n"));
    }

    #[test]
    fn a_long_input_without_hours_is_refused_with_its_span() {
        let many: Vec<Event> = (0..2_000).map(|i| event(&format!("e{i}"), i)).collect();
        let refused = within(many.clone(), None).expect_err("too many");
        assert!(
            refused.to_string().contains("`2000` events from 1970-01-01 00:00 to 1970-01-01 00:33"),
            "{refused}"
        );
        let window = Window {
            from: Timestamp::from_second(10).expect("small"),
            to: Timestamp::from_second(19).expect("small"),
        };
        assert_eq!(within(many, Some(window)).expect("bounded").len(), 10);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let mut frozen = Frozen::read([("001-x-y.jsonl", bytes.as_slice()), (LEDGER, bytes.as_slice())]);
            frozen.add(header("aa"), [event("a", 1)]);
        }
    }
}
