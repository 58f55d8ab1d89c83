//! `recount check`: findings, over a library or over files.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use recount_engine::document::{Document, MarkKind, Stage, counted};
use recount_engine::lint::{Finding, Options};
use recount_store::catalog::{Answer, Answers, Asked, Key};
use recount_store::{Guard, Listed, Unreadable, Version, threads};

use crate::Outcome;
use crate::baseline::{self, Baseline};
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::paths::slashes;
use crate::progress;
use crate::report::{self, Checked, Look, Paths, Problem, Report, Stream, Summary};
use crate::workspace::Workspace;
use recount_workspace::{Neighbours, SharedIds, real_place};

/// Check postmortems: what is wrong, what is missing, where, and what to do
///
/// Without paths, the whole library. Exit code 0: no finding at level error; 1: there are some; 2: a
/// file could not be read, or the check could not run. Where both happen, it is 2.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files or folders
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Hold every document to this stage instead of its own
    #[arg(long)]
    stage: Option<Stage>,

    /// How to show findings
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = format_parser())]
    format: String,

    /// Apply the certain fixes
    #[arg(long)]
    fix: bool,

    /// Let what depends on today's date count: overdue actions, late postmortems
    #[arg(long)]
    due: bool,

    /// Only what is new since this git revision: changed documents, and of those only new findings
    #[arg(long, value_name = "REV", conflicts_with = "write_baseline")]
    since: Option<String>,

    /// Accept what is there today; from then on only what is new is reported
    #[arg(long, conflicts_with_all = ["fix", "paths"])]
    write_baseline: bool,

    #[command(flatten)]
    commit: CommitArgs,
}

fn format_parser() -> clap::builder::PossibleValuesParser {
    let values = report::FORMATS
        .iter()
        .map(|format| clap::builder::PossibleValue::new(format.name).help(format.about));
    clap::builder::PossibleValuesParser::new(values)
}

/// What became of one document. There is one of each until the end, so it is small where nothing is
/// reported: its path stands in the listing.
enum Checking {
    Unreadable(Box<Unreadable>),
    Read {
        /// Its incident ID, in lower case.
        id: Option<String>,
        /// Whether it waives the rule that needs to know all documents.
        waives_shared_id: bool,
        /// As the format shows it; none where it is kept among the answers.
        shown: Option<String>,
        summary: Summary,
        /// A fix that could not be written, or a question to git that it did not answer.
        failure: Option<Box<CliError>>,
    },
}

