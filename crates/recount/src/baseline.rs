//! The baseline: findings that a library accepts as they are today, so that only new ones are
//! reported. One JSON line for each, in a file that is committed.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use recount_engine::document::Document;
use recount_engine::evidence::identity::sha256_hex;
use recount_engine::lint::Finding;
use serde::{Deserialize, Serialize};

use recount_store::Guard;

use crate::error::CliError;
use crate::paths::slashes;
use crate::workspace::Workspace;

/// The file at the library's root.
pub(crate) const FILE: &str = "recount-baseline.jsonl";

/// Accepted findings: how many of each fingerprint a document may have.
#[derive(Debug, Default)]
pub(crate) struct Baseline {
    accepted: HashMap<String, HashMap<String, u32>>,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    path: String,
    rule: String,
    fingerprint: String,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: u32,
}

fn one() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(count: &u32) -> bool {
    *count == 1
}

/// What stays the same about a finding when lines above it come and go: its rule and the text it is
/// about, in its section.
pub(crate) fn fingerprint(document: &Document, finding: &Finding) -> String {
    let line = document.source().line_at(finding.span.start as usize);
    let text: Vec<&str> = document.slice(line).split_whitespace().collect();
    let section = document.section_at(finding.span.start).map_or("", |section| document.slice(section.name));
    sha256_hex(format!("{}\n{section}\n{}", finding.rule.name, text.join(" ")).as_bytes(), 16)
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
                // Strings and a number: they are always JSON, and a string takes everything.
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
        for (accepted, line) in self.0.iter().filter(|(accepted, _)| is_it(&accepted.path)) {
            count += accepted.count as usize;
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
            baseline.accept(&line.path, line.fingerprint, line.count);
        }
        Ok(baseline)
    }

    /// Accepts `count` findings of a fingerprint.
    pub(crate) fn accept(&mut self, path: &str, fingerprint: String, count: u32) {
        *self.accepted.entry(path.to_owned()).or_default().entry(fingerprint).or_default() += count;
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
        let mut left = accepted.clone();
        let before = findings.len();
        findings.retain(|finding| match left.get_mut(&fingerprint(document, finding)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        before - findings.len()
    }

    /// The lines of one document for the file, in order.
    pub(crate) fn lines(path: &str, document: &Document, findings: &[Finding]) -> String {
        let mut counts: Vec<(String, &str, u32)> = Vec::new();
        for finding in findings {
            let fingerprint = fingerprint(document, finding);
            match counts.iter_mut().find(|(other, ..)| *other == fingerprint) {
                Some((.., count)) => *count += 1,
                None => counts.push((fingerprint, finding.rule.name, 1)),
            }
        }
        let mut out = String::new();
        for (fingerprint, rule, count) in counts {
            let line = Line { path: path.to_owned(), rule: rule.to_owned(), fingerprint, count };
            // Strings and a number: they are always JSON, and a string takes everything.
            let _ = writeln!(out, "{}", serde_json::to_string(&line).unwrap_or_default());
        }
        out
    }
}
