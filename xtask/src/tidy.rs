//! `tidy`: what the compiler does not check of the design's rules.
//!
//! Which crate may know which and which room of the engine may know which stand here as two tables; a
//! crate or room that is in neither is a fault, so that whoever adds one decides. The rest is about
//! files: each opens with what lives in it, stays readable in one sitting, and has no leftovers; pages
//! link to what is there, and every dependency has its reason.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::{Outcome, files_below, root};

/// A crate and the crates of the workspace that it may depend on.
const CRATES: &[(&str, &[&str])] = &[
    ("recount", &["recount-web", "recount-lsp", "recount-workspace", "recount-store", "recount-engine"]),
    ("recount-web", &["recount-workspace", "recount-store", "recount-engine", "recount-editor"]),
    // Built by Node: whoever leaves it out goes without.
    ("recount-editor", &[]),
    ("recount-lsp", &["recount-engine"]),
    ("recount-workspace", &["recount-store", "recount-engine"]),
    ("recount-store", &["recount-engine"]),
    ("recount-engine", &[]),
    // Reads everything to generate its reference.
    (
        "xtask",
        &["recount", "recount-web", "recount-lsp", "recount-workspace", "recount-store", "recount-engine"],
    ),
];

/// A room of the engine, the rooms that it may import, and parts of those that it still may not.
const ROOMS: &[(&str, &[&str], &[&str])] = &[
    ("adopt", &["document"], &[]),
    ("document", &[], &[]),
    ("config", &["document"], &[]),
    ("lint", &["document", "config", "evidence", "verify"], &["evidence::sources"]),
    ("evidence", &["document", "config"], &[]),
    ("insights", &["document", "config"], &[]),
    ("export", &["document", "config", "evidence"], &["evidence::sources"]),
    ("verify", &["document", "config", "evidence"], &["evidence::sources"]),
    ("ide", &["document", "config", "lint", "evidence", "verify"], &["evidence::sources"]),
];

/// What other crates may see of the engine, where that is less than all of it. The index says of each find where on the
/// page it stands, hence the anchors.
const SEES_OF_THE_ENGINE: &[(&str, &[&str])] = &[(
    "recount-store",
    &["document", "config", "insights::brief", "insights::Lookup", "export::html::section_anchors"],
)];

/// The engine does nothing but compute: its callers bring files, clocks, threads and the environment.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
];

/// Above this many lines a file says at its head why it is one file.
const LONG: usize = 800;
const REASON: &str = "// tidy: long because ";

/// The page whose section "Dependencies" has a line about each.
const REASONS: &str = "ARCHITECTURE.md";

/// Words that mean "not finished". Split, so that this file may hold them.
const LEFTOVERS: &[&str] = &[
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("dbg", "!("),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
];

