"""Keys that this node vouches for: its own, and those that it saw at their owners' addresses.

Printed, they are what `verify --trust` reads, on another machine or from paper (K5). Rotation makes new
keys; the old ones stay in the actor document for ever, so that what they signed can be checked (K8).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from federation import activities, keys
from federation.cosigning import documents, identifiers, vocabulary
from federation.cosigning.trust import Trust
from fedinode.capabilities import Capabilities
from fedinode.services import describing, registering, resolving
from fedinode.services.cosigning import sightings
from fedinode.services.handling import Facts, Pending, World
from fedinode.services.members import deciding, gating
from fedinode.services.members.deciding import Question, Standing
from fedinode.storage import accounts, audit_log, collectives, cosignatures, remote_actors, signing_keys
from fedinode.storage.accounts import Named
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow
from fedinode.storage.signing_keys import NewKey
from fedinode.urls import Urls

#: What each new key is for, and how its number is written.
_PURPOSES: Final = (("cosign", "cosign-"), ("proof", "ed25519-"))

#: What activities about signatures carry: requests in Undo and Accept, counts in Update.
_TOLD_IN: Final = frozenset({activities.CO_SIGN_REQUEST, vocabulary.CHECKPOINT})


@dataclass(frozen=True, slots=True, kw_only=True)
class VouchedKey:
    """A key under its id."""

    key_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyGroup:
    """The keys of one actor, and what to write above them."""

    title: str
    keys: tuple[VouchedKey, ...]


async def known_groups(cap: Capabilities, *, only_ours: bool = False) -> tuple[KeyGroup, ...]:
    """Return the keys of our collectives, then of all actors that were seen with keys for signatures."""

    def read(session: Session) -> tuple[KeyGroup, ...]:
        ours = [(row.uri, cap.urls.handle(row.name)) for row in collectives.list_all(session)]
        seen = () if only_ours else remote_actors.with_key_named(session, identifiers.COSIGN_FRAGMENT)
        groups = [_group(session, uri, f"{handle}, ours") for uri, handle in ours]
        groups += [_group(session, uri, uri) for uri in seen]
        return tuple(group for group in groups if group.keys)

    return await cap.database.read(read)


def _group(session: Session, uri: str, title: str) -> KeyGroup:
    found = sightings.seen_keys(session, uri)
    since = f", seen since {min(at for _, _, at in found):%Y-%m-%d}" if found else ""
    pairs = tuple(VouchedKey(key_id=key_id, key=key) for key_id, key in sightings.first_keys(session, uri))
    return KeyGroup(title=title + since, keys=pairs)


# -- rotation


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """The new keys; none yet while the members are asked."""

    keys: tuple[VouchedKey, ...] = ()
    standing: Standing | None = None


async def rotate(cap: Capabilities, collective: str | None, *, account: Named = None) -> Rotated:
    """Make new keys of a collective for texts and signatures and for daily records, or ask its members to.

    Followers are told. Raises: NotFound, UsageError, NotAllowed, Halted.
    """

    def write(session: Session) -> Rotated:
        now = cap.clock()
        row = registering.require_collective(session, collective)
        account_id = accounts.id_of(session, account)
        if gating.is_immediate(session, row.id, "keys"):
            return Rotated(keys=_make_keys(session, cap.urls, row, account_id, now))
        question = Question(
            collective_id=row.id, action="keys", subject_uri=row.uri, digest=_digest(session, row)
        )
        standing = deciding.ask(session, question, account_id=account_id, now=now)
        if not standing.is_approved:
            return Rotated(standing=standing)
        return Rotated(keys=_execute(session, cap.urls, standing.decision, now), standing=standing)

    done = await cap.database.write(write)
    cap.keyring.forget()
    cap.bells.deliver.set()
    return done


def execute(session: Session, urls: Urls, decision: DecisionRow, now: datetime) -> str:
    """Make the keys that the members decided to make; return the collective. Raises: NotAllowed, Stale."""
    _execute(session, urls, decision, now)
    return decision.subject_uri


def _execute(session: Session, urls: Urls, decision: DecisionRow, now: datetime) -> tuple[VouchedKey, ...]:
    row = collectives.get(session, decision.collective_id)
    deciding.require_decision(session, decision.uid, _digest(session, row), now)
    return _make_keys(session, urls, row, None, now)


def _make_keys(
    session: Session, urls: Urls, row: CollectiveRow, account_id: int | None, now: datetime
) -> tuple[VouchedKey, ...]:
    new = tuple(_add_key(session, urls, row.uri, purpose, stem, now) for purpose, stem in _PURPOSES)
    details = {"keys": " ".join(key.key_id for key in new)}
    audit_log.add(session, "keys.rotated", row.uri, now=now, account_id=account_id, details=details)
    describing.tell(session, urls, row, now)
    return new


def _digest(session: Session, row: CollectiveRow) -> str:
    """Return what a vote about new keys is bound to: those that they replace."""
    present = sorted(each.key_id for each in signing_keys.list_public(session, row.uri))
    return documents.digest({"action": "keys", "collective": row.uri, "present": present})


def _add_key(
    session: Session, urls: Urls, owner_uri: str, purpose: str, stem: str, now: datetime
) -> VouchedKey:
    """Keep a new key under the next free number: an id is never used twice."""
    key = keys.generate_ed25519()
    known = sum(each.purpose == purpose for each in signing_keys.list_public(session, owner_uri))
    new = NewKey(
        owner_uri=owner_uri,
        key_id=urls.key(owner_uri, f"{stem}{known + 1}"),
        purpose=purpose,
        algorithm=key.public.algorithm,
        public=key.public.multikey(),
        private_pem=key.pem(),
    )
    signing_keys.add(session, new, now)
    return VouchedKey(key_id=new.key_id, key=new.public)


async def own_trust(cap: Capabilities) -> Trust:
    """Return this node's key store as a list of trusted keys."""
    groups = await known_groups(cap)
    return Trust(keys={key.key_id: frozenset({key.key}) for group in groups for key in group.keys})


# -- new keys of others


def needs_keys(session: Session, _world: World, group: Sequence[Pending]) -> frozenset[int]:
    """Return what is about co-signing and proven with a key of its sender that was never seen here."""
    return frozenset(
        pending.id
        for pending in group
        if any(
            key_id not in dict(sightings.known_keys(session, pending.sender_uri))
            for key_id in _keys_of_sender(session, pending)
        )
    )


async def see_keys(cap: Capabilities, pending: Pending) -> Facts:
    """Look at the keys that a sender has today. Raises: FederationError, Blocked."""
    await resolving.resolve_actor(cap, pending.sender_uri, max_age=timedelta(0))
    return Facts()


def _keys_of_sender(session: Session, pending: Pending) -> Iterator[str]:
    """Yield the keys of the sender that the records in an activity name."""
    activity = pending.activity
    embedded = activity.object_document or {}
    is_ours = embedded.get("type") in _TOLD_IN or (
        activity.type == activities.DELETE and cosignatures.find_by_stamp(session, activity.object_uri)
    )
    if not is_ours:
        return
    for record in (activity.document, embedded, activity.document.get("result")):
        proof = record.get("proof") if isinstance(record, dict) else None
        key_id = proof.get("verificationMethod") if isinstance(proof, dict) else None
        if isinstance(key_id, str) and key_id.partition("#")[0] == pending.sender_uri:
            yield key_id
