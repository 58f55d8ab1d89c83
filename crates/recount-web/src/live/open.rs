//! An open room: who is in it, and what goes to whom and when.
//!
//! Nothing is passed on or acknowledged before it is on disk, so that nobody ever has what the server could lose, but
//! for what is their own. The lock of a room is never held while the journal is waited for. What does not live here:
//! the file ([`super::writing`]), sockets ([`super::socket`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use axum::body::Bytes;
use recount_store::Author;
use serde_json::{Value, json};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, watch};
use yrs::ClientID;
use yrs::sync::awareness::{AwarenessUpdate, AwarenessUpdateEntry};
use yrs::sync::{Message, SyncMessage};
use yrs::updates::encoder::Encode as _;

use super::advice::Advice;
use super::journal::{Journal, Meta};
use super::room::{Kept, Refused, Room};
use super::wire::{Choice, Person, Told};
use crate::site::Site;

/// So many frames wait for one browser; one that is slower is cut off, and comes again.
pub(super) const QUEUE: usize = 2048;
/// So many are in one room.
const PEERS: usize = 200;
/// The longest state of a cursor, in bytes.
const CURSOR: usize = 4096;
/// So many jobs may wait for the disk before writers are asked to wait.
const BACKLOG: usize = 20_000;
/// So many people are told apart since the last commit.
const AUTHORS: usize = 50;

/// What goes out of a socket.
#[derive(Clone, Debug)]
pub(super) enum Out {
    Binary(Bytes),
    Text(String),
    /// The end, with its code and reason.
    End(u16, &'static str),
}

/// Ends of sockets, beside those of the protocol itself.
pub(super) mod end {
    pub(in super::super) const STALE: u16 = 4001;
    pub(in super::super) const RELOAD: u16 = 4002;
    pub(in super::super) const TOO_FAST: u16 = 4003;
    pub(in super::super) const TOO_LARGE: u16 = 4004;
    pub(in super::super) const NOT_ALLOWED: u16 = 4005;
    pub(in super::super) const NOT_UNDERSTOOD: u16 = 4006;
    /// The room is made anew: come again.
    pub(in super::super) const AGAIN: u16 = 1012;
}

/// A browser in a room.
pub(super) struct Peer {
    pub(super) client: u64,
    pub(super) author: Author,
    pub(super) person: Person,
    pub(super) may_write: bool,
    pub(super) out: mpsc::Sender<Out>,
    /// Updates that came from it.
    pub(super) received: u64,
    cursor: Option<(u32, Arc<str>)>,
    /// Told when the whole text is on its way.
    pub(super) synced: Arc<Notify>,
}

impl Peer {
    pub(super) fn new(
        client: u64,
        author: Author,
        person: Person,
        may_write: bool,
        out: mpsc::Sender<Out>,
    ) -> Self {
        Self { client, author, person, may_write, out, received: 0, cursor: None, synced: Arc::default() }
    }
}

/// Something that somebody has to decide.
pub(super) struct Question {
    pub(super) id: u64,
    pub(super) about: &'static str,
    pub(super) text: String,
    pub(super) detail: String,
    pub(super) choices: Vec<Choice>,
    pub(super) matter: Matter,
}

/// What a question is about.
pub(super) enum Matter {
    /// Text that a save from outside has not.
    Kept(Vec<Kept>),
    /// The library is on another branch.
    Branch,
    /// The file is gone.
    Gone,
}

/// What is known of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FileState {
    pub(super) written: bool,
    pub(super) committed: Option<bool>,
    pub(super) error: Option<(String, String)>,
}

/// An open room.
pub(super) struct Open {
    pub(super) site: Weak<Site>,
    pub(super) journal: Arc<Journal>,
    /// Its number in the journal.
    pub(super) number: i64,
    pub(super) epoch: String,
    inner: Mutex<Inner>,
    /// Held by whoever writes the file.
    pub(super) writing: Mutex<()>,
    /// Wakes those who work out what is to be said of the text.
    pub(super) revisions: watch::Sender<u64>,
    /// What the engine said last.
    pub(super) advice: tokio::sync::Mutex<Option<Arc<Advice>>>,
}

