//! Commits on request, through the user's own git: hooks run, signatures are made, the identity is theirs.
//!
//! A commit holds the files that were named and nothing else; what is staged besides stays staged. What does not live here:
//! when to commit, and what the message says.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{command, git, inside_repository, line, not_started, path_from, succeed};
use crate::error::StoreError;
use crate::store::{Commit, StorePath};

/// How long git may take to clean up after it was told to stop.
const FAREWELL: Duration = Duration::from_secs(5);
/// What git says where another git is at work on the index or the branch: the names of its locks, which are the same
/// in every language, and what it finds when the branch has moved meanwhile.
const BUSY: [&str; 3] = ["index.lock", "HEAD.lock", "cannot lock ref"];
/// What git keeps while it waits for somebody to go on, and what that is called.
const UNDERWAY: [(&str, &str); 5] = [
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
];
/// Names come as input, so that there may be more of them than fit a command line.
const NAMED: [&str; 2] = ["--pathspec-from-file=-", "--pathspec-file-nul"];

/// Refuses where a commit could not be made or would be made where nobody wants it, before anything is written.
pub(crate) fn refuse(folder: &Path, protected: &[String]) -> Result<(), StoreError> {
    inside_repository(folder)?;
    let no = |why: String, hint: &str| Err(StoreError::CannotCommit { why, hint: hint.to_owned() });
    if line(&succeed(folder, ["rev-parse", "--is-inside-work-tree"])?) != "true" {
        return no("the repository has no work tree here".to_owned(), "run it in a clone that is not bare");
    }
    let mut arguments = vec!["rev-parse"];
    arguments.extend(UNDERWAY.iter().flat_map(|(file, _)| ["--git-path", file]));
    let places = git(folder, arguments)?;
    let places = String::from_utf8_lossy(&places.stdout).into_owned();
    if let Some((_, (_, what))) = places.lines().zip(UNDERWAY).find(|(place, _)| folder.join(place).exists())
    {
        return no(
            format!("a {what} is under way in the repository"),
            "finish or abort it first; or leave out `--commit` and commit with it",
        );
    }
    let head = git(folder, ["symbolic-ref", "--quiet", "--short", "HEAD"])?;
    if !head.status.success() {
        return no(
            "`HEAD` is detached: the commit would be on no branch".to_owned(),
            "`git switch BRANCH` first, or `git switch --create BRANCH`",
        );
    }
    let branch = line(&head.stdout);
    if let Some(pattern) = protected.iter().find(|pattern| is_like(&branch, pattern)) {
        return no(
            format!("the branch `{branch}` is protected (`{pattern}` of `protected` in `recount.toml`)"),
            "`git switch --create BRANCH` first, and make a merge request of it",
        );
    }
    for person in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
        if !git(folder, ["var", person])?.status.success() {
            return no(
                "git does not know who commits".to_owned(),
                "`git config --global user.name NAME` and `git config --global user.email ADDRESS` tell it",
            );
        }
    }
    Ok(())
}

/// Whether a branch has this name, or begins so where the pattern ends with `*`.
fn is_like(branch: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => branch.starts_with(start),
        None => branch == pattern,
    }
}

/// Git's own folder of the work tree at a folder; none outside of a repository.
pub(crate) fn folder_of_git(folder: &Path) -> Result<Option<PathBuf>, StoreError> {
    let output = git(folder, ["rev-parse", "--git-dir"])?;
    Ok(output.status.success().then(|| folder.join(line(&output.stdout))))
}

