"""Whom our collectives follow and who follows them, for members; and one account of somebody else.

Who follows us is nobody else's business: only the collectives where a member has the right are looked at.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from fedinode.capabilities import Capabilities
from fedinode.errors import NoSuchPage, NotFound
from fedinode.services import following
from fedinode.services.following import REQUESTED
from fedinode.services.members import halting
from fedinode.services.network import passing_on, perusing
from fedinode.services.network.passing_on import Rule
from fedinode.storage import audit_log, collectives, follow_lists, follows, remote_actors
from fedinode.storage.database import Session
from fedinode.storage.follow_lists import ListedFollow, ServerCount, Wanted
from fedinode.storage.remote_actors import RemoteActor
from fedinode.text import display_host

PAGE_SIZE: Final = 50
MAX_SERVERS: Final = 50
MAX_SEARCH_CHARS: Final = 200
_STATES: Final = {"in": ("accepted",), "out": ("pending", "accepted", "rejected")}


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowView:
    """A follower of ours, or somebody whom we follow. `state` is 'requested', 'accepted' or 'rejected'."""

    id: int
    collective: str
    uri: str
    name: str
    handle: str
    host: str
    state: str
    since: datetime
    #: The rule that the collective has about them, or about their server; empty for none.
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowList:
    """A page of follows, and the servers that they are on."""

    lines: tuple[FollowView, ...]
    page: int
    pages: int
    total: int
    servers: tuple[ServerCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """What is between a collective of ours and an account, and its rules about them."""

    collective: str
    #: 'requested', 'accepted', 'rejected', or nothing.
    we_follow: str
    they_follow: bool
    rule: Rule | None
    host_rule: Rule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody else, as far as a member needs to know."""

    uri: str
    name: str
    handle: str
    #: The handle was confirmed by the server whose name it bears.
    is_confirmed: bool
    host: str
    url: str
    kind: str
    moved_to: str | None
    number: int
    ties: tuple[Tie, ...]


async def list_followers(
    cap: Capabilities, names: Collection[str], *, words: str = "", host: str = "", page: int = 1
) -> FollowList:
    """Return who follows these collectives, the newest first. Raises: NotFound."""
    return await _list(cap, "in", names, (words, host), page)


async def list_following(
    cap: Capabilities, names: Collection[str], *, words: str = "", host: str = "", page: int = 1
) -> FollowList:
    """Return whom these collectives follow or asked to, the newest first. Raises: NotFound."""
    return await _list(cap, "out", names, (words, host), page)


async def _list(
    cap: Capabilities, direction: str, names: Collection[str], sought: tuple[str, str], page: int
) -> FollowList:
    def read(session: Session) -> FollowList:
        ids = [row.id for row in collectives.list_all(session) if row.name in names]
        words, host = sought
        wanted = Wanted(
            direction=direction,
            states=_STATES[direction],
            collective_ids=ids,
            words=words.strip().lstrip("@")[:MAX_SEARCH_CHARS],
            host=host,
        )
        total = follow_lists.count(session, wanted)
        pages = max(1, -(-total // PAGE_SIZE))
        if not 1 <= page <= pages:
            raise NoSuchPage("This list has fewer pages.")
        rows = follow_lists.list_page(session, wanted, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
        modes = passing_on.modes_about(session, rows) if direction == "out" else {}
        everywhere = Wanted(direction=direction, states=_STATES[direction], collective_ids=ids)
        return FollowList(
            lines=tuple(_view(row, direction, modes.get(row.id, "")) for row in rows),
            page=page,
            pages=pages,
            total=total,
            servers=follow_lists.by_server(session, everywhere, MAX_SERVERS),
        )

    return await cap.database.read(read)


def _view(row: ListedFollow, direction: str, rule: str) -> FollowView:
    is_request_of_ours = direction == "out" and row.state == "pending"
    return FollowView(
        id=row.id,
        collective=row.collective,
        uri=row.actor_uri,
        name=row.name or row.username or display_host(row.host),
        handle=perusing.handle(row.actor_uri, row.handle, row.username),
        host=row.host,
        state=REQUESTED if is_request_of_ours else row.state,
        since=row.decided_at or row.requested_at,
        rule=rule,
    )


async def remove_followers(
    cap: Capabilities, numbers: Sequence[int], *, names: Collection[str], account_id: int | None = None
) -> int:
    """Let somebody follow us no longer, all or none; return how many still did. Raises: NotFound, Halted."""

    def write(session: Session) -> int:
        halting.require_running(session)
        removed = 0
        for number in numbers:
            found = follows.find(session, number)
            if found is None or found.direction != "in" or found.collective_name not in names:
                raise NotFound(f"There is no follower {number}.")
            if found.state == "accepted":
                following.answer_request(session, cap.urls, number, accepted=False, now=cap.clock())
                # Who it was stays out of the audit: it would keep a list of those who follow.
                details = {"collective": found.collective_name}
                subject = urlsplit(found.actor_uri).netloc
                audit_log.add(
                    session,
                    "follower.removed",
                    subject,
                    now=cap.clock(),
                    account_id=account_id,
                    details=details,
                )
                removed += 1
        return removed

    removed = await cap.database.write(write)
    cap.bells.deliver.set()
    return removed


async def find_account(cap: Capabilities, names: Collection[str], uri: str) -> Account:
    """Return an account that was seen here, by its id: nobody finds others by trying. Raises: NotFound."""
    rules = {(rule.collective, rule.subject): rule for rule in await passing_on.list_rules(cap, names)}

    def read(session: Session) -> Account:
        actor = remote_actors.find(session, uri)
        if actor is None or actor.fetched_at is None:
            raise NotFound("Nobody is known here at this address.")
        return Account(
            uri=actor.uri,
            name=actor.name or actor.preferred_username or display_host(actor.host),
            handle=perusing.handle(actor.uri, actor.handle, actor.preferred_username),
            is_confirmed=actor.handle is not None,
            host=actor.host,
            url=actor.url or actor.uri,
            kind=actor.type,
            moved_to=actor.moved_to,
            number=actor.id,
            ties=tuple(_tie(session, actor, name, rules) for name in sorted(names)),
        )

    return await cap.database.read(read)


def _tie(session: Session, actor: RemoteActor, name: str, rules: dict[tuple[str, str], Rule]) -> Tie:
    row = collectives.find_by_name(session, name)
    assert row is not None, "members have rights in collectives that are there"
    out = follows.find_between(session, "out", row.id, actor.id)
    into = follows.find_between(session, "in", row.id, actor.id)
    state = "" if out is None or out.state == "ended" else out.state
    return Tie(
        collective=name,
        we_follow=REQUESTED if state == "pending" else state,
        they_follow=into is not None and into.state == "accepted",
        rule=rules.get((name, actor.uri)),
        host_rule=rules.get((name, actor.host)),
    )
