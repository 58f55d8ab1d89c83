//! Curation: which events belong in a timeline, and why.
//!
//! What does not live here: the wording that states something (`phrases`), what one event makes of another
//! (`select`), and what the events decide beyond their own rows (`derive`).

use std::borrow::Cow;

use super::event::{Event, EventId, Kind, Milestone};
use super::phrases::{self, Says};

/// Whether an event comes into the timeline by itself, with the reason in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It comes in.
    Take(Cow<'static, str>),
    /// It stays in the evidence and is offered.
    Candidate(Cow<'static, str>),
    /// It is told by the row of another event, with what it is to that one.
    Joined(EventId, String),
}

impl Choice {
    /// Whether the event comes in, with a row of its own.
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Take(_))
    }

    /// The event whose row tells of this one.
    pub fn lead(&self) -> Option<&EventId> {
        match self {
            Self::Joined(lead, _) => Some(lead),
            _ => None,
        }
    }

    /// The reason.
    pub fn why(&self) -> &str {
        match self {
            Self::Take(why) | Self::Candidate(why) => why,
            Self::Joined(_, why) => why,
        }
    }
}

/// Reactions by which people mark a message as worth keeping, and what they say by it. Reactions of
/// feeling (`+1`, `eyes`, `fire`) are none: they are given to anything.
pub const MARKERS: &[(&str, &str)] = &[
    ("pushpin", "marked to keep"),
    ("round_pushpin", "marked to keep"),
    ("memo", "marked for the notes"),
    ("pencil", "marked for the notes"),
    ("spiral_note_pad", "marked for the notes"),
    ("notebook", "marked for the notes"),
    ("bookmark", "marked to keep"),
    ("star", "marked to keep"),
    ("rotating_light", "marked as an alarm"),
    ("hourglass_flowing_sand", "marked for the timeline"),
    ("stopwatch", "marked for the timeline"),
    ("clock1", "marked for the timeline"),
    ("timeline", "marked for the timeline"),
    ("incident", "marked for the timeline"),
    ("postmortem", "marked for the timeline"),
    ("no_entry", "marked as an outage"),
    ("checkered_flag", "marked as the end"),
    ("white_check_mark", "marked as done"),
    ("heavy_check_mark", "marked as done"),
];

/// What the person who imports asked for.
#[derive(Clone, Debug, Default)]
pub struct Curation {
    /// Threads that come in whole: the source's own ID of the thread, or a permalink of its first message.
    pub threads: Vec<String>,
}

impl Curation {
    /// Whether an event belongs in the timeline, and why.
    pub fn choose(&self, event: &Event) -> Choice {
        if event.action.trim().is_empty() {
            return Choice::Candidate("it has no text".into());
        }
        if let Some(why) = self.marked(event) {
            return Choice::Take(why.into());
        }
        if let Some(milestone) = recorded(event) {
            let milestone = milestone.word().to_lowercase();
            return Choice::Take(format!("the incident's own record of a milestone ({milestone})").into());
        }
        match event.kind {
            Kind::Message => chat(event),
            Kind::Commit if event.details.contains_key("stands-out") => {
                Choice::Take("its subject says hotfix".into())
            }
            Kind::Commit => Choice::Candidate("a commit among others".into()),
            // What no kind is for and the source knows to matter: a pod that crashes, a machine that boots.
            Kind::Note if event.details.contains_key("stands-out") => {
                Choice::Take(event.details["stands-out"].clone().into())
            }
            Kind::Ticket if event.details.contains_key("declared") => {
                Choice::Take("the incident was declared".into())
            }
            Kind::Note | Kind::Ticket => Choice::Candidate(format!("a {}", event.kind.words()).into()),
            kind => Choice::Take(format!("{} {}", article(kind), kind.words()).into()),
        }
    }
}

impl Curation {
    /// Why people want an event in, whatever it says: they pinned or marked it, or asked for its thread.
    pub fn marked(&self, event: &Event) -> Option<String> {
        if event.signals.pinned {
            return Some("pinned".into());
        }
        if let Some((name, says)) =
            MARKERS.iter().find(|(name, _)| event.signals.reactions.iter().any(|reaction| reaction == name))
        {
            return Some(format!("{says} (`:{name}:`)"));
        }
        self.asks_for(event).then(|| "in a thread that was asked for".into())
    }

    /// Whether an event is in a thread that was asked for.
    pub fn asks_for(&self, event: &Event) -> bool {
        self.threads.iter().any(|wanted| is_in_thread(event, wanted))
    }
}

/// The milestone that the tool in which the incident was run recorded as such: the detail `milestone`.
pub fn recorded(event: &Event) -> Option<Milestone> {
    let word = event.details.get("milestone")?;
    Milestone::ALL.into_iter().find(|milestone| milestone.word().eq_ignore_ascii_case(word))
}

/// The milestone that an event states by itself, if it does.
pub fn milestone(event: &Event) -> Option<Milestone> {
    if let Some(milestone) = recorded(event) {
        return Some(milestone);
    }
    match event.kind {
        Kind::AlertFiring | Kind::Page => Some(Milestone::Detected),
        Kind::Acknowledgement => Some(Milestone::Acknowledged),
        Kind::Message => match phrases::stated(&event.action)?.0 {
            Says::Reached(milestone) => Some(milestone),
            Says::Did(Kind::Page) => Some(Milestone::Detected),
            Says::Did(_) => None,
        },
        _ => None,
    }
}

