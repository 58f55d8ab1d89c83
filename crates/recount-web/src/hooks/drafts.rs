//! Drafts of what came in: one incident after the other, from what is kept.
//!
//! What does not live here: what a payload says (`senders`), and how evidence becomes a document (`recount-workspace`).
//!
//! After a kill at any point this goes on where it was: payloads wait until the postmortem has them, where it will be
//! made is written down before it is made, and evidence that is taken twice is taken once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use recount_engine::config::HooksConfig;
use recount_engine::document::value::time;
use recount_store::{Commit, Library, Store as _};
use recount_workspace::incoming::{Incoming, Taken};
use recount_workspace::{Failure, FailureKind, Workspace, is_control_in_title};

use super::kept::Incident;
use super::senders::{Heard, SENDERS, What};
use crate::change::PATIENCE;
use crate::shelf::Shelf;
use crate::site::Site;

/// Why drafts cannot be made: a disk, a lock or git does not play along.
pub(super) struct Stuck {
    pub(super) why: String,
    /// How long it rests before the next try, and when that is.
    wait: Duration,
    next: Instant,
}

/// The longest rest between two tries.
const LONGEST_REST: Duration = Duration::from_hours(1);

/// Works on all that waits, and gives back how long it rests. What fails for want of a disk, a lock or git waits on; it
/// is told once, and tried again after twice as long each time.
pub(super) fn make(site: &Arc<Site>) -> Duration {
    let hooks = &site.hooks;
    let before = hooks.stuck.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(stuck) = &before
        && let Some(rest) = stuck.next.checked_duration_since(Instant::now())
        && !rest.is_zero()
    {
        *hooks.stuck.lock().unwrap_or_else(PoisonError::into_inner) = before;
        return rest;
    }
    let stuck = match worked(site) {
        Ok(()) => {
            if before.is_some() {
                site.log("note: webhooks: drafts are made again");
            }
            None
        }
        Err(failure) => {
            let why = failure.to_string();
            if before.as_ref().is_none_or(|before| before.why != why) {
                site.log(&format!(
                    "error: webhooks: {why}; it is tried again, each time after twice as long"
                ));
            }
            let first = hooks.surroundings.get().map_or(Duration::ZERO, |around| around.first_wait);
            let wait = rest_after(before.map(|before| before.wait), first);
            Some(Stuck { why, wait, next: Instant::now() + wait })
        }
    };
    // Without a first wait, as in tests, it is tried whenever something comes in.
    let rest = stuck.as_ref().map(|stuck| stuck.wait).filter(|wait| !wait.is_zero());
    *hooks.stuck.lock().unwrap_or_else(PoisonError::into_inner) = stuck;
    rest.unwrap_or(super::REST)
}

/// How long it rests after a failure: twice as long as after the last one, up to an hour.
fn rest_after(last: Option<Duration>, first: Duration) -> Duration {
    last.map_or(first, |last| last.saturating_mul(2)).min(LONGEST_REST)
}

