//! Code generation, tidy checks and scaffolds for people who work on Recount.

fn main() {}
