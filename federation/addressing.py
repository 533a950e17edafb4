"""Who an activity is for, and which inboxes that makes.

Spec: ActivityPub sections 5.6, 6.11 and 7.1.3 (shared inboxes).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from federation import authority, errors, jsonld
from federation.jsonld import Document

_FIELDS = ("to", "cc", "bto", "bcc", "audience")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorInboxes:
    """Where one recipient takes deliveries."""

    inbox_url: str
    shared_inbox_url: str | None = None


def audience(document: Document) -> frozenset[str]:
    """Return the ids of all recipients of an activity or object, Public in its one full spelling.

    What names nobody who could be reached is left out.

    Raises: TooLarge, for more than a list may have; Malformed.
    """
    recipients = frozenset(uri for field in _FIELDS for uri in jsonld.get_recipients(document, field))
    if len(recipients) > jsonld.MAX_LIST_ITEMS:
        raise errors.TooLarge("an activity has too many recipients")
    return recipients


def collapse_inboxes(recipients: Iterable[ActorInboxes]) -> tuple[str, ...]:
    """Return each inbox to deliver to once, in the order of first mention: shared inboxes in place of own
    ones.

    A shared inbox counts only on the origin of the inbox it stands for: else an actor could have what was
    meant for it posted to somebody else's server.
    """
    return tuple(dict.fromkeys(map(_inbox_of, recipients)))


def _inbox_of(recipient: ActorInboxes) -> str:
    shared = recipient.shared_inbox_url
    if shared is not None and authority.is_same_origin(shared, recipient.inbox_url):
        return shared
    return recipient.inbox_url
