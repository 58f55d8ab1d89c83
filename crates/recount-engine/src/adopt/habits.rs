//! Spellings of times that the values of documents do not know, put into those that they do: `9:02a`, `18h45`,
//! `14:30 Uhr`, `On 3 March`, `entre 18:40 y 18:45`, months in other languages. What does not live here: what a
//! time means (`times`).

use crate::document::value::date;

/// Words before a time in several languages, each with what they become: nothing, or the sign for `about`.
const LEADS: [(&str, &str); 27] = [
    ("shortly after ", "~"),
    ("after ", "~"),
    ("before ", "~"),
    ("on ", ""),
    ("um ", ""),
    ("am ", ""),
    ("ab ", "~"),
    ("gegen ", "~"),
    ("kurz vor ", "~"),
    ("kurz nach ", "~"),
    ("le ", ""),
    ("à ", ""),
    ("vers ", "~"),
    ("avant ", "~"),
    ("après ", "~"),
    ("el ", ""),
    ("a las ", ""),
    ("sobre las ", "~"),
    ("hacia las ", "~"),
    ("antes de las ", "~"),
    ("después de las ", "~"),
    ("às ", ""),
    ("por volta das ", "~"),
    ("antes das ", "~"),
    ("alle ", ""),
    ("verso le ", "~"),
    ("rond ", "~"),
];

/// Words before two times, and between them.
const BETWEEN: [(&str, &str); 6] = [
    ("between ", " and "),
    ("entre las ", " y "),
    ("entre ", " y "),
    ("entre ", " et "),
    ("zwischen ", " und "),
    ("entre ", " e "),
];

/// Months in languages whose names English readers do not abbreviate alike, with the English ones.
const MONTHS: [(&str, &str); 61] = [
    ("janvier", "January"),
    ("février", "February"),
    ("fevrier", "February"),
    ("mars", "March"),
    ("avril", "April"),
    ("mai", "May"),
    ("juin", "June"),
    ("juillet", "July"),
    ("août", "August"),
    ("aout", "August"),
    ("septembre", "September"),
    ("octobre", "October"),
    ("novembre", "November"),
    ("décembre", "December"),
    ("decembre", "December"),
    ("januar", "January"),
    ("jänner", "January"),
    ("februar", "February"),
    ("märz", "March"),
    ("juni", "June"),
    ("juli", "July"),
    ("oktober", "October"),
    ("dezember", "December"),
    ("enero", "January"),
    ("febrero", "February"),
    ("marzo", "March"),
    ("abril", "April"),
    ("mayo", "May"),
    ("junio", "June"),
    ("julio", "July"),
    ("agosto", "August"),
    ("septiembre", "September"),
    ("octubre", "October"),
    ("noviembre", "November"),
    ("diciembre", "December"),
    ("janeiro", "January"),
    ("fevereiro", "February"),
    ("março", "March"),
    ("maio", "May"),
    ("junho", "June"),
    ("julho", "July"),
    ("setembro", "September"),
    ("outubro", "October"),
    ("novembro", "November"),
    ("dezembro", "December"),
    ("gennaio", "January"),
    ("febbraio", "February"),
    ("aprile", "April"),
    ("maggio", "May"),
    ("giugno", "June"),
    ("luglio", "July"),
    ("settembre", "September"),
    ("ottobre", "October"),
    ("dicembre", "December"),
    ("januari", "January"),
    ("februari", "February"),
    ("maart", "March"),
    ("mei", "May"),
    ("augustus", "August"),
    ("maj", "May"),
    ("augusti", "August"),
];

/// The words before a time, without the time: only where a digit or a month follows.
pub(super) fn lead(text: &str) -> Option<(&'static str, &str)> {
    let found = LEADS.iter().find_map(|(phrase, sign)| Some((*sign, after(text, phrase)?)));
    found.filter(|(_, rest)| begins_as_time(rest)).or_else(|| {
        let (phrase, _) =
            BETWEEN.iter().find(|(phrase, _)| after(text, phrase).is_some_and(begins_as_time))?;
        Some(("~", after(text, phrase)?))
    })
}

