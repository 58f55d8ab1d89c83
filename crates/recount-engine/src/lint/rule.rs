//! What a rule is: its name, levels, manual and check, in one static that one file declares.

use super::{Context, Findings, Level};

/// A rule of the checker. Its doc comment is its manual: what, why, source, examples.
pub struct Rule {
    /// Kebab-case, named after the fault.
    pub name: &'static str,
    /// What it is about.
    pub group: Group,
    /// How loud it is at each stage.
    pub levels: Levels,
    /// Whether it depends on today's date: then it is reported as due, and never fails a check
    /// unless that is asked for.
    pub due: bool,
    /// Whether it also reads documents that were written in another template.
    pub reads_foreign: bool,
    /// Words and phrases, in lower case, that the one scan over the text looks for on its behalf.
    pub phrases: &'static [&'static str],
    /// The manual: a line of summary, then `## Why`, `## Source`, `## Examples`.
    pub docs: &'static str,
    /// Reports what is wrong.
    pub check: fn(&Context<'_>, &mut Findings),
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Rule {
    /// The first paragraph of the manual.
    pub fn summary(&self) -> String {
        let lines = self.docs.lines().map(str::trim).skip_while(|line| line.is_empty());
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The text below the heading `## NAME` of the manual, without the blank that doc comments put
    /// before each line.
    pub fn section(&self, name: &str) -> String {
        let heading = format!("## {name}");
        let mut lines = self.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
        let body = lines.by_ref().skip_while(|line| line.trim_end() != heading).skip(1);
        let mut fenced = false;
        let body: Vec<&str> = body
            .take_while(|line| {
                fenced ^= line.starts_with("```");
                fenced || !(line.starts_with("## "))
            })
            .collect();
        body.join("\n").trim().to_owned()
    }

    /// The examples in the manual. Each stands in a fence that opens with three backticks and
    /// `markdown bad` or `markdown good`; with `document` behind, it is a whole document, otherwise
    /// sections that take the place of those of a good one.
    pub fn examples(&self) -> Vec<Example> {
        let text = self.section("Examples");
        let mut examples = Vec::new();
        let mut open: Option<Example> = None;
        for line in text.lines() {
            if let Some(example) = &mut open {
                if line.trim_end() == "```" {
                    examples.extend(open.take());
                } else {
                    example.text.push_str(line);
                    example.text.push('\n');
                }
            } else if let Some(info) = line.trim_end().strip_prefix("```markdown ") {
                open = Some(Example {
                    is_bad: info.starts_with("bad"),
                    is_whole: info.ends_with(" document"),
                    text: String::new(),
                });
            }
        }
        examples
    }
}

/// An example in a rule's manual.
#[derive(Clone, Debug)]
pub struct Example {
    /// Whether it must trigger the rule; otherwise it must not.
    pub is_bad: bool,
    /// Whether it is a whole document.
    pub is_whole: bool,
    /// The Markdown.
    pub text: String,
}

/// What a rule is about: the headings of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The template is there and filled.
    Template,
    /// The incident summary.
    Summary,
    /// Times can be read and placed.
    Times,
    /// Fields and timeline agree.
    Arithmetic,
    /// The timeline tells the story.
    Timeline,
    /// The impact is stated.
    Impact,
    /// Detection is understood.
    Detection,
    /// The cause is understood.
    Cause,
    /// The language is blameless and plain.
    Language,
    /// Action items are specific, owned and dated.
    Actions,
    /// Action items are worth having.
    ActionQuality,
    /// The fix will be proven.
    Verification,
    /// Nothing stands there that should not.
    Hygiene,
    /// The postmortem is on time and reviewed.
    Process,
    /// Waivers are honest; these rules run when all others have.
    Waivers,
}

impl Group {
    /// The heading in the reference.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Template => "Template",
            Self::Summary => "Incident summary",
            Self::Times => "Times",
            Self::Arithmetic => "Arithmetic",
            Self::Timeline => "Timeline",
            Self::Impact => "Impact",
            Self::Detection => "Detection",
            Self::Cause => "Cause",
            Self::Language => "Language",
            Self::Actions => "Action items: specific, owned, dated",
            Self::ActionQuality => "Action items: worth having",
            Self::Verification => "Follow-up verification",
            Self::Hygiene => "Appendices and hygiene",
            Self::Process => "Process",
            Self::Waivers => "Waivers",
        }
    }
}

/// How loud a rule is at the stages *draft*, *review* and *final*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levels {
    /// Something is wrong: an error from *draft* on.
    Wrong,
    /// Something is missing: a note in a draft, an error from *review* on.
    Missing,
    /// Something was not reviewed: an error at *final*.
    Unreviewed,
    /// Something could be better: a note in a draft, a warning from *review* on.
    Advice,
    /// Worth knowing, at any stage.
    Note,
    /// Worth knowing while it is written: a note in a draft, then silent.
    Drafting,
}

impl Levels {
    /// The level at each stage; none where the rule is silent.
    pub fn by_stage(self) -> [Option<Level>; 3] {
        use Level::{Error, Note, Warning};
        match self {
            Self::Wrong => [Some(Error); 3],
            Self::Missing => [Some(Note), Some(Error), Some(Error)],
            Self::Unreviewed => [None, None, Some(Error)],
            Self::Advice => [Some(Note), Some(Warning), Some(Warning)],
            Self::Note => [Some(Note); 3],
            Self::Drafting => [Some(Note), None, None],
        }
    }
}

/// Declares a rule. The doc comment becomes its manual; keys that are left out have their default.
///
/// ```text
/// rule! {
///     /// The Owner cell is empty.
///     /// …
///     name: "missing-owner",
///     group: Actions,
///     levels: Missing,
///     check: check,
/// }
/// ```
macro_rules! rule {
    (
        $(#[doc = $doc:expr])*
        name: $name:literal,
        group: $group:ident,
        levels: $levels:ident,
        $(due: $due:literal,)?
        $(reads_foreign: $foreign:literal,)?
        $(phrases: $phrases:expr,)?
        check: $check:path $(,)?
    ) => {
        $(#[doc = $doc])*
        pub(super) static RULE: $crate::lint::Rule = $crate::lint::Rule {
            name: $name,
            group: $crate::lint::Group::$group,
            levels: $crate::lint::Levels::$levels,
            due: false $(|| $due)?,
            reads_foreign: false $(|| $foreign)?,
            phrases: rule!(@phrases $($phrases)?),
            docs: concat!($($doc, "\n"),*),
            check: $check,
        };
    };
    (@phrases) => { &[] };
    (@phrases $phrases:expr) => { $phrases };
}

pub(crate) use rule;
