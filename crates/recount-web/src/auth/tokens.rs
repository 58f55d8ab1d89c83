//! Tokens: what a program sends to be let in, as `Authorization: Bearer rct_…`.
//!
//! A token has a name, a scope and an end; it is shown once. What does not live here: what a scope keeps from whom
//! ([`super::gate`]).

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use recount_workspace::{Failure, FailureKind};
use rusqlite::{OptionalExtension as _, params};

use super::accounts::{Account, Accounts, account, instant};
use super::secret;

/// What every token begins with, so that it is known where it should not be.
pub(crate) const BEGINNING: &str = "rct_";
/// No token lasts longer than so many days.
pub const LONGEST_DAYS: u16 = 366;
/// That a token was used is noted once in so many seconds.
const NOTED: i64 = 60;
/// The longest name of a token.
const LONGEST_NAME: usize = 80;

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Read everything, change nothing.
    Read,
    /// Read and change.
    Write,
}

/// A token, without its secret.
#[derive(Clone, Debug)]
pub struct Token {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// Since when there is this token.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// When it was last used, to the minute.
    pub used: Option<Timestamp>,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

impl FromStr for Scope {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            _ => Err(Failure::new(format!("`{text}` is no scope")).hint("`read` or `write`")),
        }
    }
}

impl Accounts {
    /// Makes a token and gives it, which is kept nowhere.
    ///
    /// # Errors
    ///
    /// Where the account has a token of that name, the days are none or too many, or the file cannot be written.
    pub fn add_token(
        &self,
        account: &Account,
        name: &str,
        scope: Scope,
        days: u16,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let name = name.trim();
        let length = name.chars().count();
        if name.is_empty() || length > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(Failure::new("the token needs a name of at most 80 characters")
                .hint("say what it is for: `release bot`"));
        }
        if days == 0 || days > LONGEST_DAYS {
            return Err(Failure::new(format!("a token cannot last {days} days"))
                .hint(format!("at least 1, at most {LONGEST_DAYS}")));
        }
        let secret = secret::new(BEGINNING)?;
        let now = now.as_second();
        let expires = now + i64::from(days) * 24 * 60 * 60;
        let made = self.write(|connection| {
            connection.execute(
                "INSERT INTO token (sum, account, name, scope, created, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![secret::sum(&secret), account.id, name, scope.to_string(), now, expires],
            )
        });
        match made {
            Err(failure) if failure.kind() == FailureKind::Conflict => {
                Err(Failure::new(format!("`{}` has a token `{name}` already", account.name))
                    .hint("revoke it first, or give this one another name")
                    .of(FailureKind::Conflict))
            }
            made => made.map(|_| secret),
        }
    }

    /// The tokens of an account, by name, ended ones too.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read.
    pub fn tokens(&self, account: &Account) -> Result<Vec<Token>, Failure> {
        let tokens = self.read(|connection| {
            let mut query = connection.prepare(
                "SELECT name, scope, created, expires, used FROM token WHERE account = ?1 ORDER BY name",
            )?;
            let tokens = query.query_map([account.id], |row| {
                Ok(Token {
                    name: row.get(0)?,
                    scope: scope(&row.get::<_, String>(1)?),
                    created: instant(row.get(2)?),
                    expires: instant(row.get(3)?),
                    used: row.get::<_, Option<i64>>(4)?.map(instant),
                })
            })?;
            tokens.collect()
        })?;
        Ok(tokens.unwrap_or_default())
    }

    /// Revokes a token.
    ///
    /// # Errors
    ///
    /// Where the account has none of that name, or the file cannot be written.
    pub fn revoke_token(&self, account: &Account, name: &str) -> Result<(), Failure> {
        let gone = self.write(|connection| {
            let row = params![account.id, name.trim()];
            connection.execute("DELETE FROM token WHERE account = ?1 AND name = ?2", row)
        })?;
        if gone == 0 {
            return Err(Failure::new(format!("`{}` has no token `{}`", account.name, name.trim()))
                .of(FailureKind::Missing));
        }
        Ok(())
    }

    /// Whose token it is and what it may do, where it has not ended.
    pub(crate) fn token(&self, token: &str, now: Timestamp) -> Result<Option<(Account, Scope)>, Failure> {
        let (sum, now) = (secret::sum(token), now.as_second());
        let found = self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT a.id, a.name, a.display, a.mail, a.created, t.scope, t.used \
                 FROM token t JOIN account a ON a.id = t.account WHERE t.sum = ?1 AND t.expires > ?2",
            )?;
            let row = |row: &rusqlite::Row<'_>| {
                Ok((account(row)?, scope(&row.get::<_, String>(5)?), row.get::<_, Option<i64>>(6)?))
            };
            query.query_row(params![sum, now], row).optional()
        })?;
        let Some((account, scope, used)) = found.flatten() else { return Ok(None) };
        if used.is_none_or(|used| now - used > NOTED) {
            self.write(|connection| {
                connection.execute("UPDATE token SET used = ?2 WHERE sum = ?1", params![sum, now])
            })?;
        }
        Ok(Some((account, scope)))
    }
}

/// What cannot be read may do least.
fn scope(text: &str) -> Scope {
    text.parse().unwrap_or(Scope::Read)
}
