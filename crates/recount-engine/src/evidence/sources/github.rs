//! The source `github`: what GitHub's API, its command line and its webhooks tell of a repository.
//!
//! What does not live here: the JSON's own names (`github_wire`), what a deploy is called (`forge`), and
//! asking GitHub itself.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::forge::{self, Deploy, Stage};
use super::github_keys::recognise;
use super::github_live;
use super::github_place::{Home, page, repository};
use super::github_wire::{
    Delivery, Deployment, Job, Push, Release, Repository, Request, Run, Shape, Status, User,
};
use super::github_wrapped;
use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::own_id;
use crate::evidence::instants::Instant;
use crate::evidence::json::{Record, parse};
use crate::evidence::phrases;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Position, source};

source! {
    /// # What it reads
    ///
    /// Pull requests, deployments and their statuses, workflow runs and jobs, releases, issues and pushes:
    ///
    /// - as GitHub's API gives them: one object, a list, lists one after the other (`gh api --paginate`), the
    ///   `items` of a search, `workflow_runs`, `jobs`, and a repository's `events`;
    /// - as `gh pr list`, `gh run list`, `gh release list` and `gh issue list` print them with `--json`;
    /// - as webhooks: the bare payload, a list, one a line, or wrapped with its headers as recorders and
    ///   GitHub's own log of deliveries do, or sent as a form (`payload=…`), one a line. The name of the
    ///   webhook's event is not needed;
    /// - pull requests, releases and issues in answers of GraphQL (`gh api graphql`), where the query asked for
    ///   their times.
    ///
    /// GitHub Enterprise is the same. Gitea and Forgejo send webhooks of this form too.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// gh pr list --repo acme/shop --state merged --limit 100 --search 'merged:2026-11-20' \
    ///   --json number,title,url,author,createdAt,mergedAt,mergedBy,mergeCommit,baseRefName > merged.json
    /// gh api --paginate 'repos/acme/shop/deployments?environment=production' > deployments.json
    /// for id in $(jq '.[].id' deployments.json); do gh api "repos/acme/shop/deployments/$id/statuses"; done \
    ///   > statuses.json
    /// gh api --paginate 'repos/acme/shop/actions/runs?created=2026-11-20' > runs.json
    /// ```
    ///
    /// Several files in one import are read together: a status then says what was deployed.
    ///
    /// Or let GitHub be asked: `recount import INC-0042 github:acme/shop`. The token needs to read contents,
    /// pull requests, deployments and actions of the repository; what it may not read is said and left out.
    ///
    /// # What becomes an event
    ///
    /// - A pull request: opened (a candidate), merged (a merge; a rollback where its title reverts another),
    ///   or closed without merging (a candidate). These are several events behind one address. The actor of
    ///   a merge is who merged. A merge into another branch than the default one is a candidate, unless the
    ///   branch is called after a release.
    /// - A deployment: when it was asked for, and each status. `success` is the deploy, `failure` and `error`
    ///   a deploy that failed; `queued`, `in_progress` and `inactive` are candidates. A task or a note that
    ///   speaks of a rollback is one. Deploys to staging, previews and the like are candidates.
    /// - A workflow run whose name, or file, speaks of a deploy, a release or a rollout: its start and its
    ///   end. One for a pull request is none. Other runs that ended are candidates; so are jobs.
    /// - A release, when it was published, is a deploy; a pre-release is a candidate.
    /// - An issue opened or closed is a ticket; a push is a commit, or what its subject says.
    ///
    /// Comments, reviews, labels and whatever else GitHub sends are counted and left out.
    ///
    /// # Traps
    ///
    /// - The list of pull requests does not say who merged, and then the row has no actor: `gh pr list
    ///   --json …,mergedBy` does, and so does each pull request by its number.
    /// - `updated_at` moves with every label. It is the time of nothing, except of a run: GitHub does not say
    ///   when a run ended, but for the last change to it.
    /// - `merge_commit_sha` of a request that was not merged names a commit that nobody has. It is not kept.
    /// - A status of a deployment by itself does not say what was deployed.
    /// - `pushed_at` is seconds in a push and a date elsewhere. The commits of a push carry the clocks of
    ///   those who wrote them.
    GITHUB: "github", "GitHub: pull requests, deployments, workflow runs, releases, issues, pushes", recognise, reader::json::<GitHub>,
    live: github_live::FORM
}

