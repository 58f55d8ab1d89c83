//! The source `git-log`: a saved log of a repository. How a subject is understood stands in `phrases`.

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::Offset;
use std::sync::LazyLock;

use regex::Regex;

use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::{Known, People, own_id};
use crate::evidence::instants::{self, Instant};
use crate::evidence::phrases;
use crate::evidence::plain::shorten;
use crate::evidence::source::{Confidence, Import, Importer, Options, Part, Position, Skipped, source};

/// What to give to `git log --format=` for the form that says the most; fields by tab, one commit a line.
pub const FORMAT: &str = "%H%x09%an%x09%aI%x09%cn%x09%cI%x09%P%x09%s";

source! {
    /// # What it reads
    ///
    /// A saved `git log`, in any of three forms:
    ///
    /// - one commit a line, fields by tab: hash, author, author date, committer, committer date, parents
    ///   (by space), subject (`git log --format='%H%x09%an%x09%aI%x09%cn%x09%cI%x09%P%x09%s'`);
    /// - `git log --format=fuller`, with any `--date` that has an offset;
    /// - plain `git log`. It has no committer date: see the traps.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// git log --since='2026-11-20 12:00Z' --until='2026-11-20 20:00Z' \
    ///   --format='%H%x09%an%x09%aI%x09%cn%x09%cI%x09%P%x09%s' origin/main > changes.tsv
    /// ```
    ///
    /// Name the branch that is deployed: a log of all branches tells of changes that nobody ran.
    ///
    /// # What becomes an event
    ///
    /// Each commit, once, at its *committer* date: when it came onto the branch. An author date that differs
    /// by more than a minute stays with the event as `author-time`. A commit with two parents, a merged pull
    /// request and a squash merge (`… (#123)`) is a merge, linked to the pull request where the repository's
    /// address is known; `Revert "…"` is a rollback, and so is the revert of a revert, which says that it
    /// applies the change again. A subject that says so is a deploy, a scaling or a config change. Other
    /// commits, and merges of the main branch into another, are candidates. Where `recount.toml` names
    /// several repositories, the one whose name the file's name begins with (`shop.tsv`) is meant.
    ///
    /// # Traps
    ///
    /// - The author date is when the change was written, days before it mattered. Plain `git log` shows only
    ///   that one: the import says so, and its times are to be taken with care.
    /// - Times are converted from the committer's own offset. A date without one (`--date=local`) is skipped
    ///   unless `--zone` says what it means.
    /// - A merge is not a deploy. Where a deploy log exists, import that too.
    /// - A forge that merges commits as itself (`GitHub`) is not the actor: the author of the merge is.
    GIT_LOG: "git-log", "A saved `git log`", recognise, start
}

fn recognise(part: &Part<'_>) -> Confidence {
    let head = String::from_utf8_lossy(part.head);
    let head = head.trim_start_matches('\u{feff}');
    let first = head.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    if let Some(hash) = first.strip_prefix("commit ") {
        let author = head.contains("\nAuthor:") || head.contains("\nMerge:");
        return if is_hash(hash.split(' ').next().unwrap_or("")) && author {
            Confidence::Sure
        } else {
            Confidence::No
        };
    }
    let mut fields = first.split('\t');
    match (fields.next(), fields.count()) {
        (Some(hash), 6..) if is_hash(hash) => Confidence::Sure,
        _ => Confidence::No,
    }
}

fn start(options: &Options) -> Box<dyn Importer> {
    Box::new(GitLog { options: options.clone(), people: options.people(), import: Import::default() })
}

struct GitLog {
    options: Options,
    people: People,
    import: Import,
}

/// A commit as the log shows it. Texts that a form lacks are empty.
#[derive(Default)]
struct Commit<'a> {
    line: usize,
    hash: &'a str,
    author: &'a str,
    author_mail: &'a str,
    author_date: &'a str,
    committer: &'a str,
    committer_mail: &'a str,
    committer_date: &'a str,
    merge: bool,
    subject: &'a str,
    merge_request: Option<&'a str>,
}

impl Importer for GitLog {
    fn part(&mut self, name: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}');
        let blocks =
            text.lines().find(|line| !line.trim().is_empty()).is_some_and(|l| l.starts_with("commit "));
        if blocks {
            self.blocks(name, text);
        } else {
            self.lines(name, text);
        }
    }

    fn finish(self: Box<Self>) -> Import {
        self.import
    }
}

