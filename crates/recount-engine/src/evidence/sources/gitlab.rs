//! The source `gitlab`: what GitLab's API and its webhooks tell of a project.
//!
//! What does not live here: the JSON's own names (`gitlab_wire`) and what a deploy is called (`forge`).

use serde_json::value::RawValue;

use super::forge::{self, Deploy, Stage};
use super::gitlab_wire::{
    Deployment, DeploymentHook, Environment, Job, JobHook, Pipeline, Project, Push, Release, Request, Shape,
    User,
};
use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::own_id;
use crate::evidence::instants::{Instant, Scalar};
use crate::evidence::json::{Record, parse};
use crate::evidence::phrases;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};

source! {
    /// # What it reads
    ///
    /// Merge requests, deployments, pipelines, jobs, releases, issues and pushes of GitLab:
    ///
    /// - as its API gives them: one object, a list, or lists one after the other;
    /// - as webhooks, of a project, a group or the whole instance: the bare payload, a list, one a line, or
    ///   wrapped with its headers as recorders and GitLab's own log of a hook's events do.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// api=https://gitlab.example.com/api/v4/projects/acme%2Fshop
    /// get() { curl -fsS --header "PRIVATE-TOKEN: $GITLAB_TOKEN" "$@"; }
    /// get "$api/merge_requests?state=merged&updated_after=2026-11-20T12:00:00Z&per_page=100" > merged.json
    /// get "$api/deployments?updated_after=2026-11-20T12:00:00Z&order_by=updated_at&per_page=100" > deployments.json
    /// get "$api/releases?per_page=20" > releases.json
    /// ```
    ///
    /// # What becomes an event
    ///
    /// - A merge request: opened (a candidate), merged (a merge; a rollback where its title reverts another),
    ///   or closed without merging (a candidate). A merge into another branch than the default one is a
    ///   candidate, unless the branch is called after a release.
    /// - A deployment: its start and its end, `success`, `failed` or `canceled`. One away from production
    ///   (by the tier of the environment, else by its name) is a candidate.
    /// - A job that acts on an environment is a deploy too, where no deployment tells of it; other jobs that
    ///   ended are candidates, and so are pipelines, unless the pipeline's name speaks of a deploy.
    /// - A release, when it was released, is a deploy. An issue opened or closed is a ticket; a push is a
    ///   commit, or what its subject says.
    ///
    /// Comments, approvals, labels and whatever else GitLab sends are counted and left out.
    ///
    /// # Traps
    ///
    /// - Webhooks write `2026-11-20 14:02:05 UTC` here and `2026-11-20 15:02:05 +0100` there. A time without
    ///   either is skipped unless `--zone` says what it means.
    /// - A webhook does not say when a request was merged, but for the change it tells of: its `updated_at`
    ///   counts for the action `merge` alone, and is the time of an edit in every other.
    /// - A push has no time of its own. That of its newest commit stands in, and the import says so: it is
    ///   when the commit was made, which may be long before it was pushed.
    /// - The `id` of a request counts over the whole instance; people know the `iid`, `!12`.
    GITLAB: "gitlab", "GitLab: merge requests, deployments, pipelines, releases, issues, pushes", recognise, reader::json::<GitLab>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let wrapped = ["", "payload.", "body.", "request_data."];
    let has = |keys: &[&str]| wrapped.iter().any(|at| keys.iter().all(|key| peek.has(&format!("{at}{key}"))));
    let header = ["", "headers.", "request_headers.", "request.headers."].iter().any(|prefix| {
        ["X-Gitlab-Event", "x-gitlab-event", "X-GitLab-Event"]
            .iter()
            .any(|name| peek.has(&format!("{prefix}{name}")))
    });
    let payload = has(&["object_kind", "object_attributes"])
        || has(&["object_kind", "project"])
        || has(&["object_kind", "project_id"])
        || has(&["object_kind", "deployment_id"])
        || has(&["event_name", "project", "user_username"]);
    let answer = has(&["iid", "target_branch"])
        || has(&["iid", "deployable"])
        || has(&["deployable", "environment"])
        || has(&["iid", "project_id", "web_url"])
        // Older servers give a pipeline no `iid`; its page, or what only GitLab writes, tells it still.
        || has(&["project_id", "sha", "ref", "web_url"])
        || has(&["before_sha", "yaml_errors"])
        || has(&["tag_name", "released_at"])
        || (has(&["pipeline", "stage", "web_url"]) && has(&["commit"]));
    if header || payload || answer { Confidence::Sure } else { Confidence::No }
}

