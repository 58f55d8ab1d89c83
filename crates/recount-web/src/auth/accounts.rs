//! The file that holds accounts: `.recount/state/accounts.db`.
//!
//! SQLite rather than a file of JSON: `recount user` and a running server write it at the same time, sessions and
//! tokens note when they were last used, and removing an account takes all that hangs on it away in one transaction.
//! What does not live here: sessions and tokens, which hang on an account ([`super::sessions`], [`super::tokens`]).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use recount_store::{Library, STATE_FOLDER};
use recount_workspace::{Failure, FailureKind};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Row, params};

use super::password;

/// The file, in the library's state folder.
const FILE: &str = "accounts.db";
/// The version of its tables.
const VERSION: i64 = 1;
/// How long one writer waits for another.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest name of an account.
const LONGEST_NAME: usize = 64;

const TABLES: &str = "
    CREATE TABLE account (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        display TEXT NOT NULL,
        mail TEXT NOT NULL,
        password TEXT NOT NULL,
        created INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE session (
        sum BLOB PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
        created INTEGER NOT NULL,
        seen INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX session_account ON session (account);
    CREATE TABLE token (
        sum BLOB PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
        name TEXT NOT NULL,
        scope TEXT NOT NULL,
        created INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        used INTEGER,
        UNIQUE (account, name)
    ) STRICT, WITHOUT ROWID;
";

/// The accounts of a library. Nothing is made before there is a first one.
pub struct Accounts {
    file: PathBuf,
    connection: Mutex<Option<Connection>>,
}

/// Somebody who may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub(super) id: i64,
    /// The name to sign in with, which is also the handle: `ana`.
    pub name: String,
    /// The name that changes carry.
    pub display: String,
    /// The mail address that commits carry; may be empty.
    pub mail: String,
    /// Since when there is this account.
    pub created: Timestamp,
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount<'a> {
    /// The name to sign in with.
    pub name: &'a str,
    /// The name that changes carry.
    pub display: &'a str,
    /// The mail address that commits carry; may be empty.
    pub mail: &'a str,
    /// The password, as it was typed.
    pub password: &'a str,
}

/// A name as it is kept: without the sign of a handle, in small letters.
pub(crate) fn plain_name(name: &str) -> String {
    name.trim().trim_start_matches('@').to_lowercase()
}

impl Accounts {
    /// The accounts of a library.
    pub fn of(library: &Library) -> Self {
        Self { file: library.root().join(STATE_FOLDER).join(FILE), connection: Mutex::new(None) }
    }

    /// Whether there is an account.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read: then nobody may come in.
    pub fn is_any(&self) -> Result<bool, Failure> {
        let any = self.read(|connection| {
            connection.query_row("SELECT EXISTS (SELECT 1 FROM account)", [], |row| row.get(0))
        })?;
        Ok(any.unwrap_or(false))
    }

    /// All accounts, by name.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read.
    pub fn list(&self) -> Result<Vec<Account>, Failure> {
        let list = self.read(|connection| {
            let mut query =
                connection.prepare("SELECT id, name, display, mail, created FROM account ORDER BY name")?;
            query.query_map([], account)?.collect()
        })?;
        Ok(list.unwrap_or_default())
    }

    /// The account of a name.
    ///
    /// # Errors
    ///
    /// Where there is none, or the file cannot be read.
    pub fn find(&self, name: &str) -> Result<Account, Failure> {
        let found = self.with_password(name)?.map(|(account, _)| account);
        found.ok_or_else(|| {
            Failure::new(format!("there is no account `{}`", plain_name(name)))
                .hint("`recount user list` shows all")
                .of(FailureKind::Missing)
        })
    }

    /// An account, with what is kept of its password.
    pub(crate) fn with_password(&self, name: &str) -> Result<Option<(Account, String)>, Failure> {
        let found = self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT id, name, display, mail, created, password FROM account WHERE name = ?1",
            )?;
            query.query_row([plain_name(name)], |row| Ok((account(row)?, row.get(5)?))).optional()
        })?;
        Ok(found.flatten())
    }

    /// Makes an account.
    ///
    /// # Errors
    ///
    /// Where the name is taken or none, the password is not good enough, or the file cannot be written.
    pub fn add(&self, new: &NewAccount<'_>, now: Timestamp) -> Result<Account, Failure> {
        let name = checked_name(new.name)?;
        password::check(&name, new.password)?;
        let (display, mail) = (line(new.display), line(new.mail));
        refuse_no_mail(&mail)?;
        let kept = password::kept(new.password)?;
        let display = if display.is_empty() { name.clone() } else { display };
        self.make()?;
        self.write(|connection| {
            connection.execute(
                "INSERT INTO account (name, display, mail, password, created) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![name, display, mail, kept, now.as_second()],
            )
        })
        .map_err(|failure| {
            if failure.kind() == FailureKind::Conflict {
                Failure::new(format!("there is an account `{name}` already"))
                    .hint(format!("`recount user password {name}` gives it another password"))
                    .of(FailureKind::Conflict)
            } else {
                failure
            }
        })?;
        self.find(&name)
    }

    /// Removes an account, with its sessions and tokens.
    ///
    /// # Errors
    ///
    /// Where there is none of that name, or the file cannot be written.
    pub fn remove(&self, name: &str) -> Result<Account, Failure> {
        let account = self.find(name)?;
        self.write(|connection| connection.execute("DELETE FROM account WHERE id = ?1", [account.id]))?;
        Ok(account)
    }

    /// Changes what an account's changes carry, and gives it as it is then. The name to sign in with, sessions and tokens
    /// stay.
    ///
    /// # Errors
    ///
    /// Where the name has no letters, the address is none, or the file cannot be written.
    pub fn change(
        &self,
        account: &Account,
        display: Option<&str>,
        mail: Option<&str>,
    ) -> Result<Account, Failure> {
        let (display, mail) = (display.map(line), mail.map(line));
        if display.as_deref() == Some("") {
            return Err(Failure::new("the name that changes carry cannot be empty"));
        }
        refuse_no_mail(mail.as_deref().unwrap_or_default())?;
        self.write(|connection| {
            connection.execute(
                "UPDATE account SET display = coalesce(?2, display), mail = coalesce(?3, mail) WHERE id = ?1",
                params![account.id, display, mail],
            )
        })?;
        self.find(&account.name)
    }

    /// Gives an account another password, which ends its sessions but the one named. Tokens stay: programs hold them.
    ///
    /// # Errors
    ///
    /// Where the password is not good enough, or the file cannot be written.
    pub fn set_password(&self, account: &Account, new: &str, keep: Option<&[u8; 32]>) -> Result<(), Failure> {
        password::check(&account.name, new)?;
        let kept = password::kept(new)?;
        self.write(|connection| {
            let transaction = connection.unchecked_transaction()?;
            transaction
                .execute("UPDATE account SET password = ?2 WHERE id = ?1", params![account.id, kept])?;
            transaction.execute(
                "DELETE FROM session WHERE account = ?1 AND sum IS NOT ?2",
                params![account.id, keep.map(<[u8; 32]>::as_slice)],
            )?;
            transaction.commit()
        })
    }

    /// Reads, where there is a file.
    pub(super) fn read<T>(
        &self,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Failure> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if connection.is_none() && fs::symlink_metadata(&self.file).is_err_and(|error| is_missing(&error)) {
            return Ok(None);
        }
        let connection = self.opened(&mut connection)?;
        ask(connection).map(Some).map_err(|error| self.trouble(&error))
    }

    /// Writes.
    pub(super) fn write<T>(
        &self,
        act: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Failure> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = self.opened(&mut connection)?;
        act(connection).map_err(|error| self.trouble(&error))
    }

    /// Makes the file, which its owner alone may read.
    fn make(&self) -> Result<(), Failure> {
        let cannot = |path: &Path, error: &std::io::Error| {
            Failure::new(format!("`{}` cannot be made: {error}", path.display())).of(FailureKind::Trouble)
        };
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(|error| cannot(folder, &error))?;
            // Wherever the library's own `.gitignore` is silent, hashes of passwords still reach no repository.
            let ignore = folder.join(".gitignore");
            if !ignore.exists() {
                fs::write(&ignore, "*\n").map_err(|error| cannot(&ignore, &error))?;
            }
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&self.file) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                Err(cannot(&self.file, &error))
            }
            _ => Ok(()),
        }
    }

    fn opened<'c>(&self, connection: &'c mut Option<Connection>) -> Result<&'c Connection, Failure> {
        let opened = match connection.take() {
            Some(opened) => opened,
            None => self.open().map_err(|error| self.trouble(&error))?,
        };
        Ok(connection.insert(opened))
    }

    /// SQLite gives its other files the mode of this one.
    fn open(&self) -> rusqlite::Result<Connection> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // What was removed is gone from the file, too.
        connection.pragma_update(None, "secure_delete", true)?;
        let transaction =
            rusqlite::Transaction::new_unchecked(&connection, rusqlite::TransactionBehavior::Immediate)?;
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
        let kind = match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => FailureKind::Conflict,
            _ => FailureKind::Trouble,
        };
        Failure::new(format!("the accounts in `{}` cannot be used: {error}", self.file.display()))
            .hint("its owner has to be the user who runs this")
            .of(kind)
    }
}

fn is_missing(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::NotFound
}

pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let created = instant(row.get(4)?);
    Ok(Account { id: row.get(0)?, name: row.get(1)?, display: row.get(2)?, mail: row.get(3)?, created })
}

/// An instant from its second.
pub(super) fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A text on one line, as authors and mail addresses are written.
fn line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn refuse_no_mail(mail: &str) -> Result<(), Failure> {
    if !mail.is_empty() && (!mail.contains('@') || mail.contains(['<', '>', ' '])) {
        return Err(Failure::new(format!("`{mail}` is no mail address")));
    }
    Ok(())
}

fn checked_name(name: &str) -> Result<String, Failure> {
    let plain = plain_name(name);
    let is_good = |c: char| c.is_alphanumeric() || "._-".contains(c);
    if plain.is_empty() || plain.chars().count() > LONGEST_NAME || !plain.chars().all(is_good) {
        return Err(Failure::new(format!("`{}` cannot be the name of an account", line(name)))
            .hint("take letters, digits, `.`, `_` and `-`, at most 64: the person's handle"));
    }
    Ok(plain)
}
