//! Many short lives of one postmortem: people who write, go offline and come back, a server that is killed, somebody who
//! saves the file with another program, also from an old copy. In the end nothing is lost or doubled.
//!
//! The oracle is not the CRDT. Everybody writes tokens that nobody else writes, each behind the last of their own. Each
//! that was acknowledged, and not taken out by whoever wrote it, stands in the file exactly once, in its writer's order;
//! without the tokens the bytes of the file are those that it began with.
//!
//! `RECOUNT_RUNS` says how many lives (`make soak` runs thousands), `RECOUNT_SEED` with which one to begin.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use recount_store::{Author, Library};
use tokio::sync::mpsc;
use yrs::sync::{Message, SyncMessage};
use yrs::updates::decoder::Decode as _;
use yrs::{
    ClientID, Doc, GetString as _, OffsetKind, Options, ReadTxn as _, Text as _, TextRef, Transact as _,
    Update,
};

use super::open::{Open, Out, Peer, QUEUE};
use super::wire::Person;
use crate::site::{Settings, Site};

/// Lives in a run of all tests.
const RUNS: u64 = 40;
/// What happens in one life, at most.
const STEPS: u64 = 90;
/// Everything comes to rest within this time.
const LONG: Duration = Duration::from_secs(30);
/// Numbers that somebody changes with another program.
const KNOBS: usize = 3;

/// Numbers that look random, and are the same again for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn is(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }
}

/// What was done in all lives.
#[derive(Debug, Default)]
struct Counts {
    lives: u64,
    tokens: u64,
    taken_out: u64,
    kills: u64,
    restarts: u64,
    disconnections: u64,
    saves_outside: u64,
    of_them_stale: u64,
    lives_without_bytes_compared: u64,
}

struct Token {
    text: String,
    /// Which update of this connection brought it; none while there is no connection.
    sent: Option<u64>,
    is_acknowledged: bool,
    is_taken_out: bool,
}

struct Writer {
    name: char,
    home: String,
    client: u64,
    epoch: String,
    doc: Doc,
    text: TextRef,
    link: Option<Link>,
    tokens: Vec<Token>,
}

struct Link {
    open: Arc<Open>,
    number: u64,
    out: mpsc::Receiver<Out>,
    sent: u64,
}

impl Writer {
    fn new(name: char, home: String, client: u64) -> Self {
        let options = Options {
            client_id: ClientID::new(client),
            offset_kind: OffsetKind::Utf16,
            ..Options::default()
        };
        let doc = Doc::with_options(options);
        let text = doc.get_or_insert_text(super::room::ROOT);
        Self { name, home, client, epoch: String::new(), doc, text, link: None, tokens: Vec::new() }
    }

    fn string(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }

    fn connect(&mut self, open: Arc<Open>) {
        assert!(self.epoch.is_empty() || self.epoch == open.epoch, "the history began anew");
        self.epoch.clone_from(&open.epoch);
        let (out, incoming) = mpsc::channel(QUEUE);
        let author = Author { name: format!("@{}", self.name), mail: format!("{}@example.com", self.name) };
        let person = Person { name: author.name.clone(), color: String::new(), color_light: String::new() };
        let Ok(number) = open.enter(Peer::new(self.client, author, person, true, out)) else { return };
        self.link = Some(Link { open, number, out: incoming, sent: 0 });
        let state = self.doc.transact().state_vector();
        let link = self.link.as_ref().unwrap();
        link.open.answer(link.number, &state);
    }

    fn disconnect(&mut self) {
        if let Some(link) = self.link.take() {
            link.open.leave(link.number);
        }
        for token in &mut self.tokens {
            token.sent = None;
        }
    }

    /// Sends an update, as what is typed goes out at once.
    fn send(&mut self, update: &[u8]) -> Option<u64> {
        let link = self.link.as_mut()?;
        link.sent += 1;
        let sent = link.sent;
        if link.open.take(link.number, update).is_err() {
            self.disconnect();
            return None;
        }
        Some(sent)
    }

