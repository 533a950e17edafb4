"""Our authors' Markdown as HTML.

The output is a sequence of bare tags, `<br>`, `<a href="...">` and escaped text: the grammar
that signed texts must obey, and a subset of what Mastodon shows. What CommonMark can say and the
grammar cannot is put into words: a picture becomes its description as a link, a ruled line
becomes three asterisks, headings start at the second level. One thing stands outside it: a line such
as `{lang=ru}` before a quotation or another block says which language that is in.
`without_languages` takes it out again for texts that are signed.
"""

import functools
import html
import re
from collections.abc import MutableMapping, Sequence
from enum import Enum
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from fedinode import i18n
from fedinode.text import cleaning, languages

#: Deeper nesting is refused in signed texts.
MAX_DEPTH: Final = 16
# markdown-it drops silently what is nested deeper than its own limit; ours is met long before.
_PARSER_DEPTH = 200
_HEADINGS = {"h1": "h2", "h5": "h4", "h6": "h4"}
# The grammar knows only text, paragraphs and lists inside a list item.
_NOT_IN_ITEMS = frozenset({"h2", "h3", "h4"})
_LINKABLE = re.compile(
    r"(?P<scheme>https?)(?P<host>://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?)"
    r"(?P<rest>(?:[/?#][^\s<>\"\\^`{|}\x7f-\U0010ffff]*)?)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(/?)([a-z0-9]+)[^>]*>")
_LANGUAGE_LINE = re.compile(r"\{lang=([^}\s]{1,40})\}[ \t]*(?:\n|$)")
_MARKED_TAG = re.compile(r'<([a-z0-9]+)(?: (?:lang|dir)="[A-Za-z0-9-]*")+>')
_HOLDERS = frozenset({"blockquote_open", "list_item_open"})
_LANGUAGE_ATTRIBUTES = ("lang", "dir")


class Schemes(Enum):
    """Which addresses become links. What is signed may link to https alone."""

    SIGNED = ("https",)
    ANY = ("https", "http")


def escape(text: str) -> str:
    """Return plain text as HTML."""
    return html.escape(text, quote=False)


def markdown_to_html(markdown: str, schemes: Schemes = Schemes.ANY) -> str:
    """Return the HTML of a whole text.

    Raises: ValueError when lists and quotations are nested too deeply, or a `{lang=..}` names no language.
    """
    return _render(_parser("blocks"), markdown, schemes)


def without_languages(source: str) -> str:
    """Return our own HTML without the languages of single blocks: signed texts have bare tags."""
    return _MARKED_TAG.sub(r"<\1>", source)


def note_to_html(markdown: str, schemes: Schemes = Schemes.ANY) -> str:
    """Return the HTML of an editor's note: paragraphs of inline Markdown, no other blocks."""
    return _render(_parser("paragraphs"), markdown, schemes)


def inline_to_html(markdown: str, schemes: Schemes = Schemes.ANY) -> str:
    """Return the HTML of one line of inline Markdown, such as a summary, without a `<p>`."""
    one_line = " ".join(markdown.split())
    rendered = _parser("paragraphs").renderInline(one_line, {"schemes": schemes.value})
    return cleaning.clean_own_html(rendered)


def _render(parser: MarkdownIt, markdown: str, schemes: Schemes) -> str:
    rendered = str(parser.render(markdown, {"schemes": schemes.value}))
    cleaned = cleaning.clean_own_html(rendered).strip()
    if depth(cleaned) > MAX_DEPTH:
        raise ValueError(f"lists and quotations are nested more than {MAX_DEPTH} deep")
    return cleaned


def depth(source: str) -> int:
    """Return how deep the tags of our own HTML are nested."""
    level = deepest = 0
    for match in _TAG.finditer(source):
        if match[2] != "br":
            level += -1 if match[1] else 1
            deepest = max(deepest, level)
    return deepest


@functools.cache
def _parser(kind: str) -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark", {"html": False, "maxNesting": _PARSER_DEPTH}, renderer_cls=_GrammarRenderer
    )
    if kind == "paragraphs":
        parser.disable(["code", "fence", "blockquote", "hr", "list", "heading", "lheading", "reference"])
    else:
        parser.core.ruler.after("block", "languages", _mark_languages)
    return parser


def _mark_languages(state: StateCore) -> None:
    """Give each block the language that a line `{lang=xx}` before it, or at its own beginning, names."""
    kept: list[Token] = []
    waiting: str | None = None
    tokens = iter(state.tokens)
    for token in tokens:
        if token.type == "paragraph_open":
            inline = next(tokens)
            own = _take_language(inline)
            if not inline.content:
                next(tokens)
                waiting = own or waiting
                continue
            _set_language(token, waiting)
            # The first line of a quotation or of an item speaks for the whole of it.
            _set_language(kept[-1] if kept and kept[-1].type in _HOLDERS else token, own)
            kept += [token, inline]
        else:
            _set_language(token, waiting)
            kept.append(token)
        waiting = None
    state.tokens = kept


