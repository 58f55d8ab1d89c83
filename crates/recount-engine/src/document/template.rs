//! The template as data: its sections, fields, columns and guidance. `template.md` beside this file is
//! the user's own and the source of every label; tests hold the tables here against it.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The template, byte for byte as its owner wrote it.
pub const TEMPLATE: &str = include_str!("template.md");

/// The template's own title: while a document has it, it is an untitled draft.
pub const TEMPLATE_TITLE: &str = "Postmortem template";

/// The sentence that `new` drops.
pub const COPY_SENTENCE: &str = "Copy this file for each incident postmortem.";

/// A section of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each variant is the heading of the same words")]
pub enum SectionId {
    IncidentSummary,
    Impact,
    Detection,
    Timeline,
    RootCause,
    Mitigation,
    WentWell,
    WentPoorly,
    GotLucky,
    ActionItems,
    FollowUpVerification,
    Appendices,
}

impl SectionId {
    /// All sections in the template's order.
    pub const ALL: [SectionId; 12] = [
        Self::IncidentSummary,
        Self::Impact,
        Self::Detection,
        Self::Timeline,
        Self::RootCause,
        Self::Mitigation,
        Self::WentWell,
        Self::WentPoorly,
        Self::GotLucky,
        Self::ActionItems,
        Self::FollowUpVerification,
        Self::Appendices,
    ];

    /// The heading in the template.
    pub fn heading(self) -> &'static str {
        match self {
            Self::IncidentSummary => "Incident summary",
            Self::Impact => "Impact",
            Self::Detection => "Detection",
            Self::Timeline => "Timeline",
            Self::RootCause => "Root cause",
            Self::Mitigation => "Mitigation and resolution",
            Self::WentWell => "What went well",
            Self::WentPoorly => "What went poorly",
            Self::GotLucky => "Where we got lucky",
            Self::ActionItems => "Action items",
            Self::FollowUpVerification => "Follow-up verification",
            Self::Appendices => "Appendices",
        }
    }

    /// The fields of the section, in the template's order.
    pub fn fields(self) -> impl Iterator<Item = &'static FieldDef> {
        let (start, end) = FIELDS_OF[self as usize];
        FIELDS[start..end].iter()
    }

    /// The section's own text in the template, heading included, up to the next heading.
    pub fn template_text(self) -> &'static str {
        let heading = format!("## {}\n", self.heading());
        let start = TEMPLATE.find(&heading).unwrap_or(0);
        let rest = &TEMPLATE[start..];
        let end = rest[heading.len()..].find("\n## ").map_or(rest.len(), |at| heading.len() + at + 1);
        &rest[..end]
    }
}

/// Where the fields of each section stand among all of them.
const FIELDS_OF: [(usize, usize); SectionId::ALL.len()] = {
    let mut ranges = [(0, 0); SectionId::ALL.len()];
    let mut index = 0;
    while index < FIELDS.len() {
        let range = &mut ranges[FIELDS[index].section as usize];
        if range.1 == 0 {
            range.0 = index;
        }
        range.1 = index + 1;
        index += 1;
    }
    ranges
};

/// What a field's value is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Prose.
    Text,
    /// The incident's ID.
    Id,
    /// A severity.
    Severity,
    /// A time.
    Time,
    /// A duration.
    Duration,
    /// A share of customers.
    Percentage,
    /// Yes or no with details.
    YesNo,
    /// Names separated by commas or bullets.
    List,
    /// A heading for the fields nested in it.
    Group,
    /// A question whose answers are a list.
    Question,
}

/// Whether a field may stay blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must be answered.
    Required,
    /// The template says "(if used)" or "(if any)", or it is a place for extras.
    Optional,
    /// At least one field of its group must be answered.
    OneOfGroup,
}

/// A field of the template.
#[derive(Clone, Copy, Debug)]
pub struct FieldDef {
    /// Which one.
    pub id: FieldId,
    /// Its section.
    pub section: SectionId,
    /// The field that it is nested in.
    pub group: Option<FieldId>,
    /// Its name on the command line and in machine formats.
    pub key: &'static str,
    /// The label, without bold, colon and qualifier.
    pub label: &'static str,
    /// What its value is read as.
    pub kind: FieldKind,
    /// Whether it may stay blank.
    pub need: Need,
}

