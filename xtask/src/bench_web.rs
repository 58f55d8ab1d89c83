//! `bench-web`: how near the pages of the server are to what a bare handler of the same framework answers.
//!
//! The floor is measured in the same run, over the same kind of connections: an accept loop like the server's, a handler
//! of the same framework that reads one indexed row from SQLite and writes fifty rows of a template. Addresses are drawn
//! at random; the first visit of each after the start of the server is told apart from later ones. What does not live
//! here: the library ([`crate::corpus`]), and the size of scripts.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use askama::Template;
use axum::Router;
use axum::extract::{Path as Address, State};
use axum::response::Html;
use axum::routing::get;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::civil::date;
use recount_engine::config::Config;
use recount_store::Library;
use recount_store::catalog::{Catalog, Opening, Query, Want};
use rusqlite::{Connection, OptionalExtension as _};
use tower::Service as _;

use crate::Outcome;
use crate::corpus::Random;
use crate::served::{Connected, Server, key, shown};

/// Connections that ask at the same time.
const CONNECTIONS: usize = 8;
/// How long each kind of page is asked for.
const TURN: Duration = Duration::from_secs(3);
/// Addresses of each kind, drawn at random.
const DRAWN: usize = 400;
/// Rows of the floor's page, and of the list's.
const ROWS: usize = 50;

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let [folder, binary] = arguments else {
        return Err("give the library's folder and the binary".to_owned());
    };
    let folder = &std::path::absolute(folder).map_err(|error| format!("`{folder}`: {error}"))?;
    let binary = std::path::absolute(binary).map_err(|error| format!("`{binary}`: {error}"))?;
    let library = Library::open(folder).map_err(|error| error.to_string())?;
    let files: Vec<PathBuf> = library.list().into_iter().flatten().collect();
    println!("{} documents, {CONNECTIONS} connections that are kept open, {TURN:?} each", files.len());

    let scratch = std::env::temp_dir().join(format!("recount-bench-web-{}.db", std::process::id()));
    let floor = floor(&scratch, files.len());
    let _ = fs::remove_file(&scratch);
    let floor = floor?;
    println!("{:<28}{:>9.0}/s   p99 {}", "floor: row and template", floor.speed, shown(floor.p99));

    let mut random = Random::new(11);
    let mut kinds: Vec<(&str, Vec<String>)> = vec![
        ("list", drawn(DRAWN, || format!("/postmortems?page={}", 1 + random.below(files.len() / ROWS)))),
        ("postmortem", postmortems(&library, &files)),
    ];
    let queries = queries(&files);
    kinds.push(("search", queries.iter().map(|query| format!("/search?q={}", plus(query))).collect()));

    let started = Instant::now();
    let server = Server::start(&binary, folder)?;
    println!("{:<28}{:>11}   {} MiB", "start", shown(started.elapsed()), server.memory("VmRSS:"));
    kinds.push(("API list", pages_of_api(server.address)?));
    drop(server);
    // The addresses of the API's pages were found by visiting them: the first visits are those of another server.
    let server = Server::start(&binary, folder)?;
    for (name, addresses) in &kinds {
        let cold = each_once(server.address, addresses)?;
        tell(&format!("{name}, first visit"), &cold, &floor);
        let warm = load(server.address, addresses, TURN)?;
        tell(&format!("{name}, again"), &warm, &floor);
        if *name == "search" {
            let index = index_alone(&library, &queries);
            println!("{:<28}{:>9.0}/s   {:.2} of it", "floor: index alone", index, warm.speed / index);
        }
    }
    for (name, address) in [("insights", "/insights"), ("metrics", "/metrics"), ("home", "/")] {
        let addresses = [address.to_owned()];
        let cold = each_once(server.address, &addresses)?;
        let warm = load(server.address, &addresses, TURN)?;
        tell(name, &warm, &floor);
        println!("{:<28}{:>11}", format!("{name}, first visit"), shown(cold.p99));
    }
    let (now, peak) = (server.memory("VmRSS:"), server.memory("VmHWM:"));
    println!("{:<28}{:>9} MiB   peak {peak} MiB", "memory of the server", now);
    Ok(())
}

fn tell(name: &str, measured: &Measured, floor: &Measured) {
    let share = measured.speed / floor.speed;
    let kib = measured.bytes / measured.count.max(1) / 1024;
    println!(
        "{name:<28}{:>9.0}/s   p99 {}, {share:.2} of the floor, {kib} KiB each",
        measured.speed,
        shown(measured.p99)
    );
}

