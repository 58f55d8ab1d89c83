//! `recount draft`: a postmortem from evidence.

use std::io::Write as _;
use std::path::PathBuf;

use recount_engine::document::value::time::utc_day;
use recount_engine::lint::Level;

use crate::Outcome;
use crate::commands::import::{self, How};
use crate::commands::new::{self, Known};
use crate::commands::similar;
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::CliError;
use crate::error::Exit;
use crate::past;
use crate::workspace::Workspace;

/// Make a postmortem from evidence: the template, a timeline, and every field that evidence decides
///
/// `new` and `import` in one. What is filled is said with the event that decided it; the rest stays
/// blank, and `recount check` lists it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What happened, in a few words
    title: String,

    /// Evidence: files, folders, zip archives, git repositories, live sources such as `prometheus:`
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    known: Known,

    #[command(flatten)]
    how: How,

    #[command(flatten)]
    commit: CommitArgs,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let (_, exit) = draft(&workspace, &args.title, &args.files, &args.known, &args.how, environment)?;
    Ok(exit)
}

/// Drafts and tells what was done; returns the path, and how the command ends.
pub(crate) fn draft(
    workspace: &Workspace,
    title: &str,
    files: &[PathBuf],
    known: &Known,
    how: &How,
    environment: &mut Environment,
) -> Result<(PathBuf, Exit), crate::error::CliError> {
    let given = known.given()?;
    let start = given.start;
    let window = start.and_then(|at| recount_engine::evidence::freeze::Window::around([at]));
    // Evidence is read before anything is made: what cannot be read leaves no half-made document.
    let (read, how) = import::read(workspace, files, how, window, environment)?;
    read.refuse_nothing()?;
    let exit = import::exit(&read);
    let day = start.or_else(|| read.start(&how));
    let day = day.map_or(environment.today(), utc_day);
    let guard = workspace.library.lock()?;
    let (path, id) = workspace.create::<CliError>(&guard, title, &given, day, |document, _| Ok(document))?;
    let (stored, document) = workspace.read(&path)?;
    let frozen = import::frozen_of(workspace, &path, environment)?;
    let imported = workspace.into_document(&path, &document, frozen, read, &how).and_then(|imported| {
        imported.freeze(&guard, &path)?;
        Ok(imported)
    });
    let imported = match imported {
        Ok(imported) => imported,
        Err(error) => {
            // Both were made a moment ago and hold nothing of anybody's.
            guard.remove_evidence(&path)?;
            guard.remove(&path, &stored.version)?;
            return Err(error.into());
        }
    };
    workspace.write(&guard, &stored, &imported.merged.document)?;
    imported.record(&guard, &path)?;
    drop(guard);
    commit::subject(environment, &format!("{id}: draft \"{title}\""));
    new::warn(workspace, &id, &given, environment);
    let shown = workspace.shown(&path);
    writeln!(environment.out(), "{shown}")?;
    import::show(environment, &id, &imported)?;
    similar::tell(workspace, &imported.merged.document, &path, environment);
    past::tell_of_promises(workspace, &imported.merged.document, environment);
    let stage = Some(recount_engine::document::Stage::Review);
    let options = recount_engine::lint::Options { stage, ..recount_engine::lint::Options::default() };
    let findings = workspace.findings_at_once(&path, &imported.merged.document, environment.today(), options);
    let missing = findings.iter().filter(|finding| finding.level == Level::Error).count();
    if missing > 0 {
        let things = if missing == 1 { "thing is" } else { "things are" };
        environment.hint(format!(
            "{missing} {things} left to do before review: `recount check {shown} --stage review`"
        ));
    }
    Ok((path, exit))
}
