//! One invented postmortem: the template's own form, filled, with its faults written in.
//!
//! Whatever a fault does not spoil agrees with itself: rows are in order, the duration is the difference
//! of its times, every action has its owner and its date.

use jiff::civil::{Date, DateTime, date};
use jiff::{SpanRound, ToSpan, Unit};

use super::faults::{Fault, choose};
use super::random::{Phrases, Random, capitalised};

pub(super) struct Page {
    pub(super) text: String,
    pub(super) faults: Vec<Fault>,
    /// The folder it belongs into.
    pub(super) year: String,
    pub(super) file_name: String,
}

/// An incident and what is needed to tell of it.
struct Author<'a> {
    phrases: &'a Phrases,
    random: &'a mut Random,
    faults: Vec<Fault>,
    severity: usize,
    started: DateTime,
    /// Times of the timeline's rows, ascending; the last is when it was resolved.
    rows: Vec<DateTime>,
    /// Rows of *detected* and *mitigated*.
    detected: usize,
    mitigated: usize,
}

impl Page {
    /// The postmortem of this number among so many, which spread over ten years.
    pub(super) fn invent(number: u64, of: u64, phrases: &Phrases, random: &mut Random) -> Self {
        let faults = choose(random);
        let days = (number * 3_650 / of.max(1)).cast_signed();
        let started = date(2016, 11, 1).at(0, 0, 0, 0) + days.days() + random.between(0, 1_439).minutes();
        let mut rows = vec![started];
        for _ in 0..random.between(24, 29) {
            rows.push(rows[rows.len() - 1] + random.between(1, 11).minutes());
        }
        let detected = 1 + random.below(4);
        let mitigated = rows.len() - 3 - random.below(6);
        if faults.contains(&Fault::TimelineGap) {
            let at = detected + 2;
            rows[at..].iter_mut().for_each(|row| *row += 7.hours());
        }
        let severity = [2, 2, 3, 1, 2, 3, 1, 0][random.below(8)];
        let title = capitalised(&phrases.draw("title", random));

        let mut author = Author { phrases, random, faults, severity, started, rows, detected, mitigated };
        let text = author.write(number, &title);
        let slug: String =
            title.to_lowercase().split(|c: char| !c.is_alphanumeric()).collect::<Vec<_>>().join("-");
        Self {
            text,
            faults: author.faults,
            year: started.year().to_string(),
            file_name: format!("INC-{number:04}-{slug}.md"),
        }
    }
}