impl GitLog {
    fn lines(&mut self, part: &str, text: &str) {
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let fields: Vec<&str> = line.splitn(7, '\t').collect();
            let &[hash, author, author_date, committer, committer_date, parents, subject] = &fields[..]
            else {
                let why = format!("{} fields by tab where 7 are expected", fields.len());
                self.skip(part, index + 1, why);
                continue;
            };
            self.commit(
                part,
                &Commit {
                    line: index + 1,
                    hash,
                    author,
                    author_date,
                    committer,
                    committer_date,
                    merge: parents.split(' ').filter(|parent| !parent.is_empty()).count() > 1,
                    subject,
                    ..Commit::default()
                },
            );
        }
    }

    fn blocks(&mut self, part: &str, text: &str) {
        let mut open: Option<Commit<'_>> = None;
        for (index, line) in text.lines().enumerate() {
            if let Some(rest) = line.strip_prefix("commit ") {
                if let Some(commit) = open.take() {
                    self.commit(part, &commit);
                }
                let hash = rest.split(' ').next().unwrap_or("");
                open = Some(Commit { line: index + 1, hash, ..Commit::default() });
                continue;
            }
            let Some(commit) = &mut open else {
                if !line.trim().is_empty() {
                    self.skip(part, index + 1, "a line before the first commit".into());
                }
                continue;
            };
            if let Some(body) = line.strip_prefix("    ") {
                if commit.subject.is_empty() {
                    commit.subject = body.trim();
                } else if let Some(found) = MERGE_REQUEST.captures(body) {
                    commit.merge_request = found.get(1).map(|number| number.as_str());
                }
            } else if commit.subject.is_empty()
                && let Some((field, value)) = line.split_once(':')
            {
                let value = value.trim();
                match field {
                    "Author" => (commit.author, commit.author_mail) = name_and_mail(value),
                    "Commit" => (commit.committer, commit.committer_mail) = name_and_mail(value),
                    "AuthorDate" | "Date" => commit.author_date = value,
                    "CommitDate" => commit.committer_date = value,
                    "Merge" => commit.merge = true,
                    _ => {}
                }
            }
        }
        if let Some(commit) = open {
            self.commit(part, &commit);
        }
    }

    fn commit(&mut self, part: &str, commit: &Commit<'_>) {
        if !is_hash(commit.hash) {
            return self.skip(part, commit.line, format!("`{}` is no commit hash", shorten(commit.hash)));
        }
        let dates = if commit.committer_date.is_empty() {
            self.import.note(
                "this log has no committer dates: times are those at which changes were written, \
                 which may be long before they were merged; use `git log --format=fuller`",
            );
            [commit.author_date, commit.author_date]
        } else {
            [commit.committer_date, commit.author_date]
        };
        let instant = match self.instant(dates[0]) {
            Ok(read) => read,
            Err(why) => return self.skip(part, commit.line, why),
        };
        let forge = ["GitHub", "GitLab", "Gitea", "Forgejo", "Bitbucket", "web-flow"];
        let by_committer = !commit.committer.is_empty()
            && !forge.contains(&commit.committer)
            && !commit.committer_mail.starts_with("noreply@");
        let who = |mail, name| self.people.appear(Known { mail, names: &[name], ..Known::default() });
        let author = who(commit.author_mail, commit.author);
        let actor = if by_committer { who(commit.committer_mail, commit.committer) } else { author.clone() };

        for (mail, name) in [(commit.author_mail, commit.author), (commit.committer_mail, commit.committer)] {
            if !mail.is_empty() {
                self.import.mails.insert(mail.to_owned(), who(mail, name));
            }
        }

        let read = read_subject(commit);
        let mut event = Event::new(own_id("git", &[&commit.hash.to_ascii_lowercase()]), &instant, read.kind)
            .doing(actor, read.action)
            .with("commit", commit.hash.to_ascii_lowercase());
        if read.urgent {
            event.details.insert("stands-out".into(), "hotfix".into());
        }
        if author != event.actor {
            event.details.insert("author".into(), author);
        }
        if let Ok(written) = self.instant(dates[1])
            && written.at.duration_since(instant.at).unsigned_abs().as_secs() > 60
        {
            event.details.insert("author-time".into(), written.at.to_string());
        }
        let short = &commit.hash[..commit.hash.len().min(8)];
        let own = self.options.repository_of(part);
        if let Some((name, _)) = own {
            event.details.insert("repository".into(), name.to_owned());
        }
        let url = own.map(|(_, url)| url).or(self.options.repository_url.as_deref());
        if let Some(forge) = url.and_then(Forge::new) {
            (event.link, event.link_label) = match read.request {
                Some(number) => (Some(forge.request(number)), forge.request_label(number)),
                None => (Some(forge.commit(commit.hash)), short.to_owned()),
            };
        }
        if let Some(number) = read.request {
            event.details.insert("request".into(), number.to_owned());
        }
        self.import.events.push(event);
    }

    /// An instant from any `--date` that git has and that is a date.
    fn instant(&self, text: &str) -> Result<Instant, String> {
        // `--date=raw` and `--date=unix`; `2 weeks ago` begins with a number too.
        let (seconds, offset) = text.split_once(' ').unwrap_or((text, "+0000"));
        if let (9.., Ok(seconds)) = (seconds.len(), seconds.parse())
            && let Ok(at) = Timestamp::from_second(seconds)
            && let Some(offset) = strtime::parse("%z", offset).ok().and_then(|parsed| parsed.offset())
        {
            let zone_from = (offset != Offset::UTC).then(|| instants::offset_text(offset));
            return Ok(Instant { zone_from, ..Instant::utc(at) });
        }
        instants::read(text, self.options.zone.as_ref())
    }

    fn skip(&mut self, part: &str, line: usize, why: String) {
        self.import.skipped.push(Skipped { part: part.to_owned(), position: Position::Line(line), why });
    }
}

