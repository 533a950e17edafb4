"""What follows when levels change: what suspended actors had here is taken back, or given back when lifted.

For thirty days a suspension can be undone. Follows of ours are asked for anew then, since the other side may
have forgotten them; who followed us follows again without being asked: nobody told them that it had ended.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from fedinode.cache import NETWORK_KEY, SIGNERS_KEY, follows_key, post_key
from fedinode.services import following, resolving
from fedinode.services.network import unsharing
from fedinode.services.supporting import departures
from fedinode.storage import (
    collectives,
    covered_hosts,
    invalidations,
    level_marks,
    levels,
    parked_deliveries,
    remote_actors,
    reshares,
    taken_back,
)
from fedinode.storage.database import Session
from fedinode.storage.levels import LevelRow, Rank, Subject
from fedinode.storage.taken_back import FollowToRenew
from fedinode.urls import Urls

#: So long what was taken back can come back.
REVERSIBLE_FOR: Final = timedelta(days=30)
WORDS: Final = "blocked on this node"


def put(session: Session, urls: Urls, rows: Sequence[LevelRow], now: datetime) -> frozenset[str]:
    """Keep decisions and do what follows; return the cache keys that this made stale."""
    levels.put(session, rows)
    return _follow_up(session, urls, [row.subject for row in rows], now)


def remove(session: Session, urls: Urls, subject: str, now: datetime) -> frozenset[str]:
    """Drop a decision and do what follows; return the cache keys that this made stale."""
    levels.remove(session, subject)
    return _follow_up(session, urls, [subject], now)


def concerned(session: Session, subjects: Iterable[str]) -> tuple[int, ...]:
    """Return the numbers of all actors whom decisions about these concern."""
    listed = list(subjects)
    hosts = [subject for subject in listed if "://" not in subject]
    peers = covered_hosts.peers_under_any(session, hosts)
    uris = {subject for subject in listed if "://" in subject}
    known = remote_actors.find_many(session, uris) if uris else {}
    found = {actor.id for actor in known.values()}
    return tuple(sorted(found | set(covered_hosts.actors_of_peers(session, sorted(peers.values())))))


def _follow_up(session: Session, urls: Urls, subjects: Sequence[str], now: datetime) -> frozenset[str]:
    level_marks.after_change(session, subjects)
    suspended, free = _split(session, concerned(session, subjects))
    boosted = _end_reshares(session, urls, suspended, now)
    taken = taken_back.take(session, suspended, now)
    given = taken_back.give_back(session, free)
    for each in given.to_renew:
        _ask_again(session, urls, each, now)
    _heed_peers(session, subjects, now)
    names = taken.collectives | given.touched.collectives
    posts = taken.posts | given.touched.posts
    keys = boosted | {NETWORK_KEY, SIGNERS_KEY, *map(follows_key, names), *map(post_key, posts)}
    invalidations.record(session, keys, now)
    return keys


def _end_reshares(session: Session, urls: Urls, suspended: Sequence[int], now: datetime) -> frozenset[str]:
    """Take back what we pass on of them: that does not come again when the suspension is lifted."""
    keys = frozenset[str]()
    for uri in reshares.uris_of_actors(session, suspended):
        keys |= unsharing.end_everywhere(session, urls, uri, now, deed="reshare.suspended")
    return keys


def _split(session: Session, actor_ids: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return which actors are suspended by now, and which are not."""
    places = remote_actors.places(session, actor_ids)
    subjects = {number: Subject(host=host, uri=uri) for number, (uri, host) in places.items()}
    ranks = levels.said_of(session, subjects.values())
    suspended = [
        number
        for number, subject in subjects.items()
        if (rank := ranks.get(subject)) is not None and rank.is_suspended
    ]
    return suspended, sorted(set(actor_ids) - set(suspended))


def _ask_again(session: Session, urls: Urls, wanted: FollowToRenew, now: datetime) -> None:
    row = collectives.get(session, wanted.collective_id)
    actor = remote_actors.find(session, wanted.actor_uri)
    if row.closed_at is None and actor is not None and actor.gone_at is None:
        following.send_request(session, urls, row, actor, now)


def _heed_peers(session: Session, subjects: Sequence[str], now: datetime) -> None:
    """Give up what waits for suspended servers, and look again at signatures that were made from there."""
    for uri in (subject for subject in subjects if "://" in subject):
        place = Subject(host=resolving.host_of(uri), uri=uri)
        rank = levels.said_of(session, [place]).get(place, Rank())
        heed = departures.suspect_actor if rank.is_suspended else departures.trust_actor
        heed(session, uri, now)
    peers = covered_hosts.peers_under_any(session, [each for each in subjects if "://" not in each])
    said = levels.said_of(session, [Subject(host=host) for host in peers])
    suspended = {place.host for place, rank in said.items() if rank.is_suspended}
    for host in suspended:
        parked_deliveries.abandon_peer(session, peers[host], WORDS, now)
    departures.suspect_hosts(session, suspended, now)
    departures.trust_hosts(session, set(peers) - suspended, now)
