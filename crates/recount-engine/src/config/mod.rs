//! `recount.toml`: what a library decides for itself. Reading gives a configuration or errors with
//! their place; nothing here looks at a document.

mod hooks;
mod id_pattern;
mod names;

use std::collections::BTreeMap;
use std::fmt;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

pub use hooks::{AlertmanagerHook, HooksConfig, PagerdutyHook, Webhook, WebhookEvent};
pub use id_pattern::{IdPattern, PatternError, slug};
pub use names::{Owner, plain};

use crate::document::Span;
use crate::document::value::priority::Priority;
use crate::document::value::severity::Severity;
use crate::document::value::status::StatusKind;

/// The whole file. Every key may be left out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Where postmortems live and how they are numbered.
    pub library: LibraryConfig,
    /// The services that an incident can impact. While the list is empty, any name will do.
    pub services: Vec<Service>,
    /// The people who act in timelines and own action items. While the list is empty, any name will do.
    pub people: Vec<Person>,
    /// Levels of single rules: `"off"`, `"note"`, `"warning"` or `"error"`.
    pub rules: BTreeMap<String, RuleLevel>,
    /// Numbers that rules and figures compare with.
    pub thresholds: Thresholds,
    /// What is due when.
    pub policy: Policy,
    /// Where evidence links lead.
    pub evidence: EvidenceConfig,
    /// What is committed to git.
    pub git: GitConfig,
    /// What an export for the public may tell.
    pub export: ExportConfig,
    /// Who may tell the server of incidents.
    pub hooks: HooksConfig,
    /// Whom the server tells of what happens to postmortems.
    pub webhooks: Vec<Webhook>,
}

/// What an export for the public may tell. People, handles, mail addresses, secrets and private addresses are never
/// told, whatever stands here.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ExportConfig {
    /// Sections that a public export has, by their headings in the template. All others are left out.
    pub public_sections: Vec<String>,
    /// What is left out of these sections, too: names of fields, such as `rollback`, or headings of your own.
    pub leave_out: Vec<String>,
    /// Domains that links of a public export may lead to: `status.example.com`. Of all other links only the words
    /// are kept.
    pub public_domains: Vec<String>,
    /// Domains whose hosts a public export never names: `corp.example.com`. Those that end in `.internal`, `.corp`
    /// or `.local`, and the servers of `[evidence]`, need not be listed.
    pub internal_domains: Vec<String>,
    /// Code names and host names that a public export never holds, in any case. `*` stands for anything within a
    /// word: `db-*-prod`.
    pub internal_names: Vec<String>,
}

impl Default for ExportConfig {
    fn default() -> Self {
        let sections = [
            "Incident summary",
            "Impact",
            "Detection",
            "Timeline",
            "Root cause",
            "Mitigation and resolution",
            "Action items",
        ];
        Self {
            public_sections: sections.map(str::to_owned).to_vec(),
            leave_out: Vec::new(),
            public_domains: Vec::new(),
            internal_domains: Vec::new(),
            internal_names: Vec::new(),
        }
    }
}

/// What is committed to git.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct GitConfig {
    /// Branches on which `--commit` refuses to commit: names, or their beginning and `*`.
    pub protected: Vec<String>,
}

/// Where postmortems live and how they are numbered.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct LibraryConfig {
    /// Pattern of incident IDs. `{seq:04}` is the next number with four digits, `{date}` the day of
    /// the start as `2026-11-20`, `{year}` its year, `{slug}` the title in lower case with dashes.
    pub id: IdPattern,
    /// Folder of the postmortems, from the library's root.
    pub postmortems: String,
    /// Folder of one postmortem below that, so that a change costs git little: `{year}`, `{month}`.
    pub layout: String,
    /// File that `new` copies, from the library's root.
    pub template: String,
    /// Largest file that is read as a postmortem, in MiB.
    pub max_file_size: u32,
    /// The regions that an incident can impact. While the list is empty, any name will do.
    pub regions: Vec<String>,
    /// Teams that can own action items, beside those of people and services.
    pub teams: Vec<String>,
}