#[derive(Debug, PartialEq, Eq)]
struct Fault {
    place: String,
    /// What is wrong and what to do.
    message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

pub(crate) fn run(_: &[String]) -> Outcome {
    let faults = check(root());
    for fault in &faults {
        println!("{fault}");
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(format!("{} faults; the rules stand in `xtask/src/tidy.rs`", faults.len()))
    }
}

fn check(root: &Path) -> Vec<Fault> {
    let mut faults = Vec::new();
    let files = ["crates", "xtask", "fuzz"].iter().flat_map(|folder| files_below(&root.join(folder)));
    for path in files.chain([root.join("Cargo.toml")]) {
        let extension = path.extension().and_then(|extension| extension.to_str());
        if !matches!(extension, Some("rs" | "toml")) {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let place = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        leftovers(&place, &text, &mut faults);
        if place.ends_with("/Cargo.toml") {
            manifest(&place, &text, &mut faults);
        } else if extension == Some("rs") {
            opening(&place, &text, &mut faults);
            size(&place, &text, &mut faults);
            arrows(&place, &text, &mut faults);
        }
    }
    for path in pages(root) {
        let place = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        links(
            &place,
            &text,
            |target| path.parent().is_some_and(|folder| folder.join(target).exists()),
            &mut faults,
        );
    }
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap_or_default();
    reasons(&read("Cargo.toml"), &read(REASONS), &mut faults);
    faults
}

/// The pages that people read: those at the root and the book.
fn pages(root: &Path) -> Vec<PathBuf> {
    let at_root = std::fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_page = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    at_root.chain(files_below(&root.join("docs"))).filter(is_page).collect()
}

/// Links of a page to files that are not there. Other servers are not asked.
fn links(place: &str, text: &str, exists: impl Fn(&str) -> bool, faults: &mut Vec<Fault>) {
    use pulldown_cmark::{Event, Parser, Tag};
    for (event, range) in Parser::new(text).into_offset_iter() {
        let Event::Start(Tag::Link { dest_url, .. }) = event else { continue };
        let target = dest_url.split('#').next().unwrap_or_default();
        if !target.is_empty() && !target.contains(':') && !exists(target) {
            let line = text[..range.start].lines().count().max(1);
            let message = format!("links to `{target}`, which is not there");
            faults.push(Fault { place: format!("{place}:{line}"), message });
        }
    }
}

/// The table of dependencies with their reasons, against the manifest.
fn reasons(manifest: &str, page: &str, faults: &mut Vec<Fault>) {
    let table: toml::Table = manifest.parse().unwrap_or_default();
    let known = table.get("workspace").and_then(|workspace| workspace.get("dependencies")?.as_table());
    let known = known.into_iter().flat_map(|table| table.iter());
    let foreign: Vec<&str> =
        known.filter(|(_, it)| it.get("path").is_none()).map(|(name, _)| name.as_str()).collect();
    let rows = page.split_once("\n## Dependencies\n").map_or("", |(_, rest)| rest);
    let rows = rows.split("\n## ").next().unwrap_or_default().lines();
    let told: Vec<&str> = rows.filter_map(|row| Some(row.strip_prefix("| `")?.split_once('`')?.0)).collect();
    let mut fault = |message: String| faults.push(Fault { place: REASONS.to_owned(), message });
    for name in foreign.iter().filter(|name| !told.contains(name)) {
        fault(format!("has no line about the dependency `{name}`: say what it is for"));
    }
    for name in told.iter().filter(|name| !foreign.contains(name)) {
        fault(format!("tells of `{name}`, which is no dependency any more: drop the line"));
    }
    if !told.is_sorted() {
        fault("has its dependencies out of order: sort them by name".to_owned());
    }
}

fn manifest(place: &str, text: &str, faults: &mut Vec<Fault>) {
    let mut fault = |message: String| faults.push(Fault { place: place.to_owned(), message });
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => return fault(format!("is not TOML: {error}")),
    };
    let name = table.get("package").and_then(|package| package.get("name")?.as_str()).unwrap_or_default();
    // The fuzz crate stands outside the workspace, because it needs a nightly compiler.
    if table.contains_key("workspace") {
        return;
    }
    let Some((_, allowed)) = CRATES.iter().find(|(known, _)| *known == name) else {
        return fault(format!(
            "the crate `{name}` has no line in `CRATES`; a crate exists only where a dependency must be forbidden"
        ));
    };
    for (dependency, value) in dependencies(&table) {
        let ours = dependency == "recount" || dependency.starts_with("recount-");
        if ours && !allowed.contains(&dependency) {
            fault(format!("`{name}` must not depend on `{dependency}`; it may on {}", listed(allowed)));
        }
        if value.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
            fault(format!(
                "`{dependency}` must come from `[workspace.dependencies]`: write `{dependency}.workspace = true`"
            ));
        }
    }
}

/// Dependencies of every kind, those for single targets included.
fn dependencies(table: &toml::Table) -> Vec<(&str, &toml::Value)> {
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let targets = table.get("target").and_then(toml::Value::as_table);
    let targets = targets.into_iter().flat_map(|targets| targets.values().filter_map(toml::Value::as_table));
    std::iter::once(table)
        .chain(targets)
        .flat_map(|table| KINDS.iter().filter_map(|kind| table.get(*kind)?.as_table()))
        .flat_map(|table| table.iter().map(|(name, value)| (name.as_str(), value)))
        .collect()
}

