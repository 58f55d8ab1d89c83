//! The web application in a real browser: the tests of `browser/`, run by Node over this build. Skipped, loudly, where
//! Node, the browser or the packages are missing; `make test` installs them.

use std::path::Path;
use std::process::Command;

#[test]
fn the_application_works_in_a_real_browser() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../browser");
    let is_there =
        |command: &str| Command::new(command).arg("--version").output().is_ok_and(|out| out.status.success());
    let missing = [
        (!is_there("node"), "Node"),
        (!["chromium", "chromium-browser", "google-chrome"].iter().any(|name| is_there(name)), "Chromium"),
        (!folder.join("node_modules").is_dir(), "the packages of `browser/` (`npm ci` in it)"),
    ];
    let missing: Vec<&str> =
        missing.iter().filter(|(is_missing, _)| *is_missing).map(|(_, what)| *what).collect();
    if !missing.is_empty() {
        println!("skipped: no browser tests without {}", missing.join(", "));
        return;
    }
    let output = Command::new("node")
        .args(["--test", "--test-reporter", "spec"])
        .current_dir(&folder)
        .env("RECOUNT_BIN", env!("CARGO_BIN_EXE_recount"))
        .output()
        .expect("Node was started a moment ago");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
}
