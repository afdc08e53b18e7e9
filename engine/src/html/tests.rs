//! What becomes of markup, well meant and hostile.

use proptest::prelude::*;

use super::{clean, clean_within, escape};

fn html(markup: &str) -> String {
    clean(markup).html
}

/// What nobody minds stays byte for byte, and nothing is reported.
#[test]
fn what_is_allowed_stays() {
    // R13.7, F7.
    for markup in [
        "",
        "plain text",
        "<p>Hi <strong>you</strong> and <em>me</em></p>",
        "<ul><li>a</li><li>b</li></ul><ol><li>1</li></ol>",
        "<h1>1</h1><h6>6</h6><blockquote>q</blockquote><code>c</code>",
        "<div><span class=\"a b\" id=\"x\">s</span><hr><small>a</small><sub>b</sub><sup>c</sup></div>",
        "one<br>two",
        "&lt;script&gt; &amp; &eacute; &#233; &#xE9;",
        "<img src=\"https://a.example/x.png\" alt=\"&quot;fox&quot; &eacute;\" width=\"20\" height=\"50%\">",
        "<img src=\"data:image/png;base64,AAAA\">",
        "<p style=\"color:red;font-size:12px;margin-top:1em;border-radius:4px\">x</p>",
        "<p style=\"background:linear-gradient(rgb(1,2,3), #fff)\">x</p>",
    ] {
        let cleaned = clean(markup);
        assert_eq!(cleaned.html, markup);
        assert_eq!((cleaned.dropped, cleaned.dangerous), (None, None), "{markup}");
    }
}

/// S3.41: a bare `<` or `&` is text; spelling and omitted ends are not worth a word.
#[test]
fn spelling_is_made_regular_without_a_word() {
    for (markup, want) in [
        ("1 < 2 && 3 > 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"),
        ("AT&T &copy &;", "AT&amp;T &amp;copy &amp;;"),
        ("<P CLASS=x>a<BR/>b</P>", "<p class=\"x\">a<br>b</p>"),
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
        ("<p>a<div>b</div>", "<p>a</p><div>b</div>"),
        (
            "<a href='/x?a=1&b=2' title='\"'>x</a>",
            "<a href=\"/x?a=1&amp;b=2\" title=\"&quot;\" rel=\"noopener noreferrer\">x</a>",
        ),
        ("<strong>a", "<strong>a</strong>"),
    ] {
        let cleaned = clean(markup);
        assert_eq!(cleaned.html, want);
        assert_eq!(cleaned.dropped, None, "{markup}");
    }
}

/// R13.8: links go to the web, to mail, to a telephone or somewhere near, and tell nobody.
#[test]
fn links_lead_only_where_they_may() {
    for address in ["https://a.example/", "HTTP://a", "mailto:a@b.c", "tel:1", "x:", "a b:c"] {
        let markup = format!("<a href=\"{address}\">x</a>");
        let kept = html(&markup).contains("href");
        assert_eq!(kept, !matches!(address, "x:" | "a b:c"), "{address}");
        assert!(html(&markup).contains(" rel=\"noopener noreferrer\""));
    }
    for address in [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java&#115;cript:alert(1)",
        "&#x6A;avascript:alert(1)",
        "javascript&colon;alert(1)",
        "\u{1}javascript:alert(1)",
        "vbscript:x",
        "data:text/html,x",
    ] {
        let cleaned = clean(&format!("<a href='{address}'>x</a>"));
        assert_eq!(cleaned.html, "<a rel=\"noopener noreferrer\">x</a>", "{address}");
        assert!(cleaned.dangerous.is_some(), "{address}");
    }
    // Without its semicolon the reference stays text.
    assert_eq!(
        html("<a href=&#106avascript:x>y</a>"),
        "<a href=\"&amp;#106avascript:x\" rel=\"noopener noreferrer\">y</a>"
    );
}

/// F7: what is not allowed is a warning, what could run a script is an error.
#[test]
fn only_what_could_run_a_script_is_dangerous() {
    for (markup, want, dangerous) in [
        ("<b>x</b>", "x", false),
        ("<table><tr><td>x</td></tr></table>", "x", false),
        ("<style>p{}</style>y", "y", false),
        ("<p data-x=1 onclick=alert(1)>x</p>", "<p>x</p>", true),
        ("<p OnClick=x>x</p>", "<p>x</p>", true),
        ("<script>alert(1)</script>y", "y", true),
        ("<SCRIPT src=x></sCrIpT >y", "y", true),
        ("<iframe src=x></iframe>y", "y", true),
        ("<object><p>x</p></object>y", "y", true),
        ("<svg><script>x</script></svg>y", "y", true),
        ("<embed src=x>y", "y", true),
        ("<!-- <script> -->y", "y", false),
        ("<!doctype html>y", "y", false),
        ("<?php x ?>y", "y", false),
        ("<img src=x>y", "y", false),
        ("<img src=/x onerror=y>y", "y", true),
        ("<p style='position:fixed;color:red'>x</p>", "<p style=\"color:red\">x</p>", false),
        ("<p style='background:url(https://x)'>x</p>", "<p>x</p>", false),
        ("<p style='background:u\\72l(x)'>x</p>", "<p>x</p>", false),
        ("<p style='color:red/**/;width:expression(1)'>x</p>", "<p>x</p>", false),
        ("a</p>b", "ab", false),
        ("<strong><em>a</strong>b</em>", "<strong><em>a</em></strong>b", false),
        ("<a title=javascript:fun>x</a>", "", false),
    ] {
        let cleaned = clean(markup);
        if !want.is_empty() {
            assert_eq!(cleaned.html, want, "{markup}");
            assert!(cleaned.dropped.is_some(), "{markup}");
        }
        assert_eq!(cleaned.dangerous.is_some(), dangerous, "{markup}");
    }
}

