//! `single-incident-mttr`: a mean over one incident.

use crate::lint::prose;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The text gives an MTTR, or another mean time, of this one incident.
    ///
    /// ## Why
    ///
    /// One incident has a time, no mean. Even over many the mean says little, since durations are skewed:
    /// a figure that is called a mean will be compared with others as if it were one.
    ///
    /// ## Source
    ///
    /// *The VOID Report* (2021 and 2022), on MTTR.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## What went well
    ///
    /// - The MTTR of this incident was only 12 minutes.
    /// ```
    ///
    /// ```markdown good
    /// ## What went well
    ///
    /// - Mitigation came 12 minutes after the start.
    /// ```
    name: "single-incident-mttr",
    group: Language,
    levels: Advice,
    reads_foreign: true,
    phrases: &[
        "mttr", "mttd", "mtta", "mttm", "mttk", "mtbf", "mean time to recovery", "mean time to recover",
        "mean time to repair", "mean time to resolve", "mean time to resolution", "mean time to restore",
        "mean time to detect", "mean time to detection", "mean time to acknowledge", "mean time to mitigate",
        "mean time to mitigation", "mean time to respond", "mean time between failures",
    ],
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    // A label such as `MTTD` counts as the template's field; it is no less a mean for that.
    for (hit, _) in cx.hits().filter(|(hit, _)| document.markdown().is_prose(hit.start)) {
        let sentence = cx.sentence(hit);
        let after = &document.text()[hit.end as usize..sentence.end as usize];
        let whole = document.slice(sentence);
        let of_one = after.bytes().any(|byte| byte.is_ascii_digit())
            || prose::words(after).any(|word| {
                prose::is_any(word, &["minute", "minutes", "hour", "hours", "second", "seconds"])
            })
            || whole.contains("this incident")
            || whole.contains("the incident");
        // Over several incidents it is a mean, whatever that is worth.
        let of_many = prose::words(whole).any(|word| {
            prose::is_any(
                word,
                &[
                    "incidents",
                    "outages",
                    "quarter",
                    "quarterly",
                    "month",
                    "months",
                    "monthly",
                    "year",
                    "years",
                    "yearly",
                    "average",
                    "across",
                    "trend",
                    "target",
                    "slo",
                    "goal",
                    "objective",
                ],
            )
        });
        if !of_one || of_many || !prose::is_narrative(cx, hit) {
            continue;
        }
        out.report(
            hit,
            format!("`{}` is a mean, and one incident has none", document.slice(hit)),
            "it will be compared with other means as if it were one",
            "give this incident's own time, and from which moment to which it runs",
        );
    }
}
