//! What the postmortems of a library say together.
//!
//! Records go in; what lives here reads them and nothing else. What does not: which records are wanted, files,
//! terminals.

pub mod recurrence;
