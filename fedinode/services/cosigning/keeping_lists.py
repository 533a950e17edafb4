"""Keepers of a list: the author and every cell that signed. All hold the same records, whatever came first.

A list is the stamped consents less the withdrawn and removed ones; records only ever come to it. The author
counts them in a checkpoint, some time after a change, and sends it to the keepers, who then fetch what they
lack (`pulling`). Spec: docs/cosigning.md, P1 to P4.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from federation import activities, jsonld, proofs, times
from federation.activities import Envelope
from federation.cosigning import evidence, record_checks, records
from federation.errors import FederationError
from federation.jsonld import Document
from fedinode.cache import SIGNERS_KEY, post_key, soon
from fedinode.capabilities import load_signing_key
from fedinode.config import Settings
from fedinode.services import sending
from fedinode.services.cosigning import sightings
from fedinode.services.handling import Pending, World
from fedinode.services.sending import Outgoing
from fedinode.storage import (
    cosignatures,
    federated_objects,
    inboxes,
    invalidations,
    kept_statements,
    posts,
    signature_events,
    statement_versions,
)
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Session
from fedinode.storage.kept_statements import KeptRow, NewKept
from fedinode.urls import Urls

#: How long the author collects changes before it counts anew: shorter for few keepers.
FEW_KEEPERS: Final = 50
WAIT_FOR_FEW: Final = timedelta(seconds=60)
WAIT_FOR_MANY: Final = timedelta(minutes=10)
#: What waits until the count of people may be made again; whoever is gone, and what cells do, does not.
_PATIENT: Final = frozenset({"person-confirmed", "person-imported", "person-restored"})


def keepers(session: Session, statement_uri: str) -> frozenset[str]:
    """Return the cells beside the author that keep the list: those whose consent is accepted and stands."""
    return frozenset(
        each.signer_uri
        for each in cosignatures.list_of_statement(session, statement_uri)
        if each.author_state == "accepted" and each.ended_at is None
    )


def keep_copy(session: Session, row: CoSignatureRow, collective_id: int, now: datetime) -> None:
    """Keep the list of a public text that a cell of ours signed, and fetch it soon."""
    new = NewKept(
        statement_uri=row.statement_uri,
        text_digest=row.text_digest,
        author_uri=jsonld.load(row.body)["statementAuthor"],
        collective_id=collective_id,
        is_own=False,
    )
    kept_statements.add(session, new)
    kept = kept_statements.find(session, row.statement_uri)
    if kept is not None and not kept.is_own:
        kept_statements.change(session, row.statement_uri, pull_due_at=now)
    cosignatures.set_signer_state(session, row.id, "seen")
    invalidations.record(session, [SIGNERS_KEY, post_key(row.text_digest)], now)


def note_change(session: Session, statement_uri: str, event: str, subject: str, now: datetime) -> None:
    """Note what happened to a signature: answers are stale; of a statement of ours, log it and count soon."""
    when = soon if event in _PATIENT else str
    touch(session, statement_uri, now, when)
    subject_row = federated_objects.find_by_uri(session, statement_uri)
    if subject_row is None:
        return
    signature_events.add(session, subject_row.id, event, subject, now)
    invalidations.record(session, [when(post_key(posts.get(session, subject_row.post_id).uid))], now)
    kept = kept_statements.find(session, statement_uri)
    if kept is None or not kept.is_own:
        return
    wait = WAIT_FOR_FEW if len(keepers(session, statement_uri)) < FEW_KEEPERS else WAIT_FOR_MANY
    due_at = kept.checkpoint_due_at
    if due_at is None or (event not in _PATIENT and due_at > now + wait):
        kept_statements.change(session, statement_uri, checkpoint_due_at=now + wait)


def touch(session: Session, statement_uri: str, now: datetime, when: Callable[[str], str] = str) -> None:
    """Drop the rendered answers about a list from all caches, at once or `soon`."""
    kept = kept_statements.find(session, statement_uri)
    if kept is not None:
        invalidations.record(session, [when(post_key(kept.text_digest))], now)


# -- the author counts


def count_due(session: Session, urls: Urls, now: datetime, *, hurry: timedelta = timedelta(0)) -> int:
    """Make the checkpoints that are due and send them to the keepers; return how many.

    `hurry` is how much earlier than usual this node counts.
    """
    until = now + hurry
    due = [
        each
        for each in kept_statements.list_due(session, until, 100)
        if each.is_own and each.checkpoint_due_at is not None and each.checkpoint_due_at <= until
    ]
    for kept in due:
        make_checkpoint(session, urls, kept, now)
    return len(due)


def make_checkpoint(session: Session, urls: Urls, kept: KeptRow, now: datetime) -> Document:
    """Count the list as it stands, sign the count, and queue it for the keepers."""
    version = statement_versions.find(session, kept.statement_uri, kept.text_digest)
    assert version is not None, "a kept text is kept"
    listed = cosignatures.listed(session, kept.statement_uri, kept.text_digest)
    stamped = cosignatures.ever_stamped(session, kept.statement_uri, kept.text_digest)
    published = _later_than(kept.checkpoint_body, now)
    document = records.render_checkpoint(
        f"{kept.statement_uri}/cosignatures/checkpoint",
        jsonld.load(version.body),
        len(listed),
        [each.digest for each in stamped],
        published,
    )
    key = load_signing_key(session, kept.author_uri, "proof")
    document = proofs.sign_document(document, key.key, key.key_id, published)
    kept_statements.change(
        session, kept.statement_uri, checkpoint_body=jsonld.dump(document), checkpoint_due_at=None
    )
    touch(session, kept.statement_uri, now)
    _send_checkpoint(session, urls, kept, document, now)
    return document


def _later_than(checkpoint_body: bytes | None, now: datetime) -> datetime:
    """Return a time in whole seconds that is later than the last checkpoint's (P: strictly increasing)."""
    whole = now.replace(microsecond=0)
    if checkpoint_body is None:
        return whole
    last = times.parse_timestamp(jsonld.load(checkpoint_body)["published"])
    return max(whole, last + timedelta(seconds=1))