macro_rules! fields {
    ($($id:ident, $section:ident, $group:expr, $key:literal, $label:literal, $kind:ident, $need:ident;)*) => {
        /// A field of the template.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each variant is the label of the same words")]
        pub enum FieldId { $($id,)* }

        impl FieldId {
            /// How many there are.
            pub const COUNT: usize = FIELDS.len();

            /// Its definition.
            pub fn def(self) -> &'static FieldDef {
                &FIELDS[self as usize]
            }
        }

        /// All fields in the template's order.
        pub const FIELDS: &[FieldDef] = &[$(FieldDef {
            id: FieldId::$id,
            section: SectionId::$section,
            group: $group,
            key: $key,
            label: $label,
            kind: FieldKind::$kind,
            need: Need::$need,
        },)*];
    };
}

fields! {
    IncidentId, IncidentSummary, None, "incident-id", "Incident ID", Id, Required;
    Severity, IncidentSummary, None, "severity", "Severity", Severity, Required;
    StartTime, IncidentSummary, None, "start-time", "Start time", Time, Required;
    EndTime, IncidentSummary, None, "end-time", "End time", Time, Required;
    Duration, IncidentSummary, None, "duration", "Duration", Duration, Required;
    Services, IncidentSummary, None, "services", "Primary services impacted", List, Required;
    ImpactSummary, IncidentSummary, None, "impact-summary", "Customer impact summary", Text, Required;
    Symptoms, Impact, None, "symptoms", "Customer facing symptoms", Text, Required;
    Regions, Impact, None, "regions", "Regions impacted", List, Required;
    CustomersAffected, Impact, None, "customers-affected", "% of customers affected", Percentage, Required;
    RequestsAffected, Impact, None, "requests-affected", "Requests affected", Text, Required;
    DataImpact, Impact, None, "data-impact", "Data impact", Group, Optional;
    DataLoss, Impact, Some(FieldId::DataImpact), "data-loss", "Data loss", YesNo, Required;
    DataCorruption, Impact, Some(FieldId::DataImpact), "data-corruption", "Data corruption", YesNo, Required;
    DurabilityRisk, Impact, Some(FieldId::DataImpact), "durability-risk", "Durability risk", YesNo, Required;
    HowDetected, Detection, None, "how-detected", "How was it detected", Group, Optional;
    AlertNames, Detection, Some(FieldId::HowDetected), "alert-names", "Alert name(s)", Text, OneOfGroup;
    CustomerReports, Detection, Some(FieldId::HowDetected), "customer-reports", "Customer reports", Text, OneOfGroup;
    InternalObservation, Detection, Some(FieldId::HowDetected), "internal-observation", "Internal observation", Text, OneOfGroup;
    TimeToDetect, Detection, None, "time-to-detect", "Time to detect", Duration, Required;
    AlertingVerdict, Detection, None, "alerting-verdict", "Why did our alerting succeed or fail", Text, Required;
    DirectTrigger, RootCause, None, "direct-trigger", "Direct trigger", Text, Required;
    RootCause, RootCause, None, "root-cause", "Root cause", Text, Required;
    ContributingFactors, RootCause, None, "contributing-factors", "Contributing factors", Group, Optional;
    FactorProduct, RootCause, Some(FieldId::ContributingFactors), "factor-product", "product / code", Text, OneOfGroup;
    FactorConfig, RootCause, Some(FieldId::ContributingFactors), "factor-config", "config / deployments", Text, OneOfGroup;
    FactorCapacity, RootCause, Some(FieldId::ContributingFactors), "factor-capacity", "capacity", Text, OneOfGroup;
    FactorProcess, RootCause, Some(FieldId::ContributingFactors), "factor-process", "process / oncall", Text, OneOfGroup;
    FactorThirdParty, RootCause, Some(FieldId::ContributingFactors), "factor-third-party", "third party dependencies", Text, OneOfGroup;
    StoppedBleeding, Mitigation, None, "stopped-bleeding", "What stopped the bleeding", Text, Required;
    FullyResolved, Mitigation, None, "fully-resolved", "What fully resolved the incident", Text, Required;
    Rollback, Mitigation, None, "rollback", "Rollback details", Text, Optional;
    Workarounds, Mitigation, None, "workarounds", "Customer workarounds", Text, Optional;
    Proof, FollowUpVerification, None, "proof", "How will we prove this is fixed?", Question, Required;
    Metrics, FollowUpVerification, None, "metrics", "What metrics should improve?", Question, Required;
    GameDay, FollowUpVerification, None, "game-day", "What game day will we run?", Question, Required;
    Links, Appendices, None, "links", "Links", Group, Optional;
    IncidentDoc, Appendices, Some(FieldId::Links), "incident-doc", "incident doc", Text, Optional;
    StatusPage, Appendices, Some(FieldId::Links), "status-page", "status page", Text, Optional;
    RelevantPrs, Appendices, Some(FieldId::Links), "relevant-prs", "relevant PRs", Text, Optional;
    Dashboards, Appendices, Some(FieldId::Links), "dashboards", "dashboards", Text, Optional;
    Notes, Appendices, None, "notes", "Notes and raw logs", Text, Optional;
}

