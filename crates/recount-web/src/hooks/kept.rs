//! The file that keeps what came in and what goes out: `.recount/state/hooks.db`.
//!
//! What was received is here before its sender hears that it was, and what happened to a postmortem is here in one
//! transaction with the state that it was compared with, so that a kill at any point loses nothing and tells nothing
//! twice. What does not live here: what a payload means, and when something is sent.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use recount_store::{Library, STATE_FOLDER};
use recount_workspace::{Failure, FailureKind};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::news::{News, Seen};

/// The file, in the library's state folder.
const FILE: &str = "hooks.db";
/// The version of its tables.
const VERSION: i64 = 1;
/// How long one writer waits for another.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many payloads wait to be worked on; what comes then is sent again by its sender.
const MOST_PENDING: i64 = 5_000;
/// So large the file becomes, and no larger by what is received.
const MOST_BYTES: i64 = 512 << 20;
/// So many payloads of one incident are read together, the latest, and no more bytes of them.
const MOST_OF_ONE: i64 = 500;
const MOST_BYTES_OF_ONE: usize = 32 << 20;
/// So many payloads that wait are read at once.
const AT_ONCE: i64 = 50;
/// So many deliveries wait; what happens then is told to nobody.
const MOST_WAITING: i64 = 10_000;
/// Payloads, and deliveries that were given up, are kept so long, in seconds; what was received is known for as long
/// again.
const KEPT: i64 = 30 * 24 * 3600;

const TABLES: &str = "
    CREATE TABLE received (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        id TEXT NOT NULL,
        arrived INTEGER NOT NULL,
        payload TEXT NOT NULL,
        incident INTEGER,
        pending INTEGER NOT NULL,
        UNIQUE (source, id)
    ) STRICT;
    CREATE INDEX received_pending ON received (pending) WHERE pending = 1;
    CREATE INDEX received_incident ON received (incident);
    CREATE TABLE incident (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        own TEXT NOT NULL,
        thread TEXT NOT NULL,
        title TEXT NOT NULL,
        began INTEGER NOT NULL,
        until INTEGER NOT NULL,
        resolved INTEGER NOT NULL,
        wanted INTEGER NOT NULL,
        path TEXT,
        postmortem TEXT,
        made INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX incident_own ON incident (source, own);
    CREATE INDEX incident_thread ON incident (source, thread);
    CREATE TABLE seen (
        postmortem TEXT PRIMARY KEY,
        state TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE looked (once INTEGER PRIMARY KEY) STRICT;
    CREATE TABLE delivery (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        message TEXT NOT NULL,
        target TEXT NOT NULL,
        body TEXT NOT NULL,
        made INTEGER NOT NULL,
        tries INTEGER NOT NULL,
        next INTEGER NOT NULL,
        dead TEXT
    ) STRICT;
";

/// The file; nothing is made before there is something to keep.
pub(super) struct Kept {
    file: PathBuf,
    connection: Mutex<Option<Connection>>,
}

/// A payload that waits to be worked on.
pub(super) struct Pending {
    pub(super) number: i64,
    pub(super) source: String,
    pub(super) payload: String,
}

/// An incident that was heard of.
#[derive(Clone, Debug)]
pub(super) struct Incident {
    pub(super) number: i64,
    pub(super) source: String,
    /// Its sender's ID of it; empty where it has none.
    pub(super) own: String,
    /// What is the same where it fires again.
    pub(super) thread: String,
    pub(super) title: String,
    /// When it was first heard of, as its sender says, in seconds.
    pub(super) began: i64,
    /// When something last happened to it.
    pub(super) until: i64,
    pub(super) is_resolved: bool,
    /// Whether it is one that becomes a draft.
    pub(super) is_wanted: bool,
    /// Where its postmortem is, or was about to be made.
    pub(super) path: Option<String>,
    pub(super) postmortem: Option<String>,
    /// Whether that was made.
    pub(super) is_made: bool,
}

/// Something that is to be sent.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) number: i64,
    /// The ID of the message: the same at every try.
    pub(super) message: String,
    /// To whom: `target` of `deliver`.
    pub(super) target: String,
    pub(super) body: String,
    pub(super) tries: u32,
}

/// What became of what was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receipt {
    /// It is kept, and will be worked on.
    New,
    /// It was received before.
    Known,
    /// Too much waits.
    Full,
}

