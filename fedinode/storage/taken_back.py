"""What a suspension takes back from actors, and gives back when it is lifted in time.

Each thing is noted as it was before, so that it can be as before; what changed meanwhile stays as it is.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from fedinode.storage import covered_hosts, models, retention, upserts
from fedinode.storage.columns import from_microseconds, to_microseconds
from fedinode.storage.database import Session

_TABLE = models.TakenBack
_FOLLOWS = models.Follow
_REPLIES = models.Reply
_REACTIONS = models.Reaction
_SHARES = models.RemoteShare
_OBJECTS = models.RemoteObject
_ACTORS = models.RemoteActor

#: What stands beside a reply of somebody who is suspended.
DECISION: Final = "blocked on this node"

_STANDING: Final = ("pending", "accepted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Whose pages a step changed: names of collectives, uids of posts."""

    collectives: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowToRenew:
    """A follow of ours that was ended and that has to be asked for again."""

    collective_id: int
    actor_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """What came back, and what has to be asked for again."""

    touched: Touched
    to_renew: tuple[FollowToRenew, ...]
    counts: Mapping[str, int]


# -- taking


def take(session: Session, actor_ids: Sequence[int], now: datetime) -> Touched:
    """End follows both ways, hide replies, drop reactions and shares, empty posts; all is noted."""
    names: set[str] = set()
    posts: set[str] = set()
    for chunk in covered_hosts.chunks(actor_ids):
        names |= _take_follows(session, chunk, now)
        posts |= _take_replies(session, chunk, now)
        posts |= _take_reactions(session, chunk, now)
        _take_shares(session, chunk, now)
        _take_objects(session, chunk, now)
    return Touched(collectives=frozenset(names), posts=frozenset(posts))


def _note(
    session: Session, kind: str, rows: Sequence[tuple[int, int | None, Mapping[str, Any]]], now: datetime
) -> None:
    """Keep things as they are: whose they are, which row it is, what it says."""
    values = [
        {
            "actor_id": actor_id,
            "kind": kind,
            "row_id": row_id,
            "before": json.dumps(before).encode(),
            "taken_at": now,
        }
        for actor_id, row_id, before in rows
    ]
    if values:
        session.connection().execute(insert(_TABLE), values)


def _take_follows(session: Session, actor_ids: Sequence[int], now: datetime) -> frozenset[str]:
    collectives = models.Collective
    rows = session.execute(
        select(_FOLLOWS.id, _FOLLOWS.actor_id, _FOLLOWS.state, _FOLLOWS.decided_at, collectives.name)
        .join(collectives, collectives.id == _FOLLOWS.collective_id)
        .where(_FOLLOWS.actor_id.in_(actor_ids), _FOLLOWS.state.in_(_STANDING))
    ).all()
    noted = [(row.actor_id, row.id, {"state": row.state, "at": _number(row.decided_at)}) for row in rows]
    _note(session, "follow", noted, now)
    _change(session, _FOLLOWS, [row.id for row in rows], {"state": "ended", "decided_at": now})
    return frozenset(row.name for row in rows)


def _take_replies(session: Session, actor_ids: Sequence[int], now: datetime) -> frozenset[str]:
    objects, posts = models.FederatedObject, models.Post
    rows = session.execute(
        select(_REPLIES.id, _REPLIES.actor_id, _REPLIES.state, _REPLIES.decision, _REPLIES.reason, posts.uid)
        .join(objects, objects.id == _REPLIES.object_id)
        .join(posts, posts.id == objects.post_id)
        .where(_REPLIES.actor_id.in_(actor_ids), _REPLIES.state.in_(("held", "shown")))
    ).all()
    noted = [
        (row.actor_id, row.id, {"state": row.state, "decision": row.decision, "reason": row.reason})
        for row in rows
    ]
    _note(session, "reply", noted, now)
    _change(session, _REPLIES, [row.id for row in rows], {"state": "hidden", "decision": DECISION})
    return frozenset(row.uid for row in rows)


