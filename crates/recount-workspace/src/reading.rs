//! Evidence read: which source reads what, with which options, for which hours; not yet in any document.
//!
//! What does not live here: files and archives ([`crate::inputs`]), servers, which only a command asks, and what becomes
//! of the events ([`crate::importing`]).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use recount_engine::config::{MappingConfig, nearest};
use recount_engine::document::{Document, Milestone, counted};
use recount_engine::evidence::curate::Curation;
use recount_engine::evidence::freeze::Window;
use recount_engine::evidence::mapping::Mapping;
use recount_engine::evidence::merge::Merged;
use recount_engine::evidence::source::OUTSIDE;
use recount_engine::evidence::sources::{icalendar, table};
use recount_engine::evidence::{Event, Import, Options, Person, Source, source};

use crate::inputs::{Input, is_like};
use crate::{Failure, Workspace};

/// How evidence is read.
#[derive(Clone, Debug, Default)]
pub struct How {
    /// As this source, whatever it looks like.
    pub source: Option<String>,
    /// The zone of times that carry none.
    pub zone: Option<TimeZone>,
    /// The year of dates that carry none.
    pub year: Option<i16>,
    /// When a recording or transcript begins that counts its times from zero.
    pub anchor: Option<Timestamp>,
    /// Which column or key holds what.
    pub map: Vec<Mapped>,
    /// What is earlier is left out.
    pub from: Option<Timestamp>,
    /// What is later is left out.
    pub to: Option<Timestamp>,
    /// Only these chat channels, where any is named.
    pub channels: Vec<String>,
    /// These chat threads are taken in whole.
    pub threads: Vec<String>,
}

/// What is said of a table's columns: a field and its key, or a mapping of `recount.toml` by its name.
#[derive(Clone, Debug)]
pub enum Mapped {
    /// This field stands in the column or key of that name.
    Field(String, String),
    /// As the mapping of this name says.
    Named(String),
}

impl std::str::FromStr for Mapped {
    type Err = String;

    /// Reads one `field=key`, or a mapping's name.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((field, key)) if !field.trim().is_empty() && !key.trim().is_empty() => {
                Ok(Self::Field(field.trim().to_owned(), key.trim().to_owned()))
            }
            None if !text.trim().is_empty() => Ok(Self::Named(text.trim().to_owned())),
            _ => Err("give `field=key`, such as `time=ts`".to_owned()),
        }
    }
}

/// Told of what is noticed while evidence is read.
pub trait Listener {
    /// Something is not as it should be, and what could be done about it.
    fn warn(&mut self, text: String, hint: Option<&str>);

    /// So many of a portion's parts are read.
    fn reading(&mut self, parts: usize, of: usize) {
        let _ = (parts, of);
    }

    /// A portion was read.
    fn was_read(&mut self, input: &ReadInput, options: &Options) {
        let _ = (input, options);
    }
}

/// A portion of evidence that was read.
pub struct ReadInput {
    /// What it is called.
    pub name: String,
    /// The name of the source that read it.
    pub source: &'static str,
    /// What it held.
    pub import: Import,
}

/// Evidence that was read, not yet in any document.
pub struct Read {
    /// Each portion.
    pub inputs: Vec<ReadInput>,
    /// Whether all of it was read: a server may fail while the rest is there.
    pub is_complete: bool,
    /// The hours that were asked for.
    pub from: Option<Timestamp>,
    /// Until when.
    pub to: Option<Timestamp>,
}

impl Read {
    /// Refuses evidence without a single event: what would be made of it is the blank template.
    ///
    /// # Errors
    ///
    /// Where it has none.
    pub fn refuse_nothing(&self) -> Result<(), Failure> {
        if self.inputs.iter().any(|input| !input.import.events.is_empty()) {
            return Ok(());
        }
        let skipped: usize = self.inputs.iter().map(|input| input.import.skipped.len()).sum();
        let is_outside = self.inputs.iter().any(|input| input.import.left_out.contains_key(OUTSIDE));
        if skipped > 0 {
            return Err(Failure::new(format!(
                "no event could be read: {} skipped",
                counted(skipped, "record")
            ))
            .hint("the warnings above say why; `--source NAME` reads it as another. Nothing was written")
            .elsewhere("`source` reads it as another. Nothing was written"));
        }
        let error = Failure::new("the evidence has no event, so no postmortem was made of it");
        Err(if is_outside {
            error.hint("all of it lies outside of the hours that were read: `--from` and `--to` change these")
        } else {
            error
                .hint("`recount new TITLE` makes a postmortem without evidence")
                .elsewhere("a postmortem can be made without evidence, too")
        })
    }

    /// The start that the evidence derives, else the first event that belongs in the timeline.
    pub fn start(&self, how: &How) -> Option<Timestamp> {
        start_of(&self.inputs, how)
    }

