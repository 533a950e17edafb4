"""The queue of moderators: everything that waits for a person to decide, in one list that can be narrowed.

A member sees what came in for the collectives where they moderate; of others nothing is there for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound, UsageError
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import describing_entries
from fedinode.services.moderation.describing_entries import Entry
from fedinode.storage import waiting_entries
from fedinode.storage.columns import from_microseconds, to_microseconds
from fedinode.storage.database import Session
from fedinode.storage.waiting_entries import KINDS, GroupRow, Seen, Wanted
from fedinode.text.numerals import whole_number

#: As many entries stand on one page.
PAGE: Final = 50
MAX_PAGES: Final = 1_000
_GROUPS: Final = 6
#: Who took an entry and did nothing for so long has let it lie.
CLAIM_LASTS: Final = timedelta(days=1)
_MAX_SEEN_CHARS: Final = 300
#: In microseconds: the year 5138.
_MAX_MOMENT_DIGITS: Final = 17
#: Whose entries are meant: everybody's, mine, nobody's.
WHOSE: Final = ("", "mine", "free")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What somebody wants to see of the queue. What is empty narrows nothing."""

    kind: str = ""
    collective: str = ""
    server: str = ""
    actor: str = ""
    rule: str = ""
    #: The number of a reply: all that say the same.
    same: int | None = None
    whose: str = ""

    def as_fields(self) -> tuple[tuple[str, str], ...]:
        """Return what stands in an address or a form for it."""
        named = (
            ("kind", self.kind),
            ("collective", self.collective),
            ("server", self.server),
            ("actor", self.actor),
            ("rule", self.rule),
            ("same", "" if self.same is None else str(self.same)),
            ("whose", self.whose),
        )
        return tuple((name, value) for name, value in named if value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """What many entries have in common, the largest groups first."""

    servers: tuple[GroupRow, ...]
    actors: tuple[GroupRow, ...]
    rules: tuple[GroupRow, ...]
    texts: tuple[GroupRow, ...]
    #: The beginning of each of `texts`, as people read it.
    words: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A page of the queue, how many there are, and what many of them have in common."""

    entries: tuple[Entry, ...]
    total: int
    page: int
    pages: int
    by_kind: Mapping[str, int]
    collectives: tuple[str, ...]
    #: Up to where it was seen, to be given back with what is said about all of it.
    seen: str
    groups: Groups


async def look(cap: Capabilities, member: Member, chosen: Filter, page: int = 1) -> Queue:
    """Return a page of what waits for a member. Raises: NotFound for a collective that is not theirs."""
    wanted = wanted_of(member, chosen, cap.clock())

    def read(session: Session) -> Queue:
        by_kind = waiting_entries.count_by_kind(session, wanted)
        total = sum(by_kind.values())
        pages = min(max(1, -(-total // PAGE)), MAX_PAGES)
        number = min(max(page, 1), pages)
        rows = waiting_entries.list_page(session, wanted, offset=(number - 1) * PAGE, limit=PAGE)
        return Queue(
            entries=describing_entries.describe(session, cap.urls, member, rows, wanted),
            total=total,
            page=number,
            pages=pages,
            by_kind=by_kind,
            collectives=member.where("moderate"),
            seen=_written(waiting_entries.look_so_far(session, wanted)),
            groups=_groups(session, wanted),
        )

    return await cap.database.read(read)


async def count(cap: Capabilities, member: Member) -> Mapping[str, int]:
    """Return how many entries of each kind wait for a member."""
    if not member.where("moderate"):
        return {}
    wanted = wanted_of(member, Filter(), cap.clock())
    return await cap.database.read(lambda session: waiting_entries.count_by_kind(session, wanted))


def wanted_of(member: Member, chosen: Filter, now: datetime, seen: Seen | None = None) -> Wanted:
    """Return which entries a member means. Raises: NotFound for a collective that is not theirs."""
    own = member.where("moderate")
    if chosen.collective and chosen.collective not in own:
        raise NotFound("There is no such collective.")
    return Wanted(
        collectives=(chosen.collective,) if chosen.collective else own,
        kinds=(chosen.kind,) if chosen.kind else KINDS,
        host=chosen.server,
        actor_uri=chosen.actor,
        rule=chosen.rule,
        same_as=chosen.same,
        holder_id=member.account_id if chosen.whose == "mine" else None,
        is_free=chosen.whose == "free",
        fresh_after=now - CLAIM_LASTS,
        seen=seen,
    )


def _groups(session: Session, wanted: Wanted) -> Groups:
    texts = waiting_entries.groups(session, wanted, "words", _GROUPS)
    return Groups(
        servers=waiting_entries.groups(session, wanted, "host", _GROUPS),
        actors=waiting_entries.groups(session, wanted, "actor_uri", _GROUPS),
        rules=waiting_entries.groups(session, wanted, "rule", _GROUPS),
        texts=texts,
        words={each.id: describing_entries.brief(each.value) for each in texts},
    )


# -- up to where somebody saw it


def _written(seen: Seen | None) -> str:
    if seen is None:
        return ""
    parts = [f"{kind}-{number}" for kind, number in sorted(seen.highest.items())]
    return ".".join([str(to_microseconds(seen.until)), *parts])


def write_seen(since: datetime, kind: str, number: int) -> str:
    """Return up to where somebody saw the queue who saw one entry."""
    return _written(Seen(until=since, highest={kind: number}))


def read_seen(written: str) -> Seen:
    """Return up to where the queue was seen that a form is about. Raises: UsageError."""
    written_moment, *parts = written[:_MAX_SEEN_CHARS].split(".")
    highest = dict(_number(part) for part in parts)
    moment = whole_number(written_moment, _MAX_MOMENT_DIGITS)
    if moment is None or not highest:
        raise UsageError("This form is broken; open the queue again.")
    return Seen(until=from_microseconds(moment), highest=highest)


def _number(part: str) -> tuple[str, int]:
    kind, _, digits = part.partition("-")
    number = whole_number(digits)
    if kind not in KINDS or number is None:
        raise UsageError("This form is broken; open the queue again.")
    return kind, number