/// How deep wrappings nest.
const DEEPEST: usize = 3;

#[derive(Default)]
struct GitLab;

/// The project that something is in, and who a webhook says acted.
#[derive(Clone, Default)]
struct Home {
    /// `acme/shop`; empty where nothing says.
    name: String,
    /// Its page.
    page: String,
    default_branch: String,
    user: String,
}

impl JsonSource for GitLab {
    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        object(record.bytes, 0, reader)
    }
}

fn object(bytes: &[u8], depth: usize, reader: &mut Reader) -> Result<(), String> {
    let shape: Shape<'_> = parse(bytes)?;
    let wraps = |raw: &&RawValue| raw.get().trim_start_matches('"').starts_with('{');
    let inner = shape.payload.or(shape.request_data).or(shape.body).filter(wraps);
    let is_bare = shape.object_kind.given().is_none() && shape.iid.given().is_none();
    if let Some(inner) = inner.filter(|_| is_bare && depth < DEEPEST) {
        return match serde_json::from_str::<String>(inner.get()) {
            Ok(text) => object(text.as_bytes(), depth + 1, reader),
            Err(_) => object(inner.get().as_bytes(), depth + 1, reader),
        };
    }
    let mut home = shape.project.map(Home::of_project).unwrap_or_default();
    home.user = user(shape.user, reader);
    let kind = shape.object_kind.given().or(shape.event_name.given());
    match kind {
        Some(kind) => hook(kind, &shape, &home, bytes, reader),
        None => answer(&shape, &home, bytes, reader),
    }
}

