//! What every surface shows: findings and their fixes, as plain data with byte offsets. Terminal,
//! editor, browser and CI call this, so that they cannot disagree.

use jiff::civil::Date;

use crate::config::Config;
use crate::document::{Document, Span};
use crate::lint::{self, Context, Finding, Fixed, LevelTable, Library, NoLibrary, Options};

/// A library's rules, ready to check documents.
#[derive(Clone, Debug)]
pub struct Checker {
    config: Config,
    levels: LevelTable,
}

/// What a check of one document gives.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// What was found, in its order.
    pub findings: Vec<Finding>,
    /// The bytes that let somebody in, which nothing may show beside the findings, whatever became of the
    /// finding about them. Not looked for where there is nothing to show.
    pub secrets: Vec<Span>,
}

impl Checker {
    /// Works out the level of every rule.
    pub fn new(config: Config) -> Self {
        let levels = LevelTable::new(&config);
        Self { config, levels }
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The findings of one document, in its order.
    pub fn findings(
        &self,
        document: &Document,
        library: &dyn Library,
        today: Date,
        options: Options,
    ) -> Vec<Finding> {
        lint::check(&Context::new(document, &self.config, &self.levels, library, today), options)
    }

    /// [`Checker::findings`] for those who show them: with the secrets, which the check has met on its way.
    pub fn check(
        &self,
        document: &Document,
        library: &dyn Library,
        today: Date,
        options: Options,
    ) -> Checked {
        let context = Context::new(document, &self.config, &self.levels, library, today);
        let findings = lint::check(&context, options);
        let secrets = if findings.is_empty() { Vec::new() } else { context.secrets().collect() };
        Checked { findings, secrets }
    }

    /// Whether the document was written in another template: then nothing of it is taken for a mistake,
    /// and nothing in it is changed on its own account.
    pub fn is_foreign(&self, document: &Document) -> bool {
        // Neither neighbours nor the day have a say in that.
        Context::new(document, &self.config, &self.levels, &NoLibrary, Date::ZERO).is_foreign()
    }

    /// The document after its certain fixes.
    pub fn fix(&self, bytes: &[u8], library: &dyn Library, today: Date, options: Options) -> Fixed {
        lint::fix(bytes, &self.config, &self.levels, library, today, options)
    }
}
