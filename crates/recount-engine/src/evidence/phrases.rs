//! What people and programs say: tables of wording that states an action or a milestone.
//!
//! What does not live here: what follows from a statement (`curate`, `derive`).
//!
//! Precision comes before recall: a message that is missed stays a candidate, a joke in a timeline is an
//! error. So a question, a plan, a condition, a denial and a quotation state nothing.

use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use regex::{Regex, RegexSet, RegexSetBuilder};

use super::event::{Kind, Milestone, Precision};
use crate::document::value::severity::Severity;

/// What a text states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// A milestone was reached.
    Reached(Milestone),
    /// Something of this kind was done.
    Did(Kind),
}

struct Phrase {
    says: Says,
    pattern: &'static str,
}

const fn reached(milestone: Milestone, pattern: &'static str) -> Phrase {
    Phrase { says: Says::Reached(milestone), pattern }
}

const fn did(kind: Kind, pattern: &'static str) -> Phrase {
    Phrase { says: Says::Did(kind), pattern }
}

/// What people write, by sentence. The order is that of preference: the first that fits is taken.
const PHRASES: &[Phrase] = &[
    reached(Milestone::Resolved, r"(?:^|, )all clear(?:$|[,:]| (?:at|now|here)\b)"),
    reached(
        Milestone::Resolved,
        r"\b(?:incident|outage|issue) (?:is|has been|was) (?:now )?(?:fully )?(?:resolved|closed|over)\b",
    ),
    reached(
        Milestone::Resolved,
        r"^(?:we(?:'re| are) )?(?:declaring|calling) (?:this|it|the incident) (?:resolved|over|closed)\b",
    ),
    reached(Milestone::Resolved, r"^(?:status: ?)?(?:fully )?resolved\b(?:\W|$)"),
    reached(
        Milestone::Resolved,
        r"\b(?:everything|all (?:services|systems|checks)) (?:is|are) (?:back to normal|healthy again|green again|fully recovered)\b",
    ),
    reached(Milestone::Mitigated, r"^(?:status: ?)?mitigated\b"),
    reached(Milestone::Mitigated, r"[,;] mitigated$"),
    reached(Milestone::Mitigated, r"\b(?:is|has been|was|we(?:'ve| have)|we) (?:now )?mitigated\b"),
    reached(
        Milestone::Mitigated,
        r"\b(?:error rates?|errors|latency|latencies|5xxs?|p9\d|traffic|queue|lag|checkouts?|logins?|requests) (?:\w+ ){0,3}?(?:back to normal|back to baseline|(?:has|have) recovered|recovered|(?:is|are) recovering|returned to (?:normal|baseline)|(?:dropping|dropped|down) to (?:0|zero|baseline|normal))\b",
    ),
    did(
        Kind::Note,
        r"^(?:i(?:'m| am)|we(?:'re| are)|i|we)? ?(?:opening|opened|declaring|declared) (?:an?|this|the) (?:\w+ ){0,2}?(?:incident|sev-?\d)\b",
    ),
    did(Kind::Note, r"^(?:the )?(?:root cause|culprit) (?:found|identified)\b"),
    did(
        Kind::Note,
        r"^(?:i|we|i've|we've|i have|we have)? ?(?:just )?(?:found|identified) (?:the|our) (?:root cause|culprit)\b",
    ),
    reached(Milestone::Acknowledged, r"^(?:ack|acked|acknowledged|acknowledging)\b"),
    reached(Milestone::Acknowledged, r"^(?:i(?:'m| am) )?taking (?:it|this one|this|the page)$"),
    reached(Milestone::Acknowledged, r"^(?:i(?:'m| am) )?(?:looking into (?:it|this)|investigating)\b"),
    reached(Milestone::Acknowledged, r"^(?:i(?:'m| am|'ve| have)) (?:got|taking|on) (?:this|it|the page)\b"),
    reached(
        Milestone::Acknowledged,
        r"^(?:i(?:'m| am) |i(?:'ll| will) be |taking )(?:the )?(?:incident commander|ic)\b",
    ),
    reached(
        Milestone::Detected,
        r"^(?:i(?:'m| am)|i|we(?:'re| are)|we|just) (?:just )?(?:got |been |was |were )?paged\b",
    ),
    reached(
        Milestone::Detected,
        r"^(?:we(?:'re| are) |i(?:'m| am) )?(?:seeing|getting) (?:\w+ ){0,5}?(?:5xxs?|50[0-9]s?|errors?|timeouts|failures|latency|elevated|spikes?)\b",
    ),
    reached(
        Milestone::Detected,
        r"\b(?:customers?|users|support)(?: \w+)? (?:is|are|have been|has been|just )?(?:report(?:s|ed|ing)?|complain(?:s|ed|ing)?|seeing|getting) (?:\w+ ){0,5}?(?:errors?|5xxs?|50[0-9]s?|failures?|failing|timeouts?|slow\w*|down|outage|cannot|can't)\b",
    ),
    reached(
        Milestone::Detected,
        r"^(?:\w+ )?(?:we(?:'re| are) )?(?:getting|seeing) (?:\w+ ){0,5}?(?:tickets|complaints|calls) (?:about|that|saying|from) (?:\S+ ){0,6}?(?:fail\w*|errors?|timeouts?|down|slow|broken)\b",
    ),
    reached(
        Milestone::Started,
        r"\b(?:impact|errors?|outage|incident|failures) (?:started|began) (?:at|around) ",
    ),
    did(Kind::Rollback, r"\b(?:rolled|rolling|rolls) (?:\w+ ){0,3}?back\b"),
    did(
        Kind::Rollback,
        r"^(?:i(?:'ve| have)?|we(?:'ve| have)?)? ?(?:just |now )?(?:reverted|reverting|rollback)\b",
    ),
    did(
        Kind::Rollback,
        r"\b(?:rollback|revert) (?:is |has )?(?:now )?(?:done|complete[d]?|finished|deployed|out|live|in progress|started)\b",
    ),
    did(Kind::Deploy, r"^(?:i(?:'m| am)|we(?:'re| are))? ?(?:now )?deploying \S+"),
    did(Kind::Deploy, r"^(?:i|we)? ?(?:just |have |'ve )?deployed \S+"),
    did(
        Kind::Deploy,
        r"\b(?:hot-?fix|fix|patch|build|release|deploy(?:ment)?) (?:is |has been |has |was )?(?:now )?(?:deployed|live|rolled out|shipped|out in prod(?:uction)?)\b",
    ),
    did(Kind::Command, r"^(?:i(?:'m| am)|we(?:'re| are))? ?(?:now )?restarting \S+"),
    did(Kind::Command, r"^(?:i|we) ?(?:just |have |'ve )?restarted \S+"),
    did(
        Kind::Command,
        r"^(?:i(?:'m| am)|we(?:'re| are))? ?(?:now )?(?:failing over|draining|cordoning|killing|rebooting|purging|flushing) \S*",
    ),
    did(
        Kind::Command,
        r"^(?:i|we) ?(?:just |have |'ve )?(?:failed over|drained|cordoned|killed|rebooted|purged|flushed) \S+",
    ),
    did(
        Kind::Command,
        r"\bfail-?over (?:is |has )?(?:now )?(?:done|complete[d]?|finished|started|in progress)\b",
    ),
    did(Kind::Command, r"^(?:i |we )?(?:just )?(?:ran|running) `[^`]+`"),
    // A command beside what was done with it: `lifted the freeze with …`, `took a seat and ran …`.
    did(
        Kind::Command,
        r"^(?:i|we)? ?(?:have |'ve |just )?(?:\w+ed|took|set|ran|put|made) [^`]*(?:`[^` ]+`[^`]*)?\b(?:with|using|via|ran) `[^`\s]+ [^`]+`",
    ),
    did(Kind::Command, r"^\$ \S+"),
    // A command and what it printed: `openssl x509 …`: notAfter=…
    did(Kind::Command, r"^`[a-z][\w./-]+ [^`]+`: \S"),
    did(
        Kind::Command,
        r"^`(?:sudo )?(?:kubectl|helm|terraform|systemctl|docker|ansible\S*|aws|gcloud|az|redis-cli|psql|mysql|nomad|consul|argocd|flyctl|heroku) [^`]+`(?:$|:)",
    ),
    did(
        Kind::Scaling,
        r"^(?:i(?:'m| am)|we(?:'re| are)|i|we)? ?(?:now |just )?(?:scal(?:ed|ing)) (?:\S+ ){0,4}?(?:up|down|out|in|to|from)\b",
    ),
    did(
        Kind::ConfigChange,
        r"\b(?:turned|turning|switched|switching|flipped|flipping) (?:\S+ ){0,5}?(?:off|on)\b.*\b(?:flag|feature|toggle|kill ?switch)\b",
    ),
    did(
        Kind::ConfigChange,
        r"^(?:i(?:'m| am|'ve| have)?|we(?:'re| are|'ve| have)?)? ?(?:now |just )?(?:turned|turning|switched|switching|flipped|flipping) (?:\S+ ){0,3}?(?:flag|feature|toggle|kill ?switch) (?:back )?(?:off|on)\b",
    ),
    did(
        Kind::ConfigChange,
        r"^(?:the )?(?:\S+ )?(?:feature )?(?:flag|toggle) (?:is|has been) (?:now )?(?:turned |switched )?(?:off|disabled)\b",
    ),
    did(
        Kind::ConfigChange,
        r"\b(?:disabled|disabling|enabled|enabling|flipped|turned o(?:n|ff)) (?:\S+ ){0,4}?(?:flag|feature|toggle|kill ?switch|rate limit(?:er|ing)?|circuit breaker|maintenance mode)\b",
    ),
    did(
        Kind::ConfigChange,
        r"^(?:i|we) ?(?:just |have |'ve )?(?:raised|lowered|bumped|increased|decreased) (?:\S+ ){0,5}?(?:limit|timeout|pool|max_connections|quota|threshold|ttl)\b",
    ),
    did(
        Kind::StatusUpdate,
        r"^(?:i|we)? ?(?:just |have |'ve )?(?:posted|published|updated) (?:\S+ ){0,4}?https?://status(?:page)?\.",
    ),
    did(Kind::StatusUpdate, r"^status (?:is |was |has been )?(?:now )?(?:updated|set to \w+)\b"),
    did(
        Kind::ConfigChange,
        r"^(?:\w[\w-]* ){1,3}(?:is |was )?(?:now )?set to (?:\d|off\b|on\b|true\b|false\b)",
    ),
    did(
        Kind::StatusUpdate,
        r"\b(?:status ?page|statuspage) (?:is |has been |was )?(?:now )?(?:updated|posted|set)\b",
    ),
    did(
        Kind::StatusUpdate,
        r"^(?:i(?:'ve| have)?|we(?:'ve| have)?)? ?(?:just )?(?:updated|posted (?:to|on)) (?:the |our )?status ?page\b",
    ),
    did(
        Kind::Page,
        r"^(?:i(?:'m| am|'ve| have)?|we(?:'re| are|'ve| have)?)? ?(?:just )?(?:paging|paged) (?:@|<|the )\S*",
    ),
];

