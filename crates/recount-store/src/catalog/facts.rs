//! The facts in SQLite: which files were read when, the record of each, and all of them in brief, a few hundred in a
//! row.
//!
//! What does not live here: deciding what is stale ([`super::refresh`]), and the text
//! ([`super::text`]).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use recount_engine::document::Record;
use recount_engine::insights::brief::{Brief, Briefs, Gathering};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Part, Trouble};

/// Grows with every change to what is kept here or in the text.
const SCHEMA: u32 = 6;

const TABLES: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE folders (path BLOB PRIMARY KEY, files BLOB NOT NULL);
    CREATE TABLE briefs (block INTEGER PRIMARY KEY, briefs BLOB NOT NULL);
    CREATE TABLE facts (number INTEGER PRIMARY KEY, record BLOB NOT NULL);
    CREATE TABLE open (number INTEGER PRIMARY KEY, record BLOB NOT NULL);
    CREATE TABLE whole (number INTEGER PRIMARY KEY, record BLOB NOT NULL);
";

/// The database of a library.
pub(super) struct Facts {
    connection: Connection,
}

/// The path of a folder, and the block of its files.
pub(super) type Folder = (Vec<u8>, Vec<u8>);

/// What the database says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// Which catalog it is: a name that no other has, so that parts of two are never taken for one.
    pub(super) name: String,
    /// Grows with each commit.
    pub(super) generation: i64,
    /// The text as it was left.
    pub(super) text: Option<Left>,
    /// The next number to give.
    pub(super) next: u64,
    /// When the files were last looked at, by the clock of their disk, in nanoseconds since 1970.
    pub(super) taken: i64,
}

/// The text as it was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Left {
    /// The generation in which it was last written: its note names it.
    pub(super) generation: i64,
    /// The shape of its files then.
    pub(super) shape: String,
    /// The generation for which is told what it lacks and has beyond.
    pub(super) as_of: i64,
    /// Numbers that it lacks.
    pub(super) lacks: Vec<u64>,
    /// Numbers that only it has.
    pub(super) beyond: Vec<u64>,
}

impl Left {
    /// As many documents its text and the facts may differ in before it is written again: until then they are read
    /// each time, which takes less than writing.
    const FEW: usize = 16;

    /// How many documents the text and the facts differ in.
    pub(super) fn differences(&self) -> usize {
        self.lacks.len().max(self.beyond.len())
    }

    /// Whether so many more changes to the facts of `generation` need not be in the text.
    pub(super) fn can_wait(&self, generation: i64, changes: usize) -> bool {
        self.as_of == generation && self.differences() + changes <= Self::FEW
    }

    /// Notes what changed in the facts, which now have `generation`.
    pub(super) fn wait(&mut self, generation: i64, new: &[u64], removed: &[u64]) {
        for number in removed {
            match self.lacks.iter().position(|lacked| lacked == number) {
                Some(at) => drop(self.lacks.remove(at)),
                None => self.beyond.push(*number),
            }
        }
        self.lacks.extend(new);
        self.as_of = generation;
    }
}

impl Head {
    /// A sum over all of it.
    fn sum(&self) -> Vec<u8> {
        sum_of(format!("{self:?}").as_bytes()).to_vec()
    }
}

