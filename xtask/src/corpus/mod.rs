//! `corpus-gen`: a library of invented postmortems for measurements, the same for the same seed.
//!
//! Each is a filled copy of the template of about 10 KB with at least five faults that the checker knows
//! by name; the counts are printed, so that a measurement can be held against them. What does not live
//! here: the demo library in `examples/`, which is written by people for people.

mod faults;
mod page;
mod random;

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use faults::FAULTS;
use page::Page;
use random::Phrases;
pub(crate) use random::Random;

/// How many of each fault a generated library holds: lines of a number and a rule.
pub(crate) const SEEDED_FILE: &str = "seeded-faults.txt";

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut folder = None;
    let (mut documents, mut seed) = (10_000, 1);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let number = match argument.as_str() {
            "--documents" => &mut documents,
            "--seed" => &mut seed,
            other if other.starts_with('-') => return Err(format!("`corpus-gen` has no option `{other}`")),
            _ => {
                folder = Some(PathBuf::from(argument));
                continue;
            }
        };
        let value = rest.next().and_then(|value| value.parse().ok());
        *number = value.ok_or_else(|| format!("`{argument}` wants a number"))?;
    }
    let folder = folder.ok_or("name the folder to make")?;
    let summary =
        generate(&folder, documents, seed).map_err(|error| format!("`{}`: {error}", folder.display()))?;
    print!("{summary}");
    Ok(())
}

/// Makes a library; gives what is told of it.
pub(crate) fn generate(folder: &Path, documents: u64, seed: u64) -> std::io::Result<String> {
    if folder.join("postmortems").exists() {
        let error = "holds postmortems already: name a new folder, or remove it";
        return Err(std::io::Error::other(error));
    }
    fs::create_dir_all(folder)?;
    fs::write(
        folder.join("recount.toml"),
        "# Invented postmortems for measurements. Every default holds.\n",
    )?;

    let phrases = Phrases::load();
    let mut counts = vec![0_u64; FAULTS.len()];
    let (mut bytes, mut year) = (0, String::new());
    for number in 1..=documents {
        // A seed of its own for each, so that a document does not depend on those before it.
        let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
        let page = Page::invent(number, documents, &phrases, &mut random);
        for (count, (fault, _)) in counts.iter_mut().zip(FAULTS) {
            *count += u64::from(page.faults.contains(fault));
        }
        if page.year != year {
            year.clone_from(&page.year);
            fs::create_dir_all(folder.join("postmortems").join(&year))?;
        }
        bytes += page.text.len();
        fs::write(folder.join("postmortems").join(&year).join(&page.file_name), page.text)?;
    }

    let seeded: String =
        counts.iter().zip(FAULTS).map(|(count, (_, rule))| format!("{count:>8} {rule}\n")).collect();
    fs::write(folder.join(SEEDED_FILE), &seeded)?;
    let total: u64 = counts.iter().sum();
    Ok(format!(
        "{documents} postmortems, {bytes} bytes, seed {seed}\nseeded faults:\n{seeded}{total:>8} in all\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_library() {
        let made = [7, 7, 8].map(|seed| {
            let folder = tempfile::tempdir().expect("a scratch folder");
            let summary = generate(folder.path(), 20, seed).expect("written");
            let files = crate::files_below(folder.path());
            assert_eq!(files.len(), 22);
            let texts: Vec<String> =
                files.iter().map(|path| fs::read_to_string(path).expect("readable")).collect();
            (summary, texts)
        });
        assert_eq!(made[0], made[1]);
        assert_ne!(made[0].1, made[2].1);
        let mean = made[0].1.iter().map(String::len).sum::<usize>() / 20;
        assert!((9_000..12_000).contains(&mean), "about 10 KB each: {mean}");
    }

    #[test]
    fn every_document_has_five_faults_and_no_unfilled_slot() {
        let phrases = Phrases::load();
        for number in 1..=300 {
            let page = Page::invent(number, 300, &phrases, &mut Random::new(number));
            assert!(page.faults.len() >= 5);
            for slot in ["{service}", "{component}", "{number}", "{region}"] {
                assert!(!page.text.contains(slot), "{}", page.text);
            }
            assert!(page.text.lines().any(|line| line == "## Follow-up verification"));
        }
    }
}
