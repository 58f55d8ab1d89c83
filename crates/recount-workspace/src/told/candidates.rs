//! `candidates`: what the evidence holds and the timeline does not.

use recount_engine::evidence::Event;
use serde::Serialize;

use super::Header;
use crate::importing;

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Output<'e> {
    /// Which format this is.
    pub recount: Header,
    /// By time.
    pub candidates: Vec<Candidate<'e>>,
}

/// An event that is not in the timeline.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Candidate<'e> {
    #[serde(flatten)]
    event: &'e Event,
    /// Why it did not come in by itself.
    left_out_because: String,
}

impl<'e> Output<'e> {
    /// What the format is called.
    pub const HEADER: Header = Header { format: "candidates", version: 1 };

    /// These candidates.
    pub fn of(candidates: Vec<importing::Candidate<'e>>) -> Self {
        let told = |importing::Candidate { event, why }| Candidate { event, left_out_because: why };
        Self { recount: Self::HEADER, candidates: candidates.into_iter().map(told).collect() }
    }
}
