//! `recount stage`: what the author claims.

use std::io::Write as _;

use recount_engine::document::Stage;
use recount_engine::lint::{Level, Options};

use crate::Outcome;
use crate::commands::rename;
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;

/// Move a postmortem to a stage: `draft`, `review` or `final`
///
/// A stage whose rules the document breaks is refused. `final` also writes the day.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// The stage
    stage: Stage,

    /// Who reviewed it, for `final`; may be given several times
    #[arg(long = "reviewed-by", value_name = "PERSON")]
    reviewed_by: Vec<String>,

    /// Write it although rules of the stage are broken
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    commit: CommitArgs,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let path = workspace.find(&args.id)?;
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read_to_change(&path)?;
    let name = rename::id_of(&document).unwrap_or(&args.id).to_owned();
    let mut changed = document.changed(&document.set_stage(args.stage)?)?;
    if args.stage == Stage::Final
        && (document.stage() < Stage::Final || document.front_matter().finalized.is_none())
    {
        let today = environment.today().to_string();
        changed = changed.changed(&changed.set_front_matter("finalized", &today)?)?;
    }
    if !args.reviewed_by.is_empty() {
        // Who has reviewed it before has still done so.
        let mut names = document.front_matter().reviewed_by.clone();
        for name in &args.reviewed_by {
            let name = name.replace(['"', '\\'], "");
            if !workspace.config().people.is_empty() && workspace.config().person(&name).is_none() {
                environment.warn(format!("`{name}` is not on the roster in `recount.toml`"));
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let people: Vec<String> =
            names.iter().map(|name| format!("\"{}\"", name.replace(['"', '\\'], ""))).collect();
        changed = changed
            .changed(&changed.set_front_matter("reviewed-by", &format!("[{}]", people.join(", ")))?)?;
    }
    let options = Options { stage: Some(args.stage), ..Options::default() };
    let mut findings = workspace.findings(&path, &changed, environment.today(), options);
    findings.retain(|finding| finding.level == Level::Error);
    if !args.force && !findings.is_empty() && args.stage > Stage::Draft {
        let shown: Vec<String> = findings
            .iter()
            .take(5)
            .map(|finding| format!("  {} ({})", finding.message, finding.rule.name))
            .collect();
        let more = findings.len().saturating_sub(5);
        let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
        return Err(CliError::new(format!(
            "`{}` is not ready for stage `{}`:\n{}{more}",
            name,
            args.stage,
            shown.join("\n")
        ))
        .hint(format!(
            "`recount check {} --stage {}` shows them in place; `--force` sets the stage all the same",
            workspace.shown(environment, &path),
            args.stage
        )));
    }
    workspace.write(&guard, &stored, &changed)?;
    commit::subject(environment, &format!("{name}: move to stage {}", args.stage));
    writeln!(environment.out(), "{name} is now `{}`", args.stage)?;
    Ok(Exit::Done)
}
