"""The HTML of signed texts: a grammar of a few bare tags, so that no two readers can see different texts.

Whatever needs a lenient parser to be understood is refused, never repaired.
Spec: docs/cosigning.md, R4.
"""

from __future__ import annotations

import re
from typing import Final

from federation import errors

MAX_DEPTH: Final = 16

_TOKEN = re.compile(
    r"<(?P<slash>/?)(?P<tag>[a-z][a-z0-9]*)>"
    # No backslash: some readers take it for a slash, and so see another host.
    r'|<a href="https://(?:[!#-%\'-;=?-\[\]-~]|&amp;)+">'
    r"|&(?:amp|lt|gt|quot|#39);"
    r"|(?P<text>[^<>&]+)",
    re.ASCII,
)
_TEXT = "text"
_BLOCKS = frozenset({"p", "ul", "ol", "blockquote", "h2", "h3", "h4", "pre"})
_INLINE = frozenset({"strong", "em", "a", "code", "br", _TEXT})
#: What may stand directly inside what; the empty name is the whole text.
_ALLOWED: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(("", "blockquote"), _BLOCKS),
    **dict.fromkeys(("ul", "ol"), frozenset({"li"})),
    "li": _INLINE | {"p", "ul", "ol"},
    **dict.fromkeys(("p", "h2", "h3", "h4", "pre", "strong", "em", "code"), _INLINE),
    "a": _INLINE - {"a"},
}


def require_grammar(source: str) -> None:
    """Check that a text is in the grammar. Takes time in proportion to its length.

    Raises: Malformed.
    """
    open_tags = [""]
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise errors.Malformed("a text holds HTML that is not in the grammar")
        position = match.end()
        _step(open_tags, match)
    if len(open_tags) > 1:
        raise errors.Malformed("a text does not close its HTML")


def _step(open_tags: list[str], token: re.Match[str]) -> None:
    if token["slash"]:
        if len(open_tags) == 1 or open_tags.pop() != token["tag"]:
            raise errors.Malformed("a text closes HTML that is not open")
        return
    name = _name_of(token)
    if name not in _ALLOWED[open_tags[-1]] and not _is_line_feed(token):
        raise errors.Malformed("a text nests HTML in a way that is not allowed")
    if name in (_TEXT, "br"):
        return
    if name == "a" and ("a" in open_tags or token["tag"]):
        raise errors.Malformed("a text holds a link in a link, or one to nowhere")
    open_tags.append(name)
    if len(open_tags) > MAX_DEPTH + 1:
        raise errors.Malformed(f"a text nests HTML deeper than {MAX_DEPTH}")


def _name_of(token: re.Match[str]) -> str:
    if token["tag"]:
        return token["tag"]
    return "a" if token[0].startswith("<") else _TEXT


def _is_line_feed(token: re.Match[str]) -> bool:
    """Between blocks only line feeds stand: any other text there would be in no paragraph."""
    return token["text"] is not None and not token["text"].strip("\n")
