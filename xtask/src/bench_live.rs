//! `bench-live`: how long a keystroke takes to everybody who writes in the same postmortem, to the disk, and to what the
//! checker says of it; and what an open postmortem and the first load of the editor cost.
//!
//! The floor of the way to others is measured in the same run, with the same frames over the same kind of sockets: a
//! relay of the same framework that keeps nothing and looks at nothing. What does not live here: the library
//! ([`crate::corpus`]), and what a browser does with a frame.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message as Passed, WebSocket as Upgraded, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use jiff::civil::date;
use recount_engine::config::Config;
use recount_engine::document::Document;
use recount_engine::lint::{Context, LevelTable, NoLibrary, Options, check};
use tokio::sync::broadcast;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::protocol::Role;
use tungstenite::{Message as Frame, WebSocket};
use yrs::sync::{Message, SyncMessage};
use yrs::updates::decoder::Decode as _;
use yrs::updates::encoder::Encode as _;
use yrs::{
    ClientID, Doc, GetString as _, OffsetKind, Options as DocOptions, ReadTxn as _, StateVector, Text as _,
    TextRef, Transact as _, Update,
};

use crate::Outcome;
use crate::corpus::{Random, generate};
use crate::served::{Connected, Server, key, shown};

/// So many write in one postmortem.
const WRITERS: usize = 50;
/// Between two keystrokes of one of them: as fast as people type who type fast.
const PACE: Duration = Duration::from_millis(200);
/// So long do they write.
const TURN: Duration = Duration::from_secs(10);
/// So many postmortems are open for the measurement of memory.
const OPEN: usize = 100;
/// The size of each, in bytes.
const SIZE: usize = 40_000;
/// So many keystrokes are waited for, one after the other, until the checker has answered.
const ANSWERS: usize = 100;
/// How long anything may take.
const LONG: Duration = Duration::from_secs(30);
/// Keystrokes are told apart by their letters: each is one of its own, from here on.
const FIRST: u32 = 0x4e00;

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let [binary] = arguments else { return Err("give the binary".to_owned()) };
    let binary = std::path::absolute(binary).map_err(|error| format!("`{binary}`: {error}"))?;
    let folder = std::env::temp_dir().join(format!("recount-bench-live-{}", std::process::id()));
    let result = measure(&binary, &folder);
    let _ = fs::remove_dir_all(&folder);
    result
}

fn measure(binary: &Path, folder: &Path) -> Outcome {
    let failed = |error: std::io::Error| format!("`{}`: {error}", folder.display());
    let files = library(folder).map_err(failed)?;
    let keys: Vec<String> = files.iter().map(|file| key(file.strip_prefix(folder).unwrap_or(file))).collect();
    println!(
        "{WRITERS} people in one of {OPEN} postmortems of {} KB, a keystroke every {PACE:?} each",
        SIZE / 1000
    );
    let synced = synced_writes(folder).map_err(failed)?;
    tell("floor: write and fsync", &synced, None);

    let server = Server::start(binary, folder)?;
    let whole = Desk::open(server.address, &keys[0], 1)?.whole();
    let relay = relay()?;
    let floor = together(|client| Desk::beside(relay, client, &whole))?;
    tell("floor: relay, to one", &floor.each, None);
    tell("floor: relay, to everybody", &floor.all, None);
    let measured = together(|client| Desk::open(server.address, &keys[0], client))?;
    tell("keystroke to one", &measured.each, Some(&floor.each));
    tell("keystroke to everybody", &measured.all, Some(&floor.all));
    tell("keystroke on disk", &measured.saved, Some(&synced));
    println!("{:<28}{:>9}", "keystrokes", measured.all.0.len());

    let (checked, answered) = answers(server.address, &files[1], &keys[1])?;
    tell("floor: parse and check", &checked, None);
    tell("keystroke to findings", &answered, Some(&checked));

    let (before, began) = (server.memory("VmRSS:"), Instant::now());
    let desks: Vec<Desk> =
        keys[2..].iter().map(|key| Desk::open(server.address, key, 7)).collect::<Result<_, _>>()?;
    let took = began.elapsed() / u32::try_from(desks.len()).unwrap_or(u32::MAX);
    let grown = (server.memory("VmRSS:").saturating_sub(before)) * 1024 / desks.len() as u64;
    println!("{:<28}{grown:>9} KiB each, {} to open one", "memory of what is open", shown(took));
    drop(desks);

    let Loaded { editor, others, page } = first_load(server.address, &keys[0])?;
    let kb = |bytes: usize| bytes.div_ceil(1000);
    println!(
        "{:<28}{:>9} KB compressed, {} KB of other style and script, {} KB page",
        "first load: the editor",
        kb(editor),
        kb(others),
        kb(page)
    );
    Ok(())
}

