//! Times in the habits of other templates: found at the start of a text, and placed as instants by what
//! the document says of date and zone. What does not live here: reading one time, which the document's
//! values do; what is an entry (`timeline`).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::zones::{city_in, is_utc, zone_in, zone_label};
use super::{habits, words};
use crate::document::value::date::{self, Scanned};
use crate::document::value::time::{self, Anchor, Form, Moment, Precision, TimeProblem};

/// A time at the start of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Leading {
    /// The time without marks of emphasis and brackets.
    pub(super) time: String,
    /// What follows it, without what separates the two.
    pub(super) rest: String,
}

/// In bytes: no time at the start of an entry is longer.
const LONGEST: usize = 80;

/// Finds the longest time that a text begins with.
pub(super) fn leading(text: &str) -> Option<Leading> {
    let text = text.trim();
    let first = text.trim_start_matches(['*', '_', '`', '[', '(', '~', '≈', '@', ' ']);
    let starts = first.starts_with(|ch: char| ch.is_ascii_digit())
        || begins_with_day_name(first)
        || begins_vaguely(first);
    if !starts {
        return relative(text).or_else(|| behind_a_symbol(text));
    }
    let mut ends: Vec<usize> = Vec::new();
    let mut previous = ' ';
    for (at, ch) in text.char_indices().chain([(text.len(), ' ')]) {
        if at > LONGEST {
            break;
        }
        let joined = |ch: char| ch.is_alphanumeric();
        if at > 0 && (joined(previous) || matches!(previous, '?' | '~' | ')' | ']')) && !joined(ch) {
            ends.push(at);
        }
        previous = ch;
    }
    ends.into_iter().rev().find_map(|end| {
        let time = without_marks(&text[..end]);
        if !ends_as_time(&time) || !is_time(&time) {
            return None;
        }
        Some(with_city(Leading { time, rest: rest_after(text, end) }))
    })
}

/// A city right behind a clock belongs to it: `16:37 Denver - restarted`.
fn with_city(leading: Leading) -> Leading {
    let name = |text: &str| text.find(|ch: char| !(ch.is_alphabetic() || ch == ' ')).unwrap_or(text.len());
    let city = leading.rest[..name(&leading.rest)].trim_end();
    let city = city.strip_suffix(" time").unwrap_or(city);
    if !leading.time.contains(':') || city.split(' ').count() > 2 || city_in(&format!("0 {city}")).is_none() {
        return leading;
    }
    let after = leading.rest[city.len()..].trim_start_matches(" time");
    if !(after.is_empty() || after.trim_start().starts_with(['-', ':', '–', '—', ','])) {
        return leading;
    }
    let rest = after.trim_start_matches([' ', '-', ':', '–', '—', ',']).to_owned();
    Leading { time: format!("{} {city}", leading.time), rest }
}

/// The whole text as a time, if it is nothing else.
pub(super) fn whole(text: &str) -> Option<String> {
    leading(text).filter(|found| found.rest.is_empty()).map(|found| found.time)
}

/// The one day that a text names and nothing else, with the year nearest to `near`.
pub(super) fn whole_day(text: &str, near: Option<Date>) -> Option<Date> {
    let text = habits::plain(&without_marks(text));
    let text = text.trim_end_matches([':', '.', ',', ' ']);
    let (scanned, length) = date::scan(text)?;
    if !text[length..].trim_matches(|ch: char| !ch.is_alphanumeric()).is_empty() {
        return None;
    }
    certain(scanned, near)
}