impl Kept {
    pub(super) fn of(library: &Library) -> Self {
        Self { file: library.root().join(STATE_FOLDER).join(FILE), connection: Mutex::new(None) }
    }

    /// Keeps a payload, once however often it comes.
    pub(super) fn receive(
        &self,
        source: &str,
        id: &str,
        payload: &str,
        now: Timestamp,
    ) -> Result<Receipt, Failure> {
        self.write(|all| {
            let is_known: bool = all.query_row(
                "SELECT EXISTS (SELECT 1 FROM received WHERE source = ?1 AND id = ?2)",
                [source, id],
                |row| row.get(0),
            )?;
            if is_known {
                return Ok(Receipt::Known);
            }
            let pending: i64 =
                all.query_row("SELECT count(*) FROM received WHERE pending = 1", [], |row| row.get(0))?;
            let pragma =
                |name: &str| all.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
            let bytes = (pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?;
            if pending >= MOST_PENDING || bytes >= MOST_BYTES {
                return Ok(Receipt::Full);
            }
            all.execute(
                "INSERT INTO received (source, id, arrived, payload, pending) VALUES (?1, ?2, ?3, ?4, 1)",
                params![source, id, now.as_second(), payload],
            )?;
            Ok(Receipt::New)
        })
    }

    /// What waits to be worked on behind a number, as it came: some of it.
    pub(super) fn pending(&self, after: i64) -> Result<Vec<Pending>, Failure> {
        if !self.is_there() {
            return Ok(Vec::new());
        }
        self.read(|all| {
            let mut query = all.prepare(
                "SELECT number, source, payload FROM received WHERE pending = 1 AND number > ?1 ORDER BY number LIMIT ?2",
            )?;
            let each = |row: &Row<'_>| {
                Ok(Pending { number: row.get(0)?, source: row.get(1)?, payload: row.get(2)? })
            };
            query.query_map([after, AT_ONCE], each)?.collect()
        })
    }

    /// The incident of its sender's ID, else the latest with this thread that was heard of within so many seconds.
    pub(super) fn incident(
        &self,
        source: &str,
        own: &str,
        thread: &str,
        at: i64,
        within: i64,
    ) -> Result<Option<Incident>, Failure> {
        self.read(|all| {
            let found = all
                .query_row(
                    &format!("{INCIDENT} WHERE source = ?1 AND own = ?2 AND own <> ''"),
                    [source, own],
                    incident,
                )
                .optional()?;
            if found.is_some() {
                return Ok(found);
            }
            // What is sent again late is about the past, so that both ends count.
            all.query_row(
                &format!(
                    "{INCIDENT} WHERE source = ?1 AND thread = ?2 AND until >= ?3 AND began <= ?4 \
                     ORDER BY until DESC LIMIT 1"
                ),
                params![source, thread, at.saturating_sub(within), at.saturating_add(within)],
                incident,
            )
            .optional()
        })
    }

