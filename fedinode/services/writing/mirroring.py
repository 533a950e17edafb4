"""What the readers of a Mastodon server see of a document of ours, and what is lost on the way. Pure.

A Note shows its content. What is converted (Article, Event) shows its name, its summary and the link to its
page, and nothing of its content. A card stands below where there are no pictures; four pictures at most; the
language is the first one. Spec: Mastodon 4.5 to 4.7, `app/lib/activitypub/parser/status_parser.rb`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from federation import objects
from federation.jsonld import Document
from federation.objects import Object
from fedinode import i18n, text
from fedinode.i18n import N_

_CONVERTED: Final = frozenset({"Article", "Page", "Event"})
MAX_PICTURES: Final = 4
_HEADING: Final = re.compile(r"<h[1-6]([^>]*)>(.*?)</h[1-6]>", re.DOTALL)
_HREF: Final = re.compile(r'<a href="([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A sentence about what Mastodon does not show, with what stands in its gaps."""

    words: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A post in somebody's timeline."""

    html: str
    language: str | None
    #: Title and summary with a link, rather than the whole text.
    is_teaser: bool
    #: Address and description of each picture.
    pictures: tuple[tuple[str, str], ...]
    #: The address whose card stands below the text.
    card_url: str | None
    hashtags: tuple[str, ...]
    page_url: str
    losses: tuple[Loss, ...]


def show(document: Document) -> Shown:
    """Return what readers see of a document as we would send it."""
    subject = objects.parse_object(document)
    is_teaser = subject.type in _CONVERTED
    page = subject.url or subject.uri
    html = _teaser(document, page) if is_teaser else _words(document, "content")
    pictures = _pictures(subject)
    links = [each for each in _HREF.findall(html) if each not in {tag.href for tag in subject.tags}]
    return Shown(
        html=_HEADING.sub(r"<p\1><strong>\2</strong></p>", text.clean_remote_html(html)),
        language=_languages(document)[0] if _languages(document) else subject.language,
        is_teaser=is_teaser,
        pictures=pictures[:MAX_PICTURES],
        card_url=links[0] if links and not pictures else None,
        hashtags=tuple(tag.name or "" for tag in subject.tags if tag.type == "Hashtag"),
        page_url=page,
        losses=tuple(_losses(document, subject, is_teaser=is_teaser)),
    )


def _teaser(document: Document, page: str) -> str:
    name = text.escape(_words(document, "name"))
    parts = (f"<h2>{name}</h2>" if name else "", _words(document, "summary"))
    link = text.escape(page)
    return "\n".join((*(part for part in parts if part), f'<p><a href="{link}">{link}</a></p>'))


def _pictures(subject: Object) -> tuple[tuple[str, str], ...]:
    return tuple(
        (each.url, each.alt or "") for each in subject.attachments if each.type in ("Image", "Document")
    )


def _losses(document: Document, subject: Object, *, is_teaser: bool) -> Iterator[Loss]:
    if is_teaser and not _words(document, "summary"):
        yield Loss(
            words=N_("There is no summary: readers see a title and a link, and nothing else."), values={}
        )
    if is_teaser:
        yield Loss(words=N_("The text itself is not shown, only title, summary and link."), values={})
    elif _HEADING.search(_words(document, "content")):
        yield Loss(words=N_("Headings become bold lines."), values={})
    others = _languages(document)[1:]
    if others:
        words = N_("Mastodon shows the first language alone; on our page stand also: {languages}.")
        yield Loss(words=words, values={"languages": ", ".join(map(i18n.language_name, others))})
    count = len(_pictures(subject))
    if count > MAX_PICTURES:
        words = N_("Of {count} pictures, the first {shown} are shown.")
        yield Loss(words=words, values={"count": count, "shown": MAX_PICTURES})
    if count and (is_teaser or _HREF.search(_words(document, "content"))):
        yield Loss(words=N_("Where there are pictures, links get no card."), values={})


def _languages(document: Document) -> list[str]:
    for name in ("contentMap", "nameMap", "summaryMap"):
        if document.get(name):
            return list(document[name])
    return []


def _words(document: Mapping[str, Any], name: str) -> str:
    """Return a text in the first language."""
    return _plain(document, name) or next(iter(document.get(f"{name}Map", {}).values()), "")


def _plain(document: Mapping[str, Any], name: str) -> str:
    found = document.get(name)
    return found if isinstance(found, str) else ""
