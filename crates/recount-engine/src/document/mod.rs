//! The postmortem as a document: Markdown in, a typed view with byte spans out; edits back.

pub mod value;
