//! `bare-command`: a command in the timeline that is written as prose.

use crate::document::edit::Edit;
use crate::document::template::SectionId;
use crate::document::{Cell, Span};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// A command in an Action cell does not stand in a code span.
    ///
    /// A word counts as a command only with what belongs behind it: a verb of that tool, a flag, a path.
    /// The fix puts backticks around it where the command ends with the cell.
    ///
    /// ## Why
    ///
    /// In a code span a command is exact: Markdown swallows asterisks and underscores, programs turn
    /// `--` into a dash, and nobody can tell where the command ends and the sentence goes on. It is
    /// copied in the next incident.
    ///
    /// ## Source
    ///
    /// The template: "Include links to dashboards, logs, PRs, and commands run." `CommonMark`, "Code
    /// spans": what stands in backticks is kept as it is.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:14 | @lucia | Ran kubectl rollout undo deploy/storefront | Errors stay at 75% |
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:14 | @lucia | Ran `kubectl rollout undo deploy/storefront` | Errors stay at 75% |
    /// | 2025-04-25 10:16 | @joel | Looked at the git history of the helm chart and at the terraform state | Nothing new |
    /// | 2025-04-25 10:20 | @joel | Asked who has sudo rights and ssh keys for the AWS account | |
    /// ```
    name: "bare-command",
    group: Timeline,
    levels: Advice,
    phrases: &TOOL_NAMES,
    check: check,
}

/// What must follow the name of a tool to make it a command.
enum Sign {
    /// One of these words.
    Verb(&'static [&'static str]),
    /// One of these words, and something behind it that is no prose: `git revert 41c9d2e`.
    VerbAndArgument(&'static [&'static str]),
    /// A flag, a path, an address: `curl -s`, `ssh ana@db-1`.
    Argument,
    /// A flag within the next words: `aws ecs update-service --force-new-deployment`.
    FlagNearby,
    /// Another tool with something behind it, or something that is no prose: `sudo systemctl`.
    ToolOrArgument,
}

const TOOLS: [(&str, Sign); 29] = [
    (
        "kubectl",
        Sign::Verb(&[
            "annotate",
            "apply",
            "cordon",
            "create",
            "debug",
            "delete",
            "describe",
            "drain",
            "edit",
            "exec",
            "get",
            "label",
            "logs",
            "patch",
            "port-forward",
            "replace",
            "rollout",
            "scale",
            "set",
            "top",
            "uncordon",
        ]),
    ),
    (
        "systemctl",
        Sign::Verb(&[
            "daemon-reload",
            "disable",
            "enable",
            "mask",
            "reload",
            "restart",
            "start",
            "status",
            "stop",
            "unmask",
        ]),
    ),
    (
        "terraform",
        Sign::VerbAndArgument(&["apply", "destroy", "import", "init", "plan", "state", "taint", "untaint"]),
    ),
    ("helm", Sign::VerbAndArgument(&["history", "install", "rollback", "uninstall", "upgrade"])),
    (
        "nodetool",
        Sign::Verb(&["cleanup", "compact", "decommission", "drain", "flush", "rebuild", "repair", "status"]),
    ),
    ("rabbitmqctl", Sign::Verb(&["list_queues", "purge_queue", "reset", "start_app", "status", "stop_app"])),
    ("openssl", Sign::Verb(&["req", "s_client", "x509"])),
    (
        "redis-cli",
        Sign::Verb(&["CONFIG", "DEL", "FLUSHALL", "FLUSHDB", "INFO", "config", "flushall", "info", "-h"]),
    ),
    ("journalctl", Sign::Argument),
    ("ansible-playbook", Sign::Argument),
    (
        "docker",
        Sign::VerbAndArgument(&["compose", "exec", "kill", "logs", "pull", "restart", "rm", "run", "stop"]),
    ),
    (
        "git",
        Sign::VerbAndArgument(&[
            "bisect",
            "checkout",
            "cherry-pick",
            "clone",
            "fetch",
            "merge",
            "pull",
            "push",
            "rebase",
            "reset",
            "revert",
        ]),
    ),
    ("psql", Sign::Argument),
    ("mysql", Sign::Argument),
    ("curl", Sign::Argument),
    ("wget", Sign::Argument),
    ("ssh", Sign::Argument),
    ("scp", Sign::Argument),
    ("rsync", Sign::Argument),
    ("rm", Sign::Argument),
    ("chmod", Sign::Argument),
    ("chown", Sign::Argument),
    ("kill", Sign::Argument),
    ("pkill", Sign::Argument),
    ("iptables", Sign::Argument),
    ("pg_ctl", Sign::Argument),
    ("aws", Sign::FlagNearby),
    ("gcloud", Sign::FlagNearby),
    ("sudo", Sign::ToolOrArgument),
];