impl Default for LibraryConfig {
    fn default() -> Self {
        Self {
            id: IdPattern::default(),
            postmortems: "postmortems".to_owned(),
            layout: "{year}".to_owned(),
            template: "template.md".to_owned(),
            max_file_size: 16,
            regions: Vec::new(),
            teams: Vec::new(),
        }
    }
}

/// A service that an incident can impact.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Other names it goes by.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The team that owns it.
    #[serde(default)]
    pub owner: Option<String>,
}

/// A person of the roster.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Person {
    /// The handle by which documents name the person: `@ana`.
    pub handle: String,
    /// The full name.
    #[serde(default)]
    pub name: String,
    /// The team.
    #[serde(default)]
    pub team: Option<String>,
    /// Mail addresses in evidence that mean this person. They never reach a document.
    #[serde(default)]
    pub mail: Vec<String>,
    /// The Slack member ID.
    #[serde(default)]
    pub slack: Option<String>,
}

/// How loud a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RuleLevel {
    /// Silent.
    Off,
    /// Worth knowing.
    Note,
    /// Worth mending.
    Warning,
    /// Makes `check` fail.
    Error,
}

/// Numbers that rules and figures compare with.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Thresholds {
    /// Longest silence between two rows of the timeline before mitigation, in minutes.
    pub timeline_gap_minutes: u32,
    /// Fewest rows that tell a story, by severity.
    pub timeline_rows: BySeverity<u32>,
    /// Longest excerpt in the appendices, in lines.
    pub excerpt_lines: u32,
    /// How far a stated duration may be from the computed one, in minutes.
    pub duration_minutes: u32,
    /// Within how many minutes of its start an incident should be mitigated; `insights` gives the share.
    pub mitigate_minutes: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            timeline_gap_minutes: 60,
            timeline_rows: BySeverity { sev0: 6, sev1: 5, sev2: 4, sev3: 3 },
            excerpt_lines: 30,
            duration_minutes: 1,
            mitigate_minutes: 60,
        }
    }
}

/// A value for each severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is the severity of the same name")]
pub struct BySeverity<T> {
    pub sev0: T,
    pub sev1: T,
    pub sev2: T,
    pub sev3: T,
}

/// Days for each priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is the priority of the same name")]
pub struct ByPriority {
    pub p0: u32,
    pub p1: u32,
    pub p2: u32,
}

/// What is due when.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Policy {
    /// Days from the incident's end to the latest due date of an action item, for the severities in
    /// `action-severities`.
    pub action_days: ByPriority,
    /// The severities that `action-days` and `no-urgent-action` speak of.
    pub action_severities: Vec<String>,
    /// Working days from the incident's end until the postmortem is final.
    pub final_working_days: BySeverity<u32>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            action_days: ByPriority { p0: 14, p1: 30, p2: 90 },
            action_severities: vec!["Sev0".to_owned(), "Sev1".to_owned()],
            final_working_days: BySeverity { sev0: 5, sev1: 5, sev2: 10, sev3: 10 },
        }
    }
}

/// What the policy needs to know of an action item.
#[derive(Clone, Copy, Debug)]
pub struct Promise {
    /// How bad the incident was.
    pub severity: Option<Severity>,
    /// The item's priority.
    pub priority: Option<Priority>,
    /// How far it has come; what cannot be read is owed.
    pub status: Option<StatusKind>,
    /// Whether it was taken up again after it was settled.
    pub is_reopened: bool,
    /// When it is due.
    pub due: Option<Date>,
    /// The day on which the incident ended.
    pub ended: Option<Date>,
}

/// An action item that the policy does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// The incident's severity.
    pub severity: Severity,
    /// The item's priority.
    pub priority: Priority,
    /// Within how many days of the incident's end such an item is due.
    pub days: u32,
    /// The last of these days.
    pub latest: Date,
    /// When it is due instead; none where it has no day and the last one is over.
    pub due: Option<Date>,
}