/// `T+5m`, `+00:12`: a time counted from another one.
fn relative(text: &str) -> Option<Leading> {
    let bare = text.trim_start_matches(['*', '_', '`', '[']);
    let after = bare.strip_prefix(['T', 't']).unwrap_or(bare);
    let after = after.strip_prefix(['+', '-', '−'])?;
    let length = after.find(|ch: char| !(ch.is_ascii_alphanumeric() || ch == ':')).unwrap_or(after.len());
    let said = &after[..length];
    let is_relative = said.starts_with(|ch: char| ch.is_ascii_digit())
        && (after.len() < bare.len() - 1 || said.contains(':'))
        && said
            .trim_end_matches(':')
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b':' | b'h' | b'm' | b's' | b'i' | b'n'));
    if !is_relative {
        return None;
    }
    let mut end = text.len() - after.len() + said.trim_end_matches(':').len();
    // `T+10 min`
    let unit =
        text[end..].strip_prefix(' ').map_or("", |rest| rest.split([' ', ':', ',']).next().unwrap_or(""));
    if ["s", "sec", "m", "min", "mins", "minutes", "h", "hr", "hours"].contains(&unit) {
        end += 1 + unit.len();
    }
    Some(Leading { time: without_marks(&text[..end]), rest: rest_after(text, end) })
}

/// `At 14:02`, `Around 14:02`, `On 3 March`.
fn begins_vaguely(text: &str) -> bool {
    const WORDS: [&str; 8] = ["at", "around", "about", "approx", "approximately", "circa", "ca", "by"];
    if habits::lead(text).is_some() {
        return true;
    }
    let Some((word, rest)) = text.split_once(' ') else { return false };
    let word = word.trim_end_matches(['.', ',']);
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
        && rest.trim_start_matches(['*', '_', '~', ' ']).starts_with(|ch: char| ch.is_ascii_digit())
}

/// `Detected: 2026-03-02 14:02 UTC (by an alert)`: a time behind a short label, which is what happened.
pub(super) fn labelled(text: &str) -> Option<Leading> {
    let at = text.find(':').filter(|at| *at <= 40)?;
    let label = without_marks(&text[..at]);
    let words = label.split_whitespace().count();
    let is_label = (1..=5).contains(&words)
        && label.chars().all(|ch| ch.is_alphabetic() || matches!(ch, ' ' | '-' | '/'));
    let value = text[at + 1..].trim_start_matches(['*', '_', ' ', '\t']);
    let found = leading(value).filter(|found| is_label && found.time.contains(':'))?;
    let rest = if found.rest.is_empty() { label } else { format!("{label}: {}", found.rest) };
    Some(Leading { time: found.time, rest })
}

/// A time behind an emoji, which stays with the text.
fn behind_a_symbol(text: &str) -> Option<Leading> {
    let end = text.find(|ch: char| ch.is_ascii() || ch.is_alphanumeric()).filter(|end| *end > 0)?;
    let symbol = &text[..end];
    let rest = text[end..].trim_start();
    if !rest.starts_with(|ch: char| ch.is_ascii_digit() || matches!(ch, '*' | '[' | '_')) {
        return None;
    }
    let leading = leading(rest)?;
    Some(Leading { rest: format!("{} {}", symbol.trim(), leading.rest).trim().to_owned(), ..leading })
}

fn begins_with_day_name(text: &str) -> bool {
    let word = &text[..text.bytes().take_while(u8::is_ascii_alphabetic).count()];
    word.len() >= 3 && (date::is_month(word) || date::is_weekday(word))
}

/// Without emphasis, code marks and brackets, single spaces between words.
pub(super) fn without_marks(text: &str) -> String {
    let bare: String = text.chars().filter(|ch| !matches!(ch, '*' | '_' | '`' | '[' | ']')).collect();
    let bare = bare.split_whitespace().collect::<Vec<_>>().join(" ");
    let open =
        bare.strip_prefix('(').filter(|rest| !rest.contains('(')).map(|rest| rest.trim_end_matches(')'));
    open.map_or(bare.clone(), str::to_owned)
}

