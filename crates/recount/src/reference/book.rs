//! What people write in the book is held against the program: configurations are read, command lines
//! parsed, rules named in waivers and links looked up. Whether a sentence is true is for its reader.

use std::path::PathBuf;

use recount_engine::config::Config;
use recount_engine::lint;

use super::repository;

/// The pages that people write.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![repository().join("README.md"), repository().join("docs/reference/formats.md")];
    for entry in std::fs::read_dir(repository().join("docs")).expect("the repository has a book") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages
}

/// What stands in fences of a language, over all pages.
fn fences(language: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for path in pages() {
        let text = std::fs::read_to_string(&path).expect("a page can be read");
        let mut open: Option<String> = None;
        for line in text.lines() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(info)) if info == language => open = Some(String::new()),
                (Some(_), Some(_)) => found.extend(open.take().map(|body| (path.clone(), body))),
                (Some(body), None) => body.extend([line, "\n"]),
                (None, _) => {}
            }
        }
    }
    found
}

/// The words of a command line: quotes hold a word together, `#` begins a comment, `|` and `>` end it.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    let mut previous = ' ';
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            '#' | '|' | '>' if !quoted && previous == ' ' => break,
            other => words.last_mut().expect("there is one from the beginning").push(other),
        }
        previous = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_configuration_in_the_book_can_be_read() {
    let blocks = fences("toml");
    assert!(!blocks.is_empty());
    for (path, text) in blocks {
        let config = Config::from_toml(&text);
        let config = config.unwrap_or_else(|error| panic!("{}: {error} in\n{text}", path.display()));
        assert_eq!(lint::unknown_rules(&config), [], "{}", path.display());
    }
}

#[test]
fn every_command_in_the_book_is_one() {
    let blocks = fences("sh").into_iter().chain(fences("yaml"));
    let lines: Vec<(PathBuf, String)> = blocks
        .flat_map(|(path, text)| text.lines().map(|line| (path.clone(), line.to_owned())).collect::<Vec<_>>())
        .filter_map(|(path, line)| Some((path, line.get(line.find("recount ")?..)?.to_owned())))
        .collect();
    assert!(lines.len() > 5);
    for (path, line) in lines {
        let parsed = crate::command_line().try_get_matches_from(words(&line));
        assert!(parsed.is_ok(), "{}: {line}\n{}", path.display(), parsed.expect_err("it is none"));
    }
}

#[test]
fn every_waiver_in_the_book_names_rules() {
    let mut count = 0;
    for path in pages() {
        let text = std::fs::read_to_string(&path).expect("a page can be read");
        for (at, opening) in text.match_indices("recount: allow ") {
            let names = text[at + opening.len()..].split(':').next().unwrap_or_default();
            for name in names.split(',') {
                assert!(lint::rule(name.trim()).is_some(), "{}: there is no rule `{name}`", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 0);
}

#[test]
fn links_into_generated_pages_lead_to_headings() {
    for path in pages() {
        let text = std::fs::read_to_string(&path).expect("a page can be read");
        for (at, opening) in text.match_indices("](") {
            let target = text[at + opening.len()..].split(')').next().unwrap_or_default();
            let Some((file, anchor)) = target.split_once('#').filter(|_| !target.contains(':')) else {
                continue;
            };
            let file = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
            let page = std::fs::read_to_string(&file).unwrap_or_default();
            let has = page.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == anchor);
            assert!(has, "{}: `{target}` leads to no heading", path.display());
        }
    }
}

/// The anchor of a heading, as the usual renderers make it.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-' || *c == '_');
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