const TOOL_NAMES: [&str; TOOLS.len()] = {
    let mut names = [""; TOOLS.len()];
    let mut at = 0;
    while at < TOOLS.len() {
        names[at] = TOOLS[at].0;
        at += 1;
    }
    names
};

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let mut covered = 0;
    for (span, tool) in cx.prose_hits() {
        if span.start < covered || !cx.is_in(span, SectionId::Timeline) {
            continue;
        }
        let rows = document.timeline_rows();
        let row = rows.get(rows.partition_point(|row| row.span.end <= span.start));
        let cell = row.and_then(|row| row.action).filter(|cell| cell.span.contains(span));
        let Some(cell) = cell else { continue };
        let Some(command) = command_at(cx, span, &TOOLS[tool], cell) else { continue };
        covered = command.span.end;
        let fix = || Fix {
            title: "put the command in a code span".to_owned(),
            edits: vec![
                Edit::insert(command.span.start as usize, "`"),
                Edit::insert(command.span.end as usize, "`"),
            ],
        };
        let rest = if command.is_whole { "" } else { " …" };
        out.report_with_fix(
            command.span,
            format!("the command `{}{rest}` is written as prose", document.slice(command.span)),
            "it is copied in the next incident, and prose does not keep it exact",
            "put it in backticks, whole and as it was run",
            || command.is_whole.then(fix),
        );
    }
}

/// A command found in prose.
struct Command {
    span: Span,
    /// Whether the span is certainly the whole of it.
    is_whole: bool,
}

fn command_at(cx: &Context<'_>, tool: Span, (name, sign): &(&str, Sign), cell: Cell) -> Option<Command> {
    let document = cx.document;
    let rest = document.slice(Span::new(tool.end as usize, cell.span.end as usize));
    // `AWS` is a company, `kubectl-proxy` another thing.
    if document.slice(tool) != *name || !rest.starts_with(' ') {
        return None;
    }
    let before = document.slice(Span::new(cell.span.start as usize, tool.start as usize));
    if before.ends_with(['-', '/', '.', '_', '@', '#']) {
        return None;
    }
    let mut words = rest.split_whitespace().map(|word| word.trim_end_matches([',', ';', '.', ':']));
    let first = words.next()?;
    let second = words.next();
    let found = match sign {
        Sign::Verb(verbs) => verbs.contains(&first),
        Sign::VerbAndArgument(verbs) => {
            let third = words.next();
            verbs.contains(&first)
                && !second.is_some_and(|word| PROSE.contains(&word))
                && [second, third].into_iter().flatten().any(is_argument)
        }
        Sign::Argument => is_argument(first),
        Sign::FlagNearby => rest.split_whitespace().skip(1).take(5).any(|word| word.starts_with("--")),
        Sign::ToolOrArgument => is_argument(first) || (TOOL_NAMES.contains(&first) && second.is_some()),
    };
    if !found {
        return None;
    }
    let end = whole_end(rest);
    let is_whole = end.is_some();
    let length = end.unwrap_or_else(|| rest.find(first).map_or(rest.len(), |at| at + first.len()));
    Some(Command { span: Span::new(tool.start as usize, tool.end as usize + length), is_whole })
}

/// Words that do not stand in a command.
const PROSE: [&str; 26] = [
    "a", "after", "again", "and", "as", "at", "because", "before", "but", "by", "failed", "for", "from",
    "in", "of", "on", "so", "still", "that", "the", "then", "to", "twice", "which", "with", "without",
];

/// Whether a word is no word of prose: a flag, a path, an address, an assignment.
fn is_argument(word: &str) -> bool {
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'%'));
    let has_sign = word.starts_with('-') && word.len() > 1
        || word.bytes().any(|byte| matches!(byte, b'/' | b'=' | b'@' | b'~' | b'^'))
        || word.contains("::");
    let is_hash = word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) && !is_number;
    has_sign || is_hash
}

/// The end of a command that certainly reaches to the end of the cell: nothing in it reads as prose,
/// and it closes with an argument.
fn whole_end(rest: &str) -> Option<usize> {
    let end = rest.trim_end().len();
    let text = &rest[..end];
    let is_prose = |word: &str| PROSE.contains(&word) || word.ends_with([',', ';', '.', ':', ')', '!']);
    let plain = !text.contains(['`', '\\', '*', '[', '<', '(', '—', '–', '"', '“']);
    let last = text.split_whitespace().next_back()?;
    (plain && is_argument(last) && !text.split_whitespace().any(is_prose)).then_some(end)
}
