//! Drafts of what came in: one incident after the other, from what is kept.
//!
//! What does not live here: what a payload says (`senders`), and how evidence becomes a document (`recount-workspace`).
//!
//! After a kill at any point this goes on where it was: payloads wait until the postmortem has them, where it will be
//! made is written down before it is made, and evidence that is taken twice is taken once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use recount_store::{Commit, Library, Store as _};
use recount_workspace::incoming::{Incoming, Taken};
use recount_workspace::{Failure, FailureKind, Workspace};

use super::kept::Incident;
use super::senders::{Heard, SENDERS, What};
use crate::change::PATIENCE;
use crate::site::Site;

/// Works on all that waits. What fails for want of a disk, a lock or git waits on.
pub(super) fn make(site: &Arc<Site>) {
    if let Err(failure) = worked(site) {
        site.log(&format!("error: webhooks: {failure}; it is tried again"));
    }
}

fn worked(site: &Arc<Site>) -> Result<(), Failure> {
    let kept = &site.hooks.kept;
    kept.tidy(site.now())?;
    if site.shelf().workspace.config().hooks.pagerduty.secret_env.is_empty()
        && !site.shelf().workspace.config().hooks.alertmanager.is_set_up()
    {
        return Ok(());
    }
    let pending = kept.pending()?;
    let Some(last) = pending.last().map(|payload| payload.number) else { return Ok(()) };
    for payload in pending {
        let shelf = site.shelf();
        let config = &shelf.workspace.config().hooks;
        let sender = SENDERS.iter().find(|sender| sender.name == payload.source);
        let heard = sender
            .zip(serde_json::from_str(&payload.payload).ok())
            .and_then(|(sender, payload)| (sender.heard)(config, &payload).ok());
        let Some(heard) = heard else {
            kept.pass_over(payload.number)?;
            continue;
        };
        let within = i64::from(config.continue_hours) * 3600;
        let known = kept.incident(&payload.source, &heard.own, &heard.thread, heard.at, within)?;
        kept.put(&with(known, &payload.source, &heard), payload.number)?;
    }
    let mut failed = None;
    for incident in kept.waiting()? {
        match drafted(site, &incident) {
            Ok(()) => kept.done(incident.number, last)?,
            Err(failure) if matches!(failure.kind(), FailureKind::Trouble | FailureKind::Conflict) => {
                failed.get_or_insert(failure);
            }
            Err(failure) => {
                site.log(&format!("error: no draft of \"{}\": {failure}", incident.title));
                kept.done(incident.number, last)?;
            }
        }
    }
    failed.map_or(Ok(()), Err)
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
                incident.title
            ));
            return Ok(());
        }
        None => {
            let relative = |path: &Path| -> PathBuf { path.strip_prefix(root).unwrap_or(path).to_owned() };
            let title = titled(incident);
            let taken = workspace.draft_incoming(&title, incoming, site.today(), |path, id| {
                kept.planned(incident.number, &relative(path).to_string_lossy(), id)
            })?;
            (taken, "draft")
        }
    };
    kept.made(incident.number)?;
    committed(site, &workspace, &taken, verb, incident);
    let called = taken.id.clone().unwrap_or_else(|| workspace.relative(&taken.path).display().to_string());
    let rows = match (taken.is_past_draft, taken.rows) {
        (true, _) => "it is past its draft, so what is new is a candidate".to_owned(),
        (false, 1) => "1 row added".to_owned(),
        (false, rows) => format!("{rows} rows added"),
    };
    site.log(&format!("note: {verb} `{called}` of \"{}\" from {}: {rows}", incident.title, incident.source));
    site.refresh();
    Ok(())
}

/// What the postmortem is called until somebody knows better.
fn titled(incident: &Incident) -> String {
    /// More than that nobody reads in a list.
    const LONGEST: usize = 120;
    let title: String = incident.title.split_whitespace().collect::<Vec<_>>().join(" ");
    match title.chars().count() {
        0 => format!("Incident from {}", incident.source),
        length if length > LONGEST => title.chars().take(LONGEST).chain(['…']).collect(),
        _ => title,
    }
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
