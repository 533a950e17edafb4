"""The queue of moderators over all tables that hold something for a person to decide: read, counted, grouped.

One row for each entry, whatever its kind, so that one filter fits all. What it says is in its own table.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from fedinode.storage import models
from fedinode.storage.database import Session

KINDS: Final = ("reply", "request", "signature", "consent", "report")
_CLAIMS = models.ModerationClaim
#: So many that have something in common are worth a line.
_GROUP: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How far somebody saw the queue: what came later is not meant by what they say about all of it."""

    until: datetime
    #: Of each kind the highest number.
    highest: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries are meant. What is empty narrows nothing."""

    #: Names of the collectives whose entries these are.
    collectives: tuple[str, ...]
    kinds: tuple[str, ...] = KINDS
    host: str = ""
    actor_uri: str = ""
    rule: str = ""
    #: The number of a reply: all that say the same.
    same_as: int | None = None
    #: Whom they are with: somebody, or nobody since `fresh_after`.
    holder_id: int | None = None
    is_free: bool = False
    #: Who took an entry before this has let it lie.
    fresh_after: datetime
    seen: Seen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One entry of the queue."""

    kind: str
    id: int
    at: datetime
    collective: str
    actor_uri: str | None
    host: str | None
    rule: str | None
    holder_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """Entries that have something in common; `id` is the newest of them."""

    value: str
    count: int
    id: int


def list_page(session: Session, wanted: Wanted, *, offset: int, limit: int) -> tuple[EntryRow, ...]:
    """Return entries, the oldest first."""
    queue = _queue(wanted)
    query = _entries(queue, wanted).order_by(queue.c.at, queue.c.kind, queue.c.id).offset(offset).limit(limit)
    return tuple(EntryRow(**row._mapping) for row in session.execute(query))


def find(session: Session, wanted: Wanted, kind: str, number: int) -> EntryRow | None:
    """Return an entry if it is among those that are meant."""
    queue = _queue(wanted)
    query = _entries(queue, wanted).where(queue.c.kind == kind, queue.c.id == number)
    row = session.execute(query).one_or_none()
    return EntryRow(**row._mapping) if row else None


def count_by_kind(session: Session, wanted: Wanted) -> dict[str, int]:
    """Return how many entries of each kind are meant."""
    queue = _queue(wanted)
    query = _narrowed(select(queue.c.kind, func.count().label("number")), queue, wanted)
    return {row.kind: row.number for row in session.execute(query.group_by(queue.c.kind))}


def look_so_far(session: Session, wanted: Wanted) -> Seen | None:
    """Return up to where the entries reach that are meant now; None if there are none."""
    queue = _queue(wanted)
    query = select(queue.c.kind, func.max(queue.c.id).label("highest"), func.max(queue.c.at).label("until"))
    rows = session.execute(_narrowed(query, queue, wanted).group_by(queue.c.kind)).all()
    if not rows:
        return None
    return Seen(until=max(row.until for row in rows), highest={row.kind: row.highest for row in rows})


def groups(session: Session, wanted: Wanted, by: str, limit: int) -> tuple[GroupRow, ...]:
    """Return the largest groups of some at least by `host`, `actor_uri`, `rule` or `words`."""
    queue = _queue(wanted)
    value, number = queue.c[by], func.count().label("number")
    query = _narrowed(select(value.label("value"), number, func.max(queue.c.id).label("id")), queue, wanted)
    query = query.where(value.is_not(None)).group_by(value).having(func.count() >= _GROUP)
    rows = session.execute(query.order_by(number.desc(), value).limit(limit))
    return tuple(GroupRow(value=row.value, count=row.number, id=row.id) for row in rows)


def count_of(session: Session, wanted: Wanted, by: str, values: Collection[str]) -> dict[str, int]:
    """Return how many entries there are of each of these hosts or actors."""
    queue = _queue(wanted)
    value = queue.c[by]
    query = _narrowed(select(value.label("value"), func.count().label("number")), queue, wanted)
    rows = session.execute(query.where(value.in_(set(values))).group_by(value))
    return {row.value: row.number for row in rows}