/// What a sentence must not hold to be believed: plans, conditions, denials.
const DOUBTS: &[&str] = &[
    r"^\w+ing (?:\w+ ){0,2}?(?:is|was|are|were) ",
    r"^(?:should|could|can|would|do|does|did|is|are|was|were|has|have|shall|may|who|what|when|where|why|how|if|unless|once|after|before)\b",
    r"\b(?:should (?:we|i)|could (?:we|i)|can (?:we|i|you|someone|anyone)|let's not|let me know|maybe|might|perhaps|probably|would|wouldn't|going to|gonna|about to|plan(?:ning)? to|want(?:s|ed)? to|need(?:s|ed)? to|tried to|trying to|hope(?:fully)?|think we|i think|wonder|unless|in case|last (?:week|month|year|time)|yesterday)\b",
    r"\b(?:not|never|no longer|isn't|wasn't|aren't|haven't|hasn't|didn't|don't|doesn't|can't|cannot|won't|nothing|without|still un\w+)\b",
    r"\b(?:if|until|whether) (?:we|i|it|this|that|they|you|the)\b",
];

struct Tables {
    /// One automaton for all phrases: most messages state nothing, and are read once to know that.
    says: RegexSet,
    doubts: RegexSet,
    starts: Vec<Regex>,
    full_start: Regex,
    at_clock: Regex,
    severity: Regex,
    warning: Regex,
    begun: Regex,
    request: Regex,
    bots: Vec<(Regex, Kind)>,
    subjects: Vec<(Regex, Option<Kind>)>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    // Patterns of this file, each compiled by the tests below.
    let compile = |pattern: &str| Regex::new(&ignoring_case(pattern)).expect("a pattern of the table");
    let compile_all = |patterns: &mut dyn Iterator<Item = &str>| {
        let mut set = RegexSetBuilder::new(patterns.map(ignoring_case));
        // So many patterns do not fit into the automaton's usual cache, and a chat is long.
        set.dfa_size_limit(32 << 20).build().expect("patterns of the table")
    };
    Tables {
        says: compile_all(&mut PHRASES.iter().map(|phrase| phrase.pattern)),
        doubts: compile_all(&mut DOUBTS.iter().copied()),
        starts: CLOCKED_STARTS
            .iter()
            .map(|before| match before.split_once("(?:@@)") {
                Some((before, after)) => compile(&format!("{before}{CLOCK}{after}")),
                None => compile(&format!("{before}{CLOCK}")),
            })
            .collect(),
        full_start: compile(
            r"\b(?:starts ?at|started(?: at)?|began(?: at)?|firing since|active since|since)\W{1,4}(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?P<s>:\d\d(?:\.\d+)?)?(?: UTC|Z|[+-]\d\d:\d\d))",
        ),
        at_clock: compile(
            r"\b(?:resolved|mitigated|closed|over|clear|normal|baseline|recovered|healthy|green|paged|detected|zero|0)(?: \w+){0,2}? (?:at|since) (?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?:(?P<utc> ?(?:UTC|GMT|Z))\b|[,;:!)]|$| (?:and|by|with|after|when|because|-|–)\b)",
        ),
        severity: compile(r"\bsev(?:erity)?[ -]?([0-3])\b"),
        warning: compile(
            r"\((?:warning|warn|info|low|ticket|P[45])\)|\bseverity\W{1,3}(?:warning|warn|info|low|none|P[45])\b",
        ),
        begun: compile(
            r"^.{0,60}\b(?:started deploying|is deploying|deploy(?:ment)? started|rollback started)\b",
        ),
        request: compile(
            r"^\W*merged (?:pull request )?(?P<repo>[\w./-]+)?#(?P<number>\d+)(?:\W{1,3}?\x22(?P<title>.+)\x22)?",
        ),
        bots: BOTS.iter().map(|(pattern, kind)| (compile(pattern), *kind)).collect(),
        subjects: SUBJECTS.iter().map(|(pattern, kind)| (compile(pattern), *kind)).collect(),
    }
});

