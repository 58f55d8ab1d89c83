//! `recount demo`: the example library, and a postmortem drafted in it.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use recount_engine::document::counted;
use recount_store::Library;
use rust_embed::RustEmbed;

use crate::Outcome;
use crate::commands::import::How;
use crate::commands::new::Known;
use crate::commands::{draft, serve};
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::report::{self, Checked, Look, Stream, Summary};
use crate::workspace::Workspace;

/// Copy the example library to a scratch folder, draft a postmortem from evidence, and check it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to copy it; a new folder for temporary files without
    folder: Option<PathBuf>,

    /// Serve it to this machine's browsers at the end, until Ctrl-C
    #[arg(long)]
    serve: bool,

    /// Where to listen; the usual port where that is free, without
    #[arg(long, value_name = "ADDRESS", requires = "serve")]
    address: Option<SocketAddr>,
}

/// The example library of an invented company.
#[derive(RustEmbed)]
#[folder = "../../examples"]
struct Examples;

/// The incident that has evidence and no postmortem.
const EVIDENCE: &str = "evidence/seat-holds-expired";
const TITLE: &str = "Seats sold twice while holds expired early";

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let root = match args.folder {
        Some(folder) => absolute(&environment.folder()?.join(folder)),
        None => tempfile::Builder::new()
            .prefix("recount-demo-")
            .tempdir()
            .map_err(|error| CliError::new(format!("a folder for the demo cannot be made: {error}")))?
            .keep(),
    };
    copy(&root)?;
    let library = Library::open(&root)?;
    // Commands are shown as they are typed in it.
    let workspace = Workspace::of(environment, library)?.seen_from(&root);
    let evidence = root.join(EVIDENCE);
    let count = workspace.library.list().len();
    writeln!(
        environment.out(),
        "The example library of Kestrel Row, which sells tickets: {} in",
        counted(count, "postmortem")
    )?;
    writeln!(environment.out(), "{}\n", root.display())?;
    writeln!(
        environment.out(),
        "On 2026-11-20 seats were sold twice. This is what the incident left behind:"
    )?;
    for path in &inputs(&evidence)? {
        writeln!(environment.out(), "  {}", path.strip_prefix(&root).unwrap_or(path).display())?;
    }
    writeln!(environment.out(), "\n$ cd {}", root.display())?;
    writeln!(environment.out(), "$ recount draft \"{TITLE}\" {EVIDENCE}\n")?;
    let (path, _) =
        draft::draft(&workspace, TITLE, &[evidence], &Known::default(), &How::default(), environment)?;
    writeln!(
        environment.out(),
        "\n$ recount check {} --stage review\n",
        workspace.library.relative(&path).display()
    )?;
    check(&workspace, &path, environment)?;
    writeln!(environment.out(), "\nThe postmortem: {}", path.display())?;
    writeln!(environment.out(), "Look around:    cd {} && recount list && recount check", root.display())?;
    if args.serve {
        writeln!(environment.out(), "\nIn a browser:")?;
        return serve::here(args.address, &workspace, environment);
    }
    Ok(Exit::Done)
}

/// A path that leads to the same place from every folder: the hints name it, and whoever follows them stands elsewhere.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn copy(root: &Path) -> Result<(), CliError> {
    let is_empty = fs::read_dir(root).map_or(true, |mut entries| entries.next().is_none());
    if !is_empty {
        return Err(CliError::new(format!("`{}` is not empty", root.display())).hint("name a new folder"));
    }
    for name in Examples::iter() {
        let Some(file) = Examples::get(&name) else { continue };
        let path = root.join(name.as_ref());
        let written =
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, &file.data));
        written.map_err(|error| CliError::new(format!("`{}` cannot be written: {error}", path.display())))?;
    }
    Ok(())
}

/// What the evidence folder holds: each file and each export on its own.
fn inputs(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let cannot =
        |error: std::io::Error| CliError::new(format!("`{}` cannot be read: {error}", folder.display()));
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        inputs.push(entry.map_err(cannot)?.path());
    }
    inputs.sort();
    Ok(inputs)
}

fn check(workspace: &Workspace, path: &Path, environment: &mut Environment) -> Result<(), CliError> {
    let (_, document) = workspace.read(path)?;
    let stage = recount_engine::document::Stage::Review;
    let options = recount_engine::lint::Options {
        stage: Some(stage),
        fixes: true,
        ..recount_engine::lint::Options::default()
    };
    let findings = workspace.findings(path, &document, environment.today(), options);
    let look = Look {
        colour: environment.has_color(),
        width: environment.width(),
        unicode: environment.has_color(),
    };
    let Some(format) = report::format("human") else { return Ok(()) };
    let report = (format.report)(look);
    let shown = workspace.library.relative(path).display().to_string();
    let text = report.document(&Checked::new(&shown, document.text(), stage, &findings));
    let mut stream = Stream::new(report.as_ref(), environment.out())?;
    stream.document(text.as_bytes())?;
    stream.finish(&Summary::of(&findings))?;
    Ok(())
}
