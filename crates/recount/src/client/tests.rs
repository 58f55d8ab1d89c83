//! The client against a server of a few lines on this machine, which answers as servers do at 3 a.m.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use super::*;

const TOKEN: &str = "planted-s3cr3t-token";

/// Answers each connection with the next of `answers`, as they stand; gives what it was asked.
fn server(answers: Vec<String>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (told, asked) = channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = String::new();
            let mut input = BufReader::new(stream.try_clone().unwrap());
            // What is no line of text is the beginning of TLS: it is answered, too.
            while let Ok(2..) = input.read_line(&mut head) {
                if head.ends_with("\r\n\r\n") {
                    break;
                }
            }
            let _ = told.send(head);
            if answer == "silence" {
                thread::sleep(Duration::from_secs(2));
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url, asked)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

fn access(url: &str) -> Access {
    Access {
        url: url.to_owned(),
        is_configured: true,
        credentials: Some(("Authorization".to_owned(), format!("Bearer {TOKEN}"))),
        secret: Some(TOKEN.to_owned()),
        headers: [("X-Scope-OrgID".to_owned(), "shop".to_owned())].into(),
        timeout: Duration::from_secs(1),
        variable: "PAGER_TOKEN".to_owned(),
        table: "[evidence.pagerduty]".to_owned(),
    }
}

fn fetch(url: &str, access: &Access) -> Answer {
    let answer = Client::new().fetch(&Request::get("log entries", format!("{url}/x")), access, &|_| {});
    if let Err(failure) = &answer {
        let said = format!("{failure:?}");
        assert!(!said.contains(TOKEN), "{said}");
        assert!(!failure.hint.is_empty() && !failure.message.ends_with('.'), "{said}");
    }
    answer
}

#[test]
fn every_way_in_which_a_server_fails_has_a_sentence_and_a_hint() {
    let echo = format!("{{\"error\":{{\"message\":\"no such key: {TOKEN}.\"}}}}");
    for (answers, message) in [
        (
            vec![answer("401 Unauthorized", "", &echo)],
            "refuses the token in `PAGER_TOKEN` (401): no such key: ",
        ),
        (
            vec![answer("403 Forbidden", "", "{}")],
            "does not show log entries to the token in `PAGER_TOKEN` (403)",
        ),
        (vec![answer("404 Not Found", "", "")], "has no log entries (404)"),
        (
            vec![answer("400 Bad Request", "", "{\"message\":\"unknown key\"}")],
            "refuses log entries (400): unknown key",
        ),
        (
            vec![answer("429 Too Many Requests", "retry-after: 300\r\n", "")],
            "is asked too often (429), and asks to wait 5 min",
        ),
        (
            vec![answer("429 Too Many Requests", "retry-after: 0\r\n", ""); 4],
            "is asked too often (429), 4 times",
        ),
        (
            vec![answer("503 Service Unavailable", "retry-after: 0\r\n", ""); 4],
            "could not answer (503), 4 times",
        ),
        (
            vec![answer("200 OK", "", "<!doctype html><title>Sign in</title>")],
            "answered with a web page where log entries was expected",
        ),
        (vec![answer("302 Found", "location: /x\r\n", ""); 6], "leads in circles"),
        (vec!["silence".to_owned()], "did not answer within 1 s"),
        (vec![String::new(); 4], "was cut off, 4 times"),
    ] {
        let (url, _asked) = server(answers);
        let failure = fetch(&url, &access(&url)).unwrap_err();
        assert!(failure.message.contains(message), "{failure:?}");
    }
}

#[test]
fn a_busy_server_is_asked_again_and_a_reply_that_quotes_the_token_is_read_without_it() {
    let busy = answer("429 Too Many Requests", "retry-after: 0\r\n", "");
    let body = format!("{{\"note\":\"curl -H {TOKEN}\"}}");
    let (url, asked) = server(vec![busy, answer("200 OK", "link: <y>; rel=\"next\"\r\n", &body)]);
    let reply = fetch(&url, &access(&url)).unwrap();
    assert_eq!(reply.body, b"{\"note\":\"curl -H (token)\"}");
    assert_eq!(reply.next_link(), Some("y"));
    let asked: Vec<String> = asked.try_iter().collect();
    assert_eq!(asked.len(), 2);
    let head = asked[1].to_lowercase();
    assert!(head.contains("authorization: bearer planted") && head.contains("x-scope-orgid: shop"), "{head}");
}

#[test]
fn what_came_before_a_reply_was_cut_off_is_handed_on() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"log_entries\":[{\"id\":\"R1\"},";
    let (url, _asked) = server(vec![cut.to_owned(); 4]);
    let failure = fetch(&url, &access(&url)).unwrap_err();
    assert_eq!(failure.partial, b"{\"log_entries\":[{\"id\":\"R1\"},");
}

