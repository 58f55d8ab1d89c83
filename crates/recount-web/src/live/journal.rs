//! The file that keeps what is written in rooms: `.recount/state/live.db`.
//!
//! One thread writes it. What several people type in the same moment goes to disk together, in one synced transaction;
//! whatever waits for that is done afterwards, in the order in which it was asked for. What does not live here: what an
//! update means ([`super::room`]).

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use recount_store::{Author, Library};
use recount_workspace::{Failure, FailureKind};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::lines::Lines;
use super::outside::likeliest;
use super::pieces::Pieces;
use super::room::{Base, Room};

/// The file, in the library's state folder.
pub(super) const FILE: &str = "live.db";
/// Held by the one server whose rooms these are.
const LOCK: &str = "live.lock";
/// The version of its tables.
const VERSION: i64 = 1;
/// How long one connection waits for another.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many jobs go to disk at once.
const TOGETHER: usize = 512;
/// How long writing rests where the disk takes nothing.
const REST: Duration = Duration::from_secs(1);
/// A room that nobody used so long is forgotten, in seconds.
const KEPT: i64 = 60 * 24 * 3600;

const TABLES: &str = "
    CREATE TABLE room (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL UNIQUE,
        epoch TEXT NOT NULL,
        branch TEXT,
        used INTEGER NOT NULL,
        authors TEXT NOT NULL
    ) STRICT;
    CREATE TABLE step (
        room INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
        number INTEGER NOT NULL,
        step BLOB NOT NULL,
        PRIMARY KEY (room, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE base (
        room INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
        nth INTEGER NOT NULL,
        after INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        pieces TEXT NOT NULL,
        sure INTEGER NOT NULL,
        PRIMARY KEY (room, nth)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE client (
        room INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
        client INTEGER NOT NULL,
        who TEXT NOT NULL,
        PRIMARY KEY (room, client)
    ) STRICT, WITHOUT ROWID;
";

type Write = Box<dyn FnMut(&Transaction<'_>) -> rusqlite::Result<()> + Send>;
type Then = Box<dyn FnOnce() + Send>;

/// Something to be written, and what is done once it is on disk.
struct Job {
    write: Option<Write>,
    then: Option<Then>,
}

/// The file, open.
pub(super) struct Journal {
    jobs: Mutex<Sender<Job>>,
    reader: Mutex<Connection>,
    thread: Arc<Thread>,
    /// Held as long as the server lives.
    _lock: File,
}

/// What the thread that writes, and those who ask it, know of each other.
#[derive(Default)]
struct Thread {
    /// How many jobs wait.
    waiting: AtomicUsize,
    /// Nothing is written, or acknowledged, from now on: as if the process had been killed.
    #[cfg(test)]
    is_killed: std::sync::atomic::AtomicBool,
    /// That becomes so when it was asked for so many times; 0 where it does not by itself.
    #[cfg(test)]
    fuse: std::sync::atomic::AtomicU32,
}

impl Thread {
    /// Whether the process is dead, for all that can be told from outside.
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "only a simulated life ends early"))]
    fn is_killed(&self) -> bool {
        #[cfg(test)]
        {
            let burn = |left: u32| left.checked_sub(1);
            if self.fuse.fetch_update(Ordering::Relaxed, Ordering::Relaxed, burn) == Ok(1) {
                self.is_killed.store(true, Ordering::Relaxed);
            }
            self.is_killed.load(Ordering::Relaxed)
        }
        #[cfg(not(test))]
        false
    }
}

/// A room as it is kept.
pub(super) struct Found {
    pub(super) room: Room,
    pub(super) meta: Meta,
}

/// What is kept beside a room's text.
pub(super) struct Meta {
    /// The number of the room.
    pub(super) number: i64,
    /// Names this history of the text: another one cannot be merged with it.
    pub(super) epoch: String,
    /// The branch on which it was opened.
    pub(super) branch: Option<String>,
    /// The number of the last step.
    pub(super) last: i64,
    /// Who wrote since the last commit.
    pub(super) authors: Vec<Author>,
    /// Whose the clients of the CRDT are.
    pub(super) clients: HashMap<u64, String>,
}

fn failed(error: &rusqlite::Error) -> Failure {
    Failure::new(format!("`.recount/state/{FILE}` cannot be used: {error}"))
        .hint("nothing that was acknowledged is lost; look at the disk, then try again")
        .of(FailureKind::Trouble)
}

impl Journal {
    /// Opens the file of a library, and begins to write.
    ///
    /// # Errors
    ///
    /// Where it cannot be made or read, and where another server has it.
    pub(super) fn open(library: &Library) -> Result<Self, Failure> {
        let folder = library.state_folder()?;
        let lock = locked(&folder)?;
        let file = folder.join(FILE);
        let writer = connected(&file).map_err(|error| failed(&error))?;
        make(&writer).map_err(|error| failed(&error))?;
        let reader = connected(&file).map_err(|error| failed(&error))?;
        let (jobs, received) = channel();
        let shared = Arc::<Thread>::default();
        let own = Arc::clone(&shared);
        thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || write(writer, &received, &own))
            .map_err(|error| {
                Failure::new(format!("no thread can be started: {error}")).of(FailureKind::Trouble)
            })?;
        Ok(Self { jobs: Mutex::new(jobs), reader: Mutex::new(reader), thread: shared, _lock: lock })
    }

    /// Writes something, and does `then` once it is on disk.
    pub(super) fn append(
        &self,
        write: impl FnMut(&Transaction<'_>) -> rusqlite::Result<()> + Send + 'static,
        then: impl FnOnce() + Send + 'static,
    ) {
        self.send(Job { write: Some(Box::new(write)), then: Some(Box::new(then)) });
    }

    /// Does something once all is on disk that was asked for before.
    pub(super) fn after(&self, then: impl FnOnce() + Send + 'static) {
        self.send(Job { write: None, then: Some(Box::new(then)) });
    }

    /// Waits until all is on disk that was asked for before.
    pub(super) fn settle(&self) {
        let (done, told) = channel();
        self.after(move || {
            // Whoever waited may have gone.
            let _ = done.send(());
        });
        let _ = told.recv();
    }

    /// How many jobs wait.
    pub(super) fn waiting(&self) -> usize {
        self.thread.waiting.load(Ordering::Relaxed)
    }

    /// Ends as a process does that is killed: what waits is neither written nor acknowledged.
    #[cfg(test)]
    pub(super) fn kill(&self) {
        self.thread.is_killed.store(true, Ordering::Relaxed);
        self.send(Job { write: None, then: None });
    }

    /// Lets it be killed by itself, somewhere soon.
    #[cfg(test)]
    pub(super) fn light(&self, fuse: u32) {
        self.thread.fuse.store(fuse, Ordering::Relaxed);
    }

    /// Whether nothing is written any more.
    pub(super) fn is_killed(&self) -> bool {
        self.thread.is_killed()
    }

    fn send(&self, job: Job) {
        self.thread.waiting.fetch_add(1, Ordering::Relaxed);
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        // The thread lives as long as this does.
        let _ = jobs.send(job);
    }

    /// The room of a file that holds `file` now, where one is kept.
    pub(super) fn find(&self, path: &str, file: Option<&[u8]>) -> Result<Option<Found>, Failure> {
        self.settle();
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        found(&reader, path, file).map_err(|error| failed(&error))
    }

    /// The paths of all rooms.
    pub(super) fn paths(&self) -> Result<Vec<String>, Failure> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let all = || -> rusqlite::Result<Vec<String>> {
            let mut query = reader.prepare("SELECT path FROM room ORDER BY path")?;
            query.query_map([], |row| row.get(0))?.collect()
        };
        all().map_err(|error| failed(&error))
    }

    /// Begins the history of a room anew, and gives back what is kept beside it.
    pub(super) fn begin(
        &self,
        path: &str,
        epoch: &str,
        branch: Option<String>,
        room: &Room,
        bytes: Vec<u8>,
        now: i64,
    ) -> Result<Meta, Failure> {
        let (told, number) = channel();
        let (path, epoch_kept, branch_kept, whole) =
            (path.to_owned(), epoch.to_owned(), branch.clone(), room.whole());
        let pieces = as_json(&room.base().pieces);
        self.append(
            move |transaction| {
                transaction.execute("DELETE FROM room WHERE path = ?1", [&path])?;
                transaction.execute(
                    "INSERT INTO room (path, epoch, branch, used, authors) VALUES (?1, ?2, ?3, ?4, '[]')",
                    params![path, epoch_kept, branch_kept, now],
                )?;
                let number = transaction.last_insert_rowid();
                transaction.execute("INSERT INTO step VALUES (?1, 1, ?2)", params![number, whole])?;
                transaction.execute(
                    "INSERT INTO base VALUES (?1, 1, 1, ?2, ?3, 1)",
                    params![number, bytes, pieces],
                )?;
                let _ = told.send(number);
                Ok(())
            },
            || (),
        );
        self.settle();
        // Told once for each try: the last one is what was written.
        let number = number.try_iter().last().ok_or_else(|| failed(&rusqlite::Error::InvalidQuery))?;
        let epoch = epoch.to_owned();
        Ok(Meta { number, epoch, branch, last: 1, authors: Vec::new(), clients: HashMap::new() })
    }
}