/// A pattern that ignores case, and whose words end where ASCII words do: with Unicode's, one emoji or curly
/// quote in a message makes its search twenty times as slow.
fn ignoring_case(pattern: &str) -> String {
    format!("(?i){}", pattern.replace(r"\b", r"(?-u:\b)"))
}

/// The first thing a person's text states, sentence by sentence, and the words that state it.
pub fn stated(text: &str) -> Option<(Says, &str)> {
    sentences(text).find_map(|sentence| {
        let phrase = TABLES.says.matches(sentence).iter().next()?;
        (!sentence.ends_with('?') && !TABLES.doubts.is_match(sentence))
            .then(|| (PHRASES[phrase].says, sentence))
    })
}

/// The instant at which a text, said at `said`, states that impact began: a clock or a full time, in UTC or
/// with an offset by the text's own word. A clock falls on the day that makes it not later than `said`.
pub fn stated_start(text: &str, said: Timestamp) -> Option<(Timestamp, Precision)> {
    // Nearly every message is passed over here, before any pattern is tried.
    if !text.bytes().any(|b| b == b':') || !STARTS.iter().any(|word| contains_ignoring_case(text, word)) {
        return None;
    }
    sentences(text).find_map(|sentence| {
        if sentence.ends_with('?') || TABLES.doubts.is_match(sentence) {
            return None;
        }
        if let Some(found) = TABLES.full_start.captures(sentence) {
            let time =
                found.name("time")?.as_str().replacen(' ', "T", 1).replace(" UTC", "Z").replace(' ', "");
            let precision = if found.name("s").is_some() { Precision::Second } else { Precision::Minute };
            return time.parse().ok().filter(|at| *at <= said).map(|at| (at, precision));
        }
        let found = TABLES.starts.iter().find_map(|regex| regex.captures(sentence))?;
        let number = |name| found.name(name).and_then(|m| m.as_str().parse::<i8>().ok());
        let clock = jiff::civil::Time::new(number("h")?, number("m")?, number("s").unwrap_or(0), 0).ok()?;
        let precision = if found.name("s").is_some() { Precision::Second } else { Precision::Minute };
        let day = said.to_zoned(TimeZone::UTC).date();
        let on =
            |day: Date| day.to_datetime(clock).to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
        let at = on(day).filter(|at| *at <= said).or_else(|| on(day.yesterday().ok()?))?;
        Some((at, precision))
    })
}

