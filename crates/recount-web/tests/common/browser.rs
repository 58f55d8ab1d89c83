//! A browser that has a postmortem open to write in it: the CRDT and the socket, without the editor.

#![allow(clippy::unwrap_used, dead_code, unreachable_pub, reason = "each test binary uses a part of this")]

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use recount_web::Site;
use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message as Frame, WebSocket};
use yrs::sync::{Message, SyncMessage};
use yrs::updates::decoder::Decode as _;
use yrs::updates::encoder::Encode as _;
use yrs::{
    ClientID, Doc, GetString as _, OffsetKind, Options, ReadTxn as _, StickyIndex, Text as _, TextRef,
    Transact as _, Update,
};

/// How long anything may take.
const LONG: Duration = Duration::from_secs(20);

/// Serves a site on a port of this machine, for as long as the process lives.
pub fn served(site: &Arc<Site>) -> SocketAddr {
    let (told, address) = channel();
    let site = Arc::clone(site);
    std::thread::spawn(move || {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        recount_web::serve(&site, any, move |address| told.send(address).unwrap()).unwrap();
    });
    address.recv().unwrap()
}

/// Numbers that no other browser of this process has.
fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
    (u64::try_from(time).unwrap() << 8 & 0x1f_ffff_ffff_ff00) + NEXT.fetch_add(1, Ordering::Relaxed)
}

pub struct Browser {
    pub address: SocketAddr,
    pub key: String,
    pub client: u64,
    pub epoch: String,
    pub build: String,
    /// Headers beside those of every browser.
    pub headers: Vec<(&'static str, String)>,
    doc: Doc,
    text: TextRef,
    socket: Option<WebSocket<TcpStream>>,
    /// Updates sent through this socket, and how many of them are on disk.
    pub sent: u64,
    pub saved: u64,
    /// All that was told in JSON, and the cursors of others as they came.
    pub told: Vec<Value>,
    pub cursors: Vec<(u64, Value)>,
    /// How it was closed.
    pub closed: Option<u16>,
}

impl Browser {
    pub fn new(address: SocketAddr, key: &str) -> Self {
        let client = fresh();
        let doc = Doc::with_options(Options {
            client_id: ClientID::new(client),
            offset_kind: OffsetKind::Utf16,
            ..Options::default()
        });
        let text = doc.get_or_insert_text("text");
        Self {
            address,
            key: key.to_owned(),
            client,
            epoch: String::new(),
            build: String::new(),
            headers: Vec::new(),
            doc,
            text,
            socket: None,
            sent: 0,
            saved: 0,
            told: Vec::new(),
            cursors: Vec::new(),
            closed: None,
        }
    }

    /// One that has the whole text.
    pub fn open(address: SocketAddr, key: &str) -> Self {
        let mut browser = Self::new(address, key);
        browser.connect().unwrap();
        browser.until("the text", |browser| !browser.string().is_empty());
        browser
    }

    /// Opens the socket, and sends what was typed without one.
    pub fn connect(&mut self) -> Result<(), String> {
        let Self { address, key, client, epoch, build, .. } = self;
        let url = format!("ws://{address}/live/{key}?client={client}&epoch={epoch}&build={build}");
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "recount.1".parse().unwrap());
        for (name, value) in &self.headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(*address).map_err(|error| error.to_string())?;
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let (socket, _) = tungstenite::client(request, stream).map_err(|error| error.to_string())?;
        socket.get_ref().set_read_timeout(Some(Duration::from_millis(2))).unwrap();
        self.socket = Some(socket);
        (self.sent, self.saved, self.closed) = (0, 0, None);
        let state = self.doc.transact().state_vector();
        self.send(&Message::Sync(SyncMessage::SyncStep1(state)));
        Ok(())
    }

    /// Breaks off, as a network does.
    pub fn drop_line(&mut self) {
        self.socket = None;
    }

    pub fn send(&mut self, message: &Message) {
        self.send_bytes(message.encode_v1());
    }

    pub fn send_bytes(&mut self, bytes: Vec<u8>) {
        if let Some(socket) = &mut self.socket {
            let _ = socket.send(Frame::Binary(bytes.into()));
        }
    }

    pub fn say(&mut self, said: &Value) {
        self.say_text(said.to_string());
    }

    pub fn say_text(&mut self, said: String) {
        if let Some(socket) = &mut self.socket {
            let _ = socket.send(Frame::Text(said.into()));
        }
    }

    pub fn string(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }

    /// Types something behind the first place where `after` stands.
    pub fn type_after(&mut self, after: &str, typed: &str) {
        let text = self.string();
        let at = text.find(after).unwrap_or_else(|| panic!("no {after:?} in {text}")) + after.len();
        self.type_at(units(&text[..at]), typed);
    }

    pub fn type_at(&mut self, at: u32, typed: &str) {
        self.edit(at, 0, typed);
    }

    /// Removes the first place where something stands.
    pub fn remove(&mut self, what: &str) {
        let text = self.string();
        let at = text.find(what).unwrap_or_else(|| panic!("no {what:?} in {text}"));
        self.edit(units(&text[..at]), units(what), "");
    }

