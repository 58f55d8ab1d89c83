//! The engine: everything Recount knows about postmortems, as pure functions.
//!
//! What lives here: the document and its edits, the rules, the evidence sources, the figures.
//! What does not: files, network, clocks, environment variables, threads. Callers bring those.

pub mod adopt;
pub mod config;
pub mod document;
pub mod evidence;
pub mod export;
pub mod ide;
pub mod insights;
pub mod lint;
