//! Real postmortems of other organisations: every rule survives them, positions are right, nothing is
//! rewritten, and what the language and action rules find in them is labelled. The documents are not part
//! of the repository: `RECOUNT_CORPUS` names their folder, and without it these tests say that they were
//! skipped.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use recount_engine::config::Config;
use recount_engine::document::markdown::{self, Block, BlockKind};
use recount_engine::document::{Document, LineIndex, Span, Stage, edit};
use recount_engine::lint::{self, Context, Finding, Group, LevelTable, Levels, NoLibrary, Options, Rule};

const TODAY: Date = date(2026, 11, 23);

/// The documents, each with its path relative to the corpus; none where there is no corpus.
fn corpus() -> Option<Vec<(String, Vec<u8>)>> {
    let Some(root) = std::env::var_os("RECOUNT_CORPUS").map(PathBuf::from) else {
        eprintln!("SKIPPED: set RECOUNT_CORPUS to the folder of postmortems to run this test");
        return None;
    };
    let mut files = Vec::new();
    for organisation in fs::read_dir(&root).expect("RECOUNT_CORPUS names a folder") {
        let organisation = organisation.expect("the folder can be listed").path();
        // Files beside the organisations describe the corpus.
        if organisation.is_dir() {
            collect(&root, &organisation, &mut files);
        }
    }
    files.sort();
    assert!(files.len() > 100, "the corpus holds {} documents", files.len());
    Some(files)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let relative = path.strip_prefix(root).expect("it was found below the root");
            let name = relative.to_string_lossy().replace('\\', "/");
            files.push((name, fs::read(&path).expect("the file can be read")));
        }
    }
}

fn check(document: &Document) -> Vec<Finding> {
    let config = Config::default();
    let levels = LevelTable::new(&config);
    let context = Context::new(document, &config, &levels, &NoLibrary, TODAY);
    lint::check(&context, Options { stage: Some(Stage::Final), due: true, fixes: true, ..Options::default() })
}

#[test]
fn rows_of_real_tables_are_what_the_parser_reads() {
    let Some(files) = corpus() else { return };
    let mut rows = 0;
    for (name, bytes) in &files {
        let document = Document::parse(bytes);
        let (text, base) = (document.text(), document.source().body_start());
        let (mut in_table, mut spans, mut marks, mut prose) = (false, Vec::new(), Vec::new(), Vec::new());
        for (event, range) in Parser::new_ext(&text[base..], markdown::options()).into_offset_iter() {
            let span = Span::new(range.start + base, range.end + base);
            match event {
                Event::Start(Tag::Table(_)) => in_table = true,
                Event::End(TagEnd::Table) => in_table = false,
                Event::Start(Tag::TableHead | Tag::TableRow) => spans.push(span),
                Event::Start(Tag::Link { .. }) | Event::Code(_) if in_table => marks.push(span),
                Event::Text(_) if in_table => prose.push(span),
                _ => {}
            }
        }
        let read = document.markdown();
        let is_row = |block: &&Block| matches!(block.kind, BlockKind::TableHead | BlockKind::TableRow);
        let found: Vec<Span> = read.blocks.iter().filter(is_row).map(|block| block.span).collect();
        assert_eq!(found, spans, "{name}");
        let is_found = |span: &Span| read.inlines.iter().any(|inline| inline.span == *span);
        assert!(marks.iter().all(is_found), "{name}");
        let is_quoted = read.blocks.iter().any(|block| block.kind == BlockKind::Quote);
        assert!(is_quoted || prose.iter().all(|span| read.prose.contains(span)), "{name}");
        rows += spans.len();
    }
    assert!(rows > 100, "the corpus holds {rows} rows");
}

