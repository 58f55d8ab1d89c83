//! `insights`: figures over postmortems.
//!
//! What does not live here: the figures themselves (`recount_engine::insights`), and periods as people name them.

use recount_engine::insights::Figure;
use serde::Serialize;

use super::Header;

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Output {
    /// Which format this is.
    pub recount: Header,
    /// The day on which it was asked, UTC: what is open is open until then.
    pub today: String,
    /// The first day of the period; none for all.
    pub from: Option<String>,
    /// The day after the period's last; none for all.
    pub until: Option<String>,
    /// The team that was asked for.
    pub team: Option<String>,
    /// How many postmortems the library has.
    pub postmortems: usize,
    /// How many of them are as was asked for.
    pub selected: usize,
    /// The figures.
    pub figures: Vec<Figure>,
    /// Files that could not be read.
    pub problems: Vec<String>,
}

impl Output {
    /// What the format is called.
    pub const HEADER: Header = Header { format: "insights", version: 1 };
}