/// What changes in a room.
pub(super) struct Inner {
    pub(super) room: Room,
    /// The file, from the library's root.
    pub(super) path: String,
    pub(super) last: i64,
    /// Steps since they were put together.
    pub(super) steps: u32,
    pub(super) peers: HashMap<u64, Peer>,
    next_peer: u64,
    clients: HashMap<u64, String>,
    /// Who wrote since the last commit.
    pub(super) authors: Vec<Author>,
    pub(super) questions: Vec<Question>,
    next_question: u64,
    /// Why nothing may be written for now.
    pub(super) frozen: Option<String>,
    pub(super) branch: Option<String>,
    /// When the text last changed, and since when the file lacks something.
    pub(super) changed: Instant,
    pub(super) ahead_since: Option<Instant>,
    /// When the last one left, or the room was opened.
    pub(super) empty_since: Instant,
    pub(super) file: FileState,
    /// Whether it is of no use any more: everybody comes again, to one that is made anew.
    pub(super) is_closed: bool,
}

impl Open {
    pub(super) fn new(
        site: Weak<Site>,
        journal: Arc<Journal>,
        path: String,
        room: Room,
        meta: Meta,
    ) -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self {
            site,
            journal,
            number: meta.number,
            epoch: meta.epoch,
            inner: Mutex::new(Inner {
                room,
                path,
                last: meta.last,
                steps: 0,
                peers: HashMap::new(),
                next_peer: 1,
                clients: meta.clients,
                authors: meta.authors,
                questions: Vec::new(),
                next_question: 1,
                frozen: None,
                branch: meta.branch,
                changed: now,
                ahead_since: None,
                empty_since: now,
                file: FileState { written: true, ..FileState::default() },
                is_closed: false,
            }),
            writing: Mutex::new(()),
            revisions: watch::Sender::new(1),
            advice: tokio::sync::Mutex::new(None),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets somebody in; nobody where it is full, or of no use any more, or the client is somebody else's.
    pub(super) fn enter(self: &Arc<Self>, peer: Peer) -> Result<u64, (u16, &'static str)> {
        let mut inner = self.lock();
        if inner.is_closed {
            return Err((end::AGAIN, "come again"));
        }
        if inner.peers.len() >= PEERS {
            return Err((end::TOO_FAST, "too many are in this postmortem"));
        }
        let who = identity(&peer.author);
        let is_theirs = inner.clients.get(&peer.client).is_none_or(|owner| *owner == who);
        if !is_theirs || peer.client == inner.room.own_client() {
            return Err((end::NOT_ALLOWED, "this client is somebody else's"));
        }
        // A socket that was cut off may not have ended here yet: the new one takes its place.
        let before: Vec<u64> = inner
            .peers
            .iter()
            .filter(|(_, own)| own.client == peer.client)
            .map(|(number, _)| *number)
            .collect();
        for number in before {
            if let Some(old) = inner.peers.remove(&number) {
                let _ = old.out.try_send(Out::End(end::AGAIN, "this tab came again"));
            }
        }
        let number = inner.next_peer;
        inner.next_peer += 1;
        let out = peer.out.clone();
        inner.peers.insert(number, peer);
        // What the room has, so that the browser sends what it lacks.
        let state = yrs::updates::decoder::Decode::decode_v1(&inner.room.state()).unwrap_or_default();
        let mut first = vec![frame(&Message::Sync(SyncMessage::SyncStep1(state)))];
        for peer in inner.peers.values() {
            if let Some((clock, json)) = &peer.cursor {
                first.push(cursor(peer.client, *clock, json));
            }
        }
        first.push(text(&inner.file_told()));
        for question in &inner.questions {
            first.push(text(&question.told()));
        }
        if let Some(why) = &inner.frozen {
            first.push(text(&Told::Frozen { why }));
        }
        for frame in first {
            let _ = out.try_send(frame);
        }
        Ok(number)
    }

    /// Lets somebody go.
    pub(super) fn leave(&self, number: u64) {
        let mut inner = self.lock();
        let Some(peer) = inner.peers.remove(&number) else { return };
        if let Some((clock, _)) = peer.cursor {
            let gone = cursor(peer.client, clock.saturating_add(1), "null");
            inner.tell_all(&gone, None);
        }
        if inner.peers.is_empty() {
            inner.empty_since = Instant::now();
        }
    }

    /// Takes an update from a browser. An error ends its socket.
    pub(super) fn take(self: &Arc<Self>, number: u64, update: &[u8]) -> Result<(), Refusal> {
        let mut inner = self.lock();
        if inner.is_closed {
            return Err(Refusal::of(end::AGAIN, "the room is made anew", "it is connected again by itself"));
        }
        let Some(peer) = inner.peers.get_mut(&number) else { return Ok(()) };
        peer.received += 1;
        let (count, client, may_write) = (peer.received, peer.client, peer.may_write);
        if self.journal.waiting() > BACKLOG {
            return Err(Refusal::of(
                end::TOO_FAST,
                "the server's disk is too slow",
                "what you typed is kept here and sent again",
            ));
        }
        match inner.room.take(update, client) {
            Ok(None) => {
                drop(inner);
                let open = Arc::clone(self);
                self.journal.after(move || open.acknowledge(number, count));
            }
            Ok(Some(_)) if !may_write => {
                // It is in our memory, and must not stay there.
                inner.spoil();
                return Err(Refusal::of(
                    end::NOT_ALLOWED,
                    "you may read this postmortem, and not change it",
                    "ask whoever keeps the accounts",
                ));
            }
            Ok(Some(new)) => {
                inner.write_down(self, client);
                let open = Arc::clone(self);
                let passed = frame(&Message::Sync(SyncMessage::Update(new.clone())));
                inner.step(self, new, false, move || {
                    open.lock().tell_all(&passed, Some(number));
                    open.acknowledge(number, count);
                });
                if let Some(tidied) = inner.room.tidy() {
                    self.publish(&mut inner, tidied, false);
                }
            }
            Err(Refused::Spoilt) => {
                inner.spoil();
                return Err(Refusal::of(
                    end::NOT_UNDERSTOOD,
                    "what came is no change of a text",
                    "reload the page",
                ));
            }
            Err(Refused::Garbled) => {
                return Err(Refusal::of(
                    end::NOT_UNDERSTOOD,
                    "what came is no change of this text",
                    "reload the page",
                ));
            }
            Err(Refused::NotYours) => {
                return Err(Refusal::of(
                    end::NOT_ALLOWED,
                    "what came says that somebody else wrote it",
                    "reload the page",
                ));
            }
            Err(Refused::TooLong) => {
                let hint = "what you typed last is kept in this tab: copy it, then reload; put long excerpts into files beside the postmortem";
                return Err(Refusal::of(end::TOO_LARGE, "the text would become longer than 2 MiB", hint));
            }
        }
        Ok(())
    }

    fn acknowledge(&self, number: u64, updates: u64) {
        self.lock().tell(number, &text(&Told::Saved { updates }));
    }

    /// Keeps a change that the server made itself, and passes it on; with what the file holds, where it comes of that: one
    /// without the other would be merged again.
    pub(super) fn publish(self: &Arc<Self>, inner: &mut Inner, update: Vec<u8>, is_of_file: bool) {
        let open = Arc::clone(self);
        let passed = frame(&Message::Sync(SyncMessage::Update(update.clone())));
        inner.step(self, update, is_of_file, move || open.lock().tell_all(&passed, None));
    }

    /// Sends a browser what it lacks, once that is on disk.
    pub(super) fn answer(self: &Arc<Self>, number: u64, state: &yrs::StateVector) {
        let lacking = frame(&Message::Sync(SyncMessage::SyncStep2(self.lock().room.lacking(state))));
        let open = Arc::clone(self);
        self.journal.after(move || {
            let mut inner = open.lock();
            inner.tell(number, &lacking);
            if let Some(peer) = inner.peers.get(&number) {
                peer.synced.notify_one();
            }
        });
    }

    /// Passes on where somebody's cursor is; who they are, the server says.
    pub(super) fn point(&self, number: u64, update: &AwarenessUpdate) -> Result<(), Refusal> {
        let refuse = |sentence| Err(Refusal::of(end::NOT_ALLOWED, sentence, "reload the page"));
        let mut inner = self.lock();
        let Some(peer) = inner.peers.get_mut(&number) else { return Ok(()) };
        for (client, entry) in &update.clients {
            if client.get() != peer.client {
                // Browsers tell of all that they know when they begin: only one's own counts.
                continue;
            }
            if entry.json.len() > CURSOR {
                return refuse("a cursor cannot be that long");
            }
            let Ok(state) = serde_json::from_str::<Value>(&entry.json) else {
                return refuse("what came is no cursor");
            };
            if peer.cursor.as_ref().is_some_and(|(clock, _)| *clock >= entry.clock) {
                continue;
            }
            let json: Arc<str> = match state {
                Value::Null => "null".into(),
                state => {
                    let place = state.get("cursor").cloned().unwrap_or(Value::Null);
                    json!({ "user": peer.person, "cursor": place }).to_string().into()
                }
            };
            peer.cursor = Some((entry.clock, Arc::clone(&json)));
            let told = cursor(peer.client, entry.clock, &json);
            inner.tell_all(&told, Some(number));
            break;
        }
        Ok(())
    }

    /// Tells everybody of the file, where that is news.
    pub(super) fn tell_file(&self, change: impl FnOnce(&mut FileState, &mut Room)) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let before = inner.file.clone();
        change(&mut inner.file, &mut inner.room);
        if inner.file != before {
            let told = text(&inner.file_told());
            inner.tell_all(&told, None);
        }
    }
}