/// What a webhook is about.
fn hook(kind: &str, shape: &Shape<'_>, home: &Home, bytes: &[u8], reader: &mut Reader) -> Result<(), String> {
    let attributes = || shape.object_attributes.map(|raw| raw.get().as_bytes());
    match (kind, attributes()) {
        ("merge_request", Some(attributes)) => merge_request(attributes, home, reader),
        ("issue" | "work_item", Some(attributes)) => issue(attributes, home, reader),
        ("pipeline", Some(attributes)) => {
            let read: Pipeline<'_> = parse(attributes)?;
            pipeline(&read, home, reader)?;
            let builds =
                shape.builds.map_or(Ok(Vec::new()), |raw| parse::<Vec<Job<'_>>>(raw.get().as_bytes()))?;
            for build in builds.iter().filter(|build| build.environment.is_some()) {
                let version = forge::version(read.reference.as_str(), read.sha.as_str());
                job(build, &version, read.id.as_str(), home, reader)?;
            }
            Ok(())
        }
        ("deployment", _) => deployment_hook(bytes, home, reader),
        ("build", _) => job_hook(bytes, home, reader),
        ("release", _) => release(bytes, home, reader),
        ("push" | "tag_push", _) => push(bytes, home, reader),
        _ => {
            reader.import.leave_out("another event of GitLab", 1);
            Ok(())
        }
    }
}

/// What an object of the API is.
fn answer(shape: &Shape<'_>, home: &Home, bytes: &[u8], reader: &mut Reader) -> Result<(), String> {
    let has_iid = shape.iid.given().is_some();
    if shape.target_branch.given().is_some() {
        merge_request(bytes, home, reader)
    } else if shape.environment.is_some() && shape.stage.given().is_none() {
        deployment(bytes, reader)
    } else if shape.stage.given().is_some() && shape.pipeline.is_some() {
        let read: Job<'_> = parse(bytes)?;
        let sha = read.commit.as_ref().map_or("", |commit| commit.id.as_str());
        let version = forge::version(read.reference.as_str(), sha);
        let pipeline = read.pipeline.as_ref().map_or("", |pipeline| pipeline.id.as_str());
        job(&read, &version, pipeline, &Home::of(read.web_url.as_str()), reader)
    } else if shape.tag_name.given().is_some() {
        release(bytes, home, reader)
    } else if has_iid && shape.title.given().is_some() {
        issue(bytes, home, reader)
    } else if shape.sha.given().is_some() {
        pipeline(&parse(bytes)?, home, reader)
    } else {
        Err("none of the objects of GitLab that are read".to_owned())
    }
}

fn merge_request(bytes: &[u8], home: &Home, reader: &mut Reader) -> Result<(), String> {
    let request: Request<'_> = parse(bytes)?;
    let number = request.iid.given().ok_or("a merge request without its `iid`")?;
    let action = request.action.as_str();
    if !["", "open", "merge", "close", "reopen"].contains(&action) {
        reader.import.leave_out("a merge request edited, labelled or approved", 1);
        return Ok(());
    }
    let page = request.web_url.given().unwrap_or(request.url.as_str());
    let home = Home::of(page).or(home).or_configured(reader);
    let title = request.title.as_str();
    let event = |what: &str, at: &Instant, kind: Kind, actor: &str, text: String| {
        Event::new(own_id("gitlab", &[&home.name, "merge_request", number, what]), at, kind)
            .doing(actor, text)
            .linked(page, format!("!{number}"))
            .with("repository", &home.name)
            .with("request", number)
            .with("title", title)
    };
    let author = who(request.author.as_ref(), reader);
    if let Some(at) = reader.instant_if_set(request.created_at.as_str())? {
        // A webhook names who acted; that is the author only where the action is to open.
        let author = if action == "open" { &home.user } else { &author };
        reader.push(event("opened", &at, Kind::Note, author, format!("Opened !{number}: {title}")));
    }
    if action == "reopen" {
        let at = reader.instant(request.updated_at.as_str())?;
        let what = format!("reopened-{}", at.at.as_second());
        let text = format!("Opened !{number} again: {title}");
        reader.push(event(&what, &at, Kind::Note, &home.user, text));
        return Ok(());
    }
    let merged = if action == "merge" {
        request.merged_at.given().unwrap_or(request.updated_at.as_str())
    } else {
        request.merged_at.as_str()
    };
    let closed = if action == "close" {
        request.closed_at.given().unwrap_or(request.updated_at.as_str())
    } else {
        request.closed_at.as_str()
    };
    let by = |user: Option<&User<'_>>, acts: &str, reader: &mut Reader| {
        let by = who(user, reader);
        if by.is_empty() && action == acts { home.user.clone() } else { by }
    };
    if let Some(at) = reader.instant_if_set(merged)? {
        let actor = by(request.merge_user.as_ref().or(request.merged_by.as_ref()), "merge", reader);
        let into = request.target_branch.as_str();
        let (kind, text) = match forge::revert(title) {
            _ if forge::is_side_branch(into, &home.default_branch) => {
                (Kind::Note, format!("Merged !{number} into {into}: {title}"))
            }
            Some(true) => (Kind::Rollback, format!("Merged !{number}: {title} (applies the change again)")),
            Some(false) => (Kind::Rollback, format!("Merged !{number}: {title}")),
            None => (Kind::Merge, format!("Merged !{number}: {title}")),
        };
        // A merge without a commit of its own is the squashed commit, or the last of the branch.
        let commits = [&request.merge_commit_sha, &request.squash_commit_sha, &request.sha];
        let commit = commits.into_iter().find_map(|commit| commit.given()).unwrap_or("");
        let mut event = event("merged", &at, kind, &actor, text).with("commit", commit.to_ascii_lowercase());
        if author != actor {
            event = event.with("author", author);
        }
        reader.push(event);
    } else if let Some(at) = reader.instant_if_set(closed)?.filter(|_| request.state.as_str() != "opened") {
        let actor = by(request.closed_by.as_ref(), "close", reader);
        let text = format!("Closed !{number} without merging: {title}");
        reader.push(event("closed", &at, Kind::Note, &actor, text));
    }
    Ok(())
}

fn issue(bytes: &[u8], home: &Home, reader: &mut Reader) -> Result<(), String> {
    let issue: Request<'_> = parse(bytes)?;
    let number = issue.iid.given().ok_or("an issue without its `iid`")?;
    let action = issue.action.as_str();
    if !["", "open", "close", "reopen"].contains(&action) {
        reader.import.leave_out("an issue edited, labelled or assigned", 1);
        return Ok(());
    }
    let page = issue.web_url.given().unwrap_or(issue.url.as_str());
    let home = Home::of(page).or(home).or_configured(reader);
    let title = issue.title.as_str();
    let event = |what: &str, at: &Instant, actor: &str, text: String| {
        Event::new(own_id("gitlab", &[&home.name, "issue", number, what]), at, Kind::Ticket)
            .doing(actor, text)
            .linked(page, format!("#{number}"))
            .with("repository", &home.name)
            .with("ticket", format!("{}#{number}", home.name))
            .with("title", title)
    };
    if let Some(at) = reader.instant_if_set(issue.created_at.as_str())? {
        let author = who(issue.author.as_ref(), reader);
        let author = if action == "open" { &home.user } else { &author };
        reader.push(event("opened", &at, author, format!("Opened issue #{number}: {title}")));
    }
    let closed = issue.closed_at.given().filter(|_| issue.state.as_str() != "opened").unwrap_or("");
    if let Some(at) = reader.instant_if_set(closed)? {
        let by = who(issue.closed_by.as_ref(), reader);
        let by = if by.is_empty() && action == "close" { &home.user } else { &by };
        reader.push(event("closed", &at, by, format!("Closed issue #{number}: {title}")));
    }
    Ok(())
}

