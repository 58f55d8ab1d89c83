//! Secrets that we hand out: sessions and tokens.
//!
//! Each is 256 random bits; kept is its SHA-256 alone. What is looked up is that sum, so that the time which a look-up
//! takes tells nothing of a secret, and whoever reads the file of accounts can come in with nothing that stands in it.
//! Passwords, which people think of, need more: [`super::password`].

use recount_workspace::{Failure, FailureKind};
use sha2::{Digest, Sha256};

/// A new secret, with what it begins with.
///
/// # Errors
///
/// Where the system gives no random bytes.
pub(crate) fn new(beginning: &str) -> Result<String, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        Failure::new(format!("the system gives no random bytes: {error}")).of(FailureKind::Trouble)
    })?;
    Ok(bytes.iter().fold(beginning.to_owned(), |text, byte| format!("{text}{byte:02x}")))
}

/// What is kept of a secret.
pub(crate) fn sum(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}
