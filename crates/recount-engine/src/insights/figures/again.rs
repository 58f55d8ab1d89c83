//! What recurs: phrases of one section in different incidents.

use super::super::basis::Basis;
use super::super::brief::Said;
use super::super::figure::{Data, Phrase, Phrases};
use super::super::statistics::rounded;
use super::super::{Made, Tally, mining, words};

pub(in super::super) fn factors(basis: &Basis<'_>) -> Made {
    mined(basis, "no contributing factor named", Said::Factors)
}

pub(in super::super) fn went_poorly(basis: &Basis<'_>) -> Made {
    mined(basis, "nothing under What went poorly", Said::WentPoorly)
}

pub(in super::super) fn got_lucky(basis: &Basis<'_>) -> Made {
    mined(basis, "nothing under Where we got lucky", Said::GotLucky)
}

fn mined(basis: &Basis<'_>, missing: &str, what: Said) -> Made {
    let mut tally = Tally::default();
    for brief in basis.briefs() {
        if brief.says(what) { tally.count() } else { tally.exclude(missing) }
    }
    let rows: Vec<Phrase> = mining::mine(basis, what, tally.n)
        .into_iter()
        .map(|found| Phrase {
            incidents: found.incidents,
            share: rounded(found.incidents as f64 / tally.n as f64, 4),
            ids: found.named.iter().map(|nth| basis.name(*nth as usize)).collect(),
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