    /// Reads what has come, at most so many frames: some networks are slow.
    fn read(&mut self, mut most: usize) {
        while most > 0 {
            most -= 1;
            let Some(link) = self.link.as_mut() else { return };
            let frame = match link.out.try_recv() {
                Ok(frame) => frame,
                Err(mpsc::error::TryRecvError::Empty) => return,
                Err(mpsc::error::TryRecvError::Disconnected) => return self.disconnect(),
            };
            match frame {
                Out::Binary(bytes) => self.hear(&bytes),
                Out::Text(text) => {
                    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
                    if told["type"] == "saved" {
                        let saved = told["updates"].as_u64().unwrap();
                        for token in &mut self.tokens {
                            token.is_acknowledged |= token.sent.is_some_and(|sent| sent <= saved);
                        }
                    }
                }
                Out::End(..) => return self.disconnect(),
            }
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        match Message::decode_v1(bytes).unwrap() {
            Message::Sync(SyncMessage::SyncStep1(state)) => {
                let lacking = self.doc.transact().encode_state_as_update_v1(&state);
                let sent = self.send(&lacking);
                for token in self.tokens.iter_mut().filter(|token| !token.is_acknowledged) {
                    token.sent = sent;
                }
            }
            Message::Sync(SyncMessage::SyncStep2(update) | SyncMessage::Update(update)) => {
                let update = Update::decode_v1(&update).unwrap();
                self.doc.transact_mut().apply_update(update).unwrap();
            }
            _ => {}
        }
    }

    fn edit(&mut self, at: usize, removed: usize, typed: &str) -> Option<u64> {
        let update = {
            let mut transaction = self.doc.transact_mut();
            let text = self.text.get_string(&transaction);
            let from = units(text[..at].encode_utf16().count());
            if removed > 0 {
                let length = units(text[at..at + removed].encode_utf16().count());
                self.text.remove_range(&mut transaction, from, length);
            }
            if !typed.is_empty() {
                self.text.insert(&mut transaction, from, typed);
            }
            transaction.encode_update_v1()
        };
        self.send(&update)
    }

    /// Writes a token behind the last of one's own, in one go or letter by letter.
    fn write(&mut self, dice: &mut Dice) -> bool {
        let text = self.string();
        let Some(home) = text.find(&self.home) else { return false };
        let last = self.tokens.iter().rev().find(|token| !token.is_taken_out);
        let at = match last {
            Some(token) => text.find(&token.text).map(|at| at + token.text.len()),
            None => Some(home + self.home.len()),
        };
        // What stood there may have been taken out from elsewhere: then it is over with writing.
        let Some(mut at) = at else { return false };
        let smile = if dice.is(20) { "\u{1f600}" } else { "" };
        let token = format!("<{}{}{smile}>", self.name, self.tokens.len());
        let mut sent = None;
        if dice.is(50) {
            sent = self.edit(at, 0, &token);
        } else {
            for letter in token.chars() {
                let letter = letter.to_string();
                sent = self.edit(at, 0, &letter);
                at += letter.len();
            }
        }
        self.tokens.push(Token { text: token, sent, is_acknowledged: false, is_taken_out: false });
        true
    }

    /// Takes one of one's own tokens out again.
    fn take_out(&mut self, dice: &mut Dice) -> bool {
        let alive: Vec<usize> =
            (0..self.tokens.len()).filter(|number| !self.tokens[*number].is_taken_out).collect();
        if alive.is_empty() {
            return false;
        }
        let number = alive[usize::try_from(dice.roll(alive.len() as u64)).unwrap()];
        let token = self.tokens[number].text.clone();
        let text = self.string();
        let Some(at) = text.find(&token) else { return false };
        self.tokens[number].is_taken_out = true;
        self.edit(at, token.len(), "");
        true
    }
}

fn units(count: usize) -> u32 {
    u32::try_from(count).unwrap()
}

/// Somebody who has the file open in another program.
#[derive(Default)]
struct Outside {
    held: Option<Vec<u8>>,
    tokens: Vec<String>,
    knobs: [u32; KNOBS],
    /// What was saved from old copies: what somebody took out meanwhile may come back with it, as with `git revert`.
    stale: Vec<String>,
}

struct Life<'s> {
    site: &'s Arc<Site>,
    path: PathBuf,
    name: String,
    begin: String,
    writers: Vec<Writer>,
    outside: Outside,
    dice: Dice,
}

/// A file with every kind of line end, and places to write at.
fn beginning(dice: &mut Dice, writers: usize) -> String {
    let mut text = if dice.is(30) { "\u{feff}".to_owned() } else { String::new() };
    let usual = if dice.is(50) { "\r\n" } else { "\n" };
    let line = |dice: &mut Dice, text: &mut String, words: &str| {
        let end = match dice.roll(10) {
            0 => "\r\n",
            1 => "\n",
            _ => usual,
        };
        let _ = write!(text, "{words}{end}");
    };
    line(dice, &mut text, "# A long day \u{1f600}");
    for number in 0..KNOBS {
        let words = format!("- knob{number}=0;");
        line(dice, &mut text, &words);
    }
    line(dice, &mut text, "- outside:");
    for writer in 0..writers {
        for nth in 0..dice.roll(4) {
            let words = format!("The {nth}. line of {writer}, which nobody touches: {}", dice.roll(1000));
            line(dice, &mut text, &words);
        }
        let words = format!("- home{writer}: and what stood there before");
        line(dice, &mut text, &words);
    }
    if dice.is(70) { text } else { text.trim_end().to_owned() }
}

