//! Typed values that fields and cells hold.
