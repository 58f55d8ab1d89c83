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
