//! Asking Grafana for its annotations in a window: those of people and scripts, and those that alerts leave.
//!
//! What does not live here: what the answers mean (`grafana`), and the network.

use jiff::Timestamp;

use crate::evidence::json;
use crate::evidence::live::{Auth, Live, LiveForm, Parts, Place, Reply, Request};

/// How Grafana is asked.
pub(super) const FORM: LiveForm = LiveForm {
    scheme: "grafana",
    example: "grafana:",
    target_of,
    server: |config| &config.grafana,
    url: None,
    auth: Auth::bearer("GRAFANA_TOKEN"),
    needs_window: true,
    start,
};

/// How many annotations are asked for at once, at first.
const LIMIT: usize = 1_000;
/// How many at most, where that many fall into one second.
const MOST: usize = 64_000;

/// The dashboard of an address, `https://grafana.example.com/d/cart-overview/carts?orgId=1`.
fn target_of(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let (_, path) = rest.split_once('/')?;
    let path = path.split(['?', '#']).next()?;
    let (_, after) =
        path.split_once("d/").filter(|(before, _)| before.is_empty() || before.ends_with('/'))?;
    let dashboard = after.split('/').next()?;
    is_dashboard(dashboard).then(|| dashboard.to_owned())
}

fn is_dashboard(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 40
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
}

fn start(place: &Place<'_>) -> Result<Box<dyn Live>, String> {
    let dashboard = place.target;
    if !dashboard.is_empty() && !is_dashboard(dashboard) {
        return Err("behind the colon stands nothing, or the UID of a dashboard".to_owned());
    }
    let (Some(from), Some(to)) = (place.options.from, place.options.to) else {
        return Err("the window is not known".to_owned());
    };
    Ok(Box::new(GrafanaLive {
        base: place.url.to_owned(),
        dashboard: dashboard.to_owned(),
        windows: vec![Window {
            from: from.as_millisecond(),
            // The end counts: what happened within its last millisecond too.
            to: to.as_millisecond().saturating_add(1),
            limit: LIMIT,
        }],
        asked: None,
    }))
}

struct GrafanaLive {
    base: String,
    dashboard: String,
    /// What is still to be asked for; the last is next.
    windows: Vec<Window>,
    asked: Option<Window>,
}

/// A window, in milliseconds.
#[derive(Clone, Copy)]
struct Window {
    from: i64,
    to: i64,
    limit: usize,
}

impl Live for GrafanaLive {
    fn next(&mut self) -> Option<Request> {
        let window = self.windows.pop()?;
        self.asked = Some(window);
        let from = Timestamp::from_millisecond(window.from).unwrap_or_default();
        let what = format!("annotations from {}", from.strftime("%Y-%m-%d %H:%M:%S"));
        let request = Request::get(what, format!("{}/api/annotations", self.base))
            .with("from", window.from)
            .with("to", window.to)
            .with("limit", window.limit);
        Some(match self.dashboard.as_str() {
            "" => request,
            dashboard => request.with("dashboardUID", dashboard),
        })
    }