fn worked(site: &Arc<Site>) -> Result<(), Failure> {
    let kept = &site.hooks.kept;
    kept.tidy(site.now())?;
    if site.shelf().workspace.config().hooks.pagerduty.secret_env.is_empty()
        && !site.shelf().workspace.config().hooks.alertmanager.is_set_up()
    {
        return Ok(());
    }
    let mut last = 0;
    loop {
        let pending = kept.pending(last)?;
        let Some(end) = pending.last().map(|payload| payload.number) else { break };
        last = end;
        for payload in pending {
            let shelf = site.shelf();
            let config = &shelf.workspace.config().hooks;
            let Some(heard) = heard(config, &payload.source, &payload.payload) else {
                kept.pass_over(payload.number)?;
                continue;
            };
            let within = i64::from(config.continue_hours) * 3600;
            let known = kept.incident(&payload.source, &heard.own, &heard.thread, heard.at, within)?;
            kept.put(&with(known, &payload.source, &heard), payload.number)?;
        }
    }
    if last == 0 {
        return Ok(());
    }
    let mut failed = None;
    for incident in kept.waiting()? {
        match drafted(site, &incident) {
            Ok(()) => kept.done(incident.number, last)?,
            Err(failure)
                if matches!(
                    failure.kind(),
                    FailureKind::Trouble | FailureKind::Conflict | FailureKind::Taken
                ) =>
            {
                failed.get_or_insert(failure);
            }
            Err(failure) => {
                site.log(&format!("error: no draft of \"{}\": {failure}", titled(&incident)));
                kept.done(incident.number, last)?;
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// What a payload that was kept says.
fn heard(config: &HooksConfig, source: &str, payload: &str) -> Option<Heard> {
    let sender = SENDERS.iter().find(|sender| sender.name == source)?;
    (sender.heard)(config, &serde_json::from_str(payload).ok()?).ok()
}

/// An incident with what was heard of it.
fn with(known: Option<Incident>, source: &str, heard: &Heard) -> Incident {
    let mut incident = known.unwrap_or_else(|| Incident {
        number: 0,
        source: source.to_owned(),
        own: heard.own.clone(),
        thread: heard.thread.clone(),
        title: String::new(),
        began: heard.at,
        until: i64::MIN,
        is_resolved: false,
        is_wanted: false,
        path: None,
        postmortem: None,
        is_made: false,
    });
    // A retry that comes late says nothing of how it is now.
    if heard.at >= incident.until && heard.what != What::Other {
        incident.is_resolved = heard.what == What::Resolved;
    }
    incident.began = incident.began.min(heard.at);
    incident.until = incident.until.max(heard.at);
    incident.is_wanted |= heard.is_wanted;
    if incident.title.is_empty() {
        incident.title.clone_from(&heard.title);
    }
    incident
}

/// Makes the draft of an incident, or continues it, where there is something to do.
fn drafted(site: &Arc<Site>, incident: &Incident) -> Result<(), Failure> {
    let is_due = incident.is_resolved && incident.is_wanted;
    if incident.path.is_none() && !is_due {
        return Ok(());
    }
    let kept = &site.hooks.kept;
    let payloads = kept.payloads(incident.number)?;
    let name = format!("{}-webhooks", incident.source);
    let incoming = Incoming { source: &incident.source, name: &name, payloads: &payloads };
    let shelf = site.refresh();
    let root = shelf.workspace.library.root();
    let there = incident.path.as_ref().and_then(|path| {
        // Until it was made, another one may have got the ID.
        let id = incident.postmortem.as_deref().filter(|_| incident.is_made);
        let by_id = id.and_then(|id| shelf.find(id).ok());
        by_id.map(|known| shelf.file(known)).or_else(|| Some(root.join(path)).filter(|path| path.is_file()))
    });
    let workspace = shelf.workspace.again(Library::open(root)?.confined())?;
    if site.settings.commit {
        workspace.library.plan_commit(&workspace.config().git.protected)?;
    }
    let (taken, verb) = match there {
        Some(path) => (workspace.continue_incoming(&path, incoming)?, "continue draft"),
        // Whoever removed it does not want it.
        None if incident.is_made => {
            site.log(&format!(
                "note: the postmortem of \"{}\" is gone, so nothing was added",
                titled(incident)
            ));
            return Ok(());
        }
        None => {
            let relative = |path: &Path| -> PathBuf { path.strip_prefix(root).unwrap_or(path).to_owned() };
            let title = told_apart(&shelf, incident, &payloads);
            let taken = workspace.draft_incoming(&title, incoming, site.today(), |path, id| {
                kept.planned(incident.number, &relative(path).to_string_lossy(), id)
            })?;
            (taken, "draft")
        }
    };
    kept.made(incident.number)?;
    committed(site, &workspace, &taken, verb, incident);
    // Whoever hears of it finds it.
    site.refresh();
    let called = taken.id.clone().unwrap_or_else(|| workspace.relative(&taken.path).display().to_string());
    let rows = match (taken.is_past_draft, taken.rows) {
        (true, _) => "it is past its draft, so what is new is a candidate".to_owned(),
        (false, 1) => "1 row added".to_owned(),
        (false, rows) => format!("{rows} rows added"),
    };
    let title = titled(incident);
    site.log(&format!("note: {verb} `{called}` of \"{title}\" from {}: {rows}", incident.source));
    for [what, value, why] in &taken.offers {
        site.log(&format!("note: `{called}`, for you to decide: {what}: {value} ({why})"));
    }
    for note in &taken.notes {
        site.log(&format!("note: `{called}`: {note}"));
    }
    Ok(())
}

/// What the postmortem is called until somebody knows better.
fn titled(incident: &Incident) -> String {
    /// More than that nobody reads in a list.
    const LONGEST: usize = 120;
    let title: String = incident.title.split_whitespace().collect::<Vec<_>>().join(" ");
    // Whoever sends it, nobody reads it in another order than it has.
    let title: String = title.chars().filter(|c| !is_control_in_title(*c)).collect();
    match title.chars().count() {
        0 => format!("Incident from {}", incident.source),
        length if length > LONGEST => title.chars().take(LONGEST).chain(['…']).collect(),
        _ => title,
    }
}

/// The title of a new draft: where another postmortem has it, with what tells them apart, as somebody would write it: the
/// service, the region, the day, and at last the minute.
fn told_apart(shelf: &Shelf, incident: &Incident, payloads: &[String]) -> String {
    let config = &shelf.workspace.config().hooks;
    let mut title = titled(incident);
    let is_there = |title: &str| {
        let others = shelf.records.known.iter().filter_map(|known| known.record.title.as_deref());
        others.into_iter().any(|other| other.eq_ignore_ascii_case(title))
    };
    let marks = payloads.iter().filter_map(|payload| heard(config, &incident.source, payload));
    let marks = marks.filter(|heard| heard.is_wanted).flat_map(|heard| heard.marks);
    let began = Timestamp::from_second(incident.began).unwrap_or_default();
    let moment = time::canonical(began, false);
    let (day, clock) = moment.split_once(' ').unwrap_or((&moment, ""));
    let mut last = vec![clock.to_owned(), day.to_owned()];
    let mut marks = marks;
    while is_there(&title) {
        let Some(mark) = marks.next().or_else(|| last.pop()) else { break };
        let mark: String = mark.chars().filter(|c| !is_control_in_title(*c)).take(60).collect();
        if !title.to_lowercase().contains(&mark.to_lowercase()) {
            title = if mark == clock { format!("{title} {mark}") } else { format!("{title}, {mark}") };
        }
    }
    title
}

/// Commits as whoever runs the server. The draft is there whether or not git takes it.
fn committed(site: &Site, workspace: &Workspace, taken: &Taken, verb: &str, incident: &Incident) {
    if !site.settings.commit {
        return;
    }
    let called = taken.id.as_deref().unwrap_or("draft");
    let message = format!("{called}: {verb} \"{}\" from {}", titled(incident), incident.source);
    let commit = || -> Result<(), Failure> {
        let files = workspace.library.changed_files()?;
        if !files.is_empty() {
            workspace.library.commit(&files, &Commit { message, author: None, patience: Some(PATIENCE) })?;
        }
        Ok(())
    };
    if let Err(failure) = commit() {
        site.log(&format!("error: `{called}` is not committed: {failure}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_double_up_to_an_hour() {
        let mut last = None;
        let rests: Vec<u64> = (0..12)
            .map(|_| {
                let rest = rest_after(last, Duration::from_secs(5));
                last = Some(rest);
                rest.as_secs()
            })
            .collect();
        assert_eq!(rests, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
    }
}