/// What a check compares findings with and how it shows them.
struct Run<'w> {
    workspace: &'w Workspace,
    report: &'w dyn Report,
    options: Options,
    today: Date,
    fix: bool,
    baseline: &'w Baseline,
    /// The commit that findings must be newer than.
    base: Option<&'w str>,
    /// Where a path of then is another one now: from the new one, as git names it, to the old one.
    renamed: HashMap<PathBuf, PathBuf>,
    /// How the format shows them.
    look: Look,
    /// The working folder.
    folder: PathBuf,
    /// What paths are relative to.
    paths: Paths,
    /// The root of the git repository, where paths are relative to it and there is one.
    repository: Option<PathBuf>,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let started = Instant::now();
    let workspace = Workspace::open_or_loose(environment)?;
    if args.commit.commit && !args.fix && !args.write_baseline {
        return Err(CliError::new("`--commit` has nothing to commit: `check` alone changes nothing")
            .hint("add `--fix` or `--write-baseline`"));
    }
    args.commit.begin(&workspace, environment)?;
    commit::subject(
        environment,
        if args.fix { "Apply the fixes of `recount check`" } else { "Accept the findings of today" },
    );
    let mut listed = workspace.list(&args.paths);
    let mut renamed = HashMap::new();
    let base = match &args.since {
        None => None,
        Some(rev) => {
            let changed: HashSet<PathBuf> = workspace.library.changed_since(rev)?.into_iter().collect();
            listed.retain(|file| file.as_ref().map_or(true, |path| is_changed(path, &changed)));
            renamed = workspace.library.renamed_since(rev)?.into_iter().collect();
            Some(workspace.library.merge_base(rev)?)
        }
    };
    if listed.is_empty()
        && args.paths.is_empty()
        && args.since.is_none()
        && workspace.library.config_path().is_none()
    {
        return Err(CliError::new("there is no library here and no file was named")
            .hint("name files to check, or make a library with `recount init`"));
    }
    if listed.is_empty() && args.since.is_none() {
        for path in &args.paths {
            environment.warn(format!("`{}` holds no Markdown file", path.display()));
        }
    }
    if args.write_baseline {
        return write_baseline(&workspace, &listed, &args, environment);
    }
    let baseline = match workspace.library.config_path() {
        Some(_) => Baseline::read(workspace.library.root())?,
        None => Baseline::default(),
    };
    let format = report::format(&args.format)
        .ok_or_else(|| CliError::new(format!("there is no format `{}`", args.format)))?;
    let look = Look {
        colour: environment.has_color(),
        width: environment.width(),
        unicode: environment.has_color(),
    };
    let report = (format.report)(look);
    let run = Run {
        workspace: &workspace,
        report: report.as_ref(),
        options: Options {
            stage: args.stage,
            due: args.due,
            fixes: args.fix || format.fixes,
            ..Options::default()
        },
        today: environment.today(),
        fix: args.fix,
        baseline: &baseline,
        base: base.as_deref(),
        renamed,
        look,
        folder: environment.folder()?,
        paths: format.paths,
        repository: workspace.library.repository().filter(|_| format.paths == Paths::Repository),
    };
    let question = (args.paths.is_empty() && args.since.is_none() && !args.fix).then(|| run.question(format));
    let (mut results, answers) = run.all(&listed, question.flatten(), environment);
    // Which documents share an ID is known only now: those few are checked again with that knowledge.
    let is_part = args.since.is_some() || !args.paths.is_empty();
    let shared = if is_part && workspace.library.config_path().is_some() {
        shared_with_library(&workspace, &listed, &results)
    } else {
        shared_ids(&listed, &results)
    };
    for (path, result) in listed.iter().zip(&mut results) {
        let (Ok(path), Checking::Read { id, waives_shared_id, .. }) = (path, &*result) else { continue };
        let is_shared = id.as_ref().is_some_and(|id| shared.contains_key(id));
        if is_shared || *waives_shared_id {
            let stored = workspace.library.read(path);
            let again = match stored {
                Ok(stored) => run.one(path, Ok(&stored.bytes), Some(&shared)).0,
                Err(recount_store::StoreError::Unreadable(unreadable)) => {
                    Checking::Unreadable(Box::new(unreadable))
                }
                Err(error) => return Err(error.into()),
            };
            let first = std::mem::replace(result, again);
            result.carry_over(first);
        }
    }
    let mut total = Summary::default();
    let mut problems = Vec::new();
    let mut failures = Vec::new();
    let mut parts = Vec::with_capacity(results.len());
    for (place, result) in results.into_iter().enumerate() {
        match result {
            Checking::Unreadable(unreadable) => {
                total.unreadable += 1;
                problems.push(run.problem(&unreadable));
            }
            Checking::Read { shown, summary, failure, .. } => {
                total.add(summary);
                parts.push((place, shown));
                failures.extend(failure);
            }
        }
    }
    total.elapsed = (started.elapsed().as_secs() >= 2).then(|| started.elapsed());
    let exit = if total.unreadable > 0 || !failures.is_empty() {
        Exit::Failed
    } else if total.errors > 0 {
        Exit::Findings
    } else {
        Exit::Done
    };
    match run.write(environment.out(), &listed, &parts, answers.as_ref(), problems, &total) {
        // The reader has gone away; what the check found holds all the same.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written?,
    }
    for failure in failures {
        environment.show_error(&failure);
    }
    if let Some((answers, new)) = answers {
        // What was found is shown before it is kept. Whether it could be shown is seen at the end.
        let _ = environment.flush();
        answers.keep(&workspace.library, &listed, &new);
    }
    Ok(exit)
}

