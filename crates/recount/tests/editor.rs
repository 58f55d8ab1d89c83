//! The live editor's own tests and its types, run by Node: skipped, loudly, where Node or the packages are missing;
//! `make test` installs them.

use std::path::Path;
use std::process::Command;

fn run(script: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../editor");
    let is_there = Command::new("npm").arg("--version").output().is_ok_and(|out| out.status.success());
    if !is_there || !folder.join("node_modules").is_dir() {
        println!(
            "skipped: no tests of the live editor without Node and the packages of `editor/` (`npm ci` in it)"
        );
        return;
    }
    let output = Command::new("npm")
        .args(["run", "--silent", script])
        .current_dir(folder)
        .output()
        .expect("npm was started a moment ago");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_types_of_the_live_editor_are_right() {
    run("check");
}

#[test]
fn the_parts_of_the_live_editor_do_what_they_say() {
    run("test");
}
