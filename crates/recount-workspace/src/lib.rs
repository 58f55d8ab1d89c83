//! A library opened: its configuration, its rules and its past, and the changes that people make to it, each with
//! the reason where it is refused.
//!
//! What lives here is what a command and a page have in common. What does not: argv, terminals, HTTP; the files
//! themselves (`recount-store`), and everything that can be said of a document without its library
//! (`recount-engine`).

mod conflict;
mod creating;
mod failure;
mod neighbours;
mod owed;
mod past;
mod promising;
mod records;
mod setting;
mod staging;
mod workspace;

pub use conflict::Seen;
pub use creating::{Given, Planned, plain_id, read_severity, titled};
pub use failure::{Failure, FailureKind};
pub use neighbours::{Neighbours, SharedIds};
pub use owed::{Which, order};
pub use past::{Before, Past, Unkept};
pub use promising::{ItemChange, NewItem, parse_day, status_word};
pub use records::{AT_ONCE, Known, Records};
pub use setting::refuse_nonsense;
pub use staging::not_ready;
pub use workspace::{Keeping, Notes, Progress, Workspace, real_place};