    /// The hours around that start.
    pub fn window(&self, how: &How) -> Option<Window> {
        Window::around(self.start(how))
    }
}

fn start_of(inputs: &[ReadInput], how: &How) -> Option<Timestamp> {
    let events: Vec<&Event> = inputs.iter().flat_map(|input| &input.import.events).collect();
    Merged::start_of(&events, &Curation { threads: how.threads.clone() })
}

/// The hours of the incident as far as the document knows them, with a margin.
pub fn window_of(document: &Document) -> Option<Window> {
    let milestones = Milestone::ALL.into_iter().filter_map(|m| document.milestone(m)?.at());
    Window::around(document.started_at().into_iter().chain(document.ended_at()).chain(milestones))
}

/// Refuses evidence of which only the incident's hours can be read; `what` says which that is.
pub fn hours_unknown(what: &str) -> Failure {
    Failure::new(format!("{what}, and the incident's hours are not known"))
        .hint("give `--from` and `--to`, or the start time (`draft --start`, or in the document)")
}

/// A time zone by its name.
///
/// # Errors
///
/// Where there is none of that name.
pub fn read_zone(name: &str) -> Result<TimeZone, Failure> {
    TimeZone::get(name).map_err(|_| {
        Failure::new(format!("there is no time zone `{name}`"))
            .hint("use a name such as `Europe/Berlin`, `America/Los_Angeles` or `UTC`")
    })
}

/// The source of this name.
///
/// # Errors
///
/// Where there is none.
pub fn named_source(name: &str) -> Result<&'static Source, Failure> {
    source::by_name(name).ok_or_else(|| Failure::new(format!("there is no source `{name}`")))
}

/// Above this many bytes an input is read for the incident's hours alone, where other evidence says which they
/// are.
const LARGE: u64 = 4 << 20;

impl Workspace {
    /// What sources are told: how to read, and what the configuration knows.
    pub fn evidence_options(&self, how: &How) -> Options {
        let config = self.config();
        let roster = config.people.iter().map(|person| Person {
            handle: person.handle.clone(),
            name: person.name.clone(),
            mails: person.mail.clone(),
            slack: person.slack.clone(),
            ..Person::default()
        });
        Options {
            zone: how.zone.clone(),
            from: how.from,
            to: how.to,
            channels: how.channels.clone(),
            workspace_url: config.evidence.slack_workspace.clone(),
            mattermost_url: config.evidence.mattermost.clone(),
            repository_url: config.evidence.repository.clone(),
            repositories: config.evidence.repositories.clone(),
            year: how.year,
            anchor: how.anchor,
            mapping: BTreeMap::new(),
            roster: roster.collect(),
            pseudonym_salt: config.evidence.salt.clone().unwrap_or_default(),
        }
    }

    /// Opens what a person named: files, folders, archives, repositories.
    ///
    /// # Errors
    ///
    /// Where one of them cannot be read.
    pub fn open_inputs(&self, files: &[PathBuf], how: &How) -> Result<Vec<Input>, Failure> {
        let mappings = &self.config().evidence.mappings;
        let mut inputs: Vec<Input> = Vec::new();
        for file in files {
            inputs.extend(Input::open(file, &|name| pattern_for(name, mappings).is_some())?);
        }
        if how.source.is_none() {
            inputs = Input::together(inputs);
        }
        Ok(inputs)
    }