/// Whether the last word can end a time: `10:45 after` goes on.
fn ends_as_time(time: &str) -> bool {
    const GO_ON: [&str; 24] = [
        "after",
        "about",
        "around",
        "at",
        "before",
        "between",
        "by",
        "ca",
        "circa",
        "early",
        "estimate",
        "estimated",
        "from",
        "late",
        "on",
        "roughly",
        "shortly",
        "since",
        "sometime",
        "standard",
        "the",
        "time",
        "to",
        "unknown",
    ];
    let last = time.rsplit(|ch: char| !ch.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or("");
    !GO_ON.iter().any(|word| last.eq_ignore_ascii_case(word))
}

/// What stands behind a time that ends at `end`, without closing marks and separators. Emphasis that the time
/// opened and did not close goes on in it.
fn rest_after(text: &str, end: usize) -> String {
    let (before, mut rest) = text.split_at(end);
    let mut open = String::new();
    if before.starts_with('[') && before.ends_with(']') && rest.starts_with(['(', '[']) {
        // The time is the text of a link: it stays where it is.
        return text.to_owned();
    }
    for (mark, close) in [("**", "**"), ("__", "__"), ("*", "*"), ("_", "_"), ("`", "`"), ("[", "]")] {
        let opened = if mark == close {
            before.starts_with(mark) && before.matches(mark).count() % 2 == 1
        } else {
            before.strip_prefix(mark).is_some_and(|inside| !inside.contains(close))
        };
        if opened && open.is_empty() {
            mark.clone_into(&mut open);
        }
    }
    if !open.is_empty() {
        let close = if open == "[" { "]" } else { open.as_str() };
        let inside = rest.trim_start_matches([':', '.', ',', ' ', '-', '–', '—', ')']);
        if let Some(after) = inside.strip_prefix(close) {
            if open == "[" && after.starts_with(['(', '[']) {
                return text.to_owned();
            }
            rest = after;
            open.clear();
        } else if open == "[" {
            // A bracket around more than the time stays whole.
            return text.to_owned();
        }
    }
    let rest = rest.trim_start_matches(|ch: char| {
        ch.is_whitespace() || matches!(ch, ':' | '-' | '–' | '—' | ',' | ';' | ')' | '|' | '>' | '→')
    });
    let rest = rest.strip_prefix(". ").unwrap_or(rest);
    // A hyphen that was kept from becoming the marker of a list.
    let rest = rest.strip_prefix("\\- ").unwrap_or(rest);
    if rest.is_empty() { String::new() } else { format!("{open}{rest}") }
}

/// Whether a text is a time or a day, exact or not.
fn is_time(text: &str) -> bool {
    let mut text = tidy(text, Some(SOME_DAY));
    if let Some((Scanned::Ambiguous([reading, _]), start, end)) = day_in(&text) {
        text.replace_range(start..end, &reading.to_string());
    }
    let anchor = Anchor { date: Some(SOME_DAY), previous: None };
    match time::read(&text, &anchor) {
        Ok(_)
        | Err(
            TimeProblem::Imprecise { .. }
            | TimeProblem::AmbiguousZone { .. }
            | TimeProblem::ZoneOutOfSeason { .. }
            | TimeProblem::FoldedLocalTime,
        ) => true,
        Err(TimeProblem::NotATime) => is_dotted(&text) && time::read(&format!("{text} UTC"), &anchor).is_ok(),
        Err(_) => false,
    }
}

/// `14.02`, two digits on both sides: a clock where times are expected.
fn is_dotted(text: &str) -> bool {
    let clock = text.rsplit(' ').next().unwrap_or(text);
    matches!(clock.as_bytes(), [a, b, b'.', c, d] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()))
}

/// Any day on which no clock is changed, to look whether a text is a time at all.
pub(super) const SOME_DAY: Date = Date::constant(2020, 1, 15);

/// A time in a spelling that the values of documents know: with its year, with a colon in `2026-11-20 1402`.
fn tidy(text: &str, near: Option<Date>) -> String {
    let mut text = habits::plain(&text.replace("HH:mm", "").replace("HH:MM", ""));
    if let Some((scanned, start, end)) = day_in(&text)
        && !matches!(scanned, Scanned::Date(_))
        && let Some(date) = certain(scanned, near)
    {
        text.replace_range(start..end, &date.to_string());
    }
    if let Some((Scanned::Date(_), _, end)) = day_in(&text) {
        let rest = text[end..].trim_start_matches([' ', ',']);
        let at = text.len() - rest.len();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 4 && !rest[4..].starts_with([':', '-', '.']) {
            text.insert(at + 2, ':');
        }
    }
    text.trim().to_owned()
}

