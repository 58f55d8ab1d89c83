//! What we ask of git: which files changed since a revision, and what they held then. Beside it: commits
//! (`commit`), the history of one document (`history`), and git's merge of three files (`merge`).
//!
//! Through the `git` command rather than a library, so that every configuration that works for the user
//! (worktrees, partial clones, unusual object formats, hooks, signing) works for us. Nothing but a commit that was asked
//! for writes to a repository, and the two settings of `recount init --git`.

pub(crate) mod commit;
pub(crate) mod history;
pub(crate) mod merge;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::error::StoreError;

/// By looking upward, as git does, and without asking it: it refuses to answer about a repository of
/// another owner, which is what a job in a container often sees.
pub(crate) fn repository(folder: &Path) -> Option<PathBuf> {
    let real = folder.canonicalize().ok()?;
    // A file in a work tree that is not the main one, or in a submodule.
    real.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}

/// Where git keeps what belongs to the work tree that a folder is in.
fn own_folder(folder: &Path) -> Option<PathBuf> {
    let root = repository(folder)?;
    let own = root.join(".git");
    if own.is_dir() {
        return Some(own);
    }
    // Another work tree, or a submodule: the file says where its own folder is.
    let pointer = std::fs::read_to_string(&own).ok()?;
    Some(root.join(pointer.trim().strip_prefix("gitdir:")?.trim()))
}

/// The branch of the work tree that a folder is in.
pub(crate) fn branch(folder: &Path) -> Option<String> {
    let head = std::fs::read_to_string(own_folder(folder)?.join("HEAD")).ok()?;
    let name = head.trim().strip_prefix("ref: refs/heads/");
    Some(name.map_or_else(|| "a detached HEAD".to_owned(), str::to_owned))
}

/// Whether git changes the work tree that a folder is in just now, or is in the middle of a merge or a rebase.
pub(crate) fn is_at_work(folder: &Path) -> bool {
    const SIGNS: [&str; 4] = ["index.lock", "HEAD.lock", "rebase-merge", "rebase-apply"];
    own_folder(folder).is_some_and(|own| SIGNS.iter().any(|sign| own.join(sign).exists()))
}

pub(crate) fn merge_base(folder: &Path, rev: &str) -> Result<String, StoreError> {
    let commit = named_commit(folder, rev)?;
    let output = git(folder, ["merge-base", &commit, "HEAD"])?;
    if output.status.success() {
        return Ok(line(&output.stdout));
    }
    Err(StoreError::NoMergeBase { rev: rev.to_owned() })
}

pub(crate) fn changed_since(folder: &Path, rev: &str) -> Result<Vec<PathBuf>, StoreError> {
    let base = merge_base(folder, rev)?;
    // `--relative` and `ls-files` both speak of the folder we stand in, and of nothing above it.
    let changed = succeed(
        folder,
        [
            "diff",
            "--name-only",
            "-z",
            "--relative",
            "--no-renames",
            "--no-ext-diff",
            "--diff-filter=d",
            &base,
            "--",
        ],
    )?;
    let untracked = succeed(folder, ["ls-files", "--others", "--exclude-standard", "-z"])?;
    let mut paths: Vec<PathBuf> = [changed, untracked]
        .iter()
        .flat_map(|names| names.split(|&byte| byte == 0))
        .filter(|name| !name.is_empty())
        .map(|name| folder.join(path_from(name)))
        .collect();
    paths.sort_unstable();
    paths.dedup();
    Ok(paths)
}

/// Files that another path holds now, each as the path now and the path then. Git decides what is the
/// same file, also of those that nobody told it of yet.
pub(crate) fn renamed_since(folder: &Path, rev: &str) -> Result<Vec<(PathBuf, PathBuf)>, StoreError> {
    let base = merge_base(folder, rev)?;
    let arguments =
        ["diff", "--name-status", "-z", "--relative", "-M", "--no-ext-diff", "--diff-filter=R", &base, "--"];
    let names = match index_with_new_files(folder) {
        Some(index) => checked("diff", git_with(folder, Some(index.path()), arguments)?)?,
        None => succeed(folder, arguments)?,
    };
    let mut names = names.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    let mut renamed = Vec::new();
    // Each is its similarity, the old name and the new one.
    while let (Some(_), Some(then), Some(now)) = (names.next(), names.next(), names.next()) {
        renamed.push((folder.join(path_from(now)), folder.join(path_from(then))));
    }
    Ok(renamed)
}

