//! `secret`: a credential in the document. What one looks like is known by the detectors of `redact`, which
//! keep secrets out of imported evidence, too.

use crate::document::Span;
use crate::evidence::redact::{Class, mask};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A password, token, key or cookie stands in the document, in prose or in code.
    ///
    /// What is printed of it is masked. Words that stand for one (`<password>`, `$TOKEN`, `REDACTED`) are
    /// none. There is no fix: a secret that was written down must be revoked.
    ///
    /// ## Why
    ///
    /// Whoever can read the file can use it, and in git it stays readable when it is deleted here.
    /// Postmortems are copied, searched, and shared with more people than the systems that they are about.
    ///
    /// ## Source
    ///
    /// GitHub documentation, "Removing sensitive data from a repository": a secret that was committed is
    /// to be revoked or rotated first.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## What went well
    ///
    /// - The replica could be reached with `PGPASSWORD=tr4in-yard-9 psql -h replica` at once
    /// ```
    ///
    /// ```markdown good
    /// ## What went well
    ///
    /// - The replica could be reached with `PGPASSWORD=$REPLICA_PASSWORD psql -h replica` at once
    /// ```
    name: "secret",
    group: Hygiene,
    levels: Wrong,
    reads_foreign: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    for found in cx.redactable().iter().filter(|found| found.detector.class == Class::Secret) {
        let span = Span::new(found.span.start, found.span.end);
        out.report(
            span,
            format!("`{}` looks like {}", mask(cx.document.slice(span)), found.detector.finds),
            "whoever can read this file can use it, and git keeps it when it is deleted here",
            "revoke it where it was issued, then write `REDACTED` in its place",
        );
    }
}
