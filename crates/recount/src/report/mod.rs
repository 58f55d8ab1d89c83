//! How findings are shown: one file a format, and the registry of formats.
//!
//! What lives here: what a format is given, what it answers, and the order in which its parts are
//! written. What does not: finding anything, reading files, and deciding on colour or width.
//!
//! Workers render documents in parallel with [`Report::document`], which is pure; one writer hands the
//! parts to a [`Stream`] in the order of paths. A check writes when the last document was checked, since
//! only then it is known which documents share an ID: until then it holds what is reported, and a few
//! words of each document that is clean. So memory grows with what is found, not with what is read.

mod escape;
mod fingerprint;
mod github;
mod human;
mod json;
mod junit;
mod sarif;
mod short;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use recount_engine::document::{Position, Span, Stage};
use recount_engine::evidence::redact::{self, Class};
use recount_engine::lint::{Finding, Fix, Level};

pub(crate) use fingerprint::fingerprints;
#[cfg(test)]
pub(crate) use json::CheckReport;

/// A way to show findings: a value of `--format`.
pub(crate) struct Format {
    /// The word after `--format`.
    pub(crate) name: &'static str,
    /// What it is for, in one line.
    pub(crate) about: &'static str,
    /// Whether it shows fixes, or counts them.
    pub(crate) fixes: bool,
    /// What the paths that it shows are relative to.
    pub(crate) paths: Paths,
    /// Makes it.
    pub(crate) report: fn(Look) -> Box<dyn Report>,
}

/// What paths are relative to. What is not below it is shown as the next one would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paths {
    /// The root of the git repository, for who shows findings beside its files.
    Repository,
    /// The root of the library, for who reads it as programs do.
    Library,
    /// The working folder, for people.
    WorkingFolder,
}

/// All formats, in order of names.
pub(crate) static FORMATS: &[&Format] =
    &[&github::FORMAT, &human::FORMAT, &json::FORMAT, &junit::FORMAT, &sarif::FORMAT, &short::FORMAT];

/// The format of this name.
pub(crate) fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.name == name)
}

/// What the reader's side can show. Only formats for people ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Whether to write escape sequences for colour.
    pub(crate) colour: bool,
    /// Columns that a line of the excerpt may take.
    pub(crate) width: usize,
    /// Whether frames are drawn with more than ASCII.
    pub(crate) unicode: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { colour: false, width: 100, unicode: false }
    }
}

/// A format at work. It has no state: what it answers depends on what it is given alone.
pub(crate) trait Report: Send + Sync {
    /// What comes first.
    fn begin(&self) -> String {
        String::new()
    }

    /// A document with its findings, which are in its order; empty where there is nothing to say.
    fn document(&self, checked: &Checked<'_>) -> String;

    /// What stands between two documents that are not empty.
    fn separator(&self) -> &'static str {
        ""
    }

    /// What comes last: what could not be read, and the sums.
    fn end(&self, problems: &[Problem], summary: &Summary) -> String;
}

/// A document that was checked.
pub(crate) struct Checked<'a> {
    /// Its path as it is shown, relative to the library (or to what the caller's reader expects).
    pub(crate) path: &'a str,
    /// Its text; every span of a finding is an offset in it.
    pub(crate) text: &'a str,
    /// What it was held to.
    pub(crate) stage: Stage,
    /// What was found, in its order, with nothing secret in its words.
    pub(crate) findings: Cow<'a, [Finding]>,
    secrets: Secrets,
    /// A place, and the line in which it stands: findings come in order, so that each is counted from the
    /// one before.
    counted: Cell<(usize, u32)>,
}

impl<'a> Checked<'a> {
    /// A document with its findings. Lines are counted only when somebody asks; secrets are looked for
    /// when there is something to report, whatever became of the findings about them.
    pub(crate) fn new(path: &'a str, text: &'a str, stage: Stage, findings: &'a [Finding]) -> Self {
        let seen = if findings.is_empty() { Vec::new() } else { redact::find(text) };
        let keys = seen.into_iter().filter(|found| found.detector.class == Class::Secret);
        let keys = keys.map(|found| Span::new(found.span.start, found.span.end));
        Self::with_secrets(path, text, stage, findings, keys.collect())
    }

    /// [`Checked::new`] where the check has said what in the text lets somebody in.
    pub(crate) fn with_secrets(
        path: &'a str,
        text: &'a str,
        stage: Stage,
        findings: &'a [Finding],
        keys: Vec<Span>,
    ) -> Self {
        let secrets = Secrets::of(keys, findings);
        let findings = secrets.mask(text, findings);
        Self { path, text, stage, findings, secrets, counted: Cell::new((0, 1)) }
    }

    /// The line and column of a byte.
    fn position(&self, offset: u32) -> Position {
        let bytes = self.text.as_bytes();
        let at = (offset as usize).min(bytes.len());
        let (from, line) = Some(self.counted.get()).filter(|(from, _)| *from <= at).unwrap_or((0, 1));
        let line = line + memchr::memchr_iter(b'\n', &bytes[from..at]).count() as u32;
        self.counted.set((at, line));
        let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
        Position::in_line(self.text, line, start, at)
    }

