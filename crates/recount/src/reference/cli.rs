//! `docs/reference/cli.md`: every command with its help, from the tree that clap works with.

use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::{Arg, Command};

use super::{cell, heading};

pub(super) fn page() -> String {
    let mut command = crate::command_line();
    command.build();
    let about = text(command.get_long_about().or(command.get_about()));
    let mut out = heading("The command line", &about);
    out.push_str("\n| command | does |\n|---|---|\n");
    for command in commands(&command) {
        let name = full_name(command);
        let anchor = name.replace(' ', "-");
        let _ = writeln!(out, "| [`{name}`](#{anchor}) | {} |", cell(&text(command.get_about())));
    }
    out.push_str("\n## Options of every command\n\n");
    for arg in command.get_arguments().filter(|arg| arg.is_global_set()) {
        item(&mut out, arg);
    }
    out.push_str("- `-h`, `--help`: Print help; `-h` is shorter\n");
    for command in commands(&command) {
        section(&mut out, command);
    }
    out
}

/// The commands in the order of the help, those below others behind them.
fn commands(command: &Command) -> Vec<&Command> {
    let own =
        command.get_subcommands().filter(|command| command.get_name() != "help" && !command.is_hide_set());
    own.flat_map(|command| std::iter::once(command).chain(commands(command))).collect()
}

fn full_name(command: &Command) -> String {
    command.get_bin_name().unwrap_or(command.get_name()).to_owned()
}

fn section(out: &mut String, command: &Command) {
    let about = text(command.get_long_about().or(command.get_about()));
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    let _ = write!(out, "\n## {}\n\n{about}\n\n```text\n{usage}\n```\n", full_name(command));
    let own = || {
        command
            .get_arguments()
            .filter(|arg| !arg.is_global_set() && !arg.is_hide_set() && arg.get_id() != "help")
    };
    if own().next().is_some() {
        out.push('\n');
    }
    for arg in own().filter(|arg| arg.is_positional()).chain(own().filter(|arg| !arg.is_positional())) {
        item(out, arg);
    }
}

/// An argument as an item of a list.
fn item(out: &mut String, arg: &Arg) {
    let takes_value = arg.get_action().takes_values();
    let names: Vec<&str> = arg.get_value_names().unwrap_or_default().iter().map(AsRef::as_ref).collect();
    let value = if names.is_empty() { arg.get_id().as_str().to_uppercase() } else { names.join(" ") };
    let mut spellings = Vec::new();
    if arg.is_positional() {
        spellings.push(format!("`{value}`"));
    }
    spellings.extend(arg.get_short().map(|short| format!("`-{short}`")));
    if let Some(long) = arg.get_long() {
        spellings.push(if takes_value { format!("`--{long} {value}`") } else { format!("`--{long}`") });
    }
    let help = text(arg.get_long_help().or(arg.get_help()));
    let _ = write!(out, "- {}: {}", spellings.join(", "), help.replace('\n', "\n  "));
    if takes_value {
        let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        if default.iter().any(|value| !value.is_empty()) {
            let _ = write!(out, " (default: `{}`)", default.join(" "));
        }
        if let Some(variable) = arg.get_env() {
            let _ = write!(out, " (environment: `{}`)", variable.to_string_lossy());
        }
        out.push('\n');
        for value in arg.get_possible_values().iter().filter(|value| !value.is_hide_set()) {
            let help = text(value.get_help());
            let colon = if help.is_empty() { "" } else { ": " };
            let _ = writeln!(out, "  - `{}`{colon}{help}", value.get_name());
        }
    } else {
        out.push('\n');
    }
}

fn text(styled: Option<&StyledStr>) -> String {
    styled.map(ToString::to_string).unwrap_or_default().trim().to_owned()
}