/// How long ago a clock without a zone may be to be surely UTC: no zone is nearer to UTC than this.
const SURELY_UTC: SignedDuration = SignedDuration::from_mins(30);

/// The instant at which a sentence, said at `said`, states that what it tells happened: `mitigated at
/// 11:34`. A clock without a zone counts where it lies shortly before `said`; nothing where the sentence
/// was said in that very minute.
pub fn stated_at(sentence: &str, said: Timestamp) -> Option<(Timestamp, Precision)> {
    let found = TABLES.at_clock.captures(sentence)?;
    let number = |name| found.name(name).and_then(|m| m.as_str().parse::<i8>().ok());
    let clock = jiff::civil::Time::new(number("h")?, number("m")?, number("s").unwrap_or(0), 0).ok()?;
    let precision = if found.name("s").is_some() { Precision::Second } else { Precision::Minute };
    let day = said.to_zoned(TimeZone::UTC).date();
    let on = |day: Date| day.to_datetime(clock).to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let at = on(day).filter(|at| *at <= said).or_else(|| on(day.yesterday().ok()?))?;
    let ago = said.duration_since(at);
    let is_utc = found.name("utc").is_some() || ago < SURELY_UTC;
    let same_minute = said.as_second().div_euclid(60) == at.as_second().div_euclid(60);
    (is_utc && !same_minute && ago < LONGEST_AGO).then_some((at, precision))
}

/// How long ago a stated clock may be: further back it is of another day, or of another zone.
const LONGEST_AGO: SignedDuration = SignedDuration::from_hours(12);

/// Words without which no text states a start.
const STARTS: &[&str] = &["since", "first", "started", "began", "startsat", "starts at"];

const CLOCK: &str = r"(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))? ?(?:UTC|GMT|Z)\b";

/// What stands before the clock when it is that of the start.
const CLOCKED_STARTS: &[&str] = &[
    r"\b(?:impact|errors?|outage|incident|failures|problems?) (?:first )?(?:started|began) (?:at|around) ",
    r"\bfirst (?:one|error|failure|timeout|alert|\d{3}|\w+ error)s?(?: \w+){0,4}?(?: is| was| at|:)(?: at)? ",
    // `since` alone tells of anything; beside a word of impact it tells of that.
    r"(?:\d ?%|\b\d{3}s?\b|\b(?:errors?|fail\w*|timeouts?|down|degraded|impact\w*|unavailable|latency|firing|active))[^\n]*\bsince ",
    r"\bsince (?:@@)[^\n]*(?:\d ?%|\b[45]\d\ds?\b|\b(?:errors?|fail\w*|timeouts?|down|degraded|impact\w*|unavailable|latency))",
];