    /// The same with the column counted in UTF-16 code units.
    fn position_utf16(&self, offset: u32) -> Position {
        let Position { line, column } = self.position(offset);
        let wide = self.text[self.line_around(offset as usize)].chars().take(column as usize - 1);
        // A character outside the basic plane takes two units.
        let more = wide.filter(|character| character.len_utf16() == 2).count();
        Position { line, column: column + more as u32 }
    }

    /// The bytes of the line that holds `at`, without its ending and without a byte order mark.
    fn line_around(&self, at: usize) -> std::ops::Range<usize> {
        let bytes = self.text.as_bytes();
        let at = at.min(bytes.len());
        let mut start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |found| found + 1);
        let mut end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found);
        if end > start && bytes[end - 1] == b'\r' {
            end -= 1;
        }
        if self.text[start..end].starts_with('\u{feff}') {
            start += '\u{feff}'.len_utf8();
        }
        start..end
    }

    /// The fix of a finding, unless its edits repeat a secret of the document.
    fn fix<'f>(&self, finding: &'f Finding) -> Option<&'f Fix> {
        if self.secrets.all.len() > MANY {
            return None;
        }
        let leaks = |text: &str| self.secrets.texts(self.text).any(|secret| text.contains(secret));
        finding.fix.as_ref().filter(|fix| !fix.edits.iter().any(|edit| leaks(&edit.text)))
    }
}

/// The bytes of a document that nothing shows.
#[derive(Default)]
struct Secrets {
    /// What lets somebody in, in order and apart from each other.
    keys: Vec<Span>,
    /// These and what says who somebody is, in order and apart from each other.
    all: Vec<Span>,
}

impl Secrets {
    /// What the detectors see in the text, and what findings say that it is.
    fn of(mut keys: Vec<Span>, findings: &[Finding]) -> Self {
        keys.extend(findings.iter().filter(|finding| is_secret(finding)).map(|finding| finding.span));
        let mut all = keys.clone();
        all.extend(findings.iter().filter(|finding| is_personal(finding)).map(|finding| finding.span));
        Self { keys: apart(keys), all: apart(all) }
    }

    /// Whether something that nothing shows is in `span`.
    fn touch(&self, span: Span) -> bool {
        touch(&self.all, span)
    }

    /// Whether something that lets somebody in is in `span`.
    fn touch_key(&self, span: Span) -> bool {
        touch(&self.keys, span)
    }

    /// What nothing shows.
    fn texts<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        self.all.iter().filter_map(|span| text.get(span.range())).filter(|secret| !secret.is_empty())
    }

    /// The findings with every secret in their words masked: rules quote what stands in the document.
    fn mask<'f>(&self, text: &str, findings: &'f [Finding]) -> Cow<'f, [Finding]> {
        if self.all.is_empty() {
            return Cow::Borrowed(findings);
        }
        let mut findings = findings.to_vec();
        // The longest first: one can be a part of another.
        let mut secrets: Vec<&str> = self.texts(text).collect();
        secrets.sort_unstable_by_key(|secret| (std::cmp::Reverse(secret.len()), *secret));
        secrets.dedup();
        if secrets.len() > MANY {
            for finding in findings.iter_mut().filter(|finding| !is_secret(finding) && !is_personal(finding))
            {
                finding.fix = None;
                for words in [&mut finding.message, &mut finding.why, &mut finding.help] {
                    *words = Cow::Owned(without_quotes(words));
                }
            }
            return Cow::Owned(findings);
        }
        for finding in &mut findings {
            // What these rules say is masked already.
            let own = is_secret(finding) || is_personal(finding);
            for secret in secrets.iter().filter(|secret| !own || secret.len() >= LONG) {
                for words in [&mut finding.message, &mut finding.why, &mut finding.help] {
                    if let Some(masked) = masked(words, secret) {
                        *words = Cow::Owned(masked);
                    }
                }
                if let Some(fix) = &mut finding.fix
                    && let Some(masked) = masked(&fix.title, secret)
                {
                    fix.title = masked;
                }
            }
        }
        Cow::Owned(findings)
    }
}

/// A secret of fewer bytes can be a common word, which the masked words of a rule need.
const LONG: usize = 8;

/// In a document with more secrets than this, each is not sought in the words of each finding: whatever a
/// finding quotes is masked.
const MANY: usize = 256;

/// `words` with everything in backticks masked.
fn without_quotes(words: &str) -> String {
    let parts = words.split('`').enumerate();
    parts.map(|(nth, part)| if nth % 2 == 1 { "…" } else { part }).collect::<Vec<_>>().join("`")
}

/// `words` without `secret`, and without the beginning of it that a rule that cuts long text left;
/// none where it is not in them.
fn masked(words: &str, secret: &str) -> Option<String> {
    let whole = words.contains(secret).then(|| words.replace(secret, &redact::mask(secret)));
    let Some(cut) = words.find('…').filter(|_| secret.len() >= LONG) else { return whole };
    let before = words[..cut].trim_end();
    // What is shown of a masked secret is four characters.
    let begun =
        (5..secret.len()).rev().filter_map(|end| secret.get(..end)).find(|start| before.ends_with(start));
    match begun {
        Some(start) if whole.is_none() => {
            Some(format!("{}{}", &before[..before.len() - start.len()], &words[cut..]))
        }
        _ => whole,
    }
}

