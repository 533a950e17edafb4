"""How far domains, with everything under them, and single actors are let in.

Suspension holds wherever it was said: of the actor, its host or any domain above. Else the most specific
word counts: the actor's own before its host's, the host's before that of a domain above it. Where only listed
domains may federate, all others are as suspended.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, func, or_, select

from fedinode.storage import allowed_domains, covered_hosts, models, upserts
from fedinode.storage.database import Session

#: From the most to the least that somebody may.
LEVELS: Final = ("trusted", "open", "held", "silence", "suspend")

_TABLE = models.Level


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """What was decided; `subject` is a host or the id of an actor."""

    subject: str
    is_actor: bool
    level: str
    rejects_media: bool = False
    rejects_reports: bool = False
    is_obfuscated: bool = False
    #: For the members, and for everybody who reads the list.
    reason: str | None = None
    public_reason: str | None = None
    set_at: datetime
    account_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """What holds for somebody."""

    level: str = "open"
    rejects_media: bool = False
    rejects_reports: bool = False
    #: Where that was said: a domain, an actor; empty where nothing was.
    subject: str = ""

    @property
    def is_suspended(self) -> bool:
        """Whether nothing is taken from them and nothing is sent to them."""
        return self.level == "suspend"

    @property
    def waits(self) -> bool:
        """Whether what they write waits for somebody who looks at it."""
        return self.level in ("held", "silence", "suspend")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who is asked about: an actor with its host, or a host alone."""

    host: str
    uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusions:
    """All that no connection goes to: kept in memory, so that every hop can be asked about."""

    suspended: frozenset[str]
    #: Ids of suspended actors.
    actors: frozenset[str] = frozenset()
    #: The only domains that may federate; None: all may.
    allowed: frozenset[str] | None = None
    own_host: str = ""

    def refuses(self, host: str) -> bool:
        """Tell whether nothing goes to this host and nothing comes from it."""
        if host == self.own_host:
            return False
        names = covered_hosts.covering(host)
        return not self.suspended.isdisjoint(names) or (
            self.allowed is not None and self.allowed.isdisjoint(names)
        )


# -- what holds


def ranks(session: Session, subjects: Iterable[Subject]) -> dict[Subject, Rank]:
    """Return what holds for each of these, where anything was said about them."""
    wanted = set(subjects)
    refused = allowed_domains.not_listed(session, {each.host for each in wanted})
    unlisted = {each: Rank(level="suspend", subject=each.host) for each in wanted if each.host in refused}
    return said_of(session, wanted) | unlisted


def said_of(session: Session, subjects: Iterable[Subject]) -> dict[Subject, Rank]:
    """Return the same, whether only listed domains may federate or not."""
    named = {each: _names(each) for each in set(subjects)}
    said = _said(session, {name for names in named.values() for name in names})
    found = {each: [said[name] for name in names if name in said] for each, names in named.items()}
    return {each: _rank(rows) for each, rows in found.items() if rows}


def of_hosts(session: Session, hosts: Iterable[str]) -> dict[str, str]:
    """Return the level of each of these hosts about which anything was said."""
    found = ranks(session, [Subject(host=host) for host in hosts])
    return {each.host: rank.level for each, rank in found.items()}


def of_actors(session: Session, uris: Iterable[str]) -> dict[str, str]:
    """Return the level of each of these actors that was given one itself."""
    return {uri: row.level for uri, row in _said(session, set(uris)).items()}


def _names(subject: Subject) -> tuple[str, ...]:
    """Return all names under which something may be said about somebody, the most specific first."""
    return (*((subject.uri,) if subject.uri else ()), *covered_hosts.by_nearness(subject.host))


def _rank(rows: Sequence[LevelRow]) -> Rank:
    decisive = next((row for row in rows if row.level == "suspend"), rows[0])
    return Rank(
        level=decisive.level,
        rejects_media=any(row.rejects_media for row in rows),
        rejects_reports=any(row.rejects_reports for row in rows),
        subject=decisive.subject,
    )


def _said(session: Session, names: set[str]) -> dict[str, LevelRow]:
    found: dict[str, LevelRow] = {}
    for chunk in covered_hosts.chunks(sorted(names)):
        rows = session.scalars(select(_TABLE).where(_TABLE.subject.in_(chunk)))
        found |= {row.subject: _row(row) for row in rows}
    return found


def exclusions(session: Session) -> Exclusions:
    """Return all that no connection goes to."""
    suspended = select(_TABLE.subject, _TABLE.is_actor).where(_TABLE.level == "suspend")
    rows = session.execute(suspended).all()
    allowed = allowed_domains.hosts(session) if allowed_domains.is_listed_only(session) else None
    return Exclusions(
        suspended=frozenset(row.subject for row in rows if not row.is_actor),
        actors=frozenset(row.subject for row in rows if row.is_actor),
        allowed=allowed,
        own_host=allowed_domains.own_host(session),
    )


def has_exclusions(session: Session) -> bool:
    """Tell whether anybody at all is kept out."""
    suspended = select(_TABLE.subject).where(_TABLE.level == "suspend").limit(1)
    return session.scalar(suspended) is not None or allowed_domains.is_listed_only(session)


# -- what was decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which decisions are listed."""

    words: str = ""
    levels: tuple[str, ...] = LEVELS
    rejects_media: bool = False
    limit: int = 100
    offset: int = 0


def list_all(session: Session) -> tuple[LevelRow, ...]:
    """Return all decisions, in order of subject."""
    return tuple(_row(row) for row in session.scalars(select(_TABLE).order_by(_TABLE.subject)))


def search(session: Session, wanted: Search) -> tuple[tuple[LevelRow, ...], int]:
    """Return a page of decisions in order of subject, and how many there are."""
    conditions: list[ColumnElement[bool]] = [_TABLE.level.in_(wanted.levels)]
    if wanted.rejects_media:
        conditions.append(_TABLE.rejects_media.is_(True))
    if wanted.words:
        columns = (_TABLE.subject, _TABLE.reason, _TABLE.public_reason)
        conditions.append(or_(*(each.icontains(wanted.words, autoescape=True) for each in columns)))
    count = session.execute(select(func.count()).select_from(_TABLE).where(*conditions)).scalar_one()
    query = select(_TABLE).where(*conditions).order_by(_TABLE.subject)
    rows = session.scalars(query.limit(wanted.limit).offset(wanted.offset))
    return tuple(_row(row) for row in rows), count


def find(session: Session, subject: str) -> LevelRow | None:
    """Return what was decided about exactly this host or actor."""
    row = session.get(_TABLE, subject, populate_existing=True)
    return None if row is None else _row(row)


def find_many(session: Session, subjects: Collection[str]) -> dict[str, LevelRow]:
    """Return what was decided about exactly these."""
    return _said(session, set(subjects))


def put(session: Session, rows: Sequence[LevelRow]) -> None:
    """Keep decisions, in place of earlier ones about the same; `level_marks.after_change` has to follow."""
    values = [asdict(row) for row in rows]
    if values:
        columns = tuple(name for name in values[0] if name != "subject")
        upserts.put(session, _TABLE, values, keys=("subject",), update=columns)
        allowed_domains.restamp(session)


def remove(session: Session, subject: str) -> None:
    """Drop a decision; `level_marks.after_change` has to follow."""
    session.execute(delete(_TABLE).where(_TABLE.subject == subject))
    allowed_domains.restamp(session)


def _row(row: models.Level) -> LevelRow:
    names = LevelRow.__dataclass_fields__
    return LevelRow(**{name: getattr(row, name) for name in names})
