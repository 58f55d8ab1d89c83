//! A postmortem as others see it: HTML of a document, an incident on a time axis.

pub mod axis;
