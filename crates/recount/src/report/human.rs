//! `human`: errors and warnings with an excerpt, the reason and the way out; notes as a short list
//! below them, so that a draft's gaps do not bury what is wrong; the sums at the end.
//!
//! A reason is given with the first finding of its kind in a document, not with every one.

mod excerpt;

use std::collections::HashSet;
use std::fmt::Write as _;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Shown, Origin, Patch, Renderer, Snippet, Title};
use anstyle::{AnsiColor, Style};
use recount_engine::document::Stage;
use recount_engine::lint::{Finding, Fix, Level};

use super::escape::line;
use super::{Checked, Format, Look, Paths, Problem, Report, Secrets, Summary, is_secret};
use excerpt::Excerpt;

pub(super) static FORMAT: Format = Format {
    name: "human",
    about: "for people: what is wrong, where, why it matters and what to do",
    fixes: true,
    paths: Paths::WorkingFolder,
    report: |look: Look| Box::new(Human { look, renderer: renderer(look) }),
};

struct Human {
    look: Look,
    renderer: Renderer,
}

fn renderer(look: Look) -> Renderer {
    let renderer = if look.colour { Renderer::styled() } else { Renderer::plain() };
    let decor = if look.unicode { DecorStyle::Unicode } else { DecorStyle::Ascii };
    // Excerpts are already cut to the width; cutting them again would cost them their ends.
    renderer.decor_style(decor).term_width(usize::MAX / 4)
}

impl Report for Human {
    fn document(&self, checked: &Checked<'_>) -> String {
        let secrets = &checked.secrets;
        let mut said = HashSet::new();
        let mut out = String::new();
        for finding in checked.findings.iter().filter(|finding| finding.level > Level::Note) {
            self.finding(&mut out, checked, finding, secrets, &mut said);
            out.push('\n');
        }
        self.notes(&mut out, checked);
        out
    }

    fn end(&self, problems: &[Problem], summary: &Summary) -> String {
        let mut out = String::new();
        for problem in problems {
            let message = line(&problem.message);
            let path = line(&problem.path);
            let mut group = Shown::ERROR.primary_title(&*message).element(Origin::path(&*path));
            let hint = line(&problem.hint);
            if !hint.is_empty() {
                group = group.element(Shown::HELP.message(&*hint));
            }
            out.push_str(&self.renderer.render(&[group]));
            out.push_str("\n\n");
        }
        let style = match summary {
            _ if !self.look.colour => Style::new(),
            _ if summary.errors > 0 || summary.unreadable > 0 => AnsiColor::Red.on_default().bold(),
            _ if summary.warnings > 0 => AnsiColor::Yellow.on_default().bold(),
            _ => AnsiColor::Green.on_default().bold(),
        };
        // A string takes everything.
        let _ = writeln!(out, "{style}{}{style:#}", summary_line(summary));
        out
    }
}

