//! How a Prometheus is asked which alerts fired in a window. What its answers mean stands in `prometheus`.
//!
//! A window is asked for in pieces of some hours, each with all samples as they were written (`[6h]`), because
//! those have the times of the evaluations: that is when Alertmanager was told. A server that refuses so many
//! samples is asked for one sample a step, in pieces of no more steps than it allows.

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

use crate::evidence::live::{After, Auth, Failure, Live, LiveForm, Parts, Place, Reply, Request};

/// `prometheus:`.
pub(super) const FORM: LiveForm = LiveForm {
    scheme: "prometheus",
    example: "prometheus:",
    target_of: |_| None,
    server: |evidence| &evidence.prometheus,
    url: None,
    auth: Auth::bearer("PROMETHEUS_TOKEN"),
    needs_window: true,
    start,
};

/// How much is asked for at once with all samples.
const PIECE: SignedDuration = SignedDuration::from_hours(6);
/// The step where all samples are too many, in seconds: the shortest interval that is in wide use.
const STEP: i64 = 15;
/// How many steps a server answers with at most (11,000), with some room.
const STEPS: i64 = 10_800;

/// How long after an instant a server surely has its samples.
const SETTLING: SignedDuration = SignedDuration::from_secs(10);

struct PrometheusLive {
    url: String,
    selector: String,
    to: Timestamp,
    /// What was asked for until now.
    asked: Timestamp,
    /// The end of the piece that is being asked for.
    piece_end: Timestamp,
    is_raw: bool,
    pieces: usize,
}

fn start(place: &Place<'_>) -> Result<Box<dyn Live>, String> {
    let (Some(from), Some(to)) = (place.options.from, place.options.to) else {
        return Err("the hours to ask for are not known".to_owned());
    };
    if from >= to {
        return Err("the hours to ask for end before they begin".to_owned());
    }
    let matchers = place.target.trim();
    let matchers = match matchers.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
        Some(inner) => format!(",{}", inner.trim().trim_end_matches(',')),
        None if matchers.is_empty() => String::new(),
        None => return Err("labels stand in braces, `prometheus:{service=\"checkout\"}`".to_owned()),
    };
    let matchers = if matchers == "," { "" } else { &matchers };
    // `ALERTS_FOR_STATE` has no label `alertstate`.
    let selector = format!("{{__name__=~\"ALERTS|ALERTS_FOR_STATE\",alertstate=~\"firing|\"{matchers}}}");
    Ok(Box::new(PrometheusLive {
        url: place.at("/api/v1"),
        selector,
        to,
        asked: from,
        piece_end: from,
        is_raw: true,
        pieces: 0,
    }))
}

impl Live for PrometheusLive {
    fn next(&mut self) -> Option<Request> {
        if self.asked >= self.to {
            return None;
        }
        let piece = if self.is_raw { PIECE } else { SignedDuration::from_secs(STEP * STEPS) };
        self.piece_end = self.asked.checked_add(piece).unwrap_or(self.to).min(self.to);
        let what = format!(
            "alerts from {} to {}",
            self.asked.strftime("%Y-%m-%d %H:%M"),
            self.piece_end.strftime("%Y-%m-%d %H:%M")
        );
        Some(if self.is_raw {
            // A second more than the piece: newer servers leave the very first instant out.
            let seconds = self.piece_end.duration_since(self.asked).as_secs() + 1;
            Request::get(what, format!("{}/query", self.url))
                .with("query", format!("{}[{seconds}s]", self.selector))
                .with("time", self.piece_end)
        } else {
            Request::get(what, format!("{}/query_range", self.url))
                .with("query", &self.selector)
                .with("start", self.asked)
                .with("end", self.piece_end)
                .with("step", STEP)
        })
    }

    fn reply(&mut self, reply: Reply) -> Result<Parts, String> {
        if !is_answer(&reply.body) {
            return Err("it is no answer of Prometheus".to_owned());
        }
        // Nothing is known of what has not been yet, nor surely of the last moments.
        let settled = reply.header("date").and_then(|date| rfc2822::parse(date).ok());
        let settled = settled.and_then(|date| date.timestamp().checked_sub(SETTLING).ok());
        let known_to = settled.unwrap_or(self.piece_end).min(self.piece_end);
        // The answers do not say what was asked.
        let step = if self.is_raw { "null".to_owned() } else { STEP.to_string() };
        let asked = format!(
            "{{\"start\":\"{}\",\"end\":\"{}\",\"raw\":{},\"step\":{step}}}",
            self.asked, known_to, self.is_raw
        );
        self.asked = if known_to < self.piece_end { self.to } else { self.piece_end };
        self.pieces += 1;
        let parts = vec![
            (format!("alerts-{:04}.json", self.pieces), reply.body),
            (format!("asked-{:04}.json", self.pieces), asked.into_bytes()),
        ];
        Ok(parts)
    }

