//! The follow-up verification as it can be run: queries and targets, game days.
//!
//! What lives here: finding them and reading their windows and dates. What does not: parsing PromQL,
//! asking a server, verdicts.

use std::borrow::Cow;

use jiff::civil::Date;

use super::markdown::{BlockKind, InlineKind};
use super::template::{self, FieldId};
use super::value::{date, duration};
use super::{Document, FieldState, Span};

/// A code span that is meant as PromQL: an answer to *What metrics should improve?*, or in the
/// verification plan of an action item.
///
/// It is a *target* when it compares; it can be run when it has a window, too.
#[derive(Clone, Debug)]
pub struct Target<'d> {
    /// The bullet with what is nested in it, or the cell.
    pub place: Span,
    /// The expression as written, without backticks.
    pub span: Span,
    /// The expression as it is asked; in a cell the pipes are no longer escaped.
    pub expression: Cow<'d, str>,
    /// The number of the action item in whose plan it stands.
    pub item: Option<usize>,
    /// Whether it has a comparison outside of selectors and strings.
    pub compares: bool,
    /// Whether its form is that of PromQL and of little else: `[5m]`, `errors{code="500"}`, or any
    /// query that stands where a target is asked for.
    pub certain: bool,
    /// How long it must hold, in seconds: what follows behind the code span as `for 14d`; an error
    /// with the words in the place of a duration that are none.
    pub window: Option<Result<u64, Span>>,
    /// Whether one of several series is enough: `any of` stands before it. Otherwise all must hold.
    pub any_of: bool,
}

/// A game day: an answer to *What game day will we run?* that begins with a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GameDay<'d> {
    /// When it is held.
    pub date: Date,
    /// The date as written.
    pub date_span: Span,
    /// The bullet with what is nested in it.
    pub span: Span,
    /// What stands behind the date, up to the end of the paragraph.
    pub text: &'d str,
    /// What is nested below: its record. Empty where nothing was recorded.
    pub record: Span,
}

