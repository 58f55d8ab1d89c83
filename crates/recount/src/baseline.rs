//! The baseline: findings that a library accepts as they are today, so that only new ones are
//! reported. One JSON line for each, in a file that is committed.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use recount_engine::document::Document;
use recount_engine::lint::Finding;
use serde::{Deserialize, Serialize};

use recount_store::Guard;

use crate::error::CliError;
use crate::paths::slashes;
use crate::report::{self, Checked};
use crate::workspace::Workspace;

/// The file at the library's root.
pub(crate) const FILE: &str = "recount-baseline.jsonl";

/// Accepted findings: their fingerprints, by the paths of their documents.
#[derive(Debug, Default)]
pub(crate) struct Baseline {
    accepted: HashMap<String, HashSet<String>>,
    text: String,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    path: String,
    rule: String,
    fingerprint: String,
}

/// Makes accepted findings follow a postmortem that got another path, so that they do not come back.
/// A baseline that cannot be read is left to `check`, which says what is wrong with it.
pub(crate) fn follow(
    workspace: &Workspace,
    guard: &Guard<'_>,
    from: &Path,
    to: &Path,
) -> Result<(), CliError> {
    let file = workspace.library.root().join(FILE);
    let Ok(stored) = workspace.library.read(&file) else { return Ok(()) };
    let path = |path: &Path| slashes(&workspace.relative(path));
    let (from, to) = (path(from), path(to));
    let mut text = String::with_capacity(stored.bytes.len() + 256);
    let mut moved = false;
    for line in String::from_utf8_lossy(&stored.bytes).split_inclusive('\n') {
        match serde_json::from_str::<Line>(line) {
            Ok(accepted) if accepted.path == from => {
                moved = true;
                let accepted = Line { path: to.clone(), ..accepted };
                // Only strings: they are always JSON, and a string takes everything.
                let _ = writeln!(text, "{}", serde_json::to_string(&accepted).unwrap_or_default());
            }
            _ => text.push_str(line),
        }
    }
    if moved {
        guard.write_if_unchanged(&file, &stored.version, text.as_bytes())?;
    }
    Ok(())
}

/// The lines of the file as they stand, for those that a new one takes over.
pub(crate) struct Accepted(Vec<(Line, String)>);

impl Accepted {
    /// Reads the file; what is no line of a baseline is left out.
    pub(crate) fn read(root: &Path) -> Self {
        let text = fs::read_to_string(root.join(FILE)).unwrap_or_default();
        let lines = text.lines().filter_map(|line| Some((serde_json::from_str(line).ok()?, line.to_owned())));
        Self(lines.collect())
    }

    /// How many findings are accepted of a file, or of the files of a folder, and their lines.
    pub(crate) fn of(&self, path: &str) -> (usize, String) {
        let is_it = |other: &str| {
            other.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let (mut count, mut text) = (0, String::new());
        for (_, line) in self.0.iter().filter(|(accepted, _)| is_it(&accepted.path)) {
            count += 1;
            text.extend([line, "\n"]);
        }
        (count, text)
    }
}

impl Baseline {
    /// Reads the file; an empty baseline where there is none.
    pub(crate) fn read(root: &Path) -> Result<Self, CliError> {
        let path = root.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(CliError::new(format!("`{}` cannot be read: {error}", path.display()))),
        };
        let mut baseline = Self::default();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let line: Line = serde_json::from_str(line).map_err(|error| {
                CliError::new(format!("`{}:{}` is no line of a baseline: {error}", path.display(), index + 1))
                    .hint("mend the line, or write the file anew with `recount check --write-baseline`")
            })?;
            if !line.fingerprint.contains(':') {
                return Err(CliError::new(format!(
                    "`{}:{}` is of an earlier version, which knew findings by other fingerprints",
                    path.display(),
                    index + 1
                ))
                .hint("write the file anew with `recount check --write-baseline`"));
            }
            baseline.accept(&line.path, line.fingerprint);
        }
        baseline.text = text;
        Ok(baseline)
    }

    /// What the file held when it was read.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Accepts a finding by its fingerprint.
    fn accept(&mut self, path: &str, fingerprint: String) {
        self.accepted.entry(path.to_owned()).or_default().insert(fingerprint);
    }

    /// Accepts all findings of a document.
    pub(crate) fn accept_all(&mut self, path: &str, document: &Document, findings: &[Finding]) {
        for fingerprint in names(document, findings) {
            self.accept(path, fingerprint);
        }
    }

    /// Whether nothing is accepted.
    pub(crate) fn is_empty(&self) -> bool {
        self.accepted.is_empty()
    }

    /// Drops the accepted findings of a document; returns how many they were.
    pub(crate) fn drop_accepted(
        &self,
        path: &str,
        document: &Document,
        findings: &mut Vec<Finding>,
    ) -> usize {
        let Some(accepted) = self.accepted.get(path) else { return 0 };
        let mut names = names(document, findings).into_iter();
        let before = findings.len();
        findings.retain(|_| names.next().is_none_or(|name| !accepted.contains(&name)));
        before - findings.len()
    }

    /// The lines of one document for the file, in order.
    pub(crate) fn lines(path: &str, document: &Document, findings: &[Finding]) -> String {
        let mut out = String::new();
        for (fingerprint, finding) in names(document, findings).into_iter().zip(findings) {
            let rule = finding.rule.name.to_owned();
            let line = Line { path: path.to_owned(), rule, fingerprint };
            // Only strings: they are always JSON, and a string takes everything.
            let _ = writeln!(out, "{}", serde_json::to_string(&line).unwrap_or_default());
        }
        out
    }
}

/// What findings are known by, in their order: as in every report. What is accepted of a document is
/// asked before anything is dropped, since like ones are told apart by their order.
fn names(document: &Document, findings: &[Finding]) -> Vec<String> {
    report::fingerprints(&Checked::new("", document.text(), document.stage(), findings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_knows_what_the_file_held_when_it_was_read() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let line = "{\"path\":\"a.md\",\"rule\":\"missing-owner\",\"fingerprint\":\"missing-owner:1\"}\n";
        fs::write(folder.path().join(FILE), line).expect("it can be written");
        let baseline = Baseline::read(folder.path()).expect("it is one");
        fs::write(folder.path().join(FILE), "").expect("it can be written");
        assert_eq!((baseline.text(), baseline.is_empty()), (line, false));
        assert_eq!(Baseline::read(folder.path()).expect("it is one").text(), "");
    }
}
