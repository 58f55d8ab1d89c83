//! What recurs: phrases of one section in different incidents.

use crate::document::Record;

use super::super::basis::Basis;
use super::super::figure::{Data, Phrase, Phrases};
use super::super::statistics::rounded;
use super::super::{Made, Tally, mining, words};

pub(in super::super) fn factors(basis: &Basis<'_>) -> Made {
    mined(basis, "no contributing factor named", |record| {
        record.factors.iter().map(|factor| factor.text.as_str())
    })
}

pub(in super::super) fn went_poorly(basis: &Basis<'_>) -> Made {
    mined(basis, "nothing under What went poorly", |record| record.went_poorly.iter().map(String::as_str))
}

pub(in super::super) fn got_lucky(basis: &Basis<'_>) -> Made {
    mined(basis, "nothing under Where we got lucky", |record| record.got_lucky.iter().map(String::as_str))
}

/// How many incidents a phrase names at most.
const NAMED: usize = 50;

fn mined<'a, I>(basis: &Basis<'a>, missing: &str, texts: impl Fn(&'a Record) -> I) -> Made
where
    I: Iterator<Item = &'a str> + 'a,
{
    let mut tally = Tally::default();
    for incident in &basis.incidents {
        if texts(incident.record).next().is_some() { tally.count() } else { tally.exclude(missing) }
    }
    let all = basis.incidents.iter().enumerate();
    let all = all.flat_map(|(nth, incident)| texts(incident.record).map(move |text| (nth as u32, text)));
    let found = mining::mine(all, tally.n);
    let rows: Vec<Phrase> = found
        .into_iter()
        .map(|found| Phrase {
            incidents: found.incidents.len(),
            share: rounded(found.incidents.len() as f64 / tally.n as f64, 4),
            ids: found
                .incidents
                .iter()
                .rev()
                .take(NAMED)
                .map(|nth| basis.incidents[*nth as usize].name.to_owned())
                .collect(),
            phrase: found.phrase,
        })
        .collect();
    let statements = match rows.first() {
        _ if tally.n == 0 => vec!["No incident says anything there.".to_owned()],
        None => vec![format!("No phrase recurs in {}.", words::counted(tally.n, "incident", "incidents"))],
        Some(_) => Vec::new(),
    };
    Made { tally, statements, data: Data::Phrases(Phrases { rows }) }
}
