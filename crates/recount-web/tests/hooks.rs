//! Webhooks: what comes in becomes drafts, once however often it comes, and what happens to postmortems goes out.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use recount_store::{Author, Library};
use recount_web::{Post, Posted, Settings, Site, Surroundings, router};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

const CONFIG: &str = "[library]\nid = \"INC-{seq:04}\"\nlayout = \"\"\n\n[hooks.pagerduty]\nsecret-env = [\"PD_OLD\", \"PD_NEW\"]\n\n\
    [hooks.alertmanager]\ntoken-env = \"AM_TOKEN\"\nusername = \"am\"\npassword-env = \"AM_PASSWORD\"\n";
const PATIENCE: Duration = Duration::from_secs(30);

struct Hooked {
    folder: tempfile::TempDir,
    site: Option<Arc<Site>>,
    runtime: tokio::runtime::Runtime,
    log: Arc<Mutex<Vec<String>>>,
    sent: Arc<Mutex<Vec<Post>>>,
}

impl Hooked {
    fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("recount.toml"), format!("{CONFIG}{more}")).unwrap();
        fs::create_dir_all(folder.path().join("postmortems")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut this = Self { folder, site: None, runtime, log: Arc::default(), sent: Arc::default() };
        this.start();
        this
    }

    /// Ends the server, and waits until its threads have ended what they were at.
    fn stop(&mut self) {
        let Some(site) = self.site.take() else { return };
        let weak = Arc::downgrade(&site);
        drop(site);
        wait_for("end", || (weak.strong_count() == 0).then_some(()));
    }

    /// Starts the server anew over the same library.
    fn start(&mut self) {
        self.stop();
        let settings = Settings {
            program: "test".to_owned(),
            keep: false,
            clock: Box::new(|| "2026-11-23T10:00:00Z".parse().unwrap()),
            commit: false,
            author: Author { name: "@ana".to_owned(), mail: String::new() },
            hosts: Vec::new(),
        };
        let site = Site::open(Library::open(self.folder.path()).unwrap(), settings).unwrap();
        let log = Arc::clone(&self.log);
        site.log_to(move |line| log.lock().unwrap().push(line.to_owned()));
        let sent = Arc::clone(&self.sent);
        site.connect(Surroundings {
            variable: Box::new(|name| {
                let value = match name {
                    "PD_OLD" => "s3cr3t-old",
                    "PD_NEW" => "s3cr3t-new",
                    "AM_TOKEN" => "s3cr3t-token",
                    "AM_PASSWORD" => "s3cr3t-word",
                    "HOOK" => "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
                    _ => return None,
                };
                Some(value.to_owned())
            }),
            post: Box::new(move |post| {
                sent.lock().unwrap().push(post.clone());
                posted(post)
            }),
            first_wait: Duration::ZERO,
        });
        self.site = Some(site);
    }

    fn send(&self, path: &str, headers: &[(&str, &str)], body: &str) -> (StatusCode, String) {
        let mut request = Request::post(path).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.runtime.block_on(async {
            let response = router(self.site.as_ref().unwrap()).oneshot(request).await.unwrap();
            let status = response.status();
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8(bytes.to_vec()).unwrap())
        })
    }

    fn ask(&self, request: Request<Body>) -> (axum::http::response::Parts, String) {
        self.runtime.block_on(async {
            let response = router(self.site.as_ref().unwrap()).oneshot(request).await.unwrap();
            let (head, body) = response.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            (head, String::from_utf8(bytes.to_vec()).unwrap())
        })
    }

    fn get(&self, path: &str) -> String {
        self.ask(Request::get(path).header("host", "localhost").body(Body::empty()).unwrap()).1
    }

    fn pagerduty(&self, body: &Value) -> (StatusCode, String) {
        let body = body.to_string();
        let signature = format!("v1=00,v1={}", signed("s3cr3t-new", &body));
        self.send("/hooks/pagerduty", &[("x-pagerduty-signature", &signature)], &body)
    }

    fn alertmanager(&self, body: &Value) -> (StatusCode, String) {
        let headers = [("authorization", "Bearer s3cr3t-token")];
        self.send("/hooks/alertmanager", &headers, &body.to_string())
    }

    fn drafts(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder.path().join("postmortems")).unwrap();
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "md"));
        files.sort();
        files
    }

    /// Waits for so many lines of the log that hold a text: what is made is told.
    fn told(&self, text: &str, times: usize) -> String {
        wait_for(text, || {
            let log = self.log.lock().unwrap();
            let lines: Vec<&String> = log.iter().filter(|line| line.contains(text)).collect();
            (lines.len() >= times).then(|| lines[times - 1].clone())
        })
    }

    fn metric(&self, line: &str) -> bool {
        let request = Request::get("/metrics").header("host", "localhost").body(Body::empty()).unwrap();
        let text = self.runtime.block_on(async {
            let response = router(self.site.as_ref().unwrap()).oneshot(request).await.unwrap();
            String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
        });
        text.lines().any(|own| own == line)
    }
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "no {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// HMAC-SHA256 written out, so that it is not our own that is held against itself.
fn signed(secret: &str, body: &str) -> String {
    let pad = |with: u8| -> Vec<u8> {
        let mut key = secret.as_bytes().to_vec();
        key.resize(64, 0);
        key.iter().map(|byte| byte ^ with).collect()
    };
    let inner = Sha256::digest([pad(0x36), body.as_bytes().to_vec()].concat());
    let outer = Sha256::digest([pad(0x5c), inner.to_vec()].concat());
    outer.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn pagerduty(id: &str, kind: &str, at: &str, incident: &str) -> Value {
    json!({"event": {"id": id, "event_type": format!("incident.{kind}"), "resource_type": "incident",
        "occurred_at": format!("2026-11-20T{at}Z"), "agent": {"id": "P1", "type": "user_reference", "summary": "Ana Li"},
        "client": null, "data": {"id": incident, "type": "incident", "number": 412,
            "html_url": format!("https://shop.pagerduty.com/incidents/{incident}"),
            "status": kind, "incident_key": "checkout-errors", "created_at": "2026-11-20T14:03:00Z",
            "title": "[FIRING:1] Checkout fails, mail eve@shop.example", "urgency": "high",
            "service": {"id": "S1", "type": "service_reference", "summary": "Checkout"},
            "priority": {"id": "PP", "summary": "P1"}, "assignees": [], "body": {"details": "xoxb-1234567890-abcdefghij"}}}})
}

fn group(status: &str, alerts: &[(&str, &str, &str, &str)]) -> Value {
    let alerts: Vec<Value> = alerts
        .iter()
        .map(|(name, severity, starts, ends)| {
            let (status, ends) = if ends.is_empty() {
                ("firing", "0001-01-01T00:00:00Z".to_owned())
            } else {
                ("resolved", format!("2026-11-20T{ends}Z"))
            };
            json!({"status": status, "labels": {"alertname": name, "severity": severity, "service": "checkout"},
                "annotations": {}, "startsAt": format!("2026-11-20T{starts}Z"), "endsAt": ends,
                "fingerprint": format!("{name}01"), "generatorURL": "http://prometheus:9090/graph"})
        })
        .collect();
    json!({"version": "4", "groupKey": "{}:{service=\"checkout\"}", "truncatedAlerts": 0, "status": status,
        "receiver": "recount", "groupLabels": {"service": "checkout"}, "commonLabels": {}, "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093", "alerts": alerts})
}

#[test]
fn an_incident_that_resolves_becomes_one_draft_however_often_it_is_told() {
    let hooked = Hooked::new("");
    for (body, status, told) in [
        (pagerduty("e1", "triggered", "14:03:00", "Q1"), StatusCode::ACCEPTED, "accepted"),
        (pagerduty("e1", "triggered", "14:03:00", "Q1"), StatusCode::OK, "duplicate"),
        (pagerduty("e2", "acknowledged", "14:05:00", "Q1"), StatusCode::ACCEPTED, "accepted"),
        (json!({"event": {"id": "p", "event_type": "pagey.ping", "data": {}}}), StatusCode::OK, "ignored"),
        (json!({"something": "else"}), StatusCode::OK, "ignored"),
    ] {
        let got = hooked.pagerduty(&body);
        assert_eq!((got.0, got.1.trim()), (status, told), "{body}");
    }
    assert!(hooked.drafts().is_empty());
    assert_eq!(hooked.pagerduty(&pagerduty("e3", "resolved", "14:42:00", "Q1")).0, StatusCode::ACCEPTED);
    hooked.told("draft `INC-0001`", 1);
    hooked.pagerduty(&pagerduty("e3", "resolved", "14:42:00", "Q1"));
    let drafts = hooked.drafts();
    assert_eq!(drafts.len(), 1);
    let text = fs::read_to_string(&drafts[0]).unwrap();
    for expected in ["stage: draft", "# Checkout fails, mail", "Acknowledged incident", "2026-11-20 14:42"] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    // What senders write is held to the rules of evidence, also where it is only kept.
    let kept = fs::read(hooked.folder.path().join(".recount/state/hooks.db")).unwrap();
    for secret in ["eve@shop.example", "xoxb-1234567890", "s3cr3t"] {
        assert!(!text.contains(secret), "{secret}");
        assert!(!kept.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
    hooked.told("pagey.ping", 1);
    assert!(hooked.metric("recount_hooks_received_total{source=\"pagerduty\",outcome=\"duplicate\"} 2"));
}

#[test]
fn a_wrong_signature_is_refused_and_nothing_of_it_is_kept() {
    let hooked = Hooked::new("");
    let body = pagerduty("e1", "resolved", "14:42:00", "Q1").to_string();
    let right = format!("v1={}", signed("s3cr3t-old", &body));
    for signature in
        ["", "v1=", "v1=00", "nonsense", &format!("v1={}", signed("other", &body)), &right.to_uppercase()]
    {
        let got = hooked.send("/hooks/pagerduty", &[("x-pagerduty-signature", signature)], &body);
        assert_eq!(got.0, StatusCode::UNAUTHORIZED, "{signature}");
        assert!(got.1.contains("\"title\""), "{}", got.1);
    }
    for authorization in ["Bearer wrong", "Bearer ", "Basic YW06d3Jvbmc=", "Basic !", "s3cr3t-token"] {
        let got = hooked.send("/hooks/alertmanager", &[("authorization", authorization)], "{}");
        assert_eq!(got.0, StatusCode::UNAUTHORIZED, "{authorization}");
    }
    // Another body under a signature that was right for the first.
    let other = pagerduty("e2", "resolved", "14:42:00", "Q2").to_string();
    assert_eq!(
        hooked.send("/hooks/pagerduty", &[("x-pagerduty-signature", &right)], &other).0,
        StatusCode::UNAUTHORIZED
    );
    assert!(!hooked.folder.path().join(".recount/state/hooks.db").exists());
    hooked.told("pagerduty webhook refused: wrong secret", 7);
    assert_eq!(
        hooked.send("/hooks/pagerduty", &[("x-pagerduty-signature", &right)], &body).0,
        StatusCode::ACCEPTED
    );
    // am:s3cr3t-word
    let basic = [("authorization", "Basic YW06czNjcjN0LXdvcmQ=")];
    let group = group("firing", &[("Slow", "critical", "14:00:00", "")]).to_string();
    assert_eq!(hooked.send("/hooks/alertmanager", &basic, &group).0, StatusCode::ACCEPTED);
}

#[test]
fn what_cannot_be_read_or_is_too_large_or_not_set_up_is_told_to_its_sender() {
    let hooked = Hooked::new("");
    let bearer = [("authorization", "Bearer s3cr3t-token")];
    assert_eq!(hooked.send("/hooks/alertmanager", &bearer, "{").0, StatusCode::BAD_REQUEST);
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(2 << 20));
    assert_eq!(hooked.send("/hooks/alertmanager", &bearer, &large).0, StatusCode::PAYLOAD_TOO_LARGE);
    let config = hooked.folder.path().join("recount.toml");
    fs::write(&config, "[hooks.pagerduty]\nsecret-env = [\"NOT_SET\"]\n").unwrap();
    wait_for("new configuration", || {
        (hooked.send("/hooks/alertmanager", &bearer, "{}").0 == StatusCode::NOT_FOUND).then_some(())
    });
    assert_eq!(hooked.send("/hooks/pagerduty", &[], "{}").0, StatusCode::NOT_FOUND);
    hooked.told("`NOT_SET` is not set", 1);
}

#[test]
fn only_incidents_that_the_policy_names_become_drafts() {
    let hooked = Hooked::new("severities = [\"critical\"]\n");
    let mut low = pagerduty("e1", "resolved", "14:42:00", "Q1");
    low["event"]["data"]["urgency"] = json!("low");
    low["event"]["data"]["incident_key"] = json!("other");
    hooked.pagerduty(&low);
    hooked.alertmanager(&group("resolved", &[("Noise", "warning", "13:00:00", "13:05:00")]));
    // What comes in is worked on in order, so that these two have been when this one is a draft.
    hooked.pagerduty(&pagerduty("e2", "resolved", "14:42:00", "Q2"));
    hooked.told("draft `INC-0001`", 1);
    assert_eq!(hooked.drafts().len(), 1);
}

#[test]
fn what_resolves_before_it_was_triggered_is_one_draft_with_both() {
    let hooked = Hooked::new("");
    hooked.pagerduty(&pagerduty("e3", "resolved", "14:42:00", "Q1"));
    hooked.told("draft `INC-0001`", 1);
    hooked.pagerduty(&pagerduty("e2", "acknowledged", "14:05:00", "Q1"));
    hooked.told("continue draft `INC-0001`", 1);
    let drafts = hooked.drafts();
    assert_eq!(drafts.len(), 1);
    assert!(fs::read_to_string(&drafts[0]).unwrap().contains("Acknowledged incident"));
}

#[test]
fn what_fires_again_continues_its_draft_and_what_fires_days_later_is_another() {
    let hooked = Hooked::new("");
    hooked.alertmanager(&group("firing", &[("Slow", "critical", "14:00:00", "")]));
    hooked.alertmanager(&group("resolved", &[("Slow", "critical", "14:00:00", "14:10:00")]));
    hooked.told("draft `INC-0001`", 1);
    hooked.alertmanager(&group("firing", &[("Slow", "critical", "14:30:00", "")]));
    hooked.alertmanager(&group(
        "resolved",
        &[("Slow", "critical", "14:30:00", "14:50:00"), ("Errors", "warning", "14:31:00", "14:49:00")],
    ));
    wait_for("second resolution", || {
        let drafts = hooked.drafts();
        assert_eq!(drafts.len(), 1);
        fs::read_to_string(&drafts[0]).unwrap().contains("14:50").then_some(())
    });
    // PagerDuty makes a new incident of what fires again, under the same key.
    hooked.pagerduty(&pagerduty("e1", "resolved", "14:42:00", "Q1"));
    hooked.told("from pagerduty", 1);
    hooked.pagerduty(&pagerduty("e2", "resolved", "16:00:00", "Q2"));
    hooked.told("continue draft `INC-0002`", 1);
    let mut later = pagerduty("e3", "resolved", "16:00:00", "Q3");
    later["event"]["occurred_at"] = json!("2026-11-22T16:00:00Z");
    later["event"]["data"]["created_at"] = json!("2026-11-22T15:30:00Z");
    hooked.pagerduty(&later);
    hooked.told("draft `INC-0003`", 1);
    assert_eq!(hooked.drafts().len(), 3);
}

#[test]
fn a_postmortem_that_somebody_reviews_or_removed_is_left_alone() {
    let hooked = Hooked::new("");
    hooked.pagerduty(&pagerduty("e1", "resolved", "14:42:00", "Q1"));
    hooked.told("draft `INC-0001`", 1);
    let path = hooked.drafts().remove(0);
    let text = fs::read_to_string(&path).unwrap().replace("stage: draft", "stage: review");
    fs::write(&path, &text).unwrap();
    hooked.pagerduty(&pagerduty("e2", "acknowledged", "14:05:00", "Q1"));
    hooked.told("past its draft", 1);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    fs::remove_file(&path).unwrap();
    hooked.pagerduty(&pagerduty("e3", "reopened", "14:50:00", "Q1"));
    hooked.told("is gone", 1);
    assert!(hooked.drafts().is_empty());
}

#[test]
fn a_draft_says_what_its_events_suggest_as_an_import_does() {
    let hooked = Hooked::new("\n[[services]]\nname = \"checkout\"\n");
    for (id, kind, at) in
        [("e1", "triggered", "14:03:00"), ("e2", "acknowledged", "14:05:00"), ("e3", "resolved", "14:42:00")]
    {
        hooked.pagerduty(&pagerduty(id, kind, at, "Q1"));
    }
    hooked.told("for you to decide: Start time: 2026-11-20 14:03:00 (the first sign of it", 1);
    hooked.told("for you to decide: End time: 2026-11-20 14:42:00 (the last alert stopped firing)", 1);
    let text = fs::read_to_string(&hooked.drafts()[0]).unwrap();
    assert!(text.contains("- **Primary services impacted**: checkout"), "{text}");
    let page = hooked.get("/p/INC-0001/edit");
    for expected in
        ["2026-11-20 14:03:00</b>: the first sign of it", "2026-11-20 14:42:00</b>: the last alert"]
    {
        assert!(page.contains(expected), "{expected}\n{page}");
    }
}

#[test]
fn an_alert_that_is_resolved_without_a_time_says_so() {
    let hooked = Hooked::new("");
    hooked.alertmanager(&group("firing", &[("Slow", "critical", "14:00:00", "")]));
    let mut resolved = group("resolved", &[("Slow", "critical", "14:00:00", "")]);
    resolved["alerts"][0]["status"] = json!("resolved");
    hooked.alertmanager(&resolved);
    hooked.told("`Slow` is said to be resolved, and its `endsAt` is not set: when it ended is not known", 1);
    let text = fs::read_to_string(&hooked.drafts()[0]).unwrap();
    assert!(text.contains("said to be resolved, without a time"), "{text}");
}

#[test]
fn drafts_of_one_rule_are_told_apart_by_what_differs() {
    let hooked = Hooked::new("");
    let send = |key: &str, region: &str, day: u8| {
        let mut body = group("resolved", &[("Slow", "critical", "14:00:00", "14:10:00")]);
        body["groupKey"] = json!(key);
        let alert = &mut body["alerts"][0];
        alert["annotations"]["summary"] = json!("Checkout \u{202e}slow");
        alert["labels"]["region"] = json!(region);
        for name in ["startsAt", "endsAt"] {
            alert[name] = json!(alert[name].as_str().unwrap().replace("11-20", &format!("11-{day}")));
        }
        alert["fingerprint"] = json!(format!("{key}{day}"));
        hooked.alertmanager(&body);
    };
    for (nth, (key, region, day)) in
        [("a", "eu", 20), ("b", "eu", 20), ("c", "us", 20), ("d", "us", 19), ("e", "us", 19)]
            .iter()
            .enumerate()
    {
        send(key, region, *day);
        hooked.told(&format!("draft `INC-000{}`", nth + 1), 1);
    }
    let titles: Vec<String> = hooked
        .drafts()
        .iter()
        .map(|draft| {
            let text = fs::read_to_string(draft).unwrap();
            text.lines().find_map(|line| line.strip_prefix("# ")).unwrap().to_owned()
        })
        .collect();
    assert_eq!(
        titles,
        [
            "Checkout slow",
            "Checkout slow, eu",
            "Checkout slow, us",
            "Checkout slow, us, 2026-11-19",
            "Checkout slow, us, 2026-11-19 14:10",
        ]
    );
}

#[test]
fn what_is_asked_of_webhooks_and_cannot_be_is_a_problem_of_its_own_type() {
    let hooked = Hooked::new("");
    let get = |path: &str| Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
    let post = |path: &str| Request::post(path).header("host", "localhost").body(Body::from("{}")).unwrap();
    for (request, status, kind, detail) in [
        (get("/hooks/pagerduty"), 405, "method", "`GET` is no method of this address"),
        (get("/hooks/nope"), 404, "missing", "no webhook is taken at this address"),
        (post("/hooks/nope"), 404, "missing", "no webhook is taken at this address"),
        (get("/hooks/"), 404, "missing", "no webhook is taken at this address"),
        (post("/hooks/pagerduty"), 401, "unsigned", "the header `X-PagerDuty-Signature` is missing"),
        (post("/hooks/alertmanager"), 401, "unsigned", "the header `Authorization` is missing"),
    ] {
        let what = format!("{} {}", request.method(), request.uri());
        let (head, text) = hooked.ask(request);
        let told: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{what}: {text}"));
        assert_eq!(head.status, status, "{what}");
        assert_eq!(head.headers["content-type"], "application/problem+json", "{what}");
        assert_eq!(
            (&told["type"], &told["detail"]),
            (&json!(format!("/api#{kind}")), &json!(detail)),
            "{what}"
        );
        assert_eq!(head.headers.contains_key("allow"), status == 405, "{what}");
    }
    // Nobody reads the body of a stranger.
    let headers = [("authorization", "Bearer wrong")];
    let large = "x".repeat(3 << 20);
    assert_eq!(hooked.send("/hooks/alertmanager", &headers, &large).0, StatusCode::UNAUTHORIZED);
    let bearer = [("authorization", "Bearer s3cr3t-token")];
    hooked.send("/hooks/alertmanager", &bearer, "[\"s3cr3t-payload\"]");
    let line = hooked.told("alertmanager webhook passed over", 1);
    assert!(line.ends_with("it is no group of alerts"), "{line}");
}

#[test]
fn whoever_sends_too_fast_is_told_how_long_to_wait() {
    let hooked = Hooked::new("");
    let from = |last: u8| {
        let mut request =
            Request::post("/hooks/pagerduty").header("host", "localhost").body(Body::from("{}")).unwrap();
        let peer = std::net::SocketAddr::from(([192, 0, 2, last], 4711));
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        hooked.ask(request)
    };
    for _ in 0..300 {
        assert_eq!(from(1).0.status, StatusCode::UNAUTHORIZED);
    }
    let (head, text) = (0..20).map(|_| from(1)).find(|(head, _)| head.status == 429).unwrap();
    assert!(head.headers.contains_key("retry-after") && text.contains("/api#too-many"), "{text}");
    assert_eq!(from(2).0.status, StatusCode::UNAUTHORIZED);
}

#[test]
fn what_stands_in_the_way_of_drafts_is_told_once_and_on_the_home_page() {
    let hooked = Hooked::new("");
    let folder = hooked.folder.path().join("postmortems");
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "in the way").unwrap();
    hooked.pagerduty(&pagerduty("e1", "resolved", "14:42:00", "Q1"));
    hooked.told("it is tried again", 1);
    assert!(hooked.get("/").contains("No postmortem can be drafted of the webhooks that came in"));
    for (id, incident) in [("e2", "Q2"), ("e3", "Q3")] {
        hooked.pagerduty(&pagerduty(id, "resolved", "14:42:00", incident));
        thread::sleep(Duration::from_millis(200));
    }
    let lines = hooked.log.lock().unwrap().iter().filter(|line| line.contains("it is tried again")).count();
    assert_eq!(lines, 1);
    fs::remove_file(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    hooked.pagerduty(&pagerduty("e4", "acknowledged", "14:41:00", "Q1"));
    hooked.told("drafts are made again", 1);
    assert!(!hooked.get("/").contains("No postmortem can be drafted"));
}

#[test]
fn what_was_kept_and_not_worked_on_is_worked_on_after_a_restart() {
    let mut hooked = Hooked::new("");
    // A draft that cannot be written: a file stands where the folder of postmortems should.
    let folder = hooked.folder.path().join("postmortems");
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "in the way").unwrap();
    assert_eq!(hooked.pagerduty(&pagerduty("e1", "resolved", "14:42:00", "Q1")).0, StatusCode::ACCEPTED);
    hooked.told("it is tried again", 1);
    fs::remove_file(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    hooked.start();
    hooked.told("draft `INC-0001`", 1);
    assert_eq!(hooked.drafts().len(), 1);
}

/// Posts as the program's client does, as far as the test needs it.
fn posted(post: &Post) -> Result<Posted, String> {
    let address = post.url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    let mut stream = std::net::TcpStream::connect(address).map_err(|error| error.to_string())?;
    let headers = post.headers.iter();
    let headers = headers.fold(String::new(), |head, (name, value)| format!("{head}{name}: {value}\r\n"));
    let head = format!("POST / HTTP/1.1\r\nhost: x\r\n{headers}content-length: {}\r\n\r\n", post.body.len());
    stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(post.body.as_bytes()))
        .map_err(|e| e.to_string())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).map_err(|error| error.to_string())?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no answer")?;
    Ok(Posted { status, retry_after: None })
}