fn contains_ignoring_case(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// A severity that a text declares, such as `Sev1`.
pub fn severity(text: &str) -> Option<Severity> {
    let found = TABLES.severity.captures(text)?;
    found.get(1)?.as_str().parse().ok().and_then(|number: usize| Severity::ALL.get(number).copied())
}

/// How far a change came, by a program's own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was asked for and did not happen.
    Refused,
    /// It began.
    Begun,
    /// It is done, as far as the text says.
    Done,
}

/// How far the change came that a program's message reports.
pub fn outcome(text: &str) -> Outcome {
    let mut line = text.trim_start_matches(|c: char| !c.is_alphanumeric() && c != ':');
    // `:rocket: Started …`
    while let Some((emoji, rest)) = line.strip_prefix(':').and_then(|rest| rest.split_once(':')) {
        if emoji.contains(char::is_whitespace) {
            break;
        }
        line = rest.trim_start_matches(|c: char| !c.is_alphanumeric() && c != ':');
    }
    let first: String =
        line.chars().take_while(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    match first.as_str() {
        "refused" | "rejected" | "failed" | "denied" | "blocked" | "aborted" | "cancelled" => {
            Outcome::Refused
        }
        "started" | "starting" | "deploying" | "rolling" | "queued" | "begin" | "beginning" => Outcome::Begun,
        _ if TABLES.begun.is_match(line) => Outcome::Begun,
        _ => Outcome::Done,
    }
}

/// What tools in which incidents are run call the milestones, beside our own words.
const RECORDED: &[(&str, Milestone)] = &[
    ("impact started", Milestone::Started),
    ("impact start", Milestone::Started),
    ("impact began", Milestone::Started),
    ("customer impact started", Milestone::Started),
    ("began", Milestone::Started),
    ("start", Milestone::Started),
    ("impact detected", Milestone::Detected),
    ("first detected", Milestone::Detected),
    ("discovered", Milestone::Detected),
    ("noticed", Milestone::Detected),
    ("impact mitigated", Milestone::Mitigated),
    ("impact ended", Milestone::Mitigated),
    ("impact over", Milestone::Mitigated),
    ("customer impact ended", Milestone::Mitigated),
    ("fixed", Milestone::Mitigated),
    ("stable", Milestone::Mitigated),
    ("stabilized", Milestone::Mitigated),
    ("stabilised", Milestone::Mitigated),
    ("contained", Milestone::Mitigated),
];

/// The milestone that a tool in which incidents are run means by the name of a time or of a stage: `Fixed at`,
/// `impact_started`, `acknowledged_at`. Names of other things (`identified`, `closed`) mean none.
pub fn recorded(name: &str) -> Option<Milestone> {
    let name = name.trim().to_lowercase().replace(['_', '-'], " ");
    let name = name.strip_suffix(" at").or(name.strip_suffix(" time")).unwrap_or(&name).trim();
    let own = Milestone::ALL.into_iter().find(|milestone| milestone.word().eq_ignore_ascii_case(name));
    own.or_else(|| RECORDED.iter().find(|(known, _)| *known == name).map(|(_, milestone)| *milestone))
}

/// Whether an alert's text says that it is a warning only: nobody is woken by it.
pub fn is_warning(text: &str) -> bool {
    TABLES.warning.is_match(text)
}

/// A pull request that a program's message names: repository, number, title.
pub fn request(text: &str) -> Option<(Option<&str>, &str, Option<&str>)> {
    let line = text.lines().next()?;
    let found = TABLES.request.captures(line)?;
    let part = |name| found.name(name).map(|part| part.as_str());
    Some((part("repo"), part("number")?, part("title")))
}

/// Sentences and lines, without code blocks, quotations and list marks. A question keeps its mark.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines()
        .filter(move |line| {
            let fence = line.trim_start().starts_with("```");
            let inside = fenced;
            // A fence that opens and closes on one line changes nothing.
            if fence && line.matches("```").count() % 2 == 1 {
                fenced = !fenced;
            }
            !inside && !fence && !line.trim_start().starts_with(['>', '\u{201c}', '"'])
        })
        .flat_map(split)
        .map(|sentence| {
            sentence
                .trim()
                .trim_start_matches(|c: char| "-•*_~:".contains(c) || c.is_whitespace())
                .trim_end_matches(['.', '!', ';', '*', '_'])
        })
        .filter(|sentence| !sentence.is_empty())
}

