//! `recount export`: a postmortem for others to read.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use recount_engine::export::audience::Audience;
use recount_engine::export::formats::{self, FORMATS, Format};
use recount_workspace::{Failure, taken_out_told};

use crate::Outcome;
use crate::commit;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;

/// Export a postmortem, for colleagues or for the public
///
/// What the public gets is derived: people, internal links, owners, commands, evidence and everything that is not listed
/// as public goes, and the result is searched for what must not get out (`recount.toml`, table `[export]`). Where
/// something is found, nothing is exported.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// The format
    #[arg(long, value_name = "FORMAT", default_value = "html", value_parser = format_parser())]
    format: String,

    /// Whom it is for
    #[arg(long, value_name = "AUDIENCE", default_value = "internal", value_parser = audience_parser())]
    audience: Audience,

    /// Where to write it; `-` is the standard output. A file named after the incident without
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Replace a file that is there, and give the public what is not final
    #[arg(long)]
    force: bool,
}

fn format_parser() -> PossibleValuesParser {
    PossibleValuesParser::new(FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.about)))
}

fn audience_parser() -> impl TypedValueParser<Value = Audience> {
    PossibleValuesParser::new(Audience::ALL.map(Audience::as_str)).map(|chosen| {
        Audience::ALL.into_iter().find(|audience| audience.as_str() == chosen).unwrap_or(Audience::Internal)
    })
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let format = format_named(&args.format)?;
    let workspace = Workspace::open(environment)?;
    let path = workspace.find(&args.id)?;
    let (_, document) = workspace.read(&path)?;
    let exported = workspace.hand_out(&document, args.audience, format, args.force).map_err(Failure::from)?;
    if args.output.as_deref() == Some(Path::new("-")) {
        environment.raw(&exported.bytes)?;
    } else {
        let file = args.output.unwrap_or_else(|| {
            let name = commit::name_of(&path, &document);
            let audience = if args.audience == Audience::Public { "-public" } else { "" };
            PathBuf::from(format!("{name}{audience}.{}", exported.extension))
        });
        write(&file, &exported.bytes, args.force)?;
        writeln!(environment.out(), "{}", file.display())?;
    }
    if let Some(told) = taken_out_told(&exported.removed) {
        environment.note(told);
    }
    Ok(Exit::Done)
}

fn format_named(name: &str) -> Result<&'static Format, CliError> {
    formats::named(name).ok_or_else(|| CliError::new(format!("there is no format `{name}`")))
}

fn write(file: &Path, bytes: &[u8], force: bool) -> Result<(), CliError> {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let written = options.open(file).and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => CliError::new(format!("`{}` is there already", file.display()))
            .hint("name another file with `--output`, or replace it with `--force`"),
        _ => CliError::new(format!("`{}` cannot be written: {error}", file.display())),
    })
}