impl Document {
    /// Every code span that is meant as a PromQL comparison, with its window if it has one.
    pub fn targets(&self) -> impl Iterator<Item = Target<'_>> {
        self.queries().into_iter().filter(|query| query.compares)
    }

    /// Every code span that is meant as PromQL, whether it compares or not.
    pub fn queries(&self) -> Vec<Target<'_>> {
        let mut found = Vec::new();
        for place in self.field_values(FieldId::Metrics) {
            self.queries_in(place, self.first_paragraph(place), None, &mut found);
        }
        for item in self.action_items() {
            let Some(plan) = item.plan.filter(|plan| !plan.span.is_empty()) else { continue };
            self.queries_in(plan.span, plan.span, Some(item.number), &mut found);
        }
        found
    }

    /// The game days, in the order of the document.
    pub fn game_days(&self) -> Vec<GameDay<'_>> {
        let mut days = Vec::new();
        for span in self.field_values(FieldId::GameDay) {
            let head = self.first_paragraph(span);
            let Some((date, length, skipped)) = leading_date(self.slice(head)) else { continue };
            let start = head.start as usize + skipped;
            let text = self.slice(Span::new(start + length, head.end as usize));
            let mut record = self.after(head, span);
            // Behind the question itself, what is nested below it is the record of that one day.
            let field = self.field(FieldId::GameDay).filter(|field| field.value == span);
            if let Some(field) = field {
                record = field.body;
            }
            days.push(GameDay {
                date,
                date_span: Span::new(start, start + length),
                span,
                text: text.trim_start_matches(['*', '_', ':', ' ', ',', '–', '—']).trim(),
                record,
            });
            if field.is_some() {
                break;
            }
        }
        days
    }

    /// Where an answer to a question is missing: the bare word that stands for one, the question, or
    /// the section's heading where not even that is left. None where it is answered, and where there is
    /// no such section.
    pub fn unanswered(&self, id: FieldId) -> Option<Span> {
        let Some(field) = self.field(id) else {
            return self.section(id.def().section).map(|section| section.heading);
        };
        if field.state != FieldState::Filled {
            return Some(field.label);
        }
        let mut answers = self.field_values(id).peekable();
        let first = *answers.peek()?;
        answers.all(|answer| is_bare_none(self.slice(answer))).then_some(first)
    }

    /// The paragraph with which an answer begins; what follows it is nested or stands below.
    pub fn first_paragraph(&self, answer: Span) -> Span {
        let blocks = &self.markdown().blocks;
        let after = blocks.partition_point(|block| block.span.start <= answer.start);
        match blocks[..after].last() {
            Some(block) if block.kind == BlockKind::Paragraph && block.content.end > answer.start => {
                Span { start: answer.start, end: answer.end.min(block.content.end) }
            }
            _ => answer,
        }
    }

    /// What `whole` holds behind `head`, without blanks.
    fn after(&self, head: Span, whole: Span) -> Span {
        let rest = self.slice(Span { start: head.end, end: whole.end });
        let start = head.end as usize + (rest.len() - rest.trim_start().len());
        Span::new(start, start + rest.trim().len())
    }

    fn queries_in<'d>(&'d self, place: Span, head: Span, item: Option<usize>, found: &mut Vec<Target<'d>>) {
        for inline in self.markdown().inlines_in(head).filter(|inline| inline.kind == InlineKind::Code) {
            let span = self.inside_backticks(inline.span);
            let shape = Shape::of(self.slice(span));
            let in_plan = item.is_some();
            let window = self.window(Span { start: inline.span.end, end: head.end });
            // A plan is prose that may show any code; there a bare comparison is meant when a window
            // follows it.
            let meant = shape.selects
                || if in_plan {
                    shape.compares && (shape.calls || matches!(window, Some(Ok(_))))
                } else {
                    shape.compares || shape.calls
                };
            if !meant {
                continue;
            }
            let text = self.slice(span);
            let expression = if in_plan && text.contains("\\|") {
                Cow::Owned(text.replace("\\|", "|"))
            } else {
                Cow::Borrowed(text)
            };
            let before = self.slice(Span { start: head.start, end: inline.span.start }).trim_end();
            let tail = before.len().saturating_sub("any of".len());
            found.push(Target {
                place,
                span,
                expression,
                item,
                compares: shape.compares,
                certain: !in_plan || shape.selects,
                window,
                any_of: before.get(tail..).is_some_and(|tail| tail.eq_ignore_ascii_case("any of")),
            });
        }
    }

    fn inside_backticks(&self, code: Span) -> Span {
        let text = self.slice(code);
        let fence = text.bytes().take_while(|byte| *byte == b'`').count();
        let inside = text.get(fence..text.len().saturating_sub(fence)).unwrap_or("");
        let start = code.start as usize + fence + (inside.len() - inside.trim_start().len());
        Span::new(start, start + inside.trim().len())
    }

    /// `for 14d` at the start of what follows a code span.
    fn window(&self, rest: Span) -> Option<Result<u64, Span>> {
        let text = self.slice(rest);
        let said = text.trim_start().strip_prefix("for ")?.trim_start();
        let start = rest.end as usize - said.len();
        let end = said.find([';', ',', '(', '\n', '<', ':', '`']).unwrap_or(said.len());
        let said = said[..end].trim_end();
        // The longest beginning that is a duration: remarks may follow it (`for 14 days at 99 %`).
        let ends = said.match_indices(' ').map(|(at, _)| at).chain([said.len()]).take(4);
        let read = |end: usize| duration::read(said[..end].trim_end_matches('.'));
        let seconds = ends.filter_map(read).last().map(|window| window.seconds);
        Some(seconds.ok_or(Span::new(start, start + said.len())))
    }
}

/// Whether an answer says that there is none and why: `None: the vault is not ours`.
pub fn declines(answer: &str) -> bool {
    let rest = ["none", "no", "n/a", "not applicable", "not needed"].iter().find_map(|word| {
        let head = answer.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
        Some(&answer[head.len()..])
    });
    rest.is_some_and(|rest| rest.starts_with([':', ',', ';', '.', ' ']) && !is_bare_none(answer))
}

/// Nothing, a dash, a stand-in such as `TBD`, or a word for nothing without a reason.
pub fn is_bare_none(answer: &str) -> bool {
    is_word_for_none(answer) || !answer.contains(char::is_alphanumeric) || template::is_stand_in(answer)
}

/// Nothing, a dash, or a word for nothing without a reason; no stand-in, which promises an answer.
pub fn is_word_for_none(answer: &str) -> bool {
    const MARKS: &[char] = &['*', '_', '`', '.', ':', ',', ';', '!', '(', ')', '-', '–', '—'];
    let bare = answer.trim_matches(|ch: char| ch.is_whitespace() || MARKS.contains(&ch));
    bare.len() <= 16
        && ["", "none", "no", "n/a", "na", "nil", "nope", "nothing", "not applicable", "no one"]
            .iter()
            .any(|none| bare.eq_ignore_ascii_case(none))
}

