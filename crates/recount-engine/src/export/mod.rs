//! What leaves Recount: a document as HTML for pages, and for readers elsewhere in other formats.
//!
//! What lives here: rendering ([`html`]), and the incident on a time axis ([`axis`]). What does not: pages, layouts
//! and addresses of the web application, which brings its own around the HTML of a document.

pub mod axis;
pub mod html;