/// A clock with the zone of the city that is all that follows it.
fn with_zone_of_city(text: &str) -> String {
    let Some(city) = city_in(text) else { return text.to_owned() };
    let named = city.rsplit('/').next().unwrap_or("").replace('_', " ").to_lowercase();
    let lower = text.to_lowercase();
    match lower.strip_suffix(" time").unwrap_or(&lower).strip_suffix(&named) {
        Some(clock) => format!("{}{city}", &text[..clock.len()]),
        None => text.to_owned(),
    }
}

/// The first day in a text: what it is and where it stands.
fn day_in(text: &str) -> Option<(Scanned, usize, usize)> {
    let mut previous = ' ';
    for (at, ch) in text.char_indices() {
        if ch.is_ascii_alphanumeric()
            && !previous.is_alphanumeric()
            && (!matches!(previous, ':' | '.' | '-' | '/' | '+')
                || previous == '/' && begins_whole(&text[at..]))
            && let Some((scanned, length)) = date::scan(&text[at..])
            && !text[at + length..].starts_with(|ch: char| ch.is_alphanumeric() && !matches!(ch, 'T' | 't'))
        {
            return Some((scanned, at, at + length));
        }
        previous = ch;
    }
    None
}

/// Whether a text begins with a year: in a path, nothing else does.
fn begins_whole(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits == 8 || digits == 4 && text[4..].starts_with('-')
}

/// The day that is meant: the nearest year where none is written, the nearer reading where the other is
/// months away.
fn certain(scanned: Scanned, near: Option<Date>) -> Option<Date> {
    let away = |date: Date, near: Date| near.until(date).map_or(i32::MAX, |span| span.get_days().abs());
    match scanned {
        Scanned::Date(date) => Some(date),
        Scanned::MonthDay { month, day } => {
            let near = near?;
            let years = [near.year() - 1, near.year(), near.year() + 1];
            years
                .into_iter()
                .filter_map(|year| Date::new(year, month, day).ok())
                .min_by_key(|date| away(*date, near))
        }
        Scanned::Ambiguous(readings) => {
            let near = near?;
            let [close, far] = if away(readings[0], near) <= away(readings[1], near) {
                readings
            } else {
                [readings[1], readings[0]]
            };
            (away(close, near) <= 14 && away(far, near) > 28).then_some(close)
        }
        Scanned::Impossible => None,
    }
}

/// The first day that prose names, with the year nearest to `near`. Numbers that may be a version are none.
pub(super) fn day_in_prose(text: &str, near: Option<Date>) -> Option<Date> {
    let mut from = 0;
    while let Some((scanned, start, end)) = day_in(&text[from..]) {
        let said = &text[from + start..from + end];
        let is_told = said.contains(|ch: char| ch.is_ascii_alphabetic())
            || said.split(|ch: char| !ch.is_ascii_digit()).any(|digits| matches!(digits.len(), 4 | 8));
        if let Some(date) = certain(scanned, near).filter(|_| is_told) {
            return Some(date);
        }
        from += end;
    }
    None
}

/// A day of a document that it writes in numbers, too, where those alone can mean two: `08-01-2026` beside `8
/// January 2026`.
pub(super) fn agreed_day<'t>(texts: impl Iterator<Item = &'t str>) -> Option<Date> {
    let (mut told, mut doubtful) = (Vec::new(), Vec::new());
    for text in texts {
        let mut from = 0;
        while let Some((scanned, _, end)) = day_in(&text[from..]) {
            match scanned {
                Scanned::Date(date) => told.push(date),
                Scanned::Ambiguous(readings) => doubtful.extend(readings),
                Scanned::MonthDay { .. } | Scanned::Impossible => {}
            }
            from += end;
        }
    }
    told.into_iter().find(|date| doubtful.contains(date))
}

