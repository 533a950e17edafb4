"""A request to an inbox, up to the journal: who signed it, may they say this, keep it. Nothing is done yet.

Order matters: blocks before anything is fetched, the signature before anything is believed, authority before
anything is kept, the commit before 202. Of a request that is refused nothing stays.
"""

from dataclasses import dataclass
from datetime import timedelta

from federation import activities, authority, jsonld, keys, signatures
from federation.activities import Activity, Ignored
from federation.errors import KeyUnavailable, NotAuthorized, SignatureRefused
from federation.keys import KeyAlgorithm, PublicKey
from federation.net.discovery import FoundKey
from federation.signatures import Dialect, HttpMessage, Signed
from fedinode import failpoints
from fedinode.capabilities import Capabilities
from fedinode.errors import Blocked, Busy, NotFound
from fedinode.services import handling, resolving, waking
from fedinode.storage import collectives, journal, levels, peers, remote_actors
from fedinode.storage.database import Session
from fedinode.storage.journal import NewEntry
from fedinode.storage.levels import Subject
from fedinode.storage.remote_actors import KnownKey

#: A key that was seen at its origin so recently is used without looking again.
KEY_FRESH = timedelta(hours=24)
#: A key that does not fit is looked for again at most this often: its owner may have changed it.
KEY_RECHECK = timedelta(minutes=5)
#: Deletes are small; a larger body is not looked into before its signature was verified.
MAX_PEEK_BYTES = 65_536

#: Activities that others may pass on: what they are about is fetched from its origin instead of believed.
_PASSED_ON = frozenset({activities.CREATE, activities.UPDATE, activities.DELETE})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Knock:
    """What a request says of itself before anything is verified: by this it is looked up."""

    host: str
    key_id: str
    dialect: Dialect
    #: Whose inbox it is for; None for the shared one.
    collective: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Acquaintance:
    """What our rows say of a request before anything is verified."""

    collective_id: int | None
    key: KnownKey | None
    is_suspended: bool
    is_peer_to_wake: bool
    #: Whether the peer shows for the first time that it knows RFC 9421.
    is_dialect_news: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sender:
    """Who signed, proven; ``found`` is what was fetched to prove it."""

    actor_uri: str
    host: str
    found: FoundKey | None


async def receive(cap: Capabilities, message: HttpMessage, *, collective: str | None = None) -> None:
    """Verify a request to an inbox and keep it durably; return when it may be answered 202.

    ``collective`` names whose inbox it is, None for the shared one.
    Raises: FederationError with the answer to give, Blocked, NotFound, Busy, DiskFull.
    """
    signed = signatures.parse(message, cap.clock())
    host = resolving.host_of(signed.key_id)
    known = await _recognise(cap, signed, host, collective)
    _require_not_suspended(host, is_suspended=known.is_suspended)
    await _require_room(cap)
    if known.key is None and await _is_stale_delete(cap, message.body or b""):
        cap.vitals.count("received.delete_of_unknown")
        return
    sender = await _authenticate(cap, signed, host, known.key)
    activity = activities.parse_activity(jsonld.load(message.body or b""))
    if isinstance(activity, Ignored):
        cap.vitals.count("received.ignored")
        await _wake(cap, sender, known)
        return
    kind = _require_authority(activity, sender)
    if await _is_about_suspended(cap, activity, sender):
        cap.vitals.count("received.about_suspended")
        return
    entry = NewEntry(
        signature_digest=signed.digest_of_signature,
        activity_uri=activity.uri,
        activity_type=kind,
        actor_uri=sender.actor_uri,
        collective_id=known.collective_id,
        body=message.body or b"",
    )
    await _keep(cap, entry, sender, known)


async def authenticate(cap: Capabilities, message: HttpMessage) -> str:
    """Return the id of the actor that signed a GET. Raises: SignatureRefused, KeyUnavailable, Blocked."""
    signed = signatures.parse(message, cap.clock())
    host = resolving.host_of(signed.key_id)
    known = await _recognise(cap, signed, host, None)
    _require_not_suspended(host, is_suspended=known.is_suspended)
    return (await _authenticate(cap, signed, host, known.key)).actor_uri


