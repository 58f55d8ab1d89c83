//! The `recount` binary from outside: what people type, what they read, what is in their files after.
//!
//! What lives here: one module for each part of the command line, and the harness that they share.
//! What does not: how a rule, a source or an operation works; those are tested beside their code.

#![allow(clippy::needless_raw_string_hashes, reason = "snapbox writes its snapshots so")]

mod actions;
mod adopt;
mod catalog;
mod check;
mod corpus;
mod edits;
mod evidence;
mod export;
mod git;
mod harness;
mod inputs;
mod insights;
mod library;
mod live;
mod live_forges;
mod odd_files;
mod reading;
mod servers;
