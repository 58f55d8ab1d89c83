//! `recount init`: a new library.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use recount_engine::document::template::TEMPLATE;
use recount_store::{CONFIG_FILE, DEFAULT_FOLDER, Library, TEMPLATE_FILE};

use crate::Outcome;
use crate::environment::Environment;
use crate::error::{CliError, Exit};

/// Make a library: `recount.toml`, the template, a folder for postmortems
///
/// Files that are there already are left as they are.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder to make it in
    #[arg(default_value = ".")]
    folder: PathBuf,
}

/// The configuration that a new library begins with: every line is the default, explained.
const CONFIG: &str = r#"# The configuration of this library. Everything may be left out; `recount.toml` itself marks the root.
# All keys: docs/reference/configuration.md, or the JSON Schema beside it.

[library]
# Incident IDs: `{seq:04}` counts, `{date}` is the day of the start, `{slug}` the title.
id = "INC-{seq:04}"
# regions = ["eu-west-1", "us-east-1"]

# The services an incident can impact; `check` then knows a typo from a service.
# [[services]]
# name = "checkout"
# owner = "team-payments"

# The people who act in timelines and own action items.
# [[people]]
# handle = "@ana"
# name = "Ana Li"
# team = "team-payments"
# slack = "U012AB3CD"

# Louder or quieter rules: "off", "note", "warning", "error". `recount explain` lists them.
# [rules]
# timeline-gap = "note"

# Where evidence links lead.
# [evidence]
# slack-workspace = "https://acme.slack.com"
# repository = "https://github.com/acme/shop"

# How tables that no source knows are read: `recount import INC-0042 deploys-2026.csv`.
# [evidence.mappings.deploys]
# files = "deploys-*.csv"
# time = "when"
# actor = "by"
# action = "Deployed {app} {version}"
# kind = "deploy"
"#;

/// The library's own folder is derived or private to a machine.
const IGNORE: &str = ".recount/\n";

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let root = environment.folder()?.join(&args.folder);
    let cannot =
        |error: std::io::Error| CliError::new(format!("`{}` cannot be made: {error}", root.display()));
    if let Ok(outer) = Library::discover(&root)
        && outer.root() != root.as_path()
        && !root.join(CONFIG_FILE).exists()
    {
        environment.warn(format!("`{}` is inside the library `{}`", root.display(), outer.root().display()));
    }
    fs::create_dir_all(root.join(DEFAULT_FOLDER)).map_err(cannot)?;
    let library = Library::loose(&root);
    let mut made = String::new();
    for (name, content) in [(CONFIG_FILE, CONFIG), (TEMPLATE_FILE, TEMPLATE), (".gitignore", IGNORE)] {
        let path = root.join(name);
        if path.exists() {
            if name == ".gitignore" && add_ignore(&path).map_err(cannot)? {
                let _ = writeln!(made, "  {name} (now ignores .recount/)");
            }
            continue;
        }
        library.create_new(&path, content.as_bytes())?;
        let _ = writeln!(made, "  {name}");
    }
    let shown = args.folder.display().to_string();
    if made.is_empty() {
        writeln!(environment.out(), "`{shown}` is a library already; nothing was changed")?;
    } else {
        let _ = writeln!(made, "  {DEFAULT_FOLDER}/");
        write!(environment.out(), "made a library in `{shown}`:\n{made}")?;
        environment
            .hint("write the first postmortem with `recount draft TITLE EVIDENCE…` or `recount new TITLE`");
    }
    Ok(Exit::Done)
}

/// Adds our line to an ignore file that lacks it.
fn add_ignore(path: &std::path::Path) -> std::io::Result<bool> {
    let text = fs::read_to_string(path)?;
    if text.lines().any(|line| line.trim().trim_matches('/') == ".recount") {
        return Ok(false);
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    fs::write(path, format!("{text}{gap}{IGNORE}"))?;
    Ok(true)
}
