"""Addresses inside documents: strings, Links and pictures, one or a list of them.

Every peer writes these in its own way, so reading is tolerant: what cannot be understood is left out, and the
rest is kept. Spec: Activity Streams 2.0 Vocabulary, url, icon, image, attachment.
"""

from __future__ import annotations

from dataclasses import dataclass

from federation import jsonld
from federation.jsonld import Document

HTML = "text/html"
MAX_ALT_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Something that is shown with an object: a picture, a file, a link."""

    type: str
    url: str
    media_type: str | None = None
    #: What people read who cannot see it; Mastodon takes ``summary`` first, everybody else ``name``.
    alt: str | None = None
    width: int | None = None
    height: int | None = None


def get_page_url(document: Document, uri: str) -> str | None:
    """Return the page for people that ``url`` names, or None.

    Only an address beside the id counts, as in Mastodon: another host could be made to look like the
    author's. Of several, one that is called HTML or has no type is taken before any other.
    """
    found = [
        (media_type, url)
        for url, media_type in map(_read_link, jsonld.get_list(document, "url"))
        if url is not None and jsonld.is_beside(url, uri)
    ]
    pages = [url for media_type, url in found if media_type in (None, HTML)]
    return next(iter(pages or [url for _, url in found]), None)


def get_picture_url(document: Document, name: str) -> str | None:
    """Return the address of the first picture in a member such as ``icon``, or None."""
    for item in jsonld.get_list(document, name):
        attachment = _read_attachment(item)
        if attachment is not None:
            return attachment.url
    return None


def get_attachments(document: Document) -> tuple[Attachment, ...]:
    """Return what is attached and has an address. Raises: TooLarge."""
    read = [_read_attachment(item) for item in jsonld.get_list(document, "attachment")]
    return tuple(attachment for attachment in read if attachment is not None)


def get_licence(document: Document) -> str | None:
    """Return on what terms an object may be used: a name or an address. Raises: TooLarge."""
    # A string, or as PeerTube writes it {"identifier": "2", "name": "Attribution"}.
    stated = next(iter(jsonld.get_list(document, "license") or jsonld.get_list(document, "licence")), None)
    words = _text(stated.get("name") if isinstance(stated, dict) else stated)
    return None if words is None else words[: jsonld.MAX_NAME_CHARACTERS]


def render_attachment(attachment: Attachment) -> Document:
    """Write an attachment; alternative text goes into ``name`` and ``summary``."""
    members: Document = {
        "type": attachment.type,
        "mediaType": attachment.media_type,
        "url": attachment.url,
        "name": attachment.alt,
        "summary": attachment.alt,
        "width": attachment.width,
        "height": attachment.height,
    }
    return {name: value for name, value in members.items() if value is not None}


def _read_link(value: object) -> tuple[str | None, str | None]:
    # A string; a Link with href; PeerTube nests both in lists.
    media_type = None
    if isinstance(value, dict):
        media_type = _text(value.get("mediaType"))
        value = value.get("href")
    return (value, media_type) if isinstance(value, str) and jsonld.is_uri(value) else (None, None)


def _read_attachment(value: object) -> Attachment | None:
    if isinstance(value, str):
        value = {"type": "Link", "href": value}
    if not isinstance(value, dict):
        return None
    source = value.get("href") if value.get("url") is None else value["url"]
    links = [_read_link(link) for link in jsonld.as_list(source)]
    url, link_type = next((link for link in links if link[0] is not None), (None, None))
    kind = value.get("type")
    if url is None or not isinstance(kind, str):
        return None
    return Attachment(
        type=kind,
        url=url,
        media_type=_text(value.get("mediaType")) or link_type,
        alt=_alt(value),
        width=_pixels(value.get("width")),
        height=_pixels(value.get("height")),
    )


def _alt(value: Document) -> str | None:
    alt = _text(value.get("summary")) or _text(value.get("name"))
    return None if alt is None else alt[:MAX_ALT_CHARACTERS]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _pixels(value: object) -> int | None:
    # True is an int to Python.
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