# -- before verification


async def _recognise(cap: Capabilities, signed: Signed, host: str, collective: str | None) -> _Acquaintance:
    """Return what our rows say of a request. Raises NotFound for an inbox that there is not."""
    knock = _Knock(host=host, key_id=signed.key_id, dialect=signed.dialect, collective=collective)
    known: _Acquaintance = await cap.memory.lookups.ask(
        knock, lambda knocks: cap.database.read(lambda session: _look_up_all(session, knocks))
    )
    if collective is not None and known.collective_id is None:
        raise NotFound("There is no such collective on this node.")
    return known


def _look_up_all(session: Session, knocks: tuple[_Knock, ...]) -> dict[_Knock, _Acquaintance]:
    keys_by_id = {each.key_id: remote_actors.find_key(session, each.key_id) for each in knocks}
    # The owner of the key may be on another host than the key, if a peer is careless.
    owners = {each: _subject(key.actor_uri) for each, key in keys_by_id.items() if key is not None}
    ranks = levels.ranks(session, [*(Subject(host=each.host) for each in knocks), *owners.values()])
    suspended = {subject for subject, rank in ranks.items() if rank.is_suspended}
    return {
        knock: _look_up(
            session,
            knock,
            keys_by_id[knock.key_id],
            is_suspended=not suspended.isdisjoint({Subject(host=knock.host), owners.get(knock.key_id)}),
        )
        for knock in knocks
    }


def _look_up(session: Session, knock: _Knock, key: KnownKey | None, *, is_suspended: bool) -> _Acquaintance:
    peer = peers.find(session, knock.host)
    is_unproven = peer is None or (peer.rfc9421_successes == 0 and peer.dialect is None)
    return _Acquaintance(
        collective_id=None if knock.collective is None else _collective_id(session, knock.collective),
        key=key,
        is_suspended=is_suspended,
        is_peer_to_wake=peer is not None and bool(peer.parked_at or peer.failing_since),
        is_dialect_news=knock.dialect is Dialect.RFC9421 and is_unproven,
    )


def _collective_id(session: Session, name: str) -> int | None:
    found = collectives.find_by_name(session, name)
    return None if found is None or found.closed_at is not None else found.id


def _subject(uri: str) -> Subject:
    return Subject(host=resolving.host_of(uri), uri=uri)


def _require_not_suspended(host: str, *, is_suspended: bool) -> None:
    if is_suspended:
        raise Blocked(f"{host} is blocked on this node.")


async def _require_room(cap: Capabilities) -> None:
    limit = cap.settings.limits.journal_backlog
    waiting = cap.memory.backlog.get("journal")
    if waiting is None:
        waiting = await cap.database.read(lambda session: journal.count_waiting(session, limit))
        cap.memory.backlog.put("journal", waiting)
    if waiting >= limit:
        raise Busy(f"{waiting} activities wait to be applied; no more are taken in for a moment.")


async def _is_stale_delete(cap: Capabilities, body: bytes) -> bool:
    """Tell whether somebody is deleted of whom we know nothing: nothing to do, and nothing to fetch for it.

    When a server closes, such Deletes arrive by the ten thousand.
    """
    if len(body) > MAX_PEEK_BYTES or b'"Delete"' not in body:
        return False
    document = jsonld.load(body)
    actor_uri = jsonld.get_uri(document, "actor")
    if document.get("type") != activities.DELETE or actor_uri is None:
        return False
    return await cap.database.read(lambda session: remote_actors.find(session, actor_uri)) is None


# -- who


