//! What every surface shows: findings and their fixes, as plain data with byte offsets. Terminal,
//! editor, browser and CI call this, so that they cannot disagree.

use jiff::civil::Date;

use crate::config::Config;
use crate::document::Document;
use crate::lint::{self, Context, Finding, Fixed, LevelTable, Library, NoLibrary, Options};

/// A library's rules, ready to check documents.
#[derive(Clone, Debug)]
pub struct Checker {
    config: Config,
    levels: LevelTable,
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