/// What follows a phrase that a text begins with, in any case.
fn after<'t>(text: &'t str, phrase: &str) -> Option<&'t str> {
    let head = text.get(..phrase.len())?;
    (head.to_lowercase() == phrase).then(|| &text[phrase.len()..])
}

fn begins_as_time(text: &str) -> bool {
    let bare = text.trim_start_matches(['*', '_', '`', '~', '[', '(']);
    let word = bare.split(|ch: char| !ch.is_alphabetic()).next().unwrap_or("");
    bare.starts_with(|ch: char| ch.is_ascii_digit())
        || word.len() >= 3
            && date::is_month(word)
            && bare[word.len()..].trim_start().starts_with(|ch: char| ch.is_ascii_digit())
}

/// A time in a spelling that the values of documents know, as far as that is certain.
pub(super) fn plain(text: &str) -> String {
    let mut text = text.trim().to_owned();
    if let Some((sign, rest)) = lead(&text) {
        let between =
            BETWEEN.iter().find(|(phrase, and)| after(&text, phrase).is_some() && rest.contains(and));
        let rest = between.map_or(rest.to_owned(), |(_, and)| rest.replacen(and, " - ", 1));
        text = format!("{sign}{rest}");
    }
    if !text.is_ascii() || text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        text = text.split(' ').map(word).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        for (said, meant) in [(" de ", " "), (" del ", " ")] {
            // `3 de marzo de 2026`
            if date::scan(&text).is_none() && text.starts_with(|ch: char| ch.is_ascii_digit()) {
                text = text.replace(said, meant);
            }
        }
    }
    text
}

/// A text with its months in English, and `3 de marzo` as `3 March`.
pub(super) fn with_english_months(text: &str) -> String {
    let months: Vec<String> = text.split_whitespace().map(word).collect();
    months.join(" ").replace(" de ", " ").replace(" del ", " ")
}

/// One word of a time.
fn word(word: &str) -> String {
    let (bare, tail) = word.split_at(word.trim_end_matches([',', '.', ':', ')']).len());
    if bare.eq_ignore_ascii_case("uhr") {
        return String::new();
    }
    if let Some((_, month)) = MONTHS.iter().find(|(name, _)| bare.to_lowercase() == *name) {
        return format!("{month}{tail}");
    }
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let clock = |text: &str| {
        text.split_once(':')
            .is_some_and(|(hour, minute)| digits(hour, 2) && minute.len() == 2 && digits(minute, 2))
    };
    // `9:02a`, `12:28p`
    for (letter, meridiem) in [(['a', 'A'], "AM"), (['p', 'P'], "PM")] {
        if let Some(said) = bare.strip_suffix(letter).filter(|said| clock(said)) {
            return format!("{said} {meridiem}{tail}");
        }
    }
    // `18h45`, `18:45h`
    if let Some((hour, minute)) = bare.split_once(['h', 'H'])
        && minute.len() == 2
        && digits(hour, 2)
        && digits(minute, 2)
    {
        return format!("{hour}:{minute}{tail}");
    }
    match bare.strip_suffix(['h', 'H']).filter(|said| clock(said)) {
        Some(said) => format!("{said}{tail}"),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_times_become_plain_ones() {
        for (said, meant) in [
            ("9:02a", "9:02 AM"),
            ("2026-02-25 12:28p", "2026-02-25 12:28 PM"),
            ("18h45", "18:45"),
            ("18:45h", "18:45"),
            ("14:30 Uhr", "14:30"),
            ("On 3 March 2026", "3 March 2026"),
            ("On March 3", "March 3"),
            ("After 02:10 CET", "~02:10 CET"),
            ("antes de las 18:40", "~18:40"),
            ("entre 18:40 y 18:45", "~18:40 - 18:45"),
            ("between 18:40 and 18:45", "~18:40 - 18:45"),
            ("28 février 2026", "28 February 2026"),
            ("3 de marzo de 2026", "3 March 2026"),
            ("14:02", "14:02"),
            ("2026-03-02T14:02:05Z", "2026-03-02T14:02:05Z"),
            ("On Monday", "On Monday"),
            ("on call", "on call"),
        ] {
            assert_eq!(plain(said), meant, "{said}");
        }
    }
}
