"""The keys of actors as this node itself saw them at their origins, for checking records of co-signing.

A key that was seen once stays, so that what it signed can be checked after it was replaced (K3). Of a signer
whose server never answered here, the key that the author's stamp names stands in for what was not seen.
"""

from datetime import datetime

from federation import jsonld
from federation.actors import Actor
from federation.cosigning import record_checks, records
from federation.cosigning.evidence import Keyring
from fedinode.storage import remote_actors, signing_keys
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Session

MULTIKEY = "z6Mk"


def keyring_of(session: Session, *actor_uris: str) -> Keyring:
    """Return the Ed25519 keys that some actors ever listed; ours are read from our own rows."""
    keyring = Keyring()
    for uri in actor_uris:
        for key_id, public in known_keys(session, uri):
            # One key at a time, for an actor may have had several under one id.
            keyring.add_actor(records.render_actor(uri, "", {key_id: public}))
    return keyring


def known_keys(session: Session, actor_uri: str) -> tuple[tuple[str, str], ...]:
    """Return key id and Multikey of each key of an actor, ours or theirs, the oldest first."""
    return tuple((key_id, public) for key_id, public, _ in seen_keys(session, actor_uri))


def seen_keys(session: Session, actor_uri: str) -> tuple[tuple[str, str, datetime], ...]:
    """Return key id, Multikey and first sight of each Ed25519 key of an actor; of ours, when made."""
    ours = tuple(
        (key.key_id, key.public, key.created_at) for key in signing_keys.list_public(session, actor_uri)
    )
    seen = ours or remote_actors.keys_ever_seen(session, actor_uri)
    return tuple(each for each in seen if each[1].startswith(MULTIKEY))


def keys_of_signer(session: Session, row: CoSignatureRow) -> tuple[tuple[str, str], ...]:
    """Return the keys of a signer that were seen, and the one that the stamp names if it was not seen."""
    known = known_keys(session, row.signer_uri)
    if row.stamp_body is None:
        return known
    key_id = record_checks.parse_co_signature(jsonld.load(row.body)).key_id
    named = record_checks.parse_authorization(jsonld.load(row.stamp_body)).witnessed_value
    is_seen = key_id in dict(known) or not isinstance(named, str)
    return known if is_seen else (*known, (key_id, str(named)))


def keyring_of_signer(session: Session, row: CoSignatureRow) -> Keyring:
    """Return the keys that a consent and its Undo are checked with."""
    keyring = Keyring()
    for key_id, public in keys_of_signer(session, row):
        keyring.add_actor(records.render_actor(row.signer_uri, "", {key_id: public}))
    return keyring


def first_keys(session: Session, actor_uri: str) -> tuple[tuple[str, str], ...]:
    """Return the key that was seen first under each key id of an actor."""
    found: dict[str, str] = {}
    for key_id, public in known_keys(session, actor_uri):
        found.setdefault(key_id, public)
    return tuple(found.items())


def is_ours(session: Session, actor_uri: str) -> bool:
    """Tell whether an actor's keys are in our hands."""
    return bool(signing_keys.list_public(session, actor_uri))


def conflicting_key(session: Session, actor_uri: str, key_id: str, key: str) -> str | None:
    """Return the key that was seen first under an id, if it is another one: then neither is believed (K3)."""
    first = next((public for known, public in known_keys(session, actor_uri) if known == key_id), key)
    return None if first == key else first


def keyring_of_actor(actor: Actor) -> Keyring:
    """Return the keys that an actor lists now."""
    keyring = Keyring()
    listed = {key.key_id: key.public.multikey() for key in actor.assertion_keys}
    keyring.add_actor(records.render_actor(actor.uri, actor.name or "", listed))
    return keyring


def keyring_with(actor_uri: str, key_id: str, key: str) -> Keyring:
    """Return a keyring with one key."""
    keyring = Keyring()
    keyring.add_actor(records.render_actor(actor_uri, "", {key_id: key}))
    return keyring