impl Author<'_> {
    fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    fn draw(&mut self, list: &str) -> String {
        self.phrases.draw(list, self.random)
    }

    fn sentence(&mut self, list: &str) -> String {
        self.phrases.sentence(list, self.random)
    }

    fn filler(&mut self, sentences: usize) -> String {
        (0..sentences).map(|_| self.sentence("filler")).collect::<Vec<_>>().join(" ")
    }

    fn ended(&self) -> DateTime {
        self.rows[self.rows.len() - 1]
    }

    fn write(&mut self, number: u64, title: &str) -> String {
        let mut page = String::with_capacity(12_000);
        if self.random.one_in(2) {
            let stage = if self.random.one_in(3) { "final" } else { "review" };
            let reviewer = self.draw("person");
            page += &format!("---\nstage: {stage}\nreviewed-by: [\"{reviewer}\"]\n---\n\n");
        }
        page += &format!("# {title}\n\n");
        self.summary(number, &mut page);
        self.impact(&mut page);
        self.detection(&mut page);
        self.timeline(&mut page);
        self.cause(&mut page);
        self.mitigation(&mut page);
        for (heading, list) in
            [("What went well", "well"), ("What went poorly", "poorly"), ("Where we got lucky", "lucky")]
        {
            if list == "lucky" && self.has(Fault::MissingSection) {
                continue;
            }
            page += &format!("## {heading}\n\n");
            for _ in 0..3 {
                let sentence = self.sentence(list);
                page += &format!("- {sentence}\n");
            }
            page += "\n";
        }
        self.actions(&mut page);
        self.verification(&mut page);
        self.appendices(number, &mut page);
        page
    }

    fn summary(&mut self, number: u64, page: &mut String) {
        let severity = match self.severity {
            _ if self.has(Fault::InvalidSeverity) => "Major".to_owned(),
            level => format!("Sev{level}"),
        };
        let mut end = self.ended();
        let mut duration = minutes_between(self.started, end);
        if self.has(Fault::EndBeforeStart) {
            end = self.started - 3.hours();
        }
        if self.has(Fault::DurationMismatch) {
            duration += 95;
        }
        let start =
            if self.has(Fault::InvalidTime) { "in the evening".to_owned() } else { minute(self.started) };
        let (service, other) = (self.draw("service"), self.draw("service"));
        let effects = [self.sentence("effect"), self.sentence("effect")].join(" ");
        *page += "## Incident summary\n\n";
        *page += &format!(
            "- **Incident ID**: INC-{number:04}\n- **Severity**: {severity}\n- **Start time** (UTC): {start}\n\
             - **End time** (UTC): {}\n- **Duration**: {}\n- **Primary services impacted**: {service}, {other}\n\
             - **Customer impact summary**: {effects}\n\n",
            minute(end),
            spoken(duration)
        );
    }

    fn impact(&mut self, page: &mut String) {
        let symptoms = if self.has(Fault::EmptyField) {
            String::new()
        } else {
            " ".to_owned() + &self.sentence("effect")
        };
        let (region, other) = (self.draw("region"), self.draw("region"));
        let (share, requests, timeouts) = (self.draw("percent"), self.draw("large"), self.draw("percent"));
        let corruption = if self.has(Fault::DataImpactWithoutDetails) { "yes" } else { "no" };
        *page += &format!(
            "## Impact\n\n- **Customer facing symptoms**:{symptoms}\n- **Regions impacted**: {region}, {other}\n\
             - **% of customers affected** (estimate): {share} %\n\
             - **Requests affected** (error rates, timeouts): {requests} requests failed, {timeouts} % of them by timeout\n\
             - **Data impact**:\n  - Data loss: no\n  - Data corruption: {corruption}\n  - Durability risk: no\n\n"
        );
    }

    fn detection(&mut self, page: &mut String) {
        let alert = capitalised(&self.draw("component")).replace(' ', "");
        let observation = self.sentence("observation");
        let mut minutes = minutes_between(self.started, self.rows[self.detected]);
        if self.has(Fault::DetectTimeMismatch) {
            minutes += 40;
        }
        let why = self.filler(3);
        *page += &format!(
            "## Detection\n\n- **How was it detected**:\n  - Alert name(s): {alert}Stalled\n  - Customer reports: none before the page\n  \
             - Internal observation: {observation}\n- **Time to detect**: {}\n\
             - **Why did our alerting succeed or fail**: {why}\n\n",
            spoken(minutes)
        );
    }

    fn timeline(&mut self, page: &mut String) {
        *page += "## Timeline\n\nUse precise times. Include links to dashboards, logs, PRs, and commands run.\n\n\
            | Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n";
        let last = self.rows.len() - 1;
        let mut lines = Vec::new();
        for (index, at) in self.rows.clone().into_iter().enumerate() {
            let mut actor = self.draw("person");
            let mut action = self.draw("action");
            let result = capitalised(&self.draw("did"));
            if index == 0 {
                (actor, action) = ("deploy-bot".to_owned(), format!("**Started.** {}", self.draw("effect")));
            } else if index == self.detected {
                (actor, action) =
                    ("pager".to_owned(), format!("**Detected.** Page for {}", self.draw("service")));
            } else if index == self.detected + 1 {
                action = format!("**Acknowledged.** {action}");
            } else if index == self.mitigated {
                action = format!("**Mitigated.** {action}");
            } else if index == last {
                action = format!("**Resolved.** {action}");
            } else if self.random.one_in(6) {
                action = format!("{action}: `{}`", self.draw("command"));
            }
            if index == 4 && self.has(Fault::MissingActor) {
                actor.clear();
            }
            let link = match self.random.below(3) {
                _ if self.has(Fault::MissingEvidenceLink) => String::new(),
                0 => format!(" ([graph](https://grafana.example.com/d/{:08x}))", self.random.next() as u32),
                1 => format!(
                    " ([thread](https://chat.example.com/archives/C01/p{}))",
                    self.random.between(1_000_000, 9_999_999)
                ),
                _ => format!(
                    " ([PR](https://git.example.com/acme/platform/pull/{}))",
                    self.random.between(100, 9_999)
                ),
            };
            lines.push(format!("| {} | {actor} | {action} | {result}{link} |\n", minute(at)));
        }
        if self.has(Fault::UnsortedTimeline) {
            lines.swap(self.detected + 3, self.detected + 6);
        }
        page.extend(lines);
        *page += "\n";
    }

    fn cause(&mut self, page: &mut String) {
        let trigger = self.sentence("cause");
        let cause = if self.has(Fault::LeftoverPlaceholder) {
            "TBD".to_owned()
        } else if self.has(Fault::HumanErrorAsCause) {
            "Human error during the deploy.".to_owned()
        } else {
            [self.sentence("cause"), self.filler(4)].join(" ")
        };
        let mut factors = [self.filler(2), self.sentence("cause"), self.filler(1)];
        if self.has(Fault::Counterfactual) {
            factors[2] = "The engineer on call should have noticed the graph before the deploy.".into();
        }
        let [product, config, process] = factors;
        *page += &format!(
            "## Root cause\n\n- **Direct trigger**: {trigger}\n- **Root cause** (systems explanation): {cause}\n\
             - **Contributing factors**:\n  - product / code: {product}\n  - config / deployments: {config}\n  - capacity\n  \
             - process / oncall: {process}\n  - third party dependencies\n\n"
        );
    }

    fn mitigation(&mut self, page: &mut String) {
        let (stopped, resolved) = (self.sentence("action"), self.sentence("action"));
        let (rollback, region) = (self.sentence("action"), self.draw("region"));
        *page += &format!(
            "## Mitigation and resolution\n\n- **What stopped the bleeding**: {stopped}\n\
             - **What fully resolved the incident**: {resolved}\n- **Rollback details** (if used): {rollback}\n\
             - **Customer workarounds** (if any): Use {region} until the next morning.\n\n"
        );
    }

    fn actions(&mut self, page: &mut String) {
        *page += "## Action items\n\nAction items must be specific, owned, and dated.\n\n\
            | Priority | Action item | Owner | Due date | Status | Verification plan |\n|---:|---|---|---|---|---|\n";
        let ended = self.ended().date();
        for row in 0..6_usize {
            // The first three rows carry the faults of one cell each, so that they do not hide each other.
            let (priority, within) =
                [("P0", 13), ("P1", 28), ("P1", 25), ("P1", 20), ("P2", 80), ("P2", 70)][row];
            let mut priority = priority.to_owned();
            let mut due = (ended + self.random.between(5, within).days()).to_string();
            let mut action = self.draw("concrete-action");
            let mut owner = self.draw("person");
            let mut plan = self.draw("plan");
            let mut status = self.status(ended);
            let fault_here = |fault, at| row == at && self.has(fault);
            if fault_here(Fault::InvalidPriority, 5) {
                priority = "High".into();
            }
            if fault_here(Fault::VagueAction, 4) {
                action = "Improve monitoring".into();
            }
            if fault_here(Fault::MissingOwner, 1) {
                owner.clear();
            }
            if fault_here(Fault::SeveralOwners, 1) {
                owner = format!("{owner}, @norbert");
            }
            if fault_here(Fault::MissingDueDate, 2) {
                due.clear();
                // What is done needs no day any more.
                status = "Open".into();
            }
            if fault_here(Fault::DueBeforeIncident, 2) {
                due = (self.started.date() - 20.days()).to_string();
            }
            if fault_here(Fault::InvalidStatus, 3) {
                status = "Someday".into();
            }
            if fault_here(Fault::MissingVerificationPlan, 0) {
                plan.clear();
                // What is verified needs no plan any more.
                status = "Open".into();
            }
            let line = format!("| {priority} | {action} | {owner} | {due} | {status} | {plan} |\n");
            // An empty cell is one space between its pipes, as in the template.
            *page += &line.replace("|  |", "| |");
        }
        *page += "\nPriority guidance:\n\n\
            - **P0**: prevents recurrence of Sev0/Sev1 or reduces blast radius dramatically\n\
            - **P1**: meaningful reduction in risk or time-to-mitigate\n\
            - **P2**: nice to have, tooling, or documentation improvements\n\n";
    }

    fn status(&mut self, ended: Date) -> String {
        let done = ended + self.random.between(3, 40).days();
        // What is years old is nearly always closed, one way or the other.
        let is_old = ended < date(2026, 1, 1) && !self.random.one_in(20);
        match self.random.below(4) {
            0 if !is_old => "Open".to_owned(),
            1 if !is_old => "In progress".to_owned(),
            0 | 2 => format!("Done {done}"),
            _ => format!("Verified {done}"),
        }
    }

    fn verification(&mut self, page: &mut String) {
        let (proof, service) = (self.sentence("plan"), self.draw("service"));
        let game_day = self.ended().date() + self.random.between(30, 90).days();
        let failure = self.draw("component");
        *page += &format!(
            "## Follow-up verification\n\n- How will we prove this is fixed? {proof}\n- What metrics should improve?\n  \
             - `sum(rate(http_errors_total{{service=\"{service}\"}}[5m])) / sum(rate(http_requests_total{{service=\"{service}\"}}[5m])) < 0.01` for 14d\n\
             - What game day will we run?\n  - {game_day}: stop the {failure} of {service} for ten minutes\n\n"
        );
    }

    fn appendices(&mut self, number: u64, page: &mut String) {
        *page += &format!(
            "## Appendices\n\n- Links:\n  - incident doc: https://docs.example.com/incidents/{number}\n  \
             - status page: https://status.example.com/incidents/{number}\n  \
             - relevant PRs: https://git.example.com/acme/platform/pull/{}\n  \
             - dashboards: https://grafana.example.com/d/{:08x}\n- Notes and raw logs (short excerpts only):\n\n```text\n",
            self.random.between(100, 9_999),
            self.random.next() as u32
        );
        for _ in 0..4 {
            let at = self.rows[self.random.below(self.rows.len())];
            let (service, what) = (self.draw("service"), self.draw("observation"));
            let (host, job) = (self.draw("word"), self.draw("word"));
            let second = self.random.below(60);
            *page += &format!("{}:{second:02}Z {host} {service} WARN {job}: {what}\n", minute(at));
        }
        *page += "```\n";
    }
}

fn minute(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

fn minutes_between(from: DateTime, to: DateTime) -> i64 {
    let round = SpanRound::new().largest(Unit::Minute).days_are_24_hours();
    to.since(from).and_then(|span| span.round(round)).map_or(0, |span| span.get_minutes())
}

fn spoken(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}m"),
        (hours, minutes) => format!("{hours}h {minutes}m"),
    }
}