impl Facts {
    /// Opens the database of a program; none where nothing was kept yet.
    pub(super) fn open(path: &Path, program: &str) -> Result<Option<Self>, Trouble> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match Connection::open_with_flags(path, flags) {
            Ok(connection) => connection,
            Err(_) if !path.exists() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        connection.busy_timeout(Duration::from_secs(5))?;
        // A cache may lose its last changes with the power, but not its order.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32000; PRAGMA wal_autocheckpoint = 256;",
        )?;
        // Bringing each change into the database at once would wait for the disk three times; what waits in
        // the log is read by whoever opens it, and is brought over when it is 2 MB.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let mut found = None;
        if connection.table_exists(None, "meta")? {
            let mut row = connection.prepare("SELECT value FROM meta WHERE key = 'schema'")?;
            found = row.query_row([], |row| row.get::<_, String>(0)).optional()?;
        }
        if found.as_deref() != Some(schema_of(program).as_str()) {
            return Err(Trouble::Outdated);
        }
        Ok(Some(Self { connection }))
    }

    /// Begins the database of a program where nothing was kept yet. Nobody sees it before [`Facts::finish`], so
    /// that it needs no journal: after a kill it is begun again.
    pub(super) fn begin(path: &Path, program: &str, name: &str) -> Result<Self, Trouble> {
        remove(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.execute_batch(
            "PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32000;",
        )?;
        connection.execute_batch(TABLES)?;
        connection.execute(
            "INSERT INTO meta VALUES ('schema', ?1), ('name', ?2), ('generation', 0), ('next', 1), ('taken', 0)",
            params![schema_of(program), name],
        )?;
        Ok(Self { connection })
    }

    /// Puts a database that was begun into its place, whole.
    pub(super) fn finish(self, from: &Path, to: &Path) -> Result<(), Trouble> {
        self.connection.execute_batch("PRAGMA journal_mode = WAL")?;
        self.connection.close().map_err(|(_, error)| error)?;
        std::fs::File::open(from)?.sync_data()?;
        // The log of an earlier database would be taken for this one's.
        for rest in ["-wal", "-shm"] {
            let mut name = to.as_os_str().to_owned();
            name.push(rest);
            remove(Path::new(&name))?;
        }
        Ok(std::fs::rename(from, to)?)
    }

    /// Begins to read one state, whatever others write.
    pub(super) fn hold(&self) -> Result<Head, Trouble> {
        self.release();
        self.connection.execute_batch("BEGIN DEFERRED")?;
        self.head()
    }

    /// Ends reading one state.
    pub(super) fn release(&self) {
        if !self.connection.is_autocommit() {
            // A reader that cannot end its reading ends it with the connection.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    fn head(&self) -> Result<Head, Trouble> {
        let mut head = Head::default();
        let mut sum = Vec::new();
        let mut rows = self.connection.prepare("SELECT key, value FROM meta")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let key: String = row.get(0)?;
            match key.as_str() {
                "name" => head.name = row.get(1)?,
                "generation" => head.generation = row.get(1)?,
                "next" => head.next = row.get::<_, i64>(1)?.cast_unsigned(),
                "taken" => head.taken = row.get(1)?,
                "text" => {
                    let bytes = row.get_ref(1)?.as_bytes().map_err(|_| Trouble::Damaged)?;
                    head.text = Some(postcard::from_bytes(bytes).map_err(|_| Trouble::Damaged)?);
                }
                "sum" => sum = row.get(1)?,
                _ => {}
            }
        }
        // Nothing was kept yet under the first generation.
        if head.generation != 0 && sum != head.sum() {
            return Err(Trouble::Damaged);
        }
        Ok(head)
    }

    /// The folders with their blocks of files.
    pub(super) fn folders(&self) -> Result<Vec<Folder>, Trouble> {
        let mut statement = self.connection.prepare("SELECT path, files FROM folders")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        let mut folders = Vec::new();
        for row in rows {
            let (path, files) = row?;
            folders.push((path, checked(files)?));
        }
        Ok(folders)
    }

    /// The records of numbers that lie between two, ends included.
    pub(super) fn records(
        &self,
        (low, high): (u64, u64),
        part: Part,
        mut take: impl FnMut(u64, Record),
    ) -> Result<(), Trouble> {
        let query = match part {
            Part::Facts => "SELECT number, record FROM facts WHERE number BETWEEN ?1 AND ?2",
            Part::Open => "SELECT number, record FROM open WHERE number BETWEEN ?1 AND ?2",
            Part::Whole => "SELECT number, record FROM whole WHERE number BETWEEN ?1 AND ?2",
        };
        let mut statement = self.connection.prepare_cached(query)?;
        let mut rows = statement.query(params![low.cast_signed(), high.cast_signed()])?;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            let bytes = row.get_ref(1)?.as_bytes().map_err(|_| Trouble::Damaged)?;
            let number = number.cast_unsigned();
            take(number, unpack(number, bytes)?);
        }
        Ok(())
    }

    /// The postmortems in brief of the blocks that lie between two, ends included.
    pub(super) fn briefs(
        &self,
        (low, high): (u64, u64),
        mut take: impl FnMut(Briefs),
    ) -> Result<(), Trouble> {
        let query = "SELECT block, briefs FROM briefs WHERE block BETWEEN ?1 AND ?2";
        let mut statement = self.connection.prepare_cached(query)?;
        let mut rows = statement.query(params![low.cast_signed(), high.cast_signed()])?;
        while let Some(row) = rows.next()? {
            let block: i64 = row.get(0)?;
            let bytes = row.get_ref(1)?.as_bytes().map_err(|_| Trouble::Damaged)?;
            take(unpack(block.cast_unsigned(), bytes)?);
        }
        Ok(())
    }

    /// One record, whole. That it is not there is damage.
    pub(super) fn record(&self, number: u64) -> Result<Record, Trouble> {
        let mut found = None;
        self.records((number, number), Part::Whole, |_, record| found = Some(record))?;
        found.ok_or(Trouble::Damaged)
    }

    /// Begins to write.
    pub(super) fn change(&self) -> Result<Change<'_>, Trouble> {
        self.release();
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(Change { facts: self, blocks: RefCell::default() })
    }
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn schema_of(program: &str) -> String {
    format!("{SCHEMA} {program}")
}