#[test]
fn real_documents_are_checked_with_right_positions_and_never_rewritten() {
    let Some(files) = corpus() else { return };
    for (name, bytes) in &files {
        let document = Document::parse(bytes);
        let text = document.text();
        assert_eq!(
            document.source().bytes(),
            bytes.as_slice(),
            "{name}: an untouched document keeps its bytes"
        );
        assert_eq!(&edit::apply(bytes, &[]).expect("no edit cannot fail"), bytes, "{name}");
        let index = LineIndex::new(text);
        for finding in check(&document) {
            let (start, end) = (finding.span.start as usize, finding.span.end as usize);
            let rule = finding.rule.name;
            assert!(start <= end && end <= text.len(), "{name}: {rule} at {start}..{end}");
            assert!(
                text.is_char_boundary(start) && text.is_char_boundary(end),
                "{name}: {rule} at {start}..{end}"
            );
            for offset in [start, end] {
                let found = index.position(text, offset as u32);
                let (line, column) = position_by_walking(text, offset);
                assert_eq!((found.line, found.column), (line, column), "{name}: {rule} at byte {offset}");
            }
            if let Some(fix) = &finding.fix {
                edit::apply(bytes, &fix.edits).unwrap_or_else(|error| panic!("{name}: {rule}: {error:?}"));
            }
        }
    }
    eprintln!("{} documents", files.len());
}

/// Line and column of a byte, character by character, sharing nothing with the index under test.
fn position_by_walking(text: &str, offset: usize) -> (u32, u32) {
    let (mut line, mut column) = (1, 1);
    for (at, ch) in text.char_indices() {
        if at >= offset {
            break;
        }
        match ch {
            '\n' => (line, column) = (line + 1, 1),
            '\u{feff}' if at == 0 => {}
            _ => column += 1,
        }
    }
    (line, column)
}

/// The rules that read prose and actions of any template, and are judged on the corpus.
fn is_judged(rule: &Rule) -> bool {
    matches!(rule.group, Group::Language | Group::ActionQuality)
        || ["human-error-as-cause", "trigger-as-root-cause"].contains(&rule.name)
}

#[test]
fn hits_on_real_documents_are_labelled_and_nine_in_ten_are_right() {
    let Some(files) = corpus() else { return };
    let labels_path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules-evidence/labels.tsv");
    let labels = fs::read_to_string(&labels_path).expect("the labels are part of the repository");
    let mut verdicts = BTreeMap::new();
    for line in labels.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [path, offset, rule, verdict] = cells[..] else { panic!("not a label: {line}") };
        assert!(["true", "false"].contains(&verdict), "not a verdict: {line}");
        verdicts.insert((path.to_owned(), offset.to_owned(), rule.to_owned()), verdict == "true");
    }

    let mut unlabelled = Vec::new();
    // Per rule: hits, false alarms.
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut judged: BTreeMap<&str, &Rule> = BTreeMap::new();
    for (name, bytes) in &files {
        let document = Document::parse(bytes);
        for finding in check(&document).into_iter().filter(|finding| is_judged(finding.rule)) {
            let key = (name.clone(), finding.span.start.to_string(), finding.rule.name.to_owned());
            match verdicts.remove(&key) {
                Some(is_right) => {
                    let count = counts.entry(finding.rule.name).or_default();
                    count.0 += 1;
                    count.1 += usize::from(!is_right);
                    judged.insert(finding.rule.name, finding.rule);
                }
                None => unlabelled.push(format!("{}\t{}\t{}\t?", key.0, key.1, key.2)),
            }
        }
    }
    for (rule, (hits, alarms)) in &counts {
        eprintln!("{rule}: {hits} hits, {alarms} false alarms");
    }
    assert!(unlabelled.is_empty(), "read these hits and label them:\n{}", unlabelled.join("\n"));
    assert!(verdicts.is_empty(), "these labels have no hit any more, remove them: {verdicts:#?}");
    for (name, (hits, alarms)) in counts {
        let is_note = judged[name].levels == Levels::Note;
        assert!(
            is_note || alarms * 10 <= hits,
            "{name}: {alarms} of {hits} hits are false alarms; make it a note"
        );
    }
}