/// A deploy as a deployment or a job tells of it.
struct Told<'t> {
    /// `deployment` or `job`, and its ID.
    what: &'t str,
    id: &'t str,
    status: &'t str,
    version: &'t str,
    environment: &'t str,
    tier: &'t str,
    job: &'t str,
    rollback: bool,
    link: &'t str,
    actor: &'t str,
}

impl Told<'_> {
    /// What it was at an instant; `None` for a state in which nothing happened yet.
    fn event(&self, stage: Stage, at: &Instant, home: &Home) -> Event {
        let deploy = Deploy {
            stage,
            service: forge::short_name(&home.name),
            version: self.version,
            environment: self.environment,
            by: "",
            rollback: self.rollback,
        };
        let kind = match self.tier {
            "staging" | "testing" | "development" => Kind::Note,
            "production" if self.rollback => Kind::Rollback,
            "production" => Kind::Deploy,
            _ => deploy.kind(),
        };
        let status = if stage == Stage::Begun { "running" } else { self.status };
        let label = if self.link.contains("/jobs/") { "job" } else { "deploy" };
        let mut event = Event::new(own_id("gitlab", &[&home.name, self.what, self.id, status]), at, kind)
            .doing(self.actor, deploy.action())
            .linked(self.link, label)
            .with("repository", &home.name)
            .with("environment", self.environment)
            .with("version", self.version)
            .with("state", status)
            .with("run", self.job);
        event.thread = Some(own_id("gitlab", &[&home.name, self.what, self.id]).0);
        event.signals.bot = true;
        event
    }
}

fn stage_of(status: &str) -> Option<Stage> {
    match status {
        "running" => Some(Stage::Begun),
        "success" => Some(Stage::Done),
        "failed" => Some(Stage::Failed),
        "canceled" => Some(Stage::Cancelled),
        _ => None,
    }
}

fn deployment(bytes: &[u8], reader: &mut Reader) -> Result<(), String> {
    let deployment: Deployment<'_> = parse(bytes)?;
    let id = deployment.id.given().ok_or("a deployment without its `id`")?;
    let job = deployment.deployable.as_ref();
    let pipeline = job.and_then(|job| job.pipeline.as_ref());
    let link = job.map_or("", |job| job.web_url.as_str());
    let home = Home::of(link)
        .or(&Home::of(pipeline.map_or("", |pipeline| pipeline.web_url.as_str())))
        .or_configured(reader);
    let environment = deployment.environment.as_ref();
    let actor = who(deployment.user.as_ref(), reader);
    let version = forge::version(deployment.reference.as_str(), deployment.sha.as_str());
    let status = deployment.status.as_str();
    let told = Told {
        what: "deployment",
        id,
        status,
        version: &version,
        environment: environment.map_or("", |environment| environment.name.as_str()),
        tier: environment.map_or("", |environment| environment.tier.as_str()),
        job: job.map_or("", |job| job.id.as_str()),
        rollback: forge::says_rollback(job.map_or("", |job| job.name.as_str())),
        link,
        actor: &actor,
    };
    let Some(stage) = stage_of(status) else {
        reader.import.leave_out("a deployment that did not begin", 1);
        return Ok(());
    };
    let started = job.and_then(|job| job.started_at.given()).unwrap_or(deployment.created_at.as_str());
    let started = reader.instant(started)?;
    let pipeline = pipeline.map_or("", |pipeline| pipeline.id.as_str());
    reader.push(told.event(Stage::Begun, &started, &home).with("pipeline", pipeline));
    if stage != Stage::Begun {
        let ended = job.and_then(|job| job.finished_at.given()).unwrap_or(deployment.updated_at.as_str());
        let ended = reader.instant(ended)?;
        reader.push(told.event(stage, &ended, &home).with("pipeline", pipeline));
    }
    Ok(())
}

