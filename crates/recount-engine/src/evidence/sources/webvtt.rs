//! The source `webvtt`: transcripts of calls, as WebVTT or `SubRip`, with the instant at which they begin.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::hashed_id;
use crate::evidence::instants::Instant;
use crate::evidence::reader::{self, PartSource, Reader};
use crate::evidence::source::{Confidence, Part, Position, source};

source! {
    /// # What it reads
    ///
    /// The transcript of a call: WebVTT (`.vtt`) from Zoom, Teams, Meet or a transcriber, or `SubRip` (`.srt`).
    ///
    /// # How to get it
    ///
    /// Zoom: *Recordings → the meeting → Audio transcript*. Teams: *the meeting → Recap → Transcript →
    /// Download as .vtt*. A transcript counts from the beginning of its recording, so say when that was:
    ///
    /// ```sh
    /// recount import INC-0042 bridge.vtt --anchor '2026-11-20 14:03:10'
    /// ```
    ///
    /// The anchor may be left out where the file says it: in a `NOTE` or its first cue, with a date and an
    /// offset; in the name that Zoom gives (`GMT20261120-140310_Recording.transcript.vtt`); with `--zone`
    /// also in the one that Teams gives (`…-20261120_150310-Meeting Recording.vtt`). `--anchor` goes first.
    ///
    /// # What becomes an event
    ///
    /// What somebody says in one breath is a message, at the instant at which it begins: cues of the same
    /// speaker that follow one another are joined, up to half a minute or the end of the sentence. The same
    /// words bring it into the timeline as in chat. Speakers are those of `<v Ana Li>` and of `Ana Li: …`.
    ///
    /// # Traps
    ///
    /// - All instants are as exact as the anchor: one that is a minute off puts every row a minute off.
    /// - A recording that was paused goes on counting without the pause. What comes later is then too early.
    /// - A transcriber mishears: take rows in after reading them. Names of speakers are those of the account.
    /// - `X-TIMESTAMP-MAP` relates cues to a video stream, not to a clock.
    WEBVTT: "webvtt", "Transcripts of calls: WebVTT and SubRip, with an anchor", recognise,
    reader::parts::<WebVtt>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let text = part.text();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("");
    let is_vtt = first == "WEBVTT" || first.starts_with("WEBVTT ") || first.starts_with("WEBVTT\t");
    let is_srt =
        first.bytes().all(|b| b.is_ascii_digit()) && lines.next().is_some_and(|line| timing(line).is_some());
    if is_vtt || (is_srt && !first.is_empty()) { Confidence::Sure } else { Confidence::No }
}

/// How long a silence may be inside what is said in one breath.
const BREATH: SignedDuration = SignedDuration::from_secs(4);
/// How long joined cues may be where a sentence ends, and where none does.
const LONG: SignedDuration = SignedDuration::from_secs(30);
const LONGEST: SignedDuration = SignedDuration::from_secs(60);

#[derive(Default)]
struct WebVtt;

/// A cue, or what one speaker says in it.
struct Cue {
    line: usize,
    start: SignedDuration,
    end: SignedDuration,
    speaker: String,
    text: String,
}

impl PartSource for WebVtt {
    fn part(&mut self, bytes: &[u8], reader: &mut Reader) {
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        let (mut cues, notes) = cues(&text, reader);
        cues.sort_by_key(|cue| (cue.start, cue.line));
        let (anchor, from) = match anchor(&cues, &notes, reader) {
            Ok(found) => found,
            Err(why) => {
                reader.at(Position::Line(cues.first().map_or(1, |cue| cue.line)));
                return reader.skip(why);
            }
        };
        if !from.is_empty() {
            reader.import.note(format!("the transcript begins at {anchor}, {from}; `--anchor` changes that"));
        }
        let speakers = by_prefix(&cues);
        let mut said: Vec<Cue> = Vec::new();
        for cue in cues {
            let (speaker, text) = spoken(&cue, &speakers);
            if text.is_empty() {
                continue;
            }
            match said.last_mut().filter(|last| goes_on(last, &cue, &speaker)) {
                Some(last) => {
                    last.text.push(' ');
                    last.text.push_str(&text);
                    last.end = cue.end.max(last.end);
                }
                None => said.push(Cue { speaker, text, ..cue }),
            }
        }
        for cue in said {
            reader.at(Position::Line(cue.line));
            let Ok(at) = anchor.checked_add(cue.start) else {
                reader.skip("the cue is beyond all dates");
                continue;
            };
            if !reader.in_window(at) {
                continue;
            }
            let who =
                if cue.speaker.is_empty() { String::new() } else { reader.who("", &[&cue.speaker], "") };
            let id = hashed_id("vtt", at, &cue.speaker, &cue.text);
            reader.push(Event::new(id, &Instant::utc(at), Kind::Message).doing(who, cue.text));
        }
    }
}

