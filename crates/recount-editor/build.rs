//! Builds the live editor from `editor/`, where Node is there; else the program goes without, and says so.
//!
//! `RECOUNT_EDITOR=required` makes a build without it fail; `RECOUNT_EDITOR=none` leaves it out.

use std::env;
use std::error::Error;
use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

const SWITCH: &str = "RECOUNT_EDITOR";
/// What the editor is made of, in its folder.
const PARTS: [&str; 5] = ["src", "build.mjs", "package.json", "package-lock.json", "tsconfig.json"];

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../editor");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-env-changed={SWITCH}");
    for part in PARTS {
        println!("cargo::rerun-if-changed={}", folder.join(part).display());
    }
    let switch = env::var(SWITCH).unwrap_or_default();
    let built = if switch == "none" {
        Err("it was left out by RECOUNT_EDITOR=none".into())
    } else {
        built(&folder, &out)
    };
    let code = match built {
        Ok(build) => format!(
            "/// Its script: one ES module.\npub const SCRIPT: Option<&[u8]> = Some(include_bytes!(\"editor.js\"));\n\
             /// Its styles.\npub const STYLE: Option<&[u8]> = Some(include_bytes!(\"editor.css\"));\n\
             /// Which build it is: another one for every other content.\npub const BUILD: &str = \"{build}\";\n"
        ),
        Err(error) if switch == "required" => {
            return Err(format!("the live editor cannot be built: {error}").into());
        }
        Err(error) => {
            println!(
                "cargo::warning=this build is without the live editor ({error}); plain forms remain. With Node 20 or later \
                 installed, build again"
            );
            "/// There is none.\npub const SCRIPT: Option<&[u8]> = None;\n/// There is none.\npub const STYLE: \
             Option<&[u8]> = None;\n/// There is none.\npub const BUILD: &str = \"\";\n"
                .to_owned()
        }
    };
    fs::write(out.join("editor.rs"), code)?;
    Ok(())
}

/// Builds it into `out`, and names the build.
fn built(folder: &Path, out: &Path) -> Outcome<String> {
    run(Command::new("node").arg("--version"), "Node")?;
    let list = fs::metadata(folder.join("package-lock.json"))?.modified()?;
    let have = fs::metadata(folder.join("node_modules/.package-lock.json")).and_then(|have| have.modified());
    if have.is_ok_and(|have| have >= list) {
        // What it needs is there.
    } else {
        let npm = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        run(Command::new("npm").args(npm).current_dir(folder), "`npm ci`")?;
    }
    run(Command::new("node").arg("build.mjs").arg(out).current_dir(folder), "its build")?;
    let mut sum = DefaultHasher::new();
    for name in ["editor.js", "editor.css"] {
        sum.write(&fs::read(out.join(name))?);
    }
    Ok(format!("{:016x}", sum.finish()))
}

fn run(command: &mut Command, what: &str) -> Outcome<()> {
    let output = command.output().map_err(|error| format!("{what} cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    Err(format!("{what} failed: {}", last.trim()).into())
}