fn deployment_hook(bytes: &[u8], home: &Home, reader: &mut Reader) -> Result<(), String> {
    let deployment: DeploymentHook<'_> = parse(bytes)?;
    // Older servers name the job alone, which deploys once.
    let known = deployment.deployment_id.given().map(|id| ("deployment", id));
    let known = known.or(deployment.deployable_id.given().map(|id| ("job", id)));
    let (what, id) = known.ok_or("a deployment without its `deployment_id`")?;
    let link = deployment.deployable_url.as_str();
    let home = home.clone().or(&Home::of(link)).or_configured(reader);
    let version = forge::version(deployment.reference.as_str(), deployment.short_sha.as_str());
    let status = deployment.status.as_str();
    let Some(stage) = stage_of(status) else {
        reader.import.leave_out("a deployment that did not begin", 1);
        return Ok(());
    };
    let at = reader.instant(deployment.status_changed_at.as_str())?;
    let told = Told {
        what,
        id,
        status,
        version: &version,
        environment: deployment.environment.as_str(),
        tier: deployment.environment_tier.as_str(),
        job: deployment.deployable_id.as_str(),
        rollback: false,
        link,
        actor: &home.user,
    };
    reader.push(told.event(stage, &at, &home));
    Ok(())
}

fn job_hook(bytes: &[u8], home: &Home, reader: &mut Reader) -> Result<(), String> {
    let hook: JobHook<'_> = parse(bytes)?;
    let version = forge::version(hook.reference.as_str(), hook.sha.as_str());
    let pipeline = hook.pipeline_id.as_str().to_owned();
    let job = Job {
        id: hook.build_id,
        name: hook.build_name,
        status: hook.build_status,
        started_at: hook.build_started_at,
        finished_at: hook.build_finished_at,
        web_url: Scalar::default(),
        reference: hook.reference,
        user: None,
        pipeline: None,
        commit: None,
        environment: hook.environment,
    };
    self::job(&job, &version, &pipeline, home, reader)
}

/// A job: a deploy where it acts on an environment, else only worth knowing.
fn job(job: &Job<'_>, version: &str, pipeline: &str, home: &Home, reader: &mut Reader) -> Result<(), String> {
    let id = job.id.given().ok_or("a job without its ID")?;
    let name = job.name.as_str();
    let status = job.status.as_str();
    let nothing = Environment::default();
    let environment = job.environment.as_ref().unwrap_or(&nothing);
    let acts = ["", "start"].contains(&environment.action.as_str());
    let deploys = acts && environment.name.given().is_some();
    let Some(stage) = stage_of(status).filter(|stage| deploys || *stage != Stage::Begun) else {
        reader.import.leave_out("a job that did nothing yet", 1);
        return Ok(());
    };
    let home = home.clone().or_configured(reader);
    let mut actor = who(job.user.as_ref(), reader);
    if actor.is_empty() {
        actor.clone_from(&home.user);
    }
    let own = home.at(&format!("-/jobs/{id}"));
    let told = Told {
        what: "job",
        id,
        status,
        version,
        environment: environment.name.as_str(),
        tier: environment.tier.as_str(),
        job: id,
        rollback: forge::says_rollback(name),
        link: job.web_url.given().unwrap_or(&own),
        actor: &actor,
    };
    if deploys {
        if let Some(at) = reader.instant_if_set(job.started_at.as_str())? {
            reader.push(told.event(Stage::Begun, &at, &home).with("pipeline", pipeline));
        }
        if stage != Stage::Begun {
            let at = reader.instant(job.finished_at.as_str())?;
            reader.push(told.event(stage, &at, &home).with("pipeline", pipeline));
        }
        return Ok(());
    }
    let at = reader.instant(job.finished_at.as_str())?;
    let mut event = told.event(stage, &at, &home);
    event.kind = Kind::Note;
    event.action = format!("Job {name} {} on {version}", stage.ended());
    reader.push(event);
    Ok(())
}