/// How deep wrappings nest: a delivery, its request, the payload.
const DEEPEST: usize = 4;

#[derive(Default)]
struct GitHub {
    /// What is known of deployments, by repository and ID.
    deployments: BTreeMap<(String, String), Known>,
    /// The statuses, which become events when all deployments are known.
    statuses: Vec<Told>,
    /// Whether the part is a form, which was read as a whole.
    is_form: bool,
}

/// What a deployment says that its statuses do not.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    version: String,
    rollback: bool,
    rehearsal: bool,
}

/// A deployment's status.
struct Told {
    home: Home,
    deployment: String,
    id: String,
    at: Instant,
    state: String,
    environment: String,
    result: String,
    actor: String,
    link: String,
}

/// What stands around an object: who sent it, from where, and when.
#[derive(Clone, Default)]
struct Around {
    home: Home,
    sender: String,
    action: String,
    at: String,
}

impl JsonSource for GitHub {
    const LISTS: &'static [&'static str] = &["items", "workflow_runs", "jobs"];

    fn begin(&mut self, bytes: &[u8], reader: &mut Reader) {
        let payloads = github_wrapped::of_form(bytes);
        self.is_form = !payloads.is_empty();
        for (index, payload) in payloads.iter().enumerate() {
            reader.at(Position::Line(index + 1));
            if let Err(why) = self.object(payload.as_bytes(), &Around::default(), 0, reader) {
                reader.skip(why);
            }
        }
    }

    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        if self.is_form {
            return Ok(());
        }
        self.object(record.bytes, &Around::default(), 0, reader)
    }

    fn finish(&mut self, reader: &mut Reader) {
        for told in std::mem::take(&mut self.statuses) {
            let key = (told.home.name.clone(), told.deployment.clone());
            let known = self.deployments.get(&key).cloned().unwrap_or_default();
            reader.push(status_event(&told, &known));
        }
    }
}

impl GitHub {
    /// Reads an object by its keys, or what it wraps.
    fn object(
        &mut self,
        bytes: &[u8],
        outer: &Around,
        depth: usize,
        reader: &mut Reader,
    ) -> Result<(), String> {
        let shape: Shape<'_> = parse(bytes)?;
        if let Some(inner) = wrapped(&shape).filter(|_| depth < DEEPEST) {
            let around = Around {
                home: repository(shape.repo).or(&outer.home),
                sender: user(shape.actor, reader),
                at: shape.created_at.as_str().to_owned(),
                ..outer.clone()
            };
            return match serde_json::from_str::<String>(inner.get()) {
                Ok(text) => self.object(text.as_bytes(), &around, depth + 1, reader),
                Err(_) => self.object(inner.get().as_bytes(), &around, depth + 1, reader),
            };
        }
        if let Some(answer) = shape.data.filter(|data| data.get().starts_with('{') && depth == 0) {
            for (index, found) in github_wrapped::of_answer(answer).into_iter().enumerate() {
                if let Err(why) = self.object(found.get().as_bytes(), outer, depth + 1, reader) {
                    reader.skip(format!("object {} of the answer: {why}", index + 1));
                }
            }
            return Ok(());
        }
        let mut around = Around {
            home: repository(shape.repository).or(&outer.home),
            sender: user(shape.sender, reader),
            action: shape.action.as_str().to_owned(),
            at: outer.at.clone(),
        };
        if around.sender.is_empty() {
            around.sender.clone_from(&outer.sender);
        }
        self.payload(&shape, &around, bytes, reader)
    }