/// A record as bytes, with a sum over them and its number behind: a record under another's number is damage.
fn pack(number: u64, record: &impl Serialize) -> Vec<u8> {
    // Plain data of types that can all be written.
    let mut bytes = postcard::to_stdvec(record).unwrap_or_default();
    let sum = sum_of_both(number, &bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

fn unpack<T: DeserializeOwned>(number: u64, bytes: &[u8]) -> Result<T, Trouble> {
    let (bytes, sum) = bytes.split_last_chunk::<4>().ok_or(Trouble::Damaged)?;
    if sum_of_both(number, bytes) != *sum {
        return Err(Trouble::Damaged);
    }
    postcard::from_bytes(bytes).map_err(|_| Trouble::Damaged)
}

/// Appends the sum over what is there.
pub(super) fn seal(bytes: &mut Vec<u8>) {
    let sum = sum_of(bytes);
    bytes.extend_from_slice(&sum);
}

pub(super) fn checked(mut bytes: Vec<u8>) -> Result<Vec<u8>, Trouble> {
    let (content, sum) = bytes.split_last_chunk::<4>().ok_or(Trouble::Damaged)?;
    if sum_of(content) != *sum {
        return Err(Trouble::Damaged);
    }
    bytes.truncate(bytes.len() - 4);
    Ok(bytes)
}

/// A sum that tells damage, not malice.
pub(super) fn sum_of(bytes: &[u8]) -> [u8; 4] {
    sum_of_both(0, bytes)
}

/// A sum that tells damage, not malice: eight bytes at a time.
fn sum_of_both(number: u64, bytes: &[u8]) -> [u8; 4] {
    let mut sum = bytes.len() as u64 ^ number.rotate_left(32) ^ 0x9e37_79b9_7f4a_7c15;
    let mut mix = |word: u64| sum = (sum.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let mut words = bytes.chunks_exact(8);
    for word in words.by_ref() {
        let mut whole = [0; 8];
        whole.copy_from_slice(word);
        mix(u64::from_le_bytes(whole));
    }
    let mut last = [0; 8];
    last[..words.remainder().len()].copy_from_slice(words.remainder());
    mix(u64::from_le_bytes(last));
    ((sum >> 32) as u32).to_le_bytes()
}

/// The record without its long texts: what figures and lists need.
pub(super) fn without_texts(record: &Record) -> Record {
    let mut facts = Record { trigger: None, root_cause: None, ..record.clone() };
    for texts in [&mut facts.went_well, &mut facts.went_poorly, &mut facts.got_lucky] {
        texts.clear();
    }
    facts.factors.iter_mut().for_each(|factor| factor.text.clear());
    for item in &mut facts.actions {
        item.action.clear();
        item.status_reason = None;
    }
    facts
}

/// The record with its open action items, and without what is not about them; none where nothing is open.
pub(super) fn only_open(record: &Record) -> Option<Record> {
    let actions: Vec<_> = record.actions.iter().filter(|item| item.is_open()).cloned().collect();
    let rest = Record { actions: Vec::new(), ..without_texts(record) };
    (!actions.is_empty()).then_some(Record { actions, ..rest })
}

/// A document as it is kept.
pub(super) struct Packed {
    brief: Briefs,
    facts: Vec<u8>,
    open: Option<Vec<u8>>,
    whole: Vec<u8>,
}

impl Packed {
    /// The document of a number.
    pub(super) fn of(number: u64, record: &Record) -> Self {
        Self {
            brief: in_brief([(number, record)]),
            facts: pack(number, &without_texts(record)),
            open: only_open(record).map(|items| pack(number, &items)),
            whole: pack(number, record),
        }
    }
}

/// Records in brief, as one block.
pub(super) fn in_brief<'r>(records: impl IntoIterator<Item = (u64, &'r Record)>) -> Briefs {
    let mut block = Gathering::default();
    records.into_iter().for_each(|(number, record)| block.push(number, record));
    block.finish()
}

/// How many numbers a block holds in brief: many, so that their words stand there once, but not so many that one
/// that changed costs much.
pub(super) const BLOCK: u64 = 512;

/// Blocks whose changes are held back: documents come about in the order of their numbers.
const HELD: usize = 4;

/// Changes to the database, seen by nobody before they are committed.
pub(super) struct Change<'f> {
    facts: &'f Facts,
    /// What changes in brief, by block and number; none for what is removed.
    blocks: RefCell<BTreeMap<u64, BTreeMap<u64, Option<Briefs>>>>,
}