/// Invented postmortems of one size.
fn library(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    generate(folder, OPEN as u64 + 2, 5)?;
    let mut files = crate::files_below(folder);
    files.retain(|file| file.extension().is_some_and(|ending| ending == "md"));
    for file in &files {
        let text = fs::read_to_string(file)?;
        fs::write(file, grown(&text))?;
    }
    Ok(files)
}

/// A postmortem with so many more rows that it has its size, and with a severity that can be spoilt.
fn grown(text: &str) -> String {
    let head = "| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n";
    let Some((before, rest)) = text.split_once(head) else { return text.to_owned() };
    let (rows, behind) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let more = (SIZE.saturating_sub(text.len()) / rows.len().max(1)) + 1;
    let mut grown = format!("{before}{head}");
    for row in rows.lines() {
        for nth in 0..=more {
            let ending = if nth == 0 { String::new() } else { format!(" {nth} |") };
            grown += row.strip_suffix('|').filter(|_| nth > 0).unwrap_or(row).trim_end();
            grown += &ending;
            grown.push('\n');
        }
    }
    grown.push('\n');
    grown += behind;
    let is_blank = |line: &&str| line.starts_with("- **Severity**:");
    match grown.lines().find(is_blank).map(str::to_owned) {
        Some(line) => grown.replacen(&line, "- **Severity**: Sev2", 1),
        None => grown,
    }
}

/// Times, the least first.
struct Times(Vec<Duration>);

impl Times {
    fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        Self(all)
    }

    fn at(&self, percent: usize) -> Duration {
        let at = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(at).copied().unwrap_or_default()
    }
}

fn tell(name: &str, times: &Times, floor: Option<&Times>) {
    let (p50, p99) = (times.at(50), times.at(99));
    let ratio = |own: Duration, other: Duration| own.as_secs_f64() / other.as_secs_f64().max(1e-9);
    let beside = floor.map(|floor| {
        format!(", {:.1} and {:.1} times the floor", ratio(p50, floor.at(50)), ratio(p99, floor.at(99)))
    });
    println!("{name:<28}p50 {:>10}   p99 {:>10}{}", shown(p50), shown(p99), beside.unwrap_or_default());
}

/// What the disk itself takes: a little is appended and synced.
fn synced_writes(folder: &Path) -> std::io::Result<Times> {
    let path = folder.join("synced");
    let mut file = fs::File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        file.write_all(&[b'a'; 200])?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    fs::remove_file(&path)?;
    Ok(Times::of(times))
}

/// Somebody who has a postmortem open.
struct Desk {
    socket: WebSocket<TcpStream>,
    doc: Doc,
    text: TextRef,
    /// Updates that were sent already.
    sent: u64,
}

impl Desk {
    /// With the text that the server has, and what the checker says of it.
    fn open(address: SocketAddr, key: &str, client: u64) -> Result<Self, String> {
        let mut desk = Self::connected(address, key, client)?;
        let state = desk.doc.transact().state_vector();
        desk.send(&Message::Sync(SyncMessage::SyncStep1(state)))?;
        let mut is_advised = false;
        while !is_advised || desk.string().is_empty() {
            match desk.socket.read().map_err(|error| error.to_string())? {
                Frame::Binary(bytes) if !bytes.is_empty() => match Message::decode_v1(&bytes) {
                    Ok(Message::Sync(SyncMessage::SyncStep1(state))) => {
                        let update = desk.doc.transact().encode_state_as_update_v1(&state);
                        desk.sent += 1;
                        desk.send(&Message::Sync(SyncMessage::SyncStep2(update)))?;
                    }
                    Ok(Message::Sync(SyncMessage::SyncStep2(update) | SyncMessage::Update(update))) => {
                        desk.apply(&update)?;
                    }
                    _ => {}
                },
                Frame::Text(told) => is_advised |= is_of_kind(&told, "advice"),
                _ => {}
            }
        }
        Ok(desk)
    }

    /// At the relay, with a text that it has from elsewhere.
    fn beside(address: SocketAddr, client: u64, whole: &[u8]) -> Result<Self, String> {
        let desk = Self::connected(address, "any", client)?;
        desk.apply(whole)?;
        Ok(desk)
    }