    /// Reads what one object is, or a webhook is about.
    fn payload(
        &mut self,
        shape: &Shape<'_>,
        around: &Around,
        bytes: &[u8],
        reader: &mut Reader,
    ) -> Result<(), String> {
        let bare = shape.title.given().is_some();
        if shape.comment.is_some() || shape.review.is_some() || shape.thread.is_some() {
            reader.import.leave_out("a comment or a review", 1);
            return Ok(());
        }
        if let Some(status) = shape.deployment_status {
            if let Some(deployment) = shape.deployment {
                self.deployment(inside(deployment), around, reader)?;
            }
            return self.status(inside(status), shape.deployment, around, reader);
        }
        if let Some(job) = shape.workflow_job {
            return workflow_job(inside(job), around, reader);
        }
        if let Some(deployment) = shape.deployment {
            return self.deployment(inside(deployment), around, reader);
        }
        if let Some(run) = shape.workflow_run {
            return workflow_run(inside(run), around, reader);
        }
        if let Some(request) = shape.pull_request.filter(|_| !bare) {
            return pull_request(inside(request), around, reader);
        }
        if let Some(release) = shape.release {
            return self::release(inside(release), around, reader);
        }
        if let Some(issue) = shape.issue {
            return self::issue(inside(issue), around, reader);
        }
        let page = shape.html_url.given().or(shape.url.given()).unwrap_or("");
        let is_request = shape.diff_url.given().is_some()
            || shape.merged_at.is_some()
            || shape.head_ref_name.is_some()
            || page.contains("/pull/");
        if shape.deployment_url.given().is_some() {
            self.status(bytes, None, around, reader)
        } else if shape.task.given().is_some() && shape.statuses_url.given().is_some() {
            self.deployment(bytes, around, reader)
        } else if shape.run_number.given().is_some() {
            workflow_run(bytes, around, reader)
        } else if shape.run_id.given().is_some() {
            workflow_job(bytes, around, reader)
        } else if shape.tag_name.given().is_some() {
            self::release(bytes, around, reader)
        } else if is_request {
            pull_request(bytes, around, reader)
        } else if bare && shape.number.given().is_some() {
            self::issue(bytes, around, reader)
        } else if shape.after.is_some() && shape.reference.given().is_some() {
            push(bytes, shape.repository, around, reader)
        } else if shape.sender.is_some() || !around.home.name.is_empty() {
            reader.import.leave_out("another event of GitHub", 1);
            Ok(())
        } else {
            Err("none of the objects of GitHub that are read".to_owned())
        }
    }

    fn deployment(&mut self, bytes: &[u8], around: &Around, reader: &mut Reader) -> Result<(), String> {
        let deployment: Deployment<'_> = parse(bytes)?;
        let id = deployment.id.given().ok_or("a deployment without its `id`")?;
        let home = Home::of(deployment.url.as_str()).or(&around.home).or_configured(reader);
        let environment = deployment.environment.as_str();
        let known = Known {
            version: forge::version(deployment.reference.as_str(), deployment.sha.as_str()),
            rollback: [deployment.task.as_str(), deployment.description.as_str()]
                .iter()
                .any(|text| forge::says_rollback(text)),
            rehearsal: deployment.production_environment != Some(true)
                && (deployment.transient_environment == Some(true) || forge::is_rehearsal(environment)),
        };
        // Of two exports of one deployment the fuller stays, whichever came first.
        let kept = self.deployments.entry((home.name.clone(), id.to_owned())).or_default();
        if known > *kept {
            *kept = known.clone();
        }
        let at = reader.instant(deployment.created_at.as_str())?;
        let actor = who(deployment.creator.as_ref(), reader);
        let deploy = Deploy {
            stage: Stage::Begun,
            service: forge::short_name(&home.name),
            version: &known.version,
            environment,
            by: "",
            rollback: known.rollback,
        };
        let kind = if known.rehearsal { Kind::Note } else { deploy.kind() };
        let mut event = Event::new(own_id("github", &[&home.name, "deployment", id, "created"]), &at, kind)
            .doing(actor, deploy.action())
            .with("repository", &home.name)
            .with("environment", environment)
            .with("version", &known.version)
            .with("state", "created");
        if let Some((commit, short)) = deployment.sha.given().and_then(|sha| Some((sha, sha.get(..8)?))) {
            event = event.linked(&home.at(&format!("commit/{commit}")), short);
        }
        reader.push(of_deployment(event, &home, id));
        Ok(())
    }