def _take_reactions(session: Session, actor_ids: Sequence[int], now: datetime) -> frozenset[str]:
    objects, posts = models.FederatedObject, models.Post
    rows = session.execute(
        select(_REACTIONS, _ACTORS.id.label("owner_id"), posts.uid)
        .join(_ACTORS, _ACTORS.uri == _REACTIONS.actor_uri)
        .join(objects, objects.id == _REACTIONS.object_id)
        .join(posts, posts.id == objects.post_id)
        .where(_ACTORS.id.in_(actor_ids))
    ).all()
    _note(session, "reaction", [(owner, None, _reaction(row)) for row, owner, _ in rows], now)
    _drop(session, _REACTIONS, [row.id for row, _, _ in rows])
    return frozenset(uid for _, _, uid in rows)


def _reaction(row: models.Reaction) -> dict[str, Any]:
    return {
        "object_id": row.object_id,
        "actor_uri": row.actor_uri,
        "kind": row.kind,
        "activity_uri": row.activity_uri,
        "created_at": to_microseconds(row.created_at),
    }


def _take_shares(session: Session, actor_ids: Sequence[int], now: datetime) -> None:
    rows = session.scalars(select(_SHARES).where(_SHARES.actor_id.in_(actor_ids))).all()
    noted = [
        (
            row.actor_id,
            None,
            {
                "object_uri": row.object_uri,
                "activity_uri": row.activity_uri,
                "created_at": to_microseconds(row.created_at),
            },
        )
        for row in rows
    ]
    _note(session, "share", noted, now)
    _drop(session, _SHARES, [row.id for row in rows])


def _take_objects(session: Session, actor_ids: Sequence[int], now: datetime) -> None:
    rows = session.scalars(
        select(_OBJECTS).where(_OBJECTS.actor_id.in_(actor_ids), _OBJECTS.deleted_at.is_(None))
    ).all()
    noted = [
        (
            row.actor_id,
            row.id,
            {
                "body": base64.b64encode(row.body or b"").decode("ascii"),
                "name": row.name,
                "html_clean": row.html_clean,
                "digest": row.digest,
            },
        )
        for row in rows
    ]
    ids = [row.id for row in rows]
    _note(session, "object", noted, now)
    emptied = {"body": None, "name": None, "html_clean": None, "digest": None, "deleted_at": now}
    session.expire_all()
    _change(session, _OBJECTS, ids, emptied)


# -- giving back


def give_back(session: Session, actor_ids: Sequence[int]) -> GivenBack:
    """Bring back what was taken from actors and was not changed since; the notes about it go."""
    names: set[str] = set()
    posts: set[str] = set()
    renew: list[FollowToRenew] = []
    counts: dict[str, int] = {}
    for chunk in covered_hosts.chunks(actor_ids):
        rows = session.scalars(select(_TABLE).where(_TABLE.actor_id.in_(chunk)).order_by(_TABLE.id)).all()
        for row in rows:
            before = json.loads(row.before)
            counts[row.kind] = counts.get(row.kind, 0) + 1
            if row.kind == "follow":
                names |= _give_follow(session, row, before, renew)
            else:
                posts |= _GIVERS[row.kind](session, row, before)
        _drop(session, _TABLE, [row.id for row in rows])
    touched = Touched(collectives=frozenset(names), posts=frozenset(posts))
    return GivenBack(touched=touched, to_renew=tuple(renew), counts=counts)


def _give_follow(
    session: Session, row: models.TakenBack, before: Mapping[str, Any], renew: list[FollowToRenew]
) -> frozenset[str]:
    collectives = models.Collective
    found = session.execute(
        select(_FOLLOWS.direction, _FOLLOWS.collective_id, collectives.name, _ACTORS.uri)
        .join(collectives, collectives.id == _FOLLOWS.collective_id)
        .join(_ACTORS, _ACTORS.id == _FOLLOWS.actor_id)
        .where(_FOLLOWS.id == row.row_id, _FOLLOWS.state == "ended", _FOLLOWS.decided_at == row.taken_at)
    ).one_or_none()
    if found is None:
        return frozenset()
    if found.direction == "out":
        # The other side may have forgotten us meanwhile, so it is asked again.
        renew.append(FollowToRenew(collective_id=found.collective_id, actor_uri=found.uri))
    else:
        _change(
            session, _FOLLOWS, [row.row_id], {"state": before["state"], "decided_at": _moment(before["at"])}
        )
    return frozenset({found.name})


