//! The commands: one file each, with its arguments and what it does. A command's doc comment is its
//! help.

pub(crate) mod actions;
pub(crate) mod adopt;
pub(crate) mod candidates;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod dismiss;
pub(crate) mod draft;
pub(crate) mod evidence;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod fmt;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod insights;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod man;
pub(crate) mod merge_driver;
pub(crate) mod new;
pub(crate) mod recurrence;
pub(crate) mod rename;
pub(crate) mod renumber;
pub(crate) mod search;
pub(crate) mod serve;
pub(crate) mod set;
pub(crate) mod show;
pub(crate) mod similar;
pub(crate) mod stage;
pub(crate) mod take;

use clap::Subcommand;

use crate::Outcome;
use crate::environment::Environment;

/// Declares the commands: each is a variant with the arguments of its file.
macro_rules! commands {
    ($($variant:ident => $module:ident,)*) => {
        /// What to do.
        #[derive(Debug, Subcommand)]
        pub(crate) enum Command {
            $(#[allow(missing_docs, reason = "the arguments document the command")] $variant($module::Args),)*
        }

        impl Command {
            /// Does it.
            pub(crate) fn run(self, environment: &mut Environment) -> Outcome {
                match self {
                    $(Self::$variant(args) => $module::run(args, environment),)*
                }
            }
        }
    };
}

commands! {
    Init => init,
    New => new,
    Draft => draft,
    Log => log,
    Adopt => adopt,
    Import => import,
    Candidates => candidates,
    Take => take,
    Dismiss => dismiss,
    Set => set,
    Stage => stage,
    Rename => rename,
    Renumber => renumber,
    Check => check,
    Fmt => fmt,
    Explain => explain,
    List => list,
    Show => show,
    History => history,
    Search => search,
    Similar => similar,
    Actions => actions,
    Recurrence => recurrence,
    Insights => insights,
    Export => export,
    Serve => serve,
    Evidence => evidence,
    Demo => demo,
    Completions => completions,
    Man => man,
    MergeDriver => merge_driver,
}