/// Whether a time says itself in which zone it is.
fn states_zone(text: &str) -> bool {
    let with_z = |word: &str| word.ends_with('Z') && word.bytes().any(|byte| byte.is_ascii_digit());
    let anchor = Anchor { date: Some(SOME_DAY), previous: None };
    zone_in(text).is_some()
        || text.split_whitespace().any(with_z)
        || matches!(time::read(text, &anchor), Ok(Moment { form: Form::Offset { .. }, .. }))
}

/// What a document says of all times of one timeline, and how far its clock has run.
#[derive(Debug, Clone, Default)]
pub(super) struct Clock {
    /// The zone that it states for all of them.
    pub(super) zone: Option<String>,
    /// The zone that the user gives for times that have none.
    pub(super) given: Option<String>,
    /// What a zone's name means that can mean several, by what the document says elsewhere.
    pub(super) settled: Option<String>,
    /// The day of the incident: the year of a day without one.
    pub(super) near: Option<Date>,
    /// The day that clocks without one are on.
    pub(super) day: Option<Date>,
    /// The day on which the timeline says that all of it was but what has a day of its own.
    pub(super) stated: Option<Date>,
    pub(super) previous: Option<DateTime>,
    /// The zone of a labelled time that an entry tells, too.
    pub(super) told: Option<String>,
}

/// A time as it goes into a row.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Placed {
    /// The Time cell.
    pub(super) cell: String,
    /// The time as written, where the cell does not say all of it.
    pub(super) kept: Option<String>,
    /// Why it has no instant.
    pub(super) doubt: Option<Doubt>,
}

/// Why a time has no instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// No zone is stated for it anywhere.
    NoZone,
    /// No day is stated for it anywhere.
    NoDay,
    /// Its zone or its day can mean several.
    Ambiguous,
    /// It is not exact, or counted from another time.
    Imprecise,
}

impl Clock {
    /// From here on, clocks without a day are on this one.
    pub(super) fn set_day(&mut self, day: Date) {
        self.day = Some(day);
        self.stated = None;
        self.previous = None;
    }

    /// The cell for a time as written.
    pub(super) fn place(&mut self, written: &str) -> Placed {
        let text = tidy(&with_zone_of_city(written), self.day.or(self.near));
        if let Some(stated) = self.stated
            && day_in(&text).is_none()
            && self.previous.is_some_and(|previous| previous.date() < stated)
        {
            self.set_day(stated);
        }
        let zone = if states_zone(&text) { None } else { self.zone.as_ref().or(self.given.as_ref()) };
        let has_zone = zone.is_some() || states_zone(&text);
        let stated = day_in(&text).is_some_and(|(scanned, ..)| matches!(scanned, Scanned::Date(_)));
        let anchor = Anchor { date: self.day, previous: if stated { None } else { self.previous } };
        let bare = time::read(&text, &anchor);
        if let Err(TimeProblem::Imprecise { .. }) = bare
            && let Some(day) = whole_day(&text, None)
        {
            // A day without a clock is a day in every zone.
            self.previous = None;
            self.day = Some(day);
            return Placed { doubt: Some(Doubt::Imprecise), ..saying(text, written, None) };
        }
        if relative(&text).is_some() {
            return Placed { cell: written.to_owned(), doubt: Some(Doubt::Imprecise), ..Placed::default() };
        }
        let mut full = zone.map_or_else(|| text.clone(), |zone| format!("{text} {zone}"));
        let mut read = time::read(&full, &anchor);
        if let (
            Err(TimeProblem::AmbiguousZone { label, .. } | TimeProblem::ZoneOutOfSeason { label, .. }),
            Some(given),
        ) = (&read, self.given.as_ref().or(self.settled.as_ref()))
        {
            full = full.replace(label.as_str(), given);
            read = time::read(&full, &anchor);
        }
        if !has_zone && !matches!(read, Err(TimeProblem::NotATime)) {
            self.advance(&text, None);
            return Placed {
                cell: String::new(),
                kept: Some(written.to_owned()),
                doubt: Some(Doubt::NoZone),
            };
        }
        match read {
            Ok(moment) => {
                self.previous = Some(TimeZone::UTC.to_datetime(moment.at));
                saying(canonical(&moment), written, zone)
            }
            Err(TimeProblem::NoDate) => {
                let is_utc = zone.is_some_and(|zone| is_utc(zone));
                let cell = if is_utc { text } else { full };
                Placed { doubt: Some(Doubt::NoDay), ..saying(cell, written, None) }
            }
            Err(problem) => {
                let doubt = match problem {
                    TimeProblem::AmbiguousDate { .. }
                    | TimeProblem::AmbiguousZone { .. }
                    | TimeProblem::ZoneOutOfSeason { .. }
                    | TimeProblem::FoldedLocalTime => Doubt::Ambiguous,
                    _ => Doubt::Imprecise,
                };
                // Which day a clock without one is on is certain, whatever its zone.
                let zone = zone.cloned();
                let day = self.advance(&text, zone.as_deref());
                let day = day.filter(|_| !stated && !matches!(bare, Err(TimeProblem::NotATime)));
                let cell = match day {
                    Some(day) => format!("{day} {full}"),
                    None => full,
                };
                Placed { doubt: Some(doubt), ..saying(cell, written, None) }
            }
        }
    }

