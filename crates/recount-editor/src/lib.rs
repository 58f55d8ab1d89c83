//! The live editor as bytes, built from `editor/` when this crate is. Nothing else lives here: the editor itself is
//! TypeScript, and serving it is the web application's.

include!(concat!(env!("OUT_DIR"), "/editor.rs"));