impl Change<'_> {
    pub(super) fn put(&self, number: u64, packed: Packed) -> Result<(), Trouble> {
        let Packed { brief, facts, open, whole } = packed;
        let rows = [("facts", Some(facts)), ("open", open), ("whole", Some(whole))];
        for (table, record) in rows.into_iter().filter_map(|(table, record)| Some((table, record?))) {
            let query = format!("INSERT OR REPLACE INTO {table} (number, record) VALUES (?1, ?2)");
            let mut row = self.facts.connection.prepare_cached(&query)?;
            row.execute(params![number.cast_signed(), record])?;
        }
        self.put_brief(number, Some(brief))
    }

    pub(super) fn remove(&self, number: u64) -> Result<(), Trouble> {
        for table in ["facts", "open", "whole"] {
            let mut row =
                self.facts.connection.prepare_cached(&format!("DELETE FROM {table} WHERE number = ?1"))?;
            row.execute([number.cast_signed()])?;
        }
        self.put_brief(number, None)
    }

    fn put_brief(&self, number: u64, brief: Option<Briefs>) -> Result<(), Trouble> {
        let mut blocks = self.blocks.borrow_mut();
        blocks.entry(number / BLOCK).or_default().insert(number, brief);
        while blocks.len() > HELD {
            let Some((block, changed)) = blocks.pop_first() else { break };
            self.write_block(block, &changed)?;
        }
        Ok(())
    }

    /// Writes a block anew, with what changed in it.
    fn write_block(&self, block: u64, changed: &BTreeMap<u64, Option<Briefs>>) -> Result<(), Trouble> {
        let mut before = Vec::new();
        self.facts.briefs((block, block), |briefs| before.push(briefs))?;
        // In the order of their numbers: what stays as it was, and what is new.
        let mut all: BTreeMap<u64, (&Briefs, &Brief)> = BTreeMap::new();
        for briefs in before.iter().chain(changed.values().flatten()) {
            let is_left = |brief: &&Brief| changed.get(&brief.number).is_none_or(Option::is_some);
            all.extend(briefs.all().iter().filter(is_left).map(|brief| (brief.number, (briefs, brief))));
        }
        let mut made = Gathering::default();
        for (briefs, brief) in all.values() {
            made.copy(briefs, brief);
        }
        let bytes = pack(block, &made.finish());
        let mut row =
            self.facts.connection.prepare_cached("INSERT OR REPLACE INTO briefs VALUES (?1, ?2)")?;
        row.execute(params![block.cast_signed(), bytes])?;
        Ok(())
    }

    pub(super) fn put_folder(&self, path: &[u8], mut files: Vec<u8>) -> Result<(), Trouble> {
        seal(&mut files);
        let mut row =
            self.facts.connection.prepare_cached("INSERT OR REPLACE INTO folders VALUES (?1, ?2)")?;
        row.execute(params![path, files])?;
        Ok(())
    }

    pub(super) fn remove_folder(&self, path: &[u8]) -> Result<(), Trouble> {
        self.facts.connection.execute("DELETE FROM folders WHERE path = ?1", [path])?;
        Ok(())
    }

    /// Makes the changes seen, as the state that `head` describes.
    pub(super) fn commit(self, head: &Head) -> Result<(), Trouble> {
        for (block, changed) in self.blocks.take() {
            self.write_block(block, &changed)?;
        }
        let connection = &self.facts.connection;
        let mut put = connection.prepare("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?;
        put.execute(params!["generation", head.generation])?;
        put.execute(params!["next", head.next.cast_signed()])?;
        put.execute(params!["taken", head.taken])?;
        if let Some(left) = &head.text {
            put.execute(params!["text", postcard::to_stdvec(left).unwrap_or_default()])?;
        }
        put.execute(params!["sum", head.sum()])?;
        drop(put);
        connection.execute_batch("COMMIT")?;
        Ok(())
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        // What was not committed never was.
        self.facts.release();
    }
}