/// The answers there were, and those that were worked out, by their documents' places.
type ToKeep = (Answers, HashMap<usize, Answer>);

/// [`Checking::Read`] as it is kept, beside what is shown.
#[derive(Serialize, Deserialize)]
struct Kept<'k> {
    id: Option<&'k str>,
    waives_shared_id: bool,
    summary: Summary,
}

impl Checking {
    /// What is kept of it for the next check, and from then on holds what is shown; none where it must be looked
    /// at again.
    fn take_answer(&mut self, asked: Vec<Asked>) -> Option<Answer> {
        let Self::Read { id, waives_shared_id, shown, summary, failure: None } = self else { return None };
        let kept = Kept { id: id.as_deref(), waives_shared_id: *waives_shared_id, summary: *summary };
        let bytes = postcard::to_stdvec(&kept).ok()?;
        Some(Answer { bytes, text: shown.take()?, asked })
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let Kept { id, waives_shared_id, summary } = postcard::from_bytes(bytes).ok()?;
        let id = id.map(str::to_owned);
        Some(Self::Read { id, waives_shared_id, shown: None, summary, failure: None })
    }

    /// Keeps what an earlier check of the same document did to it: its fixes are written already.
    fn carry_over(&mut self, first: Checking) {
        if let (
            Self::Read { summary, failure, .. },
            Self::Read { summary: first, failure: first_failure, .. },
        ) = (self, first)
        {
            summary.fixed += first.fixed;
            if failure.is_none() {
                *failure = first_failure;
            }
        }
    }
}

fn is_changed(path: &Path, changed: &HashSet<PathBuf>) -> bool {
    changed.contains(path) || path.canonicalize().is_ok_and(|path| changed.contains(&path))
}