fn drawn(count: usize, draw: impl FnMut() -> String) -> Vec<String> {
    let mut all: Vec<String> = std::iter::repeat_with(draw).take(count).collect();
    all.sort();
    all.dedup();
    all
}

/// Addresses of postmortems, by the IDs that stand in the names of their files.
fn postmortems(library: &Library, files: &[PathBuf]) -> Vec<String> {
    let mut random = Random::new(12);
    drawn(DRAWN, || format!("/p/{}", key(library.relative(&files[random.below(files.len())]))))
}

/// Two words of a line of a document, as people look for something that they remember.
fn queries(files: &[PathBuf]) -> Vec<String> {
    let mut random = Random::new(13);
    let mut queries = Vec::new();
    for _ in 0..DRAWN * 20 {
        let text = fs::read_to_string(&files[random.below(files.len())]).unwrap_or_default();
        let lines: Vec<&str> = text.lines().filter(|line| line.len() > 60).collect();
        if lines.is_empty() {
            continue;
        }
        let line = lines[random.below(lines.len())];
        let words: Vec<&str> =
            line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 3).collect();
        if words.len() > 3 {
            let at = random.below(words.len() - 2);
            queries.push(format!("{} {}", words[at], words[at + 2]));
        }
        if queries.len() == DRAWN {
            break;
        }
    }
    queries.sort();
    queries.dedup();
    queries
}

fn plus(query: &str) -> String {
    query.replace(' ', "+")
}

/// The addresses of the pages of the API's list: each tells the next one.
fn pages_of_api(server: SocketAddr) -> Result<Vec<String>, String> {
    let mut connection = Connected::to(server)?;
    let mut pages = vec!["/api/v1/postmortems".to_owned()];
    while pages.len() < DRAWN {
        let body = connection.get(pages.last().map_or("", String::as_str))?.to_vec();
        let page: serde_json::Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        match page["next"].as_str() {
            Some(next) => pages.push(next.to_owned()),
            None => break,
        }
    }
    Ok(pages)
}

/// Questions in a second that one thread asks the index, without a page.
fn index_alone(library: &Library, queries: &[String]) -> f64 {
    let opening = Opening {
        program: "bench",
        want: Want::Text,
        keep: false,
        always: false,
        at_most: usize::MAX,
        progress: &|_, _| {},
    };
    let catalog = Catalog::open(library, &opening);
    let config = Config::default();
    let started = Instant::now();
    let mut count = 0;
    while started.elapsed() < TURN {
        let query = &queries[count % queries.len()];
        let _ = catalog.search(&Query::read(query, &config, date(2026, 11, 23)), 20);
        count += 1;
    }
    per_second(count, started.elapsed())
}

#[expect(clippy::cast_precision_loss, reason = "counts of some seconds")]
fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// What many requests came to.
struct Measured {
    /// Answers in a second.
    speed: f64,
    p99: Duration,
    count: usize,
    bytes: usize,
}

impl Measured {
    fn of(parts: Vec<(Vec<Duration>, usize)>, took: Duration) -> Self {
        let bytes = parts.iter().map(|(_, bytes)| bytes).sum();
        let mut all: Vec<Duration> = parts.into_iter().flat_map(|(took, _)| took).collect();
        all.sort_unstable();
        let p99 = all.get((all.len() * 99 / 100).min(all.len().saturating_sub(1))).copied();
        let speed = per_second(all.len(), took);
        Self { speed, p99: p99.unwrap_or_default(), count: all.len(), bytes }
    }
}

/// Asks for each address once.
fn each_once(server: SocketAddr, addresses: &[String]) -> Result<Measured, String> {
    let next = AtomicUsize::new(0);
    by_all(server, |connection| {
        let mut took = (Vec::new(), 0);
        while let Some(address) = addresses.get(next.fetch_add(1, Ordering::Relaxed)) {
            ask(connection, address, &mut took)?;
        }
        Ok(took)
    })
}

