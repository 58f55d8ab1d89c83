//! A library opened: its configuration, its rules and its past, and the changes that people make to it, each with
//! the reason where it is refused.
//!
//! What lives here is what a command and a page have in common. What does not: argv, terminals, HTTP; the files
//! themselves (`recount-store`), and everything that can be said of a document without its library
//! (`recount-engine`).

mod conflict;
mod failure;
mod neighbours;
mod past;
mod records;
pub mod told;
mod workspace;

pub use conflict::{Seen, told_differences};
pub use failure::{Failure, FailureKind};
pub use neighbours::{Neighbours, SharedIds};
pub use past::{Before, Past, Unkept};
pub use records::{AT_ONCE, Known, Records};
pub use workspace::{Keeping, Notes, Progress, Workspace, real_place};
