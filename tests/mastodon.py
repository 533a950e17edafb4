"""What Mastodon's readers see of a document: the rules of its own code (4.5 to 4.7), for what we send.

A Note shows `content`, and `summary` as a content warning. What is converted (Article, Event, Page ..) shows
its name as a heading, its summary and the link to its page, and nothing of its content. The language is the
first key of a map. A card is made where there are no pictures. Spec: `parser/status_parser.rb` of Mastodon.
"""

import re
from dataclasses import dataclass
from typing import Any

_CONVERTED = frozenset({"Image", "Audio", "Video", "Article", "Page", "Event"})
_HEADING = re.compile(r"<h[1-6]>(.*?)</h[1-6]>", re.DOTALL)
_HREF = re.compile(r'<a href="([^"]+)"')
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Shown:
    """A post as it stands in somebody's timeline."""

    html: str
    language: str | None
    content_warning: str
    #: The address whose card is shown below the text.
    card_url: str | None
    alts: tuple[str, ...]
    hashtags: tuple[str, ...]
    is_public: bool

    @property
    def words(self) -> str:
        """The text without tags, as people read it."""
        return " ".join(_TAG.sub(" ", self.html).split())


def show(document: dict[str, Any]) -> Shown:
    """Return what readers see of an object that was delivered."""
    is_converted = document["type"] in _CONVERTED
    html = _converted(document) if is_converted else _text(document, "content")
    links = [each for each in _HREF.findall(html) if each not in _tag_addresses(document)]
    pictures = [each for each in document.get("attachment", []) if each["type"] in ("Image", "Document")][:4]
    return Shown(
        html=_HEADING.sub(r"<p><strong>\1</strong></p>", html),
        language=next(
            (key for name in ("contentMap", "nameMap", "summaryMap") for key in document.get(name, {})), None
        ),
        content_warning="" if is_converted else document.get("summary") or "",
        card_url=links[0] if links and not pictures else None,
        alts=tuple(each.get("summary") or each.get("name") or "" for each in pictures),
        hashtags=tuple(each["name"] for each in document.get("tag", []) if each["type"] == "Hashtag"),
        is_public="https://www.w3.org/ns/activitystreams#Public" in document["to"],
    )


def _converted(document: dict[str, Any]) -> str:
    page = document.get("url") or document["id"]
    parts = (
        f"<h2>{_text(document, 'name')}</h2>",
        _text(document, "summary"),
        f'<p><a href="{page}">{page}</a></p>',
    )
    return "\n".join(part for part in parts if part)


def _text(document: dict[str, Any], name: str) -> str:
    return document.get(name) or next(iter(document.get(f"{name}Map", {}).values()), "")


def _tag_addresses(document: dict[str, Any]) -> set[str]:
    return {each.get("href", "") for each in document.get("tag", [])}
