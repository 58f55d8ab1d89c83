//! Live sources against the servers themselves, where they are installed: alerts that are made to fire and to
//! resolve, read from Prometheus and from what its Alertmanager sends and lists.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use crate::harness::Folder;

/// Nothing here waits longer.
const PATIENCE: Duration = Duration::from_secs(75);

/// A server that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first of these commands that is installed.
fn installed(names: &[&str]) -> Option<String> {
    let is_there = |name: &str| {
        Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    let found = names.iter().find(|name| is_there(name));
    if found.is_none() {
        eprintln!("skipped: `{}` is not installed", names[0]);
    }
    found.map(|name| (*name).to_owned())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

fn start(command: &str, args: &[String], log: &Path) -> Server {
    let log = fs::File::create(log).expect("the log can be written");
    let child =
        Command::new(command).args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
    Server(child.expect("it is installed"))
}

/// Keeps the bodies of what is posted to it.
fn receiver() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let received = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&received);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            if let Some(body) = posted(&stream) {
                kept.lock().expect("nobody panics while holding it").push(body);
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    (port, received)
}

fn posted(stream: &TcpStream) -> Option<String> {
    let mut input = BufReader::new(stream.try_clone().ok()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).ok()? <= 2 {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

/// What a server answers to a plain GET; nothing where it does not, or not yet.
fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.contains(" 200 ").then(|| body.to_owned())
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "no {what} within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(100));
    }
}

/// The events of the frozen evidence by what is in their names and their kinds.
fn frozen(folder: &Folder, source: &str) -> BTreeSet<(String, String)> {
    let files = folder.files("postmortems");
    let files = files.iter().filter(|file| file.contains(&format!("-{source}-")));
    let texts: Vec<String> = files.map(|file| folder.read(file)).collect();
    let events = texts.iter().flat_map(|text| text.lines().skip(1));
    events
        .map(|line| {
            let event: Value = serde_json::from_str(line).expect("our own form");
            let text = |key: &str| event[key].as_str().expect("it is there").to_owned();
            (text("id"), text("action"))
        })
        .collect()
}

#[test]
fn alerts_that_fire_and_resolve_are_the_same_from_prometheus_and_from_alertmanager() {
    let (Some(prometheus), Some(alertmanager)) =
        (installed(&["prometheus"]), installed(&["prometheus-alertmanager", "alertmanager"]))
    else {
        return;
    };
    let folder = Folder::library();
    let (hook, received) = receiver();
    let (prometheus_port, alertmanager_port) = (free_port(), free_port());
    folder.write(
        "servers/alertmanager.yml",
        format!(
            "route: {{ receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s }}\n\
             receivers: [{{ name: hook, webhook_configs: [{{ url: 'http://127.0.0.1:{hook}/' }}] }}]\n"
        ),
    );
    folder.write(
        "servers/prometheus.yml",
        format!(
            "global: {{ evaluation_interval: 2s }}\n\
             rule_files: [rules.yml]\n\
             alerting: {{ alertmanagers: [{{ static_configs: [{{ targets: ['127.0.0.1:{alertmanager_port}'] }}] }}] }}\n"
        ),
    );
    let now = Timestamp::now().as_second();
    // Prometheus takes five seconds to find its Alertmanager, and forgets what fired before.
    let (begins, ends) = (now + 8, now + 15);
    folder.write(
        "servers/rules.yml",
        format!(
            "groups:\n- name: shop\n  rules:\n\
             \x20 - {{ alert: CheckoutErrors, expr: 'vector(time()) > {begins} < {ends}', for: 2s, \
                labels: {{ service: checkout, severity: critical }}, annotations: {{ summary: 'Checkouts fail' }} }}\n\
             \x20 - {{ alert: CartSlow, expr: 'vector(time()) > {begins}', labels: {{ service: cart, severity: warning }} }}\n\
             \x20 - {{ alert: Watchdog, expr: 'vector(1)', labels: {{ severity: none }} }}\n"
        ),
    );
    let at = |name: &str| folder.path("servers").join(name);
    let path = |name: &str| at(name).display().to_string();
    let _alertmanager = start(
        &alertmanager,
        &[
            format!("--config.file={}", path("alertmanager.yml")),
            format!("--storage.path={}", path("alertmanager")),
            format!("--web.listen-address=127.0.0.1:{alertmanager_port}"),
            "--cluster.listen-address=".to_owned(),
        ],
        &at("alertmanager.log"),
    );
    let _prometheus = start(
        &prometheus,
        &[
            format!("--config.file={}", path("prometheus.yml")),
            format!("--storage.tsdb.path={}", path("prometheus")),
            format!("--web.listen-address=127.0.0.1:{prometheus_port}"),
            "--rules.alert.resend-delay=2s".to_owned(),
        ],
        &at("prometheus.log"),
    );

    wait_for("webhook that resolves", || {
        let received = received.lock().expect("nobody panics while holding it");
        let is_all = |text: &str| received.iter().any(|body| body.contains(text));
        (is_all("\"status\":\"resolved\"") && is_all("CartSlow")).then_some(())
    });
    // What is ten seconds old is settled.
    thread::sleep(Duration::from_secs(12));
    let listed = wait_for("list of alerts", || get(alertmanager_port, "/api/v2/alerts"));
    let bodies = received.lock().expect("nobody panics while holding it").join("\n");
    folder.write("webhooks.jsonl", bodies);
    folder.write("listed.json", listed);
    folder.write(
        "recount.toml",
        format!(
            "{}\n[evidence.prometheus]\nurl = \"http://127.0.0.1:{prometheus_port}/\"\n",
            folder.read("recount.toml")
        ),
    );

    let from = Timestamp::from_second(now - 600).expect("a time").to_string();
    let to = Timestamp::from_second(now + 600).expect("a time").to_string();
    let window = ["--from", from.as_str(), "--to", to.as_str()];
    let draft = |input: &str| {
        let run = folder.recount(&[&["draft", "Checkout fails", input][..], &window[..]].concat());
        assert_eq!(run.code, 0, "{run:?}");
        run
    };
    let live = draft("prometheus:");
    assert!(
        live.err.contains("still firing when what was asked for ends: CartSlow for cart"),
        "{}",
        live.err
    );
    assert!(live.err.contains("1 × alert that always fires"), "{}", live.err);
    let from_prometheus = frozen(&folder, "prometheus");
    let words: BTreeSet<&str> = from_prometheus.iter().map(|(_, action)| action.as_str()).collect();
    assert_eq!(
        words,
        BTreeSet::from([
            "CartSlow fired for cart (warning)",
            "CheckoutErrors fired for checkout (critical)",
            "CheckoutErrors resolved for checkout",
        ])
    );
    draft("webhooks.jsonl");
    draft("listed.json");
    let names = |events: &BTreeSet<(String, String)>| -> BTreeSet<String> {
        events.iter().map(|(id, _)| id.clone()).collect()
    };
    assert_eq!(names(&frozen(&folder, "alertmanager")), names(&from_prometheus));

    // One postmortem, both sources: the second adds nothing.
    let again =
        folder.recount(&[&["import", "1", "webhooks.jsonl", "listed.json"][..], &window[..]].concat()).is(0);
    assert!(again.out.starts_with("0 rows added"), "{}", again.out);

    // A question that the server refuses is an error with its words, and changes nothing.
    let refused =
        folder.recount(&[&["import", "1", "prometheus:{service=~\"(\"}"][..], &window[..]].concat()).is(2);
    assert!(refused.err.contains("error: `127.0.0.1"), "{}", refused.err);
    assert!(refused.err.contains("(400): ") && refused.err.contains("hint: "), "{}", refused.err);
}

#[test]
fn what_alertmanager_sends_becomes_a_draft_which_others_are_told_of() {
    let Some(alertmanager) = installed(&["prometheus-alertmanager", "alertmanager"]) else { return };
    let folder = Folder::library();
    let (hook, received) = receiver();
    folder.write(
        "recount.toml",
        format!(
            "{}\n[hooks.alertmanager]\ntoken-env = \"RECOUNT_TEST_TOKEN\"\n\n[[webhooks]]\n\
             url = \"http://127.0.0.1:{hook}/hook\"\nsecret-env = \"RECOUNT_TEST_HOOK\"\ninternal = true\n",
            folder.read("recount.toml")
        ),
    );
    let (port, alertmanager_port) = (free_port(), free_port());
    let secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
    let command = |args: &[&str]| {
        let mut command = folder.command(args);
        command.env("RECOUNT_TEST_TOKEN", "s3cr3t-token").env("RECOUNT_TEST_HOOK", secret);
        command.env_remove("RECOUNT_NOW");
        command
    };
    let tried = command(&["serve", "--test-webhooks"]).output().expect("it was built");
    assert!(tried.status.success(), "{tried:?}");
    assert!(String::from_utf8_lossy(&tried.stdout).contains(": took it (200)"), "{tried:?}");
    let log = folder.path("serve.log");
    let address = format!("127.0.0.1:{port}");
    let mut serve = command(&["serve", "--address", &address]);
    let log_file = fs::File::create(&log).expect("the log can be written");
    let _serve = Server(serve.stdout(Stdio::null()).stderr(log_file).spawn().expect("it was built"));
    wait_for("server", || get(port, "/health"));
    folder.write(
        "servers/alertmanager.yml",
        format!(
            "route: {{ receiver: recount, group_by: [alertname], group_wait: 0s, group_interval: 1s }}\n\
             receivers:\n- name: recount\n  webhook_configs:\n  - url: 'http://127.0.0.1:{port}/hooks/alertmanager'\n\
             \x20   http_config: {{ authorization: {{ credentials: s3cr3t-token }} }}\n"
        ),
    );
    let at = |name: &str| folder.path("servers").join(name);
    let _alertmanager = start(
        &alertmanager,
        &[
            format!("--config.file={}", at("alertmanager.yml").display()),
            format!("--storage.path={}", at("alertmanager").display()),
            format!("--web.listen-address=127.0.0.1:{alertmanager_port}"),
            "--cluster.listen-address=".to_owned(),
        ],
        &at("alertmanager.log"),
    );
    wait_for("Alertmanager", || get(alertmanager_port, "/-/ready"));
    let alert = |from: i64, to: i64| {
        let at = |second: i64| Timestamp::from_second(second).expect("a time");
        format!(
            "[{{\"labels\":{{\"alertname\":\"CheckoutErrors\",\"severity\":\"critical\",\"service\":\"checkout\"}},\
             \"annotations\":{{\"summary\":\"Checkouts fail\"}},\"startsAt\":\"{}\",\"endsAt\":\"{}\"}}]",
            at(from),
            at(to)
        )
    };
    let tell = |body: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", alertmanager_port)).expect("it listens");
        let length = body.len();
        let head = "POST /api/v2/alerts HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json";
        write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(answer.contains(" 200 "), "{answer}");
    };
    let now = Timestamp::now().as_second();
    tell(&alert(now - 600, now + 600));
    let said = |text: &str| fs::read_to_string(&log).unwrap_or_default().contains(text).then_some(());
    wait_for("webhook that fires", || {
        get(port, "/metrics")?.contains("source=\"alertmanager\",outcome=\"accepted\"} 1").then_some(())
    });
    tell(&alert(now - 600, now - 60));
    wait_for("draft", || said("draft `"));
    let drafts: Vec<String> =
        folder.files("postmortems").into_iter().filter(|file| !file.contains(".evidence/")).collect();
    assert_eq!(drafts.len(), 1, "{drafts:?}");
    let draft = folder.read(&drafts[0]);
    for expected in ["# Checkouts fail", "CheckoutErrors fired for checkout", "CheckoutErrors resolved"] {
        assert!(draft.contains(expected), "{expected}: {draft}");
    }
    wait_for("message of the new postmortem", || {
        let received = received.lock().expect("nobody panics while holding it");
        received
            .iter()
            .any(|body| body.contains("\"postmortem.created\"") && body.contains("Checkouts fail"))
            .then_some(())
    });
    assert!(said("s3cr3t").is_none());
}