    fn reply(&mut self, reply: Reply) -> Result<Parts, String> {
        let Some(window) = self.asked.take() else { return Ok(Parts::new()) };
        if reply.body.trim_ascii_start().first() != Some(&b'[') {
            return Err("it is no list of annotations".to_owned());
        }
        let annotations: Vec<&[u8]> = json::elements(&reply.body).map(|(_, annotation)| annotation).collect();
        // Grafana has no pages. A list that is full may have lost its oldest: both halves are asked for.
        if annotations.len() >= window.limit {
            let middle = window.from + (window.to - window.from) / 2;
            if window.to - window.from > 1_000 {
                self.windows.push(Window { to: middle, ..window });
                self.windows.push(Window { from: middle + 1, ..window });
                return Ok(Parts::new());
            }
            if window.limit < MOST {
                self.windows.push(Window { limit: window.limit * 4, ..window });
                return Ok(Parts::new());
            }
        }
        // Each annotation is told where it is from: it links to its dashboard.
        let url = serde_json::to_string(&self.base).map_err(|error| json::reason(&error))?;
        let mut lines = Vec::with_capacity(reply.body.len() + annotations.len() * (url.len() + 40));
        for annotation in annotations {
            lines.extend_from_slice(format!("{{\"grafana_url\":{url},\"annotation\":").as_bytes());
            lines.extend(annotation.iter().filter(|byte| **byte != b'\n'));
            lines.extend_from_slice(b"}\n");
        }
        Ok(vec![(format!("annotations {}-{}", window.from, window.to), lines)])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unnecessary_wraps, reason = "a server that always answers is a server")]

    use super::*;
    use crate::evidence::live::{Failure, LiveSession};
    use crate::evidence::source::{Import, Options, by_name};

    fn ask(
        target: &str,
        server: impl Fn(i64, i64, usize) -> Result<Reply, Failure>,
    ) -> (Import, Vec<Request>) {
        let options = Options {
            from: Some("2026-11-20T14:00:00Z".parse().expect("a time")),
            to: Some("2026-11-20T15:00:00Z".parse().expect("a time")),
            ..Options::default()
        };
        let place = Place { url: "https://grafana.example.com", target, options: &options };
        let source = by_name("grafana").expect("it is there");
        let session = LiveSession::new(source, &FORM, &place).expect("a good target");
        let mut asked = Vec::new();
        let import = session.run(|request| {
            let number = |index: usize| request.query[index].1.parse().expect("a number");
            let limit = usize::try_from(number(2)).expect("a limit");
            asked.push(request.clone());
            server(number(0), number(1), limit)
        });
        (import, asked)
    }

    /// A Grafana with an annotation each second, newest first, as many as the limit lets through.
    fn each_second(from: i64, to: i64, limit: usize) -> Result<Reply, Failure> {
        let times = (from..=to).filter(|ms| ms % 1_000 == 0).rev().take(limit);
        let list: Vec<String> = times
            .map(|ms| {
                format!(r#"{{"id":{ms},"time":{ms},"timeEnd":{ms},"text":"Deployed","tags":["deploy"],"dashboardUID":"carts","panelId":4,"login":"ana"}}"#)
            })
            .collect();
        Ok(Reply { status: 200, headers: vec![], body: format!("[{}]", list.join(",\n")).into_bytes() })
    }

    #[test]
    fn a_full_list_is_asked_for_again_in_halves_until_nothing_is_missing() {
        let (import, asked) = ask("", each_second);
        assert_eq!(import.events.len(), 3_601);
        assert!(import.failures.is_empty() && import.left_out.is_empty(), "{:?}", import.left_out);
        assert!(asked.len() < 20, "{}", asked.len());
        let link = import.events[0].link.as_deref().expect("the server is known");
        assert!(link.starts_with("https://grafana.example.com/d/carts?from="), "{link}");
    }

    #[test]
    fn what_falls_into_one_second_is_asked_for_at_once() {
        let (import, _) = ask("", |from, to, limit| {
            let at = 1_795_185_000_000_i64;
            let inside = from <= at && at <= to;
            let list: Vec<String> = (0..if inside { 3_000.min(limit) } else { 0 })
                .map(|id| format!(r#"{{"id":{id},"time":{at},"text":"x","tags":["deploy"]}}"#))
                .collect();
            Ok(Reply { status: 200, headers: vec![], body: format!("[{}]", list.join(",")).into_bytes() })
        });
        assert_eq!(import.events.len(), 3_000);
    }

    #[test]
    fn an_answer_that_is_no_list_and_one_that_was_cut_off_are_told() {
        let (import, _) = ask("", |_, _, _| {
            Ok(Reply { status: 200, headers: vec![], body: b"{\"message\":\"hello\"}".to_vec() })
        });
        assert!(import.failures[0].message.contains("it is no list of annotations"), "{:?}", import.failures);
        let (import, _) = ask("carts", |_, _, _| {
            let partial =
                br#"[{"id":1,"time":1795183300000,"text":"Deployed","tags":["deploy"]},{"id":2,"ti"#;
            Err(Failure { message: "cut".into(), partial: partial.to_vec(), ..Failure::default() })
        });
        assert_eq!((import.events.len(), import.failures.len()), (1, 1));
    }

    #[test]
    fn a_dashboard_is_named_by_its_uid_or_by_its_page() {
        for (address, target) in [
            ("https://grafana.example.com/d/cart-overview/carts?orgId=1", Some("cart-overview")),
            ("https://example.com/grafana/d/abc", Some("abc")),
            ("https://grafana.example.com", None),
            ("https://grafana.example.com/explore", None),
            ("https://grafana.example.com/odd/x", None),
        ] {
            assert_eq!(target_of(address).as_deref(), target, "{address}");
        }
        let (_, asked) = ask("carts", each_second);
        assert!(asked.iter().all(|request| request.query.contains(&("dashboardUID".into(), "carts".into()))));
    }
}
