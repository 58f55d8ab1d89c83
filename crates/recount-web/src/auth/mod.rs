//! Accounts: who may come in, by which password, session or token.
//!
//! What lives here: the file that holds accounts ([`Accounts`]), passwords, secrets, and the gate that every request
//! passes. What does not: the pages (`pages::sign_in`, `pages::account`), what holds for every request whoever sends
//! it (`security`), and whom a handler works for (`viewer`).

mod accounts;
pub(crate) mod gate;
mod pace;
mod password;
mod secret;
mod sessions;
mod tokens;

pub use accounts::{Account, Accounts, NewAccount};
pub use password::check as check_password;
pub use tokens::{LONGEST_DAYS, Scope, Token};

pub(crate) use accounts::plain_name;
pub(crate) use pace::{Pace, Slower, neighbourhood};
pub(crate) use password::Passwords;
