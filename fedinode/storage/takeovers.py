"""Rows of texts that were taken over, and of what their sources propose since."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from fedinode.storage import locking, models
from fedinode.storage.database import Session

_TABLE = models.Takeover
_PROPOSALS = models.Proposal
_POSTS = models.Post


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTakeover:
    """An object whose words a post of ours brings."""

    collective_id: int
    post_id: int
    object_uri: str
    page_url: str | None
    actor_uri: str
    #: Tags with blanks between them.
    languages: str
    digest: str
    is_proven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverRow(NewTakeover):
    """The same as it is kept."""

    id: int
    is_changed: bool
    taken_at: datetime
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow:
    """What a source says now, and whether an editor answered."""

    id: int
    takeover_id: int
    kind: str
    body: bytes | None
    digest: str | None
    state: str
    made_at: datetime
    decided_at: datetime | None


_COLUMNS = tuple(getattr(_TABLE, each.name) for each in fields(TakeoverRow))
_PROPOSAL_COLUMNS = tuple(getattr(_PROPOSALS, each.name) for each in fields(ProposalRow))


def add(session: Session, new: Sequence[NewTakeover], now: datetime) -> None:
    """Note where the words of a post come from."""
    session.execute(
        insert(_TABLE),
        [
            {each.name: getattr(one, each.name) for each in fields(NewTakeover)}
            | {"is_changed": False, "taken_at": now, "asked_at": now}
            for one in new
        ],
    )


def get(session: Session, takeover_id: int) -> TakeoverRow:
    """Return a row that is known to exist."""
    return TakeoverRow(**session.execute(select(*_COLUMNS).where(_TABLE.id == takeover_id)).one()._mapping)


def find(session: Session, collective_id: int, url: str) -> TakeoverRow | None:
    """Return what a collective took over under this id, or from the page at this address."""
    named = (_TABLE.object_uri == url) | (_TABLE.page_url == url)
    query = select(*_COLUMNS).where(_TABLE.collective_id == collective_id, named)
    row = session.execute(query.order_by(_TABLE.id).limit(1)).one_or_none()
    return TakeoverRow(**row._mapping) if row else None


def list_of_post(session: Session, post_id: int) -> tuple[TakeoverRow, ...]:
    """Return where the words of a post come from; nothing for most posts."""
    rows = session.execute(select(*_COLUMNS).where(_TABLE.post_id == post_id).order_by(_TABLE.id))
    return tuple(TakeoverRow(**row._mapping) for row in rows)


def list_of_objects(session: Session, uris: Iterable[str]) -> tuple[TakeoverRow, ...]:
    """Return what was taken over from these objects into posts that stand."""
    query = select(*_COLUMNS).join(_POSTS, _POSTS.id == _TABLE.post_id)
    rows = session.execute(
        query.where(_TABLE.object_uri.in_(set(uris)), _POSTS.state != "withdrawn").order_by(_TABLE.id)
    )
    return tuple(TakeoverRow(**row._mapping) for row in rows)


def list_to_ask(session: Session, asked_before: datetime, limit: int) -> tuple[TakeoverRow, ...]:
    """Return what stands here and was not compared with its source since then, the oldest first."""
    query = select(*_COLUMNS).join(_POSTS, _POSTS.id == _TABLE.post_id)
    rows = session.execute(
        query.where(_TABLE.asked_at <= asked_before, _POSTS.state != "withdrawn")
        .order_by(_TABLE.asked_at, _TABLE.id)
        .limit(limit)
    )
    return tuple(TakeoverRow(**row._mapping) for row in rows)


def set_asked(session: Session, takeover_id: int, now: datetime) -> None:
    """Note that the source was asked."""
    session.execute(update(_TABLE).where(_TABLE.id == takeover_id).values(asked_at=now))


def set_changed(session: Session, post_id: int, languages: Collection[str]) -> None:
    """Note that our editors changed the words of a post in these languages."""
    for each in list_of_post(session, post_id):
        if not set(languages).isdisjoint(each.languages.split()):
            session.execute(update(_TABLE).where(_TABLE.id == each.id).values(is_changed=True))


def set_words(session: Session, takeover_id: int, new: NewTakeover, now: datetime) -> None:
    """Note that a post brings other words of its source from now on, and whether they are signed."""
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == takeover_id)
        .values(
            digest=new.digest,
            languages=new.languages,
            is_proven=new.is_proven,
            is_changed=False,
            taken_at=now,
            asked_at=now,
        )
    )


# -- proposals


def propose(
    session: Session, takeover_id: int, kind: str, now: datetime, body: bytes | None, digest: str | None
) -> int | None:
    """Keep what a source says now, in place of what waits; None if that was proposed before."""
    query = select(*_PROPOSAL_COLUMNS).where(_PROPOSALS.takeover_id == takeover_id)
    known = [ProposalRow(**row._mapping) for row in session.execute(query.order_by(_PROPOSALS.id))]
    last = known[-1] if known else None
    if last is not None and (last.kind, last.digest) == (kind, digest) and last.state != "accepted":
        return None
    values = {"kind": kind, "body": body, "digest": digest, "made_at": now}
    if last is not None and last.state == "open":
        session.execute(update(_PROPOSALS).where(_PROPOSALS.id == last.id).values(**values))
        return last.id
    return session.execute(
        insert(_PROPOSALS).values(takeover_id=takeover_id, state="open", **values).returning(_PROPOSALS.id)
    ).scalar_one()


def list_open(session: Session) -> tuple[ProposalRow, ...]:
    """Return what waits for an editor, about posts that stand, the oldest first."""
    query = (
        select(*_PROPOSAL_COLUMNS)
        .join(_TABLE, _TABLE.id == _PROPOSALS.takeover_id)
        .join(_POSTS, _POSTS.id == _TABLE.post_id)
        .where(_PROPOSALS.state == "open", _POSTS.state != "withdrawn")
    )
    rows = session.execute(query.order_by(_PROPOSALS.id))
    return tuple(ProposalRow(**row._mapping) for row in rows)


def find_proposal(session: Session, proposal_id: int) -> ProposalRow | None:
    """Return a proposal, answered ones too; locked where the session may change it."""
    query = select(*_PROPOSAL_COLUMNS).where(_PROPOSALS.id == proposal_id)
    row = session.execute(locking.locked(session, query)).one_or_none()
    return ProposalRow(**row._mapping) if row else None


def decide(session: Session, proposal_id: int, state: str, now: datetime) -> None:
    """Note an answer; the words that were proposed are not kept."""
    session.execute(
        update(_PROPOSALS).where(_PROPOSALS.id == proposal_id).values(state=state, decided_at=now, body=None)
    )


def drop_open(session: Session, takeover_id: int) -> None:
    """Forget what waits: the source says again what we say."""
    open_ones = (_PROPOSALS.takeover_id == takeover_id) & (_PROPOSALS.state == "open")
    session.execute(delete(_PROPOSALS).where(open_ones))