impl Life<'_> {
    fn open(&self) -> Option<Arc<Open>> {
        self.site.live.room(self.site, &self.name).ok()
    }

    fn is_dead(&self) -> bool {
        self.site.live.journal_if_any().is_some_and(|journal| journal.is_killed())
    }

    fn step(&mut self, counts: &mut Counts) {
        if self.dice.is(20) && self.is_dead() {
            self.kill(counts);
        }
        let which = usize::try_from(self.dice.roll(self.writers.len() as u64)).unwrap();
        match self.dice.roll(100) {
            0..48 => {
                counts.tokens += u64::from(self.writers[which].write(&mut self.dice));
            }
            48..54 => counts.taken_out += u64::from(self.writers[which].take_out(&mut self.dice)),
            54..72 => {
                let most = usize::try_from(self.dice.roll(30)).unwrap();
                self.writers[which].read(most);
            }
            72..76 => {
                counts.disconnections += 1;
                self.writers[which].disconnect();
            }
            76..84 => {
                if self.writers[which].link.is_none()
                    && let Some(open) = self.open()
                {
                    self.writers[which].connect(open);
                }
            }
            84..87 => {
                if let Some(open) = self.open() {
                    open.write(self.site);
                }
            }
            87..90 => {
                self.outside.held.get_or_insert_with(|| fs::read(&self.path).unwrap());
            }
            90..94 => self.save_outside(counts),
            94 => {
                if let Some(open) = self.open() {
                    open.put_together();
                }
            }
            95 => {
                counts.restarts += 1;
                for writer in &mut self.writers {
                    writer.disconnect();
                }
                self.site.live.end(self.site);
                self.site.live.kill();
            }
            96 => self.kill(counts),
            97 | 98 => {
                let fuse = u32::try_from(1 + self.dice.roll(12)).unwrap();
                if let Some(journal) = self.site.live.journal_if_any() {
                    journal.light(fuse);
                }
            }
            _ => std::thread::sleep(Duration::from_millis(self.dice.roll(4))),
        }
    }

    fn kill(&mut self, counts: &mut Counts) {
        counts.kills += 1;
        // Their connections break off; they know nothing of why.
        for writer in &mut self.writers {
            writer.link = None;
            for token in &mut writer.tokens {
                token.sent = None;
            }
        }
        self.site.live.kill();
    }

    fn save_outside(&mut self, counts: &mut Counts) {
        let library = Library::open(self.site.shelf().workspace.library.root()).unwrap();
        // Whoever saves does so between two writes of ours, as every program does that takes the lock.
        let Ok(_guard) = library.lock() else { return };
        let now = fs::read(&self.path).unwrap();
        // Most have it open for a while.
        if self.outside.held.is_none() && self.dice.is(60) {
            self.outside.held = Some(now);
            return;
        }
        let held = self.outside.held.take().unwrap_or_else(|| now.clone());
        counts.saves_outside += 1;
        let is_stale = held != now;
        counts.of_them_stale += u64::from(is_stale);
        let mut text = String::from_utf8(held).unwrap();
        if is_stale {
            self.outside.stale.push(text.clone());
        }
        let token = format!("<O{}>", self.outside.tokens.len());
        let after = self.outside.tokens.last().cloned().unwrap_or_else(|| "- outside:".to_owned());
        let Some(at) = text.find(&after) else { panic!("{after} is gone from {text}") };
        text.insert_str(at + after.len(), &token);
        self.outside.tokens.push(token);
        if self.dice.is(50) {
            let number = usize::try_from(self.dice.roll(KNOBS as u64)).unwrap();
            let was = format!("knob{number}={};", self.outside.knobs[number]);
            assert!(text.contains(&was), "{was} is gone from {text}");
            self.outside.knobs[number] += 1;
            text = text.replace(&was, &format!("knob{number}={};", self.outside.knobs[number]));
        }
        fs::write(&self.path, text).unwrap();
    }

    /// Everybody is there, and everything comes to rest.
    fn rest(&mut self) {
        let began = Instant::now();
        loop {
            for writer in &mut self.writers {
                if writer.link.is_none() {
                    let open = self.site.live.room(self.site, &self.name);
                    writer.connect(open.unwrap_or_else(|failure| panic!("{failure}")));
                }
                writer.read(usize::MAX);
            }
            if let Some(open) = self.open() {
                open.write(self.site);
            }
            let file = fs::read_to_string(&self.path).unwrap();
            let plain = file.trim_start_matches('\u{feff}').replace("\r\n", "\n");
            let is_saved = |writer: &Writer| writer.tokens.iter().all(|token| token.is_acknowledged);
            if self.writers.iter().all(|writer| is_saved(writer) && writer.string() == plain) {
                return;
            }
            let texts: Vec<String> = self.writers.iter().map(Writer::string).collect();
            assert!(
                began.elapsed() < LONG,
                "no rest: the file is\n{plain}\nand the writers have\n{}",
                texts.join("\n---\n")
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// What must be true in the end.
    fn judge(&self, counts: &mut Counts) {
        let file = fs::read_to_string(&self.path).unwrap();
        let mut without = file.clone();
        // Somebody saved an old copy, in which something stands that its writer took out meanwhile: it may come back, in
        // parts where these are taken for parts of its neighbours, and what nobody touched cannot be told from it.
        let is_back = |token: &Token| {
            token.is_taken_out && self.outside.stale.iter().any(|stale| stale.contains(&token.text))
        };
        let has_come_back = self.writers.iter().flat_map(|writer| &writer.tokens).any(is_back);
        for writer in &self.writers {
            let mut last = 0;
            for token in &writer.tokens {
                let places: Vec<usize> = file.match_indices(&token.text).map(|(at, _)| at).collect();
                if token.is_taken_out {
                    let is_there = !places.is_empty() && !has_come_back;
                    assert!(!is_there, "{} was taken out and is there in\n{file}", token.text);
                    continue;
                }
                assert_eq!(places.len(), 1, "{} in\n{file}", token.text);
                assert!(places[0] >= last, "{} is out of order in\n{file}", token.text);
                last = places[0];
                without = without.replacen(&token.text, "", 1);
            }
        }
        for token in &self.outside.tokens {
            assert_eq!(file.matches(token.as_str()).count(), 1, "{token} in\n{file}");
            without = without.replacen(token.as_str(), "", 1);
        }
        if has_come_back {
            counts.lives_without_bytes_compared += 1;
            return;
        }
        let mut wanted = self.begin.clone();
        for (number, value) in self.outside.knobs.iter().enumerate() {
            wanted = wanted.replace(&format!("knob{number}=0;"), &format!("knob{number}={value};"));
        }
        assert_eq!(without, wanted, "what nobody touched is another in\n{file}");
    }
}

fn live(site: &Arc<Site>, seed: u64, counts: &mut Counts) {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for _ in 0..8 {
        dice.roll(2);
    }
    let name = format!("postmortems/life-{seed}.md");
    let path = site.shelf().workspace.library.root().join(&name);
    let count = 2 + usize::try_from(dice.roll(4)).unwrap();
    let begin = beginning(&mut dice, count);
    fs::write(&path, &begin).unwrap();
    let is_shared = dice.is(40);
    let writers = (0..count).map(|number| {
        let home = format!("- home{}:", if is_shared { 0 } else { number });
        let client = (seed << 8) + 100 + number as u64;
        Writer::new(char::from(b'a' + u8::try_from(number).unwrap()), home, client)
    });
    let writers: Vec<Writer> = writers.collect();
    let mut life = Life { site, path, name, begin, writers, outside: Outside::default(), dice };
    life.rest();
    let steps = 10 + life.dice.roll(STEPS);
    for _ in 0..steps {
        life.step(counts);
    }
    if life.is_dead() {
        life.kill(counts);
    }
    if let Some(journal) = site.live.journal_if_any() {
        journal.light(0);
    }
    life.rest();
    life.judge(counts);
    for writer in &mut life.writers {
        writer.disconnect();
    }
    counts.lives += 1;
    drop(life.writers);
    site.live.end(site);
    site.live.kill();
    fs::remove_file(&life.path).unwrap();
}

#[test]
fn nothing_that_was_acknowledged_is_lost_or_doubled_whatever_happens() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("recount.toml"), "[library]\nlayout = \"\"\n").unwrap();
    fs::create_dir_all(folder.path().join("postmortems")).unwrap();
    let settings = Settings {
        program: "test".to_owned(),
        keep: false,
        clock: Box::new(jiff::Timestamp::now),
        commit: false,
        author: Author { name: "@ana".to_owned(), mail: "ana@example.com".to_owned() },
        hosts: Vec::new(),
    };
    let site = Site::open(Library::open(folder.path()).unwrap(), settings).unwrap();
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("RECOUNT_SEED").unwrap_or(1);
    let mut counts = Counts::default();
    let mut failed: BTreeMap<u64, String> = BTreeMap::new();
    for seed in first..first + number("RECOUNT_RUNS").unwrap_or(RUNS) {
        let result =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| live(&site, seed, &mut counts)));
        if let Err(panic) = result {
            let told = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            failed.insert(seed, told);
            break;
        }
    }
    println!("{counts:?}");
    assert!(failed.is_empty(), "{failed:#?}");
}
