//! Exports as a whole: what must not be told is in none of them, whatever the format.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::formats::FORMATS;
use super::*;

fn demo() -> (String, Config) {
    let config = include_str!("../../../../examples/recount.toml").to_owned()
        + "\n[export]\npublic-domains = [\"status.kestrelrow.example\"]\ninternal-domains = [\"kestrelrow.example\"]\n\
           internal-names = [\"Bluefin\", \"db-*-prod\"]\n";
    let text = include_str!("../../../../examples/postmortems/2026/INC-0012-fees-charged-twice.md");
    (text.to_owned(), Config::from_toml(&config).unwrap())
}

/// The formats that are text.
fn texts() -> impl Iterator<Item = &'static &'static Format> {
    FORMATS.iter().filter(|format| format.name != "pdf")
}

/// What is planted, and where: each must be gone from every format, or the export refused.
const PLANTED: &[(&str, &str)] = &[
    ("a full name", "Ana Ribeiro"),
    ("a last name", "Ribeiro"),
    ("a name in bold letters", "A**n**a R**ibeiro**"),
    ("a name by entities", "&#65;na Ribeiro"),
    ("a name that is escaped", "Ana\\_Ribeiro\\. Ana"),
    ("a name with a hidden character", "Ana Rib\u{200b}eiro"),
    ("a name with a soft hyphen", "R&shy;ibeiro"),
    ("a handle", "@tomasz"),
    ("a bare handle", "tomasz"),
    ("a handle of nobody known", "@zed-of-legal"),
    ("a mail address", "ana.ribeiro@kestrelrow.example"),
    ("a mail address as a link", "<ana.ribeiro@kestrelrow.example>"),
    ("a Slack ID", "U04ANAR7K"),
    ("a channel of Slack", "C02OPS4L2K"),
    ("a team", "team-payments"),
    ("an internal host", "db1.eu-west.internal"),
    ("an internal host in code", "`db1.eu-west.corp`"),
    ("a host of a configured domain", "grafana.kestrelrow.example"),
    ("a private address", "10.20.0.7"),
    ("a private address with a port", "192.168.4.20:5432"),
    ("a code name", "Bluefin"),
    ("a name by pattern", "db-7-prod"),
    ("an internal link", "[the board](https://grafana.kestrelrow.example/d/1)"),
    ("a bare internal link", "https://wiki.kestrelrow.example/x"),
    (
        "an internal link by reference",
        "[the board][board]\n\n[board]: https://grafana.kestrelrow.example/d/1",
    ),
    ("a link elsewhere", "https://pastebin.example/abc"),
    ("a picture", "![graph](https://grafana.kestrelrow.example/render/1.png)"),
    ("a link in raw HTML", "<a href=\"https://grafana.kestrelrow.example/d/1\">the board</a>"),
    ("a comment", "<!-- ask Ana Ribeiro about db1.internal -->"),
    ("a waiver", "<!-- recount: allow timeline-gap: Tomasz was asleep -->"),
    ("a password", "password=hunter2hunter2"),
    ("a token", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
    ("a token in a public link", "https://status.kestrelrow.example/?token=abcdef0123456789abcdef"),
    ("a command", "`psql -h db1 -c 'select 1'`"),
    ("a comment that a secret runs into", "password=hunter2hunter2<!-- Ribeiro is db1 -->"),
    ("a log", "\n\n```\n2026-06-13 host=db1.internal user=ana\n```\n\n"),
    ("a quotation", "\n\n> Tomasz: it was me\n\n"),
];

/// What a planted thing would show.
const TOLD: &[&str] = &[
    "Ribeiro",
    "Ana",
    "tomasz",
    "Tomasz",
    "zed-of",
    "U04ANAR7K",
    "C02OPS4L2K",
    "team-payments",
    "db1",
    "grafana",
    "10.20.0.7",
    "192.168.4",
    "Bluefin",
    "db-7-prod",
    "wiki.kestrel",
    "pastebin",
    "hunter2",
    "ghp_abc",
    "abcdef0123",
    "psql",
    "@",
];

#[test]
fn nothing_planted_reaches_a_public_export_in_any_format() {
    let (text, config) = demo();
    // In a field, in the title, in a timeline's cell, in an action, in a paragraph, in a heading.
    let places = [
        ("Revert and deploy.", false),
        ("The order page showed the fee twice", false),
        ("# Booking fees charged twice", true),
        ("Took the call", true),
        ("No new order with a double fee", true),
        ("Review all flags with defaults", true),
        ("## Root cause\n", false),
        ("### Internal\n", false),
    ];
    let text = text.replace("## Root cause\n", "## Root cause\n\n### Internal\n\nprivate\n\n");
    for (what, planted) in PLANTED {
        for (place, is_one_line) in places {
            if is_one_line && planted.contains('\n') {
                continue;
            }
            let separator = if place.ends_with('\n') { "\n" } else { " " };
            let text = text.replacen(place, &format!("{place}{separator}{planted}"), 1);
            for format in texts() {
                let document = Document::parse(text.as_bytes());
                // Refused is safe, too.
                let Ok(exported) = export(&document, &config, Audience::Public, format) else { continue };
                let out = String::from_utf8(exported.bytes).unwrap();
                let out = out.split_once("</style>").map_or(out.as_str(), |(_, out)| out);
                for told in TOLD {
                    assert!(
                        !out.contains(told),
                        "{what} as {}: `{told}` of {planted:?} behind {place:?} is in\n{out}",
                        format.name
                    );
                }
            }
        }
    }
}

#[test]
fn what_can_be_taken_out_is_and_the_export_is_made() {
    let (text, config) = demo();
    for (what, planted) in PLANTED {
        // What only a reader sees is not found in the document, but in what would come out.
        let hidden = [
            "bold letters",
            "by entities",
            "escaped",
            "hidden character",
            "soft hyphen",
            "a secret runs into",
        ];
        if hidden.iter().any(|hidden| what.contains(hidden)) {
            continue;
        }
        let text = text.replacen("Revert and deploy.", &format!("Revert. {planted}"), 1);
        for format in FORMATS {
            let exported = export(&Document::parse(text.as_bytes()), &config, Audience::Public, format);
            assert!(exported.is_ok(), "{what} as {}: {:?}", format.name, exported.err());
        }
    }
}

#[test]
fn an_export_is_refused_for_what_only_its_reader_would_see() {
    let (text, config) = demo();
    for planted in ["R**ibeir**o", "&#82;ibeiro", "Rib\u{200b}eiro", "R&shy;ibeiro"] {
        let text = text.replacen("Revert and deploy.", planted, 1);
        for format in texts() {
            let refused =
                export(&Document::parse(text.as_bytes()), &config, Audience::Public, format).unwrap_err();
            assert_eq!(refused.leaks[0].kind, leaks::LeakKind::Person, "{planted} as {}", format.name);
            assert_eq!(refused.leaks[0].text, "Ribeiro");
            assert!(refused.to_string().starts_with(
                "the public export would hold what must not be told: the name of a person (`Ribeiro`)"
            ));
        }
    }
}

#[test]
fn an_internal_export_holds_the_document_as_it_is() {
    let (text, config) = demo();
    for format in texts() {
        let exported =
            export(&Document::parse(text.as_bytes()), &config, Audience::Internal, format).unwrap();
        let out = String::from_utf8(exported.bytes).unwrap();
        assert!(out.contains("@tomasz") && exported.removed.is_empty(), "{}", format.name);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("internal.{}", exported.extension), out);
        });
        let exported = export(&Document::parse(text.as_bytes()), &config, Audience::Public, format).unwrap();
        assert!(!exported.removed.is_empty());
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("public.{}", exported.extension), String::from_utf8(exported.bytes).unwrap());
        });
    }
}