    fn status(
        &mut self,
        bytes: &[u8],
        deployment: Option<&RawValue>,
        around: &Around,
        reader: &mut Reader,
    ) -> Result<(), String> {
        let status: Status<'_> = parse(bytes)?;
        let home = Home::of(status.deployment_url.as_str()).or(&around.home).or_configured(reader);
        let of: Option<Deployment<'_>> =
            deployment.and_then(|deployment| serde_json::from_str(deployment.get()).ok());
        let named = status.deployment_url.as_str().rsplit('/').next().filter(|id| !id.is_empty());
        let deployment = of
            .as_ref()
            .and_then(|of| of.id.given())
            .or(named)
            .ok_or("a status that does not say of which deployment")?;
        let environment = [status.environment.as_str(), of.as_ref().map_or("", |of| of.environment.as_str())]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or("");
        let link = [status.log_url.as_str(), status.target_url.as_str()]
            .into_iter()
            .find(|url| !url.is_empty())
            .unwrap_or("");
        let at = reader.instant(status.created_at.as_str())?;
        let told = Told {
            deployment: deployment.to_owned(),
            id: status.id.as_str().to_owned(),
            at,
            state: status.state.as_str().to_owned(),
            environment: environment.to_owned(),
            result: status.description.as_str().to_owned(),
            actor: who(status.creator.as_ref(), reader),
            link: link.to_owned(),
            home,
        };
        self.statuses.push(told);
        Ok(())
    }
}

fn status_event(told: &Told, known: &Known) -> Event {
    let stage = match told.state.as_str() {
        "success" => Some(Stage::Done),
        "failure" | "error" => Some(Stage::Failed),
        _ => None,
    };
    let deploy = Deploy {
        stage: stage.unwrap_or(Stage::Begun),
        service: forge::short_name(&told.home.name),
        version: &known.version,
        environment: &told.environment,
        by: "",
        rollback: known.rollback,
    };
    let what = Deploy { stage: Stage::Done, ..deploy }.action();
    let (kind, action) = match (stage, told.state.as_str()) {
        (Some(_), _) if !known.rehearsal => (deploy.kind(), deploy.action()),
        (Some(_), _) | (None, "in_progress") => (Kind::Note, deploy.action()),
        (None, "inactive") => (Kind::Note, format!("{what}: replaced by another")),
        (None, other) => (Kind::Note, format!("{what}: {}", other.replace('_', " "))),
    };
    let id = own_id("github", &[&told.home.name, "deployment", &told.deployment, &told.state, &told.id]);
    let mut event = Event::new(id, &told.at, kind)
        .doing(&told.actor, action)
        .giving(&told.result)
        .linked(&told.link, "log")
        .with("repository", &told.home.name)
        .with("environment", &told.environment)
        .with("version", &known.version)
        .with("state", &told.state);
    if let Some(run) = run_of(&told.link) {
        event = event.with("run", run);
    }
    of_deployment(event, &told.home, &told.deployment)
}

/// The events of one deployment are one story, told by a program.
fn of_deployment(mut event: Event, home: &Home, id: &str) -> Event {
    event.thread = Some(own_id("github", &[&home.name, "deployment", id]).0);
    event.signals.bot = true;
    event
}

