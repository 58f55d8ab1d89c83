//! Paragraphs within the terminal's width. What does not live here: the width, and tables.

use std::io;

/// Writes a paragraph, its first line `indent` columns in and the others two more.
pub(crate) fn wrapped(out: &mut impl io::Write, width: usize, indent: usize, text: &str) -> io::Result<()> {
    let first = " ".repeat(indent);
    lines(text, width.saturating_sub(indent), width.saturating_sub(indent + 2))
        .try_for_each(|(is_first, line)| writeln!(out, "{first}{}{line}", if is_first { "" } else { "  " }))
}

/// Writes a paragraph with a label in front of it, which takes `indent` columns.
pub(crate) fn labelled(
    out: &mut impl io::Write,
    width: usize,
    indent: usize,
    label: &str,
    text: &str,
) -> io::Result<()> {
    // A narrow terminal wraps by itself.
    let room = width.saturating_sub(indent).max(30);
    lines(text, room, room)
        .try_for_each(|(is_first, line)| writeln!(out, "{:indent$}{line}", if is_first { label } else { "" }))
}

/// The words of a text in lines, the first of at most `first` columns and the others of at most `rest`; a
/// longer word has a line of its own. There is always a first line.
fn lines(text: &str, first: usize, rest: usize) -> impl Iterator<Item = (bool, String)> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        let room = if lines.len() == 1 { first } else { rest };
        if used > 0 && used + 1 + length > room {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            let gap = if used > 0 { " " } else { "" };
            line.extend([gap, word]);
            used += gap.len() + length;
        }
    }
    lines.into_iter().enumerate().map(|(index, line)| (index == 0, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_and_lines_within_their_width() {
        let mut out = Vec::new();
        wrapped(&mut out, 12, 2, "one two three seventeen-letters é").expect("memory takes everything");
        labelled(&mut out, 40, 6, "Why", "").expect("memory takes everything");
        labelled(&mut out, 10, 6, "Why", "a narrow terminal has thirty columns")
            .expect("memory takes everything");
        assert_eq!(
            String::from_utf8(out).expect("text"),
            "  one two\n    three\n    seventeen-letters\n    é\nWhy   \n\
             Why   a narrow terminal has thirty\n      columns\n"
        );
    }
}
