//! Who is let in, what a request may not do, and what every answer carries: through the whole application.
//!
//! What does not live here: what pages say, and the socket (the binary's tests).

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{HOST, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use recount_store::{Author, Library};
use recount_web::{Access, Accounts, NewAccount, Scope, Settings, Site};
use tower::ServiceExt as _;

const PASSWORD: &str = "four lamps in fog";
const NOW: i64 = 1_795_428_000;
const DAY: i64 = 24 * 60 * 60;

/// A library that is served, and the clock of its server.
struct Served {
    folder: tempfile::TempDir,
    site: Arc<Site>,
    now: Arc<AtomicI64>,
    runtime: tokio::runtime::Runtime,
}

#[derive(Debug)]
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Served {
    fn new(prepare: impl FnOnce(&Path)) -> Self {
        Self::with(Access::default(), prepare)
    }

    fn with(access: Access, prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("recount.toml"), "").unwrap();
        fs::create_dir_all(folder.path().join("postmortems/2026")).unwrap();
        let text = "---\nstage: draft\n---\n\n# Orders lost\n\n## Summary\n\n- **Incident ID**: INC-0001\n";
        fs::write(folder.path().join("postmortems/2026/INC-0001-orders-lost.md"), text).unwrap();
        prepare(folder.path());
        let now = Arc::new(AtomicI64::new(NOW));
        let clock = Arc::clone(&now);
        let settings = Settings {
            program: "test".to_owned(),
            keep: false,
            clock: Box::new(move || Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap()),
            commit: false,
            author: Author { name: "@ana".to_owned(), mail: String::new() },
            hosts: vec!["recount.example.com".to_owned()],
        };
        let site = Site::open_for(Library::open(folder.path()).unwrap(), settings, access).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { folder, site, now, runtime }
    }

    fn with_ana() -> Self {
        let served = Self::new(|_| {});
        served.add("ana");
        served
    }

    fn accounts(&self) -> Accounts {
        Accounts::of(&Library::open(self.folder.path()).unwrap())
    }

    fn add(&self, name: &str) {
        self.add_called(name, "Ana Li");
    }

    fn add_called(&self, name: &str, display: &str) {
        let new = NewAccount { name, display, mail: "", password: PASSWORD };
        self.accounts().add(&new, Timestamp::from_second(NOW).unwrap()).unwrap();
    }

    fn token(&self, name: &str, scope: Scope) -> String {
        let accounts = self.accounts();
        let account = accounts.find("ana").unwrap();
        accounts.add_token(&account, name, scope, 7, Timestamp::from_second(NOW).unwrap()).unwrap()
    }

    fn send(&self, request: Request<Body>) -> Reply {
        self.runtime.block_on(async {
            let answer = recount_web::router(&self.site).oneshot(request).await.unwrap();
            let (head, body) = answer.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let body = String::from_utf8_lossy(&body).into_owned();
            Reply { status: head.status, headers: head.headers, body }
        })
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.send(request(Method::GET, path, headers, ""))
    }

    /// A form that a page of ours sends.
    fn post(&self, path: &str, headers: &[(&str, &str)], form: &str) -> Reply {
        let own = [("origin", "http://localhost"), ("content-type", "application/x-www-form-urlencoded")];
        self.send(request(Method::POST, path, &[&own, headers].concat(), form))
    }

    /// Signs in, and gives the cookie as a browser sends it.
    fn sign_in(&self, password: &str) -> String {
        self.sign_in_as("ana", password)
    }

    fn sign_in_as(&self, name: &str, password: &str) -> String {
        let form = format!("name={name}&password={}", password.replace(' ', "+"));
        let reply = self.post("/sign-in", &[], &form);
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
        cookie(&reply)
    }
}

