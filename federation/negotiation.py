"""Media types: what is Activity Streams, and who asks for it.

Spec: ActivityPub section 3.2, RFC 9110 section 12.5.1. A fetched document counts as Activity Streams only by
its exact media type: whoever can upload a JSON file to a host must not be able to speak for that host
(CVE-2024-25623, CVE-2024-25636).
"""

from __future__ import annotations

import re
from typing import NamedTuple

ACTIVITY_JSON = "application/activity+json"
AS_PROFILE = "https://www.w3.org/ns/activitystreams"
LD_JSON = "application/ld+json"
LD_JSON_AS = f'{LD_JSON}; profile="{AS_PROFILE}"'
JRD_JSON = "application/jrd+json"
#: What our own fetches send as Accept.
ACCEPT_ACTIVITY = f"{ACTIVITY_JSON}, {LD_JSON_AS}"

#: A longer Accept or Content-Type header is not read.
MAX_HEADER_CHARS = 2048

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
# ld+json counts without its profile too: Mastodon asks so when it looks up an address that somebody pasted.
_DOCUMENT_TYPES = frozenset({ACTIVITY_JSON, LD_JSON, "application/json"})
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA = re.compile(rf"\s*({_TOKEN}/{_TOKEN})\s*")
_PARAMETER = re.compile(rf';\s*(?:({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")\s*)?')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)


class MediaType(NamedTuple):
    """A media type or range: ``application/ld+json`` in lower case, and its parameters by lower-case name."""

    name: str
    parameters: dict[str, str]

    @property
    def is_activity(self) -> bool:
        """Whether this is one of the two spellings of Activity Streams."""
        profiles = self.parameters.get("profile", "").split()
        return self.name == ACTIVITY_JSON or (self.name == LD_JSON and AS_PROFILE in profiles)

    @property
    def quality(self) -> float:
        """The weight in an Accept header, 0 to 1; a weight that is not a number counts as 0."""
        weight = self.parameters.get("q", "1")
        return float(weight) if _QUALITY.fullmatch(weight) else 0.0


def is_activity_type(content_type: str | None) -> bool:
    """Whether a fetched document of this Content-Type may be believed to be Activity Streams."""
    media = _parse_one(content_type)
    return media is not None and media.is_activity


def is_inbox_type(content_type: str | None) -> bool:
    """Whether an inbox takes this Content-Type.

    Wider than ``is_activity_type``: what comes to an inbox is believed for its signature, and some peers
    leave out the profile of ld+json.
    """
    media = _parse_one(content_type)
    return media is not None and media.name in (ACTIVITY_JSON, LD_JSON)


def is_jrd_type(content_type: str | None) -> bool:
    """Whether a WebFinger answer of this Content-Type is read; some peers say plain JSON."""
    media = _parse_one(content_type)
    return media is not None and media.name in (JRD_JSON, "application/json")


def wants_activity(accept: str | None) -> bool:
    """Whether this Accept header prefers Activity Streams, or plain JSON, to a page.

    A wildcard alone means a page: browsers and command-line tools send it.
    """
    ranges = _parse_list(accept)
    ours = max((media.quality for media in ranges if media.name in _DOCUMENT_TYPES), default=0.0)
    html = max((media.quality for media in ranges if media.name in _HTML_TYPES), default=0.0)
    return ours > 0.0 and ours >= html


def _parse_one(header: str | None) -> MediaType | None:
    found = _parse_list(header)
    return found[0] if len(found) == 1 else None


def _parse_list(header: str | None) -> list[MediaType]:
    """Read a comma-separated list of media types; one that cannot be read is as good as none."""
    if header is None or len(header) > MAX_HEADER_CHARS:
        return []
    found: list[MediaType] = []
    position = 0
    while True:
        media = _MEDIA.match(header, position)
        if media is None:
            return []
        parameters, position = _parse_parameters(header, media.end())
        found.append(MediaType(media[1].lower(), parameters))
        if position == len(header):
            return found
        if header[position] != ",":
            return []
        position += 1


def _parse_parameters(header: str, position: int) -> tuple[dict[str, str], int]:
    """Return the parameters from a position on, and where they end; of two of one name the first counts."""
    parameters: dict[str, str] = {}
    while match := _PARAMETER.match(header, position):
        position = match.end()
        name, token, quoted = match.groups()
        if name is not None:
            value = token if token is not None else _ESCAPED.sub(r"\1", quoted)
            parameters.setdefault(name.lower(), value)
    return parameters, position
