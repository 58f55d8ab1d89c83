//! Markdown as it stands: taken out of its place, put into a fence, looked at for what it is about. What does
//! not live here: where it goes (`compose`).

use crate::document::template::FieldId;

/// `**Owners:** Ana, Bo`, `Last modified: 2026-03-02`: a label of a few words and something short.
pub(super) fn is_about_the_document(text: &str) -> bool {
    let bare = |line: &str| line.trim_start_matches(['*', '_', ' ']).to_owned();
    let first = bare(text.lines().next().unwrap_or(""));
    let Some((label, _)) = first.split_once(':') else { return false };
    let label = label.trim_end_matches(['*', '_', ' ']);
    let is_label = !label.is_empty()
        && label.len() <= 40
        && label.split_whitespace().count() <= 4
        && !label.contains(['.', ',', '(', '[', '`', '/']);
    let sentences = text.matches(". ").count() + usize::from(text.contains(".\n"));
    is_label && text.len() <= 400 && sentences == 0
}

/// Which of the three ways of detection a text speaks of; all of them where it speaks of several or none.
pub(super) fn way_of_detection(text: &str) -> FieldId {
    const CUSTOMERS: [&str; 7] =
        ["customer", "user", "client", "community", "contacted by", "complain", "support ticket"];
    const ALERTS: [&str; 6] = ["alert", "alarm", "paged", "pager", "monitoring", "health check"];
    const INSIDE: [&str; 5] = ["noticed", "we saw", "observed", "engineer", "admin"];
    let lower = text.to_lowercase();
    let speaks = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    match (speaks(&ALERTS), speaks(&CUSTOMERS), speaks(&INSIDE)) {
        (true, false, false) => FieldId::AlertNames,
        (false, true, false) => FieldId::CustomerReports,
        (false, false, true) => FieldId::InternalObservation,
        _ => FieldId::HowDetected,
    }
}

/// Text in a fence that nothing in it closes.
pub(super) fn fenced(text: &str, language: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for ch in text.chars() {
        run = if ch == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// Lines without the indentation that all of them have.
pub(super) fn without_common_indent(text: &str) -> String {
    let filled = || text.lines().filter(|line| !line.trim().is_empty());
    let blanks = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let is_fence = ["```", "~~~"].iter().any(|mark| text.trim_start().starts_with(mark));
    // What is in a fence is moved by as much as the fence.
    let first = filled().next().map_or(0, blanks);
    let least = filled().map(blanks).min().unwrap_or(0);
    let indent = if is_fence { first } else { least };
    // Four blanks make a code block of what stands alone; a fence or a table is one without them.
    let is_marked = ["```", "~~~", "|"].iter().any(|mark| text.trim_start().starts_with(mark));
    if indent == 0 || indent >= 4 && !is_marked {
        return text.to_owned();
    }
    text.lines().map(|line| &line[indent.min(blanks(line))..]).collect::<Vec<_>>().join("\n")
}
