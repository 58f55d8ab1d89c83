//! Real postmortems in other people's templates, where `RECOUNT_CORPUS` names a folder of them: no
//! crash, and every position is right.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Folder, copy, folder_named};

#[test]
fn every_position_in_the_corpus_is_right() {
    let Some(corpus) = folder_named("RECOUNT_CORPUS") else { return };
    let folder = Folder::library();
    copy(&corpus, &folder.path("postmortems"));
    let mut findings = 0;
    for args in [&[][..], &["--stage", "final", "--due"]] {
        let run = folder.recount(&[&["check", "--format", "json"][..], args].concat());
        assert!(matches!(run.code, 0 | 1), "{}: {}", run.code, run.err);
        let documents = run.json()["documents"].as_array().expect("a list").clone();
        assert!(documents.len() > 100, "{}", documents.len());
        for document in &documents {
            let path = document["path"].as_str().expect("a path");
            let text = fs::read_to_string(folder.path(path)).expect("the corpus is UTF-8");
            for finding in document["findings"].as_array().expect("a list") {
                for place in ["start", "end"] {
                    assert_place(Path::new(path), &text, &finding[place], finding);
                }
                findings += 1;
            }
        }
    }
    eprintln!("{findings} findings, all in their places");
}

/// Counts lines and columns from the byte offset, in the plainest way.
#[track_caller]
fn assert_place(path: &Path, text: &str, place: &Value, finding: &Value) {
    let number = |name: &str| usize::try_from(place[name].as_u64().expect("a number")).expect("it is small");
    let offset = number("offset");
    let told = format!("{}: {finding:#}", path.display());
    assert!(text.is_char_boundary(offset), "inside a character: {told}");
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().expect("there is always one").chars().count() + 1;
    assert_eq!((number("line"), number("column")), (line, column), "{told}");
}
