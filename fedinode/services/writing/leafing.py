"""All texts of a member's collectives in one list: what is being written, waits, is public or thrown away.

What was published or kept as a draft by command is among them: a member who wants to change it gets a working
copy of it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import publishing, registering
from fedinode.services.members.signing_in import Member
from fedinode.services.writing import authoring, transcribing
from fedinode.services.writing.authoring import GONE
from fedinode.services.writing.transcribing import Transcript
from fedinode.storage import accounts, collectives, decisions, desk_files, desk_texts, posts
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow
from fedinode.storage.desk_files import NewFile
from fedinode.storage.desk_texts import CopyRow, Heading, NewCopy, VersionLine
from fedinode.storage.media_files import MediaRow
from fedinode.storage.models import new_uid
from fedinode.storage.posts import PostRow

State = Literal["writing", "draft", "asked", "scheduled", "public", "thrown-away"]
Shelf = Literal["in-work", "scheduled", "public", "thrown-away"]

PAGE: Final = 30
#: The questions that a text waits for.
_ASKED: Final = frozenset({"publish", "publish-joint", "edit", "edit-joint"})
#: More drafts than that nobody looks through.
MOST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """A text in the list. It has a working copy, a post, or both."""

    title: str
    kind: str
    language: str
    collective: str
    state: State
    changed_at: datetime
    changed_by: str = ""
    uid: str | None = None
    post_uid: str | None = None
    page_url: str | None = None
    #: When it is to be published.
    due_at: datetime | None = None
    #: A public text is being changed.
    is_change: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A collective that a member writes for."""

    name: str
    title: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A page of the list, and how many pages there are."""

    lines: tuple[TextLine, ...]
    page: int
    pages: int


async def list_voices(cap: Capabilities, member: Member) -> tuple[Voice, ...]:
    """Return the collectives that a member writes for, in order of name."""
    own = member.where("write")

    def read(session: Session) -> tuple[Voice, ...]:
        rows = [row for row in collectives.list_all(session) if row.name in own]
        return tuple(
            Voice(
                name=row.name,
                title=collectives.display_names(session, row.id)[row.primary_language],
                language=row.primary_language,
            )
            for row in sorted(rows, key=lambda row: row.name)
        )

    return await cap.database.read(read)


async def list_texts(cap: Capabilities, member: Member, shelf: Shelf, page: int = 1) -> Shelved:
    """Return the texts of the collectives for which a member writes or translates, the latest first."""

    def read(session: Session) -> Shelved:
        own = {row.id: row.name for row in collectives.list_all(session) if member.may("translate", row.name)}
        return _SHELVES[shelf](_Look(session=session, cap=cap, own=own, names=accounts.names(session)), page)

    return await cap.database.read(read)


async def list_all(cap: Capabilities, shelf: Shelf, collective: str | None = None) -> tuple[TextLine, ...]:
    """Return the latest texts of all collectives, or of one, for who works at the machine."""

    def read(session: Session) -> tuple[TextLine, ...]:
        wanted = None if collective is None else registering.require_collective(session, collective).name
        own = {row.id: row.name for row in collectives.list_all(session) if wanted in (None, row.name)}
        look = _Look(session=session, cap=cap, own=own, names=accounts.names(session))
        return _SHELVES[shelf](look, 1).lines

    return await cap.database.read(read)


async def read_text(cap: Capabilities, uid: str) -> str:
    """Return a text as it stands, for who works at the machine. Raises: NotFound."""

    def read(session: Session) -> str:
        copy = desk_texts.find(session, uid)
        if copy is None:
            raise NotFound(f"There is no text {uid}; `fedinode texts` lists them.")
        return desk_texts.find_source(session, copy, desk_texts.newest(session, copy).number) or ""

    return await cap.database.read(read)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What making the list takes: the collectives that the member writes for, the names of accounts."""

    session: Session
    cap: Capabilities
    own: Mapping[int, str]
    names: Mapping[int, str]


def _in_work(look: _Look, page: int) -> Shelved:
    copies = desk_texts.list_of(look.session, look.own, ("open",))
    changed = {copy.post_id for copy in copies}
    asked = _asked(look)
    drafts = [post for post in _drafts(look) if post.id not in changed]
    lines = _copy_lines(look, copies, asked) + [_post_line(look, post, asked) for post in drafts]
    lines.sort(key=lambda line: line.changed_at, reverse=True)
    return _cut(lines, page)


def _scheduled(look: _Look, page: int) -> Shelved:
    asked = _asked(look)
    lines = [_post_line(look, post, asked) for post in _drafts(look)]
    waiting = [line for line in lines if line.state == "scheduled"]
    waiting.sort(key=lambda line: line.due_at or line.changed_at)
    return _cut(waiting, page)


