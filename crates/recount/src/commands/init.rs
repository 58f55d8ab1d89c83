//! `recount init`: a new library.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use recount_engine::document::template::TEMPLATE;
use recount_store::{CONFIG_FILE, DEFAULT_FOLDER, Library, TEMPLATE_FILE};

use crate::Outcome;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;

/// Make a library: `recount.toml`, the template, a folder for postmortems
///
/// Files that are there already are left as they are. `--git` makes a library that is there already known to git, too.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder to make it in
    #[arg(default_value = ".")]
    folder: PathBuf,

    /// Let git merge postmortems by rows and fields; each clone of the repository runs it once
    #[arg(long)]
    git: bool,
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
        let shown = args.folder.display();
        environment.warn(format!("`{shown}` is inside the library `{}`", outer.root().display()));
    }
    let library = Library::loose(&root);
    if args.git && library.repository().is_none() {
        return Err(CliError::new(format!("`{}` is not in a git repository", args.folder.display()))
            .hint("`git init` makes one; nothing was made here"));
    }
    fs::create_dir_all(root.join(DEFAULT_FOLDER)).map_err(cannot)?;
    let is_new = !root.join(CONFIG_FILE).exists();
    let mut made = String::new();
    for (name, content) in [(CONFIG_FILE, CONFIG), (TEMPLATE_FILE, TEMPLATE), (".gitignore", IGNORE)] {
        let path = root.join(name);
        if path.exists() {
            if name == ".gitignore" && add_ignore(&path).map_err(cannot)? {
                let _ = writeln!(made, "  {name} (now ignores .recount/)");
            }
            continue;
        }
        library.lock()?.create_new(&path, content.as_bytes())?;
        let _ = writeln!(made, "  {name}");
    }
    if args.git {
        set_up_git(environment, &root, &mut made)?;
    }
    let shown = args.folder.display().to_string();
    if made.is_empty() {
        writeln!(environment.out(), "`{shown}` is a library already; nothing was changed")?;
    } else {
        if is_new {
            let _ = writeln!(made, "  {DEFAULT_FOLDER}/");
        }
        let verb = if is_new { "made a library in" } else { "changed the library in" };
        write!(environment.out(), "{verb} `{shown}`:\n{made}")?;
    }
    if is_new && library.repository().is_some() {
        let quoted = if shown.contains(char::is_whitespace) { format!("\"{shown}\"") } else { shown };
        environment.hint(format!(
            "commit the new files: `git add {quoted}`, then `git commit`; `--commit` of other commands takes postmortems alone"
        ));
    }
    if is_new {
        environment
            .hint("write the first postmortem with `recount draft TITLE EVIDENCE…` or `recount new TITLE`");
    }
    Ok(Exit::Done)
}

/// The name of our merge driver in git's configuration and in `.gitattributes`.
const DRIVER: &str = "recount";

/// Makes git ask us to merge postmortems. The attributes are a file of the library; the command is a setting of this clone,
/// since git runs nothing that came with a repository.
fn set_up_git(environment: &mut Environment, root: &Path, made: &mut String) -> Result<(), CliError> {
    let workspace = Workspace::of(environment, Library::open(root)?)?;
    let folder = workspace.config().library.postmortems.trim_matches('/').to_owned();
    let below = if matches!(folder.as_str(), "" | ".") { String::new() } else { format!("{folder}/") };
    let pattern = format!("{below}**/*.md");
    // A pattern with a blank is quoted, as C does it.
    let quoted = pattern.contains([' ', '\t', '"', '\\']);
    let pattern =
        if quoted { format!("\"{}\"", pattern.replace('\\', "\\\\").replace('"', "\\\"")) } else { pattern };
    let line = format!("{pattern} merge={DRIVER}\n");
    let path = root.join(".gitattributes");
    let cannot =
        |error: std::io::Error| CliError::new(format!("`{}` cannot be changed: {error}", path.display()));
    let text = if path.exists() { fs::read_to_string(&path).map_err(cannot)? } else { String::new() };
    let driver = format!("merge={DRIVER}");
    if !text.lines().any(|line| !line.starts_with('#') && line.split_whitespace().any(|word| word == driver))
    {
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        fs::write(&path, format!("{text}{gap}{line}")).map_err(cannot)?;
        let _ = writeln!(made, "  .gitattributes ({})", line.trim_end());
    }
    // Where git finds no `recount`, as in a tool with another `PATH`, lines are merged as git does it: a driver that
    // only fails would leave our side without a mark.
    let command = "if command -v recount >/dev/null; then recount merge-driver --marker-size %L %O %A %B %P; \
                   else git merge-file --marker-size=%L %A %O %B; fi";
    for (key, value) in [("name", "postmortems, by rows and fields"), ("driver", command)] {
        let key = format!("merge.{DRIVER}.{key}");
        let before = workspace.library.git_setting(&key)?;
        match before {
            None => {
                workspace.library.set_git_setting(&key, value)?;
                let _ = writeln!(made, "  git config {key} \"{value}\"");
            }
            Some(other) if other != value => {
                environment.note(format!("`{key}` is `{other}` already and stays so"));
            }
            Some(_) => {}
        }
    }
    Ok(())
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
