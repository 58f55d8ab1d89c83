//! Sessions: what a browser holds after somebody signed in.
//!
//! A session ends when it was not used for [`UNUSED`], in any case after [`WHOLE`], when it is signed out, when the
//! password changes elsewhere, and with its account. What does not live here: the cookie that carries it
//! ([`super::gate`]).

use jiff::Timestamp;
use recount_workspace::Failure;
use rusqlite::{OptionalExtension as _, params};

use super::accounts::{Account, Accounts, account};
use super::secret;

const DAY: i64 = 24 * 60 * 60;
/// A session that is not used ends after so many seconds.
pub(crate) const UNUSED: i64 = 14 * DAY;
/// Every session ends after so many seconds.
pub(crate) const WHOLE: i64 = 90 * DAY;
/// That a session was used is noted once in so many seconds, so that reading a page writes nothing.
const NOTED: i64 = 10 * 60;

impl Accounts {
    /// Begins a session and gives its secret, which is kept nowhere.
    pub(crate) fn begin_session(&self, account: &Account, now: Timestamp) -> Result<String, Failure> {
        let secret = secret::new("")?;
        let now = now.as_second();
        self.write(|connection| {
            connection.execute(
                "DELETE FROM session WHERE seen < ?1 OR created < ?2",
                params![now - UNUSED, now - WHOLE],
            )?;
            connection.execute(
                "INSERT INTO session (sum, account, created, seen) VALUES (?1, ?2, ?3, ?3)",
                params![secret::sum(&secret), account.id, now],
            )
        })?;
        Ok(secret)
    }

    /// Whose session it is, where it has not ended.
    pub(crate) fn session(&self, sum: &[u8; 32], now: Timestamp) -> Result<Option<Account>, Failure> {
        let now = now.as_second();
        let found = self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT a.id, a.name, a.display, a.mail, a.created, s.seen \
                 FROM session s JOIN account a ON a.id = s.account \
                 WHERE s.sum = ?1 AND s.seen >= ?2 AND s.created >= ?3",
            )?;
            let row = params![sum, now - UNUSED, now - WHOLE];
            query.query_row(row, |row| Ok((account(row)?, row.get::<_, i64>(5)?))).optional()
        })?;
        let Some((account, seen)) = found.flatten() else { return Ok(None) };
        if now - seen > NOTED {
            self.write(|connection| {
                connection.execute("UPDATE session SET seen = ?2 WHERE sum = ?1", params![sum, now])
            })?;
        }
        Ok(Some(account))
    }

    /// How many sessions an account has.
    pub(crate) fn count_sessions(&self, account: &Account, now: Timestamp) -> Result<usize, Failure> {
        let now = now.as_second();
        let count = self.read(|connection| {
            connection.query_row(
                "SELECT count(*) FROM session WHERE account = ?1 AND seen >= ?2 AND created >= ?3",
                params![account.id, now - UNUSED, now - WHOLE],
                |row| row.get::<_, i64>(0),
            )
        })?;
        Ok(usize::try_from(count.unwrap_or_default()).unwrap_or_default())
    }

    /// Ends a session.
    pub(crate) fn end_session(&self, sum: &[u8; 32]) -> Result<(), Failure> {
        self.write(|connection| connection.execute("DELETE FROM session WHERE sum = ?1", params![sum]))?;
        Ok(())
    }

    /// Ends all sessions of an account but one.
    pub(crate) fn end_other_sessions(&self, account: &Account, keep: &[u8; 32]) -> Result<(), Failure> {
        self.write(|connection| {
            let row = params![account.id, keep];
            connection.execute("DELETE FROM session WHERE account = ?1 AND sum IS NOT ?2", row)
        })?;
        Ok(())
    }
}