/// Why a socket ends.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) sentence: &'static str,
    pub(super) hint: &'static str,
}

impl Refusal {
    pub(super) fn of(code: u16, sentence: &'static str, hint: &'static str) -> Self {
        Self { code, sentence, hint }
    }
}

impl Inner {
    /// Keeps a step, and does `then` once it is on disk.
    fn step(&mut self, open: &Open, step: Vec<u8>, is_of_file: bool, then: impl FnOnce() + Send + 'static) {
        self.last += 1;
        self.steps += 1;
        open.revisions.send_modify(|revision| *revision += 1);
        let now = Instant::now();
        self.changed = now;
        self.ahead_since.get_or_insert(now);
        let bases = is_of_file.then(|| self.room.bases());
        open.journal.step(open.number, self.last, step, bases, then);
        if self.file.written || self.file.committed == Some(true) {
            self.file.written = false;
            self.file.committed = self.file.committed.map(|_| false);
            let told = text(&self.file_told());
            self.tell_all(&told, None);
        }
    }

    /// Writes down whose a client is, and that they wrote.
    fn write_down(&mut self, open: &Open, client: u64) {
        let Some(author) =
            self.peers.values().find(|peer| peer.client == client).map(|peer| peer.author.clone())
        else {
            return;
        };
        if let std::collections::hash_map::Entry::Vacant(entry) = self.clients.entry(client) {
            let who = identity(&author);
            entry.insert(who.clone());
            open.journal.client(open.number, client, who);
        }
        if !self.authors.contains(&author) && self.authors.len() < AUTHORS {
            self.authors.push(author);
            let now = open.site.upgrade().map_or(0, |site| site.now().as_second());
            open.journal.authors(open.number, &self.authors, now);
        }
    }

