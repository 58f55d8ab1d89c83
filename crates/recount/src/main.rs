//! The `recount` command.

#[allow(dead_code, reason = "the commands that show findings are not here yet")]
mod report;

fn main() {}
