"""What a collective is called, says of itself and looks like; followers' servers are told of a change."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from federation import activities, jsonld
from fedinode import i18n, text
from fedinode.cache import NODE_KEY, SIGNERS_KEY, collective_key
from fedinode.capabilities import Capabilities
from fedinode.errors import UsageError
from fedinode.services import illustrating, portraying, registering, sending
from fedinode.services.members import halting
from fedinode.services.sending import Outgoing
from fedinode.storage import audit_log, collectives, invalidations, media_files
from fedinode.storage.collectives import CollectiveRow, CollectiveText
from fedinode.storage.database import Session
from fedinode.urls import Urls

MAX_NAME_CHARS = 100
MAX_ABOUT_CHARS = 20_000
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A change of name or description in one language; None leaves what there is."""

    language: str
    name: str | None = None
    about_markdown: str | None = None


async def describe(cap: Capabilities, collective: str, change: Description) -> int:
    """Change a collective's name or description in a language; return how many deliveries tell of it.

    Raises NotFound, UsageError.
    """
    if change.name is not None and not 0 < len(change.name.strip()) <= MAX_NAME_CHARS:
        raise UsageError(f"A name has 1 to {MAX_NAME_CHARS} characters.")
    if len(change.about_markdown or "") > MAX_ABOUT_CHARS:
        raise UsageError(f"A description has at most {MAX_ABOUT_CHARS} characters; write a page for more.")

    def write(session: Session) -> int:
        row = registering.require_collective(session, collective)
        known = collectives.find_text(session, row.id, change.language)
        if known is None and change.name is None:
            raise UsageError(f"{row.name} has no name in {change.language} yet; give one with --name.")
        name = change.name.strip() if change.name is not None else _known_name(known)
        collectives.put_text(session, row.id, change.language, name=name, about=_about(change, known))
        audit_log.add(session, "collective.described", row.uri, now=cap.clock())
        return tell_followers(session, cap, row)

    return await _commit(cap, collective, write)


async def set_look(
    cap: Capabilities,
    collective: str,
    *,
    accent: str | None = None,
    icon: Path | None = None,
    country: str | None = None,
) -> int:
    """Give a collective a colour (#rrggbb), a picture or a country (two letters); "none" takes it away.

    Returns how many deliveries tell of it.

    Raises NotFound, UsageError, PictureRefused.
    """
    colour = None if accent in (None, "none") else (accent or "").lower()
    if colour is not None and not _COLOUR.fullmatch(colour):
        raise UsageError(f'"{accent}" is no colour such as #b3131b.')
    place = None if country in (None, "none") else (country or "").upper()
    if place is not None and (not _COUNTRY.fullmatch(place) or place not in i18n.locale_of("en").territories):
        raise UsageError(f'"{country}" is no country such as DE.')
    media = None if icon is None else await illustrating.take_in_face(cap, icon)

    def write(session: Session) -> int:
        row = registering.require_collective(session, collective)
        if accent is not None:
            collectives.set_accent(session, row.id, colour)
        if country is not None:
            collectives.set_country(session, row.id, place)
        if media is not None:
            media_id = media_files.ensure(session, media, cap.clock())
            collectives.set_avatar(session, row.id, media_id)
        audit_log.add(session, "collective.described", row.uri, now=cap.clock())
        keys = (NODE_KEY, SIGNERS_KEY, collective_key(row.name))
        invalidations.record(session, keys, cap.clock())
        # A colour is the pages' business alone; a picture and a country stand in its document.
        is_told = media is not None or country is not None
        return tell_followers(session, cap, collectives.get(session, row.id)) if is_told else 0

    return await _commit(cap, collective, write)


async def _commit(cap: Capabilities, collective: str, write: Callable[[Session], int]) -> int:
    def guarded(session: Session) -> int:
        halting.require_running(session)
        return write(session)

    told = await cap.database.write(guarded)
    cap.cache.invalidate((NODE_KEY, collective_key(collective)))
    cap.bells.deliver.set()
    return told


def _known_name(known: CollectiveText | None) -> str:
    assert known is not None, "a language without a name needs one"
    return known.name


def _about(change: Description, known: CollectiveText | None) -> tuple[str, str] | None:
    if change.about_markdown is not None:
        markdown = text.normalise(change.about_markdown).strip()
        return (markdown, _render(markdown)) if markdown else None
    if known is None or known.about_markdown is None:
        return None
    return known.about_markdown, known.about_html or ""


def _render(markdown: str) -> str:
    try:
        return text.markdown_to_html(markdown)
    except ValueError as error:
        raise UsageError(f"The description cannot be shown: {error}.") from error


def tell_followers(session: Session, cap: Capabilities, row: CollectiveRow) -> int:
    """Send the followers' servers the actor as it is now."""
    return tell(session, cap.urls, row, cap.clock())


def tell(session: Session, urls: Urls, row: CollectiveRow, now: datetime) -> int:
    """Send the followers' servers the actor as it is at a moment. Raises: Halted."""
    halting.require_running(session)
    invalidations.record(session, (NODE_KEY, collective_key(row.name)), now)
    document = portraying.collective_document(session, urls, row)
    sent = sending.send(
        session,
        urls,
        Outgoing(
            type=activities.UPDATE,
            actor_uri=row.uri,
            collective_id=row.id,
            object_uri=row.uri,
            cause_key=f"update-actor:{row.uri}:{int(now.timestamp() * 1_000_000)}",
            make=lambda envelope: activities.update(envelope, document),
            to=(jsonld.PUBLIC,),
            cc=(urls.collective_followers(row.name),),
            to_followers=True,
        ),
        now,
    )
    return sent.deliveries if sent else 0
