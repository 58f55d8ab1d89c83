//! What a rule found, and how rules report it.

use std::borrow::Cow;
use std::fmt;

use super::Rule;
use crate::document::Span;
use crate::document::edit::Edit;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Worth mending.
    Warning,
    /// Makes `check` fail.
    Error,
}

impl Level {
    /// The word in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a rule found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How much it matters at the document's stage.
    pub level: Level,
    /// The bytes that it is about.
    pub span: Span,
    /// What is wrong, with the value in backticks; one sentence without a full stop.
    pub message: Cow<'static, str>,
    /// Why it matters; one sentence without a full stop.
    pub why: Cow<'static, str>,
    /// What to do; one sentence without a full stop.
    pub help: Cow<'static, str>,
    /// The certain way to mend it; none, too, where fixes were not asked for.
    pub fix: Option<Fix>,
    /// Whether it depends on today's date and was quieted for that.
    pub due: bool,
}

/// A certain way to mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does: `set the duration to 1h 42m`.
    pub title: String,
    /// How.
    pub edits: Vec<Edit>,
}

/// Collects findings while rules run.
pub struct Findings {
    found: Vec<Finding>,
    rule: Option<(&'static Rule, Level)>,
    quiet_due: bool,
    fixes: bool,
}

impl Findings {
    /// Collects findings; with `fixes`, also how to mend them.
    pub(super) fn new(fixes: bool) -> Self {
        Self { found: Vec::new(), rule: None, quiet_due: false, fixes }
    }

    pub(super) fn enter(&mut self, rule: &'static Rule, level: Level, quiet_due: bool) {
        self.rule = Some((rule, level));
        self.quiet_due = quiet_due;
    }

    /// Reports what is wrong (with the value in backticks), why it matters and what to do, each a
    /// sentence without a full stop.
    pub fn report(
        &mut self,
        span: Span,
        message: impl Into<Cow<'static, str>>,
        why: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) {
        self.push(span, message.into(), why.into(), help.into(), None);
    }

    /// Reports with a certain fix, which is worked out only when somebody asked for fixes.
    pub fn report_with_fix(
        &mut self,
        span: Span,
        message: impl Into<Cow<'static, str>>,
        why: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
        fix: impl FnOnce() -> Option<Fix>,
    ) {
        let fix = if self.fixes { fix() } else { None };
        self.push(span, message.into(), why.into(), help.into(), fix);
    }

    fn push(
        &mut self,
        span: Span,
        message: Cow<'static, str>,
        why: Cow<'static, str>,
        help: Cow<'static, str>,
        fix: Option<Fix>,
    ) {
        let Some((rule, level)) = self.rule else { return };
        let due = rule.due && self.quiet_due;
        let level = if due { Level::Note } else { level };
        self.found.push(Finding { rule, level, span, message, why, help, fix, due });
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&Finding) -> bool) {
        self.found.retain(keep);
    }

    pub(super) fn into_sorted(mut self) -> Vec<Finding> {
        self.found.sort_by(|a, b| (a.span, a.rule.name).cmp(&(b.span, b.rule.name)));
        self.found
    }
}
