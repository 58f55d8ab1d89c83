//! The transcripts in `README.md` are true: each ```` ```console ```` block is run, in order. They begin in a
//! library that holds the example's configuration and the evidence of one incident; `~` is a scratch folder
//! with nothing that they did not put there.
//!
//! A line of `…` in a transcript stands for any lines, `[..]` in a line for any characters. With
//! `RECOUNT_UPDATE_README=1` the outputs are written anew; as many lines as were shown before and after
//! each `…` stay shown.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A line that stands for any number of lines.
const SKIP: &str = "…";
/// Any characters of a line.
const ANY: &str = "[..]";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A command of a transcript.
struct Step {
    command: String,
    /// What is shown of its output.
    shown: Vec<String>,
    /// The lines of the page that hold that.
    lines: std::ops::Range<usize>,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            let lines = number + 1..number + 1;
            steps.push(Step { command: command.to_owned(), shown: Vec::new(), lines });
        } else if let Some(step) = steps.last_mut().filter(|_| inside) {
            step.shown.push(line.to_owned());
            step.lines.end = number + 1;
        }
    }
    steps
}

/// What a person sees who runs the command in the folder.
fn run(command: &str, folder: &Path, home: &Path) -> Vec<String> {
    let binary = Path::new(env!("CARGO_BIN_EXE_recount")).parent().expect("a binary is in a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(folder)
        .env("HOME", home)
        .env("PATH", format!("{}:{path}", binary.display()))
        .env("RECOUNT_NOW", "2026-11-23T09:00:00Z")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env_remove("RECOUNT_LIBRARY")
        .output()
        .expect("there is a shell");
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// Whether a line is what is shown of it.
fn fits(shown: &str, line: &str) -> bool {
    let mut parts = shown.split(ANY);
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    for part in parts {
        if part.is_empty() {
            return true;
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

fn all_fit(shown: &[String], lines: &[String]) -> bool {
    let Some((first, others)) = shown.split_first() else { return lines.is_empty() };
    if first == SKIP {
        return (0..=lines.len()).any(|skipped| all_fit(others, &lines[skipped..]));
    }
    lines.split_first().is_some_and(|(line, rest)| fits(first, line) && all_fit(others, rest))
}

/// The output, cut as it was cut before: what stood first and last by its number of lines, what stood
/// between two cuts from the line on that it began with.
fn cut(shown: &[String], lines: &[String]) -> Vec<String> {
    let parts: Vec<&[String]> = shown.split(|line| line == SKIP).collect();
    let [first, between @ .., last] = &parts[..] else { return lines.to_vec() };
    let first = first.len().min(lines.len());
    let mut new = lines[..first].to_vec();
    let mut from = first;
    for part in between {
        let head = part.first().map_or("", String::as_str);
        let begins = |line: &String| fits(head, line) || without_digits(head) == without_digits(line);
        let at = lines[from..].iter().position(begins);
        let at = at.unwrap_or_else(|| panic!("no line is like `{head}` any more: edit README.md by hand"));
        let (start, end) = (from + at, (from + at + part.len()).min(lines.len()));
        new.push(SKIP.to_owned());
        new.extend_from_slice(&lines[start..end]);
        from = end;
    }
    new.push(SKIP.to_owned());
    new.extend_from_slice(&lines[lines.len().saturating_sub(last.len()).max(from)..]);
    new
}

/// A line whose figures may have changed since it was shown.
fn without_digits(line: &str) -> String {
    line.chars().filter(|c| !c.is_ascii_digit()).collect()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a scratch folder takes folders");
        for entry in fs::read_dir(from).expect("examples can be read") {
            let entry = entry.expect("examples can be read");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).expect("a scratch folder takes files");
    }
}

#[test]
fn the_transcripts_of_the_readme_are_true() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let examples = repository().join("examples");
    let evidence = "evidence/seat-holds-expired";
    fs::create_dir(scratch.path().join("library")).expect("a scratch folder takes folders");
    for (from, to) in [("recount.toml", "library/recount.toml"), (evidence, "library/evidence")] {
        copy(&examples.join(from), &scratch.path().join(to));
    }
    let old = repository().join("crates/recount-engine/tests/adoption/families/atlassian.md");
    fs::create_dir(scratch.path().join("wiki")).expect("a scratch folder takes folders");
    copy(&old, &scratch.path().join("wiki/checkout-slow.md"));
    let page_path = repository().join("README.md");
    let page = fs::read_to_string(&page_path).expect("the repository has a readme");
    let steps = steps(&page);
    assert!(steps.len() > 3, "the readme shows what Recount does");

    let mut lines: Vec<String> = page.lines().map(str::to_owned).collect();
    let mut wrong = Vec::new();
    let mut folder = scratch.path().join("library");
    let mut outputs = Vec::new();
    for step in &steps {
        if let Some(into) = step.command.strip_prefix("cd ") {
            folder = if into == "~" { scratch.path().to_owned() } else { folder.join(into) };
            outputs.push((&[][..], Vec::new()));
            continue;
        }
        let output = run(&step.command, &folder, scratch.path());
        // A blank line before the next command belongs to the page.
        let shown = match step.shown.split_last() {
            Some((last, rest)) if last.is_empty() => rest,
            _ => &step.shown[..],
        };
        if !all_fit(shown, &output) {
            wrong.push(format!("$ {}\n{}", step.command, output.join("\n")));
        }
        outputs.push((shown, output));
    }
    if std::env::var_os("RECOUNT_UPDATE_README").is_some() {
        for (step, (shown, output)) in steps.iter().zip(outputs).rev() {
            let output = cut(shown, &output);
            let gap = step.shown.last().is_some_and(String::is_empty).then(String::new);
            lines.splice(step.lines.clone(), output.into_iter().chain(gap));
        }
        fs::write(&page_path, lines.join("\n") + "\n").expect("the readme can be written");
        return;
    }
    assert!(
        wrong.is_empty(),
        "README.md shows other output than Recount gives: refresh it with \
         `RECOUNT_UPDATE_README=1 cargo test -p recount --test readme`, and read the difference\n\n{}",
        wrong.join("\n\n")
    );
}

#[test]
fn lines_and_characters_that_are_left_out_fit_anything() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (shown, output, expected) in [
        ("a\nb", "a\nb", true),
        ("a\nb", "a\nc", false),
        ("a\n…\nd", "a\nb\nc\nd", true),
        ("…\nd", "d", true),
        ("…", "", true),
        ("a\n…\nd", "a\nb", false),
        ("in [..]/x: [..]", "in /tmp/x: 3", true),
        ("in [..]/x", "in /tmp/y", false),
    ] {
        assert_eq!(all_fit(&lines(shown), &lines(output)), expected, "{shown:?} {output:?}");
    }
    let refreshed = cut(&lines("a\n…\n7 m\nn\n…\nz"), &lines("A\nb\n12 m\nN\nc\ny\nZ"));
    assert_eq!(refreshed, lines("A\n…\n12 m\nN\n…\nZ"));
}
