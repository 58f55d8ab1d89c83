//! Claims about all figures, over libraries that are empty, odd or large.

use std::fmt::Write as _;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::chart::{Standing, svg};
use super::page::{Heading, html};
use super::*;
use crate::document::template::{FieldId, TEMPLATE};
use crate::document::value::priority::Priority;
use crate::document::value::severity::Severity;
use crate::document::value::status::StatusKind;
use crate::document::{ActionRecord, Document, FactorRecord};

const TODAY: Date = Date::constant(2026, 11, 23);

fn blank() -> Record {
    Document::parse(TEMPLATE.as_bytes()).record()
}

fn at(days: i64, minutes: i64) -> Timestamp {
    let base: Timestamp = "2026-01-05T09:00:00Z".parse().expect("a time");
    base + SignedDuration::from_mins(days * 24 * 60 + minutes)
}

fn action(nth: usize, status: StatusKind) -> ActionRecord {
    ActionRecord {
        number: nth,
        stable_id: None,
        priority: Some(Priority::ALL[nth % 3]),
        action: format!("Do {nth}"),
        owners: vec!["@ana".to_owned()],
        due: Some(Date::constant(2026, 3, 1)),
        status: Some(status),
        status_date: (!status.is_open()).then(|| Date::constant(2026, 2, 20)),
        status_reason: None,
        has_plan: true,
    }
}

/// An incident that says everything.
fn told(nth: usize) -> Record {
    let start = (nth * 9) as i64;
    Record {
        id: Some(format!("INC-{nth:04}")),
        severity: Some(Severity::ALL[nth % 4]),
        started: Some(at(start, 0)),
        detected: Some(at(start, 4 + nth as i64)),
        acknowledged: Some(at(start, 9 + nth as i64)),
        mitigated: Some(at(start, 40 + 3 * nth as i64)),
        resolved: Some(at(start, 90 + 7 * nth as i64)),
        services: vec![["checkout", "search", "payments"][nth % 3].to_owned()],
        detected_by: vec![FieldId::AlertNames, FieldId::CustomerReports][..=nth % 2].to_vec(),
        factors: vec![FactorRecord {
            category: [FieldId::FactorConfig, FieldId::FactorCapacity][nth % 2],
            text: "The retry budget was missing".to_owned(),
        }],
        went_poorly: vec!["The status page was updated late".to_owned()],
        got_lucky: vec!["It was a quiet night".to_owned()],
        actions: vec![action(2 * nth, StatusKind::ALL[nth % 5]), action(2 * nth + 1, StatusKind::Open)],
        ..blank()
    }
}

fn config() -> Config {
    Config::from_toml(
        "[[services]]\nname = \"checkout\"\nowner = \"team-pay\"\n[[people]]\nhandle = \"@ana\"\nteam = \"team-pay\"\n",
    )
    .expect("it is well formed")
}

fn scope(config: &Config) -> Scope<'_> {
    Scope { config, today: TODAY, from: None, until: None, team: None, mitigate_minutes: 60 }
}

fn figures(records: &[Record], scope: Scope<'_>) -> Vec<Figure> {
    let incidents =
        records.iter().map(|record| Incident { name: record.id.as_deref().unwrap_or("a.md"), record });
    let basis = Basis::new(incidents, scope);
    FIGURES.iter().map(|definition| definition.figure(&basis)).collect()
}

/// What must be true of every figure, whatever the library.
fn hold(figures: &[Figure]) {
    for figure in figures {
        let out: usize = figure.excluded.iter().map(|excluded| excluded.count).sum();
        assert_eq!(figure.n + out, figure.total, "{}: {:?}", figure.name, figure.excluded);
        let table = figure.table();
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{}", figure.name);
        let mut all = serde_json::to_string(figure).expect("plain data");
        all.push_str(&csv::csv(figure));
        for standing in [Standing::Alone, Standing::OnPage] {
            let chart = svg(figure, standing);
            let read = roxmltree::Document::parse(&chart);
            assert!(read.is_ok(), "{}: {:?}\n{chart}", figure.name, read.err());
            all.push_str(&chart);
        }
        for wrong in ["NaN", "inf ", "null,null,null,null,null,null"] {
            assert!(!all.contains(wrong), "{}: {wrong} in\n{all}", figure.name);
        }
        if figure.n == 0 {
            assert!(!figure.statements.is_empty(), "{} is empty without a word", figure.name);
        }
    }
    assert!(html(&Heading::default(), figures).contains("</html>"));
}

