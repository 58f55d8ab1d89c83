//! `unknown-owner`: an owner whom the configuration does not know.

use crate::config::{Config, nearest};
use crate::document::edit::Edit;
use crate::document::value::person::{self, Person, PersonKind};
use crate::document::{Cell, Span};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// The owner of an action item is neither a person nor a team of `recount.toml`.
    ///
    /// While the configuration lists no people, any name will do; likewise teams.
    ///
    /// ## Why
    ///
    /// An item under a name that nobody answers to is in no one's list of open items and gets no
    /// reminder. A second spelling of a name splits one person's promises in two.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture": declared ownership
    /// is what leads to action.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @luica | 2026-12-01 | Open | The alert fires in staging |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @lucia | 2026-12-01 | Open | The alert fires in staging |
    /// | P2 | Write the page on cold caches | team-ticketing | 2026-12-01 | Open | Used in the next game day |
    /// ```
    name: "unknown-owner",
    group: Actions,
    levels: Advice,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let knows_teams = knows_teams(cx.config);
    if cx.config.people.is_empty() && !knows_teams {
        return;
    }
    for item in cx.document.action_items() {
        let Some(cell) = item.owner else { continue };
        for owner in person::people(cx.document.slice(cell.span)) {
            let is_listed = match owner.kind {
                PersonKind::Team => knows_teams,
                PersonKind::Handle | PersonKind::Name => true,
                // A mail address is personal data, whoever it belongs to.
                PersonKind::Mail | PersonKind::Nobody | PersonKind::Bot => false,
            };
            if is_listed {
                judge(cx, cell, &owner, out);
            }
        }
    }
}

fn knows_teams(config: &Config) -> bool {
    !config.library.teams.is_empty()
        || config.people.iter().any(|person| person.team.is_some())
        || config.services.iter().any(|service| service.owner.is_some())
}

fn judge(cx: &Context<'_>, cell: Cell, owner: &Person<'_>, out: &mut Findings) {
    let name = owner.name;
    let start = cell.span.start as usize;
    let span = Span::new(start + owner.span.start, start + owner.span.end);
    if cx.config.is_team(name) {
        return;
    }
    if let Some(known) = cx.config.person(name) {
        let handle = format!("@{}", known.handle.trim_start_matches('@'));
        if handle == name || known.name.eq_ignore_ascii_case(name) {
            return;
        }
        out.report_with_fix(
            span,
            format!("`{name}` is not how `recount.toml` writes `{handle}`"),
            "a second spelling splits one person's promises in two",
            format!("write `{handle}`"),
            || {
                Some(Fix {
                    title: format!("write `{handle}`"),
                    edits: vec![Edit::replace(span, handle.as_str())],
                })
            },
        );
        return;
    }
    if owner.kind != PersonKind::Team && cx.config.people.is_empty() {
        return;
    }
    let people = cx.config.people.iter();
    let known = people.flat_map(|person| [person.handle.as_str(), person.name.as_str()]);
    let teams = cx.config.library.teams.iter().map(String::as_str);
    let teams = teams.chain(cx.config.people.iter().filter_map(|person| person.team.as_deref()));
    let teams = teams.chain(cx.config.services.iter().filter_map(|service| service.owner.as_deref()));
    let help = match nearest(name, known.chain(teams).filter(|known| !known.is_empty())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name somebody whom `recount.toml` lists, or add the name there".to_owned(),
    };
    out.report(
        span,
        format!("`{name}` is neither a person nor a team of `recount.toml`"),
        "an item under an unknown name is in no one's list and gets no reminder",
        help,
    );
}
