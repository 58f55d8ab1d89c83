//! The history of one document: the commits that touched it, under its former names too, and what it held.
//!
//! What does not live here: what differs between two revisions, which only the document can say.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::{checked, command, git, inside_repository, line, not_started, path_from, succeed};
use crate::error::StoreError;
use crate::store::{Author, Revision, StorePath};

/// What git tells of a commit, each ended by a zero byte, which no name and no message can hold.
const HEADER: &str = "--format=%H%x00%aN%x00%aE%x00%at%x00%s%x00";

pub(crate) fn history(folder: &Path, path: &StorePath) -> Result<Vec<Revision>, StoreError> {
    inside_repository(folder)?;
    if !git(folder, ["rev-parse", "--verify", "--quiet", "HEAD"])?.status.success() {
        return Ok(Vec::new());
    }
    let prefix = PathBuf::from(line(&succeed(folder, ["rev-parse", "--show-prefix"])?));
    let mut command = command(folder);
    command.env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0").stdin(Stdio::null());
    command.args(["-c", "log.showSignature=false", "log", "--follow", "--raw", "--no-abbrev", "-z", "-M"]);
    command.args(["--no-ext-diff", "--no-color", "--no-notes", HEADER]);
    command.arg("--").arg(path.as_path());
    let output = command.output().map_err(|error| not_started(folder, error))?;
    let mut revisions = read(&checked("log", output)?, &prefix);
    let edge = edge(folder)?;
    for revision in &mut revisions {
        revision.is_cut = edge.contains(&revision.id);
    }
    Ok(revisions)
}

/// The commits at which a shallow clone ends: git takes all that they hold for new.
fn edge(folder: &Path) -> Result<HashSet<String>, StoreError> {
    let file = line(&succeed(folder, ["rev-parse", "--git-path", "shallow"])?);
    let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
    Ok(text.lines().map(|line| line.trim().to_owned()).collect())
}

/// Reads git's answer: a commit's five parts, then for each file (there is one) modes, objects and a letter, and
/// its path or, where it was renamed, both. A commit without a file is none of the document's.
fn read(answer: &[u8], prefix: &Path) -> Vec<Revision> {
    let mut fields = answer.split(|&byte| byte == 0).peekable();
    let mut revisions = Vec::new();
    while let Some(id) = fields.by_ref().find(|field| is_name(field)) {
        let mut part = || String::from_utf8_lossy(fields.next().unwrap_or_default()).trim_end().to_owned();
        let (name, mail, at, subject) = (part(), part(), part(), part());
        while fields.next_if(|field| field.is_empty()).is_some() {}
        // `:100644 100644 OLD NEW M`, behind the line feed that ends the commit's own part.
        let Some(raw) = fields.next_if(|field| field.starts_with(b"\n:")) else { continue };
        let raw = String::from_utf8_lossy(raw).into_owned();
        let mut words = raw.split(' ').skip(2);
        let mut word = || words.next().unwrap_or_default();
        let (before, object, letter) = (named(word()), named(word()), word());
        // Two postmortems made from one template are alike: what git takes for a copy is a new one, and what comes
        // further down is told of the other.
        let is_copy = letter.starts_with('C');
        let is_renamed = letter.starts_with('R');
        let first = fields.next();
        let now = if is_renamed || is_copy { fields.next() } else { first };
        let from_root = |path: &[u8]| {
            let path = path_from(path);
            path.strip_prefix(prefix).unwrap_or(path).to_owned()
        };
        let Some(path) = now.map(from_root) else { continue };
        revisions.push(Revision {
            id: String::from_utf8_lossy(id).into_owned(),
            author: Author { name, mail },
            at: at.parse().unwrap_or_default(),
            subject,
            path,
            content: object,
            before: if is_copy { String::new() } else { before },
            renamed_from: first.filter(|_| is_renamed).map(from_root),
            is_cut: false,
        });
        if is_copy {
            break;
        }
    }
    revisions
}

/// Whether a field is the full name of a commit.
fn is_name(field: &[u8]) -> bool {
    field.len() >= 40 && field.iter().all(u8::is_ascii_hexdigit)
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
