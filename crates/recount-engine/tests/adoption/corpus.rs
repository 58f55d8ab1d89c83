//! Real postmortems of other organisations, where `RECOUNT_CORPUS` names their folder: no word is lost, and
//! what was recovered of timelines and action items is held against counts made by reading
//! (`docs/adoption/labels.tsv`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use recount_engine::adopt::Options;
use recount_engine::document::TimelineRow;

use crate::law::adopting;

/// What one document has by reading, or what was recovered of it.
#[derive(Clone, Copy, Default)]
struct Counts {
    entries: usize,
    instants: usize,
    actions: usize,
}

/// Sums over the documents of an organisation.
#[derive(Default)]
struct Sums {
    documents: usize,
    /// Entries, entries with an instant, action items: by reading, found, in both.
    read: [usize; 3],
    found: [usize; 3],
    both: [usize; 3],
    words: usize,
    unplaced: usize,
}

#[test]
fn real_documents_lose_no_word_and_give_back_their_timelines_and_action_items() {
    let Some(root) = std::env::var_os("RECOUNT_CORPUS").map(PathBuf::from) else {
        eprintln!("SKIPPED: set RECOUNT_CORPUS to the folder of postmortems to run this test");
        return;
    };
    let labels = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/adoption/labels.tsv");
    let labels = fs::read_to_string(labels).expect("the labels are part of the repository");
    let instants = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/adoption/instants.tsv");
    let instants = fs::read_to_string(instants).expect("the instants are part of the repository");
    let stated_instants: BTreeMap<&str, Vec<&str>> = instants
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
        .map(|(path, instants)| (path, instants.split(' ').collect()))
        .collect();
    let mut organisations: BTreeMap<(String, String), Sums> = BTreeMap::new();
    let mut differing = Vec::new();
    for line in labels.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [set, path, entries, instants, actions] = cells[..] else { panic!("not a label: {line}") };
        let number = |text: &str| text.parse::<usize>().expect("counts are numbers");
        let read = Counts { entries: number(entries), instants: number(instants), actions: number(actions) };
        let bytes = fs::read(root.join(path)).expect("every label has its document");
        let file = path.rsplit('/').next().expect("a path has a name").to_owned();
        let adoption = adopting(&bytes, &Options { file, zone: None });
        let found =
            Counts { entries: adoption.entries, instants: adoption.instants, actions: adoption.actions };
        let organisation = path.split('/').next().expect("a path has a folder").to_owned();
        let sums = organisations.entry((set.to_owned(), organisation)).or_default();
        sums.documents += 1;
        sums.words += adoption.words;
        sums.unplaced += adoption.unplaced;
        let mut stated = stated_instants.get(path).cloned().unwrap_or_default();
        assert_eq!(stated.len(), read.instants, "{path}: both files count the same");
        let rows = adoption.document.timeline_rows().iter().filter_map(TimelineRow::at);
        let is_right = |at: &Timestamp| {
            let at = at.to_string();
            let known = stated.iter().position(|instant| *instant == at.trim_end_matches('Z'));
            known.map(|known| stated.swap_remove(known)).is_some()
        };
        let right = rows.filter(is_right).count();
        let pairs =
            [(read.entries, found.entries), (read.instants, found.instants), (read.actions, found.actions)];
        for (at, (read, found)) in pairs.into_iter().enumerate() {
            sums.read[at] += read;
            sums.found[at] += found;
            sums.both[at] += if at == 1 { right } else { read.min(found) };
        }
        if pairs.iter().any(|(read, found)| read != found) {
            differing.push(format!("{path}: {pairs:?}"));
        }
    }
    let mut all: BTreeMap<String, Sums> = BTreeMap::new();
    eprintln!(
        "set\torganisation\tdocuments\tentries\tinstants\tactions (recall/precision)\twords without a place"
    );
    for ((set, organisation), sums) in &organisations {
        show(set, organisation, sums);
        let total = all.entry(set.clone()).or_default();
        total.documents += sums.documents;
        total.words += sums.words;
        total.unplaced += sums.unplaced;
        for at in 0..3 {
            total.read[at] += sums.read[at];
            total.found[at] += sums.found[at];
            total.both[at] += sums.both[at];
        }
    }
    eprintln!("{}", differing.join("\n"));
    for (set, sums) in &all {
        show(set, "all", sums);
        assert!(share(sums.both[0], sums.read[0]) >= 0.95, "entries of {set}");
        assert!(share(sums.both[1], sums.read[1]) >= 0.95, "instants of {set}");
        assert!(share(sums.both[2], sums.read[2]) >= 0.9, "action items of {set}");
    }
    let documents: usize = all.values().map(|sums| sums.documents).sum();
    assert!(documents > 100, "{documents} documents are labelled");
}

#[allow(clippy::cast_precision_loss, reason = "the counts are small")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn show(set: &str, name: &str, sums: &Sums) {
    let figures: Vec<String> = (0..3)
        .map(|at| {
            let (recall, precision) =
                (share(sums.both[at], sums.read[at]), share(sums.both[at], sums.found[at]));
            format!("{} {recall:.3}/{precision:.3}", sums.read[at])
        })
        .collect();
    let unplaced = share(sums.unplaced, sums.words);
    eprintln!("{set}\t{name}\t{}\t{}\t{unplaced:.3} of {}", sums.documents, figures.join("\t"), sums.words);
}
