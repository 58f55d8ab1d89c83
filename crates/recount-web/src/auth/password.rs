//! Passwords: which are good enough, and how one is kept and checked.
//!
//! Argon2id with the parameters that OWASP names first (19 MiB, two passes). What does not live here: where they are
//! kept.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use recount_engine::document::counted;
use recount_workspace::{Failure, FailureKind};
use tokio::sync::Semaphore;

/// Shorter ones are guessed.
const SHORTEST: usize = 12;
/// Longer ones only cost time.
const LONGEST: usize = 512;
/// A password of fewer different characters is a key that was held down.
const FEWEST_DIFFERENT: usize = 5;
/// So many are checked at a time: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

/// Whether a password is good enough for an account.
///
/// # Errors
///
/// A sentence that says what is wrong with it.
pub fn check(name: &str, password: &str) -> Result<(), Failure> {
    let length = password.chars().count();
    let refused = |message: String| {
        let hint = "take a few words that you have not used elsewhere, or let a password manager make one";
        Err(Failure::new(message).hint(hint))
    };
    if length < SHORTEST {
        return refused(format!("the password has {}, and needs {SHORTEST}", counted(length, "character")));
    }
    if password.len() > LONGEST {
        return refused(format!("the password is longer than {LONGEST} bytes"));
    }
    if !name.is_empty() && password.to_lowercase().contains(&name.to_lowercase()) {
        return refused("the password holds the account's name, which is tried first".to_owned());
    }
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < FEWEST_DIFFERENT {
        return refused(format!("the password has only {}", counted(different.len(), "different character")));
    }
    Ok(())
}

/// What is kept of a password.
///
/// # Errors
///
/// Where the system gives no random bytes.
pub(crate) fn kept(password: &str) -> Result<String, Failure> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    let hash = hash.map_err(|error| {
        Failure::new(format!("the password cannot be hashed: {error}")).of(FailureKind::Trouble)
    })?;
    Ok(hash.to_string())
}

/// Checks passwords, a few at a time.
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Whether a password is the one that was kept. Without one to compare with it is compared with another, so that
    /// the answer takes as long.
    pub(crate) async fn is_right(&self, password: String, kept: Option<String>) -> bool {
        let Ok(_place) = Arc::clone(&self.places).acquire_owned().await else { return false };
        let checked = tokio::task::spawn_blocking(move || {
            let hash = kept.as_deref().unwrap_or(NOBODYS);
            let is_right = PasswordHash::new(hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
            is_right && kept.is_some()
        });
        checked.await.unwrap_or(false)
    }
}

/// What is kept of a password that nobody has, made with the same parameters.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$cmVjb3VudC1ub2JvZHk$\
    jMaTfg5bXeVnKLBhUsfNxTQbHFDCSlHXxDRcDSbSPUw";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn passwords_that_are_guessed_first_are_refused() {
        for (password, fault) in [
            ("short", Some("5 characters")),
            ("elevenchars", Some("11 characters")),
            ("twelve chars", None),
            ("my name is ANA!", Some("account's name")),
            ("aaaaaaaaaaaaaaa", Some("1 different")),
            ("ünïcödé wörds", None),
        ] {
            let said = check("ana", password).err().map(|failure| failure.to_string());
            assert_eq!(said.is_some(), fault.is_some(), "{password}: {said:?}");
            assert!(said.unwrap_or_default().contains(fault.unwrap_or_default()), "{password}");
        }
        assert!(check("ana", &"long enough ".repeat(60)).is_err());
    }

    #[test]
    fn the_password_of_nobody_costs_what_any_other_costs() {
        let parameters = |hash: &str| {
            let hash = PasswordHash::new(hash).unwrap();
            (hash.algorithm.to_string(), hash.version, hash.params.to_string())
        };
        let nobodys = PasswordHash::new(NOBODYS).unwrap();
        assert_eq!(nobodys.hash.unwrap().as_bytes().len(), 32);
        assert_eq!(parameters(NOBODYS), parameters(&kept("any password at all").unwrap()));
    }
}