/// Steps of a room, as jobs.
impl Journal {
    /// Adds a step; with it, where it comes of what the file holds, what that held and holds now.
    pub(super) fn step(
        &self,
        room: i64,
        number: i64,
        step: Vec<u8>,
        bases: Option<&[Base]>,
        then: impl FnOnce() + Send + 'static,
    ) {
        let bases = bases.map(|bases| Bases::new(room, number, bases, true));
        self.append(
            move |transaction| {
                let mut query =
                    transaction.prepare_cached("INSERT OR IGNORE INTO step VALUES (?1, ?2, ?3)")?;
                query.execute(params![room, number, step])?;
                bases.as_ref().map_or(Ok(()), |bases| bases.write(transaction))
            },
            then,
        );
    }

    /// Says whose a client is.
    pub(super) fn client(&self, room: i64, client: u64, who: String) {
        self.append(
            move |transaction| {
                let mut query =
                    transaction.prepare_cached("INSERT OR IGNORE INTO client VALUES (?1, ?2, ?3)")?;
                query.execute(params![room, client.cast_signed(), who]).map(|_| ())
            },
            || (),
        );
    }

    /// Says who wrote since the last commit.
    pub(super) fn authors(&self, room: i64, authors: &[Author], now: i64) {
        let authors: Vec<(&str, &str)> =
            authors.iter().map(|author| (author.name.as_str(), author.mail.as_str())).collect();
        let authors = as_json(&authors);
        self.append(
            move |transaction| {
                transaction
                    .execute(
                        "UPDATE room SET authors = ?2, used = ?3 WHERE number = ?1",
                        params![room, authors, now],
                    )
                    .map(|_| ())
            },
            || (),
        );
    }