/// The workflow run that an address of its log names.
fn run_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("/actions/runs/")?;
    rest.split(['/', '?', '#']).next().filter(|id| id.bytes().all(|b| b.is_ascii_digit()))
}

fn pull_request(bytes: &[u8], around: &Around, reader: &mut Reader) -> Result<(), String> {
    let request: Request<'_> = parse(bytes)?;
    let page = page(&request.html_url, &request.url);
    requested(&request, page, around, reader)
}

fn requested(request: &Request<'_>, page: &str, around: &Around, reader: &mut Reader) -> Result<(), String> {
    let number = request.number.given().ok_or("a pull request without its `number`")?;
    let action = around.action.as_str();
    if !["", "opened", "closed", "reopened", "merged"].contains(&action) {
        reader.import.leave_out("a pull request edited, labelled or assigned", 1);
        return Ok(());
    }
    let home = Home::of(page).or(&around.home).or_configured(reader);
    let title = request.title.as_str();
    let author = who(request.user.as_ref(), reader);
    let event = |what: &str, at: &Instant, kind: Kind, actor: &str, text: String| {
        Event::new(own_id("github", &[&format!("{}#{number}", home.name), what]), at, kind)
            .doing(actor, text)
            .linked(page, format!("#{number}"))
            .with("repository", &home.name)
            .with("request", number)
            .with("title", title)
    };
    if let Some(at) = reader.instant_if_set(request.created_at.as_str())? {
        reader.push(event("opened", &at, Kind::Note, &author, format!("Opened #{number}: {title}")));
    }
    if action == "reopened"
        && let Some(at) = reader.instant_if_set(request.updated_at.as_str())?
    {
        let what = format!("reopened-{}", at.at.as_second());
        let text = format!("Opened #{number} again: {title}");
        reader.push(event(&what, &at, Kind::Note, &around.sender, text));
    }
    let of_issue = request.pull_request.as_ref().map_or("", |of| of.merged_at.as_str());
    let merged = request.merged_at.given().unwrap_or(of_issue);
    if let Some(at) = reader.instant_if_set(merged)? {
        let mut actor = who(request.merged_by.as_ref(), reader);
        if actor.is_empty() && action == "closed" {
            actor.clone_from(&around.sender);
        }
        if actor.is_empty() {
            reader.import.note(
                "some merged pull requests do not say who merged them, and their rows have no actor; \
                 `gh pr list --json …,mergedBy` says it",
            );
        }
        let (kind, text) = merge_of(request, number, &home);
        let hash = request.merge_commit.as_ref().map_or("", |commit| commit.id.as_str());
        let commit = request.merge_commit_sha.given().unwrap_or(hash);
        let mut event = event("merged", &at, kind, &actor, text).with("commit", commit.to_ascii_lowercase());
        if author != actor {
            event = event.with("author", author);
        }
        reader.push(event);
    } else if let Some(at) = reader.instant_if_set(request.closed_at.as_str())? {
        let mut actor = who(request.closed_by.as_ref(), reader);
        if actor.is_empty() && action == "closed" {
            actor.clone_from(&around.sender);
        }
        let text = format!("Closed #{number} without merging: {title}");
        reader.push(event("closed", &at, Kind::Note, &actor, text));
    }
    Ok(())
}

/// What a merge is, and how it reads: into which branch, and whether it takes another one back.
fn merge_of(request: &Request<'_>, number: &str, home: &Home) -> (Kind, String) {
    let title = request.title.as_str();
    let base = request.base.as_ref();
    let into = base.map_or(request.base_ref_name.as_str(), |base| base.name.as_str());
    let own = base.and_then(|base| base.repo.as_ref()).map_or("", |repo| repo.default_branch.as_str());
    let main = if own.is_empty() { home.default_branch.as_str() } else { own };
    if forge::is_side_branch(into, main) {
        return (Kind::Note, format!("Merged #{number} into {into}: {title}"));
    }
    match forge::revert(title) {
        Some(again) => {
            let again = if again { " (applies the change again)" } else { "" };
            (Kind::Rollback, format!("Merged #{number}: {title}{again}"))
        }
        None => (Kind::Merge, format!("Merged #{number}: {title}")),
    }
}