    fn connected(address: SocketAddr, key: &str, client: u64) -> Result<Self, String> {
        let doc = Doc::with_options(DocOptions {
            client_id: ClientID::new(client),
            offset_kind: OffsetKind::Utf16,
            ..DocOptions::default()
        });
        let text = doc.get_or_insert_text("text");
        let failed = |error: &dyn std::fmt::Display| format!("`{address}`: {error}");
        let url = format!("ws://{address}/live/{key}?client={client}&epoch=&build=");
        let mut request = url.into_client_request().map_err(|error| failed(&error))?;
        let protocol = "recount.1".parse().map_err(|_| "the protocol has no name".to_owned())?;
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let stream = TcpStream::connect(address).map_err(|error| failed(&error))?;
        stream.set_nodelay(true).map_err(|error| failed(&error))?;
        stream.set_read_timeout(Some(LONG)).map_err(|error| failed(&error))?;
        let (socket, _) = tungstenite::client(request, stream).map_err(|error| failed(&error))?;
        Ok(Self { socket, doc, text, sent: 0 })
    }

    fn apply(&self, update: &[u8]) -> Outcome {
        let update = Update::decode_v1(update).map_err(|error| error.to_string())?;
        self.doc.transact_mut().apply_update(update).map_err(|error| error.to_string())
    }

    fn send(&mut self, message: &Message) -> Outcome {
        self.socket.send(Frame::Binary(message.encode_v1().into())).map_err(|error| error.to_string())
    }

    fn string(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }

    fn whole(&self) -> Vec<u8> {
        self.doc.transact().encode_state_as_update_v1(&StateVector::default())
    }

    /// The frame of a keystroke.
    fn typed(&self, at: u32, letter: &str) -> Vec<u8> {
        let mut transaction = self.doc.transact_mut();
        self.text.insert(&mut transaction, at, letter);
        Message::Sync(SyncMessage::Update(transaction.encode_update_v1())).encode_v1()
    }
}

fn is_of_kind(told: &str, kind: &str) -> bool {
    told.get(..60.min(told.len())).is_some_and(|head| head.contains(&format!("\"type\":\"{kind}\"")))
}

/// What many who write at the same time waited for.
struct Together {
    /// From one to one other.
    each: Times,
    /// From one to the last of the others.
    all: Times,
    /// From a keystroke to the word that it is on disk.
    saved: Times,
}

/// When each keystroke was sent, in nanoseconds since the beginning; 0 where it is not.
type Clock = Vec<AtomicU64>;

/// What came in through one socket, and when.
#[derive(Default)]
struct Heard {
    letters: Vec<(usize, u64)>,
    /// So many updates of this socket were on disk.
    saved: Vec<(u64, u64)>,
}

fn together(open: impl Fn(u64) -> Result<Desk, String>) -> Result<Together, String> {
    let count = WRITERS * usize::try_from(TURN.as_millis() / PACE.as_millis()).unwrap_or(0);
    let sent: Clock = (0..count).map(|_| AtomicU64::new(0)).collect();
    // Small numbers: their bytes cannot be taken for a letter.
    let mut desks = (0..WRITERS).map(|nth| open(1_000_000 + nth as u64)).collect::<Result<Vec<_>, _>>()?;
    let before: Vec<u64> = desks.iter().map(|desk| desk.sent).collect();
    let (began, next, is_over) = (Instant::now(), AtomicUsize::new(0), AtomicBool::new(false));
    let parts: Result<Vec<(Vec<usize>, Heard)>, String> = thread::scope(|scope| {
        let (sent, next, is_over) = (&sent, &next, &is_over);
        let mut all = Vec::new();
        for (nth, desk) in desks.iter_mut().enumerate() {
            // A socket is read while it is written to, as in a browser.
            let stream = desk.socket.get_ref().try_clone().map_err(|error| error.to_string())?;
            let reading = WebSocket::from_raw_socket(stream, Role::Client, None);
            all.push((
                scope.spawn(move || write(desk, nth, sent, next, began)),
                scope.spawn(move || hear(reading, sent, began, is_over)),
            ));
        }
        thread::sleep(TURN + Duration::from_secs(2));
        is_over.store(true, Ordering::Relaxed);
        let broke = || "a socket broke".to_owned();
        let ended = all.into_iter().map(|(writer, reader)| {
            Ok((writer.join().map_err(|_| broke())??, reader.join().map_err(|_| broke())??))
        });
        ended.collect()
    });
    let parts = parts?;

    let sent_at = |letter: usize| sent[letter].load(Ordering::Relaxed);
    let (mut each, mut saved) = (Vec::new(), Vec::new());
    let mut all = vec![(0_u64, 0_usize); count];
    for ((own, heard), before) in parts.iter().zip(before) {
        for &(letter, at) in &heard.letters {
            each.push(Duration::from_nanos(at - sent_at(letter)));
            all[letter] = (all[letter].0.max(at), all[letter].1 + 1);
        }
        let mut told = heard.saved.iter().peekable();
        for (nth, letter) in own.iter().enumerate() {
            while told.next_if(|(updates, _)| *updates <= before + nth as u64).is_some() {}
            saved.extend(told.peek().map(|(_, at)| Duration::from_nanos(at - sent_at(*letter))));
        }
    }
    let typed: usize = parts.iter().map(|(own, _)| own.len()).sum();
    let lost = (0..typed).filter(|letter| all[*letter].1 != WRITERS - 1).count();
    if lost > 0 {
        return Err(format!("{lost} of {typed} keystrokes did not come to everybody in time"));
    }
    let all = (0..typed).map(|letter| Duration::from_nanos(all[letter].0 - sent_at(letter))).collect();
    Ok(Together { each: Times::of(each), all: Times::of(all), saved: Times::of(saved) })
}

