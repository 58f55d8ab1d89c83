//! Where a postmortem's frozen evidence stands: `<postmortem>.evidence/`, beside the document.
//!
//! What lives here: names, and reading the files. What does not: what the files in it mean (the engine's `evidence`), and
//! writing them, which happens under the library's lock ([`crate::Guard::write_evidence`]).

use std::path::{Path, PathBuf};
use std::{fs, io};

const EXTENSION: &str = "evidence";

/// The folder of a postmortem's evidence: `INC-0042-cluster-full.evidence` beside
/// `INC-0042-cluster-full.md`. It exists once something was written into it.
pub fn evidence_folder(postmortem: &Path) -> PathBuf {
    // Not `with_extension`, which takes `.2 outage` for an extension when a document has no other.
    let mut name = match postmortem.extension() {
        Some(extension)
            if extension.eq_ignore_ascii_case("md") || extension.eq_ignore_ascii_case("markdown") =>
        {
            postmortem.file_stem()
        }
        _ => postmortem.file_name(),
    }
    .unwrap_or_default()
    .to_owned();
    name.push(".");
    name.push(EXTENSION);
    postmortem.with_file_name(name)
}

/// The files of a postmortem's evidence, by name; none where nothing was frozen. What is not our own is refused.
pub(crate) fn evidence_files(
    postmortem: &Path,
    is_own: impl Fn(&Path) -> bool,
) -> io::Result<Vec<(String, Vec<u8>)>> {
    let folder = evidence_folder(postmortem);
    let refuse_other = |path: &Path| {
        if is_own(path) {
            return Ok(());
        }
        Err(io::Error::other(
            "it leads out of the library by a symbolic link, which a server does not follow",
        ))
    };
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    refuse_other(&folder)?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        // What was kept beside the events, such as an original, may be large and is nobody's here.
        if path.is_file() && path.extension().is_some_and(|extension| extension == "jsonl") {
            refuse_other(&path)?;
            files.push((entry.file_name().to_string_lossy().into_owned(), fs::read(path)?));
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a folder holds evidence rather than documents.
pub(crate) fn is_evidence_folder(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == EXTENSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_stands_beside_its_postmortem() {
        for (postmortem, folder) in [
            ("postmortems/2026/INC-0042-full.md", "postmortems/2026/INC-0042-full.evidence"),
            ("a.b.MARKDOWN", "a.b.evidence"),
            ("release 1.2", "release 1.2.evidence"),
        ] {
            assert_eq!(evidence_folder(Path::new(postmortem)), Path::new(folder));
            assert!(is_evidence_folder(Path::new(folder)));
        }
    }
}
