"""HTML that others wrote, made safe to show; and plain text out of HTML.

nh3 parses like a browser and is linear on hostile input. bleach only finds addresses in our own
authors' plain text: its makers ended it, and it is quadratic on long input. Both are imported
here and nowhere else.
"""

import html
import re
from collections.abc import Callable, MutableMapping
from typing import Final

import nh3
from bleach.linkifier import Linker

#: Longer plain text is shown without links: bleach's time grows with the square of the length.
LINKIFY_MAX_CHARS: Final = 16_000

_OWN_TAGS = frozenset(
    {"p", "ul", "ol", "li", "blockquote", "h2", "h3", "h4", "pre", "strong", "em", "code", "a", "br"}
)
_REMOTE_TAGS = _OWN_TAGS | {
    "span", "del", "s", "b", "i", "u", "h1", "h5", "h6", "hr", "sub", "sup", "ruby", "rt", "rp",
}  # fmt: skip
_REMOTE_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href"},
    "ol": {"start", "reversed"},
    "li": {"value"},
}
_ATTRIBUTE_SHAPES = {
    "lang": re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,7}"),
    "dir": re.compile(r"ltr|rtl|auto"),
    "start": re.compile(r"-?[0-9]{1,6}"),
    "value": re.compile(r"-?[0-9]{1,6}"),
    "reversed": re.compile(r"(reversed)?"),
}
_HIDDEN_CONTENT = frozenset({"script", "style"})
_BLOCKS = frozenset(
    {"p", "br", "div", "ul", "ol", "li", "blockquote", "pre", "hr", "tr", "h1", "h2", "h3", "h4", "h5", "h6"}
)
# bleach's own pattern knows only the top-level domains of its day. `tinyurl.com/x` is an address,
# `ecosocialist.scot` is a name. Punctuation at the end belongs to the sentence.
_ADDRESS = re.compile(
    r"""(?:https?://|(?<![\w@./:-])(?:[a-z0-9-]+\.)+[a-z]{2,}/)"""
    r"""(?:(?!&(?:lt|gt|quot);)[^\s<>"'“”«»])*(?!&(?:lt|gt|quot);)[^\s<>"'“”«».,:;!?…*]""",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(r"\s*https?://[^/\s]", re.IGNORECASE)
_BARE_LINK = re.compile(r"<a>(.*?)</a>", re.DOTALL)
_HEADING = re.compile(r"<(/?)h[1-6]\b")
_TAG = re.compile(r"<[^>]*>")
_BLANK_LINES = re.compile(r"[ \t]*\n\s*")


def clean_remote_html(source: str) -> str:
    """Return HTML from a peer with nothing in it that could act, load or hide.

    Cleaning what was cleaned changes nothing. Digests are never made over the result.
    """
    return nh3.clean(
        source,
        tags=set(_REMOTE_TAGS),
        clean_content_tags=set(_HIDDEN_CONTENT),
        attributes={tag: set(names) for tag, names in _REMOTE_ATTRIBUTES.items()},
        attribute_filter=_checked_attribute,
        link_rel="nofollow noopener noreferrer",
        url_schemes={"http", "https"},
        url_relative="deny",
    )


def without_headings(cleaned: str) -> str:
    """Return cleaned HTML with paragraphs for headings: in a quotation they would upset the order of ours."""
    return _HEADING.sub(r"<\1p", cleaned)


def _checked_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        # A browser reads `https:evil.example` as a relative reference on an https page.
        return value if _ABSOLUTE.match(value) else None
    shape = _ATTRIBUTE_SHAPES.get(name)
    return value if shape is None or shape.fullmatch(value) else None


def clean_own_html(source: str) -> str:
    """Return our own Markdown's HTML in the grammar of signed texts: a last gate, no repair.

    Only bare tags, `<br>`, and links with nothing but an href are left; and the language of a block, which
    `markdown.without_languages` takes out where a text is signed.
    """
    cleaned = nh3.clean(
        source,
        tags=set(_OWN_TAGS),
        clean_content_tags=set(),
        attributes={"a": {"href"}, "*": {"lang", "dir"}},
        link_rel=None,
        url_schemes={"http", "https"},
        url_relative="deny",
    )
    # A link whose address nh3 did not like has none any more. The grammar knows five entities, and
    # the HTML serialiser writes U+00A0 as a sixth.
    return _BARE_LINK.sub(r"\1", cleaned).replace("&nbsp;", "\u00a0")


def plain(source: str) -> str:
    """Return the text of some HTML, a line per block."""
    cleaned = nh3.clean(
        source,
        tags=set(_BLOCKS),
        clean_content_tags=set(_HIDDEN_CONTENT),
        attributes={},
        link_rel=None,
    )
    return _BLANK_LINES.sub("\n", html.unescape(_TAG.sub("\n", cleaned))).strip()


def link_addresses(source: str, accept: Callable[[str], str | None]) -> str:
    """Return plain text as HTML in which addresses are links.

    `accept` is given the address as written and returns the href, or None to leave it as text.
    """
    escaped = html.escape(source, quote=False)
    if len(source) > LINKIFY_MAX_CHARS or ("://" not in source and "/" not in source):
        return escaped

    def decide(
        attributes: MutableMapping[object, str], new: bool = False
    ) -> MutableMapping[object, str] | None:
        href = accept(attributes["_text"])
        if href is None:
            return None
        attributes[(None, "href")] = href
        return attributes

    return str(Linker(callbacks=[decide], url_re=_ADDRESS).linkify(escaped))