impl Run<'_> {
    /// A path as the format shows it: for programs the same from wherever the check was run.
    fn shown(&self, path: &Path) -> String {
        let in_repository = self.repository.as_ref().and_then(|repository| {
            let path = real_place(path)?;
            Some(slashes(path.strip_prefix(repository).ok()?))
        });
        if let Some(path) = in_repository {
            path
        } else if self.paths != Paths::WorkingFolder && self.workspace.library.config_path().is_some() {
            slashes(&self.workspace.relative(path))
        } else {
            path.strip_prefix(&self.folder).unwrap_or(path).display().to_string()
        }
    }

    fn problem(&self, unreadable: &Unreadable) -> Problem {
        Problem {
            path: self.shown(&unreadable.path),
            message: unreadable.why.clone(),
            hint: unreadable.hint().unwrap_or_default().to_owned(),
        }
    }

    /// What findings as this format shows them depend on, beside the documents; none where nothing may be
    /// kept.
    fn question(&self, format: &report::Format) -> Option<Key> {
        let library = &self.workspace.library;
        let keeping = &self.workspace.keeping;
        library.config_path().filter(|_| keeping.may)?;
        // As they were read: what the files hold by now is no answer to what was asked.
        let (config, baseline) = (self.workspace.configured.as_bytes(), self.baseline.text().as_bytes());
        let places = [Some(library.root()), Some(&self.folder), self.repository.as_deref()];
        let how = format!("{} {:?} {:?} {places:?}", format.name, self.look, self.options);
        Some(Key::of(&[keeping.program.as_bytes(), config, baseline, how.as_bytes()]))
    }

    /// Checks every document, in parallel, that no answer is kept of; results come in the order of `listed`.
    fn all(
        &self,
        listed: &[Listed],
        question: Option<Key>,
        environment: &Environment,
    ) -> (Vec<Checking>, Option<ToKeep>) {
        let answers = question.map(|key| Answers::open(&self.workspace.library, key, listed, self.today));
        let kept = |place: usize| Checking::from_bytes(answers.as_ref()?.get(place)?);
        let mut results: Vec<Option<Checking>> = (0..listed.len()).map(kept).collect();
        let missing: Vec<usize> = (0..listed.len()).filter(|place| results[*place].is_none()).collect();
        let to_check: Vec<Listed> = missing.iter().map(|place| listed[*place].clone()).collect();
        let mut new = HashMap::new();
        let bar = progress::bar(to_check.len(), "checking", environment.is_watched());
        let done = AtomicUsize::new(0);
        let mut places = missing.iter();
        self.workspace.library.scan(
            &to_check,
            threads(),
            |path, bytes| {
                let (mut result, asked) = self.one(path, bytes, None);
                let answer = if answers.is_some() { result.take_answer(asked) } else { None };
                done.fetch_add(1, Ordering::Relaxed);
                (result, answer)
            },
            |(result, answer)| {
                bar.set_position(done.load(Ordering::Relaxed) as u64);
                let Some(place) = places.next() else { return };
                results[*place] = Some(result);
                if let Some(answer) = answer {
                    new.insert(*place, answer);
                }
            },
        );
        bar.finish_and_clear();
        // Every place is filled: from what was kept, or by the scan, which answers for each.
        (results.into_iter().flatten().collect(), answers.map(|answers| (answers, new)))
    }

    /// Checks one document; also says what was asked beside it.
    fn one(
        &self,
        path: &Path,
        bytes: Result<&[u8], Unreadable>,
        shared: Option<&SharedIds>,
    ) -> (Checking, Vec<Asked>) {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(unreadable) => return (Checking::Unreadable(Box::new(unreadable)), Vec::new()),
        };
        let facts = Neighbours::new(self.workspace, path, shared);
        let mut document = Document::parse(bytes);
        let mut summary = Summary::default();
        let mut failure = None;
        let checked = self.workspace.checker.check(&document, &facts, self.today, self.options);
        let (mut findings, mut secrets) = (checked.findings, Some(checked.secrets));
        if self.fix && findings.iter().any(|finding| finding.fix.is_some()) {
            let fixed = self.workspace.checker.fix(bytes, &facts, self.today, self.options);
            if fixed.bytes != bytes {
                let write =
                    |guard: Guard<'_>| guard.write_if_unchanged(path, &Version::of(bytes), &fixed.bytes);
                match self.workspace.library.lock().and_then(write) {
                    Ok(_) => {
                        summary.fixed = fixed.titles.len();
                        document = Document::parse(&fixed.bytes);
                        findings = fixed.findings;
                        secrets = None;
                    }
                    Err(error) => failure = Some(Box::new(CliError::from(error))),
                }
            }
        }
        if !self.baseline.is_empty() {
            let relative = self.workspace.relative(path);
            summary.baselined = self.baseline.drop_accepted(&slashes(&relative), &document, &mut findings);
        }
        if let Some(base) = self.base {
            match self.drop_older(base, path, &document, &mut findings) {
                Ok(dropped) => summary.baselined += dropped,
                Err(error) => failure = Some(Box::new(error)),
            }
        }
        let shown_path = self.shown(path);
        let stage = self.options.stage.unwrap_or_else(|| document.stage());
        let text = document.text();
        let mut shown = self.report.document(&match secrets {
            Some(secrets) => Checked::with_secrets(&shown_path, text, stage, &findings, secrets),
            None => Checked::new(&shown_path, text, stage, &findings),
        });
        shown.shrink_to_fit();
        summary.add(Summary::of(&findings));
        let id = document.incident_id().map(str::to_lowercase);
        let waives_shared_id = waives(&document, "duplicate-incident-id");
        let shown = Some(shown);
        (Checking::Read { id, waives_shared_id, shown, summary, failure }, facts.asked(self.today))
    }

    /// Writes the report: what is shown of each document, by its place in the listing, and the rest.
    fn write(
        &self,
        out: impl io::Write,
        listed: &[Listed],
        parts: &[(usize, Option<String>)],
        answers: Option<&ToKeep>,
        problems: Vec<Problem>,
        total: &Summary,
    ) -> io::Result<()> {
        let mut stream = Stream::new(self.report, out)?;
        let mut texts = answers.map(|(kept, _)| kept.texts());
        for (place, shown) in parts {
            let new = answers.and_then(|(_, new)| Some(new.get(place)?.text.as_bytes()));
            let again;
            let text = match shown.as_deref().map(str::as_bytes).or(new) {
                Some(text) => text,
                None => {
                    if let Some(text) = texts.as_mut().and_then(|texts| texts.get(*place)) {
                        text
                    } else {
                        // What was kept is damaged.
                        again = self.shown_again(&listed[*place]);
                        again.as_bytes()
                    }
                }
            };
            stream.document(text)?;
        }
        for problem in problems {
            stream.problem(problem);
        }
        stream.finish(total).map(drop)
    }

    /// What is shown of a document that is read once more.
    fn shown_again(&self, file: &Listed) -> String {
        let Ok(path) = file else { return String::new() };
        let Ok(stored) = self.workspace.library.read(path) else { return String::new() };
        match self.one(path, Ok(&stored.bytes), None).0 {
            Checking::Read { shown, .. } => shown.unwrap_or_default(),
            Checking::Unreadable(_) => String::new(),
        }
    }

    /// Drops the findings that the document had at the commit already.
    fn drop_older(
        &self,
        base: &str,
        path: &Path,
        document: &Document,
        findings: &mut Vec<Finding>,
    ) -> Result<usize, CliError> {
        let library = &self.workspace.library;
        let now = library.root().join(self.workspace.relative(path));
        let then = self.renamed.get(&now).unwrap_or(&now);
        let Some(old) = library.bytes_at(base, then)? else { return Ok(0) };
        let old = Document::parse(&old);
        let facts = Neighbours::new(self.workspace, path, None);
        let mut before = Baseline::default();
        let options = Options { fixes: false, ..self.options };
        let findings_then = self.workspace.checker.findings(&old, &facts, self.today, options);
        before.accept_all("", &old, &findings_then);
        Ok(before.drop_accepted("", document, findings))
    }
}