/// A date at the start of a bullet, in bold or not: the day, the bytes it takes, the bytes before it.
fn leading_date(text: &str) -> Option<(Date, usize, usize)> {
    let skipped = text.len() - text.trim_start_matches(['*', '_', '[', ' ']).len();
    let rest = &text[skipped..];
    let cut = |length: usize| {
        let head = rest.get(..length)?;
        let ends = !rest[length..].starts_with(|ch: char| ch.is_alphanumeric() || ch == '-');
        let read = date::read(head).ok().filter(|_| ends && !head.starts_with(['b', 'B', '(']))?;
        Some((read.date, length, skipped))
    };
    cut(10).or_else(|| cut(rest.find([':', '*', '\n', ',', '(']).unwrap_or(rest.len()).min(40)))
}

/// What a code span looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shape {
    /// It compares, outside of selectors and strings.
    compares: bool,
    /// It has a range such as `[5m]` or a selector such as `errors{code="500"}`.
    selects: bool,
    /// It calls something with a name: `max(errors)`.
    calls: bool,
}

impl Shape {
    fn of(code: &str) -> Self {
        let mut shape = Self::default();
        let bytes = code.as_bytes();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':');
        let last_bracket = code.rfind(']').unwrap_or(0);
        // Inside of the braces behind a name, up to where they close.
        let mut in_selector = false;
        let mut depth = 0usize;
        let mut at = 0;
        while at < bytes.len() {
            let before = if at > 0 { bytes[at - 1] } else { b' ' };
            let next = bytes.get(at + 1).copied().unwrap_or(b' ');
            let matches = bytes[at] == b'=' && matches!(next, b'"' | b'\'' | b'~');
            shape.selects |= in_selector && matches;
            match bytes[at] {
                quote @ (b'"' | b'\'') => {
                    at += 1;
                    while at < bytes.len() && bytes[at] != quote {
                        at += if bytes[at] == b'\\' { 2 } else { 1 };
                    }
                }
                b'{' => {
                    depth += 1;
                    in_selector |= is_name(before) || before == b' ' || before == b'(';
                }
                b'}' => {
                    depth = depth.saturating_sub(1);
                    in_selector = false;
                }
                b'[' => {
                    let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                    let unit = bytes.get(at + 1 + digits).copied().unwrap_or(b' ');
                    shape.selects |= digits > 0 && b"smhdwy".contains(&unit) && last_bracket > at;
                }
                b'(' => shape.calls |= is_name(before) && (next.is_ascii_alphabetic() || next == b'_'),
                b'<' | b'>' if depth == 0 => {
                    let is_arrow = matches!(before, b'-' | b'=' | b'<' | b'>') || matches!(next, b'<' | b'>');
                    shape.compares |= !is_arrow;
                }
                b'=' | b'!' if depth == 0 && next == b'=' => shape.compares = true,
                _ => {}
            }
            at += 1;
        }
        shape
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn document(follow_up: &str, plan: &str) -> Document {
        let text = format!(
            "# T\n\n## Action items\n\n| Priority | Action item | Owner | Due date | Status | Verification plan |\n\
             |---|---|---|---|---|---|\n| P0 | Do | @ana | 2026-12-01 | Open | {plan} |\n\n\
             ## Follow-up verification\n\n{follow_up}\n"
        );
        Document::parse(text.as_bytes())
    }

    fn targets(document: &Document) -> Vec<(&str, Option<u64>, bool)> {
        document
            .queries()
            .into_iter()
            .filter(|query| query.compares)
            .map(|target| {
                let seconds = target.window.and_then(Result::ok);
                (document.slice(target.span), seconds, target.any_of)
            })
            .collect()
    }

