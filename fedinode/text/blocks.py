"""Cleaned HTML as a tree of plain records, for what is not a browser: a program that sets pages.

Only the elements of statements mean something here; of any other the contents stay.
"""

from html.parser import HTMLParser
from typing import Any, Final

#: A record is {"t": element, "c": children} with "href" for links; a child is a record or a string.
Node = dict[str, Any]

_KEPT: Final = frozenset(
    ("p", "strong", "em", "a", "ul", "ol", "li", "blockquote", "h2", "h3", "h4", "code", "pre")
)
_SAME: Final = {"b": "strong", "i": "em", "h1": "h2", "h5": "h4", "h6": "h4"}
_MAX_DEPTH: Final = 50


def blocks(html: str) -> list[Node | str]:
    """Return the contents of cleaned HTML as records."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.top


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.top: list[Node | str] = []
        self._open: list[tuple[str, list[Node | str]]] = []

    def _children(self) -> list[Node | str]:
        return self._open[-1][1] if self._open else self.top

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = _SAME.get(tag, tag)
        if name == "br":
            self._children().append({"t": "br", "c": []})
        elif name in _KEPT and len(self._open) < _MAX_DEPTH:
            node: Node = {"t": name, "c": []}
            href = dict(attrs).get("href")
            if name == "a" and href:
                node["href"] = href
            self._children().append(node)
            self._open.append((name, node["c"]))

    def handle_endtag(self, tag: str) -> None:
        name = _SAME.get(tag, tag)
        if any(opened == name for opened, _ in self._open):
            while self._open.pop()[0] != name:
                pass

    def handle_data(self, data: str) -> None:
        is_blank = not data.strip() and all(opened in ("ul", "ol", "blockquote") for opened, _ in self._open)
        if not is_blank:
            self._children().append(data)
