"""The versions of a working copy: what there was, what changed between two of them, and one brought back.

What a page saved by itself counts as one version as long as one person wrote on: within an hour the newest of
them stands for all. For a day the others are kept unseen, because pages that lie open were made of them.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, ManuscriptError, NotFound
from fedinode.frontmatter import editing
from fedinode.frontmatter.editing import BODY, Place
from fedinode.services.members.signing_in import Member
from fedinode.services.writing import authoring
from fedinode.services.writing.authoring import Working
from fedinode.storage import accounts, audit_log, desk_texts
from fedinode.storage.database import Session
from fedinode.storage.desk_texts import CopyRow, Heading, NewVersion, VersionLine
from fedinode.text import differences
from fedinode.text.differences import Paragraph

#: So long what one person's page saved in a row is one version.
FOLDED_WITHIN: Final = timedelta(hours=1)
#: So long single saves of a page are kept.
FOLDED_AFTER: Final = timedelta(days=1)
#: What was set aside is asked for soon or never.
ASIDE_AFTER: Final = timedelta(days=90)
#: So long a text that was released or thrown away can still be looked at.
CLOSED_AFTER: Final = timedelta(days=30)
_BATCH: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """A version as members see it in the list."""

    number: int
    base_number: int | None
    saved_by: str
    saved_at: datetime
    is_auto: bool
    is_aside: bool
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A value that differs between two versions; `place` is None where only the whole can be compared."""

    place: Place | None
    paragraphs: tuple[Paragraph, ...]


async def list_versions(
    cap: Capabilities, member: Member, uid: str
) -> tuple[Working, tuple[VersionView, ...]]:
    """Return a text and its versions, the newest first. Raises: NotFound."""

    def read(session: Session) -> tuple[Working, tuple[VersionView, ...]]:
        working = authoring.working_in(session, member, uid)
        copy, _ = authoring.require_copy(session, member, uid)
        names = accounts.names(session)
        shown = shown_of(desk_texts.list_versions(session, copy))
        return working, tuple(
            VersionView(
                number=line.number,
                base_number=line.base_number,
                saved_by=names.get(line.account_id, "") if line.account_id else "",
                saved_at=line.saved_at,
                is_auto=line.is_auto,
                is_aside=line.is_aside,
                is_current=line.number == working.number,
            )
            for line in shown
        )

    return await cap.database.read(read)


def shown_of(lines: Iterable[VersionLine]) -> tuple[VersionLine, ...]:
    """Return the versions that stand for themselves, of all, the newest first."""
    shown: list[VersionLine] = []
    head: VersionLine | None = None
    for line in lines:
        if line.is_aside:
            shown.append(line)
        elif head is None or not _is_folded(line, head):
            shown.append(line)
            head = line
    return tuple(shown)


def _is_folded(line: VersionLine, head: VersionLine) -> bool:
    is_same = line.account_id == head.account_id and line.base_number is not None
    return is_same and line.is_auto and head.saved_at - line.saved_at < FOLDED_WITHIN


async def compare(
    cap: Capabilities, member: Member, uid: str, before: int, after: int
) -> tuple[Working, Working, tuple[Changed, ...]]:
    """Return two versions and what differs between them. Raises: NotFound."""
    old = await authoring.open_text(cap, member, uid, number=before)
    new = await authoring.open_text(cap, member, uid, number=after)
    return old, new, await asyncio.to_thread(compare_sources, old.source, new.source)


def compare_sources(before: str, after: str) -> tuple[Changed, ...]:
    """Return what differs between two texts, the words first."""
    try:
        old, new = editing.values_of(before), editing.values_of(after)
    except ManuscriptError:
        return (
            (Changed(place=None, paragraphs=differences.compare(before, after)),) if before != after else ()
        )
    places = [place for place in dict.fromkeys((*old, *new)) if old.get(place) != new.get(place)]
    return tuple(
        Changed(
            place=place, paragraphs=differences.compare(in_words(old.get(place)), in_words(new.get(place)))
        )
        for place in sorted(places, key=lambda place: place != BODY)
    )


def in_words(value: Any) -> str:
    """Return a value of TOML as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "\n".join(map(in_words, value))
    if isinstance(value, dict):
        return "\n".join(f"{key}: {in_words(each)}" for key, each in value.items())
    return value.isoformat(" ", "minutes") if isinstance(value, datetime) else str(value)


async def bring_back(cap: Capabilities, member: Member, uid: str, number: int) -> int:
    """Make a version the newest one again; return its new number. Raises: NotFound, Conflict."""

    def write(session: Session) -> int:
        copy, _ = authoring.require_copy(session, member, uid)
        authoring.require_open(copy)
        source = desk_texts.find_source(session, copy, number)
        if source is None:
            raise NotFound(authoring.GONE)
        standing = desk_texts.newest(session, copy)
        if source == desk_texts.find_source(session, copy, standing.number):
            return standing.number
        new = NewVersion(source=source, account_id=member.account_id, base_number=standing.number)
        made = desk_texts.add_version(session, copy, new, cap.clock())
        heading = Heading(kind=copy.kind, language=copy.language, title=copy.title)
        desk_texts.describe(session, copy, authoring.heading_of(source, heading), cap.clock())
        _note(session, cap, member, copy, "text.brought-back")
        return made

    return await cap.database.write(write)


async def drop(cap: Capabilities, member: Member, uid: str) -> None:
    """Throw a text away; for 30 days it can be taken back. Its post, if there is one, stays as it is."""

    def write(session: Session) -> None:
        copy, _ = authoring.require_copy(session, member, uid)
        if copy.state == "open":
            desk_texts.set_state(session, copy.id, "dropped", cap.clock())
            _note(session, cap, member, copy, "text.dropped")

    await cap.database.write(write)


async def take_back(cap: Capabilities, member: Member, uid: str) -> None:
    """Go on with a text that was thrown away. Raises: NotFound, Conflict."""

    def write(session: Session) -> None:
        copy, _ = authoring.require_copy(session, member, uid)
        if copy.state != "dropped":
            return
        if copy.post_id is not None and desk_texts.find_open_of_post(session, copy.post_id) is not None:
            raise Conflict(authoring.CLOSED)
        desk_texts.set_state(session, copy.id, "open", cap.clock())
        _note(session, cap, member, copy, "text.taken-back")

    await cap.database.write(write)


def _note(session: Session, cap: Capabilities, member: Member, copy: CopyRow, action: str) -> None:
    audit_log.add(session, action, copy.uid, now=cap.clock(), account_id=member.account_id)


# -- tidying up


async def tidy_up(cap: Capabilities) -> int:
    """Delete single saves of pages, what lay aside for long, and texts that were closed long ago."""
    now = cap.clock()

    def write(session: Session) -> int:
        for copy in desk_texts.list_closed(session, now - CLOSED_AFTER, _BATCH):
            desk_texts.forget(session, copy.id)
        return sum(_prune(session, copy, now) for copy in desk_texts.list_open(session))

    return await cap.database.write(write)


def _prune(session: Session, copy: CopyRow, now: datetime) -> int:
    lines = desk_texts.list_versions(session, copy)
    shown = {line.number for line in shown_of(lines)}
    doomed = [
        line.number
        for line in lines
        if (line.number not in shown and line.saved_at < now - FOLDED_AFTER)
        or (line.is_aside and line.account_id is not None and line.saved_at < now - ASIDE_AFTER)
    ]
    desk_texts.delete_versions(session, copy, doomed)
    return len(doomed)
