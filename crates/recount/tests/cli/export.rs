//! `export`: what colleagues get, what the public gets, and when nobody gets anything.

use crate::harness::Folder;

#[test]
fn colleagues_get_the_document_and_the_public_what_is_left_of_it() {
    let folder = Folder::examples();
    let run = folder.recount(&["export", "INC-0011", "--format", "md"]).is(0);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("INC-0011.md\n", ""));
    let original = folder.files("postmortems/2026").into_iter().find(|name| name.contains("INC-0011"));
    let original = original.expect("the example library has it");
    assert_eq!(folder.read("INC-0011.md"), folder.read(&original));
    let run = folder.recount(&["export", "INC-0011", "--audience", "public", "--format", "md"]).is(0);
    assert_eq!(run.out, "INC-0011-public.md\n");
    assert!(run.err.contains("passages taken out: ") && run.err.contains("× who acted"), "{}", run.err);
    let public = folder.read("INC-0011-public.md");
    for kept_from_it in ["@", "kubectl", "grafana", "slack.com", "Owner", "Verification plan", "<!--"] {
        assert!(!public.contains(kept_from_it), "`{kept_from_it}` is in\n{public}");
    }
    assert!(public.contains("26,000 waiting visitors") && public.contains("On-call engineer"), "{public}");
}

#[test]
fn every_format_of_the_example_library_that_is_final_can_be_public() {
    let folder = Folder::examples();
    for number in [1, 2, 3, 7, 8, 9, 10, 11, 13] {
        let id = format!("INC-{number:04}");
        for format in ["html", "md", "json"] {
            folder.recount(&["export", &id, "--audience", "public", "--format", format, "-o", "-"]).is(0);
        }
    }
}

#[test]
fn the_public_gets_what_is_final() {
    let folder = Folder::examples();
    folder.recount(&["export", "INC-0014", "--audience", "public"]).refuses(
        "it is at stage `draft`, and the public gets what is final",
        "finish it with `recount stage ID final`; or use `--force`",
    );
    assert_eq!(
        folder.recount(&["export", "INC-0014", "--audience", "public", "--force"]).is(0).out,
        "INC-0014-public.html\n"
    );
}

#[test]
fn a_file_that_is_there_is_replaced_only_on_demand() {
    let folder = Folder::examples();
    folder.write("INC-0010.html", "mine");
    folder.recount(&["export", "INC-0010"]).refuses(
        "`INC-0010.html` is there already",
        "name another file with `--output`, or replace it with `--force`",
    );
    assert_eq!(folder.read("INC-0010.html"), "mine");
    folder.recount(&["export", "INC-0010", "--force"]).is(0);
    assert!(folder.read("INC-0010.html").starts_with("<!doctype html>"));
}