/// A field is written as its name on the command line.
impl serde::Serialize for FieldId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.def().key)
    }
}

impl<'de> serde::Deserialize<'de> for FieldId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let def = FIELDS.iter().find(|def| def.key == name);
        def.map(|def| def.id).ok_or_else(|| serde::de::Error::custom(format!("`{name}` is not a field")))
    }
}

impl FieldId {
    /// The field with this command-line name, or with this label in any spelling.
    pub fn from_name(name: &str) -> Option<FieldId> {
        let wanted = normalize(name);
        FIELDS
            .iter()
            .find(|def| def.key == name || normalize(def.label) == wanted || normalize(def.key) == wanted)
            .map(|def| def.id)
    }

    /// The words that the template itself puts in the place of a value.
    pub fn placeholder(self) -> Option<&'static str> {
        match self.def().kind {
            FieldKind::Severity => Some("Sev0 / Sev1 / Sev2 / Sev3"),
            FieldKind::YesNo => Some("yes/no (details)"),
            _ => None,
        }
    }

    /// The fields nested in this one.
    pub fn members(self) -> impl Iterator<Item = &'static FieldDef> {
        FIELDS.iter().filter(move |def| def.group == Some(self))
    }

    /// The word of a kind of contributing factor on the command line and in machine formats: `capacity`. The key of
    /// any other field.
    pub fn factor_word(self) -> &'static str {
        self.def().key.trim_start_matches("factor-")
    }

    /// The kind of contributing factor that a word means: that word, or a part of the label.
    pub fn factor_named(word: &str) -> Option<FieldId> {
        let word = word.trim().to_lowercase();
        let kinds = || FieldId::ContributingFactors.members();
        let is_part = |def: &&FieldDef| word.len() > 2 && def.label.to_lowercase().contains(&word);
        let found = kinds().find(|def| def.id.factor_word() == word).or_else(|| kinds().find(is_part));
        found.map(|def| def.id)
    }
}

/// A column of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each variant is the column of the same words")]
pub enum TimelineColumn {
    Time,
    Actor,
    Action,
    Result,
}

impl TimelineColumn {
    /// Every column, in the template's order.
    pub const ALL: [Self; 4] = [Self::Time, Self::Actor, Self::Action, Self::Result];
}

/// A column of the action items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each variant is the column of the same words")]
pub enum ActionColumn {
    Priority,
    Action,
    Owner,
    DueDate,
    Status,
    VerificationPlan,
}

impl ActionColumn {
    /// Every column, in the template's order.
    pub const ALL: [Self; 6] =
        [Self::Priority, Self::Action, Self::Owner, Self::DueDate, Self::Status, Self::VerificationPlan];
}

/// Headers of the timeline table, in the template's order.
pub const TIMELINE_HEADERS: [&str; 4] = ["Time (UTC)", "Actor", "Action", "Result"];
/// Headers of the action items table, in the template's order.
pub const ACTION_HEADERS: [&str; 6] =
    ["Priority", "Action item", "Owner", "Due date", "Status", "Verification plan"];

/// Other words for headings, labels and columns, as data: `synonyms.txt` beside this file.
pub struct Synonyms {
    /// Normalized heading to section.
    pub sections: HashMap<String, SectionId>,
    /// Normalized label to field, per section.
    pub fields: HashMap<(SectionId, String), FieldId>,
    /// Normalized header to timeline column.
    pub timeline: HashMap<String, TimelineColumn>,
    /// Normalized header to action item column.
    pub actions: HashMap<String, ActionColumn>,
}

