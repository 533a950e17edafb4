"""HTML from elsewhere can neither act nor load nor hide once it was cleaned."""

import json
import time
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from bleach._vendor import html5lib
from hypothesis import given
from hypothesis import strategies as st

from fedinode import text

VECTORS = Path(__file__).parents[1] / "vectors" / "hostile_html.json"
CASES = json.loads(VECTORS.read_text("utf-8"))["cases"]
TAGS = frozenset(
    {"p", "br", "span", "a", "del", "s", "pre", "code", "blockquote", "b", "strong", "i", "em", "u", "ul"}
    | {"ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "sub", "sup", "ruby", "rt", "rp"}
)
ATTRIBUTES = frozenset({"lang", "dir", "href", "rel", "start", "reversed", "value"})


def elements(html: str) -> list[Element]:
    """Return what a browser makes of a fragment, without its three own elements."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return [each for each in tree.iter() if each.tag not in ("html", "head", "body")]


def require_harmless(html: str) -> None:
    for element in elements(html):
        assert element.tag in TAGS
        assert set(element.attrib) <= ATTRIBUTES
        if "href" in element.attrib:
            assert element.attrib["href"].lower().startswith(("http://", "https://"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_hostile_html_is_harmless_after_cleaning(case: dict[str, str]) -> None:
    began = time.process_time()
    cleaned = text.clean_remote_html(case["html"])
    assert time.process_time() - began < 5
    require_harmless(cleaned)
    assert text.clean_remote_html(cleaned) == cleaned


@given(st.text(alphabet="<>/\"'= abpimgsrcheonscript&;#x", max_size=200))
def test_cleaning_twice_changes_nothing(html: str) -> None:
    cleaned = text.clean_remote_html(html)
    require_harmless(cleaned)
    assert text.clean_remote_html(cleaned) == cleaned


def test_links_are_kept_and_lead_nowhere_else() -> None:
    cleaned = text.clean_remote_html('<a href="https://a.example/" target="_blank" onclick="x()">a</a>')
    assert cleaned == '<a href="https://a.example/" rel="nofollow noopener noreferrer">a</a>'


@pytest.mark.parametrize(
    "href",
    [
        "/here",
        "//a.example/",
        "https:here",
        "https://a\u2100.example/",
        "https://[",
        "mailto:a@b.example",
        "ftp://a",
    ],
)
def test_a_link_that_is_not_absolute_and_on_the_web_loses_its_address(href: str) -> None:
    assert "href" not in text.clean_remote_html(f'<a href="{href}">x</a>')


def test_language_and_direction_are_kept() -> None:
    html = '<p lang="fa-IR" dir="rtl">x</p>'
    assert text.clean_remote_html(html) == html


def test_a_direction_that_is_none_is_cut() -> None:
    assert text.clean_remote_html('<p dir="up" lang="<x>">x</p>') == "<p>x</p>"


def test_a_list_keeps_its_numbers() -> None:
    html = '<ol start="3"><li value="7">x</li></ol>'
    assert text.clean_remote_html(html) == html


def test_scripts_leave_no_text() -> None:
    assert text.clean_remote_html("a<script>alert(1)</script><style>p{}</style>b") == "ab"


def test_plain_text_has_a_line_for_each_block() -> None:
    html = "<h2>A &amp; B</h2><p>one<br>two</p><ul><li>x</li>\n<li>y</li></ul>"
    assert text.plain(html) == "A & B\none\ntwo\nx\ny"


def test_plain_text_keeps_what_only_looks_like_a_tag() -> None:
    assert text.plain("<p>a &lt;b&gt; c</p>") == "a <b> c"