fn issue(bytes: &[u8], around: &Around, reader: &mut Reader) -> Result<(), String> {
    let issue: Request<'_> = parse(bytes)?;
    let page = page(&issue.html_url, &issue.url);
    // The API gives pull requests among the issues.
    if let Some(request) = &issue.pull_request {
        let page = request.html_url.given().unwrap_or(page);
        return requested(&issue, page, around, reader);
    }
    let number = issue.number.given().ok_or("an issue without its `number`")?;
    if !["", "opened", "closed", "reopened"].contains(&around.action.as_str()) {
        reader.import.leave_out("an issue edited, labelled or assigned", 1);
        return Ok(());
    }
    let home = Home::of(page).or(&around.home).or_configured(reader);
    let title = issue.title.as_str();
    let key = format!("{}#{number}", home.name);
    let event = |what: &str, at: &Instant, actor: String, text: String| {
        Event::new(own_id("github", &[&key, what]), at, Kind::Ticket)
            .doing(actor, text)
            .linked(page, format!("#{number}"))
            .with("repository", &home.name)
            .with("ticket", &key)
            .with("title", title)
    };
    if let Some(at) = reader.instant_if_set(issue.created_at.as_str())? {
        let author = who(issue.user.as_ref(), reader);
        reader.push(event("opened", &at, author, format!("Opened issue #{number}: {title}")));
    }
    if let Some(at) = reader.instant_if_set(issue.closed_at.as_str())? {
        let mut actor = who(issue.closed_by.as_ref(), reader);
        if actor.is_empty() && around.action == "closed" {
            actor.clone_from(&around.sender);
        }
        let reason = issue.state_reason.as_str().to_lowercase().replace('_', " ");
        let reason = if reason == "not planned" { " as not planned" } else { "" };
        reader.push(event("closed", &at, actor, format!("Closed issue #{number}{reason}: {title}")));
    }
    Ok(())
}

fn workflow_run(bytes: &[u8], around: &Around, reader: &mut Reader) -> Result<(), String> {
    let run: Run<'_> = parse(bytes)?;
    let id = run.id.given().ok_or("a workflow run without its `id`")?;
    let page = page(&run.html_url, &run.url);
    let home = Home::of(page).or(&around.home).or_configured(reader);
    let file = run.path.as_str().rsplit('/').next().unwrap_or("").split('@').next().unwrap_or("");
    let name = run.workflow_name.given().or(run.name.given()).unwrap_or(file);
    let deploys = (forge::says_deploy(name) || forge::says_deploy(file))
        && !run.event.as_str().starts_with("pull_request");
    let conclusion = run.conclusion.as_str().to_lowercase();
    let stage = match (run.status.as_str().to_lowercase().as_str(), conclusion.as_str()) {
        (_, "success") => Some(Stage::Done),
        (_, "failure" | "timed_out" | "startup_failure") => Some(Stage::Failed),
        (_, "cancelled") => Some(Stage::Cancelled),
        (_, "skipped" | "neutral" | "stale" | "action_required") => None,
        _ => Some(Stage::Begun),
    };
    let Some(stage) = stage.filter(|stage| deploys || *stage != Stage::Begun) else {
        reader.import.leave_out("a workflow run that did nothing yet", 1);
        return Ok(());
    };
    let version = forge::version(run.head_branch.as_str(), run.head_sha.as_str());
    let actor = who(run.triggering_actor.as_ref().or(run.actor.as_ref()), reader);
    let attempt = run.run_attempt.given().unwrap_or("1");
    let event = |what: &str, at: &Instant, stage: Stage| {
        let deploy = Deploy {
            stage,
            service: forge::short_name(&home.name),
            version: &version,
            environment: "",
            by: name,
            rollback: forge::says_rollback(name) || forge::says_rollback(file),
        };
        let (kind, action) = if deploys {
            (deploy.kind(), deploy.action())
        } else {
            (Kind::Note, format!("Workflow {name} {} on {version}", stage.ended()))
        };
        let label = run.run_number.given().map_or_else(|| "run".to_owned(), |number| format!("run {number}"));
        let mut event = Event::new(own_id("github", &[&home.name, "run", id, attempt, what]), at, kind)
            .doing(&actor, action)
            .linked(page, label)
            .with("repository", &home.name)
            .with("version", &version)
            .with("title", run.display_title.as_str())
            .with("run", id);
        event.thread = Some(own_id("github", &[&home.name, "run", id]).0);
        event.signals.bot = true;
        event
    };
    let started = run.run_started_at.given().unwrap_or(run.created_at.as_str());
    if let Some(at) = reader.instant_if_set(started)?.filter(|_| deploys) {
        let event = event("started", &at, Stage::Begun).with("state", "started");
        reader.push(event);
    }
    if stage != Stage::Begun {
        let at = reader.instant(run.updated_at.as_str())?;
        reader.push(event("completed", &at, stage).with("state", conclusion));
    }
    Ok(())
}