/// A receiver that answers with these statuses, one after the other, and with 204 from then on; 0 closes the line.
fn receiver(statuses: &[u16]) -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let taken = Arc::new(Mutex::new(Vec::new()));
    let (kept, statuses) = (Arc::clone(&taken), statuses.to_vec());
    let mut statuses = statuses.into_iter();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut input = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                if input.read_line(&mut line).unwrap() <= 2 {
                    break;
                }
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            input.read_exact(&mut body).unwrap();
            let status = statuses.next().unwrap_or(204);
            if status == 204 {
                kept.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
            }
            if status != 0 {
                let _ = write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nlocation: /x\r\n\r\n");
            }
        }
    });
    (url, taken)
}

fn webhook(url: &str) -> String {
    format!("\n[[webhooks]]\nurl = \"{url}\"\nsecret-env = \"HOOK\"\ninternal = true\n")
}

#[test]
fn what_happens_to_a_postmortem_is_told_whoever_changed_it_signed_and_until_it_arrives() {
    let (url, taken) = receiver(&[500, 0, 302, 429]);
    let mut hooked = Hooked::new(&webhook(&url));
    let path = hooked.folder.path().join("postmortems/INC-0001-checkout-was-down.md");
    let wait = |count: usize| {
        wait_for("message", || {
            let taken = taken.lock().unwrap();
            (taken.len() >= count).then(|| taken.clone())
        })
    };
    fs::write(&path, common::DOWN).unwrap();
    let messages = wait(1);
    assert_eq!(messages[0]["type"], "postmortem.created");
    assert_eq!(messages[0]["data"]["postmortem"]["id"], "INC-0001");
    assert_eq!(messages[0]["data"]["postmortem"]["address"], "/p/INC-0001");
    // The same message at every try, each signed for its own time: `HMAC(id.timestamp.body)` under the decoded secret.
    let tries = hooked.sent.lock().unwrap().clone();
    assert_eq!(tries.len(), 5);
    for post in &tries {
        let header = |name: &str| post.headers.iter().find(|(own, _)| *own == name).unwrap().1.clone();
        assert_eq!(header("webhook-id"), tries[0].headers[1].1);
        assert!(header("webhook-signature").starts_with("v1,"));
        assert_eq!(post.body, tries[0].body);
    }
    fs::write(&path, common::DOWN.replace("stage: draft", "stage: review")).unwrap();
    assert_eq!(wait(2)[1]["data"]["previous_stage"], "draft");
    // What happens while the server is down is told when it is up again.
    hooked.stop();
    let done = common::DOWN
        .replace("stage: draft", "stage: final")
        .replace("| 2026-11-21 | Open |", "| 2026-11-21 | Done 2026-11-22 |");
    fs::write(&path, done).unwrap();
    hooked.start();
    let messages = wait(4);
    let types: Vec<&str> = messages[2..].iter().map(|message| message["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["postmortem.finalized", "action-item.changed"]);
    assert_eq!(messages[3]["data"]["item"]["status"], "done");
    assert_eq!(messages[3]["data"]["previous_item"]["status"], "open");
    assert_eq!(messages[3]["data"]["change"], "changed");
}

#[test]
fn what_never_arrives_is_given_up_and_told() {
    let (url, taken) = receiver(&[410, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500]);
    let hooked = Hooked::new(&webhook(&url));
    fs::write(hooked.folder.path().join("postmortems/INC-0001-a.md"), common::DOWN).unwrap();
    hooked.told("was given up: it answered with status 410", 1);
    assert!(hooked.metric("recount_webhooks_given_up 1"));
    fs::write(
        hooked.folder.path().join("postmortems/INC-0002-b.md"),
        common::DOWN.replace("INC-0001", "INC-0002"),
    )
    .unwrap();
    hooked.told("was given up: it answered with status 500", 1);
    assert!(hooked.metric("recount_webhooks_waiting 0"));
    assert_eq!(hooked.sent.lock().unwrap().len(), 13);
    assert!(taken.lock().unwrap().is_empty());
}

#[test]
fn nobody_is_told_without_tls_or_of_what_they_did_not_ask_for() {
    let (url, taken) = receiver(&[]);
    let more = format!(
        "{}events = [\"postmortem.finalized\"]\n{}",
        webhook(&url),
        webhook(&url.replace("/hook", "/other")).replace("internal = true\n", "")
    );
    let hooked = Hooked::new(&more);
    let path = hooked.folder.path().join("postmortems/INC-0001-a.md");
    fs::write(&path, common::DOWN).unwrap();
    hooked.told("would not be sent by `https://`", 1);
    fs::write(&path, common::DOWN.replace("stage: draft", "stage: final")).unwrap();
    wait_for("message", || (!taken.lock().unwrap().is_empty()).then_some(()));
    assert_eq!(taken.lock().unwrap()[0]["type"], "postmortem.finalized");
    assert!(hooked.sent.lock().unwrap().iter().all(|post| post.url == url));
}

#[test]
fn a_sign_in_that_fails_is_told_with_its_address_and_without_what_may_be_a_password() {
    let hooked = Hooked::new("");
    let accounts = recount_web::Accounts::of(&Library::open(hooked.folder.path()).unwrap());
    let new =
        recount_web::NewAccount { name: "ana", display: "Ana Li", mail: "", password: "four lamps in fog" };
    accounts.add(&new, "2026-11-23T09:00:00Z".parse().unwrap()).unwrap();
    let form = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    for (typed, told) in [
        ("name=ana&password=wr0ng-one", "sign-in as `ana` failed from"),
        ("name=nobody7&password=wr0ng-two", "sign-in by a name that nobody has failed from"),
        ("name=my+wr0ng+three%0aline&password=x", "sign-in by what is no name failed from"),
    ] {
        assert_eq!(hooked.send("/sign-in", &form, typed).0, StatusCode::FORBIDDEN);
        hooked.told(told, 1);
    }
    assert!(!hooked.log.lock().unwrap().iter().any(|line| line.contains("wr0ng") || line.contains('\n')));
    let account = accounts.find("ana").unwrap();
    let changed = accounts.change(&account, None, Some("ana@example.com")).unwrap();
    assert_eq!((changed.display.as_str(), changed.mail.as_str()), ("Ana Li", "ana@example.com"));
    assert!(accounts.change(&account, Some(" "), None).is_err());
    assert!(accounts.change(&account, None, Some("ana")).is_err());
}

#[test]
fn what_the_framework_refuses_is_a_page_for_people_and_a_problem_for_programs() {
    let hooked = Hooked::new("");
    let from_here = ("sec-fetch-site", "same-origin");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let large = "x".repeat(2 << 20);
    for (path, headers, body, status) in [
        ("/health", &[from_here, ("accept", "text/html")][..], "", StatusCode::METHOD_NOT_ALLOWED),
        ("/new", &[from_here, form, ("accept", "text/html")], large.as_str(), StatusCode::PAYLOAD_TOO_LARGE),
        ("/new", &[from_here, ("accept", "text/html")], "a=b", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let (got, text) = hooked.send(path, headers, body);
        assert_eq!(got, status, "{path}");
        assert!(text.contains("<h1"), "{path}: {text}");
    }
    let (got, text) = hooked.send("/health", &[from_here, ("accept", "application/json")], "");
    assert_eq!(got, StatusCode::METHOD_NOT_ALLOWED);
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["status"], 405);
}

#[test]
fn a_kill_while_a_draft_is_made_leaves_one_draft_and_loses_nothing() {
    let mut hooked = Hooked::new("");
    hooked.pagerduty(&pagerduty("e1", "resolved", "14:42:00", "Q1"));
    hooked.told("draft `INC-0001`", 1);
    let path = hooked.drafts().remove(0);
    let whole = fs::read_to_string(&path).unwrap();
    let evidence = path.with_extension("evidence");
    let name = |file: &std::path::Path| file.file_name().unwrap().to_owned();
    // Killed before the file was made, after the file and before its evidence, and after all and before that was noted.
    for (round, is_there) in [(1, false), (2, true), (3, true)] {
        hooked.stop();
        if round < 3 {
            fs::remove_dir_all(&evidence).unwrap();
            fs::remove_file(&path).unwrap();
        }
        if round == 2 {
            let rows =
                whole.lines().filter(|line| !line.starts_with("| 2026-") && !line.contains("2026-11-20"));
            fs::write(&path, rows.collect::<Vec<_>>().join("\n")).unwrap();
        }
        assert_eq!(path.exists(), is_there);
        let kept = rusqlite::Connection::open(hooked.folder.path().join(".recount/state/hooks.db")).unwrap();
        kept.busy_timeout(PATIENCE).unwrap();
        kept.execute_batch("UPDATE incident SET made = 0; UPDATE received SET pending = 1;").unwrap();
        drop(kept);
        hooked.start();
        hooked.told("`INC-0001` of", round + 1);
        let drafts = hooked.drafts();
        assert_eq!(drafts.iter().map(|file| name(file)).collect::<Vec<_>>(), [name(&path)], "{round}");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("Resolved incident"), "{round}: {text}");
        assert_eq!(
            text.matches("Resolved incident").count(),
            whole.matches("Resolved incident").count(),
            "{round}"
        );
        assert!(evidence.is_dir());
    }
}