    /// Says on which branch a room is.
    pub(super) fn branch(&self, room: i64, branch: Option<String>) {
        self.append(
            move |transaction| {
                transaction
                    .execute("UPDATE room SET branch = ?2 WHERE number = ?1", params![room, branch])
                    .map(|_| ())
            },
            || (),
        );
    }

    /// Says what the file held and holds; `after` is the number of the last step that these know of. The last one is
    /// only about to be written where it is not `sure`.
    pub(super) fn bases(&self, room: i64, after: i64, bases: &[Base], sure: bool) {
        let bases = Bases::new(room, after, bases, sure);
        self.append(move |transaction| bases.write(transaction), || ());
    }

    /// Says that the last content of the file was written.
    pub(super) fn sure(&self, room: i64) {
        self.append(
            move |transaction| {
                transaction.execute("UPDATE base SET sure = 1 WHERE room = ?1", [room]).map(|_| ())
            },
            || (),
        );
    }

    /// Puts one step in place of all up to `last`.
    pub(super) fn compact(&self, room: i64, last: i64, whole: Vec<u8>, bases: &[Base]) {
        let bases = Bases::new(room, last, bases, true);
        self.append(
            move |transaction| {
                transaction
                    .execute("DELETE FROM step WHERE room = ?1 AND number <= ?2", params![room, last])?;
                transaction.execute("INSERT INTO step VALUES (?1, ?2, ?3)", params![room, last, whole])?;
                bases.write(transaction)
            },
            || (),
        );
    }

