//! A library opened: its configuration, its rules and its past, and the changes that people make to it, each with
//! the reason where it is refused.
//!
//! What lives here is what a command and a page have in common. What does not: argv, terminals, HTTP; the files
//! themselves (`recount-store`), and everything that can be said of a document without its library
//! (`recount-engine`).

mod conflict;
mod creating;
mod failure;
mod figures;
mod handout;
mod history;
pub mod importing;
pub mod incoming;
pub mod inputs;
pub mod logging;
mod neighbours;
mod overview;
mod owed;
mod past;
mod promising;
pub mod reading;
mod records;
mod search;
mod setting;
mod similar;
mod staging;
pub mod told;
mod workspace;

pub use conflict::{Seen, told_differences};
pub use creating::{Given, Planned, plain_id, read_severity, titled};
pub use failure::{Failure, FailureKind};
pub use figures::{Period, made};
pub use handout::{NotHandedOut, taken_out, taken_out_told};
pub use history::{Change, Held, History, Told};
pub use neighbours::{Neighbours, SharedIds};
pub use overview::{Abridged, Overview};
pub use owed::{Asked, Found, Promised, Which};
pub use past::{Before, Past, Unkept};
pub use promising::{ItemChange, NewItem, parse_day, status_word};
pub use records::{AT_ONCE, Known, Records};
pub use search::{Answered, Corrected, FoundOne, Piece, Searched};
pub use setting::{LONGEST_TITLE, is_control_in_title, refuse_nonsense, refuse_title, with_value};
pub use similar::{LEAST, Likeness, heading, is_described, why};
pub use staging::not_ready;
pub use workspace::{Keeping, Notes, Progress, Workspace, real_place};