#[test]
fn a_format_is_found_by_its_name() {
    for format in FORMATS {
        assert!(std::ptr::eq(formats::named(format.name).unwrap(), *format));
    }
    assert!(formats::named("docx").is_none());
}

#[cfg(feature = "pdf")]
#[test]
fn a_report_is_typeset_and_refused_as_any_other_format() {
    let (text, config) = demo();
    let pdf = formats::named("pdf").unwrap();
    for audience in Audience::ALL {
        let exported = export(&Document::parse(text.as_bytes()), &config, audience, pdf).unwrap();
        assert!(exported.bytes.starts_with(b"%PDF-") && exported.bytes.len() > 10_000);
    }
    let leaking = text.replacen("Revert and deploy.", "R**ibeir**o", 1);
    assert!(
        !export(&Document::parse(leaking.as_bytes()), &config, Audience::Public, pdf)
            .unwrap_err()
            .leaks
            .is_empty()
    );
    for hostile in [
        "#panic()",
        "\"#read(\"/etc/passwd\")",
        "\\\" #import \"x\"",
        "$x$ @ref <label> #let",
        &"> ".repeat(3000),
        &"- ".repeat(3000),
        &"**a *b ".repeat(300),
        "]#[",
        "| a |\n|---|\n| `]` |",
    ] {
        let written = export(&Document::parse(hostile.as_bytes()), &config, Audience::Internal, pdf);
        assert!(written.is_ok(), "{hostile:.40}: {:?}", written.err());
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("## Incident summary\n\n"),
        Just("## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n"),
        Just("## Impact\n\n"),
        Just(
            "## Action items\n\n| Priority | Action item | Owner | Due date | Status | Verification plan |\n|---:|---|---|---|---|---|\n"
        ),
        Just("| 14:02 | @ana | **Started.** x | [chat](https://a.internal/1) |\n"),
        Just("| P0 | x | @ana, Bo Li | 2026-01-02 | Done 2026-01-01 | y |\n"),
        Just("| x |\n"),
        Just("- **Start time** (UTC): 2026-11-20 14:02\n"),
        Just("- **Regions impacted**:\n"),
        Just("- **Mine**: x\n"),
        Just("  - Data loss: no\n"),
        Just("- **Data impact**:\n"),
        Just("# T\n\n"),
        Just("### Internal\n\n"),
        Just("[x]: https://a.example\n"),
        Just("[x]"),
        Just("[a **Ana Ribeiro**](https://b.example) "),
        Just("![i](j) "),
        Just("`ls -l` "),
        Just("> q\n"),
        Just("```\ncode\n```\n"),
        Just("<!-- c -->"),
        Just("<b>"),
        Just("\n\n"),
        Just("\r\n"),
        Just("---\nstage: draft\n---\n"),
        Just("é"),
        Just("    "),
        Just("*"),
        Just("| "),
        Just("https://c.example/Ana "),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_document_is_exported_or_refused_and_told_of(text in hostile()) {
        let config = Config::from_toml("[[people]]\nhandle = \"@ana\"\nname = \"Ana Ribeiro\"\n").unwrap();
        let document = Document::parse(text.as_bytes());
        for format in texts() {
            if let Ok(exported) = export(&document, &config, Audience::Public, format) {
                let out = String::from_utf8_lossy(&exported.bytes).into_owned();
                prop_assert!(!out.contains("Ribeiro") && !out.contains("@ana") && !out.contains("<!-- c"), "{out}");
                let is_sorted = exported.removed.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
                prop_assert!(is_sorted, "{:?}", exported.removed);
            }
        }
    }

    #[test]
    fn any_bytes_are_exported_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let document = Document::parse(&bytes);
        for format in FORMATS {
            for audience in Audience::ALL {
                let _ = export(&document, &Config::default(), audience, format);
            }
        }
    }
}
