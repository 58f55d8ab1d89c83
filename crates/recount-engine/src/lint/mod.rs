//! The checker: rules over a document, waivers over findings.
//!
//! What lives here: what a rule and a finding are, how a document is checked, the registry. What does
//! not: how findings are shown, and where documents come from.

mod action_text;
mod context;
mod findings;
mod fix;
mod lexicon;
mod prose;
mod rule;
pub mod rules;
mod waivers;

pub use context::{Context, Library, NoLibrary, Repeated};
pub use findings::{Finding, Findings, Fix, Level};
pub use fix::{Fixed, fix};
pub use rule::{Example, Group, Levels, Rule};
pub use rules::RULES;

use crate::config::{Config, RuleLevel, nearest};
use crate::document::Stage;

/// What to check with, beside the document.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The stage to hold the document to; its own where none.
    pub stage: Option<Stage>,
    /// Whether rules that depend on today's date report at their own level; otherwise as notes that
    /// say they are due.
    pub due: bool,
    /// Whether to work out fixes: some try the changed document, which takes longer than the check.
    pub fixes: bool,
    /// The least level that is of interest. Rules that can only say less are not run: some read the whole library.
    pub least: Level,
}

impl Default for Options {
    fn default() -> Self {
        Self { stage: None, due: false, fixes: false, least: Level::Note }
    }
}

impl Options {
    /// The level at which a rule is run; none where it is silent or says less than is of interest.
    fn level_of(self, index: usize, levels: &LevelTable, stage: Stage) -> Option<Level> {
        let level = levels.of(index, stage)?;
        let most = if RULES[index].due && !self.due { Level::Note } else { level };
        (most >= self.least).then_some(level)
    }
}

/// Runs every rule that the configuration and the stage leave audible, applies waivers, and gives the
/// findings in the order of the document.
pub fn check(context: &Context<'_>, options: Options) -> Vec<Finding> {
    let stage = options.stage.unwrap_or_else(|| context.document.stage());
    let mut findings = Findings::new(options.fixes);
    let foreign = context.is_foreign();
    let levels = context.levels();
    for (index, rule) in RULES.iter().enumerate() {
        if rule.group == Group::Waivers || (foreign && !rule.reads_foreign) {
            continue;
        }
        if let Some(level) = options.level_of(index, levels, stage) {
            findings.enter(rule, level, !options.due);
            context.enter(index);
            (rule.check)(context, &mut findings);
        }
    }
    let used = waivers::apply(context, &mut findings);
    context.set_unused_waivers(waivers::unused(context, &used, |index| {
        options.level_of(index, levels, stage).is_some()
    }));
    for (index, rule) in RULES.iter().enumerate().filter(|(_, rule)| rule.group == Group::Waivers) {
        if let Some(level) = options.level_of(index, levels, stage) {
            findings.enter(rule, level, !options.due);
            context.enter(index);
            (rule.check)(context, &mut findings);
        }
    }
    findings.retain(|finding| finding.level >= options.least);
    findings.into_sorted()
}

/// The rule of this name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}

/// All rules, as a reference lists them: by group and name.
pub fn rules_by_group() -> Vec<&'static Rule> {
    let mut rules: Vec<&Rule> = RULES.to_vec();
    rules.sort_by_key(|rule| (rule.group, rule.name));
    rules
}

/// The names in the configuration's `rules` table that are no rules, each with the nearest that is.
pub fn unknown_rules(config: &Config) -> Vec<(&str, Option<&'static str>)> {
    config
        .rules
        .keys()
        .filter(|name| rule(name).is_none())
        .map(|name| (name.as_str(), nearest_rule(name)))
        .collect()
}

/// The rule whose name is most like `name`.
pub fn nearest_rule(name: &str) -> Option<&'static str> {
    nearest(name, RULES.iter().map(|rule| rule.name))
}

/// The level of every rule at every stage, worked out once per configuration.
#[derive(Clone, Debug)]
pub struct LevelTable(Vec<[Option<Level>; 3]>);

impl LevelTable {
    /// Levels of the rules with the configuration's changes.
    pub fn new(config: &Config) -> Self {
        let table = RULES.iter().map(|rule| match config.rules.get(rule.name) {
            None => rule.levels.by_stage(),
            Some(RuleLevel::Off) => [None; 3],
            Some(level) => {
                let level = match level {
                    RuleLevel::Error => Level::Error,
                    RuleLevel::Warning => Level::Warning,
                    _ => Level::Note,
                };
                // A changed level is heard from the stage on from which the rule speaks at all.
                rule.levels.by_stage().map(|own| own.map(|_| level))
            }
        });
        Self(table.collect())
    }

    fn of(&self, rule: usize, stage: Stage) -> Option<Level> {
        self.0[rule][stage as usize]
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::document::Document;
    use crate::document::template::TEMPLATE;
    use crate::evidence::Frozen;

    /// A library of which the most expensive question must not be asked.
    struct Untouched;

    impl Library for Untouched {
        fn other_with_id(&self, _: &str) -> Option<String> {
            None
        }

        fn exists(&self, _: &str) -> Option<bool> {
            None
        }

        fn has_anchor(&self, _: &str, _: &str) -> Option<bool> {
            None
        }

        fn evidence(&self) -> Option<Frozen> {
            None
        }

        fn earlier_like_this(&self, _: &Document) -> Vec<Repeated> {
            panic!("nobody asked for notes")
        }
    }

    #[test]
    fn rules_that_say_less_than_is_of_interest_are_not_run_and_leave_their_waivers_alone() {
        let text = TEMPLATE
            .replace("# Postmortem template", "# Seats sold twice")
            .replace("Sev0 / Sev1 / Sev2 / Sev3", "Sev9")
            .replace(
                "**Direct trigger**:",
                "**Direct trigger**: a deploy <!-- recount: allow repeated-incident: known -->",
            );
        let document = Document::parse(text.as_bytes());
        let config = Config::from_toml("[rules]\nunused-waiver = \"error\"\n").expect("it is well formed");
        let levels = LevelTable::new(&config);
        let names = |library: &dyn Library, least| -> Vec<&str> {
            let context = Context::new(&document, &config, &levels, library, date(2026, 11, 23));
            let options = Options { stage: Some(Stage::Draft), least, ..Options::default() };
            let found = check(&context, options);
            let errors = found.iter().filter(|finding| finding.level == Level::Error);
            errors.map(|finding| finding.rule.name).collect()
        };
        let all = names(&NoLibrary, Level::Note);
        assert!(all.contains(&"unused-waiver") && all.contains(&"invalid-severity"), "{all:?}");
        let rest: Vec<&str> = all.into_iter().filter(|name| *name != "unused-waiver").collect();
        assert_eq!(names(&Untouched, Level::Error), rest);
    }
}
