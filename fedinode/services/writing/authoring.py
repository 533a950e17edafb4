"""Texts that members write at the desk: working copies, and every saved state of them.

A working copy is the text of a manuscript file, so whatever a file can say, it can say; what is half-written
is kept as it is. Two people who write at once: what each changed is put together value by value. Where both
changed the same, the second one's words are kept beside the text and they are asked. Nobody's words are lost.
"""

import asyncio
import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from fedinode import frontmatter
from fedinode.capabilities import Capabilities
from fedinode.errors import Busy, Conflict, ManuscriptError, NotFound, UsageError
from fedinode.frontmatter import editing
from fedinode.frontmatter.editing import Differing, Merged, Place
from fedinode.i18n import N_
from fedinode.manuscripts import Kind, Manuscript
from fedinode.services import registering
from fedinode.services.members.entitling import Right
from fedinode.services.members.signing_in import Member
from fedinode.services.writing import reconciling
from fedinode.storage import (
    accounts,
    audit_log,
    collectives,
    desk_texts,
    federated_objects,
    posts,
)
from fedinode.storage.database import Session
from fedinode.storage.desk_texts import CopyRow, Heading, NewCopy, NewVersion, VersionLine
from fedinode.text import without_invisible

#: What a working copy may weigh; what is published may weigh less.
MAX_SOURCE_BYTES: Final = 1024 * 1024
_UID: Final = re.compile(r"[a-z2-7]{16}")
#: Controls that no text needs and TOML does not allow.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
#: Who saves at the very same moment as others is asked to press again after so many tries.
_TRIES: Final = 5
_TITLE_CHARS: Final = 200
GONE: Final = N_("There is no such text, or it is not yours to write.")
_TOO_LONG: Final = N_("This text is too long to be kept in one piece; divide it.")
CLOSED: Final = N_("This text was released or thrown away meanwhile; nothing was changed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """A working copy as it stands, or as it stood in one of its versions."""

    uid: str
    collective: str
    collective_id: int
    kind: Kind
    language: str
    title: str
    #: "open", "released" or "dropped".
    state: str
    number: int
    source: str
    saved_by: str
    saved_at: datetime
    is_auto: bool
    #: The post that is changed here, if there is one already.
    post_id: int | None = None
    post_uri: str | None = None
    post_state: str | None = None
    import_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A text was kept. `taken`: what somebody else had changed meanwhile, which is in it as well."""

    number: int
    source: str
    saved_at: datetime
    taken: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clashed:
    """Somebody else changed the same; what was sent is kept aside as version `aside`.

    `source` has both changes together, and what was sent in the `places` where both changed something. There
    are no places where only the whole can be compared.
    """

    number: int
    theirs: str
    ours: str
    source: str
    saved_by: str
    saved_at: datetime
    aside: int
    places: tuple[Place, ...] = ()


# -- reading


async def open_text(
    cap: Capabilities, member: Member, uid: str, *, right: Right = "write", number: int | None = None
) -> Working:
    """Return a working copy as it stands, or as it stood in a version. Raises: NotFound."""
    return await cap.database.read(lambda session: working_in(session, member, uid, right, number))


def working_in(
    session: Session, member: Member, uid: str, right: Right = "write", number: int | None = None
) -> Working:
    """Return a working copy inside a transaction. Raises: NotFound."""
    copy, collective = require_copy(session, member, uid, right)
    line = desk_texts.newest(session, copy) if number is None else _require_line(session, copy, number)
    source = desk_texts.find_source(session, copy, line.number)
    post = None if copy.post_id is None else posts.get(session, copy.post_id)
    objects = federated_objects.list_of_post(session, post.id) if post else ()
    return Working(
        uid=copy.uid,
        collective=collective,
        collective_id=copy.collective_id,
        kind=Kind(copy.kind),
        language=copy.language,
        title=copy.title,
        state=copy.state,
        number=line.number,
        source=source or "",
        saved_by=name_of(session, line.account_id),
        saved_at=line.saved_at,
        is_auto=line.is_auto,
        post_id=copy.post_id,
        post_uri=objects[0].uri if objects else None,
        post_state=post.state if post else None,
        import_key=post.import_key if post else None,
    )


def require_copy(session: Session, member: Member, uid: str, right: Right = "write") -> tuple[CopyRow, str]:
    """Return a working copy and its collective, where the member has the right. Raises: NotFound."""
    copy = desk_texts.find(session, uid) if is_uid(uid) else None
    collective = collectives.get(session, copy.collective_id).name if copy else ""
    if copy is None or not member.may(right, collective):
        raise NotFound(GONE)
    return copy, collective


def is_uid(written: str) -> bool:
    """Tell whether a word can be the uid of a working copy."""
    return _UID.fullmatch(written) is not None


def _require_line(session: Session, copy: CopyRow, number: int) -> VersionLine:
    found = desk_texts.find_line(session, copy, number)
    if found is None:
        raise NotFound(GONE)
    return found


def name_of(session: Session, account_id: int | None) -> str:
    """Return who that is; empty for the machine itself."""
    return "" if account_id is None else accounts.names(session).get(account_id, "")


def understand(source: str, folder: Path, *, key: str | None = None) -> Manuscript:
    """Return what a working copy says; its pictures lie in `folder`, and `key` is its post's.

    Raises: ManuscriptError, a sentence that names the line and the key.
    """
    try:
        manuscript = frontmatter.parse_written(source, folder)
    except ManuscriptError as error:
        # Where the folder lies is nobody's business at the desk.
        raise ManuscriptError(str(error).replace(f"{folder}/", "")) from error
    says_key = ("key",) in editing.values_of(source)
    return manuscript if key is None or says_key else replace(manuscript, key=key)


def without_name(sentence: str) -> str:
    """Return a sentence about a working copy without the name of a file that nobody ever saw."""
    told = sentence.removeprefix(f"{frontmatter.WRITTEN_NAME}, ").removeprefix(
        f"{frontmatter.WRITTEN_NAME}: "
    )
    return told[:1].upper() + told[1:]


def heading_of(source: str, fallback: Heading) -> Heading:
    """Return what lists say of a text; what it does not say, or cannot be read, stays as it was."""
    try:
        values = editing.values_of(source)
    except ManuscriptError:
        return fallback
    kind, language, title = (values.get((name,)) for name in ("type", "language", "title"))
    shown = without_invisible(title)[0].strip()[:_TITLE_CHARS] if isinstance(title, str) else ""
    return Heading(
        kind=kind if isinstance(kind, str) and kind in tuple(Kind) else fallback.kind,
        language=language if isinstance(language, str) and len(language) < 36 else fallback.language,
        title=" ".join(shown.split()),
    )


def tidy(source: str) -> str:
    """Return a text with line feeds alone and without controls. Raises: UsageError where it is too long."""
    lines = source.replace("\r\n", "\n").replace("\r", "\n")
    kept = _CONTROLS.sub("", lines)
    try:
        size = len(kept.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise UsageError(N_("This text holds half a character; it cannot be kept.")) from error
    if size > MAX_SOURCE_BYTES:
        raise UsageError(_TOO_LONG)
    return kept


# -- beginning


async def begin(cap: Capabilities, member: Member, collective: str, source: str, *, uid: str) -> Working:
    """Begin a text. The same `uid` again, as a form that is sent twice has it, returns the one there is.

    Raises: NotFound where the member may not write.
    """
    if not is_uid(uid) or not member.may("write", collective):
        raise NotFound(GONE)
    tidied = tidy(source)

    def write(session: Session) -> Working:
        row = registering.require_collective(session, collective)
        known = desk_texts.find(session, uid)
        if known is None:
            heading = heading_of(tidied, Heading(kind="news", language=row.primary_language, title=""))
            add_copy(
                session,
                member,
                NewCopy(
                    uid=uid, collective_id=row.id, heading=heading, post_id=None, account_id=member.account_id
                ),
                tidied,
                cap.clock(),
            )
        return working_in(session, member, uid)

    return await cap.database.write(write)


def add_copy(session: Session, member: Member, new: NewCopy, source: str, now: datetime) -> CopyRow:
    """Keep a new working copy with its first version, and note who began it."""
    copy = desk_texts.add(session, new, now)
    desk_texts.add_version(session, copy, NewVersion(source=source, account_id=member.account_id), now)
    audit_log.add(session, "text.begun", copy.uid, now=now, account_id=member.account_id)
    return copy


# -- saving


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody made of version `base_number`; `is_auto`: the page saves it by itself.

    `page` names the page in the browser that it comes from, where there is one.
    """

    base_number: int
    source: str
    is_auto: bool = False
    page: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """Who wants to save what where."""

    member: Member
    uid: str
    right: Right
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What somebody's text is compared with."""

    line: VersionLine
    standing: str
    base: str | None


async def save(
    cap: Capabilities, member: Member, uid: str, change: Change, *, right: Right = "write"
) -> Saved | Clashed:
    """Keep what somebody made of a version, together with what others changed since.

    With the right to translate alone nothing but translations may differ.
    Raises: NotFound; Conflict where it is closed; UsageError where it is too long; NotAllowed.
    """
    tidied = replace(change, source=tidy(change.source))
    wish = _Wish(member=member, uid=uid, right=right, change=tidied)
    for _ in range(_TRIES):
        seen = await cap.database.read(lambda session: _look(session, wish))
        outcome = await asyncio.to_thread(reconciling.weigh, seen.base, seen.standing, wish.change.source)
        kept = await cap.database.write(partial(_keep, wish, seen, outcome, cap.clock()))
        if kept is not None:
            return kept
    raise Busy(N_("Others save this text at the same moment; try again."))


def _look(session: Session, wish: _Wish) -> _Seen:
    copy, collective = require_copy(session, wish.member, wish.uid, wish.right)
    require_open(copy)
    line = desk_texts.newest(session, copy)
    standing = desk_texts.find_source(session, copy, line.number) or ""
    base = reconciling.find_base(
        session,
        copy,
        wish.change.base_number,
        page=wish.change.page,
        account_id=wish.member.account_id,
    )
    if not wish.member.may("write", collective):
        reconciling.require_translation(standing if base is None else base, wish.change.source)
    return _Seen(line=line, standing=standing, base=base)


def require_open(copy: CopyRow) -> None:
    """Raise Conflict for a text that is not being written any more."""
    if copy.state != "open":
        raise Conflict(CLOSED)


def _keep(
    wish: _Wish, seen: _Seen, outcome: Merged | Differing, now: datetime, session: Session
) -> Saved | Clashed | None:
    """Keep what came of it; None where somebody saved meanwhile."""
    copy, _ = require_copy(session, wish.member, wish.uid, wish.right)
    require_open(copy)
    if desk_texts.newest(session, copy).number != seen.line.number:
        return None
    if isinstance(outcome, Differing):
        return _set_aside(session, copy, wish, seen, outcome, now)
    if outcome.written == seen.standing:
        is_mine = seen.line.account_id == wish.member.account_id
        if is_mine and seen.line.is_auto and not wish.change.is_auto:
            desk_texts.set_by_hand(session, copy, seen.line.number)
        return Saved(
            number=seen.line.number, source=seen.standing, saved_at=seen.line.saved_at, taken=outcome.taken
        )
    number = desk_texts.add_version(session, copy, _as_version(wish, outcome.written), now)
    heading = Heading(kind=copy.kind, language=copy.language, title=copy.title)
    desk_texts.describe(session, copy, heading_of(outcome.written, heading), now)
    return Saved(number=number, source=outcome.written, saved_at=now, taken=outcome.taken)


def _set_aside(
    session: Session, copy: CopyRow, wish: _Wish, seen: _Seen, outcome: Differing, now: datetime
) -> Clashed:
    # The page tries again and again; its last try has all that the ones before had.
    desk_texts.drop_asides(
        session, copy, account_id=wish.member.account_id, base_number=wish.change.base_number
    )
    aside = desk_texts.add_version(session, copy, _as_version(wish, wish.change.source, is_aside=True), now)
    return Clashed(
        number=seen.line.number,
        theirs=seen.standing,
        ours=wish.change.source,
        source=outcome.written,
        saved_by=name_of(session, seen.line.account_id),
        saved_at=seen.line.saved_at,
        aside=aside,
        places=outcome.places,
    )


def _as_version(wish: _Wish, source: str, *, is_aside: bool = False) -> NewVersion:
    return NewVersion(
        source=source,
        account_id=wish.member.account_id,
        base_number=wish.change.base_number,
        is_auto=wish.change.is_auto,
        is_aside=is_aside,
        page=wish.change.page,
    )