/// A line at the marks that end a sentence: not at those inside `6.40.3`, `holds.ttl` or an address.
fn split(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let bytes = line.as_bytes();
        let ends = |at: &usize| {
            matches!(bytes[*at], b'.' | b'!' | b'?' | b';')
                && bytes
                    .get(at + 1)
                    .is_none_or(|next| !next.is_ascii_alphanumeric() && !b"/_-=&%#".contains(next))
        };
        match (0..bytes.len()).find(ends) {
            // The mark is one byte of ASCII, so both sides of it are text.
            Some(at) if at + 1 < bytes.len() => {
                rest = Some(&line[at + 1..]);
                Some(&line[..=at])
            }
            _ => rest.take(),
        }
    })
}

/// What a program's message reports, from its first words. The group `name` is the alert's name.
const BOTS: &[(&str, Kind)] = &[
    (r"^(?:\W|:[\w+-]+:)*FIRING(?::\d+)?\]?:?\s+[`*_\x22\[]*(?P<name>[\w./-]+)", Kind::AlertFiring),
    (r"^(?:\W|:[\w+-]+:)*RESOLVED(?::\d+)?\]?:?\s+[`*_\x22\[]*(?P<name>[A-Z][\w./-]+)", Kind::AlertResolved),
    (r"^.{0,80}\bincident\b.{0,40}\b(?:triggered|assigned to)\b", Kind::Page),
    (
        r"^(?:\W|:[\w+-]+:)*(?:Alerting|PROBLEM|CRITICAL|ALARM|Triggered|New alert)\b\]?:?\s+(?:\[[\w -]+\] )?[`*_\x22]*(?P<name>[\w./-]+)",
        Kind::AlertFiring,
    ),
    (
        r"^(?:\W|:[\w+-]+:)*(?:OK|RECOVERY|Recovered)\b\]?:?\s+(?:\[[\w -]+\] )?[`*_\x22]*(?P<name>[A-Z][\w./-]+)",
        Kind::AlertResolved,
    ),
    (r"^.{0,80}\b(?:was |has been )?acknowledged\b", Kind::Acknowledgement),
    (r"^(?:\W|:[\w+-]+:)*(?:paged|paging|notified)\b", Kind::Page),
    (
        r"^(?:\W|:[\w+-]+:)*merged \S*#\d+|^.{0,120}\b(?:merged pull request|pull request (?:\S+ ){0,2}merged|merged into)\b",
        Kind::Merge,
    ),
    (r"^.{0,80}\b(?:rolled back|rollback|rolling back)\b", Kind::Rollback),
    (r"^.{0,20}\bconfig(?:uration)? (?:change[d]?|update[d]?)\b", Kind::ConfigChange),
    (
        r"^.{0,80}\b(?:finished deploying|started deploying|deployed|deploying|deployment of|deploy of|released)\b",
        Kind::Deploy,
    ),
    (r"^.{0,80}\b(?:autoscal\w+|scaled (?:up|down|out|in|from|to))\b", Kind::Scaling),
    (
        r"^(?:\W|:[\w+-]+:)*(?:Investigating|Identified|Monitoring|Update|Resolved) ?[-–:] ",
        Kind::StatusUpdate,
    ),
    (
        r"^.{0,80}\bfeature flag\b.{0,60}\b(?:enabled|disabled|turned (?:on|off)|updated)\b",
        Kind::ConfigChange,
    ),
];

/// What a program's message reports, and the alert's name where it has one.
pub fn reported(text: &str) -> Option<(Kind, Option<&str>)> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let (regex, kind) = TABLES.bots.iter().find(|(regex, _)| regex.is_match(line))?;
    let name = regex.captures(line).and_then(|found| found.name("name")).map(|name| name.as_str());
    Some((*kind, name))
}

/// What a commit's subject says it is: `None` as kind for one that is only urgent.
const SUBJECTS: &[(&str, Option<Kind>)] = &[
    (r"^revert\b|^roll(?:ed|ing|s)?[ -]?back\b", Some(Kind::Rollback)),
    (
        r"^(?:\w+(?:\([^)]*\))?: )?(?:deploy(?:ed|s|ing)?|promote[ds]?|roll(?:ed|ing|s)? ?out) (?:v?\d\S*|to\b|\S+ (?:v?\d\S*|to|into)\b)",
        Some(Kind::Deploy),
    ),
    (r"^(?:release[ds]?) v?\d", Some(Kind::Deploy)),
    (
        r"^(?:\w+(?:\([^)]*\))?: )?(?:scal(?:e|ed|es|ing) (?:\S+ ){0,4}?(?:up|down|out|in|to|from)\b|(?:bump|raise|increase|reduce|lower|set)(?:s|d|ed)? (?:\S+ ){0,3}?replicas\b)",
        Some(Kind::Scaling),
    ),
    (
        r"^(?:config|conf)(?:\([^)]*\))?: |^(?:enable|disable|flip|turn o(?:n|ff))[sd]? (?:\S+ ){0,4}?(?:flag|feature)\b|\b(?:bump|raise|increase|reduce|lower)(?:s|ed|ing|d)? (?:\S+ ){0,5}?(?:limits?|timeouts?|quota|pool size|ttl)\b",
        Some(Kind::ConfigChange),
    ),
    (r"\bhot-?fix\b|^emergency\b", None),
];