fn opening(place: &str, text: &str, faults: &mut Vec<Fault>) {
    if !text.starts_with("//!") {
        let message = "opens without `//!`: say what lives here, and what does not".to_owned();
        faults.push(Fault { place: place.to_owned(), message });
    }
}

fn size(place: &str, text: &str, faults: &mut Vec<Fault>) {
    let lines = text.lines().count();
    if lines > LONG && !text.lines().take(30).any(|line| line.starts_with(REASON)) {
        let message = format!("has {lines} lines, above {LONG}: split it, or say at its head `{REASON}…`");
        faults.push(Fault { place: place.to_owned(), message });
    }
}

fn leftovers(place: &str, text: &str, faults: &mut Vec<Fault>) {
    for (number, line) in text.lines().enumerate() {
        let mut fault =
            |message: String| faults.push(Fault { place: format!("{place}:{}", number + 1), message });
        for word in LEFTOVERS {
            if line.match_indices(word).any(|(at, _)| stands_alone(line, at, at + word.len())) {
                fault(format!("`{word}` is left over: finish it, or open an issue"));
            }
        }
        // One space is what an unchanged empty line is in the difference that a test expects.
        if line.ends_with([' ', '\t']) && line != " " {
            fault("ends with white space".to_owned());
        }
        if line.contains('\t') {
            fault("holds a tab: indent with spaces, write `\\t` in a string".to_owned());
        }
    }
}

fn stands_alone(line: &str, start: usize, end: usize) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let opens = line[end - 1..end].contains('(');
    !line[..start].ends_with(word) && (opens || !line[end..].starts_with(word))
}

/// The edges that a source file draws, against the tables.
fn arrows(place: &str, text: &str, faults: &mut Vec<Fault>) {
    let Some((krate, inside)) = place.strip_prefix("crates/").and_then(|place| place.split_once("/src/"))
    else {
        return;
    };
    for (number, line, code) in code_lines(text) {
        let mut fault = |message: String| faults.push(Fault { place: format!("{place}:{number}"), message });
        if krate == "recount-engine" {
            for word in IMPURE.iter().filter(|word| line.contains(**word)) {
                fault(format!(
                    "`{word}` in the engine: its callers bring files, clocks, threads and the environment"
                ));
            }
        } else if let Some((_, seen)) = SEES_OF_THE_ENGINE.iter().find(|(name, _)| *name == krate) {
            for path in paths_after(code, "recount_engine::") {
                if !seen.iter().any(|room| is_within(&path, room)) {
                    fault(format!(
                        "`{krate}` must not see `recount_engine::{path}`; it may see {}",
                        listed(seen)
                    ));
                }
            }
        }
    }
    if krate == "recount-engine" && inside != "lib.rs" {
        rooms(place, inside, text, faults);
    }
}

fn rooms(place: &str, inside: &str, text: &str, faults: &mut Vec<Fault>) {
    let modules: Vec<&str> =
        inside.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").collect();
    let room = modules[0];
    let Some((_, allowed, forbidden)) = ROOMS.iter().find(|(known, ..)| *known == room) else {
        let message =
            format!("the engine's room `{room}` has no line in `ROOMS`: say there what it may import");
        return faults.push(Fault { place: place.to_owned(), message });
    };
    // `super::lint` reaches the crate's root from as many modules down as the file stands.
    let from_here = "super::".repeat(modules.len());
    for (number, _, code) in code_lines(text) {
        for path in ["crate::", from_here.as_str()].iter().flat_map(|root| paths_after(code, root)) {
            let to = path.split("::").next().unwrap_or_default();
            if to == room || !ROOMS.iter().any(|(known, ..)| *known == to) {
                continue;
            }
            let place = format!("{place}:{number}");
            if !allowed.contains(&to) {
                let message = format!("`{room}` must not import `{to}`; it may import {}", listed(allowed));
                faults.push(Fault { place, message });
            } else if let Some(part) = forbidden.iter().find(|part| is_within(&path, part)) {
                faults.push(Fault { place, message: format!("`{room}` must not import `{part}`") });
            }
        }
    }
}

