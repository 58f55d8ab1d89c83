//! What the book's chapter on the web application says is true, as far as a test can see it.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Served, filled};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap()
}

/// A picture stays small enough to be looked at by telephone.
const LARGEST_PICTURE: u64 = 150 * 1024;

#[test]
fn every_picture_of_the_book_is_there_in_light_and_dark_and_each_is_shown() {
    let mut shown = BTreeSet::new();
    for (path, before) in [("docs/web.md", "images/"), ("README.md", "docs/images/")] {
        let text = page(path);
        let names = text.split('"').filter_map(|part| part.strip_prefix(before));
        let names: BTreeSet<String> = names.map(str::to_owned).collect();
        for name in &names {
            let other =
                name.replace("-light.", "-swap.").replace("-dark.", "-light.").replace("-swap.", "-dark.");
            assert!(names.contains(&other), "{path} shows {name} without {other}");
        }
        shown.extend(names);
    }
    let folder = repository().join("docs/images");
    let there: BTreeSet<String> =
        fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(shown, there);
    for name in there {
        let size = fs::metadata(folder.join(&name)).unwrap().len();
        assert!(size <= LARGEST_PICTURE, "{name} has {size} bytes");
    }
}

#[test]
fn the_chapter_tells_of_every_key_what_the_list_of_keys_tells() {
    let chapter = page("docs/web.md");
    let told = chapter.lines().skip_while(|line| *line != "| key | does |").skip(2);
    let told: Vec<String> = told
        .take_while(|line| line.starts_with('|'))
        .map(|row| row.trim_matches(['|', ' ']).replace('`', "").replace(" | ", ": "))
        .collect();
    let body = Served::new().get("/keys").body;
    let (_, list) = body.split_once("<dl class=\"keys\">").unwrap();
    let (list, _) = list.split_once("</dl>").unwrap();
    let plain = |html: &str| {
        let texts = html.split('<').filter_map(|part| Some(part.split_once('>')?.1.trim()));
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let heard: Vec<String> = list
        .split("<dt>")
        .skip(1)
        .map(|entry| {
            let (keys, does) = entry.split_once("</dt>").unwrap();
            format!("{}: {}", plain(&format!("<dt>{keys}")), plain(does))
        })
        .collect();
    assert_eq!(told, heard);
}

#[test]
fn what_the_chapter_names_is_on_the_pages_under_that_name() {
    let chapter = page("docs/web.md");
    let served = Served::new();
    for (path, names) in [
        ("/", vec!["Home", "Postmortems", "Action items", "Insights", "New", "Rules", "API"]),
        ("/p/INC-0001", vec!["Edit", "History", "Export"]),
        ("/p/INC-0001/edit", vec!["Whole text"]),
    ] {
        let body = served.get(path).body;
        for name in names {
            assert!(chapter.contains(&format!("*{name}*")), "the chapter does not tell of {name}");
            assert!(body.contains(&format!(">{name}</a>")), "{path} has no {name}");
        }
    }
}

#[test]
fn verified_wants_evidence_and_wont_do_a_reason_as_the_chapter_says() {
    let chapter = page("docs/web.md");
    assert!(chapter.contains("`Verified` wants evidence") && chapter.contains("`Won't do` wants a reason"));
    for status in ["verified", "wont-do"] {
        let served = Served::new();
        let form = served.hidden("/actions", "/p/INC-0001/edit/actions", "Limit the pool");
        let sent = filled(&form, &[("do", "save"), ("status", status)]);
        let got = served.post("/p/INC-0001/edit/actions", &sent);
        assert_eq!(got.status, 422, "{status}");
        assert!(got.body.contains("role=\"alert\""));
        assert!(!served.text().to_lowercase().contains("| verified") && !served.text().contains("Won't do"));
    }
}

#[test]
fn an_error_keeps_the_ways_to_all_other_pages() {
    let body = Served::new().get("/p/INC-9999").body;
    for way in ["role=\"search\"", "href=\"/actions\"", "href=\"/keys\"", "href=\"#main\""] {
        assert!(body.contains(way), "no {way}");
    }
}

#[test]
fn a_form_tells_which_state_of_the_postmortem_it_shows() {
    let served = Served::new();
    let mark = |path: &str| {
        let body = served.get(path).body;
        let (_, rest) = body.split_once("data-mark=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    assert_eq!(mark("/p/INC-0001/edit"), mark("/p/INC-0001"));
    assert_eq!(mark("/p/INC-0001/edit/text"), mark("/p/INC-0001"));
}