#[test]
fn a_token_and_a_tenant_stay_behind_when_a_redirect_leaves_the_host() {
    let (other, asked) = server(vec![answer("200 OK", "", "[]"), answer("401 Unauthorized", "", "")]);
    for _ in 0..2 {
        let (url, _) = server(vec![answer("302 Found", &format!("location: {other}/y?sig=1\r\n"), "")]);
        match fetch(&url, &access(&url)) {
            Ok(reply) => assert_eq!(reply.body, b"[]"),
            Err(failure) => assert!(failure.message.contains("wants a token (401)"), "{failure:?}"),
        }
        let head = asked.recv().unwrap().to_lowercase();
        assert!(!head.contains("authorization") && !head.contains("orgid"), "{head}");
    }
}

#[test]
fn http_is_spoken_where_it_is_configured_and_nowhere_else() {
    let mut access = access("http://prom.example.com");
    let place = Origin::of("http://prom.example.com/api").unwrap();
    assert!(access.may_ask(&place).is_ok());
    assert!(access.may_ask(&Origin::of("http://other.example.com/").unwrap()).is_err());
    access.is_configured = false;
    let refused = access.may_ask(&place).unwrap_err().failure;
    assert!(refused.message.contains("is not asked over `http://`"), "{refused:?}");
}

#[test]
fn a_certificate_that_nobody_signed_and_a_closed_port_are_told_apart() {
    // A server that speaks no TLS.
    let (plain, _asked) = server(vec![answer("200 OK", "", "[]")]);
    let url = plain.replace("http://", "https://");
    let failure = fetch(&url, &access(&url)).unwrap_err();
    assert!(failure.message.contains("is not secure"), "{failure:?}");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{closed}");
    assert!(fetch(&url, &access(&url)).unwrap_err().message.contains("refuses connections"));
}

#[test]
fn a_token_is_bound_to_scheme_host_and_port() {
    let base = "https://api.example.com/v2";
    for (url, same) in [
        ("https://api.example.com/incidents", true),
        ("https://API.example.com:443/x", true),
        ("https://api.example.com.evil.example/x", false),
        ("http://api.example.com/x", false),
        ("https://api.example.com:8443/x", false),
    ] {
        assert_eq!(Origin::of(url).unwrap().is_that_of(base), same, "{url}");
    }
    for url in ["https://api.example.com@evil.example/", "ftp://x/", "x", ""] {
        assert_eq!(Origin::of(url), None, "{url}");
    }
}

#[test]
fn redirects_are_resolved_from_where_they_stand() {
    let from = "https://a.example/x/y?z=1";
    for (to, want) in [
        ("https://b.example/q", "https://b.example/q"),
        ("//b.example/q", "https://b.example/q"),
        ("/q?r", "https://a.example/q?r"),
        ("q", "https://a.example/x/q"),
    ] {
        assert_eq!(resolved(from, to).unwrap(), want);
    }
}

#[test]
fn a_query_is_escaped_and_joined() {
    let query = [("query".to_owned(), "ALERTS{a=\"b c\"}[1h]".to_owned()), ("x".to_owned(), "é".to_owned())];
    assert_eq!(
        with_query("http://p/api", &query),
        "http://p/api?query=ALERTS%7Ba%3D%22b%20c%22%7D%5B1h%5D&x=%C3%A9"
    );
    assert_eq!(with_query("http://p/?a=1", &query[1..]), "http://p/?a=1&x=%C3%A9");
}

#[test]
fn a_server_says_in_several_ways_how_long_to_wait() {
    let reply = |name: &str, value: &str| Reply {
        status: 429,
        headers: vec![(name.into(), value.into())],
        body: vec![],
    };
    assert_eq!(wait_asked(&reply("retry-after", "7")), Some(Duration::from_secs(7)));
    assert_eq!(wait_asked(&reply("ratelimit-reset", "3")), Some(Duration::from_secs(3)));
    assert_eq!(wait_asked(&reply("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")), Some(Duration::ZERO));
    assert_eq!(wait_asked(&reply("x-ratelimit-reset", "1")), Some(Duration::ZERO));
    assert_eq!(wait_asked(&reply("date", "1")), None);
}

#[test]
fn one_client_serves_several_threads() {
    fn is_shared<T: Send + Sync + Clone>() {}
    is_shared::<Client>();
}

#[test]
fn what_goes_wrong_between_machines_is_told_apart() {
    use std::io::{Error, ErrorKind};
    let place = Origin::of("https://prom.example.com").unwrap();
    let access = access("https://prom.example.com");
    for (error, message, passes) in [
        (
            Error::other("failed to lookup address information: Name or service not known"),
            "is not known",
            false,
        ),
        (Error::from(ErrorKind::NetworkUnreachable), "cannot be reached: network unreachable", false),
        (Error::from(ErrorKind::ConnectionRefused), "refuses connections", false),
        (
            Error::new(ErrorKind::InvalidData, "invalid peer certificate: UnknownIssuer"),
            "is not secure: invalid",
            false,
        ),
        (Error::from(ErrorKind::ConnectionReset), "was cut off", true),
        (Error::from(ErrorKind::UnexpectedEof), "was cut off", true),
    ] {
        let told = trouble(&ureq::Error::Io(error), &place, &access);
        assert!(told.failure.message.contains(message), "{:?}", told.failure);
        assert_eq!(told.passes, passes, "{:?}", told.failure);
    }
}