/// Spans in order, with those that touch as one.
fn apart(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.start < last.end => *last = last.to(span),
            _ => apart.push(span),
        }
    }
    apart
}

fn touch(spans: &[Span], span: Span) -> bool {
    let next = spans.partition_point(|secret| secret.end <= span.start);
    spans.get(next).is_some_and(|secret| secret.overlaps(span))
}

fn is_personal(finding: &Finding) -> bool {
    finding.rule.name == "personal-data"
}

fn is_secret(finding: &Finding) -> bool {
    finding.rule.name == "secret"
}

/// What could not be checked: an unreadable file, a pipe, one that is too large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The path as it is shown.
    pub(crate) path: String,
    /// What is wrong; one sentence without a full stop.
    pub(crate) message: String,
    /// What to do; one sentence without a full stop; empty where there is nothing to advise.
    pub(crate) hint: String,
}

/// The sums over all documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// Documents that were checked.
    pub(crate) documents: usize,
    /// Documents in which something was found.
    pub(crate) affected: usize,
    /// Findings at level error.
    pub(crate) errors: usize,
    /// Findings at level warning.
    pub(crate) warnings: usize,
    /// Findings at level note, without those that are due.
    pub(crate) notes: usize,
    /// Findings that depend on today's date and were quieted for that.
    pub(crate) due: usize,
    /// Findings that carry a fix.
    pub(crate) fixable: usize,
    /// Files that could not be read.
    pub(crate) unreadable: usize,
    /// Fixes that were applied.
    pub(crate) fixed: usize,
    /// Findings that the baseline accepts.
    pub(crate) baselined: usize,
    /// How long it took; shown where it is known.
    #[serde(skip)]
    pub(crate) elapsed: Option<Duration>,
}

impl Summary {
    /// The sums of one document.
    pub(crate) fn of(findings: &[Finding]) -> Self {
        let mut summary =
            Self { documents: 1, affected: usize::from(!findings.is_empty()), ..Self::default() };
        for finding in findings {
            summary.fixable += usize::from(finding.fix.is_some());
            match finding.level {
                _ if finding.due => summary.due += 1,
                Level::Error => summary.errors += 1,
                Level::Warning => summary.warnings += 1,
                Level::Note => summary.notes += 1,
            }
        }
        summary
    }

    /// Adds the sums of other documents; the time is left as it is.
    pub(crate) fn add(&mut self, other: Summary) {
        self.documents += other.documents;
        self.affected += other.affected;
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.notes += other.notes;
        self.due += other.due;
        self.fixable += other.fixable;
        self.unreadable += other.unreadable;
        self.fixed += other.fixed;
        self.baselined += other.baselined;
    }
}

/// Writes the parts of a report in their order, with what stands between them.
pub(crate) struct Stream<'r, W> {
    report: &'r dyn Report,
    out: W,
    any: bool,
    problems: Vec<Problem>,
}

impl<'r, W: Write> Stream<'r, W> {
    /// Writes what comes first.
    pub(crate) fn new(report: &'r dyn Report, mut out: W) -> io::Result<Self> {
        out.write_all(report.begin().as_bytes())?;
        Ok(Self { report, out, any: false, problems: Vec::new() })
    }

    /// Writes a document that [`Report::document`] rendered.
    pub(crate) fn document(&mut self, rendered: &[u8]) -> io::Result<()> {
        if rendered.is_empty() {
            return Ok(());
        }
        if self.any {
            self.out.write_all(self.report.separator().as_bytes())?;
        }
        self.any = true;
        self.out.write_all(rendered)
    }

    /// Keeps a problem for the end, where it is seen.
    pub(crate) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Writes what comes last, and gives the writer back.
    pub(crate) fn finish(mut self, summary: &Summary) -> io::Result<W> {
        let end = self.report.end(&self.problems, summary);
        self.out.write_all(end.as_bytes())?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// What is wrong, why it matters and what to do, as sentences in one paragraph.
fn in_sentences(finding: &Finding) -> String {
    let mut text = String::with_capacity(finding.message.len() + finding.why.len() + finding.help.len() + 8);
    for part in [&finding.message, &finding.why, &finding.help] {
        push_sentence(&mut text, part);
    }
    text
}

/// Appends `part` with a capital and a full stop.
fn push_sentence(text: &mut String, part: &str) {
    let mut characters = part.chars();
    let Some(first) = characters.next() else { return };
    if !text.is_empty() {
        text.push(' ');
    }
    text.extend(first.to_uppercase());
    text.push_str(characters.as_str());
    if !part.ends_with(['.', '!', '?']) {
        text.push('.');
    }
}

/// Appends a number without the machinery of `format!`.
fn push_number(out: &mut String, number: u32) {
    let mut digits = [0_u8; 10];
    let mut rest = number;
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits[at..].iter().map(|&digit| char::from(digit)));
}
