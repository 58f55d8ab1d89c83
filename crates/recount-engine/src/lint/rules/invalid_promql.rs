//! `invalid-promql`: a target that cannot be run.

use std::borrow::Cow;
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
    /// Shapes of comparisons that were parsed before. Parsing one costs more than all other rules together, a
    /// target stands in the plan as well as in the section, a library repeats the same few expressions for
    /// service after service, and an editor asks again at every keystroke.
    static SOUND: RefCell<HashSet<Box<str>>> = RefCell::default();
}

/// How many shapes are remembered before all are forgotten.
const REMEMBERED: usize = 4_096;

fn remember(shape: &str) {
    SOUND.with_borrow_mut(|sound| {
        if sound.len() >= REMEMBERED {
            sound.clear();
        }
        sound.insert(shape.into());
    });
}

/// The expression with 1 for its numbers and `x` for its labels' values: another expression, which can be run
/// exactly where this one can. What might make a difference stays as it is: zero, many digits, digits in names
/// and of second units, no value. Comments, escapes and names given as labels are so rare that no expression
/// with them is changed.
fn shape(expression: &str) -> Cow<'_, str> {
    if expression.contains(['#', '\\', '\'', '`']) || expression.contains("__name__") {
        return Cow::Borrowed(expression);
    }
    let bytes = expression.as_bytes();
    let mut shape = String::with_capacity(expression.len());
    // What lies before this is in `shape`.
    let mut done = 0;
    let mut at = 0;
    while at < bytes.len() {
        let before = at.checked_sub(1).map_or(b' ', |before| bytes[before]);
        let (same, same_as) = match bytes[at] {
            b'"' => {
                let value = memchr::memchr(b'"', &bytes[at + 1..]).unwrap_or(bytes.len() - at - 1);
                let quoted = (value + 2).min(bytes.len() - at);
                (quoted, (before == b'=' && value > 0 && quoted == value + 2).then_some("\"x\""))
            }
            digit @ b'0'..=b'9' => {
                let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                let is_fraction = before == b'.' && at > 1 && bytes[at - 2].is_ascii_digit();
                let begins = digit != b'0' && !(before.is_ascii_alphanumeric() || b"_:.".contains(&before));
                (digits, ((is_fraction || begins) && digits <= 4).then_some("1"))
            }
            _ => (1, None),
        };
        if let Some(same_as) = same_as {
            shape.push_str(&expression[done..at]);
            shape.push_str(same_as);
            done = at + same;
        }
        at += same;
    }
    shape.push_str(&expression[done..]);
    Cow::Owned(shape)
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
        let shape = shape(expression);
        if SOUND.with_borrow(|sound| sound.contains(shape.as_ref())) {
            window(cx, query, out);
            continue;
        }
        match parser::parse(expression) {
            Err(error) => unreadable(query, &error, out),
            Ok(parsed) if compares(&parsed) => {
                remember(&shape);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_sound(expression: &str) -> bool {
        parser::parse(expression).is_ok_and(|parsed| compares(&parsed))
    }

    #[test]
    fn expressions_that_differ_in_numbers_and_values_have_one_shape() {
        for (expression, expected) in [
            (
                "sum(rate(a_total{service=\"cart\"}[5m])) < 0.05",
                "sum(rate(a_total{service=\"x\"}[1m])) < 0.1",
            ),
            ("a{b!=\"c\",d=~\"4..\",e=\"\"} / 60 < 12.5e3", "a{b!=\"x\",d=~\"4..\",e=\"\"} / 1 < 1.1e3"),
            ("log2(a_90:b2) > 0 and 123456 < 1h30m", "log2(a_90:b2) > 0 and 123456 < 1h30m"),
            ("a{b='c'} < 5", "a{b='c'} < 5"),
            ("a{b=\"c", "a{b=\"c"),
        ] {
            assert_eq!(shape(expression), expected);
        }
    }

    /// Beginnings, middles and ends of expressions, right and wrong.
    fn pieces() -> impl Strategy<Value = String> {
        let whole = prop_oneof![
            Just("sum(rate(errors_total{service=\"cart\",code=~\"5..\"}[5m])) by (le) < 0.05".to_owned()),
            Just(
                "histogram_quantile(0.99, sum by (le) (rate(a_bucket[10m:30s] offset 1d12h))) <= 2.5"
                    .to_owned()
            ),
            Just(
                "a{b!=\"c\", d=\"\"} / on(x) group_left a{b=\"1\"} > bool 90 and absent(b @ 1609746000)"
                    .to_owned()
            ),
            "[a-z]{1,2}[0-9:]{0,2}(\\{[a-z]=\"[a-z0-9 .{},]{0,4}\"\\})?(\\[[0-9]{1,3}[smhdwy]{1,2}\\])? [<>=!]{1,2} [0-9.xe]{1,6}",
        ];
        let piece = prop_oneof![
            3 => Just(String::new()),
            1 => "[-0-9a-z.\"=~!<>(){}\\[\\]:,@#' é]{1,4}",
            1 => Just("{__name__=\"a\"}".to_owned()),
        ];
        (whole, piece, any::<prop::sample::Index>(), 0..3_usize).prop_map(|(whole, piece, at, cut)| {
            let at = at.index(whole.len() + 1);
            let end = (at + cut).min(whole.len());
            format!("{}{piece}{}", &whole[..at], &whole[end..])
        })
    }

    proptest! {
        #[test]
        fn an_expression_can_be_run_exactly_where_its_shape_can(expression in pieces()) {
            prop_assert_eq!(is_sound(&expression), is_sound(&shape(&expression)), "{}", shape(&expression));
        }
    }
}