/// Lines that are not comments: their number, the line, and the text from the line to the file's end,
/// because an import may go on below.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let mut start = 0;
    let lines = text.split_inclusive('\n').enumerate().map(move |(index, line)| {
        let code = &text[start..];
        start += line.len();
        (index + 1, line, code)
    });
    lines.filter(|(_, line, _)| !line.trim_start().starts_with("//"))
}

/// The paths that follow `root` on the first line of `code`; a group `{a::b, c}` gives each of its own.
fn paths_after(code: &str, root: &str) -> Vec<String> {
    let line = code.lines().next().unwrap_or_default();
    let mut paths = Vec::new();
    for (at, _) in line.match_indices(root) {
        // Not the tail of a longer path: `super::crate::`, `my_crate::`.
        if line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[at + root.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            paths.push(path_at(rest));
            continue;
        };
        let (mut depth, mut begins) = (1, true);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => begins = true,
                c if begins && !c.is_whitespace() => {
                    paths.push(path_at(&group[at..]));
                    begins = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    paths
}

fn path_at(text: &str) -> String {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(text.len());
    text[..end].trim_end_matches(':').to_owned()
}

fn is_within(path: &str, part: &str) -> bool {
    path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let faults: Vec<String> = check(root()).iter().map(Fault::to_string).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    /// The messages about one file, without their places.
    fn faults_of(place: &str, text: &str) -> Vec<String> {
        let mut faults = Vec::new();
        leftovers(place, text, &mut faults);
        if place.ends_with("Cargo.toml") {
            manifest(place, text, &mut faults);
        } else {
            opening(place, text, &mut faults);
            size(place, text, &mut faults);
            arrows(place, text, &mut faults);
        }
        faults.into_iter().map(|fault| fault.message).collect()
    }

    #[test]
    fn edges_that_the_design_forbids_are_found() {
        const DOCUMENT: &str = "crates/recount-engine/src/document/value/time.rs";
        const LINT: &str = "crates/recount-engine/src/lint/rules/vague_action.rs";
        let cases = [
            (
                DOCUMENT,
                "use crate::lint::Finding;",
                "`document` must not import `lint`; it may import nothing",
            ),
            (
                DOCUMENT,
                "use super::super::super::lint::X;",
                "`document` must not import `lint`; it may import nothing",
            ),
            (DOCUMENT, "use crate::document::Span;", ""),
            (DOCUMENT, "//! Like [`crate::lint`].", ""),
            (DOCUMENT, "use super::lint;", ""),
            (
                LINT,
                "use crate::{\n    document::Span,\n    evidence::sources::slack,\n};",
                "`lint` must not import `evidence::sources`",
            ),
            (LINT, "use crate::{document::{self, Span}, evidence::Event, config::Config};", ""),
            (
                LINT,
                "fn f(it: crate::export::Format) {}",
                "`lint` must not import `export`; it may import `document`, `config`, `evidence`, `verify`",
            ),
            (
                LINT,
                "let now = jiff::Timestamp::now();",
                "`Timestamp::now` in the engine: its callers bring files, clocks, threads and the environment",
            ),
            (
                "crates/recount-engine/src/misc.rs",
                "",
                "the engine's room `misc` has no line in `ROOMS`: say there what it may import",
            ),
            (
                "crates/recount-store/src/lib.rs",
                "use recount_engine::lint::Rule;",
                "`recount-store` must not see `recount_engine::lint::Rule`; it may see `document`, `config`, \
                 `insights::brief`, `insights::Lookup`, `export::html::section_anchors`",
            ),
            ("crates/recount-store/src/lib.rs", "use recount_engine::document::Span;", ""),
        ];
        for (place, text, expected) in cases {
            let faults = faults_of(place, &format!("//! Docs.\n{text}\n"));
            assert_eq!(faults.join("\n"), expected, "{place}: {text}");
        }
    }

    #[test]
    fn dependencies_come_from_one_place_and_run_one_way() {
        let manifest = |name: &str, dependency: &str| {
            format!("[package]\nname = \"{name}\"\n[dev-dependencies]\n{dependency}\n")
        };
        let cases = [
            ("recount-engine", "regex.workspace = true", ""),
            (
                "recount-engine",
                "recount-store.workspace = true",
                "`recount-engine` must not depend on `recount-store`; it may on nothing",
            ),
            (
                "recount-store",
                "regex = \"1\"",
                "`regex` must come from `[workspace.dependencies]`: write `regex.workspace = true`",
            ),
            (
                "recount-more",
                "",
                "the crate `recount-more` has no line in `CRATES`; a crate exists only where a dependency must be forbidden",
            ),
        ];
        for (name, dependency, expected) in cases {
            let faults = faults_of(&format!("crates/{name}/Cargo.toml"), &manifest(name, dependency));
            assert_eq!(faults.join("\n"), expected);
        }
    }

    #[test]
    fn links_to_files_that_are_not_there_are_found() {
        let text = "# Page\n\nSee [one](one.md#a), [here](#b), [the web](https://x.example/y) and [two](../two.md).\n";
        let mut faults = Vec::new();
        links("docs/page.md", text, |target| target == "one.md", &mut faults);
        let expected = Fault {
            place: "docs/page.md:3".into(),
            message: "links to `../two.md`, which is not there".into(),
        };
        assert_eq!(faults, [expected]);
    }

    #[test]
    fn every_dependency_has_its_reason_and_every_reason_its_dependency() {
        let manifest = "[workspace.dependencies]\nours = { path = \"crates/ours\" }\nserde = \"1\"\njiff = { version = \"0.2\" }\n";
        let page = |rows: &str| {
            format!(
                "| `x` | no row |\n\n## Dependencies\n\n| crate | job |\n|---|---|\n{rows}\n## More\n| `y` | no row |\n"
            )
        };
        let cases = [
            ("| `jiff` | time |\n| `serde` | types |\n", ""),
            ("| `serde` | types |\n", "has no line about the dependency `jiff`: say what it is for"),
            (
                "| `jiff` | time |\n| `old` | gone |\n| `serde` | types |\n",
                "tells of `old`, which is no dependency any more: drop the line",
            ),
            (
                "| `serde` | types |\n| `jiff` | time |\n",
                "has its dependencies out of order: sort them by name",
            ),
        ];
        for (rows, expected) in cases {
            let mut faults = Vec::new();
            reasons(manifest, &page(rows), &mut faults);
            let messages: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
            assert_eq!(messages.join("\n"), expected, "{rows}");
        }
    }

    #[test]
    fn files_without_docs_long_files_and_leftovers_are_found() {
        let long = |reason: &str| format!("//! Docs.\n{reason}\n{}", "x\n".repeat(LONG));
        let cases = [
            ("fn main() {}\n".to_owned(), "opens without `//!`: say what lives here, and what does not"),
            (long(""), "has 802 lines, above 800: split it, or say at its head `// tidy: long because …`"),
            (long("// tidy: long because it is one table"), ""),
            (
                format!("//! Docs.\n{}", concat!("to", "do!()")),
                concat!("`to", "do!(` is left over: finish it, or open an issue"),
            ),
            (format!("//! {} {}", concat!("X", "XXXX"), concat!("FIX", "MENOT")), ""),
            ("//! Docs. \n".to_owned(), "ends with white space"),
            ("//! Docs.\n\tx\n".to_owned(), "holds a tab: indent with spaces, write `\\t` in a string"),
        ];
        for (text, expected) in cases {
            assert_eq!(faults_of("xtask/src/a.rs", &text).join("\n"), expected);
        }
    }
}