def _give_reply(session: Session, row: models.TakenBack, before: Mapping[str, Any]) -> frozenset[str]:
    objects, posts = models.FederatedObject, models.Post
    uid = session.scalar(
        select(posts.uid)
        .join(objects, objects.post_id == posts.id)
        .join(_REPLIES, _REPLIES.object_id == objects.id)
        .where(_REPLIES.id == row.row_id, _REPLIES.state == "hidden", _REPLIES.decision == DECISION)
    )
    if uid is None:
        return frozenset()
    _change(session, _REPLIES, [row.row_id], dict(before))
    return frozenset({uid})


def _give_reaction(session: Session, row: models.TakenBack, before: Mapping[str, Any]) -> frozenset[str]:
    objects, posts = models.FederatedObject, models.Post
    upserts.add_new(session, _REACTIONS, [_dated(before)])
    uid = session.scalar(
        select(posts.uid).join(objects, objects.post_id == posts.id).where(objects.id == before["object_id"])
    )
    return frozenset() if uid is None else frozenset({uid})


def _give_share(session: Session, row: models.TakenBack, before: Mapping[str, Any]) -> frozenset[str]:
    upserts.add_new(session, _SHARES, [{**_dated(before), "actor_id": row.actor_id}])
    return frozenset()


def _give_object(session: Session, row: models.TakenBack, before: Mapping[str, Any]) -> frozenset[str]:
    values = {**before, "body": base64.b64decode(before["body"]), "deleted_at": None}
    session.execute(
        update(_OBJECTS)
        .where(_OBJECTS.id == row.row_id, _OBJECTS.deleted_at == row.taken_at)
        .values(**values)
    )
    return frozenset()


_GIVERS: Final[Mapping[str, Callable[[Session, models.TakenBack, Mapping[str, Any]], frozenset[str]]]] = {
    "reply": _give_reply,
    "reaction": _give_reaction,
    "share": _give_share,
    "object": _give_object,
}


# -- for good


def forget(session: Session, before: datetime) -> int:
    """Erase what was taken back before a moment: it cannot come back any more; return how much it was."""
    rows = session.execute(
        select(_TABLE.id, _TABLE.kind, _TABLE.row_id)
        .where(_TABLE.taken_at < before)
        .order_by(_TABLE.id)
        .limit(retention.BATCH_ROWS)
    ).all()
    hidden = [row.row_id for row in rows if row.kind == "reply"]
    session.execute(
        update(_REPLIES)
        .where(_REPLIES.id.in_(hidden), _REPLIES.state == "hidden", _REPLIES.decision == DECISION)
        .values(state="deleted", html_clean=None)
    )
    _drop(session, _TABLE, [row.id for row in rows])
    return len(rows)


def first_taken(session: Session, actor_ids: Sequence[int]) -> datetime | None:
    """Return when the oldest of what could still come back to these actors was taken."""
    found = [
        session.scalar(
            select(_TABLE.taken_at).where(_TABLE.actor_id.in_(chunk)).order_by(_TABLE.taken_at).limit(1)
        )
        for chunk in covered_hosts.chunks(actor_ids)
    ]
    return min((each for each in found if each is not None), default=None)


# -- steps


def _change(session: Session, model: Any, ids: Sequence[int | None], values: Mapping[str, Any]) -> None:
    for chunk in covered_hosts.chunks(ids):
        session.execute(update(model).where(model.id.in_(chunk)).values(**values))


def _drop(session: Session, model: Any, ids: Sequence[int]) -> None:
    session.expire_all()
    for chunk in covered_hosts.chunks(ids):
        session.connection().execute(delete(model).where(model.id.in_(chunk)))


def _number(moment: datetime | None) -> int | None:
    return None if moment is None else to_microseconds(moment)


def _moment(number: int | None) -> datetime | None:
    return None if number is None else from_microseconds(number)


def _dated(before: Mapping[str, Any]) -> dict[str, Any]:
    return {**before, "created_at": from_microseconds(before["created_at"])}
