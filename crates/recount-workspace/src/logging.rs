//! A row that somebody adds to a timeline: what happened, who did it, and when, which cannot be in the future.
//!
//! What does not live here: where a row comes to stand, and its cells (`document::operations`).

use jiff::{SignedDuration, Timestamp};
use recount_engine::document::markdown::InlineKind;
use recount_engine::document::operations::plain_cell;
use recount_engine::document::value::time::{self, Anchor, TimeProblem};
use recount_engine::document::{Document, Milestone};

use crate::Failure;

/// A row that is to be added.
#[derive(Clone, Debug)]
pub struct NewRow {
    /// When.
    pub at: Timestamp,
    /// Whether its seconds are known.
    pub with_seconds: bool,
    /// Who.
    pub actor: String,
    /// What was done or seen.
    pub action: String,
    /// What came of it.
    pub result: String,
    /// Where it can be seen.
    pub link: Option<String>,
    /// The milestone that it is.
    pub milestone: Option<Milestone>,
}

impl NewRow {
    /// Refuses a row that says nothing, and a link that leads nowhere; `link` is what the link is called where it is
    /// given.
    ///
    /// # Errors
    ///
    /// Where it is refused.
    pub fn refuse_nonsense(&self, link: &str) -> Result<(), Failure> {
        if self.action.trim().is_empty() {
            return Err(Failure::new("a row needs a text").hint("say what was done or seen"));
        }
        match self.link.as_ref().filter(|link| !is_address(link)) {
            None => Ok(()),
            Some(text) => Err(Failure::new(format!("`{text}` of `{link}` is not an address"))
                .hint("give a whole one, as `https://grafana.example/d/checkout`")),
        }
    }

    /// Its time as it is written.
    pub fn stamp(&self) -> String {
        time::canonical(self.at, self.with_seconds)
    }

    /// What was done or seen as it is written, with the milestone before it.
    pub fn told(&self) -> String {
        match self.milestone {
            Some(milestone) => format!("**{milestone}.** {}", self.action),
            None => self.action.clone(),
        }
    }

    /// The document with the row where its time belongs.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn added_to(&self, document: &Document) -> Result<Document, Failure> {
        let result = match &self.link {
            Some(link) => format!("{} <{link}>", self.result).trim().to_owned(),
            None => self.result.clone(),
        };
        let cells = [self.stamp(), self.actor.clone(), self.told(), result].map(|cell| plain_cell(&cell));
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let edits = document.insert_timeline_row(self.at, &[cells[0], cells[1], cells[2], cells[3]])?;
        Ok(document.changed(&edits)?)
    }
}

/// Whether Markdown takes it for a link where it stands in `<` and `>`. Anything else would be a tag, which
/// is shown nowhere.
fn is_address(link: &str) -> bool {
    let text = format!("<{link}>");
    let alone = Document::parse(text.as_bytes());
    let whole = alone.markdown().inlines.first().filter(|mark| mark.span.len() == text.len());
    whole.is_some_and(|mark| mark.kind == InlineKind::Link)
}

/// A milestone by its word.
///
/// # Errors
///
/// What to write instead.
pub fn parse_milestone(text: &str) -> Result<Milestone, String> {
    let found = Milestone::ALL.into_iter().find(|milestone| milestone.word().eq_ignore_ascii_case(text));
    found.ok_or_else(|| "use `started`, `detected`, `acknowledged`, `mitigated` or `resolved`".to_owned())
}

/// A time given as date and clock, or as a bare clock: then the last time that it was so late. What is
/// logged has happened, and shortly after midnight `23:55` is yesterday.
///
/// # Errors
///
/// Where it is no time.
pub fn at_or_before(text: &str, now: Timestamp) -> Result<Timestamp, TimeProblem> {
    let today = time::utc_day(now);
    let on = |date| time::read(text, &Anchor { date: Some(date), previous: None });
    let at = on(today)?.at;
    let is_bare_clock = time::read(text, &Anchor::default()).is_err();
    match today.yesterday() {
        Ok(yesterday) if is_bare_clock && at > now => Ok(on(yesterday).map_or(at, |moment| moment.at)),
        _ => Ok(at),
    }
}

/// Refuses a time that nobody can have seen: a clock may be wrong by hours, and a year by a slip of the finger. `named`
/// is what the time is called where it is given.
///
/// # Errors
///
/// Where it is refused.
pub fn refuse_future(at: Timestamp, now: Timestamp, named: &str) -> Result<(), Failure> {
    const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_hours(24);
    if at.duration_since(now) <= CLOCKS_DIFFER {
        return Ok(());
    }
    let (at, now) = (time::canonical(at, false), time::canonical(now, false));
    Err(Failure::new(format!("`{at}` of `{named}` has not come yet: it is `{now}` (UTC)"))
        .hint("give the time at which it happened; what is planned is an action item: `recount actions add`")
        .elsewhere("give the time at which it happened; what is planned is an action item"))
}

/// Why a time that somebody gave cannot be used; `named` is what it is called where it is given.
pub fn not_a_time(text: &str, named: &str, problem: &TimeProblem) -> Failure {
    let message = match problem {
        TimeProblem::NotATime => format!("`{text}` of `{named}` is not a time"),
        _ => format!("`{text}` of `{named}` cannot be used: {problem}"),
    };
    Failure::new(message).hint("write it as `2026-11-20 14:02`; it is UTC unless it names another zone")
}

/// A whole time that somebody gave; `named` is what it is called there.
///
/// # Errors
///
/// Where it is none.
pub fn instant(text: &str, named: &str) -> Result<Timestamp, Failure> {
    let moment = time::read(text, &Anchor { date: None, previous: None });
    moment.map(|moment| moment.at).map_err(|problem| not_a_time(text, named, &problem))
}
