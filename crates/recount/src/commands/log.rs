//! `recount log`: a row of the timeline, now.

use std::io::Write as _;

use jiff::{SignedDuration, Timestamp};

use recount_engine::document::markdown::InlineKind;
use recount_engine::document::value::time::{self, Anchor};
use recount_engine::document::{Document, Milestone};

use crate::Outcome;
use crate::commands::new::not_a_time;
use crate::commit::{self, CommitArgs};
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;

/// Add a row to the timeline: what is happening now
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// What was done or seen
    text: String,

    /// When, if not now: `2026-11-20 14:02`, or `14:02` for the last time that the clock showed it
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    /// Who, as `@ana`; taken from git's `user.name` or `$USER` where it is left out
    #[arg(long, value_name = "PERSON", env = "RECOUNT_ACTOR")]
    actor: Option<String>,

    /// What came of it
    #[arg(long, default_value = "")]
    result: String,

    /// Where it can be seen: a dashboard, a log, a pull request
    #[arg(long, value_name = "URL")]
    link: Option<String>,

    /// The milestone that it is
    #[arg(long, value_name = "MILESTONE", value_parser = parse_milestone)]
    milestone: Option<Milestone>,

    #[command(flatten)]
    commit: CommitArgs,
}

fn parse_milestone(text: &str) -> Result<Milestone, String> {
    let found = Milestone::ALL.into_iter().find(|milestone| milestone.word().eq_ignore_ascii_case(text));
    found.ok_or_else(|| "use `started`, `detected`, `acknowledged`, `mitigated` or `resolved`".to_owned())
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let path = workspace.find(&args.id)?;
    let at = match &args.at {
        Some(text) => at_or_before(text, environment.now())?,
        None => environment.now(),
    };
    refuse_future(at, environment.now())?;
    let with_seconds = args.at.as_ref().is_some_and(|_| at.as_second() % 60 != 0);
    let stamp = time::canonical(at, with_seconds);
    if args.text.trim().is_empty() {
        return Err(CliError::new("a row needs a text").hint("say what was done or seen"));
    }
    if let Some(link) = args.link.as_ref().filter(|link| !is_address(link)) {
        return Err(CliError::new(format!("`{link}` of `--link` is not an address"))
            .hint("give a whole one, as `https://grafana.example/d/checkout`"));
    }
    let actor = args.actor.or_else(|| who(&workspace)).unwrap_or_default();
    let action = match args.milestone {
        Some(milestone) => format!("**{milestone}.** {}", args.text),
        None => args.text,
    };
    let result = match &args.link {
        Some(link) => format!("{} <{link}>", args.result).trim().to_owned(),
        None => args.result,
    };
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read_to_change(&path)?;
    workspace.refuse_foreign(&path, &document, "row")?;
    let changed =
        document.changed(&document.insert_timeline_row(at, &[&stamp, &actor, &action, &result])?)?;
    workspace.write(&guard, &stored, &changed)?;
    let name = commit::name_of(&path, &changed);
    commit::subject(environment, &format!("{name}: log {action}"));
    writeln!(environment.out(), "{stamp}  {}  {}", visible(&actor), visible(&action))?;
    Ok(Exit::Done)
}

/// Whether Markdown takes it for a link where it stands in `<` and `>`. Anything else would be a tag, which
/// is shown nowhere.
fn is_address(link: &str) -> bool {
    let text = format!("<{link}>");
    let alone = Document::parse(text.as_bytes());
    let whole = alone.markdown().inlines.first().filter(|mark| mark.span.len() == text.len());
    whole.is_some_and(|mark| mark.kind == InlineKind::Link)
}

/// A time given as date and clock, or as a bare clock: then the last time that it was so late. What is
/// logged has happened, and shortly after midnight `23:55` is yesterday.
fn at_or_before(text: &str, now: Timestamp) -> Result<Timestamp, CliError> {
    let today = time::utc_day(now);
    let on = |date| time::read(text, &Anchor { date: Some(date), previous: None });
    let at = on(today).map_err(|problem| not_a_time(text, "--at", &problem))?.at;
    let is_bare_clock = time::read(text, &Anchor::default()).is_err();
    match today.yesterday() {
        Ok(yesterday) if is_bare_clock && at > now => Ok(on(yesterday).map_or(at, |moment| moment.at)),
        _ => Ok(at),
    }
}

/// Refuses a time that nobody can have seen: a clock may be wrong by hours, and a year by a slip of the finger.
fn refuse_future(at: Timestamp, now: Timestamp) -> Result<(), CliError> {
    const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_hours(24);
    if at.duration_since(now) <= CLOCKS_DIFFER {
        return Ok(());
    }
    let (at, now) = (time::canonical(at, false), time::canonical(now, false));
    Err(CliError::new(format!("`{at}` of `--at` has not come yet: it is `{now}` (UTC)"))
        .hint("give the time at which it happened; what is planned is an action item: `recount actions add`"))
}

/// The roster handle of the person at the keyboard, by git's name or the login name.
pub(crate) fn who(workspace: &Workspace) -> Option<String> {
    let git = std::process::Command::new("git")
        .arg("-C")
        .arg(workspace.library.root())
        .args(["config", "user.name"])
        .output()
        .ok()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .filter(|name| !name.is_empty());
    let login = std::env::var("USER").ok().filter(|name| !name.is_empty() && name != "root");
    let config = workspace.config();
    let known = [&git, &login].into_iter().flatten().find_map(|name| config.person(name));
    known.map(|person| person.handle.clone()).or(git).or(login.map(|login| format!("@{login}")))
}
