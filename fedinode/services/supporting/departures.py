"""What ends or moves the signature of an account without a word.

Its message or the account is deleted, it blocks us, it moves, or we block it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from fedinode.services import handling, resolving
from fedinode.services.handling import NOTHING, Keys, Pending, World
from fedinode.services.supporting import account_signatures, noting
from fedinode.storage import collectives, federated_objects, posts, supporter_actors, supporters
from fedinode.storage.database import Session
from fedinode.storage.supporters import SupporterRow

_BLOCKED = "blocked"


def take_deletions(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Take back the signatures whose message was deleted by the account that wrote it."""
    for pending in group:
        row = supporter_actors.find_by_message(session, pending.activity.object_uri, pending.sender_uri)
        if row is not None:
            account_signatures.withdraw(session, row, world.now)
    return NOTHING


def take_deaths(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Take back what accounts signed that said that they are deleted, and are no longer found."""
    for pending in group:
        if pending.facts is not None and pending.facts.is_gone:
            _withdraw_all(session, world, supporter_actors.list_of_actor(session, pending.sender_uri))
    return NOTHING


def take_blocks(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Take back what accounts signed with a collective that they block now: they want nothing from it."""
    for pending in group:
        blocked = collectives.find_by_uri(session, pending.activity.object_uri)
        if blocked is None:
            continue
        rows = supporter_actors.list_of_actor(session, pending.sender_uri)
        _withdraw_all(session, world, [row for row in rows if _collective_of(session, row) == blocked.id])
    return NOTHING


def _withdraw_all(session: Session, world: World, rows: Sequence[SupporterRow]) -> None:
    for row in rows:
        account_signatures.withdraw(session, row, world.now)


def _collective_of(session: Session, row: SupporterRow) -> int:
    return posts.get(session, federated_objects.get(session, row.object_id).post_id).collective_id


# -- moves


def needs_target(session: Session, _world: World, group: Sequence[Pending]) -> frozenset[int]:
    """Return the moves of accounts that signed something: where they go is asked there."""
    return frozenset(
        pending.id for pending in group if supporter_actors.list_of_actor(session, pending.sender_uri)
    )


def take_moves(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Let signatures follow an account that moved, if the new one says that it is the old one.

    Who moved can delete the old account, and withdraws from the new one. Where the new one signed as well,
    one of the two goes.
    """
    movers = handling.senders(session, group)
    for pending in group:
        mover = movers.get(pending.sender_uri)
        target = None if pending.facts is None else pending.facts.actor
        if mover is None or target is None or mover.uri not in target.also_known_as:
            continue
        for row in supporter_actors.list_of_actor(session, mover.uri):
            _follow(session, world, row, mover.uri, target.uri)
    return NOTHING


def _follow(session: Session, world: World, row: SupporterRow, old_uri: str, new_uri: str) -> None:
    identity = supporters.identity_of_actor(session, row.object_id, new_uri)
    if row.state != "pending" and supporters.find_signed(session, row.object_id, identity) is not None:
        account_signatures.withdraw(session, row, world.now)
    else:
        supporter_actors.rebind(session, row, identity, old_uri, new_uri, resolving.host_of(new_uri))


# -- our own blocks


def suspect_actor(session: Session, actor_uri: str, now: datetime) -> None:
    """Count whom we suspend no longer until somebody looked; who was about to sign does not any more."""
    _suspect(session, supporter_actors.list_of_actor(session, actor_uri), now)


def suspect_hosts(session: Session, hosts: Collection[str], now: datetime) -> None:
    """Do the same with all of some servers."""
    _suspect(session, supporter_actors.list_of_hosts(session, hosts), now)


def trust_actor(session: Session, actor_uri: str, now: datetime) -> None:
    """Count whom we suspend no longer again; what somebody looked at meanwhile stays as they said."""
    _trust(session, supporter_actors.list_of_actor(session, actor_uri), now)


def trust_hosts(session: Session, hosts: Collection[str], now: datetime) -> None:
    """Do the same with all of some servers."""
    _trust(session, supporter_actors.list_of_hosts(session, hosts), now)


def _suspect(session: Session, rows: Sequence[SupporterRow], now: datetime) -> None:
    for row in rows:
        if row.state == "pending":
            supporter_actors.drop(session, row.id)
        elif row.state == "confirmed":
            supporters.set_state(session, row, "suspect", _BLOCKED)
            noting.note(session, row, "person-suspect", now)


def _trust(session: Session, rows: Sequence[SupporterRow], now: datetime) -> None:
    for row in rows:
        if row.state == "suspect" and row.reason == _BLOCKED:
            supporters.set_state(session, row, "confirmed")
            noting.note(session, row, "person-confirmed", now)