fn workflow_job(bytes: &[u8], around: &Around, reader: &mut Reader) -> Result<(), String> {
    let job: Job<'_> = parse(bytes)?;
    let id = job.id.given().ok_or("a job without its `id`")?;
    let stage = match job.conclusion.as_str() {
        "success" => Stage::Done,
        "failure" | "timed_out" => Stage::Failed,
        "cancelled" => Stage::Cancelled,
        _ => {
            reader.import.leave_out("a job that did nothing yet", 1);
            return Ok(());
        }
    };
    let at = reader.instant(job.completed_at.as_str())?;
    let home = Home::of(job.html_url.as_str()).or(&around.home).or_configured(reader);
    let (name, workflow) = (job.name.as_str(), job.workflow_name.as_str());
    let version = forge::version(job.head_branch.as_str(), job.head_sha.as_str());
    let of = if workflow.is_empty() { String::new() } else { format!(" of {workflow}") };
    let action = format!("Job {name}{of} {} on {version}", stage.ended());
    let mut event = Event::new(own_id("github", &[&home.name, "job", id]), &at, Kind::Note)
        .doing("", action)
        .linked(job.html_url.as_str(), "job")
        .with("repository", &home.name)
        .with("run", job.run_id.as_str());
    event.signals.bot = true;
    reader.push(event);
    Ok(())
}

fn release(bytes: &[u8], around: &Around, reader: &mut Reader) -> Result<(), String> {
    let release: Release<'_> = parse(bytes)?;
    let tag = release.tag_name.given().ok_or("a release without its tag")?;
    let published = reader.instant_if_set(release.published_at.as_str())?;
    let Some(at) = published.filter(|_| release.draft != Some(true) && around.action != "deleted") else {
        reader.import.leave_out("a release that is a draft or was deleted", 1);
        return Ok(());
    };
    let page = page(&release.html_url, &release.url);
    let home = Home::of(page).or(&around.home).or_configured(reader);
    let kind = if release.prerelease == Some(true) { Kind::Note } else { Kind::Deploy };
    let actor = who(release.author.as_ref(), reader);
    let event = Event::new(own_id("github", &[&home.name, "release", tag, "published"]), &at, kind)
        .doing(actor, forge::released(&home.name, tag, release.name.as_str()))
        .linked(page, tag)
        .with("repository", &home.name)
        .with("version", tag);
    reader.push(event);
    Ok(())
}

