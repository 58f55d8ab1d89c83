//! `insights`: figures over postmortems.
//!
//! What does not live here: the figures themselves (`recount_engine::insights`), periods as people name them, and in
//! which words a terminal and a page say what the figures are about.

use jiff::civil::Date;
use recount_engine::config::Config;
use recount_engine::insights::{Basis, Brief, Definition, Figure, Scope};
use serde::Serialize;

use super::{Header, Wanted};
use crate::figures::made;
use crate::overview::Overview;

/// Which figures are asked for, and over what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Over which postmortems.
    pub wanted: Wanted,
    /// Of this team's services and people alone.
    pub team: Option<String>,
    /// Within how many minutes an incident should be mitigated; where that is not said, as the library has it.
    pub mitigate_minutes: Option<u32>,
}

/// Figures, and what they are about.
#[derive(Debug)]
pub struct Made {
    /// The figures.
    pub figures: Vec<Figure>,
    /// How many incidents they are about.
    pub incidents: usize,
    /// How many action items they are about.
    pub action_items: usize,
    /// How many postmortems the library has.
    pub all: usize,
    /// How many of them are as was asked for.
    pub selected: usize,
    /// How many postmortems of the library have no start, and how many one that cannot be read: they are in no period.
    pub undated: [usize; 2],
}

impl Asked {
    /// Makes these figures. What is no postmortem in the template is in none of them, and in no count.
    pub fn made(&self, library: Overview<'_>, figures: &[&Definition], config: &Config, today: Date) -> Made {
        // The last path first: the order of incidents that began at the same time.
        let wanted =
            library.each().rev().filter(|(_, briefs, brief)| self.wanted.keeps(&(*briefs, *brief), config));
        let wanted: Vec<((u32, u32), bool)> = wanted.map(|(at, _, brief)| (at, brief.is_stray)).collect();
        let selected = wanted.iter().filter(|(_, is_stray)| !is_stray).count();
        let wanted = wanted.into_iter().map(|(at, _)| at).collect();
        let scope = Scope {
            config,
            today,
            from: self.wanted.after,
            until: self.wanted.before,
            team: self.team.as_deref(),
            mitigate_minutes: self.mitigate_minutes.unwrap_or(config.thresholds.mitigate_minutes),
        };
        let basis = Basis::of_briefs(library.blocks(), wanted, scope, library.lookup());
        let undated = [false, true].map(|is_unreadable| {
            let is_it = |brief: &Brief| {
                brief.started.is_none() && brief.is_start_unreadable == is_unreadable && !brief.is_stray
            };
            library.each().filter(|(.., brief)| is_it(brief)).count()
        });
        Made {
            figures: made(figures, &basis),
            incidents: basis.incidents(),
            action_items: basis.action_items(),
            all: library.each().filter(|(.., brief)| !brief.is_stray).count(),
            selected,
            undated,
        }
    }

    /// The answer for programs.
    pub fn told(&self, made: Made, today: Date, problems: Vec<String>) -> Output {
        let day = |day: Option<Date>| day.map(|day| day.to_string());
        Output {
            recount: Output::HEADER,
            today: today.to_string(),
            from: day(self.wanted.after),
            until: day(self.wanted.before),
            team: self.team.clone(),
            postmortems: made.all,
            selected: made.selected,
            figures: made.figures,
            problems,
        }
    }
}

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Output {
    /// Which format this is.
    pub recount: Header,
    /// The day on which it was asked, UTC: what is open is open until then.
    pub today: String,
    /// The first day of the period; none for all.
    pub from: Option<String>,
    /// The day after the period's last; none for all.
    pub until: Option<String>,
    /// The team that was asked for.
    pub team: Option<String>,
    /// How many postmortems the library has.
    pub postmortems: usize,
    /// How many of them are as was asked for.
    pub selected: usize,
    /// The figures.
    pub figures: Vec<Figure>,
    /// Files that could not be read.
    pub problems: Vec<String>,
}

impl Output {
    /// What the format is called.
    pub const HEADER: Header = Header { format: "insights", version: 1 };
}