def next_of(session: Session, wanted: Wanted, limit: int) -> dict[str, list[int]]:
    """Return the numbers of the first entries that are meant, by kind."""
    found: dict[str, list[int]] = {}
    for row in list_page(session, wanted, offset=0, limit=limit):
        found.setdefault(row.kind, []).append(row.id)
    return found


def state_of(session: Session, kind: str, number: int) -> tuple[datetime, str]:
    """Return when an entry came and what became of it."""
    at, state = _STATES[kind]
    row = session.execute(select(at, state).where(at.class_.id == number)).one()
    return row[0], row[1]


# -- one row for each entry


def _entries(queue: Subquery, wanted: Wanted) -> Select[*tuple[Any, ...]]:
    columns = ("kind", "id", "at", "collective", "actor_uri", "host", "rule")
    query: Select[*tuple[Any, ...]] = select(
        *(queue.c[name] for name in columns), _CLAIMS.account_id.label("holder_id")
    )
    is_claim = and_(
        _CLAIMS.kind == queue.c.kind, _CLAIMS.number == queue.c.id, _CLAIMS.taken_at > wanted.fresh_after
    )
    return _conditions(query.outerjoin_from(queue, _CLAIMS, is_claim), queue, wanted)


def _narrowed(query: Select[*tuple[Any, ...]], queue: Subquery, wanted: Wanted) -> Select[*tuple[Any, ...]]:
    is_claim = and_(
        _CLAIMS.kind == queue.c.kind, _CLAIMS.number == queue.c.id, _CLAIMS.taken_at > wanted.fresh_after
    )
    return _conditions(query.select_from(queue).outerjoin(_CLAIMS, is_claim), queue, wanted)


def _conditions(query: Select[*tuple[Any, ...]], queue: Subquery, wanted: Wanted) -> Select[*tuple[Any, ...]]:
    for column, value in (("host", wanted.host), ("actor_uri", wanted.actor_uri), ("rule", wanted.rule)):
        if value:
            query = query.where(queue.c[column] == value)
    if wanted.same_as is not None:
        replies = models.Reply
        words = select(replies.html_clean).where(replies.id == wanted.same_as).scalar_subquery()
        query = query.where(queue.c.words == words)
    if wanted.holder_id is not None:
        query = query.where(_CLAIMS.account_id == wanted.holder_id)
    if wanted.is_free:
        query = query.where(_CLAIMS.account_id.is_(None))
    if wanted.seen is not None:
        query = query.where(queue.c.at <= wanted.seen.until, _was_seen(queue, wanted.seen))
    return query


def _was_seen(queue: Subquery, seen: Seen) -> ColumnElement[bool]:
    each = [and_(queue.c.kind == kind, queue.c.id <= highest) for kind, highest in seen.highest.items()]
    return or_(literal(False), *each)


def _queue(wanted: Wanted) -> Subquery:
    parts = [_PARTS[kind](wanted.collectives) for kind in wanted.kinds if kind in _PARTS]
    return union_all(*(parts or [_replies(())])).subquery("queue")


def _replies(collectives: Sequence[str]) -> Select[*tuple[Any, ...]]:
    table, objects, posts, names = models.Reply, models.FederatedObject, models.Post, models.Collective
    actors, peers = models.RemoteActor, models.Peer
    rule = func.coalesce(table.reason, table.decision)
    return (
        _row("reply", table.id, table.received_at, names.name, actors.uri, peers.host, rule)
        .add_columns(table.html_clean.label("words"))
        .join_from(table, actors, actors.id == table.actor_id)
        .join(peers, peers.id == actors.peer_id)
        .join(objects, objects.id == table.object_id)
        .join(posts, posts.id == objects.post_id)
        .join(names, names.id == posts.collective_id)
        .where(table.state == "held", names.name.in_(collectives))
    )


