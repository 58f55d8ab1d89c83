//! `search`: postmortems by what they say.

use serde::Serialize;

use super::Header;
use crate::search::{Corrected, FoundOne};

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Output<H = FoundOne> {
    /// Which format this is.
    pub recount: Header,
    /// The query as it was typed.
    pub query: String,
    /// How many postmortems there are; `hits` may be fewer.
    pub total: usize,
    /// Best first.
    pub hits: Vec<H>,
    /// Words that stand nowhere, and what was looked for instead.
    pub corrected: Vec<Corrected>,
    /// What of the query was not understood.
    pub notes: Vec<String>,
    /// Files that could not be read.
    pub problems: Vec<String>,
}

impl Output {
    /// What the format is called.
    pub const HEADER: Header = Header { format: "search", version: 1 };
}
