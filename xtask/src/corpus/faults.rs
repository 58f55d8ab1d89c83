//! The faults that a generated postmortem may carry, each named after the rule that finds it.
//!
//! What lives here: their list, and which of them can stand in one document. What does not: how each is
//! written into the text ([`super::page`]).

/// A fault of a generated document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    EmptyField,
    LeftoverPlaceholder,
    InvalidSeverity,
    MissingSection,
    InvalidTime,
    EndBeforeStart,
    DurationMismatch,
    DetectTimeMismatch,
    UnsortedTimeline,
    TimelineGap,
    MissingEvidenceLink,
    MissingActor,
    DataImpactWithoutDetails,
    HumanErrorAsCause,
    Counterfactual,
    MissingOwner,
    SeveralOwners,
    MissingDueDate,
    DueBeforeIncident,
    InvalidStatus,
    InvalidPriority,
    VagueAction,
    MissingVerificationPlan,
}

#[allow(clippy::enum_glob_use, reason = "the list below is the enum once more, with names")]
use Fault::*;

/// Every fault with its rule, in the order in which they are counted.
pub(super) const FAULTS: &[(Fault, &str)] = &[
    (EmptyField, "empty-field"),
    (LeftoverPlaceholder, "leftover-placeholder"),
    (InvalidSeverity, "invalid-severity"),
    (MissingSection, "missing-section"),
    (InvalidTime, "invalid-time"),
    (EndBeforeStart, "end-before-start"),
    (DurationMismatch, "duration-mismatch"),
    (DetectTimeMismatch, "detect-time-mismatch"),
    (UnsortedTimeline, "unsorted-timeline"),
    (TimelineGap, "timeline-gap"),
    (MissingEvidenceLink, "missing-evidence-link"),
    (MissingActor, "missing-actor"),
    (DataImpactWithoutDetails, "data-impact-without-details"),
    (HumanErrorAsCause, "human-error-as-cause"),
    (Counterfactual, "counterfactual"),
    (MissingOwner, "missing-owner"),
    (SeveralOwners, "several-owners"),
    (MissingDueDate, "missing-due-date"),
    (DueBeforeIncident, "due-before-incident"),
    (InvalidStatus, "invalid-status"),
    (InvalidPriority, "invalid-priority"),
    (VagueAction, "vague-action"),
    (MissingVerificationPlan, "missing-verification-plan"),
];

/// Faults that hide each other, because they spoil the same value.
const RIVALS: &[&[Fault]] = &[
    &[InvalidTime, EndBeforeStart, DurationMismatch, DetectTimeMismatch, TimelineGap],
    &[LeftoverPlaceholder, HumanErrorAsCause],
    &[MissingOwner, SeveralOwners],
    &[MissingDueDate, DueBeforeIncident],
];

/// Between five and eight faults that can all be found in one document.
pub(super) fn choose(random: &mut super::random::Random) -> Vec<Fault> {
    let wanted = 5 + random.below(4);
    let mut chosen: Vec<Fault> = Vec::new();
    while chosen.len() < wanted {
        let (fault, _) = FAULTS[random.below(FAULTS.len())];
        let rival =
            |other: &Fault| RIVALS.iter().any(|group| group.contains(&fault) && group.contains(other));
        if !chosen.contains(&fault) && !chosen.iter().any(rival) {
            chosen.push(fault);
        }
    }
    chosen
}