fn waives(document: &Document, rule: &str) -> bool {
    document.marks().iter().any(|mark| match &mark.kind {
        MarkKind::Allow { rules, .. } => rules.iter().any(|name| document.slice(*name) == rule),
        _ => false,
    })
}

fn shared_ids(listed: &[Listed], results: &[Checking]) -> SharedIds {
    let mut first: HashMap<&str, &PathBuf> = HashMap::with_capacity(results.len());
    let mut shared = SharedIds::new();
    for (path, result) in listed.iter().zip(results) {
        let (Ok(path), Checking::Read { id: Some(id), .. }) = (path, result) else { continue };
        match first.entry(id) {
            Entry::Vacant(place) => {
                place.insert(path);
            }
            Entry::Occupied(place) => {
                let first = || vec![(*place.get()).clone()];
                shared.entry(id.clone()).or_insert_with(first).push(path.clone());
            }
        }
    }
    shared
}

/// [`shared_ids`] where only a part of the library is checked: with the documents of the rest that carry
/// an ID of that part.
fn shared_with_library(workspace: &Workspace, listed: &[Listed], results: &[Checking]) -> SharedIds {
    let mut all = SharedIds::new();
    for (path, result) in listed.iter().zip(results) {
        if let (Ok(path), Checking::Read { id: Some(id), .. }) = (path, result) {
            all.entry(id.clone()).or_default().push(path.clone());
        }
    }
    if !all.is_empty() {
        add_others(workspace, listed, &mut all);
    }
    all.retain(|_, paths| paths.len() > 1);
    all
}

/// Looking for this many IDs as letters costs less than parsing the document.
const FEW_IDS: usize = 16;