    /// Forgets a room.
    pub(super) fn forget(&self, room: i64) {
        self.append(
            move |transaction| transaction.execute("DELETE FROM room WHERE number = ?1", [room]).map(|_| ()),
            || (),
        );
    }

    /// The rooms that nobody used for long.
    pub(super) fn old(&self, now: i64) -> Result<Vec<String>, Failure> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let all = || -> rusqlite::Result<Vec<String>> {
            let mut query = reader.prepare("SELECT path FROM room WHERE used < ?1")?;
            query.query_map([now - KEPT], |row| row.get(0))?.collect()
        };
        all().map_err(|error| failed(&error))
    }
}

/// What the file of a room held and holds, ready to be written.
struct Bases {
    room: i64,
    after: i64,
    sure: bool,
    /// The bytes, and what became of them.
    all: Vec<(Vec<u8>, String)>,
}

impl Bases {
    fn new(room: i64, after: i64, bases: &[Base], sure: bool) -> Self {
        let bytes = |base: &Base| base.lines.with_text(&base.lines.text, &Pieces::whole(base.lines.length));
        let all = bases.iter().map(|base| (bytes(base), as_json(&base.pieces))).collect();
        Self { room, after, sure, all }
    }

    fn write(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        transaction.execute("DELETE FROM base WHERE room = ?1", [self.room])?;
        let mut query = transaction.prepare_cached("INSERT INTO base VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for (nth, (bytes, pieces)) in (0_i64..).zip(&self.all) {
            // There are a few of them.
            let is_last = usize::try_from(nth).is_ok_and(|nth| nth + 1 == self.all.len());
            query.execute(params![self.room, nth, self.after, bytes, pieces, self.sure || !is_last])?;
        }
        Ok(())
    }
}

/// Writes what comes, as much as there is at once.
fn write(mut connection: Connection, jobs: &Receiver<Job>, thread: &Thread) {
    while let Ok(first) = jobs.recv() {
        let mut together = vec![first];
        while together.len() < TOGETHER {
            let Ok(job) = jobs.try_recv() else { break };
            together.push(job);
        }
        if thread.is_killed() {
            return;
        }
        // Nothing is acknowledged before it is written, and nothing overtakes it: a disk that is full stops everybody.
        while written(&mut connection, &mut together).is_err() {
            thread::sleep(REST);
        }
        thread.waiting.fetch_sub(together.len(), Ordering::Relaxed);
        for job in together {
            if thread.is_killed() {
                return;
            }
            if let Some(then) = job.then {
                then();
            }
        }
    }
}

