//! `invalid-promql`: a target that cannot be run.

use std::cell::RefCell;
use std::collections::HashSet;

use promql_parser::parser::{self, Expr};

use crate::document::Target;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A code span that is meant as a PromQL target cannot be run: it does not parse, compares nothing,
    /// or has no window.
    ///
    /// Looked at are code spans under *What metrics should improve?* and, where they have the form of
    /// PromQL, in verification plans.
    ///
    /// ## Why
    ///
    /// A target with a slip in it is never asked for, and the item that depends on it is never verified.
    /// The comparison says what is good, the window says for how long it must be.
    ///
    /// ## Source
    ///
    /// Prometheus documentation, "Querying basics" and "Operators": the language and its comparisons.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Follow-up verification
    ///
    /// - How will we prove this is fixed?
    ///   - The cache is flushed in staging at production load; the service recovers by itself.
    /// - What metrics should improve?
    ///   - `sum(rate(client_retries_total[5m]) < 0.1` for 14d
    /// - What game day will we run?
    ///   - 2026-12-09: Flush the cache in staging, owner @ingrid
    /// ```
    ///
    /// ```markdown good
    /// ## Follow-up verification
    ///
    /// - How will we prove this is fixed?
    ///   - The cache is flushed in staging at production load; the service recovers by itself.
    /// - What metrics should improve?
    ///   - `sum(rate(client_retries_total[5m])) < 0.1` for 14d
    /// - What game day will we run?
    ///   - 2026-12-09: Flush the cache in staging, owner @ingrid
    /// ```
    name: "invalid-promql",
    group: Verification,
    levels: Wrong,
    check: check,
}

/// Longer ones are not parsed: a person writes no such expression, and its nesting could be too deep.
const LONGEST: usize = 2_000;

thread_local! {
    /// Comparisons that were parsed before. Parsing one costs more than all other rules together, a target
    /// stands in the plan as well as in the section, and an editor asks again at every keystroke.
    static SOUND: RefCell<HashSet<Box<str>>> = RefCell::default();
}

/// How many comparisons are remembered before all are forgotten.
const REMEMBERED: usize = 4_096;

fn remember(expression: &str) {
    SOUND.with_borrow_mut(|sound| {
        if sound.len() >= REMEMBERED {
            sound.clear();
        }
        sound.insert(expression.into());
    });
}

const WHY: &str = "a target that cannot be run is never asked for, so nothing is proven by it";

fn check(cx: &Context<'_>, out: &mut Findings) {
    let queries = cx.document.queries();
    for query in &queries {
        let expression = query.expression.as_ref();
        if expression.len() > LONGEST {
            let message = format!("an expression of {} bytes is too long to be run", expression.len());
            out.report(query.span, message, WHY, "write a shorter one, or record it as a rule of its own");
            continue;
        }
        if SOUND.with_borrow(|sound| sound.contains(expression)) {
            window(cx, query, out);
            continue;
        }
        match parser::parse(expression) {
            Err(error) => unreadable(query, &error, out),
            Ok(parsed) if compares(&parsed) => {
                remember(expression);
                window(cx, query, out);
            }
            // In a plan, and beside a target, a query may be mentioned.
            Ok(_) if query.item.is_some() || has_other_target(&queries, query) => {}
            Ok(_) => out.report(
                query.span,
                format!("`{expression}` compares with nothing"),
                WHY,
                "say what is good: add a comparison, such as `< 0.001`",
            ),
        }
    }
}

fn has_other_target(queries: &[Target<'_>], query: &Target<'_>) -> bool {
    queries.iter().any(|other| other.place == query.place && other.span != query.span && other.compares)
}

fn unreadable(query: &Target<'_>, error: &str, out: &mut Findings) {
    // Code in a plan can be something else, unless its form or a window says what it is.
    if !query.certain && !matches!(query.window, Some(Ok(_))) {
        return;
    }
    let expression = query.expression.as_ref();
    let message = match error {
        "invalid promql query" => format!("`{expression}` is not PromQL"),
        error => format!("`{expression}` is not PromQL: {}", error.trim_end_matches('.')),
    };
    let help = match expression.split_once(" for ") {
        Some((comparison, window)) => {
            format!("write the window behind the code: `` `{comparison}` for {window} ``")
        }
        None if expression.trim_end().ends_with('%') => "write a share as a number: 5 % is `0.05`".to_owned(),
        None => "mend it, or copy it from the Prometheus expression browser, where it ran".to_owned(),
    };
    out.report(query.span, message, WHY, help);
}

fn window(cx: &Context<'_>, query: &Target<'_>, out: &mut Findings) {
    let expression = query.expression.as_ref();
    match query.window {
        Some(Ok(_)) => {}
        Some(Err(words)) => out.report(
            words,
            format!("`{}` is not a window of time", cx.document.slice(words)),
            "it says how long the comparison must hold, so without it nothing is proven",
            "write it as `for 14d`",
        ),
        None => out.report(
            query.span,
            format!("`{expression}` has no window"),
            "it says how long the comparison must hold, so without it nothing is proven",
            "add it behind the code, as in `for 14d`",
        ),
    }
}

/// Whether the expression as a whole is a comparison, or joins such.
fn compares(expression: &Expr) -> bool {
    match expression {
        Expr::Binary(binary) if binary.op.is_comparison_operator() => true,
        Expr::Binary(binary) if binary.op.is_set_operator() => compares(&binary.lhs) || compares(&binary.rhs),
        Expr::Paren(inner) => compares(&inner.expr),
        _ => false,
    }
}
