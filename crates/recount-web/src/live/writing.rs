//! From a room to the file and back: writing out after a pause, committing, and merging what others wrote there.
//!
//! What does not live here: what a merge is ([`super::room`]).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use recount_store::{Author, Commit, Library, Store as _, StoreError, StorePath};
use recount_workspace::{Failure, FailureKind};

use super::lines::Lines;
use super::open::{Inner, Matter, Open, text};
use super::wire::{Choice, Told};
use crate::change::PATIENCE;
use crate::site::Site;

/// So often a file is read again that changes while it is to be written.
const TRIES: usize = 8;
/// How long git takes at most from the last file of a branch to its name, and other programs from one half of a file to the
/// other.
const SETTLING: Duration = Duration::from_millis(25);
/// A file that is empty counts as meant when it has been so for this time.
const EMPTY: Duration = Duration::from_secs(3);
/// The longest excerpt of what is asked about, in characters.
const EXCERPT: usize = 2000;

impl Open {
    /// Writes the file, where it lacks something, and merges what it has that the room lacks.
    pub(super) fn write(self: &Arc<Self>, site: &Site) {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let result = self.try_write(site);
        self.tell_file(|file, room| {
            file.written = matches!(result, Ok(true)) && !room.is_ahead();
            file.error = result.err().map(|failure| told(&failure));
        });
    }

    /// Whether the file has all that is here now.
    fn try_write(self: &Arc<Self>, site: &Site) -> Result<bool, Failure> {
        let library = Library::open(site.shelf().workspace.library.root())?.confined();
        for _ in 0..TRIES {
            let path = self.file(&library);
            if !self.follow_file(&library, &path)? {
                return Ok(false);
            }
            let (bytes, version, written) = {
                let mut inner = self.lock();
                if inner.frozen.is_some() {
                    return Ok(false);
                }
                if !inner.room.is_ahead() {
                    inner.ahead_since = None;
                    return Ok(true);
                }
                let version = inner.room.base().lines.version;
                let bytes = inner.room.bytes();
                // What is UTF-8 is read as it was written.
                let Some(lines) = Lines::read(&bytes) else { return Ok(false) };
                let written = lines.version;
                inner.room.written(lines);
                inner.ahead_since = None;
                self.journal.bases(self.number, inner.last, inner.room.bases(), false);
                (bytes, version, written)
            };
            // The file never has what the journal could lose: it would come again, as somebody else's.
            self.journal.settle();
            if self.journal.is_killed() {
                return Ok(false);
            }
            let result = library.lock().and_then(|guard| guard.write_if_unchanged(&path, &version, &bytes));
            if self.journal.is_killed() {
                return Ok(false);
            }
            let mut inner = self.lock();
            match result {
                Ok(_) => {
                    self.journal.sure(self.number);
                    let is_all = !inner.room.is_ahead();
                    if !is_all {
                        inner.ahead_since.get_or_insert_with(Instant::now);
                    }
                    drop(inner);
                    // Whoever hears that the file has it, and goes to a page of it, finds it there.
                    site.refresh();
                    return Ok(is_all);
                }
                Err(error) => {
                    inner.room.unwritten(&written);
                    inner.ahead_since = Some(Instant::now());
                    self.journal.bases(self.number, inner.last, inner.room.bases(), true);
                    if !matches!(error, StoreError::Conflict(_)) {
                        return Err(error.into());
                    }
                }
            }
        }
        let message = "the file changes faster than it can be written";
        Err(Failure::new(message).hint("another program writes it all the time").of(FailureKind::Conflict))
    }

    fn file(&self, library: &Library) -> PathBuf {
        library.root().join(Path::new(&self.lock().path))
    }