fn chat(event: &Event) -> Choice {
    if event.signals.bot {
        return Choice::Candidate("a program's message".into());
    }
    match phrases::stated(&event.action) {
        Some((Says::Reached(milestone), _)) => {
            Choice::Take(format!("it states a milestone ({})", milestone.word().to_lowercase()).into())
        }
        Some((Says::Did(kind), _)) => Choice::Take(format!("it states an action ({})", kind.words()).into()),
        None if phrases::stated_start(&event.action, event.instant()).is_some() => {
            Choice::Take("it says when impact began".into())
        }
        None => Choice::Candidate("chat that states neither an action nor a milestone".into()),
    }
}

/// Whether an event is in the thread that a person named.
pub fn is_in_thread(event: &Event, wanted: &str) -> bool {
    event.thread.as_deref().is_some_and(|thread| names_thread(wanted, thread))
}

/// Whether what a person gave (`1462525200.000123`, `p1462525200000123`, a permalink) names a thread.
fn names_thread(wanted: &str, thread: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let last = wanted
        .split(['?', '#'])
        .next()
        .unwrap_or(wanted)
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or("");
    wanted == thread || (last.len() > 10 && digits(last) == digits(thread))
}

fn article(kind: Kind) -> &'static str {
    if kind.words().starts_with('a') { "an" } else { "a" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(action: &str) -> Event {
        let mut event: Event = serde_json::from_str(
            r#"{"id":"e","at":"2026-11-20T14:02:05Z","kind":"message","source":"slack-export","thread":"1462525200.000123"}"#,
        )
        .expect("an event");
        action.clone_into(&mut event.action);
        event
    }

    #[test]
    fn chat_comes_in_by_what_people_did_to_it_or_said_in_it_and_always_with_a_reason() {
        let plain = message("lunch?");
        assert!(!Curation::default().choose(&plain).is_taken());

        let mut pinned = plain.clone();
        pinned.signals.pinned = true;
        assert_eq!(Curation::default().choose(&pinned), Choice::Take("pinned".into()));

        let mut marked = plain.clone();
        marked.signals.reactions = vec!["+1".into(), "memo".into()];
        assert_eq!(Curation::default().choose(&marked).why(), "marked for the notes (`:memo:`)");

        let mut liked = plain.clone();
        liked.signals.reactions = vec!["+1".into(), "fire".into(), "eyes".into()];
        assert!(!Curation::default().choose(&liked).is_taken());

        let stated = Curation::default().choose(&message("rolled back to v41"));
        assert_eq!(stated, Choice::Take("it states an action (rollback)".into()));
    }

    #[test]
    fn a_milestone_that_a_tool_recorded_comes_in_as_what_it_is_whatever_its_kind_and_words() {
        let mut event = message("Impact is over for all but eu-west");
        event.kind = Kind::Note;
        assert_eq!(milestone(&event), None);
        event.details.insert("milestone".into(), "mitigated".into());
        assert_eq!(milestone(&event), Some(Milestone::Mitigated));
        let why = "the incident's own record of a milestone (mitigated)";
        assert_eq!(Curation::default().choose(&event), Choice::Take(why.into()));
        event.details.insert("milestone".into(), "postmortem started".into());
        assert_eq!(milestone(&event), None);
    }

    #[test]
    fn a_ticket_comes_in_where_it_declares_the_incident() {
        let mut event = message("Declared INC-61 (SEV1): checkout fails");
        event.kind = Kind::Ticket;
        assert!(!Curation::default().choose(&event).is_taken());
        event.details.insert("declared".into(), "SEV1".into());
        assert_eq!(Curation::default().choose(&event).why(), "the incident was declared");
    }

    #[test]
    fn a_thread_is_asked_for_by_its_id_or_by_a_permalink() {
        for wanted in [
            "1462525200.000123",
            "p1462525200000123",
            "https://acme.slack.com/archives/C1/p1462525200000123?x=1",
        ] {
            let curation = Curation { threads: vec![wanted.into()] };
            assert!(curation.choose(&message("lunch?")).is_taken(), "`{wanted}`");
        }
        let other = Curation { threads: vec!["1462525200.000124".into(), "general".into()] };
        assert!(!other.choose(&message("lunch?")).is_taken());
    }

    #[test]
    fn other_kinds_come_in_but_for_commits_notes_and_tickets() {
        for (kind, taken) in [
            (Kind::AlertFiring, true),
            (Kind::Merge, true),
            (Kind::StatusUpdate, true),
            (Kind::Command, true),
            (Kind::Commit, false),
            (Kind::Note, false),
            (Kind::Ticket, false),
        ] {
            let mut event = message("x");
            event.kind = kind;
            assert_eq!(Curation::default().choose(&event).is_taken(), taken, "{kind:?}");
        }
    }

    #[test]
    fn a_note_that_its_source_says_stands_out_comes_in_for_the_reason_that_the_source_gives() {
        let mut event = message("Pod shop/checkout-1: out of memory");
        event.kind = Kind::Note;
        event.details.insert("stands-out".into(), "a warning of the cluster".into());
        assert_eq!(Curation::default().choose(&event), Choice::Take("a warning of the cluster".into()));
    }
}