fn request(method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request = request.header(HOST, "localhost");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

fn cookie(reply: &Reply) -> String {
    let set = reply.headers[SET_COOKIE].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

fn header<'r>(reply: &'r Reply, name: &str) -> &'r str {
    reply.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

fn own_form() -> String {
    format!("name=ana&password={}", PASSWORD.replace(' ', "+"))
}

#[test]
fn without_accounts_whoever_sits_at_the_machine_is_in() {
    let served = Served::new(|_| {});
    assert_eq!(served.get("/", &[]).status, StatusCode::OK);
    assert!(served.get("/account", &[]).body.contains("recount user add NAME"));
    assert!(!served.folder.path().join(".recount/state/accounts.db").exists());
}

#[test]
fn without_accounts_nothing_that_a_proxy_passed_on_is_answered() {
    let served = Served::new(|_| {});
    for name in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        let reply = served.get("/", &[(name, "198.51.100.7")]);
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{name}");
        assert!(reply.body.contains("recount user add NAME"), "{}", reply.body);
    }
}

#[test]
fn a_server_that_needs_accounts_lets_nobody_in_while_there_is_none() {
    let served = Served::with(Access { required: true, ..Access::default() }, |_| {});
    assert_eq!(served.get("/", &[]).status, StatusCode::SEE_OTHER);
    assert_eq!(served.get("/api/v1/postmortems", &[]).status, StatusCode::UNAUTHORIZED);
    served.add("ana");
    let cookie = served.sign_in(PASSWORD);
    assert_eq!(served.get("/", &[("cookie", &cookie)]).status, StatusCode::OK);
    served.accounts().remove("ana").unwrap();
    assert_eq!(served.get("/", &[("cookie", &cookie)]).status, StatusCode::SEE_OTHER);
}

#[test]
fn from_the_first_account_on_everything_needs_a_sign_in_but_the_way_there() {
    let served = Served::new(|_| {});
    assert_eq!(served.get("/postmortems", &[]).status, StatusCode::OK);
    served.add("ana");
    for (path, to) in [
        ("/", "/sign-in"),
        ("/postmortems?severity=Sev1", "/sign-in?next=%2Fpostmortems%3Fseverity%3DSev1"),
        ("/p/INC-0001", "/sign-in?next=%2Fp%2FINC-0001"),
        ("/nothing-here", "/sign-in?next=%2Fnothing-here"),
        ("/account", "/sign-in?next=%2Faccount"),
        ("/assets", "/sign-in?next=%2Fassets"),
    ] {
        let reply = served.get(path, &[]);
        assert_eq!((reply.status, header(&reply, "location")), (StatusCode::SEE_OTHER, to), "{path}");
        assert!(!reply.body.contains("Orders lost"));
    }
    let sign_in = served.get("/sign-in", &[]);
    assert_eq!(sign_in.status, StatusCode::OK);
    let assets = attributes(&sign_in.body).into_iter().filter(|(_, name, _)| name == "href" || name == "src");
    for (_, _, asset) in assets {
        assert_eq!(served.get(&asset, &[]).status, StatusCode::OK, "{asset}");
    }
    let program = served.get("/events", &[("accept", "text/event-stream")]);
    assert_eq!(program.status, StatusCode::UNAUTHORIZED);
    assert!(header(&program, "www-authenticate").starts_with("Bearer"));
    assert_eq!(header(&program, "content-type"), "application/problem+json");
    assert_eq!(served.post("/account/tokens", &[], "name=x").status, StatusCode::UNAUTHORIZED);
}

