//! What the process brings: working folder, streams, colour, terminal width, the clock. Nothing else
//! in the program asks the operating system for these.

use std::borrow::Cow;
use std::io::{self, BufRead, BufWriter, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use recount_engine::document::value::time::utc_day;
use recount_workspace::Notes;

use crate::commit::Pending;
use crate::error::CliError;

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// So much of a line of the input is read.
const LONGEST_LINE: u64 = 64 * 1024;

/// The surroundings of a command.
pub(crate) struct Environment {
    library: Option<PathBuf>,
    out: BufWriter<AutoStream<io::Stdout>>,
    color_out: bool,
    color: Color,
    /// The commit that the command was asked to end with.
    pub(crate) pending: Option<Pending>,
    cache: bool,
    later: Notes,
}

impl Environment {
    pub(crate) fn new(library: Option<PathBuf>, color: Color, cache: bool) -> Self {
        let choice = match color {
            Color::Auto => AutoStream::choice(&io::stdout()),
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        let color_out = choice != ColorChoice::Never;
        // What is written where there is no colour carries none: nothing has to be stripped from it, and a
        // document comes out byte for byte.
        let passing = if color_out { choice } else { ColorChoice::AlwaysAnsi };
        let out = BufWriter::with_capacity(64 * 1024, AutoStream::new(io::stdout(), passing));
        Self { library, out, color_out, color, pending: None, cache, later: Notes::default() }
    }

    /// The library named with `--library`.
    pub(crate) fn library(&self) -> Option<&PathBuf> {
        self.library.as_ref()
    }

    /// Whether what is derived from files may be kept beside them.
    pub(crate) fn may_keep(&self) -> bool {
        self.cache
    }

    /// For those who cannot speak now.
    pub(crate) fn later(&self) -> Notes {
        self.later.clone()
    }

    /// Says what came up where nobody could speak.
    pub(crate) fn say_what_is_left(&mut self) {
        for note in self.later.take() {
            self.warn(note);
        }
    }

    /// Which program this is: its version, and its file's size and time, so that what one build found is
    /// never taken for what another finds.
    #[allow(clippy::unused_self, reason = "everything that the process brings is asked of this")]
    pub(crate) fn program(&self) -> String {
        let file = std::env::current_exe().and_then(std::fs::metadata).ok();
        let time = file.as_ref().and_then(|file| file.modified().ok()?.duration_since(UNIX_EPOCH).ok());
        let size = file.map_or(0, |file| file.len());
        format!("{} {size} {}", env!("CARGO_PKG_VERSION"), time.unwrap_or_default().as_nanos())
    }

    /// The working folder.
    #[allow(clippy::unused_self, reason = "everything that the process brings is asked of this")]
    pub(crate) fn folder(&self) -> Result<PathBuf, CliError> {
        std::env::current_dir()
            .map_err(|error| CliError::new(format!("the working folder cannot be read: {error}")))
    }

    /// Where results go.
    pub(crate) fn out(&mut self) -> &mut impl Write {
        &mut self.out
    }

    /// A result that is passed on byte for byte, whatever it holds.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        self.out.flush()?;
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        Ok(out.flush()?)
    }

    /// Writes everything that is buffered.
    pub(crate) fn flush(&mut self) -> Result<(), CliError> {
        Ok(self.out.flush()?)
    }

    /// Whether results are coloured.
    pub(crate) fn has_color(&self) -> bool {
        self.color_out
    }

    /// The width of the terminal in columns; 100 where there is none.
    #[allow(clippy::unused_self, reason = "everything that the process brings is asked of this")]
    pub(crate) fn width(&self) -> usize {
        let named = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let seen = io::stdout().is_terminal().then(terminal_width).flatten();
        named.or(seen).unwrap_or(100).clamp(40, 200)
    }

    /// Whether somebody watches the error stream.
    #[allow(clippy::unused_self, reason = "everything that the process brings is asked of this")]
    pub(crate) fn is_watched(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Now. `RECOUNT_NOW` (RFC 3339) stands in for the clock where output must be repeatable.
    #[allow(clippy::unused_self, reason = "everything that the process brings is asked of this")]
    pub(crate) fn now(&self) -> Timestamp {
        self.clock()()
    }

    /// The clock, for those who ask it again and again: [`Environment::now`].
    #[allow(clippy::unused_self, reason = "everything that the process brings is asked of this")]
    pub(crate) fn clock(&self) -> Box<dyn Fn() -> Timestamp + Send + Sync> {
        let named: Option<Timestamp> = std::env::var("RECOUNT_NOW").ok().and_then(|text| text.parse().ok());
        Box::new(move || named.unwrap_or_else(|| Zoned::now().timestamp()))
    }

    /// A variable that the configuration names, such as the one that holds a token.
    #[allow(clippy::unused_self, reason = "everything that the process brings is asked of this")]
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    /// A variable, asked for again and again: [`Environment::variable`].
    #[allow(clippy::unused_self, reason = "everything that the process brings is asked of this")]
    pub(crate) fn variables(&self) -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
        |name: &str| std::env::var(name).ok()
    }

    /// Where a server tells what nobody sees in a browser: lines on the error stream, each with its time.
    pub(crate) fn log(&self) -> impl Fn(&str) + Send + Sync + 'static {
        let clock = self.clock();
        move |line| {
            let now = clock().strftime("%Y-%m-%dT%H:%M:%SZ");
            // One line each, whatever somebody typed or sent.
            let line = line.replace(['\n', '\r'], " ");
            // A log that cannot be written must not stop the server.
            let _ = writeln!(io::stderr().lock(), "{now} {}", visible(&line));
        }
    }

    /// Today, UTC.
    pub(crate) fn today(&self) -> Date {
        utc_day(self.now())
    }

    /// Asks whoever sits here for a secret, which is not shown while it is typed; none where nobody does.
    #[allow(clippy::unused_self, reason = "everything that the process brings is asked of this")]
    pub(crate) fn secret(&self, prompt: &str) -> Result<Option<String>, CliError> {
        if !io::stdin().is_terminal() {
            return Ok(None);
        }
        let typed = rpassword::prompt_password(prompt);
        typed
            .map(Some)
            .map_err(|error| CliError::new(format!("nothing can be read from the terminal: {error}")))
    }

    /// The first line of the input.
    #[allow(clippy::unused_self, reason = "everything that the process brings is asked of this")]
    pub(crate) fn line(&self) -> Result<String, CliError> {
        let mut line = String::new();
        io::stdin()
            .lock()
            .take(LONGEST_LINE)
            .read_line(&mut line)
            .map_err(|error| CliError::new(format!("the input cannot be read: {error}")))?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Something that is not the result: what was done, what to know.
    pub(crate) fn note(&mut self, text: impl AsRef<str>) {
        // A note that cannot be shown must not fail the command.
        let _ = self.out.flush();
        let _ = writeln!(self.err(), "{}", visible(text.as_ref()));
    }

    /// A warning: the command goes on.
    pub(crate) fn warn(&mut self, text: impl AsRef<str>) {
        let style = AnsiColor::Yellow.on_default().bold();
        self.labelled(style, "warning", text.as_ref());
    }

    /// Something worth trying next.
    pub(crate) fn hint(&mut self, text: impl AsRef<str>) {
        let style = AnsiColor::Cyan.on_default().bold();
        self.labelled(style, "hint", text.as_ref());
    }

    pub(crate) fn show_error(&mut self, error: &CliError) {
        let style = AnsiColor::Red.on_default().bold();
        self.labelled(style, "error", &error.to_string());
        if let Some(hint) = error.hint_text() {
            self.hint(hint);
        }
    }

    fn labelled(&mut self, style: Style, label: &str, text: &str) {
        let _ = self.out.flush();
        let _ = writeln!(self.err(), "{style}{label}:{style:#} {}", visible(text));
    }

    fn err(&self) -> AutoStream<io::Stderr> {
        let choice = match self.color {
            Color::Auto => AutoStream::choice(&io::stderr()),
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        AutoStream::new(io::stderr(), choice)
    }
}

/// Text that others wrote, for a terminal: what would steer it (escapes, other control characters, marks
/// that turn the direction of writing) is shown instead of obeyed. Line ends and tabs stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let steers = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => out.push(c),
            '\0'..='\u{1f}' if steers(c) => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => out.push('\u{2421}'),
            c if steers(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_steer_a_terminal_is_shown() {
        for (text, shown) in [
            ("plain\ttext\r\nand é\n", "plain\ttext\r\nand é\n"),
            ("\u{1b}[31mred\u{7}", "␛[31mred␇"),
            ("over\rwritten\u{7f}", "over␍written␡"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("a\u{202e}b", "a\\u{202e}b"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