    /// Writes an incident down, a new one where its number is 0, and that a payload is about it.
    pub(super) fn put(&self, one: &Incident, payload: i64) -> Result<i64, Failure> {
        self.write(|all| {
            let number = (one.number != 0).then_some(one.number);
            all.execute(
                "INSERT OR REPLACE INTO incident (number, source, own, thread, title, began, until, resolved, wanted, \
                 path, postmortem, made) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                params![
                    number,
                    one.source,
                    one.own,
                    one.thread,
                    one.title,
                    one.began,
                    one.until,
                    one.is_resolved,
                    one.is_wanted,
                    one.path,
                    one.postmortem,
                    one.is_made
                ],
            )?;
            let number = number.unwrap_or_else(|| all.last_insert_rowid());
            all.execute("UPDATE received SET incident = ?2 WHERE number = ?1", [payload, number])?;
            Ok(number)
        })
    }

    /// Incidents of which something waits to be worked on, in the order in which it came.
    pub(super) fn waiting(&self) -> Result<Vec<Incident>, Failure> {
        self.read(|all| {
            let mut query = all.prepare(&format!(
                "{INCIDENT} JOIN (SELECT incident, min(number) AS first FROM received WHERE pending = 1 AND \
                 incident IS NOT NULL GROUP BY incident) AS waits ON waits.incident = incident.number ORDER BY first"
            ))?;
            query.query_map([], incident)?.collect()
        })
    }

    /// The payloads of an incident, as they came; of too many the latest.
    pub(super) fn payloads(&self, incident: i64) -> Result<Vec<String>, Failure> {
        self.read(|all| {
            let mut query = all.prepare(
                "SELECT payload FROM received WHERE incident = ?1 AND payload <> '' ORDER BY number DESC LIMIT ?2",
            )?;
            let (mut payloads, mut bytes) = (Vec::new(), 0);
            for payload in query.query_map([incident, MOST_OF_ONE], |row| row.get::<_, String>(0))? {
                let payload = payload?;
                bytes += payload.len();
                if bytes > MOST_BYTES_OF_ONE && !payloads.is_empty() {
                    break;
                }
                payloads.push(payload);
            }
            payloads.reverse();
            Ok(payloads)
        })
    }

    /// Where the postmortem of an incident is about to be made.
    pub(super) fn planned(&self, incident: i64, path: &str, postmortem: Option<&str>) -> Result<(), Failure> {
        self.write(|all| {
            all.execute(
                "UPDATE incident SET path = ?2, postmortem = ?3, made = 0 WHERE number = ?1",
                params![incident, path, postmortem],
            )
        })?;
        Ok(())
    }

    /// That it was made.
    pub(super) fn made(&self, incident: i64) -> Result<(), Failure> {
        self.write(|all| all.execute("UPDATE incident SET made = 1 WHERE number = ?1", [incident]))?;
        Ok(())
    }

    /// That nothing of an incident waits any more; `up_to` is the last payload that was looked at.
    pub(super) fn done(&self, incident: i64, up_to: i64) -> Result<(), Failure> {
        self.write(|all| {
            all.execute(
                "UPDATE received SET pending = 0 WHERE incident = ?1 AND number <= ?2",
                [incident, up_to],
            )
        })?;
        Ok(())
    }

    /// That a payload is about nothing.
    pub(super) fn pass_over(&self, payload: i64) -> Result<(), Failure> {
        self.write(|all| {
            all.execute("UPDATE received SET pending = 0, payload = '' WHERE number = ?1", [payload])
        })?;
        Ok(())
    }

    /// Forgets what is old.
    pub(super) fn tidy(&self, now: Timestamp) -> Result<(), Failure> {
        if !self.is_there() {
            return Ok(());
        }
        self.write(|all| {
            let before = now.as_second() - KEPT;
            all.execute(
                "UPDATE received SET payload = '' WHERE pending = 0 AND arrived < ?1 AND payload <> ''",
                [before],
            )?;
            all.execute("DELETE FROM received WHERE pending = 0 AND arrived < ?1", [before - KEPT])?;
            all.execute(
                "DELETE FROM incident WHERE until < ?1 AND NOT EXISTS (SELECT 1 FROM received WHERE \
                 received.incident = incident.number)",
                [before - KEPT],
            )?;
            all.execute("DELETE FROM delivery WHERE dead IS NOT NULL AND made < ?1", [before])
        })?;
        Ok(())
    }

    /// What postmortems were when they were last compared; nothing where they never were.
    pub(super) fn seen(&self) -> Result<Option<BTreeMap<String, Seen>>, Failure> {
        if !self.is_there() {
            return Ok(None);
        }
        self.read(|all| {
            let is_any: bool = all.query_row("SELECT EXISTS (SELECT 1 FROM looked)", [], |row| row.get(0))?;
            if !is_any {
                return Ok(None);
            }
            let mut query = all.prepare("SELECT postmortem, state FROM seen")?;
            let each =
                |row: &Row<'_>| -> rusqlite::Result<(String, String)> { Ok((row.get(0)?, row.get(1)?)) };
            let mut seen = BTreeMap::new();
            for row in query.query_map([], each)? {
                let (postmortem, state) = row?;
                if let Ok(state) = serde_json::from_str(&state) {
                    seen.insert(postmortem, state);
                }
            }
            Ok(Some(seen))
        })
    }

    /// Forgets what postmortems were: nobody is told any more.
    pub(super) fn forget_seen(&self) -> Result<(), Failure> {
        if !self.is_there() {
            return Ok(());
        }
        self.write(|all| all.execute_batch("DELETE FROM seen; DELETE FROM looked;"))
    }

    /// Writes down what postmortems are now, and what is to be told of it: both or neither. Says how many deliveries
    /// found no place.
    pub(super) fn told(
        &self,
        changed: &[(&str, Option<&Seen>)],
        news: &[(News, Vec<String>)],
        now: Timestamp,
    ) -> Result<usize, Failure> {
        self.write(|all| {
            all.execute("INSERT OR IGNORE INTO looked VALUES (1)", [])?;
            for (postmortem, state) in changed {
                match state {
                    // Plain data has nothing that cannot be written.
                    Some(state) => all.prepare_cached("INSERT OR REPLACE INTO seen VALUES (?1, ?2)")?.execute(
                        params![postmortem, serde_json::to_string(state).unwrap_or_default()],
                    )?,
                    None => all.execute("DELETE FROM seen WHERE postmortem = ?1", [postmortem])?,
                };
            }
            let mut waiting: i64 =
                all.query_row("SELECT count(*) FROM delivery WHERE dead IS NULL", [], |row| row.get(0))?;
            let mut dropped = 0;
            for (one, targets) in news {
                for target in targets {
                    if waiting >= MOST_WAITING {
                        dropped += 1;
                        continue;
                    }
                    waiting += 1;
                    all.prepare_cached(
                        "INSERT INTO delivery (message, target, body, made, tries, next) VALUES (?1, ?2, ?3, ?4, 0, 0)",
                    )?
                    .execute(params![one.id, target, one.body, now.as_second()])?;
                }
            }
            Ok(dropped)
        })
    }

    /// What is to be sent now, oldest first, and when the next is due, in milliseconds.
    pub(super) fn due(&self, now: Timestamp) -> Result<(Vec<Delivery>, Option<i64>), Failure> {
        if !self.is_there() {
            return Ok((Vec::new(), None));
        }
        self.read(|all| {
            let mut query = all.prepare_cached(
                "SELECT number, message, target, body, tries FROM delivery WHERE dead IS NULL AND next <= ?1 \
                 ORDER BY number LIMIT 500",
            )?;
            let due = query.query_map([now.as_millisecond()], |row| {
                Ok(Delivery {
                    number: row.get(0)?,
                    message: row.get(1)?,
                    target: row.get(2)?,
                    body: row.get(3)?,
                    tries: row.get(4)?,
                })
            })?;
            let due = due.collect::<rusqlite::Result<Vec<_>>>()?;
            let next = all.query_row(
                "SELECT min(next) FROM delivery WHERE dead IS NULL AND next > ?1",
                [now.as_millisecond()],
                |row| row.get(0),
            )?;
            Ok((due, next))
        })
    }

    /// That a delivery arrived, or that nobody wants it any more.
    pub(super) fn delivered(&self, number: i64) -> Result<(), Failure> {
        self.write(|all| all.execute("DELETE FROM delivery WHERE number = ?1", [number]))?;
        Ok(())
    }

    /// That a delivery failed, and when it is tried again; never, where it is given up.
    pub(super) fn failed(&self, number: i64, next: Option<i64>, why: &str) -> Result<(), Failure> {
        self.write(|all| {
            let dead = next.is_none().then_some(why);
            all.execute(
                "UPDATE delivery SET tries = tries + 1, next = coalesce(?2, next), dead = ?3 WHERE number = ?1",
                params![number, next, dead],
            )
        })?;
        Ok(())
    }

    /// That whatever else goes to the same receiver waits as long.
    pub(super) fn postpone(&self, target: &str, next: i64) -> Result<(), Failure> {
        self.write(|all| {
            all.execute(
                "UPDATE delivery SET next = ?2 WHERE target = ?1 AND dead IS NULL AND next < ?2",
                params![target, next],
            )
        })?;
        Ok(())
    }

    /// How many deliveries wait, and how many were given up and are still kept.
    pub(super) fn counts(&self) -> Result<(i64, i64), Failure> {
        if !self.is_there() {
            return Ok((0, 0));
        }
        self.read(|all| {
            all.query_row(
                "SELECT count(*) FILTER (WHERE dead IS NULL), count(dead) FROM delivery",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
        })
    }

    fn is_there(&self) -> bool {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection.is_some() || self.file.exists()
    }

    fn read<T>(&self, ask: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Failure> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        ask(self.opened(&mut connection)?).map_err(|error| self.trouble(&error))
    }

    fn write<T>(&self, act: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, Failure> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = self.opened(&mut connection)?;
        let done = || {
            let transaction =
                Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Immediate)?;
            let done = act(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        done().map_err(|error| self.trouble(&error))
    }

    fn opened<'c>(&self, connection: &'c mut Option<Connection>) -> Result<&'c Connection, Failure> {
        let opened = if let Some(opened) = connection.take() {
            opened
        } else {
            self.make()?;
            self.open().map_err(|error| self.trouble(&error))?
        };
        Ok(connection.insert(opened))
    }

    /// Makes the file, which its owner alone may read.
    fn make(&self) -> Result<(), Failure> {
        let cannot = |error: std::io::Error| {
            Failure::new(format!("`{}` cannot be made: {error}", self.file.display()))
                .of(FailureKind::Trouble)
        };
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(cannot)?;
            // Wherever the library's own `.gitignore` is silent, what was received still reaches no repository.
            let ignore = folder.join(".gitignore");
            if !ignore.exists() {
                fs::write(&ignore, "*\n").map_err(cannot)?;
            }
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&self.file) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(cannot(error)),
            _ => Ok(()),
        }
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags)?;
        connection.busy_timeout(PATIENCE)?;
        let transaction = Transaction::new_unchecked(&connection, rusqlite::TransactionBehavior::Immediate)?;
        let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version == 0 {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        } else if version != VERSION {
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB),
                Some("it was written by a newer version of Recount".to_owned()),
            ));
        }
        transaction.commit()?;
        Ok(connection)
    }

    fn trouble(&self, error: &rusqlite::Error) -> Failure {
        Failure::new(format!("`{}` cannot be used: {error}", self.file.display()))
            .hint("its owner has to be the user who runs this")
            .of(FailureKind::Trouble)
    }
}