/// Where only a part of the library is checked, adds those of the rest that carry an ID of that part:
/// two branches that took the same number are seen on the branch that comes second.
fn add_others(workspace: &Workspace, listed: &[Listed], all: &mut SharedIds) {
    let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let part: HashSet<PathBuf> = listed.iter().flatten().map(real).collect();
    let mut rest = workspace.library.list();
    rest.retain(|file| file.as_ref().is_ok_and(|path| !part.contains(&real(path))));
    // Reading is cheap beside parsing: where few IDs are sought, only what holds one as letters is parsed.
    let few = if all.len() <= FEW_IDS { all.keys().collect() } else { Vec::new() };
    let spellings: Vec<String> = few.into_iter().flat_map(|id| [id.to_uppercase(), id.clone()]).collect();
    let finders: Vec<_> = spellings.iter().map(memchr::memmem::Finder::new).collect();
    let mut others = Vec::new();
    workspace.library.scan(
        &rest,
        threads(),
        |path, bytes| {
            let bytes = bytes.ok()?;
            let may_hold = finders.is_empty() || finders.iter().any(|id| id.find(bytes).is_some());
            let id = may_hold.then(|| Document::parse(bytes))?.incident_id()?.to_lowercase();
            all.contains_key(&id).then(|| (id, path.to_owned()))
        },
        |other| others.extend(other),
    );
    for (id, path) in others {
        if let Some(paths) = all.get_mut(&id) {
            paths.push(path);
        }
    }
}

/// Writes the file that accepts all of today's findings.
fn write_baseline(
    workspace: &Workspace,
    listed: &[Listed],
    args: &Args,
    environment: &mut Environment,
) -> Outcome {
    if workspace.library.config_path().is_none() {
        return Err(CliError::new("a baseline belongs to a library, and there is none here")
            .hint("make one with `recount init`"));
    }
    let options = Options { stage: args.stage, due: args.due, ..Options::default() };
    let today = environment.today();
    let mut ids: HashMap<String, Vec<PathBuf>> = HashMap::new();
    let mut unreadable = Vec::new();
    workspace.library.scan(
        listed,
        threads(),
        |path, bytes| {
            let id = bytes.map(|bytes| Document::parse(bytes).incident_id().map(str::to_lowercase));
            (path.to_owned(), id)
        },
        |(path, id)| match id {
            Ok(Some(id)) => ids.entry(id).or_default().push(path),
            Ok(None) => {}
            Err(error) => unreadable.push(error),
        },
    );
    ids.retain(|_, paths| paths.len() > 1);
    let mut text = String::new();
    let mut count = 0;
    let accepted = baseline::Accepted::read(workspace.library.root());
    workspace.library.scan(
        listed,
        threads(),
        |path, bytes| {
            // What cannot be seen today was not mended either: it stays accepted.
            let Ok(bytes) = bytes else { return accepted.of(&slashes(&workspace.relative(path))) };
            let document = Document::parse(bytes);
            let facts = Neighbours::new(workspace, path, Some(&ids));
            let findings = workspace.checker.findings(&document, &facts, today, options);
            let path = slashes(workspace.library.relative(path));
            (findings.len(), Baseline::lines(&path, &document, &findings))
        },
        |(found, lines)| {
            count += found;
            text.push_str(&lines);
        },
    );
    let path = workspace.library.root().join(baseline::FILE);
    let guard = workspace.library.lock()?;
    match workspace.library.read(&path) {
        Ok(stored) => {
            guard.write_if_unchanged(&path, &stored.version, text.as_bytes())?;
        }
        Err(_) => {
            guard.create_new(&path, text.as_bytes())?;
        }
    }
    writeln!(environment.out(), "{} accepts {}", baseline::FILE, counted(count, "finding"))?;
    environment.hint("commit it; `recount check` now reports only what is new");
    let broken = !unreadable.is_empty();
    for unreadable in unreadable {
        environment.show_error(&recount_store::StoreError::Unreadable(unreadable).into());
    }
    Ok(if broken { Exit::Failed } else { Exit::Done })
}