/// Asks for these addresses in an order drawn at random, as long as it takes.
fn load(server: SocketAddr, addresses: &[String], time: Duration) -> Result<Measured, String> {
    let seed = AtomicUsize::new(1);
    let end = Instant::now() + time;
    by_all(server, |connection| {
        let mut random = Random::new(seed.fetch_add(1, Ordering::Relaxed) as u64);
        let mut took = (Vec::new(), 0);
        while Instant::now() < end {
            ask(connection, &addresses[random.below(addresses.len())], &mut took)?;
        }
        Ok(took)
    })
}

fn ask(connection: &mut Connected, address: &str, took: &mut (Vec<Duration>, usize)) -> Outcome {
    let started = Instant::now();
    took.1 += connection.get(address)?.len();
    took.0.push(started.elapsed());
    Ok(())
}

type Took = (Vec<Duration>, usize);

fn by_all(
    server: SocketAddr,
    work: impl Fn(&mut Connected) -> Result<Took, String> + Sync,
) -> Result<Measured, String> {
    let started = Instant::now();
    let parts: Result<Vec<Took>, String> = thread::scope(|scope| {
        let all: Vec<_> =
            (0..CONNECTIONS).map(|_| scope.spawn(|| work(&mut Connected::to(server)?))).collect();
        let ended =
            |one: thread::ScopedJoinHandle<'_, _>| one.join().unwrap_or(Err("a connection broke".into()));
        all.into_iter().map(ended).collect()
    });
    Ok(Measured::of(parts?, started.elapsed()))
}

/// What a page takes that does next to nothing.
fn floor(database: &Path, count: usize) -> Result<Measured, String> {
    filled(database, count).map_err(|error| format!("the floor's database: {error}"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
    let listener = listener.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let router: Router =
        Router::new().route("/row/{key}", get(bare)).with_state(Arc::new(database.to_owned()));
    runtime.spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            let router = router.clone();
            let service = hyper::service::service_fn(move |request: hyper::Request<_>| {
                router.clone().call(request.map(axum::body::Body::new))
            });
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new());
            tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
        }
    });
    let mut random = Random::new(10);
    let addresses = drawn(DRAWN, || format!("/row/INC-{:05}", random.below(count)));
    load(address, &addresses, Duration::from_millis(500))?;
    let measured = load(address, &addresses, TURN)?;
    runtime.shutdown_background();
    Ok(measured)
}

fn filled(database: &Path, count: usize) -> rusqlite::Result<()> {
    let mut connection = Connection::open(database)?;
    connection.execute_batch("CREATE TABLE postmortem (id TEXT PRIMARY KEY, title TEXT)")?;
    let transaction = connection.transaction()?;
    for nth in 0..count {
        let title = format!("Number {nth} of those that nobody wrote");
        transaction.execute("INSERT INTO postmortem VALUES (?1, ?2)", (format!("INC-{nth:05}"), title))?;
    }
    transaction.commit()
}

/// A page of fifty rows.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title></head><body>
<table><thead><tr><th>ID</th><th>Severity</th><th>Began</th><th>Title</th><th>Services</th><th>Open</th></tr></thead><tbody>
{% for row in rows %}<tr><td>{{ row.0 }}</td><td><span class="chip">{{ row.1 }}</span></td><td>{{ row.2 }}</td><td><a href="/row/{{ row.0 }}">{{ title }}</a></td><td>{{ row.3 }}</td><td>{{ loop.index }}</td></tr>
{% endfor %}</tbody></table></body></html>"#
)]
struct Bare<'r> {
    title: &'r str,
    rows: &'r [(String, &'static str, &'static str, &'static str)],
}

thread_local! {
    static OPEN: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

async fn bare(State(database): State<Arc<PathBuf>>, Address(key): Address<String>) -> Html<String> {
    let title = OPEN.with_borrow_mut(|open| {
        if open.is_none() {
            *open = Connection::open(database.as_path()).ok();
        }
        let mut asked = open.as_ref()?.prepare_cached("SELECT title FROM postmortem WHERE id = ?1").ok()?;
        asked.query_row([&key], |row| row.get::<_, String>(0)).optional().ok()?
    });
    let mut name = String::new();
    let rows: Vec<_> = (0..ROWS)
        .map(|nth| {
            name.clear();
            let _ = write!(name, "{key}-{nth}");
            (name.clone(), "Sev2", "2026-11-23 10:00", "checkout, payments")
        })
        .collect();
    let page = Bare { title: title.as_deref().unwrap_or_default(), rows: &rows };
    Html(page.render().unwrap_or_default())
}