const INCIDENT: &str = "SELECT incident.number, source, own, thread, title, began, until, resolved, wanted, path, \
    postmortem, made FROM incident";

fn incident(row: &Row<'_>) -> rusqlite::Result<Incident> {
    Ok(Incident {
        number: row.get(0)?,
        source: row.get(1)?,
        own: row.get(2)?,
        thread: row.get(3)?,
        title: row.get(4)?,
        began: row.get(5)?,
        until: row.get(6)?,
        is_resolved: row.get(7)?,
        is_wanted: row.get(8)?,
        path: row.get(9)?,
        postmortem: row.get(10)?,
        is_made: row.get(11)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn kept() -> (tempfile::TempDir, Kept) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("recount.toml"), "").unwrap();
        let kept = Kept::of(&Library::open(folder.path()).unwrap());
        (folder, kept)
    }

    #[test]
    fn no_more_waits_than_the_file_may_hold_and_what_is_known_is_still_known() {
        let (_folder, kept) = kept();
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(kept.receive("pagerduty", "first", "{}", now).unwrap(), Receipt::New);
        let fill = "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ?1) \
            INSERT INTO received (source, id, arrived, payload, pending) SELECT 'pagerduty', 'x' || n, 0, '{}', 1 FROM counted";
        kept.write(|all| all.execute(fill, [MOST_PENDING - 2])).unwrap();
        assert_eq!(kept.receive("pagerduty", "last", "{}", now).unwrap(), Receipt::New);
        assert_eq!(kept.receive("pagerduty", "behind", "{}", now).unwrap(), Receipt::Full);
        assert_eq!(kept.receive("pagerduty", "last", "{}", now).unwrap(), Receipt::Known);
        assert_eq!(kept.pending(0).unwrap().len(), 50);
    }

    #[test]
    fn of_an_incident_with_too_much_the_latest_is_read() {
        let (_folder, kept) = kept();
        let large = "x".repeat(MOST_BYTES_OF_ONE / 4);
        for number in 0..9 {
            kept.receive(
                "pagerduty",
                &number.to_string(),
                &format!("{number}{large}"),
                Timestamp::UNIX_EPOCH,
            )
            .unwrap();
        }
        kept.write(|all| all.execute("UPDATE received SET incident = 1", [])).unwrap();
        let read: Vec<char> =
            kept.payloads(1).unwrap().iter().filter_map(|text| text.chars().next()).collect();
        assert_eq!(read, ['6', '7', '8']);
    }
}
