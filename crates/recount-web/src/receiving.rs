//! Evidence that somebody sends, to a page or to the API: kept in a file for as long as it is read, and read.
//!
//! What does not live here: bringing what was read into a document (`recount_workspace::importing`), and how it is told
//! what came of it (`pages::evidence`, `api::evidence`). Servers are asked by the command alone: nobody makes this one
//! call others.

use std::io::Write as _;
use std::path::Path;

use axum::body::Bytes;
use futures_util::{Stream, StreamExt as _};
use recount_engine::evidence::freeze::Window;
use recount_engine::evidence::source::by_name;
use recount_workspace::inputs::Input;
use recount_workspace::logging::instant;
use recount_workspace::reading::{How, Listener, Mapped, Read, read_zone};
use recount_workspace::{Failure, FailureKind, Workspace};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Bytes of what is sent at once, as it is sent.
pub(crate) const LARGEST: usize = 64 << 20;
/// So many are read at a time: what is unpacked is held in memory.
static READERS: Semaphore = Semaphore::const_new(2);

/// A place among those whose evidence is read just now; none while it is others' turn.
pub(crate) fn place() -> Option<SemaphorePermit<'static>> {
    READERS.try_acquire().ok()
}

/// How somebody wants what they send to be read, as they wrote it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'w> {
    pub(crate) source: Option<&'w str>,
    pub(crate) zone: Option<&'w str>,
    pub(crate) year: Option<i16>,
    pub(crate) anchor: Option<&'w str>,
    pub(crate) map: Option<&'w str>,
    pub(crate) from: Option<&'w str>,
    pub(crate) to: Option<&'w str>,
    pub(crate) channels: Option<&'w str>,
    pub(crate) threads: Option<&'w str>,
}

impl Wanted<'_> {
    /// As readers take it.
    ///
    /// # Errors
    ///
    /// Where a part of it says nothing.
    pub(crate) fn how(&self) -> Result<How, Failure> {
        let list = |text: Option<&str>| -> Vec<String> {
            let parts = text.into_iter().flat_map(|text| text.split(',')).map(str::trim);
            parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let at = |name: &str, text: Option<&str>| text.map(|text| instant(text, name)).transpose();
        if let Some(name) = self.source.filter(|name| by_name(name).is_none()) {
            return Err(Failure::new(format!("there is no source `{name}`"))
                .hint("leave `source` out: it is recognised from the bytes"));
        }
        let map = list(self.map).iter().map(|part| part.parse::<Mapped>()).collect::<Result<_, _>>();
        Ok(How {
            source: self.source.map(str::to_owned),
            zone: self.zone.map(read_zone).transpose()?,
            year: self.year,
            anchor: at("anchor", self.anchor)?,
            map: map.map_err(|takes| Failure::new("`map` cannot be read").hint(takes))?,
            from: at("from", self.from)?,
            to: at("to", self.to)?,
            channels: list(self.channels),
            threads: list(self.threads),
        })
    }
}

/// Why what was sent could not be kept.
pub(crate) enum Unkept {
    /// It ended before its end.
    CutOff,
    /// It is larger than [`LARGEST`].
    TooLarge,
    /// Our disk does not play along.
    Nowhere(Failure),
}

/// That what is sent has no place on our disk.
pub(crate) fn nowhere(error: &std::io::Error) -> Failure {
    // Its kind, and not its words: these name a place on our disk.
    Failure::new(format!("what was sent cannot be kept: {}", error.kind())).of(FailureKind::Trouble)
}

/// Keeps what is sent in a file, no more of it than is read, and says how many bytes there were.
pub(crate) async fn keep(
    mut stream: impl Stream<Item = Result<Bytes, Unkept>> + Unpin,
    file: &Path,
) -> Result<usize, Unkept> {
    let nowhere = |error: std::io::Error| Unkept::Nowhere(nowhere(&error));
    let mut out = std::fs::File::create_new(file).map_err(nowhere)?;
    let mut kept = 0;
    while let Some(piece) = stream.next().await {
        let piece = piece?;
        kept += piece.len();
        if kept > LARGEST {
            return Err(Unkept::TooLarge);
        }
        // Pieces are small, and go no further than the system's cache.
        out.write_all(&piece).map_err(nowhere)?;
    }
    Ok(kept)
}

/// What of a file's name is a name and no more: what is sent names no place on our disk.
pub(crate) fn plain_name(name: &str) -> Result<String, Failure> {
    const LONGEST: usize = 100;
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let is_plain = !last.is_empty()
        && !last.starts_with('.')
        && last.chars().count() <= LONGEST
        && last.len() <= 2 * LONGEST
        && !last
            .chars()
            .any(|c| c.is_control() || matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|' | '`'));
    if is_plain {
        return Ok(last.to_owned());
    }
    Err(Failure::new("that is no plain file name")
        .hint("call it as it was downloaded, such as `slack-export.zip`"))
}

/// Reads a file that was sent, and says what was noticed meanwhile: each a sentence, and what could be done about it.
///
/// # Errors
///
/// Where it cannot be read.
pub(crate) fn read(
    workspace: &Workspace,
    file: &Path,
    how: &How,
    window: Option<Window>,
) -> Result<(Read, Vec<String>), Failure> {
    let mut noticed = Noticed::default();
    let read = workspace.read_inputs(vec![Input::sent(file)?], how, window, &mut noticed)?;
    Ok((read, noticed.0))
}

/// What was noticed while evidence was read.
#[derive(Default)]
struct Noticed(Vec<String>);

impl Listener for Noticed {
    fn warn(&mut self, text: String, hint: Option<&str>) {
        self.0.push(hint.map_or_else(|| text.clone(), |hint| format!("{text}; {hint}")));
    }
}

/// The records of what was sent, where there are some and none of them could be read: whoever sent it would take it for
/// done.
pub(crate) fn unread(read: &Read) -> Vec<String> {
    if read.inputs.iter().any(|input| !input.import.events.is_empty()) {
        return Vec::new();
    }
    read.inputs.iter().flat_map(|input| &input.import.skipped).map(ToString::to_string).collect()
}
