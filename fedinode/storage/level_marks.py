"""The marks beside hosts and actors: what lists and deliveries need of `levels`, written along with them."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import select, update

from fedinode.storage import covered_hosts, levels, models
from fedinode.storage.database import Session
from fedinode.storage.levels import Subject

_PEERS = models.Peer
_ACTORS = models.RemoteActor
_MARKS: Final = {"silence": "silence", "suspend": "suspend"}


class _Marked(NamedTuple):
    """A host and its mark."""

    id: int
    host: str
    level: str


def after_change(session: Session, subjects: Sequence[str]) -> None:
    """Write the marks of all whom decisions about these concern."""
    actors = [subject for subject in subjects if "://" in subject]
    if actors:
        _mark_actors(session, actors)
    if len(actors) < len(subjects):
        _mark_peers(session, frozenset(subjects))


def after_mode(session: Session) -> None:
    """Write the marks of all hosts anew: others than before may federate."""
    _mark(session, _all(session))


def of_host(session: Session, host: str) -> str:
    """Return the mark of a host."""
    found = levels.ranks(session, [Subject(host=host)])
    return _word(found.get(Subject(host=host)))


def of_actor(session: Session, uri: str) -> str:
    """Return the mark of an actor; its host has one of its own."""
    return _MARKS.get(levels.of_actors(session, [uri]).get(uri, ""), "none")


def _word(rank: levels.Rank | None) -> str:
    return "none" if rank is None else _MARKS.get(rank.level, "none")


def _mark_actors(session: Session, uris: Sequence[str]) -> None:
    said = levels.of_actors(session, uris)
    for uri in uris:
        mark = _MARKS.get(said.get(uri, ""), "none")
        session.execute(update(_ACTORS).where(_ACTORS.uri == uri).values(level=mark))


def _mark_peers(session: Session, changed: frozenset[str]) -> None:
    rows = _all(session)
    _mark(session, [row for row in rows if not changed.isdisjoint(covered_hosts.covering(row.host))])


def _all(session: Session) -> list[_Marked]:
    rows = session.execute(select(_PEERS.id, _PEERS.host, _PEERS.level))
    return [_Marked(id=row.id, host=row.host, level=row.level) for row in rows]


def _mark(session: Session, concerned: Sequence[_Marked]) -> None:
    found = levels.ranks(session, [Subject(host=row.host) for row in concerned])
    by_mark: dict[str, list[int]] = {}
    for row in concerned:
        mark = _word(found.get(Subject(host=row.host)))
        if mark != row.level:
            by_mark.setdefault(mark, []).append(row.id)
    for mark, ids in by_mark.items():
        for chunk in covered_hosts.chunks(ids):
            session.execute(update(_PEERS).where(_PEERS.id.in_(chunk)).values(level=mark))
