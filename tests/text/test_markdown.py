"""Our authors' Markdown becomes HTML in the grammar that signed texts obey."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedinode import text

_INLINE = frozenset({"strong", "em", "code", "a", "br", "#"})
_BLOCKS = frozenset({"p", "ul", "ol", "blockquote", "h2", "h3", "h4", "pre"})
_ALLOWED = {
    "root": _BLOCKS,
    "blockquote": _BLOCKS,
    "ul": frozenset({"li"}),
    "ol": frozenset({"li"}),
    "li": _INLINE | {"p", "ul", "ol"},
} | dict.fromkeys(("p", "h2", "h3", "h4", "pre", "strong", "em", "code"), _INLINE)
_ALLOWED["a"] = _INLINE - {"a"}
_TOKEN = re.compile(
    r'<(?P<open>[a-z0-9]+)>|</(?P<close>[a-z0-9]+)>|<a href="(?P<href>https?://[\x21\x23-\x3b\x3d\x3f-\x7e]+)">'
    r"|(?P<text>(?:&(?:amp|lt|gt|quot|#39);|[^<>&])+)"
)


def require_grammar(html: str) -> None:
    """Fail unless `html` is a sentence of the grammar of signed texts."""
    stack, at = ["root"], 0
    while at < len(html):
        match = _TOKEN.match(html, at)
        assert match, f"no token at {html[at : at + 40]!r}"
        at = match.end()
        if match["close"]:
            assert stack.pop() == match["close"]
            continue
        name = "#" if match["text"] else match["open"] or "a"
        if name != "#" or match["text"].strip("\n") or "#" in _ALLOWED[stack[-1]]:
            assert name in _ALLOWED[stack[-1]], f"{name} inside {stack[-1]}"
        assert "a" not in stack or name != "a"
        if name not in ("#", "br"):
            stack.append(name)
        assert len(stack) <= 17
    assert stack == ["root"]


EVERYTHING = """# One *head*

Hard\\
break & <b>tags</b> "quoted" 'too'

- a
  > quoted
  > # head
- b

      code

  ```py
  x < y
  ```

7. seven
8. eight

> a
>
> > b
> ---

