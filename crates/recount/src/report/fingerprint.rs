//! What a finding is known by when lines above it come and go: its rule, the text of its line and the
//! values that it names there. Position, wording and blanks do not count.

use std::collections::HashMap;
use std::fmt::Write as _;

use recount_engine::document::Span;
use sha2::{Digest as _, Sha256};

use super::{Checked, Secrets};

/// One name for each finding of a document, in the same order; no two are equal. Findings that are
/// alike are told apart by their order. A secret has no part in it.
pub(crate) fn fingerprints(checked: &Checked<'_>) -> Vec<String> {
    let secrets = &checked.secrets;
    let mut seen: HashMap<[u8; 8], u32> = HashMap::new();
    let mut names = Vec::with_capacity(checked.findings.len());
    for finding in checked.findings.iter() {
        let mut hash = Sha256::new();
        hash.update(finding.rule.name);
        hash.update([0]);
        let line = checked.line_around(finding.span.start as usize);
        hash_line(&mut hash, checked.text, line.clone(), secrets);
        for value in finding.message.split('`').skip(1).step_by(2) {
            if is_worked_out(value, &checked.text[line.clone()]) {
                continue;
            }
            hash.update([0]);
            hash.update(value);
        }
        let digest = hash.finalize();
        let mut key = [0; 8];
        key.copy_from_slice(&digest[..8]);
        let alike = seen.entry(key).or_default();
        *alike += 1;
        let mut name = String::with_capacity(19);
        for byte in key {
            // A string takes everything.
            let _ = write!(name, "{byte:02x}");
        }
        let _ = write!(name, ":{alike}");
        names.push(name);
    }
    names
}

/// Whether a value comes from other places (a sum, a deadline, another document): these may change and leave
/// the finding what it was. Names of the template's parts stand nowhere, too, and have no digits.
fn is_worked_out(value: &str, line: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit()) && !line.contains(value)
}

/// Feeds the words of a line, with the bytes of secrets left out.
fn hash_line(hash: &mut Sha256, text: &str, line: std::ops::Range<usize>, secrets: &Secrets) {
    for word in text[line].split_ascii_whitespace() {
        let start = word.as_ptr().addr() - text.as_ptr().addr();
        if secrets.touch_key(Span::new(start, start + word.len())) {
            continue;
        }
        hash.update(word);
        hash.update(b" ");
    }
}