impl Policy {
    /// The day by which a postmortem is to be final, and how many working days after the end of the incident that is.
    /// Of an incident whose severity is not known, the last day that any may have.
    pub fn final_by(&self, severity: Option<Severity>, ended: Date) -> Option<(u32, Date)> {
        let BySeverity { sev0, sev1, sev2, sev3 } = self.final_working_days;
        let days = match severity {
            Some(Severity::Sev0) => sev0,
            Some(Severity::Sev1) => sev1,
            Some(Severity::Sev2) => sev2,
            Some(Severity::Sev3) => sev3,
            None => sev0.max(sev1).max(sev2).max(sev3),
        };
        Some((days, add_working_days(ended, days)?))
    }

    /// Whether an action item that is owed is due later than it may be, or has no due date and should be done by
    /// `today`; without that nothing is said of items that have none.
    pub fn beyond(&self, promise: &Promise, today: Option<Date>) -> Option<Beyond> {
        let Promise { severity, priority, status, is_reopened, due, ended } = *promise;
        // What was reopened has a new day, which the old end says nothing of.
        if is_reopened || status.is_some_and(|kind| !kind.is_open()) {
            return None;
        }
        let (severity, priority) = severity.zip(priority)?;
        let (days, latest) = self.latest_due(severity, priority, ended?)?;
        let is_beyond = due.or(today).is_some_and(|day| day > latest);
        is_beyond.then_some(Beyond { severity, priority, days, latest, due })
    }

    /// Within how many days of the incident's end an action item is due, and the last of them; none where the policy
    /// says nothing of incidents of this severity.
    fn latest_due(&self, severity: Severity, priority: Priority, ended: Date) -> Option<(u32, Date)> {
        let concerns = |name: &String| Severity::parse(name).is_some_and(|(named, _)| named == severity);
        if !self.action_severities.iter().any(concerns) {
            return None;
        }
        let days = match priority {
            Priority::P0 => self.action_days.p0,
            Priority::P1 => self.action_days.p1,
            Priority::P2 => self.action_days.p2,
        };
        Some((days, ended.checked_add(i64::from(days).days()).ok()?))
    }
}

/// The day `days` working days after `from`.
fn add_working_days(from: Date, days: u32) -> Option<Date> {
    let is_weekend = |date: Date| matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let mut date = from;
    // Whole weeks at once; the rest is less than five steps and a weekend.
    date = date.checked_add(i64::from(days / 5).weeks()).ok()?;
    let mut left = days % 5;
    while left > 0 {
        date = date.tomorrow().ok()?;
        left -= u32::from(!is_weekend(date));
    }
    // From a weekend, whole weeks end on a weekend: the last working day was the Friday before.
    while days > 0 && is_weekend(date) {
        date = date.yesterday().ok()?;
    }
    Some(date)
}

/// Where evidence links lead.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct EvidenceConfig {
    /// The Slack workspace, `https://acme.slack.com`: messages then link to their permalinks.
    pub slack_workspace: Option<String>,
    /// The Mattermost server, `https://chat.acme.com`: posts then link to their permalinks.
    pub mattermost: Option<String>,
    /// The repository, `https://github.com/acme/shop`: commits and pull requests then link to it.
    pub repository: Option<String>,
    /// Several repositories, each by the name that its logs and folders have: `shop =
    /// "https://github.com/acme/shop"` is for `shop.tsv` and for a clone in `shop/`.
    pub repositories: BTreeMap<String, String>,
    /// What makes the pseudonyms of mail addresses this library's own; any text that nobody else has.
    pub salt: Option<String>,
    /// How tables and JSON of no known source are read, by a name of your own: `recount import --map NAME`.
    pub mappings: BTreeMap<String, MappingConfig>,
    /// The Prometheus that `prometheus:` asks; Thanos and Mimir answer the same questions.
    pub prometheus: Server,
    /// PagerDuty, which `pagerduty:` asks.
    pub pagerduty: Server,
    /// The Grafana that `grafana:` asks.
    pub grafana: Server,
    /// GitHub, which `github:` asks; for GitHub Enterprise the address of its API.
    pub github: Server,
}

