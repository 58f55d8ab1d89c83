//! What the past says of a postmortem that was just made, told at once.
//!
//! What does not live here: what the past knows (`recount-workspace`).

use recount_engine::document::Document;

use crate::environment::Environment;
use crate::workspace::Workspace;

/// Tells of promises that are owed and about the same thing as a postmortem that was just made, where they are known
/// at once.
pub(crate) fn tell_of_promises(workspace: &Workspace, document: &Document, environment: &mut Environment) {
    const TOLD: usize = 3;
    let Some(past) = workspace.past_at_once() else { return };
    let owed = past.owed(&document.record(), environment.today(), workspace.config());
    for promise in owed.iter().take(TOLD) {
        environment.note(promise.told());
    }
}
