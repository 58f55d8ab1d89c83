//! `explain`: rules and their manuals.

use recount_engine::lint::{Level, Rule};
use serde::Serialize;

use super::Header;

/// Rules in JSON.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Output {
    /// Which format this is.
    pub recount: Header,
    /// The rule that was asked for, or all, by group and name.
    pub rules: Vec<RuleEntry>,
}

/// A rule.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Rule"))]
pub struct RuleEntry {
    /// The fault that it is named after.
    pub name: &'static str,
    /// The heading that it stands below in the reference.
    pub group: &'static str,
    /// What it finds, in one paragraph.
    pub summary: String,
    /// The levels that it has where no configuration says otherwise.
    pub levels: Levels,
    /// Whether it depends on today's date: without `--due` it is reported as a note.
    pub due: bool,
    /// The whole manual, in Markdown.
    pub manual: String,
}

/// The level at each stage: `error`, `warning` or `note`; none where the rule is silent.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Levels {
    /// In a draft.
    pub draft: Option<&'static str>,
    /// In review.
    pub review: Option<&'static str>,
    /// When final.
    pub r#final: Option<&'static str>,
}

impl Output {
    /// What the format is called.
    pub const HEADER: Header = Header { format: "explain", version: 1 };

    /// Some rules.
    pub fn of(rules: impl Iterator<Item = &'static Rule>) -> Self {
        let entry = |rule: &'static Rule| {
            let [draft, review, last] = rule.levels.by_stage().map(|level| level.map(Level::as_str));
            RuleEntry {
                name: rule.name,
                group: rule.group.heading(),
                summary: rule.summary(),
                levels: Levels { draft, review, r#final: last },
                due: rule.due,
                manual: manual(rule),
            }
        };
        Self { recount: Self::HEADER, rules: rules.map(entry).collect() }
    }
}

/// The rule's manual as Markdown, with its levels.
pub fn manual(rule: &Rule) -> String {
    let [draft, review, last] =
        rule.levels.by_stage().map(|level| level.map_or("silent", |level| level.as_str()));
    let due = if rule.due {
        "\nIt depends on today's date: without `--due` it is reported as a note.\n"
    } else {
        ""
    };
    let body: Vec<&str> = rule.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let body = body.join("\n");
    let rest = body.split_once("\n\n").map_or("", |(_, rest)| rest).trim();
    format!(
        "# {}\n\n{}\n\nLevel: {draft} in a draft, {review} in review, {last} when final.\n{due}\n{rest}\n",
        rule.name,
        rule.summary()
    )
}