fn goes_on(last: &Cue, next: &Cue, speaker: &str) -> bool {
    let length = next.end - last.start;
    let mid_sentence = !last.text.ends_with(['.', '!', '?', '…']);
    last.speaker == speaker
        && next.start - last.end <= BREATH
        && (length <= LONG || (mid_sentence && length <= LONGEST))
}

/// The cues, one for each speaker in them, and the texts of notes.
fn cues(text: &str, reader: &mut Reader) -> (Vec<Cue>, Vec<String>) {
    let (mut all, mut notes) = (Vec::new(), Vec::new());
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let line = line.trim();
        let mut rest = || {
            let mut rest: Vec<&str> = Vec::new();
            while let Some((_, more)) =
                lines.next_if(|(_, line)| !line.trim().is_empty() && !line.contains("-->"))
            {
                rest.push(more.trim());
            }
            rest
        };
        if line.starts_with("WEBVTT") || line.starts_with("NOTE") {
            notes.push(format!("{line}\n{}", rest().join("\n")));
        } else if line.starts_with("STYLE") || line.starts_with("REGION") {
            rest();
        } else if line.contains("-->") {
            let Some((start, end)) = timing(line) else {
                rest();
                reader.at(Position::Line(index + 1));
                let shown: String = line.chars().take(30).collect();
                reader.skip(format!("`{shown}` are no times of a cue"));
                continue;
            };
            let mut text = rest();
            // Where no empty line is between cues, the last line is the number of the next.
            if text.last().is_some_and(|last| !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()))
                && lines.peek().is_some_and(|(_, next)| next.contains("-->"))
            {
                text.pop();
            }
            for (speaker, text) in voices(&text.join("\n")) {
                all.push(Cue { line: index + 1, start, end, speaker, text });
            }
        }
    }
    (all, notes)
}

static TIMING: LazyLock<Regex> = LazyLock::new(|| {
    let time = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,9}))?";
    Regex::new(&format!(r"^{time}\s*-->\s*{time}(?:\s|$)")).expect("a fixed pattern")
});

fn timing(line: &str) -> Option<(SignedDuration, SignedDuration)> {
    let found = TIMING.captures(line.trim())?;
    let number = |at: usize| found.get(at).map_or(Some(0), |digits| digits.as_str().parse::<i64>().ok());
    let time = |from: usize| {
        let nanos: String = format!("{:0<9}", found.get(from + 3).map_or("", |digits| digits.as_str()));
        let seconds = number(from)? * 3600 + number(from + 1)? * 60 + number(from + 2)?;
        Some(SignedDuration::new(seconds, nanos.parse().ok()?))
    };
    Some((time(1)?, time(5)?))
}

static VOICE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"<v(?:\.[\w.-]+)?(?:\s+([^>]*))?>").expect("a fixed pattern"));
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"</?(?:c|i|b|u|ruby|rt|lang|v|font)\b[^>]*>|</?c\.[^>]*>|<\d[\d:.]*>")
        .expect("a fixed pattern")
});

/// What each speaker says in a cue; the text before the first of them is nobody's.
fn voices(text: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let bare = TAG.replace_all(text, "");
        let bare = bare.replace("&nbsp;", " ").replace("&lrm;", "").replace("&rlm;", "");
        let bare = bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        bare.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (mut all, mut speaker, mut from) = (Vec::new(), String::new(), 0);
    for voice in VOICE.captures_iter(text) {
        // The whole of a match is always there.
        let Some(tag) = voice.get(0) else { continue };
        all.push((std::mem::take(&mut speaker), plain(&text[from..tag.start()])));
        speaker = voice.get(1).map_or_else(String::new, |name| plain(name.as_str()));
        from = tag.end();
    }
    all.push((speaker, plain(&text[from..])));
    all.retain(|(_, text)| !text.is_empty());
    all
}

static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[-–>]+\s*)?(?P<name>\p{Lu}[\p{L}\d.'’_@-]*(?: (?:\([^)]{1,30}\)|[\p{L}\d.'’_@-]+)){0,4}): (?P<text>\S.*)$")
        .expect("a fixed pattern")
});

/// How often each `Name:` begins a cue.
fn by_prefix(cues: &[Cue]) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for cue in cues.iter().filter(|cue| cue.speaker.is_empty()) {
        if let Some(found) = PREFIX.captures(&cue.text) {
            *counts.entry(found["name"].to_owned()).or_default() += 1;
        }
    }
    counts
}

/// Who speaks and what. `Update: …` names nobody: a speaker has two names, or speaks more than once.
fn spoken(cue: &Cue, prefixes: &HashMap<String, usize>) -> (String, String) {
    let found = PREFIX.captures(&cue.text).filter(|_| cue.speaker.is_empty()).filter(|found| {
        let name = &found["name"];
        let words = name.split(' ').filter(|word| word.starts_with(char::is_uppercase)).count();
        words > 1 || prefixes.get(name).is_some_and(|count| *count > 1)
    });
    match found {
        Some(found) => (found["name"].to_owned(), found["text"].trim().to_owned()),
        None => (cue.speaker.clone(), cue.text.clone()),
    }
}