    /// Lets the clock run on where a time is no instant, and says which day it is on. Where its zone is not
    /// known, the wall clock runs.
    fn advance(&mut self, text: &str, zone: Option<&str>) -> Option<Date> {
        let text = text.trim_matches(['~', '≈', '?', ' ']);
        let stated = day_in(text).is_some();
        let anchor = Anchor { date: self.day, previous: if stated { None } else { self.previous } };
        let bare = |word: &&str| zone_label(word).is_none() && !["ca.", "approx", "approx."].contains(word);
        let clock = text.split(' ').filter(bare).collect::<Vec<_>>().join(" ");
        let clock = clock.replace('~', "");
        let label = zone_in(text).or(zone.map(str::to_owned)).unwrap_or_default();
        let in_zone = |clock: &str| time::read(&format!("{clock} {label}"), &anchor).ok();
        let moment = in_zone(&clock).or_else(|| time::read(&clock, &anchor).ok())?;
        self.previous = Some(TimeZone::UTC.to_datetime(moment.at));
        let day = time::utc_day(moment.at);
        let is_here = |day: &Date| {
            let said = format!("{day} {clock}");
            in_zone(&said)
                .or_else(|| time::read(&said, &anchor).ok())
                .is_some_and(|read| read.at == moment.at)
        };
        [Some(day), day.yesterday().ok(), day.tomorrow().ok()].into_iter().flatten().find(is_here)
    }
}

/// A time that reads as `at`, canonical; of a range with its end.
fn canonical(moment: &Moment) -> String {
    let with_seconds = moment.precision != Precision::Minute;
    let start = time::canonical(moment.at, with_seconds);
    let Some(end) = moment.end.filter(|end| *end > moment.at) else { return start };
    let end = time::canonical(end, with_seconds);
    let end = if end[..10] == start[..10] { &end[11..] } else { &end };
    format!("{start} – {end}")
}

/// A cell, and what was written where the cell does not hold all of its words.
fn saying(mut cell: String, written: &str, zone: Option<&String>) -> Placed {
    let mut lost = words::missing(&words::words(written), &words::words(&cell));
    // Where UTC is all that the cell lacks, it can say so itself.
    if let [(name, 1)] = lost.iter().collect::<Vec<_>>()[..]
        && is_utc(name)
    {
        cell = format!("{cell} {name}");
        lost.clear();
    }
    // A day that the cell says is not said again.
    let said = cell.get(..10).and_then(|day| written.strip_prefix(day)).map(str::trim_start);
    let written = said.filter(|rest| rest.starts_with(|ch: char| ch.is_ascii_digit())).unwrap_or(written);
    let kept = (!lost.is_empty()).then(|| match zone {
        Some(zone) => format!("{written} {zone}"),
        None => written.to_owned(),
    });
    Placed { cell, kept, doubt: None }
}

