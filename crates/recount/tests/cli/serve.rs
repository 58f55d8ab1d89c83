//! `recount serve` and `recount user`: from a refusal to a page, with a password and with a token.
//!
//! What does not live here: what the application answers (`recount-web`).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use crate::harness::{Folder, Run};

const PASSWORD: &str = "four lamps in fog";

/// A server that ends with the test.
struct Server {
    child: Child,
    /// Its address, without a path.
    url: String,
    /// What follows on its output and must stay open.
    _out: BufReader<std::process::ChildStdout>,
}

impl Server {
    fn start(folder: &Folder, args: &[&str]) -> Self {
        let mut command = folder.command(&[&["serve"], args].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it was built");
        let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        out.read_line(&mut line).expect("it says where it is");
        let port = line.trim().rsplit(':').next().expect("an address has a port");
        Self { child, url: format!("http://127.0.0.1:{port}"), _out: out }
    }

    /// The status of an answer, its header `set-cookie`, and its text.
    fn ask(&self, path: &str, headers: &[(&str, &str)], form: Option<&str>) -> (u16, String, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .build()
            .into();
        let url = format!("{}{path}", self.url);
        let request = ureq::http::Request::builder().uri(url);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = if let Some(form) = form {
            let request = request.method("POST").header("content-type", "application/x-www-form-urlencoded");
            agent.run(request.body(form.to_owned()).expect("it is a request"))
        } else {
            agent.run(request.body(()).expect("it is a request"))
        };
        let mut answer = answer.expect("it answers");
        let cookie = answer.headers().get("set-cookie");
        let cookie = cookie.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let text = answer.body_mut().read_to_string().expect("pages are text");
        (answer.status().as_u16(), cookie, text)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command that reads a line.
fn with_input(folder: &Folder, args: &[&str], input: &str) -> Run {
    let mut command = folder.command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it was built");
    let mut stdin = child.stdin.take().expect("it is piped");
    // Who needs no input may have ended by now.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    Run { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn what_others_can_reach_is_not_served_while_there_is_no_account() {
    let folder = Folder::examples();
    for args in [
        &["--address", "0.0.0.0:0"][..],
        &["--address", "[::]:0"],
        &["--address", "192.0.2.1:7332"],
        &["--proxy", "127.0.0.1"],
        &["--host", "recount.example.com"],
    ] {
        let run = folder.recount(&[&["serve"], args].concat());
        assert_eq!(run.code, 2, "{args:?}: {run:?}");
        assert!(
            run.err.contains("there is no account") && run.err.contains("`recount user add NAME`"),
            "{run:?}"
        );
    }
}

#[test]
fn an_account_opens_the_library_by_password_and_by_token() {
    let folder = Folder::examples();
    let short = with_input(&folder, &["user", "add", "ana"], "short\n");
    assert!(short.code == 2 && short.err.contains("needs 12"), "{short:?}");
    let added =
        with_input(&folder, &["user", "add", "ana", "--mail", "ana@example.com"], &format!("{PASSWORD}\r\n"));
    assert!(added.code == 0 && !added.err.contains(PASSWORD), "{added:?}");
    let token = folder.recount(&["user", "token", "add", "ana", "release bot", "--scope", "read"]);
    assert_eq!(token.code, 0, "{token:?}");
    let bearer = format!("Bearer {}", token.out.trim());

    let server = Server::start(&folder, &["--address", "0.0.0.0:0"]);
    assert_eq!(server.ask("/postmortems", &[], None).0, 303);
    assert_eq!(server.ask("/postmortems", &[("accept", "application/json")], None).0, 401);
    let own = [("origin", server.url.as_str())];
    assert_eq!(server.ask("/sign-in", &own, Some("name=ana&password=wrong+one+here")).0, 403);
    let form = format!("name=ana&password={}", PASSWORD.replace(' ', "+"));
    let (status, cookie, _) = server.ask("/sign-in", &own, Some(&form));
    assert_eq!(status, 303);
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let (status, _, page) = server.ask("/postmortems", &[("cookie", &cookie)], None);
    assert!(status == 200 && page.contains("INC-0001"), "{status}");
    assert_eq!(server.ask("/postmortems", &[("authorization", &bearer)], None).0, 200);
    assert_eq!(server.ask("/sign-out", &[("authorization", &bearer)], Some("")).0, 403);

    // What the terminal changes holds in a running server at once.
    let listed = folder.recount(&["user", "token", "list"]);
    assert!(listed.out.contains("release bot") && listed.out.contains("2026-11-23"), "{listed:?}");
    assert!(!listed.out.contains(token.out.trim()));
    assert_eq!(folder.recount(&["user", "token", "revoke", "ana", "release bot"]).code, 0);
    assert_eq!(server.ask("/postmortems", &[("authorization", &bearer)], None).0, 401);
    let changed = with_input(&folder, &["user", "password", "ana"], "another long one\n");
    assert_eq!(changed.code, 0, "{changed:?}");
    assert_eq!(server.ask("/postmortems", &[("cookie", &cookie)], None).0, 303);
    let (_, cookie, _) = server.ask("/sign-in", &own, Some("name=ana&password=another+long+one"));
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    assert_eq!(server.ask("/account", &[("cookie", &cookie)], None).0, 200);
    assert_eq!(folder.recount(&["user", "remove", "ana"]).code, 0);
    assert_eq!(server.ask("/account", &[("cookie", &cookie)], None).0, 303);
    assert_eq!(server.ask("/", &[], None).0, 303);
}

#[test]
fn accounts_reach_no_repository() {
    let folder = Folder::repository();
    folder.write(".gitignore", "");
    folder.commit("Ignore nothing");
    let added = with_input(&folder, &["user", "add", "ana"], &format!("{PASSWORD}\n"));
    assert_eq!(added.code, 0, "{added:?}");
    assert!(folder.path(".recount/state/accounts.db").exists());
    let output = std::process::Command::new("git")
        .args(["status", "--porcelain", "--untracked-files=all"])
        .current_dir(folder.root())
        .output()
        .expect("git is there");
    let status = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!status.contains("accounts"), "{status}");
}

#[test]
fn names_and_mail_of_an_account_come_from_the_people_of_the_library() {
    let folder = Folder::library();
    let people = "[[people]]\nhandle = \"@ana\"\nname = \"Ana Li\"\nmail = [\"ana@example.com\"]\n";
    folder.write("recount.toml", people);
    let added = with_input(&folder, &["user", "add", "@ana"], &format!("{PASSWORD}\n"));
    assert!(added.code == 0 && added.err.contains("Ana Li"), "{added:?}");
    let stranger = with_input(&folder, &["user", "add", "bo"], &format!("{PASSWORD}\n"));
    assert!(stranger.err.contains("knows no person `@bo`"), "{stranger:?}");
    let listed = folder.recount(&["user", "list"]);
    assert!(listed.out.contains("Ana Li") && listed.out.contains("ana@example.com"), "{listed:?}");
    let json: serde_json::Value =
        serde_json::from_str(&folder.recount(&["user", "list", "--format", "json"]).out).expect("it is JSON");
    assert_eq!(json["users"][0]["name"], "ana");
    let missing = folder.recount(&["user", "remove", "nobody"]);
    assert!(missing.code == 2 && missing.err.contains("`recount user list`"), "{missing:?}");
}

#[test]
fn a_head_that_is_no_request_or_too_large_breaks_nothing() {
    let folder = Folder::examples();
    let server = Server::start(&folder, &["--address", "127.0.0.1:0"]);
    let address = server.url.trim_start_matches("http://");
    let large = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "x".repeat(100_000));
    let many = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{}\r\n", "x: y\r\n".repeat(200));
    for (sent, status) in [("\0\0\0 nonsense\r\n\r\n", "400"), (&large, "431"), (&many, "431")] {
        let mut stream = TcpStream::connect(address).expect("it listens");
        // It may close before it has read all of it.
        let _ = stream.write_all(sent.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
    assert_eq!(server.ask("/", &[], None).0, 200);
}