/// Tags inside tags, tags without an end, and ends without a tag come out as text or not at all.
#[test]
fn broken_markup_comes_out_whole() {
    for (markup, want) in [
        ("<scr<script>alert(1)</script>ipt>", "&lt;script&gt;"),
        ("<<script>x</script>", "&lt;"),
        ("<p", "&lt;p"),
        ("<p class=\"x", "&lt;p class=\"x"),
        ("<p class='a>b'>x</p>", "<p class=\"a&gt;b\">x</p>"),
        ("<p =x>y", "<p>y</p>"),
        ("<script>never closed", ""),
        ("<!-- never closed", ""),
        ("a\0b<p\0>c", "abc"),
        ("</script>x", "x"),
        ("</ p>x", "&lt;/ p&gt;x"),
        ("<a href=x<b>y</a>", "&lt;a href=xy"),
        ("<p/class=x/id=y>z</p>", "<p class=\"x/id=y\">z</p>"),
        (
            "<a href=\"/<a onload=x\">",
            "<a href=\"/&lt;a onload=x\" rel=\"noopener noreferrer\"></a>",
        ),
    ] {
        assert_eq!(html(markup), want, "{markup}");
    }
}

#[test]
fn depth_and_time_are_bounded() {
    let deep = html(&"<div>".repeat(100_000));
    assert_eq!(deep.matches("<div>").count(), 64);
    assert_eq!(deep.matches("</div>").count(), 64);
    for piece in ["<a x=\"", "<a x='<a x=\"", "<", "<!--", "</", "<p ", "<p x=", "&", "&#", "<svg>"]
    {
        let many = piece.repeat(20_000);
        assert!(html(&many).len() <= many.len() * 6, "{piece}");
    }
    let attributes = format!("<p {}>x</p>", "class=x ".repeat(100_000));
    assert_eq!(html(&attributes), "<p class=\"x\">x</p>");
}

/// R5.41.
#[test]
fn values_are_escaped() {
    let mut out = String::new();
    escape("<b>'\"&", &mut out);
    assert_eq!(out, "&lt;b&gt;&#39;&quot;&amp;");
}

#[test]
fn rich_text_is_cleaned_at_any_depth() {
    let mut value =
        serde_json::json!([{"rich_text": "<b>x</b>", "a": {"rich_text": "<p>"}}, "<b>"]);
    clean_within(&mut value);
    assert_eq!(
        value,
        serde_json::json!([{"rich_text": "x", "a": {"rich_text": "<p></p>"}}, "<b>"])
    );
}

/// Whether every tag that was opened is closed, in order, by a reader of its own.
fn is_balanced(html: &str) -> bool {
    let mut open = Vec::new();
    for piece in html.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap();
        let name = tag.split(' ').next().unwrap();
        if let Some(closed) = name.strip_prefix('/') {
            if open.pop() != Some(closed) {
                return false;
            }
        } else if !matches!(name, "br" | "hr" | "img") {
            open.push(name);
        }
    }
    open.is_empty()
}

proptest! {
    #[test]
    fn any_markup_is_cleaned_once_and_for_all(
        pieces in prop::collection::vec(
            prop_oneof![
                "[a-z<>&\"'=/ \\x00!;:#-]{0,6}",
                prop::sample::select(vec![
                    "<p>", "</p>", "<li>", "<ul>", "</ul>", "<a href=\"", "<a ", "</a>", "<div>", "</div>",
                    "<strong>", "</strong>", "<img src='https://x' ", "<br/>", "<hr>", "<script>",
                    "</script>", "<!--", "-->", "style=\"color:red;", "javascript:", "&amp;", "&#60;",
                    "&lt", "<svg>", "onload=x", "<scr", "ipt>", "font-family:'a'", ";\"", "{{x}}", "é",
                ]).prop_map(str::to_owned),
            ],
            0..24,
        )
    ) {
        let markup = pieces.concat();
        let once = clean(&markup);
        let twice = clean(&once.html);
        prop_assert_eq!(&twice.html, &once.html, "{}", markup);
        prop_assert_eq!(twice.dropped, None, "{}", &once.html);
        prop_assert!(is_balanced(&once.html), "{}", &once.html);
        for tag in once.html.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap();
            // Between the quotes of a value it is text.
            prop_assert!(!tag.split('"').step_by(2).any(|part| part.contains("onload")), "{}", tag);
            for never in ["script", "svg", "!--"] {
                prop_assert!(!tag.starts_with(never), "{}", tag);
            }
        }
    }
}