impl Human {
    fn finding<'f>(
        &self,
        out: &mut String,
        checked: &Checked<'_>,
        finding: &'f Finding,
        secrets: &Secrets,
        said: &mut HashSet<(&'static str, &'f str)>,
    ) {
        let position = checked.position(finding.span.start);
        let path = line(checked.path);
        let message = line(&finding.message);
        let why = line(&finding.why);
        let help = line(&finding.help);
        let level = if finding.level == Level::Error { Shown::ERROR } else { Shown::WARNING };
        let title = level.clone().primary_title(&*message).id(finding.rule.name);
        let mut group = Group::with_level(level);
        // The place is put in by hand: drawn with the excerpt, its column would be that of the cut line.
        let place = format!("{path}:{}:{}", position.line, position.column);
        let mut indent = 0;
        // The excerpt of a secret would show it.
        if !is_secret(finding) {
            let excerpt = Excerpt::of(checked, finding.span, secrets, self.look.width);
            indent = excerpt.digits();
            group = group.element(
                Snippet::source(excerpt.text)
                    .line_start(excerpt.line as usize)
                    .annotation(AnnotationKind::Primary.span(excerpt.mark)),
            );
        }
        if said.insert((finding.rule.name, &finding.why)) {
            group = group.element(Shown::NOTE.message(&*why));
        }
        if said.insert((finding.rule.name, &finding.help)) {
            group = group.element(Shown::HELP.message(&*help));
        }
        let mut groups: Vec<Group<'_>> = Vec::with_capacity(2);
        match checked.fix(finding) {
            None => groups.push(group),
            Some(fix) => {
                let title = line(&fix.title).into_owned();
                let level = Shown::HELP.with_name("fix");
                let difference =
                    if is_secret(finding) { None } else { self.difference(checked, fix, secrets) };
                match difference {
                    Some(difference) => {
                        groups.extend([group, level.secondary_title(title).element(difference)]);
                    }
                    None => groups.push(group.element(level.message(title))),
                }
            }
        }
        groups.retain(|group| !group.is_empty());
        let body = if groups.is_empty() { String::new() } else { self.renderer.render(&groups) };
        self.assemble(out, title, &place, indent, &body);
    }

    /// Puts a title, a place and what is drawn below them together.
    fn assemble(&self, out: &mut String, title: Title<'_>, place: &str, indent: usize, body: &str) {
        let drawn = self.look.unicode && indent > 0;
        if drawn && let Some((corner, rest)) = body.split_once('\n') {
            // A drawn frame begins with a corner that waits for the place.
            let title = self.renderer.render(&[Group::with_title(title)]);
            out.extend([&title, "\n", corner, place, "\n", rest, "\n"]);
            return;
        }
        let head = self.renderer.render(&[title.element(Origin::path(place))]);
        let (title, origin) = head.split_once('\n').unwrap_or((&head, ""));
        // A string takes everything.
        let _ = writeln!(out, "{title}\n{:indent$}{origin}", "");
        if !body.is_empty() {
            out.extend([body, "\n"]);
        }
    }

    /// The fix as a difference, where it is one edit within one line.
    fn difference(
        &self,
        checked: &Checked<'_>,
        fix: &Fix,
        secrets: &Secrets,
    ) -> Option<Snippet<'static, Patch<'static>>> {
        let [edit] = fix.edits.as_slice() else { return None };
        let range = edit.span.range();
        let old = checked.text.get(range)?;
        let room = self.look.width / 2;
        if old.contains('\n')
            || edit.text.contains(['\n', '\r'])
            || old.len() > room
            || edit.text.len() > room
        {
            return None;
        }
        // What comes may be longer than what goes.
        let width = self.look.width.saturating_sub(edit.text.len().saturating_sub(old.len()));
        let excerpt = Excerpt::of(checked, edit.span, secrets, width);
        let snippet = Snippet::source(excerpt.text).line_start(excerpt.line as usize);
        Some(snippet.patch(Patch::new(excerpt.mark, line(&edit.text).into_owned())))
    }

    /// What is worth knowing, a line each.
    fn notes(&self, out: &mut String, checked: &Checked<'_>) {
        let notes = || checked.findings.iter().filter(|finding| finding.level == Level::Note);
        let count = notes().count();
        if count == 0 {
            return;
        }
        let (head, dim) = if self.look.colour {
            (AnsiColor::BrightGreen.on_default().bold(), Style::new().dimmed())
        } else {
            (Style::new(), Style::new())
        };
        let draft = if checked.stage == Stage::Draft { " (a draft)" } else { "" };
        // A string takes everything.
        let _ = writeln!(
            out,
            "{head}note{head:#}: {} in {}{draft}",
            counted(count, "thing to know", "things to know"),
            line(checked.path),
        );
        let places: Vec<String> = notes()
            .map(|finding| {
                let position = checked.position(finding.span.start);
                format!("{}:{}", position.line, position.column)
            })
            .collect();
        let width = places.iter().map(String::len).max().unwrap_or(0);
        for (finding, place) in notes().zip(&places) {
            let due = if finding.due { "due: " } else { "" };
            let fixable = if finding.fix.is_some() { ", --fix mends it" } else { "" };
            let _ = writeln!(
                out,
                "  {dim}{place:>width$}{dim:#}  {due}{} {dim}[{}{fixable}]{dim:#}",
                line(&finding.message),
                finding.rule.name,
            );
        }
        out.push('\n');
    }
}

/// The sums as a sentence: `3 errors, 2 warnings in 2 of 14 postmortems (1 can be fixed with --fix)`.
pub(super) fn summary_line(summary: &Summary) -> String {
    let mut parts = Vec::new();
    for (count, one, many) in [
        (summary.errors, "error", "errors"),
        (summary.warnings, "warning", "warnings"),
        (summary.notes, "note", "notes"),
        (summary.due, "due", "due"),
    ] {
        if count > 0 {
            parts.push(counted(count, one, many));
        }
    }
    let mut out = if summary.documents == 0 {
        "no postmortem to check".to_owned()
    } else if parts.is_empty() {
        format!("nothing found in {}", counted(summary.documents, "postmortem", "postmortems"))
    } else {
        let documents = counted(summary.documents, "postmortem", "postmortems");
        format!("{} in {} of {documents}", parts.join(", "), summary.affected)
    };
    if let Some(elapsed) = summary.elapsed {
        // A string takes everything.
        let _ = write!(out, ", {:.2} s", elapsed.as_secs_f64());
    }
    let mut asides = Vec::new();
    if summary.fixed > 0 {
        asides.push(format!("{} fixed", summary.fixed));
    }
    if summary.fixable > 0 {
        asides.push(format!("{} can be fixed with --fix", summary.fixable));
    }
    if summary.baselined > 0 {
        asides.push(format!("{} known already", summary.baselined));
    }
    if summary.unreadable > 0 {
        asides.push(format!("{} could not be read", counted(summary.unreadable, "file", "files")));
    }
    if !asides.is_empty() {
        let _ = write!(out, " ({})", asides.join(", "));
    }
    out
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