fn pipeline(pipeline: &Pipeline<'_>, home: &Home, reader: &mut Reader) -> Result<(), String> {
    let id = pipeline.id.given().ok_or("a pipeline without its `id`")?;
    let page = pipeline.web_url.given().unwrap_or(pipeline.url.as_str());
    let home = Home::of(page).or(home).or_configured(reader);
    let name = pipeline.name.as_str();
    let deploys = forge::says_deploy(name) && !pipeline.source.as_str().starts_with("merge_request");
    let status = pipeline.status.as_str();
    let Some(stage) = stage_of(status).filter(|stage| deploys || *stage != Stage::Begun) else {
        reader.import.leave_out("a pipeline that did nothing yet", 1);
        return Ok(());
    };
    let version = forge::version(pipeline.reference.as_str(), pipeline.sha.as_str());
    let mut actor = who(pipeline.user.as_ref(), reader);
    if actor.is_empty() {
        actor.clone_from(&home.user);
    }
    let event = |at: &Instant, stage: Stage, status: &str| {
        let deploy = Deploy {
            stage,
            service: forge::short_name(&home.name),
            version: &version,
            environment: "",
            by: name,
            rollback: forge::says_rollback(name),
        };
        let (kind, action) = match (deploys, name) {
            (true, _) => (deploy.kind(), deploy.action()),
            (false, "") => (Kind::Note, format!("Pipeline {} on {version}", stage.ended())),
            (false, name) => (Kind::Note, format!("Pipeline {name} {} on {version}", stage.ended())),
        };
        let mut event = Event::new(own_id("gitlab", &[&home.name, "pipeline", id, status]), at, kind)
            .doing(&actor, action)
            .linked(page, "pipeline")
            .with("repository", &home.name)
            .with("version", &version)
            .with("state", status)
            .with("pipeline", id);
        event.thread = Some(own_id("gitlab", &[&home.name, "pipeline", id]).0);
        event.signals.bot = true;
        event
    };
    if let Some(at) = reader.instant_if_set(pipeline.started_at.as_str())?.filter(|_| deploys) {
        reader.push(event(&at, Stage::Begun, "running"));
    }
    if stage != Stage::Begun {
        let at = pipeline.finished_at.given().unwrap_or(pipeline.updated_at.as_str());
        let at = reader.instant(at)?;
        reader.push(event(&at, stage, status));
    }
    Ok(())
}

fn release(bytes: &[u8], home: &Home, reader: &mut Reader) -> Result<(), String> {
    let release: Release<'_> = parse(bytes)?;
    let tag = release.tag.given().ok_or("a release without its tag")?;
    if release.upcoming_release == Some(true) || release.action.as_str() == "delete" {
        reader.import.leave_out("a release that is planned or was deleted", 1);
        return Ok(());
    }
    let at = reader.instant(release.released_at.as_str())?;
    let linked = release.links.as_ref().map_or("", |links| links.page.as_str());
    let page = if linked.is_empty() { release.url.as_str() } else { linked };
    let home = Home::of(page).or(home).or_configured(reader);
    let mut actor = who(release.author.as_ref(), reader);
    if actor.is_empty() {
        actor.clone_from(&home.user);
    }
    let id = own_id("gitlab", &[&home.name, "release", tag, "published"]);
    let event = Event::new(id, &at, Kind::Deploy)
        .doing(actor, forge::released(&home.name, tag, release.name.as_str()))
        .linked(page, tag)
        .with("repository", &home.name)
        .with("version", tag);
    reader.push(event);
    Ok(())
}