/// Which column or key of a table holds what. A field is a column's name or number or a path in JSON (`"ts"`,
/// `"user.name"`), several in braces (`"{verb} {object}"`), or a text in quotes of its own (`'"checkout"'`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct MappingConfig {
    /// Files that are read so without being asked for: `deploys-*.csv`.
    pub files: Option<String>,
    /// The zone of times that carry none: `Europe/Berlin`.
    pub zone: Option<String>,
    /// When it happened.
    pub time: Option<String>,
    /// Who or what acted.
    pub actor: Option<String>,
    /// What was done or said.
    pub action: Option<String>,
    /// What came of it.
    pub result: Option<String>,
    /// The page about it.
    pub link: Option<String>,
    /// What kind of thing it is: a column, or a kind such as `deploy` for all rows.
    pub kind: Option<String>,
    /// What names each row for good, so that a corrected row replaces what it was.
    pub id: Option<String>,
    /// The service.
    pub service: Option<String>,
    /// The severity.
    pub severity: Option<String>,
    /// The alert's name.
    pub alert: Option<String>,
    /// What else to keep, by name.
    pub details: BTreeMap<String, String>,
}

impl MappingConfig {
    /// The fields that are mapped, as `--map` writes them: `details.region` → `dc`.
    pub fn fields(&self) -> BTreeMap<String, String> {
        let (bare, details) = (Self { files: None, zone: None, ..self.clone() }, &self.details);
        // A struct of texts is always a table of TOML.
        let table = toml::Table::try_from(bare).unwrap_or_default();
        let fields = table.iter().filter_map(|(field, key)| Some((field.clone(), key.as_str()?.to_owned())));
        fields.chain(details.iter().map(|(name, key)| (format!("details.{name}"), key.clone()))).collect()
    }
}

/// A server that is asked for evidence. Tokens stand in the environment; here stand the names of their
/// variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Server {
    /// Its address, such as `https://prometheus.example.com`. `http://` is used where it stands here, or the
    /// server is this machine.
    pub url: Option<String>,
    /// The environment variable that holds the token.
    pub token_env: Option<String>,
    /// The user name, where the server wants one and a password instead of a token.
    pub username: Option<String>,
    /// The environment variable that holds the password.
    pub password_env: Option<String>,
    /// Headers for each request, such as a tenant: `X-Scope-OrgID = "team-shop"`. Never a secret.
    pub headers: BTreeMap<String, String>,
    /// Seconds within which a reply must be there in whole: 60 where it is not said.
    pub timeout_seconds: Option<u32>,
}

/// What is wrong with the file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The bytes of the file that it is about.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the file.
    pub fn from_toml(text: &str) -> Result<Config, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let range = error.span().unwrap_or(0..0);
            let message = error.message().trim().to_owned();
            let (message, help) = explain(&message);
            ConfigError { span: Span::new(range.start, range.end), message, help }
        })
    }
}