#[test]
fn signing_in_leads_to_where_one_was_going_and_signing_out_ends_it() {
    let served = Served::with_ana();
    let form = format!("name=%40Ana&password={}&next=%2Fp%2FINC-0001", PASSWORD.replace(' ', "+"));
    let reply = served.post("/sign-in", &[], &form);
    assert_eq!((reply.status, header(&reply, "location")), (StatusCode::SEE_OTHER, "/p/INC-0001"));
    let set = header(&reply, "set-cookie");
    assert!(set.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=7776000"), "{set}");
    assert!(!set.contains("Secure"), "{set}");
    let cookie = cookie(&reply);
    let page = served.get("/p/INC-0001", &[("cookie", &format!("theme=dark; {cookie}"))]);
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Orders lost"));
    assert!(served.get("/account", &[("cookie", &cookie)]).body.contains("Ana Li"));
    let again = served.get("/sign-in?next=//evil.example", &[("cookie", &cookie)]);
    assert_eq!((again.status, header(&again, "location")), (StatusCode::SEE_OTHER, "/"));
    let out = served.post("/sign-out", &[("cookie", &cookie)], "");
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert!(header(&out, "set-cookie").contains("Max-Age=0"));
    assert_eq!(served.get("/p/INC-0001", &[("cookie", &cookie)]).status, StatusCode::SEE_OTHER);
}

#[test]
fn each_sign_in_begins_a_session_of_its_own_and_ends_the_one_that_the_browser_had() {
    let served = Served::with_ana();
    let first = served.sign_in(PASSWORD);
    let second = cookie(&served.post("/sign-in", &[("cookie", &first)], &own_form()));
    assert_ne!(first, second);
    assert_eq!(served.get("/", &[("cookie", &first)]).status, StatusCode::SEE_OTHER);
    assert_eq!(served.get("/", &[("cookie", &second)]).status, StatusCode::OK);
    assert_eq!(served.get("/", &[("cookie", "recount=")]).status, StatusCode::SEE_OTHER);
    assert_eq!(served.get("/", &[("cookie", "recount=00; recount")]).status, StatusCode::SEE_OTHER);
}

#[test]
fn by_https_the_cookie_is_sent_by_https_alone() {
    let proxies = vec!["10.0.0.1".parse().unwrap()];
    let served = Served::with(Access { required: true, proxies, secure: false }, |_| {});
    served.add("ana");
    let from = |peer: &str, cookie: Option<&str>| {
        let mut headers = vec![
            ("host", "recount.example.com"),
            ("origin", "https://recount.example.com"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-forwarded-for", "198.51.100.7"),
            ("x-forwarded-proto", "https"),
        ];
        headers.extend(cookie.map(|cookie| ("cookie", cookie)));
        let method = if cookie.is_some() { Method::GET } else { Method::POST };
        let path = if cookie.is_some() { "/" } else { "/sign-in" };
        let mut request = request(method, path, &headers, &own_form());
        let peer: SocketAddr = format!("{peer}:50000").parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        served.send(request)
    };
    let reply = from("10.0.0.1", None);
    let set = header(&reply, "set-cookie");
    assert!(set.starts_with("__Host-recount=") && set.ends_with("; Secure"), "{set}");
    assert_eq!(from("10.0.0.1", Some(&cookie(&reply))).status, StatusCode::OK);
    assert!(!header(&from("192.0.2.1", None), "set-cookie").contains("Secure"));
}

#[test]
fn a_session_ends_when_it_was_not_used_for_two_weeks_and_after_ninety_days_in_any_case() {
    let served = Served::with_ana();
    let cookie = served.sign_in(PASSWORD);
    let after = |days: i64| {
        served.now.store(NOW + days * DAY, Ordering::SeqCst);
        served.get("/", &[("cookie", &cookie)]).status
    };
    for days in [0, 13, 26, 39, 52, 65, 78, 89] {
        assert_eq!(after(days), StatusCode::OK, "{days}");
    }
    assert_eq!(after(91), StatusCode::SEE_OTHER);
    served.now.store(NOW, Ordering::SeqCst);
    let cookie = served.sign_in(PASSWORD);
    served.now.store(NOW + 15 * DAY, Ordering::SeqCst);
    assert_eq!(served.get("/", &[("cookie", &cookie)]).status, StatusCode::SEE_OTHER);
}

#[test]
fn a_name_that_nobody_has_is_answered_like_a_wrong_password() {
    let served = Served::with_ana();
    let told = |name: &str| {
        let reply = served.post("/sign-in", &[], &format!("name={name}&password=wrong+one+here"));
        let body = reply.body.replace(&format!("\"{name}\""), "NAME");
        (reply.status, body, reply.headers.contains_key(SET_COOKIE))
    };
    let (known, unknown) = (told("ana"), told("bob"));
    assert_eq!(known, unknown);
    assert_eq!(known.0, StatusCode::FORBIDDEN);
    assert!(known.1.contains("do not belong together") && !known.2);
}

#[test]
fn what_was_typed_at_the_door_is_shown_and_never_run() {
    let served = Served::with_ana();
    let form = "name=%22%3E%3Cscript%3E&password=secret-typed&next=%22%3E%3Cb%3E";
    let reply = served.post("/sign-in", &[], form);
    assert!(!reply.body.contains("<script>") && !reply.body.contains("<b>"), "{}", reply.body);
    assert!(!reply.body.contains("secret-typed"));
}

#[test]
fn whoever_tries_too_often_is_told_when_to_try_again() {
    let served = Served::with_ana();
    let tries = (0..40).map(|_| served.post("/sign-in", &[], "name=ana&password=wrong+one+here"));
    let heard = tries.take_while(|reply| reply.status == StatusCode::FORBIDDEN).count();
    assert!(heard < 40);
    let reply = served.post("/sign-in", &[], &own_form());
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(reply.headers[RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap() > 0);
    assert!(reply.body.contains("Too many tries"));
}

#[test]
fn a_new_password_ends_all_other_sessions() {
    let served = Served::with_ana();
    let (here, elsewhere) = (served.sign_in(PASSWORD), served.sign_in(PASSWORD));
    let change = |current: &str, new: &str, again: &str| {
        let form = format!("current={current}&new={new}&again={again}").replace(' ', "+");
        served.post("/account/password", &[("cookie", &here)], &form)
    };
    for (reply, fault) in [
        (change("not the password", "another long one", "another long one"), "current password is another"),
        (change(PASSWORD, "another long one", "another long 0ne"), "typed in two ways"),
        (change(PASSWORD, "short", "short"), "needs 12"),
        (change(PASSWORD, "I am ana of course", "I am ana of course"), "account's name"),
    ] {
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(reply.body.replace("&#39;", "'").contains(fault), "{fault}: {}", reply.body);
    }
    assert_eq!(served.get("/", &[("cookie", &elsewhere)]).status, StatusCode::OK);
    let reply = change(PASSWORD, "another long one", "another long one");
    assert!(reply.body.contains("The password was changed"), "{}", reply.body);
    assert_eq!(served.get("/", &[("cookie", &elsewhere)]).status, StatusCode::SEE_OTHER);
    assert_eq!(served.get("/", &[("cookie", &here)]).status, StatusCode::OK);
    served.sign_in("another long one");
}

#[test]
fn a_page_that_was_written_for_one_is_not_shown_to_another() {
    let served = Served::with_ana();
    served.add_called("bo", "Bo Ray");
    let (ana, bo) = (served.sign_in(PASSWORD), served.sign_in_as("bo", PASSWORD));
    for page in ["/", "/postmortems", "/search?q=orders", "/insights", "/p/INC-0001"] {
        for _ in 0..2 {
            for (cookie, own, other) in [(&ana, "Ana Li", "Bo Ray"), (&bo, "Bo Ray", "Ana Li")] {
                let reply = served.get(page, &[("cookie", cookie)]);
                assert_eq!(reply.status, StatusCode::OK, "{page}");
                assert!(reply.body.contains(own) && !reply.body.contains(other), "{page} for {own}");
            }
        }
    }
}

#[test]
fn other_sessions_can_be_ended_without_a_new_password() {
    let served = Served::with_ana();
    let (here, elsewhere) = (served.sign_in(PASSWORD), served.sign_in(PASSWORD));
    assert!(served.get("/account", &[("cookie", &here)]).body.contains("signed in 2 times"));
    served.post("/account/sessions/end", &[("cookie", &here)], "");
    assert_eq!(served.get("/", &[("cookie", &elsewhere)]).status, StatusCode::SEE_OTHER);
    assert!(served.get("/account", &[("cookie", &here)]).body.contains("this browser alone"));
}

#[test]
fn a_token_does_what_its_scope_says_until_it_ends_or_is_revoked() {
    let served = Served::with_ana();
    let (read, write) = (served.token("reader", Scope::Read), served.token("writer", Scope::Write));
    let bearer = |token: &str| format!("Bearer {token}");
    let get = |token: &str| served.get("/postmortems", &[("authorization", &bearer(token))]).status;
    let post = |token: &str| served.post("/nothing", &[("authorization", &bearer(token))], "").status;
    assert!(read.starts_with("rct_") && read != write);
    assert_eq!((get(&read), get(&write)), (StatusCode::OK, StatusCode::OK));
    assert_eq!((post(&read), post(&write)), (StatusCode::FORBIDDEN, StatusCode::NOT_FOUND));
    for wrong in ["rct_00", "", &read[..read.len() - 1], &read.to_uppercase()] {
        assert_eq!(get(wrong), StatusCode::UNAUTHORIZED, "{wrong}");
    }
    assert_eq!(served.get("/", &[("authorization", "Basic YW5hOng=")]).status, StatusCode::UNAUTHORIZED);
    let accounts = served.accounts();
    let ana = accounts.find("ana").unwrap();
    assert!(accounts.tokens(&ana).unwrap().iter().all(|token| token.used.is_some()));
    accounts.revoke_token(&ana, "writer").unwrap();
    assert_eq!(get(&write), StatusCode::UNAUTHORIZED);
    served.now.store(NOW + 8 * DAY, Ordering::SeqCst);
    assert_eq!(get(&read), StatusCode::UNAUTHORIZED);
}

#[test]
fn a_cookie_does_not_stand_in_for_a_wrong_token() {
    let served = Served::with_ana();
    let cookie = served.sign_in(PASSWORD);
    let reply = served.get("/", &[("cookie", &cookie), ("authorization", "Bearer rct_00")]);
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_token_opens_no_account() {
    let served = Served::with_ana();
    let token = format!("Bearer {}", served.token("writer", Scope::Write));
    let headers = [("authorization", token.as_str())];
    assert!(served.get("/account", &headers).status.is_client_error());
    for (path, form) in [
        ("/account/tokens", "name=more&scope=write&days=7"),
        ("/account/tokens/revoke", "name=writer"),
        ("/account/password", "current=four+lamps+in+fog&new=another+long+one&again=another+long+one"),
        ("/account/sessions/end", ""),
    ] {
        assert_eq!(served.post(path, &headers, form).status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    let accounts = served.accounts();
    assert_eq!(accounts.tokens(&accounts.find("ana").unwrap()).unwrap().len(), 1);
    served.sign_in(PASSWORD);
}

#[test]
fn a_token_is_made_in_the_browser_and_shown_once() {
    let served = Served::with_ana();
    let cookie = served.sign_in(PASSWORD);
    let headers = [("cookie", cookie.as_str())];
    let made = served.post("/account/tokens", &headers, "name=release+bot&scope=read&days=30");
    let start = made.body.find("rct_").unwrap();
    let token: String = made.body[start..].chars().take_while(|c| *c != '<').collect();
    assert_eq!(token.len(), 68, "{token}");
    let shown = served.get("/account", &headers);
    assert!(shown.body.contains("release bot") && !shown.body.contains(&token));
    let bearer = format!("Bearer {token}");
    assert_eq!(served.get("/", &[("authorization", &bearer)]).status, StatusCode::OK);
    let twice = served.post("/account/tokens", &headers, "name=release+bot&scope=write&days=30");
    assert!(twice.body.contains("already") && twice.body.contains("value=\"release bot\""), "{}", twice.body);
    for form in [
        "name=&scope=read&days=7",
        "name=x&scope=all&days=7",
        "name=x&scope=read&days=999",
        "name=x&scope=read&days=ever",
    ] {
        let reply = served.post("/account/tokens", &headers, form);
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
    }
    served.post("/account/tokens/revoke", &headers, "name=release+bot");
    assert_eq!(served.get("/", &[("authorization", &bearer)]).status, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_page_elsewhere_can_make_no_browser_change_anything() {
    let served = Served::with_ana();
    let token = format!("Bearer {}", served.token("writer", Scope::Write));
    let cookies: Vec<String> = (0..10).map(|_| served.sign_in(PASSWORD)).collect();
    for ((headers, is_refused), cookie) in [
        (vec![("origin", "http://localhost")], false),
        (vec![("sec-fetch-site", "same-origin"), ("origin", "http://localhost")], false),
        (vec![("sec-fetch-site", "none")], false),
        (vec![("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], true),
        (vec![("sec-fetch-site", "same-site"), ("origin", "http://localhost:3000")], true),
        (vec![("origin", "https://evil.example")], true),
        (vec![("origin", "http://localhost:3000")], true),
        (vec![("origin", "null")], true),
        // An old browser, which says nothing.
        (vec![], true),
        (vec![("referer", "https://evil.example/")], true),
    ]
    .into_iter()
    .zip(&cookies)
    {
        let mut all = headers.clone();
        all.push(("cookie", cookie));
        let reply = served.send(request(Method::POST, "/sign-out", &all, ""));
        let expected = if is_refused { StatusCode::FORBIDDEN } else { StatusCode::SEE_OTHER };
        assert_eq!(reply.status, expected, "{headers:?}");
        let after = served.get("/", &[("cookie", cookie)]).status;
        assert_eq!(after == StatusCode::OK, is_refused, "{headers:?}");
        if is_refused {
            assert!(reply.body.contains("came from elsewhere"), "{headers:?}: {}", reply.body);
            all.push(("authorization", &token));
            let program = served.send(request(Method::POST, "/nothing", &all, ""));
            assert_eq!(program.status, StatusCode::NOT_FOUND, "{headers:?}");
        }
    }
}

#[test]
fn only_names_of_this_server_are_answered() {
    let served = Served::with_ana();
    let reply = served.get("/sign-in", &[("host", "evil.example")]);
    assert_eq!(reply.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(served.get("/sign-in", &[("host", "recount.example.com")]).status, StatusCode::OK);
}

#[test]
fn a_key_leads_to_postmortems_of_the_library_alone() {
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("planted.md"), "# Planted secret\n").unwrap();
    let served = Served::new(|root| {
        fs::write(root.join("secret.md"), "# Planted secret\n").unwrap();
        fs::create_dir_all(root.join(".recount/state")).unwrap();
        fs::write(root.join(".recount/state/hidden.md"), "# Planted secret\n").unwrap();
        #[cfg(unix)]
        for (name, to) in [
            ("file.md", elsewhere.path().join("planted.md")),
            ("own.md", root.join(".recount/state/hidden.md")),
            ("folder", root.join(".recount/state")),
            ("up", elsewhere.path().to_owned()),
        ] {
            std::os::unix::fs::symlink(to, root.join("postmortems/2026").join(name)).unwrap();
        }
    });
    let absolute = served.folder.path().join("secret.md").display().to_string().replace('/', "%2F");
    for key in [
        "..",
        "%2e%2e",
        "..%2Fsecret.md",
        "%2e%2e%2fsecret.md",
        "..%2F..%2Fetc%2Fpasswd",
        "postmortems%2F..%2Fsecret.md",
        "postmortems%2F2026%2F..%2F..%2Fsecret.md",
        "secret.md",
        "recount.toml",
        ".recount%2Fstate%2Fhidden.md",
        "%2Fetc%2Fpasswd",
        &absolute,
        "INC-0001%00",
        "%00",
        "postmortems%5C..%5Csecret.md",
        "postmortems%2F2026%2Ffile.md",
        "postmortems%2F2026%2Fown.md",
        "postmortems%2F2026%2Ffolder%2Fhidden.md",
        "postmortems%2F2026%2Fup%2Fplanted.md",
        "%FF",
        "postmortems%2F2026",
        "%252e%252e%252fsecret.md",
    ] {
        let reply = served.get(&format!("/p/{key}"), &[]);
        assert!(reply.status.is_client_error(), "{key}: {}", reply.status);
        assert!(!reply.body.contains("Planted"), "{key}");
    }
    let list = served.get("/postmortems", &[]);
    assert!(list.body.contains("Orders lost") && !list.body.contains("Planted"), "{}", list.body);
}

#[cfg(unix)]
#[test]
fn a_postmortem_that_became_a_link_to_elsewhere_is_not_followed() {
    let served = Served::new(|_| {});
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("x.md"), "# Planted secret\n").unwrap();
    let path = served.folder.path().join("postmortems/2026/INC-0001-orders-lost.md");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("x.md"), &path).unwrap();
    let reply = served.get("/p/INC-0001", &[]);
    assert!(!reply.status.is_success() && !reply.body.contains("Planted"), "{}", reply.body);
}

#[test]
fn a_form_that_is_too_large_is_refused() {
    let served = Served::with_ana();
    let large = format!("name={}", "x".repeat(2 << 20));
    assert!(served.post("/sign-in", &[], &large).status.is_client_error());
    let cookie = served.sign_in(PASSWORD);
    let reply = served.post("/account/tokens", &[("cookie", &cookie)], &large);
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn every_answer_says_what_a_browser_may_do_with_it() {
    let served = Served::new(|_| {});
    let sheet = attributes(&served.get("/", &[]).body)
        .into_iter()
        .find(|(_, name, at)| name == "href" && at.contains("/recount-"));
    let sheet = sheet.unwrap().2;
    let replies = [
        served.get("/", &[]),
        served.get(&sheet, &[]),
        served.get("/nothing-here", &[]),
        served.get("/p/nothing", &[]),
        served.get("/", &[("host", "evil.example")]),
        served.get("/", &[("x-forwarded-for", "198.51.100.7")]),
        served.send(request(Method::DELETE, "/", &[], "")),
        served.send(request(Method::POST, "/sign-out", &[("sec-fetch-site", "cross-site")], "")),
        served.post("/sign-in", &[], &"x".repeat(2 << 20)),
    ];
    for reply in replies {
        let policy = header(&reply, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{reply:?}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(header(&reply, "x-content-type-options"), "nosniff", "{reply:?}");
        assert_eq!(header(&reply, "x-frame-options"), "DENY");
        assert_eq!(header(&reply, "referrer-policy"), "same-origin");
        assert_eq!(header(&reply, "cross-origin-opener-policy"), "same-origin");
        assert_eq!(header(&reply, "cross-origin-resource-policy"), "same-origin");
        assert!(header(&reply, "permissions-policy").contains("camera=()"));
        assert!(!header(&reply, "cache-control").is_empty());
    }
    assert!(header(&served.get(&sheet, &[]), "cache-control").contains("immutable"));
    assert_eq!(header(&served.get("/p/INC-0001", &[]), "cache-control"), "no-store");
}

#[cfg(unix)]
#[test]
fn the_file_of_accounts_is_its_owners_and_holds_no_secret() {
    use std::os::unix::fs::PermissionsExt as _;
    let served = Served::with_ana();
    let (cookie, token) = (served.sign_in(PASSWORD), served.token("bot", Scope::Read));
    let state = served.folder.path().join(".recount/state");
    let file = state.join("accounts.db");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
    assert!(bytes.contains("$argon2id$v=19$m=19456,t=2,p=1$"));
    for secret in [PASSWORD, cookie.split('=').nth(1).unwrap(), &token] {
        assert!(!bytes.contains(secret));
    }
    assert_eq!(fs::read_to_string(state.join(".gitignore")).unwrap(), "*\n");
}

#[test]
fn names_of_accounts_are_handles_and_each_is_taken_once() {
    let served = Served::with_ana();
    let now = Timestamp::from_second(NOW).unwrap();
    let refused = |name: &str| {
        let new = NewAccount { name, display: "", mail: "", password: PASSWORD };
        served.accounts().add(&new, now).unwrap_err().to_string()
    };
    assert!(refused("@ANA").contains("already"));
    for name in ["", "a b", "../x", "a\nb", "@", "a<b", &"x".repeat(65)] {
        assert!(refused(name).contains("name of an account"), "{name}");
    }
}

#[test]
fn where_the_accounts_cannot_be_read_nobody_comes_in() {
    let served = Served::new(|root| {
        fs::create_dir_all(root.join(".recount/state")).unwrap();
        fs::write(root.join(".recount/state/accounts.db"), "no database. ".repeat(999)).unwrap();
    });
    let reply = served.get("/", &[]);
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.body);
    assert!(!reply.body.contains("Orders lost"));
}

/// Tags, with the names and values of their attributes, read as a browser reads markup that is well formed. A tag
/// stands first with no attribute.
fn attributes(html: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        if name.is_empty() {
            continue;
        }
        rest = &rest[name.len()..];
        let tag = name.to_lowercase();
        found.push((tag.clone(), String::new(), String::new()));
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if rest.is_empty() || rest.starts_with('>') {
                break;
            }
            let end = rest.find(|c: char| c.is_whitespace() || "=>/".contains(c)).unwrap_or(rest.len());
            let (attribute, after) = rest.split_at(end);
            let mut value = String::new();
            rest = after;
            if let Some(after) = rest.strip_prefix('=') {
                let (quoted, close) = match after.strip_prefix('"') {
                    Some(quoted) => (quoted, quoted.find('"')),
                    None => (after, after.find(|c: char| c.is_whitespace() || c == '>')),
                };
                let end = close.unwrap_or(quoted.len());
                quoted[..end].clone_into(&mut value);
                rest = quoted[end..].strip_prefix('"').unwrap_or(&quoted[end..]);
            }
            found.push((tag.clone(), attribute.to_lowercase(), value));
        }
    }
    found
}

/// What of a page the policy forbids.
fn forbidden(html: &str) -> Vec<String> {
    let attributes = attributes(html);
    let mut faults = Vec::new();
    let scripts = attributes.iter().filter(|(tag, name, _)| tag == "script" && name.is_empty()).count();
    let sources = attributes.iter().filter(|(tag, name, _)| tag == "script" && name == "src").count();
    if scripts != sources {
        faults.push("an inline script".to_owned());
    }
    for (tag, name, value) in &attributes {
        let scheme = value.trim().split(':').next().unwrap_or_default().to_lowercase();
        let is_address = ["href", "src", "action", "formaction", "xlink:href"].contains(&name.as_str());
        let loads = name == "src" || (tag == "link" && name == "href");
        if ["style", "iframe", "object", "embed", "base"].contains(&tag.as_str())
            || ["style", "srcdoc"].contains(&name.as_str())
            || name.starts_with("on")
            || (is_address && ["javascript", "data", "vbscript"].contains(&scheme.as_str()))
            || (loads && !value.starts_with("/assets/"))
        {
            faults.push(format!("<{tag} {name}=\"{value}\">"));
        }
    }
    faults
}

#[test]
fn no_page_of_the_example_library_holds_an_inline_script_a_style_or_a_handler() {
    let served = Served::new(|root| {
        fs::remove_dir_all(root.join("postmortems")).unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples"), root);
    });
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut waiting = VecDeque::from(["/".to_owned(), "/account".to_owned(), "/sign-in".to_owned()]);
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    while let Some(path) = waiting.pop_front() {
        // Filters multiply; what a page is made of does not.
        if !seen.insert(path.split('?').next().unwrap().to_owned()) {
            continue;
        }
        let reply = served.get(&path, &[]);
        *statuses.entry(reply.status.as_u16()).or_default() += 1;
        assert!(!reply.status.is_server_error(), "{path}: {}", reply.body);
        if !header(&reply, "content-type").starts_with("text/html") {
            continue;
        }
        // A file to keep is no page: a browser saves it, and shows it nowhere near ours.
        if header(&reply, "content-disposition").starts_with("attachment") {
            continue;
        }
        assert_eq!(forbidden(&reply.body), Vec::<String>::new(), "{path}");
        for (tag, name, value) in attributes(&reply.body) {
            if tag == "a" && name == "href" && value.starts_with('/') && !value.starts_with("//") {
                waiting.push_back(value.split('#').next().unwrap().replace("&amp;", "&"));
            }
        }
    }
    assert!(statuses[&200] > 15, "{statuses:?}");
}

#[test]
fn what_the_policy_forbids_is_found() {
    for html in [
        "<script>x</script>",
        "<p style=\"color:red\">",
        "<p onclick=x>",
        "<a href=\" JavaScript:x\">",
        "<img src=\"https://elsewhere.example/x.png\">",
        "<style>x</style>",
        "<svg/onload=x>",
        "<base href=/x>",
    ] {
        assert!(!forbidden(html).is_empty(), "{html}");
    }
    let fine = "<script src=\"/assets/x.js\" defer></script><p class=\"style onclick\">a &lt; b</p>";
    assert_eq!(forbidden(fine), Vec::<String>::new());
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
