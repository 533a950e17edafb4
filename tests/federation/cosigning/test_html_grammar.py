import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import errors
from federation.cosigning import html_grammar, lettering
from tests.federation import samples

GOOD = [
    "",
    "\n",
    "<p></p>",
    "<p>Wir fordern …</p>\n<p>Zweitens</p>\n",
    "<h2>Titel</h2><h3>a</h3><h4>b</h4>",
    "<p>a<br>b <strong>c</strong> <em>d</em> <code>e</code></p>",
    '<p><a href="https://berlin.example/x?a=1&amp;b=2">da</a></p>',
    '<p><a href="https://berlin.example/[x]_~!*\'();:@+$,%C3%A4">da</a></p>',
    "<p>&amp; &lt; &gt; &quot; &#39; ' \"</p>",
    "<ul>\n<li>eins</li>\n<li>zwei<ul><li>drei</li></ul></li>\n</ul>",
    "<ol><li><p>eins</p>\n<p>zwei</p></li></ol>",
    "<blockquote>\n<p>Zitat</p>\n<blockquote><p>innen</p></blockquote></blockquote>",
    "<pre><code>a\n  b</code></pre>",
    '<p><strong>a <em>b</em></strong><a href="https://x.example"><strong>c</strong></a></p>',
    "<blockquote>" * 16 + "</blockquote>" * 16,
    "<blockquote>" * 15 + "<p>x<br></p>" + "</blockquote>" * 15,
]
BAD = [
    "x",
    " ",
    "<p>a</p> ",
    "&amp;",
    "<br>",
    "<strong>a</strong>",
    '<a href="https://x.example">a</a>',
    "<li>a</li>",
    "<p>",
    "</p>",
    "<p></p></p>",
    "<p><strong>a</p></strong>",
    "<p>a</h2>",
    "<p><p>a</p></p>",
    "<p><ul><li>a</li></ul></p>",
    "<ul>a</ul>",
    "<ul> </ul>",
    "<ul><p>a</p></ul>",
    "<ul><br></ul>",
    "<li><h2>a</h2></li>",
    "<ul><li><h2>a</h2></li></ul>",
    "<ul><li><blockquote><p>a</p></blockquote></li></ul>",
    "<blockquote>a</blockquote>",
    "<h2><p>a</p></h2>",
    "<p><h2>a</h2></p>",
    "<P>a</P>",
    "<p >a</p>",
    "<p>a</p >",
    "<p class=x>a</p>",
    '<p style="display:none">a</p>',
    "<br/>",
    "<p>a<br/>b</p>",
    "<p>a<br />b</p>",
    "<p>a</br>b</p>",
    "<p>a<hr>b</p>",
    "<h1>a</h1>",
    "<h5>a</h5>",
    "<span>a</span>",
    "<script>alert(1)</script>",
    "<p><script>alert(1)</script></p>",
    "<img>",
    "<p>a <!-- b --></p>",
    "<p>a <!--</p>",
    "<![CDATA[x]]>",
    "<?x?>",
    "<p>a & b</p>",
    "<p>&nbsp;</p>",
    "<p>&shy;</p>",
    "<p>&#x202e;</p>",
    "<p>&#8238;</p>",
    "<p>&#039;</p>",
    "<p>&amp</p>",
    "<p>&AMP;</p>",
    "<p>a < b</p>",
    "<p>a > b</p>",
    "<p><a>a</a></p>",
    '<p><a href="http://x.example">a</a></p>',
    '<p><a href="javascript:alert(1)">a</a></p>',
    '<p><a href="https://">a</a></p>',
    '<p><a href="HTTPS://x.example">a</a></p>',
    '<p><a href="//x.example">a</a></p>',
    '<p><a href="https://x.example/ä">a</a></p>',
    '<p><a href="https://x.example/a b">a</a></p>',
    '<p><a href="https://x.example/?a&b">a</a></p>',
    '<p><a href="https://x.example/&quot;">a</a></p>',
    '<p><a href="https://koeln.example\\@evil.example">a</a></p>',
    "<p><a href='https://x.example'>a</a></p>",
    '<p><a href="https://x.example" title="x">a</a></p>',
    '<p><a  href="https://x.example">a</a></p>',
    '<p><a href="https://x.example">a<a href="https://y.example">b</a></a></p>',
    '<p><a href="https://x.example"><em><a href="https://y.example">b</a></em></a></p>',
    '<p><a href="https://x.example">a</p>',
    "<blockquote>" * 17 + "</blockquote>" * 17,
    "<blockquote>" * 16 + "<p></p>" + "</blockquote>" * 16,
]


@pytest.mark.parametrize("source", GOOD)
def test_bare_tags_and_text_are_in_the_grammar(source: str) -> None:
    html_grammar.require_grammar(source)


@pytest.mark.parametrize("source", BAD)
def test_nothing_else_is(source: str) -> None:
    with pytest.raises(errors.Malformed):
        html_grammar.require_grammar(source)


@pytest.mark.parametrize("case", samples.load("hostile_html.json")["cases"], ids=lambda case: case["id"])
def test_hostile_html_is_refused_for_its_tags_or_its_characters(case: dict[str, str]) -> None:
    refused = 0
    for check in (lettering.require_visible, html_grammar.require_grammar):
        try:
            check(case["html"])
        except errors.Malformed:
            refused += 1
    assert refused


@pytest.mark.parametrize(
    "source",
    ["<p>" * 80_000, "<p>" + "&amp;" * 50_000, "<" * 250_000, "&" * 250_000, "<p>" + "a<br>" * 50_000],
)
def test_a_long_text_is_judged_at_once(source: str) -> None:
    before = time.process_time()
    with pytest.raises(errors.Malformed):
        html_grammar.require_grammar(source)
    assert time.process_time() - before < 5


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<ul>",
        "<li>",
        "</li>",
        "</ul>",
        "<br>",
        "<em>",
        "</em>",
        '<a href="https://x.example">',
        "</a>",
        "x",
        "&amp;",
        "\n",
        "<",
        "&",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_row_of_pieces_is_in_the_grammar_or_malformed(source: str) -> None:
    with contextlib.suppress(errors.Malformed):
        html_grammar.require_grammar(source)
        assert source.count("<p>") == source.count("</p>")
        assert source.count("<a ") == source.count("</a>")