static STATED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?(?:Z|UTC|GMT)\b| ?[+-]\d\d:?\d\d\b)?")
        .expect("a fixed pattern")
});
static ZOOM: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"GMT(\d{8})-(\d{6})").expect("a fixed pattern"));
static TEAMS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\d{8})_(\d{6})-Meeting").expect("a fixed pattern"));

/// The instant from which the cues count, and where it was found; nothing for one that was given.
fn anchor(cues: &[Cue], notes: &[String], reader: &Reader) -> Result<(Timestamp, &'static str), String> {
    if let Some(anchor) = reader.options.anchor {
        return Ok((anchor, ""));
    }
    let stated = |text: &str| STATED.find(text).map(|found| reader.instant(found.as_str()));
    // A time without an offset is told, rather than passed over.
    let mut why = None;
    let read = |read: Option<Result<Instant, String>>, why: &mut Option<String>| match read {
        Some(Ok(instant)) => Some(instant.at),
        Some(Err(error)) => {
            why.get_or_insert(error);
            None
        }
        None => None,
    };
    for note in notes {
        if let Some(at) = read(stated(note), &mut why) {
            return Ok((at, "as a note in it says"));
        }
    }
    if let Some(first) = cues.first()
        && let Some(at) = read(stated(&first.text), &mut why)
        && let Ok(at) = at.checked_sub(first.start)
    {
        return Ok((at, "as its first cue says"));
    }
    let name = |pattern: &Regex, ending: &str| {
        let found = pattern.captures(reader.part())?;
        Some(reader.instant(&format!("{}T{}{ending}", &found[1], &found[2])))
    };
    if let Some(at) = read(name(&ZOOM, "+0000"), &mut why) {
        return Ok((at, "as the file's name says"));
    }
    if let Some(at) = read(name(&TEAMS, ""), &mut why) {
        return Ok((at, "as the file's name says"));
    }
    Err(why.unwrap_or_else(|| {
        "a transcript counts from its beginning; say when that was with `--anchor`".to_owned()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::source::Session;
    use crate::evidence::{Import, Options};

    fn read(name: &str, text: &str, options: Options) -> Import {
        let mut session = Session::new(&WEBVTT, options);
        session.part(name, text.as_bytes());
        session.finish()
    }

    #[test]
    fn the_beginning_is_taken_from_where_it_is_stated_and_asked_for_elsewhere() {
        let cue = "00:00:10.000 --> 00:00:12.000\n";
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").ok();
        for (name, text, zone, at) in [
            (
                "x.vtt",
                format!("WEBVTT\n\nNOTE start 2026-11-25T14:00:00Z\n\n{cue}hi\n"),
                None,
                "2026-11-25T14:00:10Z",
            ),
            (
                "x.vtt",
                format!("WEBVTT - 2026-11-25 15:00:00 +0100\n\n{cue}hi\n"),
                None,
                "2026-11-25T14:00:10Z",
            ),
            ("x.vtt", format!("WEBVTT\n\n{cue}It is 2026-11-25T14:00:00Z\n"), None, "2026-11-25T14:00:00Z"),
            (
                "GMT20261125-140000_Recording.transcript.vtt",
                format!("WEBVTT\n\n{cue}hi\n"),
                None,
                "2026-11-25T14:00:10Z",
            ),
            (
                "Bridge-20261125_150000-Meeting Recording.vtt",
                format!("WEBVTT\n\n{cue}hi\n"),
                zone.clone(),
                "2026-11-25T14:00:10Z",
            ),
        ] {
            let import = read(name, &text, Options { zone, ..Options::default() });
            let times: Vec<String> = import.events.iter().map(|event| event.instant().to_string()).collect();
            assert_eq!(times, [at], "{name} {text} {:?}", import.skipped);
        }
        for (name, text, why) in [
            ("x.vtt", format!("WEBVTT\n\n{cue}hi\n"), "--anchor"),
            ("x.vtt", format!("WEBVTT\n\nNOTE 2026-11-25 14:00\n\n{cue}hi\n"), "--zone"),
            ("B-20261125_150000-Meeting.vtt", format!("WEBVTT\n\n{cue}hi\n"), "--zone"),
        ] {
            let import = read(name, &text, Options::default());
            assert!(import.events.is_empty() && import.skipped[0].why.contains(why), "{:?}", import.skipped);
        }
    }

    #[test]
    fn times_of_cues_are_read_with_and_without_hours_and_as_sub_rip_writes_them() {
        for (line, start, end) in [
            ("00:01.500 --> 00:02.000 align:start position:0%", 1_500, 2_000),
            ("100:00:01,250 --> 100:00:02,000", 360_001_250, 360_002_000),
            ("0:01:00.000-->0:01:01.000", 60_000, 61_000),
        ] {
            let millis = timing(line).map(|(start, end)| (start.as_millis(), end.as_millis()));
            assert_eq!(millis, Some((start, end)), "{line}");
        }
        assert!(timing("then --> now").is_none() && timing("99999:00:00.0 --> 00:01.0").is_none());
    }
}