/// An instant on its own: a field's start or end.
pub(super) fn instant(cell: &str) -> Option<Timestamp> {
    time::read(cell, &Anchor::default()).ok().map(|moment| moment.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_at_the_start_are_found_in_every_habit() {
        for (text, time, rest) in [
            ("14:02 Pager fired", "14:02", "Pager fired"),
            ("**14:02** Pager fired", "14:02", "Pager fired"),
            ("**14:02**: Pager fired", "14:02", "Pager fired"),
            ("**14:02: Pager fired**", "14:02", "**Pager fired**"),
            ("*09:03* Started", "09:03", "Started"),
            ("[08:47] Deploy", "08:47", "Deploy"),
            ("[03-26 23:04] Node drained", "03-26 23:04", "Node drained"),
            ("2:54 PM PST: merged", "2:54 PM PST", "merged"),
            ("2pm Ana pings", "2pm", "Ana pings"),
            ("11:16 ::::: deploys", "11:16", "deploys"),
            ("2018-01-18 14:57:09 UTC ::::: first 403", "2018-01-18 14:57:09 UTC", "first 403"),
            ("2019-11-20, 19:38 UTC ::::: more", "2019-11-20, 19:38 UTC", "more"),
            ("~19:00 UTC Monday Aug 27 - https://x.example", "~19:00 UTC Monday Aug 27", "https://x.example"),
            ("19:26 UTC - trees close", "19:26 UTC", "trees close"),
            ("**12:22** to **13:00** We looked", "12:22 to 13:00", "We looked"),
            ("06/04/2023 21:42 - created", "06/04/2023 21:42", "created"),
            ("**Friday, 21 March 2025**: Report", "Friday, 21 March 2025", "Report"),
            ("May 30 -- deployed", "May 30", "deployed"),
            ("July 11, 2025, 12:42 PM", "July 11, 2025, 12:42 PM", ""),
            ("10.15 - the fan stopped", "10.15", "the fan stopped"),
            ("15:10 after the deploy", "15:10", "after the deploy"),
            ("2022-01-08 2233 ::::: node stops", "2022-01-08 2233", "node stops"),
            ("2018-08-10 1250 UTC ::::: call", "2018-08-10 1250 UTC", "call"),
            ("T+5m: paged", "T+5m", "paged"),
            ("[14:02](https://x.example) posted", "14:02", "[14:02](https://x.example) posted"),
            ("At 14:32 UTC, the disk was full", "At 14:32 UTC", "the disk was full"),
            ("Around **09:50** (CEST), we deployed", "Around 09:50 (CEST)", "we deployed"),
            ("🔥 14:51 UTC it burns", "14:51 UTC", "🔥 it burns"),
            ("T+10 min: paged", "T+10 min", "paged"),
            ("14:11–14:20 UTC: range", "14:11–14:20 UTC", "range"),
            ("16:37 Denver - Mark restarted", "16:37 Denver", "Mark restarted"),
            ("16:37 Denver went down", "16:37", "Denver went down"),
            ("2020-08-27 to 2020-09-03 all was fine", "2020-08-27", "to 2020-09-03 all was fine"),
        ] {
            let found = leading(text);
            let found = found.as_ref().map(|found| (found.time.as_str(), found.rest.as_str()));
            assert_eq!(found, Some((time, rest)), "{text}");
        }
        for text in [
            "1 hour later",
            "1.6.0 was released",
            "Observation: 14:02",
            "500 errors",
            "At least 3 nodes",
            "By 3 of them",
            "3 nodes",
            "- x",
            "",
            "#2127",
            "12 instances",
        ] {
            assert_eq!(leading(text), None, "{text}");
        }
    }

    fn clock(zone: Option<&str>, day: &str) -> Clock {
        let day = day.parse().ok();
        Clock { zone: zone.map(str::to_owned), near: day, day, ..Clock::default() }
    }

    #[test]
    fn times_are_placed_by_the_zone_and_the_day_that_the_document_states() {
        let day = "2026-03-02";
        for (zone, written, cell, kept) in [
            (Some("UTC"), "14:02", "2026-03-02 14:02", None),
            (Some("UTC"), "2026-03-02 14:02:05", "2026-03-02 14:02:05", None),
            (Some("CET"), "14:02", "2026-03-02 13:02", Some("14:02 CET")),
            (Some("CET"), "14:02 UTC", "2026-03-02 14:02 UTC", None),
            (Some("America/New_York"), "9:30 pm", "2026-03-03 02:30", Some("9:30 pm America/New_York")),
            (None, "14:02", "", Some("14:02")),
            (None, "2 Mar 14:02 CET", "2026-03-02 13:02", Some("2 Mar 14:02 CET")),
            (Some("CST"), "14:02", "2026-03-02 14:02 CST", None),
            (Some("UTC"), "~16:00", "2026-03-02 ~16:00 UTC", None),
            (Some("UTC"), "14:00 - 15:30", "2026-03-02 14:00 – 15:30", None),
            (Some("UTC"), "12-05 16:21", "2025-12-05 16:21", None),
            (Some("UTC"), "06/03/2026 21:42", "2026-03-06 21:42", None),
            (None, "16:37 Denver", "2026-03-02 23:37", Some("16:37 Denver")),
            (None, "2026-02-20", "2026-02-20", None),
            (Some("UTC"), "14:11–14:20 UTC", "2026-03-02 14:11 – 14:20 UTC", None),
            (None, "14:11–14:20 UTC", "2026-03-02 14:11 – 14:20 UTC", None),
            (None, "T+5m", "T+5m", None),
            (Some("UTC"), "2026-03-02 1402", "2026-03-02 14:02", Some("1402 UTC")),
        ] {
            let placed = clock(zone, day).place(written);
            assert_eq!((placed.cell.as_str(), placed.kept.as_deref()), (cell, kept), "{zone:?} {written}");
        }
    }

    #[test]
    fn a_clock_that_goes_back_is_on_the_next_day() {
        let mut clock = clock(Some("CET"), "2026-03-02");
        let cells = ["23:10", "23:05", "00:40"].map(|time| clock.place(time).cell);
        assert_eq!(cells, ["2026-03-02 22:10", "2026-03-02 22:05", "2026-03-02 23:40"]);
        clock.set_day("2026-03-05".parse().expect("a day"));
        assert_eq!(clock.place("08:00").cell, "2026-03-05 07:00");
    }

    #[test]
    fn a_time_that_is_not_exact_moves_no_clock_of_the_same_day() {
        let mut clock = clock(Some("CEST"), "2026-06-02");
        let cells = ["12:35", "~13:30-13:45", "14:29", "~00:20", "01:00"].map(|time| clock.place(time).cell);
        assert_eq!(
            cells,
            [
                "2026-06-02 10:35",
                "2026-06-02 ~13:30-13:45 CEST",
                "2026-06-02 12:29",
                "2026-06-03 ~00:20 CEST",
                "2026-06-02 23:00"
            ]
        );
    }

    #[test]
    fn a_zone_that_can_mean_several_is_the_users_to_say() {
        let mut unresolved = clock(Some("IST"), "2026-03-02");
        assert_eq!(unresolved.place("20:52").cell, "2026-03-02 20:52 IST");
        assert_eq!(unresolved.place("00:02").cell, "2026-03-03 00:02 IST");
        let mut told = clock(Some("IST"), "2026-03-02");
        told.given = Some("Asia/Kolkata".to_owned());
        assert_eq!(told.place("21:02").cell, "2026-03-02 15:32");
    }

    #[test]
    fn days_are_found_in_prose_and_versions_are_none() {
        let near = "2026-03-10".parse().ok();
        for (text, day) in [
            ("Post-mortem: Downtime on March 5, 2026", Some("2026-03-05")),
            ("On 31st December a researcher", Some("2025-12-31")),
            ("20260525-window-outage", Some("2026-05-25")),
            ("Rustup 1.24.0 for 2026-04-27", Some("2026-04-27")),
            ("03.08.2026", Some("2026-08-03")),
            ("from 1.5 to 2.10", None),
        ] {
            assert_eq!(day_in_prose(text, near).map(|day| day.to_string()).as_deref(), day, "{text}");
        }
    }
}
