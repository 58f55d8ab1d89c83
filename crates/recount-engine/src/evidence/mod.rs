//! Evidence: bytes in, events out.
//!
//! What lives here: the event and its frozen form, the sources that read it from files, redaction,
//! identity, curation (what belongs in a timeline, and why) and derivation (what the events decide).
//! What does not: files, archives, the network, clocks, and the document. The caller reads and unpacks
//! inputs, feeds them in parts, and turns [`row::Row`] and [`derive::Derived`] into edits.
//!
//! The way through: [`source::recognise`] names the source, [`source::Session`] reads the parts into an
//! [`source::Import`] (of a server, [`live::LiveSession`] does), [`freeze::Frozen`] keeps what is new, [`select::select`] chooses what comes in (by [`curate::Curation`] and what the others say),
//! [`row::Row`] writes it down and [`derive::derive`] says what else it decides.

pub mod curate;
pub mod derive;
pub mod event;
pub mod freeze;
pub mod identity;
pub mod instants;
pub mod json;
pub mod live;
pub mod merge;
pub mod phrases;
pub mod reader;
pub mod redact;
pub mod row;
pub mod select;
pub mod source;
pub mod sources;

pub use curate::{Choice, Curation};
pub use derive::{Derivable, Derived, derive};
pub use event::{Event, EventId, Kind, Milestone, Precision, Signals};
pub use freeze::Frozen;
pub use identity::{People, Person};
pub use row::Row;
pub use select::{Selection, select};
pub use source::{Confidence, Import, Importer, Options, Part, Session, Skipped, Source, recognise};
