//! Machine formats: how an answer for programs begins and how it is written. What an answer holds stands
//! with its command, or with `recount_workspace::told` where others answer the same, and its schema in `docs/schemas`.

use std::io::Write as _;

use serde::Serialize;

pub(crate) use recount_workspace::told::Header;

use crate::environment::Environment;
use crate::error::CliError;

/// Writes an answer as JSON that people can read, too.
pub(crate) fn write(environment: &mut Environment, answer: &impl Serialize) -> Result<(), CliError> {
    serde_json::to_writer_pretty(environment.out(), answer)
        .map_err(|error| CliError::from(std::io::Error::from(error)))?;
    Ok(writeln!(environment.out())?)
}