fn push(bytes: &[u8], of: Option<&RawValue>, around: &Around, reader: &mut Reader) -> Result<(), String> {
    let push: Push<'_> = parse(bytes)?;
    let of: Repository<'_> = of.and_then(|of| serde_json::from_str(of.get()).ok()).unwrap_or_default();
    let head = push.head_commit.as_ref();
    let at = [around.at.as_str(), of.pushed_at.as_str(), head.map_or("", |head| head.timestamp.as_str())]
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or("");
    let at = reader.instant(at)?;
    let home = around.home.clone().or_configured(reader);
    let (reference, after) = (push.reference.as_str(), push.after.as_str());
    let gone = after.bytes().all(|b| b == b'0');
    let branch = reference.trim_start_matches("refs/heads/");
    let count = push.commits.as_ref().map_or(0, Vec::len);
    let newest = head.or(push.commits.as_ref().and_then(|commits| commits.last()));
    let subject = newest.map_or("", |commit| commit.message.as_str()).lines().next().unwrap_or("");
    let commits = match count {
        1 => "one commit".to_owned(),
        count => format!("{count} commits"),
    };
    let (kind, action) = match reference.strip_prefix("refs/tags/") {
        Some(tag) if gone => (Kind::Note, format!("Deleted the tag {tag}")),
        Some(tag) => (Kind::Note, format!("Pushed the tag {tag}")),
        None if gone => (Kind::Note, format!("Deleted the branch {branch}")),
        None => {
            let verb = if push.forced == Some(true) { "Force-pushed" } else { "Pushed" };
            let tail = if subject.is_empty() { String::new() } else { format!(": {subject}") };
            let side = forge::is_side_branch(branch, &home.default_branch);
            let named = phrases::subject(subject).flatten().unwrap_or(Kind::Commit);
            (if side { Kind::Note } else { named }, format!("{verb} {commits} to {branch}{tail}"))
        }
    };
    let mut actor = around.sender.clone();
    if actor.is_empty() {
        // A push names the pusher by its login, as `name`.
        actor = push.pusher.as_ref().map_or_else(String::new, |pusher| {
            reader.who(pusher.name.as_str(), &[pusher.name.as_str()], pusher.email.as_str())
        });
    }
    let hash = if gone { push.before.as_str() } else { after };
    let what = if gone { "deleted" } else { "pushed" };
    let mut event = Event::new(own_id("github", &[&home.name, what, branch, hash]), &at, kind)
        .doing(actor, action)
        // The page that compares with nothing is none.
        .linked(if gone { "" } else { push.compare.as_str() }, hash.get(..8).unwrap_or("push"))
        .with("repository", &home.name);
    if !gone && reference.starts_with("refs/heads/") {
        event = event.with("commit", after).with("request", forge::request_in(subject).unwrap_or(""));
    }
    reader.push(event);
    Ok(())
}

/// The payload that an object wraps, where it does.
fn wrapped<'a>(shape: &Shape<'a>) -> Option<&'a RawValue> {
    let own =
        shape.task.given().is_some() || shape.title.given().is_some() || shape.tag_name.given().is_some();
    let holds = |raw: &&RawValue| {
        let text = raw.get();
        text.starts_with('{') || text.trim_start_matches('"').trim_start().starts_with('{')
    };
    if own {
        return None;
    }
    let request = shape.request.and_then(|raw| serde_json::from_str::<Delivery<'a>>(raw.get()).ok());
    shape.payload.or(shape.body).or(request.and_then(|request| request.payload)).filter(holds)
}

fn inside(raw: &RawValue) -> &[u8] {
    raw.get().as_bytes()
}

/// How somebody appears: by the login, without what marks a program's.
fn who(user: Option<&User<'_>>, reader: &mut Reader) -> String {
    let Some(user) = user else { return String::new() };
    let login = user.login.as_str().trim_start_matches("app/").trim_end_matches("[bot]");
    reader.who(login, &[login, user.name.as_str()], user.email.as_str())
}

fn user(raw: Option<&RawValue>, reader: &mut Reader) -> String {
    let user = raw.and_then(|raw| serde_json::from_str::<User<'_>>(raw.get()).ok());
    who(user.as_ref(), reader)
}