/// Turns serde's message into a sentence and a hint with the nearest known name.
fn explain(message: &str) -> (String, Option<String>) {
    let quoted =
        |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let names = quoted(message);
    if let Some(unknown) = names.first().filter(|_| message.starts_with("unknown field")) {
        let known = &names[1..];
        let help = match nearest(unknown, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "known here: {}",
                known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        return (format!("unknown key `{unknown}`"), Some(help));
    }
    if let Some(unknown) = names.first().filter(|_| message.starts_with("unknown variant")) {
        let known = names[1..].iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
        return (format!("`{unknown}` is not a value of this key"), Some(format!("use one of {known}")));
    }
    let first = message.lines().next().unwrap_or("it is not TOML");
    let one =
        first.strip_prefix("invalid type: string ").and_then(|rest| rest.split_once(", expected a sequence"));
    if let Some((one, _)) = one {
        let sentence = format!("{} is one text where a list of texts belongs", one.replace('"', "`"));
        return (sentence, Some(format!("put it in brackets: `[{one}]`")));
    }
    (first.to_owned(), None)
}

/// The known name most like `name`, if one is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    known
        .map(|other| (strsim::normalized_damerau_levenshtein(&name, &other.to_lowercase()), other))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(Config::from_toml("").expect("nothing is wrong"), Config::default());
    }

    #[test]
    fn what_is_owed_is_held_to_one_policy_by_whoever_asks() {
        let day = |day| Date::new(2026, 11, day).expect("it is a day");
        let promise = Promise {
            severity: Some(Severity::Sev1),
            priority: Some(Priority::P0),
            status: Some(StatusKind::Open),
            is_reopened: false,
            due: Some(day(16)),
            ended: Some(day(1)),
        };
        let policy = Policy::default();
        let beyond = |promise: Promise, today| policy.beyond(&promise, today).map(|beyond| beyond.latest);
        assert_eq!(beyond(promise, None), Some(day(15)));
        // What cannot be read is still owed.
        assert_eq!(beyond(Promise { status: None, ..promise }, None), Some(day(15)));
        let undated = Promise { due: None, ..promise };
        assert_eq!((beyond(undated, None), beyond(undated, Some(day(15)))), (None, None));
        assert_eq!(beyond(undated, Some(day(16))), Some(day(15)));
        for kept in [
            Promise { due: Some(day(15)), ..promise },
            Promise { is_reopened: true, ..promise },
            Promise { status: Some(StatusKind::Done), ..promise },
            Promise { severity: Some(Severity::Sev2), ..promise },
            Promise { priority: Some(Priority::P1), ..promise },
            Promise { ended: None, ..promise },
        ] {
            assert_eq!(beyond(kept, Some(day(16))), None, "{kept:?}");
        }
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest_known_one() {
        let text = "[library]\npostmortem = \"pm\"\n";
        let error = Config::from_toml(text).expect_err("the key is unknown");
        assert_eq!(error.message, "unknown key `postmortem`");
        assert_eq!(error.help.as_deref(), Some("did you mean `postmortems`?"));
        assert_eq!(&text[error.span.range()], "postmortem");
    }

    #[test]
    fn a_wrong_value_names_the_right_ones() {
        let error = Config::from_toml("[rules]\nvague-action = \"loud\"\n").expect_err("no such level");
        assert_eq!(error.message, "`loud` is not a value of this key");
        assert!(error.help.expect("there is a hint").contains("`warning`"));
    }

    #[test]
    fn weekends_do_not_count_as_working_days() {
        // 2025-04-25 is a Friday.
        for (from, days, expected) in [
            (jiff::civil::date(2025, 4, 25), 0, jiff::civil::date(2025, 4, 25)),
            (jiff::civil::date(2025, 4, 25), 1, jiff::civil::date(2025, 4, 28)),
            (jiff::civil::date(2025, 4, 25), 5, jiff::civil::date(2025, 5, 2)),
            (jiff::civil::date(2025, 4, 21), 4, jiff::civil::date(2025, 4, 25)),
            (jiff::civil::date(2025, 4, 22), 10, jiff::civil::date(2025, 5, 6)),
            (jiff::civil::date(2025, 4, 26), 1, jiff::civil::date(2025, 4, 28)),
            (jiff::civil::date(2025, 4, 26), 5, jiff::civil::date(2025, 5, 2)),
            (jiff::civil::date(2025, 4, 27), 5, jiff::civil::date(2025, 5, 2)),
            (jiff::civil::date(2025, 4, 27), 7, jiff::civil::date(2025, 5, 6)),
        ] {
            assert_eq!(add_working_days(from, days), Some(expected), "{from} + {days}");
        }
    }

    #[test]
    fn one_text_in_the_place_of_a_list_is_told_how_a_list_is_written() {
        let text = "[git]\nprotected = \"main\"\n";
        let error = Config::from_toml(text).expect_err("it is no list");
        assert_eq!(error.message, "`main` is one text where a list of texts belongs");
        assert_eq!(error.help.as_deref(), Some("put it in brackets: `[\"main\"]`"));
        assert_eq!(&text[error.span.range()], "\"main\"");
    }
}
