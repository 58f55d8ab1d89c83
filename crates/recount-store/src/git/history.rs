//! The history of one document: the commits that touched it, under its former names too, and what it held.
//!
//! What does not live here: what differs between two revisions, which only the document can say.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::{checked, command, git, inside_repository, line, not_started, path_from, succeed};
use crate::error::StoreError;
use crate::store::{Author, Revision, StorePath};

/// Begins a commit in git's answer; its parts are divided by [`PART`]. Neither can stand in a name or a subject.
const COMMIT: u8 = 0x1e;
const PART: char = '\u{1f}';

pub(crate) fn history(folder: &Path, path: &StorePath) -> Result<Vec<Revision>, StoreError> {
    inside_repository(folder)?;
    if !git(folder, ["rev-parse", "--verify", "--quiet", "HEAD"])?.status.success() {
        return Ok(Vec::new());
    }
    let prefix = PathBuf::from(line(&succeed(folder, ["rev-parse", "--show-prefix"])?));
    let mut command = command(folder);
    command.env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0").stdin(Stdio::null());
    command.args(["-c", "log.showSignature=false", "log", "--follow", "--raw", "--no-abbrev", "-z", "-M"]);
    command.args(["--no-ext-diff", "--no-color", "--no-notes", "--format=%x1e%H%x1f%aN%x1f%aE%x1f%at%x1f%s"]);
    command.arg("--").arg(path.as_path());
    let output = command.output().map_err(|error| not_started(folder, error))?;
    Ok(read(&checked("log", output)?, &prefix))
}

/// Reads git's answer: a commit's parts, then for each file (there is one) modes, objects and a letter, and
/// its path or, where it was renamed, both.
fn read(answer: &[u8], prefix: &Path) -> Vec<Revision> {
    let mut revisions = Vec::new();
    for commit in answer.split(|&byte| byte == COMMIT).skip(1) {
        let mut fields = commit.split(|&byte| byte == 0);
        let header = String::from_utf8_lossy(fields.next().unwrap_or_default()).into_owned();
        let mut parts = header.splitn(5, PART);
        let mut part = || parts.next().unwrap_or_default().trim_end().to_owned();
        let (id, name, mail, at, subject) = (part(), part(), part(), part(), part());
        // `:100644 100644 OLD NEW M`
        let mut fields =
            fields.map(|field| field.strip_prefix(b"\n").unwrap_or(field)).filter(|field| !field.is_empty());
        let Some(raw) = fields.find(|field| field.starts_with(b":")) else { continue };
        let raw = String::from_utf8_lossy(raw).into_owned();
        let mut words = raw.split(' ').skip(2);
        let mut word = || words.next().unwrap_or_default();
        let (before, object, letter) = (named(word()), named(word()), word());
        let first = fields.next();
        let has_both = letter.starts_with(['R', 'C']);
        let now = if has_both { fields.next() } else { first };
        let from_root = |path: &[u8]| {
            let path = path_from(path);
            path.strip_prefix(prefix).unwrap_or(path).to_owned()
        };
        let Some(path) = now.map(from_root) else { continue };
        revisions.push(Revision {
            id,
            author: Author { name, mail },
            at: at.parse().unwrap_or_default(),
            subject,
            path,
            content: object,
            before,
            renamed_from: first.filter(|_| has_both).map(from_root),
        });
    }
    revisions
}

/// An object's name; empty for the one of zeros, which stands for nothing.
fn named(object: &str) -> String {
    if object.bytes().all(|digit| digit == b'0') { String::new() } else { object.to_owned() }
}

/// What files held, all asked of one git.
pub(crate) fn past(folder: &Path, contents: &[&str]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
    inside_repository(folder)?;
    let is_object = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let wanted: Vec<&str> = contents.iter().copied().filter(|name| is_object(name)).collect();
    let io = |error| StoreError::io("run `git` in", folder, error);
    let mut questions = tempfile::tempfile().map_err(io)?;
    writeln!(questions, "{}", wanted.join("\n")).map_err(io)?;
    std::io::Seek::rewind(&mut questions).map_err(io)?;
    let mut command = command(folder);
    command.args(["cat-file", "--batch"]).env("LC_ALL", "C").stdin(Stdio::from(questions));
    let output = command.output().map_err(|error| not_started(folder, error))?;
    let found = objects(&checked("cat-file", output)?);
    Ok(contents.iter().map(|name| found.get(*name).cloned()).collect())
}

/// `NAME blob SIZE`, a line feed, the bytes, a line feed; or `NAME missing`.
fn objects(mut answer: &[u8]) -> HashMap<String, Vec<u8>> {
    let mut found = HashMap::new();
    while let Some(end) = answer.iter().position(|&byte| byte == b'\n') {
        let header = String::from_utf8_lossy(&answer[..end]).into_owned();
        answer = &answer[end + 1..];
        let mut words = header.split(' ');
        let (name, kind, size) = (words.next().unwrap_or_default(), words.next(), words.next());
        let Some(size) = size.and_then(|size| size.parse::<usize>().ok()) else { continue };
        let Some(bytes) = answer.get(..size) else { break };
        if kind == Some("blob") {
            found.insert(name.to_owned(), bytes.to_owned());
        }
        answer = answer.get(size + 1..).unwrap_or_default();
    }
    found
}