    #[test]
    fn a_bullet_with_a_comparison_is_a_target_with_its_window() {
        const DAY: u64 = 86_400;
        for (bullet, expected) in [
            ("`rate(a[5m]) < 1` for 14d", vec![("rate(a[5m]) < 1", Some(14 * DAY), false)]),
            ("any of `a_total == 0` for 2 weeks", vec![("a_total == 0", Some(14 * DAY), true)]),
            ("`` a < 1 `` for 1d 12h at 99 %", vec![("a < 1", Some(36 * 3600), false)]),
            ("`a < 1` for 30 days, then monthly", vec![("a < 1", Some(30 * DAY), false)]),
            ("`a{x=\"<\"}` falls", vec![]),
            ("`a != 1`", vec![("a != 1", None, false)]),
            ("`a < 1` for the checkout", vec![("a < 1", None, false)]),
            ("`a -> b`, `cat x >> y`", vec![]),
            ("`a_total` falls, `pay()` and `retry(3)` too", vec![]),
        ] {
            let document = document(&format!("- What metrics should improve?\n  - {bullet}"), "");
            assert_eq!(targets(&document), expected, "{bullet}");
        }
    }

    #[test]
    fn an_answer_behind_the_question_is_a_target_too() {
        let document = document("- What metrics should improve? `a < 1` for 7d", "");
        assert_eq!(targets(&document), [("a < 1", Some(7 * 86_400), false)]);
    }

    #[test]
    fn what_is_nested_below_a_target_is_no_target() {
        let document =
            document("- What metrics should improve?\n  - `a < 1` for 7d\n    - held: `a < 2`", "");
        assert_eq!(targets(&document).len(), 1);
    }

    #[test]
    fn pipes_in_a_plan_are_unescaped() {
        let document = document("", r#"`rate(a{code=~"5..\|429"}[5m]) < 1` for 14d; then close"#);
        let targets: Vec<_> = document.targets().collect();
        assert_eq!(targets[0].expression, r#"rate(a{code=~"5..|429"}[5m]) < 1"#);
        assert_eq!(targets[0].window, Some(Ok(14 * 86_400)));
        assert_eq!(targets[0].item, Some(1));
    }

    #[test]
    fn code_in_a_plan_is_a_query_only_when_it_looks_like_one() {
        for (plan, count) in [
            ("`retries <= 3` in the config", 0),
            ("`retries <= 3` for 7d", 1),
            ("`retry(3)` is called", 0),
            ("`kubectl get pods`", 0),
            ("`count(a unless b)` is 0", 0),
            ("`max(a_seconds) < 3`", 1),
            ("`rate(a[5m])` falls", 1),
        ] {
            assert_eq!(document("", plan).queries().len(), count, "{plan}");
        }
    }

    #[test]
    fn words_that_are_no_duration_are_kept_as_the_windows_fault() {
        let document = document("- What metrics should improve?\n  - `a < 1` for a while", "");
        let window = document.targets().next().and_then(|target| target.window);
        let Some(Err(span)) = window else { panic!("{window:?}") };
        assert_eq!(document.slice(span), "a while");
    }

    #[test]
    fn none_is_an_answer_only_with_its_reason() {
        for (answer, is_answer) in [
            ("", false),
            ("None", false),
            ("n/a.", false),
            ("TBD", false),
            ("None: a page on paper, nothing runs", true),
            ("No, the vendor runs one", true),
            ("Nodes are drained", true),
        ] {
            let document = document(&format!("- What game day will we run?\n  - {answer}"), "");
            assert_eq!(document.unanswered(FieldId::GameDay).is_none(), is_answer, "{answer}");
        }
        assert!(declines("None: nothing runs") && declines("n/a, it is gone"));
        assert!(!declines("None") && !declines("Nodes are drained"));
    }

    #[test]
    fn a_game_day_begins_with_its_date_and_holds_its_record() {
        let text = "- What game day will we run?\n  - 2026-12-09: Fill the disk, owner @sam\n    - 10:00 Started.\n\
                    \x20 - **9 Dec 2026**: Cut the line\n  - Some day\n  - 2026-12-091: no date";
        let document = document(text, "");
        let days = document.game_days();
        let seen: Vec<_> = days.iter().map(|day| (day.date, day.text, document.slice(day.record))).collect();
        assert_eq!(
            seen,
            [
                (date(2026, 12, 9), "Fill the disk, owner @sam", "- 10:00 Started."),
                (date(2026, 12, 9), "Cut the line", ""),
            ]
        );
        assert_eq!(document.slice(days[1].date_span), "9 Dec 2026");
    }

    #[test]
    fn a_game_day_behind_the_question_has_its_record_below() {
        let document =
            document("- What game day will we run? 2026-12-09: Cut it\n  - 2026-12-09 10:00 Started.", "");
        let days = document.game_days();
        assert_eq!(days.len(), 1);
        assert_eq!(document.slice(days[0].record), "- 2026-12-09 10:00 Started.");
    }
}
