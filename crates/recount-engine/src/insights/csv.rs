//! A figure's table as CSV, and what every CSV owes to the spreadsheets that open it.

use super::figure::Figure;

/// RFC 4180 with line ends of one byte, a heading first. Shares are parts of 1, times seconds, unless a column is
/// about days; what is not known is empty.
pub fn csv(figure: &Figure) -> String {
    let table = figure.table();
    let mut out = csv::WriterBuilder::new().from_writer(Vec::new());
    // Memory takes everything, and rows are as long as the heading.
    let _ = out.write_record(&table.columns);
    for row in &table.rows {
        let _ = out.write_record(row.iter().map(|cell| harmless(cell.plain())));
    }
    String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// A cell as it may stand in CSV: what a spreadsheet would run as a formula gets an apostrophe in front, so that it
/// stays text.
pub fn harmless(text: String) -> String {
    // A handle such as `@ana` is none.
    let calls = text.starts_with('@') && text.contains('(');
    let is_number = || text.parse::<f64>().is_ok();
    let runs = calls || text.starts_with(['=', '\t', '\r']) || (text.starts_with(['-', '+']) && !is_number());
    if runs { format!("'{text}") } else { text }
}