    fn failed(&mut self, failure: &Failure) -> After {
        // Too many samples, a query that is too long, or one that takes too long.
        if self.is_raw && matches!(failure.status, Some(400 | 413 | 422 | 503 | 504)) {
            self.is_raw = false;
            return After::Instead;
        }
        After::Stop
    }
}

fn is_answer(body: &[u8]) -> bool {
    let head = &body[..body.len().min(4096)];
    let peek = crate::evidence::json::Peek::of(head);
    peek.has("status") && (peek.has("data") || peek.value("status") == Some("error"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Options;

    fn live(target: &str, hours: i64) -> Box<dyn Live> {
        let from: Timestamp = "2026-11-20T00:00:00Z".parse().expect("a time");
        let to = from.checked_add(SignedDuration::from_hours(hours)).expect("in range");
        let options = Options { from: Some(from), to: Some(to), ..Options::default() };
        start(&Place { url: "https://prom.example", target, options: &options }).expect("it makes sense")
    }

    fn of<'a>(request: &'a Request, key: &str) -> &'a str {
        request.query.iter().find(|(there, _)| there == key).map_or("", |(_, value)| value)
    }

    fn answer(date: &str) -> Reply {
        let headers = vec![("date".to_owned(), date.to_owned())];
        let body = br#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#.to_vec();
        Reply { status: 200, headers, body }
    }

    #[test]
    fn a_long_window_is_asked_for_in_pieces_that_leave_nothing_out() {
        let mut live = live("{service=\"checkout\",}", 15);
        let mut ends = Vec::new();
        while let Some(request) = live.next() {
            assert!(of(&request, "query").contains(",service=\"checkout\"}["), "{request:?}");
            ends.push((
                of(&request, "time").to_owned(),
                of(&request, "query").rsplit('[').next().map(str::to_owned),
            ));
            live.reply(answer("")).expect("an answer");
        }
        let piece =
            |end: &str, seconds: &str| (format!("2026-11-20T{end}:00:00Z"), Some(format!("{seconds}s]")));
        assert_eq!(ends, [piece("06", "21601"), piece("12", "21601"), piece("15", "10801")]);
    }

    #[test]
    fn a_server_that_refuses_so_many_samples_is_asked_for_steps_within_its_limit() {
        let mut live = live("", 24 * 5);
        live.next().expect("the first piece");
        live.reply(answer("")).expect("an answer");
        live.next().expect("the second");
        let refused = Failure { status: Some(422), ..Failure::default() };
        assert_eq!(live.failed(&refused), After::Instead);
        let mut pieces = 0;
        while let Some(request) = live.next() {
            let time = |key| of(&request, key).parse::<Timestamp>().expect("a time").as_second();
            let step: i64 = of(&request, "step").parse().expect("a number");
            assert!(
                request.url.ends_with("/api/v1/query_range") && (time("end") - time("start")) / step < 11_000
            );
            // What was read already is not asked for again.
            assert_eq!(pieces == 0, of(&request, "start") == "2026-11-20T06:00:00Z");
            live.reply(answer("")).expect("an answer");
            pieces += 1;
        }
        assert_eq!(pieces, 3);
        assert_eq!(live.failed(&refused), After::Stop);
    }

    #[test]
    fn what_has_not_been_yet_is_not_asked_for_and_not_known() {
        let mut live = live("", 48);
        live.next().expect("the first piece");
        let parts = live.reply(answer("Fri, 20 Nov 2026 04:00:00 GMT")).expect("an answer");
        let asked = String::from_utf8(parts[1].1.clone()).expect("text");
        assert!(asked.contains("\"end\":\"2026-11-20T03:59:50Z\""), "{asked}");
        assert!(live.next().is_none());
    }

    #[test]
    fn labels_stand_in_braces() {
        let options =
            Options { from: Some(Timestamp::UNIX_EPOCH), to: Some(Timestamp::MAX), ..Options::default() };
        let refused = start(&Place { url: "https://prom.example", target: "service=a", options: &options });
        assert!(refused.err().is_some_and(|why| why.contains("braces")));
    }
}