/// What a commit's subject says: the kind, and whether it stands out at all.
pub fn subject(subject: &str) -> Option<Option<Kind>> {
    TABLES.subjects.iter().find(|(regex, _)| regex.is_match(subject)).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_understood() {
        for (text, says) in [
            ("ok, rolled back checkout to v41", Says::Did(Kind::Rollback)),
            ("Rolling the deploy back now", Says::Did(Kind::Rollback)),
            ("hey all. We've mitigated the impact.", Says::Reached(Milestone::Mitigated)),
            ("*Mitigated*: traffic is on the replica", Says::Reached(Milestone::Mitigated)),
            ("error rate is back to normal", Says::Reached(Milestone::Mitigated)),
            ("All clear!", Says::Reached(Milestone::Resolved)),
            ("backlog delivered, all clear", Says::Reached(Milestone::Resolved)),
            ("taking it. 118 venues", Says::Reached(Milestone::Acknowledged)),
            ("`openssl x509 -enddate`: notAfter=Nov 12", Says::Did(Kind::Command)),
            ("The incident is now resolved.", Says::Reached(Milestone::Resolved)),
            ("ack", Says::Reached(Milestone::Acknowledged)),
            ("looking into this", Says::Reached(Milestone::Acknowledged)),
            ("I just got paged for checkout", Says::Reached(Milestone::Detected)),
            ("seeing lots of 502s from checkout", Says::Reached(Milestone::Detected)),
            ("customers are reporting payment errors", Says::Reached(Milestone::Detected)),
            ("restarting payments-api", Says::Did(Kind::Command)),
            ("deploying v43 to production", Says::Did(Kind::Deploy)),
            ("scaling web up to 40", Says::Did(Kind::Scaling)),
            ("disabled the new-cart flag", Says::Did(Kind::ConfigChange)),
            ("`kubectl rollout undo deploy/checkout`", Says::Did(Kind::Command)),
            ("status page updated", Says::Did(Kind::StatusUpdate)),
            ("paging @db-oncall", Says::Did(Kind::Page)),
            ("posted https://status.acme.io/incidents/1", Says::Did(Kind::StatusUpdate)),
            ("status set to resolved", Says::Did(Kind::StatusUpdate)),
            ("admission set to 0 in eu-west", Says::Did(Kind::ConfigChange)),
            ("lifted the freeze for `shop` with `deployctl freeze lift shop`", Says::Did(Kind::Command)),
            ("I took a seat by hand and ran `redis-cli TTL x`. It says 8", Says::Did(Kind::Command)),
            ("opening an incident, Sev1", Says::Did(Kind::Note)),
            ("turning the flag off", Says::Did(Kind::ConfigChange)),
            ("I've switched the `new-cart` flag back on", Says::Did(Kind::ConfigChange)),
            ("flag is off, error rate dropping", Says::Did(Kind::ConfigChange)),
            ("root cause found: `new-cart` is on for everybody", Says::Did(Kind::Note)),
            ("we've found the culprit: it is the new flag", Says::Did(Kind::Note)),
            ("we're getting a lot of tickets about checkout failing", Says::Reached(Milestone::Detected)),
        ] {
            assert_eq!(stated(text).map(|(says, _)| says), Some(says), "`{text}`");
        }
    }

    #[test]
    fn questions_plans_denials_and_quotations_state_nothing() {
        for text in [
            "should we roll it back?",
            "have we rolled back?",
            "if we rolled back it might help",
            "I think we mitigated it",
            "not resolved yet, the issue is resolved only in eu",
            "it isn't mitigated",
            "> rolled back checkout",
            "```\nrolled back\n```",
            "we rolled back last week too",
            "once it's rolled back I'll check",
            "acknowledgements are in the README",
            "deploying is fun",
            "rolling back is quicker than finding out",
            "I resolved my merge conflict",
            "is it all clear how this works?",
            "all clear to you by now I hope",
            "whiteboarding some more ideas. thanks guys!",
            "the paper is in progress",
            "is the flag off?",
            "the flag is on for staff as always",
            "turning the flag off might help",
            "still looking for the root cause",
            "found a typo in the runbook",
            "we are getting a lot of tickets for the concert",
        ] {
            assert_eq!(stated(text), None, "`{text}`");
        }
    }

    #[test]
    fn a_start_counts_only_with_its_zone_and_only_of_impact() {
        let said = "2026-11-20T14:10:00Z".parse().expect("a time");
        let start = |text| stated_start(text, said).map(|(at, _)| at.to_string());
        for (text, at) in [
            ("impact started at 14:02 UTC", Some("2026-11-20T14:02:00Z")),
            ("impact started at 23:50 UTC", Some("2026-11-19T23:50:00Z")),
            (
                "FIRING `X` 409 answers 31% of requests (critical), since 14:02 UTC. Paging.",
                Some("2026-11-20T14:02:00Z"),
            ),
            ("Facts: since 14:02 UTC about 30% of orders fail", Some("2026-11-20T14:02:00Z")),
            ("First one in the logs is 14:02:11 UTC", Some("2026-11-20T14:02:11Z")),
            ("StartsAt: 2026-11-20T14:02:11Z", Some("2026-11-20T14:02:11Z")),
            ("started 2026-11-20 14:02 UTC", Some("2026-11-20T14:02:00Z")),
            ("firing since 2026-11-20T15:02:11+01:00", Some("2026-11-20T14:02:11Z")),
            ("impact started at 14:02", None),
            ("I'm at my desk since 9:00 UTC", None),
            ("maybe errors started at 14:02 UTC", None),
            ("did errors begin since 14:02 UTC?", None),
        ] {
            assert_eq!(start(text).as_deref(), at, "`{text}`");
        }
    }

    #[test]
    fn an_alert_of_low_priority_is_a_warning_in_whatever_words() {
        for (text, warning) in [
            ("Queue is long (P4) fired", true),
            ("severity: P5", true),
            ("severity: warning", true),
            ("CheckoutErrors (P1) fired", false),
            ("severity: P1", false),
        ] {
            assert_eq!(is_warning(text), warning, "`{text}`");
        }
    }

    #[test]
    fn the_names_that_tools_give_to_milestones_are_known_and_others_mean_none() {
        for (name, milestone) in [
            ("Impact started", Some(Milestone::Started)),
            ("impact_started_at", Some(Milestone::Started)),
            ("Detected at", Some(Milestone::Detected)),
            ("acknowledged_at", Some(Milestone::Acknowledged)),
            ("Fixed at", Some(Milestone::Mitigated)),
            ("Resolved", Some(Milestone::Resolved)),
            ("identified", None),
            ("Closed at", None),
            ("Reported at", None),
            ("retrospective_started", None),
        ] {
            assert_eq!(recorded(name), milestone, "`{name}`");
        }
    }

    #[test]
    fn a_full_stop_inside_a_word_ends_no_sentence() {
        let parts: Vec<_> = sentences("Back to 6.40.3. See https://a.b/c.d?e=1; holds.ttl is set!").collect();
        assert_eq!(parts, ["Back to 6.40.3", "See https://a.b/c.d?e=1", "holds.ttl is set"]);
    }

    #[test]
    fn what_a_program_did_is_told_from_what_it_began_or_refused() {
        for (text, outcome_of) in [
            ("REFUSED rollback of `a` to 6.40.3", Outcome::Refused),
            (":rocket: Started deploy of `a` 6.41.0: canary", Outcome::Begun),
            ("ana started deploying shop v42", Outcome::Begun),
            ("Deployed `a` 6.41.0 to eu-west", Outcome::Done),
        ] {
            assert_eq!(outcome(text), outcome_of, "`{text}`");
        }
        assert_eq!(
            request("Merged inventory#2207 \"Read the \"x\" TTL\" into main (joel)"),
            Some((Some("inventory"), "2207", Some("Read the \"x\" TTL")))
        );
    }

    #[test]
    fn programs_are_understood_by_their_first_words() {
        for (text, kind, name) in [
            ("[FIRING:1] CheckoutErrors (page)", Kind::AlertFiring, Some("CheckoutErrors")),
            (":fire: [RESOLVED] CheckoutErrors", Kind::AlertResolved, Some("CheckoutErrors")),
            ("FIRING `HoldsShort` checkout eu-west (critical)", Kind::AlertFiring, Some("HoldsShort")),
            ("Triggered: [P1] api-latency on web", Kind::AlertFiring, Some("api-latency")),
            ("[OK] CheckoutErrors", Kind::AlertResolved, Some("CheckoutErrors")),
            ("Incident #12 triggered: checkout is down", Kind::Page, None),
            ("Merged inventory#2207 \"Roll back\" into main", Kind::Merge, None),
            ("Config change `waiting-room` admission 120 -> 40", Kind::ConfigChange, None),
            ("ana finished deploying shop v42 to production", Kind::Deploy, None),
            ("Incident #12 was acknowledged by Ana", Kind::Acknowledgement, None),
        ] {
            assert_eq!(reported(text), Some((kind, name)), "`{text}`");
        }
        assert_eq!(reported("Reminder: stand-up"), None);
    }

    #[test]
    fn subjects_of_commits_say_what_they_are() {
        assert_eq!(subject("Deploy v2 to production"), Some(Some(Kind::Deploy)));
        assert_eq!(subject("Revert \"x\""), Some(Some(Kind::Rollback)));
        assert_eq!(subject("config: raise pool"), Some(Some(Kind::ConfigChange)));
        assert_eq!(subject("Scale web to 12 replicas"), Some(Some(Kind::Scaling)));
        assert_eq!(subject("hotfix for the cart"), Some(None));
        assert_eq!(subject("Fix deploy script"), None);
    }
}
