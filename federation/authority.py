"""Who may say what: the one gate between a verified signature and anything that is done for it.

Spec: FEP-fe34 (origin-based security). A server speaks for what has its own origin, and inside it each actor
speaks for what it owns. The payload never proves ownership of what is stored: ``require_owner`` compares with
the stored owner.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import idna

from federation import errors, jsonld
from federation.activities import Activity
from federation.jsonld import Document

_AUTHORITY = re.compile(
    r"(https?)://([^/?#@:\[\]]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?(?=[/?#]|$)", re.IGNORECASE
)
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Scheme, host in lower-case A-labels, port: who answers for an address."""

    scheme: str
    host: str
    port: int


def origin(uri: str) -> Origin:
    """Return the origin of a web address.

    Raises: Malformed, for what two readers could read as two hosts: user names, backslashes, control
    characters, a trailing dot.
    """
    return _split(uri)[0]


def is_same_origin(one: str, other: str) -> bool:
    """Whether two addresses are of one origin."""
    return origin(one) == origin(other)


def is_local(uri: str, own: str) -> bool:
    """Whether an address belongs to the node whose origin is ``own``; what is no web address does not."""
    try:
        return is_same_origin(uri, own)
    except errors.Malformed:
        return False


def is_same_uri(one: str, other: str) -> bool:
    """Whether two ids are the same. Hosts are compared as hosts are, all the rest byte for byte."""
    return _split(one) == _split(other)


def require_key_owner(key_id: str, owner_uri: str) -> None:
    """Check that a key may belong to an actor: both are of one origin.

    Raises: NotAuthorized, Malformed.
    """
    if not is_same_origin(key_id, owner_uri):
        raise errors.NotAuthorized("a key is not on the server of its owner")


def require_owner(owner_uri: str | None, actor_uri: str) -> None:
    """Check that an actor owns what is stored; None stands for an owner that is not known.

    Raises: NotAuthorized, Malformed.
    """
    if owner_uri is None or not is_same_uri(owner_uri, actor_uri):
        raise errors.NotAuthorized("the actor does not own the object")


def require_authority(activity: Activity, signer_uri: str) -> None:
    """Check that the owner of the verified key may send this activity.

    Nothing may be done with an activity before this returned (CVE-2025-54888). What it cannot know is checked
    where it is stored: that the actor owns the object of an Update, Delete or Undo (``require_owner``), and
    that we asked for what an Accept or Reject answers. An Announce proves nothing about what it embeds.

    Raises: NotAuthorized, Malformed.
    """
    if not is_same_uri(activity.actor_uri, signer_uri):
        raise errors.NotAuthorized("the activity was signed by another actor than it names")
    if not is_same_origin(activity.uri, activity.actor_uri):
        raise errors.NotAuthorized("the activity has an id on another server")
    rule = _RULES.get(activity.type)
    if rule is not None:
        rule(activity)


def _require_own_object(activity: Activity) -> None:
    if not is_same_origin(activity.object_uri, activity.actor_uri):
        raise errors.NotAuthorized("the object is not on the server of the actor")


def _require_authorship(activity: Activity) -> None:
    _require_own_object(activity)
    document = activity.object_document
    if document is not None and not is_same_uri(activity.object_uri, activity.actor_uri):
        require_owner(_first(document, "attributedTo"), activity.actor_uri)


def _require_own_deed(activity: Activity) -> None:
    """Undo: what is undone was done by the same actor."""
    _require_own_object(activity)
    document = activity.object_document
    if document is not None and "actor" in document:
        require_owner(_first(document, "actor"), activity.actor_uri)


def _require_own_follow(activity: Activity) -> None:
    """Accept and Reject of a Follow: only who is followed may answer."""
    document = activity.object_document
    if document is not None and document.get("type") == "Follow":
        require_owner(_first(document, "object"), activity.actor_uri)


def _require_self(activity: Activity) -> None:
    require_owner(activity.object_uri, activity.actor_uri)


_RULES: dict[str, Callable[[Activity], None]] = {
    "Create": _require_authorship,
    "Update": _require_authorship,
    "Delete": _require_own_object,
    "Undo": _require_own_deed,
    "Accept": _require_own_follow,
    "Reject": _require_own_follow,
    "Move": _require_self,
    "Invite": _require_authorship,
}


def _first(document: Document, name: str) -> str | None:
    """Return the id in a member. Of several the first counts, as everywhere in the fediverse."""
    values = jsonld.as_list(document.get(name))
    return jsonld.id_of(values[0]) if values else None


def _split(uri: str) -> tuple[Origin, str]:
    match = _AUTHORITY.match(uri)
    if match is None or _FORBIDDEN.search(uri):
        raise errors.Malformed("an id is not a web address")
    scheme, port = match[1].lower(), match[3]
    number = int(port) if port else _DEFAULT_PORTS[scheme]
    return Origin(scheme, _normal_host(match[2]), number), uri[match.end() :]


def _normal_host(host: str) -> str:
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise errors.Malformed("an id has an impossible host") from error
    lowered = host.lower()
    if not _HOST.fullmatch(lowered):
        raise errors.Malformed("an id has an impossible host")
    return lowered