def _public(look: _Look, page: int) -> Shelved:
    count = posts.count_in(look.session, look.own, "public")
    found = posts.list_in(look.session, look.own, "public", limit=PAGE, offset=(page - 1) * PAGE)
    lines = tuple(_post_line(look, post, {}) for post in found)
    return Shelved(lines=lines, page=page, pages=max(1, -(-count // PAGE)))


def _thrown_away(look: _Look, page: int) -> Shelved:
    return _cut(_copy_lines(look, desk_texts.list_of(look.session, look.own, ("dropped",)), {}), page)


_SHELVES: Final = {
    "in-work": _in_work,
    "scheduled": _scheduled,
    "public": _public,
    "thrown-away": _thrown_away,
}


def _cut(lines: Sequence[TextLine], page: int) -> Shelved:
    start = (page - 1) * PAGE
    return Shelved(lines=tuple(lines[start : start + PAGE]), page=page, pages=max(1, -(-len(lines) // PAGE)))


def _drafts(look: _Look) -> tuple[PostRow, ...]:
    return posts.list_in(look.session, look.own, "draft", limit=MOST, offset=0)


def _asked(look: _Look) -> dict[str, DecisionRow]:
    """Return the open questions about publishing, by what they are about."""
    return {
        row.subject_uri: row
        for collective_id in look.own
        for row in decisions.list_newest(look.session, states=("open",), collective_id=collective_id)
        if row.action in _ASKED
    }


def _copy_lines(look: _Look, copies: Sequence[CopyRow], asked: Mapping[str, DecisionRow]) -> list[TextLine]:
    newest = desk_texts.newest_of(look.session, [copy.id for copy in copies])
    return [_copy_line(look, copy, newest[copy.id], asked) for copy in copies]


def _copy_line(look: _Look, copy: CopyRow, line: VersionLine, asked: Mapping[str, DecisionRow]) -> TextLine:
    post = None if copy.post_id is None else posts.get(look.session, copy.post_id)
    question = None if post is None else asked.get(_uri_of(look, post))
    return TextLine(
        title=copy.title,
        kind=copy.kind,
        language=copy.language,
        collective=look.own[copy.collective_id],
        state=_state_of_copy(copy, question),
        changed_at=line.saved_at,
        changed_by=look.names.get(line.account_id, "") if line.account_id else "",
        uid=copy.uid,
        post_uid=post.uid if post else None,
        is_change=post is not None and post.state == "public",
        due_at=question.not_before if question else None,
    )


def _uri_of(look: _Look, post: PostRow) -> str:
    collective = collectives.get(look.session, post.collective_id)
    return publishing.describe(look.session, look.cap.urls, collective, post).uri


def _state_of_copy(copy: CopyRow, question: DecisionRow | None) -> State:
    if copy.state == "dropped":
        return "thrown-away"
    if question is None:
        return "writing"
    return "scheduled" if question.not_before else "asked"


def _post_line(look: _Look, post: PostRow, asked: Mapping[str, DecisionRow]) -> TextLine:
    collective = collectives.get(look.session, post.collective_id)
    described = publishing.describe(look.session, look.cap.urls, collective, post)
    question = asked.get(described.uri)
    open_copy = desk_texts.find_open_of_post(look.session, post.id)
    return TextLine(
        title=publishing.title_of(look.session, post),
        kind=post.kind,
        language=post.primary_language,
        collective=collective.name,
        state=_state(post, question),
        changed_at=post.first_public_at or post.created_at,
        uid=open_copy.uid if open_copy else None,
        post_uid=post.uid,
        page_url=described.url if post.state == "public" else None,
        due_at=question.not_before if question else None,
    )


def _state(post: PostRow, question: DecisionRow | None) -> State:
    if post.state == "public":
        return "public"
    if question is None:
        return "draft"
    return "scheduled" if question.not_before else "asked"


# -- a working copy of a post


async def open_post(cap: Capabilities, member: Member, post_uid: str) -> str:
    """Return the uid of the working copy in which a post is changed, made now if there is none.

    Raises: NotFound for what is not the member's to write, or withdrawn.
    """

    def read(session: Session) -> tuple[MediaRow, ...]:
        return transcribing.transcribe(session, _require_post(session, member, post_uid)).files

    files = await asyncio.to_thread(load_all, cap.settings.media_dir, await cap.database.read(read))

    def write(session: Session) -> str:
        post = posts.lock(session, _require_post(session, member, post_uid).id)
        known = desk_texts.find_open_of_post(session, post.id)
        if known is not None:
            return known.uid
        return _copy_of(session, cap, member, post, transcribing.transcribe(session, post), files)

    return await cap.database.write(write)


def _require_post(session: Session, member: Member, post_uid: str) -> PostRow:
    post = posts.find_by_uid(session, post_uid)
    if post is None or post.state == "withdrawn":
        raise NotFound(GONE)
    if not member.may("write", collectives.get(session, post.collective_id).name):
        raise NotFound(GONE)
    return post


def load_all(folder: Path, rows: Sequence[MediaRow]) -> list[NewFile]:
    """Return the files of a post as a working copy keeps them."""
    return [_load(folder, each) for each in rows]


def _load(folder: Path, row: MediaRow) -> NewFile:
    return NewFile(
        name=row.path,
        type=row.type,
        width=row.width or 0,
        height=row.height or 0,
        content=(folder / row.path).read_bytes(),
        shows_faces=False,
        account_id=None,
    )


def _copy_of(
    session: Session,
    cap: Capabilities,
    member: Member,
    post: PostRow,
    transcript: Transcript,
    files: Sequence[NewFile],
) -> str:
    heading = Heading(kind=transcript.kind, language=transcript.language, title=transcript.title)
    new = NewCopy(
        uid=new_uid(),
        collective_id=post.collective_id,
        heading=heading,
        post_id=post.id,
        account_id=member.account_id,
    )
    copy = authoring.add_copy(session, member, new, transcript.source, cap.clock())
    for each in files:
        desk_files.add(session, copy, each, cap.clock())
    return copy.uid