def _requests(collectives: Sequence[str]) -> Select[*tuple[Any, ...]]:
    table, names, actors, peers = models.Follow, models.Collective, models.RemoteActor, models.Peer
    return (
        _row("request", table.id, table.requested_at, names.name, actors.uri, peers.host, table.reason)
        .add_columns(_nothing().label("words"))
        .join_from(table, actors, actors.id == table.actor_id)
        .join(peers, peers.id == actors.peer_id)
        .join(names, names.id == table.collective_id)
        .where(table.direction == "in", table.state == "pending", names.name.in_(collectives))
    )


def _signatures(collectives: Sequence[str]) -> Select[*tuple[Any, ...]]:
    table, objects, posts, names = models.Supporter, models.FederatedObject, models.Post, models.Collective
    actors, peers = models.RemoteActor, models.Peer
    # "resembles 12" names a row; as a rule all of them are one.
    rule = case((table.reason.startswith("resembles "), "resembles"), else_=table.reason)
    return (
        _row("signature", table.id, table.created_at, names.name, table.actor_uri, peers.host, rule)
        .add_columns(_nothing().label("words"))
        .join_from(table, objects, objects.id == table.object_id)
        .join(posts, posts.id == objects.post_id)
        .join(names, names.id == posts.collective_id)
        .outerjoin(actors, actors.uri == table.actor_uri)
        .outerjoin(peers, peers.id == actors.peer_id)
        .where(table.state == "suspect", names.name.in_(collectives))
    )


def _consents(collectives: Sequence[str]) -> Select[*tuple[Any, ...]]:
    table, objects, posts, names = models.CoSignature, models.FederatedObject, models.Post, models.Collective
    actors, peers = models.RemoteActor, models.Peer
    at = func.coalesce(table.verified_at, objects.created_at)
    return (
        _row("consent", table.id, at, names.name, table.signer_uri, peers.host, _nothing())
        .add_columns(_nothing().label("words"))
        .join_from(table, objects, objects.uri == table.statement_uri)
        .join(posts, posts.id == objects.post_id)
        .join(names, names.id == posts.collective_id)
        .outerjoin(actors, actors.uri == table.signer_uri)
        .outerjoin(peers, peers.id == actors.peer_id)
        .where(table.author_state == "pending", names.name.in_(collectives))
    )


def _reports(collectives: Sequence[str]) -> Select[*tuple[Any, ...]]:
    table, names, actors, peers = models.Report, models.Collective, models.RemoteActor, models.Peer
    return (
        _row("report", table.id, table.received_at, names.name, table.actor_uri, peers.host, _nothing())
        .add_columns(_nothing().label("words"))
        .join_from(table, names, names.id == table.collective_id)
        .outerjoin(actors, actors.uri == table.actor_uri)
        .outerjoin(peers, peers.id == actors.peer_id)
        .where(table.state == "open", names.name.in_(collectives))
    )


def _row(kind: str, *columns: Any) -> Select[*tuple[Any, ...]]:
    names = ("id", "at", "collective", "actor_uri", "host", "rule")
    labelled = (column.label(name) for column, name in zip(columns, names, strict=True))
    return select(literal(kind).label("kind"), *labelled)


def _nothing() -> ColumnElement[Any]:
    return cast(null(), Text)


_PARTS: Final = {
    "reply": _replies,
    "request": _requests,
    "signature": _signatures,
    "consent": _consents,
    "report": _reports,
}
_STATES: Final[Mapping[str, tuple[Any, Any]]] = {
    "reply": (models.Reply.received_at, models.Reply.state),
    "request": (models.Follow.requested_at, models.Follow.state),
    "signature": (models.Supporter.created_at, models.Supporter.state),
    "report": (models.Report.received_at, models.Report.state),
}
