//! The line that a terminal shows, made from the bytes that were sent to it: typing over, deleting and colours
//! included. Of a screen only the current line is kept.
//!
//! What does not live here: what a line means (`terminal_recording`).

/// The current line of a terminal, and what is being read.
#[derive(Default)]
pub(super) struct Screen {
    width: usize,
    line: Vec<char>,
    cursor: usize,
    /// Where the row of the screen begins in a line that is longer than one.
    row: usize,
    /// A program (an editor, a pager) has the whole screen.
    full: bool,
    state: State,
    sequence: String,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    Escape,
    /// `ESC [ … letter`
    Control,
    /// `ESC ] … BEL`, and its kin
    Command,
    CommandEscape,
    /// One more character, which says nothing.
    Skip,
}

/// What became of the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// A line was ended.
    Line(String),
    /// The shell said how a command ended (`OSC 133;D`).
    Ended(String),
}

/// No line of a terminal is longer; what is comes from a program and not from a person.
const LONGEST: usize = 8 << 10;

impl Screen {
    /// A screen of so many columns; 0 where that is not known.
    pub(super) fn of_width(width: usize) -> Self {
        // A head may claim any width; no screen has more columns than this.
        Self { width: width.min(LONGEST), ..Self::default() }
    }

    /// Takes in what was sent to the terminal.
    pub(super) fn feed(&mut self, text: &str, shown: &mut dyn FnMut(Shown)) {
        for c in text.chars() {
            match self.state {
                State::Text => self.text(c, shown),
                State::Escape => self.escape(c),
                State::Skip => self.state = State::Text,
                State::Control => {
                    if ('@'..='~').contains(&c) {
                        self.state = State::Text;
                        self.control(c);
                    } else {
                        self.sequence.push(c);
                    }
                }
                State::Command if c == '\x1b' => self.state = State::CommandEscape,
                State::Command | State::CommandEscape => {
                    if c == '\x07' || self.state == State::CommandEscape {
                        self.state = State::Text;
                        if let Some(code) = self.sequence.strip_prefix("133;D;") {
                            shown(Shown::Ended(code.split(';').next().unwrap_or(code).to_owned()));
                        }
                    } else {
                        self.sequence.push(c);
                    }
                }
            }
            if self.sequence.len() > LONGEST {
                self.state = State::Text;
                self.sequence.clear();
            }
        }
    }

    fn text(&mut self, c: char, shown: &mut dyn FnMut(Shown)) {
        match c {
            '\x1b' => self.state = State::Escape,
            _ if self.full => {}
            '\n' => {
                let line: String = std::mem::take(&mut self.line).into_iter().collect();
                (self.cursor, self.row) = (0, 0);
                shown(Shown::Line(line.trim_end().to_owned()));
            }
            '\r' => self.cursor = self.row,
            '\x08' => self.cursor = self.cursor.saturating_sub(1),
            '\t' => self.put(' '),
            c if c.is_control() => {}
            c => self.put(c),
        }
    }

    fn put(&mut self, c: char) {
        if self.width > 0 && self.cursor >= self.row + self.width {
            self.row = self.cursor;
        }
        if self.cursor >= LONGEST {
            return;
        }
        if self.cursor < self.line.len() {
            self.line[self.cursor] = c;
        } else {
            self.line.resize(self.cursor, ' ');
            self.line.push(c);
        }
        self.cursor += 1;
    }

    fn escape(&mut self, c: char) {
        self.sequence.clear();
        self.state = match c {
            '[' => State::Control,
            ']' | 'P' | '_' | '^' | 'X' | 'k' => State::Command,
            '(' | ')' | '*' | '+' | '#' | '%' => State::Skip,
            _ => State::Text,
        };
    }

    fn control(&mut self, letter: char) {
        let sequence = std::mem::take(&mut self.sequence);
        if let Some(mode) = sequence.strip_prefix('?') {
            if ["1049", "47", "1047"].iter().any(|full| mode.split(';').any(|m| m == *full)) {
                self.full = letter == 'h';
            }
            return;
        }
        if self.full {
            return;
        }
        let number = sequence.split(';').next().and_then(|number| number.parse::<usize>().ok());
        let count = number.unwrap_or(1).clamp(1, LONGEST);
        let end = self.cursor.min(self.line.len());
        match letter {
            'D' => self.cursor = self.cursor.saturating_sub(count),
            'C' => self.cursor = (self.cursor + count).min(LONGEST),
            'G' => self.cursor = (self.row + count - 1).min(LONGEST),
            'K' if number == Some(2) => self.line.clear(),
            'K' if number == Some(1) => self.line[..end].fill(' '),
            'K' | 'J' => self.line.truncate(self.cursor),
            'P' => {
                self.line.drain(end..(end + count).min(self.line.len()));
            }
            '@' => {
                let room = count.min(LONGEST.saturating_sub(self.line.len()));
                self.line.splice(end..end, std::iter::repeat_n(' ', room));
            }
            'H' | 'f' => {
                self.line.clear();
                (self.cursor, self.row) = (0, 0);
            }
            'A' => {
                // Up to the row above, in a line that goes over several.
                let rows = count * self.width;
                self.row = self.row.saturating_sub(rows);
                self.cursor = self.cursor.saturating_sub(rows);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(width: usize, text: &str) -> Vec<Shown> {
        let mut screen = Screen::of_width(width);
        let mut all = Vec::new();
        // Piece by piece, as it comes: a sequence may be cut anywhere.
        for c in text.chars() {
            screen.feed(&c.to_string(), &mut |shown| all.push(shown));
        }
        all
    }

    #[test]
    fn a_line_is_what_the_terminal_shows_in_the_end() {
        for (sent, shown) in [
            ("\x1b[1;32mana@web\x1b[0m$ ls\r\n", "ana@web$ ls"),
            ("$ lsx\x08\x1b[K -l\r\n", "$ ls -l"),
            ("$ helm\x1b[4Dkube\r\n", "$ kube"),
            ("$ a b\x1b[2D\x1b[1P\r\n", "$ ab"),
            ("$ ab\x1b[1D\x1b[1@x\r\n", "$ axb"),
            ("\x1b]0;ana@web: ~\x07$ ls\r\n", "$ ls"),
            ("\x1b]2;title\x1b\\$ ls\r\n", "$ ls"),
            ("10%\r20%\r\n", "20%"),
            ("\x1b(B$ ls\r\n", "$ ls"),
            ("$ vi\x1b[?1049hline\r\nother\x1b[?1049l!\r\n", "$ vi!"),
        ] {
            assert_eq!(lines(0, sent), [Shown::Line(shown.into())], "{sent:?}");
        }
        assert_eq!(lines(0, "\x1b]133;D;2\x07"), [Shown::Ended("2".into())]);
    }

    #[test]
    fn a_command_that_goes_over_the_edge_of_the_screen_is_one_line() {
        assert_eq!(lines(10, "$ kubectl  \rget pods\r\n"), [Shown::Line("$ kubectl get pods".into())]);
    }

    proptest::proptest! {
        #[test]
        fn anything_that_is_sent_is_taken_without_panic(text in "(\\PC|\x1b|\x1b\\[|[0-9;?]|[A-Ph@KPDC]|\r|\n|\x08|\x1b\\]|\x07){0,60}", width in 0_usize..5) {
            let _ = lines(width, &text);
        }
    }
}
