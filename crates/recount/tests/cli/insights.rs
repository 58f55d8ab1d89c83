//! `insights`: figures over the example library, in each form, and over libraries with nothing to count.

use std::fs;

use crate::harness::Folder;

#[test]
fn the_example_library_in_a_terminal() {
    let run = Folder::examples().recount(&["insights"]).is(0);
    assert!(run.out.lines().all(|line| line.chars().count() <= 100), "no line is wider than the terminal");
    insta::assert_snapshot!(run.out);
}

#[test]
fn a_figure_as_csv_is_its_table() {
    let run =
        Folder::examples().recount(&["insights", "--figure", "time-to-mitigate", "--format", "csv"]).is(0);
    insta::assert_snapshot!(run.out);
    let run = Folder::examples().recount(&["insights", "--figure", "services", "--format", "csv"]).is(0);
    assert!(
        run.out.starts_with("service,Sev0,Sev1,Sev2,Sev3,total,share\ncheckout,1,3,1,0,5,0.3333\n"),
        "{}",
        run.out
    );
}

#[test]
fn figures_of_a_period_severity_and_team_say_so() {
    let arguments = ["insights", "--period", "2026", "--severity", "sev1", "--team", "team-payments"];
    let run = Folder::examples().recount(&[&arguments[..], &["--figure", "time-to-close"]].concat()).is(0);
    insta::assert_snapshot!(run.out);
}

#[test]
fn filters_part_the_library() {
    let folder = Folder::examples();
    let selected = |arguments: &[&str]| {
        let run = folder.recount(&[&["insights", "--format", "json"], arguments].concat()).is(0);
        run.json()["selected"].as_u64().expect("a number")
    };
    let all = selected(&[]);
    let severities = ["sev0", "sev1", "sev2", "sev3"].map(|severity| selected(&["--severity", severity]));
    assert_eq!(severities.iter().sum::<u64>(), all);
    // One has no start time, and so is in no period.
    assert_eq!(selected(&["--period", "2025"]) + selected(&["--period", "2026"]), all - 1);
    let quarters =
        ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"].map(|quarter| selected(&["--period", quarter]));
    assert_eq!(quarters.iter().sum::<u64>(), selected(&["--period", "2026"]));
}

#[test]
fn charts_and_pages_are_written_where_they_are_wanted() {
    let folder = Folder::examples();
    let run = folder.recount(&["insights", "--format", "svg", "--output", "charts"]).is(0);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", "wrote 20 files to charts\n"));
    let chart = folder.read("charts/time-to-detect.svg");
    assert!(chart.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && chart.contains("<desc"));
    folder.recount(&["insights", "--output", "page.html"]).is(0);
    assert!(folder.read("page.html").starts_with("<!doctype html>"));
    let run = folder.recount(&["insights", "--figure", "factors", "--format", "svg"]).is(0);
    assert!(run.out.contains("Contributing factors") && run.out.ends_with("</svg>\n"));
    let run = folder.recount(&["insights", "--figure", "factors", "--output", "factors.csv"]).is(0);
    assert_eq!(run.err, "wrote factors.csv\n");
    folder.recount(&["insights", "--output", "all.json"]).is(0);
    assert_eq!(fs::read_dir(folder.path("charts")).expect("a folder").count(), 20);
}

#[test]
fn nothing_that_the_library_is_made_of_is_written_over() {
    let folder = Folder::library();
    folder.recount(&["new", "Checkout refused cards"]).is(0);
    folder.recount(&["new", "Search was slow"]).is(0);
    for (own, what) in [
        ("recount.toml", "the library's configuration"),
        ("./postmortems/../recount.toml", "the library's configuration"),
        ("template.md", "the library's template"),
        ("postmortems/2026/INC-0001-checkout-refused-cards.md", "a postmortem of this library"),
    ] {
        let before = folder.read(own);
        for format in ["html", "json"] {
            let run = folder.recount(&["insights", "--format", format, "--output", own]).is(2);
            let expected =
                format!("error: `{own}` is {what}, so nothing is written over it\nhint: name another file");
            assert!(run.err.starts_with(&expected), "{}", run.err);
        }
        let arguments = ["insights", "--figure", "services", "--format", "csv", "--output", own];
        folder.recount(&arguments).is(2);
        assert_eq!(folder.read(own), before);
    }
    // What is not the library's is written anew each time.
    for _ in 0..2 {
        folder.recount(&["insights", "--output", "page.html"]).is(0);
    }
}

#[test]
fn a_file_that_is_no_postmortem_is_counted_as_none() {
    let folder = Folder::examples();
    let json = || folder.recount(&["insights", "--format", "json"]).is(0).json();
    let before = json();
    folder.write("postmortems/how-we-write.md", "# How we write postmortems\n\nCopy the template.\n");
    let after = json();
    assert_eq!((&before["postmortems"], &before["selected"]), (&after["postmortems"], &after["selected"]));
    let run = folder.recount(&["insights", "--figure", "detection"]).is(0);
    assert!(run.out.contains("1 (no postmortem in the template)"), "{}", run.out);
    let run = folder.recount(&["insights", "--period", "2026", "--figure", "detection"]).is(0);
    assert!(!run.out.contains("no start time") && !run.out.contains("in the template"), "{}", run.out);
    let folder = Folder::library();
    folder.write("postmortems/how-we-write.md", "# How we write postmortems\n\nCopy the template.\n");
    let run = folder.recount(&["insights"]).is(0);
    assert!(run.err.starts_with("there is no postmortem yet\n"), "{}", run.err);
}

#[test]
fn what_cannot_be_shown_is_said_with_a_way_out() {
    let folder = Folder::examples();
    for (arguments, expected) in [
        (
            &["--format", "csv"][..],
            "error: 20 figures do not fit into one csv file\nhint: name one with `--figure NAME`, or a folder for all with \
             `--output FOLDER`\n",
        ),
        (
            &["--team", "team-nobody"],
            "error: there is no team `team-nobody` in `recount.toml`\nhint: teams are those of `[[people]]` and \
             `[[services]]`, and `teams` under `[library]`\n",
        ),
        (
            &["--output", "all.csv"],
            "error: 20 figures do not fit into `all.csv`: a csv file is one figure\nhint: name one with `--figure NAME`, \
             or a folder for all with `--format` and `--output FOLDER`\n",
        ),
        (
            &["--output", "figures.txt"],
            "error: a table is for the terminal\nhint: `--format html` writes a page, `--format svg` and `--format csv` a \
             file for each figure\n",
        ),
    ] {
        let run = folder.recount(&[&["insights"], arguments].concat()).is(2);
        assert_eq!((run.out.as_str(), run.err.as_str()), ("", expected));
    }
    let run = folder.recount(&["insights", "--output", "no/such/page.html"]).is(2);
    assert!(run.err.starts_with("error: `no/such/page.html` cannot be written: "), "{}", run.err);
    let run = folder.recount(&["insights", "--period", "2031"]).is(0);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", "no postmortem is like that\n"));
    for command in ["insights", "actions", "recurrence"] {
        let run = Folder::library().recount(&[command]).is(0);
        let next = "there is no postmortem yet\nhint: `recount new TITLE` makes the first";
        assert!(run.err.starts_with(next), "{command}: {}", run.err);
    }
}