/// A copy of the index that knows the untracked files below `folder`, too: git looks for renames only
/// among the files that its index names. None where there are no such files, or no copy can be made; then
/// git answers as it can.
fn index_with_new_files(folder: &Path) -> Option<tempfile::NamedTempFile> {
    let untracked = succeed(folder, ["ls-files", "--others", "--exclude-standard", "-z"]).ok()?;
    if untracked.is_empty() {
        return None;
    }
    let index = line(&succeed(folder, ["rev-parse", "--git-path", "index"]).ok()?);
    let copy = tempfile::NamedTempFile::new().ok()?;
    std::fs::copy(folder.join(index), copy.path()).ok()?;
    let added = git_with(folder, Some(copy.path()), ["add", "--intent-to-add", "--", "."]).ok()?;
    added.status.success().then_some(copy)
}

pub(crate) fn bytes_at(folder: &Path, rev: &str, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let commit = named_commit(folder, rev)?;
    // `cat-file -e` would not tell a path that was not there from a file that git lost.
    let [command, nul, end, commit] = ["ls-tree", "-z", "--", &commit].map(OsStr::new);
    let entry = succeed(folder, [command, nul, end, commit, path.as_os_str()])?;
    // `100644 blob NAME`, a tab and the path.
    let entry = String::from_utf8_lossy(&entry);
    let mut words = entry.split(|c: char| c.is_ascii_whitespace()).skip(1);
    match (words.next(), words.next()) {
        (Some("blob"), Some(name)) => succeed(folder, ["cat-file", "blob", name]).map(Some),
        _ => Ok(None),
    }
}

/// The commit's full name. First of all questions, because its failures are the ones people meet.
fn named_commit(folder: &Path, rev: &str) -> Result<String, StoreError> {
    inside_repository(folder)?;
    let wanted = format!("{rev}^{{commit}}");
    let output = git(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
    if output.status.success() && !rev.is_empty() {
        return Ok(line(&output.stdout));
    }
    Err(StoreError::UnknownRevision { rev: rev.to_owned() })
}

fn inside_repository(folder: &Path) -> Result<(), StoreError> {
    let inside = git(folder, ["rev-parse", "--git-dir"])?;
    if inside.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&inside.stderr);
    if message.contains("not a git repository") {
        return Err(StoreError::NotARepository { folder: folder.to_owned() });
    }
    // Such as a repository of another owner, which git refuses with advice of its own.
    Err(failed("rev-parse", &inside))
}

fn succeed<S: AsRef<OsStr>, const N: usize>(folder: &Path, arguments: [S; N]) -> Result<Vec<u8>, StoreError> {
    let command = arguments.first().map(|command| command.as_ref().to_string_lossy().into_owned());
    checked(&command.unwrap_or_default(), git(folder, arguments)?)
}

fn checked(command: &str, output: Output) -> Result<Vec<u8>, StoreError> {
    if output.status.success() { Ok(output.stdout) } else { Err(failed(command, &output)) }
}

fn git<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Result<Output, StoreError> {
    git_with(folder, None, arguments)
}

/// Runs git, with another index than the repository's own where one is given.
fn git_with<S: AsRef<OsStr>>(
    folder: &Path,
    index: Option<&Path>,
    arguments: impl IntoIterator<Item = S>,
) -> Result<Output, StoreError> {
    let mut command = command(folder);
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    let output = command
        // Messages that we can recognise, and no lock taken on a repository that somebody works in.
        .env("LC_ALL", "C")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output();
    output.map_err(|error| not_started(folder, error))
}

/// Git in a folder, told nothing of another one.
fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    // A hook gets these relative to the folder it was started in, which need not be ours.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    // What is named is a file, and no pattern.
    command.current_dir(folder).env("GIT_LITERAL_PATHSPECS", "1");
    command
}

fn not_started(folder: &Path, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::NotFound if folder.is_dir() => StoreError::NoGit,
        _ => StoreError::io("run `git` in", folder, error),
    }
}

fn failed(command: &str, output: &Output) -> StoreError {
    let message = String::from_utf8_lossy(&output.stderr);
    let message = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    StoreError::Git { command: command.to_owned(), message }
}

fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

#[cfg(unix)]
fn path_from(name: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt;
    Path::new(OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn path_from(name: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
}