![picture](https://a.example/p.png "t") [![in](https://b.example/i.png)](https://c.example/)
<https://auto.example/?a=1&b=2>

###### six
"""


@pytest.mark.parametrize("schemes", text.Schemes)
def test_all_of_commonmark_stays_inside_the_grammar(schemes: text.Schemes) -> None:
    require_grammar(text.markdown_to_html(EVERYTHING, schemes))


PIECES = st.sampled_from(
    [
        *"ab *_`#>-+1.)([]!<&\\\n\"'/:x;?=",
        "\n\n",
        "- ",
        "1. ",
        "> ",
        "    ",
        "```\n",
        "https://a.example/",
        "a.b/c",
        "![a](https://a.example/b)",
        "[c](http://a.example/'d)",
        "[q]: https://a.example\n",
        "[q]",
        "&lt;",
        "\t",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_markdown_stays_inside_the_grammar_or_is_too_deep(markdown: str) -> None:
    try:
        html = text.markdown_to_html(markdown)
    except ValueError:
        return
    require_grammar(html)


@given(st.text(max_size=300))
def test_any_summary_is_inline_html(markdown: str) -> None:
    visible, _ = text.without_invisible(markdown)
    require_grammar(f"<p>{text.inline_to_html(visible)}</p>")


def test_headings_begin_at_the_second_level() -> None:
    assert text.markdown_to_html("# a\n\n### b\n\n##### c") == "<h2>a</h2>\n<h3>b</h3>\n<h4>c</h4>"


def test_a_picture_becomes_its_description_as_a_link() -> None:
    html = text.markdown_to_html("![A crowd](https://a.example/p.png)")
    assert html == '<p><a href="https://a.example/p.png">A crowd</a></p>'


def test_a_signed_text_links_to_https_alone_and_still_shows_other_addresses() -> None:
    html = text.markdown_to_html("[us](http://a.example/x) [b](https://b.example/)", text.Schemes.SIGNED)
    assert html == '<p>us (http://a.example/x) <a href="https://b.example/">b</a></p>'


def test_a_mail_address_stays_readable() -> None:
    assert text.markdown_to_html("[write](mailto:us@a.example)") == "<p>write (us@a.example)</p>"


def test_addresses_in_running_text_become_links() -> None:
    html = text.markdown_to_html("See https://a.example/x?b=1&c=2. Sign up: tinyurl.com/up")
    assert 'See <a href="https://a.example/x?b=1&amp;c=2">https://a.example/x?b=1&amp;c=2</a>.' in html
    assert '<a href="https://tinyurl.com/up">tinyurl.com/up</a>' in html


def test_a_name_that_looks_like_a_host_is_no_link() -> None:
    assert text.markdown_to_html("ecosocialist.scot and and/or") == "<p>ecosocialist.scot and and/or</p>"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//evil.example",
        "https://a@b.example",
        "https://[",
        "https://a^b.example/",
        "https://a\u2100.example/",
        "https://",
        "https://a.example:99999/",
        "https://1.2.3.999/",
    ],
)
def test_an_address_that_could_deceive_is_no_link(url: str) -> None:
    assert "<a" not in text.markdown_to_html(f"[x]({url})")


def test_scheme_and_host_of_a_link_are_written_small() -> None:
    html = text.markdown_to_html("[x](HTTPS://A.Example/B)", text.Schemes.SIGNED)
    assert html == '<p><a href="https://a.example/B">x</a></p>'


def test_a_bare_address_that_may_not_be_a_link_stays_text() -> None:
    html = text.markdown_to_html("see http://a.example/x", text.Schemes.SIGNED)
    assert html == "<p>see http://a.example/x</p>"


def test_code_holds_no_tab() -> None:
    assert "\t" not in text.markdown_to_html("```\na\tb\n```")


def test_a_space_that_does_not_break_stays_a_character() -> None:
    assert text.markdown_to_html("10\u00a0km") == "<p>10\u00a0km</p>"


def test_a_note_has_paragraphs_and_no_other_blocks() -> None:
    assert text.note_to_html("a\nb\n\n# *c*") == "<p>a\nb</p>\n<p># <em>c</em></p>"


def test_a_summary_is_one_line() -> None:
    assert text.inline_to_html("a\n\n*b*\n- c") == "a <em>b</em> - c"


def test_quotations_nested_too_deeply_are_refused() -> None:
    with pytest.raises(ValueError, match="nested more than 16 deep"):
        text.markdown_to_html(">" * 30 + " a")


def test_long_plain_text_is_not_searched_for_addresses() -> None:
    long = "word " * 4000 + "https://a.example/"
    assert "<a" not in text.markdown_to_html(long)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("(https://a.example/x)", "https://a.example/x"),
        ("“https://a.social/x”!", "https://a.social/x"),
        ("https://a.example/x…", "https://a.example/x"),
        ("see a.example/x, b", "a.example/x"),
    ],
)
def test_punctuation_around_an_address_belongs_to_the_sentence(written: str, address: str) -> None:
    assert f">{address}</a>" in text.markdown_to_html(written)


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("{lang=ru}\n> Мир", '<blockquote lang="ru" dir="ltr">\n<p>Мир</p>\n</blockquote>'),
        ("{lang=fa}\n\n> سلام", '<blockquote lang="fa" dir="rtl">\n<p>سلام</p>\n</blockquote>'),
        ("> {lang=he}\n> שלום", '<blockquote lang="he" dir="rtl">\n<p>שלום</p>\n</blockquote>'),
        ("{lang=PT-br}\nOlá", '<p lang="pt-BR" dir="ltr">Olá</p>'),
        ("- {lang=ka}\n  a\n- b", '<ul>\n<li lang="ka" dir="ltr">a</li>\n<li>b</li>\n</ul>'),
        ("{lang=ru}\n## Заголовок\n\nText", '<h2 lang="ru" dir="ltr">Заголовок</h2>\n<p>Text</p>'),
        ("Text {lang=ru} text", "<p>Text {lang=ru} text</p>"),
    ],
)
def test_a_line_before_a_block_says_which_language_it_is_in(markdown: str, html: str) -> None:
    assert text.markdown_to_html(markdown) == html


def test_a_signed_text_has_bare_tags_and_keeps_its_words() -> None:
    html = text.markdown_to_html('{lang=ru}\n> Мир lang="x" <p lang="y">\n\n{lang=fa}\n- سلام')
    assert 'lang="ru"' in html
    require_grammar(text.without_languages(html))
    assert text.plain(text.without_languages(html)) == text.plain(html)


@pytest.mark.parametrize("tag", ["ua", "german", "xx-yy-zz", "_"])
def test_a_language_that_there_is_not_is_named(tag: str) -> None:
    with pytest.raises(ValueError, match=rf'"{{lang={tag}}}" is no language'):
        text.markdown_to_html(f"{{lang={tag}}}\n> a")
