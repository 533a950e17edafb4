"""Rows of the rules by which a collective shares, and of the posts that they met."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import delete, func, select, update

from fedinode.storage import locking, models, upserts
from fedinode.storage.database import Session

_RULES = models.SharingRule
_MATCHES = models.RuleMatch
_OBJECTS = models.RemoteObject


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """A rule as somebody sets it. `kinds` has blanks between its words."""

    collective_id: int
    subject: str
    mode: str
    kinds: str
    account_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow(NewRule):
    """A rule that stands."""

    id: int
    set_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMatch:
    """A post that a rule met, and what came of it."""

    collective_id: int
    rule_id: int
    object_uri: str
    state: str
    is_automatic: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRow:
    """The same as it is kept, with the number of the post."""

    id: int
    collective_id: int
    rule_id: int | None
    object_uri: str
    object_id: int
    state: str
    is_automatic: bool
    reason: str | None
    made_at: datetime


_COLUMNS = tuple(getattr(_RULES, each.name) for each in fields(RuleRow))
_MATCH_COLUMNS = tuple(
    _OBJECTS.id.label(each.name) if each.name == "object_id" else getattr(_MATCHES, each.name)
    for each in fields(MatchRow)
)


def put(session: Session, new: NewRule, now: datetime) -> None:
    """Set a rule, in place of an earlier one about the same."""
    row = asdict(new) | {"set_at": now}
    update_names = ("mode", "kinds", "account_id", "set_at")
    upserts.put(session, _RULES, [row], keys=("collective_id", "subject"), update=update_names)


def remove(session: Session, collective_id: int, subject: str, now: datetime) -> bool:
    """Take a rule away, with what it proposes; False if there is none."""
    found = find(session, collective_id, subject)
    if found is None:
        return False
    end_proposed(session, found.id, now)
    session.execute(delete(_RULES).where(_RULES.id == found.id))
    return True


def find(session: Session, collective_id: int, subject: str) -> RuleRow | None:
    """Return the rule of a collective about exactly this actor or host."""
    query = select(*_COLUMNS).where(_RULES.collective_id == collective_id, _RULES.subject == subject)
    row = session.execute(query).one_or_none()
    return RuleRow(**row._mapping) if row else None


def list_about(session: Session, subjects: Collection[str]) -> tuple[RuleRow, ...]:
    """Return the rules of all collectives about some actors or hosts."""
    rows = session.execute(select(*_COLUMNS).where(_RULES.subject.in_(subjects)).order_by(_RULES.id))
    return tuple(RuleRow(**row._mapping) for row in rows)


def list_of(session: Session, collective_ids: Collection[int]) -> tuple[RuleRow, ...]:
    """Return the rules of some collectives, in order of subject."""
    query = select(*_COLUMNS).where(_RULES.collective_id.in_(collective_ids))
    rows = session.execute(query.order_by(_RULES.subject, _RULES.collective_id))
    return tuple(RuleRow(**row._mapping) for row in rows)


# -- posts that a rule met


def add_match(session: Session, new: NewMatch, now: datetime) -> bool:
    """Keep what came of a post; False if the collective's rules met it before."""
    decided = None if new.state == "proposed" else now
    return upserts.add_new(session, _MATCHES, [asdict(new) | {"made_at": now, "decided_at": decided}]) == 1


def count_since(session: Session, rule_id: int, since: datetime, *, is_automatic: bool) -> int:
    """Return how many posts a rule shared by itself since a moment, or proposed."""
    query = select(func.count()).where(
        _MATCHES.rule_id == rule_id, _MATCHES.made_at > since, _MATCHES.is_automatic.is_(is_automatic)
    )
    return session.execute(query).scalar_one()


def list_proposed(
    session: Session, collective_ids: Collection[int], *, numbers: Sequence[int] | None = None
) -> tuple[MatchRow, ...]:
    """Return what waits for an editor of some collectives, the oldest first; locked where it may change."""
    return _list(session, collective_ids, numbers, ("proposed",))


def list_known(
    session: Session, collective_ids: Collection[int], numbers: Sequence[int]
) -> tuple[MatchRow, ...]:
    """Return those of some posts that rules of these collectives met, whatever came of them."""
    return _list(session, collective_ids, numbers, ("proposed", "shared", "dismissed", "ended"))


def decide(session: Session, match_id: int, state: str, now: datetime) -> None:
    """Note what an editor answered."""
    session.execute(update(_MATCHES).where(_MATCHES.id == match_id).values(state=state, decided_at=now))


def end_proposed(session: Session, rule_id: int, now: datetime) -> None:
    """Forget what a rule proposes and nobody answered."""
    session.execute(
        update(_MATCHES)
        .where(_MATCHES.rule_id == rule_id, _MATCHES.state == "proposed")
        .values(state="ended", decided_at=now)
    )


def end_of_object(session: Session, object_uri: str, now: datetime) -> None:
    """Note that a post is gone."""
    session.execute(
        update(_MATCHES)
        .where(_MATCHES.object_uri == object_uri, _MATCHES.state != "ended")
        .values(state="ended", decided_at=now)
    )


def expire(session: Session, before: datetime) -> int:
    """End what was proposed earlier and nobody answered; return how many."""
    late = (_MATCHES.state == "proposed") & (_MATCHES.made_at < before)
    return session.connection().execute(update(_MATCHES).where(late).values(state="ended")).rowcount


def forget(session: Session, before: datetime) -> int:
    """Delete what rules met earlier; return how many."""
    return session.connection().execute(delete(_MATCHES).where(_MATCHES.made_at < before)).rowcount


def _list(
    session: Session,
    collective_ids: Collection[int],
    numbers: Sequence[int] | None,
    states: tuple[str, ...],
) -> tuple[MatchRow, ...]:
    query = (
        select(*_MATCH_COLUMNS)
        .join(_OBJECTS, _OBJECTS.uri == _MATCHES.object_uri)
        .where(_MATCHES.collective_id.in_(collective_ids), _MATCHES.state.in_(states))
        .order_by(_MATCHES.id)
    )
    if numbers is not None:
        query = query.where(_MATCHES.id.in_(numbers))
    return tuple(MatchRow(**row._mapping) for row in session.execute(locking.locked(session, query)))