#[test]
fn names_are_words_and_every_figure_has_its_definition() {
    let mut names: Vec<&str> = FIGURES.iter().map(|figure| figure.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FIGURES.len());
    for figure in FIGURES {
        assert!(figure.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", figure.name);
        assert!(figure.definition.ends_with('.') && figure.definition.len() > 60, "{}", figure.name);
        assert!(!figure.definition.contains("  "), "{}", figure.name);
    }
}

#[test]
fn libraries_with_little_in_them_give_sentences() {
    let config = config();
    let open = Record {
        resolved: None,
        mitigated: None,
        actions: (0..4).map(|nth| action(nth, StatusKind::Open)).collect(),
        ..told(1)
    };
    let libraries = [
        ("empty", vec![]),
        ("unknown", vec![blank(), blank()]),
        (
            "unreadable",
            vec![
                Record { is_start_unreadable: true, ..blank() },
                Record { is_end_unreadable: true, resolved: None, ..told(0) },
            ],
        ),
        ("one", vec![told(0)]),
        ("open", (1..4).map(|nth| Record { id: Some(format!("INC-{nth}")), ..open.clone() }).collect()),
    ];
    let mut out = String::new();
    for (name, records) in libraries {
        let figures = figures(&records, scope(&config));
        hold(&figures);
        let _ = writeln!(out, "# {name}");
        for figure in figures {
            let counts = format!("n = {}. {}", words::counted_of(&figure), words::left_out(&figure));
            let _ = writeln!(out, "{}: {counts} {}", figure.name, figure.statements.join(" "));
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn a_library_gives_every_figure() {
    let config = config();
    let records: Vec<Record> = (0..36).map(told).collect();
    let figures = figures(&records, scope(&config));
    hold(&figures);
    insta::assert_snapshot!(serde_json::to_string_pretty(&figures).expect("plain data"));
}

#[test]
fn figures_of_a_team_are_of_its_services_and_its_items() {
    let config = config();
    let mut records: Vec<Record> = (0..6).map(told).collect();
    records[1].actions[0].owners = vec!["@noor".to_owned()];
    let figures = figures(&records, Scope { team: Some("@Team-Pay"), ..scope(&config) });
    hold(&figures);
    let of = |name: &str| figures.iter().find(|figure| figure.name == name).map(|figure| figure.total);
    assert_eq!((of("incidents"), of("teams")), (Some(2), Some(11)));
}

#[test]
fn of_several_postmortems_with_one_id_one_counts_and_the_others_are_said() {
    let config = config();
    let mut records: Vec<Record> = (0..6).map(told).collect();
    let once = figures(&records[1..], scope(&config));
    records[0] = Record { id: Some("inc-0003".to_owned()), ..told(3) };
    let twice = figures(&records, scope(&config));
    hold(&twice);
    for (once, twice) in once.iter().zip(&twice) {
        assert_eq!(once.n, twice.n, "{}", once.name);
        let out = twice.excluded.iter().find(|out| out.reason == "another postmortem has the same ID");
        let expected = if once.counted == Counted::Incidents { 1 } else { 2 };
        assert_eq!(out.map(|out| out.count), Some(expected), "{}", once.name);
    }
}

#[test]
fn files_that_are_no_postmortems_are_said_to_be_none() {
    let config = config();
    let mut records: Vec<Record> = (0..6).map(told).collect();
    let without = figures(&records, scope(&config));
    records.push(Document::parse(b"# How we write postmortems\n\nCopy the template.\n").record());
    let with = figures(&records, scope(&config));
    hold(&with);
    for (without, with) in without.iter().zip(&with) {
        assert_eq!(without.n, with.n, "{}", without.name);
        let said = with
            .excluded
            .iter()
            .find(|out| out.reason == "no postmortem in the template")
            .map(|out| out.count);
        assert_eq!(said, (with.counted == Counted::Incidents).then_some(1), "{}", with.name);
    }
}

#[test]
fn a_trend_is_stated_only_where_the_test_finds_one() {
    let config = config();
    let slower: Vec<Record> = (0..20).map(told).collect();
    let steady: Vec<Record> = (0..20)
        .map(|nth| Record { detected: Some(at(nth * 9, 5 + nth % 3)), ..told(nth as usize) })
        .collect();
    let said = |records: &[Record], name: &str| {
        let figures = figures(records, scope(&config));
        let figure = figures.into_iter().find(|figure| figure.name == name);
        figure.map(|figure| figure.statements.join(" ")).unwrap_or_default()
    };
    assert!(said(&slower, "time-to-detect").contains("They became slower from incident to incident"));
    assert!(said(&steady, "time-to-detect").contains("No evidence of a trend at this n"));
    // Twenty incidents in the first half of the window, none in the second.
    assert!(said(&slower, "growth").contains("became rarer"), "{}", said(&slower, "growth"));
    let even: Vec<Record> = (0..36).map(told).collect();
    assert!(said(&even, "growth").contains("No evidence of a trend"), "{}", said(&even, "growth"));
}

#[test]
fn an_incident_at_either_edge_of_the_window_makes_no_trend() {
    let config = config();
    let first_of = |month: i8| {
        let day =
            Date::constant(2026, month, 1).to_zoned(jiff::tz::TimeZone::UTC).expect("a day of the calendar");
        Record { started: Some(day.timestamp()), ..told(month as usize) }
    };
    let records: Vec<Record> = (1..=8).map(first_of).collect();
    let (from, until) = (Some(Date::constant(2026, 1, 1)), Some(Date::constant(2026, 8, 1)));
    let figures = figures(&records, Scope { from, until, ..scope(&config) });
    hold(&figures);
    let growth = figures.iter().find(|figure| figure.name == "growth").expect("it is listed");
    let left_out: Vec<&str> = growth.excluded.iter().map(|excluded| excluded.reason.as_str()).collect();
    assert_eq!((growth.n, left_out), (6, vec!["began after the window", "opens the window"]));
    let said = growth.statements.join(" ");
    assert!(said.contains("No evidence of a trend"), "{said}");
}

#[test]
fn the_share_closed_in_time_is_unknown_where_nothing_was_watched_for_so_long() {
    let config = config();
    let ended = |days: i64| {
        Some(
            "2026-11-23T00:00:00Z".parse::<Timestamp>().expect("a time")
                - SignedDuration::from_hours(24 * days),
        )
    };
    let open = || action(0, StatusKind::Open);
    let closed =
        || ActionRecord { status_date: Some(Date::constant(2026, 11, 22)), ..action(0, StatusKind::Done) };
    for (case, days, actions, in_30, in_90) in [
        ("all open", 3, vec![open(); 6], None, None),
        ("one of two closed", 3, vec![open(), closed()], None, None),
        ("all closed", 3, vec![closed(); 2], Some(1.0), Some(1.0)),
        ("watched for 40 days", 40, vec![open(), closed()], Some(0.0), None),
    ] {
        let record = Record { started: ended(days), resolved: ended(days), actions, ..told(0) };
        let figures = figures(&[record], scope(&config));
        hold(&figures);
        let figure = figures.iter().find(|figure| figure.name == "time-to-close").expect("it is listed");
        let Data::Survival(survival) = &figure.data else { panic!("{:?}", figure.data) };
        let all = &survival.groups[0];
        assert_eq!((all.closed_in_30_days, all.closed_in_90_days), (in_30, in_90), "{case}");
    }
}

#[test]
fn on_time_counts_only_what_was_due() {
    use StatusKind::{Done, Open, Verified, WontDo};
    let config = config();
    let due = |day: i8| Some(Date::constant(2026, 11, day));
    let item = |status, date: Option<Date>, due| ActionRecord {
        status,
        status_date: date,
        due,
        ..action(0, StatusKind::Open)
    };
    for (item, n, hits) in [
        (item(Some(Done), due(10), due(10)), 1, 1),
        (item(Some(Done), due(11), due(10)), 1, 0),
        (item(Some(Open), None, due(22)), 1, 0),
        (item(Some(Open), None, due(23)), 0, 0),
        (item(Some(Done), due(1), due(30)), 0, 0),
        (item(Some(Verified), due(9), due(10)), 0, 0),
        (item(Some(Verified), due(11), due(10)), 0, 0),
        (item(Some(WontDo), due(9), due(10)), 0, 0),
        (item(Some(Open), due(20), due(10)), 0, 0),
        (item(Some(Done), None, due(10)), 0, 0),
        (item(None, None, due(10)), 0, 0),
        (item(Some(Done), due(9), None), 0, 0),
    ] {
        let record = Record { actions: vec![item.clone()], ..told(0) };
        let figures = figures(&[record], scope(&config));
        let figure = figures.iter().find(|figure| figure.name == "on-time").expect("it is listed");
        let Data::Shares(shares) = &figure.data else { panic!("{:?}", figure.data) };
        assert_eq!((figure.n, shares.rows[0].count), (n, hits), "{item:?}");
    }
}

#[test]
fn text_from_documents_is_text_in_charts_and_pages() {
    let config = config();
    let odd = "<script>alert('&')</script>\u{1b}[31m\u{0}";
    let mut records: Vec<Record> = (0..4).map(told).collect();
    for record in &mut records {
        record.services = vec![odd.to_owned()];
        record.went_poorly = vec!["<b>status page".to_owned()];
        record.actions[0].owners = vec!["=HYPERLINK(1)".to_owned(), odd.to_owned()];
    }
    let figures = figures(&records, scope(&config));
    hold(&figures);
    let page = html(&Heading { title: odd.to_owned(), lines: vec![odd.to_owned()] }, &figures);
    assert!(!page.contains("<script") && !page.contains("<b>status"));
    let owners = figures.iter().find(|figure| figure.name == "owners").expect("it is listed");
    assert!(csv::csv(owners).contains("\n'=HYPERLINK(1),"));
}

#[test]
fn a_page_stands_by_itself() {
    let config = config();
    let records: Vec<Record> = (0..12).map(told).collect();
    let page = html(&Heading { title: "Insights".into(), lines: vec![] }, &figures(&records, scope(&config)));
    for foreign in ["<script", "http://", "https://", "@import", "url("] {
        let page = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!page.contains(foreign), "{foreign}");
    }
    for figure in FIGURES {
        assert!(page.contains(&format!("id=\"{}\"", figure.name)));
        assert_eq!(page.matches(&format!("id=\"{}-t\"", figure.name)).count(), 1);
    }
}

fn record() -> impl Strategy<Value = Record> {
    let minutes = || proptest::option::of(-100_i64..5_000);
    let status = (0_usize..6).prop_map(|nth| StatusKind::ALL.get(nth).copied());
    let day = || proptest::option::of((2024_i16..2029, 1_i8..13).prop_map(|(y, m)| Date::constant(y, m, 1)));
    let item = (status, day(), day(), 0_usize..4, 0_usize..3);
    let times = (minutes(), minutes(), minutes(), minutes());
    let items = proptest::collection::vec(item, 0..4);
    (proptest::option::of(-4_000_i64..900), times, 0_usize..5, items, "[a-z ,.<&]{0,30}").prop_map(
        |(start, (detected, acknowledged, mitigated, resolved), severity, items, text)| {
            let from = |minutes: Option<i64>| minutes.map(|minutes| at(start.unwrap_or(3), minutes));
            let actions =
                items.into_iter().enumerate().map(|(nth, (status, date, due, priority, owners))| {
                    ActionRecord {
                        status,
                        status_date: date,
                        due,
                        priority: Priority::ALL.get(priority).copied(),
                        owners: ["@ana", "bo"][..owners.min(2)]
                            .iter()
                            .map(|name| (*name).to_owned())
                            .collect(),
                        ..action(nth, StatusKind::Open)
                    }
                });
            Record {
                started: start.map(|start| at(start, 0)),
                detected: from(detected),
                acknowledged: from(acknowledged),
                mitigated: from(mitigated),
                resolved: from(resolved),
                severity: Severity::ALL.get(severity).copied(),
                actions: actions.collect(),
                services: text.split(' ').take(2).map(str::to_owned).collect(),
                went_poorly: vec![text.clone()],
                factors: vec![FactorRecord { category: FieldId::FactorProcess, text }],
                ..blank()
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_the_records_are_nothing_is_left_out_unnamed(
        records in proptest::collection::vec(record(), 0..20),
        from in proptest::option::of(2024_i16..2028),
        has_team in any::<bool>(),
    ) {
        let config = config();
        let team = has_team.then_some("team-pay");
        let from = from.map(|year| Date::constant(year, 1, 1));
        hold(&figures(&records, Scope { from, team, ..scope(&config) }));
    }
}
