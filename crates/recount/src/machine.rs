//! Machine formats: how an answer for programs begins and how it is written. What an answer holds stands
//! with its command, and its schema in `docs/schemas`.

use std::io::Write as _;

use serde::Serialize;

use crate::environment::Environment;
use crate::error::CliError;

/// Names a machine format and its version.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Header {
    /// The name.
    pub(crate) format: &'static str,
    /// Grows when something is taken away or changes its meaning. Properties may be added within a
    /// version; readers ignore what they do not know.
    pub(crate) version: u32,
}

/// Writes an answer as JSON that people can read, too.
pub(crate) fn write(environment: &mut Environment, answer: &impl Serialize) -> Result<(), CliError> {
    serde_json::to_writer_pretty(environment.out(), answer)
        .map_err(|error| CliError::from(std::io::Error::from(error)))?;
    Ok(writeln!(environment.out())?)
}
