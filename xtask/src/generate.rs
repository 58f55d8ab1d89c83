//! `generate`: everything that is written by hand nowhere, because the program knows it.
//!
//! Reference pages and schemas are committed where people read them. With `--check` nothing is written,
//! and stale ones are a failure that names the command which mends them.

use std::path::Path;

use crate::{Outcome, root};

/// A generated file and what makes it.
type Output = (&'static str, fn() -> String);

/// Every generated file: `docs/reference/*.md`, `docs/schemas/*.json`.
const OUTPUTS: &[Output] = &[];

pub(crate) fn run(arguments: &[String]) -> Outcome {
    match arguments {
        [] => write(root(), OUTPUTS),
        [flag] if flag == "--check" => check(root(), OUTPUTS),
        _ => Err("the only option of `generate` is `--check`".to_owned()),
    }
}

fn write(root: &Path, outputs: &[Output]) -> Outcome {
    for (path, make) in outputs {
        let (target, text) = (root.join(path), make());
        if std::fs::read_to_string(&target).is_ok_and(|old| old == text) {
            continue;
        }
        target
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .map_err(|error| format!("`{path}`: {error}"))?;
        std::fs::write(&target, text).map_err(|error| format!("`{path}`: {error}"))?;
        println!("wrote {path}");
    }
    Ok(())
}

fn check(root: &Path, outputs: &[Output]) -> Outcome {
    let stale: String = outputs
        .iter()
        .filter_map(|(path, make)| {
            difference(path, std::fs::read_to_string(root.join(path)).ok().as_deref(), &make())
        })
        .collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("generated files are stale\n{stale}run `cargo xtask generate` and commit what it writes"))
}

/// Where a file first differs, with a few lines around it; `None` where it does not.
fn difference(path: &str, old: Option<&str>, new: &str) -> Option<String> {
    const SHOWN: usize = 4;
    let Some(old) = old else { return Some(format!("--- {path}\n    is missing\n")) };
    if old == new {
        return None;
    }
    let same = old.lines().zip(new.lines()).take_while(|(old, new)| old == new).count();
    let mut text = format!("--- {path}, line {}\n", same + 1);
    for (sign, side) in [('-', old), ('+', new)] {
        for line in side.lines().skip(same).take(SHOWN) {
            text += &format!("  {sign} {line}\n");
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_are_fresh() {
        assert_eq!(check(root(), OUTPUTS), Ok(()));
    }

    #[test]
    fn a_stale_file_is_named_with_its_first_difference_and_the_cure() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let outputs: &[Output] =
            &[("docs/a.md", || "one\ntwo\n".to_owned()), ("docs/b.md", || "b\n".to_owned())];
        write(folder.path(), outputs).expect("written");
        assert_eq!(check(folder.path(), outputs), Ok(()));

        std::fs::write(folder.path().join("docs/a.md"), "one\n2\n").expect("written");
        std::fs::remove_file(folder.path().join("docs/b.md")).expect("removed");
        assert_eq!(
            check(folder.path(), outputs).expect_err("stale"),
            "generated files are stale\n--- docs/a.md, line 2\n  - 2\n  + two\n--- docs/b.md\n    is missing\n\
             run `cargo xtask generate` and commit what it writes"
        );
    }
}
