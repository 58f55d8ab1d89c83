//! What is told to programs: the machine formats that a command prints and the API answers with, each with what makes
//! it from a library. A format is one file, and there is no second type for it elsewhere.
//!
//! What does not live here: how an answer is written (terminal, HTTP), and the schemas, which are made from these types
//! and stand in `docs/schemas`.

pub mod actions;
pub mod candidates;
pub mod findings;
pub mod imported;
pub mod insights;
pub mod list;
pub mod rules;
pub mod search;
pub mod show;
pub mod similar;
mod wanted;

use serde::Serialize;

pub use wanted::{Facts, Wanted};

/// Names a machine format and its version.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Header {
    /// The name.
    pub format: &'static str,
    /// Grows when something is taken away or changes its meaning. Properties may be added within a
    /// version; readers ignore what they do not know.
    pub version: u32,
}