/// Commits files as they are on disk; see [`crate::Store::commit`]. Waits so long for a git of somebody else.
pub(crate) fn commit(
    folder: &Path,
    paths: &[StorePath],
    commit: &Commit,
    wait: Duration,
) -> Result<Option<String>, StoreError> {
    inside_repository(folder)?;
    let names = |listed: Vec<u8>| -> BTreeSet<PathBuf> {
        let names = listed.split(|&byte| byte == 0).filter(|name| !name.is_empty());
        names.map(|name| PathBuf::from(path_from(name))).collect()
    };
    let tracked = names(succeed(folder, ["ls-files", "-z"])?);
    let changed = if git(folder, ["rev-parse", "--verify", "--quiet", "HEAD"])?.status.success() {
        let arguments =
            ["diff", "--name-only", "-z", "--relative", "--no-renames", "--no-ext-diff", "HEAD", "--"];
        names(succeed(folder, arguments)?)
    } else {
        tracked.clone()
    };
    let (known, others): (Vec<&Path>, Vec<&Path>) =
        paths.iter().map(StorePath::as_path).partition(|path| tracked.contains(*path));
    // What was made and removed again was never anything to git.
    let new: Vec<&Path> =
        others.into_iter().filter(|path| folder.join(path).symlink_metadata().is_ok()).collect();
    let ignored = ignored(folder, &new)?;
    if let Some(first) = new.iter().find(|path| ignored.contains(**path)) {
        return Err(StoreError::CannotCommit {
            why: format!("git ignores `{}`", first.display()),
            hint: "`git check-ignore --verbose FILE` names the line that does so; `git add --force FILE` overrules it"
                .to_owned(),
        });
    }
    let wanted: Vec<&Path> =
        known.into_iter().filter(|path| changed.contains(*path)).chain(new.iter().copied()).collect();
    if wanted.is_empty() {
        return Ok(None);
    }
    // A commit of named files takes only files that git knows.
    let known_now = |arguments: &[&str]| {
        undisturbed(folder, wait, || {
            let mut command = command(folder);
            command.args(arguments).args(NAMED);
            Run { command, input: listed(&new), patience: None }.end(folder)
        })
    };
    if !new.is_empty() {
        let ended = known_now(&["add", "--intent-to-add"])?;
        if !ended.succeeded() {
            return Err(StoreError::NotCommitted { message: ended.said });
        }
    }
    let ended = undisturbed(folder, wait, || {
        let mut command = command(folder);
        command.args(["commit", "--quiet", "--only"]).args(NAMED);
        command.arg(joined("--message=", &commit.message));
        if let Some(author) = &commit.author {
            command.arg(joined("--author=", &format!("{} <{}>", author.name, author.mail)));
        }
        // Nothing may wait for somebody: the message is there, and so is whoever is asked for a password, or nobody.
        command.env("GIT_EDITOR", "true");
        if commit.patience.is_some() {
            command.env("GIT_TERMINAL_PROMPT", "0").env_remove("GPG_TTY");
        }
        Run { command, input: listed(&wanted), patience: commit.patience }.end(folder)
    });
    let failure = match ended {
        Ok(ended) if ended.succeeded() => return Ok(Some(line(&succeed(folder, ["rev-parse", "HEAD"])?))),
        Ok(Ended { status: None, said }) => {
            let seconds = commit.patience.unwrap_or_default().as_secs();
            let gap = if said.is_empty() { "" } else { "\n" };
            let message =
                format!("it was stopped, because it was not done after {seconds} seconds{gap}{said}");
            StoreError::NotCommitted { message }
        }
        Ok(ended) => StoreError::NotCommitted { message: ended.said },
        Err(error) => error,
    };
    if !new.is_empty() {
        // As it was before: whoever commits by hand adds what they mean to.
        let _ = known_now(&["rm", "--cached", "--quiet", "--force"]);
    }
    Err(failure)
}