def _send_checkpoint(session: Session, urls: Urls, kept: KeptRow, document: Document, now: datetime) -> None:
    cells = keepers(session, kept.statement_uri)
    if not cells:
        return

    def make(envelope: Envelope) -> Document:
        return activities.update(envelope, document)

    outgoing = Outgoing(
        type=activities.UPDATE,
        actor_uri=kept.author_uri,
        collective_id=kept.collective_id,
        object_uri=document["id"],
        cause_key=f"checkpoint:{document['id']}:{document['published']}",
        make=make,
        # The list stands for all who are on it: a thousand names in a thousand messages are 50 MB.
        to=(f"{kept.statement_uri}/cosignatures",),
        is_public=False,
        inbox_ids=inboxes.of_actor_uris(session, cells),
    )
    sending.send(session, urls, outgoing, now)


# -- keepers hear of it


def take_checkpoints(session: Session, world: World, group: Sequence[Pending]) -> None:
    """Note the authors' new counts of lists that we keep, and ask for what they count soon."""
    for pending in group:
        embedded = pending.activity.object_document
        if embedded is None:
            continue
        try:
            checkpoint = record_checks.parse_checkpoint(embedded)
        except FederationError:
            continue
        kept = kept_statements.find(session, checkpoint.statement_uri)
        if kept is None or kept.is_own or kept.author_uri != pending.sender_uri:
            continue
        if checkpoint.text_digest == kept.text_digest and is_newer(session, kept, checkpoint.document):
            soonest = kept.pulled_at + pause_of(world.settings) if kept.pulled_at else world.now
            kept_statements.change(
                session,
                kept.statement_uri,
                checkpoint_body=jsonld.dump(checkpoint.document),
                pull_due_at=max(world.now, soonest),
            )
            touch(session, kept.statement_uri, world.now)


def pause_of(settings: Settings) -> timedelta:
    """Return how long a keeper waits between two requests for a list: as long as authors collect changes."""
    return timedelta(seconds=settings.cosigning.checkpoint_seconds)


def is_newer(session: Session, kept: KeptRow, checkpoint: Document) -> bool:
    """Tell whether a checkpoint is the author's and later than the one that is kept."""
    try:
        keyring = sightings.keyring_of(session, kept.author_uri)
        evidence.require_signed(checkpoint, kept.author_uri, keyring)
    except FederationError:
        return False
    if kept.checkpoint_body is None:
        return True
    return bool(checkpoint["published"] > jsonld.load(kept.checkpoint_body)["published"])


def is_checkpoint(pending: Pending) -> bool:
    """Tell whether an Update is about a count of signatures."""
    embedded = pending.activity.object_document
    return embedded is not None and embedded.get("type") == "CoSignCheckpoint"


def in_order(rows: Sequence[CoSignatureRow]) -> tuple[CoSignatureRow, ...]:
    """Return consents as every node lists them: by the time of their stamp, then by id (V4)."""

    def key(row: CoSignatureRow) -> tuple[str, str]:
        stamp = jsonld.load(row.stamp_body) if row.stamp_body else {}
        return str(stamp.get("published", "")), row.uri

    return tuple(sorted(rows, key=key))
