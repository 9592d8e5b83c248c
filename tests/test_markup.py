"""What people write: a small safe subset of Markdown, and positions in its source."""

import re
from urllib.parse import urlsplit

import html5lib
import pytest
from hypothesis import example, given, settings, strategies

from forum.markup import TAGS, as_text, render_now, sentences

SCHEMES = {"http", "https", "mailto", ""}  # without a scheme: a place on this site, which reads and never writes


def check_safe(html: str) -> None:
    """What a browser makes of it holds only our tags, our attributes and harmless addresses."""
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    for element in tree.iter():
        if element.tag == "DOCUMENT_FRAGMENT":
            continue
        assert element.tag in TAGS, element.tag
        assert set(element.attrib) <= {"a": {"href", "rel", "title"}, "ol": {"start"}}.get(element.tag, set()), (
            element.attrib
        )
        if "href" in element.attrib:
            assert urlsplit(re.sub(r"[\x00-\x20]", "", element.get("href"))).scheme in SCHEMES, element.get("href")
            assert {"nofollow", "noopener", "noreferrer"} <= set(element.get("rel").split())


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("Hello", "<p>Hello</p>"),
        ("One\n\ntwo", "<p>One</p>\n<p>two</p>"),
        ("One\ntwo", "<p>One<br>\ntwo</p>"),
        ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <s>c</s> <code>d</code></p>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("3. one\n4. two", '<ol start="3">\n<li>one</li>\n<li>two</li>\n</ol>'),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("# Not a heading", "<p># Not a heading</p>"),
        ("Title\n=====", "<p>Title<br>\n=====</p>"),
        ("![alt](https://x.example/a.png)", '<p>!<a href="https://x.example/a.png"'),
        ("a < b & c > d", "<p>a &lt; b &amp; c &gt; d</p>"),
        ("Tŷ 🏠 Łódź", "<p>Tŷ 🏠 Łódź</p>"),
    ],
)
def test_the_subset(source, html):
    assert render_now(source).strip().startswith(html)


def test_links_open_safely_and_bare_addresses_become_links():
    rel = 'rel="nofollow noopener noreferrer ugc"'
    assert render_now("[here](https://lga.example/a)") == f'<p><a href="https://lga.example/a" {rel}>here</a></p>\n'
    assert f'<a href="https://lga.example/a?b=1&amp;c=2" {rel}>' in render_now("See https://lga.example/a?b=1&c=2 now")
    assert 'href="mailto:a@b.example"' in render_now("<a@b.example>")


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<b onmouseover=alert(1)>x</b>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:msgbox(1))",
        "[x](//evil.example)",
        "[x](/sign-out)",
        "[x](#post-1)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
        "[x]: javascript:alert(1)\n\n[x]",
        '[x](https://a.example "onmouseover=alert(1)")',
        '[x](https://a.example" onmouseover="alert(1))',
        "`<script>`",
        "    <script>alert(1)</script>",
        "```html\n<script>alert(1)</script>\n```",
        '```"><script>alert(1)</script>\ncode\n```',
        "<a href='javascript:alert(1)'>x</a>",
        "<iframe src=https://evil.example></iframe>",
        "<style>*{display:none}</style>",
        "<form action=https://evil.example><button>x</form>",
        "<main data-thread=1>",
        "</article><article class=post>",
        "<!-- --><script>alert(1)</script>",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<?php echo 1 ?>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "https://evil.example/<script>",
        "https://evil.example/\"onmouseover=alert(1)",
        "www.evil.example\u202e<script>",
        "[a](<javascript:alert(1)>)",
        "[\u0000x](https://a.example)",
        "<math><mtext><script>alert(1)</script>",
        "\\<script>alert(1)\\</script>",
        "***<b>***</b>",
    ],
)  # fmt: skip
def test_nothing_that_runs_comes_through(source):
    html = render_now(source)
    check_safe(html)
    assert "<script" not in html


@settings(max_examples=150, deadline=None)
@given(strategies.text(alphabet="<>&\"'()[]!*_`~#-=+\\/:;. \nahrefjvscipt:0💥\u0301", max_size=120))
@example("[x](javascript:1)")
def test_whatever_somebody_types_is_safe(source):
    check_safe(render_now(source))


def test_hostile_text_of_the_full_length_is_rendered():
    for source in "[" * 10_000, "*a " * 3_333, "> " * 5_000, "`" * 10_000, "- " * 5_000, "<" * 10_000, "a.b/" * 2_500:
        check_safe(render_now(source))


@pytest.mark.parametrize("character", ["\0", "\x08", "\x1b", "\x7f", "\ud800", "\udfff", "\ufffe", "\uffff"])
def test_characters_that_nothing_can_carry_are_refused(character):
    with pytest.raises(ValueError, match="cannot be stored"):
        as_text(f"a{character}b")


def test_line_ends_become_lf():
    assert as_text("a\r\nb\rc\nd\x0be\x0cf") == "a\nb\nc\nd\ne\nf"
    assert as_text("\ttab é 🏠 e\u0301 \u202e") == "\ttab é 🏠 e\u0301 \u202e"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("One. Two! Three? Four… Five", ["One.", "Two!", "Three?", "Four…", "Five"]),
        ("One.\nTwo\n\n\nThree", ["One.", "Two", "Three"]),
        ('She said "No." Then "Yes!"', ['She said "No."', 'Then "Yes!"']),
        ("It cost £1.5m at 10.30am.", ["It cost £1.5m at 10.30am."]),
        ("- a point.\n- **bold.** more", ["- a point.", "- **bold.**", "more"]),
        ("   ", []),
        ("", []),
        ("🏠. Tŷ.", ["🏠.", "Tŷ."]),
        ("...", ["..."]),
    ],
)
def test_sentences_are_found_where_they_stand(source, found):
    assert [source[start:end] for start, end in sentences(source)] == found


@settings(max_examples=200, deadline=None)
@given(strategies.text(max_size=200))
def test_sentences_are_in_order_apart_and_hold_every_word(source):
    end_before = 0
    for start, end in sentences(source):
        assert end_before <= start < end <= len(source)
        assert not source[end_before:start].strip()
        end_before = end
    assert not source[end_before:].strip()