    pub fn edit(&mut self, at: u32, removed: u32, typed: &str) {
        let update = {
            let mut transaction = self.doc.transact_mut();
            if removed > 0 {
                self.text.remove_range(&mut transaction, at, removed);
            }
            if !typed.is_empty() {
                self.text.insert(&mut transaction, at, typed);
            }
            transaction.encode_update_v1()
        };
        self.sent += 1;
        self.send(&Message::Sync(SyncMessage::Update(update)));
    }

    /// Makes the edits of an answer.
    pub fn accept(&mut self, edits: &Value) {
        let mut places: Vec<(u32, u32, String)> = edits
            .as_array()
            .unwrap()
            .iter()
            .map(|edit| {
                let (from, to) = (self.place(&edit["from"]).unwrap(), self.place(&edit["to"]).unwrap());
                (from.min(to), from.max(to), edit["text"].as_str().unwrap().to_owned())
            })
            .collect();
        places.sort_by_key(|(from, ..)| std::cmp::Reverse(*from));
        for (from, to, text) in places {
            self.edit(from, to - from, &text);
        }
    }

    /// Where a place that moves along is now.
    pub fn place(&self, place: &Value) -> Option<u32> {
        let place: StickyIndex = serde_json::from_value(place.clone()).unwrap();
        Some(place.get_offset(&self.doc.transact())?.index)
    }

    /// What stands between two such places.
    pub fn between(&self, stretch: &Value) -> String {
        let text: Vec<u16> = self.string().encode_utf16().collect();
        let (from, to) = (self.place(&stretch["from"]).unwrap(), self.place(&stretch["to"]).unwrap());
        String::from_utf16(&text[from.min(to) as usize..from.max(to) as usize]).unwrap()
    }

    pub fn point(&mut self, clock: u32, state: &Value) {
        use yrs::sync::awareness::{AwarenessUpdate, AwarenessUpdateEntry};
        let entry = AwarenessUpdateEntry { clock, json: state.to_string().into() };
        let update = AwarenessUpdate { clients: [(ClientID::new(self.client), entry)].into() };
        self.send(&Message::Awareness(update));
    }

    /// Reads what has come.
    pub fn read(&mut self) {
        while let Some(socket) = &mut self.socket {
            match socket.read() {
                Ok(Frame::Binary(bytes)) => self.hear(&bytes),
                Ok(Frame::Text(text)) => {
                    let told: Value = serde_json::from_str(&text).unwrap();
                    if told["type"] == "hello" {
                        told["epoch"].as_str().unwrap().clone_into(&mut self.epoch);
                    }
                    if told["type"] == "saved" {
                        self.saved = told["updates"].as_u64().unwrap();
                    }
                    self.told.push(told);
                }
                Ok(Frame::Close(frame)) => {
                    self.closed = Some(frame.map_or(1005, |frame| frame.code.into()));
                    self.socket = None;
                }
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return;
                }
                Err(_) => {
                    self.closed = self.closed.or(Some(1006));
                    self.socket = None;
                }
            }
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        match Message::decode_v1(bytes).unwrap() {
            Message::Sync(SyncMessage::SyncStep1(state)) => {
                let update = self.doc.transact().encode_state_as_update_v1(&state);
                self.sent += 1;
                self.send(&Message::Sync(SyncMessage::SyncStep2(update)));
            }
            Message::Sync(SyncMessage::SyncStep2(update) | SyncMessage::Update(update)) => {
                let update = Update::decode_v1(&update).unwrap();
                self.doc.transact_mut().apply_update(update).unwrap();
            }
            Message::Awareness(update) => {
                for (client, entry) in update.clients {
                    self.cursors.push((client.get(), serde_json::from_str(&entry.json).unwrap()));
                }
            }
            other => panic!("{other:?}"),
        }
    }

    /// Reads until something is so.
    pub fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        loop {
            self.read();
            if is_so(self) {
                return;
            }
            assert!(
                began.elapsed() < LONG,
                "waited for {what}; closed {:?}; told {:?}; text {}",
                self.closed,
                self.told.last(),
                self.string()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until all that was typed is on the server's disk.
    pub fn saved(&mut self) {
        self.until("the disk", |browser| browser.sent > 0 && browser.saved == browser.sent);
    }

    /// The last message of a kind.
    pub fn last(&self, kind: &str) -> Option<&Value> {
        self.told.iter().rev().find(|told| told["type"] == kind)
    }

    /// The latest of a part of the advice.
    pub fn advice(&self, part: &str) -> Option<&Value> {
        self.told.iter().rev().filter(|told| told["type"] == "advice").find_map(|told| told.get(part))
    }

    /// Asks, and gives back the answer.
    pub fn ask(&mut self, request: u64, operation: &Value) -> Value {
        self.say(&json!({ "type": "ask", "request": request, "operation": operation }));
        let is_it = move |told: &&Value| told["type"] == "answer" && told["request"] == request;
        self.until("the answer", |browser| browser.told.iter().any(|told| is_it(&told)));
        self.told.iter().find(is_it).unwrap().clone()
    }
}

pub fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap()
}