    /// Sends somebody a frame; whoever is too slow is cut off.
    pub(super) fn tell(&mut self, number: u64, frame: &Out) {
        let Some(peer) = self.peers.get(&number) else { return };
        if let Err(TrySendError::Full(_) | TrySendError::Closed(_)) = peer.out.try_send(frame.clone()) {
            // With its queue the socket ends, and the browser comes again.
            self.peers.remove(&number);
        }
    }

    /// Sends everybody a frame.
    pub(super) fn tell_all(&mut self, frame: &Out, but: Option<u64>) {
        let numbers: Vec<u64> = self.peers.keys().copied().filter(|number| Some(*number) != but).collect();
        for number in numbers {
            self.tell(number, frame);
        }
    }

    /// Ends the room: what is in memory is not what is on disk.
    fn spoil(&mut self) {
        self.is_closed = true;
        self.tell_all(&Out::End(end::AGAIN, "the room is made anew"), None);
    }

    /// Asks everybody.
    pub(super) fn ask(
        &mut self,
        about: &'static str,
        question: String,
        detail: String,
        choices: Vec<Choice>,
        matter: Matter,
    ) {
        let id = self.next_question;
        self.next_question += 1;
        let question = Question { id, about, text: question, detail, choices, matter };
        let told = text(&question.told());
        self.questions.push(question);
        self.tell_all(&told, None);
    }

    pub(super) fn file_told(&self) -> Told<'_> {
        let FileState { written, committed, error } = &self.file;
        Told::File {
            written: *written,
            committed: *committed,
            error: error.as_ref().map(|(error, _)| error.as_str()),
            hint: error.as_ref().map(|(_, hint)| hint.as_str()),
        }
    }
}

impl Question {
    fn told(&self) -> Told<'_> {
        Told::Question {
            id: self.id,
            about: self.about,
            text: &self.text,
            detail: &self.detail,
            choices: &self.choices,
        }
    }
}

/// What tells people apart.
fn identity(author: &Author) -> String {
    format!("{} <{}>", author.name, author.mail)
}

pub(super) fn frame(message: &Message) -> Out {
    Out::Binary(message.encode_v1().into())
}

pub(super) fn text(told: &Told<'_>) -> Out {
    // Names and texts: nothing of it fails.
    Out::Text(serde_json::to_string(told).unwrap_or_default())
}

fn cursor(client: u64, clock: u32, json: &str) -> Out {
    let entry = AwarenessUpdateEntry { clock, json: json.into() };
    frame(&Message::Awareness(AwarenessUpdate { clients: [(ClientID::new(client), entry)].into() }))
}