/// The table of synonyms with the template's own words in it.
pub static SYNONYMS: LazyLock<Synonyms> = LazyLock::new(|| {
    let mut table = Synonyms {
        sections: SectionId::ALL.iter().map(|id| (normalize(id.heading()), *id)).collect(),
        fields: FIELDS.iter().map(|def| ((def.section, normalize(def.label)), def.id)).collect(),
        timeline: TimelineColumn::ALL
            .into_iter()
            .zip(TIMELINE_HEADERS)
            .map(|(column, header)| (normalize(header), column))
            .collect(),
        actions: ActionColumn::ALL
            .into_iter()
            .zip(ACTION_HEADERS)
            .map(|(column, header)| (normalize(header), column))
            .collect(),
    };
    for line in include_str!("synonyms.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((own, others)) = line.split_once('=') else { continue };
        let (kind, own) = own.trim().split_once(' ').unwrap_or(("", ""));
        let own = normalize(own);
        for other in others.split('|').map(normalize).filter(|other| !other.is_empty()) {
            match kind {
                "section" => {
                    if let Some(&id) = table.sections.get(&own) {
                        table.sections.insert(other, id);
                    }
                }
                "field" => {
                    if let Some(def) = FIELDS.iter().find(|def| normalize(def.label) == own) {
                        table.fields.insert((def.section, other), def.id);
                    }
                }
                "timeline" => {
                    if let Some(&column) = table.timeline.get(&own) {
                        table.timeline.insert(other, column);
                    }
                }
                _ => {
                    if let Some(&column) = table.actions.get(&own) {
                        table.actions.insert(other, column);
                    }
                }
            }
        }
    }
    table
});

/// Words that stand for "somebody has to fill this in", beside the template's own.
pub fn is_stand_in(text: &str) -> bool {
    // Hardly any text begins with a letter of theirs.
    let is_around = |byte: &u8| matches!(byte, b'\t'..=b'\r' | b' ') || b"*_`[]<>.()".contains(byte);
    let first = text.bytes().find(|byte| !is_around(byte));
    if first.is_some_and(|first| first.is_ascii() && !b"tTxXfF?".contains(&first)) {
        return false;
    }
    let bare = text.trim().trim_matches(['*', '_', '`', '[', ']', '<', '>', '.', '(', ')']).trim();
    [
        "tbd",
        "todo",
        "tbc",
        "xxx",
        "???",
        "??",
        "fill me in",
        "fill in",
        "to be determined",
        "to be done",
        "tba",
    ]
    .iter()
    .any(|word| bare.eq_ignore_ascii_case(word))
}

/// The template's own sentences and its priority guidance: text that is never content.
static GUIDANCE: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    TEMPLATE
        .lines()
        .filter(|line| {
            !line.is_empty()
                && !line.starts_with(['#', '|', '-'])
                && !line.starts_with(' ')
                && line.ends_with(['.', ':'])
        })
        .chain(TEMPLATE.lines().filter_map(|line| line.strip_prefix("- ")).filter(|item| is_priority(item)))
        .collect()
});

/// Whether an item explains a priority: `**P0**: …`.
fn is_priority(item: &str) -> bool {
    item.strip_prefix("**P").is_some_and(|rest| rest.starts_with(|ch: char| ch.is_ascii_digit()))
}

/// Whether `text`, a whole paragraph or list item, is guidance of the template.
pub fn is_guidance(text: &str) -> bool {
    let text = text.trim();
    GUIDANCE.iter().any(|sentence| sentence.len() == text.len() && *sentence == text)
}

/// A label, heading or header as it is compared: lower case words and single spaces, without
/// numbering in front, emoji, markup, punctuation and what stands in parentheses.
pub fn normalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    normalize_into(text, &mut out);
    out
}

/// [`normalize`] into a buffer that is cleared first.
pub fn normalize_into(text: &str, out: &mut String) {
    out.clear();
    let mut depth = 0_u32;
    let mut gap = false;
    if text.is_ascii() {
        for byte in text.bytes() {
            match byte {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ if depth > 0 => {}
                b'\'' => {}
                _ if byte.is_ascii_alphanumeric() => {
                    if gap && !out.is_empty() {
                        out.push(' ');
                    }
                    gap = false;
                    out.push(char::from(byte.to_ascii_lowercase()));
                }
                _ => gap = true,
            }
        }
        finish_normalizing(text, depth, out);
        return;
    }
    for ch in text.chars() {
        match ch {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '\'' | '\u{2019}' => {}
            _ if ch.is_alphanumeric() => {
                if gap && !out.is_empty() {
                    out.push(' ');
                }
                gap = false;
                if ch.is_ascii() {
                    out.push(ch.to_ascii_lowercase());
                } else {
                    out.extend(ch.to_lowercase());
                }
            }
            _ => gap = true,
        }
    }
    finish_normalizing(text, depth, out);
}

fn finish_normalizing(text: &str, depth: u32, out: &mut String) {
    if depth > 0 && out.is_empty() {
        out.extend(text.chars().filter(|ch| ch.is_alphanumeric()).flat_map(char::to_lowercase));
    }
    strip_numbering(out);
}

