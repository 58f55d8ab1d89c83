//! A library opened: its configuration, its rules and its past, and the changes that people make to it, each with
//! the reason where it is refused.
//!
//! What lives here is what a command and a page have in common. What does not: argv, terminals, HTTP; the files
//! themselves (`recount-store`), and everything that can be said of a document without its library
//! (`recount-engine`).

mod conflict;
mod failure;
mod handout;
mod figures;
mod history;
mod neighbours;
mod past;
mod records;
mod search;
mod similar;
mod workspace;

pub use conflict::Seen;
pub use failure::{Failure, FailureKind};
pub use handout::{taken_out, taken_out_told};
pub use figures::{Period, made};
pub use history::{Change, Held, History, Told};
pub use neighbours::{Neighbours, SharedIds};
pub use past::{Before, Past, Unkept};
pub use records::{AT_ONCE, Known, Records};
pub use search::{Answered, Corrected, FoundOne, Piece, Searched};
pub use similar::{LEAST, Likeness, heading, is_described, why};
pub use workspace::{Keeping, Notes, Progress, Workspace, real_place};