    /// Merges what the file holds. False where it must not be written now.
    fn follow_file(self: &Arc<Self>, library: &Library, path: &Path) -> Result<bool, Failure> {
        let stored = match library.read(path) {
            Ok(stored) => stored,
            Err(StoreError::Unreadable(_)) if !path.exists() => {
                self.gone();
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        };
        if self.lock().room.base().lines.version != stored.version {
            // Another branch's files come before its name.
            if library.is_git_at_work() {
                return Ok(false);
            }
            thread::sleep(SETTLING);
            // Many programs empty a file before they write it: what comes of that is not what anybody wrote.
            if library.read(path).is_ok_and(|again| again.version != stored.version)
                || (stored.bytes.is_empty() && !is_at_rest(path))
            {
                return Ok(false);
            }
        }
        let branch = library.branch();
        let mut inner = self.lock();
        if inner.branch != branch && inner.frozen.is_none() {
            other_branch(&mut inner, branch.as_deref());
        }
        if inner.frozen.is_some() && inner.branch == branch {
            back(&mut inner);
        }
        if inner.frozen.is_some() {
            return Ok(false);
        }
        if inner.room.base().lines.version == stored.version {
            return Ok(true);
        }
        self.merge(&mut inner, &stored.bytes)
    }

    /// Merges a content of the file into the text. False where it is no text.
    fn merge(self: &Arc<Self>, inner: &mut Inner, bytes: &[u8]) -> Result<bool, Failure> {
        let Some(lines) = Lines::read(bytes) else {
            return Err(Failure::new("the file is no longer UTF-8 text, so that it is left alone")
                .hint("save it as UTF-8; what is written here is kept until then"));
        };
        let followed = inner.room.outside(lines);
        if let Some(update) = followed.update {
            self.publish(inner, update, true);
        } else {
            self.journal.bases(self.number, inner.last, inner.room.bases(), true);
        }
        if inner.room.is_ahead() {
            inner.ahead_since.get_or_insert_with(Instant::now);
        } else {
            inner.ahead_since = None;
        }
        if !followed.kept.is_empty() {
            let detail = excerpt(followed.kept.iter().map(|kept| kept.text.as_str()));
            let choices = vec![
                Choice { id: "keep", label: "Keep it".to_owned() },
                Choice { id: "remove", label: "Remove it".to_owned() },
            ];
            let question =
                "The file was saved by another program from an older copy, without this text. It was kept."
                    .to_owned();
            inner.ask("kept-text", question, detail, choices, Matter::Kept(followed.kept));
        }
        Ok(true)
    }

    fn gone(&self) {
        let mut inner = self.lock();
        if inner.frozen.is_some() {
            return;
        }
        let why = format!("The file `{}` is gone.", inner.path);
        let choices = vec![
            Choice { id: "restore", label: "Write it again".to_owned() },
            Choice { id: "leave", label: "Leave it; keep a copy of this text".to_owned() },
        ];
        let question = format!("{why} Until somebody decides, nothing is written.");
        inner.frozen = Some(why.clone());
        inner.tell_all(&text(&Told::Frozen { why: &why }), None);
        inner.ask("gone", question, String::new(), choices, Matter::Gone);
    }

    /// Does what somebody decided.
    pub(super) fn decide(
        self: &Arc<Self>,
        site: &Site,
        number: u64,
        id: u64,
        choice: &str,
    ) -> Result<(), Failure> {
        let library = Library::open(site.shelf().workspace.library.root())?.confined();
        let path = self.file(&library);
        {
            let mut inner = self.lock();
            let Some(peer) = inner.peers.get(&number).filter(|peer| peer.may_write) else { return Ok(()) };
            let by = peer.person.name.clone();
            let Some(at) = inner.questions.iter().position(|question| question.id == id) else {
                return Ok(());
            };
            let Some(chosen) =
                inner.questions[at].choices.iter().find(|known| known.id == choice).map(|known| known.id)
            else {
                return Ok(());
            };
            let question = inner.questions.remove(at);
            match (&question.matter, chosen) {
                (Matter::Kept(kept), "remove") => {
                    if let Some(update) = inner.room.remove(kept) {
                        self.publish(&mut inner, update, false);
                    }
                }
                (Matter::Kept(_), _) => {}
                (Matter::Branch, "carry") => self.carry(&mut inner, &library),
                (Matter::Gone, "restore") => {
                    let bytes = inner.room.bytes();
                    let restored = library.lock().and_then(|guard| guard.create_new(&path, &bytes));
                    if let (Ok(_), Some(lines)) = (restored, Lines::read(&bytes)) {
                        inner.room.written(lines);
                        self.journal.bases(self.number, inner.last, inner.room.bases(), true);
                    }
                }
                _ => {
                    // The copy is on disk before anything is let go of.
                    let bytes = inner.room.bytes();
                    keep_copy(&library, &inner.path, &bytes, site.now())?;
                    inner.is_closed = true;
                    self.journal.forget(self.number);
                    let again = super::open::Out::End(super::open::end::AGAIN, "the text is another one");
                    inner.tell_all(&again, None);
                }
            }
            if !matches!(question.matter, Matter::Kept(_)) {
                inner.frozen = None;
                inner.tell_all(&text(&Told::Thawed), None);
            }
            inner.tell_all(&text(&Told::Settled { id, by: &by, choice: chosen }), None);
        }
        self.write(site);
        Ok(())
    }

    fn carry(&self, inner: &mut Inner, library: &Library) {
        inner.branch = library.branch();
        self.journal.branch(self.number, inner.branch.clone());
    }

    /// Makes what is in the file a part of the history, where the library commits.
    pub(super) fn commit(self: &Arc<Self>, site: &Site) {
        let (authors, path) = {
            let inner = self.lock();
            (inner.authors.clone(), inner.path.clone())
        };
        if authors.is_empty() {
            return;
        }
        if site.settings.commit
            && let Err(failure) = committed(site, &path, &authors)
        {
            return self.tell_file(|file, _| file.error = Some(told(&failure)));
        }
        let is_ahead = {
            let mut inner = self.lock();
            let is_ahead = inner.room.is_ahead();
            // Whoever wrote meanwhile is named in the next one.
            if !is_ahead {
                inner.authors.retain(|author| !authors.contains(author));
                self.journal.authors(self.number, &inner.authors, site.now().as_second());
            }
            is_ahead
        };
        self.tell_file(|file, _| {
            file.error = None;
            if site.settings.commit {
                file.committed = Some(!is_ahead);
            }
        });
    }
}

/// Whether a file was not written for a while.
fn is_at_rest(path: &Path) -> bool {
    let modified = std::fs::metadata(path).and_then(|data| data.modified());
    // Where the clock or the disk says nonsense, it counts as it stands.
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age >= EMPTY))
}