/// Runs a git that changes the repository, again where another one was at work on it, until that has had time enough.
///
/// # Errors
///
/// [`StoreError::GitBusy`] where the other one's lock still stands.
fn undisturbed(
    folder: &Path,
    limit: Duration,
    run: impl Fn() -> Result<Ended, StoreError>,
) -> Result<Ended, StoreError> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(5);
    loop {
        let ended = run()?;
        let was_busy = BUSY.iter().any(|word| ended.said.contains(word));
        if ended.status.is_none() || ended.succeeded() || !was_busy {
            return Ok(ended);
        }
        let waited = started.elapsed();
        if waited >= limit {
            let locks = git(folder, ["rev-parse", "--git-path", "index.lock", "--git-path", "HEAD.lock"])?;
            let locks = String::from_utf8_lossy(&locks.stdout).into_owned();
            let stands = locks.lines().map(PathBuf::from).find(|lock| folder.join(lock).exists());
            return stands.map_or(Ok(ended), |lock| Err(StoreError::GitBusy { lock, waited }));
        }
        thread::sleep(pause.min(limit.saturating_sub(waited)));
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

fn joined(option: &str, value: &str) -> OsString {
    let mut joined = OsString::from(option);
    joined.push(value);
    joined
}

/// Which of these files git ignores: none that it knows already.
pub(crate) fn ignored(folder: &Path, paths: &[&Path]) -> Result<BTreeSet<PathBuf>, StoreError> {
    if paths.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut command = command(folder);
    command.args(["check-ignore", "-z", "--stdin"]).env("LC_ALL", "C");
    // It knows no literal paths, and needs none.
    command.env_remove("GIT_LITERAL_PATHSPECS");
    let ended = Run { command, input: listed(paths), patience: None }.end(folder)?;
    let names = ended.said.split('\0').filter(|name| !name.is_empty());
    // 1: none of them.
    Ok(if ended.succeeded() { names.map(PathBuf::from).collect() } else { BTreeSet::new() })
}

fn listed(paths: &[&Path]) -> Vec<u8> {
    let mut listed = Vec::new();
    for path in paths {
        listed.extend_from_slice(path.as_os_str().as_encoded_bytes());
        listed.push(0);
    }
    listed
}

/// A command that may start others which outlive it: nothing waits for a pipe that they keep open.
struct Run {
    command: Command,
    input: Vec<u8>,
    patience: Option<Duration>,
}

struct Ended {
    /// None where it was stopped.
    status: Option<ExitStatus>,
    /// What it printed, errors included.
    said: String,
}

impl Ended {
    fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

impl Run {
    fn end(mut self, folder: &Path) -> Result<Ended, StoreError> {
        let io = |error| StoreError::io("run `git` in", folder, error);
        let mut input = tempfile::tempfile().map_err(io)?;
        input.write_all(&self.input).and_then(|()| input.rewind()).map_err(io)?;
        let mut output = tempfile::tempfile().map_err(io)?;
        let copy = |file: &File| file.try_clone().map(Stdio::from);
        self.command.stdin(Stdio::from(input));
        self.command.stdout(copy(&output).map_err(io)?).stderr(copy(&output).map_err(io)?);
        #[cfg(unix)]
        if self.patience.is_some() {
            // A group of its own, so that a hook is stopped with the git that waits for it.
            std::os::unix::process::CommandExt::process_group(&mut self.command, 0);
        }
        let mut child = self.command.spawn().map_err(|error| not_started(folder, error))?;
        let status = match self.patience {
            None => Some(child.wait().map_err(io)?),
            Some(patience) => {
                let status = wait(&mut child, patience).map_err(io)?;
                if status.is_none() {
                    stop(&mut child).map_err(io)?;
                }
                status
            }
        };
        let mut said = Vec::new();
        output.rewind().and_then(|()| output.read_to_end(&mut said)).map_err(io)?;
        Ok(Ended { status, said: String::from_utf8_lossy(&said).trim().to_owned() })
    }
}

fn wait(child: &mut Child, patience: Duration) -> std::io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() >= patience {
            return Ok(None);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Asks a command and what it started to end, so that git removes its locks; then makes it.
fn stop(child: &mut Child) -> std::io::Result<()> {
    if cfg!(unix) {
        let group = format!("-{}", child.id());
        let arguments: [&OsStr; 3] = ["-TERM".as_ref(), "--".as_ref(), group.as_ref()];
        let asked = Command::new("kill").args(arguments).stderr(Stdio::null()).status();
        if asked.is_ok_and(|status| status.success()) && wait(child, FAREWELL)?.is_some() {
            return Ok(());
        }
    }
    child.kill()?;
    child.wait().map(drop)
}
