//! The rules: which there are, how loud each is, why, and what it finds.
//!
//! What does not live here: the rules themselves, of whose registry this is made.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use axum::routing::get;
use recount_engine::config::{Config, RuleLevel};
use recount_engine::document::Document;
use recount_engine::export::html::{Rendering, render};
use recount_engine::lint::{Example, Level, Rule, nearest_rule, rule, rules_by_group};
use recount_workspace::{Failure, FailureKind};

use super::Page as PageDefinition;
use crate::error::{Answer, page};
use crate::frame::{Frame, Markup};
use crate::site::Site;

pub(super) const PAGE: PageDefinition = PageDefinition {
    navigation: None,
    routes: |router| router.route("/rules", get(list)).route("/rules/{name}", get(one)),
};

#[derive(Template)]
#[template(path = "rules.html")]
struct Rules {
    frame: Frame,
    groups: Vec<Group>,
    count: usize,
}

struct Group {
    name: &'static str,
    rules: Vec<Listed>,
}

struct Listed {
    name: &'static str,
    summary: Markup,
    /// In a draft, in review, when final.
    levels: [Heard; 3],
    due: bool,
    /// Whether the library sets its level.
    is_set: bool,
}

/// How loud a rule is.
#[derive(Clone, Copy)]
struct Heard {
    stage: &'static str,
    word: &'static str,
}

#[derive(Template)]
#[template(path = "rule.html")]
struct Manual {
    frame: Frame,
    listed: Listed,
    group: &'static str,
    why: Markup,
    source: Markup,
    examples: Vec<Example>,
}

async fn list(State(site): State<Arc<Site>>) -> Answer<Html<String>> {
    let shelf = site.shelf();
    let mut groups: Vec<Group> = Vec::new();
    let rules = rules_by_group();
    let count = rules.len();
    for rule in rules {
        let listed = listed(rule, shelf.workspace.config());
        match groups.last_mut() {
            Some(group) if group.name == rule.group.heading() => group.rules.push(listed),
            _ => groups.push(Group { name: rule.group.heading(), rules: vec![listed] }),
        }
    }
    page(&Rules { frame: Frame::new(&shelf, "/rules"), groups, count })
}

async fn one(State(site): State<Arc<Site>>, Path(name): Path<String>) -> Answer<Html<String>> {
    let shelf = site.shelf();
    let rule = rule(&name).ok_or_else(|| {
        let failure = Failure::new(format!("there is no rule `{name}`")).of(FailureKind::Missing);
        match nearest_rule(&name) {
            Some(near) => failure.hint(format!("did you mean `{near}`? `/rules` lists all")),
            None => failure.hint("`/rules` lists all"),
        }
    })?;
    page(&Manual {
        frame: Frame::new(&shelf, "/rules"),
        listed: listed(rule, shelf.workspace.config()),
        group: rule.group.heading(),
        why: prose(&rule.section("Why")),
        source: prose(&rule.section("Source")),
        examples: rule.examples(),
    })
}

/// A rule as this library has it.
fn listed(rule: &Rule, config: &Config) -> Listed {
    let set = config.rules.get(rule.name);
    let own = rule.levels.by_stage();
    let level = |nth: usize| match (own[nth], set) {
        (None, _) | (_, Some(RuleLevel::Off)) => "silent",
        (Some(level), None) => level.as_str(),
        (Some(_), Some(RuleLevel::Error)) => Level::Error.as_str(),
        (Some(_), Some(RuleLevel::Warning)) => Level::Warning.as_str(),
        (Some(_), Some(_)) => Level::Note.as_str(),
    };
    let stages = ["draft", "review", "final"];
    Listed {
        name: rule.name,
        summary: line(&rule.summary()),
        levels: [0, 1, 2].map(|nth| Heard { stage: stages[nth], word: level(nth) }),
        due: rule.due,
        is_set: set.is_some(),
    }
}

fn prose(markdown: &str) -> Markup {
    Markup(render(&Document::parse(markdown.as_bytes()), &Rendering::default()).html)
}

/// A line of Markdown inside another element.
fn line(markdown: &str) -> Markup {
    let Markup(html) = prose(markdown);
    let inner = html.trim().strip_prefix("<p>").and_then(|html| html.strip_suffix("</p>"));
    Markup(inner.unwrap_or(&html).to_owned())
}
