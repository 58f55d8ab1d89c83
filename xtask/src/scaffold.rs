//! `new-rule` and `new-source`: the three places of a new unit, laid out so that only its substance is
//! left to write.
//!
//! The texts stand in `xtask/templates`; in them `{{name}}` is `vague-action`, `{{snake}}` is
//! `vague_action`, `{{constant}}` is `VAGUE_ACTION`, `{{camel}}` is `VagueAction`. What does not live here: what a rule or a source is.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Outcome, root};

/// A kind of thing that has one file each and one list of them all.
struct Kind {
    name: &'static str,
    /// New files: where, and from which text.
    files: &'static [(&'static str, &'static str)],
    /// The module that declares them and lists them.
    registry: &'static str,
    /// A module's line in it.
    module: &'static str,
    /// The list, as it is called there, and an entry of it.
    list: (&'static str, &'static str),
}

const RULE: Kind = Kind {
    name: "rule",
    files: &[
        ("crates/recount-engine/src/lint/rules/{{snake}}.rs", include_str!("../templates/rule.rs.txt")),
        ("crates/recount-engine/tests/rules/{{name}}/bad.md", include_str!("../templates/rule-bad.md.txt")),
    ],
    registry: "crates/recount-engine/src/lint/rules/mod.rs",
    module: "mod {{snake}};",
    list: ("RULES", "&{{snake}}::RULE"),
};

const SOURCE: Kind = Kind {
    name: "source",
    files: &[
        (
            "crates/recount-engine/src/evidence/sources/{{snake}}.rs",
            include_str!("../templates/source.rs.txt"),
        ),
        (
            "crates/recount-engine/tests/sources/{{name}}/plain/sample.txt",
            include_str!("../templates/source-sample.txt"),
        ),
    ],
    registry: "crates/recount-engine/src/evidence/sources/mod.rs",
    module: "pub mod {{snake}};",
    list: ("SOURCES", "&{{snake}}::{{constant}}"),
};

pub(crate) fn new_rule(arguments: &[String]) -> Outcome {
    scaffold(root(), &RULE, arguments)
}

pub(crate) fn new_source(arguments: &[String]) -> Outcome {
    scaffold(root(), &SOURCE, arguments)
}

fn scaffold(root: &Path, kind: &Kind, arguments: &[String]) -> Outcome {
    let [name] = arguments else {
        return Err(format!("give the name of the {}, such as `vague-action`", kind.name));
    };
    if !is_kebab(name) {
        return Err(format!("`{name}` is not in kebab case: small letters, digits and single hyphens"));
    }
    let files: Vec<(PathBuf, String)> =
        kind.files.iter().map(|(path, text)| (root.join(fill(path, name)), fill(text, name))).collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(format!("`{}` exists already", path.display()));
    }
    // The registry first in memory: when it cannot take the entry, nothing is written.
    let registry = root.join(kind.registry);
    let text = fs::read_to_string(&registry).map_err(|error| format!("`{}`: {error}", kind.registry))?;
    let text = insert_module(&text, &fill(kind.module, name))
        .and_then(|text| insert_entry(&text, kind.list.0, &fill(kind.list.1, name)))
        .ok_or_else(|| {
            format!("`{}` has no module lines, or no list `{}`, to add to", kind.registry, kind.list.0)
        })?;

    let text = formatted(root, text);
    for (path, text) in files.iter().chain([&(registry, text)]) {
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(path, text))
            .map_err(|error| format!("`{}`: {error}", path.display()))?;
        println!("wrote {}", path.strip_prefix(root).unwrap_or(path).display());
    }
    println!("write the substance, then `cargo xtask generate` and `make test`");
    Ok(())
}

/// The text as `cargo fmt` would have it; as it is where there is no rustfmt, and then `make lint` says so.
/// From its standard input rustfmt formats nothing else, however many modules the text declares.
fn formatted(root: &Path, text: String) -> String {
    let run = || {
        let mut rustfmt = Command::new("rustfmt")
            .args(["--edition", "2024", "--config-path"])
            .arg(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        // The pipe closes here, which is how rustfmt knows that this was all.
        rustfmt.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(text.as_bytes()))?;
        rustfmt.wait_with_output()
    };
    let output = run().ok().filter(|output| output.status.success());
    output.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or(text)
}

fn is_kebab(name: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(part)
}

fn fill(text: &str, name: &str) -> String {
    let snake = name.replace('-', "_");
    let constant = snake.to_uppercase();
    let camel: String = name
        .split('-')
        .filter_map(|word| {
            word.chars().next().map(|c| c.to_ascii_uppercase().to_string() + &word[c.len_utf8()..])
        })
        .collect();
    text.replace("{{name}}", name)
        .replace("{{snake}}", &snake)
        .replace("{{constant}}", &constant)
        .replace("{{camel}}", &camel)
}

/// Adds a module's line in its place among those of its kind (`mod a;`, `pub mod a;`).
fn insert_module(text: &str, module: &str) -> Option<String> {
    let keyword = &module[..=module.rfind(' ')?];
    let mut lines: Vec<&str> = text.lines().collect();
    let of_its_kind = |line: &str| line.starts_with(keyword) && line.ends_with(';');
    let after = lines.iter().position(|line| of_its_kind(line) && *line > module);
    let last = lines.iter().rposition(|line| of_its_kind(line))?;
    lines.insert(after.unwrap_or(last + 1), module);
    Some(lines.join("\n") + "\n")
}

