//! A form with files, read to its end: what was typed, and the files, kept where they can be read.
//!
//! What does not live here: what is done with them (`super`), and the limits that the API has as well
//! (`crate::receiving`).

use std::path::Path as FilePath;

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::http::StatusCode;
use futures_util::StreamExt as _;
use recount_workspace::Failure;

use crate::error::status;
use crate::pages::edit::Typed;
use crate::receiving::{self, LARGEST, Unkept, nowhere, plain_name};

/// So many files are taken at once; more go into an archive.
const MOST_FILES: usize = 50;

/// What a form with files held.
pub(super) struct Received {
    pub(super) typed: Typed,
    /// Each in a folder of its own, below one that goes when they are read.
    pub(super) files: Vec<File>,
    _folder: tempfile::TempDir,
}

/// A file that was sent: where it is, or why not.
pub(super) struct File {
    pub(super) name: String,
    pub(super) place: Result<std::path::PathBuf, Failure>,
}

/// Reads a form with files to its end, and keeps the files.
pub(super) async fn received(
    sent: Result<Multipart, MultipartRejection>,
) -> Result<Received, (StatusCode, Failure)> {
    let refused = |failure: Failure| (status(failure.kind()), failure);
    let mut sent = sent.map_err(|_| {
        let failure =
            Failure::new("that is no form with files").hint("choose them on this page, and send them again");
        (StatusCode::BAD_REQUEST, failure)
    })?;
    let folder = tempfile::tempdir().map_err(|error| refused(nowhere(&error)))?;
    let (mut inputs, mut files, mut bytes) = (Vec::new(), Vec::new(), 0);
    loop {
        let Some(field) = sent.next_field().await.map_err(|error| cut_off(&error))? else { break };
        let name = field.name().unwrap_or_default().to_owned();
        let Some(file) = field.file_name().map(str::to_owned) else {
            inputs.push((name, field.text().await.map_err(|error| cut_off(&error))?));
            continue;
        };
        // A form in which no file is chosen sends one without a name.
        if file.is_empty() {
            continue;
        }
        if files.len() == MOST_FILES {
            drain(sent).await;
            let failure = Failure::new(format!("more than {MOST_FILES} files were chosen"));
            return Err(refused(failure.hint("pack them into a zip, or send some of them after the others")));
        }
        match kept(field, &file, &folder.path().join(files.len().to_string())).await {
            Ok((file, size)) => {
                bytes += size;
                files.push(file);
            }
            Err(Unkept::TooLarge) => bytes = LARGEST + 1,
            Err(Unkept::CutOff) => {
                let failure = Failure::new(format!("`{file}` was cut off")).hint("send it again");
                return Err((StatusCode::BAD_REQUEST, failure));
            }
            Err(Unkept::Nowhere(failure)) => return Err(refused(failure)),
        }
        if bytes > LARGEST {
            drain(sent).await;
            let failure = Failure::new(format!("that is more than {} MiB at once", LARGEST >> 20)).hint(
                "cut the hours of the incident out of it first, pack it, or send the files one after the other",
            );
            return Err((StatusCode::PAYLOAD_TOO_LARGE, failure));
        }
    }
    Ok(Received { typed: Typed::new(inputs), files, _folder: folder })
}

/// Reads what is left: a browser shows no answer before it has sent everything.
async fn drain(mut sent: Multipart) {
    while let Ok(Some(_)) = sent.next_field().await {}
}

fn cut_off(error: &MultipartError) -> (StatusCode, Failure) {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let failure = Failure::new(format!("that is more than {} MiB at once", LARGEST >> 20));
        return (
            StatusCode::PAYLOAD_TOO_LARGE,
            failure.hint("cut the hours of the incident out of it first, or pack it"),
        );
    }
    (StatusCode::BAD_REQUEST, Failure::new("what was sent was cut off").hint("send it again"))
}

/// Keeps a file of a form in a folder of its own; gives its size.
async fn kept(field: Field<'_>, name: &str, folder: &FilePath) -> Result<(File, usize), Unkept> {
    let stream = field.map(|piece| {
        piece.map_err(|error| {
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Unkept::TooLarge } else { Unkept::CutOff }
        })
    });
    std::fs::create_dir(folder).map_err(|error| Unkept::Nowhere(nowhere(&error)))?;
    // One whose name is none is read to its end, too.
    let plain = plain_name(name);
    let file = folder.join(plain.as_deref().unwrap_or("unnamed"));
    let size = receiving::keep(stream, &file).await?;
    let place = match plain {
        Ok(_) if size == 0 => Err(Failure::new("the file is empty").hint("export it again")),
        Ok(_) => Ok(file),
        Err(failure) => Err(failure),
    };
    Ok((File { name: name.to_owned(), place }, size))
}