/// Removes `3`, `2 1`, `iv` in front of the words of a heading.
fn strip_numbering(text: &mut String) {
    if !text.starts_with(|ch: char| ch.is_ascii_digit() || matches!(ch, 'i' | 'v' | 'x')) {
        return;
    }
    while let Some((first, _)) = text.split_once(' ') {
        let is_number = first.bytes().all(|b| b.is_ascii_digit());
        let is_roman = first.len() <= 4 && first.bytes().all(|b| matches!(b, b'i' | b'v' | b'x'));
        if !(is_number || is_roman) {
            break;
        }
        let cut = first.len() + 1;
        text.drain(..cut);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_compared_without_case_numbering_emoji_and_markup() {
        for text in
            ["## 3. Root Cause", "🔥 root cause:", "**Root cause** (systems explanation)", "IV. ROOT-CAUSE"]
        {
            assert_eq!(normalize(text), "root cause", "{text}");
        }
        assert_eq!(normalize("% of customers affected"), "of customers affected");
        assert_eq!(normalize("5 whys"), "whys");
        assert_eq!(normalize("Timeline (UTC"), "timeline");
    }

    #[test]
    fn the_tables_hold_every_heading_and_label_of_the_template_in_its_order() {
        let headings: Vec<_> = TEMPLATE.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, SectionId::ALL.map(SectionId::heading));
        let labels: Vec<_> = TEMPLATE
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("- "))
            .filter(|item| !item.is_empty() && !is_priority(item))
            .map(|item| item.split(": ").next().unwrap_or(item).replace("**", ""))
            .map(|item| item.trim_end_matches(':').to_owned())
            .collect();
        assert_eq!(labels.len(), FIELDS.len());
        for id in SectionId::ALL {
            let all = FIELDS.iter().filter(|def| def.section == id).map(|def| def.id);
            assert!(all.eq(id.fields().map(|def| def.id)), "{id:?}");
        }
        for (label, def) in labels.iter().zip(FIELDS) {
            assert!(label.starts_with(def.label), "`{label}` is not `{}`", def.label);
        }
        assert!(TEMPLATE.contains(&format!("| {} |", TIMELINE_HEADERS.join(" | "))));
        assert!(TEMPLATE.contains(&format!("| {} |", ACTION_HEADERS.join(" | "))));
        assert!(TEMPLATE.starts_with(&format!("# {TEMPLATE_TITLE}\n\n{COPY_SENTENCE}\n")));
    }

    #[test]
    fn placeholders_are_the_templates_own() {
        for def in FIELDS {
            if let Some(placeholder) = def.id.placeholder() {
                assert!(
                    TEMPLATE.contains(&format!("{}**: {placeholder}", def.label))
                        || TEMPLATE.contains(&format!("{}: {placeholder}", def.label))
                );
            }
        }
    }

    #[test]
    fn guidance_is_found_and_content_is_not() {
        assert!(is_guidance("Use precise times. Include links to dashboards, logs, PRs, and commands run."));
        assert!(is_guidance("**P2**: nice to have, tooling, or documentation improvements"));
        assert!(is_guidance(COPY_SENTENCE));
        assert!(!is_guidance("We used precise times."));
    }

    #[test]
    fn names_find_fields_by_key_and_by_label() {
        assert_eq!(FieldId::from_name("start-time"), Some(FieldId::StartTime));
        assert_eq!(FieldId::from_name("Start time (UTC)"), Some(FieldId::StartTime));
        assert_eq!(FieldId::from_name("product / code"), Some(FieldId::FactorProduct));
        assert_eq!(FieldId::from_name("nonsense"), None);
        for (word, factor) in [
            ("capacity", Some(FieldId::FactorCapacity)),
            ("Third-Party", Some(FieldId::FactorThirdParty)),
            ("oncall", Some(FieldId::FactorProcess)),
            ("capasity", None),
            ("o", None),
            ("", None),
        ] {
            assert_eq!(FieldId::factor_named(word), factor, "{word}");
        }
    }

    #[test]
    fn every_line_of_synonyms_names_something_of_the_template() {
        for line in include_str!("synonyms.txt").lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
            let (own, _) = line.split_once('=').expect("a line is `KIND OWN = OTHER | OTHER`");
            let (kind, own) = own.trim().split_once(' ').expect("a kind and a name");
            let own = normalize(own);
            let known = match kind {
                "section" => SYNONYMS.sections.contains_key(&own),
                "field" => FIELDS.iter().any(|def| normalize(def.label) == own),
                "timeline" => SYNONYMS.timeline.contains_key(&own),
                "actions" => SYNONYMS.actions.contains_key(&own),
                _ => false,
            };
            assert!(known, "{line}");
        }
    }
}