fn push(bytes: &[u8], home: &Home, reader: &mut Reader) -> Result<(), String> {
    let push: Push<'_> = parse(bytes)?;
    let commits = push.commits.as_deref().unwrap_or_default();
    let after = push.after.as_str();
    if after.bytes().all(|b| b == b'0') {
        reader.import.leave_out("a branch or a tag that was deleted", 1);
        return Ok(());
    }
    let newest = commits.iter().find(|commit| commit.id.as_str() == after).or(commits.last());
    let Some(newest) = newest.filter(|commit| commit.timestamp.given().is_some()) else {
        return Err("GitLab does not say when this was pushed, and no commit of it says so either".to_owned());
    };
    let at = reader.instant(newest.timestamp.as_str())?;
    reader.import.note(
        "GitLab does not say when something was pushed: the time of the newest commit stands in, which may be \
         long before",
    );
    let home = home.clone().or_configured(reader);
    let reference = push.reference.as_str();
    let branch = reference.trim_start_matches("refs/heads/");
    let subject = newest.message.as_str().lines().next().unwrap_or("");
    let count = push.total_commits_count.given().map_or_else(|| commits.len().to_string(), str::to_owned);
    let count = if count == "1" { "one commit".to_owned() } else { format!("{count} commits") };
    let (kind, action) = if let Some(tag) = reference.strip_prefix("refs/tags/") {
        (Kind::Note, format!("Pushed the tag {tag}"))
    } else {
        let side = forge::is_side_branch(branch, &home.default_branch);
        let named = phrases::subject(subject).flatten().unwrap_or(Kind::Commit);
        (if side { Kind::Note } else { named }, format!("Pushed {count} to {branch}: {subject}"))
    };
    let actor = reader.who(
        push.user_username.as_str(),
        &[push.user_username.as_str(), push.user_name.as_str()],
        push.user_email.as_str(),
    );
    let short = after.get(..8).unwrap_or(after);
    let before = push.before.as_str();
    let page = if before.bytes().all(|b| b == b'0') {
        home.at(&format!("-/commit/{after}"))
    } else {
        home.at(&format!("-/compare/{before}...{after}"))
    };
    let mut event = Event::new(own_id("gitlab", &[&home.name, "pushed", branch, after]), &at, kind)
        .doing(actor, action)
        .linked(&page, short)
        .with("repository", &home.name);
    if reference.starts_with("refs/heads/") {
        event = event.with("commit", after);
    }
    reader.push(event);
    Ok(())
}

/// How somebody appears: by the user name, as in mentions.
fn who(user: Option<&User<'_>>, reader: &mut Reader) -> String {
    let Some(user) = user else { return String::new() };
    let username = user.username.as_str();
    // Where an address is private, GitLab writes `[REDACTED]` in its place.
    reader.who(username, &[username, user.name.as_str()], user.email.as_str())
}

fn user(raw: Option<&RawValue>, reader: &mut Reader) -> String {
    let user = raw.and_then(|raw| serde_json::from_str::<User<'_>>(raw.get()).ok());
    who(user.as_ref(), reader)
}

impl Home {
    fn of_project(raw: &RawValue) -> Self {
        let Ok(project) = serde_json::from_str::<Project<'_>>(raw.get()) else { return Self::default() };
        Self {
            name: project.path_with_namespace.as_str().to_owned(),
            page: project.web_url.as_str().to_owned(),
            default_branch: project.default_branch.as_str().to_owned(),
            user: String::new(),
        }
    }

    /// The project of a page in it: what stands before `/-/`, or before the page's kind in old addresses.
    fn of(address: &str) -> Self {
        let read = || {
            let marks = ["/-/", "/merge_requests/", "/issues/", "/pipelines/", "/jobs/", "/releases/"];
            let end = marks.iter().find_map(|mark| address.find(mark))?;
            Self::of_page(&address[..end])
        };
        read().unwrap_or_default()
    }

    fn of_page(page: &str) -> Option<Self> {
        let page = page.trim_end_matches('/').trim_end_matches(".git");
        let (scheme, rest) = page.split_once("://")?;
        let (_, name) = rest.split_once('/')?;
        let is_project = scheme.starts_with("http") && name.contains('/');
        is_project.then(|| Self { name: name.to_owned(), page: page.to_owned(), ..Self::default() })
    }

    /// This one, with what only the other knows.
    fn or(self, other: &Self) -> Self {
        let user = if self.user.is_empty() { other.user.clone() } else { self.user };
        if !self.name.is_empty() && self.name != other.name {
            return Self { user, ..self };
        }
        let page = if self.page.is_empty() { other.page.clone() } else { self.page };
        Self { name: other.name.clone(), page, default_branch: other.default_branch.clone(), user }
    }

    /// This one, or the one that the caller knows the part to be from.
    fn or_configured(self, reader: &Reader) -> Self {
        if !self.name.is_empty() {
            return self;
        }
        let own = reader.options.repository_of(reader.part()).map(|(_, url)| url);
        let own = own.or(reader.options.repository_url.as_deref());
        let user = self.user;
        Self { user, ..own.and_then(Self::of_page).unwrap_or_default() }
    }

    /// The address of something in it, or nothing where its own is not known.
    fn at(&self, path: &str) -> String {
        if self.page.is_empty() { String::new() } else { format!("{}/{path}", self.page) }
    }
}
