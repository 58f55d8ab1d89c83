//! The due dates of action items as an iCalendar feed (RFC 5545).
//!
//! Entries are all-day events, not to-dos: the calendars that people subscribe to show events, and leave to-dos of a
//! feed out. They take no time ("transparent") and carry no alarm: most calendars drop alarms of a feed, and the others
//! would ring for everybody; reminding is another command's work. An entry is known by the item's stable ID, or by
//! the one that it would get, so that a row that moves keeps its entry.
//!
//! Writing is three rules of the format (text is escaped, lines are folded at 75 octets, lines end in CRLF), which is
//! less than a library for it brings along, and these are kept to the octet. What does not live here: which items.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use recount_workspace::told::actions::Item;

/// What stands behind an item's stable ID in the name of its entry.
pub(super) const UID_TAIL: &str = "@recount";
/// How often a calendar should look again.
const REFRESH: &str = "PT6H";

/// The feed of those items that have a due date, each with its stable ID.
pub(super) fn feed<'i>(items: impl IntoIterator<Item = (&'i Item, &'i str)>, now: Timestamp) -> String {
    let mut out = Feed(String::new());
    out.line("BEGIN", "VCALENDAR");
    out.line("VERSION", "2.0");
    out.line("PRODID", "-//Recount//Action items//EN");
    out.line("CALSCALE", "GREGORIAN");
    out.text("NAME", "Action items");
    out.text("X-WR-CALNAME", "Action items");
    out.line("REFRESH-INTERVAL;VALUE=DURATION", REFRESH);
    out.line("X-PUBLISHED-TTL", REFRESH);
    let stamp = TimeZone::UTC.to_datetime(now).strftime("%Y%m%dT%H%M%SZ").to_string();
    for (item, id) in items {
        let Some(due) = item.due else { continue };
        let day = |day: Date| day.strftime("%Y%m%d").to_string();
        out.line("BEGIN", "VEVENT");
        out.line("UID", &format!("{id}{UID_TAIL}"));
        out.line("DTSTAMP", &stamp);
        out.line("DTSTART;VALUE=DATE", &day(due));
        // The end is the day after the last one; the last day that there is has none.
        if let Ok(next) = due.tomorrow() {
            out.line("DTEND;VALUE=DATE", &day(next));
        }
        let priority = item.priority.as_deref().unwrap_or("Due");
        out.text("SUMMARY", &format!("{priority}: {} ({})", item.action, item.name));
        out.text("DESCRIPTION", &description(item));
        if let Some(priority) = &item.priority {
            out.text("CATEGORIES", priority);
        }
        out.line("TRANSP", "TRANSPARENT");
        out.line("END", "VEVENT");
    }
    out.line("END", "VCALENDAR");
    out.0
}

fn description(item: &Item) -> String {
    let incident = [item.incident.as_deref(), item.title.as_deref()];
    let incident: Vec<&str> = incident.into_iter().flatten().collect();
    let owners = if item.owners.is_empty() { "nobody".to_owned() } else { item.owners.join(", ") };
    let note = item.status_note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    format!(
        "{}\nIncident: {}\nOwner: {owners}\nStatus: {}{note}",
        item.action,
        incident.join(", "),
        item.shown_status
    )
}

struct Feed(String);

impl Feed {
    /// A property whose value is of people's words.
    fn text(&mut self, name: &str, value: &str) {
        let mut escaped = String::with_capacity(value.len() + 8);
        for ch in value.chars() {
            match ch {
                '\\' | ',' | ';' => escaped.extend(['\\', ch]),
                '\n' => escaped.push_str("\\n"),
                ch if ch.is_control() => {}
                ch => escaped.push(ch),
            }
        }
        self.line(name, &escaped);
    }

    /// A property, folded: no line is longer than 75 octets without its end, and no character is cut.
    fn line(&mut self, name: &str, value: &str) {
        const MOST: usize = 75;
        let mut used = 0;
        for ch in format!("{name}:{value}").chars() {
            if used + ch.len_utf8() > MOST {
                self.0.push_str("\r\n ");
                used = 1;
            }
            self.0.push(ch);
            used += ch.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_at_75_octets_and_read_back_as_they_were() {
        let long = "Straße, Ü; \\ und \u{1F4C5} ".repeat(20) + "\r\nzweite Zeile";
        let mut feed = Feed(String::new());
        feed.text("SUMMARY", &long);
        assert!(feed.0.ends_with("\r\n"));
        for line in feed.0.trim_end().split("\r\n") {
            assert!(line.len() <= 75, "{} octets: {line}", line.len());
        }
        let unfolded = feed.0.replace("\r\n ", "");
        let value = unfolded.trim_end().strip_prefix("SUMMARY:").expect("it begins with its name");
        let read = value.replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\");
        assert_eq!(read, long.replace('\r', ""));
        assert_eq!(feed.0.matches("SUMMARY").count(), 1);
    }
}
