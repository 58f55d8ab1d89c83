//! `docs/insights.md`: what `recount insights` counts, from the engine's definitions.

use std::fmt::Write as _;

use recount_engine::insights::FIGURES;

use super::heading;

const ABOUT: &str = "\
Figures over the postmortems of a library: how many incidents there were, how fast they were found and mitigated, what \
contributed, what recurs, and what became of the action items.

```sh
recount insights                                    # all of it, in the terminal
recount insights --period 2026-Q3 --severity sev1   # a quarter, the grave ones
recount insights --figure time-to-mitigate --period 90d
recount insights --format html --output insights.html
recount insights --format svg --output charts/      # a file for each figure
recount insights --figure on-time --format csv --team team-payments
```

## What can be relied on

- **Every figure has its n.** It says how many incidents or action items are in it, how many are not, and why, one \
  reason each; these always add up. What a document does not say is missing and never counted as zero.
- **What is open is censored, not dropped.** An action item that is open for 80 days is known to take longer than \
  80 days, and counts as that.
- **Distributions, not means.** Times to detect or mitigate are skewed: a mean tells of the longest incident. Here are \
  medians and 90th percentiles, as values that were observed, with 95% intervals where there are enough for one \
  (6 for a median, 36 for a 90th percentile, which is given from 10 on).
- **A trend is stated only where a test finds one**, at 0.05, with the test's name and its p-value. Else it says that \
  there is no evidence of a trend at this n, which is not evidence that there is none.
- **The same records give the same figures.** Nothing is drawn at random: the bootstrap intervals are those that \
  resampling tends to, computed exactly.

Figures say something about postmortems, not about people. A team that writes more postmortems has more incidents \
here.

## Which incidents

`--period` takes a year, quarter, month or day, or the last days, weeks, months or years up to today (`90d`, `12w`, \
`6m`, `1y`); `--after` and `--before` take days. `--severity`, `--service`, `--factor`, `--stage` and `--owner` filter \
as they do for `recount list`. `--team` takes the incidents that impacted a service of the team, and the action items \
that the team or its people own, by `recount.toml`. Postmortems without a start time are in no period.

Drafts are in: an incident has happened before its postmortem is final. Of several postmortems with one \
ID, as a copy leaves them, one counts, and the others are said to be left out; so are files that are no postmortems \
in the template. A period goes back 100 years at most.

## For programs

`--format json` gives all figures with their definitions ([schema](schemas/insights.v1.json)); `--format csv` the \
table of a figure, in which shares are parts of 1 and times are seconds, or days where the heading is about days.

## The figures

Each has a name, for `--figure`.";

pub(super) fn page() -> String {
    let mut out = heading("Insights", ABOUT);
    let mut group = "";
    for figure in FIGURES {
        if figure.group.title != group {
            group = figure.group.title;
            let _ = writeln!(out, "\n### {group}");
        }
        let _ = writeln!(out, "\n**{}** (`{}`). {}", figure.title, figure.name, figure.definition);
    }
    out.push_str(SOURCES);
    out
}

const SOURCES: &str = "
## Methods

| what | method | held in tests against |
|---|---|---|
| quantiles | nearest rank (Hyndman & Fan 1996, definition 1) | numpy |
| interval of a quantile | percentile bootstrap (Efron 1979), exact by the binomial distribution | scipy, and resampling with numpy |
| interval of a share | Wilson (1927) | statsmodels; examples of Newcombe (1998) |
| time to close | Kaplan & Meier (1958), Greenwood's variance on the log-log scale, pointwise | lifelines; the remission times of Freireich et al. (1963) |
| trend in durations | Mann–Kendall, corrected for ties | pymannkendall; the flow of the Nile (Cobb 1978) |
| trend in occurrence | Laplace; MIL-HDBK-189 (Crow-AMSAA), time-truncated | scipy; the example in MIL-HDBK-189 (1981), appendix C |
";