/// Types, each in a line of their own; gives back which keystrokes those were.
fn write(
    desk: &mut Desk,
    nth: usize,
    sent: &Clock,
    next: &AtomicUsize,
    began: Instant,
) -> Result<Vec<usize>, String> {
    let place = place(&desk.string(), nth);
    let mut random = Random::new(nth as u64 + 1);
    thread::sleep(PACE.mul_f64(f64::from(u32::try_from(random.below(1000)).unwrap_or(0)) / 1000.0));
    let mut own = Vec::new();
    let mut due = Instant::now();
    while began.elapsed() < TURN {
        let letter = next.fetch_add(1, Ordering::Relaxed);
        let Some(clock) = sent.get(letter) else { break };
        let Some(sign) = u32::try_from(letter).ok().and_then(|nth| char::from_u32(FIRST + nth)) else {
            break;
        };
        let at = place + u32::try_from(own.len()).unwrap_or(0);
        let frame = desk.typed(at, &sign.to_string());
        clock.store(nanos(began), Ordering::Relaxed);
        desk.socket.send(Frame::Binary(frame.into())).map_err(|error| error.to_string())?;
        own.push(letter);
        due += PACE;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(own)
}

/// The end of a line of prose or of a list, another one for each, in units of UTF-16.
fn place(text: &str, nth: usize) -> u32 {
    let (mut at, mut ends) = (0, Vec::new());
    for line in text.split_inclusive('\n') {
        let length = line.trim_end_matches('\n').encode_utf16().count();
        if length > 20 && !line.starts_with(['|', '#']) {
            ends.push(at + length);
        }
        at += line.encode_utf16().count();
    }
    let end = if ends.is_empty() { 0 } else { ends[nth % ends.len()] };
    u32::try_from(end).unwrap_or(0)
}

fn nanos(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Notes when what others typed comes, and when what was typed here is on disk.
fn hear(
    mut socket: WebSocket<TcpStream>,
    sent: &Clock,
    began: Instant,
    is_over: &AtomicBool,
) -> Result<Heard, String> {
    let patience = Some(Duration::from_millis(300));
    socket.get_ref().set_read_timeout(patience).map_err(|error| error.to_string())?;
    let mut heard = Heard::default();
    let mut is_known = vec![false; sent.len()];
    loop {
        match socket.read() {
            Ok(Frame::Binary(bytes)) if bytes.starts_with(&[0, 2]) => {
                let now = nanos(began);
                for letter in letters(&bytes) {
                    let is_sent = sent.get(letter).is_some_and(|clock| clock.load(Ordering::Relaxed) > 0);
                    if is_sent && !std::mem::replace(&mut is_known[letter], true) {
                        heard.letters.push((letter, now));
                    }
                }
            }
            Ok(Frame::Text(told)) if is_of_kind(&told, "saved") => {
                let told: serde_json::Value =
                    serde_json::from_str(&told).map_err(|error| error.to_string())?;
                heard.saved.push((told["updates"].as_u64().unwrap_or(0), nanos(began)));
            }
            Ok(Frame::Close(why)) => return Err(format!("somebody was let go: {why:?}")),
            Ok(_) => {}
            Err(tungstenite::Error::Io(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
            {
                if is_over.load(Ordering::Relaxed) {
                    return Ok(heard);
                }
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// The letters that stand for keystrokes in a frame.
fn letters(bytes: &[u8]) -> impl Iterator<Item = usize> {
    bytes.windows(3).filter_map(|window| {
        let sign = std::str::from_utf8(window).ok()?.chars().next()?;
        let at = u32::from(sign).checked_sub(FIRST)?;
        (sign.len_utf8() == 3).then_some(at as usize)
    })
}

/// A relay that passes on every frame to everybody else, and does nothing besides.
fn relay() -> Result<SocketAddr, String> {
    let (told, address) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().enable_all().build() else { return };
        runtime.block_on(async move {
            let Ok(listener) = tokio::net::TcpListener::bind("127.0.0.1:0").await else { return };
            let Ok(address) = listener.local_addr() else { return };
            let _ = told.send(address);
            let (passing, _) = broadcast::channel::<(usize, Passed)>(8192);
            let router = Router::new().route("/live/{key}", get(passed)).with_state(passing);
            let listener = listener.tap_io(|stream| {
                let _ = stream.set_nodelay(true);
            });
            let _ = axum::serve(listener, router).await;
        });
    });
    address.recv_timeout(LONG).map_err(|_| "the relay did not start".to_owned())
}

async fn passed(
    State(passing): State<broadcast::Sender<(usize, Passed)>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let own = NEXT.fetch_add(1, Ordering::Relaxed);
    let upgrade = upgrade.protocols(["recount.1"]).write_buffer_size(0);
    upgrade.on_upgrade(async move |mut socket: Upgraded| {
        let mut others = passing.subscribe();
        loop {
            tokio::select! {
                came = socket.recv() => match came {
                    Some(Ok(frame @ Passed::Binary(_))) => drop(passing.send((own, frame))),
                    Some(Ok(_)) => {}
                    _ => return,
                },
                frame = others.recv() => match frame {
                    Ok((from, frame)) if from != own => {
                        if socket.send(frame).await.is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => return,
                },
            }
        }
    })
}

/// How long it takes to check a document in this process, and until somebody who types in it knows what was found.
fn answers(server: SocketAddr, file: &Path, key: &str) -> Result<(Times, Times), String> {
    let text = fs::read(file).map_err(|error| format!("`{}`: {error}", file.display()))?;
    let (config, mut checked) = (Config::default(), Vec::new());
    let levels = LevelTable::new(&config);
    let options = Options { due: true, fixes: true, ..Options::default() };
    for _ in 0..ANSWERS {
        let began = Instant::now();
        let document = Document::parse(&text);
        let context = Context::new(&document, &config, &levels, &NoLibrary, date(2026, 11, 24));
        std::hint::black_box(check(&context, options));
        checked.push(began.elapsed());
    }

    let mut desk = Desk::open(server, key, 1_000)?;
    let (line, text) = ("**Severity**: Sev2", desk.string());
    let at = text.find(line).ok_or("the postmortem has no severity")? + line.len();
    let at = u32::try_from(text[..at].encode_utf16().count()).unwrap_or(0);
    let mut answered = Vec::new();
    for nth in 0..ANSWERS {
        // A second keystroke while the first one is answered would wait for that.
        thread::sleep(Duration::from_millis(250));
        let message = if nth % 2 == 0 {
            desk.typed(at, "x")
        } else {
            let mut transaction = desk.doc.transact_mut();
            desk.text.remove_range(&mut transaction, at, 1);
            Message::Sync(SyncMessage::Update(transaction.encode_update_v1())).encode_v1()
        };
        let began = Instant::now();
        desk.socket.send(Frame::Binary(message.into())).map_err(|error| error.to_string())?;
        loop {
            let told = desk.socket.read().map_err(|error| format!("no findings came: {error}"))?;
            if let Frame::Text(told) = told
                && is_of_kind(&told, "advice")
                && told.contains("\"findings\":")
            {
                answered.push(began.elapsed());
                break;
            }
        }
    }
    Ok((Times::of(checked), Times::of(answered)))
}

/// The bytes that a browser loads before somebody can write.
#[derive(Default)]
struct Loaded {
    /// The editor's own script and style, as they are sent.
    editor: usize,
    /// The style, script and icon of every page.
    others: usize,
    page: usize,
}

fn first_load(server: SocketAddr, key: &str) -> Result<Loaded, String> {
    let mut connection = Connected::to(server)?;
    let page = String::from_utf8_lossy(connection.get(&format!("/p/{key}/write"))?).into_owned();
    let mut loaded = Loaded { page: page.len(), ..Loaded::default() };
    let mut assets: Vec<&str> = page.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assets.sort_unstable();
    assets.dedup();
    for asset in assets {
        let bytes = connection.get_with(asset, "Accept-Encoding: gzip\r\n")?.len();
        let sum = if asset.contains("/editor-") { &mut loaded.editor } else { &mut loaded.others };
        *sum += bytes;
    }
    if loaded.editor == 0 {
        return Err("the binary was built without the editor: it needs Node".to_owned());
    }
    Ok(loaded)
}