/// What went wrong, as it is told in a browser.
fn told(failure: &Failure) -> (String, String) {
    (failure.to_string(), failure.hint_elsewhere().unwrap_or_default().to_owned())
}

fn committed(site: &Site, path: &str, authors: &[Author]) -> Result<(), Failure> {
    let shelf = site.shelf();
    let library = Library::open(shelf.workspace.library.root())?.confined();
    library.plan_commit(&shelf.workspace.config().git.protected)?;
    let name = shelf.at(path).map_or(path, |known| known.name());
    let mut named = authors.iter().filter(|author| !author.mail.is_empty());
    let author = named.next().cloned();
    let mut message = format!("{name}: write in the browser");
    for (nth, other) in named.enumerate() {
        message.push_str(if nth == 0 { "\n\n" } else { "\n" });
        // A name of several lines would say more than who it was.
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        // A string takes everything.
        let _ = write!(message, "Co-authored-by: {} <{}>", plain(&other.name), plain(&other.mail));
    }
    library.commit(&[StorePath::new(path)?], &Commit { message, author, patience: Some(PATIENCE) })?;
    Ok(())
}

/// Lets nothing be written until somebody decides: the library is on another branch.
fn other_branch(inner: &mut Inner, branch: Option<&str>) {
    let (was, is) = (named(inner.branch.as_deref()), named(branch));
    let why = format!("The library was on {was} and is on {is} now.");
    let choices = vec![
        Choice { id: "carry", label: format!("Go on here: bring this text to {is}") },
        Choice { id: "leave", label: format!("Take the text of {is}; keep a copy of this one") },
    ];
    let question = format!("{why} Until somebody decides, nothing is written.");
    inner.frozen = Some(why.clone());
    inner.tell_all(&text(&Told::Frozen { why: &why }), None);
    inner.ask("branch", question, String::new(), choices, Matter::Branch);
}

/// Goes on where the branch is the one it was, or the file is there again: a rebase leaves it for a moment.
fn back(inner: &mut Inner) {
    let asked = |question: &super::open::Question| matches!(question.matter, Matter::Branch | Matter::Gone);
    while let Some(at) = inner.questions.iter().position(asked) {
        let id = inner.questions.remove(at).id;
        inner.tell_all(&text(&Told::Settled { id, by: "", choice: "" }), None);
    }
    inner.frozen = None;
    inner.tell_all(&text(&Told::Thawed), None);
}

fn named(branch: Option<&str>) -> String {
    branch.map_or_else(|| "no branch".to_owned(), |branch| format!("`{branch}`"))
}

fn excerpt<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let all = texts.map(str::trim).collect::<Vec<_>>().join("\n");
    if all.chars().count() <= EXCERPT {
        return all;
    }
    let mut cut: String = all.chars().take(EXCERPT).collect();
    cut.push('…');
    cut
}

/// Keeps a text that goes nowhere else, in the library's state folder.
fn keep_copy(library: &Library, path: &str, bytes: &[u8], now: jiff::Timestamp) -> Result<(), Failure> {
    let folder = library.state_folder()?.join("kept");
    let trouble = |error: std::io::Error| {
        Failure::new(format!("a copy cannot be kept in `{}`: {error}", folder.display()))
            .of(FailureKind::Trouble)
    };
    std::fs::create_dir_all(&folder).map_err(trouble)?;
    let stem = Path::new(path).file_stem().map_or_else(|| "text".into(), |stem| stem.to_string_lossy());
    let name = format!("{stem}-{}.md", now.strftime("%Y%m%dT%H%M%S%.3fZ"));
    let mut file = tempfile::NamedTempFile::new_in(&folder).map_err(trouble)?;
    std::io::Write::write_all(&mut file, bytes).map_err(trouble)?;
    file.as_file().sync_all().map_err(trouble)?;
    file.persist(folder.join(name)).map_err(|error| trouble(error.error))?;
    Ok(())
}
