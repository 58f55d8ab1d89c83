//! `/api/v1/insights`: figures over postmortems, each with its definition and its n.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use recount_engine::config::nearest;
use recount_engine::insights::{Definition, FIGURES};
use recount_workspace::Period;
use recount_workspace::told::Wanted;
use recount_workspace::told::insights::{Asked as Over, Output};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{self, Asked, TAKES_DAY, TAKES_NAME, TAKES_SEVERITY, TAKES_STAGE, value, values};
use super::postmortem::unfinished;
use super::problem::{Problem, UNREADABLE, in_parameters};
use crate::site::Site;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(insights))
}

/// Which figures, and over which postmortems.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// Only these figures: `frequency,detection`; without it all
    figure: Option<String>,
    /// Incidents that impacted a service of this team, and action items that it or its people own
    team: Option<String>,
    /// Of one of these severities: `sev0,sev1`
    severity: Option<String>,
    /// That impacted this service
    service: Option<String>,
    /// With an action item of this owner
    owner: Option<String>,
    /// At this stage
    stage: Option<String>,
    /// With a contributing factor of this kind
    factor: Option<String>,
    /// That began in this year, quarter, month or day, or in the last days, weeks, months or years: `2026`, `2026-Q3`,
    /// `2026-07`, `90d`, `12w`, `6m`, `1y`; instead of `after` and `before`
    period: Option<String>,
    /// That began on this day or later: `2026-01-01`, `2026-01` or `2026`
    after: Option<String>,
    /// That began before this day
    before: Option<String>,
}

/// Read figures
///
/// Every figure has its definition, its n, and what it leaves out and why.
#[utoipa::path(get, path = "/insights", tag = "Insights", params(Parameters),
    responses((status = 200, description = "The figures", body = ref("#/components/schemas/Insights"))))]
async fn insights(
    State(site): State<Arc<Site>>,
    Asked(asked): Asked<Parameters>,
) -> Result<Json<Output>, Problem> {
    let work = move || figures(&site, &asked).map(Json);
    tokio::task::spawn_blocking(work).await.map_err(|_| unfinished())?
}

fn figures(site: &Site, asked: &Parameters) -> Result<Output, Problem> {
    let shelf = site.shelf();
    let config = shelf.workspace.config();
    let today = site.today();
    let mut wanted = Wanted {
        severity: values("severity", asked.severity.as_deref(), extract::severity, TAKES_SEVERITY)?,
        service: value("service", asked.service.as_deref(), extract::name, TAKES_NAME)?,
        after: value("after", asked.after.as_deref(), extract::day, TAKES_DAY)?,
        before: value("before", asked.before.as_deref(), extract::day, TAKES_DAY)?,
        factor: value("factor", asked.factor.as_deref(), extract::factor, &extract::takes_factor())?,
        stage: value("stage", asked.stage.as_deref(), extract::word, TAKES_STAGE)?,
        owner: value("owner", asked.owner.as_deref(), extract::name, TAKES_NAME)?,
    };
    if let Some(text) = asked.period.as_deref() {
        let problem =
            |why: String| Problem::new(UNREADABLE, format!("`{text}` is no value of `period`")).hint(why);
        if wanted.after.is_some() || wanted.before.is_some() {
            return Err(problem("leave it out, or `after` and `before`".to_owned()));
        }
        let period = Period::parse(text.trim()).map_err(|why| problem(in_parameters(&why)))?;
        let (from, until) = period.days(today).map_err(|failure| problem(failure.to_string()))?;
        (wanted.after, wanted.before) = (Some(from), Some(until));
    }
    if let Some(team) = asked.team.as_deref().filter(|team| !config.is_team(team)) {
        return Err(Problem::new(UNREADABLE, format!("there is no team `{team}` in `recount.toml`"))
            .hint("teams are those of `[[people]]` and `[[services]]`, and `teams` under `[library]`"));
    }
    let names: Vec<&str> =
        asked.figure.as_deref().into_iter().flat_map(|names| names.split(',')).map(str::trim).collect();
    let known = || FIGURES.iter().map(|figure| figure.name);
    if let Some(unknown) = names.iter().find(|name| !known().any(|known| known == **name)) {
        let problem = Problem::new(UNREADABLE, format!("there is no figure `{unknown}`"));
        return Err(match nearest(unknown, known()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("there are `{}`", known().collect::<Vec<_>>().join("`, `"))),
        });
    }
    let is_asked = |name: &str| names.is_empty() || names.contains(&name);
    let definitions: Vec<&Definition> = FIGURES.iter().filter(|figure| is_asked(figure.name)).collect();
    let over = Over { wanted, team: asked.team.clone(), mitigate_minutes: None };
    let made = over.made(shelf.overview(), &definitions, config, today);
    Ok(over.told(made, today, shelf.records.problems.clone()))
}