def _take_language(paragraph: Token) -> str | None:
    """Cut the line off a paragraph that names a language; return that. Raises: ValueError."""
    match = _LANGUAGE_LINE.match(paragraph.content)
    if match is None:
        return None
    paragraph.content = paragraph.content[match.end() :]
    try:
        return languages.canonical_language(match[1])
    except ValueError as error:
        raise ValueError(f'"{{lang={match[1]}}}" {error}') from error


def _set_language(token: Token, language: str | None) -> None:
    if language is not None and token.nesting >= 0:
        token.attrs = {"lang": language, "dir": i18n.direction(language)}


class _GrammarRenderer(RendererHTML):
    """Writes CommonMark's tokens in the few forms that the grammar knows."""

    def renderInline(  # noqa: N802, the name is markdown-it's
        self, tokens: Sequence[Token], options: OptionsDict, env: MutableMapping[str, Any]
    ) -> str:
        parts: list[str] = []
        link: _Link | None = None
        for token in tokens:
            if token.type == "link_open":
                link = _Link(str(token.attrs.get("href", "")), len(parts), env["schemes"])
                parts.append(link.start)
            elif token.type == "link_close" and link:
                parts.append(link.end("".join(parts[link.position :])))
                link = None
            else:
                parts.append(self._inline(token, env, in_link=link is not None))
        return "".join(parts)

    def _inline(self, token: Token, env: MutableMapping[str, Any], *, in_link: bool) -> str:
        if token.type == "text":
            return escape(token.content) if in_link else _linked(token.content, env["schemes"])
        if token.type == "code_inline":
            return f"<code>{escape(token.content)}</code>"
        if token.type == "softbreak":
            return "\n"
        if token.type == "hardbreak":
            return "<br>\n"
        if token.type == "image":
            return _described(token, env["schemes"], in_link=in_link)
        return f"</{token.tag}>" if token.nesting < 0 else f"<{token.tag}>"

    def renderToken(  # noqa: N802, the name is markdown-it's
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]
    ) -> str:
        token = tokens[idx]
        env["items"] = env.get("items", 0) + (token.nesting if token.tag == "li" else 0)
        if env["items"] and token.tag == "blockquote":
            return ""
        tag = _HEADINGS.get(token.tag, token.tag)
        token.tag = "p" if env["items"] and tag in _NOT_IN_ITEMS else tag
        # A list may begin at a number, which the grammar does not know.
        token.attrs = {name: token.attrs[name] for name in _LANGUAGE_ATTRIBUTES if name in token.attrs}
        return super().renderToken(tokens, idx, options, env)

    list_item_open = renderToken

    def fence(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]
    ) -> str:
        code = escape(tokens[idx].content.expandtabs(4))
        if env.get("items", 0):
            return "<p>" + "<br>\n".join(f"<code>{line}</code>" for line in code.splitlines()) + "</p>\n"
        return f"<pre><code>{code}</code></pre>\n"

    code_block = fence

    def hr(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]
    ) -> str:
        return "<p>* * *</p>\n"


class _Link:
    """A link under way; CommonMark has no links within links."""

    def __init__(self, url: str, position: int, schemes: Sequence[str]) -> None:
        self.position = position
        self._url = url
        self._href = _href(url, schemes)
        self.start = f'<a href="{html.escape(self._href)}">' if self._href else ""

    def end(self, shown: str) -> str:
        """Return what closes the link; an address that may not be one is written behind its text."""
        if self._href:
            return "</a>"
        address = escape(self._url.removeprefix("mailto:"))
        return "" if not address or address in shown else f" ({address})"


def _described(token: Token, schemes: Sequence[str], *, in_link: bool) -> str:
    text = escape(token.content or str(token.attrs.get("src", "")))
    href = _href(str(token.attrs.get("src", "")), schemes)
    return f'<a href="{html.escape(href)}">{text}</a>' if href and not in_link else text


def _href(url: str, schemes: Sequence[str]) -> str | None:
    # The grammar wants printable ASCII; markdown-it has percent-encoded the path and made the host IDNA.
    match = _LINKABLE.fullmatch(url)
    if not match or match["scheme"].lower() not in schemes:
        return None
    return match["scheme"].lower() + match["host"].lower() + match["rest"]


def _linked(text: str, schemes: Sequence[str]) -> str:
    def accept(address: str) -> str | None:
        return _href(_normal(address if "://" in address else f"https://{address}"), schemes)

    return cleaning.link_addresses(text, accept)


def _normal(address: str) -> str:
    return _parser("blocks").normalizeLink(address)
