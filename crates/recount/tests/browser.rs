//! The web application in a real browser: the tests of `browser/`, run by Node over this build, a test here for each file
//! there. Skipped, loudly, where Node, the browser or the packages are missing; `make test` installs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files, each run by a test below.
const FILES: [&str; 6] = ["accessibility", "hostile", "journeys", "reading", "together", "weight"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../browser")
}

fn run(file: &str) {
    let is_there =
        |command: &str| Command::new(command).arg("--version").output().is_ok_and(|out| out.status.success());
    let missing = [
        (!is_there("node"), "Node"),
        (!["chromium", "chromium-browser", "google-chrome"].iter().any(|name| is_there(name)), "Chromium"),
        (!folder().join("node_modules").is_dir(), "the packages of `browser/` (`npm ci` in it)"),
    ];
    let missing: Vec<&str> =
        missing.iter().filter(|(is_missing, _)| *is_missing).map(|(_, what)| *what).collect();
    if !missing.is_empty() {
        println!("skipped: no browser tests without {}", missing.join(", "));
        return;
    }
    assert!(FILES.contains(&file));
    let output = Command::new("node")
        .args(["--test", "--test-reporter", "spec", &format!("{file}.test.mjs")])
        .current_dir(folder())
        .env("RECOUNT_BIN", env!("CARGO_BIN_EXE_recount"))
        .output()
        .expect("Node was started a moment ago");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn axe_finds_nothing_on_any_page_in_any_kind_of_browser() {
    run("accessibility");
}

#[test]
fn documents_that_mean_harm_do_none() {
    run("hostile");
}

#[test]
fn whole_journeys_work_by_mouse_by_keyboard_and_without_a_script() {
    run("journeys");
}

#[test]
fn pages_are_read_and_follow_their_files() {
    run("reading");
}

#[test]
fn several_people_write_in_one_postmortem() {
    run("together");
}

#[test]
fn pages_carry_little_script_and_ask_for_nothing_elsewhere() {
    run("weight");
}

#[test]
fn every_file_of_browser_tests_is_run() {
    let files = fs::read_dir(folder()).expect("the folder is in the repository");
    let mut there: Vec<String> = files
        .filter_map(|file| {
            file.ok()?.file_name().into_string().ok()?.strip_suffix(".test.mjs").map(str::to_owned)
        })
        .collect();
    there.sort();
    assert_eq!(there, FILES);
}
