//! A postmortem handed out: exported for an audience, refused where something would get out that must not, and what
//! was taken out for the public in words.
//!
//! What does not live here: what is taken out, and the formats (`recount-engine`).

use std::collections::BTreeMap;

use recount_engine::document::{Document, Stage, counted};
use recount_engine::export::audience::{Audience, Removed};
use recount_engine::export::formats::Format;
use recount_engine::export::{Exported, Refused, export};

use crate::{Failure, FailureKind, Workspace};

/// Why an audience does not get a document.
#[derive(Debug)]
pub enum NotHandedOut {
    /// It is at this stage, and the public gets what is final.
    NotFinal(Stage),
    /// The export would hold what must not be told, or cannot be written.
    Refused(Refused),
}

impl Workspace {
    /// Exports a document. The public gets what is final, unless `force` says that it gets it all the same.
    ///
    /// # Errors
    ///
    /// Where the document is not final, where the export would hold what must not be told, and where it cannot be
    /// written.
    pub fn hand_out(
        &self,
        document: &Document,
        audience: Audience,
        format: &Format,
        force: bool,
    ) -> Result<Exported, NotHandedOut> {
        let stage = document.stage();
        if audience == Audience::Public && stage != Stage::Final && !force {
            return Err(NotHandedOut::NotFinal(stage));
        }
        export(document, self.config(), audience, format).map_err(NotHandedOut::Refused)
    }
}

/// A refusal in words: each thing that must not get out, and where.
impl From<NotHandedOut> for Failure {
    fn from(why: NotHandedOut) -> Self {
        const SHOWN: usize = 10;
        let refused = match why {
            NotHandedOut::NotFinal(stage) => {
                return Self::new(format!("it is at stage `{stage}`, and the public gets what is final"))
                    .hint("finish it with `recount stage ID final`")
                    .elsewhere("it is handed out once its stage is `final`")
                    .unless_forced();
            }
            NotHandedOut::Refused(refused) => refused,
        };
        if let Some(problem) = &refused.problem {
            return Self::new(format!("it could not be written: {problem}")).of(FailureKind::Trouble);
        }
        let mut lines = vec!["nothing was exported, because the public would read".to_owned()];
        lines.extend(refused.leaks.iter().take(SHOWN).map(|leak| {
            format!("  {}: `{}` in line {} of the export", leak.kind.as_str(), leak.text, leak.line)
        }));
        if refused.leaks.len() > SHOWN {
            lines.push(format!("  {} more", refused.leaks.len() - SHOWN));
        }
        Self::new(lines.join("\n")).hint(REWORD)
    }
}

/// What to do about what the public must not read.
const REWORD: &str =
    "reword the document there; what is public after all is named in `recount.toml`, table `[export]`";

impl NotHandedOut {
    /// As [`Failure`] has it, without the very words that must not get out: their kinds, and how many of each.
    pub fn without_words(self) -> Failure {
        match self {
            Self::Refused(refused) if refused.problem.is_none() => {
                let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
                for leak in &refused.leaks {
                    *kinds.entry(leak.kind.as_str()).or_default() += 1;
                }
                let kinds: Vec<String> =
                    kinds.iter().map(|(kind, count)| format!("{kind} ({count})")).collect();
                let kinds = kinds.join(", ");
                Failure::new(format!("nothing was exported, because the public would read {kinds}"))
                    .hint(REWORD)
            }
            other => other.into(),
        }
    }
}

/// What was taken out, by reason, in words: `12 who acted, 3 a link that is not public`.
pub fn taken_out(removed: &[Removed]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in removed {
        *counts.entry(one.reason.to_string()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}

/// [`taken_out`] as one sentence without a full stop; none where nothing was.
pub fn taken_out_told(removed: &[Removed]) -> Option<String> {
    let parts: Vec<String> =
        taken_out(removed).into_iter().map(|(reason, count)| format!("{count}× {reason}")).collect();
    (!parts.is_empty())
        .then(|| format!("{} taken out: {}", counted(removed.len(), "passage"), parts.join(", ")))
}