    /// Reads inputs through their sources.
    ///
    /// # Errors
    ///
    /// Where one of them cannot be read, or not without what nobody said.
    pub fn read_inputs(
        &self,
        mut inputs: Vec<Input>,
        how: &How,
        window: Option<Window>,
        listener: &mut dyn Listener,
    ) -> Result<Read, Failure> {
        let options = self.evidence_options(how);
        let mappings = &self.config().evidence.mappings;
        // What is small is read first, and repositories last: the small may say for which hours to read the rest.
        inputs.sort_by_key(|input| (input.needs_window(), is_calendar(&input.name()), input.size()));
        let mut read: Vec<ReadInput> = Vec::new();
        let mut is_mapped = false;
        for input in &inputs {
            let mut options = options.clone();
            let mapping = map(&mut options, input, mappings, how)?;
            let among_others = inputs.len() > 1;
            let named = match (&how.source, mapping) {
                (Some(name), _) => Some(named_source(name)?),
                (None, For::This) => Some(&table::TABLE),
                // Whoever says which column holds what says with it that this is a table: of several files, those that
                // no other source knows.
                (None, For::Any) => match input.known_source().filter(|_| among_others) {
                    Some(source) if source.name != table::TABLE.name => None,
                    _ => Some(&table::TABLE),
                },
                // The table says which columns there are, and what to say of them.
                (None, For::None) if among_others && input.is_columns() && input.known_source().is_none() => {
                    Some(&table::TABLE)
                }
                (None, For::None) => None,
            };
            is_mapped |= matches!(mapping, For::Any | For::This) && named.is_some();
            let portions = input.portions(named, |sentence, hint| listener.warn(sentence, hint))?;
            // A rota repeats without end, and who was on call when the window begins began before it.
            let wants_window = input.needs_window()
                || input.size() > LARGE
                || portions.iter().any(|portion| portion.source.name == icalendar::ICALENDAR.name);
            let around = window.or_else(|| {
                let around = || Window::around(start_of(&read, how));
                wants_window.then(around).flatten()
            });
            options.from = options.from.or(around.map(|window| window.from));
            options.to = options.to.or(around.map(|window| window.to));
            if input.needs_window() && (options.from.is_none() || options.to.is_none()) {
                let name = input.name();
                return Err(hours_unknown(&format!("`{name}` is a repository")));
            }
            for portion in portions {
                let parts = portion.parts();
                let import = input.import(&portion, &options, |done| listener.reading(done, parts));
                listener.reading(parts, parts);
                let import = import?;
                // Of a file, that is a mapping that is not true of it.
                if let Some(wrong) = import.failures.first() {
                    return Err(Failure::new(wrong.message.clone()).hint(wrong.hint.clone()));
                }
                let one = ReadInput { name: portion.name(input), source: portion.source.name, import };
                listener.was_read(&one, &options);
                read.push(one);
            }
        }
        if !how.map.is_empty() && !is_mapped {
            listener.warn(
                "`--map` is about none of the files: it is for tables and JSON that no source knows".to_owned(),
                Some(
                    "name that file itself beside or instead of its folder, or force it with `--source table`",
                ),
            );
        }
        refuse_silent_channels(&read, how)?;
        Ok(Read { inputs: read, is_complete: true, from: how.from, to: how.to })
    }
}

/// Refuses channels of which nothing was read.
fn refuse_silent_channels(read: &[ReadInput], how: &How) -> Result<(), Failure> {
    if how.channels.is_empty() || read.iter().any(|input| !input.import.events.is_empty()) {
        return Ok(());
    }
    let names = how.channels.join("`, `");
    let error = Failure::new(format!("nothing was read from the channel `{names}`"));
    let there = read
        .iter()
        .find_map(|input| input.import.notes.iter().find_map(|note| note.split_once("the export has ")));
    Err(match there {
        Some((_, there)) => error.hint(format!("the export has {there}")),
        None => error.hint("leave `--channel` out to read all that is there"),
    })
}

fn is_calendar(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("ics"))
}

/// What a mapping is for.
#[derive(Clone, Copy)]
enum For {
    /// There is none.
    None,
    /// Tables among the inputs: whoever imports gives it.
    Any,
    /// Files of this name: the configuration gives it.
    This,
}

/// The mapping of the configuration for files of this name.
fn pattern_for<'m>(name: &str, mappings: &'m BTreeMap<String, MappingConfig>) -> Option<&'m MappingConfig> {
    mappings.values().find(|mapping| mapping.files.as_deref().is_some_and(|pattern| is_like(name, pattern)))
}

/// Sets the mapping of an input: that of the configuration which is named or which is for files of that
/// name, and what whoever imports says beside it.
fn map(
    options: &mut Options,
    input: &Input,
    mappings: &BTreeMap<String, MappingConfig>,
    how: &How,
) -> Result<For, Failure> {
    if !input.is_file() {
        return Ok(For::None);
    }
    let named = how.map.iter().find_map(|mapped| match mapped {
        Mapped::Named(name) => Some(name),
        Mapped::Field(..) => None,
    });
    let found = match named {
        Some(name) => Some(mappings.get(name).ok_or_else(|| no_mapping(name, mappings))?),
        None => pattern_for(&input.name(), mappings),
    };
    if let Some(found) = found {
        options.mapping = found.fields();
        if let (None, Some(zone)) = (&options.zone, &found.zone) {
            options.zone = Some(read_zone(zone)?);
        }
    }
    for mapped in &how.map {
        if let Mapped::Field(field, key) = mapped {
            options.mapping.insert(field.clone(), key.clone());
        }
    }
    Mapping::parse(&options.mapping).map_err(|wrong| Failure::new(wrong.message).hint(wrong.help))?;
    Ok(match (options.mapping.is_empty(), found.is_some() && named.is_none()) {
        (true, _) => For::None,
        (false, true) => For::This,
        (false, false) => For::Any,
    })
}

fn no_mapping(name: &str, mappings: &BTreeMap<String, MappingConfig>) -> Failure {
    let error = Failure::new(format!("`recount.toml` has no mapping `{name}`"));
    match nearest(name, mappings.keys().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(
            "name fields and keys, such as `--map time=ts,action=msg`, or write `[evidence.mappings.NAME]`",
        ),
    }
}