async def _authenticate(cap: Capabilities, signed: Signed, host: str, key: KnownKey | None) -> _Sender:
    """Return who signed. Raises: SignatureRefused, KeyUnavailable, Blocked."""
    age = None if key is None else cap.clock() - key.fetched_at
    is_cached_right = key is not None and _is_signed_by(signed, key)
    if key is not None and age is not None:
        cached = _Sender(actor_uri=key.actor_uri, host=host, found=None)
        if is_cached_right and age < KEY_FRESH:
            return cached
        if not is_cached_right and age < KEY_RECHECK:
            raise SignatureRefused("The signature does not fit the key, which was seen just now.")
    try:
        found = await resolving.fetch_key(cap, signed.key_id)
    except (KeyUnavailable, SignatureRefused):
        # An actor that is gone can still say so with the key that we have seen.
        if is_cached_right:
            return cached
        raise
    signatures.verify(signed, found.key.public)
    return _Sender(actor_uri=found.actor.uri, host=host, found=found)


def _is_signed_by(signed: Signed, key: KnownKey) -> bool:
    try:
        signatures.verify(signed, _public_key(key))
    except SignatureRefused:
        return False
    return True


def _public_key(key: KnownKey) -> PublicKey:
    is_rsa = key.algorithm == KeyAlgorithm.RSA
    return keys.parse_public_pem(key.public) if is_rsa else keys.parse_multikey(key.public)


# -- what


def _require_authority(activity: Activity, sender: _Sender) -> str:
    """Return what the journal calls the activity. Raises: NotAuthorized, Malformed."""
    if authority.is_same_uri(activity.actor_uri, sender.actor_uri):
        authority.require_authority(activity, sender.actor_uri)
        return activity.type
    is_by_its_server = authority.is_same_origin(activity.object_uri, activity.actor_uri)
    if activity.type not in _PASSED_ON or not is_by_its_server:
        raise NotAuthorized("The activity was signed by another actor than it names.")
    return handling.FORWARDED


async def _is_about_suspended(cap: Capabilities, activity: Activity, sender: _Sender) -> bool:
    """Tell whether anybody else in the activity is suspended; of the sender's own server that is known."""
    uris = {uri for uri in _all_uris(activity) if not cap.urls.is_ours(uri)}
    subjects = {_subject(uri) for uri in uris}
    if sender.found is None and all(subject.host == sender.host for subject in subjects):
        return False

    def read(session: Session) -> bool:
        return any(rank.is_suspended for rank in levels.ranks(session, subjects).values())

    return await cap.database.read(read)


def _all_uris(activity: Activity) -> set[str]:
    embedded = activity.object_document or {}
    authors = [jsonld.id_of(author) for author in jsonld.as_list(embedded.get("attributedTo"))]
    named = (activity.uri, activity.actor_uri, activity.target_uri, *activity.object_uris, *authors)
    return {uri for uri in named if uri is not None}


# -- keeping


async def _wake(cap: Capabilities, sender: _Sender, known: _Acquaintance) -> None:
    """Take up deliveries to a server again that has just shown that it is alive."""
    if known.is_peer_to_wake:
        now = cap.clock()
        await cap.database.write(lambda session: waking.wake_peer(session, cap.urls, sender.host, now))
        cap.bells.deliver.set()


async def _keep(cap: Capabilities, entry: NewEntry, sender: _Sender, known: _Acquaintance) -> None:
    now = cap.clock()

    def write(session: Session) -> bool:
        if sender.found is not None:
            remote_actors.record(session, resolving.actor_facts(sender.found.actor), now)
        is_new = journal.append(session, entry, now)
        if known.is_peer_to_wake:
            waking.wake_peer(session, cap.urls, sender.host, now)
        if known.is_dialect_news:
            peers.record_rfc9421_shown(session, sender.host, now)
        failpoints.hit("inbox.before-commit")
        return is_new

    is_new = await cap.database.write(write)
    failpoints.hit("inbox.after-commit")
    cap.vitals.count("received.accepted" if is_new else "received.duplicate")
    cap.bells.react.set()
    if known.is_peer_to_wake:
        cap.bells.deliver.set()