fn written(connection: &mut Connection, jobs: &mut [Job]) -> rusqlite::Result<()> {
    let mut writes = jobs.iter_mut().filter_map(|job| job.write.as_mut()).peekable();
    if writes.peek().is_none() {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for write in writes {
        write(&transaction)?;
    }
    transaction.commit()
}

fn locked(folder: &Path) -> Result<File, Failure> {
    let path = folder.join(LOCK);
    let trouble = |error: std::io::Error| {
        Failure::new(format!("`{}` cannot be made: {error}", path.display())).of(FailureKind::Trouble)
    };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(trouble)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::new(
            "another server has this library open for writing together",
        )
        .hint("write in the browser at that server, or stop it; forms and the terminal work here as well")
        .of(FailureKind::Conflict)),
        Err(TryLockError::Error(error)) => Err(trouble(error)),
    }
}

fn connected(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Each commit is on disk when it returns.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Where it cannot be, the folder's own permissions hold.
        let _ = fs::set_permissions(file, fs::Permissions::from_mode(0o600));
    }
    Ok(connection)
}

fn make(connection: &Connection) -> rusqlite::Result<()> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        connection.execute_batch(&format!("BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"))?;
    } else if version != VERSION {
        let message = format!("it is of version {version}, and this program knows {VERSION}");
        return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(26), Some(message)));
    }
    Ok(())
}

fn found(connection: &Connection, path: &str, file: Option<&[u8]>) -> rusqlite::Result<Option<Found>> {
    let mut query =
        connection.prepare_cached("SELECT number, epoch, branch, authors FROM room WHERE path = ?1")?;
    let row = query
        .query_row([path], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get::<_, String>(3)?))
        })
        .optional()?;
    let Some((number, epoch, branch, authors)) = row else { return Ok(None) };
    let mut query =
        connection.prepare_cached("SELECT number, step FROM step WHERE room = ?1 ORDER BY number")?;
    let steps: Vec<(i64, Vec<u8>)> =
        query.query_map([number], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let mut query = connection
        .prepare_cached("SELECT after, bytes, pieces, sure FROM base WHERE room = ?1 ORDER BY nth")?;
    let rows: Vec<(i64, Vec<u8>, String, bool)> = query
        .query_map([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let is_last_sure = rows.last().is_none_or(|(_, bytes, _, sure)| *sure || file == Some(bytes.as_slice()));
    let bases = rows.into_iter().filter_map(|(after, bytes, pieces, _)| {
        let at = steps.iter().take_while(|(number, _)| *number <= after).count();
        Some((at, Base { lines: Lines::read(&bytes)?, pieces: serde_json::from_str(&pieces).ok()? }))
    });
    let mut bases: Vec<(usize, Base)> = bases.collect();
    if !is_last_sure && was_not_written(&bases, file) {
        bases.pop();
    }
    let mut query = connection.prepare_cached("SELECT client, who FROM client WHERE room = ?1")?;
    let clients = query
        .query_map([number], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let last = steps.last().map_or(0, |(number, _)| *number);
    let steps: Vec<Vec<u8>> = steps.into_iter().map(|(_, step)| step).collect();
    let Some(room) = Room::replayed(&steps, bases) else { return Ok(None) };
    let authors: Vec<(String, String)> = serde_json::from_str(&authors).unwrap_or_default();
    let authors = authors.into_iter().map(|(name, mail)| Author { name, mail }).collect();
    Ok(Some(Found { room, meta: Meta { number, epoch, branch, last, authors, clients } }))
}

/// Whether the last of the contents, which was about to be written when the server was killed, never came into the
/// file: then what the file holds now was made from an earlier one. It need not be any of them, where somebody else
/// saved it since.
fn was_not_written(bases: &[(usize, Base)], file: Option<&[u8]>) -> bool {
    let Some(now) = file.and_then(Lines::read) else { return false };
    let texts: Vec<&str> = bases.iter().map(|(_, base)| &*base.lines.text).collect();
    likeliest(&texts, &now.text).is_some_and(|from| from + 1 < texts.len())
}

fn as_json(value: &impl serde::Serialize) -> String {
    // Numbers and texts in lists: nothing of it fails.
    serde_json::to_string(value).unwrap_or_default()
}
