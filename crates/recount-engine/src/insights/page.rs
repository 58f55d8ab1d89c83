//! All figures as one page: self-contained, without scripts, readable on a telephone, in light and dark.

use askama::Template;

use super::chart::{self, STYLE, Standing};
use super::figure::Figure;
use super::table::Cell;
use super::{FIGURES, words};

/// What stands at the head of the page.
#[derive(Clone, Debug, Default)]
pub struct Heading {
    /// What the page is about.
    pub title: String,
    /// What was asked for, in sentences.
    pub lines: Vec<String>,
}

/// A way to a figure in another form: what it is called, and its address.
pub type Way = (&'static str, String);

/// The figures as HTML, below the headings of their groups.
pub fn html(heading: &Heading, figures: &[Figure]) -> String {
    let groups = groups(figures, &|_| Vec::new());
    // A string takes everything.
    let page = Page { heading, chart_style: STYLE, groups }.render().unwrap_or_default();
    page + "\n"
}

/// The same as a part of another page, which brings the styles, with ways to each figure in other forms.
pub fn part(figures: &[Figure], ways: &dyn Fn(&Figure) -> Vec<Way>) -> String {
    Parts { groups: groups(figures, ways) }.render().unwrap_or_default()
}

fn groups<'f>(figures: &'f [Figure], ways: &dyn Fn(&Figure) -> Vec<Way>) -> Vec<Group<'f>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for definition in FIGURES {
        let Some(figure) = figures.iter().find(|figure| figure.name == definition.name) else { continue };
        let part = Part::of(figure, ways(figure));
        match groups.last_mut() {
            Some(group) if group.title == definition.group.title => group.parts.push(part),
            _ => groups.push(Group { title: definition.group.title, parts: vec![part] }),
        }
    }
    groups
}

#[derive(Template)]
#[template(path = "figures.html")]
struct Parts<'a> {
    groups: Vec<Group<'a>>,
}

#[derive(Template)]
#[template(path = "insights.html")]
struct Page<'a> {
    heading: &'a Heading,
    chart_style: &'a str,
    groups: Vec<Group<'a>>,
}

struct Group<'a> {
    title: &'a str,
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    figure: &'a Figure,
    counted: String,
    left_out: String,
    definition: Vec<Piece>,
    svg: String,
    columns: Vec<(String, bool)>,
    rows: Vec<Vec<(String, bool)>>,
    ways: Vec<Way>,
}

/// A piece of a definition.
struct Piece {
    text: String,
    /// Empty, or the element that it is.
    element: &'static str,
}

impl<'a> Part<'a> {
    fn of(figure: &'a Figure, ways: Vec<Way>) -> Self {
        let table = figure.table();
        let is_number = |column: usize| table.rows.iter().any(|row| row[column].is_number());
        Self {
            figure,
            counted: words::counted_of(figure),
            left_out: words::left_out(figure),
            definition: pieces(figure.definition),
            svg: chart::svg(figure, Standing::OnPage),
            columns: table
                .columns
                .iter()
                .enumerate()
                .map(|(nth, name)| (name.clone(), is_number(nth)))
                .collect(),
            rows: table
                .rows
                .iter()
                .map(|row| row.iter().map(|cell| (Cell::said(cell), cell.is_number())).collect())
                .collect(),
            ways,
        }
    }
}

/// A definition by its marks: bold and code.
fn pieces(definition: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (bold, part) in definition.split("**").enumerate() {
        for (code, text) in part.split('`').enumerate() {
            let element = match (bold % 2 == 1, code % 2 == 1) {
                (_, true) => "code",
                (true, false) => "b",
                (false, false) => "",
            };
            pieces.push(Piece { text: text.to_owned(), element });
        }
    }
    pieces
}
