//! Chores for people who work on Recount: `cargo xtask CHORE`.
//!
//! What lives here: the list of chores and their arguments. What does not: anything that users run.

// `write!` into a string cannot fail and yet wants its result handled.
#![allow(clippy::format_push_string, clippy::format_collect)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod bench;
mod bench_chat;
mod bench_library;
mod bench_live;
mod bench_web;
mod corpus;
mod generate;
mod scaffold;
mod served;
mod tidy;

/// What a chore answers: `Err` is a sentence for the person who ran it.
type Outcome = Result<(), String>;

struct Chore {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Outcome,
}

/// Every chore there is.
const CHORES: &[Chore] = &[
    Chore {
        name: "tidy",
        arguments: "",
        about: "checks which room may know which, module docs, file sizes, leftovers",
        run: tidy::run,
    },
    Chore {
        name: "generate",
        arguments: "[--check]",
        about: "writes the reference pages and schemas, or says which are stale",
        run: generate::run,
    },
    Chore {
        name: "new-rule",
        arguments: "NAME",
        about: "lays out a rule of the checker: its file, its line in the registry, its bad example",
        run: scaffold::new_rule,
    },
    Chore {
        name: "new-source",
        arguments: "NAME",
        about: "lays out a source of evidence: its file, its line in the registry, its sample",
        run: scaffold::new_source,
    },
    Chore {
        name: "corpus-gen",
        arguments: "DIR [--documents N] [--seed S]",
        about: "makes a library of invented postmortems with known faults",
        run: corpus::run,
    },
    Chore {
        name: "bench",
        arguments: "DIR BINARY",
        about: "measures the binary over a library that `corpus-gen` made; see `make bench`",
        run: bench::run,
    },
    Chore {
        name: "bench-library",
        arguments: "DIR [BINARY]",
        about: "measures catalog and search over a library that `corpus-gen` made; see `make bench`",
        run: bench_library::run,
    },
    Chore {
        name: "bench-web",
        arguments: "DIR BINARY",
        about: "measures the pages of the server over a library that `corpus-gen` made; see `make bench`",
        run: bench_web::run,
    },
    Chore {
        name: "bench-live",
        arguments: "BINARY",
        about: "measures writing together: to everybody, to the disk, to findings; see `make bench`",
        run: bench_live::run,
    },
    Chore {
        name: "bench-chat",
        arguments: "DIR BINARY",
        about: "measures the import of a million chat messages; see `make bench`",
        run: bench_chat::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let chore = arguments.first().and_then(|name| CHORES.iter().find(|chore| chore.name == name));
    let outcome = match chore {
        Some(chore) => (chore.run)(&arguments[1..]).map_err(|error| format!("error: {error}")),
        None => Err(usage()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    let lines = CHORES.iter().map(|chore| {
        let call = format!("{} {}", chore.name, chore.arguments);
        format!("  {call:<44} {}\n", chore.about)
    });
    format!("usage: cargo xtask CHORE\n\n{}", lines.collect::<String>())
}

/// The repository's root.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Every file below a folder, sorted. Hidden ones and build output are left out.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') || name == "target" || name == "node_modules" {
                continue;
            }
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}