/// Adds an entry in its place in the list `NAME: … = &[…];`.
fn insert_entry(text: &str, list: &str, entry: &str) -> Option<String> {
    const OPENS: &str = "= &[";
    let declared = text.find(&format!(" {list}:"))?;
    let start = declared + text[declared..].find(OPENS)? + OPENS.len();
    let end = start + text[start..].find("];")?;
    let mut entries: Vec<&str> =
        text[start..end].split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    let place = entries.iter().position(|other| *other > entry).unwrap_or(entries.len());
    entries.insert(place, entry);
    let entries: String = entries.iter().map(|entry| format!("\n    {entry},")).collect();
    Some(format!("{}{entries}\n{}", &text[..start], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: &str = "//! Rules.\n\nmod alpha;\nmod vague_action;\n\nuse super::Rule;\n\n\
        /// All.\n#[rustfmt::skip]\npub static RULES: &[&Rule] = &[\n    &alpha::RULE,\n    &vague_action::RULE,\n];\n";

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let registry = folder.path().join(RULE.registry);
        fs::create_dir_all(registry.parent().expect("it is in a folder")).expect("made");
        fs::write(registry, REGISTRY).expect("written");
        folder
    }

    #[test]
    fn a_new_rule_is_in_its_three_places_in_order() {
        for (name, modules, entries) in [
            (
                "missing-owner",
                "mod alpha;\nmod missing_owner;\nmod vague_action;\n",
                ["alpha::", "missing_owner::RULE", "vague_"],
            ),
            (
                "aardvark",
                "mod aardvark;\nmod alpha;\nmod vague_action;\n",
                ["aardvark::RULE", "alpha::", "vague_"],
            ),
            (
                "zero-impact",
                "mod alpha;\nmod vague_action;\nmod zero_impact;\n",
                ["alpha::", "vague_", "zero_impact::RULE"],
            ),
        ] {
            let folder = repository();
            scaffold(folder.path(), &RULE, &[name.to_owned()]).expect("laid out");
            let registry = fs::read_to_string(folder.path().join(RULE.registry)).expect("readable");
            assert!(registry.contains(modules), "{registry}");
            let places = entries.map(|entry| registry.find(&format!("&{entry}")).expect("listed"));
            assert!(places.is_sorted(), "{registry}");
            let rule = format!("crates/recount-engine/src/lint/rules/{}.rs", name.replace('-', "_"));
            let rule = fs::read_to_string(folder.path().join(rule)).expect("readable");
            assert!(rule.starts_with("//!") && rule.contains(name) && !rule.contains("{{"), "{rule}");
            assert!(folder.path().join(format!("crates/recount-engine/tests/rules/{name}/bad.md")).exists());

            let again = scaffold(folder.path(), &RULE, &[name.to_owned()]).expect_err("it is there");
            assert!(again.ends_with("exists already"), "{again}");
        }
    }

    #[test]
    fn a_bad_name_or_a_missing_registry_writes_nothing() {
        let folder = repository();
        for name in ["Vague", "vague_action", "-a", "a--b", "", "1a", "../x"] {
            assert!(scaffold(folder.path(), &RULE, &[name.to_owned()]).is_err(), "{name}");
        }
        fs::write(folder.path().join(RULE.registry), "//! Empty.\n").expect("written");
        let error = scaffold(folder.path(), &RULE, &["a".to_owned()]).expect_err("nothing to add to");
        assert!(error.contains("no list `RULES`"), "{error}");
        assert!(!folder.path().join("crates/recount-engine/src/lint/rules/a.rs").exists());
    }

    /// The engine of this repository with one rule and one source more.
    #[test]
    fn what_is_laid_out_compiles_without_a_warning() {
        // In one place, so that the compiler finds its work of the last time again.
        let copy = root().join("target/scaffold");
        let _ = fs::remove_dir_all(&copy);
        for name in ["Cargo.toml", "Cargo.lock", "rustfmt.toml", "crates", "xtask", "examples"] {
            for path in crate::files_below(&root().join(name)).into_iter().chain([root().join(name)]) {
                let target = copy.join(path.strip_prefix(root()).expect("it is below the root"));
                if path.is_file() {
                    fs::create_dir_all(target.parent().expect("it is below the root")).expect("made");
                    fs::copy(&path, target).expect("copied");
                }
            }
        }
        let (rule, source) = ("between-the-others", "between-the-others");
        scaffold(&copy, &RULE, &[rule.to_owned()]).expect("laid out");
        scaffold(&copy, &SOURCE, &[source.to_owned()]).expect("laid out");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let build = Command::new(cargo)
            .current_dir(&copy)
            .args(["build", "--quiet", "--offline", "--locked", "--package", "recount-engine", "--lib"])
            // It shares the dependencies of this workspace, and must not share its crates: cargo tells
            // them apart by their profile, and would else take the copy for the original ever after.
            .args(["--config", "profile.dev.package.recount-engine.debug=false"])
            .env("CARGO_TARGET_DIR", root().join("target"))
            .output()
            .expect("cargo runs this test");
        let said = String::from_utf8_lossy(&build.stderr);
        assert!(build.status.success() && said.is_empty(), "{said}");
        let original = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .current_dir(root())
            .args(["build", "--offline", "--locked", "--workspace", "--lib", "--message-format", "json"])
            .env("CARGO_TARGET_DIR", root().join("target"))
            .output()
            .expect("cargo runs this test");
        let messages = String::from_utf8_lossy(&original.stdout);
        let library = messages
            .split('"')
            .find(|part| part.ends_with("librecount_engine.rlib"))
            .expect("the engine is built");
        let bytes = fs::read(library).expect("it was just built");
        assert!(!bytes.windows(rule.len()).any(|part| part == rule.as_bytes()), "{library} is the copy");
    }
}