/// What a subject says about its commit.
struct Read<'a> {
    kind: Kind,
    action: String,
    request: Option<&'a str>,
    urgent: bool,
}

static MERGE_REQUEST: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"See merge request (?:[\w./-]+)?!(\d+)").expect("a fixed pattern"));
static PULL_REQUEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:Merge pull request #|Merged in \S+ \(pull request #)(\d+)\)?(?: from (\S+))?")
        .expect("a fixed pattern")
});
static SQUASHED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(.+?) \((?:#|!)(\d+)\)$").expect("a fixed pattern"));
static UPDATE_FROM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^Merge (?:remote-tracking )?branch '(?:[\w-]+/)?(main|master|trunk|develop)'(?: of \S+)?(?: into (\S+))?")
        .expect("a fixed pattern")
});

fn read_subject<'a>(commit: &Commit<'a>) -> Read<'a> {
    let subject = commit.subject;
    let named = phrases::subject(subject);
    let urgent = named == Some(None);
    if let Some(found) = PULL_REQUEST.captures(subject) {
        let request = found.get(1).map(|number| number.as_str());
        let from = found.get(2).map_or_else(String::new, |branch| format!(" from {}", branch.as_str()));
        let action = format!("Merged #{}{from}", request.unwrap_or_default());
        return Read { kind: Kind::Merge, action, request, urgent };
    }
    // `Revert "Revert "…""` puts the change back in: its own words would mislead a reader in a hurry.
    let reverts = subject.matches("Revert \"").count();
    let squashed = SQUASHED.captures(subject);
    let request =
        squashed.as_ref().and_then(|found| found.get(2)).map(|n| n.as_str()).or(commit.merge_request);
    if subject.starts_with("Revert \"") {
        let again = if reverts.is_multiple_of(2) { " (applies the change again)" } else { "" };
        return Read { kind: Kind::Rollback, action: format!("{subject}{again}"), request, urgent };
    }
    let into_main =
        |branch: &str| ["main", "master", "trunk", "develop"].contains(&branch.trim_matches('\''));
    let update = UPDATE_FROM
        .captures(subject)
        .is_some_and(|found| found.get(2).is_none_or(|into| !into_main(into.as_str())));
    let kind = match named.flatten() {
        Some(kind) => kind,
        None if update => Kind::Commit,
        None if commit.merge || request.is_some() => Kind::Merge,
        None => Kind::Commit,
    };
    let action = match (kind, &squashed) {
        (Kind::Merge, Some(found)) => format!("Merged #{}: {}", &found[2], &found[1]),
        _ => subject.to_owned(),
    };
    Read { kind, action, request, urgent }
}

/// How a forge writes the addresses of commits and requests.
struct Forge {
    base: String,
    gitlab: bool,
    bitbucket: bool,
}

impl Forge {
    /// The forge of a repository, whose address may be the one that git clones from.
    fn new(url: &str) -> Option<Self> {
        let url = url.trim().trim_end_matches('/').trim_end_matches(".git");
        let base = match url.strip_prefix("git@").or_else(|| url.strip_prefix("ssh://git@")) {
            Some(rest) => format!("https://{}", rest.replacen(':', "/", 1)),
            None if url.starts_with("https://") || url.starts_with("http://") => url.to_owned(),
            None => return None,
        };
        let host = base.split('/').nth(2)?.to_owned();
        Some(Self { base, gitlab: host.contains("gitlab"), bitbucket: host.contains("bitbucket") })
    }

    fn request(&self, number: &str) -> String {
        let path = match (self.gitlab, self.bitbucket) {
            (true, _) => "-/merge_requests",
            (_, true) => "pull-requests",
            _ => "pull",
        };
        format!("{}/{path}/{number}", self.base)
    }

    fn request_label(&self, number: &str) -> String {
        format!("{}{number}", if self.gitlab { '!' } else { '#' })
    }

    fn commit(&self, hash: &str) -> String {
        let path = match (self.gitlab, self.bitbucket) {
            (true, _) => "-/commit",
            (_, true) => "commits",
            _ => "commit",
        };
        format!("{}/{path}/{hash}", self.base)
    }
}

fn is_hash(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn name_and_mail(text: &str) -> (&str, &str) {
    match text.split_once('<') {
        Some((name, mail)) => (name.trim(), mail.trim_end().trim_end_matches('>')),
        None => (text, ""),
    }
}
